# shellcheck shell=sh disable=SC2154,SC2016
# Reads what the kernel forgets of port $n (slot $s, $dev in sysfs) when its driver lets go of it, and prints sh that gives
# the card back to its driver and sets everything again. Undone are differences only: what comes back by itself is left.

# q WORD: in single quotes, for the script that is printed.
q() { printf "'%s'" "$(printf %s "$1" | sed "s/'/'\\\\''/g")"; }
driver=$(readlink "$dev/driver") || {
	echo "the card in slot $s has no driver" >&2
	false
}
set -- "$dev"/net/*
[ $# -le 1 ] || {
	echo "the card in slot $s has other ports as well: $*" >&2
	false
}
net=/sys/class/net/$n
read -r override <"$dev/driver_override"
[ "$override" != '(null)' ] || override=
read -r mac <"$net/address"
read -r mtu <"$net/mtu"
read -r queue <"$net/tx_queue_len"
read -r flags <"$net/flags"
carrier=$(cat "$net/carrier" 2>/dev/null || :)
qdisc=$(tc qdisc show dev "$n" 2>/dev/null | sed -n '1s/^qdisc \([a-z_]*\) 0: .*root.*/\1/p')
cat <<EOF
n=$(q "$n") s=$(q "$s") dev=$(q "$dev") driver=$(q "${driver##*/}") override=$(q "$override")
mac=$(q "$mac") mtu=$mtu queue=$queue flags=$flags carrier=$carrier qdisc=$(q "${qdisc:-noop}")
EOF
# Values of the port's own kernel parameters, as `FILE VALUE`. A shell's `read` takes them byte by byte, which these files
# do not suffer. Some cannot be read; two are read with a complaint, and stand there again in milliseconds.
values='values() {
  set --
  for file in /proc/sys/net/ipv[46]/conf/"$n"/* /proc/sys/net/ipv[46]/neigh/"$n"/*; do
    case $file in */base_reachable_time | */retrans_time) ;; *) set -- "$@" "$file" ;; esac
  done
  grep -s -H "" "$@" | sed "s/:/ /" || :
}'
eval "$values"
printf '%s\n' "$values" "cat >\"/run/nsbench-sysctl-\$\$\" <<'NSB_VALUES'"
values
echo NSB_VALUES
# Features that can be changed, as words of one ethtool command.
features=$(ethtool -k "$n" 2>/dev/null | sed -n '/\[/d; s/^[ \t]*\([a-z0-9-]*\): \(on\|off\)$/\1 \2/p' | tr '\n' ' ')
rings=$(ethtool -g "$n" 2>/dev/null | sed -n '/^Current/,$p' | sed -n 's/^\(RX\|TX\):[ \t]*\([0-9][0-9]*\)$/\1 \2/p' | tr 'RTX\n' 'rtx ')
channels=$(ethtool -l "$n" 2>/dev/null | sed -n '/^Current/,$p' |
	sed -n 's/^\(RX\|TX\|Combined\):[ \t]*\([1-9][0-9]*\)$/\1 \2/p' | tr 'RTXC\n' 'rtxc ')
affinities=
irqs=$net/device/msi_irqs
[ -d "$irqs" ] || irqs=$net/device/../msi_irqs
for i in "$irqs"/[0-9]*; do
	[ ! -r "/proc/irq/${i##*/}/smp_affinity_list" ] || {
		read -r value <"/proc/irq/${i##*/}/smp_affinity_list"
		affinities="$affinities $value"
	}
done
cat <<EOF
features=$(q "$features") rings=$(q "$rings") channels=$(q "$channels") affinities=$(q "$affinities")
EOF
cat <<'EOF'
now=$(readlink "$dev/driver" || :)
if [ "${now##*/}" != "$driver" ]; then
  [ -z "$now" ] || echo "$s" >"$dev/driver/unbind"
  echo "$override" >"$dev/driver_override"
  echo "$s" >"/sys/bus/pci/drivers/$driver/bind"
fi
left=100
until set -- "$dev"/net/* "$dev"/virtio*/net/*; [ -d "$1" ] || { shift; [ -d "$1" ]; }; do
  left=$((left - 1)); [ "$left" -gt 0 ] || { echo "no interface came back in slot $s"; exit 1; }
  sleep 0.1
done
! command -v udevadm >/dev/null || udevadm settle -t 10 || :
set -- "$dev"/net/* "$dev"/virtio*/net/*; [ -d "$1" ] || shift
now=${1##*/}
[ "$now" = "$n" ] || { ip link set dev "$now" down; ip link set dev "$now" name "$n"; }
net=/sys/class/net/$n
read -r value <"$net/address"; [ "$value" = "$mac" ] || ip link set dev "$n" address "$mac"
read -r value <"$net/mtu"; [ "$value" = "$mtu" ] || ip link set dev "$n" mtu "$mtu"
read -r value <"$net/tx_queue_len"; [ "$value" = "$queue" ] || echo "$queue" >"$net/tx_queue_len"
[ $((flags & 0x100)) -eq 0 ] || ip link set dev "$n" promisc on
[ -z "$channels" ] || ethtool -L "$n" $channels 2>/dev/null || :
[ -z "$rings" ] || ethtool -G "$n" $rings 2>/dev/null || :
[ -z "$features" ] || ethtool -K "$n" $features >/dev/null 2>&1 || :
irqs=$net/device/msi_irqs; [ -d "$irqs" ] || irqs=$net/device/../msi_irqs
for i in "$irqs"/[0-9]*; do
  [ -d "/proc/irq/${i##*/}" ] && [ -n "$affinities" ] || continue
  set -- $affinities; affinities=${affinities# }; affinities=${affinities#"$1"}
  echo "$1" >"/proc/irq/${i##*/}/smp_affinity_list" 2>/dev/null || :
done
values >"/run/nsbench-sysctl-$$.now"
grep -vxFf "/run/nsbench-sysctl-$$.now" "/run/nsbench-sysctl-$$" | while read -r file value; do
  printf '%s\n' "$value" 2>/dev/null >"$file" || :
done
rm -f "/run/nsbench-sysctl-$$" "/run/nsbench-sysctl-$$.now"
# A port that was up once has a qdisc, and gets one only by being up.
[ "$qdisc" = noop ] || ip link set dev "$n" up
[ $((flags & 1)) -ne 0 ] || ip link set dev "$n" down
EOF
# Addresses and routes that did not come about by themselves.
ip -o address show dev "$n" scope global | while read -r _ _ family address rest; do
	case $family:$rest in
	inet:brd*)
		rest=${rest#brd }
		printf '%s\n' "ip address add $address broadcast ${rest%% *} dev $(q "$n") 2>/dev/null || :"
		;;
	inet:*) printf '%s\n' "ip address add $address dev $(q "$n") 2>/dev/null || :" ;;
	inet6:*dynamic*) ;;
	inet6:*)
		# busybox's ip does not know the word.
		again="ip address add $address dev $(q "$n")"
		printf '%s\n' "$again nodad 2>/dev/null || $again 2>/dev/null || :"
		;;
	esac
done
for family in -4 -6; do
	ip "$family" route show dev "$n" 2>/dev/null | grep -v 'proto kernel\|proto ra' | while read -r route; do
		printf '%s\n' "ip $family route add ${route%% linkdown*} dev $(q "$n") 2>/dev/null || :"
	done
done
cat <<'EOF'
# A card negotiates its link anew: with it the host is as it was. Not for ever, for the cable may be gone.
left=50
until [ "$carrier" != 1 ] || grep -qs 1 "$net/carrier" || [ "$left" -eq 0 ]; do
  left=$((left - 1))
  sleep 0.1
done
EOF
