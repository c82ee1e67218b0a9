# SPDX-License-Identifier: Apache-2.0
"""An independent writer of trace files: abi/trace.h, from that header's text alone."""
import struct

MAGIC = 0x43525450
NOBODY, WORK = 0xffff, 0xfffe
KINDS = ("nothing switch release deadline budget miss wake block exit hypercall interrupt fault start stop move plan "
         "admit").split()
NEVER = (1 << 64) - 1


def record(time, kind, vcpu, detail=0, value=0, cpu=0):
    number = KINDS.index(kind) if isinstance(kind, str) else kind
    return struct.pack("<QQIHBB", time, value, detail, vcpu, number, cpu)


def ring(records, cpu=0, room=64, written=None, mode=0, magic=MAGIC, version=1, bytes_=24):
    """Records in the order in which they were written; the newest `room` of them are kept."""
    written = len(records) if written is None else written
    slots = [bytes(24)] * room
    for i, one in enumerate(records):
        slots[(written - len(records) + i) % room] = one
    return struct.pack("<IIIIIIQ", magic, version, cpu, room, bytes_, mode, written) + b"".join(slots)


def file(table, rings, magic=MAGIC, version=1, count=None, table_bytes=None):
    head = struct.pack("<IIII", magic, version, len(table) if table_bytes is None else table_bytes,
                       len(rings) if count is None else count)
    return head + table + b"".join(rings)


def table_of(image):
    """The system table out of a boot image, padded to a multiple of 8."""
    data = image.read_bytes()
    at = next(at for at in range(4096, len(data), 4096) if data[at:at + 4] == b"PART")
    size, = struct.unpack_from("<I", data, at + 8)
    return data[at:at + size] + bytes(-size % 8)
