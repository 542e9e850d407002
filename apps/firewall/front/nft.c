// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * firewall-nft: the same rules for the kernel's own firewall, as a file for `nft -f`
 * that filters what a bridge forwards between two ports. What it is compared with.
 */
#include "rules.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX	(64u << 20)

static void print_prefix(const char *which, const struct fw_prefix *prefix, uint8_t kind)
{
	unsigned char bytes[16];
	char text[INET6_ADDRSTRLEN];
	int i;

	if (!prefix->length)
		return;
	for (i = 0; i < 8; i++) {
		bytes[i] = (unsigned char)(prefix->address.high >> (56 - 8 * i));
		bytes[i + 8] = (unsigned char)(prefix->address.low >> (56 - 8 * i));
	}
	inet_ntop(kind == FW_KIND_IP4 ? AF_INET : AF_INET6, bytes, text, sizeof(text));
	printf(" %s %s %s/%u", kind == FW_KIND_IP4 ? "ip" : "ip6", which, text, prefix->length);
}

static void print_ports(const char *which, const struct fw_ports *ports)
{
	unsigned int i;

	if (!ports->count)
		return;
	/* One is compared; only several need a set. */
	printf(" th %s %s", which, ports->count > 1 ? "{" : "");
	for (i = 0; i < ports->count; i++) {
		printf("%s%u", i ? "," : "", ports->ranges[i].first);
		if (ports->ranges[i].last > ports->ranges[i].first)
			printf("-%u", ports->ranges[i].last);
	}
	if (ports->count > 1)
		putchar('}');
}

static void print_rule(const struct fw_rule *rule, const char *in, const char *out)
{
	printf("\t\t");
	if (rule->from != FW_EITHER)
		printf("iifname \"%s\" ", rule->from == FW_IN ? in : out);
	if (rule->kind)
		printf("meta protocol %s", rule->kind == FW_KIND_IP4 ? "ip" : "ip6");
	print_prefix("saddr", &rule->source, rule->kind);
	print_prefix("daddr", &rule->destination, rule->kind);
	if (rule->protocol != FW_ANY_PROTOCOL)
		printf(" meta l4proto %d", rule->protocol);
	print_ports("sport", &rule->source_ports);
	print_ports("dport", &rule->destination_ports);
	if (rule->icmp_type != FW_ANY_TYPE)
		printf(" %s type %d", rule->protocol == FW_ICMP ? "icmp" : "icmpv6",
		       rule->icmp_type);
	if (rule->keep)
		printf(" ct state new");
	printf(" counter %s comment \"line %u\"\n", rule->accept ? "accept" : "drop", rule->line);
}

static void print_table(const struct fw_rules *rules, const char *table, const char *in,
			const char *out)
{
	uint32_t i;

	printf("table bridge %s {\n\tchain forward {\n", table);
	printf("\t\ttype filter hook forward priority 0; policy %s;\n",
	       rules->accept_rest ? "accept" : "drop");
	printf("\t\tmeta protocol != { ip, ip6 } counter %s\n",
	       rules->accept_other ? "accept" : "drop");
	if (rules->keeps)
		printf("\t\tct state established,related counter accept\n");
	for (i = 0; i < rules->count; i++)
		if (rules->rules[i].from != FW_ELSEWHERE)
			print_rule(&rules->rules[i], in, out);
	puts("\t}\n}");
}

/* The whole file; NULL with errno set. */
static char *read_text(const char *path, size_t *length)
{
	FILE *file = fopen(path, "re");
	char *text = malloc(TEXT_MAX);

	if (file && text) {
		*length = fread(text, 1, TEXT_MAX, file);
		if (!ferror(file)) {
			fclose(file);
			return text;
		}
	}
	if (file)
		fclose(file);
	free(text);
	return NULL;
}

int main(int argc, char *argv[])
{
	struct fw_rules rules;
	size_t length = 0;
	char *text;

	if (argc != 5) {
		fputs("usage: firewall-nft RULES TABLE IN OUT\n\n"
		      "Prints the rules as a table of nftables' family `bridge`, for `nft -f -`.\n",
		      stderr);
		return 2;
	}
	text = read_text(argv[1], &length);
	if (!text) {
		fprintf(stderr, "firewall-nft: could not read the rules `%s`: %s\n", argv[1],
			strerror(errno));
		return 1;
	}
	if (!fw_rules_read(&rules, text, length, argv[1], argv[3], argv[4], stderr))
		return 1;
	print_table(&rules, argv[2], argv[3], argv[4]);
	fw_rules_free(&rules);
	free(text);
	return ferror(stdout) || fflush(stdout) ? 1 : 0;
}
