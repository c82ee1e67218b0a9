#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A piece of work in a Linux guest of two vCPUs in which one waits for the other: each write patches the kernel's code,
# after which every CPU must have executed fence.i; the one that asks waits for the others' answers.
rounds=${1:-100}
switch=/proc/sys/kernel/sched_schedstats
read -r begin _ </proc/uptime
i=0
while [ "$i" -lt "$rounds" ]; do
	echo 1 >$switch
	echo 0 >$switch
	i=$((i + 1))
done
read -r end _ </proc/uptime
echo "smp-spin: $rounds rounds from $begin to $end"
