# SPDX-License-Identifier: Apache-2.0
"""Builds boot images and runs QEMU, headless; every run ends by itself, by what it printed, or by its limit."""
import os
import re
import selectors
import signal
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get("BUILD", "build")
BUILD = BUILD if os.path.isabs(BUILD) else os.path.join(ROOT, BUILD)
OUT = os.path.join(BUILD, "bench")

BOARD = ["-M", "virt,aia=aplic-imsic,aia-guests=7", "-cpu",
         "rv64,h=true,sstc=true,svinval=true,svpbmt=true,svnapot=true,smstateen=true,"
         "sscofpmf=true,svade=true,svadu=false,sv57=off,sv48=off",
         "-seed", "1", "-display", "none", "-monitor", "none", "-serial", "stdio"]


class BenchError(Exception):
    """An experiment that could not be done; the message says why and what to look at."""


def cross(tool):
    return os.environ.get("CROSS", "riscv64-linux-gnu-") + tool


def system(name):
    """The path of one of bench's own system files."""
    return os.path.join(ROOT, "bench", "systems", name + ".yaml")


def relative(path):
    return os.path.relpath(path, ROOT)


def guest(name):
    return os.path.join(BUILD, "guest", name + ".elf")


def build(system_file, name=None, hv=None):
    """`partita build`; hv: folder of other hypervisor objects. Returns the image's path."""
    name = name or os.path.splitext(os.path.basename(system_file))[0]
    image = os.path.join(OUT, name + ".img")
    os.makedirs(OUT, exist_ok=True)
    env = dict(os.environ)
    if hv:
        env["PARTITA_HV"] = hv
    done = subprocess.run([os.path.join(BUILD, "partita"), "build", system_file, "-o", image],
                          capture_output=True, text=True, env=env, check=False)
    if done.returncode:
        raise BenchError(f"partita build {relative(system_file)}:\n{done.stdout}{done.stderr}")
    return image


def options(kernel, shift=0, harts=1, ram="1G", more=()):
    """QEMU's options as a list, without the program."""
    return [*BOARD, "-smp", str(harts), "-m", ram, "-icount", f"shift={shift},sleep=off",
            "-kernel", kernel, *more]


def shown(command):
    """Options for people: paths relative, without where the serial line goes."""
    text = " ".join(command).replace(" ".join(BOARD[6:]) + " ", "")
    return "qemu-system-riscv64 " + text.replace(ROOT + "/", "")


def run(command, until=None, limit_s=60, progress=None, leave_at=None):
    """
    Runs QEMU with these options until it ends or a line matches every expression of `until`
    once. Returns the output. progress(line) sees each line as it comes. A line that matches
    leave_at makes it press Ctrl-a x, which ends the system.
    """
    waiting = [re.compile(u) for u in ([until] if isinstance(until, str) else until or [])]
    qemu = [os.environ.get("PARTITA_QEMU", "qemu-system-riscv64"), *command]
    start, lines, rest = time.monotonic(), [], b""
    # timeout: with sleep=off an idle QEMU ignores SIGTERM, and nobody may be left to kill it.
    with subprocess.Popen(["timeout", "-s", "KILL", str(limit_s + 5), *qemu], bufsize=0,
                          stdin=subprocess.PIPE if leave_at else subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True) as child, \
            selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        try:
            while time.monotonic() - start < limit_s:
                if not selector.select(1.0):
                    continue
                data = child.stdout.read(65536)
                if not data:
                    return "\n".join(lines + [text(rest)])
                *whole, rest = (rest + data).split(b"\n")
                for line in map(text, whole):
                    lines.append(line)
                    if progress:
                        progress(line)
                    if leave_at and re.search(leave_at, line):
                        child.stdin.write(b"\x01x")
                    if waiting:
                        waiting = [w for w in waiting if not w.search(line)]
                        if not waiting:
                            return "\n".join(lines)
        finally:
            try:
                os.killpg(child.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
    raise BenchError(f"no end after {limit_s} s: {shown(command)}\n" + "\n".join(lines[-15:]))


def text(line):
    return line.decode("utf-8", "replace").rstrip("\r")


def progress(words):
    """One line that is written again and again on a terminal, a line each elsewhere."""
    again = sys.stdout.isatty()
    print(f"\r      {words:60}" if again else f"      {words}", end="" if again else "\n", flush=True)
