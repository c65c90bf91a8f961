//! One token of one registry: the lens and, beside it, the registry's code and proxy slots (chain.md §5.6, 6.9).

use serde_json::{Value, json};

use super::plan::{At, state_at};
use super::reply::{Item, Json};
use super::transport::{Call, Session};
use super::values::{code, eth_get_code, slot};
use super::{calls, lens};
use crate::evidence::{BlockReading, Cause, LatestReading, ProxySlots, RegistryReading, Unavailable};
use crate::primitives::{Address, ChainId, TokenId, encode_hex, keccak256};

/// The registry's share of the second round.
pub(super) fn calls(registry: Address, token: TokenId, at: &Value) -> Vec<Call> {
    let mut calls: Vec<Call> = vec![lens_call(registry, token, at), eth_get_code(registry, at)];
    calls.extend(SLOTS.map(|slot| ("eth_getStorageAt", json!([registry.to_string(), slot, at]))));
    calls
}

/// The lens once more, at the newest block by its hash: one call behind those of [`calls`].
pub(super) fn call_at_latest(registry: Address, token: TokenId, latest: &BlockReading) -> Call {
    lens_call(registry, token, &state_at(latest.hash))
}

fn lens_call(registry: Address, token: TokenId, at: &Value) -> Call {
    let data = format!("0x{}", encode_hex(&lens::call_data(registry, token)));
    ("eth_call", json!([{"data": data}, at]))
}

/// The results of [`calls`], with further rounds of plain calls where the node refuses the lens. What may stand behind them
/// is of the newest block, and left out unless it is a whole answer.
pub(super) async fn read(
    session: &Session<'_>,
    at: &At,
    registry: Address,
    token: TokenId,
    mut items: impl Iterator<Item = Item>,
) -> Result<RegistryReading, Unavailable> {
    let seen = items.next().and_then(Result::ok).filter(ran);
    let registry_code = code(session, items.next())?;
    let slots = items.by_ref().take(SLOTS.len()).map(|item| slot(session, item));
    let slots = slots.collect::<Result<Vec<Address>, Unavailable>>()?;
    let mut reading = match seen {
        Some(answer) => by_lens(session, (at.chain, &at.block), &registry_code, &answer)?,
        None => calls::read(session, at, registry, token, &registry_code).await?,
    };
    reading.registry_code = registry_code;
    reading.block = at.block.clone();
    if let [implementation, admin, beacon] = slots[..] {
        reading.proxy_slots = ProxySlots { implementation, admin, beacon };
    }
    if let (Some(latest), Some(Ok(answer))) = (&at.latest, items.next())
        && let Ok(seen) = by_lens(session, (at.chain, latest), &reading.registry_code, &answer)
    {
        reading.latest = LatestReading::beside(&reading, seen, latest.clone()).map(Box::new);
    }
    Ok(reading)
}

/// A node that does not run calls without destination may say so by an error, or by an answer of nothing.
fn ran(answer: &Json) -> bool {
    !answer.is_null() && answer.bytes().is_none_or(|answer| !answer.is_empty())
}

/// The lens's answer, held against chain, block and code as the node gave them outside it.
fn by_lens(
    session: &Session<'_>,
    (chain, block): (ChainId, &BlockReading),
    registry_code: &[u8],
    answer: &Json,
) -> Result<RegistryReading, Unavailable> {
    let answer = answer.bytes().ok_or_else(|| session.not_an_answer("no call result"))?;
    let seen = lens::decoded(&answer)
        .ok_or_else(|| session.not_an_answer("the state reading is not of the form that was asked for"))?;
    if seen.chain != chain.get() {
        let detail = format!("asked for chain {chain}, the call ran on chain {}", seen.chain);
        return Err(session.unavailable(Cause::WrongChain, detail));
    }
    if (seen.number, seen.timestamp) != (block.number, block.timestamp) {
        return Err(session.not_an_answer("the state was read at another block than the one asked for"));
    }
    if (seen.registry_size, seen.registry_hash) != (registry_code.len() as u64, keccak256(registry_code)) {
        return Err(session.not_an_answer("the code and the state reading do not belong together"));
    }
    Ok(seen.reading)
}

/// ERC-1967 implementation, admin, beacon (chain.md 6.9).
const SLOTS: [&str; 3] = [
    "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc",
    "0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103",
    "0xa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6cb3582b35133d50",
];
