# SPDX-License-Identifier: Apache-2.0
"""Admission against an oracle in exact fractions."""
import random
import re
from fractions import Fraction

import pytest

HEAD = "partita: 1\nboard: qemu-virt-riscv64\n"
FIT = re.compile(r"v(\d+)\.vcpus\[0\] would fit with capacity <= (\d+)(s|ms|us)")
UNIT = {"s": 10**9, "ms": 10**6, "us": 1000}


def text(share, tasks):
    """A system of one VM for each (capacity, period, deadline) in ns on CPU 0."""
    lines = [f"cpus: {{0: {{best-effort: {share}%}}}}", "vms:"]
    for i, (capacity, period, deadline) in enumerate(tasks):
        lines += [f"  v{i}:", "    image: flat.bin", "    memory: 8K",
                  f"    vcpus: [{{cpu: 0, capacity: {capacity}ns, period: {period}ns, deadline: {deadline}ns}}]"]
    return HEAD + "\n".join(lines) + "\n"


def fits(share, tasks):
    return Fraction(share, 100) + sum(Fraction(c, d) for c, _, d in tasks) <= 1


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
    """REQ: SCHED-4. Given random reservations with awkward periods, when they are checked, then just those that exact
    fractions allow are accepted; and the capacity that a refusal proposes is accepted, one microsecond more is not."""
    dice = random.Random(seed)
    share, tasks = dice.choice((0, 10, 40)), make(dice, dice.randint(1, 20))
    run = tool("check", tool.system(text(share, tasks)))
    assert (run.returncode == 0) == fits(share, tasks), run.stderr
    if run.returncode == 0:
        return
    assert run.stderr.count("over-committed") == 1
    hint = FIT.search(run.stderr)
    if not hint:
        assert "would not fit with any capacity" in run.stderr
        return
    index, capacity = int(hint[1]), int(hint[2]) * UNIT[hint[3]]
    for more, good in ((0, True), (1000, False)):
        changed = list(tasks)
        changed[index] = (capacity + more, *tasks[index][1:])
        if capacity + more <= tasks[index][2]:
            assert (tool("check", tool.system(text(share, changed))).returncode == 0) == good


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
