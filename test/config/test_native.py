# SPDX-License-Identifier: Apache-2.0
"""What the tool makes for a guest, judged by a guest: Debian's Linux runs on the bare board with the generated device
tree and the tool's placement, started by the fake hypervisor (fake/core.S), so no hypervisor can hide a fault.
The same image is then booted by U-Boot's booti.
"""
import subprocess
import threading

import pytest

from conftest import BUILD

LINUX = BUILD / "linux"
CPU = ("rv64,h=true,sstc=true,svinval=true,svpbmt=true,svnapot=true,smstateen=true,sscofpmf=true,svade=true,"
       "svadu=false,sv57=off,sv48=off")


SYSTEM = """partita: 1
board: qemu-virt-riscv64
vms:
  linux:
    linux: {{kernel: {linux}/Image, initrd: {linux}/initramfs.cpio.gz, cmdline: "console=ttyS0 earlycon=sbi"}}
    memory: {{size: 192M, identity: yes}}
    interrupt-controller: {controller}
    vcpus: 2
"""


class Machine:
    """QEMU with its serial line; ends after two minutes at the latest."""

    def __init__(self, machine, kernel, *more):
        self.qemu = subprocess.Popen(
            ["qemu-system-riscv64", "-M", machine, "-cpu", CPU, "-smp", "2", "-m", "1G", "-display", "none", "-monitor",
             "none", "-serial", "stdio", "-kernel", kernel, *more], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.text = ""
        self.limit = threading.Timer(120, self.qemu.kill)

    def __enter__(self):
        self.limit.start()
        return self

    def __exit__(self, *_):
        self.limit.cancel()
        self.qemu.kill()
        self.qemu.communicate()

    def until(self, *wanted):
        """Reads until one of the texts has come."""
        start = len(self.text)
        while not any(w in self.text[start:] for w in wanted):
            part = self.qemu.stdout.read1(4096)
            assert part, self.text
            self.text += part.decode(errors="replace")

    def type(self, text):
        self.qemu.stdin.write(text.encode())
        self.qemu.stdin.flush()


@pytest.mark.skipif(not (LINUX / "Image").exists(), reason="build/linux/Image is made by 'make setup-guests'")
@pytest.mark.parametrize("controller, machine", [("plic", "virt"), ("aia", "virt,aia=aplic-imsic")])
def test_linux_accepts_it(tool, controller, machine):
    """REQ: CPU-1. Given a Linux VM with two vCPUs, when its kernel starts natively with what the tool made, then it
    finds its CPUs, timer, interrupt controller, UART, seed and initrd, and starts init."""
    image = tool.image(SYSTEM.format(linux=LINUX, controller=controller))
    with Machine(machine, image) as board:
        board.until("Run /init as init process", "Kernel panic")
    for wanted in ("Run /init as init process", "crng init done", "smp: Brought up 1 node, 2 CPUs",
                   "Timer interrupt in S-mode is available via sstc extension", "Freeing initrd memory",
                   "10000000.serial: ttyS0 at MMIO 0x10000000",
                   "plic@c000000" if controller == "plic" else "interrupts forwarded to MSI base"):
        assert wanted in board.text, board.text
    for bad in ("disabling initrd", "Invalid", "failed to", "WARNING", "OF: /"):
        assert bad not in board.text


@pytest.mark.skipif(not (LINUX / "u-boot.bin").exists(), reason="build/linux/u-boot.bin is made by 'make setup-guests'")
def test_booti_takes_it(tool):
    """REQ: OPS-1. Given an image in memory, when U-Boot boots it with booti, then U-Boot finds its header good and it
    starts, its guest's content in place."""
    image = tool.image(SYSTEM.format(linux=LINUX, controller="plic"))
    with Machine("virt", LINUX / "u-boot.bin", "-device", f"loader,file={image},addr=0x90000000,force-raw=on") as board:
        board.until("Hit any key to stop autoboot")
        board.type("\n")
        board.until("=> ")
        board.type("booti 0x90000000 - $fdtcontroladdr\n")
        board.until("Run /init as init process", "Kernel panic", "Bad Linux")
    assert "Moving Image from 0x90000000 to 0x80200000" in board.text
    assert "Run /init as init process" in board.text, board.text
