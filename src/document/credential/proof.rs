//! The proof beside the content (documents.md §9.2, §9.4): which suite made it, with which key, and what for. Whether it
//! holds is decided where signatures are.

use std::borrow::Cow;

use super::FormRule;
use crate::date_time::rfc3339_seconds;
use crate::document::BrokenRule;
use crate::document::json::{Kind, Value};
use crate::text::clipped;

/// A proof, unjudged. Its value stays in the document: it may be as long as that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// How it was made.
    pub suite: Suite,
    /// The key that is said to have made it: a DID URL. Empty where [`Suite::Other`] names none.
    pub verification_method: String,
    /// What for: `assertionMethod` in a credential.
    pub purpose: String,
    /// When it was made, RFC 3339.
    pub created: Option<String>,
    /// Until when it holds, RFC 3339.
    pub expires: Option<String>,
    /// Of a derived proof of the legacy suite: base64.
    pub nonce: Option<String>,
    /// What the verifier had asked for.
    pub challenge: Option<String>,
    /// For whom it was made.
    pub domains: Vec<String>,
}

/// Ways to make a proof.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Suite {
    /// `DataIntegrityProof` of ecdsa-sd-2023.
    EcdsaSd2023,
    /// `DataIntegrityProof` of ecdsa-rdfc-2019.
    EcdsaRdfc2019,
    /// `DataIntegrityProof` of bbs-2023.
    Bbs2023,
    /// `BbsBlsSignature2020`.
    BbsBlsSignature2020,
    /// `BbsBlsSignatureProof2020`, what a holder derives from it.
    BbsBlsSignatureProof2020,
    /// One that is not verified here, by its name.
    Other(String),
}

impl Suite {
    /// The suite of a proof object, if it names one.
    fn read(proof: Value<'_>) -> Result<Self, BrokenRule> {
        let kind = proof.get("type").and_then(Value::as_str);
        let kind = kind.ok_or_else(|| FormRule::ProofType.broken("`proof.type` must say what proof it is"))?;
        Ok(match kind.as_ref() {
            DATA_INTEGRITY => {
                let suite = proof.get("cryptosuite").and_then(Value::as_str);
                let suite =
                    suite.ok_or_else(|| FormRule::ProofSuite.broken("`proof.cryptosuite` must name a suite"))?;
                match suite.as_ref() {
                    "ecdsa-sd-2023" => Self::EcdsaSd2023,
                    "ecdsa-rdfc-2019" => Self::EcdsaRdfc2019,
                    "bbs-2023" => Self::Bbs2023,
                    other => Self::Other(other.to_owned()),
                }
            }
            "BbsBlsSignature2020" => Self::BbsBlsSignature2020,
            "BbsBlsSignatureProof2020" => Self::BbsBlsSignatureProof2020,
            other => Self::Other(other.to_owned()),
        })
    }

    /// As written in the proof.
    pub fn name(&self) -> &str {
        match self {
            Self::EcdsaSd2023 => "ecdsa-sd-2023",
            Self::EcdsaRdfc2019 => "ecdsa-rdfc-2019",
            Self::Bbs2023 => "bbs-2023",
            Self::BbsBlsSignature2020 => "BbsBlsSignature2020",
            Self::BbsBlsSignatureProof2020 => "BbsBlsSignatureProof2020",
            Self::Other(name) => name,
        }
    }

    /// Whether this version verifies such proofs.
    pub fn is_known(&self) -> bool {
        !matches!(self, Self::Other(_))
    }
}

const MEMBERS: [&str; 11] = [
    "id",
    "type",
    "cryptosuite",
    "created",
    "expires",
    "verificationMethod",
    "proofPurpose",
    "proofValue",
    "nonce",
    "challenge",
    "domain",
];

const DATA_INTEGRITY: &str = "DataIntegrityProof";

/// Whether the suite of this proof looks for blank nodes in text; asked before the proof is read.
pub(super) fn discloses_selectively(proof: Option<Value<'_>>) -> bool {
    let suite = proof.and_then(|proof| proof.get("cryptosuite"));
    suite.is_some_and(|suite| ["ecdsa-sd-2023", "bbs-2023"].iter().any(|known| suite.is_str(known)))
}

/// Whether the value of this proof says that a holder made it; asked before the proof is read (documents.md §9.4).
pub(super) fn is_of_a_selection(proof: Option<Value<'_>>) -> bool {
    // `u`, and the headers d95d01, and d95d03, 05, 07 in base64url.
    const HEADERS: [&str; 4] = ["u2V0B", "u2V0D", "u2V0F", "u2V0H"];
    let Some(proof) = proof else { return false };
    let value = proof.get("proofValue").and_then(Value::as_str);
    let derived = value.is_some_and(|value| HEADERS.iter().any(|header| value.starts_with(header)));
    let legacy = proof.get("type").is_some_and(|kind| kind.is_str("BbsBlsSignatureProof2020"));
    legacy || derived && proof.get("cryptosuite").is_some()
}

impl Proof {
    /// The member `proof` of a document whose proof may be for these purposes.
    pub(in crate::document) fn read(proof: Option<Value<'_>>, purposes: &[&str]) -> Result<Self, BrokenRule> {
        let Some(proof) = proof else {
            return Err(FormRule::ProofMissing.broken("there is no proof, so nothing protects what the file says"));
        };
        let mut members = match proof.kind() {
            Kind::Object(members) => members,
            Kind::Array(_) => {
                return Err(FormRule::ProofMultiple.broken("`proof` is a list; it must be exactly one proof"));
            }
            _ => return Err(FormRule::ProofType.broken("`proof` must be an object")),
        };
        let suite = Suite::read(proof)?;
        if !suite.is_known() {
            return Ok(Self::of_another_suite(proof, suite));
        }
        let read = Self {
            verification_method: text(proof, "verificationMethod", FormRule::ProofMethod)?.ok_or_else(|| {
                FormRule::ProofMethod.broken("`proof.verificationMethod` must name the key that made the proof")
            })?,
            purpose: text(proof, "proofPurpose", FormRule::ProofPurpose)?.unwrap_or_default(),
            created: text(proof, "created", FormRule::ProofCreated)?,
            expires: text(proof, "expires", FormRule::ProofCreated)?,
            nonce: text(proof, "nonce", FormRule::ProofForm)?,
            challenge: text(proof, "challenge", FormRule::ProofForm)?,
            domains: domains(proof.get("domain"))?,
            suite,
        };
        if !purposes.contains(&read.purpose.as_str()) {
            let (found, wanted) = (clipped(&read.purpose), purposes.join(" or "));
            let why = format!("the proof was made for the purpose {found:?}, and must be for {wanted}");
            return Err(FormRule::ProofPurpose.broken(why));
        }
        for (name, date) in [("created", &read.created), ("expires", &read.expires)] {
            if date.as_ref().is_some_and(|date| rfc3339_seconds(date).is_none()) {
                let why = format!("`proof.{name}` must be a date and time with its zone, as in 2026-03-01T08:00:00Z");
                return Err(FormRule::ProofCreated.broken(why));
            }
        }
        if proof.get("proofValue").and_then(Value::as_text).is_none_or(|value| value.is("")) {
            return Err(FormRule::ProofValue.broken("`proof.proofValue` must be a text"));
        }
        if proof.get("previousProof").is_some() {
            return Err(FormRule::ProofForm.broken("the proof rests on another one that is not there"));
        }
        // Contexts have a second word for the end of a proof, and a member that is none of these could be written by another
        // name, or carry statements of the document.
        if let Some((name, _)) = members.find(|(name, _)| !MEMBERS.iter().any(|known| name.is(known))) {
            let why = format!("there is a member `proof.{}` that no proof has", clipped(&name.decoded()));
            return Err(FormRule::ProofForm.broken(why));
        }
        Ok(read)
    }

    /// Such a suite has rules of its own; what can be told of its proof is told.
    fn of_another_suite(proof: Value<'_>, suite: Suite) -> Self {
        let text = |name: &str| proof.get(name).and_then(Value::as_str).map(Cow::into_owned);
        Self {
            verification_method: text("verificationMethod").unwrap_or_default(),
            purpose: text("proofPurpose").unwrap_or_default(),
            created: text("created"),
            expires: text("expires"),
            nonce: None,
            challenge: None,
            domains: Vec::new(),
            suite,
        }
    }

    /// Every text in it that a report may repeat.
    pub(in crate::document) fn claims(&self) -> impl Iterator<Item = &str> {
        let Self { suite, verification_method, purpose, created, expires, nonce, challenge, domains } = self;
        [suite.name(), verification_method, purpose]
            .into_iter()
            .chain([created, expires, nonce, challenge].into_iter().filter_map(|text| text.as_deref()))
            .chain(domains.iter().map(String::as_str))
    }
}

fn text(proof: Value<'_>, name: &str, rule: FormRule) -> Result<Option<String>, BrokenRule> {
    let Some(value) = proof.get(name) else { return Ok(None) };
    match value.as_str() {
        Some(text) => Ok(Some(text.into_owned())),
        None => Err(rule.broken(format!("`proof.{name}` must be a text"))),
    }
}

/// One text, or several.
fn domains(domain: Option<Value<'_>>) -> Result<Vec<String>, BrokenRule> {
    const MOST: usize = 16;
    let wrong =
        || FormRule::ProofForm.broken(format!("`proof.domain` must be a text, or a list of at most {MOST} texts"));
    match domain.map(Value::kind) {
        None => Ok(Vec::new()),
        Some(Kind::String(text)) => Ok(vec![text.decoded().into_owned()]),
        Some(Kind::Array(items)) if items.count() <= MOST => {
            items.map(|item| item.as_str().map(Into::into).ok_or_else(wrong)).collect()
        }
        Some(_) => Err(wrong()),
    }
}
