# SPDX-License-Identifier: Apache-2.0
"""An independent reader of boot images: the table of abi/table.h, written from that header's text alone."""
import mmap
import struct
import zlib
from types import SimpleNamespace as Record

IMAGE = 0x80200000
VM_WORDS = ("vcpu_first vcpu_count region_first region_count irq_first irq_count copy_first copy_count "
            "vic vic_sources uart_source on_fault on_reboot flags").split()
VM_SHARES = "service_count free_services share_ppm registration_us".split()


def records(data, span, form, names):
    """The array that (offset, count) names; each entry a record."""
    size = struct.calcsize(form)
    offset, count = span
    assert offset % 8 == 0
    assert offset + count * size <= len(data)
    return [Record(**dict(zip(names, struct.unpack_from(form, data, offset + i * size))))
            for i in range(count)]


def spans(data, first, count):
    return [struct.unpack_from("<II", data, first + 8 * i) for i in range(count)]


class Image:
    """A boot image file."""

    def __init__(self, path, end_phys):
        """`end_phys`: where the hypervisor ends and the table begins."""
        with open(path, "rb") as file:
            self.data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)  # may be sparse and huge
        at = end_phys - IMAGE
        magic, version, bytes_, crc = struct.unpack_from("<IIII", self.data, at)
        assert magic == 0x54524150 and version == 2
        table = self.data[at:at + bytes_]
        assert zlib.crc32(table[:12] + b"\0\0\0\0" + table[16:]) == crc
        self.table_phys, self.table_bytes = end_phys, bytes_
        cpus, vms, vcpus, regions, irqs, copies, plans, slots = spans(table, 16, 8)
        (self.image_phys, self.image_bytes, self.pool_phys, self.pool_bytes, self.s2_pages,
         self.timebase_hz, self.isa, self.console_show, self.console_focus, self.flags,
         self.ram_mib, self.trace_phys, self.trace_records, self.trace_mode,
         self.overhead_ns) = struct.unpack_from("<QQQQIIQIIIIQIII", table, 80)
        self.cpus = records(table, cpus, "<IIIIQII", "hart_id policy best_effort_ppm flags quantum_ns plan_first "
                                                     "plan_count".split())
        self.plans = records(table, plans, "<QII", "frame_ns slot_first slot_count".split())
        self.slots = records(table, slots, "<QQII", "offset_ns length_ns vcpu _".split())
        self.vms = records(table, vms, "<24s14I3Q4I4Q", ["name", *VM_WORDS, "entry", "dtb_gpa", "isa", *VM_SHARES,
                                                          "may_services", "mvendorid", "marchid", "mimpid"])
        self.vcpus = records(table, vcpus, "<IIIIQQQIIII", "vm cpu guest_file weight capacity_ns period_ns "
                                                           "deadline_ns flags priority server cpus".split())
        self.regions = records(table, regions, "<QQQII", "gpa phys bytes rights _".split())
        self.irqs = records(table, irqs, "<II", ["phys_source", "virt_source"])
        self.copies = records(table, copies, "<QQQ", ["phys", "gpa", "bytes"])
        for vm in self.vms:
            vm.name = vm.name.rstrip(b"\0").decode()
            vm.vcpus = self.vcpus[vm.vcpu_first:][:vm.vcpu_count]
            vm.services = self.vcpus[vm.vcpu_first + vm.vcpu_count:][:vm.service_count + vm.free_services]
            vm.regions = self.regions[vm.region_first:][:vm.region_count]
            vm.irqs = self.irqs[vm.irq_first:][:vm.irq_count]
            vm.copies = self.copies[vm.copy_first:][:vm.copy_count]
            vm.memory = vm.regions[0]

    def vm(self, name):
        return next(vm for vm in self.vms if vm.name == name)

    def phys(self, start, count):
        """Memory as the loader leaves it: the file, then zeros."""
        part = self.data[start - IMAGE:start - IMAGE + count]
        return part + bytes(count - len(part))

    def guest(self, vm, gpa, count):
        assert vm.memory.gpa <= gpa and gpa + count <= vm.memory.gpa + vm.memory.bytes
        return self.phys(vm.memory.phys + gpa - vm.memory.gpa, count)

    def tree(self, vm):
        """The VM's device tree blob."""
        magic, size = struct.unpack(">II", self.guest(vm, vm.dtb_gpa, 8))
        assert magic == 0xd00dfeed
        return self.guest(vm, vm.dtb_gpa, size)
