# SPDX-License-Identifier: Apache-2.0
"""Policies, plans, services, rights and the trace: what the image holds of what the file says."""
import pathlib
import re

import pytest

from table import IMAGE
from test_image import HEAD, MIB2, open_image, properties

HERE = pathlib.Path(__file__).resolve().parent
EDF, FIXED_PRIORITY, TABLE = 1, 2, 3
SERVICE, AT_BOOT, EXTRA_TIME = 1, 2, 4
VIRTUAL_TIME, GANG, MAY_PLAN = 2, 4, 8
SPORADIC, DEFERRABLE = 3, 2


def good(tool, name):
    return open_image(tool.image((HERE / f"good/{name}.yaml").read_text(), name))


@pytest.fixture
def policies(tool):
    return good(tool, "policies")


def test_cpus(policies):
    """REQ: SCHED-8. Given CPUs of every policy, then the table holds each one's policy, share, gaps and number of plans;
    a dedicated one has no room for anybody else."""
    assert [(c.policy, c.best_effort_ppm, c.flags, c.plan_count) for c in policies.cpus] == [
        (EDF, 200000, 0, 0), (FIXED_PRIORITY, 100000, 0, 0), (TABLE, 0, 1, 2), (EDF, 1000000, 0, 0),
        (TABLE, 500000, 0, 1)]
    assert policies.overhead_ns == 1000


def test_plans(policies):
    """REQ: SCHED-7. Given plans whose slots are written in any order, then the table holds them by CPU and by rising
    offset, each slot with the vCPU that it names."""
    index = {vm.name: vm.vcpu_first for vm in policies.vms}
    slots = [[(s.offset_ns // 1000, s.length_ns // 1000, s.vcpu)
              for s in policies.slots[p.slot_first:][:p.slot_count]] for p in policies.plans]
    assert [p.frame_ns for p in policies.plans] == [20_000_000, 10_000_000, 100_000]
    assert [c.plan_first for c in policies.cpus if c.plan_count] == [0, 2]
    assert slots == [[(0, 4000, index["duo"] + 1), (5000, 1000, index["panel"]), (10000, 5000, index["panel"])],
                     [(0, 9000, index["panel"]), (9000, 50, index["late"])], [(50, 50, index["short"])]]


def test_owners_of_slots_are_real_time(policies):
    """REQ: SCHED-7. Given vCPUs named in slots, then each lives on that CPU with the slots of the first plan that names
    it as its reservation."""
    owners = [(policies.vm(name).vcpus[i], frame, total) for name, i, frame, total in (
        ("panel", 0, 20000, 6000), ("duo", 1, 20000, 4000), ("late", 0, 10000, 50), ("short", 0, 100, 50))]
    for vcpu, frame, total in owners:
        assert (vcpu.period_ns, vcpu.deadline_ns, vcpu.capacity_ns) == (frame * 1000, frame * 1000, total * 1000)
        assert policies.cpus[vcpu.cpu].policy == TABLE and vcpu.cpus == 1 << vcpu.cpu


def test_masks(policies):
    """REQ: SCHED-5. Given best effort, then what is pinned or has a dedicated CPU stays on one CPU; the rest may run on
    every CPU that takes it: not on a dedicated one, nor where gaps stay idle."""
    assert [v.cpus for v in policies.vm("gang").vcpus] == [0b10011] * 2
    assert policies.vm("duo").vcpus[0].cpus == 1 << 3
    aia = policies.vm("aia").vcpus[0]
    assert aia.cpus == 0b10011 and aia.guest_file == 1
    assert [(v.priority, v.weight, v.period_ns) for v in policies.vm("gang").vcpus] == [(2, 3, 0)] * 2
    assert (aia.priority, aia.weight) == (8, 2) and policies.vm("duo").vcpus[0].priority == 4


def test_services(policies):
    """REQ: RT-2. Given configured services and room for more, then they follow the VM's harts with their parameters,
    the room behind them as empty slots."""
    vm = policies.vm("control")
    assert (vm.vcpu_count, vm.service_count, vm.free_services) == (1, 2, 4)
    assert (vm.share_ppm, vm.registration_us, policies.vm("short").registration_us) == (800000, 100000, 0)
    one, two, *free = vm.services
    assert (one.capacity_ns, one.period_ns, one.deadline_ns) == (50000, 500000, 400000)
    assert (one.flags, one.priority, one.server, one.cpu, one.cpus) == (SERVICE | AT_BOOT, 3, SPORADIC, 1, 2)
    assert (two.flags, two.cpu, two.cpus, two.deadline_ns) == (SERVICE, 0, 1, 500000)
    assert len(free) == 4
    for slot in free:
        assert (slot.capacity_ns, slot.period_ns, slot.deadline_ns, slot.flags, slot.cpus) == (0, 0, 0, SERVICE, 3)
    assert vm.vcpus[0].flags == EXTRA_TIME
    inner = policies.vm("inner").vcpus[0]
    assert (inner.priority, inner.server) == (32, DEFERRABLE)


def test_rights(policies):
    """REQ: RT-2. Given rights, virtual time and a gang, then the table holds them as bits."""
    names = [vm.name for vm in policies.vms]
    panel = policies.vm("panel")
    assert panel.may_services == 1 << names.index("control") | 1 << names.index("short")
    assert {vm.name: vm.flags for vm in policies.vms if vm.flags} == {"panel": VIRTUAL_TIME | MAY_PLAN, "gang": GANG}


def test_trace_lies_alone(policies, tool):
    """REQ: OPS-3. Given a trace, then its rings lie behind everything else in whole 2 MiB pages of their own, count as the
    system's memory, and take no room in the image file; given none, then nothing of the kind is there."""
    ring = 40 + 1024 * 32
    assert (policies.trace_records, policies.trace_mode) == (1024, 1)
    assert policies.trace_phys % MIB2 == 0
    assert policies.trace_phys >= max(r.phys + r.bytes for r in policies.regions)
    assert IMAGE + policies.image_bytes == policies.trace_phys + -(-5 * ring // MIB2) * MIB2
    assert len(policies.data) <= policies.trace_phys - IMAGE
    text = "vms: {a: {image: tiny.elf, memory: 64K, on-reboot: restart}}\n"
    image = open_image(tool.image(HEAD + "trace: {}\n" + text, "with"))
    assert (image.trace_records, image.trace_mode) == (4096, 0)
    assert image.trace_phys >= max(c.phys + c.bytes for c in image.copies)
    image = open_image(tool.image(HEAD + text, "without"))
    assert (image.trace_phys, image.trace_records, image.overhead_ns) == (0, 0, 2000)


def test_placed(tool):
    """REQ: SCHED-5. Given reservations without a CPU, then the largest is placed first, each on the first CPU of its
    policy where it fits; a hart stays there, a service may go to the others of that policy."""
    image = good(tool, "placed")
    a, b = image.vms
    assert [(v.cpu, v.cpus) for v in a.vcpus] == [(0, 1), (0, 1), (2, 4), (1, 2)]
    assert [(v.cpu, v.cpus) for v in a.services] == [(1, 3), (2, 4)]
    assert b.vcpus[0].guest_file == 1 and all(v.cpus == 7 and not v.guest_file for v in b.services)


@pytest.mark.parametrize("count", [7, 8, 14, 15])
def test_files_of_those_who_move(tool, count):
    """REQ: SCHED-5. Given best-effort vCPUs with AIA on two CPUs of seven guest interrupt files each, then up to seven may
    move between them with a file on both, up to fourteen stay each on its CPU, and more are refused."""
    text = HEAD + "cpus: {0: {}, 1: {}}\nvms:\n" + "".join(
        f"  v{i}: {{image: tiny.elf, memory: 64K, interrupt-controller: aia}}\n" for i in range(count))
    if count == 15:
        run = tool("check", tool.system(text))
        assert run.returncode == 1 and run.stderr.count("error: ") == 1 and "guest interrupt files" in run.stderr
        return
    image = open_image(tool.image(text))
    assert all(v.cpus == 3 if count == 7 else v.cpus == 1 << v.cpu for v in image.vcpus)
    files = [(cpu, v.guest_file) for v in image.vcpus for cpu in (0, 1) if v.cpus >> cpu & 1]
    assert sorted(files) == sorted(set(files)) and all(1 <= f <= 7 for _, f in files)


@pytest.mark.parametrize("more, units", [
    ("vms: {a: {image: tiny.elf, memory: 64K}}", ""),
    ("vms: {a: {image: tiny.elf, memory: 64K, vcpus: [{cpu: 0, capacity: 1ms, period: 9ms}]}}", "edf"),
    ("cpus: {0: {policy: fixed-priority}}\n"
     "vms: {a: {image: tiny.elf, memory: 64K, vcpus: [{cpu: 0, capacity: 1ms, period: 9ms, priority: 1}]}}", "fp"),
    ("cpus: {0: {policy: fixed-priority}, 1: {policy: dedicated}}\n"
     "vms: {a: {image: tiny.elf, memory: 64K, cpu: 0}, b: {image: tiny.elf, memory: 64K, cpu: 1}}", ""),
    ("cpus: {0: {policy: table, plans: [{name: p, frame: 9ms, slots: [{vcpu: a, at: 0ms, for: 1ms}]}]}}\n"
     "vms: {a: {image: tiny.elf, memory: 64K}}", "table"),
    ("vms: {a: {image: tiny.elf, memory: 64K, services: {s: {capacity: 1ms, period: 9ms}}}}", "edf services"),
    ("cpus: {0: {policy: fixed-priority}, 1: {}}\nvms: {a: {image: tiny.elf, memory: 64K, free-services: 1}}",
     "edf fp services"),
    ("trace: {}\nvms: {a: {image: tiny.elf, memory: 64K}}", "trace"),
    ("cpus: {0: {}, 1: {}}\nvms: {a: {image: tiny.elf, memory: 64K, interrupt-controller: aia}}", "move"),
    ("cpus: {0: {}, 1: {}}\nvms: {a: {image: tiny.elf, memory: 64K, interrupt-controller: aia, cpu: 1}}", "")],
    ids=range(10))
def test_units(tool, more, units):
    """REQ: SIZE-1. Given a system, then just the policies and the parts that it can use are linked."""
    run = tool("build", tool.system(HEAD + more + "\n"), "-o", "x.img", "--verbose")
    assert run.returncode == 0, run.stderr
    linked = set(re.findall(r"unit-(\w+)\.o", run.stdout + run.stderr))
    assert linked & {"edf", "fp", "table", "services", "trace", "move"} == set(units.split())


def test_zawrs(tool):
    """REQ: CPU-4. Given a VM with one hart and one with two, then only harts that others can wake are told of Zawrs; a
    service is no hart."""
    image = open_image(tool.image(HEAD + "vms:\n  a: {image: tiny.elf, memory: 64K, services: {s: {capacity: 1ms, "
                                  "period: 9ms}}}\n  b: {image: tiny.elf, memory: 64K, vcpus: 2}\n"))
    isa = [properties(tool, image.tree(vm), "/cpus/cpu@0")["riscv,isa"] for vm in image.vms]
    assert ["zawrs" in text for text in isa] == [False, True]
    assert b"cpu@1" not in image.tree(image.vms[0]) and b"cpu@1" in image.tree(image.vms[1])
