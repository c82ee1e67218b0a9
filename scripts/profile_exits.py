#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
Reads QEMU's log of executed instructions (-d exec,nochain, one instruction a block) from standard input and prints
where the hypervisor's instructions went; profile-exits.sh starts it: profile_exits.py IMAGE.elf KINDS.

A stretch begins at trap_entry or where interrupts were last looked at, and ends where the guest goes on, where they
are looked at again, or at wfi. Stretches through the same functions are one kind; its longest is shown.
"""
import bisect
import collections
import os
import re
import subprocess
import sys

LINE = re.compile(r"Trace 0: \S+ \[[0-9a-f]+/([0-9a-f]+)/([0-9a-f]+)/")
IN_GUEST = 1 << 2  # two-stage translation: bit 2 of a block's flags in QEMU 10
BEGINS = ("trap_entry", "arch_idle")
LOOK = re.compile(r"^ *([0-9a-f]+):.*\bcsrr\t\w+,sip$", re.M)  # whether an interrupt is pending
NO_LOOK = "external"  # asks only which of two comes first


def tool(name, *arguments):
    command = os.environ.get("CROSS", "riscv64-linux-gnu-") + name
    return subprocess.run([command, *arguments], capture_output=True, text=True, check=True).stdout


class Functions:
    """Functions of an ELF file by address."""

    def __init__(self, elf):
        fields = [line.split() for line in tool("nm", "-n", elf).splitlines()]
        named = [(int(f[0], 16), f[2]) for f in fields if len(f) == 3 and f[1] in "tT" and f[2][0] not in ".$"]
        self.at = [address for address, _ in named]
        self.names = [name for _, name in named]
        looks = (int(match[1], 16) for match in LOOK.finditer(tool("objdump", "-d", elf)))
        self.looks = {address for address, name in named if name in BEGINS}
        self.looks |= {address for address in looks if self.name(address) != NO_LOOK}

    def name(self, pc):
        return self.names[bisect.bisect_right(self.at, pc) - 1]


def stretches(log, looks):
    """Lists of addresses; what comes before the first guest (the start) is left out."""
    stretch, started = [], False
    for line in log:
        match = LINE.match(line)
        if not match:
            continue
        pc, in_guest = int(match[1], 16), int(match[2], 16) & IN_GUEST
        if stretch and (in_guest or pc in looks):
            if started:
                yield stretch
            stretch = []
        if not in_guest:
            stretch.append(pc)
        started = started or bool(in_guest)


def main():
    functions, kinds = Functions(sys.argv[1]), int(sys.argv[2])
    counts, longest = collections.Counter(), {}
    for stretch in stretches(sys.stdin, functions.looks):
        names = [functions.name(pc) for pc in stretch]
        kind = tuple(dict.fromkeys(names))
        counts[kind] += 1
        if len(names) > len(longest.get(kind, ())):
            longest[kind] = names
    print(f"{sum(counts.values())} stretches of {len(counts)} kinds; the longest kinds:")
    for kind in sorted(longest, key=lambda k: -len(longest[k]))[:kinds]:
        shares = collections.Counter(longest[kind]).most_common()
        print(f"{len(longest[kind]):5} instructions at most, {counts[kind]} times: "
              + ", ".join(f"{name} {count}" for name, count in shares))


if __name__ == "__main__":
    main()
