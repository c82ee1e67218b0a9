# SPDX-License-Identifier: Apache-2.0
"""Who gets how much of a CPU."""
import re

import pytest

HEAD = "cpus: {{0: {{policy: edf, best-effort: {share}, quantum: {quantum}}}}}\nconsole: {{show: all}}\nvms:\n"


def head(share="40%", quantum="10ms"):
    return HEAD.format(share=share, quantum=quantum)


def meter(name, vcpu):
    return f"  {name}:\n    image: test/meter.elf\n    memory: 256K\n    {vcpu}\n"


def shares(machine, *names):
    """Per VM the shares of two windows of 400 ms, in percent."""
    found = {}
    for name in names:
        machine.expect_said(name, r"(?s)(share \d+ of 10000.*){2}")
        found[name] = [int(s) / 100 for s in re.findall(r"share (\d+) of 10000", machine.of(name))[:2]]
    return found


def test_budget_is_enforced(lab):
    """Given a vCPU that spins in a reservation of 30 %, when a best-effort guest spins, too, then it gets 30 % and not a
    bit more, and best effort gets the rest.

    REQ: SCHED-1, SCHED-3
    """
    machine = lab.run(head() + meter("rt", "vcpus: [{cpu: 0, capacity: 300us, period: 1ms}]") + meter("be", "cpu: 0"))
    found = shares(machine, "rt", "be")
    for window in found["rt"]:
        assert abs(window - 30) <= 0.5, found
    for window in found["be"]:
        assert window >= 69, found


def test_two_budgets_and_best_effort(lab):
    """Given reservations of 20 % and 25 % with different periods that both spin, when two best-effort guests spin beside
    them, then each reservation gets its share within half a percent and best effort at least its 40 %, half each.

    REQ: SCHED-1, SCHED-2, SCHED-3
    """
    machine = lab.run(head() + meter("one", "vcpus: [{cpu: 0, capacity: 200us, period: 1ms}]")
                      + meter("two", "vcpus: [{cpu: 0, capacity: 500us, period: 2ms}]")
                      + meter("be1", "cpu: 0") + meter("be2", "cpu: 0"), limit=200)
    found = shares(machine, "one", "two", "be1", "be2")
    for name, share in (("one", 20), ("two", 25)):
        for window in found[name]:
            assert abs(window - share) <= 0.5, found
    for first, second in zip(found["be1"], found["be2"]):
        assert first + second >= 53.5, found
        assert abs(first - second) <= 5, found


def test_full_of_reservations(lab):
    """Given reservations that fill, with the overhead of 2 us charged to them, all that best effort leaves, when everyone
    spins, then best effort still has the share that was kept for it.

    REQ: SCHED-3
    """
    machine = lab.run(head(share="25%") + meter("one", "vcpus: [{cpu: 0, capacity: 748us, period: 1ms}]")
                      + meter("be", "cpu: 0"))
    found = shares(machine, "one", "be")
    for window in found["one"]:
        assert abs(window - 74.8) <= 0.5, found
    for window in found["be"]:
        assert window >= 23.5, found


@pytest.mark.parametrize("quantum", ["1ms", "10ms"])
def test_weights(lab, quantum):
    """Given two best-effort guests of weight 1 and 3, when both spin, then one gets a quarter and the other the rest.

    REQ: SCHED-2
    """
    machine = lab.run(head(share="40%", quantum=quantum) + meter("light", "cpu: 0")
                      + meter("heavy", "cpu: 0\n    weight: 3"))
    found = shares(machine, "light", "heavy")
    for window in found["light"]:
        assert abs(window - 25) <= 5, found
    for window in found["heavy"]:
        assert abs(window - 75) <= 5, found


def test_alone_pays_nothing(lab):
    """Given a guest alone on its CPU, when it spins, then it has all of it: no tick takes anything.

    REQ: SCHED-1, CPU-2
    """
    machine = lab.run("console: {show: all}\nvms:\n" + meter("alone", "cpu: 0"))
    for window in shares(machine, "alone")["alone"]:
        assert window >= 99.5


def test_idle_costs_nothing(lab):
    """Given a guest that sleeps ten times 100 ms, when nobody else runs, then the whole machine executes next to nothing
    in that second and each wake-up is exact.

    REQ: CPU-5
    """
    machine = lab.to_end("console: {show: all}\nvms:\n  idle: {image: test/idle.elf, memory: 256K}\n")
    executed, latest = map(int, re.search(r"idle: (\d+) instructions .* latest (\d+) ns", machine.of("idle")).groups())
    assert executed < 50_000, machine.of("idle")
    assert latest <= 2000


def test_idle_gives_the_cpu_away(lab):
    """Given a guest that sleeps, when another spins on the same CPU, then that one has nearly all of it.

    REQ: CPU-5, SCHED-2
    """
    machine = lab.run(head() + meter("busy", "cpu: 0") + "  pulse: {image: guest/pulse.elf, memory: 1M, cpu: 0}\n")
    for window in shares(machine, "busy")["busy"]:
        assert window >= 90
