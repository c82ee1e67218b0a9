/* SPDX-License-Identifier: Apache-2.0 */
/* The analysis as JSON: docs/analysis.md, "partita analyse --json". Keys are only ever added. */
#include "analyse.h"
#include "analyse_json.h"

static const char *policy_of(const struct sys_cpu *cpu)
{
	static const char *const names[] = {"", "edf", "fixed-priority", "table"};

	return cpu->dedicated ? "dedicated" : names[cpu->policy & 3];
}

static const char *reason_of(const struct analysed_cpu *cpu)
{
	switch (cpu->reason) {
	case ADMIT_CPU:
		return "share";
	case ADMIT_DEADLINE:
		return "deadline";
	case ADMIT_LIMIT:
		return "analysis-limit";
	case ADMIT_FITS:
		break;
	}
	return NULL;
}

static void json_rt(const struct analysed_cpu *cpu, const struct analysed_rt *rt, struct json *j)
{
	static const char *const servers[] = {"periodic", "polling", "deferrable", "sporadic"};
	const struct sys_vcpu *vcpu = rt->entry.vcpu;

	json_object(j, NULL);
	json_text(j, "name", rt->entry.name);
	json_bool(j, "service", vcpu->is_service);
	if (cpu->config->policy == POLICY_TABLE) {
		json_ratio(j, "share", rt->supplied_ppm);
		json_time(j, "longest_wait_ns", rt->gap);
		json_end(j, false);
		return;
	}
	json_time(j, "capacity_ns", vcpu->capacity_ns);
	json_time(j, "period_ns", vcpu->period_ns);
	json_time(j, "deadline_ns", vcpu->deadline_ns);
	if (cpu->config->policy == POLICY_FP) {
		json_number(j, "priority", vcpu->priority);
		json_text(j, "server", servers[vcpu->server & 3]);
	}
	json_time(j, "response_ns", rt->task.response);
	json_bool(j, "response_exact", rt->task.exact);
	json_bool(j, "holds", rt->task.holds);
	json_time(j, "capacity_most_ns", rt->most);
	json_end(j, false);
}

static void json_cpu(const struct analysed_cpu *cpu, struct json *j)
{
	json_object(j, NULL);
	json_number(j, "cpu", cpu->hart);
	json_text(j, "policy", policy_of(cpu->config));
	json_bool(j, "fits", cpu->fits);
	json_text(j, "reason", reason_of(cpu));
	json_number(j, "figure", cpu->fits ? 0 : cpu->figure);
	json_number(j, "points", cpu->points);
	json_ratio(j, "reserved", cpu->reserved_ppm);
	json_ratio(j, "charged", cpu->charged_ppm);
	json_ratio(j, "best_effort", cpu->config->best_effort_ppm);
	json_ratio(j, "slack", cpu->slack_ppm);
	json_list(j, "reservations");
	for (uint32_t i = 0; i < cpu->rt_count; i++)
		json_rt(cpu, &cpu->rts[i], j);
	json_end(j, true);
	json_list(j, "room");
	for (uint32_t i = 0; i < cpu->room_count; i++) {
		json_object(j, NULL);
		json_time(j, "period_ns", cpu->room[i].period);
		json_time(j, "capacity_ns", cpu->room[i].capacity);
		if (cpu->config->policy == POLICY_FP)
			json_number(j, "priority", cpu->room[i].priority);
		json_end(j, false);
	}
	json_end(j, true);
	json_end(j, false);
}

static void json_proposal(const struct proposal *p, const char *key, struct json *j)
{
	if (!p->capacity) {
		json_text(j, key, NULL);
		return;
	}
	json_object(j, key);
	json_time(j, "capacity_ns", p->capacity);
	json_time(j, "period_ns", p->period);
	json_time(j, "deadline_ns", p->deadline);
	json_ratio(j, "charged", p->cost_ppm);
	json_bool(j, "fits", p->fits);
	json_end(j, false);
}

static void json_supply(const struct analysed_guest *guest, struct json *j)
{
	static const char *const kinds[] = {"none", "whole", "periodic", "slots"};
	const struct supply *s = &guest->supply;

	json_object(j, "supply");
	json_text(j, "kind", kinds[s->kind]);
	json_text(j, "why_none", guest->without);
	json_text(j, "plan", guest->plan);
	if (s->kind == SUPPLY_PERIODIC || s->kind == SUPPLY_SLOTS) {
		json_time(j, "blackout_ns", s->blackout);
		json_time(j, "capacity_ns", s->capacity);
		json_time(j, "period_ns", s->period);
	}
	json_end(j, false);
}

static void json_guest(const struct analysed_guest *guest, struct json *j)
{
	const struct task_verdict *v = &guest->verdict;

	json_object(j, NULL);
	json_text(j, "vm", guest->vm->name);
	json_text(j, "scheduler", guest->vm->tasks_by_edf ? "edf" : "fixed-priority");
	json_bool(j, "hold", v->hold);
	json_bool(j, "known", v->known);
	json_supply(guest, j);
	json_ratio(j, "load", guest->load_ppm);
	json_list(j, "tasks");
	for (uint32_t i = 0; i < guest->task_count; i++) {
		const struct task *task = &guest->tasks[i];

		json_object(j, NULL);
		json_text(j, "name", task->name);
		json_time(j, "wcet_ns", task->wcet);
		json_time(j, "period_ns", task->period);
		json_time(j, "deadline_ns", task->deadline);
		json_time(j, "response_ns", task->response);
		json_bool(j, "response_exact", task->exact);
		json_bool(j, "holds", task->holds);
		json_end(j, false);
	}
	json_end(j, true);
	json_text(j, "first_late",
		  !v->hold && v->first < guest->task_count ? guest->tasks[v->first].name : NULL);
	if (v->interval) {
		json_time(j, "interval_ns", v->interval);
		json_time(j, "demand_ns", v->demand);
		json_time(j, "supply_ns", v->supply);
	}
	json_proposal(&guest->same, "smallest_with_period", j);
	json_proposal(&guest->best, "cheapest", j);
	json_end(j, false);
}

void analyse_report_json(const struct analysis *a, FILE *out)
{
	struct json j = {.out = out};

	json_object(&j, NULL);
	json_number(&j, "version", 1);
	json_text(&j, "system", a->system->path);
	json_bool(&j, "holds", a->holds);
	json_time(&j, "overhead_ns", a->system->overhead_ns);
	json_list(&j, "cpus");
	for (uint32_t i = 0; i < a->cpu_count; i++)
		json_cpu(&a->cpus[i], &j);
	json_end(&j, true);
	json_list(&j, "shares");
	for (uint32_t i = 0; i < a->share_count; i++) {
		json_object(&j, NULL);
		json_text(&j, "vm", a->shares[i].vm->name);
		json_ratio(&j, "used", a->shares[i].used_ppm);
		json_ratio(&j, "limit", a->shares[i].vm->share_ppm);
		json_end(&j, false);
	}
	json_end(&j, true);
	json_list(&j, "guests");
	for (uint32_t i = 0; i < a->guest_count; i++)
		json_guest(&a->guests[i], &j);
	json_end(&j, true);
	json_end(&j, false);
}
