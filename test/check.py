#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every test of Partita and says at the end how many passed and failed.

usage: test/check.py [PART...]     parts: unit oracle fuzz config tool static format attack system (default: all)

Jobs run two at a time, the long ones first. A line tells of each test as it ends, what a job that failed has said
follows it. The last line is `N passed, N failed`; the exit status is 1 if anything failed. BUILD names the build folder.
"""
import collections
import os
import pathlib
import re
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = os.environ.get("BUILD", "build")
WORKERS = 2
JOB_LIMIT_S = 800
PYTEST = ["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "progress", "--tb=short"]
STATIC = ["/usr/bin/python3", "test/static.py"]
# What each job says of a test: `@ passed|failed|skipped NAME SECONDS`.
EVENT = re.compile(r"@ (passed|failed|skipped) (.+) ([0-9.]+)$")
FUZZ = re.compile(r"  FUZZ  (\S+) .* in (\d+) s,")
UNIT = re.compile(r"^unit: (\d+) passed, (\d+) failed, (\d+) skipped(?:, (\d+) programs failed)?", re.M)

Job = collections.namedtuple("Job", "part name command")


def pytest_job(part, name, *arguments):
    return Job(part, name, [*PYTEST, *arguments])


def jobs_of():
    """All jobs, the longest first within what can be known."""
    system = ROOT / "test/system"
    first = ["test_linux.py", "test_share.py", "test_time.py", "test_run.py"]
    rest = sorted(path.name for path in system.glob("test_*.py") if path.name not in first)
    for name in first:
        if (system / name).exists():
            yield pytest_job("system", name, f"test/system/{name}")
    for vic in ("plic", "aia"):
        yield pytest_job("attack", vic, "test/system/test_attack.py", "-k", f"with_{vic}")
    if (ROOT / "test/config").is_dir():
        yield Job("config", "config", [*PYTEST, "test/config"])
    for folder in ("analyse", "sim", "trace"):
        if (ROOT / "test" / folder).is_dir():
            yield Job("tool", folder, [*PYTEST, f"test/{folder}"])
    if (ROOT / "test/oracle").is_dir():
        yield Job("oracle", "oracle", ["make", f"BUILD={BUILD}", "oracle"])
    yield Job("static", "clang-tidy hv", [*STATIC, "clang-tidy", "hv/"])
    yield Job("static", "clang-tidy tool", [*STATIC, "clang-tidy", "tool/"])
    yield Job("static", "cppcheck", [*STATIC, "cppcheck"])
    yield Job("static", "clang", [*STATIC, "clang"])
    yield Job("static", "rules", [*STATIC, "rules"])
    if (ROOT / "test/unit/unit.mk").exists():
        yield Job("unit", "unit", ["make", f"BUILD={BUILD}", "unit"])
    if (ROOT / "test/fuzz/fuzz.mk").exists():
        yield Job("fuzz", "fuzz-short", ["make", f"BUILD={BUILD}", "fuzz-short"])
    for name in rest:
        if name != "test_attack.py":
            yield pytest_job("system", name, f"test/system/{name}")
    yield Job("format", "format", [*STATIC, "format"])


class Progress:
    """Counts and prints; one line at a time, whoever calls."""

    def __init__(self):
        self.lock = threading.Lock()
        self.counts = collections.Counter()
        self.seconds = collections.Counter()
        self.per_part = {}
        self.failures = []

    def say(self, text):
        with self.lock:
            print(text, flush=True)

    def test(self, job, outcome, name, seconds):
        with self.lock:
            self.counts[outcome] += 1
            self.per_part.setdefault(job.part, collections.Counter())[outcome] += 1
            if outcome == "failed":
                self.failures.append(f"{job.part}: {name}")
            sign = {"passed": "ok  ", "failed": "FAIL", "skipped": "skip"}[outcome]
            print(f"  {sign} {job.part:7} {name} ({seconds:.1f} s)", flush=True)


def run_unit(job, output, progress, seconds):
    """cmocka's totals, which test/unit/run.sh sums up."""
    match = UNIT.search(output)
    if not match:
        return False
    passed, failed, skipped, broken = (int(group or 0) for group in match.groups())
    failed = max(failed, broken)
    progress.counts.update(passed=passed, failed=failed, skipped=skipped)
    progress.per_part.setdefault("unit", collections.Counter()).update(passed=passed, failed=failed, skipped=skipped)
    if failed:
        progress.failures.append(f"unit: {failed} tests")
    progress.say(f"  {'FAIL' if failed else 'ok  '} unit    {passed} passed, {failed} failed ({seconds:.1f} s)")
    return True


def run_job(job, progress):
    begin = time.monotonic()
    progress.say(f"  ...  {job.part:7} {job.name} begins")
    environment = {**os.environ, "BUILD": BUILD, "PYTHONPATH": str(ROOT / "test"), "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("MAKEFLAGS", None)
    child = subprocess.Popen(["timeout", "--foreground", "-s", "KILL", str(JOB_LIMIT_S), *job.command], cwd=ROOT,
                             env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, errors="replace")
    output, tests, failed = [], 0, 0
    for line in child.stdout:
        event = EVENT.search(line.rstrip("\n"))
        fuzz = FUZZ.match(line)
        if fuzz:
            bad = line.rstrip().endswith("FAILED")
            tests += 1
            failed += bad
            progress.test(job, "failed" if bad else "passed", f"fuzz {fuzz.group(1)}", float(fuzz.group(2)))
        if event:
            tests += 1
            failed += event.group(1) == "failed"
            progress.test(job, event.group(1), event.group(2), float(event.group(3)))
        else:
            output.append(line)
    code = child.wait()
    seconds = time.monotonic() - begin
    text = "".join(output)
    if job.part == "unit" and run_unit(job, text, progress, seconds):
        failed = code
    elif code and not failed:
        progress.test(job, "failed", f"{job.name}: ended with code {code}", seconds)
    elif not tests and not code and job.name not in ("format", "cppcheck"):
        progress.test(job, "failed", f"{job.name}: no test ran", seconds)
    with progress.lock:
        progress.seconds[job.part] += seconds
        if code or failed:
            print(f"--- {job.part} {job.name}: what it said ---\n{text.rstrip()}\n---", flush=True)


def work(queue, progress):
    while True:
        with progress.lock:
            if not queue:
                return
            job = queue.pop(0)
        run_job(job, progress)


def build_for(parts):
    """What the parts need beside `make all test-guests`."""
    if "config" in parts:
        return subprocess.run(["make", f"BUILD={BUILD}", "-j2", "tool-asan"], cwd=ROOT, check=False).returncode
    return 0


def main(parts):
    queue = [job for job in jobs_of() if not parts or job.part in parts]
    known = {job.part for job in jobs_of()}
    unknown = set(parts) - known
    if unknown:
        print(__doc__)
        return 0 if unknown == {"--help"} else 2
    begin = time.monotonic()
    progress = Progress()
    print(f"partita: running {len(queue)} jobs, {WORKERS} at a time", flush=True)
    if build_for({job.part for job in queue}):
        progress.counts["failed"] += 1
    workers = [threading.Thread(target=work, args=(queue, progress)) for _ in range(WORKERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(f"\npartita: all done in {time.monotonic() - begin:.0f} s")
    for part, counts in progress.per_part.items():
        skipped = f", {counts['skipped']} skipped" if counts["skipped"] else ""
        print(f"  {part:7} {counts['passed']:4} passed, {counts['failed']} failed{skipped}, "
              f"{progress.seconds[part]:.0f} s of work")
    for failure in progress.failures:
        print(f"  failed: {failure}")
    print(f"{progress.counts['passed']} passed, {progress.counts['failed']} failed")
    return 1 if progress.counts["failed"] or not progress.counts["passed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
