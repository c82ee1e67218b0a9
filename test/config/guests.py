# SPDX-License-Identifier: Apache-2.0
"""Small guest files, made from nothing: ELF files, flat binaries, kernel images; good and broken ones."""
import struct

RAM = 0x80200000


def elf(segments, entry, machine=243, kind=2):
    """An ELF64 file of segments (address, content, bytes in memory)."""
    header = struct.pack("<4sBBBB8xHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 1, 0, kind, machine, 1, entry,
                         64, 0, 0, 64, 56, len(segments), 64, 0, 0)
    offset = 64 + 56 * len(segments)
    heads, body = b"", b""
    for address, content, memory in segments:
        heads += struct.pack("<IIQQQQQQ", 1, 7, offset + len(body), address, address,
                             len(content), memory, 16)
        body += content
    return header + heads + body


def kernel(image_size, bytes_=8192):
    """A RISC-V Linux image as its header tells it; the rest is a pattern."""
    head = struct.pack("<IIQQQIIQ8s4sI", 0x6f, 0, 0x200000, image_size, 0, 2, 0, 0,
                       b"RISCV\0\0\0", b"RSC\x05", 0)
    return head + pattern(bytes_ - len(head), 7)


def pattern(count, step):
    return bytes((i * step + 1) & 255 for i in range(count))


def make(folder):
    text = pattern(512, 3)
    tiny = elf([(RAM, text, 512), (RAM + 0x1000, b"data" * 5, 0x2000)], RAM)
    files = {
        "tiny.elf": tiny,
        "odd.elf": elf([(RAM, text, 515), (RAM + 0x2003, b"odd", 9), (RAM + 0x200e, b"!", 1)], RAM),
        "big.elf": elf([(RAM, text, 0x20000)], RAM),
        "high.elf": elf([(0x90000000, text, 512)], 0x90000000),
        "entry.elf": elf([(RAM, text, 512)], RAM + 0x10000),
        "x86.elf": elf([(RAM, text, 512)], RAM, machine=62),
        "object.o": elf([(RAM, text, 512)], RAM, kind=1),
        "cut.elf": tiny[:400],
        "flat.bin": pattern(64, 5),
        "big.bin": pattern(0x20000, 11),
        "empty.bin": b"",
        "Image": kernel(0x300000),
        "Image-87M": kernel(87 << 20),
        "Image-200M": kernel(200 << 20),
        "Image.gz": b"\x1f\x8b" + pattern(100, 3),
        "initrd": pattern(10000, 13),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
