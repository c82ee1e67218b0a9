/* SPDX-License-Identifier: Apache-2.0 */
#include "host.h"
#include <stdlib.h>
#include <string.h>
#include "core/table.h"
#include "core/vm.h"

struct cpu *host_cpu;
ns_t host_now;
struct host_cpu_state host_cpus[8];
struct host_msi host_msis[HOST_MAX_MSIS];
uint32_t host_msi_count;
const char *host_panicked;
bool host_is_off;

static jmp_buf *back;

void host_reset(void)
{
	memset(host_cpus, 0, sizeof(host_cpus));
	for (unsigned i = 0; i < ARRAY_SIZE(host_cpus); i++)
		host_cpus[i].timer = NS_NEVER;
	host_cpu = NULL;
	host_now = 0;
	host_msi_count = 0;
	host_panicked = NULL;
	host_is_off = false;
}

enum host_end host_call(void (*call)(void *), void *argument)
{
	jmp_buf here, *outer = back;
	int end;

	back = &here;
	end = setjmp(here);
	if (!end)
		call(argument);
	back = outer;
	return (enum host_end)end;
}

static void leave(enum host_end how) __attribute__((noreturn));
static void leave(enum host_end how)
{
	if (!back)
		abort();
	longjmp(*back, (int)how);
}

ns_t arch_now(void)
{
	return host_now;
}

ns_t arch_ticks_to_ns(uint64_t ticks)
{
	return ticks;
}

uint64_t arch_ns_to_ticks(ns_t when)
{
	return when;
}

ns_t arch_tick_ns(void)
{
	return 1;
}

void arch_timer_program(ns_t when)
{
	host_cpus[host_cpu->index].timer = when;
}

void arch_idle(void)
{
	if (!host_cpus[host_cpu->index].kicked)
		leave(HOST_IDLE);
}

bool arch_interrupt_pending(void)
{
	const struct host_cpu_state *s = &host_cpus[host_cpu->index];

	return s->kicked || s->timer <= host_now;
}

bool arch_poll_interrupts(struct cpu *cpu)
{
	struct host_cpu_state *s = &host_cpus[cpu->index];

	if (!s->kicked)
		return false;
	s->kicked = false;
	cpu_handle_kick(cpu);
	return true;
}

void arch_kick(struct cpu *cpu)
{
	host_cpus[cpu->index].kicked = true;
}

const gpaddr_t arch_guest_files_gpa = 0x28000000;

void arch_start_prepare(void)
{
}

void arch_vm_init(struct vm *vm)
{
	(void)vm;
}

void arch_start_cpus(struct cpu *boot)
{
	host_cpu = boot;
	leave(HOST_STARTED);
}

void arch_vcpu_init(struct vcpu *v)
{
	v->arch.timer = NS_NEVER;
}

void arch_vcpu_reset(struct vcpu *v)
{
	v->arch.enabled = v->arch.pending = 0;
	v->arch.timer = NS_NEVER;
	v->arch.pc = v->start_entry;
	v->arch.argument = v->start_argument;
	v->arch.resets++;
}

void arch_vcpu_save(struct vcpu *v)
{
	v->arch.saves++;
}

void arch_vcpu_load(struct vcpu *v)
{
	v->arch.loads++;
}

void arch_vcpu_enter(struct vcpu *v, bool may_idle)
{
	v->arch.enters++;
	v->arch.may_idle = may_idle;
}

void arch_vcpu_set_value(struct vcpu *v, uint64_t value)
{
	v->arch.value = value;
}

void arch_vcpu_set_external(struct vcpu *v, bool high)
{
	v->arch.pending = high ? v->arch.pending | HOST_EXTERNAL : v->arch.pending & ~HOST_EXTERNAL;
}

void arch_vcpu_raise_software(struct vcpu *v)
{
	v->arch.pending |= HOST_SOFTWARE;
}

bool arch_vcpu_interrupt_pending(const struct vcpu *v)
{
	uint32_t pending = v->arch.pending;

	if (host_now >= v->arch.timer)
		pending |= HOST_TIMER;
	if (v->config->guest_file && arch_files_pending(1u << v->config->guest_file))
		pending |= HOST_EXTERNAL;
	return pending & v->arch.enabled;
}

bool arch_vcpu_wakes_on_file(const struct vcpu *v)
{
	return v->config->guest_file && v->arch.enabled & HOST_EXTERNAL;
}

ns_t arch_vcpu_timer(const struct vcpu *v)
{
	return v->arch.enabled & HOST_TIMER ? v->arch.timer : NS_NEVER;
}

void arch_vcpu_fence(struct vcpu *v)
{
	v->arch.fences++;
}

void arch_send_msi(struct vcpu *v, uint32_t identity)
{
	if (host_msi_count < HOST_MAX_MSIS)
		host_msis[host_msi_count] = (struct host_msi){v, identity};
	host_msi_count++;
	host_cpus[v->cpu->index].files_pending |= 1u << v->config->guest_file;
}

uint32_t arch_files_pending(uint32_t files)
{
	return host_cpus[host_cpu->index].files_pending & files;
}

void *host_memory(const struct vm *vm, gpaddr_t gpa, uint64_t bytes)
{
	for (uint32_t i = 0; i < vm->config->region_count; i++) {
		const struct table_region *r = table_region(vm->config->region_first + i);

		if (!(r->rights & REGION_DEVICE) && gpa >= r->gpa && bytes <= r->bytes &&
		    gpa - r->gpa <= r->bytes - bytes)
			return (char *)r->phys + (gpa - r->gpa);
	}
	return NULL;
}

int arch_vm_copy_in(struct vm *vm, gpaddr_t to, const void *from, uint32_t bytes)
{
	void *at = host_memory(vm, to, bytes);

	if (!at)
		return HV_EFAULT;
	if (from)
		memcpy(at, from, bytes);
	else
		memset(at, 0, bytes);
	return HV_OK;
}

void arch_before_off(void)
{
}

void arch_system_off(void)
{
	host_is_off = true;
	leave(HOST_OFF);
}

void panic(const char *what, uint64_t value)
{
	(void)value;
	host_panicked = what;
	leave(HOST_PANIC);
}

struct dispatch {
	struct cpu *cpu;
	struct vcpu *chosen;
};

static void dispatch(void *argument)
{
	struct dispatch *d = argument;

	host_cpu = d->cpu;
	d->chosen = cpu_dispatch(d->cpu->current);
}

struct vcpu *host_run(struct cpu *cpu)
{
	struct cpu *before = host_cpu;
	struct dispatch *d = malloc(sizeof(*d)); /* survives longjmp */
	struct vcpu *chosen;

	*d = (struct dispatch){cpu, NULL};
	if (host_call(dispatch, d) == HOST_PANIC)
		abort();
	chosen = d->chosen;
	free(d);
	host_cpu = before;
	return chosen;
}

void host_take_kick(struct cpu *cpu)
{
	struct cpu *before = host_cpu;

	host_cpu = cpu;
	arch_poll_interrupts(cpu);
	host_cpu = before;
}
