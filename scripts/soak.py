#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
soak.py [SECONDS]: runs bench/systems/soak.yaml for so many virtual seconds (default 600) and fails at the first deadline
that is missed. Sixteen real-time services use 95 % of two CPUs beside best effort; services are stopped, started, deleted
and created at random meanwhile. QEMU runs at 8 ns an instruction; BUILD names the build folder.
"""
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bench"))
import machine  # noqa: E402  (bench/)

SHIFT = 3
WALL_PER_SECOND = 20  # that much slower than the clock at worst
LINE = re.compile(r"soak: (\d+) s, (\d+) jobs, started (\d+), stopped (\d+), refused (\d+), odd (\d+), "
                  r"least slack (\d+) us, missed (\d+)")


class Soak:
    """Sees each line, shows progress, remembers the last and whatever was wrong."""

    def __init__(self, seconds):
        self.seconds, self.begin = seconds, time.monotonic()
        self.last, self.wrong = None, []

    def line(self, text):
        if re.search(r"partita: (stopped|vm \S+ has ended)|fault", text):
            self.wrong.append(text)
        match = LINE.search(text)
        if not match:
            return
        self.last = second, jobs, started, stopped, refused, odd, slack, missed = list(map(int, match.groups()))
        if missed or odd or refused:
            self.wrong.append(text)
        step = max(1, self.seconds // 60)
        if second % step == 0 or second == self.seconds or self.wrong:
            print(f"soak: {second} of {self.seconds} virtual s ({time.monotonic() - self.begin:.0f} s): {jobs:,} jobs, "
                  f"started {started:,}, stopped {stopped:,}, least slack {slack:,} us, missed {missed}", flush=True)

    def verdict(self):
        if not self.last or self.last[0] < self.seconds:
            self.wrong.append("it did not get to its end")
        elif self.last[3] < 4 * self.seconds or self.last[1] < 300 * self.seconds:
            self.wrong.append("too little went on: " + str(self.last))
        return self.wrong


def system():
    """The system file with guests of this build folder."""
    with open(machine.system("soak"), encoding="utf-8") as file:
        text = file.read().replace("../../build", machine.BUILD)
    path = os.path.join(machine.OUT, "soak.yaml")
    os.makedirs(machine.OUT, exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def main():
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 600
    soak = Soak(seconds)
    try:
        image = machine.build(system())
        machine.run(machine.options(image, SHIFT, harts=2), until=[rf"soak: {seconds} s"],
                    limit_s=60 + WALL_PER_SECOND * seconds, progress=soak.line)
    except machine.BenchError as error:
        soak.wrong.append(str(error))
    wrong = soak.verdict()
    for text in wrong[:20]:
        print("soak: WRONG: " + text)
    print(f"soak: {'failed' if wrong else 'passed'}: {seconds} virtual seconds")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
