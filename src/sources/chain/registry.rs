//! One token of one registry: the lens and, beside it, the registry's code and proxy slots (chain.md §5.6, 6.9).

use serde_json::{Value, json};

use super::plan::{At, checked, newest_unread};
use super::reply::{Item, Json};
use super::transport::{Call, Session};
use super::values::{code, eth_get_code, slot};
use super::{calls, lens};
use crate::contracts::clone::PROXY_SLOTS;
use crate::evidence::{
    BlockReading, Cause, LatestReading, Newest, ProxySlots, ReadMethod, RegistryReading, Unavailable,
};
use crate::primitives::{Address, ChainId, TokenId, encode_hex, keccak256};

/// The registry's share of the second round.
pub(super) fn calls(registry: Address, token: TokenId, at: &Value) -> Vec<Call> {
    let mut calls: Vec<Call> = vec![lens_call(registry, token, at), eth_get_code(registry, at)];
    calls.extend(PROXY_SLOTS.map(|slot| ("eth_getStorageAt", json!([registry.to_string(), slot, at]))));
    calls
}

/// The first of [`calls`], and all that is asked at the newest block.
pub(super) fn lens_call(registry: Address, token: TokenId, at: &Value) -> Call {
    let data = format!("0x{}", encode_hex(&lens::call_data(registry, token)));
    ("eth_call", json!([{"data": data}, at]))
}

/// The results of [`calls`], with further rounds of plain calls where the node refuses the lens.
pub(super) async fn read(
    session: &Session<'_>,
    at: &At,
    registry: Address,
    token: TokenId,
    mut items: impl Iterator<Item = Item>,
    newest: Vec<Item>,
) -> Result<RegistryReading, Unavailable> {
    let seen = items.next().and_then(Result::ok).filter(ran);
    let registry_code = code(session, items.next())?;
    let slots = items.by_ref().take(PROXY_SLOTS.len()).map(|item| slot(session, item));
    let slots = slots.collect::<Result<Vec<Address>, Unavailable>>()?;
    let mut reading = match seen {
        Some(answer) => by_lens(session, (at.chain, &at.block), &registry_code, &answer)?,
        None => calls::read(session, at, registry, token, &registry_code).await?,
    };
    reading.registry_code = registry_code;
    reading.block = at.block.clone();
    reading.newest = at.nothing_newer();
    if let [implementation, admin, beacon] = slots[..] {
        reading.proxy_slots = ProxySlots { implementation, admin, beacon };
    }
    if let (Some(at), Some(item)) = (&at.newest, newest.into_iter().next()) {
        let latest = at_newest(session, at, (registry, token), &reading, item).await;
        reading.newest = Newest::Read(vec![latest.map_err(|why| newest_unread(session, at, &why))?]);
    }
    Ok(reading)
}

/// A node that does not run calls without destination may say so by an error, or by an answer of nothing.
fn ran(answer: &Json) -> bool {
    !answer.is_null() && answer.bytes().is_none_or(|answer| !answer.is_empty())
}

/// The same at the newest block, in the way that the node let us read the other.
async fn at_newest(
    session: &Session<'_>,
    at: &At,
    (registry, token): (Address, TokenId),
    reading: &RegistryReading,
    item: Item,
) -> Result<LatestReading, Unavailable> {
    let (block, code) = (&at.block, &reading.registry_code);
    let seen = match (reading.method, item) {
        (ReadMethod::Lens, Ok(answer)) => {
            let seen = lens_answer(session, (at.chain, block), &answer)?;
            if code.is_empty() && seen.registry_size > 0 {
                return Ok(LatestReading::of_new_registry(seen.reading, seen.registry_size, block.clone()));
            }
            of_this_code(session, seen, code)?
        }
        (ReadMethod::Lens, Err(error)) => return Err(session.refused("the call was refused", &error)),
        _ if code.is_empty() => {
            let mut items = checked(session, block, vec![eth_get_code(registry, &at.form)]).await?.into_iter();
            let code = self::code(session, items.next())?;
            let seen = calls::read(session, at, registry, token, &code).await?;
            if !code.is_empty() {
                return Ok(LatestReading::of_new_registry(seen, code.len() as u64, block.clone()));
            }
            seen
        }
        _ => calls::read(session, at, registry, token, code).await?,
    };
    let other = || session.not_an_answer("the registry itself is another one there");
    LatestReading::beside(reading, seen, block.clone()).ok_or_else(other)
}

/// The lens's answer, held against chain, block and code as the node gave them outside it.
fn by_lens(
    session: &Session<'_>,
    (chain, block): (ChainId, &BlockReading),
    registry_code: &[u8],
    answer: &Json,
) -> Result<RegistryReading, Unavailable> {
    of_this_code(session, lens_answer(session, (chain, block), answer)?, registry_code)
}

fn lens_answer(
    session: &Session<'_>,
    (chain, block): (ChainId, &BlockReading),
    answer: &Json,
) -> Result<lens::Seen, Unavailable> {
    let answer = answer.bytes().ok_or_else(|| session.not_an_answer("no call result"))?;
    let seen = lens::decoded(&answer)
        .ok_or_else(|| session.not_an_answer("the state reading is not of the form that was asked for"))?;
    if seen.chain != chain.get() {
        let detail = format!("asked for chain {chain}, the call ran on chain {}", seen.chain);
        return Err(session.unavailable(Cause::WrongChain, detail));
    }
    if (seen.number, seen.timestamp) != (block.number, block.timestamp) {
        // The node went on to another block between choosing this one and running the call.
        let detail = format!("the state was read at block {} instead of block {}", seen.number, block.number);
        return Err(session.unavailable(Cause::BlockVanished, detail));
    }
    Ok(seen)
}

fn of_this_code(session: &Session<'_>, seen: lens::Seen, registry_code: &[u8]) -> Result<RegistryReading, Unavailable> {
    if (seen.registry_size, seen.registry_hash) != (registry_code.len() as u64, keccak256(registry_code)) {
        return Err(session.not_an_answer("the code and the state reading do not belong together"));
    }
    Ok(seen.reading)
}
