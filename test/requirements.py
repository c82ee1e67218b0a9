#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Prints which tests check which requirement: `REQ: ID, ID` in a test's docstring or comment.

usage: test/requirements.py
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CLAIM = re.compile(r"REQ: ([A-Z]+-\d+(?:, *[A-Z]+-\d+)*)")
TEST = re.compile(r"^def (test_\w+)|^static void (\w+)\(void \*\*|^(\w+) :=")


def tests_of(path):
    """(requirement, test) for each claim in a file; a claim in C stands above its test, in Python inside."""
    lines = path.read_text(errors="replace").split("\n")
    python = path.suffix == ".py"
    current, waiting = path.stem, []
    for line in lines:
        match = TEST.match(line)
        if match:
            current = next(group for group in match.groups() if group)
            for requirement in waiting:
                yield requirement, current
            waiting = []
        claim = CLAIM.search(line)
        if claim:
            for requirement in re.split(r", *", claim.group(1)):
                if python:
                    yield requirement, current
                else:
                    waiting.append(requirement)
    for requirement in waiting:
        yield requirement, path.stem


def table():
    found = {}
    for path in sorted((ROOT / "test").rglob("test_*.[pc]*")):
        if path.suffix not in (".py", ".c"):
            continue
        for requirement, test in tests_of(path):
            found.setdefault(requirement, set()).add(f"{path.relative_to(ROOT)}: {test}")
    return found


def order(requirement):
    word, number = requirement.split("-")
    return word, int(number)


def main():
    for requirement, tests in sorted(table().items(), key=lambda item: order(item[0])):
        print(requirement)
        for test in sorted(tests):
            print(f"    {test}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
