/* SPDX-License-Identifier: Apache-2.0 */
#include "analyse.h"
#include "analyse_show.h"
#include "mem.h"
#include "units.h"

#include <inttypes.h>
#include <string.h>

#define LINE_COLUMNS 96

struct ink {
	const char *bold, *bad, *plain;
};

static struct ink ink_for(FILE *out)
{
	if (diag_colour(out))
		return (struct ink){"\033[1m", "\033[1;31m", "\033[0m"};
	return (struct ink){"", "", ""};
}

static const char *test_of(const struct analysed_cpu *cpu)
{
	if (cpu->config->dedicated)
		return "dedicated to one vCPU";
	if (cpu->config->policy == POLICY_TABLE)
		return "time table, right by construction";
	return cpu->config->policy == POLICY_FP ? "fixed priority, by response times"
						: "EDF, by processor demand";
}

static const char *server_of(const struct analysed_cpu *cpu, const struct sys_vcpu *vcpu)
{
	static const char *const names[] = {"periodic", "polling", "deferrable", "sporadic"};

	if (cpu->config->policy != POLICY_FP)
		return "";
	return mem_printf("%2u %-10s", vcpu->priority, names[vcpu->server & 3]);
}

static void print_slot_owner(const struct analysed_rt *rt, FILE *out)
{
	fprintf(out, "  %-20s at least %s of the CPU, at most %s without\n", rt->entry.name,
		show_percent(rt->supplied_ppm), show_near(rt->gap));
}

static void print_rt(const struct analysed_cpu *cpu, const struct analysed_rt *rt, struct ink ink,
		     FILE *out)
{
	const struct sys_vcpu *vcpu = rt->entry.vcpu;
	bool good = cpu->fits || rt->task.holds;

	fprintf(out, "  %-20s %9s %9s %9s  %s%s%s%11s%s", rt->entry.name,
		show_time(vcpu->capacity_ns), show_time(vcpu->period_ns),
		show_time(vcpu->deadline_ns), server_of(cpu, vcpu), good ? "" : ink.bad,
		rt->task.exact || rt->task.response == TIME_NEVER ? "" : "<= ",
		show_near(rt->task.response), good ? "" : ink.plain);
	if (rt->most)
		fprintf(out, "  %10s\n", show_near(rt->most));
	else
		fprintf(out, "        none\n");
}

static void print_room(const struct analysed_cpu *cpu, FILE *out)
{
	int used = fprintf(out, "  Room for one more:");

	for (uint32_t i = 0; i < cpu->room_count; i++) {
		const struct analysed_room *room = &cpu->room[i];
		const char *text = room->capacity ? show_near(room->capacity) : "nothing";

		text = mem_printf("%s every %s%s%s", text, show_near(room->period),
				  room->capacity && cpu->config->policy == POLICY_FP
					  ? mem_printf(" (priority %u)", room->priority)
					  : "",
				  i + 1 < cpu->room_count ? "," : "");
		if (used + (int)strlen(text) > LINE_COLUMNS)
			used = fprintf(out, "\n%20s", "") - 1;
		used += fprintf(out, " %s", text);
	}
	fputc('\n', out);
}

static const struct analysed_rt *first_late(const struct analysed_cpu *cpu)
{
	for (uint32_t i = 0; i < cpu->rt_count; i++)
		if (!cpu->rts[i].task.holds)
			return &cpu->rts[i];
	return NULL;
}

static void print_remedy(const struct analysed_cpu *cpu, FILE *out)
{
	bool any = false;

	for (uint32_t i = 0; i < cpu->rt_count; i++) {
		const struct analysed_rt *rt = &cpu->rts[i];

		if (!rt->most || rt->most >= rt->entry.vcpu->capacity_ns)
			continue;
		fprintf(out, "%s%s with capacity <= %s", any ? ", or " : "  It fits with ",
			rt->entry.name, show_near(rt->most));
		any = true;
	}
	if (any)
		fprintf(out, ".\n");
	else
		fprintf(out, "  No single capacity makes it fit: lower several, or best-effort, or "
			     "move one to another CPU.\n");
}

static void print_refusal(const struct analysed_cpu *cpu, struct ink ink, FILE *out)
{
	const struct analysed_rt *late = first_late(cpu);

	fprintf(out, "  %sDoes not fit:%s ", ink.bad, ink.plain);
	if (cpu->reason == ADMIT_LIMIT)
		fprintf(out, "not known after %" PRIu64 " points of the test.\n", cpu->figure);
	else if (cpu->reason == ADMIT_CPU)
		fprintf(out, "reservations with overhead %s + best effort %s = %s > 100 %%.\n",
			show_percent(cpu->charged_ppm), show_percent(cpu->config->best_effort_ppm),
			show_percent(cpu->charged_ppm + cpu->config->best_effort_ppm));
	else if (cpu->config->policy == POLICY_EDF)
		fprintf(out, "what is due within %s of a common release is more than that%s%s.\n",
			show_near(cpu->figure), late ? "; late: " : "",
			late ? late->entry.name : "");
	else if (late)
		fprintf(out, "%s may take %s, its deadline is %s.\n", late->entry.name,
			show_near(late->task.response), show_time(late->task.deadline));
	print_remedy(cpu, out);
}

static void print_cpu(const struct analysed_cpu *cpu, struct ink ink, FILE *out)
{
	bool table = cpu->config->policy == POLICY_TABLE, fixed = cpu->config->policy == POLICY_FP;

	fprintf(out, "\n%sCPU %u%s  %s", ink.bold, cpu->hart, ink.plain, test_of(cpu));
	if (!table && cpu->rt_count)
		fprintf(out, ": %s%s%s", cpu->fits ? "" : ink.bad,
			cpu->fits ? "fits" : "does not fit", cpu->fits ? "" : ink.plain);
	if (cpu->config->dedicated) {
		fprintf(out, "\n  No scheduler, no overhead, no other vCPU.\n");
		return;
	}
	fprintf(out, "\n  %s %s", table ? "Slots" : "Reservations",
		show_percent(cpu->reserved_ppm));
	if (!table && cpu->rt_count)
		fprintf(out, ", with overhead %s", show_percent(cpu->charged_ppm));
	if (!table)
		fprintf(out, "; best effort keeps %s", show_percent(cpu->config->best_effort_ppm));
	fprintf(out, "; slack %s\n", show_percent(cpu->slack_ppm));
	if (cpu->rt_count && !table)
		fprintf(out, "  %-20s  capacity    period  deadline  %s   response      up to\n",
			"", fixed ? "priority     " : "");
	for (uint32_t i = 0; i < cpu->rt_count; i++) {
		if (table)
			print_slot_owner(&cpu->rts[i], out);
		else
			print_rt(cpu, &cpu->rts[i], ink, out);
	}
	if (cpu->room_count)
		print_room(cpu, out);
	if (!cpu->fits)
		print_refusal(cpu, ink, out);
}

static void print_supply(const struct analysed_guest *guest, FILE *out)
{
	const struct supply *s = &guest->supply;

	if (guest->without) {
		fprintf(out, "  Nothing is sure: %s.\n", guest->without);
		return;
	}
	fprintf(out, "  It gets %s", guest->supplier);
	if (guest->plan)
		fprintf(out, ", plan %s", guest->plan);
	if (s->kind == SUPPLY_WHOLE)
		fprintf(out, ".\n");
	else
		fprintf(out, ":\n  at worst nothing for %s, then %s in every %s.\n",
			show_near(s->blackout), show_near(s->capacity), show_near(s->period));
	fprintf(out, "  The tasks ask for %s, it is sure of %s.\n", show_percent(guest->load_ppm),
		show_percent(s->kind == SUPPLY_WHOLE ? 1000000 : guest->rate_ppm));
}

static void print_tasks(const struct analysed_guest *guest, struct ink ink, FILE *out)
{
	bool edf = guest->vm->tasks_by_edf;

	fprintf(out, "  %-20s      wcet    period  deadline  %s  response\n", "",
		edf ? "" : "priority");
	for (uint32_t i = 0; i < guest->task_count; i++) {
		const struct task *task = &guest->tasks[i];
		bool bound = !task->exact && task->response != TIME_NEVER;

		fprintf(out, "  %-20s %9s %9s %9s  %s%s%s%10s%s\n", task->name,
			show_time(task->wcet), show_time(task->period), show_time(task->deadline),
			edf ? "" : mem_printf("%8u", task->priority), task->holds ? "" : ink.bad,
			bound ? "<= " : "", show_near(task->response),
			task->holds ? "" : mem_printf("%s  too late", ink.plain));
	}
}

static void print_why(const struct analysed_guest *guest, FILE *out)
{
	const struct task_verdict *v = &guest->verdict;

	if (!v->known)
		fprintf(out,
			"  Not known: the test came to its limit. Make the periods of the tasks "
			"and of the\n  reservation multiples of each other.\n");
	else if (v->interval)
		fprintf(out,
			"  Within %s of a common release %s is due, and the VM is sure of %s "
			"only.\n",
			show_near(v->interval), show_near(v->demand), show_near(v->supply));
}

static void print_proposal(const struct proposal *p, const char *what, FILE *out)
{
	if (!p->capacity)
		return;
	fprintf(out, "    %s  {capacity: %s, period: %s", what, show_time(p->capacity),
		show_time(p->period));
	if (p->deadline < p->period)
		fprintf(out, ", deadline: %s", show_time(p->deadline));
	fprintf(out, "}  %s with overhead%s\n", show_percent(p->cost_ppm),
		p->fits ? "" : "; its CPU has no room for it");
}

static void print_proposals(const struct analysed_guest *guest, FILE *out)
{
	const struct proposal *same = &guest->same;

	if (same->period && !same->capacity)
		fprintf(out, "  No capacity holds with period %s%s; write a shorter period.\n",
			show_time(same->period),
			same->deadline < same->period
				? mem_printf(" and deadline %s", show_time(same->deadline))
				: "");
	if (!same->capacity && !guest->best.capacity)
		return;
	fprintf(out, "  Smallest reservation that holds:\n");
	print_proposal(same, "this period", out);
	print_proposal(&guest->best, "any period ", out);
}

static void print_guest(const struct analysed_guest *guest, struct ink ink, FILE *out)
{
	bool good = guest->verdict.hold;

	fprintf(out, "\n%sVM %s%s  %u task%s under %s inside: %s%s%s\n", ink.bold, guest->vm->name,
		ink.plain, guest->task_count, guest->task_count == 1 ? "" : "s",
		guest->vm->tasks_by_edf ? "EDF" : "fixed priority", good ? "" : ink.bad,
		good                   ? "hold"
		: guest->verdict.known ? "do not hold"
				       : "not known",
		good ? "" : ink.plain);
	print_supply(guest, out);
	print_tasks(guest, ink, out);
	if (!good)
		print_why(guest, out);
	print_proposals(guest, out);
}

static void print_shares(const struct analysis *a, struct ink ink, FILE *out)
{
	for (uint32_t i = 0; i < a->share_count; i++) {
		const struct analysed_share *share = &a->shares[i];
		bool good = share->used_ppm <= share->vm->share_ppm;

		fprintf(out, "\n%sVM %s%s  real-time share %s of %s%s%s%s\n", ink.bold,
			share->vm->name, ink.plain, show_percent(share->used_ppm),
			show_percent(share->vm->share_ppm), good ? "" : ink.bad,
			good ? "" : ": too much; lower a capacity or raise real-time-share",
			good ? "" : ink.plain);
	}
}

void analyse_print(const struct analysis *a, FILE *out)
{
	struct ink ink = ink_for(out);

	fprintf(out, "%s%s%s: %s (%u CPU%s; %s of overhead charged to each release)\n", ink.bold,
		a->system->path, ink.plain, a->holds ? "everything holds" : "not everything holds",
		a->cpu_count, a->cpu_count == 1 ? "" : "s", show_near(a->system->overhead_ns));
	for (uint32_t i = 0; i < a->cpu_count; i++)
		print_cpu(&a->cpus[i], ink, out);
	print_shares(a, ink, out);
	for (uint32_t i = 0; i < a->guest_count; i++)
		print_guest(&a->guests[i], ink, out);
}
