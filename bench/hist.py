# SPDX-License-Identifier: Apache-2.0
"""Exact distributions: what guests print as HIST lines, and the statistics of results.json."""
import collections
import math
import re

import machine

HIST = re.compile(r"HIST (\S+)((?: \d+:\d+)+)")


def read(text, name):
    """Counter of the values in one guest's HIST lines of that name."""
    found = collections.Counter()
    for line_name, pairs in HIST.findall(text):
        if line_name == name:
            for pair in pairs.split():
                value, times = map(int, pair.split(":"))
                found[value] += times
    return found


def percentile(values, share):
    """The least value that so many of all do not exceed."""
    wanted, seen = math.ceil(sum(values.values()) * share), 0
    for value in sorted(values):
        seen += values[value]
        if seen >= wanted:
            return value
    raise machine.BenchError("a percentile of nothing")


def statistics(values):
    """n, min, mean, sd, median, p95, max of a Counter."""
    n = sum(values.values())
    if not n:
        raise machine.BenchError("no samples")
    mean = sum(v * t for v, t in values.items()) / n
    variance = sum(t * (v - mean) ** 2 for v, t in values.items()) / n
    return {"n": n, "min": min(values), "mean": round(mean, 1), "sd": round(math.sqrt(variance), 1),
            "median": percentile(values, 0.5), "p95": percentile(values, 0.95), "max": max(values)}
