# SPDX-License-Identifier: Apache-2.0
"""Drives a system under test: a system file's text -> image -> QEMU -> its serial line.

BUILD names the build folder. QEMU runs under -icount, so that what the tests see does not depend on how fast or busy
the host is; time limits are wall time, generous, and end QEMU by SIGKILL. With sleep=off QEMU takes no input and no
signal once everything idles and no timer is armed: a machine that is to be talked to needs a guest whose timer ticks
(pulse, Linux).
"""
import os
import pathlib
import re
import signal
import subprocess
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = (ROOT / os.environ.get("BUILD", "build")).resolve()
TOOL = BUILD / "partita"
LIMIT_S = 120

# partita run's QEMU. It ends by SIGKILL, and with its parent, whatever happens to that one.
WRAPPER = """#!/bin/sh
[ "$1" != --version ] || exec qemu-system-riscv64 --version
exec setpriv --pdeathsig KILL timeout --foreground -s KILL {limit} \\
	setpriv --pdeathsig KILL qemu-system-riscv64 "$@"
"""
NATIVE = ("-cpu rv64,h=true,sstc=true,svinval=true,svpbmt=true,svnapot=true,"
          "smstateen=true,sscofpmf=true,svade=true,svadu=false,sv57=off,sv48=off -seed 1 -display none -monitor none "
          "-serial stdio").split()
PREFIX = re.compile(r"(partita: |[a-z][a-z0-9-]*\| ?)")


class Timeout(AssertionError):
    """What was waited for did not come; carries the end of the output."""


class Console:
    """A child's output, collected by a thread, and its input."""

    def __init__(self, command, env=None):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, env=env, start_new_session=True)
        self.raw = bytearray()
        self.position = 0
        self.ended = False
        self.news = threading.Condition()
        threading.Thread(target=self._collect, daemon=True).start()

    def _collect(self):
        while True:
            data = os.read(self.process.stdout.fileno(), 65536)
            with self.news:
                self.raw += data
                self.ended = not data
                self.news.notify_all()
            if not data:
                return

    @property
    def text(self):
        return self.raw.decode("utf-8", "replace").replace("\r", "")

    def expect(self, pattern, limit=LIMIT_S):
        """Waits for a pattern behind the one before; its match."""
        match = None

        def found():
            nonlocal match
            match = re.compile(pattern).search(self.text, self.position)
            return match

        self.wait_until(found, repr(pattern), limit)
        self.position = match.end()
        return match

    def wait_until(self, holds, what, limit=LIMIT_S):
        """Waits until holds() is true of the output so far."""
        end = time.monotonic() + limit
        with self.news:
            while not holds():
                left = end - time.monotonic()
                if self.ended or left <= 0:
                    why = "the output ended" if self.ended else f"{limit} s are over"
                    raise Timeout(f"no {what}: {why}; the end was:\n{self.text[-3000:]}")
                self.news.wait(left)

    def send(self, keys):
        self.process.stdin.write(keys.encode())
        self.process.stdin.flush()

    def wait_end(self, limit=LIMIT_S):
        """Waits until QEMU ends by itself; all of its output. It must have ended well."""
        end = time.monotonic() + limit
        with self.news:
            while not self.ended:
                left = end - time.monotonic()
                if left <= 0:
                    raise Timeout(f"QEMU does not end in {limit} s; the end was:\n{self.text[-3000:]}")
                self.news.wait(left)
        code = self.process.wait()
        assert code == 0, f"exit code {code}; the end was:\n{self.text[-3000:]}"
        return self.text

    def close(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Machine(Console):
    """A board that runs an image."""

    @property
    def log(self):
        """The hypervisor's own lines."""
        return [line for line in self.text.split("\n") if line.startswith("partita: ")]

    def of(self, vm):
        """What one VM said (console: {show: all}); a line that another source's line cut in two is one again."""
        parts, joined = [], True
        for line in self.text.split("\n"):
            match = PREFIX.match(line)
            if match and match.group().rstrip("| ") == vm:
                parts.append(("" if joined else "\n") + line[match.end():])
                joined = False
            elif parts:
                joined = True
        return "".join(parts)

    def expect_said(self, vm, pattern, limit=LIMIT_S):
        """Waits until one VM has said it (console: {show: all}); the match."""
        self.wait_until(lambda: re.search(pattern, self.of(vm)), f"{pattern!r} of {vm}", limit)
        return re.search(pattern, self.of(vm))

    def expect_log(self, pattern, limit=LIMIT_S):
        """Waits until the hypervisor has said it, wherever in the output; the match."""
        self.wait_until(lambda: re.search(pattern, "\n".join(self.log)), f"hypervisor's {pattern!r}", limit)
        return re.search(pattern, "\n".join(self.log))

    def status(self):
        """Ctrl-a s: what the hypervisor says of each VM, by name; it is alive."""
        before = len(self.log)
        self.send("\x01s")
        count = int(self.expect_log(r"partita: VMs: (\d+),").group(1))
        found = {}

        def complete():
            for line in self.log[before:]:
                match = re.match(r"partita: vm (\S+) (runs|stops|has ended), (\d+) faults", line)
                if match:
                    found[match.group(1)] = match.group(2)
            return len(found) == count

        self.wait_until(complete, "status of every VM")
        self.assert_sound()
        return found

    def assert_sound(self):
        for line in self.log:
            assert not re.search(r"partita: stopped|fault in the hypervisor|broken invariant", line), line

    def leave(self):
        """Ctrl-a x: the hypervisor switches the board off."""
        self.send("\x01x")
        return self.wait_end()


class Lab:
    """A folder for one test: builds systems, starts machines, ends them."""

    def __init__(self, folder):
        self.folder = folder
        self.machines = []
        for name in ("guest", "attack", "linux", "test"):
            (folder / name).symlink_to(BUILD / name)

    def tool(self, *arguments, **options):
        return subprocess.run([TOOL, *map(str, arguments)], cwd=self.folder, stdin=subprocess.DEVNULL, timeout=120,
                              capture_output=True, text=True, check=False, **options)

    def build(self, text, name="system"):
        """The image of a system file, given as text or as path; guests are in guest/, attack/, linux/."""
        path = text
        if not isinstance(text, pathlib.Path):
            path = self.folder / (name + ".yaml")
            path.write_text("partita: 1\nboard: qemu-virt-riscv64\n" + text)
        image = self.folder / (name + ".img")
        done = self.tool("build", path, "-o", image)
        assert done.returncode == 0, done.stderr
        return image

    def environment(self, limit):
        wrapper = self.folder / "qemu"
        wrapper.write_text(WRAPPER.format(limit=limit))
        wrapper.chmod(0o755)
        return {**os.environ, "PARTITA_QEMU": str(wrapper)}

    def command(self, image, shift=0, qemu=()):
        return [str(TOOL), "run", str(image), "--headless", "--icount", str(shift), "--", *qemu]

    def start(self, image, shift=0, qemu=(), limit=LIMIT_S):
        machine = Machine(self.command(image, shift, qemu), self.environment(limit))
        self.machines.append(machine)
        return machine

    def run(self, text, **options):
        return self.start(self.build(text), **options)

    def to_end(self, text, **options):
        machine = self.run(text, **options)
        machine.wait_end()
        machine.assert_sound()
        return machine

    def native(self, program, harts=1, shift=0, limit=LIMIT_S, qemu=(), aia="aplic-imsic,aia-guests=7"):
        """The same program on the bare board."""
        command = ["timeout", "--foreground", "-s", "KILL", str(limit), "setpriv", "--pdeathsig", "KILL",
                   "qemu-system-riscv64", *NATIVE, "-M", f"virt,aia={aia}", "-smp", str(harts), "-m", "256M", "-icount",
                   f"shift={shift},sleep=off", "-kernel", str(program), *qemu]
        machine = Machine(["setpriv", "--pdeathsig", "KILL", *command])
        self.machines.append(machine)
        return machine

    def close(self):
        for machine in self.machines:
            machine.close()
        for image in self.folder.glob("*.img*"):
            image.unlink()


def shell(machine, command, limit=LIMIT_S):
    """Runs a command in the focused Linux guest's shell; what it printed."""
    if not hasattr(machine, "commands"):
        machine.commands = 0
        machine.send("stty cols 250\r")
        machine.expect(LINUX_PROMPT)
    machine.commands += 1
    machine.send(f"{command}; echo end-{machine.commands}-$?\r")
    match = machine.expect(rf"(?s)echo end-{machine.commands}-\$\?\n(.*?)\bend-{machine.commands}-(\d+)", limit)
    machine.expect(LINUX_PROMPT)
    assert match.group(2) == "0", match.group()
    return match.group(1)


LINUX = """    linux:
      kernel: linux/Image
      initrd: linux/initramfs.cpio.gz
      cmdline: "quiet console=ttyS0 cryptomgr.notests{words}"
    memory: 256M
"""
LINUX_PROMPT = r":/# "


def linux(words=""):
    """The part of a VM that is Linux, for a system file."""
    return LINUX.format(words=" " + words if words else "")


CONTROL = """  control:
    image: guest/{program}.elf
    memory: 256K
    vcpus: [{{cpu: 0, capacity: 200us, period: 1ms}}]
"""


def control(program="control-check"):
    return CONTROL.format(program=program)


def result_of(text, name="rt-start-jitter"):
    """Of a RESULT line: a dictionary of its numbers."""
    match = re.search(rf"RESULT {name} (.*)", text)
    assert match, f"no RESULT {name}:\n{text[-2000:]}"
    return {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", match.group(1))}


def assert_on_time(text, periods=1000, jitter=1000):
    result = result_of(text)
    assert result["n"] == periods
    assert result["missed"] == 0, result
    assert result["max"] < jitter, result
