//! The read plan (chain.md §7): pin a block, then read everything at its hash and look whether it is still there.

use serde_json::{Value, json};

use super::transport::{Call, Item, NodeError, Session};
use super::{BlockChoice, is_local, lens};
use crate::evidence::{
    BlockReading, CallReading, Cause, CodeReading, Finality, ProxySlots, REGISTRY_INTERFACES, ReadMethod,
    RegistryReading, Unavailable,
};
use crate::primitives::{Address, ChainId, Digest32, TokenId, decode_hex, encode_hex, keccak256};
use crate::title::{clone_target_address, escrow_address};

pub(super) async fn read(
    session: &Session<'_>,
    choice: BlockChoice,
    chain: ChainId,
    registry: Address,
    token: TokenId,
) -> Result<RegistryReading, Unavailable> {
    match once(session, choice, chain, registry, token).await {
        Err(gone) if gone.cause == Cause::BlockVanished => once(session, choice, chain, registry, token).await,
        outcome => outcome,
    }
}

async fn once(
    session: &Session<'_>,
    choice: BlockChoice,
    chain: ChainId,
    registry: Address,
    token: TokenId,
) -> Result<RegistryReading, Unavailable> {
    let block = pinned(session, choice, chain).await?;
    let by_hash = json!({"blockHash": block.hash.to_string(), "requireCanonical": true});
    let by_number = json!(format!("{:#x}", block.number));
    let mut at = by_hash;
    let mut items = state(session, &block, &at, registry, token).await?;
    if items.iter().all(Result::is_err) {
        // The block is still there, so it is the block-object form that the node refuses (chain.md §5.2 rule 3).
        at = by_number;
        items = state(session, &block, &at, registry, token).await?;
    }
    let mut items = items.into_iter();
    let seen = items.next().and_then(Result::ok);
    let slots = items.map(|item| slot(session, item)).collect::<Result<Vec<Address>, Unavailable>>()?;
    let mut reading = match seen {
        Some(answer) => {
            let bytes = answer.as_str().and_then(prefixed).ok_or_else(|| session.not_an_answer("no call result"))?;
            let (head, reading) = lens::decoded(&bytes)
                .ok_or_else(|| session.not_an_answer("the state reading is not of the form that was asked for"))?;
            if head[0] != chain.get() {
                let detail = format!("asked for chain {chain}, the call ran on chain {}", head[0]);
                return Err(session.unavailable(Cause::WrongChain, detail));
            }
            if head[1..] != [block.number, block.timestamp] {
                return Err(session.not_an_answer("the state was read at another block than the one asked for"));
            }
            reading
        }
        None => by_calls(session, &block, &at, chain, registry, token).await?,
    };
    reading.block = block;
    if let [implementation, admin, beacon] = slots[..] {
        reading.proxy_slots = ProxySlots { implementation, admin, beacon };
    }
    Ok(reading)
}

/// Round 1: chain id and header. Both tags are asked at once, so that falling back costs no request.
async fn pinned(session: &Session<'_>, choice: BlockChoice, chain: ChainId) -> Result<BlockReading, Unavailable> {
    let tag = |tag: &str| ("eth_getBlockByNumber", json!([tag, false]));
    let mut calls: Vec<Call> = vec![("eth_chainId", json!([]))];
    match choice {
        BlockChoice::Default => calls.extend([tag("finalized"), tag("latest")]),
        BlockChoice::Latest => calls.push(tag("latest")),
        BlockChoice::Safe => calls.push(tag("safe")),
        BlockChoice::Finalized => calls.push(tag("finalized")),
        BlockChoice::Number(number) => calls.push(tag(&format!("{number:#x}"))),
        BlockChoice::Hash(hash) => calls.push(("eth_getBlockByHash", json!([hash.to_string(), false]))),
    }
    let mut items = session.batch(&calls).await?.into_iter();
    let served = items.next().and_then(Result::ok).as_ref().and_then(quantity);
    let served = served.ok_or_else(|| session.not_an_answer("the node did not give its chain id"))?;
    if served != chain.get() {
        let detail = format!("asked for chain {chain}, the endpoint serves chain {served}");
        return Err(session.unavailable(Cause::WrongChain, detail));
    }
    let local = is_local(chain);
    let newest = if local { Finality::Local } else { Finality::Latest };
    let first = items.next();
    if let (BlockChoice::Default, false, Some(Err(error))) = (choice, local, &first)
        && !lacks_the_tag(error)
    {
        // A passing failure must not quietly lower finality.
        let detail = format!("the node did not give the finalized block: error {}", error.code);
        return Err(session.not_an_answer(detail));
    }
    let first = first.and_then(Result::ok).as_ref().and_then(header);
    let found = match choice {
        BlockChoice::Default => match first.filter(|block| block.number > 0 && !local) {
            Some(block) => Some((block, Finality::Finalized)),
            None => items.next().and_then(Result::ok).as_ref().and_then(header).map(|block| (block, newest)),
        },
        BlockChoice::Latest => first.map(|block| (block, newest)),
        BlockChoice::Safe => first.map(|block| (block, Finality::Safe)),
        BlockChoice::Finalized => first.map(|block| (block, Finality::Finalized)),
        BlockChoice::Number(n) => first.filter(|block| block.number == n).map(|block| (block, Finality::Chosen)),
        BlockChoice::Hash(h) => first.filter(|block| block.hash == h).map(|block| (block, Finality::Chosen)),
    };
    let (block, finality) = found.ok_or_else(|| session.not_an_answer("the node did not give the block asked for"))?;
    Ok(BlockReading { finality, ..block })
}

/// Whether the node says that it does not know the `finalized` tag, in the ways nodes say so (chain.md §5.3).
fn lacks_the_tag(error: &NodeError) -> bool {
    let message = error.message.to_ascii_lowercase();
    matches!(error.code, -32601 | -32602)
        || ["not supported", "unsupported", "unknown block", "not found", "invalid"]
            .iter()
            .any(|part| message.contains(part))
}

/// Round 2: the lens and the three ERC-1967 slots; fails when the block is no longer there afterwards.
async fn state(
    session: &Session<'_>,
    block: &BlockReading,
    at: &Value,
    registry: Address,
    token: TokenId,
) -> Result<Vec<Item>, Unavailable> {
    let data = format!("0x{}", encode_hex(&lens::call_data(registry, token)));
    let mut calls: Vec<Call> = vec![("eth_call", json!([{"data": data}, at]))];
    calls.extend(SLOTS.map(|slot| ("eth_getStorageAt", json!([registry.to_string(), slot, at]))));
    checked(session, block, calls).await
}

/// A batch with the re-check of the header behind it.
async fn checked(session: &Session<'_>, block: &BlockReading, mut calls: Vec<Call>) -> Result<Vec<Item>, Unavailable> {
    calls.push(("eth_getBlockByNumber", json!([format!("{:#x}", block.number), false])));
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

/// The same reading in plain calls, for a node that refuses the lens.
async fn by_calls(
    session: &Session<'_>,
    block: &BlockReading,
    at: &Value,
    chain: ChainId,
    registry: Address,
    token: TokenId,
) -> Result<RegistryReading, Unavailable> {
    let ask = |to: Address, data: &[u8]| -> Call {
        ("eth_call", json!([{"to": to.to_string(), "data": format!("0x{}", encode_hex(data))}, at]))
    };
    let code_of = |of: Address| -> Call { ("eth_getCode", json!([of.to_string(), at])) };
    let mut calls = vec![code_of(registry)];
    calls.extend(REGISTRY_INTERFACES.map(|id| {
        let mut data = vec![0x01, 0xff, 0xc9, 0xa7];
        data.extend(id);
        data.resize(36, 0);
        ask(registry, &data)
    }));
    calls.push(ask(registry, &[&[0x63, 0x52, 0x21, 0x1e], &token.0[..]].concat()));
    calls.extend([0x3256_89f9u32, 0xa7f0_b3de, 0x5c97_5abb].map(|getter| ask(registry, &getter.to_be_bytes())));
    let mut items = checked(session, block, calls).await?.into_iter();
    let mut reading = RegistryReading { chain_id: chain.get(), method: ReadMethod::Calls, ..Default::default() };
    reading.registry_code = code(session, items.next())?;
    let mut outcomes = items.map(|item| outcome(session, item)).collect::<Result<Vec<_>, _>>()?;

    let target = clone_target_address(&reading.registry_code).filter(|target| !target.is_zero());
    let factory = outcomes.get(7).and_then(address);
    let mut implementation = None;
    if target.is_some() || factory.is_some() {
        let mut calls: Vec<Call> = target.into_iter().chain(factory).map(code_of).collect();
        calls.extend(factory.map(|factory| ask(factory, &0x5c60_da1bu32.to_be_bytes())));
        let mut items = checked(session, block, calls).await?.into_iter();
        if let Some(target) = target {
            reading.clone_target = Some(facts(target, &code(session, items.next())?));
        }
        if let Some(factory) = factory {
            reading.factory_code = facts(factory, &code(session, items.next())?);
        }
        if let Some(item) = items.next() {
            let answer = outcome(session, item)?;
            implementation = address(&answer);
            outcomes.push(answer);
        }
    }
    if let (Some(factory), Some(implementation)) = (factory, implementation) {
        reading.escrow = escrow_address(factory, registry, token, implementation);
        let mut calls = vec![code_of(implementation), code_of(reading.escrow)];
        calls.extend(ESCROW_GETTERS.map(|getter| ask(reading.escrow, &getter.to_be_bytes())));
        let mut items = checked(session, block, calls).await?.into_iter();
        reading.escrow_implementation_code = facts(implementation, &code(session, items.next())?);
        reading.escrow_code = code(session, items.next())?;
        reading.escrow_code_size = reading.escrow_code.len() as u64;
        reading.escrow_code.truncate(45);
        for item in items {
            outcomes.push(outcome(session, item)?);
        }
    }
    outcomes.resize(lens::CALLS, CallReading::default());
    lens::assign(&mut reading, outcomes).ok_or_else(|| session.not_an_answer("too many results"))?;
    Ok(reading)
}

fn facts(address: Address, code: &[u8]) -> CodeReading {
    let stripped = match code {
        [.., high, low] => code.len().saturating_sub(usize::from(*high) * 256 + usize::from(*low) + 2),
        _ => 0,
    };
    let tail_fits = code.last_chunk::<2>().is_some_and(|tail| usize::from(u16::from_be_bytes(*tail)) + 2 <= code.len());
    let kept = if tail_fits { &code[..stripped] } else { code };
    CodeReading { address, size: code.len() as u64, hash: keccak256(code), stripped_hash: keccak256(kept) }
}

/// An address only from exactly one clean word (chain.md 6.11).
fn address(answer: &CallReading) -> Option<Address> {
    let word: [u8; 32] = answer.data.as_slice().try_into().ok().filter(|_| answer.success)?;
    word_address(word).filter(|address| !address.is_zero())
}

fn word_address(word: [u8; 32]) -> Option<Address> {
    word.strip_prefix(&[0; 12]).and_then(|address| address.try_into().ok()).map(Address)
}

fn outcome(session: &Session<'_>, item: Item) -> Result<CallReading, Unavailable> {
    let (success, data) = match &item {
        Ok(value) => (true, value.as_str().and_then(prefixed)),
        Err(error) if error.code == 3 || error.message.to_ascii_lowercase().contains("revert") => {
            (false, Some(revert_data(&error.data)))
        }
        Err(error) => return Err(session.not_an_answer(format!("the node refused a call with error {}", error.code))),
    };
    data.map(|data| CallReading { success, data }).ok_or_else(|| session.not_an_answer("a call result is not bytes"))
}

/// Nodes put the revert data into `data` itself, or into `data.data` or `data.result`.
fn revert_data(data: &Value) -> Vec<u8> {
    let text = data.as_str().or_else(|| data.get("data")?.as_str()).or_else(|| data.get("result")?.as_str());
    text.and_then(prefixed).unwrap_or_default()
}

fn code(session: &Session<'_>, item: Option<Item>) -> Result<Vec<u8>, Unavailable> {
    let code = item.and_then(Result::ok).as_ref().and_then(Value::as_str).and_then(prefixed);
    code.ok_or_else(|| session.not_an_answer("the node did not give an account's code"))
}

/// A proxy slot as an address. Any non-zero word must be seen: one whose lower 20 bytes are zero, which no proxy writes,
/// becomes `0x…01`.
fn slot(session: &Session<'_>, item: Item) -> Result<Address, Unavailable> {
    let word = item.ok().as_ref().and_then(Value::as_str).and_then(prefixed).filter(|word| word.len() <= 32);
    let word = word.ok_or_else(|| session.not_an_answer("the node did not give a storage slot"))?;
    let mut padded = [0; 32];
    padded[32 - word.len()..].copy_from_slice(&word);
    let mut out = Address::ZERO;
    out.0.copy_from_slice(&padded[12..]);
    if out.is_zero() && padded != [0; 32] {
        out.0[19] = 1;
    }
    Ok(out)
}

fn header(value: &Value) -> Option<BlockReading> {
    let hash = value.get("hash")?.as_str().and_then(prefixed)?.try_into().ok()?;
    let (number, timestamp) = (quantity(value.get("number")?)?, quantity(value.get("timestamp")?)?);
    Some(BlockReading { number, hash: Digest32(hash), timestamp, finality: Finality::default() })
}

fn quantity(value: &Value) -> Option<u64> {
    let digits = value.as_str()?.strip_prefix("0x")?;
    let plain = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    plain.then(|| u64::from_str_radix(digits, 16).ok()).flatten()
}

fn prefixed(text: &str) -> Option<Vec<u8>> {
    text.starts_with("0x").then(|| decode_hex(text)).flatten()
}

/// ERC-1967 implementation, admin, beacon (chain.md 6.9).
const SLOTS: [&str; 3] = [
    "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc",
    "0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103",
    "0xa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6cb3582b35133d50",
];
/// registry, tokenId, beneficiary, holder, nominee, active, isHoldingToken, prevBeneficiary, prevHolder, remark.
const ESCROW_GETTERS: [u32; 10] = [
    0x7b10_3999,
    0x17d7_0f7c,
    0x38af_3eed,
    0xe534_155d,
    0x20f9_9c0a,
    0x02fb_0c5e,
    0xc943_7e5e,
    0xbd1d_07b5,
    0x035a_edfa,
    0xa47d_1f5e,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: i64, message: &str) -> NodeError {
        NodeError { code, message: message.to_owned(), data: Value::Null }
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

    #[test]
    fn revert_data_is_found_where_nodes_put_it() {
        for data in [json!("0x08c379a0"), json!({"data": "0x08c379a0"}), json!({"result": "0x08c379a0"})] {
            assert_eq!(revert_data(&data), [0x08, 0xc3, 0x79, 0xa0], "{data}");
        }
        assert!(revert_data(&json!({"other": 1})).is_empty());
    }
}
