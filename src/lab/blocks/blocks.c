// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * A plugin of QEMU's that counts how often each block of a guest's code is run.
 *
 *     qemu-system-x86_64 ... -plugin file=blocks.so,counts=FILE
 *
 * FILE is made anew and mapped, so that whoever reads it sees the counts as they are, and
 * the guest is not asked. It holds a head and, one behind the other, a record a block:
 *
 *     head    u64 magic, u64 bytes of the records that are complete
 *     record  u64 times run, u64 address in the guest, u32 instructions, u32 zero,
 *             u16 [instructions] distance of each from the address; padded to 8 bytes
 *
 * A block that is translated again has another record with the same address. Counting adds
 * nothing to what the guest executes, and its clock does not see it. One virtual CPU only.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Of QEMU's interface for plugins, what is used here; its header is not packaged everywhere. */
struct qemu_plugin_tb;
struct qemu_plugin_insn;

/* What a callback does to the guest's registers. */
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
					   void (*translated)(uint64_t id,
							      struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb,
					  void (*run)(unsigned int cpu, void *data),
					  enum qemu_plugin_cb_flags flags, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

/* QEMU takes plugins of some versions of its interface; what is used here is alike in all. */
__attribute__((visibility("default"))) int qemu_plugin_version = NSBENCH_PLUGIN_API;

#define MAGIC 0x31534b434f4c424eULL /* "NBLOCKS1" */
/* Address space, not memory: the file is sparse, and a guest translates some ten MiB. */
#define ROOM (1UL << 31)

struct head {
	uint64_t magic;
	uint64_t used;
};

struct block {
	uint64_t times;
	uint64_t address;
	uint32_t instructions;
	uint32_t zero;
	uint16_t distance[];
};

static struct head *head;

static void run(unsigned int cpu, void *data)
{
	(void)cpu;
	++*(uint64_t *)data;
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
	size_t count = qemu_plugin_tb_n_insns(tb);
	size_t size = (sizeof(struct block) + count * sizeof(uint16_t) + 7) & ~7UL;
	struct block *block;

	(void)id;
	/* A full file is seen by its reader, who makes no figures of it. */
	if (sizeof(*head) + head->used + size > ROOM) {
		head->magic = 0;
		return;
	}
	block = (struct block *)((char *)(head + 1) + head->used);
	block->address = qemu_plugin_tb_vaddr(tb);
	block->instructions = count;
	for (size_t index = 0; index < count; index++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, index);

		block->distance[index] = qemu_plugin_insn_vaddr(insn) - block->address;
	}
	__atomic_store_n(&head->used, head->used + size, __ATOMIC_RELEASE);
	qemu_plugin_register_vcpu_tb_exec_cb(tb, run, QEMU_PLUGIN_CB_NO_REGS, &block->times);
}

__attribute__((visibility("default"))) int qemu_plugin_install(uint64_t id, const void *info,
							       int argc, char **argv)
{
	const char *path = NULL;
	int file;

	(void)info;
	for (int index = 0; index < argc; index++) {
		if (strncmp(argv[index], "counts=", 7) == 0)
			path = argv[index] + 7;
	}
	if (!path) {
		fprintf(stderr, "blocks: no file is named for the counts\n");
		return -1;
	}
	file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (file < 0 || ftruncate(file, ROOM) != 0) {
		fprintf(stderr, "blocks: %s: %s\n", path, strerror(errno));
		return -1;
	}
	head = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	close(file);
	if (head == MAP_FAILED) {
		fprintf(stderr, "blocks: %s: %s\n", path, strerror(errno));
		return -1;
	}
	head->magic = MAGIC;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
