/* SPDX-License-Identifier: Apache-2.0 */
/* Kinds come from TRACE_KINDS of abi/trace.h; what their numbers mean is said here. */
#include "trace_text.h"
#include "hypercall.h"
#include "suggest.h"
#include "units.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#define NS_PER_S UINT64_C(1000000000)

static const struct {
	const char *text, *detail, *value;
} kinds[] = {
#define KIND(name, words, of_detail, of_value) {words, of_detail, of_value},
	TRACE_KINDS(KIND)
#undef KIND
};

/* enum exit_cause and enum vcpu_wait of hv/core/vcpu.h */
static const char *const causes[] = {"timer", "external", "parked", "sbi",
				     "wfi",   "device",   "trap",   "fault"};
static const char *const waits[] = {"nothing", "interrupt", "period", "fence", "stop"};

static const struct {
	uint64_t extension;
	const char *name;
} extensions[] = {
	{0x10, "base"},       {0x54494d45, "time"}, {0x735049, "ipi"},
	{0x52464e43, "rfnc"}, {0x48534d, "hsm"},    {0x53525354, "srst"},
	{0x4442434e, "dbcn"}, {0x53555350, "susp"}, {HCALL_EXTENSION, "partita"},
};
static const char *const calls[] = {
	[HCALL_VM_ID] = "vm-id",
	[HCALL_WAIT_NEXT_PERIOD] = "wait-next-period",
	[HCALL_VM_INFO] = "vm-info",
	[HCALL_SERVICE_REGISTER] = "service-register",
	[HCALL_SERVICE_CREATE] = "service-create",
	[HCALL_SERVICE_LAUNCH] = "service-launch",
	[HCALL_SERVICE_DELETE] = "service-delete",
	[HCALL_SERVICE_STATUS] = "service-status",
	[HCALL_QUERY] = "query",
	[HCALL_PLAN] = "plan",
	[HCALL_REGISTRATION_END] = "registration-end",
};
static const char *const refusals[] = {
	[HCALL_REFUSED_ARGUMENT] = "argument", [HCALL_REFUSED_SLOT] = "slot",
	[HCALL_REFUSED_CLOSED] = "closed",     [HCALL_REFUSED_VM_SHARE] = "vm-share",
	[HCALL_REFUSED_CPU] = "cpu",           [HCALL_REFUSED_DEADLINE] = "deadline",
	[HCALL_REFUSED_LIMIT] = "limit",       [HCALL_REFUSED_BUSY] = "busy",
};

#define NAME(list, i) ((i) < sizeof(list) / sizeof((list)[0]) ? (list)[i] : NULL)

const char *trace_kind_text(unsigned int kind)
{
	return kind < TRACE_KIND_COUNT ? kinds[kind].text : NULL;
}

bool trace_kind_find(const char *text, unsigned int *kind)
{
	for (unsigned int i = 0; i < TRACE_KIND_COUNT; i++)
		if (!strcmp(kinds[i].text, text)) {
			*kind = i;
			return true;
		}
	return false;
}

const char *trace_who(const struct trace *trace, uint32_t vcpu)
{
	if (vcpu < trace->table->vcpus.count)
		return trace->names[vcpu];
	return vcpu == TRACE_NOBODY ? "idle" : vcpu == TRACE_WORK ? "work" : "?";
}

uint32_t trace_cpu(const struct trace *trace, uint32_t index)
{
	return index < trace->table->cpus.count ? trace->harts[index] : index;
}

void trace_print_time(uint64_t ns, FILE *out)
{
	fprintf(out, "%" PRIu64 ".%09" PRIu64, ns / NS_PER_S, ns % NS_PER_S);
}

/* "0.012": up to nine decimals. */
static bool read_decimal(const char *text, uint64_t *ns)
{
	uint64_t whole = 0, part = 0, unit = NS_PER_S;

	for (; isdigit((unsigned char)*text) && whole < 10 * NS_PER_S; text++)
		whole = whole * 10 + (uint64_t)(*text - '0');
	if (*text++ != '.')
		return false;
	for (; isdigit((unsigned char)*text) && unit > 1; text++) {
		unit /= 10;
		part += (uint64_t)(*text - '0') * unit;
	}
	*ns = whole * NS_PER_S + part;
	return unit < NS_PER_S && !*text;
}

const char *trace_read_time(const char *text, uint64_t *ns)
{
	if (read_decimal(text, ns) || !unit_time(text, ns))
		return NULL;
	return "is not a time; write it as in the trace, such as 0.012, or with its unit, such as "
	       "12ms";
}

static void put_known(const char *name, const char *what, uint64_t number, FILE *out)
{
	if (name)
		fputs(name, out);
	else
		fprintf(out, "%s%" PRIu64, what, number);
}

static void put_call(const struct trace_record *r, FILE *out)
{
	const char *name = NULL;

	for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++)
		if (extensions[i].extension == r->value)
			name = extensions[i].name;
	if (name)
		fprintf(out, "%s ", name);
	else
		fprintf(out, "0x%" PRIx64 " ", r->value);
	put_known(r->value == HCALL_EXTENSION ? NAME(calls, r->detail) : NULL, "", r->detail, out);
}

static void put_block(const struct trace_record *r, FILE *out)
{
	put_known(NAME(waits, r->detail), "reason ", r->detail, out);
	if (r->value == UINT64_MAX)
		return;
	fputs(" until ", out);
	trace_print_time(r->value, out);
}

static void put_admit(const struct trace *trace, const struct trace_record *r, FILE *out)
{
	if (!r->detail) {
		fprintf(out, "yes: %s", trace_who(trace, (uint32_t)r->value));
		return;
	}
	fputs("refused: ", out);
	put_known(NAME(refusals, r->detail), "reason ", r->detail, out);
	fprintf(out, ", %" PRIu64, r->value);
}

static void put_time(const char *before, const struct trace_record *r, FILE *out)
{
	fputs(before, out);
	trace_print_time(r->value, out);
}

static void put_meaning(const struct trace *trace, const struct trace_record *r, FILE *out)
{
	switch (r->kind) {
	case TRACE_SWITCH:
		fprintf(out, "from %s", trace_who(trace, r->detail));
		break;
	case TRACE_RELEASE:
	case TRACE_DEADLINE:
	case TRACE_WAKE:
		put_time("at ", r, out);
		break;
	case TRACE_BUDGET:
		put_time("used up until ", r, out);
		break;
	case TRACE_MISS:
		put_time("deadline ", r, out);
		fprintf(out, ", %" PRIu32 " so far", r->detail);
		break;
	case TRACE_BLOCK:
		put_block(r, out);
		break;
	case TRACE_EXIT:
		put_known(NAME(causes, r->detail), "cause ", r->detail, out);
		break;
	case TRACE_HYPERCALL:
		put_call(r, out);
		break;
	case TRACE_INTERRUPT:
		fprintf(out, "%" PRIu32, r->detail);
		break;
	case TRACE_FAULT:
		fprintf(out, "0x%" PRIx64, r->value);
		break;
	case TRACE_MOVE:
		fprintf(out, "to cpu %" PRIu32, trace_cpu(trace, r->detail));
		break;
	case TRACE_PLAN:
		fprintf(out, "%" PRIu32, r->detail);
		put_time(" from ", r, out);
		break;
	case TRACE_ADMIT:
		put_admit(trace, r, out);
		break;
	default:
		fprintf(out, "%" PRIu32 " 0x%" PRIx64, r->detail, r->value);
	}
}

void trace_print_text(const struct trace *trace, const struct trace_record *r, FILE *out)
{
	const char *kind = trace_kind_text(r->kind);

	fprintf(out, "%4" PRIu64 ".%09" PRIu64 "  %3u  %-20s ", r->time_ns / NS_PER_S,
		r->time_ns % NS_PER_S, trace_cpu(trace, r->cpu), trace_who(trace, r->vcpu));
	if (r->kind == TRACE_START || r->kind == TRACE_STOP) {
		fprintf(out, "%s\n", kind);
		return;
	}
	fprintf(out, "%-10s ", kind ? kind : "?");
	put_meaning(trace, r, out);
	fputc('\n', out);
}

/* Names of VMs are letters, digits and '-': nothing to escape. */
static const char *plain(const char *name)
{
	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("-_.[]?", *c))
			return "?";
	return name;
}

void trace_print_json(const struct trace *trace, const struct trace_record *r, FILE *out)
{
	const char *kind = trace_kind_text(r->kind);

	fprintf(out, "{\"time\": %" PRIu64 ", \"cpu\": %u, \"vcpu\": \"%s\", \"kind\": \"%s\", ",
		r->time_ns, trace_cpu(trace, r->cpu), plain(trace_who(trace, r->vcpu)),
		kind ? kind : "?");
	if (r->kind == TRACE_SWITCH)
		fprintf(out, "\"from\": \"%s\", ", plain(trace_who(trace, r->detail)));
	fprintf(out, "\"detail\": %" PRIu32 ", \"value\": %" PRIu64 "}\n", r->detail, r->value);
}
