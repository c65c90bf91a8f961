//! OpenAttestation / TradeTrust 2.0: the wrapped shape and its salted leaves (documents.md §3.1–3.3).

use super::json::{Members, Value, member};
use super::{
    ContractKind, IdentityKind, IdentityProof, Issuer, IssuingContract, Network, Revocation, Signature, Summary,
    signature,
};
use crate::integrity::Fault;
use crate::primitives::Digest32;

/// A wrapped document whose every leaf is salted. Its digest has not been compared yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Document<'a> {
    pub(crate) data: Value<'a>,
    pub(crate) obfuscated: Vec<Digest32>,
    pub(crate) target_hash: Digest32,
    pub(crate) merkle_root: Digest32,
    pub(crate) proof: Vec<Digest32>,
    pub(crate) issuers: Vec<Issuer>,
    pub(crate) signatures: Vec<Signature>,
    pub(crate) network: Option<Network>,
    pub(crate) summary: Summary,
    pub(crate) version_missing: bool,
    pub(crate) unauthenticated: Vec<String>,
}

const VERSION: &str = "https://schema.openattestation.com/2.0/schema.json";
const MEMBERS: [&str; 6] = ["version", "data", "signature", "privacy", "schema", "proof"];

impl<'a> Document<'a> {
    pub(super) fn from_members(members: Members<'a>) -> Result<Self, Fault> {
        if let Some((name, _)) = members.iter().find(|(name, _)| !MEMBERS.contains(&name.as_ref())) {
            return Err(Fault::FamilyMix(format!("an OpenAttestation 2.0 document has no member {name:?}")));
        }
        let version_missing = match member(&members, "version") {
            None => true,
            Some(version) if version.as_str() == Some(VERSION) => false,
            Some(_) => return Err(Fault::FamilyMix("the version is not that of OpenAttestation 2.0".into())),
        };
        let merkle = MerkleProof::read(member(&members, "signature"))?;
        let (obfuscated, mut unauthenticated) = privacy(member(&members, "privacy"))?;
        unauthenticated.extend(member(&members, "schema").map(|_| "schema".to_owned()));
        let issuers = member(&members, "data").and_then(|data| data.get("issuers")).and_then(Value::as_array);
        let issuers: Vec<Issuer> = issuers.unwrap_or_default().iter().map(issuer).collect();
        let signed = member(&members, "proof").map(|proof| signature::of_list(proof, &issuers)).transpose()?;
        let (signatures, unprotected) = signed.unwrap_or_default();
        unauthenticated.extend(unprotected);
        let data = members.into_iter().find(|(name, _)| name == "data").map_or(Value::Null, |(_, value)| value);
        if data.as_object().is_none() {
            return Err(Fault::Shape("`data` must be an object".into()));
        }
        Ok(Self {
            obfuscated,
            target_hash: merkle.target_hash,
            merkle_root: merkle.merkle_root,
            proof: merkle.proof,
            issuers,
            signatures,
            network: data.get("network").map(|network| Network {
                chain: leaf_text(network.get("chain")),
                chain_id: leaf_text(network.get("chainId")),
            }),
            summary: Summary { bl_number: leaf_text(data.get("blNumber")) },
            data,
            version_missing,
            unauthenticated,
        })
    }
}

/// A salted leaf taken apart (documents.md §3.2); `None` when it does not follow the form exactly.
pub fn salted_leaf(leaf: &str) -> Option<(LeafType, &str)> {
    const SALT: usize = 36;
    let (salt, rest) = leaf.split_at_checked(SALT)?;
    if !is_uuid_v4(salt.as_bytes()) {
        return None;
    }
    let (kind, text) = rest.strip_prefix(':')?.split_once(':')?;
    let (kind, fits) = match kind {
        "string" => (LeafType::String, true),
        "number" => (LeafType::Number, is_plain_number(text)),
        "boolean" => (LeafType::Boolean, matches!(text, "true" | "false")),
        "null" => (LeafType::Null, text == "null"),
        "undefined" => (LeafType::Undefined, text == "undefined"),
        _ => return None,
    };
    fits.then_some((kind, text))
}

/// The type that a salted leaf states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeafType {
    /// Text, shown untrimmed.
    String,
    /// A plain JSON number, shown as its text.
    Number,
    /// `true` or `false`.
    Boolean,
    /// `null`.
    Null,
    /// `undefined`.
    Undefined,
}

fn is_uuid_v4(salt: &[u8]) -> bool {
    salt.len() == 36
        && salt.iter().enumerate().all(|(index, &byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            14 => byte == b'4',
            19 => matches!(byte, b'8' | b'9' | b'a' | b'b' | b'A' | b'B'),
            _ => byte.is_ascii_hexdigit(),
        })
}

fn is_plain_number(text: &str) -> bool {
    let limits = super::Limits::default();
    !text.starts_with([' ', '\t', '\n', '\r'])
        && matches!(super::json::parse_value(text.as_bytes(), &limits), Ok(Value::Number(token)) if token == text)
}

/// The text of a salted leaf.
pub(crate) fn leaf_text(value: Option<&Value<'_>>) -> Option<String> {
    salted_leaf(value?.as_str()?).map(|(_, text)| text.to_owned())
}

/// The member that OpenAttestation 2.0 calls `signature`.
struct MerkleProof {
    target_hash: Digest32,
    merkle_root: Digest32,
    proof: Vec<Digest32>,
}

impl MerkleProof {
    fn read(value: Option<&Value<'_>>) -> Result<Self, Fault> {
        let members =
            value.and_then(Value::as_object).ok_or_else(|| Fault::Shape("`signature` must be an object".into()))?;
        let wanted = ["type", "targetHash", "proof", "merkleRoot"];
        if members.len() != wanted.len() || wanted.iter().any(|name| member(members, name).is_none()) {
            return Err(Fault::Shape("`signature` must have exactly type, targetHash, proof and merkleRoot".into()));
        }
        if member(members, "type").and_then(Value::as_str) != Some("SHA3MerkleProof") {
            return Err(Fault::Shape("`signature.type` must be SHA3MerkleProof".into()));
        }
        Ok(Self {
            target_hash: hash(member(members, "targetHash"), "signature.targetHash")?,
            merkle_root: hash(member(members, "merkleRoot"), "signature.merkleRoot")?,
            proof: hashes(member(members, "proof"), "signature.proof")?,
        })
    }
}

/// Exactly 64 lower-case hexadecimal characters.
pub(crate) fn hash(value: Option<&Value<'_>>, name: &str) -> Result<Digest32, Fault> {
    value
        .and_then(Value::as_str)
        .and_then(Digest32::from_hex64)
        .ok_or_else(|| Fault::NotCanonical(format!("`{name}` must be 64 lower-case hexadecimal characters")))
}

/// A list of such hashes.
pub(crate) fn hashes(value: Option<&Value<'_>>, name: &str) -> Result<Vec<Digest32>, Fault> {
    let items = value.and_then(Value::as_array).ok_or_else(|| Fault::Shape(format!("`{name}` must be a list")))?;
    items.iter().map(|item| hash(Some(item), name)).collect()
}

fn privacy(value: Option<&Value<'_>>) -> Result<(Vec<Digest32>, Vec<String>), Fault> {
    let Some(value) = value else { return Ok(Default::default()) };
    let members = value.as_object().ok_or_else(|| Fault::Shape("`privacy` must be an object".into()))?;
    let obfuscated = match member(members, "obfuscatedData") {
        None => Vec::new(),
        list => hashes(list, "privacy.obfuscatedData")?,
    };
    let others = members.iter().filter(|(name, _)| name != "obfuscatedData").map(|(name, _)| format!("privacy.{name}"));
    Ok((obfuscated, others.collect()))
}

fn issuer(value: &Value<'_>) -> Issuer {
    let text = |name: &str| leaf_text(value.get(name));
    let contract = |name: &str, kind| {
        let text = text(name)?;
        Some(IssuingContract { kind, address: text.parse().ok()?, text })
    };
    let contract = contract("tokenRegistry", ContractKind::TokenRegistry)
        .or_else(|| contract("documentStore", ContractKind::DocumentStore))
        .or_else(|| contract("certificateStore", ContractKind::CertificateStore));
    Issuer {
        name: text("name"),
        id: text("id"),
        did: text("id").filter(|_| contract.is_none()),
        contract,
        identity: value.get("identityProof").map(|proof| IdentityProof {
            kind: IdentityKind::of(&leaf_text(proof.get("type")).unwrap_or_default()),
            location: leaf_text(proof.get("location")),
            key: leaf_text(proof.get("key")),
        }),
        revocation: value.get("revocation").map(|revocation| Revocation {
            kind: leaf_text(revocation.get("type")).unwrap_or_default(),
            location: leaf_text(revocation.get("location")),
        }),
    }
}
