#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
Where the instructions of the hypervisor's paths go.

Runs IMAGE with one instruction per translation block and QEMU's execution log, cuts the log into
paths (from the guest into the hypervisor and back, or to the next point where the hypervisor itself
takes interrupts or looks for them: its wfi, LOOKS), sums instructions per function by the symbols of
IMAGE.elf, and prints paths of the same kind together. A path in which the firmware ran contains the
firmware's instructions.
"""
import argparse
import bisect
import os
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import machine  # noqa: E402

FIRMWARE = (0x80000000, 0x60000)
LOOKS = ("arch_poll_interrupts", "arch_interrupt_pending")  # here interrupts are taken or looked for
IN_GUEST = 1 << 2  # of a block's flags in QEMU 10.0: two-stage translation in its memory index


class Symbols:
    """Functions of an ELF file by address; places where a path ends."""

    def __init__(self, elf):
        self.at, self.names = [], []
        for line in self._tool("nm", "-n", elf).splitlines():
            fields = line.split()
            if len(fields) != 3 or fields[1] not in "tT" or fields[2].startswith((".L", "$")):
                continue
            if self.at and self.at[-1] == int(fields[0], 16):
                self.at.pop(), self.names.pop()
            self.at.append(int(fields[0], 16))
            self.names.append(fields[2])
        self.by_name = dict(zip(self.names, self.at))
        self.idle = self._places(elf, "\twfi")
        self.returns = self._places(elf, "\tsret")

    def _places(self, elf, instruction):
        return {int(line.split(":")[0], 16)
                for line in self._tool("objdump", "-d", elf).splitlines()
                if line.endswith(instruction)}

    @staticmethod
    def _tool(name, *arguments):
        return subprocess.run([machine.cross(name), *arguments], capture_output=True, text=True,
                              check=True).stdout

    def name(self, pc):
        if pc < sum(FIRMWARE):
            return "(firmware)"
        at = bisect.bisect_right(self.at, pc) - 1
        return self.names[at] if at >= 0 else hex(pc)


def addresses(log):
    """(pc, in guest) of every instruction in the log."""
    for line in log:
        if line.startswith("Trace"):
            fields = line.split("[", 1)[1].split("/", 3)
            yield int(fields[1], 16), int(fields[2], 16) & IN_GUEST


def paths(log, symbols):
    """Yields (path, ended): lists of addresses executed with interrupts off."""
    vector = symbols.by_name["trap_entry"]
    looks = {symbols.by_name.get(name) for name in LOOKS}
    path, started, last = [], False, 0
    for pc, in_guest in addresses(log):
        returned = pc == vector and last in symbols.returns  # the guest was outside the filter
        started = started or pc == vector
        if not started:
            continue
        if path and (in_guest or returned):
            yield path, "guest"
            path = []
        elif path and pc in symbols.idle:
            yield path + [pc], "idle"
            path = []
            continue
        elif path and pc in looks:
            yield path, "poll"
            path = []
        if not in_guest:
            path.append(pc)
        last = pc


def trace(image, shift, ram, more):
    """Starts QEMU; its log comes through a pipe."""
    end = int([l for l in Symbols._tool("nm", image + ".elf").splitlines()
               if l.endswith(" __text_end")][0].split()[0], 16)
    spans = f"0x{FIRMWARE[0]:x}+0x{FIRMWARE[1]:x},0x80200000+0x{end - 0x80200000:x}"
    folder = tempfile.mkdtemp(prefix="partita-profile-")
    pipe = os.path.join(folder, "log")
    os.mkfifo(pipe)
    command = machine.options(image, shift, ram=ram, more=[
        "-accel", "tcg,one-insn-per-tb=on", "-d", "exec,nochain", "-dfilter", spans, "-D", pipe,
        *more])
    command[command.index("-serial") + 1] = "file:" + os.path.join(folder, "serial")
    child = subprocess.Popen(["timeout", "-s", "KILL", "600", "qemu-system-riscv64", *command],
                             stdin=subprocess.DEVNULL, start_new_session=True)
    log = open(pipe, encoding="ascii", errors="replace")
    os.unlink(pipe)
    return child, log, folder


class Kind:
    """Paths that run through the same functions as often."""

    def __init__(self):
        self.count, self.total, self.longest, self.least = 0, 0, [], 1 << 60

    def add(self, path):
        self.count += 1
        self.total += len(path)
        self.least = min(self.least, len(path))
        if len(path) > len(self.longest):
            self.longest = path


def chain(path, symbols):
    """[(function, instructions)] in the order of execution, one entry a visit."""
    visits = []
    for pc in path:
        name = symbols.name(pc)
        if visits and visits[-1][0] == name:
            visits[-1][1] += 1
        else:
            visits.append([name, 1])
    return visits


def report(kinds, symbols, top, file):
    ordered = sorted(kinds.items(), key=lambda k: -len(k[1].longest))
    for (ended, _), kind in ordered[:top]:
        per_function = {}
        for name, count in chain(kind.longest, symbols):
            per_function[name] = per_function.get(name, 0) + count
        print(f"\n## {len(kind.longest)} instructions at most ({kind.least} at least, mean "
              f"{kind.total / kind.count:.0f}), {kind.count} times, ends: {ended}", file=file)
        for name, count in sorted(per_function.items(), key=lambda i: -i[1]):
            print(f"  {count:5}  {name}", file=file)
        print("  way: " + " ".join(f"{n}:{c}" for n, c in chain(kind.longest, symbols)), file=file)


def main():
    parser = argparse.ArgumentParser(description=__doc__.strip().split("\n")[0])
    parser.add_argument("image", help="boot image; IMAGE.elf lies beside it")
    parser.add_argument("--paths", type=int, default=0, help="stop after so many paths")
    parser.add_argument("--skip", type=int, default=0, help="leave out so many first")
    parser.add_argument("--top", type=int, default=10, help="kinds to print (default 10)")
    parser.add_argument("--through", help="only paths through this function")
    parser.add_argument("--sort", choices=["longest", "count"], default="longest")
    parser.add_argument("--shift", type=int, default=0)
    parser.add_argument("--ram", default="1G")
    parser.add_argument("-o", "--output", help="write here instead of to the terminal")
    arguments, more = parser.parse_known_args()
    symbols = Symbols(arguments.image + ".elf")
    child, log, folder = trace(arguments.image, arguments.shift, arguments.ram, more)
    kinds = {}
    try:
        for number, (path, ended) in enumerate(paths(log, symbols)):
            if arguments.paths and number >= arguments.skip + arguments.paths:
                break
            names = tuple(n for n, _ in chain(path, symbols))
            if number < arguments.skip or (arguments.through and arguments.through not in names):
                continue
            kinds.setdefault((ended, names), Kind()).add(path)
    except KeyboardInterrupt:
        print("profile: interrupted; these are the paths so far", file=sys.stderr)
    finally:
        os.killpg(child.pid, signal.SIGKILL)
    log.close()
    child.wait()
    file = open(arguments.output, "w", encoding="utf-8") if arguments.output else sys.stdout
    print(f"# Paths of {arguments.image}: {sum(k.count for k in kinds.values())} of {len(kinds)} "
          f"kinds; output of the guests in {folder}/serial", file=file)
    if arguments.sort == "count":
        kinds = dict(sorted(kinds.items(), key=lambda k: -k[1].count)[:arguments.top])
    report(kinds, symbols, arguments.top, file)


if __name__ == "__main__":
    main()
