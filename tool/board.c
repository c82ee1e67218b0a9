/* SPDX-License-Identifier: Apache-2.0 */
#include "board.h"
#include "suggest.h"

#include <string.h>

#define DMA_REFUSAL                                                                                \
	"it can write anywhere in memory by DMA, which only an IOMMU can confine; it is refused "  \
	"until IOMMU support lands"
#define OWN_REFUSAL "the hypervisor drives it itself; every VM has a UART of its own (key uart)"

/* QEMU 10, hw/riscv/virt.c: virt_memmap; sources as in the device tree it generates. */
static const struct board_device virt_devices[] = {
	{.name = "rtc",
	 .phys = 0x101000,
	 .bytes = 0x1000,
	 .irq = 11,
	 .compatible = "google,goldfish-rtc"},
	{.name = "uart", .refusal = OWN_REFUSAL},
	{.name = "test",
	 .refusal = "a write to it powers off the whole machine; a VM ends or "
		    "restarts itself through SBI SRST"},
	{.name = "pcie", .refusal = DMA_REFUSAL},
	{.name = "fw-cfg", .refusal = DMA_REFUSAL},
	{.name = "virtio-mmio0", .refusal = DMA_REFUSAL},
	{.name = "virtio-mmio1", .refusal = DMA_REFUSAL},
	{.name = "virtio-mmio2", .refusal = DMA_REFUSAL},
	{.name = "virtio-mmio3", .refusal = DMA_REFUSAL},
	{.name = "virtio-mmio4", .refusal = DMA_REFUSAL},
	{.name = "virtio-mmio5", .refusal = DMA_REFUSAL},
	{.name = "virtio-mmio6", .refusal = DMA_REFUSAL},
	{.name = "virtio-mmio7", .refusal = DMA_REFUSAL},
};

static const struct board boards[] = {
	{
		.name = "qemu-virt-riscv64",
		.ram_phys = 0x80000000,
		.ram_default_bytes = 1ull << 30,
		.ram_min_bytes = 16ull << 20,
		.ram_max_bytes = 8ull << 30,
		.firmware_bytes = 0x200000,
		.top_bytes = 0x200000, /* hw/riscv/boot.c aligns the device tree down to 2 MiB */
		.image_phys = 0x80200000,
		.guest_memory = 0x80200000,
		.harts = 8,
		.guest_files = 7,
		.timebase_hz = 10000000,
		.devices = virt_devices,
		.device_count = sizeof(virt_devices) / sizeof(virt_devices[0]),
	},
};

#define BOARDS (sizeof(boards) / sizeof(boards[0]))

const struct board *board_find(const char *name)
{
	for (size_t i = 0; i < BOARDS; i++)
		if (!strcmp(boards[i].name, name))
			return &boards[i];
	return NULL;
}

const struct board *board_default(void)
{
	return &boards[0];
}

const char *board_suggest(const char *name)
{
	return suggest(name, boards, BOARDS, sizeof(boards[0]));
}

const struct board_device *board_device_find(const struct board *board, const char *name)
{
	for (size_t i = 0; i < board->device_count; i++)
		if (!strcmp(board->devices[i].name, name))
			return &board->devices[i];
	return NULL;
}
