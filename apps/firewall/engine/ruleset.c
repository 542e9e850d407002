// SPDX-License-Identifier: MIT OR Apache-2.0
#include "ruleset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* No file of rules is longer: a device that never ends is none. */
#define FILE_MAX	(256u << 20)

/* The whole file; NULL and a message. */
static char *read_file(const char *path, size_t *length, FILE *errors)
{
	FILE *file = fopen(path, "re");
	size_t room = 65536, got;
	char *text = NULL, *more;

	*length = 0;
	if (!file)
		goto failed;
	do {
		more = room <= FILE_MAX ? realloc(text, room) : NULL;
		if (!more) {
			errno = room <= FILE_MAX ? ENOMEM : EFBIG;
			goto failed;
		}
		text = more;
		got = fread(text + *length, 1, room - *length, file);
		*length += got;
		room *= 2;
	} while (got);
	if (ferror(file))
		goto failed;
	fclose(file);
	return text;

failed:
	fprintf(errors, "firewall: could not read the rules `%s`: %s\n"
		"hint: `--rules` takes a file; docs/firewall.md says what is in it\n", path,
		strerror(errno));
	if (file)
		fclose(file);
	free(text);
	return NULL;
}

static bool prepare(struct ruleset *set, const char *path, FILE *errors)
{
	uint32_t count = set->rules.count ? set->rules.count : 1;
	const char *wrong;

	set->classifier = fw_classifier_new(&set->rules, &wrong);
	if (!set->classifier) {
		fprintf(errors, "firewall: could not prepare the rules `%s`: %s\n"
			"hint: write fewer rules, or ranges of ports on one side only\n", path,
			wrong);
		return false;
	}
	set->counts[0] = calloc(count, sizeof(**set->counts));
	set->counts[1] = calloc(count, sizeof(**set->counts));
	if (set->counts[0] && set->counts[1])
		return true;
	fprintf(errors, "firewall: no memory for the counters of %u rules\n", count);
	return false;
}

struct ruleset *ruleset_read(const char *path, const char *in, const char *out,
			     uint32_t generation, FILE *errors)
{
	struct ruleset *set;
	size_t length;
	char *text;
	bool well;

	text = read_file(path, &length, errors);
	if (!text)
		return NULL;
	set = calloc(1, sizeof(*set));
	if (!set) {
		fputs("firewall: no memory\n", errors);
		free(text);
		return NULL;
	}
	set->generation = generation;
	well = fw_rules_read(&set->rules, text, length, path, in, out, errors) &&
	       prepare(set, path, errors);
	free(text);
	if (well)
		return set;
	ruleset_free(set);
	return NULL;
}

void ruleset_free(struct ruleset *set)
{
	if (!set)
		return;
	fw_classifier_free(set->classifier);
	fw_rules_free(&set->rules);
	free(set->counts[0]);
	free(set->counts[1]);
	free(set);
}
