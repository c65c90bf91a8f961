//! The hash of typed data (EIP-712), strictly: a value that does not fit its type is refused, never bent. `ethers-core` has
//! an encoder too, but it reads decimal text as hexadecimal and knows no negative numbers.

use std::collections::{BTreeMap, BTreeSet};

use revm::primitives::U256;
use serde_json::Value;

use super::error::RpcError;
use super::params::{address, bytes};
use crate::primitives::{Digest32, keccak256};

/// Typed data as wallets are asked to sign it.
#[derive(Debug)]
pub(super) struct TypedData {
    types: BTreeMap<String, Vec<Member>>,
    primary: String,
    domain: Value,
    message: Value,
}

#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Member {
    name: String,
    r#type: String,
}

impl TypedData {
    /// An object, or a text with one.
    pub(super) fn read(value: &Value) -> Result<Self, RpcError> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Asked {
            types: BTreeMap<String, Vec<Member>>,
            #[serde(rename = "primaryType")]
            primary: String,
            domain: Value,
            message: Value,
        }
        let read = match value {
            Value::String(text) => serde_json::from_str(text),
            other => serde_json::from_value(other.clone()),
        };
        let Asked { mut types, primary, domain, message } =
            read.map_err(|error| refused(format!("expected typed data (EIP-712): {error}")))?;
        let names = types.iter().flat_map(|(name, members)| {
            [name].into_iter().chain(members.iter().flat_map(|member| [&member.name, &member.r#type]))
        });
        let (count, longest) = names.fold((0, 0), |(count, longest), name| (count + 1, longest.max(name.len())));
        if count > MAX_NAMES || longest > MAX_NAME {
            return Err(refused("the types are too many, or their names too long"));
        }
        // Libraries differ in whether they send the type of the domain: it follows from its members.
        if !types.contains_key(DOMAIN) {
            let there = DOMAIN_MEMBERS.iter().filter(|(name, _)| domain.get(name).is_some());
            let member = |(name, kind): &(&str, &str)| Member { name: (*name).into(), r#type: (*kind).into() };
            types.insert(DOMAIN.into(), there.map(member).collect());
        }
        Ok(Self { types, primary, domain, message })
    }

    /// What is signed.
    pub(super) fn signing_hash(&self) -> Result<Digest32, RpcError> {
        let mut hashes = BTreeMap::new();
        let mut signed = vec![0x19, 0x01];
        signed.extend(self.hash_struct(DOMAIN, &self.domain, &mut hashes)?);
        // Typed data that are nothing but a domain.
        if self.primary != DOMAIN {
            signed.extend(self.hash_struct(&self.primary, &self.message, &mut hashes)?);
        }
        Ok(keccak256(signed))
    }

    /// `hashes` holds those of the types that were needed so far.
    fn hash_struct<'a>(
        &'a self,
        name: &'a str,
        value: &Value,
        hashes: &mut BTreeMap<&'a str, Digest32>,
    ) -> Result<[u8; 32], RpcError> {
        let members = self.members(name)?;
        let fields = value.as_object().ok_or_else(|| refused(format!("{name}: expected an object")))?;
        let type_hash = match hashes.get(name) {
            Some(hash) => *hash,
            None => *hashes.entry(name).or_insert(keccak256(self.encode_type(name)?)),
        };
        let mut encoded = type_hash.0.to_vec();
        for member in members {
            let value = fields.get(&member.name).unwrap_or(&Value::Null);
            let word = self.encode(&member.r#type, value, hashes);
            encoded.extend(word.map_err(|error| error.about(&member.name))?);
        }
        Ok(keccak256(encoded).0)
    }

    fn encode<'a>(
        &'a self,
        kind: &'a str,
        value: &Value,
        hashes: &mut BTreeMap<&'a str, Digest32>,
    ) -> Result<[u8; 32], RpcError> {
        if let Some((item, length)) = kind.strip_suffix(']').and_then(|kind| kind.rsplit_once('[')) {
            let values = value.as_array().ok_or_else(|| unfit(kind))?;
            if !length.is_empty() && length.parse() != Ok(values.len()) {
                return Err(unfit(kind));
            }
            let mut encoded = Vec::with_capacity(32 * values.len());
            for value in values {
                encoded.extend(self.encode(item, value, hashes)?);
            }
            return Ok(keccak256(encoded).0);
        }
        if self.types.contains_key(kind) {
            // Types may contain themselves; nothing ends such a chain.
            return if value.is_null() { Ok([0; 32]) } else { self.hash_struct(kind, value, hashes) };
        }
        match kind {
            "string" => value.as_str().map(|text| keccak256(text).0).ok_or_else(|| unfit(kind)),
            "bytes" => Ok(keccak256(bytes(value)?).0),
            "bool" => value.as_bool().map(|truth| word(&[u8::from(truth)])).ok_or_else(|| unfit(kind)),
            "address" => Ok(word(&address(value)?.0)),
            _ => atomic(kind, value),
        }
    }

    /// `Mail(Person from,Person to)Person(string name)`: the type, then those that it needs in the order of their names.
    fn encode_type(&self, name: &str) -> Result<String, RpcError> {
        let mut needed = BTreeSet::new();
        let mut open = vec![name];
        while let Some(next) = open.pop() {
            if needed.insert(next) {
                let kinds = self.members(next)?.iter().map(|member| item_type(&member.r#type));
                open.extend(kinds.filter(|kind| self.types.contains_key(*kind)));
            }
        }
        needed.remove(name);
        let mut text = String::new();
        for name in std::iter::once(name).chain(needed) {
            let members = self.members(name)?.iter().map(|member| format!("{} {}", member.r#type, member.name));
            text += &format!("{name}({})", members.collect::<Vec<_>>().join(","));
        }
        Ok(text)
    }

    fn members(&self, name: &str) -> Result<&[Member], RpcError> {
        let members = self.types.get(name);
        members.map(Vec::as_slice).ok_or_else(|| refused(format!("the type {name:?} is not described")))
    }
}

/// `bytes1` to `bytes32`, `uint8` to `uint256`, `int8` to `int256`.
fn atomic(kind: &str, value: &Value) -> Result<[u8; 32], RpcError> {
    let digits = kind.trim_start_matches(|c: char| c.is_ascii_lowercase());
    let size = digits.parse::<usize>().ok().filter(|size| size.to_string() == digits);
    let bits = size.filter(|bits| (8..=256).contains(bits) && bits % 8 == 0);
    match (kind.strip_suffix(digits), size, bits) {
        (Some("bytes"), Some(length @ 1..=32), _) => {
            let bytes = bytes(value)?;
            if bytes.len() != length {
                return Err(unfit(kind));
            }
            let mut word = [0; 32];
            word[..length].copy_from_slice(&bytes);
            Ok(word)
        }
        (Some("uint"), _, Some(bits)) => {
            let (negative, size) = number(value).ok_or_else(|| unfit(kind))?;
            let fits = size.bit_len() <= bits && (!negative || size.is_zero());
            if fits { Ok(size.to_be_bytes()) } else { Err(unfit(kind)) }
        }
        (Some("int"), _, Some(bits)) => {
            let (negative, size) = number(value).ok_or_else(|| unfit(kind))?;
            let bound = U256::ONE << (bits - 1);
            match negative {
                true if size <= bound => Ok(U256::ZERO.wrapping_sub(size).to_be_bytes()),
                false if size < bound => Ok(size.to_be_bytes()),
                _ => Err(unfit(kind)),
            }
        }
        _ => Err(refused(format!("{kind:?} is not a type of typed data, and not described"))),
    }
}

/// Sign and size of a JSON number, decimal text, or hexadecimal text with 0x.
fn number(value: &Value) -> Option<(bool, U256)> {
    let text = match value {
        Value::Number(number) if number.is_u64() || number.is_i64() => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return None,
    };
    let (negative, size) = text.strip_prefix('-').map_or((false, text.as_str()), |size| (true, size));
    let (digits, base) = size.strip_prefix("0x").map_or((size, 10), |digits| (digits, 16));
    let plain = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(base));
    Some((negative, U256::from_str_radix(digits, u64::from(base)).ok().filter(|_| plain)?))
}

fn item_type(kind: &str) -> &str {
    kind.split_once('[').map_or(kind, |(item, _)| item)
}

fn word(bytes: &[u8]) -> [u8; 32] {
    U256::from_be_slice(bytes).to_be_bytes()
}

fn unfit(kind: &str) -> RpcError {
    refused(format!("the value is no {kind}"))
}

fn refused(message: impl Into<String>) -> RpcError {
    RpcError::params(message)
}

const DOMAIN: &str = "EIP712Domain";
const DOMAIN_MEMBERS: [(&str, &str); 5] = [
    ("name", "string"),
    ("version", "string"),
    ("chainId", "uint256"),
    ("verifyingContract", "address"),
    ("salt", "bytes32"),
];
/// Of types and members together.
const MAX_NAMES: usize = 2000;
const MAX_NAME: usize = 200;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn mail() -> Value {
        json!({
            "types": {
                "EIP712Domain": [
                    {"name": "name", "type": "string"}, {"name": "version", "type": "string"},
                    {"name": "chainId", "type": "uint256"}, {"name": "verifyingContract", "type": "address"},
                ],
                "Person": [{"name": "name", "type": "string"}, {"name": "wallet", "type": "address"}],
                "Mail": [
                    {"name": "from", "type": "Person"}, {"name": "to", "type": "Person"},
                    {"name": "contents", "type": "string"},
                ],
            },
            "primaryType": "Mail",
            "domain": {
                "name": "Ether Mail", "version": "1", "chainId": 1,
                "verifyingContract": "0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC",
            },
            "message": {
                "from": {"name": "Cow", "wallet": "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"},
                "to": {"name": "Bob", "wallet": "0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB"},
                "contents": "Hello, Bob!",
            },
        })
    }

    /// The example of EIP-712 itself.
    #[test]
    fn the_example_of_the_standard_has_its_hash() {
        let wanted = "0xbe609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2";
        for value in [mail(), json!(mail().to_string())] {
            assert_eq!(json!(TypedData::read(&value).unwrap().signing_hash().unwrap()), wanted);
        }
        let mut without = mail();
        without["types"].as_object_mut().unwrap().remove("EIP712Domain");
        assert_eq!(json!(TypedData::read(&without).unwrap().signing_hash().unwrap()), wanted);
    }

    #[test]
    fn a_value_that_does_not_fit_its_type_is_refused() {
        let fits = |kind: &str, value: Value| {
            let data = json!({"types": {"A": [{"name": "x", "type": kind}]}, "primaryType": "A", "domain": {},
                "message": {"x": value}});
            TypedData::read(&data).and_then(|data| data.signing_hash()).is_ok()
        };
        for (kind, value) in [
            ("uint8", json!(255)),
            ("uint8", json!("0xff")),
            ("uint256", json!("115792089237316195423570985008687907853269984665640564039457584007913129639935")),
            ("int8", json!(-128)),
            ("int256", json!("-1")),
            ("bytes4", json!("0x01020304")),
            ("bytes", json!("0x")),
            ("bool", json!(false)),
            ("string[2]", json!(["a", "b"])),
            ("uint8[][]", json!([[1], []])),
            ("A", json!(null)),
            ("A", json!({"x": null})),
        ] {
            assert!(fits(kind, value.clone()), "{kind} {value}");
        }
        for (kind, value) in [
            ("uint8", json!(256)),
            ("uint8", json!(-1)),
            ("uint8", json!(1.5)),
            ("uint8", json!("1_0")),
            ("uint8", json!("0x")),
            ("uint8", json!("")),
            ("uint7", json!(1)),
            ("uint08", json!(1)),
            ("uint", json!(1)),
            ("int8", json!(128)),
            ("int8", json!(-129)),
            ("bytes4", json!("0x0102")),
            ("bytes33", json!("0x01")),
            ("bool", json!(1)),
            ("string", json!(null)),
            ("string[2]", json!(["a"])),
            ("string[]", json!("a")),
            ("B", json!({})),
            ("address", json!("0x12")),
        ] {
            assert!(!fits(kind, value.clone()), "{kind} {value}");
        }
    }

    #[test]
    fn types_without_end_cost_no_time() {
        let members = |next: usize| json!([{"name": "x", "type": format!("T{next}[]")}]);
        let types: serde_json::Map<String, Value> =
            (0..600).map(|n| (format!("T{n}"), members((n + 1) % 600))).collect();
        let message = json!({"x": vec![json!({"x": []}); 2000]});
        let data = json!({"types": types, "primaryType": "T0", "domain": {}, "message": message});
        TypedData::read(&data).unwrap().signing_hash().unwrap();
        let many: serde_json::Map<String, Value> = (0..2000).map(|n| (format!("T{n}"), members(n))).collect();
        let data = json!({"types": many, "primaryType": "T0", "domain": {}, "message": {}});
        assert!(TypedData::read(&data).is_err());
    }
}
