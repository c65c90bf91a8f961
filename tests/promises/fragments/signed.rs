//! Signed documents.

use ebl_verifier::evidence::{NodeReading, Question};
use serde_json::{Value, json};

use super::promises::{fragment, fragments_of, words};
use super::signed_world::{RESPONDER, STORE, WEB, World, ethr, judged, web, word};
use super::signing::{DOMAIN, Draft, address, key};
use super::wrapping::Format;

const SIGNED: &str = "OpenAttestationDidSignedDocumentStatus";

#[test]
fn signed_documents_have_lists_in_v2_and_objects_in_v3() {
    for format in [Format::V2, Format::V3] {
        let draft = ethr(format);
        let value = fragments_of(&judged(&draft.signed(&key(1)), &World::good()).0);
        assert_eq!(words(&value), "valid skipped skipped valid skipped valid");
        let shaped = |entry: Value| if format == Format::V2 { json!([entry]) } else { entry };
        let details = json!({
            "issuance": shaped(json!({"did": draft.did, "issued": true})),
            "revocation": shaped(json!({"revoked": false})),
        });
        let data = json!({"issuedOnAll": true, "revokedOnAny": false, "details": details});
        assert_eq!(fragment(&value, SIGNED)["data"], data);
        let identity = fragment(&value, "OpenAttestationDnsDidIdentityProof");
        assert_eq!(identity["data"], shaped(json!({"location": DOMAIN, "key": draft.key, "status": "VALID"})));
        let value = fragments_of(&judged(&web(format).signed(&key(1)), &World::good()).0);
        assert_eq!(words(&value), "valid skipped skipped valid skipped skipped valid");
        let identity = fragment(&value, "OpenAttestationDidIdentityProof");
        assert_eq!(identity["data"], shaped(json!({"did": WEB, "verified": true})));
    }
}

/// What is changed, and the last three or four fragments: the signature's and the identities'.
type SignedCase = (fn(&mut Draft, &mut World), &'static str, &'static str);

#[test]
fn what_is_wrong_with_a_signed_document_has_the_fields_codes() {
    let cases: &[SignedCase] = &[
        (|_, world| world.records.clear(), "valid skipped INVALID:INVALID_IDENTITY", "Could not find identity"),
        (
            |draft, _| draft.revocation = None,
            "ERROR:MISSING_REVOCATION skipped valid",
            "revocation block not found for an issuer",
        ),
        (
            |draft, _| draft.revocation = Some(json!({"type": "OCSP_RESPONDER", "location": RESPONDER})),
            "valid skipped valid",
            "",
        ),
        (
            |draft, world| {
                draft.revocation = Some(json!({"type": "OCSP_RESPONDER", "location": RESPONDER}));
                world.responder = |hash| (200, json!({"revoked": true, "documentHash": hash, "reasonCode": 4}));
            },
            "INVALID:SUPERSEDED skipped valid",
            "has been revoked under OCSP Responder: https://ocsp.carrier.example/v1",
        ),
        (
            |draft, world| {
                draft.revocation = Some(json!({"type": "OCSP_RESPONDER", "location": RESPONDER}));
                world.responder = |_| (200, json!({"status": "good"}));
            },
            "ERROR:OCSP_RESPONSE_INVALID skipped valid",
            "Invalid or unexpected response from OCSP Responder - ",
        ),
        (
            |draft, world| {
                draft.revocation = Some(json!({"type": "REVOCATION_STORE", "location": STORE.to_string()}));
                let hash = draft.wrapped().target();
                world.store.nodes = vec![NodeReading { hash, revoked: word(&[1]), ..NodeReading::default() }];
            },
            "INVALID:DOCUMENT_REVOKED skipped valid",
            "has been revoked under contract 0x",
        ),
        (
            |draft, world| {
                draft.revocation = Some(json!({"type": "REVOCATION_STORE", "location": STORE.to_string()}));
                world.unreachable = Some(|question| matches!(question, Question::DocumentStore(_)));
            },
            "ERROR:SERVER_ERROR skipped valid",
            "Unable to connect",
        ),
        (
            |_, world| world.unreachable = Some(|question| matches!(question, Question::DidEthr(_))),
            "ERROR:UNEXPECTED_ERROR skipped valid",
            "could not be read",
        ),
        (|draft, _| draft.identity = "DID", "valid skipped skipped ERROR:issuer.bare_key", "bare key"),
        (
            |draft, world| {
                *draft = web(draft.format);
                world.did_document["verificationMethod"][0]["type"] = json!("Ed25519VerificationKey2020");
            },
            "ERROR:UNSUPPORTED_KEY_TYPE skipped skipped ERROR:issuer.did_without_this_key",
            "Signature type Ed25519VerificationKey2020 is currently not support",
        ),
        (
            |draft, world| {
                *draft = web(draft.format);
                world.did_document["verificationMethod"][0]["id"] = json!("#keys-2");
            },
            "ERROR:KEY_NOT_IN_DID skipped skipped ERROR:KEY_NOT_IN_DID",
            "No public key found on DID document for the DID did:web:carrier.example and key did:web:carrier.example#keys-1",
        ),
    ];
    for (index, (change, wanted, message)) in cases.iter().enumerate() {
        for format in [Format::V2, Format::V3] {
            let (mut draft, mut world) = (ethr(format), World::good());
            change(&mut draft, &mut world);
            let value = fragments_of(&judged(&draft.signed(&key(1)), &world).0);
            assert_eq!(words(&value), format!("valid skipped skipped {wanted}"), "{index}: {value:#}");
            let all = value["fragments"].as_array().unwrap();
            let told = all.iter().any(|it| it["reason"]["message"].as_str().is_some_and(|it| it.contains(message)));
            assert!(told, "{index}: {value:#}");
        }
    }
}

#[test]
fn a_wrong_signature_counts_against_the_status_and_the_did() {
    for format in [Format::V2, Format::V3] {
        let value = fragments_of(&judged(&web(format).signed(&key(2)), &World::good()).0);
        let wrong = "INVALID:WRONG_SIGNATURE";
        assert_eq!(words(&value), format!("valid skipped skipped {wrong} skipped skipped {wrong}"));
        let message = format!("merkle root is not signed correctly by {}", address(&key(1)));
        let reason = json!({"code": 7, "codeString": "WRONG_SIGNATURE", "message": message});
        let identity = fragment(&value, "OpenAttestationDidIdentityProof");
        let entry = json!({"did": WEB, "verified": false, "reason": reason});
        assert_eq!(identity["data"], if format == Format::V2 { json!([entry]) } else { entry });
        let issuance = &fragment(&value, SIGNED)["data"]["details"]["issuance"];
        let issuance = if format == Format::V2 { &issuance[0] } else { issuance };
        assert_eq!(issuance, &json!({"did": WEB, "issued": false, "reason": reason}));
    }
}

#[test]
fn an_unsigned_document_says_so_for_signature_and_identity() {
    for (draft, wanted) in [
        (ethr(Format::V2), "ERROR:UNSIGNED skipped ERROR:UNSIGNED"),
        (web(Format::V2), "ERROR:UNSIGNED skipped skipped ERROR:UNSIGNED"),
    ] {
        let bytes = draft.wrapped().document.to_string();
        let value = fragments_of(&judged(bytes.as_bytes(), &World::good()).0);
        assert_eq!(words(&value), format!("valid skipped skipped {wanted}"), "{value:#}");
    }
}
