# SPDX-License-Identifier: Apache-2.0
# make bench          runs the experiments, ONLY=id one of them; figures go to build/bench/results.json
# make bench-report   writes docs/results.md out of results.json
.PHONY: bench bench-report
bench: setup-guests
	@$(MAKE) -j2 all test-guests
	@BUILD=$(BUILD) CROSS=$(CROSS) /usr/bin/python3 bench/bench.py $(ONLY)

bench-report:
	@BUILD=$(BUILD) /usr/bin/python3 bench/report.py docs/results.md
