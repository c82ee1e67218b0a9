# SPDX-License-Identifier: Apache-2.0
"""What each figure is, what it must reach, what others reach, what limits it."""

INSTRUCTIONS = "instructions"
JITTER = "each mean at most 1,000, SD at most 100, means within 50"

# target: the bound; judged: which fields must not pass it (with below: must stay under it).
CATALOGUE = {
    "exit-null-sbi": {
        "what": "Round trip of the smallest call to the hypervisor, SBI get_spec_version, all guest "
                "state preserved: from before the ecall to after it, less the cost of measuring; "
                "least of 1,000 rounds.",
        "unit": INSTRUCTIONS, "target": 150, "judged": ["value"],
        "others": "OpenSBI natively 308, Bao 240, Xvisor 737",
        "limit": "The floor is 83: saving and restoring 31 registers around a minimal handler. Calls "
                 "that keep the same vCPU save the caller-saved half only; the rest is counting the "
                 "exit, finding the call and returning its value.",
    },
    "exit-mmio-read": {
        "what": "Round trip of a load from an emulated device register (LSR of the vUART) by a guest "
                "with a PLIC; least of 1,000 rounds.",
        "unit": INSTRUCTIONS, "target": 250, "judged": ["value"],
        "others": "Bao 285 (vAPLIC/vPLIC register)",
        "limit": "The load's destination may be any register, so all 31 are saved; then the "
                 "instruction is decoded from htinst, the device found and its register computed.",
    },
    "exit-mmio-read-hlvx": {
        "what": "The same where the hardware does not say which instruction it was (htinst is 0): it is fetched "
                "with HLVX through the guest's own translation.",
        "unit": INSTRUCTIONS, "target": None, "judged": [],
        "others": "no figure of a source",
        "limit": "Two guarded fetches of 16 bits; a fault in them changes sepc, sstatus and hstatus, which are kept "
                 "before and put back after.",
    },
    "timer-direct": {
        "what": "From the guest's own timer (pending, interrupts get enabled) to the first instruction "
                "of its own handler, and the same binary natively.",
        "unit": INSTRUCTIONS, "target": "as native (7 with a minimal stub), 0 exits", "judged": [],
        "others": "native 7, Bao 7, Xvisor 7",
        "limit": "Nothing: Sstc delivers in hardware, the hypervisor is not involved.",
    },
    "rt-start-jitter": {
        "what": "First instruction of a 1 kHz task in a reservation (200 us of every 1 ms) less its "
                "nominal release, beside a guest that never yields on the same hart.",
        "unit": INSTRUCTIONS, "target": 1000, "judged": ["mean", "max"], "below": True,
        "others": "Xvisor 29,974 mean, 9,999,792 max; Bao cannot share a hart; dissertation 004 table 1 "
                  "16,400 to 16,700, SD 60 to 190; 003 table 6.5 mean 4,418 cycles (time to schedule)",
        "limit": "The emulated comparator itself is 0 to 99 late, a release is rounded up to ticks of "
                 "100; the rest is the switch from one VM to another: registers, floating point, "
                 "guest CSRs, the scheduler's heaps, programming the timer.",
    },
    "jitter-1cpu": {
        "what": "Start jitter of RT-vCPUs, experiment of 004 table 1: 1, 2 and 4 of them on 1 CPU, 1,000 rounds each, "
                "nobody else running.",
        "unit": INSTRUCTIONS, "target": JITTER, "judged": [],
        "others": "004 table 1: 163.99 / 165.0 / 166.9 us = 16,400 / 16,500 / 16,700 instructions, SD 60 to 190",
        "limit": "As rt-start-jitter; with one RT-vCPU its registers are still loaded, which saves the switch. The "
                 "SD of 29 is the emulated comparator's own.",
    },
    "jitter-2cpu": {
        "what": "The same on 2 CPUs (004 table 2), the RT-vCPUs dealt out to both.",
        "unit": INSTRUCTIONS, "target": JITTER, "judged": [],
        "others": "004 table 2: 316.5 / 378.9 / 324.0 us = 31,700 / 37,900 / 32,400 instructions, SD 1,900 to 3,300",
        "limit": "CPUs share no lock on this way. With busy harts the emulator's turns are what is seen: see "
                 "busy_native.",
    },
    "jitter-4cpu": {
        "what": "The same on 4 CPUs (004 table 3).",
        "unit": INSTRUCTIONS, "target": JITTER, "judged": [],
        "others": "004 table 3: 314.5 / 299.7 / 297.9 us = 31,500 / 30,000 / 29,800 instructions, SD 440 to 4,200",
        "limit": "As jitter-2cpu.",
    },
    "sched-delay": {
        "what": "Time to schedule an RT-vCPU (003 section 6.8.1, table 6.5) with 1, 4, 8 and 64 of them, 10,000 rounds "
                "each: from the interrupted vCPU's last instruction to the first of the one that was released. The "
                "figure is that of 64.",
        "unit": INSTRUCTIONS, "target": "every mean at most 600, 64 at most 1.3 times 1", "judged": [],
        "others": "003 table 6.5: mean 88.35 / 88.66 / 91.44 us, SD 4.8 / 12.8 / 16.3, median 85 / 91.9 / 97.45, p95 "
                  "94 / 103.2 / 111 for 1 / 4 / 8: 4,418 / 4,433 / 4,572 cycles, growing with O(n)",
        "limit": "The switch between two VMs is most of it: registers and guest CSRs; what grows with their number "
                 "is the heaps' depth.",
    },
    "switch": {
        "what": "From one vCPU to another of a different VM: last instruction of one to first of the other, for a "
                "release that interrupts, a job's end with the next job ready, and a job's end with best effort ready.",
        "unit": INSTRUCTIONS, "target": 700, "judged": ["max"],
        "others": "no figure of a source",
        "limit": "All 31 registers and 12 guest CSRs each way, the second stage's root, the timer, the choice.",
    },
    "admit": {
        "what": "What creating a real-time service costs at worst, with 64 reservations on its CPU, until the answer: "
                "the exact test of all of them, in the caller's own time.",
        "unit": INSTRUCTIONS, "target": 40000000, "judged": ["value"],
        "others": "no figure of a source (003 and 004 add up utilizations)",
        "limit": "At most 4,096 points of the analysis, then it is refused; usual sets need a few. About half is "
                 "entering and leaving the hypervisor, which the caller does for each step.",
    },
    "be-storm": {
        "what": "Exits that eight best-effort guests add to a real-time vCPU on the same CPU by rearming timers of "
                "10 us and by messages sent to them from another CPU as fast as it can.",
        "unit": "exits", "target": 0, "judged": ["value"],
        "others": "no figure of a source",
        "limit": "Nothing: their timers are not armed and their interrupts held back while it runs.",
    },
    "smp-spin": {
        "what": "A fixed piece of work in a stock Linux with two vCPUs beside guests that never yield, with and "
                "without what tells the hypervisor of waiting vCPUs: Zawrs, gang.",
        "unit": "virtual s", "target": "with gang less than without", "judged": [],
        "others": "no figure of a source",
        "limit": "Stock Linux waits by wrs.nto only in contended spin locks and for answers to interrupts, which "
                 "hackbench rarely does; a gang helps whatever the guest does, and costs others nothing but order.",
    },
    "linux-boot-exits": {
        "what": "Exits of a boot of Debian's stock kernel, 1 vCPU, AIA, from its first instruction "
                "until init has run and powered off, output to the console aside.",
        "unit": "exits", "target": 300, "judged": ["value"],
        "others": "dissertation 003 table 6.2: 1,476,000 with an unmodified kernel, 6 with a modified "
                  "one; SBI calls alone natively 117",
        "limit": "Each SBI call that the kernel makes to look for extensions, and each register of the "
                 "emulated APLIC that it sets up.",
    },
    "linux-boot-time": {
        "what": "Virtual time from the kernel's first instruction to the first instruction of process "
                "1, over the same kernel natively with the same device tree apart from what the guest "
                "does not have.",
        "unit": "% over native", "target": 2.0, "judged": ["value"],
        "others": "KVM: create VM to init 6.5 s against 4.5 s natively; Xen 5.1 s against 3.9 s",
        "limit": "Two-stage translation costs no instruction in the emulator (on hardware it does); what "
                 "counts here is exits. Natively the kernel also makes some 95 calls about "
                 "performance counters to the firmware, which the guest has not: it may be faster.",
    },
    "boot-to-guest": {
        "what": "From the first instruction of the boot image to the first instruction of the first "
                "guest, two small VMs.",
        "unit": INSTRUCTIONS, "target": 500000, "judged": ["value"],
        "others": "Bao 747,742; Xvisor 21,000,000",
        "limit": "Checking the system table and the device tree, clearing nothing: guests already lie "
                 "at their place. In the time to the guest is what the firmware needs for calls.",
    },
    "irqs-off-max": {
        "what": "Longest stretch of hypervisor execution with interrupts off between two points at "
                "which an interrupt is taken or looked for, over every exit of the systems listed.",
        "unit": INSTRUCTIONS, "target": 400, "judged": ["value"],
        "others": "no figure of a peer",
        "limit": "The build that measures has a few more instructions on every path than the real one; "
                 "they are in the figure.",
    },
    "footprint-text": {
        "what": "Executable sections of the hypervisor, -Os, linked for one AIA VM and one PLIC VM with "
                "vUART, SBI, EDF and round robin.",
        "unit": "bytes", "target": 29000, "judged": ["value"],
        "others": "dissertation 003 table 6.1 35,008; Bao 32,278; Xvisor 713,959",
        "limit": "The units a system does not use are not linked.",
    },
    "footprint-static": {
        "what": "Text, read-only data, data, bss, stacks, system table and everything allocated at "
                "start, the hypervisor's own page tables included, second-stage tables not; without "
                "padding up to page borders.",
        "unit": "bytes", "target": 60812, "judged": ["value"],
        "others": "dissertation 003 table 6.1 60,812",
        "limit": "16 KiB are the hypervisor's own page tables, 4 KiB a stack for each CPU.",
    },
    "footprint-tables": {
        "what": "Second-stage translation tables: a root of 16 KiB for each VM and the pages below.",
        "unit": "bytes", "target": None, "judged": [],
        "others": "no figure of a source",
        "limit": "Sv39x4 wants a root of 16 KiB for each VM; 2 MiB pages keep the rest to a few pages.",
    },
    "footprint-total": {
        "what": "All RAM that the hypervisor keeps: image, system table, pool with all tables, padding.",
        "unit": "bytes", "target": 131072, "judged": ["value"],
        "others": "Bao 284 KiB (1 VM), Xvisor 17.4 MiB, Xen about 20 MB",
        "limit": "The tables of both stages are more than half of it.",
    },
}


def judge(what, result):
    """True, False, or None where no bound was set. An experiment may bring its own verdict."""
    if "met" in result:
        return result["met"]
    if not what["judged"]:
        return None
    if what.get("below"):
        return all(result[f] < what["target"] for f in what["judged"])
    return all(result[f] <= what["target"] for f in what["judged"])


def bound(what):
    """The target in words."""
    target = what["target"]
    if target is None:
        return "none"
    if isinstance(target, str):
        return target
    fields = " and ".join(f for f in what["judged"] if f != "value")
    return f"{fields} {'under' if what.get('below') else 'at most'} {target:,}".strip()
