//! The small values everything else is made of. Each is parsed once, at the edge, and cannot be wrong afterwards.

use std::fmt;
use std::str::FromStr;

use crate::keccak::{Keccak256, Messages};
use crate::text::repeatable;
use serde::{Deserialize, Serialize};

/// Keccak-256 with the original padding, as Ethereum uses it (documents.md §0).
pub fn keccak256(bytes: impl AsRef<[u8]>) -> Digest32 {
    let mut message = Keccak256::default();
    message.update(bytes.as_ref());
    message.finish()
}

/// Keccak-256 of each of these messages, in their order. Short ones are hashed several at a time, as far as the processor
/// has vectors for it.
///
/// ```
/// use ebl_verifier::primitives::{keccak256, keccak256_of_each};
///
/// assert_eq!(keccak256_of_each(["", "[]"]), [keccak256(""), keccak256("[]")]);
/// ```
pub fn keccak256_of_each(messages: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Vec<Digest32> {
    let (nothing, mut texts) = (Keccak256::default(), Messages::default());
    for message in messages {
        texts.begin(&nothing);
        texts.write(message.as_ref());
        texts.end();
    }
    texts.digests()
}

/// 32 bytes: a target hash, a Merkle root, a leaf hash, a code hash or a block hash. Orders bytewise.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Digest32(pub [u8; 32]);

impl Digest32 {
    /// Reads exactly 64 lower-case hexadecimal characters without `0x` (`hex64`, documents.md §0).
    pub fn from_hex64(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() != 64 || bytes.iter().fold(false, |found, byte| found | byte.is_ascii_uppercase()) {
            return None;
        }
        let mut out = [0; 32];
        decode_hex_into(bytes, &mut out).then_some(Self(out))
    }

    /// 64 lower-case hexadecimal characters without `0x`.
    pub fn to_hex64(self) -> String {
        encode_hex(&self.0)
    }

    /// The 64 lower-case hexadecimal characters as bytes, without an allocation.
    pub fn hex64_bytes(self) -> [u8; 64] {
        let mut out = [0; 64];
        for (pair, byte) in out.as_chunks_mut().0.iter_mut().zip(self.0) {
            *pair = hex_pair(byte);
        }
        out
    }
}

impl fmt::Display for Digest32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", self.to_hex64())
    }
}

/// A 20-byte account or contract address. Prints with its EIP-55 checksum; equality is of the bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Address(pub [u8; 20]);

impl Address {
    /// The zero address.
    pub const ZERO: Self = Self([0; 20]);
    /// `0x…dEaD`, where an accepted (shredded) title ends (chain.md §1.6).
    pub const DEAD: Self = Self([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xde, 0xad]);

    /// The address in a word of the ABI, whose upper 12 bytes must be zero.
    pub fn of_word(word: &[u8; 32]) -> Option<Self> {
        word.strip_prefix(&[0; 12])?.try_into().ok().map(Self)
    }

    /// As a word of the ABI.
    pub fn word(self) -> [u8; 32] {
        let mut word = [0; 32];
        word[12..].copy_from_slice(&self.0);
        word
    }

    /// Whether this is the zero address.
    pub fn is_zero(self) -> bool {
        self == Self::ZERO
    }

    /// The address with its EIP-55 checksum, `0x` first.
    pub fn checksummed(self) -> String {
        let lower = encode_hex(&self.0);
        let hash = keccak256(lower.as_bytes()).hex64_bytes();
        let mut out = String::with_capacity(42);
        out.push_str("0x");
        for (character, nibble) in lower.chars().zip(hash) {
            out.push(if nibble >= b'8' { character.to_ascii_uppercase() } else { character });
        }
        out
    }

    /// Whether the letters of `text` (40 hexadecimal characters after the prefix) carry no checksum or the right one
    /// (documents.md §6.2: a wrong checksum is a warning, not an error).
    pub fn checksum_agrees(self, text: &str) -> bool {
        let Some(digits) = text.get(text.len().saturating_sub(40)..) else { return false };
        let has = |test: fn(&char) -> bool| digits.chars().any(|c| test(&c));
        let mixed = has(char::is_ascii_lowercase) && has(char::is_ascii_uppercase);
        !mixed || self.checksummed().ends_with(digits)
    }

    /// Reads an address that somebody gave us to go by: as [`FromStr`], and where its letters carry a checksum (EIP-55) it must
    /// be right, because a mistyped address is another account's.
    ///
    /// ```
    /// use ebl_verifier::primitives::Address;
    ///
    /// assert!(Address::from_caller("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed").is_ok());
    /// assert!(Address::from_caller("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed").is_ok());
    /// assert!(Address::from_caller("0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed").is_err());
    /// ```
    pub fn from_caller(text: &str) -> Result<Self, InvalidAddress> {
        let address: Self = text.parse()?;
        if address.checksum_agrees(text) {
            Ok(address)
        } else {
            Err(InvalidAddress::Checksum { found: text.to_owned(), expected: address })
        }
    }

    /// Shortened for people: `0x7099…79C8`.
    pub fn short(self) -> String {
        let full = self.checksummed();
        format!("{}…{}", &full[..6], &full[38..])
    }
}

/// Accepts `0x` or `xdc` followed by 40 hexadecimal characters of any case; nothing else, and no ENS names
/// (documents.md §6.2, chain.md 6.17).
impl FromStr for Address {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("xdc"));
        let mut out = [0; 20];
        match digits {
            Some(digits) if digits.len() == 40 && decode_hex_into(digits.as_bytes(), &mut out) => Ok(Self(out)),
            _ => {
                Err(InvalidValue { expected: "an address: 0x and 40 hexadecimal characters", found: repeatable(text) })
            }
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.checksummed())
    }
}

/// A registry's token id: 256 bits, big-endian. For an OpenAttestation document it is the target hash (chain.md §1.2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenId(pub [u8; 32]);

impl From<Digest32> for TokenId {
    fn from(target_hash: Digest32) -> Self {
        Self(target_hash.0)
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", encode_hex(&self.0))
    }
}

/// An EIP-155 chain id, never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct ChainId(u64);

impl ChainId {
    /// The id as a number.
    pub fn get(self) -> u64 {
        self.0
    }
}

impl TryFrom<u64> for ChainId {
    type Error = InvalidValue;

    fn try_from(id: u64) -> Result<Self, InvalidValue> {
        if id == 0 {
            return Err(InvalidValue { expected: "a chain id greater than zero", found: "0".into() });
        }
        Ok(Self(id))
    }
}

impl From<ChainId> for u64 {
    fn from(id: ChainId) -> u64 {
        id.0
    }
}

/// Decimal digits only: no sign, no blanks, no leading zero (documents.md §7.3).
impl FromStr for ChainId {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let id = plain_decimal(text).filter(|id| *id > 0).map(Self);
        id.ok_or_else(|| InvalidValue { expected: "a chain id in decimal digits", found: repeatable(text) })
    }
}

impl fmt::Display for ChainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A value that is not of the form it must have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, found {found:?}")]
pub struct InvalidValue {
    /// What would have been right.
    pub expected: &'static str,
    /// What was there, as far as it may be repeated.
    pub found: String,
}

/// Why a text is not an address that can be gone by.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidAddress {
    /// Not an address.
    #[error(transparent)]
    Form(#[from] InvalidValue),
    /// An address with a mistake in it.
    #[error("the letters of {found} do not carry its checksum; if it is the right address, write {expected}")]
    Checksum {
        /// As written.
        found: String,
        /// As it should be.
        expected: Address,
    },
}

/// A whole number in plain decimal digits: no sign, no blanks, no leading zero, so that every number has one spelling.
pub(crate) fn plain_decimal<T: FromStr>(text: &str) -> Option<T> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    plain.then(|| text.parse().ok()).flatten()
}

/// Lower-case hexadecimal without a prefix.
pub fn encode_hex(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| hex_pair(*byte)).map(char::from).collect()
}

/// Reads hexadecimal of any case, with or without `0x`; `None` for an odd length or a stray character.
pub fn decode_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("0x").unwrap_or(text).as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let mut out = vec![0; digits.len() / 2];
    decode_hex_into(digits, &mut out).then_some(out)
}

pub(crate) fn decode_hex_into(digits: &[u8], out: &mut [u8]) -> bool {
    if digits.len() != out.len() * 2 || !is_hexadecimal(digits) {
        return false;
    }
    // A letter's low bits count from 1.
    let nibble = |digit: u8| (digit & 15) + if digit > b'9' { 9 } else { 0 };
    for ([high, low], byte) in digits.as_chunks().0.iter().zip(out) {
        *byte = nibble(*high) << 4 | nibble(*low);
    }
    true
}

/// Whether all are hexadecimal digits of any case. Here and beside it there is no way out of a loop and nothing looked up, so
/// that many bytes are looked at at a time.
pub(crate) fn is_hexadecimal(digits: &[u8]) -> bool {
    digits.iter().fold(true, |all, digit| all & digit.is_ascii_hexdigit())
}

fn hex_pair(byte: u8) -> [u8; 2] {
    [hex_digit(byte >> 4), hex_digit(byte & 15)]
}

fn hex_digit(nibble: u8) -> u8 {
    nibble + if nibble < 10 { b'0' } else { b'a' - 10 }
}

macro_rules! hexadecimal_serde {
    ($type:ident, $length:literal, $print:expr) => {
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "0x{}", encode_hex(&self.0))
            }
        }

        impl Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let print: fn(&$type) -> String = $print;
                serializer.serialize_str(&print(self))
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                let mut out = [0; $length];
                match text.strip_prefix("0x") {
                    Some(digits) if decode_hex_into(digits.as_bytes(), &mut out) => Ok(Self(out)),
                    _ => Err(serde::de::Error::custom(concat!(
                        "expected 0x and ",
                        stringify!($length),
                        " bytes in hexadecimal"
                    ))),
                }
            }
        }
    };
}

hexadecimal_serde!(Digest32, 32, |value| value.to_string());
hexadecimal_serde!(TokenId, 32, |value| value.to_string());
hexadecimal_serde!(Address, 20, |value| value.checksummed());

/// `serde(with)` for byte strings written as `0x…`.
pub(crate) mod hex_bytes {
    use super::{Deserialize, decode_hex, encode_hex};

    pub(crate) fn serialize<S: serde::Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("0x{}", encode_hex(bytes)))
    }

    pub(crate) fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        let digits = text.strip_prefix("0x").filter(|digits| !digits.starts_with("0x"));
        digits.and_then(decode_hex).ok_or_else(|| serde::de::Error::custom("expected 0x and bytes in hexadecimal"))
    }
}

/// Seconds since the Unix epoch as RFC 3339, UTC; beyond the calendar its nearest end.
pub(crate) fn rfc3339(seconds: i64) -> String {
    let end = if seconds < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
    jiff::Timestamp::from_second(seconds).unwrap_or(end).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_prints_with_its_checksum() {
        let address: Address = "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed".parse().unwrap();
        assert_eq!(address.to_string(), "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed");
        assert!(address.checksum_agrees("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"));
        assert!(address.checksum_agrees("xdc5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"));
        assert!(!address.checksum_agrees("0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"));
    }

    #[test]
    fn addresses_of_another_form_are_refused() {
        for text in [
            "",
            "0x",
            "5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
            "vitalik.eth",
            "0X5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }

    #[test]
    fn hex64_is_lower_case_and_exact() {
        let text = "518674ab2b227e5f11e9084f615d57663cde47bce1ba168b4c19c7ee22a73d70";
        assert_eq!(Digest32::from_hex64(text), Some(keccak256("[]")));
        assert_eq!(Digest32::from_hex64(&text.to_uppercase()), None);
        assert_eq!(Digest32::from_hex64(&format!("0x{}", &text[2..])), None);
        assert_eq!(Digest32::from_hex64(&text[1..]), None);
    }

    #[test]
    fn a_number_has_one_spelling() {
        assert_eq!((plain_decimal("0"), plain_decimal("10")), (Some(0), Some(10)));
        for text in ["", "+1", "-1", "01", "00", " 1", "1 ", "1e0", "1.0", "0x1", "１", "99999999999999999999"] {
            assert_eq!(plain_decimal::<u64>(text), None, "{text}");
        }
    }

    #[test]
    fn a_callers_address_with_a_mistake_is_refused_with_what_it_would_be() {
        let good = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
        let upper = format!("0x{}", good[2..].to_uppercase());
        for text in [good, &good.to_lowercase(), &upper, &good.replace("0x", "xdc")] {
            assert!(Address::from_caller(text).is_ok(), "{text}");
        }
        let wrong = good.replace("aAeb", "aaeb");
        let why = Address::from_caller(&wrong).unwrap_err().to_string();
        assert!(why.contains(&wrong) && why.ends_with(good), "{why}");
    }

    #[test]
    fn a_chain_id_is_plain_decimal() {
        assert_eq!("137".parse::<ChainId>().map(ChainId::get), Ok(137));
        for text in ["", "0", "01", "+1", " 1", "0x1", "1.0", "99999999999999999999"] {
            assert!(text.parse::<ChainId>().is_err(), "{text}");
        }
    }
}
