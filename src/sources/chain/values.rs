//! The calls that read state, and JSON-RPC values as ours, strictly: what is not of the form that was asked for is not an
//! answer.

use serde::Deserialize;
use serde_json::{Value, json};

use super::lens::LONGEST_ANSWER;
use super::reply::{Data, First, Item, Json, Quantity};
use super::transport::{Call, Session};
use crate::contracts::token_registry::SUPPORTS_INTERFACE;
use crate::evidence::{BlockReading, CallReading, Finality, Unavailable};
use crate::primitives::{Address, Digest32, encode_hex};

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
    let mut data = [SUPPORTS_INTERFACE, id].concat();
    data.resize(36, 0);
    data
}

/// A block header's number, hash and time; the finality is the caller's to say.
pub(super) fn header(value: &Json) -> Option<BlockReading> {
    #[derive(Deserialize)]
    struct Header {
        number: Quantity,
        hash: Digest32,
        timestamp: Quantity,
    }
    let Header { number, hash, timestamp } = value.object()?;
    Some(BlockReading { number: number.0, hash, timestamp: timestamp.0, finality: Finality::default() })
}

pub(super) fn quantity(value: &Json) -> Option<u64> {
    value.read().map(|Quantity(number)| number)
}

/// A log, of which anything may be missing.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Log {
    pub removed: Option<bool>,
    #[serde(default, deserialize_with = "account")]
    pub address: Option<Address>,
    pub topics: Option<First<Digest32, 4>>,
    pub data: Option<Data>,
    pub block_number: Option<Quantity>,
    pub block_hash: Option<Digest32>,
    /// Not every node gives it as it should.
    #[serde(default, deserialize_with = "quantity_or_nothing")]
    pub block_timestamp: Option<Quantity>,
    pub transaction_hash: Option<Digest32>,
    pub transaction_index: Option<Quantity>,
    pub log_index: Option<Quantity>,
}

fn quantity_or_nothing<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Quantity>, D::Error> {
    super::reply::text_or_nothing(deserializer, Quantity::of)
}

/// With any prefix that a network's nodes write.
fn account<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Address>, D::Error> {
    super::reply::text(deserializer, "an address", |text| text.parse().ok()).map(Some)
}

/// An account's code.
pub(super) fn code(session: &Session<'_>, item: Option<Item>) -> Result<Vec<u8>, Unavailable> {
    let what = "the node did not give an account's code";
    let code = item.transpose().map_err(|error| session.refused(what, &error))?;
    let code = code.as_ref().and_then(Json::bytes);
    code.ok_or_else(|| session.not_an_answer(what))
}

/// What a call came to. Only a revert is an outcome of the contract; any other error is the node's and no answer.
pub(super) fn outcome(session: &Session<'_>, item: Item) -> Result<CallReading, Unavailable> {
    let (success, data) = match &item {
        Ok(value) => (true, value.bytes()),
        Err(error) if error.is_revert() => (false, Some(revert_data(&error.data))),
        Err(error) => return Err(session.refused("the node refused a call", error)),
    };
    let mut data = data.ok_or_else(|| session.not_an_answer("a call result is not bytes"))?;
    data.truncate(LONGEST_ANSWER);
    Ok(CallReading { success, data })
}

/// Nodes put the revert data into `data` itself, or into `data.data` or `data.result`.
fn revert_data(data: &Json) -> Vec<u8> {
    let wrapped = || {
        let members = data.members(MOST_MEMBERS)?;
        let member =
            |wanted: &str| members.iter().find(|(name, _)| name == wanted).and_then(|(_, value)| value.bytes());
        member("data").or_else(|| member("result"))
    };
    data.bytes().or_else(wrapped).unwrap_or_default()
}

const MOST_MEMBERS: usize = 32;

/// A proxy slot as an address. Any non-zero word must be seen: one whose lower 20 bytes are zero, which no proxy writes,
/// becomes `0x…01`.
pub(super) fn slot(session: &Session<'_>, item: Item) -> Result<Address, Unavailable> {
    let what = "the node did not give a storage slot";
    let item = item.map_err(|error| session.refused(what, &error))?;
    let word = item.bytes().filter(|word| word.len() <= 32);
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
            assert_eq!(revert_data(&data.clone().into()), [0x08, 0xc3, 0x79, 0xa0], "{data}");
        }
        assert!(revert_data(&json!({"other": 1}).into()).is_empty());
    }
}
