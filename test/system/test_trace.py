# SPDX-License-Identifier: Apache-2.0
"""partita run --trace: what the hypervisor recorded is what happened, and it is there however the machine ends."""
import json
import os
import signal
import subprocess
import time

import pytest

from partita import LIMIT_S, Machine, control

MS = 1000000
US = 1000
SPIN = "  spin: {image: guest/spin.elf, memory: 256K}\n"
HEAD = "console: {{show: all}}\ntrace: {{records: {records}, keep: {keep}}}\nvms:\n"


def head(records=16384, keep="newest"):
    return HEAD.format(records=records, keep=keep)


class Traces:
    """Runs systems with --trace."""

    def __init__(self, lab):
        self.lab = lab
        self.file = lab.folder / "x.trace"

    def run(self, text, *options, code=0, shift=0):
        """What was printed."""
        image = self.lab.build(text)
        done = self.lab.tool("run", image, "--headless", "--icount", shift, "--trace", self.file, *options,
                             env=self.lab.environment(LIMIT_S))
        assert done.returncode == code, done.stdout + done.stderr
        return done

    def show(self, *options):
        done = self.lab.tool("trace", self.file, *options)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def records(self, *options):
        return [json.loads(line) for line in self.show("--json", *options).splitlines()]


@pytest.fixture(name="traces")
def fixture_traces(lab):
    return Traces(lab)


def of(records, kind, vcpu):
    return [r for r in records if r["kind"] == kind and r["vcpu"] == vcpu]


def test_a_reservation_is_seen_to_be_served(traces):
    """Given a task of 200 us every ms beside one that spins, when the machine has ended, then each period has its
    release at k ms, its deadline one period later, a switch to the task at once, one back, and its wait for the
    next; nothing was missed, and the records of a CPU are in order.

    REQ: OPS-3, SCHED-1
    """
    traces.run(head() + control("control") + SPIN, "--timeout", "60", "--for", "1500ms")
    records = traces.records()
    times = [r["time"] for r in records]
    assert times == sorted(times)
    releases = of(records, "release", "control")
    assert len(releases) >= 1000
    first = releases[0]["value"]
    assert [r["value"] for r in releases] == [first + i * MS for i in range(len(releases))] and first % MS == 0
    assert [r["value"] for r in of(records, "deadline", "control")] == [r["value"] + MS for r in releases]
    assert all(0 <= r["time"] - r["value"] < 2 * US for r in releases)
    switches = of(records, "switch", "control")
    assert len(switches) == len(releases)
    assert all(0 <= s["time"] - r["value"] < 3 * US for s, r in zip(switches, releases))
    waits = [r for r in of(records, "block", "control") if r["detail"] == 2]
    assert [r["value"] for r in waits][:1000] == [r["value"] for r in releases[1:]][:1000]
    assert not of(records, "miss", "control") and not of(records, "budget", "control")
    # Whoever is switched to is the one who is switched from next.
    all_switches = [r for r in records if r["kind"] == "switch"]
    assert all(b["from"] == a["vcpu"] for a, b in zip(all_switches, all_switches[1:]))


def test_lanes_are_the_schedule(traces):
    """Given a task with 250 us of every ms that wants all of it, beside one that spins, when lanes of 250 us are drawn,
    then the task has the first of each four and the other one the rest; its budget is used up in every period.

    REQ: OPS-3, SCHED-1
    """
    greedy = ("  greedy:\n    image: guest/spin.elf\n    memory: 256K\n"
              "    vcpus: [{cpu: 0, capacity: 250us, period: 1ms}]\n")
    traces.run(head() + greedy + SPIN, "--timeout", "60", "--for", "300ms")
    lines = traces.show("--lanes", "250us", "--from", "100ms", "--until", "200ms").splitlines()
    assert lines == ["from 0.100000000, 250us a character", "cpu 0 |" + "ABBB" * 100 + "|", "      A greedy",
                     "      B spin"]
    budgets = [r["value"] for r in traces.records("--kind", "budget", "--from", "100ms", "--until", "200ms")]
    assert budgets == [(101 + i) * MS for i in range(100)]


def test_two_cpus_are_one_story(traces):
    """Given a VM on each of two CPUs, when the trace is shown, then both CPUs' records are there, by time, and each VM
    runs on its own CPU only.

    REQ: OPS-3, CPU-4
    """
    other = control().replace("  control:", "  other:").replace("cpu: 0", "cpu: 1")
    traces.run("cpus: {0: {policy: edf}, 1: {policy: edf}}\n" + head() + control() + other, "--timeout", "60")
    records = traces.records()
    assert [r["time"] for r in records] == sorted(r["time"] for r in records)
    for cpu, vcpu in enumerate(("control", "other")):
        assert {r["cpu"] for r in of(records, "switch", vcpu)} == {cpu}
        assert len(of(records, "release", vcpu)) >= 1000
        assert len(of(records, "stop", vcpu)) == 1


def test_small_rings_keep_the_newest_or_the_first_of_what_a_large_one_keeps(traces):
    """Given the same machine three times (it is deterministic but for how long the table's checksum takes), when its
    rings are large, or small and keep the newest, or small and keep the first, then the small ones are the end and the
    beginning of the large one.

    REQ: OPS-3
    """
    seen = {}
    for name, room in (("large", head(65536)), ("newest", head(64, "newest")), ("first", head(64, "first"))):
        traces.run(room + control() + SPIN.replace("spin.elf", "null-end.elf"), "--timeout", "60")
        seen[name] = traces.records()
    assert 5000 < len(seen["large"]) < 65536
    for small, part in ((seen["newest"], seen["large"][-64:]), (seen["first"], seen["large"][:64])):
        assert [{**r, "time": 0} for r in small] == [{**r, "time": 0} for r in part]
        assert all(abs(a["time"] - b["time"]) <= US for a, b in zip(small, part))


def test_the_machine_does_not_notice_that_its_trace_is_taken(traces):
    """Given a system that records, when it is run with --trace, twice, and without, then every output is the same to
    the byte, and so are the traces.

    REQ: OPS-3, VER-1
    """
    text = head() + control() + SPIN.replace("spin.elf", "null-end.elf")
    outputs, files = [], []
    for _ in range(2):
        outputs.append(traces.run(text, "--timeout", "60").stdout)
        files.append(traces.file.read_bytes())
    done = traces.lab.tool("run", traces.lab.build(text), "--headless", "--icount", 0, "--timeout", "60",
                           env=traces.lab.environment(LIMIT_S))
    assert outputs == [done.stdout] * 2 and "RESULT rt-start-jitter" in done.stdout
    assert files[0] == files[1]


def test_a_fault_is_in_the_trace(traces):
    """Given a VM that reads outside its memory and is stopped for it, then its trace ends with the exit, the fault with
    its address, and the stop.

    REQ: OPS-3, OPS-2
    """
    traces.run(head() + "  fault: {image: test/fault.elf, memory: 256K, on-fault: stop}\n", "--timeout", "60")
    last = [r for r in traces.records("--vcpu", "fault") if r["kind"] in ("exit", "fault", "stop")][-3:]
    assert [r["kind"] for r in last] == ["exit", "fault", "stop"]
    assert last[1]["value"] == 0x70000008
    assert "fault      0x70000008" in traces.show("--kind", "fault")


def test_admission_is_in_the_trace(traces):
    """Given a VM that creates services, some of which are refused, when the trace is read, then each answer is there
    with its reason, an admitted service starts afterwards and has its releases.

    REQ: OPS-3, RT-4
    """
    adu = ("  adu:\n    image: guest/adu.elf\n    memory: 256K\n    cpu: 0\n    real-time-share: 30%\n"
           "    free-services: 4\n")
    traces.run("cpus: {0: {policy: edf, best-effort: 40%}}\n" + head(65536) + adu, "--timeout", "60")
    records = traces.records()
    admitted = [r for r in of(records, "admit", "adu") if not r["detail"]]
    refused = [r for r in of(records, "admit", "adu") if r["detail"]]
    starts = of(records, "start", "adu.service[0]")
    assert admitted and refused and starts
    assert admitted[0]["time"] <= starts[0]["time"] < of(records, "release", "adu.service[0]")[0]["time"]
    assert "admit      yes: adu.service[0]" in traces.show("--kind", "admit")
    assert "admit      refused: argument, 0" in traces.show("--kind", "admit")


def test_a_run_that_timed_out_leaves_its_trace(traces):
    """Given a system that never ends, when --timeout ends it, then the exit code is 124 and the trace is whole.

    REQ: OPS-3
    """
    traces.run(head() + control() + SPIN, "--timeout", "3", code=124)
    assert len(of(traces.records(), "release", "control")) >= 100


def test_a_qemu_that_is_killed_leaves_its_trace(lab, traces):
    """Given a machine that runs, when QEMU is killed, then partita says that it failed, and the trace is there.

    REQ: OPS-3
    """
    image = lab.build(head(1024) + control() + SPIN)
    environment = lab.environment(LIMIT_S)
    wrapper = lab.folder / "killable"
    wrapper.write_text("#!/bin/sh\n[ \"$1\" = --version ] || echo $$ > pid\n"
                       "exec setpriv --pdeathsig KILL qemu-system-riscv64 \"$@\"\n")
    wrapper.chmod(0o755)
    environment["PARTITA_QEMU"] = str(wrapper)
    with subprocess.Popen([*lab.command(image)[:-1], "--trace", str(traces.file), "--timeout", "60"], cwd=lab.folder,
                          env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as run:
        for line in run.stdout:
            if b"RESULT rt-start-jitter" in line:
                break
        os.kill(int((lab.folder / "pid").read_text()), signal.SIGKILL)
        assert run.wait(30) == 4
    records = traces.records()
    assert len(records) == 1024 and len(of(records, "release", "control")) > 50


def test_leaving_by_the_console_leaves_a_trace(lab, traces):
    """Given a person at the console, when Ctrl-a x is pressed, then the machine ends well and the trace is there.

    REQ: OPS-3, OPS-4
    """
    command = lab.command(lab.build(head() + "  pulse: {image: guest/pulse.elf, memory: 1M}\n"))
    machine = Machine([*command[:-1], "--trace", str(traces.file)], lab.environment(LIMIT_S))
    lab.machines.append(machine)
    machine.expect("pulse: second 1")
    machine.leave()
    assert of(traces.records(), "switch", "pulse")


def test_a_machine_that_never_started_has_no_trace(lab, traces):
    """Given a QEMU that ends before the hypervisor began, then partita says so and writes no file.

    REQ: OPS-3
    """
    wrapper = lab.folder / "broken"
    wrapper.write_text("#!/bin/sh\n[ \"$1\" != --version ] || exec qemu-system-riscv64 --version\nexit 0\n")
    wrapper.chmod(0o755)
    image = lab.build(head() + SPIN)
    done = lab.tool("run", image, "--trace", traces.file, env={**os.environ, "PARTITA_QEMU": str(wrapper)})
    assert done.returncode == 3 and "ended before the hypervisor began to record" in done.stderr
    assert not traces.file.exists()


def test_for_ends_the_machine_at_its_own_time(traces):
    """Given --for 2s, when a system runs that never ends, then the machine ends well soon after its clock passed it.

    REQ: OPS-3
    """
    begin = time.monotonic()
    traces.run(head(1024) + control("control") + SPIN, "--timeout", "60", "--for", "2s", shift=1)
    assert time.monotonic() - begin < 50
    assert 2000 * MS < traces.records()[-1]["time"] < 4000 * MS
