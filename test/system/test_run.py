# SPDX-License-Identifier: Apache-2.0
"""What a person sees: partita run on a terminal."""

import pexpect
import pytest

from partita import LIMIT_S, ROOT, TOOL


@pytest.fixture
def terminal(lab):
    """partita run SYSTEM... in a terminal of its own."""
    children = []

    def run(*arguments):
        child = pexpect.spawn(str(TOOL), ["run", *map(str, arguments)], env=lab.environment(180), timeout=LIMIT_S,
                              cwd=str(lab.folder), dimensions=(40, 120), encoding="utf-8", codec_errors="replace")
        children.append(child)
        return child

    yield run
    for child in children:
        child.close(force=True)


def demo(lab):
    text = (ROOT / "systems/demo.yaml").read_text().replace("../build/", "")
    path = lab.folder / "demo.yaml"
    path.write_text(text)
    return path


def test_demo(lab, terminal):
    """Given systems/demo.yaml on a terminal, when it runs, then Linux comes to its shell; Ctrl-a ? lists the keys, n goes
    round all guests, s shows the state of each, control has missed nothing, and x leaves.

    REQ: CPU-1, SCHED-1, OPS-4, OPS-1
    """
    child = terminal(demo(lab))
    child.expect("partita: VMs: 3, CPUs: 1; this is the console of linux: .*Ctrl-a x leave")
    child.expect("linux:/# ")
    child.send("\x01?")
    child.expect("Ctrl-a n next guest, s status, l all guests' lines on/off, x leave")
    child.send("\x01s")
    for name in ("linux", "pulse", "control"):
        child.expect(f"partita: vm {name} runs, ")
    child.send("\x01n")
    child.expect("partita: console of pulse")
    child.expect(r"pulse: second \d+: fast \d+ slow \d+ rounds \d+ messages \d+, missed ticks 0")
    child.send("\x01n")
    child.expect("partita: console of control")
    child.expect(r"control: periods \d+ missed (\d+) ")
    assert child.match.group(1) == "0"
    child.send("\x01n")
    child.expect("partita: console of linux")
    child.send("echo $((6*7))\r")
    child.expect("42\r*\n")
    child.send("\x01x")
    child.expect("partita: leaving")
    child.expect(pexpect.EOF)
    child.wait()
    assert child.exitstatus == 0


def test_demo_ends_with_its_guests(lab, terminal):
    """Given the demonstration, when Linux is powered off, then RTOS and task go on.

    REQ: OPS-2, OPS-4
    """
    child = terminal(demo(lab))
    child.expect("linux:/# ")
    child.send("poweroff\r")
    child.expect("partita: vm linux has ended: shutdown")
    child.send("\x01n")
    child.expect("partita: console of pulse")
    child.expect(r"pulse: second \d+: .* missed ticks 0")
    child.send("\x01n")
    child.expect("partita: console of control")
    child.send("\x01s")
    child.expect("partita: vm linux has ended, ")
    child.expect("partita: vm pulse runs, ")
    child.expect("partita: vm control runs, ")
    child.send("\x01x")
    child.expect(pexpect.EOF)


def test_all_lines(lab, terminal):
    """Given the console of one guest, when Ctrl-a l is pressed, then lines of all guests come with their names; Ctrl-a
    Ctrl-a sends one to the guest.

    REQ: OPS-4
    """
    system = lab.folder / "two.yaml"
    system.write_text("partita: 1\nboard: qemu-virt-riscv64\nvms:\n"
                      "  first: {image: guest/pulse.elf, memory: 1M}\n  second: {image: guest/pulse.elf, memory: 1M}\n")
    child = terminal(system)
    child.expect("pulse: second 1:")
    child.send("\x01l")
    child.expect(r"second\| pulse: second \d+")
    child.expect(r"first\| pulse: second \d+")
    child.send("\x01\x01")
    child.expect("first. pulse: s = statistics, q = shut down")
    child.send("\x01x")
    child.expect(pexpect.EOF)


def test_timeout(lab, terminal):
    """Given --timeout, when a system never ends, then partita ends it then, says so, with exit code 124.

    REQ: OPS-1
    """
    system = lab.folder / "spin.yaml"
    system.write_text("partita: 1\nboard: qemu-virt-riscv64\nvms:\n  spin: {image: guest/spin.elf, memory: 256K}\n")
    child = terminal(system, "--timeout", "2")
    child.expect("ended after 2 s", timeout=30)
    child.expect(pexpect.EOF)
    child.wait()
    assert child.exitstatus == 124


def test_every_system_of_ours_is_good(lab):
    """Given the systems in systems/, when they are checked, then none has a mistake.

    REQ: OPS-1
    """
    for path in sorted((ROOT / "systems").glob("*.yaml")):
        copy = lab.folder / path.name
        copy.write_text(path.read_text().replace("../build/", ""))
        done = lab.tool("check", copy)
        assert done.returncode == 0, done.stdout + done.stderr
