# SPDX-License-Identifier: Apache-2.0
"""`partita sim`: the schedules of the sources slot by slot, what is counted, what is drawn, how fast it is."""
import random
import re

import pytest

from conftest import BUILD


def lanes(result, names):
    """One text per CPU: the position in `names` of who had each unit."""
    return {cpu: "".join(str(names.index(who)) if who else "-" for who in row)
            for cpu, row in result["timeline"]["cpus"].items()}


def of(result, name):
    return next(vcpu for vcpu in result["vcpus"] if vcpu["name"] == name)


def test_figure_5_3_of_the_dissertation(tool, here):
    """REQ: SCHED-1, SCHED-2. Given two RT-vCPUs and two best-effort ones on a CPU, when 20 quanta pass, then they run slot
    by slot as in the figure: best effort in quanta 9, 14 and 19, in turns."""
    result = tool.json("sim", here / "figure-5.3.yaml", "--for", "20ms")
    assert lanes(result, ["rt0", "rt1", "be0", "be1"]) == {"0": "10001000120001300012"}
    assert result["misses"] == 0


def test_figure_6_of_the_multiprocessor_paper(tool, here):
    """REQ: SCHED-1, SCHED-2, SCHED-5. Given two CPUs with two RT-vCPUs each and two best-effort vCPUs, then these migrate
    into the slots that are left, the one of the higher priority first: slot by slot as the unit test derives it."""
    names = ["rt0", "rt1", "rt2", "rt3", "be0", "be1"]
    result = tool.json("sim", here / "figure-6.yaml", "--for", "20ms")
    assert lanes(result, names) == {"0": "10001000140001500015", "1": "32243224352234422344"}
    assert result["misses"] == 0
    assert of(result, "be0")["moves"] == 3 and of(result, "be1")["moves"] == 1


def test_the_picture_is_the_schedule(tool, here):
    """REQ: OPS-3. Given figure 5.3, when it is drawn, then each row shows who ran, who waited with work, and releases."""
    run = tool("sim", here / "figure-5.3.yaml", "--for", "20ms")
    picture = run.stdout.partition("\nCPU:")[0]
    rows = {line[:10].strip(): line[10:] for line in picture.split("\n")}
    assert rows["CPU 0"] == "10001000120001300012"
    assert rows["0 rt0"] == ".### ###  ###  ###"
    assert rows["1 rt1"] == "#   #   #   .#  ..#"
    assert rows["2 be0"] == " " * 9 + "#" + " " * 9 + "#"
    assert "          ^    ^    ^    ^\n1 rt1" in run.stdout
    assert "no deadline missed in 20ms" in run.stdout


def test_another_window_and_unit(tool, here):
    """REQ: OPS-3. Given figure 5.3, when it is drawn later and in finer columns, then it is the same schedule, and a table
    is as wide as the screen."""
    result = tool.json("sim", here / "figure-5.3.yaml", "--for", "1s", "--from", "40ms", "--unit", "500us", "--draw", "10ms")
    assert lanes(result, ["rt0", "rt1", "be0", "be1"])["0"] == "11000000110000001122"
    run = tool("sim", here / "figure-5.3.yaml", "--for", "1s", "--draw", "300ms")
    assert max(map(len, run.stdout.split("\n"))) <= 100
    assert sum(line.startswith("CPU 0 ") for line in run.stdout.split("\n")) == 4


def test_a_missed_deadline_is_drawn_counted_and_told(tool):
    """REQ: SCHED-4, OPS-3. Given reservations that admission refuses, when they are simulated, then the miss stands at its
    deadline in the picture, in the table and in the exit code."""
    system = tool.system("{0: {best-effort: 0%}}", {
        "c": "vcpus: [{cpu: 0, capacity: 1ms, period: 5ms, deadline: 2ms}]",
        "d": "vcpus: [{cpu: 0, capacity: 1500us, period: 5ms, deadline: 2ms}]"})
    run = tool("sim", system, "--for", "50ms", "--unit", "500us")
    assert run.returncode == 1
    assert "10 deadlines missed in 50ms, the first by d at 2ms" in run.stdout
    assert re.search(r"\n1 d +\.\.###.*\n +\^   !", run.stdout), run.stdout
    result = tool.json("sim", system, "--for", "50ms", code=1)
    assert (of(result, "c")["misses"], of(result, "d")["misses"]) == (0, 10)
    assert of(result, "d")["first_miss_ns"] == 2000000 and of(result, "d")["worst_response_ns"] == 2500000


def test_spinning_is_no_more_than_the_capacity(tool):
    """REQ: SCHED-1. Given reservations that never wait, when they run, then each has its share and not more, is stopped
    each period, and best effort has the rest."""
    system = tool.system("{0: {best-effort: 10%}}", {
        "a": "vcpus: [{cpu: 0, capacity: 1ms, period: 4ms}]", "b": "vcpus: [{cpu: 0, capacity: 2ms, period: 6ms}]",
        "rest": "cpu: 0"})
    result = tool.json("sim", system, "--for", "1200ms", "--rt-load", "spin")
    assert [of(result, name)["ran_ns"] for name in ("a", "b", "rest")] == [300000000, 400000000, 500000000]
    assert of(result, "a")["overruns"] == 300 and of(result, "a")["jobs"] == 300
    result = tool.json("sim", system, "--for", "1200ms")
    assert of(result, "a")["overruns"] == 0 and of(result, "a")["jobs"] == 300


def test_fixed_priority_and_a_time_table(tool):
    """REQ: SCHED-6, SCHED-7, SCHED-8. Given a CPU of fixed priorities and one with a table, then the first is preempted by
    priority and the second follows its slots, with best effort in the gaps."""
    system = tool.system(
        "{0: {policy: fixed-priority, best-effort: 10%}, 1: {policy: table, plans: [{name: one, frame: 10ms, "
        "slots: [{vcpu: p, at: 0ms, for: 3ms}, {vcpu: q, at: 5ms, for: 2ms}]}]}}", {
            "high": "vcpus: [{cpu: 0, capacity: 1ms, period: 4ms, priority: 1}]",
            "low": "vcpus: [{cpu: 0, capacity: 5ms, period: 20ms, priority: 2, server: deferrable}]",
            "p": "interrupt-controller: plic", "q": "interrupt-controller: plic", "rest": "cpu: 1"})
    result = tool.json("sim", system, "--for", "200ms", "--draw", "20ms", "--unit", "1ms")
    rows = lanes(result, ["high", "low", "p", "q", "rest"])
    assert rows["0"] == "0111011-0---0---0---"
    assert rows["1"] == "2224433444" * 2
    assert result["misses"] == 0


def test_responses_stay_below_those_of_the_analysis(tool):
    """REQ: SCHED-1, SCHED-4, SCHED-6. Given random reservations that admission accepts, when they are simulated, then none
    is late and no response is longer than the analysis says."""
    dice = random.Random(3)
    for policy in ("edf", "fixed-priority"):
        tried = 0
        while tried < 12:
            vms = {}
            for i in range(dice.randint(2, 5)):
                period = dice.choice((2, 4, 5, 8, 10, 20, 25)) * 1000
                capacity = dice.randint(10, period // 4) // 10 * 10
                keys = f"capacity: {capacity}us, period: {period}us, deadline: {dice.randint(period // 2, period)}us"
                if policy != "edf":
                    keys += f", priority: {i + 1}, server: {dice.choice(('periodic', 'polling', 'deferrable', 'sporadic'))}"
                vms[f"v{i}"] = f"vcpus: [{{cpu: 0, {keys}}}]"
            system = tool.system(f"{{0: {{policy: {policy}, best-effort: 0%}}}}", vms)
            run = tool("analyse", system, "--json")
            if run.returncode:
                continue
            tried += 1
            bounds = {rt["name"]: rt["response_ns"] for rt in tool.json("analyse", system)["cpus"][0]["reservations"]}
            for load in ("full", "spin"):
                result = tool.json("sim", system, "--for", "1s", "--rt-load", load)
                assert result["misses"] == 0
                for name, bound in bounds.items():
                    assert of(result, name)["worst_response_ns"] <= bound


def test_a_million_decisions_a_second(tool):
    """REQ: SCHED-8. Given 24 RT-vCPUs and 8 migrating best-effort ones on 4 CPUs, when 10 s are simulated, then the
    scheduler decides at least a million times a second (the best of three: other tests run beside)."""
    vms = {f"r{i}": f"vcpus: [{{cpu: {i % 4}, capacity: {80 + i}us, period: {1 + i % 3}ms}}]" for i in range(24)}
    vms.update({f"b{i}": "interrupt-controller: plic" for i in range(8)})
    system = tool.system("{" + ", ".join(f"{i}: {{best-effort: 10%, quantum: 1ms}}" for i in range(4)) + "}", vms)
    tool.path = BUILD / "partita"
    if not tool.path.exists():
        pytest.skip("'make tool' builds the tool without sanitizers")
    results = [tool.json("sim", system, "--for", "10s", "--stats") for _ in range(3)]
    assert results[0]["decisions"] > 100000
    assert max(result["decisions_per_second"] for result in results) >= 1000000


def test_trace_records_can_be_shown(tool, here):
    """REQ: OPS-3. Given a simulation with --trace, then `partita trace` shows it: the first switch, a migration, waits."""
    run = tool("sim", here / "figure-6.yaml", "--for", "20ms", "--trace", "six.trace")
    assert run.returncode == 0, run.stderr
    text = tool("trace", "six.trace").stdout
    assert re.search(r"0\.000000000 +0 +rt1 +switch +from idle", text)
    assert re.search(r"0\.009000000 .*be0 +move +to cpu 0", text), text
    assert re.search(r"0\.001000000 +0 +rt1 +block +period until 0\.004", text)


def test_wrong_usage_is_told(tool, here):
    """REQ: OPS-1. Given options that make no sense, then each is named with what would be right; exit code 2."""
    system = here / "figure-5.3.yaml"
    for arguments, said in ((("--for", "5"), "is not a time"), (("--for", "0ms"), "from 1ns"),
                            (("--from", "2s"), "behind the end"), (("--rt-load", "half"), "'full' or 'spin'"),
                            (("--unit", "0ns"), "at least 1ns"), (("--unit", "1us", "--draw", "1s"), "larger --unit")):
        run = tool("sim", system, *arguments)
        assert run.returncode == 2 and said in run.stderr, (arguments, run.stderr)
    assert tool("sim", "nowhere.yaml").returncode == 2
