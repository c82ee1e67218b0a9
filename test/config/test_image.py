# SPDX-License-Identifier: Apache-2.0
"""Boot images, read back by a reader of their own (table.py): table, layout, content, second-stage tables."""
import itertools
import os
import pathlib
import struct
import subprocess

import pytest

from conftest import CROSS
from guests import pattern
from table import IMAGE, Image

HERE = pathlib.Path(__file__).resolve().parent
GOOD = sorted((HERE / "good").glob("*.yaml"))
HEAD = "partita: 1\nboard: qemu-virt-riscv64\n"
PAGE, MIB2, GIB = 1 << 12, 1 << 21, 1 << 30
FAKE_SIZES = {"stack": 4096, "cpu": 520, "vm": 700, "vcpu": 1300, "uart": 600, "plic": 1500, "aplic": 1500,
              "own": 4, "services": 900, "plan": 40, "slot": 72, "sporadic": 150, "heap": 32}


def symbol(elf, name):
    lines = subprocess.run([CROSS + "nm", elf], check=True, capture_output=True, text=True).stdout
    return next(int(line.split()[0], 16) for line in lines.splitlines() if line.split()[-1] == name)


def open_image(path):
    return Image(path, symbol(str(path) + ".elf", "__hv_end"))


@pytest.fixture(params=GOOD, ids=lambda path: path.stem)
def good(tool, request):
    return open_image(tool.image(request.param.read_text(), request.param.stem))


def test_header(good):
    """REQ: OPS-1. Given a built image, then its header is that of a RISC-V Linux kernel and its image_size covers
    all physical memory of the system, the file included."""
    magic, magic2 = struct.unpack_from("<8s4s", good.data, 48)
    assert (magic, magic2) == (b"RISCV\0\0\0", b"RSC\x05")
    assert struct.unpack_from("<Q", good.data, 8)[0] == 0x200000
    size = struct.unpack_from("<Q", good.data, 16)[0]
    assert size == good.image_bytes >= len(good.data)
    assert good.image_phys == IMAGE


def test_nothing_overlaps(good):
    """REQ: MEM-2. Given a built image, then hypervisor, table, pool, every VM's memory and every pristine copy
    lie apart from each other, page-aligned, inside the board's memory and outside the firmware's."""
    parts = [(IMAGE, good.table_phys), (good.table_phys, good.table_phys + good.table_bytes),
             (good.pool_phys, good.pool_phys + good.pool_bytes)]
    parts += [(r.phys, r.phys + r.bytes) for r in good.regions if not r.rights & 8]
    parts += [(c.phys, c.phys + c.bytes) for c in good.copies]
    parts.sort()
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(parts))
    assert parts[-1][1] <= IMAGE + good.image_bytes
    assert IMAGE + good.image_bytes <= 0x80000000 + (good.ram_mib << 20) - MIB2
    assert good.pool_phys % 16384 == 0 and good.pool_bytes % PAGE == 0
    for region in good.regions:
        assert not (region.gpa | region.phys | region.bytes) % PAGE
    for copy in good.copies:
        assert not (copy.gpa | copy.phys | copy.bytes) % 8
    first_copy = min((c.phys for c in good.copies), default=0)
    assert first_copy % MIB2 == 0, "the hypervisor maps copies by 2 MiB pages: none may share its own"
    assert not good.copies or first_copy >= max(r.phys + r.bytes for r in good.regions if not r.rights & 8)


def test_big_memory_is_congruent(good):
    """REQ: MEM-1. Given memory of 2 MiB or more, then it can be mapped by 2 MiB pages."""
    for vm in good.vms:
        if vm.memory.bytes >= MIB2:
            assert (vm.memory.phys - vm.memory.gpa) % MIB2 == 0


def s2_tables(vm):
    """Tables below the root, by mapping every page the way a hypervisor would: largest leaf first."""
    tables = set()
    pieces = [(r.gpa, r.phys, r.bytes) for r in vm.regions]
    pieces += [(0x28000000 + i * PAGE, 0, PAGE) for i in range(vm.vcpu_count if vm.vic == 2 else 0)]
    for gpa, phys, left in pieces:
        while left:
            size = next(s for s in (GIB, MIB2, PAGE) if not (gpa | phys) % s and left >= s)
            if size < GIB:
                tables.add((1, gpa // GIB))
            if size < MIB2:
                tables.add((2, gpa // MIB2))
            gpa, phys, left = gpa + size, phys + size, left - size
    return len(tables)


def test_second_stage_tables(good):
    """REQ: MEM-1. Given a built image, then the number of second-stage tables in it is just what mapping every VM
    with the largest pages takes."""
    assert good.s2_pages == sum(s2_tables(vm) for vm in good.vms)


def test_pool(good):
    """REQ: MEM-1. Given the hypervisor's hv_sizes, then the pool has the size that abi/table.h prescribes."""
    up = lambda n: (n + 63) // 64 * 64
    size = FAKE_SIZES
    total = len(good.vms) * (16384 + up(size["vm"])) + (good.s2_pages + size["own"]) * 4096
    total += len(good.cpus) * (up(size["stack"]) + up(size["cpu"])) + len(good.vcpus) * up(size["vcpu"])
    for vm in good.vms:
        total += up(size["uart"]) if vm.uart_source else 0
        total += {0: 0, 1: up(size["plic"]), 2: up(size["aplic"])}[vm.vic]
        total += up(size["services"]) if vm.services else 0
    for vcpu in good.vcpus:
        total += up(size["heap"] * vcpu.cpus.bit_count()) + (up(size["sporadic"]) if vcpu.server == 3 else 0)
    total += len(good.plans) * up(size["plan"]) + len(good.slots) * up(size["slot"])
    assert good.pool_bytes == (total + 4095) // 4096 * 4096


def test_groups(good):
    """REQ: OPS-1. Given a built image, then vCPUs, regions, interrupts and copies are grouped by VM without gaps,
    and every number in the table is in range."""
    for first, count, array in (("vcpu_first", "vcpu_count", good.vcpus),
                                ("region_first", "region_count", good.regions),
                                ("irq_first", "irq_count", good.irqs), ("copy_first", "copy_count", good.copies)):
        at = 0
        for vm in good.vms:
            assert getattr(vm, first) == at
            at += getattr(vm, count) + (len(vm.services) if array is good.vcpus else 0)
        assert at == len(array)
    for i, vm in enumerate(good.vms):
        assert 1 <= vm.vcpu_count <= 4 and all(v.vm == i and v.cpu < len(good.cpus) for v in vm.vcpus)
        assert 1 <= vm.vic_sources <= 127 and vm.uart_source <= vm.vic_sources
        assert all((v.guest_file != 0) == (vm.vic == 2) for v in vm.vcpus)
        assert all(v.vm == i and v.flags & 1 and not v.guest_file for v in vm.services)
        assert all(1 <= v.weight <= 64 for v in vm.vcpus)
    for vcpu in good.vcpus:
        assert vcpu.cpus >> vcpu.cpu & 1 and vcpu.cpus < 1 << len(good.cpus)
        assert vcpu.cpus == 1 << vcpu.cpu or not vcpu.period_ns or vcpu.flags & 1
    assert [c.hart_id for c in good.cpus] == list(range(len(good.cpus)))
    files = [(cpu, v.guest_file) for v in good.vcpus if v.guest_file for cpu in range(8) if v.cpus >> cpu & 1]
    assert len(set(files)) == len(files) and all(1 <= f <= 7 for _, f in files)


def test_trees_are_clean(good, tmp_path):
    """REQ: OPS-1. Given the device tree of any VM, when dtc reads it, then it has nothing to complain about."""
    for vm in good.vms:
        blob = tmp_path / f"{vm.name}.dtb"
        blob.write_bytes(good.tree(vm))
        run = subprocess.run(["dtc", "-I", "dtb", "-O", "dts", blob], capture_output=True, text=True, check=False)
        assert run.returncode == 0 and run.stderr == "", run.stderr


def test_copies_hold_the_content(good):
    """REQ: OPS-2. Given a VM that may restart, then its pristine copies equal its memory at start and cover all of
    it that is not zero; given one that may not, then there are none."""
    for vm in good.vms:
        assert bool(vm.copies) == (vm.on_fault == 2 or vm.on_reboot == 2)
        memory = bytearray(good.phys(vm.memory.phys, vm.memory.bytes)) if vm.copies else b""
        for copy in vm.copies:
            at = copy.gpa - vm.memory.gpa
            assert memory[at:at + copy.bytes] == good.phys(copy.phys, copy.bytes)
            memory[at:at + copy.bytes] = bytes(copy.bytes)
        assert not any(memory)


@pytest.fixture
def everything(tool):
    return open_image(tool.image((HERE / "good/everything.yaml").read_text(), "everything"))


def test_table_says_what_the_file_says(everything):
    """REQ: OPS-1. Given a system file that uses every key, then the table holds what it says."""
    image = everything
    assert (image.ram_mib, image.timebase_hz) == (2048, 10000000)
    assert (image.console_show, image.flags) == (1, 1)
    assert image.vms[image.console_focus].name == "flat"
    assert [(c.best_effort_ppm, c.quantum_ns, c.policy) for c in image.cpus] == [
        (400000, 5000000, 1), (125000, 10000000, 1)]
    linux, elf, flat, wherever = image.vms
    assert (linux.vic, linux.vic_sources, linux.uart_source) == (2, 2, 1)
    assert [(i.phys_source, i.virt_source) for i in linux.irqs] == [(11, 2)]
    device = linux.regions[1]
    assert (device.gpa, device.phys, device.bytes, device.rights) == (0x101000, 0x101000, 4096, 3 | 8)
    assert linux.memory.rights == 7
    assert (linux.on_fault, linux.on_reboot, linux.flags) == (0, 2, 1)
    assert linux.isa == 0b111010111, "all but Svpbmt (bit 3) and Zicboz (bit 5), with Ssaia (bit 2)"
    assert (linux.mvendorid, linux.marchid, linux.mimpid) == (0x489, 0x8000000000000007, 12)
    assert [v.weight for v in linux.vcpus] == [2, 2] and {v.cpu for v in linux.vcpus} == {0, 1}
    assert (elf.entry, elf.on_fault) == (0x80200004, 2)
    assert [(v.cpu, v.capacity_ns, v.period_ns, v.deadline_ns) for v in elf.vcpus] == [
        (0, 200000, 1000000, 1000000), (1, 1000000, 10000000, 5000000)]
    assert (flat.memory.gpa, flat.memory.phys, flat.entry) == (0x90000000, 0x90000000, 0x90001004)
    assert (flat.vic, flat.uart_source, flat.on_fault) == (0, 0, 1)
    assert wherever.memory.gpa == wherever.memory.phys and wherever.entry == wherever.memory.gpa
    assert (wherever.vic, wherever.vic_sources, wherever.uart_source) == (1, 95, 10)
    assert wherever.vcpus[0].weight == 3


def test_content_lies_in_place(everything, tool):
    """REQ: OPS-1. Given Linux, ELF and flat guests, then each byte of theirs lies where the guest expects it."""
    linux, elf, flat, _ = everything.vms
    kernel = (tool.folder / "Image").read_bytes()
    initrd = (tool.folder / "initrd").read_bytes()
    assert everything.guest(linux, linux.entry, len(kernel)) == kernel
    start = linux.memory.gpa + 0x400000  # kernel's image_size 3 MiB, rounded up to 2 MiB
    assert everything.guest(linux, start, len(initrd)) == initrd
    assert linux.dtb_gpa == start + 10000 and linux.dtb_gpa % 8 == 0
    assert everything.guest(elf, 0x80200000, 512) == pattern(512, 3)
    assert everything.guest(elf, 0x80201000, 20) == b"data" * 5
    assert everything.guest(flat, 0x90001000, 64) == pattern(64, 5)
    assert flat.dtb_gpa % PAGE == 0


def properties(tool, blob, node):
    """A node of a device tree as {name: text of dtc}."""
    path = tool.folder / "one.dtb"
    path.write_bytes(blob)
    names = subprocess.run(["fdtget", "-p", path, node], check=True, capture_output=True, text=True).stdout.split()
    get = lambda name, kind: subprocess.run(["fdtget", "-t", kind, path, node, name], check=True,
                                            capture_output=True, text=True).stdout.strip()
    return {name: get(name, "s" if name in ("compatible", "bootargs", "riscv,isa", "model") else "x")
            for name in names}


def test_tree_says_what_the_file_says(everything, tool):
    """REQ: CPU-3. Given a VM with a reduced view of the processor, two vCPUs, AIA and a dedicated device, then its
    device tree describes just that."""
    tree = everything.tree(everything.vm("linux"))
    isa = properties(tool, tree, "/cpus/cpu@1")["riscv,isa"]
    assert isa.startswith("rv64imafdc_zicbom_") and "_ssaia" in isa and "_sstc" in isa
    assert not any(hidden in isa for hidden in ("zicboz", "svpbmt", "zihpm", "sscofpmf", "h_"))
    chosen = properties(tool, tree, "/chosen")
    assert chosen["bootargs"] == "quiet console=ttyS0" and chosen["linux,initrd-start"] == "0 80600000"
    aplic = properties(tool, tree, "/soc/interrupt-controller@d000000")
    assert aplic["riscv,num-sources"] == "2"
    imsic = properties(tool, tree, "/soc/interrupt-controller@28000000")
    assert (imsic["interrupts-extended"], imsic["riscv,num-ids"]) == ("1 9 2 9", "ff")
    assert properties(tool, tree, "/soc/rtc@101000")["interrupts"] == "2 4"
    assert properties(tool, tree, "/soc/serial@10000000")["interrupts"] == "1 4"
    assert properties(tool, tree, "/memory@80200000")["reg"] == "0 80200000 0 8000000"
    elf = everything.tree(everything.vm("elf"))
    plic = properties(tool, elf, "/soc/plic@c000000")
    assert (plic["interrupts-extended"], plic["riscv,ndev"]) == ("1 b 1 9 2 b 2 9", "5f")
    assert properties(tool, elf, "/chosen")["rng-seed"].split()[:2] == ["1234567", "89abcdef"]


def test_without_d(tool):
    """REQ: CPU-3. Given a VM without floating point, then neither its ISA string nor the table offers it."""
    image = open_image(tool.image(HEAD + "vms: {a: {image: tiny.elf, memory: 64K, processor: {without: [d]}}}\n"))
    assert not image.vms[0].isa & 1
    assert properties(tool, image.tree(image.vms[0]), "/cpus/cpu@0")["riscv,isa"].startswith("rv64imac_")


def test_own_tree(tool):
    """REQ: OPS-1. Given a device tree of the user's own, then an ELF guest gets it as it is, and Linux gets it with
    its command line and initrd added."""
    source = "/dts-v1/;\n/ { #address-cells = <2>; #size-cells = <2>; model = \"mine\"; };\n"
    subprocess.run(["dtc", "-I", "dts", "-O", "dtb", "-o", tool.folder / "own.dtb"], input=source, text=True,
                   check=True, stderr=subprocess.DEVNULL)
    image = open_image(tool.image(
        HEAD + "vms:\n  a: {image: tiny.elf, memory: 64K, dtb: own.dtb}\n"
        "  b: {linux: {kernel: Image, initrd: initrd, cmdline: hello}, memory: 88M, dtb: own.dtb}\n"))
    assert image.tree(image.vm("a")) == (tool.folder / "own.dtb").read_bytes()
    tree = image.tree(image.vm("b"))
    assert properties(tool, tree, "/")["model"] == "mine"
    chosen = properties(tool, tree, "/chosen")
    assert chosen["bootargs"] == "hello" and chosen["linux,initrd-start"] == "0 80600000"


def test_unaligned_segments_restart(tool):
    """REQ: OPS-2. Given an ELF whose segments start and end inside 8-byte words, then its pristine copy still holds
    every byte of it."""
    image = open_image(tool.image(HEAD + "vms: {a: {image: odd.elf, memory: 64K, on-reboot: restart}}\n"))
    vm = image.vms[0]
    assert image.guest(vm, 0x80202003, 12) == b"odd\0\0\0\0\0\0\0\0!"
    assert [(c.gpa, c.bytes) for c in vm.copies[:2]] == [(0x80200000, 520), (0x80202000, 16)]
    test_copies_hold_the_content(image)


def test_same_input_same_image(tool):
    """REQ: SEC-1. Given the same system file and guests, when it is built twice, from another folder and with another
    temporary folder, then image and ELF are the same byte for byte."""
    text = (HERE / "good/everything.yaml").read_text()
    first = tool.image(text, "everything")
    (tool.folder / "elsewhere").mkdir()
    run = tool("build", "../everything.yaml", "-o", tool.folder / "second.img", cwd=tool.folder / "elsewhere",
               env={"TMPDIR": str(tool.folder), "TZ": "Asia/Tokyo"})
    assert run.returncode == 0, run.stderr
    second = tool.folder / "second.img"
    assert first.read_bytes() == second.read_bytes()
    assert (tool.folder / "everything.img.elf").read_bytes() == (tool.folder / "second.img.elf").read_bytes()


def test_seed_differs(tool):
    """REQ: OPS-1. Given two VMs, and two systems, then no two of them get the same generated rng-seed."""
    text = HEAD + "vms:\n  a: {image: tiny.elf, memory: 64K}\n  b: {image: tiny.elf, memory: 64K}\n"
    images = [open_image(tool.image(text, name)) for name in ("one", "two")]
    seeds = [properties(tool, i.tree(vm), "/chosen")["rng-seed"] for i in images for vm in i.vms]
    assert len(set(seeds)) == 4 and all(len(seed.split()) == 16 for seed in seeds)


def test_sparse(tool):
    """REQ: OPS-1. Given a VM with much memory, then the image file takes little disk, and its length does not grow with
    the memory: the device tree lies in the first 128M, or behind an image that reaches further."""
    image = tool.image(HEAD + "vms: {a: {image: tiny.elf, memory: 512M}}\n")
    assert 126 << 20 < image.stat().st_size < 131 << 20
    assert os.stat(image).st_blocks * 512 < 1 << 20
    image = open_image(tool.image(HEAD + "vms: {a: {image: flat.bin, memory: 512M, load: 0x90000000}}\n"))
    assert image.vms[0].dtb_gpa == 0x903ff000 and image.tree(image.vms[0])
