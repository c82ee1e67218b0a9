# SPDX-License-Identifier: Apache-2.0
"""Ten virtual seconds of `make soak`."""
import re
import subprocess

from partita import BUILD, ROOT


def test_ten_seconds_of_soak():
    """Given sixteen services that use 95 % of two CPUs beside best effort, when for ten seconds services are stopped,
    started, deleted and created at random, then no deadline is missed and no request is refused.

    REQ: SCHED-1, SCHED-3, SCHED-4, RT-1, RT-4, CPU-4
    """
    done = subprocess.run(["/usr/bin/python3", ROOT / "scripts/soak.py", "10"], capture_output=True, text=True, timeout=400,
                          check=False, env={"PATH": "/usr/bin:/bin", "BUILD": str(BUILD)})
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"10 of 10 virtual s .* missed 0\nsoak: passed", done.stdout), done.stdout
