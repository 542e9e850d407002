// SPDX-License-Identifier: GPL-2.0
/*
 * The memory of a slice's rings: made on request, mapped into the program, freed
 * with the slice. A mapping holds the file open, so it does not outlive it.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "../pure/ring_layout.h"
#include "ring.h"
#include "slice.h"

/**
 * nsl_ring_free - free rings that hold no frame any more
 * @ring: the rings
 */
void nsl_ring_free(struct nsl_ring *ring)
{
	kvfree(ring->skbs);
	kvfree(ring->sent);
	vfree(ring->memory);
	kfree(ring);
}

static struct nsl_ring *nsl_ring_create(const struct netslice_ring_setup *shape)
{
	struct nsl_ring *ring = kzalloc(sizeof(*ring), GFP_KERNEL_ACCOUNT);

	if (!ring)
		return NULL;
	ring->shape = *shape;
	nsl_chain_init(&ring->pending);
	ring->skbs = kvcalloc(shape->rx_entries, sizeof(*ring->skbs), GFP_KERNEL_ACCOUNT);
	ring->sent = kvcalloc(shape->rx_entries, sizeof(*ring->sent), GFP_KERNEL_ACCOUNT);
	/* The program asked for too much, and is told: nothing for the kernel to complain of. */
	ring->memory = __vmalloc(shape->map_size, GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN);
	if (!ring->skbs || !ring->sent || !ring->memory) {
		nsl_ring_free(ring);
		return NULL;
	}
	ring->rx_producer = ring->memory + shape->rx_producer;
	ring->rx_consumer = ring->memory + shape->rx_consumer;
	ring->tx_producer = ring->memory + shape->tx_producer;
	ring->tx_consumer = ring->memory + shape->tx_consumer;
	ring->tx_flags = ring->memory + shape->tx_flags;
	ring->rx_descs = ring->memory + shape->rx_descs;
	ring->tx_descs = ring->memory + shape->tx_descs;
	*ring->tx_flags = NETSLICE_RING_NEED_SYNC;
	return ring;
}

static int nsl_ring_install(struct nsl_slice *slice, struct nsl_ring *ring)
{
	lockdep_assert_held(&nsl_control);
	if (slice->state == NETSLICE_STATE_ATTACHED)
		return -EISCONN;
	if (slice->state == NETSLICE_STATE_GONE)
		return -ENODEV;
	if (slice->ring)
		return -EBUSY;
	/* Pairs with the acquire in nsl_ring_of(); attaching publishes it to the hook. */
	smp_store_release(&slice->ring, ring);
	return 0;
}

/**
 * nsl_ring_setup - give a slice its rings
 * @slice: the slice
 * @setup: what the program asks for, already checked for form; written on success
 *
 * Return: 0 or the errors of struct netslice_ring_setup
 */
int nsl_ring_setup(struct nsl_slice *slice, struct netslice_ring_setup *setup)
{
	struct nsl_ring *ring;
	int err;

	if (slice->mode != &nsl_mode_ring)
		return -EOPNOTSUPP;
	err = nsl_ring_layout(setup, slice->queue.count.limit, PAGE_SIZE);
	if (err)
		return err;
	ring = nsl_ring_create(setup);
	if (!ring)
		return -ENOMEM;

	mutex_lock(&nsl_control);
	err = nsl_ring_install(slice, ring);
	mutex_unlock(&nsl_control);
	if (err)
		nsl_ring_free(ring);
	return err;
}

/**
 * nsl_ring_mmap - mmap() of the device
 * @slice: the slice
 * @vma: where to
 *
 * Return: 0, -EOPNOTSUPP without rings, -EINVAL for another size or offset or a
 * private mapping, -EPERM for an executable one, -ENOMEM
 */
int nsl_ring_mmap(struct nsl_slice *slice, struct vm_area_struct *vma)
{
	struct nsl_ring *ring = nsl_ring_of(slice);
	unsigned long offset;
	int err;

	if (!ring)
		return -EOPNOTSUPP;
	if (vma->vm_pgoff || vma->vm_end - vma->vm_start != ring->shape.map_size)
		return -EINVAL;
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (vma->vm_flags & VM_EXEC)
		return -EPERM;
	/*
	 * What is true of the mapping stays so: mprotect() does not make it executable,
	 * nor mremap() longer. Two processes that both take themselves for the program
	 * would undo each other's indices. Frames are nothing for a core file.
	 */
	nsl_vma_flags(vma, VM_DONTEXPAND | VM_DONTCOPY | VM_DONTDUMP, VM_MAYEXEC);
	for (offset = 0; offset < ring->shape.map_size; offset += PAGE_SIZE) {
		err = vm_insert_page(vma, vma->vm_start + offset,
				     vmalloc_to_page(ring->memory + offset));
		if (err)
			return err;
		cond_resched();
	}
	return 0;
}
