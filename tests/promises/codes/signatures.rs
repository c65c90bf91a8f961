//! The table of issuance by signature.

use ebl_verifier::evidence::{DidChange, DidEthrReading, DidEvent};
use ebl_verifier::primitives::{Address, Digest32};
use ebl_verifier::verify::CheckName::Issuance;
use ebl_verifier::verify::Outcome::{Fail, Pass, Unknown};
use ebl_verifier::verify::Verdict::{Indeterminate, Invalid, Valid};
use serde_json::{Value, json};

use super::findings::Case;
use super::signed_world::{NOW, RESPONDER, ethr, web, word};
use super::signing::{Draft, address, did_ethr, key, sign};
use super::situation::{STORE, Situation, flag, signed, signed_by};
use super::wrapping::{Format, wrap};

pub const SIGNATURES: &[Case] = &[
    ("issuance.signed", Issuance, Pass, Valid, "by the controller of a did:ethr", || signed(&ethr(Format::V2))),
    ("issuance.signed", Issuance, Pass, Valid, "by a delegate of a did:ethr", || delegated(NOW + 1)),
    ("issuance.signed", Issuance, Pass, Valid, "by a key of a did:web", || signed(&web(Format::V3))),
    ("issuance.signature_missing", Issuance, Fail, Invalid, "nothing is signed", || {
        signed(&ethr(Format::V2)).tampered(|document| drop(document.as_object_mut().unwrap().remove("proof")))
    }),
    ("issuance.signature_malformed", Issuance, Fail, Invalid, "a signature of three bytes", || {
        signed(&ethr(Format::V2)).tampered(|document| document["proof"][0]["signature"] = json!("0x010203"))
    }),
    ("issuance.wrong_signature", Issuance, Fail, Invalid, "by another key", || signed_by(&ethr(Format::V2), 2)),
    ("issuance.wrong_signature", Issuance, Fail, Invalid, "of another document", || {
        let other = sign(&key(1), Digest32([9; 32]));
        signed(&ethr(Format::V2)).tampered(|document| document["proof"][0]["signature"] = json!(other))
    }),
    ("issuance.no_did", Issuance, Fail, Invalid, "an identity of kind DNS-TXT and no contract", || {
        signed(&Draft { identity: "DNS-TXT", ..ethr(Format::V3) })
    }),
    ("issuance.did_not_supported", Issuance, Unknown, Indeterminate, "a DID of another method", || {
        signed(&Draft { did: "did:key:z6Mk".into(), key: "did:key:z6Mk#z6Mk".into(), ..ethr(Format::V2) })
    }),
    ("issuance.identity_of_other_did", Issuance, Fail, Invalid, "v3 names two DIDs", || {
        let mut plain = web(Format::V3).wrapped().document;
        plain.as_object_mut().unwrap().remove("proof");
        plain["openAttestationMetadata"]["identityProof"]["identifier"] = json!("did:web:other.example");
        let wrapped = wrap(Format::V3, vec![plain]).remove(0);
        Situation::of_bytes(web(Format::V3).with_signature(&wrapped, &sign(&key(1), wrapped.root())))
    }),
    ("issuance.key_of_other_did", Issuance, Fail, Invalid, "the key is not of the issuer's DID", || {
        signed(&Draft { key: "did:web:other.example#keys-1".into(), ..ethr(Format::V2) })
    }),
    ("issuance.key_not_in_did", Issuance, Fail, Invalid, "a delegate that never was", || {
        signed(&Draft { key: format!("{}#delegate-1", ethr(Format::V2).did), ..ethr(Format::V2) })
    }),
    ("issuance.key_of_other_controller", Issuance, Fail, Invalid, "somebody else controls the key", || {
        signed(&web(Format::V2))
            .web_json(|document| document["verificationMethod"][0]["controller"] = json!("did:web:other.example"))
    }),
    ("issuance.key_not_for_assertion", Issuance, Fail, Invalid, "not under assertionMethod", || {
        signed(&web(Format::V2)).web_json(|document| document["assertionMethod"] = json!([]))
    }),
    ("issuance.key_ended", Issuance, Fail, Invalid, "the delegate's time is over", || delegated(NOW)),
    ("issuance.key_ended", Issuance, Fail, Invalid, "the key lost control of the DID", || {
        owner_changed(address(&key(2)), address(&key(2)))
    }),
    ("issuance.key_type_not_supported", Issuance, Unknown, Indeterminate, "another kind of key", || {
        signed(&web(Format::V2))
            .web_json(|document| document["verificationMethod"][0]["type"] = json!("JsonWebKey2020"))
    }),
    ("issuance.key_malformed", Issuance, Fail, Invalid, "a key without an account", || {
        signed(&web(Format::V2))
            .web_json(|document| document["verificationMethod"][0]["blockchainAccountId"] = json!("eip155:1"))
    }),
    ("issuance.did_deactivated", Issuance, Fail, Invalid, "the DID was given up", || {
        owner_changed(Address::ZERO, address(&key(1)))
    }),
    ("issuance.did_unresolved", Issuance, Unknown, Indeterminate, "an event is missing from the history", || {
        signed(&ethr(Format::V2)).did(|reading| reading.changed = word(&[9]))
    }),
    ("issuance.revocation_missing", Issuance, Fail, Invalid, "nothing is said of revocation", || {
        signed(&Draft { revocation: None, ..ethr(Format::V2) })
    }),
    ("issuance.signed", Issuance, Pass, Valid, "and a revocation store has nothing against it", || {
        revocable(json!({"type": "REVOCATION_STORE", "location": STORE.to_string()}))
    }),
    ("issuance.revoked", Issuance, Fail, Invalid, "a revocation store revoked it", || {
        revocable(json!({"type": "REVOCATION_STORE", "location": STORE.to_string()}))
            .store(|reading| reading.nodes[0].revoked = flag(true))
    }),
    ("issuance.signed", Issuance, Pass, Valid, "and a responder has nothing against it", || {
        revocable(json!({"type": "OCSP_RESPONDER", "location": RESPONDER}))
    }),
    ("issuance.revoked_by_responder", Issuance, Fail, Invalid, "a responder says revoked", || {
        revocable(json!({"type": "OCSP_RESPONDER", "location": RESPONDER})).web_json(|answer| {
            answer["revoked"] = json!(true);
            answer["reasonCode"] = json!(1);
        })
    }),
    ("issuance.revocation_unavailable", Issuance, Unknown, Indeterminate, "a responder is down", || {
        revocable(json!({"type": "OCSP_RESPONDER", "location": RESPONDER})).web(|reading| reading.status = 503)
    }),
];

fn revocable(revocation: Value) -> Situation {
    signed(&Draft { revocation: Some(revocation), ..ethr(Format::V2) })
}

/// Key 2 is the identity, key 1 its delegate until `valid_to`.
fn delegated(valid_to: u64) -> Situation {
    let identity = address(&key(2));
    signed(&Draft::new(Format::V2, &did_ethr(identity), "delegate-1", "DNS-DID")).did(move |reading| {
        let delegate = address(&key(1));
        let change = DidChange::Delegate { delegate_type: b"veriKey".to_vec(), delegate, valid_to };
        changed_once(reading, change, identity);
    })
}

/// The registry's one event makes `owner` the owner; then it answers `answer`.
fn owner_changed(owner: Address, answer: Address) -> Situation {
    signed(&ethr(Format::V2)).did(move |reading| changed_once(reading, DidChange::Owner { owner }, answer))
}

fn changed_once(reading: &mut DidEthrReading, change: DidChange, owner: Address) {
    reading.owner = word(&owner.0);
    reading.changed = word(&[7]);
    reading.events = vec![DidEvent { block: 7, log_index: 0, previous_change: 0, change }];
}
