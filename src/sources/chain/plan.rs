//! The read plan (chain.md §7): pin a block, then read everything at its hash and look whether it is still there.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::reply::{Item, NodeError};
use super::transport::{Call, Session};
use super::values::{header, quantity};
use super::{BlockChoice, ChainQuestion, did_ethr, history, powers, proof, registry, revocation, store};
use crate::evidence::{BlockReading, Cause, Fact, Finality, RegistryReading, Unavailable};
use crate::integrity::merkle::path_from;
use crate::networks;
use crate::primitives::{Address, ChainId, Digest32, TokenId};

/// What is read, all at one block.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub chain: ChainId,
    pub questions: Vec<ChainQuestion>,
    pub choice: BlockChoice,
    pub hints: proof::Hints,
}

/// Both rounds at one endpoint, and once more when the block vanishes in between (checks.md §8).
pub(super) async fn read(
    session: &Session<'_>,
    request: &Request,
) -> Result<Vec<Result<Fact, Unavailable>>, Unavailable> {
    let once = async || read_at(session, request, pinned(session, request).await?).await;
    match once().await {
        Err(gone) if gone.cause == Cause::BlockVanished => once().await,
        outcome => outcome,
    }
}

/// The block to read at.
#[derive(Debug, Clone)]
pub(super) struct Pinned {
    pub block: BlockReading,
    /// The newest one, where the pinned one is finalized and older.
    pub latest: Option<BlockReading>,
}

/// Round 1: chain id and header. Both tags are asked at once, so that falling back costs no request.
pub(super) async fn pinned(session: &Session<'_>, request: &Request) -> Result<Pinned, Unavailable> {
    let &Request { chain, choice, .. } = request;
    let mut calls: Vec<Call> = vec![("eth_chainId", json!([]))];
    match choice {
        BlockChoice::Default => calls.extend([by_name("finalized"), by_name("latest")]),
        BlockChoice::Latest => calls.push(by_name("latest")),
        BlockChoice::Safe => calls.push(by_name("safe")),
        BlockChoice::Finalized => calls.push(by_name("finalized")),
        BlockChoice::Number(number) => calls.push(by_name(&format!("{number:#x}"))),
        BlockChoice::Hash(hash) => calls.push(by_hash(hash)),
    }
    let own = calls.len();
    calls.extend(request.hints.calls(request));
    let mut items = session.batch(&calls).await?;
    request.hints.note(request, items.drain(own.min(items.len())..));
    let mut items = items.into_iter();
    serves(session, chain, items.next())?;
    let local = networks::is_local(chain);
    let newest = if local { Finality::Local } else { Finality::Latest };
    let first = items.next();
    if let (BlockChoice::Default, false, Some(Err(error))) = (choice, local, &first)
        && !lacks_the_tag(error)
    {
        // A passing failure must not quietly lower finality.
        return Err(session.refused("the node did not give the finalized block", error));
    }
    let first = first.and_then(Result::ok).as_ref().and_then(header);
    let mut latest = match choice {
        BlockChoice::Default => items.next().and_then(Result::ok).as_ref().and_then(header),
        _ => None,
    };
    let found = match choice {
        BlockChoice::Default => match first.filter(|block| block.number > 0 && !local) {
            Some(block) => Some((block, Finality::Finalized)),
            None => latest.take().map(|block| (block, newest)),
        },
        BlockChoice::Latest => first.map(|block| (block, newest)),
        BlockChoice::Safe => first.map(|block| (block, Finality::Safe)),
        BlockChoice::Finalized => first.map(|block| (block, Finality::Finalized)),
        BlockChoice::Number(n) => first.filter(|block| block.number == n).map(|block| (block, Finality::Chosen)),
        BlockChoice::Hash(h) => first.filter(|block| block.hash == h).map(|block| (block, Finality::Chosen)),
    };
    let (block, finality) = found.ok_or_else(|| session.not_an_answer("the node did not give the block asked for"))?;
    let latest = latest.filter(|latest| latest.number > block.number);
    let latest = latest.map(|latest| BlockReading { finality: Finality::Latest, ..latest });
    Ok(Pinned { block: BlockReading { finality, ..block }, latest })
}

/// Round 1 at a further endpoint: whether it has, under that hash, the block that another one named.
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
    Pinned { block, latest }: Pinned,
) -> Result<Vec<Result<Fact, Unavailable>>, Unavailable> {
    let form = state_at(block.hash);
    let mut at = At { chain: request.chain, block, form, latest };
    let mut shares = match shares(session, request, &at).await {
        // What one call more may have cost is not worth the answer.
        Err(why) if at.latest.is_some() && matches!(why.cause, Cause::RateLimited | Cause::NotAnAnswer) => {
            at.latest = None;
            self::shares(session, request, &at).await?
        }
        outcome => outcome?,
    };
    let may_be_refused = ["eth_call", "eth_getProof"];
    if shares.iter().flatten().any(|(method, item)| !may_be_refused.contains(method) && item.is_err()) {
        // Code and storage can always be read at a block that is there, so it is the block-object form that the node
        // refuses (chain.md §5.2 rule 3). A call and a proof may be refused by themselves.
        at.form = json!(format!("{:#x}", at.block.number));
        at.latest = None;
        shares = self::shares(session, request, &at).await?;
    }
    let mut states = States::default();
    let mut facts = Vec::with_capacity(request.questions.len());
    for (question, share) in request.questions.iter().zip(shares) {
        let items = share.into_iter().map(|(_, item)| item);
        facts.push(match question {
            ChainQuestion::Registry { registry, token } => {
                let state = registry::read(session, &at, *registry, *token, items).await;
                Early::Fact(states.keep(*registry, *token, state).map(Box::new).map(Fact::Registry))
            }
            ChainQuestion::History { registry, token } => {
                if !asks_state(request, *registry, *token) {
                    let state = registry::read(session, &at, *registry, *token, items).await;
                    let _kept = states.keep(*registry, *token, state);
                }
                Early::History(*registry, *token)
            }
            ChainQuestion::Powers { registry } => Early::Powers(*registry, items.collect()),
            ChainQuestion::Proof { registry, token } => Early::Proof(*registry, *token, items.collect()),
            ChainQuestion::DocumentStore { store, target_hash, proof } => {
                let path = path_from(*target_hash, proof);
                let reading = store::reading(session, &at, *store, &path, items);
                Early::Fact(reading.map(Box::new).map(Fact::DocumentStore))
            }
            ChainQuestion::Revocation { store, node, event, recorded_at } => {
                let (store, node, event, recorded_at) = (*store, *node, *event, *recorded_at);
                Early::Revocation(revocation::Revoked { store, node, event, recorded_at })
            }
            ChainQuestion::DidEthr { registry, identity } => Early::DidEthr(*registry, *identity, items.collect()),
        });
    }
    let mut rest = Vec::with_capacity(facts.len());
    for early in facts {
        rest.push(early.complete(session, request, &at, &states));
    }
    let facts = join_all(rest).await;
    match facts.iter().find_map(|fact| fact.as_ref().err().filter(|why| why.cause == Cause::BlockVanished)) {
        Some(gone) => Err(gone.clone()),
        None => Ok(facts),
    }
}

/// What the second round gives for a question: the answer, or what the next round starts from.
enum Early {
    Fact(Result<Fact, Unavailable>),
    History(Address, TokenId),
    Powers(Address, Vec<Item>),
    DidEthr(Address, Address, Vec<Item>),
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
            Self::History(registry, token) => {
                let state = states.of(session, registry, token)?;
                history::read(session, at, state).await.map(Box::new).map(Fact::History)
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
            Self::DidEthr(registry, identity, items) => {
                let items = items.into_iter();
                did_ethr::read(session, at, registry, identity, items).await.map(Box::new).map(Fact::DidEthr)
            }
        }
    }
}

/// The titles' states that were read: whose logs to ask for follows from them.
#[derive(Default)]
struct States(Vec<(Address, TokenId, Result<RegistryReading, Unavailable>)>);

impl States {
    fn keep(
        &mut self,
        registry: Address,
        token: TokenId,
        state: Result<RegistryReading, Unavailable>,
    ) -> Result<RegistryReading, Unavailable> {
        self.0.push((registry, token, state.clone()));
        state
    }

    fn of(&self, session: &Session<'_>, registry: Address, token: TokenId) -> Result<&RegistryReading, Unavailable> {
        match self.0.iter().find(|(known, of, _)| (*known, *of) == (registry, token)) {
            Some((.., state)) => state.as_ref().map_err(Clone::clone),
            None => Err(session.not_an_answer("the state of the title was not read")),
        }
    }
}

/// Whether the request asks for this title's state by itself.
fn asks_state(request: &Request, registry: Address, token: TokenId) -> bool {
    request.questions.contains(&ChainQuestion::Registry { registry, token })
}

/// The block that is read, and how the node is told which.
pub(super) struct At {
    pub chain: ChainId,
    pub block: BlockReading,
    /// The EIP-1898 object, or the number for a node that refuses it.
    pub form: Value,
    /// The newest block, where titles are looked at there as well: by its hash or not at all.
    pub latest: Option<BlockReading>,
}

/// The EIP-1898 object for a block by its hash.
pub(super) fn state_at(hash: Digest32) -> Value {
    json!({"blockHash": hash.to_string(), "requireCanonical": true})
}

/// One batch for all questions: each one's share of the results, beside the methods that were called.
async fn shares(
    session: &Session<'_>,
    request: &Request,
    at: &At,
) -> Result<Vec<Vec<(&'static str, Item)>>, Unavailable> {
    let calls: Vec<Vec<Call>> = request
        .questions
        .iter()
        .map(|question| match question {
            ChainQuestion::Registry { registry, token } => {
                let mut calls = registry::calls(*registry, *token, &at.form);
                calls.extend(at.latest.as_ref().map(|latest| registry::call_at_latest(*registry, *token, latest)));
                calls
            }
            ChainQuestion::History { registry, token } if asks_state(request, *registry, *token) => Vec::new(),
            ChainQuestion::History { registry, token } => registry::calls(*registry, *token, &at.form),
            ChainQuestion::Powers { registry } => powers::calls(*registry, &at.form),
            ChainQuestion::Proof { registry, token } => proof::calls(*registry, *token, &request.hints, at),
            ChainQuestion::DocumentStore { store, target_hash, proof } => {
                store::calls(*store, &path_from(*target_hash, proof), proof, &at.form)
            }
            ChainQuestion::Revocation { .. } => Vec::new(),
            ChainQuestion::DidEthr { registry, identity } => did_ethr::calls(*registry, *identity, &at.form),
        })
        .collect();
    let methods: Vec<Vec<&str>> = calls.iter().map(|share| share.iter().map(|(method, _)| *method).collect()).collect();
    let calls: Vec<Call> = calls.into_iter().flatten().collect();
    // Questions that only the next round answers need no request here.
    let items = if calls.is_empty() { Vec::new() } else { checked(session, &at.block, calls).await? };
    let mut items = items.into_iter();
    Ok(methods.into_iter().map(|share| share.into_iter().zip(items.by_ref()).collect()).collect())
}

/// A batch with the re-check of the header behind it; fails when the block is no longer there afterwards.
pub(super) async fn checked(
    session: &Session<'_>,
    block: &BlockReading,
    mut calls: Vec<Call>,
) -> Result<Vec<Item>, Unavailable> {
    calls.push(block_by_number(block.number));
    let mut items = session.batch(&calls).await?;
    match items.pop() {
        Some(Ok(now)) if now.is_null() => {}
        Some(Ok(now)) => match header(&now) {
            Some(now) if now.hash == block.hash => return Ok(items),
            Some(_) => {}
            None => return Err(session.not_an_answer("the node did not give the block again")),
        },
        _ => return Err(session.not_an_answer("the node did not give the block again")),
    }
    let detail = format!("block {} was replaced while it was read", block.number);
    Err(session.unavailable(Cause::BlockVanished, detail))
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

fn by_name(tag_or_number: &str) -> Call {
    ("eth_getBlockByNumber", json!([tag_or_number, false]))
}

/// A header by its height.
pub(super) fn block_by_number(number: u64) -> Call {
    by_name(&format!("{number:#x}"))
}

fn by_hash(hash: Digest32) -> Call {
    ("eth_getBlockByHash", json!([hash.to_string(), false]))
}

/// Whether the node says that it does not know the `finalized` tag, in the ways nodes say so (chain.md §5.3).
fn lacks_the_tag(error: &NodeError) -> bool {
    let message = error.message.to_ascii_lowercase();
    matches!(error.code, -32601 | -32602)
        || ["not supported", "unsupported", "unknown block", "not found", "invalid"]
            .iter()
            .any(|part| message.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: i64, message: &str) -> NodeError {
        NodeError { code, message: message.to_owned(), ..NodeError::default() }
    }

    #[test]
    fn only_a_missing_tag_lowers_finality() {
        for (code, message) in
            [(-32601, ""), (-32602, ""), (-32000, "finalized block not found"), (-39001, "Unknown block")]
        {
            assert!(lacks_the_tag(&error(code, message)), "{code} {message}");
        }
        for (code, message) in [(-32005, "limit exceeded"), (-32603, "internal error"), (-32000, "request timed out")] {
            assert!(!lacks_the_tag(&error(code, message)), "{code} {message}");
        }
    }
}
