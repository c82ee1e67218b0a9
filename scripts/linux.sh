#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Files of the Linux and U-Boot guests: Debian's riscv64 kernel byte for byte, an initramfs made of Debian's packages,
# Debian's U-Boot for S-mode. Downloaded once into the user's cache, linked into $BUILD/linux.
#
#   BUILD=dir            where the links go (default build)
#   LINUX=verify         compare every cached file with its checksum; fetch again what is wrong
#   LINUX=update         fetch Debian's current packages even though older ones are cached
#   DEBIAN_MIRROR=url    default http://deb.debian.org/debian
#
# apt does the fetching, so the archive's signature is checked; it works on a private configuration, so the user's
# package lists and architectures are never touched.
#
# The cache, ${XDG_CACHE_HOME:-~/.cache}/partita:
#   trixie-1 -> trixie-1.HASH         the current set; HASH names its packages, 1 counts what this script takes of them
#   trixie-1.HASH/Image, u-boot.bin, u-boot.elf, root/bin, root/lib, PACKAGES, SHA256SUMS
#   trixie-1.HASH/RECIPE/initramfs.cpio.gz, MANIFEST    RECIPE is the checksum of this script and linux-init
# A folder is made under a name of its own, under the lock, and renamed when it is complete.
set -eu
umask 022
export LC_ALL=C

suite=trixie
layout=1
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
programs='cyclictest hackbench'
here=$(cd "$(dirname "$0")" && pwd)
links=${BUILD:-build}/linux
mode=${LINUX:-}
[ -n "${HOME:-}" ] || HOME=$(getent passwd "$(id -u)" | cut -d: -f6)
cache=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/partita
current=$cache/$suite-$layout
recipe=$(cat "$here/linux.sh" "$here/linux-init" | sha256sum | cut -c1-12)
work=

say() { printf '%s\n' "$*"; }

die() { # MESSAGE REMEDY
	printf 'linux.sh: error: %s\n  %s\n' "$1" "$2" >&2
	exit 1
}

clean_up() {
	[ -z "$work" ] || rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP PIPE

readable() { # BYTES
	awk -v b="$1" 'BEGIN { if (b < 1e6) printf "%.0f kB", b / 1e3; else printf "%.1f MB", b / 1e6 }'
}

# The set and its initramfs are there with the right sizes. Starts two processes: this is every build's path.
all_there() {
	manifest=$current/$recipe/MANIFEST
	[ -s "$manifest" ] || return 1
	paths=
	expected=
	while read -r kind path size _; do
		[ "$kind" = file ] || continue
		paths="$paths $path"
		expected="$expected $size"
	done <"$manifest"
	# shellcheck disable=SC2086 # the paths are words of ours
	found=$(cd "$current/$recipe" && stat --printf ' %s' $paths 2>/dev/null) || return 1
	[ "$found" = "$expected" ]
}

# Every file out of the packages has the checksum noted when it came out.
intact() {
	(cd "$current" 2>/dev/null && sha256sum --status -c SHA256SUMS 2>/dev/null)
}

# The initramfs has the checksum noted when it was packed.
packed_well() {
	(cd "$current/$recipe" 2>/dev/null && sed -n 's/^file \([^ ]*\) .* \([0-9a-f]*\)$/\2  \1/p' MANIFEST |
		sha256sum --status -c 2>/dev/null)
}

apt_configuration() {
	mkdir -p "$work/state/lists/partial" "$work/archives/partial" "$work/deb"
	: >"$work/state/status"
	echo "deb [arch=riscv64 signed-by=$keyring] $mirror $suite main" >"$work/sources.list"
	cat >"$work/apt.conf" <<-END
		#clear APT::Architectures;
		#clear APT::Update;
		#clear APT::Default-Release;
		#clear DPkg::Post-Invoke;
		APT::Architecture "riscv64";
		APT::Architectures { "riscv64"; };
		APT::Get::AllowUnauthenticated "0";
		APT::Update::Error-Mode "any";
		Acquire::AllowInsecureRepositories "0";
		Acquire::AllowWeakRepositories "0";
		Acquire::Languages "none";
		Acquire::Retries "3";
		Acquire::http::Timeout "30";
		Acquire::IndexTargets::deb::CNF::DefaultEnabled "0";
		Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "0";
		Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "0";
		Dir::State "$work/state";
		Dir::State::status "$work/state/status";
		Dir::Cache "$work";
		Dir::Cache::archives "archives";
		Dir::Etc::sourcelist "$work/sources.list";
		Dir::Etc::sourceparts "/dev/null";
		Dir::Etc::preferences "/dev/null";
		Dir::Etc::preferencesparts "/dev/null";
	END
	# As root apt downloads as the user _apt: the folder has to let it in.
	chmod 755 "$work"
	if [ "$(id -u)" = 0 ] && getent passwd _apt >/dev/null; then
		chown _apt "$work/deb"
	fi
}

apt_private() { # COMMAND ARG...; what it prints goes to the log, shown when it fails
	command=$1
	shift
	(cd "$work/deb" && "$command" -c "$work/apt.conf" "$@") 2>>"$work/log"
}

offline() {
	sed 's/^/  apt: /' "$work/log" >&2
	! grep -qiE 'not signed|GPG error|signature' "$work/log" ||
		die "the archive's signature of $mirror cannot be verified" \
			'update the package debian-archive-keyring, check the clock, or use another mirror (DEBIAN_MIRROR=url)'
	die "cannot fetch $1 from $mirror" \
		"go online once (or set http_proxy, or DEBIAN_MIRROR=url), or copy $cache from a machine that has it"
}

fetch_lists() {
	printf '  package lists of %s ... ' "$suite"
	apt_private apt-get -qq update >>"$work/log" || {
		echo failed
		offline 'the package lists'
	}
	say 'done'
}

field() { # PACKAGE FIELD
	apt_private apt-cache show --no-all-versions "$1" | sed -n "s/^$2: //p" | head -n 1
}

# One line per package; on a terminal the line counts while the package comes in.
fetch_package() { # NUMBER COUNT PACKAGE
	size=$(field "$3" Size)
	[ -n "$size" ] || offline "package $3"
	line="  [$1/$2] $3 $(field "$3" Version), $(readable "$size")"
	printf '%s ... ' "$line"
	before=$(du -sk "$work" | cut -f1)
	apt_private apt-get -qq download "$3" >>"$work/log" &
	fetcher=$!
	while [ -t 1 ] && kill -0 $fetcher 2>/dev/null; do
		sleep 0.2
		percent=$((($(du -sk "$work" 2>/dev/null | cut -f1) - before) * 102400 / size))
		[ $percent -le 100 ] || percent=100
		printf '\r%s ... %s %% ' "$line" $percent
	done
	wait $fetcher || {
		echo failed
		offline "package $3"
	}
	[ ! -t 1 ] || printf '\r\033[K%s ... ' "$line"
	say 'done'
}

fetch_packages() {
	{ command -v apt-get && command -v dpkg-deb; } >/dev/null ||
		die 'apt and dpkg are needed to fetch and check the Debian guest' \
			"install both (many systems package them), or copy $cache from a Debian machine"
	[ -r $keyring ] ||
		die "$keyring is missing" 'install the package debian-archive-keyring (scripts/setup.sh does)'
	say "Linux guest: Debian $suite, riscv64, signed by the Debian archive; kept in $cache"
	apt_configuration
	fetch_lists
	kernel=$(apt_private apt-cache depends linux-image-riscv64 |
		sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
	[ -n "$kernel" ] || offline 'the dependency of linux-image-riscv64'
	packages="$kernel busybox-static rt-tests libnuma1 libc6 u-boot-qemu"
	number=0
	for package in $packages; do
		number=$((number + 1))
		fetch_package $number 6 "$package"
	done
}

unpack() { # DEB FOLDER FILE...: only these files of the package
	package=$1 folder=$2
	shift 2
	mkdir -p "$folder"
	dpkg-deb --fsys-tarfile "$package" | tar -x -C "$folder" -f - --wildcards --no-same-owner "$@"
}

# Copies the shared libraries which ELF needs out of FROM, and theirs; complains about one that no package had.
add_libraries() { # ELF FROM TO
	for library in $(riscv64-linux-gnu-readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
		[ ! -e "$3/$library" ] || continue
		[ -e "$2/$library" ] ||
			die "$(basename "$1") needs $library, which no fetched package has" \
				'Debian changed its packages: please report it (scripts/linux.sh, list of packages)'
		cp -L "$2/$library" "$3/"
		add_libraries "$3/$library" "$2" "$3"
	done
}

# Takes what is needed out of the packages into the folder $1.
take_files() {
	taken=$1
	out=$work/out
	debs=$work/deb
	mkdir -p "$taken/root/bin" "$taken/root/lib"
	# It is among the first of thousands of files: stop there (dpkg-deb then complains of a broken pipe).
	unpack "$debs"/linux-image-*.deb "$out" --occurrence=1 './boot/vmlinux-*' 2>/dev/null ||
		die 'cannot unpack the kernel package' 'is the disk full? Run this again'
	case $(od -An -tx1 -N2 "$out"/boot/vmlinux-* | tr -d ' ') in
	1f8b) gzip -dc "$out"/boot/vmlinux-* >"$taken/Image" ;;
	*) cp "$out"/boot/vmlinux-* "$taken/Image" ;;
	esac
	[ "$(dd if="$taken/Image" bs=1 skip=48 count=5 2>/dev/null)" = RISCV ] ||
		die "the kernel of $(basename "$debs"/linux-image-*.deb) is no RISC-V Image" 'please report it'
	unpack "$debs"/u-boot-qemu_*.deb "$out" './usr/lib/u-boot/qemu-riscv64_smode/*'
	cp "$out/usr/lib/u-boot/qemu-riscv64_smode/u-boot.bin" "$taken/u-boot.bin"
	cp "$out/usr/lib/u-boot/qemu-riscv64_smode/uboot.elf" "$taken/u-boot.elf"
	unpack "$debs"/busybox-static_*.deb "$out" ./usr/bin/busybox
	unpack "$debs"/rt-tests_*.deb "$out" './usr/bin/*'
	unpack "$debs"/libnuma1_*.deb "$out" './usr/lib/*'
	unpack "$debs"/libc6_*.deb "$out" './usr/lib/*.so*'
	cp "$out/usr/bin/busybox" "$taken/root/bin/"
	for program in $programs; do
		cp "$out/usr/bin/$program" "$taken/root/bin/"
		add_libraries "$taken/root/bin/$program" "$out/usr/lib/riscv64-linux-gnu" "$taken/root/lib"
	done
}

fetch() {
	work=$(mktemp -d "${TMPDIR:-/tmp}/partita-linux.XXXXXX")
	fetch_packages
	rm -rf "$cache"/new.*
	new=$(mktemp -d "$cache/new.XXXXXX")
	chmod 755 "$new"
	printf '  unpacking ... '
	take_files "$new"
	for deb in "$work"/deb/*.deb; do
		# shellcheck disable=SC2016 # dpkg-deb expands these
		dpkg-deb -W --showformat='package ${Package} ${Version} ${Architecture}' "$deb"
		echo " $(sha256sum "$deb" | cut -d' ' -f1)"
	done >"$new/PACKAGES"
	(cd "$new" && find . -type f | sort | xargs sha256sum) >"$work/SHA256SUMS"
	cp "$work/SHA256SUMS" "$new/"
	place=$current.$(sha256sum <"$new/PACKAGES" | cut -c1-12)
	# One that is there has just been found broken, or is being fetched again on request.
	[ ! -e "$place" ] || mv "$place" "$cache/new.old"
	mv "$new" "$place"
	ln -sfn "$(basename "$place")" "$current.new"
	mv -T "$current.new" "$current"
	rm -rf "$cache"/new.* "$work"
	work=
	say 'done'
}

# busybox keeps the names of its applets as one sorted table of strings, from [ and [[ to zcat.
applets() {
	echo '[ [['
	tr '\0' '\n' <"$1" |
		awk 'last == "[[" && /^[a-z]/ { on = 1 } on { print } on && $0 == "zcat" { exit } { last = $0 }'
}

make_root() { # FOLDER
	mkdir -p "$1/proc" "$1/sys" "$1/dev" "$1/tmp" "$1/root" "$1/etc"
	cp -r "$current/root/bin" "$current/root/lib" "$1/"
	ln -s bin "$1/sbin"
	ln -s . "$1/usr"
	names=$(applets "$1/bin/busybox")
	for name in sh mount setsid cttyhack poweroff zcat; do
		echo "$names" | grep -qx "$name" ||
			die "busybox's list of applets lacks $name" 'please report it (scripts/linux.sh, applets)'
	done
	for name in $names; do
		[ -e "$1/bin/$name" ] || ln -s busybox "$1/bin/$name"
	done
	# Nothing needs an orderly end: at once, without init's two seconds of grace.
	for name in poweroff reboot halt; do
		rm "$1/bin/$name"
		printf '#!/bin/sh\nexec busybox %s -f\n' $name >"$1/bin/$name"
	done
	cp "$here/linux-init" "$1/init"
	chmod 755 "$1/init" "$1"/bin/[!.]* "$1"/lib/*
	echo '::respawn:/bin/cttyhack /bin/sh -l' >"$1/etc/inittab"
	cat >"$1/etc/profile" <<-'END'
		PS1='\h:\w\$ '
		alias poweroff=/bin/poweroff reboot=/bin/reboot halt=/bin/halt
		echo "Linux $(uname -r) is up: type poweroff to end this guest"
	END
	echo 'root:x:0:0:root:/root:/bin/sh' >"$1/etc/passwd"
	echo 'root:x:0:' >"$1/etc/group"
}

# Same packages and same recipe, same bytes: sorted names, no times, owners, inode numbers; the root itself is left out
# (its link count depends on the file system).
make_initramfs() {
	printf 'Linux guest: packing the initramfs ... '
	rm -rf "$cache"/new.*
	new=$(mktemp -d "$cache/new.XXXXXX")
	chmod 755 "$new"
	make_root "$new/tree"
	find "$new/tree" -exec touch -h -d @0 {} +
	mkdir "$new/$recipe"
	(cd "$new/tree" && find . -mindepth 1 | sort | cpio --quiet -o -H newc -R 0:0 --reproducible) |
		gzip -9n >"$new/$recipe/initramfs.cpio.gz"
	(cd "$new/$recipe" && describe_all) >"$new/MANIFEST"
	mv "$new/MANIFEST" "$new/$recipe/"
	rm -rf "${current:?}/$recipe"
	mv "$new/$recipe" "$current/"
	# Recipes of old checkouts; one that is still wanted is packed again in a second.
	find "$current/" -mindepth 1 -maxdepth 1 -type d ! -name root -mtime +60 -exec rm -rf {} +
	rm -rf "$new"
	readable "$(stat -c %s "$current/$recipe/initramfs.cpio.gz")"
	echo
}

describe_all() {
	echo "# Partita's Linux and U-Boot guests: Debian $suite, riscv64; signatures checked by apt."
	echo '# package NAME VERSION ARCHITECTURE SHA256-OF-THE-DEB'
	cat "$current/PACKAGES"
	echo '# file PATH SIZE SHA256'
	describe initramfs.cpio.gz initramfs.cpio.gz
	for file in Image u-boot.bin u-boot.elf; do
		describe "$current/$file" "../$file"
	done
}

describe() { # FILE NAME
	echo "file $2 $(stat -c %s "$1") $(sha256sum "$1" | cut -d' ' -f1)"
}

fill_cache() {
	{ mkdir -p "$cache" && [ -w "$cache" ]; } 2>/dev/null ||
		die "cannot write to $cache" 'name a folder for caches: XDG_CACHE_HOME=DIR'
	exec 9>"$cache/lock"
	flock -n 9 || {
		say 'Linux guest: another build is fetching it, waiting'
		flock 9
	}
	if [ "$mode" = update ] || ! intact; then
		[ ! -e "$current" ] || [ "$mode" = update ] || say 'Linux guest: the cache is damaged, fetching it again'
		fetch
	fi
	{ all_there && packed_well; } || make_initramfs
	exec 9>&-
}

link() { # NAME TARGET
	[ "$(readlink "$links/$1")" != "$2" ] || return 0
	ln -sfn "$2" "$links/$1.$$"
	mv -fT "$links/$1.$$" "$links/$1"
}

link_all() {
	mkdir -p "$links"
	place=$(readlink -f "$current")
	for file in Image u-boot.bin u-boot.elf; do
		link $file "$place/$file"
	done
	link initramfs.cpio.gz "$place/$recipe/initramfs.cpio.gz"
	link MANIFEST "$place/$recipe/MANIFEST"
}

case $mode in
'') all_there || fill_cache ;;
verify | update) fill_cache ;;
*) die "LINUX=$mode is unknown" 'use LINUX=verify or LINUX=update' ;;
esac
[ "$mode" != verify ] || say "Linux guest: every file in $current is as it came"
link_all
