#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks that everything Partita is built and tested with is there, and installs what is missing (Debian 12 and 13).
# Silent and quick when nothing is missing. On another system it names what is missing and stops.
#
#   SETUP=report    only report: every need with what was found; exit status 1 when something is missing
#
# Needs are checked by what they do (command, header, version), not by package, so that one list serves every system.
# The configured package architectures are never touched; the only source ever added is Debian's own bookworm-backports.
set -u
export LC_ALL=C

# CHECK ARG...             | Debian packages                     | what, smallest version          | why
needs='
runs git                   | git                                 | git                             | history of the source
runs make                  | make                                | GNU make                        | the build
compiles stdio.h           | gcc libc6-dev                       | C compiler with libc headers    | the partita tool and the unit tests
compiler riscv64-linux-gnu-gcc 12 | gcc-riscv64-linux-gnu       | riscv64-linux-gnu-gcc >= 12     | the hypervisor and the guests
runs riscv64-linux-gnu-ld  | binutils-riscv64-linux-gnu          | riscv64-linux-gnu-binutils      | partita build links the image
tool qemu-system-riscv64 10 | qemu-system-riscv opensbi           | qemu-system-riscv64 >= 10.0     | the board: RISC-V with H, AIA and IOMMU
firmware                   | opensbi                             | OpenSBI for QEMU                | firmware under the hypervisor
runs pkg-config            | pkg-config                          | pkg-config                      | finds the libraries
library libfyaml 0.7.12    | libfyaml-dev                        | libfyaml >= 0.7.12              | the tool reads system files
compiles libfdt.h          | libfdt-dev                          | libfdt (headers)                | the tool writes device trees
runs dtc                   | device-tree-compiler                | dtc                             | tests compare device trees
library cmocka 1.1.5       | libcmocka-dev                       | cmocka >= 1.1.5                 | unit tests
runs /usr/bin/python3      | python3                             | /usr/bin/python3                | system tests and experiments
module pytest              | python3-pytest                      | pytest of /usr/bin/python3      | system tests
module pexpect             | python3-pexpect                     | pexpect of /usr/bin/python3     | system tests talk to consoles
runs cpio                  | cpio                                | cpio                            | the initramfs of the Linux guest
runs gzip                  | gzip                                | gzip                            | the initramfs of the Linux guest
runs flock                 | util-linux                          | flock                           | one download at a time
debian_fetch               | apt dpkg debian-archive-keyring     | apt, dpkg, Debian archive keys  | fetches and checks the Linux guest
certificates               | ca-certificates                     | certificates                    | mirrors that use https
tool clang 14              | clang                               | clang >= 14                     | second compiler of the build
clang_runtime              | libclang-rt-dev                     | sanitizers and fuzzer of clang  | tests that hunt memory errors
tool clang-format 14       | clang-format                        | clang-format >= 14              | make check holds the format
tool clang-tidy 14         | clang-tidy                          | clang-tidy >= 14                | static analysis
tool cppcheck 2.10         | cppcheck                            | cppcheck >= 2.10                | static analysis
'

say() { printf '%s\n' "$*"; }

die() { # MESSAGE REMEDY
	printf 'setup.sh: error: %s\n  %s\n' "$1" "$2" >&2
	exit 1
}

# --- the checks; `found` says more for the report ---

at_least() { # VERSION WANTED, compared number by number
	awk -v a="$1" -v b="$2" 'BEGIN {
		n = split(b, want, "."); split(a, have, ".")
		for (i = 1; i <= n; i++) {
			if (have[i] + 0 != want[i] + 0) exit have[i] + 0 < want[i] + 0
		}
		exit 0 }'
}

runs() { command -v "$1" >/dev/null; }

compiles() { echo "#include <$1>" | gcc -E -o /dev/null - 2>/dev/null; }

compiler() { # COMMAND VERSION
	found=$("$1" -dumpfullversion 2>/dev/null) && at_least "$found" "$2"
}

tool() { # COMMAND VERSION: the first number in what --version prints
	found=$("$1" --version 2>/dev/null | sed -n 's/^[^0-9]*\([0-9][0-9.]*\).*/\1/p' | head -n 1)
	[ -n "$found" ] && at_least "$found" "$2"
}

firmware() {
	for folder in $(qemu-system-riscv64 -L help 2>/dev/null); do
		[ ! -e "$folder/opensbi-riscv64-generic-fw_dynamic.bin" ] || return 0
	done
	return 1
}

library() { # NAME VERSION
	found=$(pkg-config --modversion "$1" 2>/dev/null) && at_least "$found" "$2"
}

module() {
	/usr/bin/python3 -c "import importlib.util, sys; sys.exit(importlib.util.find_spec('$1') is None)" 2>/dev/null
}

debian_fetch() {
	runs apt-get && runs dpkg-deb && [ -r /usr/share/keyrings/debian-archive-keyring.gpg ]
}

certificates() { [ -s /etc/ssl/certs/ca-certificates.crt ] || [ -s /etc/pki/tls/certs/ca-bundle.crt ]; }

clang_runtime() {
	for archive in "$(clang -print-resource-dir 2>/dev/null)"/lib/*/libclang_rt.fuzzer*.a; do
		[ ! -e "$archive" ] || return 0
	done
	return 1
}

# Calls $1 for each need with its check, packages, what and why in variables of these names.
each_need() {
	while IFS='|' read -r check packages what why; do
		[ -n "$check" ] || continue
		found=
		"$1"
	done <<-END
		$(say "$needs" | sed 's/ *| */|/g')
	END
}

missing_need() {
	# shellcheck disable=SC2086 # a check is a command line
	$check || missing="$missing
$packages|$what|$why${found:+ (there is $found, too old)}"
}

report_need() {
	# shellcheck disable=SC2086
	if $check; then
		printf 'ok       %-32s %s\n' "$what" "$found"
	else
		printf 'MISSING  %-32s %s; Debian: %s\n' "$what" "$why${found:+ (there is $found)}" "$packages"
		missing=$missing$check
	fi
}

find_missing() {
	missing=
	each_need missing_need
}

# --- Debian ---

# shellcheck disable=SC1091 # a file of the system
debian_release() {
	[ "$(. /etc/os-release 2>/dev/null && echo "${ID:-}")" = debian ] || return 1
	release=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	version=$(. /etc/os-release && echo "${VERSION_ID:-99}")
	[ "${version%%.*}" -ge 12 ]
}

become_root() {
	sudo=
	[ "$(id -u)" != 0 ] || return 0
	runs sudo || die 'installing packages needs root, and there is no sudo here' \
		"as root: apt-get install$all (Debian 12: QEMU from bookworm-backports), or run scripts/setup.sh as root"
	sudo=sudo
	say '  (through sudo; it may ask for your password)'
	sudo -v || die 'sudo refused' 'run scripts/setup.sh as root'
}

# Debian 12 has QEMU 7.2, which is too old; its backports have 10.
add_backports() {
	grep -rqsE '^[^#]*bookworm-backports' /etc/apt/sources.list /etc/apt/sources.list.d && return
	list=/etc/apt/sources.list.d/partita-backports.sources
	say "  adding $list: QEMU 10 is in Debian's bookworm-backports, Debian 12 itself has 7.2"
	# The keyring that Debian's own sources use; a minimal system may not have another.
	$sudo tee "$list" >/dev/null <<-END
		Types: deb
		URIs: http://deb.debian.org/debian
		Suites: bookworm-backports
		Components: main
		Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
	END
}

# Shows apt's own progress reports (apt: doc/progress-reporting): one line that counts on a terminal, else one per 10 %.
show_progress() {
	shown=-10
	action=
	while IFS=: read -r kind _ percent text; do
		case $kind in
		dlstatus) now=downloading ;;
		pmstatus) now=installing ;;
		*) continue ;;
		esac
		percent=${percent%%.*}
		case $percent in '' | *[!0-9]*) continue ;; esac
		[ "$now" = "$action" ] || shown=-10
		action=$now
		if [ -t 1 ]; then
			printf '\r\033[K  %s %3d %% %.50s' "$action" "$percent" "$text"
		elif [ "$percent" -ge $((shown + 10)) ]; then
			printf '  %s %3d %% %s\n' "$action" "$percent" "$text"
			shown=$percent
		fi
	done
	[ ! -t 1 ] || printf '\r\033[K'
}

apt_get() { # ARG...: apt-get with progress; on failure shows the end of what it said
	log=$(mktemp "${TMPDIR:-/tmp}/partita-setup.XXXXXX") || exit 1
	# The reports get a pipe of their own, made on sudo's far side: apt makes it non-blocking, which maintainer scripts
	# that print to the same pipe would not survive.
	{
		# shellcheck disable=SC2086,SC2016 # $sudo is empty or one word; expanded by the inner shell
		$sudo sh -c 'exec "$@" 3>&1 >&2' sh env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -q -y \
			-o APT::Status-Fd=3 -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" \
			</dev/null 2>>"$log"
		echo "$?" >"$log.status"
	} | show_progress
	status=$(cat "$log.status")
	[ "$status" = 0 ] || {
		tail -n 15 "$log" | sed 's/^/  apt: /' >&2
		die "apt-get $1 failed (all it said: $log)" 'go online, or repair apt (as root: apt-get -f install), then run this again'
	}
	rm -f "$log" "$log.status"
}

# Sorts the missing packages into those from backports and all others, says why each is installed.
list_packages() {
	from_main=
	from_backports=
	all=
	while IFS='|' read -r packages what why; do
		for package in $packages; do
			case " $all " in *" $package "*) continue ;; esac
			all="$all $package"
			origin=
			case $release:$package in
			bookworm:qemu-* | bookworm:opensbi)
				from_backports="$from_backports $package"
				origin=', from bookworm-backports'
				;;
			*) from_main="$from_main $package" ;;
			esac
			printf '  %-28s %s%s\n' "$package" "$why" "$origin"
		done
	done <<-END
		${missing#?}
	END
}

install_missing() {
	say 'Partita needs packages that are not here yet:'
	list_packages
	become_root
	[ -z "$from_backports" ] || add_backports
	say '  reading package lists'
	apt_get update
	# shellcheck disable=SC2086 # lists of package names
	if [ -n "$from_main" ]; then
		apt_get install --no-install-recommends $from_main
	fi
	# shellcheck disable=SC2086
	if [ -n "$from_backports" ]; then
		apt_get install --no-install-recommends -t bookworm-backports $from_backports
	fi
	find_missing
	[ -z "$missing" ] || die "still missing after installing:$(say "$missing" | sed 's/.*|\(.*\)|.*/\1;/' | tr '\n' ' ')" \
		'another program of that name may come first in PATH'
	say "  done: $(echo "$all" | wc -w) packages and what they depend on"
}

case ${SETUP:-} in
report)
	missing=
	each_need report_need
	if [ -n "$missing" ]; then
		say 'Something is missing: see above.'
		exit 1
	fi
	say 'Everything is there.'
	exit 0
	;;
'') ;;
*) die "SETUP=$SETUP is unknown" 'use SETUP=report, or leave it out' ;;
esac

find_missing
[ -n "$missing" ] || exit 0
if debian_release; then
	install_missing
else
	say 'Partita needs, and this system does not have (Debian package in brackets):' >&2
	say "${missing#?}" | awk -F'|' '{ printf "  %-32s %s [%s]\n", $2, $3, $1 }' >&2
	die 'only Debian 12 and newer can be set up automatically' 'install these by hand and run this again; SETUP=report shows the whole list'
fi
