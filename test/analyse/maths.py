# SPDX-License-Identifier: Apache-2.0
"""The tool's analysis as a library, and what it computes worked out in the plainest way, one unit of time at a time."""
import ctypes
import math
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SOURCES = ["analyse_supply.c", "analyse_tasks.c", "analyse_edf.c"]
NEVER = 2**64 - 1
FIXED_PRIORITY, EDF = 0, 1
WHOLE, PERIODIC, SLOTS = 1, 2, 3


class Slot(ctypes.Structure):
    _fields_ = [("start", ctypes.c_uint64), ("end", ctypes.c_uint64)]


class Supply(ctypes.Structure):
    _fields_ = [("kind", ctypes.c_int), ("blackout", ctypes.c_uint64), ("capacity", ctypes.c_uint64),
                ("period", ctypes.c_uint64), ("slots", ctypes.POINTER(Slot)), ("slot_count", ctypes.c_uint32)]


class Task(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("wcet", ctypes.c_uint64), ("period", ctypes.c_uint64),
                ("deadline", ctypes.c_uint64), ("jitter", ctypes.c_uint64), ("priority", ctypes.c_uint32),
                ("response", ctypes.c_uint64), ("exact", ctypes.c_bool), ("holds", ctypes.c_bool)]


class Verdict(ctypes.Structure):
    _fields_ = [("hold", ctypes.c_bool), ("known", ctypes.c_bool), ("first", ctypes.c_uint32),
                ("interval", ctypes.c_uint64), ("demand", ctypes.c_uint64), ("supply", ctypes.c_uint64)]


def library(folder):
    path = folder / "analyse.so"
    subprocess.run(["gcc", "-std=c17", "-O1", "-g", "-shared", "-fPIC", "-o", path,
                    *(ROOT / "tool" / name for name in SOURCES)], check=True)
    lib = ctypes.CDLL(str(path))
    for name in ("supply_whole", "supply_reservation", "supply_turns", "supply_slots"):
        getattr(lib, name).restype = Supply
    for name in ("supply_bound", "supply_time", "supply_delay", "tasks_load_ppm"):
        getattr(lib, name).restype = ctypes.c_uint64
    for name in ("supply_reservation", "supply_turns"):
        getattr(lib, name).argtypes = [ctypes.c_uint64] * (3 if name.endswith("tion") else 2)
    lib.supply_slots.argtypes = [ctypes.POINTER(Slot), ctypes.c_uint32, ctypes.c_uint64]
    lib.supply_bound.argtypes = lib.supply_time.argtypes = [ctypes.POINTER(Supply), ctypes.c_uint64]
    lib.tasks_analyse.restype = Verdict
    lib.tasks_analyse.argtypes = [ctypes.POINTER(Task), ctypes.c_uint32, ctypes.c_int, ctypes.POINTER(Supply)]
    lib.tasks_hold.restype = ctypes.c_bool
    lib.tasks_hold.argtypes = lib.tasks_analyse.argtypes
    return lib


def tasks_of(rows):
    """(wcet, period, deadline, priority[, jitter]) for each task."""
    return (Task * len(rows))(*(Task(b"t", row[0], row[1], row[2], row[4] if len(row) > 4 else 0, row[3])
                                for row in rows))


def least_service(capacity, period, deadline, length):
    """Of every placing of `capacity` units within the first `deadline` of each period, and every interval of that
    length, the least that falls into the interval: in each period, what the room outside the interval cannot take."""
    least = NEVER
    for start in range(period):
        inside = 0
        for k in range((start + length) // period + 1):
            first, last = k * period, k * period + deadline
            overlap = max(0, min(last, start + length) - max(first, start))
            inside += max(0, capacity - (deadline - overlap))
        least = min(least, inside)
    return least


def least_slots(slots, frame, length):
    """The same for slots of a frame, counted unit by unit."""
    owned = [any(a <= t < b for a, b in slots) for t in range(frame)]
    return min(sum(owned[t % frame] for t in range(start, start + length)) for start in range(frame))


def served_at(capacity, blackout, period, t):
    """Whether the worst supply serves in [t, t + 1)."""
    return t >= blackout and (t - blackout) % period < capacity


def simulate(tasks, offsets, order, served, until):
    """Worst response of each task, unit by unit: `served(t)` tells whether the CPU is there."""
    jobs, worst = [], [0] * len(tasks)
    for t in range(until):
        for i, (wcet, period, deadline, priority) in enumerate(tasks):
            if t >= offsets[i] and (t - offsets[i]) % period == 0:
                jobs.append([t + deadline if order == EDF else priority, t, i, wcet])
        jobs.sort()
        if jobs and served(t):
            jobs[0][3] -= 1
            if not jobs[0][3]:
                _, released, i, _ = jobs.pop(0)
                worst[i] = max(worst[i], t + 1 - released)
    for _, released, i, _ in jobs:
        worst[i] = max(worst[i], until - released)
    return worst


def demand(tasks, t):
    return sum(((t - d) // p + 1) * c for c, p, d, *_ in tasks if t >= d)


def lcm(tasks, *more):
    return math.lcm(*(p for _, p, *_ in tasks), *more)
