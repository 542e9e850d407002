//! Which function called which, told from blocks of code in the order in which they were run.
//!
//! A call leaves its way back on the stack and a return takes it from there, so that both are known by the same address, and a
//! CPU that was given to another program meanwhile by another stack. An interrupt is known by where the kernel begins to handle
//! it. Must not know how blocks were seen.

use std::collections::HashMap;

use anyhow::Result;

use super::calls::{Calls, Node, ROOT};
use super::symbols::Symbols;
use super::{Own, Place};
use crate::lab::blocks::order::{Order, Ran};
use crate::record::Part;

/// Where the kernel's half of the addresses begins.
const KERNEL: u64 = 1 << 63;

/// Calls that were followed.
#[derive(Debug)]
pub struct Followed {
    /// Who called whom.
    pub calls: Calls,
    /// Of returns the share whose calls were not seen, from 0 to 1.
    pub lost_share: f64,
}

/// Follows calls. What is run before the event `from` says who called whom, and is not counted.
///
/// # Errors
/// An event that makes no sense.
pub fn follow(order: &Order, from: usize, symbols: &Symbols, own: &Own) -> Result<Followed> {
    let mut follower = Follower::new(symbols, own);
    for ran in order.each() {
        let (number, ran) = ran?;
        follower.run(ran, number >= from);
    }
    let Follower { calls, returns, lost, .. } = follower;
    Ok(Followed { calls, lost_share: if returns > 0.0 { lost / returns } else { 0.0 } })
}

/// A block's function.
#[derive(Debug, Clone, Copy)]
struct Within {
    function: u32,
    /// It begins where the function does.
    begins: bool,
    is: Kind,
}

/// What a function is to whom follows calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    /// It begins to handle an interrupt.
    Interrupt,
    /// The same, of what the code that was interrupted did itself.
    Exception,
    /// It ends with the way back from an interrupt.
    Resumes,
}

impl Kind {
    fn of(place: &Place) -> Self {
        let name = place.name.as_str();
        let kernel = place.part == Part::Kernel;
        match name {
            "native_irq_return_iret" | "native_iret" if kernel => Self::Resumes,
            _ if kernel && name.starts_with("asm_exc_") => Self::Exception,
            "irq_entries_start" | "spurious_entries_start" if kernel => Self::Interrupt,
            _ if kernel && name.starts_with("asm_") => Self::Interrupt,
            _ => Self::Plain,
        }
    }
}

struct Follower<'a> {
    symbols: &'a Symbols,
    own: &'a Own,
    calls: Calls,
    /// By where a block begins.
    known: HashMap<u64, Within>,
    /// By where its way back is on the stack, who called.
    open: HashMap<u64, Node>,
    /// Who was called when interrupts came upon the kernel.
    interrupted: Vec<Node>,
    /// Who called what is run now.
    by: Node,
    before: Option<(Ran, Within, Node)>,
    returns: f64,
    lost: f64,
}

impl<'a> Follower<'a> {
    fn new(symbols: &'a Symbols, own: &'a Own) -> Self {
        Self {
            symbols,
            own,
            calls: Calls::default(),
            known: HashMap::new(),
            open: HashMap::new(),
            interrupted: Vec::new(),
            by: ROOT,
            before: None,
            returns: 0.0,
            lost: 0.0,
        }
    }

    fn run(&mut self, ran: Ran, counted: bool) {
        let within = self.within(ran.address);
        if let Some(before) = self.before {
            self.arrive(before, ran, within, counted);
        }
        let node = self.calls.called(self.by, within.function);
        if counted {
            self.calls.add(node, ran.instructions as f64);
            if within.begins {
                self.calls.began(node);
            }
        }
        self.before = Some((ran, within, node));
    }

    /// Who called what is run now, after what was run before.
    fn arrive(&mut self, (last, was, caller): (Ran, Within, Node), ran: Ran, within: Within, counted: bool) {
        let went_on = ran.address == last.end || ran.address == last.last;
        let jumps = last.wrote.is_none() && last.read.is_none() || went_on;
        if let (Some(back), false) = (last.wrote, went_on) {
            self.open.insert(back, self.by);
            self.by = caller;
        } else if let (Some(back), false) = (last.read, went_on) {
            self.back(back, was.function == within.function || within.begins, counted);
        }
        if ran.address < KERNEL {
            self.by = ROOT;
            return;
        }
        let handles = |kind| matches!(kind, Kind::Interrupt | Kind::Exception);
        let resumes = was.is == Kind::Resumes && within.is != Kind::Resumes;
        if resumes {
            self.by = self.interrupted.pop().unwrap_or(ROOT);
        }
        if within.begins && handles(within.is) && !handles(was.is) && last.address >= KERNEL {
            self.interrupted.push(self.by);
            self.by = if within.is == Kind::Exception { caller } else { ROOT };
        } else if jumps && !resumes && was.function != within.function && last.address >= KERNEL {
            self.jump(within, caller);
        }
    }

    /// The end of a function that is a call of another, which returns to who called the first; or back to the function that
    /// jumped here.
    fn jump(&mut self, to: Within, from: Node) {
        match self.calls.parent(self.by) {
            Some((by, function)) if function == to.function => self.by = by,
            _ if to.begins => self.by = from,
            _ => {}
        }
    }

    /// A return, or a jump to where a table says.
    fn back(&mut self, back: u64, may_be_jump: bool, counted: bool) {
        let caller = self.open.remove(&back);
        if caller.is_none() && may_be_jump {
            return;
        }
        self.by = caller.unwrap_or(ROOT);
        if counted {
            self.returns += 1.0;
            self.lost += f64::from(u8::from(caller.is_none()));
        }
    }

    fn within(&mut self, address: u64) -> Within {
        if let Some(known) = self.known.get(&address) {
            return *known;
        }
        let place = self.symbols.find(address, self.own);
        let is = Kind::of(&place);
        let begins = self.symbols.begins(address);
        let within = Within { function: self.calls.function(place), begins, is };
        self.known.insert(address, within);
        within
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STACK: u64 = 0xffff_c900_0000_3f00;
    const OTHER_STACK: u64 = 0xffff_c900_0001_3f00;

    const SYMBOLS: &str = "ffffffff81000000 T vfs_read\nffffffff81000100 T schedule\n\
        ffffffff81000200 T asm_common_interrupt\nffffffff81000300 T native_irq_return_iret\n\
        ffffffff81000400 T __do_softirq\nffffffffc0001000 t nsl_device_read\t[netslice]\n\
        ffffffffc0001100 t nsl_hook\t[netslice]\nnsb-maps\n";

    /// Blocks of ten instructions, 16 bytes each.
    fn block(address: u64) -> Ran {
        Ran { address, last: address + 12, end: address + 16, instructions: 10, read: None, wrote: None }
    }

    fn at(place: u64) -> u64 {
        0xffff_ffff_8100_0000 + place
    }

    const READ: u64 = 0xffff_ffff_c000_1000;
    const HOOK: u64 = 0xffff_ffff_c000_1100;

    fn chains(blocks: &[Ran]) -> (Vec<(String, f64)>, f64) {
        let symbols = Symbols::parse(SYMBOLS).unwrap();
        let own = Own { modules: vec!["netslice".to_owned()], ..Own::default() };
        let mut follower = Follower::new(&symbols, &own);
        for ran in blocks {
            follower.run(*ran, true);
        }
        let mut chains: Vec<_> =
            follower.calls.chains(99).into_iter().map(|stack| (stack.chain, stack.count)).collect();
        chains.sort_by(|one, other| one.0.cmp(&other.0));
        (chains, follower.lost)
    }

    fn calls(address: u64, stack: u64) -> Ran {
        Ran { wrote: Some(stack), ..block(address) }
    }

    fn returns(address: u64, stack: u64) -> Ran {
        Ran { read: Some(stack), ..block(address) }
    }

    #[test]
    fn what_is_called_stands_under_its_caller_until_it_returns() {
        let (chains, lost) = chains(&[calls(at(0), STACK), returns(READ, STACK), block(at(16))]);
        let expected = [("vfs_read", 20.0), ("vfs_read;nsl_device_read", 10.0)];
        assert_eq!((chains, lost), (expected.map(|(chain, n)| (chain.to_owned(), n)).to_vec(), 0.0));
    }

    #[test]
    fn a_cpu_that_is_given_to_another_program_and_back_goes_on_where_it_was() {
        let blocks = [
            calls(at(0), STACK),
            calls(READ, STACK - 8),
            // Sleeps; another program's stack, of whose calls nothing is known, and back.
            returns(at(0x100), OTHER_STACK),
            block(at(32)),
            calls(at(48), OTHER_STACK),
            returns(at(0x100), STACK - 8),
            block(READ + 16),
        ];
        let (chains, lost) = chains(&blocks);
        let of = |name: &str| chains.iter().find(|(chain, _)| chain == name).map(|(_, count)| *count);
        assert_eq!(of("vfs_read;nsl_device_read"), Some(20.0), "{chains:?}");
        assert_eq!((of("vfs_read;nsl_device_read;schedule"), of("vfs_read;schedule")), (Some(10.0), Some(10.0)));
        assert!((lost - 1.0).abs() < 1e-9, "{lost}");
    }

    #[test]
    fn an_interrupt_is_not_of_the_function_that_it_came_upon() {
        let blocks = [
            calls(at(0), STACK),
            block(READ),
            calls(at(0x200), STACK - 80),
            calls(at(0x400), OTHER_STACK),
            returns(HOOK, OTHER_STACK),
            returns(at(0x410), STACK - 80),
            block(at(0x210)),
            block(at(0x300)),
            returns(READ + 16, STACK),
            block(at(16)),
        ];
        let (chains, lost) = chains(&blocks);
        let expected = [
            ("asm_common_interrupt", 20.0),
            ("asm_common_interrupt;__do_softirq", 20.0),
            ("asm_common_interrupt;__do_softirq;nsl_hook", 10.0),
            ("asm_common_interrupt;native_irq_return_iret", 10.0),
            ("vfs_read", 20.0),
            ("vfs_read;nsl_device_read", 20.0),
        ];
        assert_eq!((chains, lost), (expected.map(|(chain, n)| (chain.to_owned(), n)).to_vec(), 0.0));
    }

    #[test]
    fn a_function_that_ends_in_another_has_called_it() {
        let blocks = [calls(at(0), STACK), block(READ), returns(HOOK, STACK), block(at(16))];
        let (chains, lost) = chains(&blocks);
        let expected =
            [("vfs_read", 20.0), ("vfs_read;nsl_device_read", 10.0), ("vfs_read;nsl_device_read;nsl_hook", 10.0)];
        assert_eq!((chains, lost), (expected.map(|(chain, n)| (chain.to_owned(), n)).to_vec(), 0.0));
    }

    #[test]
    fn a_jump_aside_and_back_is_of_one_function() {
        let blocks = [block(at(0)), block(at(0x100)), block(at(32)), block(at(0x100)), block(at(48))];
        let expected = [("vfs_read", 30.0), ("vfs_read;schedule", 20.0)];
        assert_eq!(chains(&blocks).0, expected.map(|(chain, n)| (chain.to_owned(), n)));
    }

    #[test]
    fn an_instruction_that_repeats_itself_or_ends_its_block_is_no_call() {
        let stores = Ran { wrote: Some(STACK), ..block(at(0)) };
        let blocks = [stores, Ran { address: at(12), ..stores }, block(at(16))];
        assert_eq!(chains(&blocks).0, [("vfs_read".to_owned(), 30.0)]);
    }
}
