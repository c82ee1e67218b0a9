#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Where the hypervisor's instructions go, exactly: runs a system one instruction at a time, cuts QEMU's execution log
# into stretches between two points at which interrupts are taken, and counts instructions by function.
#
#   scripts/profile-exits.sh SYSTEM.yaml [SECONDS [KINDS]]
#
# SECONDS of wall time (default 20; logging makes QEMU much slower), the KINDS longest kinds of stretch
# (default 10). Only CPU 0 is looked at. The guests' output is kept in build/profile-exits.txt.
set -eu

system=${1:?SYSTEM.yaml is missing: scripts/profile-exits.sh SYSTEM.yaml [SECONDS [KINDS]]}
seconds=${2:-20}
kinds=${3:-10}
build=${BUILD:-build}
here=$(cd "$(dirname "$0")" && pwd)

work=$(mktemp -d "${TMPDIR:-/tmp}/partita-profile.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
"$build/partita" build "$system" -o "$work/image"
text_end=$("${CROSS:-riscv64-linux-gnu-}nm" "$work/image.elf" | sed -n 's/ . __text_end$//p')
mkfifo "$work/log"
timeout -s KILL $((seconds + 10)) "$build/partita" run "$work/image" --icount 0 --headless --timeout "$seconds" -- \
	-accel tcg,one-insn-per-tb=on -d exec,nochain -dfilter "0x80200000..0x$text_end" -D /dev/fd/4 \
	</dev/null >"$build/profile-exits.txt" 2>"$work/errors" 4>"$work/log" &
/usr/bin/python3 "$here/profile_exits.py" "$work/image.elf" "$kinds" <"$work/log"
status=0
wait $! || status=$?
case $status in
0 | 124) ;;
*)
	cat "$work/errors" >&2
	exit $status
	;;
esac
