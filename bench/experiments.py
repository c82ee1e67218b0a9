# SPDX-License-Identifier: Apache-2.0
"""
The experiments. Each returns {id: result}; a result has `value` or the fields of a distribution, and
`config`. Those that give several ids run once for all of them.
"""
import os
import re
import subprocess

import machine
import table

RESULT = re.compile(r"RESULT (\S+)((?: \w+=\d+)+)")
PREFIX = re.compile(r"([a-z][a-z0-9-]*)\| (.*)")
EXITS = re.compile(r"partita: vm (\S+): exits (.*)")


def guest_texts(output):
    """
    {VM: what it wrote} where lines name it, else {"": everything}. The hypervisor's own lines come first
    and may cut a guest's line in two: what they separate is put together again, and a RESULT is found
    within a line.
    """
    texts, before = {}, None
    for line in output.splitlines():
        if line.startswith("partita: ") or not line:
            before = None
            continue
        match = PREFIX.match(line)
        name, line = match.groups() if match else ("", line)
        texts[name] = texts.get(name, "") + ("\n" if name == before else "") + line
        before = name
    return texts


def guest_text(output):
    """What all guests wrote."""
    return "\n".join(guest_texts(output).values())


def results(output):
    """{id: {field: number}} of the RESULT lines."""
    found = {}
    for name, fields in RESULT.findall(guest_text(output)):
        found[name] = {k: int(v) for k, v in (f.split("=", 1) for f in fields.split())}
    return found


def exits(output, vm):
    """{cause: count} of a VM's lines when it ended."""
    found = {}
    for name, text in EXITS.findall(output):
        if name == vm:
            words = text.split()
            found.update(zip(words[::2], map(int, words[1::2])))
    if not found:
        raise machine.BenchError(f"the hypervisor printed no exits of VM {vm}:\n{output[-1500:]}")
    return found


def need(found, name, output):
    if name not in found:
        raise machine.BenchError(f"no RESULT line for {name}:\n{output[-1500:]}")
    return found[name]


def config(command, system, guest, figure, **more):
    return {"qemu": machine.shown(command), "system": machine.relative(system), "guest": guest,
            "figure": figure, **more}


# Exits ------------------------------------------------------------------------------------------

def exit_costs():
    system = machine.system("exit")
    command = machine.options(machine.build(system))
    output = machine.run(command, limit_s=60)
    found = results(output)
    if need(found, "exit-state-changed", output)["value"]:
        raise machine.BenchError("an exit changed the guest's registers:\n" + output[-1500:])
    side = {k: v["value"] for k, v in found.items() if k != "exit-state-changed"}
    said = "least of 1,000 round trips; bench-exit also found every register preserved"
    return {name: {**need(found, name, output),
                   "config": config(command, system, "guest/bench-exit", said, all_exits=side)}
            for name in ("exit-null-sbi", "exit-mmio-read")}


# Time -------------------------------------------------------------------------------------------

def timer_direct():
    system = machine.system("timer")
    command = machine.options(machine.build(system))
    output = machine.run(command, limit_s=60)
    bare = machine.options(machine.guest("bench-timer"))
    native_output = machine.run(bare, limit_s=60)
    found, native = results(output), results(native_output)
    counts = exits(output, "bench")
    # Every other exit is the guest printing (mmio) and asking the firmware what it is (sbi).
    timer_exits = sum(counts[c] for c in ("timer", "external", "parked", "wfi", "trap", "fault"))
    ours, theirs = (need(f, "timer-direct", o) for f, o in ((found, output),
                                                           (native, native_output)))
    same = all(ours[f] == theirs[f] for f in ("min", "mean", "sd", "max"))
    said = ("timer pending -> interrupts enabled -> handler's first instruction; exits of the whole "
            "run by cause, mmio and sbi are the guest's printing and its shutdown")
    return {"timer-direct": {
        **ours, "met": same and timer_exits == 0 and counts["sbi"] < ours["n"], "exits": timer_exits,
        "native": theirs,
        "config": config(command, system, "guest/bench-timer", said,
                         native_qemu=machine.shown(bare), exits_by_cause=counts,
                         other_distributions={k: {"guest": v, "native": native.get(k)}
                                              for k, v in found.items() if k != "timer-direct"})}}


def start_jitter():
    system = machine.system("jitter")
    command = machine.options(machine.build(system))
    output = machine.run(command, until=r"RESULT rt-start-jitter", limit_s=400, progress=periods)
    found = need(results(output), "rt-start-jitter", output)
    bare = machine.options(machine.guest("control-bench"))
    native_output = machine.run(bare, limit_s=200)
    native = need(results(native_output), "rt-start-jitter", native_output)
    said = ("first guest instruction less k*P, 10,000 periods; `native` is the same binary alone on "
            "the bare machine, released by its own timer")
    return {"rt-start-jitter": {
        **found, "native": native,
        "met": found["max"] < 1000 and found["mean"] < 1000 and found["missed"] == 0,
        "config": config(command, system, "guest/control (10,000 periods) beside guest/spin", said,
                         native_qemu=machine.shown(bare))}}


def periods(line):
    match = re.search(r"control: periods (\d+)", line)
    if match:
        machine.progress(f"{match[1]} periods")


# Linux ------------------------------------------------------------------------------------------

GUEST_FAULT = re.compile(r"tval:0x([0-9a-f]+), desc=guest_(load|store)_page_fault")


def console_stores(image):
    """
    (bytes written, all accesses) of the guest's UART driver, out of QEMU's log of exceptions. The
    UART's page is the one that is only used at its registers 0 to 7; it writes bytes at 0.
    """
    log = os.path.join(machine.OUT, "exceptions.log")
    machine.run(machine.options(image, more=["-d", "int", "-D", log]), limit_s=120)
    pages = {}
    with open(log, encoding="ascii", errors="replace") as file:
        for address, kind in GUEST_FAULT.findall(file.read()):
            page = pages.setdefault(int(address, 16) >> 12, [])
            page.append((int(address, 16) & 0xfff, kind))
    os.unlink(log)
    uarts = [p for p in pages.values() if all(a < 8 for a, _ in p) and (5, "load") in p]
    if len(uarts) != 1:
        raise machine.BenchError(f"{len(uarts)} pages look like a UART's in the log of exceptions")
    return uarts[0].count((0, "store")), len(uarts[0])


def boot_exits():
    system, silent = machine.system("linux-boot"), machine.system("linux-boot-no-uart")
    image = machine.build(system)
    command = machine.options(image)
    output = machine.run(command, limit_s=120)
    if "init reached" not in output:
        raise machine.BenchError("Linux did not reach init:\n" + output[-1500:])
    whole = exits(output, "linux")
    written, accesses = console_stores(image)
    without = exits(machine.run(machine.options(machine.build(silent)), limit_s=120), "linux")
    said = ("by the hypervisor's count at the VM's end (all_by_cause), less one exit for each byte "
            "that Linux wrote to the UART (console_output: stores to its register 0 in QEMU's log of "
            "exceptions). The UART driver's set-up stays in (uart_accesses has all of them); "
            "without_uart is the same boot in a VM that has none (system_without_uart)")
    return {"linux-boot-exits": {
        "value": sum(whole.values()) - written,
        "by_cause": {**whole, "mmio": whole["mmio"] - written}, "all_by_cause": whole,
        "console_output": written, "uart_accesses": accesses, "without_uart": without,
        "config": config(command, system, "Debian's stock kernel, quiet, init powers off at once", said,
                         system_without_uart=machine.relative(silent))}}


def cpio(path, content):
    """An archive (newc) of one executable file; aligned to 4 bytes."""
    def entry(name, mode, data, number):
        name = name.encode() + b"\0"
        head = b"070701" + b"".join(b"%08x" % v for v in (
            number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0))
        record = head + name
        record += b"\0" * (-len(record) % 4) + data
        return record + b"\0" * (-len(record) % 4)
    return entry(path, 0o100755, content, 1) + entry("TRAILER!!!", 0, b"", 0)


def initramfs_with(name, file_name):
    """Debian's initramfs with /name behind it."""
    with open(os.path.join(machine.BUILD, "linux", "initramfs.cpio.gz"), "rb") as file:
        archive = file.read()
    with open(file_name, "rb") as file:
        archive += b"\0" * (-len(archive) % 4) + cpio(name, file.read())
    path = os.path.join(machine.OUT, f"initramfs-{name}.cpio")
    os.makedirs(machine.OUT, exist_ok=True)
    with open(path, "wb") as file:
        file.write(archive)
    return path


def stamp_initramfs():
    source, elf = os.path.join(machine.ROOT, "bench", "stamp.S"), os.path.join(machine.OUT, "stamp")
    subprocess.run([machine.cross("gcc"), "-nostdlib", "-static", "-march=rv64imac_zicsr", "-mabi=lp64",
                    "-Wl,--build-id=none", "-s", "-o", elf, source], check=True)
    return initramfs_with("stamp", elf)


ABSENT = ["/platform-bus@4000000", "/pmu", "/fw-cfg@10100000", "/flash@20000000", "/soc/rtc@101000",
          "/soc/pci@30000000", *[f"/soc/virtio_mmio@1000{n}000" for n in range(1, 9)]]
NATIVE_RAM = "258M"  # the guest's 256M and the firmware's 2M


def native_tree(image):
    """The board's own device tree without the devices that the guest does not have."""
    path = os.path.join(machine.OUT, "native.dtb")
    dump = list(machine.options("none", ram=NATIVE_RAM))[:-2]
    dump[1] += ",dumpdtb=" + path
    subprocess.run(["timeout", "-s", "KILL", "20", "qemu-system-riscv64", *dump], check=True,
                   stdin=subprocess.DEVNULL, capture_output=True)
    for node in ABSENT:
        subprocess.run(["fdtput", "-r", path, node], check=True)
    guest_tree = os.path.join(machine.OUT, "guest.dtb")
    with open(guest_tree, "wb") as file:
        file.write(table.Table(image).device_tree(0))

    def get(kind, name):
        return subprocess.run(["fdtget", "-t", kind, guest_tree, "/chosen", name], check=True,
                              capture_output=True, text=True).stdout.strip()
    subprocess.run(["fdtput", "-t", "s", path, "/chosen", "bootargs", get("s", "bootargs")], check=True)
    subprocess.run(["fdtput", "-t", "x", path, "/chosen", "rng-seed",
                    *get("x", "rng-seed").split()], check=True)
    return path


def ticks(output, pattern, base):
    match = re.search(pattern, guest_text(output))
    if not match:
        raise machine.BenchError(f"no line like '{pattern}':\n{output[-1500:]}")
    return int(match[1], base)


INIT, FIRST = r"stamp: init at time 0x([0-9a-f]+)", r"first instruction at .* time (\d+)"


def boot_seconds(shift, image, entry_image, native, initrd):
    """(guest, native) from the kernel's first instruction to init's."""
    more = ["-dtb", native, "-initrd", initrd]
    kernel = os.path.join(machine.BUILD, "linux", "Image")
    runs = ((machine.options(image, shift), machine.options(entry_image, shift)),
            (machine.options(kernel, shift, ram=NATIVE_RAM, more=more),
             machine.options(machine.guest("null-end"), shift, ram=NATIVE_RAM, more=more)))
    seconds = [(ticks(machine.run(boot, limit_s=200), INIT, 16) -
                ticks(machine.run(entry, limit_s=60), FIRST, 10)) / 10e6 for boot, entry in runs]
    return seconds, runs


def boot_time():
    system = machine.system("linux-init")
    initrd = stamp_initramfs()
    image = machine.build(system)
    entry_image = machine.build(machine.system("linux-entry"))
    native = native_tree(image)
    (guest0, native0), runs = boot_seconds(0, image, entry_image, native, initrd)
    (guest3, native3), _ = boot_seconds(3, image, entry_image, native, initrd)
    said = ("(guest - native) / native at shift=0; process 1 is bench/stamp.S, whose first instruction "
            "reads `time`; the kernel's first instruction is where, with the same options, null-end "
            "in the kernel's place reads `time` first. Native device tree: QEMU's own without "
            + ", ".join(n.split("/")[-1] for n in ABSENT if "virtio" not in n)
            + ", virtio_mmio; the guest's rng-seed and command line; 258M (firmware takes 2M). The "
            "processor's extensions stay the board's")
    return {"linux-boot-time": {
        "value": round(100 * (guest0 / native0 - 1), 3),
        "seconds": {"guest": guest0, "native": native0},
        "shift3": {"value": round(100 * (guest3 / native3 - 1), 3), "guest": guest3,
                   "native": native3},
        "config": config(runs[0][0], system, "Debian's stock kernel, quiet, rdinit=/stamp", said,
                         native_qemu=machine.shown(runs[1][0]))}}


# Start ------------------------------------------------------------------------------------------

STARTED = re.compile(r"null: first instruction at instret (\d+)")


def boot_to_guest():
    system = machine.system("two-null")
    command = machine.options(machine.build(system))
    first = sorted(int(n) for n in STARTED.findall(guest_text(machine.run(command, limit_s=30))))
    bare = machine.options(machine.guest("null-end"))
    entry = [int(n) for n in STARTED.findall(machine.run(bare, limit_s=30))]
    if len(first) != 2 or len(entry) != 1:
        raise machine.BenchError(f"guests that said when they started: {first}, natively {entry}")
    said = ("instret at the first guest's first instruction less instret at the payload's first "
            "instruction, which null-end prints when it is the payload itself")
    return {"boot-to-guest": {
        "value": first[0] - entry[0], "second_guest": first[1] - entry[0],
        "config": config(command, system, "guest/null-end, twice", said,
                         native_qemu=machine.shown(bare))}}


# Interrupts off -----------------------------------------------------------------------------------

IRQS_OFF = re.compile(r"partita: irqs-off-max (\d+) cause (?:0x)?([0-9a-f]+)(?: pc (0x[0-9a-f]+))?")
PERIODS_DONE = "RESULT rt-start-jitter"
ENDLESS = "own-vectors"  # is ended when its neighbour has ended
MEASURE = os.path.join(machine.BUILD, "measure")


def attack_systems():
    """(name, system file) of every hostile guest with PLIC and with AIA."""
    folder = os.path.join(machine.BUILD, "attack")
    for kind in ("attack", "attack-aia"):
        with open(machine.system(kind), encoding="utf-8") as file:
            text = file.read().replace("../../build", machine.BUILD)
        for elf in sorted(os.listdir(folder)):
            if not elf.endswith(".elf") or f"attack/{elf[:-4]}" in SERVICE_ATTACKS:
                continue
            name = f"{kind}-{elf[:-4]}"
            path = os.path.join(machine.OUT, name + ".yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(text.replace("foreign-read", elf[:-4]))
            yield name, path


SERVICES = """partita: 1
board: qemu-virt-riscv64
cpus: {0: {policy: edf, best-effort: 40%}}
console: {show: all}
vms:
  control: {image: BUILD/guest/control-check.elf, memory: 256K, vcpus: [{cpu: 0, capacity: 200us, period: 1ms}]}
  hostile:
    image: BUILD/NAME.elf
    memory: 2M
    interrupt-controller: VIC
"""
SERVICE_ATTACKS = {
    "attack/service-storm": "    cpu: 0\n    real-time-share: 20%\n    free-services: 7\n"
                     "    services: {kept: {cpu: 0, capacity: 20us, period: 1ms, start: on-request}}\n",
    "attack/service-exhaust": "    cpu: 0\n    real-time-share: 20%\n    free-services: 7\n",
    "guest/adu": "    cpu: 0\n    real-time-share: 30%\n    free-services: 4\n",
    "attack/service-race": "    vcpus: [{cpu: 0}, {cpu: 0}]\n    free-services: 8\n",
    "attack/wrs-storm": "    vcpus: [{cpu: 0}, {cpu: 0}]\n",
}


def service_systems():
    """(name, system file): hostile guests that use services; others that create them on one CPU."""
    for image, more in SERVICE_ATTACKS.items():
        for vic in ("plic", "aia"):
            name = f"{os.path.basename(image)}-{vic}"
            path = os.path.join(machine.OUT, name + ".yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(SERVICES.replace("BUILD", machine.BUILD).replace("NAME", image).replace("VIC", vic) + more)
            yield name, path


def build_other(folder, extra):
    """The hypervisor once more, with other flags; the folder of its objects."""
    make = subprocess.run(["make", "-C", machine.ROOT, "-j2", f"BUILD={folder}", f"HV_EXTRA={extra}",
                           "hv"], capture_output=True, text=True, check=False)
    if make.returncode:
        raise machine.BenchError(f"the hypervisor with {extra} does not build:\n" + make.stderr[-1500:])
    return os.path.join(folder, "hv", "riscv64")


def exit_hlvx():
    """As if the hardware gave no htinst: the instruction is fetched through the guest's translation."""
    system = machine.system("exit")
    extra = "-DALWAYS_FETCH=1"
    objects = build_other(os.path.join(machine.BUILD, "hlvx"), extra)
    command = machine.options(machine.build(system, "exit-hlvx", objects))
    output = machine.run(command, limit_s=60)
    said = "least of 1,000 round trips, with an hypervisor that never believes htinst"
    return {"exit-mmio-read-hlvx": {**need(results(output), "exit-mmio-read", output),
                                    "config": config(command, system, "guest/bench-exit", said,
                                                     hypervisor="HV_EXTRA=" + extra)}}


def irqs_off():
    """
    The hypervisor is built once more with -DMEASURE. ATTACKS=word,... limits the run to systems whose
    names contain one of the words; what they give is shown and not recorded.
    """
    objects = build_other(MEASURE, "-DMEASURE")
    systems = [(n, machine.system(n)) for n in ("linux-boot", "smp-hello", "exit", "timer",
                                                "two-null")]
    systems += attack_systems()
    systems += service_systems()
    wanted = os.environ.get("ATTACKS", "").split(",")
    systems = [s for s in systems if any(w in s[0] for w in wanted)]
    found, silent = {}, []
    for number, (name, path) in enumerate(systems, 1):
        machine.progress(f"{number}/{len(systems)} {name}")
        image = machine.build(path, name + "-measure", objects)
        try:
            output = machine.run(machine.options(image), until=IRQS_OFF.pattern, limit_s=150,
                                 leave_at=PERIODS_DONE if name.endswith(ENDLESS) else None)
        except machine.BenchError as error:
            output = str(error)
        match = IRQS_OFF.search(output)
        if match:
            found[name] = {"value": int(match[1]), "cause": int(match[2], 16), "pc": match[3]}
        else:
            silent.append(name)
    if not found:
        raise machine.BenchError("no system printed 'partita: irqs-off-max' at its end")
    if wanted != [""]:
        raise machine.BenchError(f"only a part was asked for, nothing is recorded: {found}")
    worst = max(found, key=lambda n: found[n]["value"])
    said = f"largest of {len(found)} systems; the worst is {worst}"
    command = machine.options(os.path.join(machine.OUT, worst + "-measure.img"))
    result = {**found[worst], "system": worst, "by_system": {n: f["value"] for n, f in found.items()},
              "config": config(command, dict(systems)[worst], "every guest of test/attack, Linux, "
                               "smp-hello, bench-exit, bench-timer, null", said,
                               hypervisor="HV_EXTRA=-DMEASURE")}
    if silent:
        result["no_figure"] = silent
        result["met"] = False
    return {"irqs-off-max": result}


# Memory ---------------------------------------------------------------------------------------------

def footprint():
    system = machine.system("footprint")
    image = machine.build(system)
    read = table.Table(image)
    parts = {"text": 0, "rodata": 0, "data": 0, "bss": 0}
    for name, size, flags in table.sections(read.elf):
        kind = "text" if "CODE" in flags else "rodata" if "READONLY" in flags else \
            "data" if "LOAD" in flags else "bss"
        parts[kind] += size
    s2 = read.vms * table.S2_ROOT_BYTES + read.s2_pages * table.PAGE
    parts["system table"] = read.bytes
    parts["stacks"] = read.cpus * read.sizes["stack"]
    parts["own page tables"] = read.sizes["own_table_pages"] * table.PAGE
    parts["structures"] = read.pool_bytes - s2 - parts["stacks"] - parts["own page tables"]
    total = read.pool_phys + read.pool_bytes - read.image_phys
    parts["padding"] = total - s2 - sum(parts.values())
    values = {"footprint-text": parts["text"],
              "footprint-static": total - s2 - parts["padding"],
              "footprint-tables": s2, "footprint-total": total}
    said = "bytes of the sections of IMAGE.elf and of the pool in the image's system table"
    return {name: {"value": value, "parts": {**parts, "second-stage tables": s2},
                   "config": {"qemu": "none: read from the image", "system": machine.relative(system),
                              "guest": "Linux (AIA) and control (PLIC)", "figure": said}}
            for name, value in values.items()}


EXPERIMENTS = [
    (exit_costs, ["exit-null-sbi", "exit-mmio-read"]),
    (exit_hlvx, ["exit-mmio-read-hlvx"]),
    (timer_direct, ["timer-direct"]),
    (start_jitter, ["rt-start-jitter"]),
    (boot_exits, ["linux-boot-exits"]),
    (boot_time, ["linux-boot-time"]),
    (boot_to_guest, ["boot-to-guest"]),
    (irqs_off, ["irqs-off-max"]),
    (footprint, ["footprint-text", "footprint-static", "footprint-tables", "footprint-total"]),
]
