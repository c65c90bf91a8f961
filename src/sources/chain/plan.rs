//! The read plan (chain.md §7): pin a block, then read everything at its hash and look whether it is still there.

use serde_json::{Value, json};

use super::transport::{Call, Item, NodeError, Session};
use super::values::{bytes, code, header, quantity, slot};
use super::{BlockChoice, calls, lens};
use crate::evidence::{BlockReading, Cause, Finality, ProxySlots, RegistryReading, Unavailable};
use crate::networks;
use crate::primitives::{Address, ChainId, Digest32, TokenId, encode_hex, keccak256};

/// What is read: one token of one registry, at one block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request {
    pub chain: ChainId,
    pub registry: Address,
    pub token: TokenId,
    pub choice: BlockChoice,
}

/// Both rounds at one endpoint, and once more when the block vanishes in between (checks.md §8).
pub(super) async fn read(session: &Session<'_>, request: &Request) -> Result<RegistryReading, Unavailable> {
    let once = async || read_at(session, request, pinned(session, request).await?).await;
    match once().await {
        Err(gone) if gone.cause == Cause::BlockVanished => once().await,
        outcome => outcome,
    }
}

/// Round 1: chain id and header. Both tags are asked at once, so that falling back costs no request.
pub(super) async fn pinned(session: &Session<'_>, request: &Request) -> Result<BlockReading, Unavailable> {
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
    let mut items = session.batch(&calls).await?.into_iter();
    serves(session, chain, items.next())?;
    let local = networks::is_local(chain);
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

/// Round 2: everything, at a block that this endpoint has.
pub(super) async fn read_at(
    session: &Session<'_>,
    request: &Request,
    block: BlockReading,
) -> Result<RegistryReading, Unavailable> {
    let mut at = json!({"blockHash": block.hash.to_string(), "requireCanonical": true});
    let mut items = state(session, request, &block, &at).await?;
    if items.iter().skip(1).any(Result::is_err) {
        // Code and storage can always be read at a block that is there, so it is the block-object form that the node
        // refuses (chain.md §5.2 rule 3). The lens stands first and may be refused by itself.
        at = json!(format!("{:#x}", block.number));
        items = state(session, request, &block, &at).await?;
    }
    let mut items = items.into_iter();
    let seen = items.next().and_then(Result::ok);
    let registry_code = code(session, items.next())?;
    let slots = items.map(|item| slot(session, item)).collect::<Result<Vec<Address>, Unavailable>>()?;
    let mut reading = match seen {
        Some(answer) => by_lens(session, request, &block, &registry_code, &answer)?,
        None => calls::read(session, request, &block, &at, &registry_code).await?,
    };
    reading.registry_code = registry_code;
    reading.block = block;
    if let [implementation, admin, beacon] = slots[..] {
        reading.proxy_slots = ProxySlots { implementation, admin, beacon };
    }
    Ok(reading)
}

/// The lens and, beside it, the registry's code and its three ERC-1967 slots.
async fn state(
    session: &Session<'_>,
    request: &Request,
    block: &BlockReading,
    at: &Value,
) -> Result<Vec<Item>, Unavailable> {
    let registry = request.registry.to_string();
    let data = format!("0x{}", encode_hex(&lens::call_data(request.registry, request.token)));
    let mut calls: Vec<Call> = vec![("eth_call", json!([{"data": data}, at])), ("eth_getCode", json!([registry, at]))];
    calls.extend(SLOTS.map(|slot| ("eth_getStorageAt", json!([registry, slot, at]))));
    checked(session, block, calls).await
}

/// A batch with the re-check of the header behind it; fails when the block is no longer there afterwards.
pub(super) async fn checked(
    session: &Session<'_>,
    block: &BlockReading,
    mut calls: Vec<Call>,
) -> Result<Vec<Item>, Unavailable> {
    calls.push(by_name(&format!("{:#x}", block.number)));
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

/// The lens's answer, held against chain, block and code as the node gave them outside it.
fn by_lens(
    session: &Session<'_>,
    request: &Request,
    block: &BlockReading,
    registry_code: &[u8],
    answer: &Value,
) -> Result<RegistryReading, Unavailable> {
    let answer = answer.as_str().and_then(bytes).ok_or_else(|| session.not_an_answer("no call result"))?;
    let seen = lens::decoded(&answer)
        .ok_or_else(|| session.not_an_answer("the state reading is not of the form that was asked for"))?;
    if seen.chain != request.chain.get() {
        let detail = format!("asked for chain {}, the call ran on chain {}", request.chain, seen.chain);
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

fn serves(session: &Session<'_>, chain: ChainId, item: Option<Item>) -> Result<(), Unavailable> {
    let served = item.and_then(Result::ok).as_ref().and_then(quantity);
    let served = served.ok_or_else(|| session.not_an_answer("the node did not give its chain id"))?;
    if served == chain.get() {
        return Ok(());
    }
    let detail = format!("asked for chain {chain}, the endpoint serves chain {served}");
    Err(session.unavailable(Cause::WrongChain, detail))
}

fn by_name(tag_or_number: &str) -> Call {
    ("eth_getBlockByNumber", json!([tag_or_number, false]))
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

/// ERC-1967 implementation, admin, beacon (chain.md 6.9).
const SLOTS: [&str; 3] = [
    "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc",
    "0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103",
    "0xa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6cb3582b35133d50",
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
}
