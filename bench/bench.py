#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
Runs the experiments and puts their figures into build/bench/results.json.

    make bench            all of them
    make bench ONLY=ID    one
"""
import json
import os
import subprocess
import sys
import time

import experiments
import machine
import sched
from catalogue import CATALOGUE, bound, judge

EXPERIMENTS = experiments.EXPERIMENTS + sched.EXPERIMENTS

RESULTS = os.path.join(machine.OUT, "results.json")


def merge(entries):
    """Replaces these entries in results.json, keeps the others; in the catalogue's order."""
    try:
        with open(RESULTS, encoding="utf-8") as file:
            kept = {e["id"]: e for e in json.load(file)}
    except FileNotFoundError:
        kept = {}
    kept.update({e["id"]: e for e in entries})
    order = {name: n for n, name in enumerate(CATALOGUE)}
    ordered = sorted(kept.values(), key=lambda e: order.get(e["id"], len(order)))
    os.makedirs(machine.OUT, exist_ok=True)
    with open(RESULTS + ".new", "w", encoding="utf-8") as file:
        json.dump(ordered, file, indent=1)
        file.write("\n")
    os.replace(RESULTS + ".new", RESULTS)
    return ordered


def entry(name, result):
    """A result as it stands in results.json: the report is made from that alone."""
    what = CATALOGUE[name]
    return {"id": name, "unit": what["unit"], **result, "target": what["target"],
            "met": judge(what, result), "bound": bound(what), "what": what["what"],
            "command": f"make bench ONLY={name}", "others": what["others"], "limit": what["limit"]}


def shown_value(e):
    if "value" in e:
        return f"{e['value']:,}"
    return f"{e['min']:,} / {e['mean']:,} / {e['max']:,}"


def print_table(entries):
    print(f"\n{'id':18} {'value (min / mean / max)':26} {'target':38} met")
    for e in entries:
        met = {True: "yes", False: "NO", None: "-"}[e["met"]]
        print(f"{e['id']:18} {shown_value(e):26} {e['bound']:38} {met}")


def main():
    only = sys.argv[1] if len(sys.argv) > 1 else None
    if only and only not in CATALOGUE:
        sys.exit(f"bench: no experiment '{only}'; there are: {', '.join(CATALOGUE)}")
    chosen = [(run, [only] if only else ids) for run, ids in EXPERIMENTS if not only or only in ids]
    made, failed = [], 0
    clear = "\r" + " " * 70 + "\r" if sys.stdout.isatty() else ""
    for number, (run, ids) in enumerate(chosen, 1):
        print(f"[{number}/{len(chosen)}] {', '.join(ids)}", flush=True)
        start = time.monotonic()
        try:
            found = run()
        except (machine.BenchError, subprocess.CalledProcessError, OSError) as error:
            failed += 1
            print(f"{clear}      failed: {error}", flush=True)
            continue
        entries = [entry(name, found[name]) for name in ids]
        everything = merge(entries)
        made += entries
        said = "; ".join(f"{e['id']} {shown_value(e)}" for e in entries)
        print(f"{clear}      {said} ({time.monotonic() - start:.1f} s)", flush=True)
    if made:
        print_table(made if only else everything)
        print(f"figures in {machine.relative(RESULTS)}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
