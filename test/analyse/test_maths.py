# SPDX-License-Identifier: Apache-2.0
"""Supply, demand and responses against brute force on small numbers."""
import ctypes
import itertools
import random

import pytest

import maths
from maths import EDF, FIXED_PRIORITY, NEVER, Slot


@pytest.fixture(scope="session")
def lib(tmp_path_factory):
    return maths.library(tmp_path_factory.mktemp("analyse"))


def reservations(most):
    for period in range(1, most):
        for deadline in range(1, period + 1):
            for capacity in range(1, deadline + 1):
                yield capacity, period, deadline


def test_supply_of_a_reservation_is_exact(lib):
    """REQ: SCHED-9. Given every reservation with small numbers, when its supply is asked for any interval, then it is what
    the worst of all placings of the budget leaves; and its inverse is the least interval with that much."""
    for capacity, period, deadline in reservations(8):
        supply = lib.supply_reservation(capacity, period, deadline)
        bounds = [maths.least_service(capacity, period, deadline, t) for t in range(4 * period)]
        assert [lib.supply_bound(supply, t) for t in range(4 * period)] == bounds, (capacity, period, deadline)
        for work in range(1, bounds[-1] + 1):
            assert lib.supply_time(supply, work) == min(t for t, b in enumerate(bounds) if b >= work)


def test_supply_of_slots_is_exact(lib):
    """REQ: SCHED-7, SCHED-9. Given slots of a frame, when their supply is asked, then it is the least over all moments at
    which an interval can begin, and never less than the line that bounds the test under EDF."""
    dice = random.Random(1)
    for _ in range(200):
        frame = dice.randint(4, 20)
        cuts = sorted(dice.sample(range(frame + 1), 2 * dice.randint(1, min(3, frame // 2))))
        slots = list(zip(cuts[::2], cuts[1::2]))
        array = (Slot * len(slots))(*(Slot(a, b) for a, b in slots))
        supply = lib.supply_slots(array, len(slots), frame)
        delay = lib.supply_delay(ctypes.byref(supply))
        bounds = [maths.least_slots(slots, frame, t) for t in range(3 * frame)]
        assert [lib.supply_bound(supply, t) for t in range(3 * frame)] == bounds, (slots, frame)
        for work in range(1, bounds[-1] + 1):
            assert lib.supply_time(supply, work) == min(t for t, b in enumerate(bounds) if b >= work)
        for t, bound in enumerate(bounds):
            assert bound * frame >= supply.capacity * (t - delay)


def random_tasks(dice, count, load, most=24):
    tasks = []
    for i in range(count):
        period = dice.randint(3, most)
        wcet = max(1, min(period, round(period * load * dice.random() * 2 / count)))
        tasks.append((wcet, period, dice.randint(wcet, period), i + 1))
    return tasks


@pytest.mark.parametrize("seed", range(40))
def test_fixed_priority_response_is_what_happens_at_the_worst_moment(lib, seed):
    """REQ: SCHED-6, SCHED-9. Given tasks under fixed priority inside a reservation, when all are released as the longest
    time without supply begins, then the worst response seen, unit by unit, is the computed one."""
    dice = random.Random(seed)
    period = dice.randint(2, 9)
    deadline = dice.randint(1, period)
    capacity = dice.randint(1, deadline)
    tasks = random_tasks(dice, dice.randint(1, 4), 0.8 * capacity / period)
    if sum(c / p for c, p, _, _ in tasks) > capacity / period:
        return
    supply = lib.supply_reservation(capacity, period, deadline)
    array = maths.tasks_of(tasks)
    verdict = lib.tasks_analyse(array, len(tasks), FIXED_PRIORITY, supply)
    seen = maths.simulate(tasks, [0] * len(tasks), FIXED_PRIORITY,
                          lambda t: maths.served_at(capacity, supply.blackout, period, t),
                          2 * supply.blackout + 4 * maths.lcm(tasks[:2], period) + 2000)
    for task, (_, p, d, _), response in zip(array, tasks, seen):
        assert task.response >= response
        if task.response <= p:
            assert task.response == response
        assert task.holds == (task.response <= d)
    assert verdict.hold == all(task.holds for task in array)
    assert verdict.hold == lib.tasks_hold(array, len(tasks), FIXED_PRIORITY, supply)


@pytest.mark.parametrize("seed", range(120))
def test_edf_test_is_demand_against_supply(lib, seed):
    """REQ: SCHED-4, SCHED-9. Given tasks under EDF inside a reservation, then they hold exactly if no interval up to far
    beyond the hyperperiod has more demand than supply; and the interval named is the first one that has."""
    dice = random.Random(seed)
    period = dice.randint(2, 9)
    deadline = dice.randint(1, period)
    capacity = dice.randint(1, deadline)
    tasks = random_tasks(dice, dice.randint(1, 4), dice.uniform(0.3, 1.1) * capacity / period, 12)
    supply = lib.supply_reservation(capacity, period, deadline)
    array = maths.tasks_of(tasks)
    verdict = lib.tasks_analyse(array, len(tasks), EDF, supply)
    horizon = 2 * maths.lcm(tasks, period) + 2 * supply.blackout + 50
    first = next((t for t in range(1, horizon) if maths.demand(tasks, t) > lib.supply_bound(supply, t)), None)
    exact = sum(c / p for c, p, _, _ in tasks) == capacity / period
    if verdict.known or not exact:
        assert verdict.hold == (first is None), tasks
    if first and verdict.known:
        assert (verdict.interval, verdict.demand) == (first, maths.demand(tasks, first))
    if verdict.hold:
        assert all(task.holds for task in array)
    elif verdict.known:
        assert not all(task.holds for task in array)


@pytest.mark.parametrize("seed", range(25))
def test_edf_response_is_the_worst_of_all_offsets(lib, seed):
    """REQ: SCHED-1. Given two or three tasks alone on a CPU under EDF, when they run with every offset, then the worst
    response of each is the computed one."""
    dice = random.Random(seed)
    tasks = random_tasks(dice, dice.randint(2, 3), 0.8, 7)
    if sum(c / p for c, p, _, _ in tasks) > 1:
        return
    array = maths.tasks_of(tasks)
    lib.tasks_analyse(array, len(tasks), EDF, lib.supply_whole())
    worst = [0] * len(tasks)
    for offsets in itertools.product(*(range(p) for _, p, _, _ in tasks)):
        seen = maths.simulate(tasks, offsets, EDF, lambda t: True, 2 * maths.lcm(tasks) + max(offsets))
        worst = [max(pair) for pair in zip(worst, seen)]
    # Equal deadlines: who goes first is open, so the computed one may count the other's work too.
    for task, response, (_, _, deadline, _) in zip(array, worst, tasks):
        assert response <= task.response
        assert not task.holds or task.response <= deadline
    assert sum(task.response == response for task, response in zip(array, worst)) >= 1


def test_tasks_alone_on_a_cpu(lib):
    """REQ: SCHED-6. Given three tasks on a CPU of their own, whose responses are easily worked out by hand, then they are
    those: 20, then 20 + 40, then 100 + 2 * 40 + 3 * 20."""
    rows = [(20, 100, 100, 1), (40, 150, 150, 2), (100, 350, 350, 3)]
    array = maths.tasks_of(rows)
    verdict = lib.tasks_analyse(array, 3, FIXED_PRIORITY, lib.supply_whole())
    assert verdict.hold and [task.response for task in array] == [20, 60, 240]


def test_responses_beyond_the_period(lib):
    """REQ: SCHED-6. Given Lehoczky's example (26 of 70, 62 of 100), whose worst response is not that of the first job, then
    it is found: 118 of a period of 100."""
    array = maths.tasks_of([(26, 70, 70, 1), (62, 100, 118, 2)])
    verdict = lib.tasks_analyse(array, 2, FIXED_PRIORITY, lib.supply_whole())
    assert verdict.hold and array[1].response == 118


def test_deferrable_hits_back_to_back(lib):
    """REQ: SCHED-6. Given a server that may run at the end of one period and at the beginning of the next, when the
    jitter says so, then the one below waits for both."""
    rows = [(2, 5, 5, 1, 3), (2, 10, 10, 2)]
    array = maths.tasks_of(rows)
    lib.tasks_analyse(array, 2, FIXED_PRIORITY, lib.supply_whole())
    assert array[1].response == 6
    array[0].jitter = 0
    lib.tasks_analyse(array, 2, FIXED_PRIORITY, lib.supply_whole())
    assert array[1].response == 4


def test_too_much_load_is_never_done(lib):
    """REQ: SCHED-4. Given more load than supply, then there is no bound, under either order."""
    rows = [(2, 3, 3, 1), (2, 5, 5, 2)]
    for order in (FIXED_PRIORITY, EDF):
        array = maths.tasks_of(rows)
        verdict = lib.tasks_analyse(array, 2, order, lib.supply_whole())
        assert not verdict.hold and verdict.known
        assert array[1].response == NEVER
