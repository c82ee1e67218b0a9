# SPDX-License-Identifier: Apache-2.0
"""The command itself: help, version, options, exit codes, colour; and how it starts QEMU."""
import os
import pathlib
import pty
import re
import stat
import subprocess
import time

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
COMMANDS = ("check", "build", "run", "keys")
SYSTEM = "partita: 1\nboard: qemu-virt-riscv64\nram: 512M\nvms: {a: {image: tiny.elf, memory: 64K, cpu: 2}}\n"
WRONG = SYSTEM.replace("tiny.elf", "nosuch.elf")


@pytest.mark.parametrize("words", [("--help",), ("-h",), ("help",), *[(c, "--help") for c in COMMANDS],
                                   *[("help", c) for c in COMMANDS]], ids=" ".join)
def test_help(tool, words):
    """REQ: OPS-1. Given --help anywhere, then usage and examples are shown and the exit code is 0."""
    run = tool(*words)
    assert run.returncode == 0 and run.stderr == ""
    assert run.stdout.startswith("usage: partita ") and "\nExamples:\n" in run.stdout
    assert all(len(line) <= 120 for line in run.stdout.splitlines())


@pytest.mark.parametrize("words", [("--version",), ("-V",), *[(c, "--version") for c in COMMANDS]], ids=" ".join)
def test_version(tool, words):
    """REQ: OPS-1. Given --version anywhere, then the version is shown and the exit code is 0."""
    run = tool(*words)
    assert run.returncode == 0 and re.fullmatch(r"partita \d+\.\d+\n", run.stdout)


@pytest.mark.parametrize("words, wanted", [
    ((), "which command?"),
    (("chekc", "x.yaml"), "did you mean 'check'?"),
    (("zzzzzz",), "'partita --help' lists them"),
    (("help", "biuld"), "did you mean 'build'?"),
    (("check",), "which file?"),
    (("check", "a", "b"), "one word too many: 'b'"),
    (("check", "--verbos", "a"), "unknown option '--verbos'"),
    (("build", "a", "--outptu", "b"), "did you mean '--output'?"),
    (("build", "a", "-o"), "option '--output' needs a value"),
    (("build", "a", "--verbose=yes"), "takes no value"),
    (("build", "a", "-x"), "unknown option '-x'"),
    (("check", "a", "--", "b"), "nothing may follow"),
    (("keys", "a"), "one word too many"),
    (("run", "a", "--icount", "fast"), "--icount 'fast' is no shift"),
    (("run", "a", "--icount", "1", "--no-icount"), "exclude each other"),
    (("run", "a", "--idle", "off"), "--idle 'off' is unknown; write skip or wait"),
    (("run", "a", "--timeout", "0"), "--timeout '0' is no time"),
    (("check", "nosuch.yaml"), "cannot read 'nosuch.yaml': No such file"),
    (("build", "/tmp", "-o", "x"), "cannot read '/tmp'"),
    (("run", "nosuch.img"), "cannot read 'nosuch.img'"),
])
def test_usage(tool, words, wanted):
    """REQ: OPS-1. Given wrong usage, then the message says what is wrong, with the nearest known word, on the error
    output alone, and the exit code is 2."""
    run = tool(*words)
    assert run.returncode == 2 and run.stdout == ""
    assert wanted in run.stderr


def test_keys(tool):
    """REQ: OPS-1. Given `partita keys`, then each key is listed with type and default or 'required'."""
    lines = tool("keys").stdout.splitlines()
    assert len(lines) >= 35
    assert all(re.search(r"^[a-zA-Z.\[\]-]+: .+ \(.+; (default .+|required)\)$", line) for line in lines)


def on_terminal(tool, *words, **more):
    """What the command prints when both outputs are a terminal."""
    mine, theirs = pty.openpty()
    subprocess.run([str(tool.path), *words], cwd=tool.folder, env={**tool.env, **more}, stdin=subprocess.DEVNULL,
                   stdout=theirs, stderr=theirs, check=False)
    os.close(theirs)
    text = b""
    try:
        while True:
            part = os.read(mine, 65536)
            if not part:
                break
            text += part
    except OSError:
        pass
    os.close(mine)
    return text.decode()


def test_colour(tool):
    """REQ: OPS-1. Given errors, then they are coloured on a terminal, and not in a pipe, nor with NO_COLOR, nor on a
    dumb terminal."""
    name = tool.system(WRONG)
    assert "\033[" in on_terminal(tool, "check", name)
    assert "\033[" not in on_terminal(tool, "check", name, NO_COLOR="1")
    assert "\033[" not in on_terminal(tool, "check", name, TERM="dumb")
    assert "\033[" not in tool("check", name).stderr


def test_output(tool):
    """REQ: OPS-1. Given an output in a folder that does not exist, then it is made; given one that cannot be, then the
    exit code is 3 and nothing is left behind."""
    name = tool.system(SYSTEM)
    assert tool("build", name, "--output=deep/er/x.img").returncode == 0
    assert sorted(p.name for p in (tool.folder / "deep/er").iterdir()) == ["x.img", "x.img.elf"]
    assert tool("build", name).returncode == 0 and (tool.folder / "system.img").exists()
    assert tool("build", name, "-o", "tiny.elf/x.img").returncode == 3
    run = tool("build", name, "-ofine.img", "-v")
    assert run.returncode == 0 and "Memory" in run.stdout and "riscv64-linux-gnu-ld" in run.stderr


def fake_qemu(tool, body, version="10.0.2"):
    path = tool.folder / "qemu"
    path.write_text(f"#!/bin/sh\nif [ \"$1\" = --version ]; then echo QEMU emulator version {version}; exit; fi\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return {"PARTITA_QEMU": str(path)}


def words_of(tool, *options, system=SYSTEM):
    """QEMU's arguments when the system is run with these options."""
    env = fake_qemu(tool, 'printf "%s\\n" "$@" > words')
    image = tool.image(system)
    run = tool("run", image.name, *options, env=env)
    assert run.returncode == 0, run.stderr
    return (tool.folder / "words").read_text().splitlines()


def after(words, word):
    return words[words.index(word) + 1]


def test_run_machine(tool):
    """REQ: OPS-1. Given an image, then QEMU gets as many harts and as much memory as its table says, the serial line on
    the terminal, and what follows -- on the command line."""
    words = words_of(tool, "--", "-s", "-S")
    assert (after(words, "-smp"), after(words, "-m")) == ("3", "512M")
    assert after(words, "-kernel") == "system.img" and after(words, "-M") == "virt,aia=aplic-imsic,aia-guests=7"
    assert after(words, "-chardev") == "stdio,id=c,signal=off,mux=off"
    assert words[-2:] == ["-s", "-S"]


RESERVED = SYSTEM.replace("cpu: 2", "vcpus: [{cpu: 0, capacity: 1ms, period: 5ms}]")


@pytest.mark.parametrize("options, wanted", [((), "shift=1,sleep=on"), (("--idle", "skip"), "shift=1,sleep=off"), (("--headless",), "shift=1,sleep=off"),
                                             (("--icount=0", "--headless"), "shift=0,sleep=off"),
                                             (("--no-icount",), None)])
def test_run_icount(tool, options, wanted):
    """REQ: OPS-1. Given the options for time, then QEMU counts instructions as they say."""
    words = words_of(tool, *options)
    assert (after(words, "-icount") if "-icount" in words else None) == wanted


def test_run_reservation(tool):
    """REQ: SCHED-1. Given a system with a reservation, then idle time is skipped, unless the user says otherwise: QEMU
    would add the host's delays to the machine's time."""
    assert after(words_of(tool, system=RESERVED), "-icount") == "shift=1,sleep=off"
    assert after(words_of(tool, "--idle=wait", system=RESERVED), "-icount") == "shift=1,sleep=on"


def test_run_system(tool):
    """REQ: OPS-1. Given a system file instead of an image, then it is built first; given a wrong one, its errors are
    shown with exit code 1 and QEMU does not start."""
    env = fake_qemu(tool, """while [ "$1" != -kernel ]; do shift; done; wc -c < "$2"; ls "$2.elf"; echo "$2" > started""")
    run = tool("run", tool.system(SYSTEM), env=env)
    assert run.returncode == 0 and int(run.stdout.split()[0]) > 65536
    assert not pathlib.Path((tool.folder / "started").read_text().strip()).parent.exists(), "left behind"
    (tool.folder / "started").unlink()
    run = tool("run", tool.system(WRONG), env=env)
    assert run.returncode == 1 and "no file" in run.stderr
    assert not (tool.folder / "started").exists()


def test_run_ends(tool):
    """REQ: OPS-1. Given a machine that fails, one that hangs and one that ignores being ended, then the exit codes are
    4, 124 and 124."""
    image = tool.image(SYSTEM).name
    assert tool("run", image, env=fake_qemu(tool, "exit 1")).returncode == 4
    start = time.monotonic()
    run = tool("run", image, "--timeout", "1", env=fake_qemu(tool, "exec sleep 60"))
    assert run.returncode == 124 and "--timeout" in run.stderr
    run = tool("run", image, "--timeout", "1", env=fake_qemu(tool, "trap '' TERM\nwhile :; do sleep 1; done"))
    assert run.returncode == 124
    assert time.monotonic() - start < 15


def test_run_needs_qemu(tool):
    """REQ: OPS-1. Given no QEMU, or one that is too old, or a damaged image, then the exit code is 3 and the message
    says what to do."""
    image = tool.image(SYSTEM)
    run = tool("run", image.name, env={"PARTITA_QEMU": "no-such-qemu"})
    assert run.returncode == 3 and "make setup" in run.stderr
    run = tool("run", image.name, env=fake_qemu(tool, "", "7.2.11"))
    assert run.returncode == 3 and "version 7" in run.stderr and "make setup" in run.stderr
    data = bytearray(image.read_bytes())
    data[data.index(b"PART") + 40] ^= 1
    image.write_bytes(data)
    run = tool("run", image.name, env=fake_qemu(tool, ""))
    assert run.returncode == 3 and "no intact system table" in run.stderr


def test_terminal_is_put_back(tool):
    """REQ: OPS-4. Given a machine that leaves the terminal raw, then it is as before when the command ends."""
    image = tool.image(SYSTEM).name
    env = fake_qemu(tool, "stty raw -echo")
    mine, theirs = pty.openpty()
    before = subprocess.run(["stty", "-g"], stdin=theirs, capture_output=True, check=True).stdout
    subprocess.run([str(tool.path), "run", image], cwd=tool.folder, env={**tool.env, **env}, stdin=theirs, check=True)
    assert subprocess.run(["stty", "-g"], stdin=theirs, capture_output=True, check=True).stdout == before
    os.close(mine)
    os.close(theirs)


def test_reference_is_complete(tool):
    """REQ: OPS-1. Given every key that the tool knows, then the configuration reference has an entry for it that names
    its type and its default."""
    reference = (ROOT / "docs/configuration.md").read_text()
    tables = re.findall(r"^\| key \| type \| default \| meaning \| example \|\n((?:\|.*\n)+)", reference, re.M)
    entries = [row for table in tables for row in re.findall(r"^\| `([^`]+)` \| (.+) \|$", table, re.M)]
    listed = {name for name, _ in entries}
    lines = tool("keys").stdout.splitlines()
    known = {line.split(": ")[0] for line in lines}
    assert known - listed == set()
    assert listed - known == set(), "documented, but unknown to the tool"
    for name, rest in entries:
        assert len(rest.split(" | ")) == 4, f"{name}: type, default, meaning, example"


def test_examples_of_the_reference(tool):
    """REQ: OPS-1. Given the complete examples in the configuration reference, then they pass the check as they are."""
    reference = (ROOT / "docs/configuration.md").read_text()
    examples = re.findall(r"^```yaml\n(partita: 1\n.*?)^```$", reference, re.M | re.S)
    assert examples
    for text in examples:
        text = re.sub(r"[\w./-]*build/linux/Image", "Image", text)
        text = re.sub(r"[\w./-]*build/linux/[\w.]+", "initrd", text)
        text = re.sub(r"[\w./-]*build/guest/[\w-]+\.elf", "tiny.elf", text)
        text = re.sub(r"[\w./-]+\.bin", "flat.bin", text)
        run = tool("check", tool.system(text))
        assert run.returncode == 0, run.stderr
