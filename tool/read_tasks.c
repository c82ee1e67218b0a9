/* SPDX-License-Identifier: Apache-2.0 */
/* Tasks inside a VM: for `partita analyse` and `partita sim` alone, not for the hypervisor. */
#include "mem.h"
#include "parts.h"
#include "units.h"

#include <string.h>

#define TASKS_MAX      64u
#define TASK_PERIOD_NS 1000000000000ull

static void read_task_name(struct reader *reader, const struct node *value, void *object)
{
	read_name(reader, value, &((struct sys_task *)object)->name);
}

static void read_wcet(struct reader *reader, const struct node *value, void *object)
{
	read_time_between(reader, value, 1, TASK_PERIOD_NS, &((struct sys_task *)object)->wcet_ns);
}

static void read_task_period(struct reader *reader, const struct node *value, void *object)
{
	read_time_between(reader, value, 1, TASK_PERIOD_NS,
			  &((struct sys_task *)object)->period_ns);
}

static void read_task_deadline(struct reader *reader, const struct node *value, void *object)
{
	struct sys_task *task = object;

	task->has_deadline = true;
	read_time_between(reader, value, 1, TASK_PERIOD_NS, &task->deadline_ns);
}

static void read_task_priority(struct reader *reader, const struct node *value, void *object)
{
	struct sys_task *task = object;

	if (read_count(reader, value, 1, 1024, &task->priority))
		task->priority_at = node_place(value);
}

static const struct key task_keys[] = {
	{"name", read_task_name, "name", NULL, "how the analysis calls it"},
	{"wcet", read_wcet, "time", NULL, "CPU time that one job takes at most"},
	{"period", read_task_period, "time", NULL, "least time between two jobs"},
	{"deadline", read_task_deadline, "time, at least wcet", "the period",
	 "a job is to be done within this time"},
	{"priority", read_task_priority, "number, 1 (highest) to 1024",
	 "required with task-scheduler: fixed-priority", "the guest's priority"},
};
const struct key_table keys_task = KEY_TABLE("vms.NAME.tasks[]", "a task", task_keys, NULL);

void read_tasks(struct reader *reader, const struct node *value, void *object)
{
	struct sys_vm *vm = object;

	if (value->kind != NODE_LIST || !value->count || value->count > TASKS_MAX) {
		diag_error(reader->diag, value->at,
			   "'tasks' must be a list of 1 to %u tasks; write such as [{name: poll, "
			   "wcet: "
			   "120us, period: 4ms, priority: 1}]",
			   TASKS_MAX);
		return;
	}
	vm->tasks_node = value;
	vm->tasks = mem_zero(value->count * sizeof(*vm->tasks));
	for (const struct node *child = value->first; child; child = child->next) {
		struct sys_task *task = &vm->tasks[vm->task_count++];

		task->at = child->at;
		keys_read(reader, child, &keys_task, task);
	}
}

void read_task_scheduler(struct reader *reader, const struct node *value, void *object)
{
	static const struct choice schedulers[] = {{"fixed-priority", false, NULL},
						   {"edf", true, NULL}};
	struct sys_vm *vm = object;
	uint32_t edf;

	if (!read_choice(reader, value, schedulers, 2, &edf))
		return;
	vm->task_scheduler_node = value;
	vm->tasks_by_edf = edf;
}

static void finish_task(struct diag *diag, const struct sys_vm *vm, struct sys_task *task)
{
	if (!task->has_deadline)
		task->deadline_ns = task->period_ns;
	if (task->wcet_ns && task->deadline_ns && task->wcet_ns > task->deadline_ns)
		diag_error(diag, task->at,
			   "the task's wcet %s is longer than its %s %s; it can never be in time, "
			   "correct one of them",
			   show_time(task->wcet_ns), task->has_deadline ? "deadline" : "period",
			   show_time(task->deadline_ns));
	if (vm->tasks_by_edf && task->priority)
		diag_error(diag, task->priority_at,
			   "'priority' means nothing with task-scheduler: edf; remove it");
	if (!vm->tasks_by_edf && !task->priority)
		diag_error(diag, task->at,
			   "a task lacks the key 'priority'; add it, or write task-scheduler: edf");
	for (const struct sys_task *other = vm->tasks; task->name && other < task; other++)
		if (other->name && !strcmp(other->name, task->name))
			diag_error(
				diag, task->at,
				"a task '%s' is given before (line %d); give this one another name",
				task->name, other->at.line);
}

void tasks_finish(struct reader *reader, struct sys_vm *vm)
{
	for (uint32_t i = 0; i < vm->task_count; i++)
		finish_task(reader->diag, vm, &vm->tasks[i]);
	if (vm->task_scheduler_node && !vm->tasks_node)
		diag_error(reader->diag, node_place(vm->task_scheduler_node),
			   "'task-scheduler' is about tasks, and VM %s names none; add the key "
			   "'tasks' or remove it",
			   vm->name);
	if (vm->tasks_node && vm->vcpu_count > 1)
		diag_error(
			reader->diag, node_place(vm->tasks_node),
			"tasks are analysed on one vCPU, and VM %s has %u; remove 'tasks', or give "
			"the VM one",
			vm->name, vm->vcpu_count);
}
