//! What changed of a title since it was last looked at (chain.md §8). Pure: what is known of a title and what was read now
//! give what happened in between, and what is known from now on. Nothing is told that did not happen, and nothing that
//! happened is passed over: a change is read from the logs, and must lead from the one state to the other by the rules.
//!
//! ```
//! use ebl_verifier::evidence::Evidence;
//! use ebl_verifier::verify::TokenOfChain;
//! use ebl_verifier::watch::{WatchedTitle, observe, questions};
//!
//! let title = TokenOfChain { chain: "1".parse()?, registry: "0x0000000000000000000000000000000000000017".parse()?,
//!     token: ebl_verifier::primitives::TokenId([7; 32]) };
//! let watched = WatchedTitle::new(title);
//! assert_eq!(questions([&watched]).len(), 1);
//! // Nobody answered: nothing is known, so nothing changed.
//! assert!(observe(&watched, &Evidence::new(), false).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod event;
mod pending;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::evidence::{
    BlockRange, BlockReading, Evidence, Finality, LogReading, Question, RegistryQuestion, RegistryReading,
    TitleLogsQuestion, TitleLogsReading, Unavailable,
};
use crate::primitives::{Address, ChainId};
use crate::title::history::{Gap, Later, Standing, StandingState};
use crate::title::{Authenticity, RegistryFinding, judge};
use crate::verify::TokenOfChain;

pub use event::{EventKind, Side, TitleNamed, WatchEvent};
pub use pending::Announced;

/// A title that is looked at again and again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WatchedTitle {
    /// Which title.
    pub title: TitleNamed,
    /// What is known of it; nothing before the first look.
    pub known: Option<Known>,
    /// The changes since `known` that were told already, by the ids of their events.
    pub told: BTreeSet<String>,
    /// The same changes themselves: where nothing is ever final, one may be taken back before the rest could be told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recorded: Vec<Announced>,
}

/// What is known of a title as of a block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// The block.
    pub block: BlockReading,
    /// The escrow whose logs tell what happens.
    pub escrow: Address,
    /// What was recorded at the block.
    pub standing: Standing,
    /// What was announced as pending, and has neither become final nor been taken back.
    pub pending: Vec<Announced>,
    /// The last changes that were told of blocks which may be taken back, where the chain named no final one: they are told
    /// once more as it does. At most [`MOST_UNSETTLED`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unsettled: Vec<Announced>,
    /// How often something was told to be taken back: what comes again after that is told again.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub taken_back: u64,
}

impl WatchedTitle {
    /// One that nothing is known of yet.
    pub fn new(title: TokenOfChain) -> Self {
        Self { title: title.into(), known: None, told: BTreeSet::new(), recorded: Vec::new() }
    }

    /// Where it is known to be.
    pub fn state(&self) -> Option<StandingState> {
        self.known.as_ref().map(|known| known.standing.state)
    }

    /// An event of a look was told, and not yet all of them: it is not told again. What was told as pending or as recorded is
    /// open from now on, so that it is told, too, if it is taken back before the rest could be told.
    pub fn note_told(&mut self, event: &WatchEvent, Open { next, recorded }: &Open) {
        match (event.kind, &mut self.known) {
            (EventKind::Pending, Some(known)) => {
                known.pending.extend(next.pending.iter().find(|open| open.was_told_as(event)).cloned());
            }
            (EventKind::Withdrawn, Some(known)) => {
                known.pending.retain(|open| !open.was_told_as(event));
                self.recorded.retain(|open| !open.was_told_as(event));
                known.taken_back = known.taken_back.saturating_add(1);
            }
            _ => {
                self.recorded.extend(recorded.iter().find(|open| open.was_told_as(event)).cloned());
                self.told.insert(event.id.clone());
            }
        }
    }

    /// All events of a look were told: what follows is told from there.
    pub fn go_on_from(&mut self, open: Open) {
        self.known = Some(open.next);
        self.told.clear();
        self.recorded.clear();
    }
}

/// What has to be asked about these titles: the state of each, and for all of one chain together the logs since it was last
/// looked at. Those about one chain must be answered at one block.
pub fn questions<'w>(titles: impl IntoIterator<Item = &'w WatchedTitle>) -> Vec<Question> {
    let mut logs: BTreeMap<ChainId, (BTreeSet<Address>, BTreeSet<u64>)> = BTreeMap::new();
    let mut questions = Vec::new();
    for watched in titles {
        let TitleNamed { chain, registry, token } = watched.title;
        questions.push(Question::Registry(RegistryQuestion { chain, registry, token }));
        if let Some(known) = &watched.known {
            let (escrows, heights) = logs.entry(chain).or_default();
            escrows.insert(known.escrow);
            heights.insert(known.block.number);
        }
    }
    questions.extend(logs.into_iter().map(|(chain, (escrows, heights))| {
        let (escrows, heights) = (escrows.into_iter().collect(), heights.into_iter().collect());
        Question::TitleLogs(TitleLogsQuestion { chain, escrows, heights })
    }));
    questions
}

/// What a look came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// What happened since, in the order in which it is told.
    pub events: Vec<WatchEvent>,
    /// What is known from now on.
    pub open: Open,
    /// Whether it is known what the newest block has beyond the settled one.
    pub pending_is_known: bool,
}

/// What is known once all events of a look were told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// As of the block of the look.
    pub next: Known,
    /// The changes that lead there.
    pub recorded: Vec<Announced>,
}

/// Why nothing can be said of a title now. It says nothing about the title: what was known stays known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Trouble {
    /// Nobody answered.
    #[error("{}", in_words(.0))]
    Unanswered(Unavailable),
    /// Not all logs could be read, so something might be passed over.
    #[error("the logs since block {since} could not all be read{}", because(.why))]
    LogsMissing {
        /// The block of the last look.
        since: u64,
        /// Why.
        why: Option<Unavailable>,
    },
    /// The endpoint is behind what was read before.
    #[error("it gives block {found}, and block {known} was read before: it is behind")]
    Behind {
        /// The block of the last look.
        known: u64,
        /// The block of this one.
        found: u64,
    },
    /// What was read is less settled than what was read before, so it may be taken back.
    #[error("its settled block is only {}, and what was read before was {}", in_a_word(*.found), in_a_word(*.known))]
    LessSettled {
        /// How settled the block of the last look was.
        known: Finality,
        /// How settled the one of this look is.
        found: Finality,
    },
    /// A block that was settled is another one now.
    #[error("block {number} was settled as {known}, and the endpoint has {} there now", .found.map_or("none".into(), |hash| hash.to_string()))]
    SettledBlockReplaced {
        /// Its height.
        number: u64,
        /// As it was.
        known: crate::primitives::Digest32,
        /// As it is said to be now.
        found: Option<crate::primitives::Digest32>,
    },
    /// Logs and states do not fit together.
    #[error("the logs do not lead from the state that was known to the one that was read: {0}")]
    DoesNotFollow(Gap),
    /// The registry's word does not count, or it gave none.
    #[error("{0}")]
    NotReadable(&'static str),
}

/// Compares what is known with what was read. `trusted_by_caller` as in [`judge`].
pub fn observe(watched: &WatchedTitle, evidence: &Evidence, trusted_by_caller: bool) -> Result<Observed, Trouble> {
    let TitleNamed { chain, registry, token } = watched.title;
    let state = evidence.found(&RegistryQuestion { chain, registry, token }).map(|found| found.answer);
    let state = state.ok_or(Trouble::NotReadable(NOT_ASKED))?.map_err(|why| Trouble::Unanswered(why.clone()))?;
    let found = judge(state, registry, token, trusted_by_caller);
    let now = Now::of(state, &found)?;
    let observed = match &watched.known {
        None => Observed {
            events: vec![WatchEvent::begun(watched.title, &now)],
            open: Open { next: now.known(Vec::new(), Vec::new(), 0), recorded: Vec::new() },
            pending_is_known: true,
        },
        Some(known) => since(watched, known, &now, logs_of(watched.title, evidence, known)?, trusted_by_caller)?,
    };
    let events = observed.events.into_iter().filter(|event| !watched.told.contains(&event.id)).collect();
    Ok(Observed { events, ..observed })
}

/// A state whose word counts.
struct Now<'r> {
    state: &'r RegistryReading,
    found: &'r RegistryFinding,
    generation: crate::title::Generation,
    standing: Standing,
}

impl<'r> Now<'r> {
    fn of(state: &'r RegistryReading, found: &'r RegistryFinding) -> Result<Self, Trouble> {
        let generation = found.generation().ok_or(Trouble::NotReadable(match found.authenticity {
            Authenticity::NoCode => "there is no contract at the registry's address",
            Authenticity::InconsistentAnswers(_) => "the registry's answers contradict each other",
            _ => "the registry is not known to be genuine",
        }))?;
        let standing = Standing::of(state, &found.title);
        let standing = standing.ok_or(Trouble::NotReadable("the registry gave no state of the title"))?;
        Ok(Self { state, found, generation, standing })
    }

    fn known(&self, pending: Vec<Announced>, unsettled: Vec<Announced>, taken_back: u64) -> Known {
        let Self { state, standing, .. } = self;
        let (block, escrow, standing) = (state.block.clone(), state.title.escrow, standing.clone());
        Known { block, escrow, standing, pending, unsettled, taken_back }
    }

    fn later(&self) -> Later<'_> {
        Later { block: &self.state.block, state: self.state, finding: &self.found.title, generation: self.generation }
    }
}

/// The logs that were read with the states of this chain, where they are about this title.
fn logs_of<'e>(title: TitleNamed, evidence: &'e Evidence, known: &Known) -> Result<&'e TitleLogsReading, Trouble> {
    let about = evidence.entries().iter().find_map(|entry| match entry.question() {
        Question::TitleLogs(asked) if asked.chain == title.chain && asked.escrows.contains(&known.escrow) => {
            Some((asked, entry))
        }
        _ => None,
    });
    let (asked, _) = about.ok_or(Trouble::NotReadable(NOT_ASKED))?;
    let found = evidence.found(asked).ok_or(Trouble::NotReadable(NOT_ASKED))?;
    found.answer.map(|reading| &**reading).map_err(|why| Trouble::Unanswered(why.clone()))
}

fn since(
    watched: &WatchedTitle,
    known: &Known,
    now: &Now<'_>,
    logs: &TitleLogsReading,
    trusted_by_caller: bool,
) -> Result<Observed, Trouble> {
    let title = watched.title;
    let block = &now.state.block;
    if logs.block.hash != block.hash || now.state.title.escrow != known.escrow {
        return Err(Trouble::NotReadable("state and logs are not of one block and escrow"));
    }
    let (finality, before) = (block.finality, known.block.finality);
    if before.is_settled() && finality.settledness() < before.settledness() {
        return Err(Trouble::LessSettled { known: before, found: finality });
    }
    if block.number < known.block.number {
        return Err(Trouble::Behind { known: known.block.number, found: block.number });
    }
    let there = logs.before.iter().find(|at| at.number == known.block.number).and_then(|at| at.hash);
    if there != Some(known.block.hash) {
        return replaced(watched, known, now, there);
    }
    if !logs.logs.is_whole() {
        let why = logs.logs.missing.clone();
        return Err(Trouble::LogsMissing { since: known.block.number, why });
    }
    let own = own_logs(&logs.logs.logs, known);
    let blocks = BlockRange { first: known.block.number.saturating_add(1), last: block.number };
    let place = (title.registry, title.token);
    let settled = known.standing.goes_on(&own, blocks, &now.later(), place).map_err(Trouble::DoesNotFollow)?;
    let newer = pending::read(title, known, now, logs, trusted_by_caller);
    let pending_is_known = newer.is_some();
    let told = pending::told(&watched.recorded, &settled);
    let pending = pending::compare(known, &settled, newer);
    let gone = told.gone.into_iter().chain(&pending.withdrawn);
    let mut back = TakenBack(known.taken_back);
    let mut events: Vec<_> = gone.map(|gone| WatchEvent::withdrawn(title, gone, now.generation, back.one())).collect();
    if finality.is_settled() {
        events.extend(known.unsettled.iter().map(|told| WatchEvent::settled(title, told, now)));
    }
    events.extend(told.new.into_iter().map(|entry| WatchEvent::changed(title, entry, now, back.0)));
    events.extend(pending.announced.iter().map(|entry| WatchEvent::pending(title, entry, now.generation, back.0)));
    let recorded: Vec<_> = settled.iter().map(Announced::of).collect();
    let unsettled = known.unsettled.iter().chain(&recorded).filter(|_| finality == Finality::Latest).cloned();
    let unsettled: Vec<_> = unsettled.collect();
    let unsettled = unsettled[unsettled.len().saturating_sub(MOST_UNSETTLED)..].to_vec();
    let next = now.known(pending.open, unsettled, back.0);
    Ok(Observed { events, open: Open { next, recorded }, pending_is_known })
}

/// The block of the last look is no longer one of the chain. Where it was settled somebody contradicts himself; where
/// nothing ever settles the state is compared as it is, and says what was taken back.
fn replaced(
    watched: &WatchedTitle,
    known: &Known,
    now: &Now<'_>,
    found: Option<crate::primitives::Digest32>,
) -> Result<Observed, Trouble> {
    let may_be_replaced = !known.block.finality.is_settled() && found.is_some();
    if !may_be_replaced {
        let (number, known) = (known.block.number, known.block.hash);
        return Err(Trouble::SettledBlockReplaced { number, known, found });
    }
    let title = watched.title;
    let mut back = TakenBack(known.taken_back);
    // What was pending may be pending again, and is announced anew then.
    let gone = watched.recorded.iter().chain(&known.pending);
    let mut events: Vec<_> = gone.map(|gone| WatchEvent::withdrawn(title, gone, now.generation, back.one())).collect();
    if Side::of(&known.standing) != Side::of(&now.standing) {
        events.push(WatchEvent::replaced(title, known, now, back.one()));
    }
    let open = Open { next: now.known(Vec::new(), Vec::new(), back.0), recorded: Vec::new() };
    Ok(Observed { events, open, pending_is_known: true })
}

/// Of a chain that names no final block for a while. One that never does keeps no more.
pub const MOST_UNSETTLED: usize = 16;

/// How often something was taken back, which tells events apart that are alike but for that.
struct TakenBack(u64);

impl TakenBack {
    /// Once more; comes to the number before.
    fn one(&mut self) -> u64 {
        let before = self.0;
        self.0 = before.saturating_add(1);
        before
    }
}

fn in_a_word(finality: Finality) -> &'static str {
    match finality {
        Finality::Finalized => "finalized",
        Finality::Safe => "safe",
        Finality::Latest => "the latest",
        Finality::Local => "the newest of a local chain",
        Finality::Chosen => "chosen",
    }
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// The title's own, after its last look.
fn own_logs(logs: &[LogReading], known: &Known) -> Vec<LogReading> {
    let own = |log: &&LogReading| log.address == known.escrow && log.block > known.block.number;
    logs.iter().filter(own).cloned().collect()
}

const NOT_ASKED: &str = "it was not asked about";

fn in_words(why: &Unavailable) -> String {
    why.host.as_ref().map_or_else(|| why.detail.clone(), |host| format!("{host}: {}", why.detail))
}

fn because(why: &Option<Unavailable>) -> String {
    why.as_ref().map(|why| format!(": {}", in_words(why))).unwrap_or_default()
}
