#!/bin/sh
# Runs the guest's sshd and says on the console when it listens.
(
	until ss -Hltn 'sport = :22' | grep -q .; do sleep 0.1; done
	echo "nsbench: guest ready" >/dev/ttyS0
) &
exec /usr/sbin/sshd -D -e -f /etc/nsbench/sshd_config
