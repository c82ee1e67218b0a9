# SPDX-License-Identifier: Apache-2.0
"""
The experiments of real-time scheduling. Systems that differ only in a number are written from here
into build/bench/.
"""
import collections
import os
import re
import subprocess

import hist
import machine
import table
from experiments import config, exits, guest_texts, initramfs_with, need, results

HEAD = "partita: 1\nboard: qemu-virt-riscv64\nconsole: {show: all}\n"


def write(name, text):
    """A system file; paths to guests are relative to the build folder."""
    path = os.path.join(machine.OUT, name + ".yaml")
    os.makedirs(machine.OUT, exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(HEAD + re.sub(r"\b(guest|attack)/", rf"{machine.BUILD}/\1/", text))
    return path


def cpus(count, best_effort_share="40%"):
    each = ", ".join(f"{n}: {{policy: edf, best-effort: {best_effort_share}, quantum: 100us}}" for n in range(count))
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

def lateness(text, name, period_ns):
    """(Counter, releases that went by) that a guest told under that name."""
    values = hist.read(text, name)
    match = re.search(rf"RESULT {name} n=(\d+) ticks=(\d+).* exact=(\d)", text)
    if not match or int(match[1]) != sum(values.values()):
        raise machine.BenchError(f"a guest did not tell all it measured as {name}:\n{text[-1500:]}")
    if match[3] != "1":
        raise machine.BenchError(f"{name}: it could not tie its two clocks together, or did not finish")
    return values, round(int(match[2]) * 100 / period_ns) - int(match[1])


class Released:
    """Runs `count` RT-vCPUs, each in a VM of its own, dealt out to `harts` CPUs, beside other VMs."""

    def __init__(self, name, image, count, harts=1, period=10_000_000, step=400, capacity="200us", beside="",
                 share="40%", until=()):
        vms = [f"rt{n}" for n in range(count)]
        periods = [period + n * step for n in range(count)]
        self.path = write(name, cpus(harts, share) + "vms:\n" + "".join(
            reserved(vm, image, n % harts, capacity, f"{periods[n]}ns") for n, vm in enumerate(vms)) + beside)
        ends = [rf"{vm}\| .*RESULT {'stay' if until else 'lateness'} " for vm in vms]
        self.command, output = run(self.path, harts, until=[*ends, *until], limit_s=150)
        told = guest_texts(output)
        found = [lateness(told.get(vm, ""), "lateness", period) for vm, period in zip(vms, periods)]
        self.late = [values for values, _ in found]
        self.missed = sum(missed for _, missed in found)
        self.texts = told


class Created:
    """A best-effort VM that creates `count` RT-vCPUs while it runs, as the source's ADU does, and then idles."""

    def __init__(self, name, count, harts, period=10_000_000, step=400):
        # So large that no CPU takes more of them than count / harts, rounded up.
        share = 56 if harts == 1 else (35 if count <= harts else 25) * count
        self.path = write(name, cpus(harts) + "vms:\n  adu:\n    image: guest/bench-adu.elf\n    memory: 512K\n"
                          f"    real-time-share: {share}%\n    free-services: {count}\n")
        self.command, output = run(self.path, harts, until=rf"RESULT service{count - 1} .*exact=\d", limit_s=100)
        text = guest_texts(output)["adu"]
        found = [lateness(text, f"service{n}", period + n * step) for n in range(count)]
        self.late = [values for values, _ in found]
        self.missed = sum(missed for _, missed in found)
        self.cpus = [int(re.search(rf"RESULT service{n} .* cpu=(\d+)", text)[1]) for n in range(count)]


JITTER = """first instruction of each of 1,000 rounds less its release k*P; all rounds of 1, 2 and 4 RT-vCPUs on \
{harts} CPU(s), by_rt_vcpus has each. As in the source a best-effort guest creates the RT-vCPUs while it runs and then idles; \
nobody else is there, other harts are in wfi. Releases are staggered, as those of tasks are that an idle OS started one after \
the other: periods 10 ms, 10.0004 ms, 10.0008 ms, ..., counted from 1 s on. vms has the same with each RT-vCPU in a VM of its \
own, from the start on"""
BUSY = """periods of 1 ms, 1.00005 ms, ...; on every CPU a best-effort guest computes beside them, with a timer of 10 us (bench-spin). Under -icount, harts take \
turns up to the next timer: what several busy harts add is in busy_native, the same program on the bare board with the \
other harts spinning likewise"""
JITTER_MEAN, JITTER_SD, JITTER_APART = 1000, 100, 50


def total(counters):
    return sum(counters, collections.Counter())


def jitter(harts):
    runs = {count: Created(f"jitter-{harts}cpu-{count}", count, harts) for count in (1, 2, 4)}
    vms = {count: Released(f"jitter-{harts}cpu-vms-{count}", "bench-release", count, harts) for count in (1, 2, 4)}
    each = {count: [hist.statistics(values) for values in r.late] for count, r in runs.items()}
    means = {count: [s["mean"] for s in found] for count, found in each.items()}
    met = all(s["mean"] <= JITTER_MEAN and s["sd"] <= JITTER_SD for found in each.values() for s in found) and \
        all(max(m) - min(m) <= JITTER_APART for m in means.values()) and not any(r.missed for r in runs.values())
    beside = "".join(best_effort(f"be{n}", "bench-spin", n) for n in range(harts))
    busy = Released(f"jitter-{harts}cpu-busy", "bench-release-1ms", 4, harts, 1_000_000, 50, "100us", beside)
    native = []
    for image, on in (("bench-release", 1), ("bench-release-1ms", harts)):
        command = machine.options(machine.guest(image), harts=on)
        native.append(hist.statistics(hist.read(machine.run(command, limit_s=60), "lateness")))
    said = JITTER.format(harts=harts)
    return {f"jitter-{harts}cpu": {
        **hist.statistics(total(v for r in runs.values() for v in r.late)), "met": met,
        "missed": sum(r.missed for r in runs.values()), "by_rt_vcpus": each,
        "cpus": {count: r.cpus for count, r in runs.items()},
        "vms": {count: [hist.statistics(values) for values in r.late] for count, r in vms.items()},
        "busy": {"all_four": hist.statistics(total(busy.late)), "missed": busy.missed,
                 "each": [hist.statistics(v) for v in busy.late]},
        "native": native[0], "busy_native": native[1],
        "config": config(runs[4].command, runs[4].path, "guest/bench-adu; vms and busy: guest/bench-release", said,
                         busy_is=BUSY)}}


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


DELAY = """the interrupted guest's last instruction to the released one's first, {rounds} releases in all: taking the timer \
interrupt, the choice, the switch between two VMs. Periods differ so little that each release meets the guest that \
computes (bench-gap) and no other. That one is best effort; with 64, where a system has no more vCPUs, it is the 64th \
RT-vCPU itself. start_after_release contains the emulator's lateness of 0 to 100 and the rounding to ticks"""
#          RT-vCPUs: (released, period ns, step ns, capacity); as in bench.mk
DELAYED = {1: (1, 200_000, 0, "20us"), 4: (4, 200_000, 10, "20us"), 8: (8, 400_000, 20, "20us"),
           64: (63, 3_000_000, 30, "10us")}


def delayed(count):
    released, period, step, capacity = DELAYED[count]
    gap = f"bench-gap-{count}"
    beside, share = best_effort("gap", gap, 0), "40%"
    if count == 64:
        beside, share = reserved("gap", gap, 0, "600ms", "1s"), "0%"
    return Released(f"sched-delay-{count}", f"bench-release-{count}", released, 1, period, step, capacity, beside,
                    share, until=["RESULT gap"])


def sched_delay():
    runs = {}
    for count in DELAYED:
        machine.progress(f"{count} RT-vCPUs")
        runs[count] = delayed(count)
    kinds = {count: switches(r.texts) for count, r in runs.items()}
    delays = {count: hist.statistics(k["release"]) for count, k in kinds.items()}
    growth = delays[64]["mean"] / delays[1]["mean"]
    return {"sched-delay": {
        **delays[64], "met": all(d["mean"] <= 600 for d in delays.values()) and growth <= 1.3,
        "by_rt_vcpus": delays, "growth_64_to_1": round(growth, 3),
        "start_after_release": {count: hist.statistics(total(r.late)) for count, r in runs.items()},
        "missed": sum(r.missed for r in runs.values()),
        "config": config(runs[64].command, runs[64].path, "guest/bench-release beside guest/bench-gap",
                         DELAY.format(rounds="10,000"))}}


SWITCH = """last instruction of one vCPU to the first of another of a different VM: release (a timer interrupt ends a best-effort \
guest's turn), job_to_job (one waits for its next period, the next is ready), job_to_best_effort (the last one waits, best \
effort goes on). Two RT-vCPUs are released together every 1 ms beside a best-effort guest; the figure is over all switches. \
floating_point: the same with all of them having dirty floating point registers at each switch"""


def switch():
    found = {}
    for name, suffix in (("switch", "2"), ("switch-float", "float")):
        r = Released(name, "bench-release-" + suffix, 2, 1, 1_000_000, 0, "100us",
                     best_effort("gap", "bench-gap-" + suffix, 0), until=["RESULT gap"])
        found[name] = (r, switches(r.texts))
    r, kinds = found["switch"]
    if set(kinds) != set(KINDS.values()):
        raise machine.BenchError(f"not every kind of switch came up: {sorted(kinds)}")
    whole = hist.statistics(total(kinds.values()))
    return {"switch": {
        **whole, "by_kind": {k: hist.statistics(v) for k, v in kinds.items()},
        "floating_point": {k: hist.statistics(v) for k, v in found["switch-float"][1].items()},
        "config": config(r.command, r.path, "guest/bench-release (two VMs), guest/bench-gap", SWITCH)}}


# Best effort that storms ---------------------------------------------------------------------------

STORM = """exits of a real-time VM by the hypervisor's count at its end, those it causes itself by printing aside (mmio): with \
storms less without. It has 200 us of every 1 ms, works 50 us in each of 1,000 periods. Eight VMs storm, seven with interrupt \
files, one with a PLIC: each rearms a 10 us timer on the same CPU, half of the time in wfi, and its second hart, on another \
CPU, sends it messages as fast as it can. Without: the same VMs end at once (guest/null-end)"""


def storm(image, name):
    vms = "".join(
        f"  storm{number}:\n    image: {image}.elf\n    memory: 2M\n"
        f"    interrupt-controller: {'aia' if number < 7 else 'plic'}\n    vcpus: [{{cpu: 0}}, {{cpu: 1}}]\n"
        for number in range(8))
    path = write(name, cpus(2) + "vms:\n" + reserved("control", "control-check", 0, "200us", "1ms") + vms)
    command, output = run(path, 2, until=[r"vm control: exits wfi", r"RESULT rt-start-jitter.*missed"], limit_s=150)
    return command, path, exits(output, "control"), need(results(output), "rt-start-jitter", output)


def be_storm():
    _, _, quiet, calm = storm("guest/null-end", "be-storm-quiet")
    command, path, stormy, found = storm("attack/timer-msi-storm", "be-storm")
    more = {cause: stormy[cause] - quiet[cause] for cause in quiet if cause != "mmio"}
    return {"be-storm": {
        "value": sum(max(0, n) for n in more.values()), "exits_without": quiet, "exits_with": stormy,
        "missed": found["missed"], "start_without": calm, "start_with": found,
        "met": not any(n > 0 for n in more.values()) and found["missed"] == 0,
        "config": config(command, path, "guest/control beside eight of test/attack/timer-msi-storm.c", STORM)}}


# Admission at run time ------------------------------------------------------------------------------

ADMIT = """executed instructions of the CPU from before HCALL_SERVICE_CREATE to its answer, in the caller's own time, the dearest \
of 31 that bring a CPU from 33 to 64 reservations. `hard` is the set for which the exact test takes longest (almost equal \
periods, the sum exactly 100 %): there it ends after 4,096 points, refusing. `usual`: periods of 5 to 20 ms, some deadlines \
shorter. The hypervisor does the test in steps, a step each time the caller enters it (calls); interrupts are taken between \
two steps. irqs-off-max has the longest step"""


def admission(kind):
    """32 reservations in VMs that do nothing, one that the asking VM runs in, 31 that it asks for."""
    def task(i):
        if kind == "hard":
            period = (9_973_000 + 2 * i) * 64
            return f"capacity: {9_973_000 + 2 * i - 2000}ns, period: {period}ns, deadline: {period - 1000}ns"
        period = 5000 + 1000 * (i % 16)
        return f"capacity: {50 + 10 * (i % 5)}us, period: {period}us, deadline: {period - 100 * (i % 4)}us"
    own = task(0) if kind == "hard" else "capacity: 300us, period: 5ms"
    vms = f"  admit:\n    image: guest/bench-admit{'-hard' if kind == 'hard' else ''}.elf\n    memory: 256K\n" \
          f"    vcpus: [{{cpu: 0, {own}}}]\n    free-services: 31\n"
    for i in range(32, 63 + 1):
        vms += f"  t{i}:\n    image: guest/null.elf\n    memory: 64K\n    vcpus: [{{cpu: 0, {task(i)}}}]\n"
    path = write("admit-" + kind, "overhead: 2us\n" + cpus(1, "0%") + "vms:\n" + vms)
    command, output = run(path, 1, until=[r"RESULT admit .*limit=\d", r"vm admit: exits timer.*sbi \d+"], limit_s=100)
    match = re.search(r"RESULT admit worst=(\d+) number=(\d+) mean=(\d+) limit=(\d+)",
                      guest_texts(output)["admit"])
    worst, number, mean, limit = map(int, match.groups())
    return command, path, {"worst": worst, "worst_is_number": number, "mean": mean, "ended_by_limit": limit,
                           "calls": exits(output, "admit")["sbi"]}


def admit():
    (command, path, hard), (_, _, usual) = admission("hard"), admission("usual")
    return {"admit": {"value": hard["worst"], "hard": hard, "usual": usual,
                      "config": config(command, path, "guest/bench-admit", ADMIT)}}


# A Linux with two vCPUs beside spinners ---------------------------------------------------------------

SMP = """virtual seconds of hackbench (-g 1 -l 50) in Debian's stock kernel with two vCPUs on two CPUs, each shared with a guest that \
never yields, quantum 5 ms: gang is the figure. `patches` is the time for 20 times two changes of the kernel's own code \
(bench/smp-spin.sh), each of which waits for an interrupt's answer from the other vCPU; `one_cpu` the same work with both vCPUs \
and one spinner on one CPU. `without`: a device tree without Zawrs, no gang; `zawrs`: the hypervisor's own, whose wrs.nto \
gives the CPU to the sibling. 8 ns an instruction; on two CPUs the emulator's turns are in all of them alike"""


def smp_linux(name, harts, zawrs, gang):
    initrd = initramfs_with("smp-spin", os.path.join(machine.ROOT, "bench", "smp-spin.sh"))
    vcpus = ", ".join(f"{{cpu: {n % harts}}}" for n in range(2))
    linux = ("  linux:\n    linux:\n"
             f"      kernel: {machine.BUILD}/linux/Image\n      initrd: {initrd}\n"
             "      cmdline: \"quiet console=ttyS0 cryptomgr.notests partita.run=/smp-spin,20 partita.run=hackbench,-g,1,-l,50\"\n"
             f"    memory: 256M\n    vcpus: [{vcpus}]\n" + ("    gang: yes\n" if gang else ""))
    spinner = "spin" if harts == 1 else "bench-spin"
    spinners = "".join(best_effort(f"spin{n}", spinner, n) for n in range(harts))
    head = "cpus: {" + ", ".join(f"{n}: {{quantum: 5ms}}" for n in range(harts)) + "}\nvms:\n"
    path = write(name, head + linux + spinners)
    if not zawrs:
        tree = os.path.join(machine.OUT, name + ".dtb")
        with open(tree, "wb") as file:
            file.write(table.Table(machine.build(path)).device_tree(0))
        for cpu in range(2):
            for key, word in (("riscv,isa", "_zawrs"), ("riscv,isa-extensions", "zawrs ")):
                where = [tree, f"/cpus/cpu@{cpu}", key]
                value = subprocess.run(["fdtget", "-t", "s", *where], check=True, capture_output=True, text=True).stdout
                subprocess.run(["fdtput", "-t", "s", *where, *value.replace(word, "").split()], check=True)
        path = write(name, head + linux + f"    dtb: {tree}\n" + spinners)
    command = machine.options(machine.build(path), 3, harts=harts)
    text = guest_texts(machine.run(command, until=r"linux\| partita.run: hackbench.*exit \d", limit_s=200))["linux"]
    spent, work = re.search(r"rounds from ([\d.]+) to ([\d.]+)", text), re.search(r"Time: ([\d.]+)", text)
    if not spent or not work:
        raise machine.BenchError(f"{name}: Linux did not tell its times:\n{text[-1500:]}")
    return command, path, {"hackbench": float(work[1]), "patches": round(float(spent[2]) - float(spent[1]), 2)}


def smp_spin():
    found = {}
    for kind, harts, zawrs, gang in (("one_cpu_without", 1, False, False), ("one_cpu_zawrs", 1, True, False),
                                     ("without", 2, False, False), ("zawrs", 2, True, False), ("gang", 2, True, True)):
        machine.progress(kind)
        command, path, found[kind] = smp_linux("smp-spin-" + kind.replace("_", "-"), harts, zawrs, gang)
    return {"smp-spin": {
        "value": found["gang"]["hackbench"], **found,
        "met": found["gang"]["hackbench"] < found["without"]["hackbench"],
        "config": config(command, path, "Debian's stock kernel, hackbench, bench/smp-spin.sh", SMP)}}


EXPERIMENTS = [
    (lambda: jitter(1), ["jitter-1cpu"]),
    (lambda: jitter(2), ["jitter-2cpu"]),
    (lambda: jitter(4), ["jitter-4cpu"]),
    (sched_delay, ["sched-delay"]),
    (switch, ["switch"]),
    (admit, ["admit"]),
    (be_storm, ["be-storm"]),
    (smp_spin, ["smp-spin"]),
]
