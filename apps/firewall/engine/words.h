/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The words of a line of a rule file, and what numbers, addresses and ports look
 * like. Must not know what a rule is.
 */
#ifndef FW_WORDS_H
#define FW_WORDS_H

#include "rules.h"

/* Sixteen ranges of ports fit. */
#define FW_WORD_ROOM	256

/**
 * struct fw_words - a line that is read word by word
 * @name: of the file
 * @line: number of the line, from 1
 * @start: its first character
 * @at: where the rest begins
 * @end: behind its last character
 * @column: of @word, from 1
 * @word: the present word, empty at the end of the line
 * @errors: where errors go
 */
struct fw_words {
	const char *name;
	uint32_t line;
	const char *start;
	const char *at;
	const char *end;
	uint32_t column;
	char word[FW_WORD_ROOM];
	FILE *errors;
};

/** fw_words_next - go on to the next word; there is none at the end, and behind a `#` */
void fw_words_next(struct fw_words *words);

/** fw_words_is - whether the present word is this one */
bool fw_words_is(const struct fw_words *words, const char *word);

/** fw_words_take - go on to the next word if the present one is this one */
bool fw_words_take(struct fw_words *words, const char *word);

/**
 * fw_words_wrong - tell what is wrong at the present word
 * @words: where
 * @what: wrong, in lower case; the word itself is added
 * @hint: what to write instead
 *
 * Return: false
 */
bool fw_words_wrong(struct fw_words *words, const char *what, const char *hint);

/** fw_number - a whole decimal number from @lowest to @highest and nothing else */
bool fw_number(const char *text, uint32_t lowest, uint32_t highest, uint32_t *value);

/** fw_read_prefix - an address, with or without `/LENGTH`; NULL or what is wrong */
const char *fw_read_prefix(const char *text, struct fw_prefix *prefix, uint8_t *kind);

/** fw_read_ports - `80`, `80-90`, or several with commas between; NULL or what is wrong */
const char *fw_read_ports(const char *text, struct fw_ports *ports);

#endif /* FW_WORDS_H */
