//! The calls that read state, and JSON-RPC values as ours, strictly: what is not of the form that was asked for is not an
//! answer.

use serde_json::{Value, json};

use super::lens::LONGEST_ANSWER;
use super::transport::{Call, Item, Session};
use crate::evidence::{BlockReading, CallReading, CodeReading, Finality, Unavailable};
use crate::primitives::{Address, Digest32, decode_hex, encode_hex, keccak256};
use crate::title::without_metadata;

/// A call of a contract at the block `at`.
pub(super) fn eth_call(to: Address, data: &[u8], at: &Value) -> Call {
    ("eth_call", json!([{"to": to.to_string(), "data": format!("0x{}", encode_hex(data))}, at]))
}

/// An account's code at the block `at`.
pub(super) fn eth_get_code(of: Address, at: &Value) -> Call {
    ("eth_getCode", json!([of.to_string(), at]))
}

/// The data of `supportsInterface(id)`.
pub(super) fn supports_interface(id: [u8; 4]) -> Vec<u8> {
    let mut data = [[0x01, 0xff, 0xc9, 0xa7], id].concat();
    data.resize(36, 0);
    data
}

/// A block header's number, hash and time; the finality is the caller's to say.
pub(super) fn header(value: &Value) -> Option<BlockReading> {
    let hash = value.get("hash")?.as_str().and_then(bytes)?.try_into().ok()?;
    let (number, timestamp) = (quantity(value.get("number")?)?, quantity(value.get("timestamp")?)?);
    Some(BlockReading { number, hash: Digest32(hash), timestamp, finality: Finality::default() })
}

pub(super) fn quantity(value: &Value) -> Option<u64> {
    let digits = value.as_str()?.strip_prefix("0x")?;
    let plain = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    plain.then(|| u64::from_str_radix(digits, 16).ok()).flatten()
}

/// `0x` and whole bytes.
pub(super) fn bytes(text: &str) -> Option<Vec<u8>> {
    text.starts_with("0x").then(|| decode_hex(text)).flatten()
}

/// An account's code.
pub(super) fn code(session: &Session<'_>, item: Option<Item>) -> Result<Vec<u8>, Unavailable> {
    let what = "the node did not give an account's code";
    let code = item.transpose().map_err(|error| session.refused(what, &error))?;
    let code = code.as_ref().and_then(Value::as_str).and_then(bytes);
    code.ok_or_else(|| session.not_an_answer(what))
}

/// An account's code as hashes.
pub(super) fn code_facts(address: Address, code: &[u8]) -> CodeReading {
    let stripped_hash = keccak256(without_metadata(code));
    CodeReading { address, size: code.len() as u64, hash: keccak256(code), stripped_hash }
}

/// What a call came to. Only a revert is an outcome of the contract; any other error is the node's and no answer.
pub(super) fn outcome(session: &Session<'_>, item: Item) -> Result<CallReading, Unavailable> {
    let (success, data) = match &item {
        Ok(value) => (true, value.as_str().and_then(bytes)),
        Err(error) if error.is_revert() => (false, Some(revert_data(&error.data))),
        Err(error) => return Err(session.refused("the node refused a call", error)),
    };
    let mut data = data.ok_or_else(|| session.not_an_answer("a call result is not bytes"))?;
    data.truncate(LONGEST_ANSWER);
    Ok(CallReading { success, data })
}

/// Nodes put the revert data into `data` itself, or into `data.data` or `data.result`.
fn revert_data(data: &Value) -> Vec<u8> {
    let text = data.as_str().or_else(|| data.get("data")?.as_str()).or_else(|| data.get("result")?.as_str());
    text.and_then(bytes).unwrap_or_default()
}

/// A proxy slot as an address. Any non-zero word must be seen: one whose lower 20 bytes are zero, which no proxy writes,
/// becomes `0x…01`.
pub(super) fn slot(session: &Session<'_>, item: Item) -> Result<Address, Unavailable> {
    let what = "the node did not give a storage slot";
    let item = item.map_err(|error| session.refused(what, &error))?;
    let word = item.as_str().and_then(bytes).filter(|word| word.len() <= 32);
    let word = word.ok_or_else(|| session.not_an_answer(what))?;
    let mut padded = [0; 32];
    padded[32 - word.len()..].copy_from_slice(&word);
    let mut out = Address::ZERO;
    out.0.copy_from_slice(&padded[12..]);
    if out.is_zero() && padded != [0; 32] {
        out.0[19] = 1;
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revert_data_is_found_where_nodes_put_it() {
        for data in [json!("0x08c379a0"), json!({"data": "0x08c379a0"}), json!({"result": "0x08c379a0"})] {
            assert_eq!(revert_data(&data), [0x08, 0xc3, 0x79, 0xa0], "{data}");
        }
        assert!(revert_data(&json!({"other": 1})).is_empty());
    }
}
