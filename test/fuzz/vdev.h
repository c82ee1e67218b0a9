/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sequences of register accesses by two vCPUs, levels of devices, keys and time. The including file
 * says which controller and where its registers are.
 */
#include "fuzz.h"
#include "core/console.h"
#include "host.h"

static const struct world w = {
	.cpus = 2,
	.vms = 2,
	.flags = SYSTEM_QUIET,
	.vm =
		{
			{.vcpus = 2,
			 .vic = VIC,
			 .uart = SOURCES,
			 .sources = SOURCES,
			 .irqs = 1,
			 .irq = {{40, 2}},
			 .vcpu = {{.cpu = 0, .guest_file = FILES},
				  {.cpu = 1, .guest_file = FILES}}},
			{.vic = VIC_PLIC, .uart = 10, .vcpu = {{.cpu = 1}}},
		},
};

enum { READ, WRITE, LEVEL, KICK, TYPE, RUN, OPERATIONS };

size_t fuzz_seed(unsigned n, uint8_t *out)
{
	uint64_t random = n + 1;
	uint8_t *at = out;

	if (n >= 40)
		return 0;
	for (unsigned i = 0; i < 40; i++) {
		put(&at, random_below(&random, OPERATIONS), 1);
		put(&at, random_next(&random), 1);
		put(&at,
		    INTERESTING[random_below(&random,
					     sizeof(INTERESTING) / sizeof(INTERESTING[0]))],
		    3);
		put(&at, n % 2 ? random_next(&random) : 1ull << random_below(&random, 32), 4);
	}
	return (size_t)(at - out);
}

static void operate(struct input *in)
{
	unsigned operation = (unsigned)take(in, 1) % OPERATIONS, how = (unsigned)take(in, 1);
	uint32_t offset = (uint32_t)take(in, 3), value = (uint32_t)take(in, 4),
		 width = 1u << (how >> 1 & 3);
	struct vcpu *v = &vms[0].vcpus[how & 1];
	struct vdev *d = &vms[0].vdevs[DEVICE];

	if (how & 64) /* like a target: hart index and identity */
		value = value % 5 << 18 | (value >> 8) % 260;
	host_cpu = v->cpu;
	offset = offset % d->bytes & ~(how & 128 ? 3u : width - 1);
	switch (operation) {
	case READ:
		d->read(v, d->state, offset, how & 128 ? 4 : width);
		break;
	case WRITE:
		d->write(v, d->state, offset, how & 128 ? 4 : width, value);
		break;
	case LEVEL:
		vms[0].vic->set_level(&vms[0], 1 + value % SOURCES, how & 2);
		break;
	case KICK:
		host_take_kick(v->cpu);
		break;
	case TYPE:
		host_cpu = &cpus[0];
		world_type_byte((uint8_t)value);
		break;
	default:
		host_run(v->cpu);
		host_now += value % MS;
	}
}

static void check(void)
{
	for (uint32_t i = 0; i < host_msi_count && i < HOST_MAX_MSIS; i++) {
		MUST(host_msis[i].to->vm == &vms[0]);
		MUST(host_msis[i].identity >= 1 && host_msis[i].identity <= 255);
	}
	for (unsigned i = 0; i < 128;
	     i++) /* only its own source of the board was touched, or left silent */
		MUST(i == 40 || !world_routes[i].enabled);
	MUST(vms[1].port.lost == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct input in = {data, bytes};

	world_start(&w);
	for (unsigned i = 0; in.left && i < 500; i++)
		operate(&in);
	check();
	return 0;
}
