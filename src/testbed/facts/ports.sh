# shellcheck shell=sh
# What facts.sh asks of every port: its queues, how packets and interrupts are dealt out to them, and its link. Uses what is defined
# there, and is as careful with processes.
# shellcheck disable=SC2154 # facts.sh has them

# queue_facts INTERFACE: receive and transmit queues that it has now, and the slots of one of each.
queue_facts() {
	set -- "$1" "$net/$1/queues/rx-"* "$net/$1/queues/tx-"*
	name=$1 rx=0 tx=0
	shift
	for queue; do
		case $queue in
		*'*') ;;
		*/rx-*) rx=$((rx + 1)) ;;
		*) tx=$((tx + 1)) ;;
		esac
	done
	# The settings of now are the second of two paragraphs.
	rx_slots='' tx_slots=''
	[ -z "$ethtool" ] || {
		while read -r word number _; do
			case $word in
			RX:) rx_slots=$number ;;
			TX:) tx_slots=$number ;;
			esac
		done <<-SETTINGS
			$("$ethtool" -g "$name" 2>/dev/null)
		SETTINGS
	}
	case $rx_slots in *[!0-9]*) rx_slots= ;; esac
	case $tx_slots in *[!0-9]*) tx_slots= ;; esac
	say queues "$name" "$rx" "$tx" "$rx_slots" "$tx_slots"
}

# spread_facts INTERFACE: to how many of its receive queues it deals out packets by their hash, and of how many; where
# ethtool and the driver tell.
spread_facts() {
	target "$net/$1/device/driver"
	[ -n "$ethtool" ] && [ "$value" != virtio_net ] || return 0
	rings='' used=0 seen=' '
	while read -r first_word rest; do
		case $first_word in
		RX) rings=${rest##*with } rings=${rings%% *} ;;
		*[!0-9:]* | '') [ -z "$rings" ] || break ;;
		[0-9]*:)
			for queue in $rest; do
				case $seen in *" $queue "*) ;; *) seen="$seen$queue " used=$((used + 1)) ;; esac
			done
			;;
		esac
	done <<-TABLE
		$("$ethtool" -x "$1" 2>/dev/null)
	TABLE
	case $rings in '' | *[!0-9]*) ;; *) [ "$used" -eq 0 ] || say spread "$1" "$rings" "$used" ;; esac
}

# interrupt_facts INTERFACE: how many it has, and to which CPUs they go, as the kernel lists CPUs, each list once.
interrupt_facts() {
	irqs=$net/$1/device/msi_irqs
	[ -d "$irqs" ] || irqs=$net/$1/device/../msi_irqs
	count=0 lists=' '
	for irq in "$irqs"/[0-9]*; do
		# Those of the card's own affairs are in no table of the CPUs' until they come.
		first "/proc/irq/${irq##*/}/effective_affinity_list"
		[ -n "$value" ] || first "/proc/irq/${irq##*/}/smp_affinity_list"
		[ -n "$value" ] || continue
		count=$((count + 1))
		case $lists in *" $value "*) ;; *) lists="$lists$value " ;; esac
	done
	lists=${lists# }
	[ "$count" -eq 0 ] || say interrupts "$1" "$count" "${lists% }"
}

# link_facts INTERFACE: what is agreed with the other end, and what only the driver knows; without ethtool less of it.
link_facts() {
	first "$net/$1/duplex"
	duplex=$value
	rx_pause='' tx_pause='' firmware=''
	target "$net/$1/device/driver"
	# A virtual card has neither, and each question is a process.
	[ -z "$ethtool" ] || [ "$value" = virtio_net ] || {
		while read -r word state _; do
			case $word in
			RX:) rx_pause=$state ;;
			TX:) tx_pause=$state ;;
			firmware-version:) firmware=$state ;;
			esac
		done <<-SETTINGS
			$("$ethtool" -a "$1" 2>/dev/null)
			$("$ethtool" -i "$1" 2>/dev/null)
		SETTINGS
	}
	say link "$1" "$duplex" "$rx_pause" "$tx_pause" "$firmware"
}
