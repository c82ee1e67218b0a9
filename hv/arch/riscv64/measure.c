/* SPDX-License-Identifier: Apache-2.0 */
#include "measure.h"

#ifdef MEASURE
#include "riscv.h"

/* entry.S puts the time of the trap and its cause at the top of the CPU's stack. */
struct stretch {
	uint64_t start, cause;
};

static uint64_t longest, longest_cause, longest_pc;

static struct stretch *present(void)
{
	return (struct stretch *)(arch_this_cpu()->stack_top - sizeof(struct stretch));
}

void measure_point(void)
{
	struct stretch *s = present();
	uint64_t now = csr_read(CSR_INSTRET), length = now - s->start;

	if (s->start && length > longest) {
		longest = length;
		longest_cause = s->cause;
		longest_pc = csr_read(CSR_SEPC);
	}
	s->start = csr_read(CSR_INSTRET);
}

void measure_restart(void)
{
	present()->start = csr_read(CSR_INSTRET);
}

void measure_report(void)
{
	console_log("partita: irqs-off-max %u cause 0x%x pc 0x%x\n", longest, longest_cause,
		    longest_pc, 0, 0);
}
#endif
