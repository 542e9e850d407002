/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What hoststream reads that is no counter of /proc/stat: memory, frequencies,
 * temperatures; and frames of flow control, which a driver may have to fetch from
 * its card. What takes long is read less often. Must not know what is done with it.
 */
#ifndef HOSTSTREAM_SENSORS_H
#define HOSTSTREAM_SENSORS_H

#include <dirent.h>
#include <limits.h>
#include <time.h>

#include "counters.h"

#define MAX_SENSORS	16
#define SLOW_NS		1000000ULL	/* what takes longer is read seldom */
#define SELDOM		10	/* with every tenth line */

/**
 * struct pace - how often something is read
 * @every: lines from one reading to the next
 * @left: lines until then
 */
struct pace {
	unsigned int every, left;
};

/**
 * struct sensor - a temperature
 * @name: what its driver calls it
 * @fd: file that tells it, thousandths of a degree
 */
struct sensor {
	char name[32];
	int fd;
};

static int memory_file = -1;
static struct sensor sensors[MAX_SENSORS];
static unsigned int nr_sensors;
static bool has_frequencies;
static struct pace of_pauses = { 1, 1 }, of_frequencies = { 1, 1 }, of_temperatures = { 1, 1 };

static uint64_t moment(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* Whether it is its turn. */
static bool is_due(struct pace *pace)
{
	if (--pace->left)
		return false;
	pace->left = pace->every;
	return true;
}

/* It took from @begin until now; from then on it is read more seldom if that was long. */
static void paced(struct pace *pace, uint64_t begin)
{
	if (pace->every == 1 && moment() - begin > SLOW_NS)
		pace->every = pace->left = SELDOM;
}

/* The number in a small file of sysfs; false where it tells none. */
static bool told(int fd, uint64_t *value)
{
	char text[32];
	char *at = text;
	ssize_t n = fd < 0 ? -1 : pread(fd, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return false;
	text[n] = '\0';
	return number(&at, value);
}

static void open_memory(void)
{
	memory_file = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
}

/* Memory that programs can have, KiB. */
static void put_memory(void)
{
	char *text = memory_file < 0 ? NULL : whole(memory_file);
	char *at = text ? strstr(text, "\nMemAvailable:") : NULL;
	uint64_t value;

	if (at)
		at += strlen("\nMemAvailable:");
	if (at && number(&at, &value))
		put_number(value);
	else
		put("null");
}

static void put_pauses(struct port *ports, unsigned int n)
{
	uint64_t begin = moment();
	bool any = false;

	for (unsigned int i = 0; i < n; i++)
		any = any || ports[i].names[0];
	if (!any || !is_due(&of_pauses))
		return;
	put(",\"pause\":[");
	for (unsigned int i = 0; i < n; i++) {
		put(i ? "," : "");
		read_pauses(&ports[i]);
		put_counted(&ports[i].pauses);
	}
	put("]");
	paced(&of_pauses, begin);
}

/* MHz, in the order of the CPUs. */
static void put_frequencies(const struct cpus *cpus)
{
	uint64_t begin = moment(), khz;

	if (!has_frequencies || !is_due(&of_frequencies))
		return;
	put(",\"freq\":[");
	for (unsigned int i = 0; i < cpus->n; i++) {
		put(i ? "," : "");
		if (told(cpus->each[i].frequency, &khz))
			put_number(khz / 1000);
		else
			put("null");
	}
	put("]");
	paced(&of_frequencies, begin);
}

/* Degrees centigrade, rounded down; below zero nobody measures. */
static void put_temperatures(void)
{
	uint64_t begin = moment(), value;

	if (!nr_sensors || !is_due(&of_temperatures))
		return;
	put(",\"temp\":[");
	for (unsigned int i = 0; i < nr_sensors; i++) {
		put(i ? "," : "");
		if (told(sensors[i].fd, &value))
			put_number(value / 1000);
		else
			put("null");
	}
	put("]");
	paced(&of_temperatures, begin);
}

static void put_sensor_names(void)
{
	for (unsigned int i = 0; i < nr_sensors; i++) {
		put(i ? "," : "");
		put_quoted(sensors[i].name);
	}
}

/* Takes @file of @folder/@entry where its @namer names a sensor of the processor. */
static void take_sensor(const char *folder, const char *entry, const char *namer, const char *file)
{
	static const char *const known[] = {
		"coretemp", "k10temp", "zenpower", "x86_pkg_temp", "cpu", "soc",
	};
	struct sensor *sensor = &sensors[nr_sensors];
	char path[PATH_MAX];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s/%s", folder, entry, namer);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, sensor->name, sizeof(sensor->name) - 1);
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return;
	sensor->name[n] = '\0';
	sensor->name[strcspn(sensor->name, "\n")] = '\0';
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (strncmp(sensor->name, known[i], strlen(known[i])))
			continue;
		snprintf(path, sizeof(path), "%s/%s/%s", folder, entry, file);
		sensor->fd = open(path, O_RDONLY | O_CLOEXEC);
		nr_sensors += sensor->fd >= 0;
		return;
	}
}

static void find_sensors(const char *folder, const char *namer, const char *file)
{
	DIR *all = opendir(folder);
	struct dirent *entry;

	while (all && nr_sensors < MAX_SENSORS && (entry = readdir(all)))
		if (entry->d_name[0] != '.')
			take_sensor(folder, entry->d_name, namer, file);
	if (all)
		closedir(all);
}

static void open_sensors(struct cpus *cpus)
{
	char path[128];

	for (unsigned int i = 0; i < cpus->n; i++) {
		snprintf(path, sizeof(path),
			 "/sys/devices/system/cpu/cpu%u/cpufreq/scaling_cur_freq",
			 cpus->each[i].number);
		cpus->each[i].frequency = open(path, O_RDONLY | O_CLOEXEC);
		has_frequencies = has_frequencies || cpus->each[i].frequency >= 0;
	}
	/* The first of a processor's is that of the whole; a zone may be the same one again. */
	find_sensors("/sys/class/hwmon", "name", "temp1_input");
	if (!nr_sensors)
		find_sensors("/sys/class/thermal", "type", "temp");
}

#endif
