# SPDX-License-Identifier: Apache-2.0
"""
The experiments of real-time scheduling. Systems that differ only in a number are written from here
into build/bench/.
"""
import collections
import os
import re

import hist
import machine
from experiments import config, exits, guest_texts, need, results

STEP_NS = 400       # by which the periods of several RT-vCPUs differ, see bench-release.c
PERIOD_NS = 10_000_000
HEAD = "partita: 1\nboard: qemu-virt-riscv64\nconsole: {show: all}\n"


def write(name, text):
    """A system file; paths to guests are relative to the build folder."""
    path = os.path.join(machine.OUT, name + ".yaml")
    os.makedirs(machine.OUT, exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(HEAD + text.replace("guest/", os.path.join(machine.BUILD, "guest", "")))
    return path


def cpus(count, more=""):
    each = ", ".join(f"{n}: {{policy: edf, best-effort: 40%, quantum: 100us{more}}}" for n in range(count))
    return f"cpus: {{{each}}}\n"


def reserved(name, image, cpu, capacity, period):
    return (f"  {name}:\n    image: guest/{image}.elf\n    memory: 512K\n"
            f"    vcpus: [{{cpu: {cpu}, capacity: {capacity}, period: {period}}}]\n")


def best_effort(name, image, cpu):
    return f"  {name}: {{image: guest/{image}.elf, memory: 512K, cpu: {cpu}}}\n"


def run(path, harts=1, limit_s=60, until=None, ram="1G"):
    command = machine.options(machine.build(path), harts=harts, ram=ram)
    return command, machine.run(command, limit_s=limit_s, until=until)



# Releases ---------------------------------------------------------------------------------------

def lateness(output, name, period_ns):
    """(Counter of one guest, releases it missed)"""
    text = guest_texts(output).get(name, "")
    values = hist.read(text, "lateness")
    match = re.search(r"RESULT lateness n=(\d+) ticks=(\d+) exact=(\d)", text)
    if not match or int(match[1]) != sum(values.values()):
        raise machine.BenchError(f"guest {name} did not tell all it measured:\n{output[-1500:]}")
    if match[3] != "1":
        raise machine.BenchError(f"guest {name} could not tie its two clocks together")
    return values, round(int(match[2]) * 100 / period_ns) - int(match[1])


class Released:
    """Runs `count` RT-vCPUs, each in a VM of its own, dealt out to `harts` CPUs."""

    def __init__(self, name, image, count, harts=1, period=10_000_000, step=400, capacity="200us", beside="",
                 until=()):
        vms = [f"rt{n}" for n in range(count)]
        periods = [period + n * step for n in range(count)]
        self.path = write(name, cpus(harts) + "vms:\n" + "".join(
            reserved(vm, image, n % harts, capacity, f"{periods[n]}ns") for n, vm in enumerate(vms)) + beside)
        ends = [rf"{vm}\| .*RESULT {'stay' if until else 'lateness'} " for vm in vms]
        self.command, output = run(self.path, harts, until=[*ends, *until], limit_s=100)
        found = [lateness(output, vm, period) for vm, period in zip(vms, periods)]
        self.late = [values for values, _ in found]
        self.missed = sum(missed for _, missed in found)
        self.texts = guest_texts(output)


# What a choice and a switch cost ------------------------------------------------------------------

def numbers(text, word):
    return [(int(a), int(b)) for a, b in re.findall(rf"{word} (\d+) (\d+)", text)]


KINDS = {("run", "wait"): "release", ("wait", "wait"): "job_to_job", ("wait", "run"): "job_to_best_effort"}


def switches(texts):
    """
    {kind: Counter of instructions from the last of one guest to the first of another} on one CPU, out of what
    guests read from the counter of executed instructions: `stay BEFORE AFTER` of those that wait for releases
    (BEFORE is read one instruction before the ecall, AFTER one behind the first instruction), `gap LAST FIRST`
    of the one that never waits (its loop has four: up to three are counted too many).
    """
    events = []  # (instructions, 0: starts to run, 1: has run, how, who)
    for vm, text in texts.items():
        for before, after in numbers(text, "stay"):
            events += [(before + 1, 1, "wait", vm), (after - 1, 0, "wait", vm)]
        for last, first in numbers(text, "gap"):
            events += [(last, 1, "run", vm), (first, 0, "run", vm)]
    events.sort()
    found = {}
    for (left, was_out, how, vm), (came, out, how_next, vm_next) in zip(events, events[1:]):
        if was_out and not out and vm != vm_next:
            kind = KINDS[how, how_next]
            found.setdefault(kind, collections.Counter())[came - left] += 1
    return found
