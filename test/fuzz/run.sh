#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh SECONDS OUT NAME...: each target for that long, one line each; what failed is shown and kept in OUT.
seconds=$1 out=$2 broken=0
shift 2
for name; do
	corpus=$out/corpus-$name log=$out/$name.log
	rm -f "$out/$name-crash"*
	mkdir -p "$corpus"
	FUZZ_SEEDS=$corpus "$out/fuzz_$name" -seed=1 -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
		-max_len=8192 -print_final_stats=1 -artifact_prefix="$out/$name-" "$corpus" >"$log" 2>&1
	status=$?
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
	covered=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
	printf '  FUZZ  %-7s %9s inputs in %s s, %s edges' "$name" "${runs:-?}" "$seconds" "${covered:-?}"
	if [ "$status" -ne 0 ]; then
		printf ', FAILED\n'
		tail -n 40 "$log"
		broken=$((broken + 1))
	else
		printf '\n'
	fi
done
[ "$broken" -eq 0 ]
