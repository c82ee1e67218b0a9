# SPDX-License-Identifier: Apache-2.0
"""A new service that fits only after another one has gone to another CPU."""
import re

CPUS = "cpus: {0: {policy: edf, best-effort: 10%, quantum: 10ms}, 1: {policy: edf, best-effort: 10%, quantum: 10ms}}\n"
REPLACE = """console: {show: all}
vms:
  replace: {image: test/replace.elf, memory: 256K, cpu: 1, real-time-share: 200%, free-services: 4}
"""
FIGURES = re.compile(r"replace: (\w+): (\d): (\w+), CPU (\d), periods (\d+) missed (\d+) late (\d+)")


def test_a_service_moves_to_make_room_and_nobody_is_late(lab):
    """Given two CPUs with services of 30 % and 40 % on one and 50 % on the other, when a service of 45 % is created,
    then the first one goes to the other CPU between two periods, the new one starts after that, and no service misses
    a deadline before, while or after; when the moved one is deleted, the others go on.

    REQ: SCHED-4, SCHED-5, RT-1, RT-4, OPS-2
    """
    # No busy loops beside: under -icount one CPU's turn of the emulator is time that passes on the other.
    machine = lab.run(CPUS + REPLACE)
    machine.expect_log("vm replace has ended")
    said = machine.of("replace")
    found = {(when, int(who)): (state, int(cpu), int(periods), int(missed), int(late))
             for when, who, state, cpu, periods, missed, late in FIGURES.findall(said)}
    assert "FAILED" not in said, said
    assert [found["before", who][1] for who in range(3)] == [0, 0, 1], said
    assert [found["after", who][1] for who in range(4)] == [1, 0, 1, 0], said
    assert re.search(r"replace: 3: (moving|ready)", said), said
    for (when, who), (state, _, periods, missed, late) in found.items():
        assert (missed, late) == (0, 0), said
        if (when, who) == ("end", 0):
            assert state == "empty", said
        else:
            assert state == "running", said
            assert periods >= {"before": 4, "after": 10, "end": 15}[when] - (5 if who == 3 else 0), said
