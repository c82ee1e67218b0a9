# SPDX-License-Identifier: Apache-2.0
"""The tool in a folder of its own, with a file where the system files of the tests expect a guest's image."""
import json
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / os.environ.get("BUILD", "build")
HEAD = "partita: 1\nboard: qemu-virt-riscv64\n"
GUEST = "image: build/guest/null.elf, memory: 256K"


def tool_path():
    if "PARTITA" in os.environ:
        return pathlib.Path(os.environ["PARTITA"]).resolve()
    return next(path for path in (BUILD / "tool-asan/partita", BUILD / "partita") if path.exists())


class Tool:
    def __init__(self, folder):
        self.folder, self.path = folder, tool_path()
        (folder / "build/guest").mkdir(parents=True)
        (folder / "build/guest/null.elf").write_bytes(bytes(64))

    def __call__(self, *arguments):
        env = {"PATH": os.environ["PATH"], "PARTITA_HV": str(self.folder), "ASAN_OPTIONS": "exitcode=99",
               "UBSAN_OPTIONS": "exitcode=99"}
        run = subprocess.run([str(self.path), *map(str, arguments)], cwd=self.folder, env=env, timeout=120,
                             capture_output=True, text=True, errors="replace", check=False)
        assert run.returncode not in (99, -6, -11), run.stderr
        return run

    def json(self, command, system, *arguments, code=0):
        run = self(command, system, "--json", *arguments)
        assert run.returncode == code, run.stdout + run.stderr
        return json.loads(run.stdout)

    def system(self, cpus, vms, *more):
        """A system from its CPUs and VMs (name: keys, or a list of lines)."""
        lines = [f"cpus: {cpus}", *more, "vms:"]
        lines += [f"  {name}: {{{GUEST}, {keys}}}" for name, keys in vms.items()]
        path = self.folder / "system.yaml"
        path.write_text(HEAD + "\n".join(lines) + "\n")
        return path


@pytest.fixture
def tool(tmp_path):
    return Tool(tmp_path)
