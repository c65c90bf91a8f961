//! The table of W3C credentials, status lists and presentations.

use ebl_verifier::evidence::{Cause, Question};
use ebl_verifier::verify::CheckName::{Integrity, Issuance, Issuer, Policy, Registry};
use ebl_verifier::verify::Outcome::{Fail, NotApplicable, Pass, Unknown};
use ebl_verifier::verify::Verdict::{Indeterminate, Invalid, PolicyNotMet, Valid};
use serde_json::{Value, json};

use super::findings::Case;
use super::situation::Situation;
use crate::support::w3c::{did_url, list, packages, presentation, signed};

pub const CREDENTIALS: &[Case] = &[
    ("integrity.signed", Integrity, Pass, Valid, "by ecdsa-sd-2023", || signed("ecdsa-transferable")),
    ("integrity.signed", Integrity, Pass, Valid, "by bbs-2023", || signed("bbs-transferable-v1")),
    ("integrity.signed", Integrity, Pass, Valid, "by BbsBlsSignature2020", || signed("bbs2020-transferable")),
    ("integrity.selection_signed", Integrity, Pass, Indeterminate, "derived by ecdsa-sd-2023, without an end", || {
        signed("ecdsa-derived-all")
    }),
    (
        "integrity.selection_signed",
        Integrity,
        Pass,
        Valid,
        "derived by bbs-2023, which shows that all is there",
        || signed("bbs-derived-all"),
    ),
    ("integrity.context_not_allowed", Integrity, Fail, Invalid, "a context that is not known", || {
        bill().tampered(|document| {
            document["@context"].as_array_mut().unwrap().push(json!("https://other.example/context"))
        })
    }),
    ("integrity.context_not_allowed", Integrity, Fail, Invalid, "a context within the file", || {
        bill().tampered(|document| document["@context"].as_array_mut().unwrap().push(json!({"vessel": "urn:x"})))
    }),
    ("integrity.undefined_term", Integrity, Fail, Invalid, "a member that no context defines", || {
        bill().tampered(|document| document["credentialSubject"]["surprise"] = json!("x"))
    }),
    ("integrity.too_complex", Integrity, Unknown, Indeterminate, "more unnamed parts than any bill has", || {
        bill().tampered(|document| document["credentialSubject"]["packages"] = packages(2500))
    }),
    ("integrity.proof_value", Integrity, Fail, Invalid, "a value that is cut", || {
        bill().tampered(|document| document["proof"]["proofValue"] = json!("u2V0A"))
    }),
    ("integrity.proof_purpose", Integrity, Fail, Invalid, "a proof of who presents", || {
        bill().tampered(|document| document["proof"]["proofPurpose"] = json!("authentication"))
    }),
    ("integrity.proof_time", Integrity, Fail, Invalid, "a proof of tomorrow", || {
        bill().tampered(|document| document["proof"]["created"] = json!("2036-01-01T00:00:00Z"))
    }),
    ("integrity.proof_time", Integrity, Fail, Invalid, "a proof that has expired", || {
        bill().tampered(|document| document["proof"]["expires"] = json!("2026-05-01T00:00:00Z"))
    }),
    ("integrity.wrong_signature", Integrity, Fail, Invalid, "another vessel", || {
        bill().tampered(|document| document["credentialSubject"]["vessel"] = json!("MV Other"))
    }),
    ("integrity.key_of_other_did", Integrity, Fail, Invalid, "a key of somebody else", || {
        bill().tampered(|document| document["proof"]["verificationMethod"] = json!("did:web:other.example#keys-1"))
    }),
    ("integrity.key_not_listed", Integrity, Fail, Invalid, "a key that is not for assertions", || {
        bill().web_json(|document| document["assertionMethod"] = json!([]))
    }),
    ("integrity.key_not_listed", Integrity, Fail, Invalid, "a key that is not there", || {
        bill().web_json(|document| document["verificationMethod"] = json!([]))
    }),
    ("integrity.key_not_listed", Integrity, Fail, Invalid, "a key that was revoked", || {
        bill().web_json(|document| document["verificationMethod"][0]["revoked"] = json!("2026-05-01T00:00:00Z"))
    }),
    ("integrity.key_not_listed", Integrity, Fail, Invalid, "a key that has expired", || {
        bill().web_json(|document| document["verificationMethod"][0]["expires"] = json!("2026-05-01T00:00:00Z"))
    }),
    ("integrity.signed", Integrity, Pass, Valid, "a key that will be revoked", || {
        bill().web_json(|document| document["verificationMethod"][0]["revoked"] = json!("2036-05-01T00:00:00Z"))
    }),
    ("integrity.key_malformed", Integrity, Fail, Invalid, "a key that was revoked nobody knows when", || {
        bill().web_json(|document| document["verificationMethod"][0]["revoked"] = json!(true))
    }),
    ("integrity.too_complex", Integrity, Unknown, Indeterminate, "more contexts than are looked at", || {
        bill().tampered(|document| {
            document["@context"].as_array_mut().unwrap().extend((0..40).map(|it| json!(format!("urn:x:{it}"))));
        })
    }),
    ("integrity.key_malformed", Integrity, Fail, Invalid, "a key that is no point", || {
        bill().web_json(|document| document["verificationMethod"][0]["publicKeyMultibase"] = json!("zDnae"))
    }),
    ("integrity.key_malformed", Integrity, Fail, Invalid, "a key of another suite", || {
        bill().web_json(|document| {
            let other = document["verificationMethod"][1]["publicKeyMultibase"].clone();
            document["verificationMethod"][0]["publicKeyMultibase"] = other;
        })
    }),
    ("integrity.key_unavailable", Integrity, Unknown, Indeterminate, "the web server does not answer", || {
        bill().unanswered(Cause::Timeout, |question| matches!(question, Question::Web(_)))
    }),
    ("integrity.key_unavailable", Integrity, Unknown, Indeterminate, "the web server has an outage", || {
        bill().web(|reading| reading.status = 503)
    }),
    ("integrity.suite_not_supported", Integrity, Unknown, Indeterminate, "a signature of another suite", || {
        bill().tampered(|document| document["proof"]["cryptosuite"] = json!("eddsa-rdfc-2022"))
    }),
    ("integrity.suite_not_supported", Integrity, Unknown, Indeterminate, "a key of another kind", || {
        bill().web_json(|document| {
            let ed25519 = "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";
            document["verificationMethod"][0]["publicKeyMultibase"] = json!(ed25519);
        })
    }),
    ("integrity.did_not_supported", Integrity, Unknown, Indeterminate, "a DID of another method", || {
        bill().tampered(|document| {
            document["issuer"] = json!("did:ion:abc");
            document["proof"]["verificationMethod"] = json!("did:ion:abc#keys-1");
        })
    }),
    ("integrity.holder_differs", Integrity, Fail, Invalid, "somebody else's credential is presented", || {
        presentation("presentation-subject-other")
    }),
    ("integrity.challenge", Integrity, Fail, Invalid, "a presentation that was made for somebody else", || {
        presentation("presentation-one").policy(|policy| policy.challenge = Some("another".into()))
    }),
    ("policy.not_a_presentation", Policy, Fail, PolicyNotMet, "a challenge for a credential alone", || {
        bill().policy(|policy| policy.challenge = Some("c".into()))
    }),
    ("check.parts", Issuer, NotApplicable, Indeterminate, "a presentation", || presentation("presentation-one")),
    ("issuer.did_web", Issuer, Pass, Valid, "the key of a credential", bill),
    ("issuer.bare_key", Issuer, Unknown, Indeterminate, "a credential by a did:key", || {
        signed("ecdsa-transferable-did-key")
    }),
    ("issuer.no_did_document", Issuer, Fail, Invalid, "the issuer of a credential has no DID document", || {
        bill().web(|reading| reading.status = 404)
    }),
    ("issuance.minted", Issuance, Pass, Valid, "the title of a credential", bill),
    ("issuance.no_status", Issuance, Pass, Valid, "no bill, and no status", || signed("bbs-promissory-note")),
    ("issuance.title_missing", Issuance, Fail, Invalid, "a bill without a title", || signed("ecdsa-no-status")),
    ("issuance.may_be_withheld", Issuance, Unknown, Indeterminate, "a bill whose status is not shown", || {
        signed("ecdsa-derived-subject")
    }),
    ("issuance.may_be_withheld", Issuance, Unknown, Indeterminate, "the same, and its key cannot be fetched", || {
        signed("ecdsa-derived-subject").unanswered(Cause::Timeout, |question| matches!(question, Question::Web(_)))
    }),
    (
        "issuance.may_be_withheld",
        Issuance,
        Unknown,
        Indeterminate,
        "a bill by a suite that may leave things out",
        || signed("ecdsa-no-status").tampered(|document| document["proof"]["cryptosuite"] = json!("eddsa-rdfc-2022")),
    ),
    ("issuance.not_listed", Issuance, Pass, Valid, "the list does not mark it", || {
        signed("ecdsa-bitstring").pages(list("status-plain-0-set"))
    }),
    ("issuance.revoked_by_list", Issuance, Fail, Invalid, "the list marks it", || {
        signed("bbs-bitstring").pages(list("status-dense-3"))
    }),
    ("issuance.suspended", Issuance, Fail, Invalid, "a list of suspensions marks it", || {
        let asked = |document: &mut Value| {
            document["credentialStatus"]["statusPurpose"] = json!("suspension");
            document["credentialStatus"]["statusListIndex"] = json!("5");
        };
        every_check(signed("ecdsa-bitstring").tampered(asked)).pages(list("status-suspension"))
    }),
    ("issuance.status_list_unavailable", Issuance, Unknown, Indeterminate, "the list cannot be fetched", || {
        let gone = [("https://carrier.example/status/1".to_owned(), (404, Vec::new()))].into();
        signed("ecdsa-bitstring").pages(gone)
    }),
    ("issuance.status_list_refused", Issuance, Unknown, Indeterminate, "the list was changed", || {
        signed("ecdsa-bitstring").pages(list("status-swapped"))
    }),
    ("issuance.status_not_supported", Issuance, Unknown, Invalid, "a list of messages", || {
        let message = |document: &mut Value| document["credentialStatus"]["statusPurpose"] = json!("message");
        every_check(signed("ecdsa-bitstring").tampered(message))
    }),
    ("issuance.token_of_other_id", Issuance, Fail, Invalid, "the token of another credential", || {
        every_check(bill().tampered(|document| document["credentialStatus"]["tokenId"] = json!("ab".repeat(32))))
    }),
    ("registry.obligation_not_supported", Registry, Unknown, Invalid, "a bill of exchange", || {
        every_check(bill().tampered(|document| {
            let status = document["credentialStatus"].as_object_mut().unwrap();
            let registry = status.remove("tokenRegistry").unwrap();
            status.insert("obligationRegistry".into(), registry);
        }))
    }),
];

/// A transferable bill of data model 2.0, signed by ecdsa-sd-2023.
fn bill() -> Situation {
    signed("ecdsa-transferable")
}

/// What was changed breaks the signature; the rest is judged all the same.
fn every_check(situation: Situation) -> Situation {
    situation.policy(|policy| policy.all_checks = true)
}

#[test]
fn the_addresses_of_did_documents_are_told() {
    assert_eq!(did_url("did:web:carrier.example%3A8443:a"), "https://carrier.example:8443/a/did.json");
}
