# SPDX-License-Identifier: Apache-2.0
"""What the tool makes for a guest, judged by a guest: Debian's Linux runs on the bare board with the generated device
tree and the tool's placement, started by the fake hypervisor (fake/core.S), so no hypervisor can hide a fault."""
import subprocess
import threading

import pytest

from conftest import BUILD

LINUX = BUILD / "linux"
CPU = ("rv64,h=true,sstc=true,svinval=true,svpbmt=true,svnapot=true,smstateen=true,sscofpmf=true,svade=true,"
       "svadu=false,sv57=off,sv48=off")


@pytest.mark.skipif(not (LINUX / "Image").exists(), reason="build/linux/Image is made by 'make setup-guests'")
@pytest.mark.parametrize("controller, machine", [("plic", "virt"), ("aia", "virt,aia=aplic-imsic")])
def test_linux_accepts_it(tool, controller, machine):
    """REQ: CPU-1. Given a Linux VM with two vCPUs, when its kernel starts natively with what the tool made, then it
    finds its CPUs, timer, interrupt controller, UART, seed and initrd, and starts init."""
    image = tool.image("partita: 1\nboard: qemu-virt-riscv64\nvms:\n  linux:\n"
                       f"    linux: {{kernel: {LINUX}/Image, initrd: {LINUX}/initramfs.cpio.gz, "
                       "cmdline: \"console=ttyS0 earlycon=sbi\"}\n"
                       "    memory: {size: 192M, identity: yes}\n"
                       f"    interrupt-controller: {controller}\n    vcpus: 2\n")
    qemu = subprocess.Popen(["qemu-system-riscv64", "-M", machine, "-cpu", CPU, "-smp", "2", "-m", "512M", "-nographic",
                             "-kernel", image], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                            errors="replace")
    log = []
    limit = threading.Timer(120, qemu.kill)
    limit.start()
    try:
        for line in qemu.stdout:
            log.append(line)
            if "Run /init as init process" in line or "Kernel panic" in line or len(log) > 1000:
                break
    finally:
        limit.cancel()
        qemu.kill()
        qemu.wait()
    text = "".join(log)
    for wanted in ("Run /init as init process", "crng init done", "smp: Brought up 1 node, 2 CPUs",
                   "Timer interrupt in S-mode is available via sstc extension", "Freeing initrd memory",
                   "10000000.serial: ttyS0 at MMIO 0x10000000",
                   "providing IPIs using" if controller == "plic" else "per-CPU IDs 255 at base address"):
        assert wanted in text, text
    assert "plic" in text if controller == "plic" else "interrupts forwarded to MSI base" in text
    for bad in ("disabling initrd", "Invalid", "failed to", "WARNING", "OF: /"):
        assert bad not in text, next(line for line in log if bad in line)
