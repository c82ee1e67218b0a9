# SPDX-License-Identifier: Apache-2.0
"""What a VM has, sees and leaves behind: memory, devices, processor, faults, restarts."""
import re
import subprocess

import pytest

ALL = "console: {show: all}\nvms:\n"
PULSE = "  pulse: {image: guest/pulse.elf, memory: 1M}\n"


def vm(name, program, more="", memory="768K"):
    return f"  {name}:\n    image: test/{program}.elf\n    memory: {memory}\n{more}"


def test_identity_mapped(lab):
    """Given a VM with identity: yes, when it says where it runs, then that is the physical address the tool gave it, and
    its first bytes lie there in the image.

    REQ: MEM-3
    """
    text = ALL + "  flat: {image: test/meter.bin, memory: {size: 256K, identity: yes}}\n" + vm("other", "view")
    elf = (lab.folder / "test/view.elf").resolve()
    flat = lab.folder / "view.bin"
    subprocess.run(["riscv64-linux-gnu-objcopy", "-O", "binary", str(elf), str(flat)], check=True)
    text = text.replace("test/meter.bin", "view.bin")
    image = lab.build(text)
    memory_map = lab.tool("build", "system.yaml", "-o", "again.img", "--verbose").stdout
    physical = int(re.search(r"0x([0-9a-f]+)\S*\s+256K\s+VM flat, identity-mapped", memory_map).group(1), 16)
    machine = lab.start(image)
    machine.wait_end()
    machine.assert_sound()
    assert f"view: hart 0, at {physical:x}" in machine.of("flat")
    offset = physical - 0x80200000
    assert image.read_bytes()[offset:offset + 64] == flat.read_bytes()[:64]
    assert "view: hart 0, at 80200000" in machine.of("other")


def test_memory_elsewhere(lab):
    """Given a VM whose memory is said to start elsewhere, when a flat binary is put there, then it runs there.

    REQ: MEM-3, OPS-1
    """
    elf = (lab.folder / "test/view.elf").resolve()
    subprocess.run(["riscv64-linux-gnu-objcopy", "-O", "binary", str(elf), str(lab.folder / "view.bin")], check=True)
    machine = lab.to_end(ALL + "  high: {image: view.bin, memory: {size: 256K, at: 0x100000000}}\n")
    assert "view: hart 0, at 100000000" in machine.of("high")


def test_processor_view(lab):
    """Given one VM with everything and one without d, zicboz and zicbom and with ids of its own, when both look, then the
    first has it all, the second sees its ids, traps on floating point and on cache operations.

    REQ: CPU-3
    """
    machine = lab.to_end(ALL + vm("all", "view") + vm("less", "view", (
        "    processor: {without: [d, zicboz, zicbom], vendor-id: 0x489, arch-id: 0x8000000000000007, "
        "implementation-id: 12}\n")))
    everything, less = machine.of("all"), machine.of("less")
    assert "vendor 489 arch 8000000000000007 implementation c" in less
    assert "vendor 0 arch 0 implementation 0" in everything
    for what in ("float", "zicboz", "zicbom"):
        assert f"view: {what} works" in everything
        assert f"view: {what} refused, cause 2" in less
    assert "view: vm 0" in everything and "view: vm 1" in less


def test_clock_handed_over(lab):
    """Given the board's real-time clock handed to one VM, when it reads it and sets its alarm, then it goes right and
    interrupts it; when another VM tries to read it, then that gets an access fault.

    REQ: MEM-4, MEM-2, IRQ-1
    """
    machine = lab.to_end(ALL + vm("owner", "rtc", "    devices: {rtc: {}}\n") + vm("other", "rtc"),
                         qemu=("-rtc", "clock=vm"))
    owner = machine.of("owner")
    assert 10_000 <= int(re.search(r"rtc: (\d+) us in 10 ms", owner).group(1)) <= 10_200
    assert "rtc: alarm 1 times, source 11" in owner
    assert "rtc: refused, cause 5 value 101000" in machine.of("other")
    machine.expect_log(r"vm other vcpu 0: reads outside its memory: 0x101000 at pc 0x[0-9a-f]+")


def test_fault_injected(lab):
    """Given on-fault: inject, when a guest reads where nothing is, then it gets the exception the bare board would give,
    and one line tells of it.

    REQ: OPS-2, MEM-2
    """
    machine = lab.to_end(ALL + vm("bad", "fault", "    on-fault: inject\n"))
    assert "fault: injected cause 5 value 70000008" in machine.of("bad")
    lines = [line for line in machine.log if "vm bad vcpu" in line]
    assert len(lines) == 1
    assert re.match(r"partita: vm bad vcpu 0: reads outside its memory: 0x70000008 at pc 0x802", lines[0])


def test_fault_stops(lab):
    """Given on-fault: stop, when a guest reads where nothing is, then that VM ends, its neighbour goes on.

    REQ: OPS-2, MEM-2
    """
    machine = lab.run(ALL + vm("bad", "fault", "    on-fault: stop\n") + PULSE)
    machine.expect_log("partita: vm bad has ended: reads outside its memory")
    assert "injected" not in machine.of("bad")
    seconds = len(re.findall("pulse: second", machine.of("pulse")))
    machine.expect_said("pulse", f"pulse: second {seconds + 2}: .* missed ticks 0")
    assert machine.status() == {"bad": "has ended", "pulse": "runs"}


@pytest.mark.parametrize("program,more", [("fault", "    on-fault: restart\n"), ("reboot", "    on-reboot: restart\n"),
                                          ("reboot", "    on-reboot: restart\n    vcpus: 2\n")])
def test_restarts(lab, program, more):
    """Given a VM that may restart after a fault or at its own wish, when it does so again and again, then each time it
    begins as at the first time, and its neighbour misses nothing.

    REQ: OPS-2
    """
    machine = lab.run(ALL + vm("again", program, more) + PULSE)
    machine.expect_said("again", rf"(?s)({program}: .*){{4}}")
    assert len(re.findall("partita: vm again restarts: ", "\n".join(machine.log))) >= 3
    assert "DIRTY" not in machine.of("again")
    machine.expect_said("pulse", r"pulse: second 2: .* missed ticks 0")
    status = machine.status()
    assert status["again"] in ("runs", "stops"), "between two lives it stops"
    assert status["pulse"] == "runs"


def test_restart_clears(lab):
    """Given on-reboot: restart with and without clear: yes, when the guest reboots, then memory behind its image is
    cleared in the one and left in the other.

    REQ: OPS-2, MEM-2
    """
    machine = lab.run(ALL + "  clean:\n    image: test/reboot.elf\n    memory: {size: 768K, clear: yes}\n"
                      "    on-reboot: restart\n" + vm("plain", "reboot", "    on-reboot: restart\n") + PULSE)
    machine.expect_said("clean", r"(?s)(reboot: .*){3}")
    machine.expect_said("plain", r"(?s)(reboot: .*){3}")
    assert "far dirty" not in machine.of("clean") and "DIRTY" not in machine.of("clean")
    assert "far dirty" in machine.of("plain")


def test_reboot_without_copy_ends(lab):
    """Given no on-reboot, when a guest asks for a reboot, then its VM ends and says why.

    REQ: OPS-2
    """
    machine = lab.to_end(ALL + vm("once", "reboot"))
    assert len(re.findall("reboot: hart", machine.of("once"))) == 1
    machine.expect_log("partita: vm once has ended: .*reboot")
