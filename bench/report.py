#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""report.py FILE: writes docs/results.md out of build/bench/results.json alone."""
import json
import os
import sys

import machine

DISTRIBUTION = ("n", "min", "mean", "sd", "p95", "max")
KNOWN = {"id", "unit", "value", *DISTRIBUTION, "target", "met", "bound", "what", "command", "others",
         "limit", "config"}
SHOWN_CONFIG = {"qemu", "native_qemu", "system", "guest", "figure"}
VERDICT = {True: "met", False: "**missed**", None: "no target"}


def number(value):
    return f"{value:,}" if isinstance(value, (int, float)) else str(value)


def short(e):
    if "value" in e:
        return number(e["value"])
    return f"{number(e['min'])} / {number(e['mean'])} / {number(e['max'])}"


def words(value):
    """A nested value in one line."""
    if isinstance(value, dict):
        return ", ".join(f"{k} {words(v)}" if not isinstance(v, dict) else f"{k} ({words(v)})"
                         for k, v in value.items())
    if isinstance(value, list):
        return ", ".join(map(words, value))
    return number(value)


def figure(e):
    if "value" in e:
        return f"{number(e['value'])} {e['unit']}"
    return ", ".join(f"{f} {number(e[f])}" for f in DISTRIBUTION) + f" ({e['unit']})"


def section(e):
    c = e["config"]
    lines = [f"## {e['id']}", "", e["what"], "",
             f"- Figure: **{figure(e)}**; target: {e['bound']}; {VERDICT[e['met']]}",
             f"- Others: {e['others']}", f"- What limits it: {e['limit']}",
             f"- Command: `{e['command']}`; system: `{c['system']}`; guest: {c['guest']}",
             f"- How: {c['figure']}"]
    lines += [f"- {k.replace('_', ' ')}: {words(v)}" for k, v in e.items() if k not in KNOWN]
    lines += [f"- {k.replace('_', ' ')}: {words(v)}" for k, v in c.items() if k not in SHOWN_CONFIG]
    for name, key in (("QEMU", "qemu"), ("QEMU, natively", "native_qemu")):
        if key in c:
            lines.append(f"- {name}: `{c[key]}`")
    return lines + [""]


def main():
    with open(os.path.join(machine.OUT, "results.json"), encoding="utf-8") as file:
        entries = json.load(file)
    lines = ["# Results", "",
             "Written by `make bench-report` out of the figures of `make bench`; do not edit. Figures are "
             "instructions of the emulated machine (1 ns each at `shift=0`), on one hart unless said: they repeat "
             "exactly. Every run also has `-display none -monitor none -serial stdio`.", "",
             "| id | figure (min / mean / max) | unit | target | |", "| --- | --- | --- | --- | --- |"]
    lines += [f"| [{e['id']}](#{e['id']}) | {short(e)} | {e['unit']} | {e['bound']} | "
              f"{VERDICT[e['met']]} |" for e in entries]
    lines += [""]
    for e in entries:
        lines += section(e)
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        file.write("\n".join(lines).rstrip() + "\n")
    print(f"{sys.argv[1]}: {len(entries)} figures")


if __name__ == "__main__":
    main()
