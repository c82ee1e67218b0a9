# SPDX-License-Identifier: Apache-2.0
"""Fixed-priority servers and time tables on the hypervisor: shares and slots as promised."""
import pytest

from test_schedules import lanes
from test_share import meter, shares

FP = "cpus: {0: {policy: fixed-priority, best-effort: 20%, quantum: 10ms}}\n"
ALL = "console: {show: all}\nvms:\n"
QUIET = "console: {quiet: yes}\ntrace: {records: 16384, keep: first}\nvms:\n"
SERVERS = pytest.mark.parametrize("server", ["periodic", "polling", "deferrable", "sporadic"])


def server_vcpu(capacity, period, priority, server):
    return f"vcpus: [{{cpu: 0, capacity: {capacity}us, period: {period}us, priority: {priority}, server: {server}}}]"


def spin(name, more):
    return f"  {name}: {{image: guest/spin.elf, memory: 256K, {more}}}\n"


@SERVERS
def test_servers_have_their_shares(lab, server):
    """Given servers of 30 % and 25 %, of each kind, that spin beside a spinning best-effort guest, when shares are
    measured, then each server has its share within half a percent and best effort all the rest.

    REQ: SCHED-6, SCHED-3
    """
    machine = lab.run(FP + ALL + meter("one", server_vcpu(300, 1000, 1, server))
                      + meter("two", server_vcpu(500, 2000, 2, server)) + meter("be", "cpu: 0"), limit=200)
    found = shares(machine, "one", "two", "be")
    for name, share in (("one", 30), ("two", 25)):
        for window in found[name]:
            assert abs(window - share) <= 0.5, found
    for window in found["be"]:
        assert window >= 43.5, found


@SERVERS
def test_priority_decides(lab, server):
    """Given servers of 1 ms in 4 (priority 1) and 3 ms in 8 (priority 2) that want all they can get, when two periods of
    the longer one are looked at, then the first server has its slot at each release and the second the next three, after
    an interruption none, and best effort the rest.

    REQ: SCHED-6, SCHED-2
    """
    text = (FP + QUIET + spin("high", server_vcpu(1000, 4000, 1, server)) + spin("low", server_vcpu(3000, 8000, 2, server))
            + spin("be", "cpu: 0"))
    found, = lanes(lab, text, 80, 16, {"high": "A", "low": "B", "be": "."})
    assert found == "ABBBA...ABBBA...", found


def test_a_higher_priority_interrupts(lab):
    """Given a server of low priority that needs 6 ms in 20 and one of high priority with 1 ms in 4, then the low one runs
    between the high one's slots, in pieces, and has all of its capacity.

    REQ: SCHED-6
    """
    text = (FP + QUIET + spin("high", server_vcpu(1000, 4000, 1, "periodic"))
            + spin("low", server_vcpu(6000, 20000, 9, "periodic")) + spin("be", "cpu: 0"))
    found, = lanes(lab, text, 80, 40, {"high": "A", "low": "B", "be": "."})
    assert found == "ABBBABBBA...A...A..." * 2, found


TABLE = """cpus:
  {cpu}:
    policy: table
    gaps: {gaps}
    quantum: 100us
    plans:
      - {{name: normal, frame: 20ms, slots: [{{vcpu: panel, at: 0ms, for: 5ms}}, {{vcpu: bus, at: 8ms, for: 2ms}},
                                            {{vcpu: panel, at: 15ms, for: 1ms}}]}}
      - {{name: alarm, frame: 10ms, slots: [{{vcpu: bus, at: 0ms, for: 6ms}}, {{vcpu: panel, at: 7ms, for: 1ms}}]}}
"""
NORMAL, ALARM = "AAAAA...BB.....A....", "BBBBBB.A.."
SHOWN = {"panel": "A", "bus": "B", "be": ".", "idle": ".", "asks": "."}


def table(cpu=0, gaps="best-effort"):
    return TABLE.format(cpu=cpu, gaps=gaps)


def slotted(cpu=0):
    return spin("panel", f"vcpus: [{{cpu: {cpu}}}]") + spin("bus", f"vcpus: [{{cpu: {cpu}}}]")


def test_slots_are_where_the_table_has_them(lab):
    """Given a major frame of 20 ms with three slots, when its owners and a best-effort guest spin, then in every frame
    each has its slots to the millisecond, and the gaps are best effort's.

    REQ: SCHED-7
    """
    found, = lanes(lab, table() + QUIET + slotted() + spin("be", "cpu: 0"), 100, 60, {**SHOWN, "be": "e"})
    assert found == NORMAL.replace(".", "e") * 3, found


def test_gaps_can_be_left_idle(lab):
    """Given a CPU whose table says `gaps: idle`, when a best-effort guest that may run anywhere spins, then it stays on the
    other CPU, and in the gaps nobody runs.

    REQ: SCHED-7, SCHED-5
    """
    text = table(1, "idle") + "  0: {policy: edf}\n" + QUIET + slotted(1).replace("spin.elf", "bench-spin.elf")
    found = lanes(lab, text + "  be: {image: guest/bench-spin.elf, memory: 256K}\n", 100, 60, {**SHOWN, "be": "e"})
    assert found == ["e" * 60, NORMAL * 3], found


def test_a_plan_changes_at_the_end_of_the_frame(lab):
    """Given two plans, when a VM that may asks for the second at 107 ms and for the first again at 171 ms, then the frame
    of 100 to 120 ms is finished as it was begun, the second plan's frames of 10 ms follow, and at 180 ms, the end of
    one of them, the first plan is back.

    REQ: SCHED-7
    """
    asks = "  asks: {image: test/plan.elf, memory: 256K, cpu: 0, may: [change-plan]}\n"
    found, = lanes(lab, table() + QUIET + slotted() + asks + spin("be", "cpu: 0"), 100, 120, SHOWN)
    assert found == NORMAL + ALARM * 6 + NORMAL * 2, found


def test_a_plan_is_not_changed_by_who_may_not(lab):
    """Given a VM without the right, when it asks for another plan, then it is denied and the plan stays.

    REQ: SCHED-7, OPS-2
    """
    asks = "  asks: {image: test/plan.elf, memory: 256K, cpu: 0}\n"
    machine = lab.run(table() + ALL + slotted() + asks)
    machine.expect_said("asks", r"plan 0: error -4")
    assert "plan 1: error -4" in machine.of("asks")
    found, = lanes(lab, table() + QUIET + slotted() + asks, 120, 20, SHOWN)
    assert found == NORMAL, found
