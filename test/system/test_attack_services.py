# SPDX-License-Identifier: Apache-2.0
"""Hostile guests against services, budgets, plans and waits; beside each a task that must miss nothing."""
import re

import pytest

from partita import assert_on_time, control, result_of

CPU = "0: {policy: edf, best-effort: 40%, quantum: 10ms}"
WITNESS = "  witness: {image: guest/pulse.elf, memory: 1M, cpu: 0}\n"
HOSTILE = """  hostile:
    image: attack/{attack}.elf
    memory: 2M
    interrupt-controller: {vic}
{more}"""
# Traps without end make the emulator late by up to 500 (test_attack.py), and yields and fences can meet.
WAITS_JITTER = 2000
TURN = 100_000  # with two harts busy: the emulator lets them run in turn, natively too
VICS = pytest.mark.parametrize("vic", ["plic", "aia"], ids=["with_plic", "with_aia"])


def system(attack, more, cpus=CPU, vic="plic", beside=None):
    head = f"cpus: {{{cpus}}}\nconsole: {{show: all, focus: control}}\nvms:\n"
    return (head + (control() if beside is None else beside) + HOSTILE.format(attack=attack, vic=vic, more=more)
            + WITNESS)


def attacked(lab, text, limit=120, jitter=None):
    """Runs it to the end of control and attack; what the attack said. The control task missed nothing."""
    machine = lab.run(text, limit=limit)
    machine.expect_said("control", r"missed=\d+", limit)
    machine.expect_log("partita: vm control has ended", limit)
    machine.expect_log("partita: vm hostile has ended", limit)
    machine.expect_said("hostile", r"attack [a-z-]+: done")
    assert machine.status()["witness"] == "runs"
    machine.leave()
    machine.assert_sound()
    result = result_of(machine.of("control"))
    assert (result["n"], result["missed"]) == (1000, 0), result
    assert jitter is None or result["max"] < jitter, result
    return machine.of("hostile")


def numbers(text, said):
    """The numbers of a line that the attack said."""
    match = re.search(said.replace("N", r"(\d+)"), text)
    assert match, f"{said!r} is not in:\n{text[-3000:]}"
    return list(map(int, match.groups()))


SERVICES = """    cpu: 0
    real-time-share: 20%
    free-services: 7
    services: {kept: {cpu: 0, capacity: 20us, period: 1ms, start: on-request}}
"""


@VICS
def test_service_storm(lab, vic):
    """Given a VM with a share of 20 %, when it creates, launches and deletes services as fast as it can, some of which
    never yield, then a reservation beside it misses nothing, and no answer is odd.

    REQ: RT-1, RT-4, SCHED-1, OPS-2
    """
    said = attacked(lab, system("service-storm", SERVICES, vic=vic))
    created, refused, launched, deleted, gone, odd = numbers(
        said, "created N, refused N, launched N, deleted N, gone by themselves N, odd answers N")
    assert odd == 0 and created > 400 and launched > 300, said
    assert created == deleted + gone, said
    assert "kept service: registered 0" in said and "0 not stopped" in said
    assert numbers(said, "N jobs")[0] > 0


def test_two_harts_create_at_once(lab):
    """Given a VM with two harts on two CPUs, when both create and delete services at the same time, then no slot belongs
    to both, every answer is one of those in the book, all slots are free in the end, and nobody else misses anything.

    REQ: RT-1, RT-4, CPU-4
    """
    more = "    vcpus: [{cpu: 0}, {cpu: 1}]\n    free-services: 8\n"
    said = attacked(lab, system("service-race", more, cpus=CPU + ", 1: {policy: edf, best-effort: 40%}"), limit=200)
    for hart in (0, 1):
        created, _, _, odd, twice = numbers(said, f"hart {hart}: created N denied N busy N odd N twice N")
        assert created > 100 and (odd, twice) == (0, 0), said
    assert "both done, free slots at the end 8" in said


@VICS
def test_service_lies(lab, vic):
    """Given a VM that may have services, when it lies in every argument of every call, then each lie is told apart, no
    service of another VM moves, and neither hypervisor nor neighbour notices.

    REQ: RT-1, RT-4, MEM-2, OPS-2
    """
    said = attacked(lab, system("service-lies", SERVICES, vic=vic))
    assert numbers(said, "trespasses N") == [0]
    for lie, answer in (("entry 0", "-5"), ("entry 10000000", "-5"), ("entry 80000000", "-5"), ("entry 80400000", "-5"),
                        ("entry ffffffffffffffff", "-5"), ("stack 80400010", "-5"), ("stack 7", "-5"),
                        ("stack ffffffffffffffff", "-5"), ("argument ffffffffffffffff", "0"),
                        ("capacity 0", "-4 value 100000000000000"), ("capacity 2", "-4 value 100000000000000"),
                        ("capacity ffffffffffffffff", "-4 value 100000000000000"),
                        ("period 0", "-4 value 100000000000000"), ("period 8000000000000000", "-4 value 1000000000000"),
                        ("deadline 0", "-4 value 100000000000000"), ("deadline 2710", "-4 value 100000000000000")):
        if lie not in ("stack 80400010", "deadline 2710"):
            assert f"create with {lie}: error {answer}" in said, lie
    assert re.search(r"create with odd entry [0-9a-f]+: error -5", said)
    assert re.search(r"create with no lie 0: error 0", said)
    succeeded, unsupported, *_, odd = numbers(
        said, "other VMs: N succeeded, N not supported, N invalid, N denied, N bad addresses, N odd")
    assert (succeeded, unsupported, odd) == (0, 0, 0), said
    assert numbers(said, "random: N succeeded, N not supported, N invalid, N denied, N bad addresses, N odd")[5] == 0
    assert re.search(r"no stack: (deleted 0|error -5)", said)
    assert re.search(r"after registration: error -4 reason 3|no stack: error -5", said)


def test_service_exhaust(lab):
    """Given a share of 20 % and seven slots, when a VM asks until it is refused and gives all back, twenty times, then
    each time it gets just as many and hears the right reason with the right figure: nothing is lost and nothing gained.

    REQ: RT-4, SCHED-4, OPS-2
    """
    said = attacked(lab, system("service-exhaust", SERVICES))
    for size, created, reason, figure in (("small", 7, 2, 8), ("large", 2, 4, 230000)):
        rounds = re.findall(rf"{size}: created (\d+), then error (-?\d+) reason (\d+) figure (\d+), failed (\d+)", said)
        assert rounds == [(str(created), "-4", str(reason), str(figure), "0")] * 20, rounds


CHEAT = """  hostile:
    image: attack/sleep-cheat.elf
    memory: 2M
    vcpus: [{{cpu: 0, capacity: 200us, period: 2ms{more}}}]
"""
PATTERNS = ["spin", "back to back", "wake renewed", "wake late", "in pieces", "at random", "give back"]
TICK_NS, CAPACITY_NS, PERIOD_NS = 100, 200_000, 2_000_000
# The comparator's grain and what a handler adds before the vCPU is out.
SLACK_NS = 2_000
WAY_NS = 1_500
# What a window of one period may hold, aligned to k*P and anywhere. Only EDF's periods begin where a sleeper wakes, so
# that a window from k*P on can hold parts of two of them; a deferrable server may spend the end of one and the
# beginning of the next capacity in a row.
SERVERS = {
    "edf": ("edf", "", 2, 2),
    "periodic": ("fixed-priority", ", priority: 5, server: periodic", 1, 2),
    "polling": ("fixed-priority", ", priority: 5, server: polling", 1, 2),
    "deferrable": ("fixed-priority", ", priority: 5, server: deferrable", 1, 2),
    "sporadic": ("fixed-priority", ", priority: 5, server: sporadic", 2, 1),
}


@pytest.mark.parametrize("server", SERVERS)
def test_sleep_cheat(lab, server):
    """Given a capacity of 200 us every 2 ms, when a vCPU sleeps and wakes in every way it can think of, then in no window
    it gets more than its server grants, in sum never more than its share, and Partita's account of it is true.

    REQ: SCHED-1, SCHED-6, OPS-2
    """
    policy, more, aligned_times, sliding_times = SERVERS[server]
    beside = control()
    if policy == "fixed-priority":
        beside = beside.replace("period: 1ms", "period: 1ms, priority: 9")
    text = (f"cpus: {{0: {{policy: {policy}, best-effort: 40%, quantum: 10ms}}}}\n"
            "console: {show: all, focus: control}\nvms:\n" + beside + CHEAT.format(more=more) + WITNESS)
    said = attacked(lab, text, limit=200)
    found = {name: tuple(map(int, rest)) for name, *rest in re.findall(
        r"sleep-cheat: ([a-z ]+): aligned (\d+) sliding (\d+) total (\d+) of (\d+) periods, ran (\d+) ns, naps (\d+)", said)}
    assert list(found) == PATTERNS, said
    for name, (aligned, sliding, total, periods, ran, naps) in found.items():
        assert aligned <= aligned_times * CAPACITY_NS + SLACK_NS, (name, found)
        assert sliding <= sliding_times * CAPACITY_NS + SLACK_NS, (name, found)
        assert total <= (periods + 2) * (CAPACITY_NS + SLACK_NS), (name, found)
        # The account counts the hypervisor's way in and out, too; it must not count less than the guest had.
        assert total - SLACK_NS <= ran <= total + (naps + 2 * periods) * WAY_NS, (name, found)
    assert found["spin"][2] >= 0.97 * found["spin"][3] * CAPACITY_NS, "honest work must get its capacity"


PLANS = """cpus:
  0: {{policy: edf, best-effort: 40%, quantum: 10ms}}
  1:
    policy: table
    plans:
      - {{name: normal, frame: 10ms, slots: [{{vcpu: slotted, at: 0ms, for: 2ms}}]}}
      - {{name: other, frame: 10ms, slots: [{{vcpu: slotted, at: 0ms, for: 2ms}}, {{vcpu: rest, at: 5ms, for: 1ms}}]}}
console: {{show: all, focus: control}}
vms:
{control}  hostile:
    image: attack/plan-storm.elf
    memory: 2M
    cpu: 0
{may}  slotted: {{image: guest/control-check.elf, memory: 256K, vcpus: [{{cpu: 1}}]}}
  rest: {{image: guest/pulse.elf, memory: 1M, vcpus: [{{cpu: 1}}]}}
"""


@pytest.mark.parametrize("may", [False, True], ids=["without_the_right", "with_the_right"])
def test_plan_storm(lab, may):
    """Given two plans, when a VM asks for one and the other as fast as it can, then it is denied without the right, with
    it the plans change at the ends of frames, and neither the slot they have in common nor a reservation on another CPU
    is missed.

    REQ: SCHED-7, OPS-2
    """
    machine = lab.run(PLANS.format(control=control(), may="    may: [change-plan]\n" if may else "") + WITNESS,
                      limit=200)
    for vm in ("control", "slotted"):
        machine.expect_said(vm, r"missed=\d+", 180)
        result = result_of(machine.of(vm))
        assert (result["n"], result["missed"]) == (1000, 0), result
    machine.expect_said("hostile", r"attack plan-storm: done")
    said = machine.of("hostile")
    accepted, denied, invalid, odd = numbers(said, "in turn: accepted N denied N invalid N odd N")
    assert (accepted, denied, invalid, odd) == ((100000, 0, 0, 0) if may else (0, 100000, 0, 0))
    accepted, denied, invalid, odd = numbers(said, "random: accepted N denied N invalid N odd N")
    assert odd == 0 and (invalid > 10000) == may and (denied == 20000) == (not may)
    machine.assert_sound()


@VICS
def test_wrs_storm(lab, vic):
    """Given an SMP guest whose two harts do nothing but wait for each other with wrs, pause, fences and interrupts, when
    they share the CPU with a reservation, then it misses nothing and no start is late beyond what a trap rain costs.

    REQ: CPU-4, SCHED-1, OPS-2
    """
    said = attacked(lab, system("wrs-storm", "    vcpus: [{cpu: 0}, {cpu: 0}]\n", vic=vic), limit=200, jitter=WAITS_JITTER)
    assert numbers(said, "N and N turns, N interrupts")[:2] == [22000, 22000], said


STORM = """  storm{n}:
    image: {image}.elf
    memory: 2M
    interrupt-controller: {vic}
    vcpus: [{{cpu: 0}}, {{cpu: 1}}]
"""
EXITS = re.compile(r"partita: vm control: exits (.*)")


def exits_of_control(lab, image):
    """The control task's exits by cause over its life, beside eight of those guests; and what it measured."""
    text = (f"cpus: {{{CPU}, 1: {{policy: edf, best-effort: 40%}}}}\nconsole: {{show: all, focus: control}}\nvms:\n"
            + control().replace("guest/control-check", "test/control-short") + "".join(STORM.format(n=n, image=image, vic="aia" if n < 7 else "plic") for n in range(8)))
    machine = lab.run(text, limit=600)
    machine.expect_said("control", r"missed=\d+", 580)
    machine.expect_log(r"vm control: exits wfi .*", 580)
    found = {}
    for line in machine.log:
        if match := EXITS.match(line):
            found.update({cause: int(n) for cause, n in re.findall(r"(\w+) (\d+)", match.group(1))})
    text = machine.of("control")
    machine.assert_sound()
    machine.close()
    return found, text


def test_timers_and_messages_of_others_cause_no_exit(lab):
    """Given eight best-effort guests that rearm timers every 10 us, asleep and awake, and are sent messages by their
    second harts on another CPU, when a real-time vCPU runs beside them, then it is left just as often, for each cause, as
    beside eight guests that do nothing but spin, and misses nothing.

    REQ: TIME-4, IRQ-1, CPU-2, SCHED-1
    """
    quiet, text = exits_of_control(lab, "guest/spin")
    assert_on_time(text, periods=200, jitter=TURN)
    stormy, text = exits_of_control(lab, "attack/timer-msi-storm")
    assert_on_time(text, periods=200, jitter=TURN)
    assert quiet.keys() == stormy.keys() and quiet["sbi"] > 200
    more = {cause: stormy[cause] - quiet[cause] for cause in quiet}
    # Printing is polled: how often the UART is read depends on who else prints.
    assert all(more[cause] <= 0 for cause in more if cause != "mmio"), (quiet, stormy)
