# SPDX-License-Identifier: Apache-2.0
"""Start: the hypervisor checks its table and the board before any guest runs, and says clearly what is wrong."""
import struct
import subprocess

import pytest

SYSTEM = """cpus: {0: {}, 1: {}}
vms:
  one: {image: guest/null-end.elf, memory: 256K, cpu: 0}
  two: {image: guest/null-end.elf, memory: 256K, cpu: 1, interrupt-controller: aia}
"""
MAGIC = b"PARTITA"


def assert_stops(machine, reason=""):
    text = machine.wait_end(60)
    assert f"partita: stopped: {reason}" in text, text[-1500:]
    assert "null: first instruction" not in text


def table_at(data):
    """Where the system table lies: abi/table.h, 4 KiB aligned behind the hypervisor."""
    for offset in range(4096, 1 << 20, 4096):
        magic, = struct.unpack_from("<Q", data, offset)
        if magic and MAGIC[:4] in data[offset:offset + 8]:
            return offset
    raise AssertionError("no system table in the image")


@pytest.fixture
def start(lab):
    """Past partita run, which would find the damage itself."""
    def run(image):
        machine = lab.native(image, harts=2, qemu=("-m", "1024M"), limit=60)
        return machine
    return run


@pytest.mark.parametrize("at", [0, 4, 8, 12, 40, 64, 100, 150, 200, 300])
def test_damaged_table(lab, start, at):
    """Given an image with one byte of its system table flipped, when it starts, then it says what is wrong and no guest
    runs.

    REQ: MEM-2, OPS-1
    """
    image = lab.build(SYSTEM)
    data = bytearray(image.read_bytes())
    data[table_at(data) + at] ^= 0x10
    image.write_bytes(data)
    assert_stops(start(image))


def test_no_table(lab, start):
    """Given the hypervisor alone, when it starts, then it says that there is no system table.

    REQ: OPS-1
    """
    image = lab.build(SYSTEM)
    data = image.read_bytes()
    image.write_bytes(data[:table_at(data)])
    assert_stops(start(image), "no system table")


@pytest.mark.parametrize("board,reason", [
    (("-smp", "1"), "the board lacks a hart"),
    (("-cpu", "rv64,h=true,sstc=false,svinval=true,svpbmt=true,smstateen=true,svade=true,svadu=false,sv57=off,sv48=off"),
     "a hart lacks an ISA extension"),
    (("-cpu", "rv64,h=true,sstc=true,svpbmt=false,smstateen=true,svade=true,svadu=false,sv57=off,sv48=off"),
     "a hart lacks an ISA extension"),
    (("-cpu", "rv64,h=true,sstc=true,svinval=true,svpbmt=true,smstateen=false,svade=true,svadu=false,sv57=off,sv48=off"),
     "a hart lacks an ISA extension"),
    (("-cpu", "rv64,h=false,sstc=true,svinval=true,svpbmt=true,smstateen=true,svade=true,svadu=false,sv57=off,sv48=off"),
     "a hart lacks an ISA extension"),
])
def test_other_board(lab, board, reason):
    """Given a board with fewer harts or without an extension that the system uses, when the image starts,
    then it says which and no guest runs.

    REQ: MEM-1, CPU-3
    """

    assert_stops(lab.run(SYSTEM, qemu=board, limit=60), reason)


@pytest.mark.parametrize("node,name,cells,reason", [
    ("/memory@80000000", "reg", "0 80000000 0 01000000", "the board has less memory"),
    ("/cpus", "timebase-frequency", "f4240", "the board's timebase-frequency is not the one"),
])
def test_other_device_tree(lab, node, name, cells, reason):
    """Given firmware whose device tree tells of less memory or of another timebase, when the image starts, then it says
    so and no guest runs.

    REQ: MEM-1, TIME-1
    """
    system = SYSTEM.replace("memory: 256K, cpu: 0", "memory: 100M, cpu: 0")
    image = lab.build(system)
    tree = lab.folder / "board.dtb"
    lab.native(image, harts=2, aia=f"aplic-imsic,aia-guests=7,dumpdtb={tree}").wait_end(60)
    subprocess.run(["fdtput", "-t", "x", str(tree), node, name, *cells.split()], check=True)
    assert_stops(lab.start(image, qemu=("-dtb", str(tree)), limit=60), reason)


def test_board_without_aia(lab):
    """Given a board whose interrupt controller is a PLIC, when a system for AIA starts on it, then it says so.

    REQ: IRQ-1
    """
    machine = lab.run(SYSTEM, qemu=("-M", "virt,aia=none"), limit=60)
    text = machine.wait_end(60)
    assert "partita: stopped: " in text
    assert "fault in the hypervisor" not in text


def test_larger_board(lab):
    """Given a board with more memory and more harts than the system uses, when the image starts, then all is well.

    REQ: MEM-1
    """
    machine = lab.run("console: {show: all}\n" + SYSTEM, qemu=("-smp", "4", "-m", "2G"))
    machine.wait_end()
    machine.assert_sound()
    assert "null: first instruction" in machine.of("one") and "null: first instruction" in machine.of("two")


def test_start_says_what_runs(lab):
    """Given a system, when it starts, then one line says how many VMs and CPUs there are, whose console this is and which
    keys help.

    REQ: OPS-4
    """
    text = lab.to_end(SYSTEM).text
    assert "partita: VMs: 2, CPUs: 2; this is the console of one: Ctrl-a n next guest, Ctrl-a x leave, Ctrl-a ? help" \
        in text


def test_quiet(lab):
    """Given console: {quiet: yes}, when a system runs and ends, then the hypervisor has said nothing.

    REQ: OPS-4
    """
    machine = lab.to_end("console: {quiet: yes}\n" + SYSTEM)
    assert machine.log == []
