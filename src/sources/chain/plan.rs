//! The read plan (chain.md §7): pin a block, then read everything at its hash and look whether it is still there.

use std::time::Duration;

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};
use serde_json::json;

use super::at::{At, Pinned, block_by_number, by_hash, by_name};
use super::in_time::last_block_before;
use super::reply::{Item, NodeError};
use super::round::{self, Share, Title, title_of};
use super::transport::{Call, Session};
use super::values::{header, quantity};
use super::{
    BlockChoice, ChainQuestion, account_signature, did_ethr, history, powers, proof, registry, revocation, store,
    title_logs,
};
use crate::block_age::MaxBlockAge;
use crate::evidence::{AccountSignatureQuestion, BlockReading, Cause, Fact, Finality, RegistryReading, Unavailable};
use crate::merkle::path_from;
use crate::networks;
use crate::primitives::{Address, ChainId, Digest32, TokenId};

/// What is read, all at one block.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub chain: ChainId,
    pub questions: Vec<ChainQuestion>,
    pub choice: BlockChoice,
    pub max_age: MaxBlockAge,
    /// How long an endpoint's block is kept.
    pub keep: Duration,
    pub hints: proof::Hints,
}

/// Both rounds at one endpoint, and once more when the block vanishes in between (checks.md §8).
pub(super) async fn read(
    session: &Session<'_>,
    request: &Request,
) -> Result<Vec<Result<Fact, Unavailable>>, Unavailable> {
    let once = async || read_at(session, request, pinned(session, request).await?).await;
    match once().await {
        Err(gone) if gone.cause == Cause::BlockVanished => {
            session.rpc.kept.forget().await;
            once().await
        }
        outcome => outcome,
    }
}

/// Round 1: the block of a moment ago, or the one that the endpoint gives now.
pub(super) async fn pinned(session: &Session<'_>, request: &Request) -> Result<Pinned, Unavailable> {
    if request.keep.is_zero() {
        return pinned_now(session, request).await;
    }
    let mut hinted = false;
    let choose = async || {
        hinted = true;
        pinned_now(session, request).await
    };
    let counts = |kept: &Pinned| timely(session, request, kept).is_ok();
    let pinned = session.rpc.kept.or_chosen(session, request.keep, counts, choose).await?;
    let hints = request.hints.calls(&request.questions);
    if !hinted && !hints.is_empty() {
        request.hints.note(&request.questions, session.batch(&hints).await?.into_iter());
    }
    Ok(pinned)
}

/// Chain id and headers. All tags are asked at once, so that falling back costs no request.
async fn pinned_now(session: &Session<'_>, request: &Request) -> Result<Pinned, Unavailable> {
    let &Request { chain, choice, .. } = request;
    let local = networks::is_local(chain);
    let mut calls: Vec<Call> = vec![("eth_chainId", json!([]))];
    match choice {
        BlockChoice::Default | BlockChoice::Finalized => calls.extend([by_name("finalized"), by_name("latest")]),
        BlockChoice::Safe => calls.extend([by_name("safe"), by_name("latest")]),
        BlockChoice::Latest | BlockChoice::AtTime(_) => calls.push(by_name("latest")),
        BlockChoice::Number(number) => calls.push(block_by_number(number)),
        BlockChoice::Hash(hash) => calls.push(by_hash(hash)),
    }
    let own = calls.len();
    calls.extend(request.hints.calls(&request.questions));
    let mut items = session.batch(&calls).await?;
    request.hints.note(&request.questions, items.drain(own.min(items.len())..));
    let mut items = items.into_iter();
    serves(session, chain, items.next())?;
    let none = || session.not_an_answer("the node did not give the block asked for");
    let no_newest = || session.not_an_answer("the node did not give its newest block");
    let pinned = match choice {
        BlockChoice::Default if !local => {
            let (finalized, latest) =
                (tagged(session, "finalized", items.next())?, tagged(session, "latest", items.next())?);
            // Without its newest block a node cannot say what happened since the finalized one.
            let latest = latest.ok_or_else(no_newest)?;
            // A chain too short to have one answers with its first block.
            let (block, finality) = match finalized.filter(|block| block.number > 0) {
                Some(block) => (block, Finality::Finalized),
                None => (latest.clone(), Finality::Latest),
            };
            Pinned { block: BlockReading { finality, ..block }, newest: Some(latest) }
        }
        BlockChoice::Default | BlockChoice::Latest => {
            if choice == BlockChoice::Default {
                // Whatever a local chain says of it, nothing there is ever final.
                items.next();
            }
            let finality = if local { Finality::Local } else { Finality::Latest };
            let latest = tagged(session, "latest", items.next())?;
            let block = BlockReading { finality, ..latest.ok_or_else(none)? };
            Pinned { newest: Some(block.clone()), block }
        }
        BlockChoice::AtTime(time) => {
            let latest = tagged(session, "latest", items.next())?.ok_or_else(no_newest)?;
            let found = last_block_before(session, chain, latest, time, request.max_age).await?;
            Pinned { block: BlockReading { finality: Finality::Chosen, ..found }, newest: None }
        }
        BlockChoice::Safe | BlockChoice::Finalized => {
            let (tag, finality) = match choice {
                BlockChoice::Safe => ("safe", Finality::Safe),
                _ => ("finalized", Finality::Finalized),
            };
            let block = BlockReading { finality, ..tagged(session, tag, items.next())?.ok_or_else(none)? };
            let newest = tagged(session, "latest", items.next())?;
            Pinned { block, newest: Some(newest.ok_or_else(no_newest)?) }
        }
        BlockChoice::Number(_) | BlockChoice::Hash(_) => {
            let item = items.next();
            if matches!(&item, Some(Ok(block)) if block.is_null()) {
                return Err(session.unavailable(Cause::NoSuchBlock, "it has no such block as you named"));
            }
            let found = item.and_then(Result::ok).as_ref().and_then(header).filter(|block| match choice {
                BlockChoice::Number(number) => block.number == number,
                BlockChoice::Hash(hash) => block.hash == hash,
                _ => false,
            });
            let block = BlockReading { finality: Finality::Chosen, ..found.ok_or_else(none)? };
            Pinned { block, newest: None }
        }
    };
    if let Some(newest) = pinned.newest.as_ref().filter(|newest| newest.number < pinned.block.number) {
        let (newest, block) = (newest.number, pinned.block.number);
        let detail = format!("the node calls block {block} settled and an older one, {newest}, its newest");
        return Err(session.not_an_answer(detail));
    }
    timely(session, request, &pinned)?;
    Ok(pinned)
}

fn timely(session: &Session<'_>, request: &Request, pinned: &Pinned) -> Result<(), Unavailable> {
    for block in std::iter::once(&pinned.block).chain(&pinned.newest) {
        let timely = request.max_age.check(request.chain, block, crate::sources::now());
        timely.map_err(|why| session.unavailable(why.cause(), why.to_string()))?;
    }
    Ok(())
}

/// What the node has under a tag. Only `null`, or an error that names the tag, says that it has nothing there (chain.md
/// §5.3): anything else must not quietly lower finality.
fn tagged(session: &Session<'_>, tag: &str, item: Option<Item>) -> Result<Option<BlockReading>, Unavailable> {
    match item {
        Some(Ok(block)) if block.is_null() => Ok(None),
        Some(Ok(block)) => {
            let malformed = || session.not_an_answer(format!("what the node gives as its {tag} block is not one"));
            header(&block).map(Some).ok_or_else(malformed)
        }
        Some(Err(error)) if names_the_tag(&error, tag) => Ok(None),
        Some(Err(error)) => {
            let clause = format!("the node did not give its {tag} block (if it has none, name the block with --block)");
            Err(session.refused(&clause, &error))
        }
        None => Err(session.not_an_answer("a call of the batch was left unanswered")),
    }
}

/// Whether an endpoint has, under that hash, the block that others named.
pub(super) async fn located(
    session: &Session<'_>,
    request: &Request,
    wanted: &BlockReading,
) -> Result<Located, Unavailable> {
    let calls = [("eth_chainId", json!([])), by_hash(wanted.hash), by_name(&format!("{:#x}", wanted.number))];
    let mut items = session.batch(&calls).await?.into_iter();
    serves(session, request.chain, items.next())?;
    let mut next = || items.next().and_then(Result::ok).as_ref().and_then(header);
    let (by_hash, by_number) = (next(), next());
    match by_hash.filter(|block| block.hash == wanted.hash).or(by_number) {
        Some(block) if block.hash == wanted.hash => {
            Ok(Located::There(BlockReading { finality: wanted.finality, ..block }))
        }
        Some(other) if other.number == wanted.number => Ok(Located::Another(other.hash)),
        _ => Err(session.not_an_answer(format!("it does not have block {}", wanted.number))),
    }
}

/// What stands at a block's height at another endpoint.
pub(super) enum Located {
    /// That block, with the header as this endpoint gives it.
    There(BlockReading),
    /// A block of another hash.
    Another(Digest32),
}

/// Round 2: everything that is asked for, at a block that this endpoint has. The outer failure is of the endpoint or the
/// block; an inner one is of that question alone.
pub(super) async fn read_at(
    session: &Session<'_>,
    request: &Request,
    pinned: Pinned,
) -> Result<Vec<Result<Fact, Unavailable>>, Unavailable> {
    let (at, shares) = round::shares(session, request, At::by_hash(request.chain, pinned)).await?;
    let mut reading = Vec::with_capacity(request.questions.len());
    for (question, share) in request.questions.iter().zip(shares) {
        reading.push(early(session, &at, question, share));
    }
    let early: Vec<Early> = stream::iter(reading).buffered(AT_ONCE).collect().await;
    let states = States::of(request, &early);
    let mut rest = Vec::with_capacity(early.len());
    for early in early {
        rest.push(early.complete(session, request, &at, &states));
    }
    let facts = join_all(rest).await;
    match facts.iter().find_map(|fact| fact.as_ref().err().filter(|why| why.cause == Cause::BlockVanished)) {
        Some(gone) => Err(gone.clone()),
        None => Ok(facts),
    }
}

/// Titles that are read in plain calls at a time, where the node refuses the lens.
const AT_ONCE: usize = 8;

async fn early(session: &Session<'_>, at: &At, question: &ChainQuestion, share: Share) -> Early {
    let Share { read, newest, title } = share;
    let items = read.into_iter();
    if let (Some(Title { of_registry, sights }), Some(about)) = (title, title_of(question)) {
        let state = match of_registry.as_ref() {
            Ok(of_registry) => registry::read(session, at, about, of_registry, sights).await,
            Err(why) => Err(why.clone()),
        };
        return match question {
            ChainQuestion::History { .. } => Early::History(about, Some(Box::new(state))),
            _ => Early::Title(about, state.map(Box::new)),
        };
    }
    match question {
        ChainQuestion::Registry { .. } => {
            Early::Fact(Err(session.not_an_answer("the state of the title was not read")))
        }
        ChainQuestion::History { registry, token } => Early::History((*registry, *token), None),
        ChainQuestion::TitleLogs { escrows, heights } => Early::TitleLogs(escrows.clone(), heights.clone()),
        ChainQuestion::Powers { registry } => Early::Powers(*registry, items.collect()),
        ChainQuestion::Proof { registry, token } => Early::Proof(*registry, *token, items.collect()),
        ChainQuestion::DocumentStore { store, target_hash, proof } => {
            let path = path_from(*target_hash, proof);
            let reading = store::read(session, at, *store, &path, items, newest);
            Early::Fact(reading.map(Box::new).map(Fact::DocumentStore))
        }
        ChainQuestion::Revocation { store, node, event, recorded_at } => {
            let (store, node, event, recorded_at) = (*store, *node, *event, *recorded_at);
            Early::Revocation(revocation::Revoked { store, node, event, recorded_at })
        }
        ChainQuestion::DidEthr { registry, identity } => Early::DidEthr(*registry, *identity, items.collect(), newest),
        ChainQuestion::AccountSignature(question) => {
            Early::AccountSignature(Box::new(question.clone()), items.collect(), newest)
        }
    }
}

/// What the second round gives for a question: the answer, or what the next round starts from.
enum Early {
    Fact(Result<Fact, Unavailable>),
    Title((Address, TokenId), Result<Box<RegistryReading>, Unavailable>),
    /// With the state that it starts from, where that was not asked for by itself.
    History((Address, TokenId), Option<Box<Result<RegistryReading, Unavailable>>>),
    TitleLogs(Vec<Address>, Vec<u64>),
    Powers(Address, Vec<Item>),
    DidEthr(Address, Address, Vec<Item>, Vec<Item>),
    AccountSignature(Box<AccountSignatureQuestion>, Vec<Item>, Vec<Item>),
    Proof(Address, TokenId, Vec<Item>),
    Revocation(revocation::Revoked),
}

impl Early {
    /// Questions that need further rounds take them at the same time.
    async fn complete(
        self,
        session: &Session<'_>,
        request: &Request,
        at: &At,
        states: &States,
    ) -> Result<Fact, Unavailable> {
        match self {
            Self::Fact(fact) => fact,
            Self::Title(_, state) => state.map(Fact::Registry),
            Self::History(title, own) => {
                let state = own.as_deref().map(Result::as_ref).or_else(|| states.of_title(title));
                let state = state.ok_or_else(|| session.not_an_answer("the state of the title was not read"))?;
                let state = state.map_err(Clone::clone)?;
                history::read(session, at, state).await.map(Box::new).map(Fact::History)
            }
            Self::TitleLogs(escrows, heights) => {
                title_logs::read(session, at, &escrows, &heights).await.map(Box::new).map(Fact::TitleLogs)
            }
            Self::Powers(registry, items) => {
                powers::read(session, at, registry, items).await.map(Box::new).map(Fact::Powers)
            }
            Self::Proof(registry, token, items) => {
                let (about, items) = ((registry, token), items.into_iter());
                proof::read(session, at, about, &request.hints, items).await.map(Box::new).map(Fact::Proof)
            }
            Self::Revocation(revoked) => {
                revocation::read(session, at, &revoked).await.map(Box::new).map(Fact::Revocation)
            }
            Self::DidEthr(registry, identity, items, newest) => {
                let about = (registry, identity);
                did_ethr::read(session, at, about, items, newest).await.map(Box::new).map(Fact::DidEthr)
            }
            Self::AccountSignature(question, items, newest) => {
                let reading = account_signature::read(session, at, &question, items, newest).await;
                reading.map(Box::new).map(Fact::AccountSignature)
            }
        }
    }
}

/// The titles' states that were asked for by themselves: whose logs to ask for follows from them.
struct States(Vec<((Address, TokenId), Result<RegistryReading, Unavailable>)>);

impl States {
    fn of(request: &Request, early: &[Early]) -> Self {
        let wanted = |about: &(Address, TokenId)| {
            let (registry, token) = *about;
            request.questions.contains(&ChainQuestion::History { registry, token })
        };
        let states = early.iter().filter_map(|early| match early {
            Early::Title(about, state) if wanted(about) => Some((*about, state.clone().map(|state| *state))),
            _ => None,
        });
        Self(states.collect())
    }

    fn of_title(&self, title: (Address, TokenId)) -> Option<Result<&RegistryReading, &Unavailable>> {
        self.0.iter().find(|(known, _)| *known == title).map(|(_, state)| state.as_ref())
    }
}

fn serves(session: &Session<'_>, chain: ChainId, item: Option<Item>) -> Result<(), Unavailable> {
    let what = "the node did not give its chain id";
    let served = item.transpose().map_err(|error| session.refused(what, &error))?;
    let served = served.as_ref().and_then(quantity).ok_or_else(|| session.not_an_answer(what))?;
    if served == chain.get() {
        return Ok(());
    }
    let detail = format!("asked for chain {chain}, the endpoint serves chain {served}");
    Err(session.unavailable(Cause::WrongChain, detail))
}

/// As nodes do that know the tag and have no such block, or do not know it (chain.md §5.3).
fn names_the_tag(error: &NodeError, tag: &str) -> bool {
    error.message.to_ascii_lowercase().contains(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_error_that_names_the_tag_lowers_finality() {
        let names = |code, message: &str| {
            names_the_tag(&NodeError { code, message: message.to_owned(), ..NodeError::default() }, "finalized")
        };
        for (code, message) in [
            (-32000, "finalized block not found"),
            (-39001, "Finalized block not found"),
            (-32602, "invalid block tag: finalized"),
        ] {
            assert!(names(code, message), "{code} {message}");
        }
        for (code, message) in [
            (-32601, ""),
            (-32602, "invalid argument 0"),
            (-39001, "Unknown block"),
            (-32005, "limit exceeded"),
            (-32603, "internal error"),
            (-32000, "request timed out"),
        ] {
            assert!(!names(code, message), "{code} {message}");
        }
    }
}
