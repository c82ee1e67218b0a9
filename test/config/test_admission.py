# SPDX-License-Identifier: Apache-2.0
"""Admission against an oracle in exact fractions."""
import random
import re
from fractions import Fraction

import pytest

HEAD = "partita: 1\nboard: qemu-virt-riscv64\n"
FIT = re.compile(r"v(\d+)\.vcpus\[0\] would fit with capacity <= (\d+)(s|ms|us)")
UNIT = {"s": 10**9, "ms": 10**6, "us": 1000}


def text(share, tasks, overhead=0):
    """A system of one VM for each (capacity, period, deadline) in ns on CPU 0."""
    lines = [f"overhead: {overhead}ns", f"cpus: {{0: {{best-effort: {share}%}}}}", "vms:"]
    for i, (capacity, period, deadline) in enumerate(tasks):
        lines += [f"  v{i}:", "    image: flat.bin", "    memory: 8K",
                  f"    vcpus: [{{cpu: 0, capacity: {capacity}ns, period: {period}ns, deadline: {deadline}ns}}]"]
    return HEAD + "\n".join(lines) + "\n"


def points(tasks, utilization):
    """All deadlines within the bound beyond which demand cannot exceed time; None: too many of them."""
    bound = sum((p - d) * Fraction(c, p) for c, p, d in tasks) / (1 - utilization)
    if sum(bound / p for _, p, _ in tasks) > 50000:
        return None
    return sorted({t for _, p, d in tasks for t in range(d, int(bound) + 1, p)})


def fits(share, tasks, overhead=0):
    """Under EDF, from the definition of demand; None: too long to find out this way."""
    tasks = [(c + overhead, p, d) for c, p, d in tasks]
    utilization = sum(Fraction(c, p) for c, p, _ in tasks)
    if Fraction(share, 100) + utilization > 1:
        return False
    if all(p == d for _, p, d in tasks):
        return True
    if utilization == 1 or (times := points(tasks, utilization)) is None:
        return None
    return all(sum(((t - d) // p + 1) * c for c, p, d in tasks if d <= t) <= t for t in times)


def make(dice, count):
    tasks = []
    for _ in range(count):
        period = dice.choice((dice.randint(100000, 10**9), dice.randint(1, 1000) * 10**6, 300000, 700000))
        deadline = dice.choice((period, period, dice.randint(max(period // 2, 20000), period)))
        capacity = max(10000, int(deadline * dice.random() * 2 / count))
        tasks.append((min(capacity, deadline), period, deadline))
    return tasks


@pytest.mark.parametrize("seed", range(60))
def test_against_oracle(tool, seed):
    """REQ: SCHED-4. Given random reservations with awkward periods, when they are checked, then just those are accepted
    whose shares, as exact fractions, and whose demand within deadlines fit; and the capacity that a refusal proposes is
    accepted, one microsecond more is not."""
    dice = random.Random(seed)
    expected = None
    while expected is None:
        share, overhead, tasks = dice.choice((0, 10, 40)), dice.choice((0, 2000, 100000)), make(dice, dice.randint(1, 20))
        expected = fits(share, tasks, overhead)
    run = tool("check", tool.system(text(share, tasks, overhead)))
    assert (run.returncode == 0) == expected, run.stderr
    if run.returncode == 0:
        return
    assert run.stderr.count("over-committed") + run.stderr.count("cannot keep every deadline") == 1
    hint = FIT.search(run.stderr)
    if not hint:
        assert "would not fit with any capacity" in run.stderr
        return
    index, capacity = int(hint[1]), int(hint[2]) * UNIT[hint[3]]
    for more, good in ((0, True), (1000, False)):
        changed = list(tasks)
        changed[index] = (capacity + more, *tasks[index][1:])
        if capacity + more <= tasks[index][2]:
            assert (tool("check", tool.system(text(share, changed, overhead))).returncode == 0) == good


def test_brim(tool):
    """REQ: SCHED-3. Given reservations that leave exactly the share of best effort, then they are accepted; given a
    single nanosecond more, then not."""
    full = [(100000, 300000, 300000), (100000, 300000, 300000), (80000, 300000, 300000)]
    assert Fraction(280000, 300000) == Fraction(14, 15)
    third = [(c, p, d) for c, p, d in full[:1]] + [(170000, 300000, 300000)]
    assert tool("check", tool.system(text(10, third))).returncode == 0
    third[1] = (170001, 300000, 300000)
    run = tool("check", tool.system(text(10, third)))
    assert run.returncode == 1 and "capacity <= 170us" in run.stderr


def test_primes(tool):
    """REQ: SCHED-4. Given many reservations whose periods are large primes, so that their exact sum has no room in 128
    bits, then rounding goes against the requester and a sum below one by more than 2^-55 is still accepted."""
    primes = [999999937, 999999929, 999999893, 999999883, 999999797, 999999761, 999999757, 999999751, 999999739,
              999999733, 999999677, 999999667, 999999613, 999999607, 999999599, 999999587, 999999541, 999999527,
              999999503, 999999491]
    tasks = [(p // 20, p, p) for p in primes]
    assert fits(0, tasks)
    assert tool("check", tool.system(text(0, tasks))).returncode == 0
    tasks[7] = (primes[7] // 20 + 11, primes[7], primes[7])
    assert not fits(0, tasks)
    assert tool("check", tool.system(text(0, tasks))).returncode == 1


def test_other_cpus_do_not_count(tool):
    """REQ: SCHED-4. Given two CPUs, then each is judged by itself, and each that is over-committed is reported."""
    name = tool.system(HEAD + "vms:\n  a:\n    image: flat.bin\n    memory: 8K\n    vcpus:\n"
                       "      - {cpu: 0, capacity: 900us, period: 1ms}\n"
                       "      - {cpu: 1, capacity: 900us, period: 1ms}\n"
                       "      - {cpu: 0, capacity: 900us, period: 1ms}\n"
                       "      - {cpu: 1, capacity: 900us, period: 1ms}\n")
    run = tool("check", name)
    assert [line.split(":")[1] for line in run.stderr.splitlines()[:-1]] == ["10", "11"]
    assert "CPU 0 is" in run.stderr and "CPU 1 is" in run.stderr


def check(tool, cpus, vcpus):
    """One VM for each vCPU; `vcpus` and `cpus` as in the file."""
    lines = [f"cpus: {cpus}", "vms:"]
    for i, vcpu in enumerate(vcpus):
        lines += [f"  v{i}:", "    image: flat.bin", "    memory: 8K", f"    vcpus: [{vcpu}]"]
    return tool("check", tool.system(HEAD + "\n".join(lines) + "\n"))


def test_deadlines(tool):
    """REQ: SCHED-4. Given shares that fit and deadlines that do not, then the refusal names the interval with more demand
    than time, and a capacity with which it would fit, overhead included."""
    run = check(tool, "{0: {}}", ["{cpu: 0, capacity: 3ms, period: 20ms, deadline: 5ms}",
                                  "{cpu: 0, capacity: 3ms, period: 20ms, deadline: 5ms}"])
    assert run.returncode == 1
    assert ("CPU 0 cannot keep every deadline: what is due within 5ms takes longer than that; "
            "v1.vcpus[0] would fit with capacity <= 1996us") in run.stderr


def test_densities(tool):
    """REQ: SCHED-4. Given capacities that add up to more than one by deadline, but whose demand never exceeds the time,
    then they are accepted."""
    run = check(tool, "{0: {}}", ["{cpu: 0, capacity: 1ms, period: 20ms, deadline: 2ms}",
                                  "{cpu: 0, capacity: 1ms, period: 20ms, deadline: 3ms}",
                                  "{cpu: 0, capacity: 3ms, period: 20ms, deadline: 6ms}"])
    assert run.returncode == 0, run.stderr


def test_overhead(tool):
    """REQ: SCHED-4. Given reservations that fill a CPU to the brim, when the hypervisor's own time of each release is
    added, then they do not fit, and the message says so."""
    full = ["{cpu: 0, capacity: 500us, period: 1ms}", "{cpu: 0, capacity: 500us, period: 1ms}"]
    run = check(tool, "{0: {}}", full)
    assert run.returncode == 1
    assert ("real-time demand 100.0 % + best effort 0.0 % + overhead 0.4 % > 100 %; "
            "v1.vcpus[0] would fit with capacity <= 496us") in run.stderr
    full[1] = full[1].replace("500us", "496us")
    assert check(tool, "{0: {}}", full).returncode == 0


FP = "{cpu: 0, capacity: %s, period: %s, priority: %d, server: %s}"


@pytest.mark.parametrize("server", ("periodic", "polling", "sporadic", "deferrable"))
def test_responses(tool, server):
    """REQ: SCHED-6 SCHED-4. Given two servers under fixed priority, when the upper one can hit the lower one twice in a
    row, being deferrable, then the lower one's response is too long, else not."""
    vcpus = [FP % ("2ms", "5ms", 1, server), "{cpu: 0, capacity: 2900us, period: 10ms, deadline: 5ms, priority: 2}"]
    run = check(tool, "{0: {policy: fixed-priority}}", vcpus)
    if server != "deferrable":
        assert run.returncode == 0, run.stderr
        return
    assert run.returncode == 1
    assert "the worst response of v1.vcpus[0] is 6906us or more, its deadline 5ms" in run.stderr
    assert "v1.vcpus[0] would fit with capacity <= 994us" in run.stderr
    vcpus[1] = vcpus[1].replace("2900us", "994us")
    assert check(tool, "{0: {policy: fixed-priority}}", vcpus).returncode == 0


def test_priorities_decide(tool):
    """REQ: SCHED-6 SCHED-4. Given the same reservations, when the one with the short deadline is the lower one, then they
    are refused; as the upper one they are accepted."""
    for first, second, good in ((1, 2, True), (2, 1, False)):
        run = check(tool, "{0: {policy: fixed-priority}}",
                    [FP % ("1ms", "4ms", first, "periodic"), FP % ("5ms", "10ms", second, "periodic")])
        assert (run.returncode == 0) == good, run.stderr


def test_placement(tool):
    """REQ: SCHED-5. Given reservations without a CPU, when they are placed, then the largest first, each on the first CPU
    with room; so that those that only fit in one arrangement fit."""
    vcpus = ["{capacity: %dms, period: 100ms}" % c for c in (30, 30, 39, 39, 59, 59, 30, 69, 39)]
    assert sum((30, 30, 39, 39, 59, 59, 30, 69, 39)) == 394
    run = check(tool, "{0: {}, 1: {}, 2: {}, 3: {}}", vcpus)
    assert run.returncode == 0, run.stderr


def test_placement_finds_no_room(tool):
    """REQ: SCHED-5. Given a reservation without a CPU for which none has room, then the refusal says so, and what would
    fit is accepted."""
    vcpus = ["{cpu: 0, capacity: 60ms, period: 100ms}", "{cpu: 1, capacity: 70ms, period: 100ms}",
             "{capacity: 50ms, period: 100ms}"]
    run = check(tool, "{0: {}, 1: {}}", vcpus)
    assert run.returncode == 1
    assert "no CPU has room for v2.vcpus[0]: CPU 0 is over-committed: real-time demand 110.0 %" in run.stderr
    assert "v2.vcpus[0] would fit with capacity <= 39996us" in run.stderr
    vcpus[2] = vcpus[2].replace("50ms", "39996us")
    assert check(tool, "{0: {}, 1: {}}", vcpus).returncode == 0
