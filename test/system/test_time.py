# SPDX-License-Identifier: Apache-2.0
"""Real-time promises beside whatever else runs."""
import re

from partita import assert_on_time, control, result_of

CPU = "cpus: {0: {policy: edf, best-effort: 40%, quantum: 10ms}}\nconsole: {show: all}\nvms:\n"
SPIN = "  {name}: {{image: guest/spin.elf, memory: 256K, cpu: 0}}\n"


def test_control_beside_spin(lab):
    """Given a reservation of 200us every 1ms, when a guest that never yields shares the CPU, then each of 1000 periods
    starts within 1000 instructions of its release and none is missed.

    REQ: SCHED-1, TIME-4, TIME-1
    """
    machine = lab.run(CPU + control() + SPIN.format(name="spin"))
    machine.expect_log("vm control has ended")
    machine.expect_said("control", r"missed=\d+")
    assert_on_time(machine.of("control"))


def test_control_natively_is_the_same_program(lab):
    """Given the same file on the bare board, when it makes its own releases, then it reports in the same form.

    REQ: CPU-1
    """
    machine = lab.native(lab.folder / "guest/control-check.elf")
    text = machine.wait_end()
    assert_on_time(text)


def test_two_reservations(lab):
    """Given two periodic tasks of different periods on one CPU, when a third guest spins, then neither ever misses.

    REQ: SCHED-1
    """
    other = control().replace("control:", "other:").replace("period: 1ms", "period: 2ms")
    machine = lab.run(CPU + control() + other + SPIN.format(name="spin"))
    machine.expect_log("vm other has ended")
    for name in ("control", "other"):
        machine.expect_said(name, r"missed=\d+")
        result = result_of(machine.of(name))
        assert (result["n"], result["missed"]) == (1000, 0)


def test_same_output_twice(lab):
    """Given one image, when it runs twice, then both runs say the same, byte for byte.

    REQ: TIME-1
    """
    image = lab.build(CPU + control() + "  null: {image: guest/null-end.elf, memory: 256K, cpu: 0}\n")
    outputs = [lab.start(image).wait_end() for _ in range(2)]
    assert outputs[0] == outputs[1]


def test_same_input_same_image(lab):
    """Given one system file, when it is built twice, then both images are the same, byte for byte.

    REQ: OPS-1
    """
    text = CPU + control() + SPIN.format(name="spin")
    first = lab.build(text).read_bytes()
    assert lab.build(text).read_bytes() == first


def test_system_ends_with_its_last_vm(lab):
    """Given guests that shut down, when the last has ended, then the board is switched off.

    REQ: OPS-2
    """
    machine = lab.to_end("console: {show: all}\nvms:\n  first: {image: guest/null-end.elf, memory: 256K}\n"
                         "  second: {image: guest/null-end.elf, memory: 256K}\n")
    for name in ("first", "second"):
        assert re.search(r"null: first instruction at instret \d+", machine.of(name))
        assert f"partita: vm {name} has ended: shutdown" in machine.log
