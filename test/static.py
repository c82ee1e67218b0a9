#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Static checks, each finding of which fails one named test.

usage: test/static.py clang-tidy|cppcheck|clang|rules|format [FOLDER/]
       test/static.py reformat [FOLDER/]       lays out files that have no uncommitted changes

A test is a file under one checker, or one rule over all files. `@ passed|failed NAME SECONDS` is printed for each.
"""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = os.environ.get("BUILD", "build")
WARNINGS = "-Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Werror".split()
# What gcc has and clang 14 has not, or not by that name.
RISCV = "--target=riscv64-linux-gnu -mabi=lp64 -mcmodel=medany -ffreestanding -fno-pic".split()
HV = [*RISCV, "-march=rv64imac", "-std=gnu17", "-I.", "-Ihv", "-Ihv/arch/riscv64", "-Ihv/board/qemu-virt-riscv64",
      f"-I{BUILD}/hv/riscv64"]
GUEST = [*RISCV, "-march=rv64imac", "-std=c17", "-fno-builtin", "-Iguest/sdk", "-Iguest/bench-common",
         "-Itest/attack",
         '-DATTACK_NAME="static"', "-DATTACK_READ", "-DFUZZ_PLIC"]
FILE_LINES_MAX = 600
REQUIREMENTS = ("CPU-1 CPU-2 CPU-3 CPU-4 CPU-5 MEM-1 MEM-2 MEM-3 MEM-4 TIME-1 TIME-2 TIME-3 TIME-4 SCHED-1 SCHED-2 "
                "SCHED-3 SCHED-4 SCHED-5 SCHED-6 SCHED-7 SCHED-8 SCHED-9 RT-1 RT-2 RT-3 RT-4 IRQ-1 OPS-1 OPS-2 OPS-3 "
                "OPS-4 SIZE-1").split()


def tracked(*patterns):
    out = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns], cwd=ROOT,
                         check=True, capture_output=True, text=True).stdout
    return sorted(name for name in set(out.split("\n")) if name and (ROOT / name).exists())


def tool_flags():
    fyaml = subprocess.run(["pkg-config", "--cflags", "libfyaml"], capture_output=True, text=True, check=False)
    return ["-std=c17", "-D_GNU_SOURCE", '-DPARTITA_VERSION="static"', "-Iabi", "-Itool", "-Ihv", "-I.", *fyaml.stdout.split()]


def hv_sources():
    """What the RISC-V hypervisor is made of; hv/arch/host is the unit tests' own."""
    return [name for name in tracked("hv/*.c", "hv/**/*.c") if not name.startswith("hv/arch/host/")]


def guest_sources():
    return tracked("guest/*.c", "guest/**/*.c", "test/attack/*.c", "test/system/guests/*.c")


def flags_of(name):
    if name.startswith("hv/"):
        return HV
    return tool_flags() if name.startswith("tool/") else GUEST


def tell(outcome, name, begin, text=""):
    if text:
        print(text.rstrip(), flush=True)
    print(f"@ {outcome} {name} {time.monotonic() - begin:.2f}", flush=True)
    return outcome != "failed"


def run_test(name, command):
    begin = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
    good = done.returncode == 0
    return tell("passed" if good else "failed", name, begin, "" if good else done.stdout + done.stderr)


def run_tests(tests):
    """(name, command) one after the other: check.py runs another job beside."""
    return all([run_test(name, command) for name, command in tests])


def clang_tidy(folder=""):
    return run_tests((f"clang-tidy {name}", ["clang-tidy", "--quiet", "--warnings-as-errors=*", name, "--",
                                             *flags_of(name)])
                     for name in [*hv_sources(), *tracked("tool/*.c")] if name.startswith(folder))


def clang():
    return run_tests((f"clang {name}", ["clang", "-fsyntax-only", *WARNINGS, *flags_of(name), name])
                     for name in [*hv_sources(), *tracked("tool/*.c"), *guest_sources()])


def cppcheck():
    if not has_version("cppcheck", "2.10", "others stumble over GNU C or find what is not there"):
        return True
    common = ["cppcheck", "--quiet", "--error-exitcode=1", "--enable=warning,performance,portability",
              "--inline-suppr", "--suppressions-list=test/cppcheck.txt", "--std=c11", "-D__riscv=1",
              "--template={file}:{line}: {severity}: {message} [{id}]", "-j1"]
    hv = [flag for flag in HV if flag.startswith("-I")]
    guest = [flag for flag in GUEST if flag.startswith(("-I", "-D"))]
    tool = [flag for flag in tool_flags() if flag.startswith(("-I", "-D"))]
    return run_tests([("cppcheck hv", [*common, *hv, *hv_sources()]),
                      ("cppcheck tool", [*common, *tool, *tracked("tool/*.c")]),
                      ("cppcheck guest", [*common, *guest, *guest_sources()])])


def formatted(folder=""):
    return [name for name in tracked("abi/*.h", "hv/*.[ch]", "tool/*.[ch]", "guest/*.[ch]", "test/*.[ch]")
            if name.startswith(folder)]


def has_version(tool, wanted, why):
    """Whether tool is of Debian 12's version; says so if it is not."""
    found = subprocess.run([tool, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    if re.search(rf"\b{re.escape(wanted)}\b", found):
        return True
    print(f"{tool} left alone: {why}; that needs version {wanted}, here is {found or 'none'}")
    return False


def has_clang_format_14():
    return has_version("clang-format", "14", "others lay out some lines in other ways")


def clang_format(folder=""):
    return not has_clang_format_14() or run_tests(
        (f"format {name}", ["clang-format", "--dry-run", "--Werror", name]) for name in formatted(folder))


def reformat(folder=""):
    if not has_clang_format_14():
        return False
    for name in formatted(folder):
        if subprocess.run(["git", "diff", "--quiet", "HEAD", "--", name], cwd=ROOT, check=False).returncode:
            print(f"{name} has uncommitted changes: left alone")
        else:
            subprocess.run(["clang-format", "-i", name], cwd=ROOT, check=True)
    return True


# --- rules ---

def includes(name):
    for number, line in enumerate((ROOT / name).read_text(errors="replace").split("\n"), 1):
        match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if match:
            yield number, match.group(1)


# Room -> what it must not include (docs/architecture.md, walls). A policy's file is one of hv/sched but sched.h
# and admit.h.
POLICY = r"sched/(?!(sched|admit)\.h)"
WALLS = {
    "hv/lib/": r"(core|sched|vdev|drv|arch|board)/",
    "hv/sched/": rf"(core|vdev|drv|board)/|arch/(?!arch\.h)",
    "hv/core/": rf"(vdev|drv)/|{POLICY}|arch/(?!arch\.h)|csr\.h|riscv\.h",
    "hv/vdev/": rf"drv/|{POLICY}",
    "hv/drv/": rf"vdev/|{POLICY}",
}
# Units are where a policy and the core meet.
MEETING = re.compile(r"hv/core/unit_\w+\.c$")


def rule_walls():
    """Includes point downward."""
    for room, forbidden in WALLS.items():
        for name in tracked(f"{room}*.[ch]"):
            for number, included in includes(name):
                if re.match(forbidden, included) and not MEETING.match(name):
                    yield f'{name}:{number}: {room} must not include "{included}"'


def rule_registers_stay_below():
    """No register is named in core, sched, lib and vdev."""
    for name in tracked("hv/core/*.[ch]", "hv/sched/*.[ch]", "hv/lib/*.[ch]", "hv/vdev/*.[ch]"):
        for number, line in enumerate((ROOT / name).read_text().split("\n"), 1):
            if re.search(r"\bcsr_(read|write|set|clear|swap)\b|\bCSR_[A-Z]", line):
                yield f"{name}:{number}: names a register"
            if re.search(r"\b(asm|__asm__)\b", line) and not name.startswith("hv/lib/"):
                yield f"{name}:{number}: assembly"


def rule_file_length():
    """No file is longer than a reader can hold."""
    for name in tracked("*.c", "*.h", "*.S", "*.py", "*.sh", "*.mk", "Makefile"):
        lines = (ROOT / name).read_text(errors="replace").count("\n")
        if lines > FILE_LINES_MAX:
            yield f"{name}: {lines} lines, at most {FILE_LINES_MAX}"


def rule_licence():
    """Every source says its licence in its first lines."""
    for name in tracked("*.c", "*.h", "*.S", "*.lds", "*.py", "*.sh", "*.mk", "Makefile"):
        if "SPDX-License-Identifier: Apache-2.0" not in "".join((ROOT / name).read_text().splitlines(True)[:3]) and \
                (ROOT / name).stat().st_size:
            yield f"{name}: no SPDX-License-Identifier line"


def rule_no_notes_to_self():
    """What is to be done is in the tracker, not in the source."""
    words = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")
    for name in tracked("*.c", "*.h", "*.S", "*.py", "*.sh", "*.mk", "*.md", "*.yaml"):
        for number, line in enumerate((ROOT / name).read_text(errors="replace").split("\n"), 1):
            if words.search(line):
                yield f"{name}:{number}: {line.strip()}"


def rule_headers_stand_alone():
    """Each header of the hypervisor compiles by itself."""
    def check(name):
        return name, subprocess.run(["riscv64-linux-gnu-gcc", "-fsyntax-only", "-ffreestanding", "-march=rv64imac",
                                     "-mabi=lp64", *[flag for flag in HV if flag.startswith(("-I", "-std"))], "-x", "c",
                                     name], cwd=ROOT, capture_output=True, text=True, check=False)

    headers = [name for name in tracked("hv/**/*.h", "hv/*.h", "abi/*.h") if not name.startswith("hv/arch/host/")]
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        for name, done in pool.map(check, headers):
            if done.returncode:
                yield f"{name}: {done.stderr.strip().splitlines()[0]}"


def rule_requirements_have_tests():
    """Each requirement of what is built so far is claimed by a test."""
    sys.path.insert(0, str(ROOT / "test"))
    import requirements
    claimed = requirements.table()
    for requirement in REQUIREMENTS:
        if requirement not in claimed:
            yield f"no test says REQ: {requirement}"


def rules():
    found = [(name[5:].replace("_", " "), rule) for name, rule in sorted(globals().items())
             if name.startswith("rule_")]
    good = True
    for name, rule in found:
        begin = time.monotonic()
        wrong = list(rule())
        good &= tell("failed" if wrong else "passed", f"rule: {name}", begin, "\n".join(wrong))
    return good


CHECKS = {"clang-tidy": clang_tidy, "cppcheck": cppcheck, "clang": clang, "rules": rules, "format": clang_format,
          "reformat": reformat}


def main(arguments):
    if not arguments or arguments[0] not in CHECKS:
        print(__doc__)
        return 2
    return 0 if CHECKS[arguments[0]](*arguments[1:]) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
