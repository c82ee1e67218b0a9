# SPDX-License-Identifier: Apache-2.0
"""Programs that run on the bare board run as guests from the same file."""
import re

import pytest

ALL = "console: {show: all}\nvms:\n"


def test_uboot(lab):
    """Given Debian's U-Boot for S-mode as it is in its package, when it runs as a guest, then it comes to its prompt and
    takes commands.

    REQ: CPU-1
    """
    machine = lab.run("vms:\n  uboot:\n    image: linux/u-boot.bin\n    load: 0x80200000\n"
                      "    memory: {size: 128M, at: 0x80000000}\n")  # its stack lies below its image
    machine.expect("Hit any key to stop autoboot")
    machine.send(" ")
    machine.expect("=> ")
    machine.send("version\r")
    machine.expect(r"U-Boot 20\d\d\.\d\d")
    machine.expect("=> ")
    machine.send("bdinfo\r")
    machine.expect(r"lmb_dump_all|DRAM bank")
    machine.expect("=> ")
    machine.send("poweroff\r")
    machine.wait_end()


PULSE = r"second 2: fast (\d+) slow (\d+) rounds (\d+) messages (\d+), missed ticks (\d+) overruns (\d+)"


@pytest.mark.parametrize("vcpu", ["cpu: 0", "vcpus: [{cpu: 0, capacity: 600us, period: 1ms}]"])
def test_pulse(lab, vcpu):
    """Given one binary of an RTOS, when it runs on the bare board and as a guest, best effort or in a reservation, then
    its self-test passes and after two seconds all of its counts are the same in both places.

    REQ: CPU-1, TIME-1, IRQ-1
    """
    native = lab.native(lab.folder / "guest/pulse.elf", aia="none")
    expected = native.expect(PULSE).groups()
    assert "pulse: self-test passed" in native.text
    native.close()
    guest = lab.run(ALL + f"  pulse:\n    image: guest/pulse.elf\n    memory: 1M\n    {vcpu}\n")
    assert guest.expect_said("pulse", PULSE).groups() == expected
    assert "pulse: self-test passed" in guest.of("pulse")
    assert expected[4:] == ("0", "0")


def test_pulse_answers_and_ends(lab):
    """Given the RTOS as a guest, when it gets the letter s on its console, then it answers; after q its VM ends.

    REQ: OPS-4, IRQ-1
    """
    machine = lab.run("vms:\n  pulse: {image: guest/pulse.elf, memory: 1M}\n")
    machine.expect("pulse: second 1:")
    machine.send("s")
    machine.expect(r"pulse: ticks \d+ missed 0 ")
    machine.send("q")
    machine.expect("pulse: shutting down")
    assert "partita: vm pulse has ended: shutdown" in machine.wait_end()


@pytest.mark.parametrize("vic", ["plic", "aia"])
@pytest.mark.parametrize("vcpus,cpus", [(1, 1), (2, 1), (4, 1), (2, 2), (3, 2), (4, 4)])
def test_smp(lab, vcpus, cpus, vic):
    """Given a guest with 1 to 4 vCPUs on 1, 2 or 4 CPUs, when it starts all its harts, interrupts, fences and stops each,
    then every step works as on the bare board.

    REQ: CPU-1, CPU-3
    """
    numbers = ", ".join(f"{i}: {{quantum: 1ms}}" for i in range(cpus))
    homes = ", ".join(f"{{cpu: {i % cpus}}}" for i in range(vcpus))
    machine = lab.to_end(f"cpus: {{{numbers}}}\n{ALL}  smp:\n    image: guest/smp-hello.elf\n    memory: 1M\n"
                         f"    interrupt-controller: {vic}\n    vcpus: [{homes}]\n")
    assert f"smp: {vcpus} harts up, ipi ok, rfence ok" in machine.of("smp"), machine.text


def test_smp_natively(lab):
    """Given the same file, when it runs on a bare board of 4 harts, then it says the same.

    REQ: CPU-1
    """
    assert "smp: 4 harts up, ipi ok, rfence ok" in lab.native(lab.folder / "guest/smp-hello.elf", harts=4).wait_end()


def test_eight_harts(lab):
    """Given a board of 8 harts and a guest on each, when they start, then each runs once on its own.

    REQ: CPU-5, SCHED-2
    """
    cpus = ", ".join(f"{i}: {{}}" for i in range(8))
    vms = "".join(f"  n{i}: {{image: guest/null-end.elf, memory: 256K, cpu: {i}}}\n" for i in range(8))
    machine = lab.to_end(f"cpus: {{{cpus}}}\nconsole: {{show: all}}\nvms:\n{vms}")
    for i in range(8):
        assert "null: first instruction" in machine.of(f"n{i}")


def timer_direct(text):
    return re.findall(r"RESULT (timer-direct|timer-armed|timer-direct-return) (n=.*?max=\d+)", text)


def test_timer_is_direct(lab):
    """Given a guest that programs its own timer, when it comes, then it reaches the guest's handler in as many
    instructions as on the bare board, and no exit is counted for it.

    REQ: TIME-1, CPU-2
    """
    native = lab.native(lab.folder / "guest/bench-timer.elf").wait_end()
    guest = lab.to_end(ALL + "  bench: {image: guest/bench-timer.elf, memory: 256K}\n")
    assert timer_direct(guest.of("bench")) == timer_direct(native) != []
    assert re.search(r"partita: vm bench: exits timer 0 external 0 parked 0 ", guest.text)
