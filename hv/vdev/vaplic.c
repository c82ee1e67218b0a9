/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unit: emulated APLIC in MSI delivery mode (AIA 1.0, chapter 4), beside a guest interrupt file per
 * vCPU. It always traps, but only when a guest sets up a source or ends a level interrupt; sources
 * of dedicated devices are programmed through to the board's APLIC, so their interrupts reach the
 * guest directly.
 */
#include "vdev/vaplic.h"
#include "arch/arch.h"
#include "core/device_irq.h"
#include "core/pool.h"
#include "core/unit.h"
#include "core/vcpu.h"
#include "core/vm.h"

#define APLIC_BASE  0x0d000000ul
#define APLIC_BYTES 0x00008000u

#define DOMAINCFG   0x0000u
#define SOURCECFG   0x0004u
#define SETIP       0x1c00u
#define SETIPNUM    0x1cdcu
#define IN_CLRIP    0x1d00u
#define CLRIPNUM    0x1ddcu
#define SETIE       0x1e00u
#define SETIENUM    0x1edcu
#define CLRIE       0x1f00u
#define CLRIENUM    0x1fdcu
#define SETIPNUM_LE 0x2000u
#define GENMSI      0x3000u
#define TARGET      0x3004u

#define DOMAINCFG_FIXED (0x80u << 24 | 1u << 2) /* bits 31:24 and DM = MSI */
#define DOMAINCFG_IE    (1u << 8)
#define TARGET_MASK     (0x3fffu << 18 | 0x7ffu)
#define MODE_LEVEL_HIGH 6u
#define MODE_LEVEL_LOW  7u
#define IDENTITIES      255u

static bool is_level(const struct vaplic *a, uint32_t source)
{
	return a->mode[source] >= MODE_LEVEL_HIGH;
}

/* The input after sourcecfg's inversion (AIA 1.0, 4.7). Inputs of ours are active high. */
static bool rectified(const struct vaplic *a, uint32_t source)
{
	bool high = a->level >> source & 1;

	return (a->mode[source] & 1) && a->mode[source] > 1 ? !high : high;
}

static struct vcpu *target_vcpu(struct vm *vm, uint32_t target)
{
	uint32_t hart = target >> 18;

	return hart < vm->config->vcpu_count ? &vm->vcpus[hart] : NULL;
}

static void send(struct vm *vm, uint32_t target)
{
	struct vcpu *v = target_vcpu(vm, target);
	uint32_t identity = target & 0x7ff;

	if (v && identity - 1 < IDENTITIES)
		arch_send_msi(v, identity);
}

static void deliver(struct vm *vm, struct vaplic *a, uint32_t source)
{
	if (!a->on || !(a->enabled & a->pending & 1u << source))
		return;
	a->pending &= ~(1u << source);
	send(vm, a->target[source]);
}

/* A dedicated device's source: the board's APLIC gets what the guest has set up. */
static bool program_through(struct vm *vm, struct vaplic *a, uint32_t source)
{
	struct vcpu *v = target_vcpu(vm, a->target[source]);
	uint32_t identity = a->target[source] & 0x7ff;
	bool active = a->on && a->mode[source] > 1 && v && identity - 1 < IDENTITIES;

	return device_irq->route(vm, source, active ? a->mode[source] : 0, v ? v : vm->vcpus,
				 active ? identity : 0, active && a->enabled >> source & 1);
}

static void changed(struct vm *vm, struct vaplic *a, uint32_t source)
{
	if (!device_irq || !program_through(vm, a, source))
		deliver(vm, a, source);
}

static void set_pending(struct vm *vm, struct vaplic *a, uint32_t source)
{
	if (is_level(a, source) && !rectified(a, source)) {
		if (device_irq)
			device_irq->retrigger(vm, source);
		return;
	}
	if (a->mode[source])
		a->pending |= 1u << source;
	deliver(vm, a, source);
}

static void set_level(struct vm *vm, uint32_t source, bool high)
{
	struct vaplic *a = vm->vic_state;
	bool before, after;

	lock_take(&a->lock);
	before = rectified(a, source);
	a->level = high ? a->level | 1u << source : a->level & ~(1u << source);
	after = rectified(a, source);
	if (a->mode[source] > 1 && !before && after)
		set_pending(vm, a, source);
	else if (is_level(a, source) && !after)
		a->pending &= ~(1u << source);
	lock_give(&a->lock);
}

static void write_mode(struct vm *vm, struct vaplic *a, uint32_t source, uint32_t value)
{
	uint32_t mode = value & 7;

	if (value & 1u << 10 || mode == 2 || mode == 3)
		mode = 0; /* no child domains, reserved modes */
	a->mode[source] = (uint8_t)mode;
	if (!mode) {
		a->enabled &= ~(1u << source);
		a->pending &= ~(1u << source);
		a->target[source] = 0;
	} else if (is_level(a, source) && rectified(a, source)) {
		a->pending |= 1u << source;
	}
	changed(vm, a, source);
}

static void write_enable(struct vm *vm, struct vaplic *a, uint32_t source, bool on)
{
	if (!a->mode[source])
		on = false;
	a->enabled = on ? a->enabled | 1u << source : a->enabled & ~(1u << source);
	changed(vm, a, source);
}

/* A word register acts on sources 1..31 of word 0; at most vic_sources steps. */
static void write_bits(struct vm *vm, struct vaplic *a, uint32_t offset, uint32_t bits)
{
	for (uint32_t s = 1; s <= vm->config->vic_sources; s++) {
		if (!(bits >> s & 1))
			continue;
		switch (offset) {
		case SETIP:
			set_pending(vm, a, s);
			break;
		case IN_CLRIP:
			a->pending &= ~(1u << s);
			break;
		default:
			write_enable(vm, a, s, offset == SETIE);
		}
	}
}

static void write_number(struct vm *vm, struct vaplic *a, uint32_t offset, uint32_t source)
{
	if (!source || source > vm->config->vic_sources)
		return;
	switch (offset) {
	case SETIPNUM:
	case SETIPNUM_LE:
		set_pending(vm, a, source);
		break;
	case CLRIPNUM:
		a->pending &= ~(1u << source);
		break;
	default:
		write_enable(vm, a, source, offset == SETIENUM);
	}
}

static void write_domain(struct vm *vm, struct vaplic *a, uint32_t value)
{
	a->on = value & DOMAINCFG_IE;
	for (uint32_t s = 1; s <= vm->config->vic_sources; s++)
		changed(vm, a, s);
}

static uint32_t source_at(const struct vm *vm, uint32_t offset, uint32_t base)
{
	uint32_t source = (offset - base) / 4 + 1;

	return offset >= base && source <= vm->config->vic_sources ? source : 0;
}

static void register_write(struct vm *vm, struct vaplic *a, uint32_t offset, uint32_t value)
{
	uint32_t source;

	switch (offset) {
	case DOMAINCFG:
		write_domain(vm, a, value);
		return;
	case GENMSI:
		send(vm, value);
		return;
	case SETIP:
	case IN_CLRIP:
	case SETIE:
	case CLRIE:
		write_bits(vm, a, offset, value);
		return;
	case SETIPNUM:
	case SETIPNUM_LE:
	case CLRIPNUM:
	case SETIENUM:
	case CLRIENUM:
		write_number(vm, a, offset, value);
		return;
	default:
		break;
	}
	source = source_at(vm, offset, TARGET);
	if (source && a->mode[source]) {
		a->target[source] = value & TARGET_MASK;
		changed(vm, a, source);
		return;
	}
	source = source_at(vm, offset, SOURCECFG);
	if (source)
		write_mode(vm, a, source, value);
}

static uint32_t inputs(const struct vm *vm, const struct vaplic *a)
{
	uint32_t bits = 0;

	for (uint32_t s = 1; s <= vm->config->vic_sources; s++)
		if (a->mode[s] > 1 && rectified(a, s))
			bits |= 1u << s;
	return bits;
}

static uint32_t register_read(const struct vm *vm, const struct vaplic *a, uint32_t offset)
{
	uint32_t source;

	switch (offset) {
	case DOMAINCFG:
		return DOMAINCFG_FIXED | (a->on ? DOMAINCFG_IE : 0);
	case SETIP:
		return a->pending;
	case IN_CLRIP:
		return inputs(vm, a);
	case SETIE:
		return a->enabled;
	default:
		break;
	}
	source = source_at(vm, offset, TARGET);
	if (source)
		return a->target[source];
	source = source_at(vm, offset, SOURCECFG);
	return source ? a->mode[source] : 0;
}

static uint64_t vaplic_read(struct vcpu *v, void *state, uint32_t offset, uint32_t width)
{
	struct vaplic *a = state;
	uint32_t value;

	if (width != 4)
		return 0;
	lock_take(&a->lock);
	value = register_read(v->vm, a, offset);
	lock_give(&a->lock);
	return value;
}

static void vaplic_write(struct vcpu *v, void *state, uint32_t offset, uint32_t width,
			 uint64_t value)
{
	struct vaplic *a = state;

	if (width != 4)
		return;
	lock_take(&a->lock);
	register_write(v->vm, a, offset, (uint32_t)value);
	lock_give(&a->lock);
}

/* Its dedicated devices' interrupts go where its file is now. */
static void moved(struct vm *vm, uint32_t number)
{
	struct vaplic *a = vm->vic_state;

	if (!device_irq)
		return;
	lock_take(&a->lock);
	for (uint32_t source = 1; source <= vm->config->vic_sources; source++)
		if (a->target[source] >> 18 == number)
			program_through(vm, a, source);
	lock_give(&a->lock);
}

static const struct vic_ops ops = {.set_level = set_level, .moved = moved};

static int vm_init(struct vm *vm)
{
	struct vdev dev = {APLIC_BASE, APLIC_BYTES, NULL, vaplic_read, vaplic_write};

	if (vm->config->vic != VIC_AIA)
		return HV_OK;
	if (vm->config->vic_sources > VAPLIC_SOURCES)
		return HV_ENOMEM;
	dev.state = pool_take(sizeof(struct vaplic), 8);
	vm->vic_state = dev.state;
	vm->vic_state_bytes = sizeof(struct vaplic);
	vm->vic = &ops;
	return vm_add_vdev(vm, &dev);
}

static const struct unit vaplic = {.name = "vaplic", .vm_init = vm_init};
UNIT(vaplic);
