# SPDX-License-Identifier: Apache-2.0
"""Reads the system table out of a boot image (abi/table.h says what the fields are)."""
import struct
import subprocess

import machine

MAGIC, VERSION, S2_ROOT_BYTES, PAGE = 0x54524150, 2, 16384, 4096
HEADER = struct.Struct("<IIII 16I QQQQ II Q IIII Q II II")
CPU = struct.Struct("<IIII Q II")
VM = struct.Struct("<24s 14I QQQ 4I Q QQQ")
REGION = struct.Struct("<QQQII")


def symbols(elf):
    out = subprocess.run([machine.cross("nm"), elf], capture_output=True, text=True, check=True)
    return {f[2]: int(f[0], 16) for f in (l.split() for l in out.stdout.splitlines())
            if len(f) == 3}


def sections(elf):
    """[(name, bytes, flags)] of what is loaded."""
    out = subprocess.run([machine.cross("objdump"), "-h", elf], capture_output=True, text=True,
                         check=True).stdout.splitlines()
    found = []
    for line, flags in zip(out, out[1:]):
        fields = line.split()
        if len(fields) == 7 and fields[0].isdigit() and "ALLOC" in flags:
            found.append((fields[1], int(fields[2], 16), flags))
    return found


class Table:
    """The table of IMAGE and the image's bytes."""

    def __init__(self, image):
        self.elf = image + ".elf"
        with open(image, "rb") as file:
            self.image = file.read()
        names = symbols(self.elf)
        self.offset = names["__hv_end"] - names["__text_start"]
        h = HEADER.unpack_from(self.image, self.offset)
        if h[:2] != (MAGIC, VERSION):
            raise machine.BenchError(f"{image}: no system table of version {VERSION} behind the "
                                     "hypervisor; has abi/table.h changed?")
        self.bytes = h[2]
        self.image_phys, self.pool_phys, self.pool_bytes, self.s2_pages = h[20], h[22], h[23], h[24]
        span = h[4:20]
        self.cpus, self.vms, self.vcpus = span[1], span[3], span[5]
        sizes = struct.unpack_from("<12I", self.image, names["hv_sizes"] - names["__text_start"])
        self.sizes = dict(zip(("stack", "cpu", "vm", "vcpu", "uart", "plic", "aplic",
                               "own_table_pages", "services", "plan", "slot", "sporadic"), sizes))
        self._vm_at, self._region_at = span[2], span[6]

    def vm(self, index):
        return VM.unpack_from(self.image, self.offset + self._vm_at + index * VM.size)

    def device_tree(self, index):
        """The blob that VM finds in a1."""
        vm = self.vm(index)
        gpa, phys = REGION.unpack_from(self.image, self.offset + self._region_at +
                                       vm[3] * REGION.size)[:2]
        at = phys + vm[16] - gpa - self.image_phys
        return self.image[at:at + struct.unpack_from(">I", self.image, at + 4)[0]]
