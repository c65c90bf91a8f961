//! Events grouped into operations by the sequences of chain.md §1.8. One transaction can hold several operations, so the
//! transaction only bounds an operation and never makes one.

use super::event::{Event, Step};
use crate::title::Generation;

/// An operation as its logs tell it, not yet held against the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Act<'e> {
    Mint { beneficiary: &'e Step, holder: &'e Step, received: Received<'e> },
    Nominate(&'e Step),
    TransferBeneficiary { beneficiary: &'e Step, cleared: Option<&'e Step> },
    TransferHolder(&'e Step),
    TransferOwners { beneficiary: &'e Step, cleared: Option<&'e Step>, holder: &'e Step },
    RejectTransferBeneficiary { beneficiary: &'e Step, cleared: Option<&'e Step>, rejection: &'e Step },
    RejectTransferHolder { holder: &'e Step, rejection: &'e Step },
    RejectTransferOwners { moved: [&'e Step; 2], cleared: Option<&'e Step>, rejection: [&'e Step; 2] },
    Return { cleared: &'e Step, by: crate::primitives::Address, remark: &'e [u8] },
    Restore(Received<'e>),
    Accept { beneficiary: &'e Step, cleared: Option<&'e Step>, holder: &'e Step, remark: &'e [u8] },
}

/// What `TokenReceived` says of the parties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Received<'e> {
    pub beneficiary: crate::primitives::Address,
    pub holder: crate::primitives::Address,
    pub remark: &'e [u8],
}

/// Whether somebody is nominated, which decides in v5 whether a change of the beneficiary clears a nomination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pending {
    Yes,
    No,
    /// The beginning of the history is missing.
    Unknown,
}

/// The first operation of events that are all of one transaction, and how many of them it took. `None` where they begin
/// none, or not all of one.
pub(super) fn first<'e>(run: &'e [Event], pending: Pending, generation: Generation) -> Option<(Act<'e>, usize)> {
    // The clone is set up in the transaction that mints, and in no other; v4 does not log it.
    let (set_up, rest) = match run {
        [Event::Initialized, rest @ ..] => (true, rest),
        run => (false, run),
    };
    let (act, used) = after_set_up(rest, pending, generation)?;
    let mints = matches!(act, Act::Mint { .. });
    let fits = if set_up { mints } else { !mints || generation == Generation::V4 };
    fits.then_some((act, used + usize::from(set_up)))
}

fn after_set_up<'e>(run: &'e [Event], pending: Pending, generation: Generation) -> Option<(Act<'e>, usize)> {
    match run {
        [Event::Nomination(cleared), Event::Returned { by, remark }, ..] => {
            Some((Act::Return { cleared, by: *by, remark }, 2))
        }
        [Event::Nomination(step), ..] => Some((Act::Nominate(step), 1)),
        [Event::TokenReceived { beneficiary, holder, minting: false, remark }, ..] => {
            let received = Received { beneficiary: *beneficiary, holder: *holder, remark };
            Some((Act::Restore(received), 1))
        }
        [Event::HolderTransfer(holder), Event::RejectTransferHolder(rejection), ..] => {
            Some((Act::RejectTransferHolder { holder, rejection }, 2))
        }
        [Event::HolderTransfer(step), ..] => Some((Act::TransferHolder(step), 1)),
        [Event::BeneficiaryTransfer(beneficiary), rest @ ..] => {
            let (cleared, rest) = cleared(rest, pending, generation)?;
            let (act, used) = after_beneficiary(beneficiary, cleared, rest);
            Some((act, 1 + usize::from(cleared.is_some()) + used))
        }
        _ => None,
    }
}

/// The nomination that a change of the beneficiary clears: always logged in v4, in v5 only where one was pending.
fn cleared(rest: &[Event], pending: Pending, generation: Generation) -> Option<(Option<&Step>, &[Event])> {
    match (rest, pending) {
        ([Event::Nomination(step), rest @ ..], _) if generation == Generation::V4 => Some((Some(step), rest)),
        _ if generation == Generation::V4 => None,
        (rest, Pending::No) => Some((None, rest)),
        ([Event::Nomination(step), rest @ ..], Pending::Yes) => Some((Some(step), rest)),
        (_, Pending::Yes) => None,
        // The remark that only this nomination carries (chain.md §1.8).
        ([Event::Nomination(step), rest @ ..], Pending::Unknown) if step.to.is_zero() && step.remark == b"0x" => {
            Some((Some(step), rest))
        }
        (rest, Pending::Unknown) => Some((None, rest)),
    }
}

/// What a change of the beneficiary belongs to, and how many of the events behind it do so, too.
fn after_beneficiary<'e>(beneficiary: &'e Step, cleared: Option<&'e Step>, rest: &'e [Event]) -> (Act<'e>, usize) {
    match rest {
        [Event::RejectTransferBeneficiary(rejection), ..] => {
            (Act::RejectTransferBeneficiary { beneficiary, cleared, rejection }, 1)
        }
        [
            Event::HolderTransfer(holder),
            Event::TokenReceived { minting: true, beneficiary: b, holder: h, remark },
            ..,
        ] => (Act::Mint { beneficiary, holder, received: Received { beneficiary: *b, holder: *h, remark } }, 2),
        [Event::HolderTransfer(holder), Event::Shred { remark }, ..] => {
            (Act::Accept { beneficiary, cleared, holder, remark }, 2)
        }
        [Event::HolderTransfer(holder), Event::RejectTransferOwners { beneficiary: b, holder: h }, ..] => {
            (Act::RejectTransferOwners { moved: [beneficiary, holder], cleared, rejection: [b, h] }, 2)
        }
        [Event::HolderTransfer(_), Event::RejectTransferHolder(_), ..] => {
            (Act::TransferBeneficiary { beneficiary, cleared }, 0)
        }
        // Two calls of one transaction with equal remarks look the same, and are the same to everybody.
        [Event::HolderTransfer(holder), ..] if holder.remark == beneficiary.remark => {
            (Act::TransferOwners { beneficiary, cleared, holder }, 1)
        }
        _ => (Act::TransferBeneficiary { beneficiary, cleared }, 0),
    }
}
