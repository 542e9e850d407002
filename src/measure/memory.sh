# shellcheck shell=sh
# What this host's kernel has in use, file by file under a head that names it. What it can take back at any time is taken
# back first: names and files that somebody looked at come and go, and mean nothing. POSIX sh; needs coreutils or busybox.
echo 2 2>/dev/null >/proc/sys/vm/drop_caches
echo "==> page size <=="
getconf PAGESIZE 2>/dev/null || echo 4096
# Counts that CPUs keep to themselves are added up.
echo 1 2>/dev/null >/proc/sys/vm/stat_refresh
head -n 100000 /proc/meminfo /proc/zoneinfo /proc/slabinfo /proc/loadavg /proc/sys/fs/file-nr /proc/2/task/2/children /proc/modules 2>/dev/null
echo "==> end <=="
