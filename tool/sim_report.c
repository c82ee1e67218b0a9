/* SPDX-License-Identifier: Apache-2.0 */
#include "sim_report.h"
#include "mem.h"
#include "units.h"

#include <inttypes.h>

static ns_t duration(const struct sim *sim)
{
	return sim->end - sim->base;
}

static uint64_t share_ppm(const struct sim *sim, ns_t time)
{
	return (uint64_t)((unsigned __int128)time * 1000000 / duration(sim));
}

static const char *show_about(const struct sim *sim, ns_t time)
{
	return show_share(share_ppm(sim, time));
}

static const char *head(FILE *out, bool on)
{
	if (!diag_colour(out))
		return "";
	return on ? "\033[1m" : "\033[0m";
}

uint64_t sim_misses(const struct sim *sim)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < sim->vcpu_count; i++)
		sum += sim->vcpus[i].misses;
	return sum;
}

static const struct sim_vcpu *first_miss(const struct sim *sim)
{
	const struct sim_vcpu *first = NULL;

	for (uint32_t i = 0; i < sim->vcpu_count; i++) {
		const struct sim_vcpu *v = &sim->vcpus[i];

		if (v->misses && (!first || v->missed_first < first->missed_first))
			first = v;
	}
	return first;
}

static void print_reserved(const struct sim *sim, FILE *out)
{
	bool any = false;

	for (uint32_t i = 0; i < sim->vcpu_count; i++) {
		const struct sim_vcpu *v = &sim->vcpus[i];
		const struct sched_entity *e = &v->e;

		if (!sched_is_rt(e))
			continue;
		if (!any)
			fprintf(out,
				"\n%sReal time            CPU  capacity    period  deadline    "
				"share   "
				"  jobs  misses  worst response%s\n",
				head(out, true), head(out, false));
		any = true;
		fprintf(out, "  %c %-16s %4u", timeline_symbol(i), v->entry.name,
			sim->cpus[v->on].hart);
		if (!v->has_jobs) {
			fprintf(out, "  by its slots                %9s\n",
				show_about(sim, e->ran));
			continue;
		}
		fprintf(out, " %9s %9s %9s %8s %8" PRIu64 " %7" PRIu64 "  %s%s\n",
			show_time(e->capacity), show_time(e->period), show_time(e->deadline),
			show_about(sim, e->ran), v->jobs, v->misses,
			v->jobs ? show_time(v->worst) : "-", v->misses ? " !" : "");
	}
}

static void print_best_effort(const struct sim *sim, FILE *out)
{
	bool any = false;

	for (uint32_t i = 0; i < sim->vcpu_count; i++) {
		const struct sim_vcpu *v = &sim->vcpus[i];

		if (sched_is_rt(&v->e))
			continue;
		if (!any)
			fprintf(out, "\n%sBest effort     priority     slice    share   moves%s\n",
				head(out, true), head(out, false));
		any = true;
		fprintf(out, "  %c %-14s %5u %9s %8s %7" PRIu64 "\n", timeline_symbol(i),
			v->entry.name, v->e.priority, show_time(v->e.slice),
			show_about(sim, v->e.ran), v->moves);
	}
}

static void print_cpus(const struct sim *sim, FILE *out)
{
	fprintf(out, "\n%sCPU  real time  best effort     idle  decisions  switches%s\n",
		head(out, true), head(out, false));
	for (uint32_t i = 0; i < sim->cpu_count; i++) {
		const struct sim_cpu *cpu = &sim->cpus[i];

		fprintf(out, "  %u %10s %12s %8s %10" PRIu64 " %9" PRIu64 "\n", cpu->hart,
			show_about(sim, cpu->real_time), show_about(sim, cpu->best_effort),
			show_about(sim, cpu->idle), cpu->decisions, cpu->switches);
	}
}

void sim_print(const struct sim *sim, FILE *out)
{
	const struct sim_vcpu *late = first_miss(sim);
	const char *time = show_time(duration(sim));

	print_reserved(sim, out);
	print_best_effort(sim, out);
	print_cpus(sim, out);
	if (!sim->together)
		fprintf(out,
			"\nThe periods have no common multiple within 36 years: not everything "
			"is released at time 0.\n");
	if (late)
		fprintf(out,
			"\n%" PRIu64 " deadline%s missed in %s, the first by %s at %s; 'partita "
			"analyse %s' tells why\n",
			sim_misses(sim), sim_misses(sim) == 1 ? "" : "s", time, late->entry.name,
			show_time(late->missed_first - sim->base), sim->system->path);
	else
		fprintf(out, "\nno deadline missed in %s\n", time);
}

static double speed_of(const struct sim *sim)
{
	return sim->seconds > 0 ? (double)sim->decisions / sim->seconds : 0;
}

void sim_print_speed(const struct sim *sim, FILE *out)
{
	fprintf(out, "%" PRIu64 " scheduling decisions in %.3f s: %.0f a second\n", sim->decisions,
		sim->seconds, speed_of(sim));
}

static void json_vcpu(const struct sim *sim, const struct sim_vcpu *v, struct json *json)
{
	const struct sched_entity *e = &v->e;
	bool rt = sched_is_rt(e);

	json_object(json, NULL);
	json_text(json, "name", v->entry.name);
	json_text(json, "symbol", mem_printf("%c", timeline_symbol((uint32_t)(v - sim->vcpus))));
	json_number(json, "index", v->entry.index);
	json_text(json, "class", rt ? "real-time" : "best-effort");
	json_number(json, "cpu", sim->cpus[v->on].hart);
	json_time(json, "ran_ns", e->ran);
	json_ratio(json, "share", share_ppm(sim, e->ran));
	json_number(json, "moves", v->moves);
	if (v->has_jobs) {
		json_time(json, "capacity_ns", e->capacity);
		json_time(json, "period_ns", e->period);
		json_time(json, "deadline_ns", e->deadline);
		json_number(json, "jobs", v->jobs);
		json_number(json, "misses", v->misses);
		json_time(json, "first_miss_ns",
			  v->misses ? v->missed_first - sim->base : NS_NEVER);
		json_time(json, "worst_response_ns", v->jobs ? v->worst : NS_NEVER);
		json_number(json, "overruns", v->overruns);
	}
	json_end(json, false);
}

static void json_cpu(const struct sim_cpu *cpu, struct json *json)
{
	json_object(json, NULL);
	json_number(json, "cpu", cpu->hart);
	json_time(json, "real_time_ns", cpu->real_time);
	json_time(json, "best_effort_ns", cpu->best_effort);
	json_time(json, "idle_ns", cpu->idle);
	json_number(json, "decisions", cpu->decisions);
	json_number(json, "switches", cpu->switches);
	json_end(json, false);
}

void sim_json(const struct sim *sim, const struct timeline *timeline, bool speed, FILE *out)
{
	struct json json = {.out = out};

	json_object(&json, NULL);
	json_number(&json, "version", 1);
	json_text(&json, "system", sim->system->path);
	json_time(&json, "duration_ns", duration(sim));
	json_text(&json, "load", sim->load == SIM_FULL ? "full" : "spin");
	json_bool(&json, "released_together", sim->together);
	json_number(&json, "misses", sim_misses(sim));
	json_list(&json, "vcpus");
	for (uint32_t i = 0; i < sim->vcpu_count; i++)
		json_vcpu(sim, &sim->vcpus[i], &json);
	json_end(&json, true);
	json_list(&json, "cpus");
	for (uint32_t i = 0; i < sim->cpu_count; i++)
		json_cpu(&sim->cpus[i], &json);
	json_end(&json, true);
	timeline_json(timeline, &json);
	if (speed) {
		json_number(&json, "decisions", sim->decisions);
		json_number(&json, "decisions_per_second", (uint64_t)speed_of(sim));
	}
	json_end(&json, false);
}
