/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All that core knows of a processor architecture. Implemented in arch/NAME/. Unless said
 * otherwise, functions run on the CPU they concern, with interrupts off, in bounded time.
 */
#ifndef HV_ARCH_ARCH_H
#define HV_ARCH_ARCH_H

#include "arch_cpu.h" /* arch_this_cpu(), arch_ticks(), arch_interrupt_pending() */
#include "lib/types.h"

struct cpu;
struct vcpu;
struct vm;

/* Now, in ns since the board's timer was 0; never goes back, the same on all CPUs. */
ns_t arch_now(void);
ns_t arch_ticks_to_ns(uint64_t ticks); /* saturates at NS_NEVER */
uint64_t arch_ns_to_ticks(ns_t when);  /* rounded up; NS_NEVER stays UINT64_MAX */
ns_t arch_tick_ns(void);               /* resolution of the timer, rounded up */
/* One comparator: interrupts at or just after `when`; NS_NEVER: not at all. */
void arch_timer_program(ns_t when);

/* Sleeps until an interrupt for the hypervisor is pending. */
void arch_idle(void);
/*
 * Handles one device interrupt or kick of the hypervisor's own; false if none is pending, or if the
 * timer is due: time comes first.
 */
bool arch_poll_interrupts(struct cpu *cpu);
/*
 * Any CPU: interrupts `cpu`, which calls cpu_handle_kick(). Not urgent: held back while a real-time
 * vCPU runs there. No firmware involved.
 */
void arch_kick(struct cpu *cpu, bool urgent);

/* Where a VM's interrupt files lie in its guest-physical space, 4 KiB a vCPU. */
extern const gpaddr_t arch_guest_files_gpa;

/* At start, in this order: own memory out of the pool; a VM's second stage; the other CPUs. */
void arch_start_prepare(void);
void arch_vm_init(struct vm *vm);
void arch_start_cpus(struct cpu *boot) __attribute__((noreturn));

/* At start: constants of the vCPU's context. */
void arch_vcpu_init(struct vcpu *v);
/* v's context becomes that of a hart that starts at v->start_entry. Not loaded. */
void arch_vcpu_reset(struct vcpu *v);
/* Moves system registers between CPU and context. */
void arch_vcpu_save(struct vcpu *v);
void arch_vcpu_load(struct vcpu *v);
/* Like save, and nothing of v stays in the CPU. */
void arch_vcpu_evict(struct vcpu *v);
/* v, not loaded anywhere, runs on v->cpu from now on. */
void arch_vcpu_come(struct vcpu *v, struct cpu *from);
/* Last thing before the guest: what may interrupt it, and whether WFI is handed to it. */
void arch_vcpu_enter(struct vcpu *v, bool may_idle);
/* Second result (SBI: value) of the call that v sleeps in: a time, as its guest's clock shows it.
 */
void arch_vcpu_set_time(struct vcpu *v, ns_t when);
/* Virtual lines: external level (PLIC kind); a software interrupt to raise. */
void arch_vcpu_set_external(struct vcpu *v, bool high);
void arch_vcpu_raise_software(struct vcpu *v);
/* Whether an interrupt that v has enabled is pending. */
bool arch_vcpu_interrupt_pending(const struct vcpu *v);
/* Whether an interrupt of v's guest file would wake it. */
bool arch_vcpu_wakes_on_file(const struct vcpu *v);
/* When v's own timer interrupts it, NS_NEVER if it will not. */
ns_t arch_vcpu_timer(const struct vcpu *v);
/* v's first-stage translations and instruction fetches see all that was written before. */
void arch_vcpu_fence(struct vcpu *v);

/* Any CPU: an MSI into the guest file of v. */
void arch_send_msi(struct vcpu *v, uint32_t identity);
/* A file of this CPU whose vCPU has gone to another one: passes its interrupts on. */
void arch_file_pass_on(struct cpu *cpu, uint32_t file);
/* Which of `files` (bit = guest file) of this CPU have an interrupt pending. */
uint32_t arch_files_pending(uint32_t files);

/* Restart: writes into VM memory through its second stage. Any CPU, VM stopped, nothing loaded. */
int arch_vm_copy_in(struct vm *vm, gpaddr_t to, const void *from, uint32_t bytes);

/* Last words, while there is still a console. */
void arch_before_off(void);
void arch_system_off(void) __attribute__((noreturn));
/* Broken invariant of the hypervisor; prints by polling and halts. No guest action reaches it. */
void panic(const char *what, uint64_t value) __attribute__((noreturn));

#endif
