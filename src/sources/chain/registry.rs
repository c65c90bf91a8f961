//! One token of one registry: the lens and, beside it, the registry's code and proxy slots (chain.md §5.6, 6.9).

use serde_json::{Value, json};

use super::at::{At, checked, newest_unread};
use super::reply::{Item, Json};
use super::transport::{Call, Session};
use super::values::{code, eth_get_code, slot};
use super::{calls, lens};
use crate::contracts::clone::PROXY_SLOTS;
use crate::evidence::{
    BlockReading, CallReading, Cause, ContractReading, NewerTitle, Newest, ProxySlots, ReadMethod, RegistryReading,
    TitleReading, Unavailable,
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
    newest_items: Vec<Item>,
) -> Result<RegistryReading, Unavailable> {
    let seen = items.next().and_then(Result::ok).filter(ran);
    let code = code(session, items.next())?;
    let slots = items.by_ref().take(PROXY_SLOTS.len()).map(|item| slot(session, item));
    let slots = slots.collect::<Result<Vec<Address>, Unavailable>>()?;
    let (method, (mut contract, title)) = match seen {
        Some(answer) => (ReadMethod::Lens, by_lens(session, (at.chain, &at.block), &code, &answer)?),
        None => (ReadMethod::Calls, calls::read(session, at, registry, token, &code).await?),
    };
    contract.code = code;
    if let [implementation, admin, beacon] = slots[..] {
        contract.proxy_slots = ProxySlots { implementation, admin, beacon };
    }
    let newest = at.nothing_newer();
    let mut reading =
        RegistryReading { chain_id: at.chain.get(), block: at.block.clone(), method, contract, title, newest };
    if let (Some(at), Some(item)) = (&at.newest, newest_items.into_iter().next()) {
        let newer = at_newest(session, at, (registry, token), &reading, item).await;
        reading.newest = Newest::Read(vec![newer.map_err(|why| newest_unread(session, at, &why))?]);
    }
    Ok(reading)
}

/// A node that does not run calls without destination may say so by an error, or by an answer of nothing.
fn ran(answer: &Json) -> bool {
    !answer.is_null() && answer.bytes().is_none_or(|answer| !answer.is_empty())
}

/// The same at the newest block, in the way that the node let us read the other. What can never change of a registry must
/// be the same there.
async fn at_newest(
    session: &Session<'_>,
    at: &At,
    (registry, token): (Address, TokenId),
    settled: &RegistryReading,
    item: Item,
) -> Result<NewerTitle, Unavailable> {
    let code = &settled.contract.code;
    let newer = |registry_code_size: u64, paused: CallReading, title: TitleReading| NewerTitle {
        block: at.block.clone(),
        registry_code_size,
        paused,
        title,
    };
    let (contract, title) = match (settled.method, item) {
        (ReadMethod::Lens, Ok(answer)) => {
            let seen = lens_answer(session, (at.chain, &at.block), &answer)?;
            if code.is_empty() && seen.registry_size > 0 {
                return Ok(newer(seen.registry_size, seen.contract.paused, seen.title));
            }
            of_this_code(session, seen, code)?
        }
        (ReadMethod::Lens, Err(error)) => return Err(session.refused("the call was refused", &error)),
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

/// The lens's answer, held against chain, block and code as the node gave them outside it.
fn by_lens(
    session: &Session<'_>,
    (chain, block): (ChainId, &BlockReading),
    code: &[u8],
    answer: &Json,
) -> Result<(ContractReading, TitleReading), Unavailable> {
    of_this_code(session, lens_answer(session, (chain, block), answer)?, code)
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

fn of_this_code(
    session: &Session<'_>,
    seen: lens::Seen,
    code: &[u8],
) -> Result<(ContractReading, TitleReading), Unavailable> {
    if (seen.registry_size, seen.registry_hash) != (code.len() as u64, keccak256(code)) {
        return Err(session.not_an_answer("the code and the state reading do not belong together"));
    }
    Ok((seen.contract, seen.title))
}
