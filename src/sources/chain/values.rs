//! JSON-RPC values as ours, strictly: what is not of the form that was asked for is not an answer.

use serde_json::Value;

use super::transport::{Item, Session};
use crate::evidence::{BlockReading, Finality, Unavailable};
use crate::primitives::{Address, Digest32, decode_hex};

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
    let code = item.and_then(Result::ok).as_ref().and_then(Value::as_str).and_then(bytes);
    code.ok_or_else(|| session.not_an_answer("the node did not give an account's code"))
}

/// A proxy slot as an address. Any non-zero word must be seen: one whose lower 20 bytes are zero, which no proxy writes,
/// becomes `0x…01`.
pub(super) fn slot(session: &Session<'_>, item: Item) -> Result<Address, Unavailable> {
    let word = item.ok().as_ref().and_then(Value::as_str).and_then(bytes).filter(|word| word.len() <= 32);
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
