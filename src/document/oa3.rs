//! OpenAttestation 3.0: everything but `proof` is content; salts stand in the proof (documents.md §4).

use std::borrow::Cow;

use super::json::{Place, Tree, Value};
use super::oa2::{has_exactly, hash, hashes};
use super::{
    BrokenRule, ContractKind, IdentityKind, IdentityProof, Issuer, IssuingContract, Network, Revocation, Signature,
    Summary, Validity, signature,
};
use crate::primitives::Digest32;
use crate::text::{clipped, listed};

/// A wrapped document. Its salts and digest have not been compared with its content yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Document<'a> {
    tree: Tree<'a>,
    whole: Place,
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

const VERSION: &str = "https://schema.openattestation.com/3.0/schema.json";
const PROOF_TYPE: &str = "OpenAttestationMerkleProofSignature2018";
const REQUIRED: [&str; 7] = ["type", "proofPurpose", "targetHash", "merkleRoot", "proofs", "salts", "privacy"];
const SIGNED: [&str; 2] = ["key", "signature"];
/// Members that only other families have (documents.md §1.3).
const FOREIGN: [&str; 4] = ["data", "signature", "issuers", "privacy"];
const FOREIGN_STATUS: [&str; 3] = ["TransferableRecords", "BitstringStatusListEntry", "StatusList2021Entry"];

impl<'a> Document<'a> {
    /// The object at `place` of the tree is the document.
    pub(super) fn read(tree: Tree<'a>, place: Place) -> Result<Self, BrokenRule> {
        let document = tree.value(place);
        if let Some(name) = FOREIGN.iter().find(|name| document.get(name).is_some()) {
            return Err(BrokenRule::FamilyMix(format!("an OpenAttestation 3.0 document has no member {name:?}")));
        }
        let status = document.get("credentialStatus").and_then(|status| status.get("type"));
        if status.is_some_and(|status| FOREIGN_STATUS.iter().any(|foreign| status.is_str(foreign))) {
            return Err(BrokenRule::FamilyMix("the credential status belongs to a W3C credential".into()));
        }
        if !document.get("version").is_some_and(|version| version.is_str(VERSION)) {
            return Err(BrokenRule::FamilyMix("the proof is of OpenAttestation 3.0 but the version is not".into()));
        }
        let proof = document.get(PROOF).and_then(Value::as_object);
        let proof = proof
            .ok_or_else(|| BrokenRule::FamilyMix("`proof` of an OpenAttestation 3.0 document is an object".into()))?;
        if !proof.get("type").is_some_and(|kind| kind.is_str(PROOF_TYPE)) {
            return Err(BrokenRule::FamilyMix(format!("`proof.type` must be {PROOF_TYPE}")));
        }
        if let Some(missing) = REQUIRED.iter().find(|name| proof.get(name).is_none()) {
            return Err(BrokenRule::Shape(format!("`proof.{missing}` is missing")));
        }
        let signature = signature::of_members(proof)?;
        let issuer = issuer(document, signature.as_ref());
        // Where a contract issued the document no signature is looked at.
        let signed: &[&str] = if issuer.contract.is_some() { &[] } else { &SIGNED };
        let unprotected = proof.filter(|(name, _)| !REQUIRED.iter().chain(signed).any(|known| name.is(known)));
        Ok(Self {
            obfuscated: obfuscated(proof.get("privacy"))?,
            target_hash: hash(proof.get("targetHash"), "proof.targetHash")?,
            merkle_root: hash(proof.get("merkleRoot"), "proof.merkleRoot")?,
            proofs: hashes(proof.get("proofs"), "proof.proofs")?,
            issuer,
            signature,
            network: document
                .get("network")
                .map(|network| Network { chain: text(network.get("chain")), chain_id: text(network.get("chainId")) }),
            validity: Validity {
                expires: dates(document, ["expirationDate", "validUntil"]),
                not_before: dates(document, ["validFrom"]),
            },
            summary: Summary { bl_number: text(document.get("credentialSubject").and_then(|s| s.get("blNumber"))) },
            unauthenticated: listed(unprotected.map(|(name, _)| format!("proof.{}", clipped(&name.decoded())))),
            whole: place,
            tree,
        })
    }

    /// The members that the digest covers: all but `proof`.
    pub(crate) fn content(&self) -> impl Iterator<Item = (super::json::Text<'_>, Value<'_>)> {
        self.whole().as_object().into_iter().flatten().filter(|(name, _)| !name.is(PROOF))
    }

    /// A member of the content.
    pub(crate) fn get(&self, name: &str) -> Option<Value<'_>> {
        self.content().find(|(known, _)| known.is(name)).map(|(_, value)| value)
    }

    /// The document with its proof.
    pub(crate) fn whole(&self) -> Value<'_> {
        self.tree.value(self.whole)
    }

    /// The salts as written: base64 of a JSON list.
    pub(crate) fn salts(&self) -> Option<Cow<'_, str>> {
        self.whole().get(PROOF)?.get("salts")?.as_str()
    }
}

const PROOF: &str = "proof";

fn obfuscated(privacy: Option<Value<'_>>) -> Result<Vec<Digest32>, BrokenRule> {
    let members = privacy.and_then(Value::as_object);
    let members = members.ok_or_else(|| BrokenRule::Shape("`proof.privacy` must be an object".into()))?;
    has_exactly(members, "proof.privacy", &["obfuscated"])?;
    hashes(members.get("obfuscated"), "proof.privacy.obfuscated")
}

/// The DID of a text that is one, or that names a key of one: documents of both kinds exist (documents.md §3.10).
pub(crate) fn did_part(text: &str) -> &str {
    text.split_once('#').map_or(text, |(did, _)| did)
}

fn text(value: Option<Value<'_>>) -> Option<String> {
    value.and_then(Value::as_str).map(Cow::into_owned)
}

fn dates<const N: usize>(content: Value<'_>, names: [&'static str; N]) -> Vec<(&'static str, String)> {
    names.into_iter().filter_map(|name| Some((name, text(content.get(name))?))).collect()
}

fn issuer(content: Value<'_>, signature: Option<&Signature>) -> Issuer {
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
        did: value
            .as_deref()
            .filter(|_| field("method").as_deref() == Some("DID"))
            .map(|value| did_part(value).to_owned()),
        contract: kind
            .zip(value)
            .and_then(|(kind, text)| Some(IssuingContract { kind, address: text.parse().ok()?, text })),
        identity: identity.map(|proof| IdentityProof {
            kind: IdentityKind::of(&text(proof.get("type")).unwrap_or_default()),
            location: text(proof.get("identifier")),
            key: signature.map(|signature| signature.verification_method.clone()),
        }),
        revocation: proof.and_then(|proof| proof.get("revocation")).map(|revocation| Revocation {
            kind: text(revocation.get("type")).unwrap_or_default(),
            location: text(revocation.get("location")),
        }),
    }
}
