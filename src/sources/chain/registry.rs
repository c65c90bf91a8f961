//! Tokens of a registry: the lens and, beside it, the registry's code and proxy slots (chain.md §5.6, 6.9).

use serde_json::{Value, json};

use super::at::{At, checked, newest_unread};
use super::reply::{Item, Json, NodeError};
use super::transport::{Call, Session};
use super::values::{code, eth_get_code, slot};
use super::{calls, lens};
use crate::contracts::clone::{PROXY_SLOTS, escrow_address};
use crate::evidence::{
    CallReading, Cause, ContractReading, NewerTitle, Newest, ProxySlots, ReadMethod, RegistryReading, TitleReading,
    Unavailable,
};
use crate::primitives::{Address, Digest32, TokenId, encode_hex, keccak256};

/// What is asked once of a registry.
pub(super) fn code_calls(registry: Address, at: &Value) -> Vec<Call> {
    let slots = PROXY_SLOTS.map(|slot| ("eth_getStorageAt", json!([registry.to_string(), slot, at])));
    std::iter::once(eth_get_code(registry, at)).chain(slots).collect()
}

/// What is asked of each token, at the block and at the newest.
pub(super) fn lens_call(registry: Address, token: TokenId, at: &Value) -> Call {
    deployless(&lens::call_data(registry, token), at)
}

/// The same of several tokens of one registry.
pub(super) fn lens_call_of_many(registry: Address, tokens: &[TokenId], at: &Value) -> Call {
    deployless(&lens::many::call_data(registry, tokens), at)
}

fn deployless(data: &[u8], at: &Value) -> Call {
    ("eth_call", json!([{"data": format!("0x{}", encode_hex(data))}, at]))
}

/// What the lens showed of a token.
pub(super) type Sight = Result<lens::Seen, Unseen>;

/// Why the lens showed nothing.
#[derive(Debug, Clone)]
pub(super) enum Unseen {
    /// The node does not run it.
    Refused(NodeError),
    /// The node gave nothing for it.
    Nothing,
    /// What it gave cannot be.
    NotAnAnswer(Unavailable),
}

/// The result of [`lens_call`].
pub(super) fn sight(session: &Session<'_>, at: &At, item: Option<Item>) -> Sight {
    let answer = ran(item)?;
    let seen = answer.bytes().ok_or_else(|| no_result(session));
    let seen = seen.and_then(|answer| lens::decoded(&answer).ok_or_else(|| not_its_form(session)));
    seen.and_then(|seen| of_this_block(session, at, seen)).map_err(Unseen::NotAnAnswer)
}

/// The result of [`lens_call_of_many`]: of the first tokens, as many as it came to.
pub(super) fn sights(
    session: &Session<'_>,
    at: &At,
    item: Option<Item>,
    asked: usize,
) -> Result<Vec<lens::Seen>, Unseen> {
    let answer = ran(item)?;
    let seen = answer.bytes().ok_or_else(|| no_result(session));
    let seen = seen.and_then(|answer| lens::many::decoded(&answer, asked).ok_or_else(|| not_its_form(session)));
    let seen = seen.and_then(|seen| seen.into_iter().map(|seen| of_this_block(session, at, seen)).collect());
    seen.map_err(Unseen::NotAnAnswer)
}

/// What a registry has once, however many of its tokens are looked at.
#[derive(Debug)]
pub(super) struct OfRegistry {
    code: Vec<u8>,
    code_hash: Digest32,
    proxy_slots: ProxySlots,
}

impl OfRegistry {
    /// The results of [`code_calls`].
    pub(super) fn of(session: &Session<'_>, mut items: impl Iterator<Item = Item>) -> Result<Self, Unavailable> {
        let code = code(session, items.next())?;
        let slots = items.by_ref().take(PROXY_SLOTS.len()).map(|item| slot(session, item));
        let slots = slots.collect::<Result<Vec<Address>, Unavailable>>()?;
        let proxy_slots = match slots[..] {
            [implementation, admin, beacon] => ProxySlots { implementation, admin, beacon },
            _ => ProxySlots::default(),
        };
        Ok(Self { code_hash: keccak256(&code), code, proxy_slots })
    }
}

/// What the lens showed of a token, at the block and at the newest one.
#[derive(Clone)]
pub(super) struct Sights {
    pub read: Sight,
    pub newest: Option<Sight>,
}

/// What the answers come to, with further rounds of plain calls where the node refuses the lens.
pub(super) async fn read(
    session: &Session<'_>,
    at: &At,
    (registry, token): (Address, TokenId),
    of_registry: &OfRegistry,
    sights: Sights,
) -> Result<RegistryReading, Unavailable> {
    let (method, (mut contract, title)) = match sights.read {
        Ok(seen) => (ReadMethod::Lens, of_this_title(session, seen, (registry, token), of_registry)?),
        Err(Unseen::NotAnAnswer(why)) => return Err(why),
        Err(Unseen::Refused(_) | Unseen::Nothing) => {
            (ReadMethod::Calls, calls::read(session, at, registry, token, &of_registry.code).await?)
        }
    };
    contract.code.clone_from(&of_registry.code);
    contract.proxy_slots = of_registry.proxy_slots.clone();
    let newest = at.nothing_newer();
    let mut reading =
        RegistryReading { chain_id: at.chain.get(), block: at.block.clone(), method, contract, title, newest };
    if let (Some(at), Some(sight)) = (&at.newest, sights.newest) {
        let newer = at_newest(session, at, (registry, token), &reading, of_registry, sight).await;
        reading.newest = Newest::Read(vec![newer.map_err(|why| newest_unread(session, at, &why))?]);
    }
    Ok(reading)
}

/// A node that does not run calls without destination may say so by an error, or by an answer of nothing.
pub(super) fn ran(item: Option<Item>) -> Result<Json, Unseen> {
    let answer = item.ok_or(Unseen::Nothing)?.map_err(Unseen::Refused)?;
    let nothing = answer.is_null() || answer.bytes().is_some_and(|answer| answer.is_empty());
    if nothing { Err(Unseen::Nothing) } else { Ok(answer) }
}

/// The same at the newest block, in the way that the node let us read the other. What can never change of a registry must
/// be the same there.
async fn at_newest(
    session: &Session<'_>,
    at: &At,
    (registry, token): (Address, TokenId),
    settled: &RegistryReading,
    of_registry: &OfRegistry,
    sight: Sight,
) -> Result<NewerTitle, Unavailable> {
    let code = &of_registry.code;
    let newer = |registry_code_size: u64, paused: CallReading, title: TitleReading| NewerTitle {
        block: at.block.clone(),
        registry_code_size,
        paused,
        title,
    };
    let (contract, title) = match (settled.method, sight) {
        (ReadMethod::Lens, Ok(seen)) => {
            if code.is_empty() && seen.registry_size > 0 {
                return Ok(newer(seen.registry_size, seen.contract.paused, seen.title));
            }
            of_this_title(session, seen, (registry, token), of_registry)?
        }
        (ReadMethod::Lens, Err(Unseen::Refused(error))) => {
            return Err(session.refused("the call was refused", &error));
        }
        (ReadMethod::Lens, Err(Unseen::NotAnAnswer(why))) => return Err(why),
        (ReadMethod::Lens, Err(Unseen::Nothing)) => return Err(not_its_form(session)),
        _ if code.is_empty() => {
            let mut items = checked(session, &at.block, vec![eth_get_code(registry, &at.form)]).await?.into_iter();
            let code = self::code(session, items.next())?;
            let (contract, title) = calls::read(session, at, registry, token, &code).await?;
            if !code.is_empty() {
                return Ok(newer(code.len() as u64, contract.paused, title));
            }
            (contract, title)
        }
        _ => calls::read(session, at, registry, token, code).await?,
    };
    let same = ContractReading {
        code: code.clone(),
        proxy_slots: settled.contract.proxy_slots.clone(),
        paused: settled.contract.paused.clone(),
        ..contract
    };
    if same != settled.contract || title.escrow != settled.title.escrow {
        return Err(session.not_an_answer("the registry itself is another one there"));
    }
    Ok(newer(code.len() as u64, contract.paused, title))
}

/// The lens's answer, held against chain and block.
fn of_this_block(session: &Session<'_>, at: &At, seen: lens::Seen) -> Result<lens::Seen, Unavailable> {
    if seen.chain != at.chain.get() {
        let detail = format!("asked for chain {}, the call ran on chain {}", at.chain, seen.chain);
        return Err(session.unavailable(Cause::WrongChain, detail));
    }
    if (seen.number, seen.timestamp) != (at.block.number, at.block.timestamp) {
        // The node went on to another block between choosing this one and running the call.
        let detail = format!("the state was read at block {} instead of block {}", seen.number, at.block.number);
        return Err(session.unavailable(Cause::BlockVanished, detail));
    }
    Ok(seen)
}

fn no_result(session: &Session<'_>) -> Unavailable {
    session.not_an_answer("no call result")
}

fn not_its_form(session: &Session<'_>) -> Unavailable {
    session.not_an_answer("the state reading is not of the form that was asked for")
}

/// And against the code as the node gave it outside the lens, and the title: the lens derives the escrow's address from what
/// the registry answered, so another one is a reading of something else.
fn of_this_title(
    session: &Session<'_>,
    seen: lens::Seen,
    (registry, token): (Address, TokenId),
    OfRegistry { code, code_hash, .. }: &OfRegistry,
) -> Result<(ContractReading, TitleReading), Unavailable> {
    if (seen.registry_size, seen.registry_hash) != (code.len() as u64, *code_hash) {
        return Err(session.not_an_answer("the code and the state reading do not belong together"));
    }
    let named = |answer: &CallReading| answer.address().ok().filter(|address| !address.is_zero());
    let parts = named(&seen.contract.factory).zip(named(&seen.contract.escrow_implementation));
    let escrow = parts.map(|(factory, implementation)| escrow_address(factory, registry, token, implementation));
    if seen.title.escrow != escrow.unwrap_or(Address::ZERO) {
        return Err(session.not_an_answer("the state reading is of another title"));
    }
    Ok((seen.contract, seen.title))
}
