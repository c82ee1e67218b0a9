# SPDX-License-Identifier: Apache-2.0
"""Wrong system files: each is refused for the reasons it names, at their places, and for no others.

A line `# expect: LINE:COL: TEXT` in a file under wrong/ stands for one error whose message holds TEXT; place
0:0 means the file as a whole, and no place at all means any.
"""
import pathlib
import re

import pytest

HERE = pathlib.Path(__file__).resolve().parent
WRONG = sorted((HERE / "wrong").glob("*.yaml"))
GOOD = sorted((HERE / "good").glob("*.yaml"))
ERROR = re.compile(r"^(?P<file>[^:]+):(?:(?P<line>\d+):(?P<col>\d+):)? error: (?P<text>.*)$")
EXPECT = re.compile(r"^# expect: (?:(\d+):(\d+): )?(.*)$", re.M)


def errors_of(output):
    """[(line, col, text)] in the order printed; every line but the last is an error."""
    *lines, last = output.splitlines()
    assert re.fullmatch(r"\d+ errors?; nothing was built", last), output
    assert int(last.split()[0]) == len(lines), output
    found = [ERROR.match(line) for line in lines]
    assert all(found), output
    return [(int(m["line"] or 0), int(m["col"] or 0), m["text"]) for m in found]


def test_there_are_enough():
    """REQ: OPS-1. Given the collection of wrong system files, then it covers at least 45 mistakes."""
    assert len(WRONG) >= 45


@pytest.mark.parametrize("path", WRONG, ids=lambda path: path.stem)
def test_wrong(tool, path):
    """REQ: OPS-1. Given a wrong system file, when it is checked, then just its mistakes are reported, each at
    its place, in file order, with a remedy; and nothing is built of it."""
    text = path.read_text()
    expected = EXPECT.findall(text)
    assert expected
    tool.system(text, path.name)
    run = tool("check", path.name)
    assert run.returncode == 1
    assert run.stdout == ""
    errors = errors_of(run.stderr)
    left = list(errors)
    for line, col, wanted in expected:
        place = (int(line), int(col)) if line else None
        match = [e for e in left if (place is None or e[:2] == place) and wanted in e[2]]
        assert match, f"no error '{wanted}' at {place} in\n{run.stderr}"
        left.remove(match[0])
    assert not left, f"errors too many: {left}"
    order = [(e[0] or 10**9, e[1]) for e in errors]
    assert order == sorted(order)
    assert all("; " in e[2] for e in errors), "an error without a remedy"
    run = tool("build", path.name, "-o", "wrong.img")
    assert run.returncode == 1
    assert errors_of(run.stderr) == errors
    assert not (tool.folder / "wrong.img").exists()


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_good(tool, path):
    """REQ: OPS-1. Given a good system file, when it is checked, then its summary names every VM and holds what
    the file's `# shows:` lines say."""
    text = path.read_text()
    tool.system(text, path.name)
    run = tool("check", path.name)
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    for wanted in re.findall(r"^# shows: (.*)$", text, re.M):
        assert wanted in run.stdout, run.stdout


def test_beside_first(tool):
    """REQ: OPS-1. Given an image of the same name beside the system file and in the current folder, then the one
    beside counts; given none beside, the other; given neither, then both places are named."""
    sub = tool.folder / "sub"
    sub.mkdir()
    system = "partita: 1\nboard: qemu-virt-riscv64\nvms: {a: {image: here.bin, memory: 8K}}\n"
    (sub / "s.yaml").write_text(system)
    run = tool("check", "sub/s.yaml")
    assert "no file 'sub/here.bin' beside the system file, nor 'here.bin' in the current folder" in run.stderr
    (tool.folder / "here.bin").write_bytes(b"12345678")
    assert tool("check", "sub/s.yaml").returncode == 0
    (sub / "here.bin").write_bytes(b"")
    assert "is empty" in tool("check", "sub/s.yaml").stderr


def test_without_hypervisor(tool):
    """REQ: OPS-1. Given no built hypervisor, when a system is checked, then it is checked with estimates and says
    so; when it is built, then the command names what is missing and how to get it."""
    name = tool.system("partita: 1\nboard: qemu-virt-riscv64\nvms: {a: {image: tiny.elf, memory: 64K}}\n")
    nowhere = {"PARTITA_HV": "/nowhere"}
    run = tool("check", name, env=nowhere)
    assert run.returncode == 0 and "estimated" in run.stdout and "make hv" in run.stdout
    run = tool("build", name, env=nowhere)
    assert run.returncode == 3 and "make hv" in run.stderr
    run = tool("build", name, env={"PARTITA_LD": "no-such-linker"})
    assert run.returncode == 3 and "no-such-linker" in run.stderr and "make setup" in run.stderr
