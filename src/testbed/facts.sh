#!/bin/sh
# What `nsbench topology check` wants to know of a host, in one go.
#
# Plain POSIX sh with what busybox has too: no bash, ethtool, perl, python or awk. It changes nothing.
# One fact a line, fields parted by tabs, `-` for what the host does not say; the first line names
# the format and the last line is `end`, so that a cut-off answer is noticed. facts.rs reads it; facts/ports.sh stands in front.

PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
LC_ALL=C
export LC_ALL
net=/sys/class/net
tab=$(printf '\t')

# say WORD FIELD...: one fact; an empty field is written as `-`, and none may break the line.
say() {
	fact=$1
	shift
	for field; do
		case $field in
		'') field=- ;;
		*"$tab"* | *'
'*) field=$(printf '%s' "$field" | tr '\t\n' '  ') ;;
		esac
		fact=$fact$tab$field
	done
	printf '%s\n' "$fact"
}

# What follows leaves its answer in $value instead of printing it, and uses nothing but the shell itself: a host has
# dozens of such files, and on a slow one each new process is felt.

# first FILE: its first line; some files of sysfs refuse to be read while a port is down.
first() {
	value=
	[ ! -r "$1" ] || { IFS= read -r value <"$1"; } 2>/dev/null
}

# folder LINK: the whole path of the directory that a symbolic link leads to.
folder() {
	value=
	[ ! -d "$1" ] || { cd -P "$1" && value=$PWD; } 2>/dev/null
}

# target LINK: the last part of where a symbolic link leads to.
target() {
	folder "$1"
	value=${value##*/}
}

host_facts() {
	say kernel "$(uname -r)"
	say machine "$(uname -m)"
	say distribution "$(sed -n 's/^PRETTY_NAME=//p' /etc/os-release 2>/dev/null | tr -d '"')"
	say uid "$(id -u)"
	# Root needs no sudo, and trying it would only be written to its log.
	if [ "$(id -u)" = 0 ]; then
		say sudo ''
	elif sudo -n true </dev/null 2>/dev/null; then say sudo yes; else say sudo no; fi
	say cpus "$(getconf _NPROCESSORS_ONLN 2>/dev/null || nproc)"
	# Not every architecture has these.
	say cpu_model "$(sed -n '/^model name/{s/.*: //p;q;}' /proc/cpuinfo)"
	say microcode "$(sed -n '/^microcode/{s/.*: //p;q;}' /proc/cpuinfo)"
	first /proc/sys/kernel/random/boot_id
	say boot "$value"
	say clock "$(date +%s)"
	say var_free_kib "$(df -Pk /var 2>/dev/null | {
		read -r _
		read -r _ _ _ free _
		printf '%s' "$free"
	})"
}

# slot INTERFACE: the PCI address of its device, or of what that device (virtio, say) hangs on.
slot() {
	folder "$net/$1/device"
	while [ -n "$value" ]; do
		case ${value##*/} in
		[0-9a-f]*:[0-9a-f][0-9a-f]:[0-9a-f][0-9a-f].[0-7])
			value=${value##*/}
			return
			;;
		esac
		value=${value%/*}
	done
}

interface_facts() {
	for path in "$net"/*; do
		[ -e "$path/ifindex" ] || continue
		name=${path##*/}
		first "$path/address"
		mac=$value
		slot "$name"
		pci=$value
		target "$path/device/driver"
		driver=$value
		set --
		for file in operstate flags carrier mtu speed; do
			first "$path/$file"
			set -- "$@" "$value"
		done
		target "$path/master"
		say interface "$name" "$mac" "$pci" "$driver" "$@" "$value"
	done
	cd / || exit
}

# mtu_facts: the largest MTU that each driver takes; only iproute2 knows it, and 0 is its word for any.
mtu_facts() {
	ip -d -o link show 2>/dev/null |
		sed -n "s/^[0-9]*: \([^:@]*\)[:@].* maxmtu \([1-9][0-9]*\) .*/largest_mtu$tab\1$tab\2/p"
}

# card_facts: network cards, whatever drives them (one given to a user-space driver has no interface); their NUMA node,
# and with whom they share an IOMMU group, bridges left out: `alone` where it is nobody, `-` where there is no IOMMU; and the
# PCI Express links between them and the CPU.
card_facts() {
	for path in /sys/bus/pci/devices/*; do
		first "$path/class"
		case $value in 0x02*) ;; *) continue ;; esac
		card=${path##*/}
		target "$path/driver"
		say card "$card" "$value"
		first "$path/numa_node"
		node=$value
		[ "$node" != -1 ] || node=
		group=
		[ ! -d "$path/iommu_group" ] || group=alone
		for member in "$path/iommu_group/devices/"*; do
			first "$member/class"
			case ${member##*/}:$value in
			"$card":* | *:0x0604* | *:) ;;
			*) group="${group%alone}${group:+,}${member##*/}" ;;
			esac
		done
		say placed "$card" "$node" "${group#,}"
		first "$path/iommu_group/type"
		[ -z "$value" ] || say translated "$card" "$value"
		# Its own link, and those of the bridges and switches above it, which others may share.
		folder "$path"
		link=$value
		while :; do
			case ${link##*/} in [0-9a-f]*:[0-9a-f][0-9a-f]:[0-9a-f][0-9a-f].[0-7]) ;; *) break ;; esac
			first "$link/current_link_speed"
			speed=$value
			first "$link/current_link_width"
			[ -z "$speed" ] || say pcie "$card" "${link##*/}" "$speed" "$value"
			link=${link%/*}
		done
	done
	cd / || exit
}

# cpu_facts: every CPU that is on, its NUMA node, and the core that it shares with its siblings.
cpu_facts() {
	for path in /sys/devices/system/cpu/cpu[0-9]*; do
		first "$path/online"
		[ "$value" != 0 ] || continue
		first "$path/topology/core_id"
		core=$value
		first "$path/topology/physical_package_id"
		core=$value:$core
		node=
		for member in "$path"/node[0-9]*; do
			[ ! -d "$member" ] || node=${member##*/node}
		done
		say cpu "${path##*/cpu}" "$node" "$core"
	done
}

addresses() {
	ip -o addr show 2>/dev/null | while read -r _ name family address _; do
		case $family in
		inet | inet6) say address "${name%%@*}" "$address" ;;
		esac
	done
}

# ssh_connection: as sshd set it; sudo drops it from the environment, a parent still has it.
ssh_connection() {
	if [ -n "$SSH_CONNECTION" ]; then
		printf '%s' "$SSH_CONNECTION"
		return
	fi
	pid=$$
	while [ "${pid:-0}" -gt 1 ]; do
		found=$({ tr '\0' '\n' <"/proc/$pid/environ" | sed -n 's/^SSH_CONNECTION=//p'; } 2>/dev/null)
		if [ -n "$found" ]; then
			printf '%s' "$found"
			return
		fi
		pid=$(sed -n 's/^PPid:[^0-9]*//p' "/proc/$pid/status" 2>/dev/null)
	done
}

# manage KIND INTERFACE [UPPER]: a port that must be left alone, and all that carries it.
manage() {
	say "$1" "$2" "$3"
	for lower in "$net/$2"/lower_*; do
		[ -e "$lower" ] && manage "$1" "${lower##*/lower_}" "$2"
	done
}

# ssh_interfaces CLIENT PORT SERVER: where the connection arrives, and where answers leave.
ssh_interfaces() {
	server=${3%%%*}
	ip -o addr show 2>/dev/null | while read -r _ name _ address _; do
		[ "${address%%/*}" = "${server#::ffff:}" ] && printf '%s\n' "${name%%@*}"
	done
	case $3 in *%*) printf '%s\n' "${3#*%}" ;; esac
	client=${1#::ffff:}
	ip -o route get "${client%%%*}" 2>/dev/null | sed -n 's/.* dev \([^ ]*\).*/\1/p'
}

# default_interfaces: IPv4 routes to 0.0.0.0/0, IPv6 routes to ::/0 that do not go nowhere (lo).
default_interfaces() {
	while read -r name destination _ _ _ _ _ mask _; do
		[ "$destination$mask" = 0000000000000000 ] && printf '%s\n' "$name"
	done </proc/net/route
	# Other tables, and further ways of a route with several.
	for family in -4 -6; do ip "$family" -o route show table all default 2>/dev/null; done | while read -r route; do
		# shellcheck disable=SC2086 # words
		set -- $route
		while [ $# -gt 1 ]; do
			[ "$1" = dev ] && [ "$2" != lo ] && printf '%s\n' "$2"
			shift
		done
	done
	[ -r /proc/net/ipv6_route ] || return
	while read -r destination prefix _ _ _ _ _ _ _ name; do
		case $destination$prefix in
		*[!0]*) ;;
		*) [ "${name%% *}" = lo ] || printf '%s\n' "${name%% *}" ;;
		esac
	done </proc/net/ipv6_route
}

management_facts() {
	connection=$(ssh_connection)
	say connection "$connection"
	if [ -n "$connection" ]; then
		# shellcheck disable=SC2086 # four fields
		ssh_interfaces $connection | sort -u | while read -r name; do manage ssh "$name" ''; done
	fi
	default_interfaces | sort -u | while read -r name; do manage default "$name" ''; done
}

tool_facts() {
	for tool in ip ethtool netperf netserver iperf3 dpdk-testpmd stdbuf pkt-gen make cc gcc insmod modprobe perf sudo; do
		path=$(command -v "$tool" 2>/dev/null)
		version=
		case $tool:$path in
		iperf3:/*) version=$("$path" --version 2>&1 </dev/null | head -n 1) ;;
		netperf:/* | netserver:/*) version=$("$path" -V 2>&1 </dev/null | head -n 1) ;;
		esac
		say tool "$tool" "$path" "$version"
	done
	# What software is installed with: the first that there is.
	for tool in apt-get apk dnf yum zypper pacman; do
		path=$(command -v "$tool" 2>/dev/null) && {
			say tool "$tool" "$path" ''
			break
		}
	done
}

module_facts() {
	if [ -e "/lib/modules/$(uname -r)/build/Makefile" ]; then say headers yes; else say headers no; fi
	say lockdown "$(sed -n 's/.*\[\(.*\)\].*/\1/p' /sys/kernel/security/lockdown 2>/dev/null)"
	# Four bytes of attributes, then the value.
	for variable in /sys/firmware/efi/efivars/SecureBoot-*; do
		[ -r "$variable" ] || continue
		say secure_boot "$(od -An -tu1 "$variable" 2>/dev/null | sed 's/.* \([0-9]\)[^0-9]*$/\1/')"
	done
	first /sys/module/module/parameters/sig_enforce
	say signatures "$value"
}

# set_to NAME FILE: a setting of the kernel, where it has it.
set_to() {
	first "$2"
	[ -z "$value" ] || say setting "$1" "$value"
}

# setting_facts: what makes a host slow, or another one from minute to minute.
setting_facts() {
	cpu=/sys/devices/system/cpu
	governors=
	for file in "$cpu"/cpufreq/policy*/scaling_governor; do
		first "$file"
		case " $governors " in *" $value "*) ;; *) governors="$governors${governors:+ }$value" ;; esac
	done
	[ -z "$governors" ] || say setting governor "$governors"
	set_to boost "$cpu/cpufreq/boost"
	set_to no_turbo "$cpu/intel_pstate/no_turbo"
	set_to smt "$cpu/smt/active"
	set_to isolated "$cpu/isolated"
	# The deepest state that the first CPU may sleep in, and the microseconds it takes to come out of it.
	deepest=
	for path in "$cpu"/cpu0/cpuidle/state*; do
		first "$path/disable"
		[ "$value" = 0 ] || continue
		first "$path/name"
		deepest=$value
		first "$path/latency"
		deepest="$deepest $value"
	done
	[ -z "$deepest" ] || say setting idle_state "$deepest"
	# A CPU's own counters; in most virtual machines there are none.
	counters=no
	for path in /sys/bus/event_source/devices/cpu /sys/bus/event_source/devices/cpu_* /sys/bus/event_source/devices/arm*_pmu*; do
		[ ! -e "$path" ] || counters=yes
	done
	[ ! -d /sys/bus/event_source/devices ] || say setting counters "$counters"
	set_to perf_event_paranoid /proc/sys/kernel/perf_event_paranoid
	set_to kptr_restrict /proc/sys/kernel/kptr_restrict
	while read -r word number _; do
		case $word in
		MemAvailable: | HugePages_Total: | HugePages_Free: | Hugepagesize:) say setting "${word%:}" "$number" ;;
		esac
	done </proc/meminfo
	iommu=no
	for path in /sys/class/iommu/*; do [ ! -e "$path" ] || iommu=yes; done
	say setting iommu "$iommu"
	first /proc/loadavg
	say setting load "${value%% *}"
	for path in /proc/[0-9]*/comm; do
		first "$path"
		[ "$value" != irqbalance ] || say setting irqbalance yes
	done
}

printf 'nsbench-facts\t1\n'
# shellcheck disable=SC2034 # for facts/ports.sh
ethtool=$(command -v ethtool 2>/dev/null)
host_facts
cpu_facts
interface_facts
for path in "$net"/*; do
	[ ! -e "$path/device" ] || {
		queue_facts "${path##*/}"
		spread_facts "${path##*/}"
		interrupt_facts "${path##*/}"
		link_facts "${path##*/}"
	}
done
mtu_facts
card_facts
addresses
management_facts
tool_facts
module_facts
setting_facts
say end
