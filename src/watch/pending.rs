//! What the newest block has beyond the settled one. It is announced once, and ends in one of two ways: it becomes final,
//! or it is gone after a reorganisation. The same transaction in another block is the same change.

use serde::{Deserialize, Serialize};

use super::event::{TitleNamed, WatchEvent};
use super::{Known, Now, own_logs};
use crate::evidence::{BlockRange, BlockReading, RegistryReading, TitleLogsReading};
use crate::primitives::{Digest32, hex_bytes};
use crate::title::history::{Entry, Later, Operation, Recorded, Standing};
use crate::title::judge;

/// A change that was announced as pending.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Announced {
    /// What is done.
    pub operation: Operation,
    /// By which transaction.
    pub transaction: Digest32,
    /// The block in which it was seen.
    pub block: u64,
    /// Its hash.
    pub block_hash: Digest32,
    /// The place of its first log in the block.
    pub log_index: u64,
    /// The parties before it.
    pub before: Recorded,
    /// The parties after it.
    pub after: Recorded,
    /// The time of that block, in seconds since the Unix epoch.
    #[serde(default)]
    pub timestamp: Option<u64>,
    /// What was written beside it.
    #[serde(default, with = "hex_bytes", skip_serializing_if = "Vec::is_empty")]
    pub remark: Vec<u8>,
}

impl Announced {
    pub(super) fn of(entry: &Entry) -> Self {
        let Entry { operation, block, block_hash, transaction, log_index, before, after, timestamp, .. } = *entry;
        let remark = entry.remark.clone();
        Self { operation, transaction, block, block_hash, log_index, before, after, timestamp, remark }
    }

    /// As it was read.
    pub(super) fn entry(&self) -> Entry {
        let &Self { operation, transaction, block, block_hash, log_index, before, after, timestamp, .. } = self;
        let (remark, transaction_index) = (self.remark.clone(), 0);
        Entry {
            operation,
            block,
            block_hash,
            timestamp,
            transaction,
            transaction_index,
            log_index,
            before,
            after,
            remark,
        }
    }

    /// Whether the event is about it, in the block in which it was seen.
    pub(super) fn was_told_as(&self, event: &WatchEvent) -> bool {
        let of_event = (event.tx, event.block_hash, event.log_index);
        (Some(self.transaction), self.block_hash, Some(self.log_index)) == of_event
    }

    /// Whether it is that change, in whatever block it stands.
    fn is(&self, entry: &Entry) -> bool {
        let of_entry = (entry.transaction, entry.operation, entry.before, entry.after);
        (self.transaction, self.operation, self.before, self.after) == of_entry
    }
}

/// What the newest block says.
pub(super) struct Newer {
    block: BlockReading,
    entries: Vec<Entry>,
}

/// The pending changes, where the newest block and its logs are known and fit together; what does not fit may be a
/// reorganisation that goes on right now, and the next look will tell.
pub(super) fn read(
    title: TitleNamed,
    known: &Known,
    now: &Now<'_>,
    logs: &TitleLogsReading,
    trusted_by_caller: bool,
) -> Option<Newer> {
    if logs.newest.readings().is_empty() {
        // The block that was read is the newest, and nothing is pending.
        let is_newest = logs.newest.is_known_beside(&now.state.block);
        return is_newest.then(|| Newer { block: now.state.block.clone(), entries: Vec::new() });
    }
    let mut states: Vec<RegistryReading> = now.state.at_newest().collect();
    states.sort_by_key(|state| std::cmp::Reverse(state.block.number));
    states.iter().find_map(|state| {
        let newer = logs.newest.readings().iter().find(|newer| newer.block.hash == state.block.hash)?;
        let found = judge(state, title.registry, title.token, trusted_by_caller);
        Standing::of(state, &found.title)?;
        let later = Later { block: &state.block, state, finding: &found.title, generation: now.generation };
        let first = now.state.block.number.saturating_add(1);
        let blocks = BlockRange { first, last: state.block.number };
        let own = own_logs(&newer.logs, known);
        let entries = now.standing.goes_on(&own, blocks, &later, (title.registry, title.token)).ok()?;
        Some(Newer { block: state.block.clone(), entries })
    })
}

/// What was told as recorded, against what is recorded now.
pub(super) struct Told<'a> {
    /// Told, and no longer so.
    pub gone: Vec<&'a Announced>,
    /// Not told yet.
    pub new: Vec<&'a Entry>,
}

pub(super) fn told<'a>(told: &'a [Announced], settled: &'a [Entry]) -> Told<'a> {
    let mut new: Vec<&Entry> = settled.iter().collect();
    // One transaction may do the same twice: each stands for one.
    let is_gone = |told: &&Announced| match new.iter().position(|entry| told.is(entry)) {
        Some(at) => {
            new.remove(at);
            false
        }
        None => true,
    };
    let gone = told.iter().filter(is_gone).collect();
    Told { gone, new }
}

/// What has to be told of pending changes, and which are open from now on.
pub(super) struct Compared {
    pub withdrawn: Vec<Announced>,
    pub announced: Vec<Entry>,
    pub open: Vec<Announced>,
}

pub(super) fn compare(known: &Known, settled: &[Entry], newer: Option<Newer>) -> Compared {
    let mut settled: Vec<&Entry> = settled.iter().collect();
    let (newest, mut fresh) = match newer {
        Some(Newer { block, entries }) => (Some(block), entries),
        None => (None, Vec::new()),
    };
    let (mut withdrawn, mut open) = (Vec::new(), Vec::new());
    for before in &known.pending {
        // One transaction may do the same twice: each stands for one.
        if let Some(at) = settled.iter().position(|entry| before.is(entry)) {
            settled.remove(at);
        } else if let Some(at) = fresh.iter().position(|entry| before.is(entry)) {
            open.push(Announced::of(&fresh.remove(at)));
        } else if newest.as_ref().is_some_and(|newest| newest.number >= before.block) {
            withdrawn.push(before.clone());
        } else {
            // Whoever was asked has not come that far, or it is not known.
            open.push(before.clone());
        }
    }
    open.extend(fresh.iter().map(Announced::of));
    Compared { withdrawn, announced: fresh, open }
}
