// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * A plugin of QEMU's that counts how often each block of a guest's code is run, and on
 * demand writes down in which order.
 *
 *     qemu-system-x86_64 ... -plugin file=blocks.so,counts=FILE,order=FILE
 *
 * FILE is made anew and mapped, so that whoever reads it sees the counts as they are, and
 * the guest is not asked. It holds a head and, one behind the other, a record a block:
 *
 *     head    u64 magic, u64 bytes of the records that are complete
 *     record  u64 times run, u64 address in the guest, u32 instructions,
 *             u32 bytes of the last one,
 *             u16 [instructions] distance of each from the address; padded to 8 bytes
 *
 * and the file for the order another head, which has a word more, and events behind it:
 *
 *     head    u64 magic, u64 bytes of the events that are complete, u64 write them if not 0
 *     event   u64: with its top bit clear, where the record of the block that is run now
 *             stands among the records. Else the last instruction of that block, which is
 *             the kernel's, reads the 8 bytes at this address, or writes them where bit 0
 *             is set.
 *
 * A call writes its way back and a return reads it at the same address: of which call an
 * instruction is can be told by the stack, whatever was switched to meanwhile.
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
/* Which accesses it is called for. */
enum qemu_plugin_mem_rw { QEMU_PLUGIN_MEM_R = 1, QEMU_PLUGIN_MEM_W, QEMU_PLUGIN_MEM_RW };
/* What is known of one, to be asked for. */
typedef uint32_t qemu_plugin_meminfo_t;

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
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn,
				      void (*accessed)(unsigned int cpu,
						       qemu_plugin_meminfo_t info,
						       uint64_t address, void *data),
				      enum qemu_plugin_cb_flags flags,
				      enum qemu_plugin_mem_rw which, void *data);
unsigned int qemu_plugin_mem_size_shift(qemu_plugin_meminfo_t info);
_Bool qemu_plugin_mem_is_store(qemu_plugin_meminfo_t info);

/* QEMU takes plugins of some versions of its interface; what is used here is alike in all. */
__attribute__((visibility("default"))) int qemu_plugin_version = NSBENCH_PLUGIN_API;

#define MAGIC 0x31534b434f4c424eULL /* "NBLOCKS1" */
/* Address space, not memory: the file is sparse, and a guest translates some ten MiB. */
#define ROOM (1UL << 31)

/* The kernel's half of the addresses. */
#define KERNEL (1UL << 63)

struct head {
	uint64_t magic;
	uint64_t used;
};

struct order {
	uint64_t magic;
	uint64_t used;
	uint64_t wanted;
	uint64_t event[];
};

struct block {
	uint64_t times;
	uint64_t address;
	uint32_t instructions;
	uint32_t last_size;
	uint16_t distance[];
};

static struct head *head;
static struct order *order;

static void note(uint64_t event)
{
	if (!__atomic_load_n(&order->wanted, __ATOMIC_ACQUIRE))
		return;
	/* A full file is seen by its reader, who makes no figures of it. */
	if (sizeof(*order) + order->used + sizeof(event) > ROOM) {
		order->magic = 0;
		return;
	}
	order->event[order->used / sizeof(event)] = event;
	__atomic_store_n(&order->used, order->used + sizeof(event), __ATOMIC_RELEASE);
}

static void run(unsigned int cpu, void *data)
{
	struct block *block = data;

	(void)cpu;
	block->times++;
	note((char *)block - (char *)(head + 1));
}

static void accessed(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data)
{
	(void)cpu;
	(void)data;
	/* What a call leaves is 8 bytes, at a multiple of them, in the kernel's memory. */
	if (qemu_plugin_mem_size_shift(info) == 3 && address % 8 == 0 && address >= KERNEL)
		note(address | qemu_plugin_mem_is_store(info));
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
	size_t count = qemu_plugin_tb_n_insns(tb);
	size_t size = (sizeof(struct block) + count * sizeof(uint16_t) + 7) & ~7UL;
	struct qemu_plugin_insn *insn = NULL;
	struct block *block;

	(void)id;
	if (sizeof(*head) + head->used + size > ROOM) {
		head->magic = 0;
		return;
	}
	block = (struct block *)((char *)(head + 1) + head->used);
	block->address = qemu_plugin_tb_vaddr(tb);
	block->instructions = count;
	for (size_t index = 0; index < count; index++) {
		insn = qemu_plugin_tb_get_insn(tb, index);
		block->distance[index] = qemu_plugin_insn_vaddr(insn) - block->address;
	}
	if (insn) {
		block->last_size = qemu_plugin_insn_size(insn);
		if (block->address >= KERNEL)
			qemu_plugin_register_vcpu_mem_cb(insn, accessed, QEMU_PLUGIN_CB_NO_REGS,
							 QEMU_PLUGIN_MEM_RW, NULL);
	}
	__atomic_store_n(&head->used, head->used + size, __ATOMIC_RELEASE);
	qemu_plugin_register_vcpu_tb_exec_cb(tb, run, QEMU_PLUGIN_CB_NO_REGS, block);
}

/* Makes a file of zeros that is as long as it may become, and maps it. */
static void *room(const char *path)
{
	void *mapped = MAP_FAILED;
	int file;

	file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (file >= 0 && ftruncate(file, ROOM) == 0)
		mapped = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (mapped == MAP_FAILED)
		fprintf(stderr, "blocks: %s: %s\n", path, strerror(errno));
	if (file >= 0)
		close(file);
	return mapped == MAP_FAILED ? NULL : mapped;
}

__attribute__((visibility("default"))) int qemu_plugin_install(uint64_t id, const void *info,
							       int argc, char **argv)
{
	const char *counts = NULL;
	const char *events = NULL;

	(void)info;
	for (int index = 0; index < argc; index++) {
		if (strncmp(argv[index], "counts=", 7) == 0)
			counts = argv[index] + 7;
		else if (strncmp(argv[index], "order=", 6) == 0)
			events = argv[index] + 6;
	}
	if (!counts || !events) {
		fprintf(stderr, "blocks: no files are named for the counts and the order\n");
		return -1;
	}
	head = room(counts);
	order = head ? room(events) : NULL;
	if (!order)
		return -1;
	head->magic = MAGIC;
	order->magic = MAGIC;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
