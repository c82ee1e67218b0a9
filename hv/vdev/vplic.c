/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unit: emulated PLIC (RISC-V PLIC 1.0.0), for guests that know no other interrupt controller.
 * Contexts as on the bare board: 2n is hart n's M-mode (inert), 2n+1 its S-mode. Only sources that
 * the VM owns ever become pending (a handful), so looking for the best one is bounded by their
 * number.
 */
#include "vdev/vplic.h"
#include "arch/arch.h"
#include "lib/bits.h"
#include "core/cpu.h"
#include "core/device_irq.h"
#include "core/pool.h"
#include "core/unit.h"
#include "core/vcpu.h"
#include "core/vm.h"

#define PLIC_BASE  0x0c000000ul
#define PLIC_BYTES 0x00600000u

#define PENDING        0x001000u
#define ENABLE         0x002000u
#define ENABLE_STRIDE  0x80u
#define CONTEXT        0x200000u
#define CONTEXT_STRIDE 0x1000u
#define THRESHOLD      0u
#define CLAIM          4u
#define PRIORITY_MASK  7u

static struct vplic *plic_of(const struct vm *vm)
{
	return vm->vic_state;
}

/* The pending source with the highest priority above the threshold, lowest number first; 0: none.
 */
static uint32_t best(const struct vplic *p, uint32_t hart)
{
	uint32_t found = 0, priority = p->threshold[hart];

	for (uint32_t w = 0; w < VPLIC_WORDS; w++) {
		uint32_t bits = p->pending[w] & p->enabled[hart][w] & ~p->claimed[w];

		for (; bits; bits &= bits - 1) {
			uint32_t source = 32 * w + bit_lowest(bits);

			if (p->priority[source] > priority) {
				priority = p->priority[source];
				found = source;
			}
		}
	}
	return found;
}

static bool line(struct vm *vm, uint32_t number)
{
	struct vplic *p = plic_of(vm);
	bool high;

	lock_take(&p->lock);
	high = best(p, number) != 0;
	lock_give(&p->lock);
	return high;
}

/* Services have no line. Locked. */
static bool line_of(const struct vcpu *v)
{
	return v->number < v->vm->config->vcpu_count && best(plic_of(v->vm), v->number);
}

/* Every vCPU that has the source enabled looks at its line again. */
static void announce(struct vm *vm, uint32_t source)
{
	for (uint32_t i = 0; i < vm->config->vcpu_count; i++)
		if (plic_of(vm)->enabled[i][source / 32] >> source % 32 & 1)
			vcpu_request_later(&vm->vcpus[i], REQ_LINES);
}

static void set_level(struct vm *vm, uint32_t source, bool high)
{
	struct vplic *p = plic_of(vm);
	uint32_t w = source / 32, bit = 1u << source % 32;
	bool was;

	lock_take(&p->lock);
	was = p->level[w] & bit;
	if (high) {
		p->level[w] |= bit;
		p->pending[w] |= bit;
	} else {
		p->level[w] &= ~bit;
		p->pending[w] &= ~bit;
	}
	lock_give(&p->lock);
	if (was != high)
		announce(vm, source);
}

/* An MSI stands for the device's level; it is asked again at completion. */
static void physical(struct vm *vm, uint32_t source)
{
	struct vplic *p = plic_of(vm);

	lock_take(&p->lock);
	p->pending[source / 32] |= 1u << source % 32;
	lock_give(&p->lock);
	announce(vm, source);
}

static uint32_t claim(struct vplic *p, uint32_t hart)
{
	uint32_t source = best(p, hart);

	p->pending[source / 32] &= ~(1u << source % 32);
	if (source)
		p->claimed[source / 32] |= 1u << source % 32;
	return source;
}

static void complete(struct vm *vm, struct vplic *p, uint32_t hart, uint32_t source)
{
	uint32_t w = source / 32, bit = 1u << source % 32;

	if (source > vm->config->vic_sources || !(p->enabled[hart][w] & bit))
		return;
	p->claimed[w] &= ~bit;
	p->pending[w] |= p->level[w] & bit;
	if (device_irq)
		device_irq->retrigger(vm, source);
}

static uint32_t context_read(struct vplic *p, uint32_t hart, uint32_t reg)
{
	switch (reg) {
	case THRESHOLD:
		return p->threshold[hart];
	case CLAIM:
		return claim(p, hart);
	default:
		return 0;
	}
}

static void context_write(struct vm *vm, struct vplic *p, uint32_t hart, uint32_t reg,
			  uint32_t value)
{
	if (reg == THRESHOLD)
		p->threshold[hart] = value & PRIORITY_MASK;
	else if (reg == CLAIM)
		complete(vm, p, hart, value);
}

/* Splits an offset into (hart, register); false for what is not an S-mode context of this VM. */
static bool locate(const struct vm *vm, uint32_t offset, uint32_t base, uint32_t stride,
		   uint32_t *hart, uint32_t *reg)
{
	uint32_t context = (offset - base) / stride;

	*hart = context / 2;
	*reg = (offset - base) % stride;
	return context % 2 && *hart < vm->config->vcpu_count;
}

static uint32_t *enable_word(const struct vm *vm, uint32_t offset)
{
	uint32_t hart, reg;

	if (!locate(vm, offset, ENABLE, ENABLE_STRIDE, &hart, &reg) || reg / 4 >= VPLIC_WORDS)
		return NULL;
	return &plic_of(vm)->enabled[hart][reg / 4];
}

static uint32_t register_read(struct vm *vm, struct vplic *p, uint32_t offset)
{
	uint32_t hart, reg, *word;

	if (offset >= CONTEXT)
		return locate(vm, offset, CONTEXT, CONTEXT_STRIDE, &hart, &reg)
			       ? context_read(p, hart, reg)
			       : 0;
	if (offset >= ENABLE) {
		word = enable_word(vm, offset);
		return word ? *word : 0;
	}
	if (offset >= PENDING)
		return offset - PENDING < 4 * VPLIC_WORDS ? p->pending[(offset - PENDING) / 4] : 0;
	return offset / 4 < sizeof(p->priority) ? p->priority[offset / 4] : 0;
}

static void register_write(struct vm *vm, struct vplic *p, uint32_t offset, uint32_t value)
{
	uint32_t hart, reg, *word;

	if (offset >= CONTEXT) {
		if (locate(vm, offset, CONTEXT, CONTEXT_STRIDE, &hart, &reg))
			context_write(vm, p, hart, reg, value);
	} else if (offset >= ENABLE) {
		word = enable_word(vm, offset);
		if (word)
			*word = offset & 0x7c ? value : value & ~1u; /* there is no source 0 */
	} else if (offset < PENDING && offset / 4 < sizeof(p->priority) && offset) {
		p->priority[offset / 4] = value & PRIORITY_MASK;
	}
}

static uint64_t vplic_read(struct vcpu *v, void *state, uint32_t offset, uint32_t width)
{
	struct vplic *p = state;
	uint32_t value;
	bool high;

	if (width != 4)
		return 0;
	lock_take(&p->lock);
	value = register_read(v->vm, p, offset);
	high = line_of(v);
	lock_give(&p->lock);
	arch_vcpu_set_external(v, high);
	return value;
}

static void vplic_write(struct vcpu *v, void *state, uint32_t offset, uint32_t width,
			uint64_t value)
{
	struct vplic *p = state;
	bool high;

	if (width != 4)
		return;
	lock_take(&p->lock);
	register_write(v->vm, p, offset, (uint32_t)value);
	high = line_of(v);
	lock_give(&p->lock);
	arch_vcpu_set_external(v, high);
	/* Enables, thresholds and priorities may concern any sibling. */
	for (uint32_t i = 0; i < v->vm->config->vcpu_count; i++)
		if (i != v->number)
			vcpu_request_later(&v->vm->vcpus[i], REQ_LINES);
}

static const struct vic_ops ops = {.set_level = set_level, .line = line, .physical = physical};

static int vm_init(struct vm *vm)
{
	struct vdev dev = {PLIC_BASE, PLIC_BYTES, NULL, vplic_read, vplic_write};

	if (vm->config->vic != VIC_PLIC)
		return HV_OK;
	dev.state = pool_take(sizeof(struct vplic), 8);
	vm->vic_state = dev.state;
	vm->vic_state_bytes = sizeof(struct vplic);
	vm->vic = &ops;
	return vm_add_vdev(vm, &dev);
}

static const struct unit vplic = {.name = "vplic", .vm_init = vm_init};
UNIT(vplic);
