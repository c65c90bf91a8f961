//! OpenAttestation / TradeTrust 2.0: the wrapped shape and its salted leaves (documents.md §3.1–3.3).

use super::json::{self, Members, Place, Tree, Value};
use super::{
    BrokenRule, ContractKind, IdentityKind, IdentityProof, Issuer, IssuingContract, MOST_ISSUERS, Network, Revocation,
    Signature, Summary, signature,
};
use crate::primitives::{Digest32, is_hexadecimal};
use crate::text::{clipped, listed};

/// A wrapped document whose every leaf is salted. Its digest has not been compared yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Document<'a> {
    tree: Tree<'a>,
    data: Place,
    pub(crate) obfuscated: Vec<Digest32>,
    pub(crate) target_hash: Digest32,
    pub(crate) merkle_root: Digest32,
    pub(crate) proof: Vec<Digest32>,
    pub(crate) issuers: Vec<Issuer>,
    pub(crate) signatures: Vec<Signature>,
    pub(crate) network: Option<Network>,
    pub(crate) summary: Summary,
    pub(crate) version: Version,
    /// A signature that counts does not say when it was made.
    pub(crate) undated_signature: bool,
    pub(crate) unauthenticated: Vec<String>,
}

/// How the file names its format (documents.md §3.11 step 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// By the address of its schema.
    Current,
    /// As the first wrapping libraries did.
    Early,
    /// Not at all.
    Missing,
}

const VERSION: &str = "https://schema.openattestation.com/2.0/schema.json";
const EARLY_VERSION: &str = "open-attestation/2.0";
const MEMBERS: [&str; 6] = ["version", "data", "signature", "privacy", "schema", "proof"];
/// Members with which a file claims to be of another family, too (documents.md §1.3).
const OF_OTHER_FAMILIES: [&str; 10] = [
    "@context",
    "type",
    "issuer",
    "issuers",
    "credentialSubject",
    "credentialStatus",
    "openAttestationMetadata",
    "verifiableCredential",
    "cipherText",
    "document",
];

impl<'a> Document<'a> {
    /// The object at `place` of the tree is the document.
    pub(super) fn read(tree: Tree<'a>, place: Place) -> Result<Self, BrokenRule> {
        let document = tree.value(place);
        let mut members = document.as_object().into_iter().flatten();
        if let Some((name, _)) = members.find(|(name, _)| !MEMBERS.iter().any(|known| name.is(known))) {
            let name = name.decoded();
            let name = clipped(&name);
            return Err(match OF_OTHER_FAMILIES.contains(&name.as_ref()) {
                true => BrokenRule::FamilyMix(format!("an OpenAttestation 2.0 document has no member {name:?}")),
                false => BrokenRule::OutsideDigest(name.into_owned()),
            });
        }
        let version = match document.get("version") {
            None => Version::Missing,
            Some(version) if version.is_str(VERSION) => Version::Current,
            Some(version) if version.is_str(EARLY_VERSION) => Version::Early,
            Some(_) => return Err(BrokenRule::FamilyMix("the version is not that of OpenAttestation 2.0".into())),
        };
        let merkle = MerkleProof::read(document.get("signature"))?;
        let (obfuscated, mut unauthenticated) = privacy(document.get("privacy"))?;
        unauthenticated.extend(document.get("schema").map(|_| "schema".to_owned()));
        let data = document.get("data").filter(|data| data.as_object().is_some());
        let data = data.ok_or_else(|| BrokenRule::Shape("`data` must be an object".into()))?;
        let issuers = issuers(data);
        let signed = document.get("proof").map(|proof| signature::of_list(proof, &issuers)).transpose()?;
        let signed = signed.unwrap_or_default();
        unauthenticated.extend(signed.unprotected);
        Ok(Self {
            obfuscated,
            target_hash: merkle.target_hash,
            merkle_root: merkle.merkle_root,
            proof: merkle.proof,
            issuers,
            signatures: signed.signatures,
            network: data.get("network").map(|network| Network {
                chain: leaf_text(network.get("chain")),
                chain_id: leaf_text(network.get("chainId")),
            }),
            summary: Summary { bl_number: leaf_text(data.get("blNumber")) },
            version,
            undated_signature: signed.undated,
            unauthenticated,
            data: data.place(),
            tree,
        })
    }

    /// The salted content.
    pub(crate) fn data(&self) -> Value<'_> {
        self.tree.value(self.data)
    }
}

/// A salted leaf taken apart (documents.md §3.2); `None` when it does not follow the form exactly.
pub fn salted_leaf(leaf: &str) -> Option<(LeafType, &str)> {
    let (salt, rest) = leaf.split_at_checked(SALT)?;
    if !salt.as_bytes().as_array().is_some_and(is_uuid_v4) {
        return None;
    }
    // Most leaves are texts, and any text will do.
    if let Some(text) = rest.strip_prefix(":string:") {
        return Some((LeafType::String, text));
    }
    let (kind, text) = rest.strip_prefix(':')?.split_once(':')?;
    let (kind, fits) = match kind {
        "number" => (LeafType::Number, json::is_number(text)),
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

/// Of a salt: a UUID.
const SALT: usize = 36;

fn is_uuid_v4(salt: &[u8; SALT]) -> bool {
    let mut digits = [0; 32];
    digits[..8].copy_from_slice(&salt[..8]);
    digits[8..12].copy_from_slice(&salt[9..13]);
    digits[12..16].copy_from_slice(&salt[14..18]);
    digits[16..20].copy_from_slice(&salt[19..23]);
    digits[20..].copy_from_slice(&salt[24..]);
    [8, 13, 18, 23].iter().all(|&at| salt[at] == b'-')
        && is_hexadecimal(&digits)
        && salt[14] == b'4'
        && matches!(salt[19], b'8' | b'9' | b'a' | b'b' | b'A' | b'B')
}

/// The text of a salted leaf.
pub(crate) fn leaf_text(value: Option<Value<'_>>) -> Option<String> {
    salted_leaf(&value?.as_str()?).map(|(_, text)| text.to_owned())
}

/// The member that OpenAttestation 2.0 calls `signature`.
struct MerkleProof {
    target_hash: Digest32,
    merkle_root: Digest32,
    proof: Vec<Digest32>,
}

impl MerkleProof {
    fn read(value: Option<Value<'_>>) -> Result<Self, BrokenRule> {
        let members = value
            .and_then(Value::as_object)
            .ok_or_else(|| BrokenRule::Shape("`signature` must be an object".into()))?;
        has_exactly(members, "signature", &["type", "targetHash", "proof", "merkleRoot"])?;
        if !members.get("type").is_some_and(|kind| kind.is_str("SHA3MerkleProof")) {
            return Err(BrokenRule::Shape("`signature.type` must be SHA3MerkleProof".into()));
        }
        Ok(Self {
            target_hash: hash(members.get("targetHash"), "signature.targetHash")?,
            merkle_root: hash(members.get("merkleRoot"), "signature.merkleRoot")?,
            proof: hashes(members.get("proof"), "signature.proof")?,
        })
    }
}

/// All of these members and no other: what else stands there, nothing protects.
pub(super) fn has_exactly(mut members: Members<'_>, place: &str, names: &[&str]) -> Result<(), BrokenRule> {
    if let Some(missing) = names.iter().find(|name| members.get(name).is_none()) {
        return Err(BrokenRule::Shape(format!("`{place}.{missing}` is missing")));
    }
    match members.find(|(name, _)| !names.iter().any(|wanted| name.is(wanted))) {
        Some((name, _)) => Err(BrokenRule::OutsideDigest(format!("{place}.{}", clipped(&name.decoded())))),
        None => Ok(()),
    }
}

/// Exactly 64 lower-case hexadecimal characters.
pub(super) fn hash(value: Option<Value<'_>>, name: &str) -> Result<Digest32, BrokenRule> {
    value
        .and_then(Value::as_str)
        .and_then(|text| Digest32::from_hex64(&text))
        .ok_or_else(|| BrokenRule::NotCanonical(format!("`{name}` must be 64 lower-case hexadecimal characters")))
}

/// A list of such hashes.
pub(super) fn hashes(value: Option<Value<'_>>, name: &str) -> Result<Vec<Digest32>, BrokenRule> {
    let items = value.and_then(Value::as_array).ok_or_else(|| BrokenRule::Shape(format!("`{name}` must be a list")))?;
    // Counted first: a list that grows by copying takes twice its memory.
    let mut hashes = Vec::with_capacity(items.count());
    for item in items {
        hashes.push(hash(Some(item), name)?);
    }
    Ok(hashes)
}

fn privacy(value: Option<Value<'_>>) -> Result<(Vec<Digest32>, Vec<String>), BrokenRule> {
    let Some(value) = value else { return Ok(Default::default()) };
    let members = value.as_object().ok_or_else(|| BrokenRule::Shape("`privacy` must be an object".into()))?;
    let obfuscated = match members.get("obfuscatedData") {
        None => Vec::new(),
        list => hashes(list, "privacy.obfuscatedData")?,
    };
    let others = members.filter(|(name, _)| !name.is("obfuscatedData"));
    Ok((obfuscated, listed(others.map(|(name, _)| format!("privacy.{}", clipped(&name.decoded()))))))
}

/// Of more than [`MOST_ISSUERS`] one more, which stands for all of them: the first with a registry, so that one title of
/// several issuers is found wherever it stands.
fn issuers(data: Value<'_>) -> Vec<Issuer> {
    let listed = data.get("issuers").and_then(Value::as_array).into_iter().flatten();
    let mut all = listed.map(issuer);
    let mut issuers: Vec<Issuer> = all.by_ref().take(MOST_ISSUERS).collect();
    if let Some(next) = all.next() {
        let has_registry =
            |it: &Issuer| it.contract.as_ref().is_some_and(|contract| contract.kind == ContractKind::TokenRegistry);
        issuers.push(if has_registry(&next) { next } else { all.find(has_registry).unwrap_or(next) });
    }
    issuers
}

fn issuer(value: Value<'_>) -> Issuer {
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
