# SPDX-License-Identifier: Apache-2.0
"""Debian's stock kernel, unmodified."""
import re
import time

import pytest

from partita import LINUX_PROMPT, control, linux, shell

FOCUS = "console: {show: focus, focus: linux}\n"


def interrupts(machine):
    """Of /proc/interrupts: name of the source -> sum over CPUs."""
    found = {}
    for line in shell(machine, "cat /proc/interrupts").split("\n"):
        match = re.match(r"\s*(\w+):((?:\s+\d+)+)\s*(.*)", line)
        if match:
            found[match.group(3).split()[-1] if match.group(3) else match.group(1)] = \
                sum(map(int, match.group(2).split()))
    return found


@pytest.mark.parametrize("vcpus,vic", [(1, "aia"), (2, "aia"), (1, "plic"), (2, "plic")])
def test_linux(lab, vcpus, vic):
    """Given Debian's kernel as it is in its package, when it boots on 1 or 2 vCPUs with AIA or PLIC, then it comes to its
    shell, has all vCPUs, its serial line interrupts it, and poweroff ends the VM and, as it is the last, the board.

    REQ: CPU-1, IRQ-1, MEM-1
    """
    cpus = "cpus: {" + ", ".join(f"{i}: {{}}" for i in range(vcpus)) + "}\n"
    machine = lab.run(cpus + FOCUS + f"vms:\n  linux:\n{linux()}    vcpus: {vcpus}\n"
                      f"    interrupt-controller: {vic}\n", shift=1)
    machine.expect(LINUX_PROMPT)
    assert shell(machine, "nproc").strip() == str(vcpus)
    before = interrupts(machine)
    assert shell(machine, "busybox uname -sm").strip() == "Linux riscv64"
    after = interrupts(machine)
    serial = [name for name in after if name.startswith("ttyS0")]
    assert serial and after[serial[0]] > before[serial[0]] > 0, (before, after)
    assert after["riscv-timer"] > before["riscv-timer"] > 0
    errors = shell(machine, "dmesg | grep -iE 'oops|stall' || :")
    assert not errors.strip()
    machine.send("poweroff\r")
    text = machine.wait_end()
    assert "partita: vm linux has ended: shutdown" in text
    machine.assert_sound()


def test_no_second_stage_fault_in_steady_state(lab):
    """Given a Linux guest that runs, when it allocates and touches a quarter of its memory, then no access to its own memory
    leaves the guest: only SBI calls, interrupts and device registers are counted.

    REQ: MEM-1, CPU-2
    """
    machine = lab.run(FOCUS + f"vms:\n  linux:\n{linux()}", shift=1)
    machine.expect(LINUX_PROMPT)
    shell(machine, "head -c 64m /dev/zero >/tmp/fill")
    machine.send("\x01s")
    match = machine.expect(r"partita: vm linux: exits wfi \d+ mmio \d+ trap (\d+) fault (\d+)")
    assert match.groups() == ("0", "0")


def test_long_line(lab):
    """Given Linux at its shell, when a line of 200 characters is pasted, then none of them is lost.

    REQ: OPS-4
    """
    machine = lab.run(FOCUS + f"vms:\n  linux:\n{linux()}", shift=1, limit=60)
    machine.expect(LINUX_PROMPT)
    digits = "0123456789" * 18
    assert shell(machine, f"echo {digits}", limit=30).strip() == digits


def test_two_linuxes(lab):
    """Given two Linux guests on one CPU, when both run, then each comes to its shell, and what one is told the other
    does not see; each ends alone.

    REQ: CPU-1, MEM-2, OPS-4
    """
    machine = lab.run("cpus: {0: {}}\nconsole: {show: focus, focus: one}\nvms:\n"
                      f"  one:\n{linux('partita.name=one')}  two:\n{linux('partita.name=two')}", shift=1, limit=200)
    machine.expect("one:/# ")
    shell(machine, "echo secret-of-one >/tmp/note")
    machine.send("\x01n")
    machine.expect("partita: console of two")
    machine.send("\r")
    machine.expect("two:/# ")
    assert shell(machine, "ls /tmp").strip() == ""
    machine.send("poweroff\r")
    machine.expect("partita: vm two has ended: shutdown")
    machine.send("\x01n")
    machine.expect("partita: console of one")
    assert shell(machine, "cat /tmp/note").strip() == "secret-of-one"
    machine.send("poweroff\r")
    machine.wait_end()


def test_poweroff_ends_only_linux(lab):
    """Given Linux beside a periodic task on one CPU, when Linux is powered off, then the task goes on without a miss and
    the board is switched off when it has ended, too.

    REQ: OPS-2, SCHED-1
    """
    machine = lab.run("cpus: {0: {policy: edf, best-effort: 40%}}\n" + FOCUS + "vms:\n  linux:\n"
                      + linux() + control("control"), shift=0, limit=200)
    machine.expect(LINUX_PROMPT)
    machine.send("poweroff\r")
    machine.expect("partita: vm linux has ended: shutdown")
    machine.send("\x01n")
    machine.expect("partita: console of control")
    first, second = (machine.expect(r"control: periods (\d+) missed (\d+) .* max (\d+) instructions").groups()
                     for _ in range(2))
    assert int(second[0]) > int(first[0])
    assert second[1] == "0" and int(second[2]) < 1000, second
    assert machine.status() == {"linux": "has ended", "control": "runs"}


def test_reboot_restarts_only_linux(lab):
    """Given Linux with on-reboot: restart beside an RTOS, when it reboots, then it comes up again from its pristine copy
    with nothing left of before, and the RTOS has not noticed.

    REQ: OPS-2
    """
    machine = lab.run("cpus: {0: {}}\n" + FOCUS + "vms:\n  linux:\n" + linux() + "    on-reboot: restart\n"
                      "  pulse: {image: guest/pulse.elf, memory: 1M}\n", shift=1, limit=240)
    machine.expect(LINUX_PROMPT)
    shell(machine, "echo left-over >/tmp/note")
    machine.send("reboot\r")
    machine.expect("partita: vm linux restarts")
    machine.expect(LINUX_PROMPT, limit=200)
    assert shell(machine, "ls /tmp").strip() == ""
    assert float(shell(machine, "cat /proc/uptime").split()[0]) < 30
    machine.send("\x01n")
    machine.expect("partita: console of pulse")
    machine.expect(r"pulse: second \d+: fast \d+ .*, missed ticks \d+")
    assert machine.status() == {"linux": "runs", "pulse": "runs"}


def test_clock_handed_to_linux(lab):
    """Given the board's real-time clock handed to Linux, when it boots, then it has /dev/rtc0 and the clock goes.

    REQ: MEM-4, IRQ-1
    """
    machine = lab.run(FOCUS + f"vms:\n  linux:\n{linux()}    devices: {{rtc: {{}}}}\n", shift=1,
                      qemu=("-rtc", "clock=vm"))
    machine.expect(LINUX_PROMPT)
    assert "goldfish" in shell(machine, "cat /sys/class/rtc/rtc0/name")
    first = int(shell(machine, "cat /sys/class/rtc/rtc0/since_epoch"))
    shell(machine, "sleep 2")
    assert int(shell(machine, "cat /sys/class/rtc/rtc0/since_epoch")) - first in (2, 3)
    assert time.time() - first < 10 * 365 * 86400


def test_linux_sleeps_exactly(lab):
    """Given an idle Linux beside one that computes, when it sleeps, then it wakes when it asked to and reads true time.

    REQ: CPU-5
    """
    machine = lab.run("cpus: {0: {quantum: 1ms}}\n" + FOCUS + "vms:\n  linux:\n" + linux()
                      + "  spin: {image: guest/spin.elf, memory: 256K}\n", shift=1, limit=200)
    machine.expect(LINUX_PROMPT, limit=150)
    before = float(shell(machine, "cat /proc/uptime").split()[0])
    shell(machine, "sleep 3")
    after = float(shell(machine, "cat /proc/uptime").split()[0])
    assert 3 <= after - before < 4
