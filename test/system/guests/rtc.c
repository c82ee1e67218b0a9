/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the board's goldfish real-time clock and takes one interrupt of its alarm through the PLIC.
 */
#include "csr.h"
#include "print.h"
#include "sbi.h"
#include "time.h"
#include "trap.h"

#define RTC             0x101000ul
#define RTC_TIME_LOW    0x00
#define RTC_TIME_HIGH   0x04
#define RTC_ALARM_LOW   0x08
#define RTC_ALARM_HIGH  0x0c
#define RTC_IRQ_ENABLED 0x10
#define RTC_CLEAR_IRQ   0x1c
#define RTC_SOURCE      11
#define PLIC            0x0c000000ul
#define PLIC_ENABLE     (PLIC + 0x2080) /* context 1: supervisor of hart 0 */
#define PLIC_THRESHOLD  (PLIC + 0x201000)
#define PLIC_CLAIM      (PLIC + 0x201004)
#define ALARM_NS        5000000ul

static volatile uint64_t interrupts, claimed;

void guest_main(void);

static uint32_t read32(uint64_t address)
{
	return *(volatile uint32_t *)address;
}

static void write32(uint64_t address, uint32_t value)
{
	*(volatile uint32_t *)address = value;
}

static uint64_t rtc_ns(void)
{
	uint64_t low = read32(RTC + RTC_TIME_LOW);

	return low | (uint64_t)read32(RTC + RTC_TIME_HIGH) << 32;
}

static void on_interrupt(struct trap_frame *frame)
{
	if (frame->cause != (CAUSE_INTERRUPT | IRQ_EXTERNAL))
		return;
	claimed = read32(PLIC_CLAIM);
	write32(RTC + RTC_CLEAR_IRQ, 1);
	write32(PLIC_CLAIM, (uint32_t)claimed);
	interrupts++;
}

static uint64_t try_clock(uint64_t a, uint64_t b)
{
	(void)a;
	(void)b;
	return rtc_ns();
}

void guest_main(void)
{
	uint64_t before, end, alarm;
	struct fault fault = {0};

	if (!guarded(try_clock, 0, 0, &before, &fault)) {
		print("rtc: refused, cause %lu value %lx\n", fault.cause, fault.value);
		shutdown();
	}
	sleep_until(read_time() + 10 * TICKS_PER_MS);
	print("rtc: %lu us in 10 ms\n", (rtc_ns() - before) / 1000);
	trap_hook = on_interrupt;
	write32(PLIC + 4 * RTC_SOURCE, 1);
	write32(PLIC_ENABLE, 1u << RTC_SOURCE);
	write32(PLIC_THRESHOLD, 0);
	csr_write(sie, SIE_EXTERNAL);
	interrupts_on();
	alarm = rtc_ns() + ALARM_NS;
	write32(RTC + RTC_IRQ_ENABLED, 1);
	write32(RTC + RTC_ALARM_HIGH, (uint32_t)(alarm >> 32));
	write32(RTC + RTC_ALARM_LOW, (uint32_t)alarm);
	end = read_time() + 100 * TICKS_PER_MS;
	while (!interrupts && read_time() < end)
		;
	print("rtc: alarm %lu times, source %lu\n", interrupts, claimed);
	shutdown();
}
