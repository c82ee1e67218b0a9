# SPDX-License-Identifier: Apache-2.0
"""Damaged input: whatever is in a system file, a guest image or a device tree, the tool answers with its own errors.
The tool under test is built with AddressSanitizer and UBSan; conftest fails a test on any report of theirs."""
import pathlib
import random
import subprocess

import pytest

from test_check import errors_of

HERE = pathlib.Path(__file__).resolve().parent
SOURCES = [p.read_text() for p in sorted((HERE / "good").glob("*.yaml")) if p.stem not in ("big-pages", "many-vms")]
WORDS = ["{}", "[]", ":", "- ", "0x", "-1", "1e9", "\t", "'", '"', "&a", "*a", "!!int", "?", "|", "99999999999999999999",
         "0xffffffffffffffff", "16384P", "%", "\u00e9", "\x01", "null", "~", "---", "...", "<<: ", "{", "]", "K", "s"]
HEAD = "partita: 1\nboard: qemu-virt-riscv64\n"


def damage(dice, text):
    for _ in range(dice.randint(1, 4)):
        lines = text.splitlines()
        at = dice.randrange(len(lines) or 1)
        what = dice.randrange(6)
        if what == 0 and lines:
            del lines[at]
        elif what == 1 and lines:
            lines.insert(at, lines[dice.randrange(len(lines))])
        elif what == 2 and lines:
            lines[at] = " " * dice.randint(0, 6) + lines[at].strip()
        else:
            text = "\n".join(lines)
            at = dice.randrange(len(text) + 1)
            text = text[:at] + (dice.choice(WORDS) if what < 5 else "") + text[at + dice.randint(0, 5):]
            lines = text.splitlines()
        text = "\n".join(lines) + "\n"
    return text


def answers(tool, name):
    run = tool("check", name)
    assert run.returncode in (0, 1)
    if run.returncode:
        assert errors_of(run.stderr)


@pytest.mark.parametrize("seed", range(150))
def test_damaged_system(tool, seed):
    """REQ: OPS-1. Given a damaged system file, when it is checked, then it is either good or its errors are listed in
    the usual form."""
    dice = random.Random(seed)
    answers(tool, tool.system(damage(dice, dice.choice(SOURCES))))


@pytest.mark.parametrize("seed", range(60))
def test_damaged_guest(tool, seed):
    """REQ: OPS-1. Given a damaged ELF file or kernel header, when the system is built, then it is built or refused in the
    usual form."""
    dice = random.Random(seed)
    for name in ("odd.elf", "Image"):
        data = bytearray((tool.folder / name).read_bytes())
        for _ in range(dice.randint(1, 6)):
            data[dice.randrange(min(len(data), 240))] = dice.choice((0, 1, 0x7f, 0xff, dice.randrange(256)))
        (tool.folder / name).write_bytes(data[:dice.choice((len(data), dice.randrange(len(data))))])
    system = tool.system(HEAD + "vms:\n  a: {image: odd.elf, memory: 64K, on-fault: restart}\n"
                         "  b: {linux: {kernel: Image}, memory: 88M}\n")
    answers(tool, system)
    assert tool("build", system, "-o", "x.img").returncode in (0, 1)


@pytest.mark.parametrize("seed", range(30))
def test_damaged_tree(tool, seed):
    """REQ: OPS-1. Given a damaged device tree of the user's own, then it is taken or refused in the usual form."""
    dice = random.Random(seed)
    source = "/dts-v1/;\n/ { chosen { bootargs = \"x\"; }; soc { a = <1 2 3>; }; };\n"
    subprocess.run(["dtc", "-I", "dts", "-O", "dtb", "-o", tool.folder / "own.dtb"], input=source, text=True, check=True,
                   stderr=subprocess.DEVNULL)
    data = bytearray((tool.folder / "own.dtb").read_bytes())
    for _ in range(dice.randint(1, 3)):
        data[dice.randrange(len(data))] = dice.choice((0, 1, 2, 9, 0xff, dice.randrange(256)))
    (tool.folder / "own.dtb").write_bytes(data)
    answers(tool, tool.system(HEAD + "vms: {a: {linux: {kernel: Image, initrd: initrd, cmdline: hello}, memory: 88M, "
                                     "dtb: own.dtb}}\n"))


def test_deep(tool):
    """REQ: OPS-1. Given a file nested a hundred thousand deep, then it is refused in the usual form."""
    answers(tool, tool.system("a: " + "[" * 100000 + "\n"))
    answers(tool, tool.system("a: " + "{a: " * 5000 + "\n"))


def test_binary(tool):
    """REQ: OPS-1. Given bytes that are no text, then they are refused in the usual form."""
    for seed in range(10):
        (tool.folder / "x.yaml").write_bytes(random.Random(seed).randbytes(2000))
        assert tool("check", "x.yaml").returncode == 1
