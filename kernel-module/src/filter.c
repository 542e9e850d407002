// SPDX-License-Identifier: GPL-2.0
/*
 * The classic BPF program that decides what a slice receives.
 */
#include <linux/filter.h>

#include "slice.h"

static void nsl_filter_replace(struct nsl_slice *slice, struct bpf_prog *prog)
{
	struct bpf_prog *old;

	lockdep_assert_held(&nsl_control);
	old = rcu_replace_pointer(slice->filter, prog, lockdep_is_held(&nsl_control));
	if (!old)
		return;
	/* The hook may be running it. */
	synchronize_net();
	bpf_prog_destroy(old);
}

/**
 * nsl_filter_attach - compile a program and put it in place
 * @slice: the slice
 * @request: what user space asked for, already checked for form
 *
 * Return: 0, or -EINVAL, -EFAULT, -ENOMEM for a program that is none
 */
int nsl_filter_attach(struct nsl_slice *slice, const struct netslice_filter *request)
{
	struct sock_fprog program;
	struct bpf_prog *prog;
	int err;

	if (!request->count || request->count > BPF_MAXINSNS)
		return -EINVAL;
	if (request->instructions > NSL_ADDRESS_MAX)
		return -EFAULT;
	program.len = request->count;
	program.filter = u64_to_user_ptr(request->instructions);
	err = bpf_prog_create_from_user(&prog, &program, NULL, false);
	if (err)
		return err;

	mutex_lock(&nsl_control);
	nsl_filter_replace(slice, prog);
	mutex_unlock(&nsl_control);
	return 0;
}

/**
 * nsl_filter_detach - receive everything again
 * @slice: the slice
 *
 * Return: 0, or -ENOENT when there is no filter
 */
int nsl_filter_detach(struct nsl_slice *slice)
{
	int err = -ENOENT;

	mutex_lock(&nsl_control);
	if (rcu_access_pointer(slice->filter)) {
		nsl_filter_replace(slice, NULL);
		err = 0;
	}
	mutex_unlock(&nsl_control);
	return err;
}

/**
 * nsl_filter_free - drop the filter of a slice that no hook knows
 * @slice: the slice
 */
void nsl_filter_free(struct nsl_slice *slice)
{
	struct bpf_prog *prog = rcu_dereference_protected(slice->filter, true);

	if (prog)
		bpf_prog_destroy(prog);
}

/**
 * nsl_filter_run - ask a slice's program whether a frame is the slice's
 * @prog: the program
 * @skb: the frame as the ingress hook has it; as it was, afterwards
 */
bool nsl_filter_run(const struct bpf_prog *prog, struct sk_buff *skb)
{
	unsigned int header;
	u32 verdict;

	header = skb->data - skb_mac_header(skb);
	__skb_push(skb, header);
	verdict = bpf_prog_run_clear_cb(prog, skb);
	__skb_pull(skb, header);
	return verdict != 0;
}
