/* SPDX-License-Identifier: Apache-2.0 */
/* The RISC-V side of pulse: tick from Sstc, device interrupts from the PLIC. */
#include "kernel.h"
#include "port.h"
#include "time.h"

#define PLIC_BASE             0x0c000000ul
#define PLIC_PRIORITY(s)      (PLIC_BASE + 4ul * (s))
#define PLIC_ENABLE(c, s)     (PLIC_BASE + 0x2000 + 0x80ul * (c) + 4ul * ((s) / 32))
#define PLIC_THRESHOLD(c)     (PLIC_BASE + 0x200000 + 0x1000ul * (c))
#define PLIC_CLAIM(c)         (PLIC_THRESHOLD(c) + 4)
#define SUPERVISOR_CONTEXT(h) (2 * (h) + 1) /* the board gives each hart a machine context, too */
#define SOURCES               32
#define TICK_TICKS            (TICK_HZ / TICK_HERTZ)

uint32_t port_nesting; /* interrupts on top of each other; port.S counts */

static uint64_t context;
static uint64_t start, next_tick;
static void (*handlers[SOURCES])(void);
static void (*software_handler)(void);

void port_trap(void);
void port_first(void);
void port_interrupt(uint64_t cause);

static void plic_write(uint64_t address, uint32_t value)
{
	*(volatile uint32_t *)address = value;
}

static uint32_t plic_read(uint64_t address)
{
	return *(volatile uint32_t *)address;
}

void *port_new_stack(uint64_t *top, void (*function)(void *), void *argument)
{
	uint64_t *frame = top - FIRST_FRAME_WORDS;

	frame[0] = (uint64_t)port_first;
	frame[1] = (uint64_t)function;
	frame[2] = (uint64_t)argument;
	return frame;
}

void port_init(uint64_t hart)
{
	context = SUPERVISOR_CONTEXT(hart);
	csr_write(sie, 0);
	csr_write(stvec, port_trap);
	timer_set(TIMER_NEVER);
	plic_write(PLIC_THRESHOLD(context), 0);
	csr_write(sie, SIE_TIMER | SIE_EXTERNAL | SIE_SOFTWARE);
}

void port_start_tick(void)
{
	start = read_time();
	next_tick = start + TICK_TICKS;
	timer_set(next_tick);
}

uint64_t port_time_since_start(void)
{
	return read_time() - start;
}

void port_attach(uint32_t source, void (*handler)(void))
{
	uint64_t enable = PLIC_ENABLE(context, source);

	handlers[source] = handler;
	plic_write(PLIC_PRIORITY(source), 1);
	plic_write(enable, plic_read(enable) | 1u << source % 32);
}

void port_attach_software(void (*on_software)(void))
{
	software_handler = on_software;
}

void port_raise_software(void)
{
	csr_set(sip, SIE_SOFTWARE);
}

/* Deadlines are absolute, so that no tick is lost however late this runs. */
static void on_timer(void)
{
	uint64_t elapsed = (read_time() - next_tick) / TICK_TICKS + 1;

	next_tick += elapsed * TICK_TICKS;
	timer_set(next_tick);
	kernel_tick(elapsed);
}

/* Handlers run with interrupts on: the source is claimed and cannot come again before complete. */
static void on_external(void)
{
	uint32_t source;

	while ((source = plic_read(PLIC_CLAIM(context))) != 0) {
		interrupts_on();
		if (source < SOURCES && handlers[source])
			handlers[source]();
		interrupts_off();
		plic_write(PLIC_CLAIM(context), source);
	}
}

static void on_software(void)
{
	csr_clear(sip, SIE_SOFTWARE);
	interrupts_on();
	if (software_handler)
		software_handler();
	interrupts_off();
}

void port_interrupt(uint64_t cause)
{
	kernel_interrupt_enter();
	switch (cause) {
	case CAUSE_INTERRUPT | IRQ_TIMER:
		on_timer();
		break;
	case CAUSE_INTERRUPT | IRQ_EXTERNAL:
		on_external();
		break;
	case CAUSE_INTERRUPT | IRQ_SOFTWARE:
		on_software();
		break;
	default:
		kernel_panic("exception");
	}
}
