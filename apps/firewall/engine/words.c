// SPDX-License-Identifier: MIT OR Apache-2.0
#include "words.h"

#include <arpa/inet.h>
#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

void fw_words_next(struct fw_words *words)
{
	size_t length = 0;

	while (words->at < words->end && is_blank(*words->at))
		words->at++;
	words->column = (uint32_t)(words->at - words->start) + 1;
	if (words->at < words->end && *words->at == '#')
		words->at = words->end;
	for (; words->at < words->end && !is_blank(*words->at) && *words->at != '#'; words->at++)
		if (length < FW_WORD_ROOM - 1)
			words->word[length++] = *words->at;
	words->word[length] = '\0';
	/* What does not fit is no word of the language: its beginning must not be taken for one. */
	if (length == FW_WORD_ROOM - 1)
		words->word[length - 1] = '~';
}

bool fw_words_is(const struct fw_words *words, const char *word)
{
	return !strcmp(words->word, word);
}

bool fw_words_take(struct fw_words *words, const char *word)
{
	if (!fw_words_is(words, word))
		return false;
	fw_words_next(words);
	return true;
}

static void print_word(const struct fw_words *words)
{
	const unsigned char *at = (const unsigned char *)words->word;

	if (!*at) {
		fputs("the end of the line", words->errors);
		return;
	}
	fputc('`', words->errors);
	for (; *at; at++) {
		if (*at < 0x20 || *at >= 0x7F)
			fprintf(words->errors, "\\x%02x", *at);
		else
			fputc(*at, words->errors);
	}
	fputc('`', words->errors);
}

bool fw_words_wrong(struct fw_words *words, const char *what, const char *hint)
{
	fprintf(words->errors, "%s:%u:%u: %s: ", words->name, words->line, words->column, what);
	print_word(words);
	fprintf(words->errors, "\nhint: %s\n", hint);
	return false;
}

bool fw_number(const char *text, uint32_t lowest, uint32_t highest, uint32_t *value)
{
	uint64_t sum = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		sum = sum * 10 + (uint64_t)(*text - '0');
		if (sum > highest)
			return false;
	}
	*value = (uint32_t)sum;
	return sum >= lowest;
}

static uint64_t big_endian(const unsigned char *bytes, int count)
{
	uint64_t value = 0;
	int i;

	for (i = 0; i < count; i++)
		value = value << 8 | bytes[i];
	return value;
}

/* The bits of the address; its kind, or 0 where it is none. */
static uint8_t read_address(const char *text, struct fw_address *address)
{
	unsigned char bytes[16];

	if (inet_pton(AF_INET, text, bytes) == 1) {
		address->high = big_endian(bytes, 4) << 32;
		address->low = 0;
		return FW_KIND_IP4;
	}
	if (inet_pton(AF_INET6, text, bytes) == 1) {
		address->high = big_endian(bytes, 8);
		address->low = big_endian(bytes + 8, 8);
		return FW_KIND_IP6;
	}
	return 0;
}

const char *fw_read_prefix(const char *text, struct fw_prefix *prefix, uint8_t *kind)
{
	char address[FW_WORD_ROOM];
	struct fw_address mask;
	uint32_t length;
	char *slash;

	strncpy(address, text, sizeof(address) - 1);
	address[sizeof(address) - 1] = '\0';
	slash = strchr(address, '/');
	if (slash)
		*slash = '\0';
	*kind = read_address(address, &prefix->address);
	if (!*kind)
		return "no address";
	length = *kind == FW_KIND_IP4 ? 32 : 128;
	if (slash && !fw_number(slash + 1, 0, length, &length))
		return "no length of a prefix";
	mask = fw_prefix_mask(length);
	/* Taken for what it is not by whoever wrote it: better said than guessed. */
	if ((prefix->address.high & ~mask.high) || (prefix->address.low & ~mask.low))
		return "the address has bits beyond its prefix";
	prefix->length = (uint8_t)length;
	return NULL;
}

static bool read_range(char *text, struct fw_range *range)
{
	char *dash = strchr(text, '-');
	uint32_t first, last;

	if (dash)
		*dash = '\0';
	if (!fw_number(text, 0, 65535, &first))
		return false;
	last = first;
	if (dash && !fw_number(dash + 1, first, 65535, &last))
		return false;
	range->first = (uint16_t)first;
	range->last = (uint16_t)last;
	return true;
}

const char *fw_read_ports(const char *text, struct fw_ports *ports)
{
	char list[FW_WORD_ROOM];
	char *at = list;
	char *comma;

	strncpy(list, text, sizeof(list) - 1);
	list[sizeof(list) - 1] = '\0';
	ports->count = 0;
	do {
		comma = strchr(at, ',');
		if (comma)
			*comma = '\0';
		if (ports->count == FW_RANGES_MAX)
			return "more than 16 ranges of ports";
		if (!read_range(at, &ports->ranges[ports->count]))
			return "no port, range of ports, or list of those";
		ports->count++;
		at = comma ? comma + 1 : at;
	} while (comma);
	return NULL;
}
