# SPDX-License-Identifier: Apache-2.0
"""partita trace: what it makes of a trace file, and of a damaged one. Files are written by trace_bytes.py."""
import json
import random
import struct

import pytest

from trace_bytes import KINDS, MAGIC, NEVER, NOBODY, WORK, file, record, ring, table_of

MS = 1000000
SYSTEM = """partita: 1
board: qemu-virt-riscv64
cpus: {0: {}, 1: {}}
vms:
  control: {image: tiny.elf, memory: 64K, vcpus: [{cpu: 0, capacity: 200us, period: 1ms}]}
  linux: {image: tiny.elf, memory: 64K, vcpus: [{cpu: 0}, {cpu: 1}]}
"""
CONTROL, LINUX0, LINUX1 = 0, 1, 2


@pytest.fixture(name="table")
def fixture_table(tool):
    return table_of(tool.image(SYSTEM))


@pytest.fixture(name="show")
def fixture_show(tool):
    """What `partita trace` prints of these bytes."""
    def show(data, *options, code=0):
        (tool.folder / "x.trace").write_bytes(data)
        run = tool("trace", "x.trace", *options)
        assert run.returncode == code, run.stderr
        return run.stdout if code == 0 else run.stderr

    return show


def rows(text):
    """[time, cpu, vcpu, kind, rest] of each line."""
    return [line.split(None, 4) for line in text.splitlines()[1:]]


def test_every_kind_has_its_words(table, show):
    """REQ: OPS-3. Given one record of each kind, when they are shown, then each line says what its numbers mean."""
    says = [
        (record(1, "switch", CONTROL, NOBODY), "control switch from idle"),
        (record(2, "switch", WORK, LINUX0), "work switch from linux[0]"),
        (record(3, "release", CONTROL, 0, 12 * MS), "control release at 0.012000000"),
        (record(4, "deadline", CONTROL, 0, 13 * MS), "control deadline at 0.013000000"),
        (record(5, "budget", CONTROL, 0, 1500 * MS), "control budget used up until 1.500000000"),
        (record(6, "miss", CONTROL, 3, 13 * MS), "control miss deadline 0.013000000, 3 so far"),
        (record(7, "wake", LINUX1, 0, 7), "linux[1] wake at 0.000000007"),
        (record(8, "block", LINUX0, 1, NEVER), "linux[0] block interrupt"),
        (record(9, "block", CONTROL, 2, 14 * MS), "control block period until 0.014000000"),
        (record(10, "exit", LINUX0, 5), "linux[0] exit device"),
        (record(11, "hypercall", CONTROL, 1, 0x08505254), "control hypercall partita wait-next-period"),
        (record(12, "hypercall", LINUX0, 0, 0x54494d45), "linux[0] hypercall time 0"),
        (record(13, "interrupt", NOBODY, 4), "idle interrupt 4"),
        (record(14, "fault", LINUX1, 0, 0xdead0000), "linux[1] fault 0xdead0000"),
        (record(15, "start", LINUX1), "linux[1] start"),
        (record(16, "stop", LINUX1), "linux[1] stop"),
        (record(17, "move", LINUX1, 1), "linux[1] move to cpu 1"),
        (record(18, "plan", NOBODY, 2, 20 * MS), "idle plan 2 from 0.020000000"),
        (record(19, "admit", CONTROL, 0, LINUX1), "control admit yes: linux[1]"),
        (record(20, "admit", CONTROL, 5, 1100000), "control admit refused: cpu, 1100000"),
    ]
    lines = rows(show(file(table, [ring([r for r, _ in says])])))
    assert [" ".join(line[2:]) for line in lines] == [words for _, words in says]
    assert [line[0] for line in lines] == [f"0.{i + 1:09d}" for i in range(len(says))]
    assert {line[1] for line in lines} == {"0"}


def test_cpus_are_merged_by_time_and_each_keeps_its_order(table, show):
    """REQ: OPS-3. Given records of two CPUs, some at the same time, then they come by time, of the first CPU first."""
    first = ring([record(t, "exit", CONTROL, i) for i, t in enumerate((5, 7, 7, 20))])
    second = ring([record(t, "exit", LINUX1, i, cpu=1) for i, t in enumerate((1, 7, 9, 30))], cpu=1)
    lines = [json.loads(line) for line in show(file(table, [first, second]), "--json").splitlines()]
    assert [(r["time"], r["cpu"], r["detail"]) for r in lines] == [
        (1, 1, 0), (5, 0, 0), (7, 0, 1), (7, 0, 2), (7, 1, 1), (9, 1, 2), (20, 0, 3), (30, 1, 3)]


@pytest.mark.parametrize("written", (64, 65, 127, 128, 1000003))
def test_a_ring_that_went_round_is_shown_from_its_oldest_record(tool, table, written):
    """REQ: OPS-3. Given a ring whose oldest records were overwritten, then the 64 newest come in order, and how many
    are gone is said."""
    data = [record(written - 64 + i, "exit", CONTROL) for i in range(64)]
    (tool.folder / "x.trace").write_bytes(file(table, [ring(data, written=written)]))
    run = tool("trace", "x.trace", "--json")
    assert [json.loads(line)["time"] for line in run.stdout.splitlines()] == list(range(written - 64, written))
    assert (f"the oldest {written - 64} of {written} records were overwritten" in run.stderr) == (written > 64)


def test_json_has_every_number(table, show):
    """REQ: OPS-3"""
    data = file(table, [ring([record(7, "switch", LINUX1, CONTROL, NEVER, cpu=1)], cpu=1)])
    assert json.loads(show(data, "--json")) == {
        "time": 7, "cpu": 1, "vcpu": "linux[1]", "kind": "switch", "from": "control", "detail": 0, "value": NEVER}


@pytest.mark.parametrize("options, wanted", [
    (("--cpu", "1"), [3, 4]),
    (("--vcpu", "linux"), [1, 3, 4]),
    (("--vcpu", "linux[1]"), [3, 4]),
    (("--vcpu", "idle"), [2]),
    (("--kind", "exit"), [0, 1, 3]),
    (("--kind", "switch,wake"), [2, 4]),
    (("--from", "2ms"), [2, 3, 4]),
    (("--from", "0.001", "--until", "0.003"), [1, 2]),
    (("--vcpu", "control", "--kind", "wake"), []),
], ids=lambda value: " ".join(map(str, value)))
def test_filters(table, show, options, wanted):
    """REQ: OPS-3. Given options, when a trace is shown, then only what they ask for is there."""
    records = [record(0, "exit", CONTROL), record(MS, "exit", LINUX0), record(2 * MS, "switch", NOBODY, LINUX0)]
    others = [record(3 * MS, "exit", LINUX1, cpu=1), record(4 * MS, "wake", LINUX1, cpu=1)]
    text = show(file(table, [ring(records), ring(others, cpu=1)]), "--json", *options)
    assert [json.loads(line)["time"] // MS for line in text.splitlines()] == wanted


def test_lanes_show_who_ran_longest_in_each_unit(table, show):
    """REQ: OPS-3. Given switches, when lanes of 1 ms are asked for, then each CPU is a line, each character the one who
    had most of that millisecond, and the whole trace is covered on every CPU."""
    first = ring([record(10 * MS, "switch", CONTROL, LINUX0), record(12 * MS, "switch", LINUX0, CONTROL),
                  record(12 * MS + MS // 3, "switch", NOBODY, LINUX0), record(15 * MS, "switch", WORK, NOBODY),
                  record(16 * MS, "switch", CONTROL, WORK), record(18 * MS, "exit", CONTROL)])
    second = ring([record(13 * MS + 1, "switch", LINUX1, NOBODY, cpu=1)], cpu=1)
    text = show(file(table, [first, second]), "--lanes", "1ms")
    assert text.splitlines() == ["from 0.010000000, 1ms a character", "cpu 0 |AA...-AA|", "cpu 1 |   CCCCC|",
                                 "      A control", "      C linux[1]", "      . idle", "      - work"]
    text = show(file(table, [first, second]), "--lanes", "2ms", "--from", "12ms", "--until", "16ms", "--cpu", "0")
    assert text.splitlines()[:2] == ["from 0.012000000, 2ms a character", "cpu 0 |..|"]


def test_summary_adds_up(table, show):
    """REQ: OPS-3. Given a trace, when its summary is asked for, then kinds, shares and misses are those of the
    records."""
    records = [record(0, "release", CONTROL), record(0, "switch", CONTROL, NOBODY), record(MS, "miss", CONTROL, 1),
               record(MS, "switch", LINUX0, CONTROL), record(2 * MS, "exit", LINUX0), record(4 * MS, "exit", LINUX0)]
    text = show(file(table, [ring(records)]), "--summary")
    found = {line.split()[0]: line.split()[1:] for line in text.splitlines() if line.startswith("  ")}
    assert found["switch"] == ["2"] and found["exit"] == ["2"] and found["miss"] == ["1"]
    assert found["control"] == ["25.000", "%", "1", "1", "0", "1", "0"]
    assert found["linux[0]"] == ["75.000", "%", "1", "0", "0", "0", "2"]


def test_unknown_numbers_are_shown_as_numbers(table, show):
    """REQ: OPS-3. Given a record of a kind and about a vCPU that this partita does not know, then it is shown, not
    refused."""
    data = file(table, [ring([record(1, 200, 77, 5, 255, cpu=9), record(2, "exit", 63, 99),
                              record(3, "switch", 500, 600), record(4, "block", CONTROL, 88, NEVER)])])
    lines = rows(show(data))
    assert lines[0][1:] == ["9", "?", "?", "5 0xff"]
    assert lines[1][2:] == ["?", "exit", "cause 99"]
    assert lines[3][4] == "reason 88"
    for options in (("--lanes", "1us"), ("--summary",), ("--json",)):
        show(data, *options)


def test_services_have_names(tool, show):
    """REQ: OPS-3. Given a VM with services, then a record about one names it, and --vcpu with the VM's name finds
    it."""
    text = SYSTEM.replace("vcpus: [{cpu: 0}, {cpu: 1}]", "vcpus: [{cpu: 0}, {cpu: 1}], services: "
                          "{a: {cpu: 0, capacity: 10us, period: 1ms}, b: {cpu: 1, capacity: 10us, period: 1ms}}")
    data = file(table_of(tool.image(text)), [ring([record(i, "start", 4 - i) for i in (0, 1, 4)])])
    assert [line[2] for line in rows(show(data))] == ["linux.service[1]", "linux.service[0]", "control"]
    assert [line[2] for line in rows(show(data, "--vcpu", "linux"))] == ["linux.service[1]", "linux.service[0]"]
    assert [line[2] for line in rows(show(data, "--vcpu", "linux.service[0]"))] == ["linux.service[0]"]


def test_an_empty_trace(table, show):
    """REQ: OPS-3"""
    data = file(table, [ring([])])
    assert len(show(data).splitlines()) == 1
    assert show(data, "--summary") == show(data, "--lanes", "1ms") == "no records\n"
    assert show(data, "--json") == ""


@pytest.mark.parametrize("change, wanted", [
    (lambda table: b"", "is no trace file; 'partita run --trace FILE SYSTEM.yaml' writes one"),
    (lambda table: b"partita: 1\nboard: qemu-virt-riscv64\n", "is no trace file"),
    (lambda table: file(table, [ring([])], version=2), "is a trace file of version 2, and this partita knows versi"),
    (lambda table: file(table, [ring([])])[:100], "is cut off inside its system table"),
    (lambda table: file(table, [ring([])], table_bytes=len(table) + 4), "is cut off inside its system table"),
    (lambda table: file(b"X" + table[1:], [ring([])]), "holds no system table"),
    (lambda table: file(table[:4] + b"\x63" + table[5:], [ring([])]), "holds a system table of version 99"),
    (lambda table: file(table[:40] + b"\x63" + table[41:], [ring([])]), "holds a damaged system table"),
    (lambda table: file(table, [ring([])], count=0), "it says that it has records of 0 CPUs"),
    (lambda table: file(table, [ring([])], count=1000), "it says that it has records of 1000 CPUs"),
    (lambda table: file(table, [ring([])], count=2), "is cut off before the records of CPU 1"),
    (lambda table: file(table, [ring([])])[:-1], "is cut off inside the records of CPU 0"),
    (lambda table: file(table, [ring([])]) + b"x", "something stands behind the last record"),
    (lambda table: file(table, [ring([], magic=MAGIC + 1)]), "what stands before the records of CPU 0 makes no sense"),
    (lambda table: file(table, [ring([], version=7)]), "makes no sense"),
    (lambda table: file(table, [ring([], bytes_=32)]), "makes no sense"),
    (lambda table: file(table, [ring([], room=96)]), "makes no sense"),
    (lambda table: file(table, [ring([], room=32)]), "makes no sense"),
    (lambda table: file(table, [ring([], cpu=2)]), "makes no sense"),
    (lambda table: file(table, [ring([], mode=2)]), "makes no sense"),
], ids=map(str, range(20)))
def test_damaged_files_are_refused_with_the_reason(table, show, change, wanted):
    """REQ: OPS-3. Given a file that is damaged, when it is shown, then the exit code is 3 and the message names the
    file and what is wrong."""
    message = show(change(table), code=3)
    assert message.startswith("partita trace: 'x.trace' ") and wanted in message
    assert message.count("\n") == 1


def test_random_damage_does_no_harm(tool, table):
    """REQ: OPS-3. Given trace files with random bytes changed and cut off anywhere, when every view is asked for, then
    partita ends with code 0 or 3 (the sanitizers would say otherwise)."""
    chance = random.Random(3)
    good = file(table, [ring([record(i * MS, chance.randrange(1, len(KINDS)), chance.choice((0, 1, 2, NOBODY, WORK)),
                                     chance.randrange(4), i * MS) for i in range(64)], written=100)])
    ring_at = 16 + len(table)
    for number in range(60):
        data = bytearray(good)
        for _ in range(chance.randrange(1, 6)):
            # Mostly where a checksum does not guard.
            at = chance.choice((chance.randrange(16), chance.randrange(ring_at, len(data))))
            data[at] = chance.randrange(256)
        if number % 4 == 0:
            data = data[:chance.randrange(len(data))]
        (tool.folder / "x.trace").write_bytes(data)
        for options in ((), ("--summary",), ("--lanes", "100ms"), ("--json", "--vcpu", "linux")):
            run = tool("trace", "x.trace", *options)
            assert run.returncode in (0, 2, 3), run.stderr
            assert run.returncode == 0 or run.stderr


@pytest.mark.parametrize("options, wanted", [
    (("--cpu", "2"), "--cpu '2' is no CPU of this trace"),
    (("--vcpu", "contrl"), "did you mean 'control'?"),
    (("--kind", "swich"), "is no kind; there are switch, release, "),
    (("--from", "soon"), "--from 'soon' is not a time"),
    (("--until", "3"), "is not a time"),
    (("--lanes", "0ms"), "is no time; write more than 0"),
    (("--lanes", "1ns"), "at most 100000 are shown; write a longer unit, or --from and --until"),
    (("--lanes", "long"), "--lanes 'long' is not a time"),
], ids=lambda value: value if isinstance(value, str) else " ".join(value))
def test_wrong_options(table, show, options, wanted):
    """REQ: OPS-3. Given an option that makes no sense, then the exit code is 2 and the message says what would."""
    records = [record(0, "exit", CONTROL), record(1000 * MS, "exit", CONTROL)]
    assert wanted in show(file(table, [ring(records)]), *options, code=2)


def test_run_with_trace_needs_a_system_that_records(tool):
    """REQ: OPS-3. Given a system without `trace:`, when it is run with --trace, then the message names the key."""
    tool.image(SYSTEM)
    run = tool("run", "system.img", "--trace", "x.trace")
    assert run.returncode == 1 and "'system.img' records nothing; write the key 'trace:' into its" in run.stderr
    assert not (tool.folder / "x.trace").exists()


@pytest.mark.parametrize("options, wanted", [
    (("--for", "1s"), "--for needs --trace FILE"),
    (("--for", "0s", "--trace", "x"), "write more than 0"),
    (("--for", "soon", "--trace", "x"), "--for 'soon' is not a time"),
], ids=lambda value: value if isinstance(value, str) else " ".join(value))
def test_wrong_options_of_run(tool, options, wanted):
    """REQ: OPS-3"""
    run = tool("run", "system.img", *options)
    assert run.returncode == 2 and wanted in run.stderr


def test_the_file_is_what_the_header_says(table):
    """REQ: OPS-3. The writer of these tests agrees with abi/trace.h on every size."""
    assert len(record(0, "exit", 0)) == 24
    assert len(ring([])) == 32 + 64 * 24
    assert struct.unpack_from("<I", file(table, []))[0] == MAGIC
