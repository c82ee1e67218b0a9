/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every fake architecture needs: clock, CPUs that one thread plays in turn, kicks, MSIs, the
 * ways out. host.c adds a made-up vCPU; test/unit/riscv_shim/ the real RISC-V files on registers
 * that are variables.
 */
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
void (*host_on_poll)(void);

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
	host_on_poll = NULL;
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

void arch_idle(void)
{
	host_cpu->masked_for_rt = false;
	if (!host_has_kick(host_cpu))
		leave(HOST_IDLE);
}

bool host_has_kick(const struct cpu *cpu)
{
	const struct host_cpu_state *s = &host_cpus[cpu->index];

	return s->kicked || (s->kicked_later && !cpu->masked_for_rt);
}

bool arch_interrupt_pending(void)
{
	return host_has_kick(host_cpu) || host_cpus[host_cpu->index].timer <= host_now;
}

bool arch_poll_interrupts(struct cpu *cpu)
{
	struct host_cpu_state *s = &host_cpus[cpu->index];
	void (*meanwhile)(void) = host_on_poll;

	if (meanwhile) {
		host_on_poll = NULL;
		meanwhile();
		host_cpu = cpu;
	}
	if (!host_has_kick(cpu))
		return false;
	if (s->kicked) {
		s->kicked = false;
		cpu_handle_kick(cpu, SCHED_RT);
	} else {
		s->kicked_later = false;
		cpu_handle_kick(cpu, SCHED_BE);
	}
	return true;
}

void arch_kick(struct cpu *cpu, bool urgent)
{
	struct host_cpu_state *s = &host_cpus[cpu->index];

	if (urgent)
		s->kicked = true;
	else
		s->kicked_later = true;
}

void arch_start_cpus(struct cpu *boot)
{
	host_cpu = boot;
	leave(HOST_STARTED);
}

void arch_send_msi(struct vcpu *v, uint32_t identity)
{
	if (host_msi_count < HOST_MAX_MSIS)
		host_msis[host_msi_count] = (struct host_msi){v, identity};
	host_msi_count++;
	host_cpus[v->cpu->index].files_pending |= 1u << v->config->guest_file;
}

void arch_file_pass_on(struct cpu *cpu, uint32_t file)
{
	(void)cpu, (void)file;
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
	if (d->cpu->current)
		host_leave(d->cpu->current);
	d->chosen = cpu_dispatch(d->cpu->current);
	host_enter(d->chosen);
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
