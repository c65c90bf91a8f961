//! The endorsement history of one title (chain.md §2): its escrow's logs, grouped into operations, replayed by the rules,
//! and held against the state that was read at the same block. What does not fit together is *incomplete*, with the
//! reason; a history is never silently wrong.
//!
//! Logs cannot be proven the way state can. A server can still hide what leaves no trace in the state: two operations that
//! undo each other, an endorsement to oneself, or the last log of a rejection, without which it reads as a transfer back.
//! So a complete history is one *as served*.

mod event;
mod operation;
mod replay;
mod standing;

use serde::{Deserialize, Serialize};

pub use event::NotAnEvent;
use event::{Event, Subject, decoded};
use operation::Act;
use replay::{Place, Records};
pub use standing::{Later, Standing, StandingState};

use super::{Generation, Parties, TitleFinding, TitleState};
use crate::evidence::{
    BlockRange, BlockReading, CallReading, HistoryReading, LogReading, RegistryReading, Unavailable,
};
use crate::primitives::{Address, Digest32, TokenId};

/// Judges the logs of a title whose state is `finding`, as `state` has it. Both must be of one block.
pub fn judge(
    reading: &HistoryReading,
    state: &RegistryReading,
    finding: &TitleFinding,
    registry: Address,
    token: TokenId,
    generation: Generation,
) -> History {
    let subject = Subject { generation, registry, token, escrow: state.title.escrow };
    let mut history = History { entries: Vec::new(), gap: None };
    let (logs, mut records, not_covered) = newest_part(reading);
    let outcome = in_order(logs, reading.logs.wanted, &reading.block)
        .and_then(|()| history.extend(logs, &subject, &mut records))
        .and_then(|()| not_covered.map_or(Ok(()), Err))
        .and_then(|()| ends_at(&records, state, finding, generation));
    history.gap = outcome.err();
    history
}

/// What happened to a title, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// One for each operation.
    pub entries: Vec<Entry>,
    /// Why this is not the whole history, or not certain to be; `None` where it is complete.
    pub gap: Option<Gap>,
}

/// One operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What was done.
    pub operation: Operation,
    /// Height of its block.
    pub block: u64,
    /// Hash of its block.
    pub block_hash: Digest32,
    /// Seconds since the Unix epoch, where known.
    pub timestamp: Option<u64>,
    /// Its transaction, which may hold others, too.
    pub transaction: Digest32,
    /// The transaction's place in the block.
    pub transaction_index: u64,
    /// The place in the block of its first log.
    pub log_index: u64,
    /// The parties before it.
    pub before: Recorded,
    /// The parties after it.
    pub after: Recorded,
    /// The recorded bytes; empty in v4.
    pub remark: Vec<u8>,
}

/// Who is recorded; `None` is nobody, or not known where the beginning of the history is missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// The beneficiary (owner).
    pub owner: Option<Address>,
    /// The holder.
    pub holder: Option<Address>,
    /// The nominee.
    pub nominee: Option<Address>,
}

/// The operations on a title (chain.md §1.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// The title is issued.
    Issue,
    /// Beneficiary and holder change in one act.
    TransferOwners,
    /// The title is endorsed to a new beneficiary.
    TransferBeneficiary,
    /// Possession passes on.
    TransferHolder,
    /// v5: a transfer of both is refused.
    RejectTransferOwners,
    /// v5: an endorsement is refused.
    RejectTransferBeneficiary,
    /// v5: possession is refused.
    RejectTransferHolder,
    /// The next beneficiary is nominated, or a nomination cancelled.
    Nomination,
    /// Given back to the issuer ("surrendered" in v4).
    Return,
    /// The issuer gives it back.
    RejectReturn,
    /// The issuer accepts: the title ends.
    AcceptReturn,
}

impl Operation {
    /// The name for interchange (chain.md §2.1); v4 has its own for the return.
    pub fn name(self, generation: Generation) -> &'static str {
        let v4 = generation == Generation::V4;
        match self {
            Self::Issue => "INITIAL",
            Self::TransferOwners => "TRANSFER_OWNERS",
            Self::TransferBeneficiary => "TRANSFER_BENEFICIARY",
            Self::TransferHolder => "TRANSFER_HOLDER",
            Self::RejectTransferOwners => "REJECT_TRANSFER_OWNERS",
            Self::RejectTransferBeneficiary => "REJECT_TRANSFER_BENEFICIARY",
            Self::RejectTransferHolder => "REJECT_TRANSFER_HOLDER",
            Self::Nomination => "NOMINATION",
            Self::Return if v4 => "SURRENDERED",
            Self::Return => "RETURNED_TO_ISSUER",
            Self::RejectReturn if v4 => "SURRENDER_REJECTED",
            Self::RejectReturn => "RETURN_TO_ISSUER_REJECTED",
            Self::AcceptReturn if v4 => "SURRENDER_ACCEPTED",
            Self::AcceptReturn => "RETURN_TO_ISSUER_ACCEPTED",
        }
    }

    /// The states of a title before and after it (chain.md §1.7).
    pub fn states(self) -> (StandingState, StandingState) {
        match self {
            Self::Issue => (StandingState::NotIssued, StandingState::Live),
            Self::Return => (StandingState::Live, StandingState::Returned),
            Self::RejectReturn => (StandingState::Returned, StandingState::Live),
            Self::AcceptReturn => (StandingState::Returned, StandingState::Ended),
            Self::TransferOwners
            | Self::TransferBeneficiary
            | Self::TransferHolder
            | Self::RejectTransferOwners
            | Self::RejectTransferBeneficiary
            | Self::RejectTransferHolder
            | Self::Nomination => (StandingState::Live, StandingState::Live),
        }
    }

    /// The action codes of DCSA's transfer chain that say the same (documents.md §10.3). A return has none: whether it
    /// is for delivery or for amendment is not on the chain.
    pub fn dcsa(self) -> &'static [&'static str] {
        match self {
            Self::Issue => &["ISSUE"],
            Self::TransferOwners => &["ENDORSE", "TRANSFER"],
            Self::TransferBeneficiary => &["ENDORSE"],
            Self::TransferHolder => &["TRANSFER"],
            Self::RejectReturn => &["SREJ"],
            Self::AcceptReturn => &["SACC"],
            Self::RejectTransferOwners
            | Self::RejectTransferBeneficiary
            | Self::RejectTransferHolder
            | Self::Nomination
            | Self::Return => &[],
        }
    }
}

/// Why a history is not complete.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Gap {
    /// The endpoint did not answer for all blocks.
    #[error("the logs before block {first_known} could not be read{}", because(.why))]
    NotCovered {
        /// The first block from which on everything was read.
        first_known: u64,
        /// Why the blocks before were not.
        why: Option<Unavailable>,
    },
    /// The logs are not in the order of a chain, or one of them is there twice.
    #[error("the logs do not follow one another as on a chain, at block {block}, log {log_index}")]
    OutOfOrder {
        /// Height of the block.
        block: u64,
        /// Place in the block.
        log_index: u64,
    },
    /// A log that this title's escrow cannot have written.
    #[error("the log at block {block}, log {log_index} is not of this title: {why}")]
    NotAnEvent {
        /// Height of the block.
        block: u64,
        /// Place in the block.
        log_index: u64,
        /// What is wrong with it.
        why: NotAnEvent,
    },
    /// Logs that make no whole operation: one is missing or too many.
    #[error("the logs at block {block}, log {log_index} make no whole operation")]
    NotAnOperation {
        /// Height of the block.
        block: u64,
        /// Place in the block.
        log_index: u64,
    },
    /// An operation that the rules rule out after the ones before it.
    #[error("the operation at block {block}, log {log_index} cannot follow the ones before it: {rule}")]
    RuledOut {
        /// Height of the block.
        block: u64,
        /// Place in the block.
        log_index: u64,
        /// The rule.
        rule: &'static str,
    },
    /// The history ends in another state than the one that was read.
    #[error("the history does not end in the state that was read: {what} is another")]
    EndsElsewhere {
        /// What differs.
        what: &'static str,
    },
}

fn because(why: &Option<Unavailable>) -> String {
    why.as_ref().map(|why| format!(": {}", why.detail)).unwrap_or_default()
}

/// The logs of the newest range that is covered without a hole, with what is known before the first of them.
fn newest_part(reading: &HistoryReading) -> (&[LogReading], Records, Option<Gap>) {
    let logs = &reading.logs;
    if logs.is_whole() {
        return (&logs.logs, Records::fresh(), None);
    }
    let last = logs.covered.last().filter(|range| range.last == logs.wanted.last);
    let range = last.copied().unwrap_or(BlockRange { first: logs.wanted.last.saturating_add(1), last: 0 });
    let start = logs.logs.iter().position(|log| log.block >= range.first).unwrap_or(logs.logs.len());
    let gap = Gap::NotCovered { first_known: range.first, why: logs.missing.clone() };
    (logs.logs.get(start..).unwrap_or_default(), Records::unknown(), Some(gap))
}

/// Heights, hashes, transactions and places as they are on one chain.
fn in_order(logs: &[LogReading], wanted: BlockRange, read_at: &BlockReading) -> Result<(), Gap> {
    let mut before: Option<&LogReading> = None;
    for log in logs {
        let in_range = (wanted.first..=wanted.last).contains(&log.block);
        let pinned = log.block != read_at.number || log.block_hash == read_at.hash;
        let follows = before.is_none_or(|before| follows(before, log));
        if !(in_range && pinned && follows) {
            return Err(Gap::OutOfOrder { block: log.block, log_index: log.log_index });
        }
        before = Some(log);
    }
    Ok(())
}

fn follows(before: &LogReading, log: &LogReading) -> bool {
    if log.block != before.block {
        let other = log.block_hash != before.block_hash && log.transaction != before.transaction;
        return log.block > before.block && other;
    }
    let same_transaction = log.transaction == before.transaction;
    log.block_hash == before.block_hash
        && log.log_index > before.log_index
        && log.transaction_index >= before.transaction_index
        && same_transaction == (log.transaction_index == before.transaction_index)
}

impl History {
    /// Operation by operation, as far as they go.
    fn extend(&mut self, logs: &[LogReading], subject: &Subject, records: &mut Records) -> Result<(), Gap> {
        for run in logs.chunk_by(|one, next| one.transaction == next.transaction) {
            let events: Vec<Event> = run
                .iter()
                .map(|log| decoded(log, subject).map_err(|why| not_an_event(log, why)))
                .collect::<Result<_, Gap>>()?;
            let (mut events, mut run) = (&events[..], run);
            while let Some(log) = run.first() {
                let (block, log_index) = (log.block, log.log_index);
                let (act, used) = operation::first(events, records.pending(), subject.generation)
                    .ok_or(Gap::NotAnOperation { block, log_index })?;
                let before = recorded(records);
                records.apply(&act).map_err(|rule| Gap::RuledOut { block, log_index, rule })?;
                self.entries.push(Entry {
                    operation: kind(&act),
                    block,
                    block_hash: log.block_hash,
                    timestamp: log.timestamp,
                    transaction: log.transaction,
                    transaction_index: log.transaction_index,
                    log_index,
                    before,
                    after: recorded(records),
                    remark: records.remark.clone().unwrap_or_default(),
                });
                events = events.get(used..).unwrap_or_default();
                run = run.get(used..).unwrap_or_default();
            }
        }
        Ok(())
    }
}

fn not_an_event(log: &LogReading, why: NotAnEvent) -> Gap {
    Gap::NotAnEvent { block: log.block, log_index: log.log_index, why }
}

fn recorded(records: &Records) -> Recorded {
    let somebody = |party: Option<Address>| party.filter(|party| !party.is_zero());
    Recorded {
        owner: somebody(records.beneficiary),
        holder: somebody(records.holder),
        nominee: somebody(records.nominee),
    }
}

fn kind(act: &Act<'_>) -> Operation {
    match act {
        Act::Mint { .. } => Operation::Issue,
        Act::Nominate(_) => Operation::Nomination,
        Act::TransferBeneficiary { .. } => Operation::TransferBeneficiary,
        Act::TransferHolder(_) => Operation::TransferHolder,
        Act::TransferOwners { .. } => Operation::TransferOwners,
        Act::RejectTransferBeneficiary { .. } => Operation::RejectTransferBeneficiary,
        Act::RejectTransferHolder { .. } => Operation::RejectTransferHolder,
        Act::RejectTransferOwners { .. } => Operation::RejectTransferOwners,
        Act::Return { .. } => Operation::Return,
        Act::Restore(_) => Operation::RejectReturn,
        Act::Accept { .. } => Operation::AcceptReturn,
    }
}

/// The last records must be those that were read (chain.md §2.4).
fn ends_at(
    records: &Records,
    state: &RegistryReading,
    finding: &TitleFinding,
    generation: Generation,
) -> Result<(), Gap> {
    let same = |holds: bool, what| if holds { Ok(()) } else { Err(Gap::EndsElsewhere { what }) };
    let (place, parties) = match finding {
        TitleFinding::NotMinted => (Place::NotMinted, None),
        TitleFinding::Known(TitleState::Live(parties)) => (Place::InEscrow, Some(parties)),
        TitleFinding::Known(TitleState::Returned(parties)) => (Place::Returned, Some(parties)),
        TitleFinding::Known(TitleState::Ended) => (Place::Ended, None),
        _ => return same(false, "the state of the title"),
    };
    same(records.place == place, "the place of the title")?;
    if let Some(parties) = parties {
        let Parties { beneficiary, holder, nominee, previous_beneficiary, previous_holder, .. } = parties;
        let nobody = |party: &Option<Address>| Some(party.unwrap_or_default());
        same(records.beneficiary == Some(*beneficiary), "the beneficiary")?;
        same(records.holder == Some(*holder), "the holder")?;
        same(records.nominee == nobody(nominee), "the nominee")?;
        if generation == Generation::V5 {
            same(records.previous_beneficiary == nobody(previous_beneficiary), "the previous beneficiary")?;
            same(records.previous_holder == nobody(previous_holder), "the previous holder")?;
        }
    }
    if generation == Generation::V5 && place != Place::NotMinted {
        same(records.remark.is_some() && records.remark == remark(&state.title.remark), "the last remark")?;
    }
    Ok(())
}

/// The escrow's `remark()`: ABI-encoded bytes and nothing else.
pub fn remark(answer: &CallReading) -> Option<Vec<u8>> {
    let data = answer.success.then_some(answer.data.as_slice())?;
    let (head, rest) = data.split_first_chunk::<64>()?;
    let (offset, length) = head.split_at(32);
    let number = |word: &[u8]| {
        let (high, low) = word.split_last_chunk::<2>()?;
        high.iter().all(|&byte| byte == 0).then(|| usize::from(u16::from_be_bytes(*low)))
    };
    let length =
        number(length).filter(|length| number(offset) == Some(32) && rest.len() == length.next_multiple_of(32))?;
    let (bytes, padding) = rest.split_at_checked(length)?;
    padding.iter().all(|&byte| byte == 0).then(|| bytes.to_vec())
}

#[cfg(test)]
mod tests;
