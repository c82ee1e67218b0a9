#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the cmocka programs given; one line each, the whole output of those that fail, a line of totals.
passed=0 failed=0 skipped=0 broken=0
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
for program; do
	timeout 120 "$program" >"$log" 2>&1
	status=$?
	ok=$(grep -c '^\[       OK \]' "$log")
	bad=$(grep '^\[  FAILED  \] [a-z_A-Z0-9]*$' "$log" | sort -u | wc -l)
	skip=$(grep '^\[  SKIPPED \] [a-z_A-Z0-9]*$' "$log" | sort -u | wc -l)
	printf '  UNIT  %-22s %3d passed' "$(basename "$program")" "$ok"
	if [ "$skip" -gt 0 ]; then printf ', %d skipped' "$skip"; fi
	if [ "$status" -ne 0 ]; then
		printf ', FAILED\n'
		cat "$log"
		broken=$((broken + 1))
	else
		printf '\n'
	fi
	passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + skip))
done
printf 'unit: %d passed, %d failed, %d skipped' "$passed" "$failed" "$skipped"
if [ "$broken" -gt 0 ]; then printf ', %d programs failed' "$broken"; fi
printf '\n'
[ "$broken" -eq 0 ]
