# SPDX-License-Identifier: Apache-2.0
"""What a guest's clock says when the guest was not running, and what a kernel inside makes of it."""
import collections
import re

import pytest

CPU = "cpus: {0: {policy: edf, best-effort: 40%, quantum: 10ms}}\nconsole: {show: all}\nvms:\n"
SPIN = "  spin: {image: guest/spin.elf, memory: 256K, cpu: 0}\n"
RESERVED = "  {vm}:\n    image: {image}.elf\n    memory: 1M\n    vcpus: [{{cpu: 0, capacity: {c}, period: {p}}}]\n{more}"
JOB = re.compile(r"pulse: job (\w) release (\d+) due (\d+) begin (\d+) end (\d+) us")
SUM = re.compile(r"pulse: late (\d+), ticks (\d+) at (\d+) us, missed ticks (\d+), absolute (\d+) us")
TICK_US = 1000
# Interrupt, choice of a task, switch: what a decision of pulse may take. It is counted without the time off the CPU.
DECISION_US = 30

Job = collections.namedtuple("Job", "task release due begin end")


def reserved(vm, image, capacity, period, more=""):
    return RESERVED.format(vm=vm, image=image, c=capacity, p=period, more=more)


def jobs_of(text):
    """All jobs, times in us of the guest's clock."""
    return [Job(task, int(release) * TICK_US, int(due) * TICK_US, int(begin), int(end))
            for task, release, due, begin, end in JOB.findall(text)]


def assert_earliest_deadline_ran(jobs):
    """Whenever a job begins or ends, it runs; then no job that is released and not done has an earlier deadline."""
    for job in jobs:
        for moment in (job.begin, job.end):
            for other in jobs:
                if other.release + DECISION_US < moment < other.end:
                    assert other.due >= job.due, f"{job} ran at {moment}, {other} should have"


def assert_physical_time(jobs):
    """Every job of every task is released where the clock says, however many ticks were missed."""
    by_task = collections.defaultdict(list)
    for job in jobs:
        by_task[job.task].append(job)
    for task, period in (("a", 20), ("b", 30), ("c", 50)):
        mine = by_task[task]
        assert len(mine) >= 600 // period - 1
        assert [job.release for job in mine] == [(5 + k * period) * TICK_US for k in range(len(mine))]
        assert all(job.begin >= job.release for job in mine)


def run_tasks(lab, image, capacity="3ms", period="7ms", more=""):
    machine = lab.run(CPU + reserved("rtos", "guest/" + image, capacity, period, more) + SPIN)
    machine.expect_log("vm rtos has ended")
    machine.expect_said("rtos", SUM.pattern)
    machine.assert_sound()
    text = machine.of("rtos")
    machine.close()
    late, ticks, now, missed, absolute = map(int, SUM.search(text).groups())
    return jobs_of(text), {"late": late, "ticks": ticks, "now": now, "missed": missed, "absolute": absolute}


def test_edf_after_having_been_off_the_cpu(lab):
    """Given an RTOS with EDF tasks in a reservation of 3 of 7 ms, when ticks, releases and deadlines pass while it is off
    the CPU, then its clock is right to the tick, every job is released where it should be, the earliest deadline always
    runs, and no job is late.

    REQ: TIME-3, SCHED-9
    """
    jobs, end = run_tasks(lab, "pulse-edf")
    assert end["missed"] > 200, "it was not off the CPU: the test shows nothing"
    assert end["ticks"] == end["now"] // TICK_US
    assert_physical_time(jobs)
    assert_earliest_deadline_ran(jobs)
    assert end["late"] == 0
    assert end["late"] == sum(job.end > job.due for job in jobs)


def test_edf_natively(lab):
    """Given the same RTOS on the bare board, when nothing takes it off the CPU, then it misses no tick and decides the
    same.

    REQ: CPU-1, SCHED-9
    """
    text = lab.native(lab.folder / "guest/pulse-edf.elf", aia="none").wait_end()
    assert_physical_time(jobs_of(text))
    assert_earliest_deadline_ran(jobs_of(text))
    assert SUM.search(text).group(4) == "0"


def test_fixed_priority_decides_otherwise(lab):
    """Given the same tasks under fixed priorities, when they run in the same reservation, then the check of the order
    finds decisions that EDF would not take: it can fail.

    REQ: SCHED-9
    """
    jobs, _ = run_tasks(lab, "pulse-fp")
    assert_physical_time(jobs)
    with pytest.raises(AssertionError, match="should have"):
        assert_earliest_deadline_ran(jobs)


def test_virtual_time_loses_no_tick(lab):
    """Given the same RTOS with virtual time, when it is off the CPU for half of the time, then its clock does not see
    that: no tick is missed, every job is where it would be natively, while the board's clock has gone on.

    REQ: TIME-2
    """
    jobs, end = run_tasks(lab, "pulse-edf", more="    time: virtual\n")
    assert (end["missed"], end["late"]) == (0, 0)
    assert_physical_time(jobs)
    assert_earliest_deadline_ran(jobs)
    assert end["absolute"] > end["now"] * 1.2


GAP = re.compile(r"gap: (\w+): own (\d+) us absolute (\d+) us longest jump (\d+) us")


def gaps(lab, more):
    machine = lab.run(CPU + reserved("gap", "test/gap", "2ms", "10ms", more) + SPIN)
    machine.expect_said("gap", r"backwards 0")
    text = machine.of("gap")
    machine.close()
    return {what: tuple(map(int, rest)) for what, *rest in GAP.findall(text)}


def test_absolute_time_shows_what_was_lost(lab):
    """Given a guest that spins in a reservation of 2 of 10 ms, when it reads its clock, then it jumps by the 8 ms that
    it did not run, and agrees with the board's.

    REQ: TIME-2, TIME-3
    """
    own, absolute, jump = gaps(lab, "")["spinning"]
    assert abs(own - absolute) <= 20
    assert 7900 <= jump <= 8100


def test_virtual_time_shows_nothing(lab):
    """Given the same guest with virtual time, when it reads its clock, then it never jumps and shows a fifth of what the
    board's clock shows; time in which it sleeps by its own wish is not taken from it.

    REQ: TIME-2
    """
    found = gaps(lab, "    time: virtual\n")
    own, absolute, jump = found["spinning"]
    assert jump <= 10
    assert abs(absolute / own - 5) < 0.5, found
    own, absolute, _ = found["sleeping"]
    assert 20_000 <= own <= 20_200, found
    assert own <= absolute <= own + 10_000, found
