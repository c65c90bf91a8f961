//! The signatures that a document carries, in the two shapes of documents.md §6.4. A signature of another shape makes the
//! document malformed; whether a well-shaped one verifies is decided in `verify`.

use std::borrow::Cow;

use super::Issuer;
use super::error::BrokenRule;
use super::json::{Members, Value};
use crate::text::{clipped, listed};

/// A signature over the Merkle root, unjudged (documents.md §3.10). The digest covers neither member: they count only as
/// far as the signature verifies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The key that is said to have signed: a DID URL.
    pub verification_method: String,
    /// As written; should be `0x` and 64 or 65 bytes in hexadecimal.
    pub signature: String,
}

/// The list of signatures of a v2 document.
#[derive(Debug, Default, PartialEq)]
pub(super) struct SignatureList {
    pub signatures: Vec<Signature>,
    /// The paths of what nothing protects.
    pub unprotected: Vec<String>,
    /// Whether one that counts does not say when it was made. Genuine files without it exist (documents.md §3.10).
    pub undated: bool,
}

/// v2: the top-level list `proof`.
pub(super) fn of_list(proof: Value<'_>, issuers: &[Issuer]) -> Result<SignatureList, BrokenRule> {
    let Some(mut items) = proof.as_array() else {
        return Err(BrokenRule::FamilyMix("`proof` of an OpenAttestation 2.0 document is a list".into()));
    };
    if items.is_empty() || items.count() > MOST_SIGNATURES {
        return Err(BrokenRule::Shape(format!("`proof` must hold 1 to {MOST_SIGNATURES} signatures")));
    }
    let signatures = items.enumerate().map(|(index, item)| of_item(item, index)).collect::<Result<Vec<_>, _>>()?;
    // Where a contract issued the document no signature is looked at.
    if issuers.iter().any(|issuer| issuer.contract.is_some()) {
        return Ok(SignatureList { signatures, unprotected: vec!["proof".to_owned()], undated: false });
    }
    let unprotected = items.enumerate().flat_map(|(index, item)| {
        let others =
            item.as_object().into_iter().flatten().filter(|(name, _)| !CHECKED.iter().any(|known| name.is(known)));
        others.map(move |(name, _)| format!("proof[{index}].{}", clipped(&name.decoded())))
    });
    let unprotected = listed(unprotected);
    let undated = items.any(|item| item.get("created").is_none());
    Ok(SignatureList { signatures, unprotected, undated })
}

/// v3: `key` and `signature` beside the Merkle proof, both or neither.
pub(super) fn of_members(proof: Members<'_>) -> Result<Option<Signature>, BrokenRule> {
    let text = |name: &str| proof.get(name).map(|value| value.as_str().map(Cow::into_owned));
    match (text("key"), text("signature")) {
        (None, None) => Ok(None),
        (Some(Some(verification_method)), Some(Some(signature))) => {
            Ok(Some(Signature { verification_method, signature }))
        }
        _ => Err(BrokenRule::Shape("`proof.key` and `proof.signature` must both be text, or both be absent".into())),
    }
}

fn of_item(item: Value<'_>, index: usize) -> Result<Signature, BrokenRule> {
    let text = |name: &str| {
        let text = item.get(name).and_then(Value::as_str);
        text.ok_or_else(|| BrokenRule::Shape(format!("`proof[{index}].{name}` must be text")))
    };
    for (name, wanted) in FIXED {
        if text(name)? != wanted {
            return Err(BrokenRule::Shape(format!("`proof[{index}].{name}` must be {wanted}")));
        }
    }
    if item.get("created").is_some() {
        text("created")?;
    }
    Ok(Signature {
        verification_method: text("verificationMethod")?.into_owned(),
        signature: text("signature")?.into_owned(),
    })
}

/// Members that can have one value only, so nothing needs to protect them.
const FIXED: [(&str, &str); 2] = [("type", "OpenAttestationSignature2018"), ("proofPurpose", "assertionMethod")];
/// Members that say nothing by themselves or are checked by the signature.
const CHECKED: [&str; 4] = ["type", "proofPurpose", "verificationMethod", "signature"];
/// Each costs a key recovery, and the list is the sender's to write.
const MOST_SIGNATURES: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::json;

    fn read(text: &str) -> Result<SignatureList, BrokenRule> {
        let tree = json::parse_value(text.as_bytes(), &Default::default()).unwrap();
        of_list(tree.root(), &[])
    }

    fn entry(change: (&str, &str)) -> String {
        let entry = r#"{"type":"OpenAttestationSignature2018","created":"2026-03-01T08:00:00Z",
            "proofPurpose":"assertionMethod","verificationMethod":"did:ethr:0x00#controller","signature":"0x00"}"#;
        entry.replacen(change.0, change.1, 1)
    }

    #[test]
    fn the_time_of_signing_is_not_protected() {
        let list = read(&format!("[{}]", entry(("", "")))).unwrap();
        assert_eq!(list.signatures[0].verification_method, "did:ethr:0x00#controller");
        assert_eq!((list.unprotected, list.undated), (vec!["proof[0].created".to_owned()], false));
        let undated = read(&format!("[{}]", entry((r#""created":"2026-03-01T08:00:00Z","#, "")))).unwrap();
        assert_eq!((undated.unprotected, undated.undated), (vec![], true));
    }

    #[test]
    fn a_signature_of_another_shape_is_a_fault() {
        for change in [
            ("OpenAttestationSignature2018", "Ed25519Signature2018"),
            ("assertionMethod", "authentication"),
            (r#""0x00""#, "7"),
            (r#""verificationMethod""#, r#""method""#),
            (r#""2026-03-01T08:00:00Z""#, "null"),
        ] {
            assert!(matches!(read(&format!("[{}]", entry(change))), Err(BrokenRule::Shape(_))), "{change:?}");
        }
        assert!(matches!(read("[]"), Err(BrokenRule::Shape(_))));
        assert!(matches!(read("{}"), Err(BrokenRule::FamilyMix(_))));
        let many = vec![entry(("", "")); MOST_SIGNATURES + 1].join(",");
        assert!(matches!(read(&format!("[{many}]")), Err(BrokenRule::Shape(_))));
    }

    #[test]
    fn key_and_signature_of_v3_stand_together() {
        let read = |text: &str| {
            let tree = json::parse(text.as_bytes(), &Default::default()).unwrap();
            of_members(tree.root().as_object().unwrap())
        };
        assert_eq!(read("{}"), Ok(None));
        assert!(matches!(read(r#"{"key":"did:web:a#b","signature":"0x"}"#), Ok(Some(_))));
        for text in [r#"{"key":"did:web:a#b"}"#, r#"{"signature":"0x"}"#, r#"{"key":null,"signature":"0x"}"#] {
            assert!(matches!(read(text), Err(BrokenRule::Shape(_))), "{text}");
        }
    }
}
