//! What is told: one event for each change. Its JSON form is the contract of `schemas/watch.schema.json`.

use serde::{Deserialize, Serialize};

use super::pending::Announced;
use super::{Known, Now};
use crate::evidence::Finality;
use crate::primitives::{Address, ChainId, Digest32, TokenId, encode_hex, keccak256, rfc3339};
use crate::title::Generation;
use crate::title::history::{Entry, Recorded, Standing, StandingState};
use crate::verify::{RemarkFacts, TokenOfChain};

/// Something to tell about a title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WatchEvent {
    /// `ebl-verifier/watch/1`.
    pub schema: &'static str,
    /// The same whenever this is told: who may hear of an event twice knows it by this.
    pub id: String,
    /// What is told.
    pub kind: EventKind,
    /// The document's file; set by whoever has one.
    pub file: Option<String>,
    /// Which title.
    pub title: TitleNamed,
    /// What was done, by its name for interchange (chain.md §2.1); absent where no single operation is told.
    pub operation: Option<&'static str>,
    /// What was recorded before; absent where the watch begins.
    pub from: Option<Side>,
    /// What is recorded after it, or would be.
    pub to: Side,
    /// Height of its block.
    pub block: u64,
    /// Hash of its block.
    pub block_hash: Digest32,
    /// How settled that is.
    pub finality: Finality,
    /// The time of the block, RFC 3339, where known.
    pub time: Option<String>,
    /// The transaction.
    pub tx: Option<Digest32>,
    /// The place of its first log in the block.
    pub log_index: Option<u64>,
    /// What somebody wrote beside the operation: anybody's words, not authenticated.
    pub remark: Option<RemarkFacts>,
}

/// What is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// What is recorded as the watch begins.
    Begun,
    /// A change, at a block that is as settled as the chain has them.
    Changed,
    /// A change in a newer block, which is not final yet.
    Pending,
    /// A pending change is gone: its block was replaced.
    Withdrawn,
    /// On a chain without final blocks: the block of the last look was replaced, and another state is recorded now.
    Replaced,
}

/// A title by its chain, registry and token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TitleNamed {
    /// The registry's chain.
    #[serde(rename = "chain_id")]
    pub chain: ChainId,
    /// The token registry.
    pub registry: Address,
    /// The token.
    #[serde(rename = "token_id")]
    pub token: TokenId,
}

impl From<TokenOfChain> for TitleNamed {
    fn from(TokenOfChain { chain, registry, token }: TokenOfChain) -> Self {
        Self { chain, registry, token }
    }
}

/// What is recorded on one side of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Side {
    /// Where the title is.
    pub state: StandingState,
    /// The holder.
    pub holder: Option<Address>,
    /// The beneficiary.
    pub beneficiary: Option<Address>,
    /// The nominee.
    pub nominee: Option<Address>,
}

impl Side {
    /// Of a whole record.
    pub fn of(standing: &Standing) -> Self {
        Self::new(standing.state, standing.parties)
    }

    fn new(state: StandingState, Recorded { owner, holder, nominee }: Recorded) -> Self {
        Self { state, holder, beneficiary: owner, nominee }
    }
}

impl WatchEvent {
    pub(super) fn begun(title: TitleNamed, now: &Now<'_>) -> Self {
        Self::at_now(EventKind::Begun, title, now)
    }

    /// Known by the block that was replaced: what stands there now may be the next one at each look.
    pub(super) fn replaced(title: TitleNamed, known: &Known, now: &Now<'_>, taken_back: u64) -> Self {
        let id = id(EventKind::Replaced, title, known.block.hash, None, Mark::Loose(taken_back));
        Self { id, from: Some(Side::of(&known.standing)), ..Self::at_now(EventKind::Replaced, title, now) }
    }

    pub(super) fn changed(title: TitleNamed, entry: &Entry, now: &Now<'_>, taken_back: u64) -> Self {
        let finality = now.state.block.finality;
        let mark = if finality.is_settled() { Mark::Settled } else { Mark::Loose(taken_back) };
        Self { finality, ..Self::of(EventKind::Changed, title, entry, now.generation, mark) }
    }

    /// One that was told before its block was settled.
    pub(super) fn settled(title: TitleNamed, told: &Announced, now: &Now<'_>) -> Self {
        Self::changed(title, &told.entry(), now, 0)
    }

    pub(super) fn pending(title: TitleNamed, entry: &Entry, generation: Generation, taken_back: u64) -> Self {
        Self::of(EventKind::Pending, title, entry, generation, Mark::Loose(taken_back))
    }

    pub(super) fn withdrawn(title: TitleNamed, before: &Announced, generation: Generation, taken_back: u64) -> Self {
        let entry = Entry { timestamp: None, remark: Vec::new(), ..before.entry() };
        Self::of(EventKind::Withdrawn, title, &entry, generation, Mark::Loose(taken_back))
    }

    fn at_now(kind: EventKind, title: TitleNamed, now: &Now<'_>) -> Self {
        let block = &now.state.block;
        Self {
            schema: SCHEMA,
            id: id(kind, title, block.hash, None, Mark::Settled),
            kind,
            file: None,
            title,
            operation: None,
            from: None,
            to: Side::of(&now.standing),
            block: block.number,
            block_hash: block.hash,
            finality: block.finality,
            time: time(block.timestamp),
            tx: None,
            log_index: None,
            remark: None,
        }
    }

    fn of(kind: EventKind, title: TitleNamed, entry: &Entry, generation: Generation, mark: Mark) -> Self {
        let (before, after) = entry.operation.states();
        Self {
            schema: SCHEMA,
            id: id(kind, title, entry.block_hash, Some(entry.log_index), mark),
            kind,
            file: None,
            title,
            operation: Some(entry.operation.name(generation)),
            from: Some(Side::new(before, entry.before)),
            to: Side::new(after, entry.after),
            block: entry.block,
            block_hash: entry.block_hash,
            finality: Finality::Latest,
            time: entry.timestamp.and_then(time),
            tx: Some(entry.transaction),
            log_index: Some(entry.log_index),
            remark: RemarkFacts::of(&entry.remark, None),
        }
    }
}

fn time(seconds: u64) -> Option<String> {
    i64::try_from(seconds).ok().map(rfc3339)
}

/// What tells events apart that are alike but for it.
#[derive(Clone, Copy)]
enum Mark {
    /// What is settled is one event, whoever watched what before.
    Settled,
    /// What is not may be taken back and come again, in the same block: how often something was taken back before.
    Loose(u64),
}

/// Thirty-two hexadecimal digits over what makes the event this one.
fn id(kind: EventKind, title: TitleNamed, block: Digest32, log: Option<u64>, mark: Mark) -> String {
    let TitleNamed { chain, registry, token } = title;
    let mark = match mark {
        Mark::Settled => String::new(),
        Mark::Loose(taken_back) => format!("|{taken_back}"),
    };
    let about = format!("{kind:?}|{chain}|{registry}|{token}|{block}|{log:?}{mark}");
    encode_hex(keccak256(&about).0.first_chunk::<16>().unwrap_or(&[0; 16]))
}

const SCHEMA: &str = "ebl-verifier/watch/1";
