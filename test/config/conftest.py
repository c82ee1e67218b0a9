# SPDX-License-Identifier: Apache-2.0
"""What every test here uses: the tool under test, a fake hypervisor to link, a folder of guest files.

PARTITA names the tool (default: build/tool-asan/partita, else build/partita), BUILD the build folder.
"""
import os
import pathlib
import subprocess

import pytest

import guests

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = ROOT / os.environ.get("BUILD", "build")
CROSS = os.environ.get("CROSS", "riscv64-linux-gnu-")
UNITS = ("edf", "fp", "table", "services", "trace", "vplic", "vaplic", "vuart", "passthrough", "restart", "smp", "move")


def tool_path():
    if "PARTITA" in os.environ:
        return pathlib.Path(os.environ["PARTITA"]).resolve()
    for path in (BUILD / "tool-asan" / "partita", BUILD / "partita"):
        if path.exists():
            return path
    pytest.exit("no partita to test: 'make tool-asan' builds it", 3)


class Tool:
    """The command, run in a folder of its own with the fake hypervisor."""

    def __init__(self, folder, hypervisor):
        self.path = tool_path()
        self.folder = folder
        self.env = {"PATH": os.environ["PATH"], "PARTITA_HV": str(hypervisor), "TERM": "xterm",
                    "ASAN_OPTIONS": "exitcode=99", "UBSAN_OPTIONS": "exitcode=99"}

    def __call__(self, *arguments, env=None, cwd=None, stdin=subprocess.DEVNULL):
        run = subprocess.run([str(self.path), *map(str, arguments)], cwd=cwd or self.folder,
                             env={**self.env, **(env or {})}, stdin=stdin, timeout=120,
                             capture_output=True, text=True, errors="replace", check=False)
        assert run.returncode not in (99, -6, -11), run.stderr
        return run

    def system(self, text, name="system.yaml"):
        (self.folder / name).write_text(text)
        return name

    def image(self, text, name="system"):
        """Builds a system from its text; the image's path."""
        run = self("build", self.system(text, name + ".yaml"), "-o", name + ".img")
        assert run.returncode == 0, run.stderr
        return self.folder / (name + ".img")


@pytest.fixture(scope="session")
def hypervisor(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hv")
    compile_ = [CROSS + "gcc", "-march=rv64imac", "-mabi=lp64", "-c"]
    subprocess.run([*compile_, "-o", folder / "core.o", HERE / "fake/core.S"], check=True)
    (folder / "hv.lds").write_bytes((HERE / "fake/hv.lds").read_bytes())
    (folder / "none.S").write_text("")
    for unit in UNITS:
        subprocess.run([*compile_, "-o", folder / f"unit-{unit}.o", folder / "none.S"], check=True)
    return folder


@pytest.fixture
def tool(tmp_path, hypervisor):
    guests.make(tmp_path)
    return Tool(tmp_path, hypervisor)
