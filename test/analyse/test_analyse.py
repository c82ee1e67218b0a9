# SPDX-License-Identifier: Apache-2.0
"""`partita analyse`: what fits, what is left, tasks inside a guest, and what would hold."""
import pytest

MS, US = 1000000, 1000


def tasks(*rows):
    return "tasks: [" + ", ".join("{" + row + "}" for row in rows) + "]"


def guest(result, vm):
    return next(guest for guest in result["guests"] if guest["vm"] == vm)


def response(guest_, name):
    return next(task["response_ns"] for task in guest_["tasks"] if task["name"] == name)


def worst_in_sim(tool, system, vm, work, releases):
    """The longest that `work` ns take in what the simulated VM gets, over all release times; units of 100 us."""
    ran = tool.json("sim", system, "--for", "200ms", "--draw", "200ms", "--unit", "100us")["timeline"]["ran_ns"][vm]
    worst = 0
    for start in range(releases):
        left, t = work, start
        while left > 0:
            left -= ran[t]
            t += 1
        worst = max(worst, t - start)
    return worst * 100 * US


def test_figures_5_and_6_of_the_thesis(tool, here):
    """REQ: SCHED-9. Given two partitions with equal shares, then task X misses its deadline though the CPU has time enough;
    given a scheduler that knows what they need, then all hold: in the analysis, and in the simulated schedule."""
    fair = tool.json("analyse", here / "figure-5.yaml", code=1)
    assert not guest(fair, "vm1")["hold"] and guest(fair, "vm1")["first_late"] == "x"
    assert guest(fair, "vm2")["hold"]
    assert response(guest(fair, "vm1"), "x") == 18 * MS > 12 * MS
    assert sum(g["load"] for g in fair["guests"]) < 0.4
    assert worst_in_sim(tool, here / "figure-5.yaml", "vm1", 8 * MS, 300) == 18 * MS
    aware = tool.json("analyse", here / "figure-6.yaml")
    assert aware["holds"] and guest(aware, "vm1")["hold"] and guest(aware, "vm2")["hold"]
    assert response(guest(aware, "vm1"), "x") == 11500 * US
    assert worst_in_sim(tool, here / "figure-6.yaml", "vm1", 8 * MS, 300) <= 11500 * US
    run = tool("analyse", here / "figure-5.yaml")
    assert run.returncode == 1 and "18ms  too late" in run.stdout and "capacity: 450us, period: 660us" in run.stdout


def test_a_refused_cpu_says_why_and_what_would_fit(tool):
    """REQ: SCHED-3, SCHED-4. Given too much share, a deadline that cannot be kept under EDF and one under fixed priority,
    then each CPU says so with its figure; with the capacity it proposes it fits, with one microsecond more not."""
    cpus = ("{0: {best-effort: 30%}, 1: {best-effort: 0%}, 2: {policy: fixed-priority, best-effort: 0%}}")
    vms = {"a": (0, 500, 1000, 1000, ""), "b": (0, 300, 1000, 1000, ""), "c": (1, 1000, 5000, 2000, ""),
           "d": (1, 1500, 5000, 2000, ""), "e": (2, 3000, 5000, 5000, ", priority: 1, server: deferrable"),
           "f": (2, 2000, 7000, 7000, ", priority: 2")}

    def system(changed):
        return tool.system(cpus, {
            name: f"vcpus: [{{cpu: {cpu}, capacity: {changed.get(name, c)}us, period: {p}us, deadline: {d}us{more}}}]"
            for name, (cpu, c, p, d, more) in vms.items()})

    result = tool.json("analyse", system({}), code=1)
    assert [cpu["reason"] for cpu in result["cpus"]] == ["share", "deadline", "deadline"]
    assert result["cpus"][1]["figure"] == 2 * MS
    most = {rt["name"]: rt["capacity_most_ns"] // US for cpu in result["cpus"] for rt in cpu["reservations"]}
    assert (most["a"], most["c"]) == (396, 496)
    for change in ("a", "c", "e"), ("b", "d", "f"):
        assert tool("analyse", system({name: most[name] for name in change})).returncode == 0
        for name in change:
            more = {**{other: most[other] for other in change}, name: most[name] + 1}
            assert tool("analyse", system(more)).returncode == 1
    text = tool("analyse", system({})).stdout
    assert "reservations with overhead 80.4 % + best effort 30 % = 110.4 % > 100 %" in text
    assert "f may take " in text and "It fits with a with capacity <= 396us, or b with capacity <= 196us" in text


@pytest.mark.parametrize("policy", ["edf", "fixed-priority"])
def test_what_has_room_fits_exactly(tool, policy):
    """REQ: SCHED-4. Given a CPU with room, when one more reservation of the proposed size comes, then it fits; one
    microsecond more does not."""
    more = ", priority: {}" if policy == "fixed-priority" else ""
    vms = {"a": f"vcpus: [{{cpu: 0, capacity: 1ms, period: 4ms{more.format(1)}}}]",
           "b": f"vcpus: [{{cpu: 0, capacity: 2ms, period: 10ms, deadline: 5ms{more.format(2)}}}]"}
    cpus = f"{{0: {{policy: {policy}, best-effort: 20%}}}}"
    rooms = tool.json("analyse", tool.system(cpus, vms))["cpus"][0]["room"]
    assert [room["period_ns"] for room in rooms] == [MS, 4 * MS, 10 * MS, 100 * MS]
    for room in rooms:
        for extra, code in ((0, 0), (1, 1)):
            capacity = room["capacity_ns"] // US + extra
            if capacity < 10:
                continue
            one = f"cpu: 0, capacity: {capacity}us, period: {room['period_ns']}ns{more.format(room.get('priority'))}"
            run = tool("analyse", tool.system(cpus, {**vms, "new": f"vcpus: [{{{one}}}]"}))
            assert run.returncode == code, run.stdout


def test_the_smallest_reservation_is_the_smallest(tool):
    """REQ: SCHED-9. Given tasks under EDF and fixed priority inside, when the proposed reservation is written, then they
    hold; with a microsecond less they do not."""
    rows = ("name: fast, wcet: 300us, period: 5ms, priority: 1", "name: slow, wcet: 2ms, period: 20ms, priority: 2")
    for scheduler in ("edf", "fixed-priority"):
        inner = tasks(*(row if scheduler != "edf" else row.rsplit(",", 1)[0] for row in rows))

        def run(capacity, period, code):
            return tool.json("analyse", tool.system("{0: {best-effort: 0%}}", {
                "v": f"vcpus: [{{cpu: 0, capacity: {capacity}ns, period: {period}ns}}], task-scheduler: {scheduler}, {inner}"
            }), code=code)

        for kind in ("smallest_with_period", "cheapest"):
            least = guest(run(500 * US, 2 * MS, 0), "v")[kind]
            assert least["fits"]
            run(least["capacity_ns"], least["period_ns"], 0)
            result = run(least["capacity_ns"] - US, least["period_ns"], 1)
            assert not guest(result, "v")["hold"] and guest(result, "v")["first_late"]


def test_every_kind_of_supply(tool):
    """REQ: SCHED-6, SCHED-7, SCHED-8, SCHED-9. Given the same task in each kind of reservation, then the longest time
    without service is that of its policy: polling loses a budget more, slots their longest gap, a whole CPU nothing."""
    one = "task-scheduler: edf, " + tasks("name: t, wcet: 1ms, period: 60ms")
    cpus = ("{0: {best-effort: 0%}, 1: {policy: fixed-priority, best-effort: 0%}, 2: {policy: table, plans: [{name: n, "
            "frame: 20ms, slots: [{vcpu: slots, at: 0ms, for: 5ms}, {vcpu: slots, at: 10ms, for: 2ms}]}]}, 3: {policy: dedicated}}")
    result = tool.json("analyse", tool.system(cpus, {
        "edf": f"vcpus: [{{cpu: 0, capacity: 2ms, period: 10ms}}], {one}",
        "short": f"vcpus: [{{cpu: 0, capacity: 2ms, period: 10ms, deadline: 6ms}}], {one}",
        "polling": f"vcpus: [{{cpu: 1, capacity: 2ms, period: 10ms, priority: 1, server: polling}}], {one}",
        "deferrable": f"vcpus: [{{cpu: 1, capacity: 2ms, period: 10ms, priority: 2, server: deferrable}}], {one}",
        "slots": one, "alone": f"cpu: 3, {one}"}))
    assert result["holds"]
    blackouts = {"edf": 16, "short": 12, "polling": 18, "deferrable": 16, "slots": 8, "alone": 0}
    assert {g["vm"]: response(g, "t") // MS - 1 for g in result["guests"]} == blackouts
    rts = {rt["name"]: rt for cpu in result["cpus"] for rt in cpu["reservations"]}
    assert rts["slots"]["share"] == 0.35 and rts["slots"]["longest_wait_ns"] == 8 * MS


def test_best_effort_below_others_is_sure_of_nothing(tool):
    """REQ: SCHED-9. Given tasks in a best-effort VM beside a reservation or with a higher priority beside it, then the
    analysis says that nothing is sure, and proposes a reservation."""
    one = "task-scheduler: edf, " + tasks("name: t, wcet: 1ms, period: 50ms")
    for other, said in (("vcpus: [{cpu: 0, capacity: 2ms, period: 10ms}]", "below the reservation of other"),
                        ("cpu: 0, priority: 1", "below other of higher priority")):
        system = tool.system("{0: {best-effort: 10%}}", {"v": f"cpu: 0, {one}", "other": other})
        result = guest(tool.json("analyse", system, code=1), "v")
        assert said in result["supply"]["why_none"] and result["tasks"][0]["response_ns"] is None
        assert result["cheapest"]["fits"]


def test_overheads_are_charged(tool):
    """REQ: SCHED-4. Given an overhead, then every response and share counts it once for each release."""
    vms = {"a": "vcpus: [{cpu: 0, capacity: 1ms, period: 4ms}]", "b": "vcpus: [{cpu: 0, capacity: 1ms, period: 4ms}]"}
    for overhead in (0, 100):
        cpu = tool.json("analyse", tool.system("{0: {best-effort: 10%}}", vms, f"overhead: {overhead}us"))["cpus"][0]
        assert [rt["response_ns"] for rt in cpu["reservations"]] == [2 * (1000 + overhead) * US] * 2
        assert cpu["reserved"] == 0.5 and cpu["charged"] == 0.5 + overhead / 2000


def test_a_system_without_reservations_and_wrong_files(tool):
    """REQ: OPS-1. Given nothing to analyse, then it holds; given mistakes of the language, they are told as by check."""
    assert tool("analyse", tool.system("{0: {}}", {"v": "cpu: 0"})).returncode == 0
    run = tool("analyse", tool.system("{0: {policy: magic}}", {"v": "cpu: 0"}))
    assert run.returncode == 1 and ":3:" in run.stderr and "magic" in run.stderr
    assert tool("analyse", "nowhere.yaml").returncode == 2


def test_a_deferrable_server_disturbs_twice(tool):
    """REQ: SCHED-6. Given a server above another reservation, then a deferrable one (1 ms at the end of a period, 1 ms at
    once in the next) makes it wait for 2 ms, any other for 1 ms."""
    for server, milliseconds in (("periodic", 3), ("polling", 3), ("deferrable", 4), ("sporadic", 3)):
        result = tool.json("analyse", tool.system("{0: {policy: fixed-priority, best-effort: 0%}}", {
            "high": f"vcpus: [{{cpu: 0, capacity: 1ms, period: 5ms, priority: 1, server: {server}}}]",
            "low": "vcpus: [{cpu: 0, capacity: 2ms, period: 10ms, priority: 2}]"}, "overhead: 0ns"))
        assert result["cpus"][0]["reservations"][1]["response_ns"] == milliseconds * MS
