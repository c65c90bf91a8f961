//! OpenAttestation 3.0: everything but `proof` is content; salts stand in the proof (documents.md §4).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::json::{self, Members, Value, member};
use super::oa2::{hash, hashes};
use super::{
    ContractKind, IdentityKind, IdentityProof, Issuer, IssuingContract, Limits, Network, Revocation, Signature,
    Summary, Validity, signature,
};
use crate::integrity::Fault;
use crate::primitives::Digest32;

/// A wrapped document. Its salts and digest have not been compared with its content yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Document<'a> {
    /// All members but `proof`.
    pub(crate) content: Value<'a>,
    pub(crate) salts: Vec<Salt>,
    pub(crate) obfuscated: Vec<Digest32>,
    pub(crate) target_hash: Digest32,
    pub(crate) merkle_root: Digest32,
    pub(crate) proofs: Vec<Digest32>,
    pub(crate) issuer: Issuer,
    pub(crate) signature: Option<Signature>,
    pub(crate) network: Option<Network>,
    pub(crate) validity: Validity,
    pub(crate) summary: Summary,
    pub(crate) unauthenticated: Vec<String>,
}

/// One salt of the proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Salt {
    pub(crate) path: String,
    /// 64 hexadecimal characters, in the case written: they are hashed as text.
    pub(crate) value: String,
}

const VERSION: &str = "https://schema.openattestation.com/3.0/schema.json";
const PROOF_TYPE: &str = "OpenAttestationMerkleProofSignature2018";
const REQUIRED: [&str; 7] = ["type", "proofPurpose", "targetHash", "merkleRoot", "proofs", "salts", "privacy"];
const SIGNED: [&str; 2] = ["key", "signature"];
/// Members that only other families have (documents.md §1.3).
const FOREIGN: [&str; 4] = ["data", "signature", "issuers", "privacy"];
const FOREIGN_STATUS: [&str; 3] = ["TransferableRecords", "BitstringStatusListEntry", "StatusList2021Entry"];

impl<'a> Document<'a> {
    pub(super) fn from_members(mut members: Members<'a>) -> Result<Self, Fault> {
        if let Some(name) = FOREIGN.iter().find(|name| member(&members, name).is_some()) {
            return Err(Fault::FamilyMix(format!("an OpenAttestation 3.0 document has no member {name:?}")));
        }
        let status = member(&members, "credentialStatus").and_then(|status| status.get("type")).and_then(Value::as_str);
        if status.is_some_and(|status| FOREIGN_STATUS.contains(&status)) {
            return Err(Fault::FamilyMix("the credential status belongs to a W3C credential".into()));
        }
        if member(&members, "version").and_then(Value::as_str) != Some(VERSION) {
            return Err(Fault::FamilyMix("the proof is of OpenAttestation 3.0 but the version is not".into()));
        }
        let at = members.iter().position(|(name, _)| name == "proof");
        let proof = at.map(|at| members.remove(at).1);
        let proof = proof.as_ref().and_then(Value::as_object);
        let proof =
            proof.ok_or_else(|| Fault::FamilyMix("`proof` of an OpenAttestation 3.0 document is an object".into()))?;
        if member(proof, "type").and_then(Value::as_str) != Some(PROOF_TYPE) {
            return Err(Fault::FamilyMix(format!("`proof.type` must be {PROOF_TYPE}")));
        }
        if let Some(missing) = REQUIRED.iter().find(|name| member(proof, name).is_none()) {
            return Err(Fault::Shape(format!("`proof.{missing}` is missing")));
        }
        let content = Value::Object(members);
        let signature = signature::of_members(proof)?;
        let issuer = issuer(&content, signature.as_ref());
        // Where a contract issued the document no signature is looked at.
        let signed: &[&str] = if issuer.contract.is_some() { &[] } else { &SIGNED };
        Ok(Self {
            salts: salts(member(proof, "salts"))?,
            obfuscated: obfuscated(member(proof, "privacy"))?,
            target_hash: hash(member(proof, "targetHash"), "proof.targetHash")?,
            merkle_root: hash(member(proof, "merkleRoot"), "proof.merkleRoot")?,
            proofs: hashes(member(proof, "proofs"), "proof.proofs")?,
            issuer,
            signature,
            network: content
                .get("network")
                .map(|network| Network { chain: text(network.get("chain")), chain_id: text(network.get("chainId")) }),
            validity: Validity {
                expires: dates(&content, ["expirationDate", "validUntil"]),
                not_before: dates(&content, ["validFrom"]),
            },
            summary: Summary { bl_number: text(content.get("credentialSubject").and_then(|s| s.get("blNumber"))) },
            unauthenticated: proof
                .iter()
                .filter(|(name, _)| !REQUIRED.contains(&name.as_ref()) && !signed.contains(&name.as_ref()))
                .map(|(name, _)| format!("proof.{name}"))
                .collect(),
            content,
        })
    }
}

fn salts(value: Option<&Value<'_>>) -> Result<Vec<Salt>, Fault> {
    let wrong = |what: &str| Fault::SaltsMismatch(format!("`proof.salts` {what}"));
    let encoded = value.and_then(Value::as_str).ok_or_else(|| wrong("must be base64 text"))?;
    let bytes = STANDARD.decode(encoded).map_err(|_| wrong("is not canonical base64"))?;
    let limits = Limits { max_bytes: usize::MAX, max_depth: 3 };
    let list = json::parse_value(&bytes, &limits).map_err(|error| wrong(&format!("cannot be read: {error}")))?;
    let items = list.as_array().ok_or_else(|| wrong("must hold a list"))?;
    items
        .iter()
        .map(|item| {
            let members = item.as_object().filter(|members| members.len() == 2);
            let field = |name| members.and_then(|members| member(members, name)).and_then(Value::as_str);
            match (field("path"), field("value")) {
                (Some(path), Some(value))
                    if value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit()) =>
                {
                    Ok(Salt { path: path.to_owned(), value: value.to_owned() })
                }
                _ => Err(wrong("must hold objects of exactly a path and a value of 64 hexadecimal characters")),
            }
        })
        .collect()
}

fn obfuscated(privacy: Option<&Value<'_>>) -> Result<Vec<Digest32>, Fault> {
    let members = privacy.and_then(Value::as_object).filter(|members| members.len() == 1);
    match members.and_then(|members| member(members, "obfuscated")) {
        None => Err(Fault::Shape("`proof.privacy` must have exactly the member obfuscated".into())),
        list => hashes(list, "proof.privacy.obfuscated"),
    }
}

fn text(value: Option<&Value<'_>>) -> Option<String> {
    value.and_then(Value::as_str).map(str::to_owned)
}

fn dates<const N: usize>(content: &Value<'_>, names: [&'static str; N]) -> Vec<(&'static str, String)> {
    names.into_iter().filter_map(|name| Some((name, text(content.get(name))?))).collect()
}

fn issuer(content: &Value<'_>, signature: Option<&Signature>) -> Issuer {
    let metadata = content.get("openAttestationMetadata");
    let proof = metadata.and_then(|metadata| metadata.get("proof"));
    let field = |name: &str| text(proof.and_then(|proof| proof.get(name)));
    let identity = metadata.and_then(|metadata| metadata.get("identityProof"));
    let value = field("value");
    let kind = match field("method").as_deref() {
        Some("TOKEN_REGISTRY") => Some(ContractKind::TokenRegistry),
        Some("DOCUMENT_STORE") => Some(ContractKind::DocumentStore),
        _ => None,
    };
    let issuer = content.get("issuer");
    Issuer {
        name: text(issuer.and_then(|issuer| issuer.get("name"))),
        id: text(issuer.and_then(|issuer| issuer.get("id"))).or_else(|| text(issuer)),
        did: value.clone().filter(|_| field("method").as_deref() == Some("DID")),
        contract: kind
            .zip(value)
            .and_then(|(kind, text)| Some(IssuingContract { kind, address: text.parse().ok()?, text })),
        identity: identity.map(|proof| IdentityProof {
            kind: IdentityKind::of(proof.get("type").and_then(Value::as_str).unwrap_or_default()),
            location: text(proof.get("identifier")),
            key: signature.map(|signature| signature.verification_method.clone()),
        }),
        revocation: proof.and_then(|proof| proof.get("revocation")).map(|revocation| Revocation {
            kind: text(revocation.get("type")).unwrap_or_default(),
            location: text(revocation.get("location")),
        }),
    }
}
