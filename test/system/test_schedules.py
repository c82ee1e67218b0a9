# SPDX-License-Identifier: Apache-2.0
"""The schedules that the sources print, slot by slot, by guests on the hypervisor; test/unit has the same of the
scheduler alone and test/sim of `partita sim`. A slot is 1 ms, slots count from a common release of all."""
import re

LANE = re.compile(r"cpu (\d+) \|([^|]*)\|")
VM = "  {name}: {{image: guest/{image}.elf, memory: 256K, {more}}}\n"


def reserved(name, image, cpu, capacity, period):
    more = f"vcpus: [{{cpu: {cpu}, capacity: {capacity}ms, period: {period}ms}}]"
    return VM.format(name=name, image=image, more=more)


def lanes(lab, text, first_ms, count, shown):
    """Who had each slot: a string for each CPU, letters as in `shown` ({VM: letter})."""
    trace = lab.folder / "schedule.trace"
    image = lab.build(text)
    done = lab.tool("run", image, "--headless", "--icount", "0", "--trace", trace, "--for",
                    f"{first_ms + count + 20}ms", "--timeout", "60", env=lab.environment(90))
    assert done.returncode == 0, done.stdout + done.stderr
    done = lab.tool("trace", trace, "--lanes", "1ms", "--from", f"{first_ms}ms", "--until", f"{first_ms + count}ms")
    assert done.returncode == 0, done.stderr
    letters = {letter: shown[name] for letter, name in re.findall(r"^ +(\w) (\S+)$", done.stdout, re.M)}
    return ["".join(letters.get(slot, slot) for slot in lane) for _, lane in LANE.findall(done.stdout)]


def test_figure_5_3_of_the_dissertation(lab):
    """Given RT 0 (P 5, C 3), RT 1 (P 4, C 1) and two best-effort guests, all of which want all they can get, when 40 slots
    from a common release on are looked at, then each slot belongs to whom figure 5.3 gives it: best effort has slots
    9, 14 and 19, in turn.

    REQ: SCHED-1, SCHED-2, OPS-3
    """
    text = ("cpus: {0: {policy: edf, best-effort: 10%, quantum: 1ms}}\nconsole: {quiet: yes}\n"
            "trace: {records: 16384, keep: first}\nvms:\n"
            + reserved("rt0", "spin", 0, 3, 5) + reserved("rt1", "spin", 0, 1, 4)
            + "".join(VM.format(name=f"be{n}", image="spin", more="cpu: 0") for n in range(2)))
    found, = lanes(lab, text, 40, 40, {"rt0": "0", "rt1": "1", "be0": "a", "be1": "b"})
    assert found in ("1000100012000130001210001000130001200013".replace("2", x).replace("3", y)
                     for x, y in ("ab", "ba")), found


def test_figure_6_of_the_paper(lab):
    """Given RT 0 and 1 on CPU 0, RT 2 and 3 on CPU 1 and two best-effort guests of priority 1 and 4 that may run on both,
    when 20 slots from a common release on are looked at, then the RT-vCPUs have theirs by earliest deadline, and best
    effort moves into whatever is idle, the higher priority first: figure 6.

    REQ: SCHED-1, SCHED-2, SCHED-5, OPS-3
    """
    text = ("cpus: {0: {policy: edf, best-effort: 10%}, 1: {policy: edf, best-effort: 10%}}\nconsole: {quiet: yes}\n"
            "trace: {records: 16384, keep: first}\nvms:\n"
            + reserved("rt0", "bench-spin", 0, 3, 5) + reserved("rt1", "bench-spin", 0, 1, 4)
            + reserved("rt2", "bench-spin", 1, 2, 5) + reserved("rt3", "bench-spin", 1, 1, 4)
            + VM.format(name="be0", image="bench-spin", more="priority: 1")
            + VM.format(name="be1", image="bench-spin", more="priority: 4"))
    found = lanes(lab, text, 40, 20, {"rt0": "0", "rt1": "1", "rt2": "2", "rt3": "3", "be0": "4", "be1": "5"})
    assert found == ["10001000140001500015", "32243224352234422344"]
