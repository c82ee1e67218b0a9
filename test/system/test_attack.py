# SPDX-License-Identifier: Apache-2.0
"""Hostile guests: each does what it must not, beside a task that must not notice."""
import re

import pytest

from partita import BUILD, ROOT, Lab, assert_on_time, control, result_of

SYSTEM = """cpus: {{0: {{policy: edf, best-effort: 40%, quantum: 10ms}}}}
console: {{show: all, focus: control}}
vms:
{control}
  hostile:
    image: attack/{attack}.elf
    memory: 2M
    cpu: 0
    interrupt-controller: {vic}
  witness: {{image: guest/pulse.elf, memory: 1M, cpu: 0}}
"""
# Line after line of faults would be a flood: 8, then one each time their number has doubled.
LINES_MAX = 8 + 24
FAULT = re.compile(r"partita: vm hostile vcpu \d+: [a-z][^:]*: 0x[0-9a-f]+ at pc 0x[0-9a-f]+( \(more are counted\))?$")
# What faults for ever inside its own memory, which nobody else can see.
ENDLESS = {"own-vectors"}
# Executes what a random generator says: whether it finds its way back depends on where the compiler put things.
WEDGES = {"rubbish"}
# What loses its way for good is ended, with the reason.
LOST = {"jump-nowhere", "own-vectors-nowhere", "page-tables-garbage"}
# What never leaves its own things, or asks in the right way and is told no.
FAULTLESS = {"own-vectors", "console-flood", "timer-abuse", "sbi-fuzz", "ghost-harts", "wfi-storm"}

# Those that live in exceptions. QEMU itself is late then, on the bare board too: late.elf says how much.
EXCEPTIONS = {"own-vectors", "foreign-csr", "rubbish", "user-mode"}
JITTER = 1000
COMPARATOR = 100  # what every timer of the emulator may be late, contained in JITTER


@pytest.fixture(scope="module")
def emulator_late(tmp_path_factory):
    """Instructions by which the bare board's timer is late beyond its comparator while exceptions rain."""
    lab = Lab(tmp_path_factory.mktemp("late"))
    machine = lab.native(BUILD / "test/late.elf")
    late = result_of(machine.wait_end(), "late")["max"] - COMPARATOR
    lab.close()
    assert 0 <= late < 600, "the emulator has changed: look at test/system/guests/late.c"
    return late


def attacks():
    text = (ROOT / "test/attack/attack.mk").read_text().replace("\\\n", " ")
    return re.search(r"^ATTACKS := (.*)", text, re.M).group(1).split()


def must_fault(attack, vic):
    """An interrupt file is the VM's own: with AIA the storm of messages to it trespasses nowhere."""
    return attack not in FAULTLESS and (attack, vic) != ("ipi-storm", "aia")


def assert_faults_are_told(machine, attack, vic):
    lines = [line for line in machine.log if line.startswith("partita: vm hostile vcpu")]
    for line in lines:
        assert FAULT.match(line), f"not a clear line: {line}"
    assert len(lines) <= LINES_MAX, f"a flood of {len(lines)} lines"
    if must_fault(attack, vic):
        assert lines, "nobody has told of the fault"


@pytest.mark.parametrize("vic", ["plic", "aia"], ids=["with_plic", "with_aia"])
@pytest.mark.parametrize("attack", attacks())
def test_hostile(lab, emulator_late, attack, vic):
    """Given a reservation of 200us every 1ms, when a hostile guest shares its CPU, then none of 1000 periods is missed
    or late, the trespass is told in clear lines and no flood, and hypervisor and witness live on.

    REQ: MEM-2, TIME-4, OPS-2, SCHED-1
    """
    machine = lab.run(SYSTEM.format(control=control(), attack=attack, vic=vic))
    machine.expect_said("control", r"missed=\d+")
    machine.expect_log("partita: vm control has ended")
    if attack not in ENDLESS | WEDGES:
        reason = "its trap vector is unreachable" if attack in LOST else "shutdown"
        machine.expect_log(f"partita: vm hostile has ended: {reason}", limit=30)
    status = machine.status()
    assert status["witness"] == "runs"
    if attack not in WEDGES:
        assert status["hostile"] == ("runs" if attack in ENDLESS else "has ended")
    assert "attack %s: start" % attack in machine.of("hostile")
    assert_faults_are_told(machine, attack, vic)
    machine.leave()
    assert_on_time(machine.of("control"), jitter=JITTER + (emulator_late if attack in EXCEPTIONS else 0))
