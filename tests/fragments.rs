//! The fragment view: what consumers of the field's JavaScript libraries read, and that it never says more than our
//! verdict. Whoever looks at the fragments without `isValid`, by the rule of those libraries, must come to the same.

#[path = "support/rpc_server.rs"]
mod rpc_server;
#[path = "support/signing.rs"]
mod signing;
#[path = "support/wrapping.rs"]
mod wrapping;

use std::process::{Command, Stdio};

use ebl_verifier::document::{self, Limits};
use ebl_verifier::evidence::{
    Answer, BlockReading, CallReading, Cause, CodeReading, DidEthrReading, Dnssec, Evidence, Fact, NodeReading,
    Provenance, Question, StoreReading, TxtReading, Unavailable, WebReading,
};
use ebl_verifier::integrity::merkle::path_from;
use ebl_verifier::primitives::{Address, ChainId, Digest32};
use ebl_verifier::report::fragments;
use ebl_verifier::verify::{Check, Finding, Outcome, Policy, Report, Step, TitleStateName, Verdict, codes, examine};
use proptest::prelude::*;
use serde_json::{Value, json};
use signing::{DOMAIN, Draft, address, did_ethr, key, record};
use wrapping::{Format, Wrapped, batch, issuer, plain_v2, wrap};

const STORE: Address = Address([0xa1; 20]);
const OTHER_STORE: Address = Address([0xa2; 20]);
const DID_REGISTRY: Address = Address([0xe1; 20]);
const WEB: &str = "did:web:carrier.example";
const RESPONDER: &str = "https://ocsp.carrier.example/v1";
const FORMATS: [Format; 2] = [Format::V2, Format::V3];

/// What every question is answered with, good until a test changes it.
#[derive(Clone)]
struct World {
    records: Vec<String>,
    store: StoreReading,
    /// Changes what one store says.
    change: fn(Address, &mut StoreReading),
    identity: DidEthrReading,
    did_document: Value,
    responder: fn(&str) -> (u16, Value),
    silent: fn(&Question) -> bool,
}

impl World {
    fn good() -> Self {
        let signer = address(&key(1));
        let block = BlockReading { number: 7, hash: Digest32([7; 32]), ..BlockReading::default() };
        let contract = |it: Address| format!("openatts net=ethereum netId=31337 addr={it}");
        let key = record(&format!("{}#controller", did_ethr(signer)));
        Self {
            records: vec![contract(STORE), contract(OTHER_STORE), key],
            store: StoreReading {
                chain_id: 31337,
                block: block.clone(),
                code: CodeReading { size: 100, ..CodeReading::default() },
                batchable: word(&[]),
                transferable: word(&[]),
                everything: word(&[]),
                issued: word(&[1]),
                ..StoreReading::default()
            },
            change: |_, _| {},
            identity: DidEthrReading {
                chain_id: 31337,
                block,
                registry_code_size: 100,
                owner: word(&signer.0),
                changed: word(&[]),
                events: Vec::new(),
            },
            did_document: json!({
                "id": WEB,
                "verificationMethod": [{
                    "id": "#keys-1",
                    "type": "EcdsaSecp256k1RecoveryMethod2020",
                    "controller": WEB,
                    "blockchainAccountId": format!("eip155:1:{signer}"),
                }],
                "assertionMethod": ["did:web:carrier.example#keys-1"],
            }),
            responder: |hash| (200, json!({"revoked": false, "documentHash": hash})),
            silent: |_| false,
        }
    }

    fn answer(&self, question: &Question) -> Answer {
        if (self.silent)(question) {
            let host = Some("host.example".to_owned());
            return Err(Unavailable { cause: Cause::Timeout, host, detail: "no answer in time".into() });
        }
        Ok(match question {
            Question::DnsTxt { .. } => Fact::DnsTxt(TxtReading {
                name_exists: true,
                records: self.records.clone(),
                dnssec: Dnssec::Secure,
                agreeing: 1,
            }),
            Question::DocumentStore { store, target_hash, proof, .. } => {
                let node =
                    |hash| NodeReading { hash, revoked: word(&[]), revoked_at: word(&[]), ..NodeReading::default() };
                let mut reading = self.store.clone();
                reading.nodes = path_from(*target_hash, proof).into_iter().map(node).collect();
                (self.change)(*store, &mut reading);
                Fact::DocumentStore(Box::new(reading))
            }
            Question::DidEthr { .. } => Fact::DidEthr(Box::new(self.identity.clone())),
            Question::Web { url, .. } => {
                let (status, body) = match url.strip_prefix(&format!("{RESPONDER}/")) {
                    Some(hash) => (self.responder)(hash),
                    None => (200, self.did_document.clone()),
                };
                Fact::Web(WebReading { status, body: body.to_string().into_bytes() })
            }
            other => panic!("{other:?}"),
        })
    }
}

fn word(bytes: &[u8]) -> CallReading {
    CallReading { success: true, data: [vec![0; 32 - bytes.len()], bytes.to_vec()].concat() }
}

fn judged(bytes: &[u8], world: &World) -> Report {
    let document = document::read(bytes, &Limits::default()).expect("readable");
    let did_registries = [(ChainId::try_from(31337).unwrap(), DID_REGISTRY)].into();
    let policy = Policy { did_registries, ..Policy::default() };
    let mut evidence = Evidence::new();
    loop {
        match examine(&document, &evidence, &policy, 1_780_000_000) {
            Step::Report(report) => return *report,
            Step::Ask(questions) => {
                for question in questions {
                    let answer = world.answer(&question);
                    evidence.record(question, answer, Provenance::default());
                }
            }
        }
    }
}

/// The fragments of a report, which keep every promise of this file.
fn fragments_of(report: &Report) -> Value {
    let value = serde_json::to_value(fragments::of_report(report)).unwrap();
    keeps_the_promises(&value, report.verdict == Verdict::Valid);
    value
}

fn keeps_the_promises(value: &Value, is_valid: bool) {
    let errors = schema_errors(value);
    assert!(errors.is_empty(), "{errors:#?}\n{value:#}");
    assert_eq!(value["isValid"], is_valid, "{value:#}");
    assert_eq!(valid_by_the_fields_rule(value), is_valid, "{value:#}");
    for fragment in value["fragments"].as_array().unwrap() {
        let has = |member: &str| fragment.get(member).is_some();
        let wanted = match fragment["status"].as_str().unwrap() {
            "VALID" => (true, false),
            "SKIPPED" => (false, true),
            _ => (true, true),
        };
        assert_eq!((has("data"), has("reason")), wanted, "{fragment:#}");
    }
}

fn schema_errors(value: &Value) -> Vec<String> {
    let schema: Value = serde_json::from_str(include_str!("../schemas/fragments.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    validator.iter_errors(value).map(|error| error.to_string()).collect()
}

/// Of each type at least one fragment is VALID and none is neither VALID nor SKIPPED.
fn valid_by_the_fields_rule(value: &Value) -> bool {
    ["DOCUMENT_INTEGRITY", "DOCUMENT_STATUS", "ISSUER_IDENTITY"].iter().all(|wanted| {
        let fragments = value["fragments"].as_array().unwrap().iter().filter(|fragment| fragment["type"] == *wanted);
        let statuses: Vec<_> = fragments.map(|fragment| fragment["status"].as_str().unwrap()).collect();
        statuses.contains(&"VALID") && statuses.iter().all(|status| ["VALID", "SKIPPED"].contains(status))
    })
}

fn fragment<'v>(value: &'v Value, name: &str) -> &'v Value {
    let mut all = value["fragments"].as_array().unwrap().iter();
    all.find(|fragment| fragment["name"] == name).unwrap_or_else(|| panic!("{name}: {value:#}"))
}

/// Each fragment in a word: its status where that says all, else its code.
fn words(value: &Value) -> String {
    let word = |fragment: &Value| match fragment["status"].as_str().unwrap() {
        status @ ("VALID" | "SKIPPED") => status.to_lowercase(),
        status => format!("{status}:{}", fragment["reason"]["codeString"].as_str().unwrap()),
    };
    value["fragments"].as_array().unwrap().iter().map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(feature = "testchain")]
#[tokio::test]
async fn every_sample_has_the_fragments_that_its_state_demands() {
    use ebl_verifier::testchain::{samples, sandbox::Sandbox};

    let any_port = std::net::SocketAddr::from((std::net::Ipv4Addr::LOCALHOST, 0));
    let mut sandbox = Sandbox::start(any_port, any_port).await.unwrap();
    let samples = samples::issue(&mut sandbox).unwrap();
    let verifier = sandbox.verifier().unwrap().build().unwrap();
    let live = "valid valid skipped skipped valid skipped";
    let unasked = "ERROR:check.not_asked skipped skipped ERROR:check.not_asked skipped";
    let no_record = "valid valid skipped skipped INVALID:MATCHING_RECORD_NOT_FOUND skipped";
    for sample in samples {
        let bytes = sample.document.as_bytes();
        let report = match sample.parsed_key() {
            Some(key) => verifier.verify_sealed(bytes, &key).await.unwrap(),
            None => verifier.verify(bytes).await.unwrap(),
        };
        let value = fragments_of(&report);
        let wanted = match sample.file {
            "store.json" => "valid skipped valid skipped valid skipped".to_owned(),
            "store-revoked.json" | "store-ancestor-revoked.json" => {
                "valid skipped INVALID:DOCUMENT_REVOKED skipped valid skipped".to_owned()
            }
            "store-not-issued.json" => "valid skipped INVALID:DOCUMENT_NOT_ISSUED skipped valid skipped".to_owned(),
            "signed.json" | "signed-oa3.json" => "valid skipped skipped valid skipped valid".to_owned(),
            "signed-old-key.json" => "valid skipped skipped INVALID:issuance.key_ended skipped valid".to_owned(),
            "returned.json" => "valid INVALID:title.returned skipped skipped valid skipped".to_owned(),
            "ended.json" => "valid INVALID:title.ended skipped skipped valid skipped".to_owned(),
            "not-issued.json" => "valid INVALID:DOCUMENT_NOT_MINTED skipped skipped valid skipped".to_owned(),
            "changed.json" => format!("INVALID:DOCUMENT_TAMPERED {unasked}"),
            "batch.json" => format!("INVALID:integrity.batch_token {unasked}"),
            "expired.json" => "valid INVALID:issuance.expired skipped skipped valid skipped".to_owned(),
            "no-record.json" | "other-chain-record.json" | "no-such-domain.json" => no_record.to_owned(),
            "no-contract.json" => "valid INVALID:DOCUMENT_NOT_MINTED skipped skipped valid skipped".to_owned(),
            "look-alike.json" => "valid INVALID:registry.contradicts_itself skipped skipped valid skipped".to_owned(),
            "upgradeable.json" => "valid ERROR:registry.upgradeable_proxy skipped skipped valid skipped".to_owned(),
            "other-chain.json" => "valid ERROR:chain.no_endpoint skipped skipped valid skipped".to_owned(),
            _ => {
                assert_eq!(sample.verdict, Verdict::Valid, "{}", sample.file);
                live.to_owned()
            }
        };
        assert_eq!(words(&value), wanted, "{}: {value:#}", sample.file);
        let registry = sandbox.v5.address.to_string();
        match sample.file {
            "live.json" => assert_eq!(value, live_v2(&registry)),
            "live-oa3.json" => {
                let details = json!({"minted": true, "address": registry});
                let status = fragment(&value, "OpenAttestationEthereumTokenRegistryStatus");
                assert_eq!(status["data"], json!({"mintedOnAll": true, "details": details}));
                let identity = fragment(&value, "OpenAttestationDnsTxtIdentityProof");
                assert_eq!(identity["data"], json!({"identifier": "carrier.example", "value": registry}));
            }
            "not-issued.json" => {
                let status = fragment(&value, "OpenAttestationEthereumTokenRegistryStatus");
                let message = "Document has not been issued under token registry";
                let reason = json!({"code": 1, "codeString": "DOCUMENT_NOT_MINTED", "message": message});
                let details = json!([{"minted": false, "address": registry, "reason": reason}]);
                assert_eq!(status["data"], json!({"mintedOnAll": false, "details": details}));
                assert_eq!(status["reason"], reason);
            }
            "returned.json" => {
                let status = fragment(&value, "OpenAttestationEthereumTokenRegistryStatus");
                // It was minted; what the field has no word for is that nobody can use it now.
                assert_eq!((&status["data"]["mintedOnAll"], &status["reason"]["code"]), (&json!(true), &json!(900)));
            }
            _ => {}
        }
    }
}

#[cfg(feature = "testchain")]
fn live_v2(registry: &str) -> Value {
    let skipped = |name: &str, about: &str, code: u64, message: &str| {
        let reason = json!({"code": code, "codeString": "SKIPPED", "message": message});
        json!({"name": name, "type": about, "status": "SKIPPED", "reason": reason})
    };
    let store =
        r#"Document issuers doesn't have "documentStore" or "certificateStore" property or DOCUMENT_STORE method"#;
    json!({"isValid": true, "fragments": [
        {"name": "OpenAttestationHash", "type": "DOCUMENT_INTEGRITY", "status": "VALID", "data": true},
        {
            "name": "OpenAttestationEthereumTokenRegistryStatus",
            "type": "DOCUMENT_STATUS",
            "status": "VALID",
            "data": {"mintedOnAll": true, "details": [{"minted": true, "address": registry}]},
        },
        skipped("OpenAttestationEthereumDocumentStoreStatus", "DOCUMENT_STATUS", 4, store),
        skipped("OpenAttestationDidSignedDocumentStatus", "DOCUMENT_STATUS", 0, "Document was not signed by DID directly"),
        {
            "name": "OpenAttestationDnsTxtIdentityProof",
            "type": "ISSUER_IDENTITY",
            "status": "VALID",
            "data": [{"status": "VALID", "location": "carrier.example", "value": registry}],
        },
        skipped("OpenAttestationDnsDidIdentityProof", "ISSUER_IDENTITY", 0, "Document was not issued using DNS-DID"),
    ]})
}

fn stored(format: Format, stores: &[Address]) -> Wrapped {
    batch(format, stores, 31337, 0, 2).remove(0)
}

fn stored_fragments(document: &Wrapped, world: &World) -> Value {
    fragments_of(&judged(document.document.to_string().as_bytes(), world))
}

const STATUS: &str = "OpenAttestationEthereumDocumentStoreStatus";

#[test]
fn documents_of_stores_have_lists_in_v2_and_objects_in_v3() {
    let value = stored_fragments(&stored(Format::V2, &[STORE, OTHER_STORE]), &World::good());
    assert_eq!(words(&value), "valid skipped valid skipped valid skipped");
    let [one, other] = [STORE, OTHER_STORE].map(|it| it.to_string());
    let details = json!({
        "issuance": [{"issued": true, "address": one}, {"issued": true, "address": other}],
        "revocation": [{"revoked": false, "address": one}, {"revoked": false, "address": other}],
    });
    let data = json!({"issuedOnAll": true, "revokedOnAny": false, "details": details});
    assert_eq!(fragment(&value, STATUS)["data"], data);
    let value = stored_fragments(&stored(Format::V3, &[STORE]), &World::good());
    let details = json!({
        "issuance": {"issued": true, "address": one},
        "revocation": {"revoked": false, "address": one},
    });
    let data = json!({"issuedOnAll": true, "revokedOnAny": false, "details": details});
    assert_eq!(fragment(&value, STATUS)["data"], data);
}

#[test]
fn the_store_that_revoked_is_named_and_the_other_is_not_blamed() {
    let document = stored(Format::V2, &[STORE, OTHER_STORE]);
    let change = |store, reading: &mut StoreReading| {
        if store == OTHER_STORE {
            reading.nodes[0].revoked = word(&[1]);
        }
    };
    let value = stored_fragments(&document, &World { change, ..World::good() });
    let [one, other] = [STORE, OTHER_STORE].map(|it| it.to_string());
    let message = format!("Document {} has been revoked under contract {other}", document.root());
    let reason = json!({"code": 5, "codeString": "DOCUMENT_REVOKED", "message": message});
    let status = fragment(&value, STATUS);
    assert_eq!((&status["status"], &status["reason"]), (&json!("INVALID"), &reason));
    let details = json!({
        "issuance": [{"issued": true, "address": one}, {"issued": true, "address": other}],
        "revocation": [{"revoked": false, "address": one}, {"revoked": true, "address": other, "reason": reason}],
    });
    assert_eq!(status["data"], json!({"issuedOnAll": true, "revokedOnAny": true, "details": details}));
}

#[test]
fn what_stores_say_has_the_fields_codes() {
    type Change = fn(Address, &mut StoreReading);
    let root = stored(Format::V2, &[STORE]).root();
    let refused = |_, reading: &mut StoreReading| {
        reading.issued = CallReading { success: false, data: Vec::new() };
    };
    let cases: [(Change, &str, &str); 4] = [
        (|_, reading| reading.issued = word(&[]), "INVALID:DOCUMENT_NOT_ISSUED", "has not been issued under contract"),
        (|_, reading| reading.code = CodeReading::default(), "INVALID:DOCUMENT_NOT_ISSUED", "Contract is not found"),
        (refused, "ERROR:UNEXPECTED_ERROR", "was refused"),
        (|_, reading| reading.everything = word(&[1]), "INVALID:issuance.store_contradicts_itself", "interface id"),
    ];
    for (change, wanted, message) in cases {
        for format in FORMATS {
            let value = stored_fragments(&stored(format, &[STORE]), &World { change, ..World::good() });
            assert_eq!(words(&value), format!("valid skipped {wanted} skipped valid skipped"));
            let found = fragment(&value, STATUS)["reason"]["message"].as_str().unwrap();
            assert!(found.contains(message), "{found}");
        }
    }
    let silent = |question: &Question| matches!(question, Question::DocumentStore { .. });
    let value = stored_fragments(&stored(Format::V2, &[STORE]), &World { silent, ..World::good() });
    let status = fragment(&value, STATUS);
    let message = "Unable to connect to the Ethereum network, please try again later";
    assert_eq!(status["reason"], json!({"code": 500, "codeString": "SERVER_ERROR", "message": message}));
    assert_eq!((&status["status"], &status["data"]), (&json!("ERROR"), &json!({})));
    assert!(root.to_string().starts_with("0x"));
}

#[test]
fn the_record_that_is_missing_is_said_for_its_issuer() {
    let mut world = World::good();
    world.records.remove(1);
    let value = stored_fragments(&stored(Format::V2, &[STORE, OTHER_STORE]), &world);
    let message = format!("Matching DNS record not found for {OTHER_STORE}");
    let reason = json!({"code": 4, "codeString": "MATCHING_RECORD_NOT_FOUND", "message": message});
    let identity = fragment(&value, "OpenAttestationDnsTxtIdentityProof");
    assert_eq!(identity["reason"], reason);
    let entries = json!([
        {"status": "VALID", "location": DOMAIN, "value": STORE.to_string()},
        {"status": "INVALID", "location": DOMAIN, "value": OTHER_STORE.to_string(), "reason": reason},
    ]);
    assert_eq!(identity["data"], entries);
    let silent = |question: &Question| matches!(question, Question::DnsTxt { .. });
    let value = stored_fragments(&stored(Format::V3, &[STORE]), &World { silent, ..World::good() });
    assert_eq!(words(&value), "valid skipped valid skipped ERROR:UNEXPECTED_ERROR skipped");
}

#[test]
fn an_issuer_without_the_identity_of_the_others_is_no_issuer() {
    let mut nameless = issuer("documentStore", OTHER_STORE);
    nameless.as_object_mut().unwrap().remove("identityProof");
    // The shape of v2 demands an identity proof of stores, but not of the older certificate stores.
    nameless["certificateStore"] = nameless.as_object_mut().unwrap().remove("documentStore").unwrap();
    let plain = plain_v2(vec![issuer("documentStore", STORE), nameless], 31337, 0);
    let value = stored_fragments(&wrap(Format::V2, vec![plain]).remove(0), &World::good());
    let identity = fragment(&value, "OpenAttestationDnsTxtIdentityProof");
    assert_eq!(identity["reason"]["codeString"], "INVALID_ISSUERS", "{value:#}");
    assert_eq!(identity["data"][0]["status"], "VALID");
    assert_eq!(identity["data"][1]["status"], "INVALID");
}

fn ethr(format: Format) -> Draft {
    Draft::new(format, &did_ethr(address(&key(1))), "controller", "DNS-DID")
}

fn web(format: Format) -> Draft {
    Draft::new(format, WEB, "keys-1", "DID")
}

const SIGNED: &str = "OpenAttestationDidSignedDocumentStatus";

#[test]
fn signed_documents_have_lists_in_v2_and_objects_in_v3() {
    for format in FORMATS {
        let draft = ethr(format);
        let value = fragments_of(&judged(&draft.signed(&key(1)), &World::good()));
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
        let value = fragments_of(&judged(&web(format).signed(&key(1)), &World::good()));
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
                world.change = |_, reading| reading.nodes[0].revoked = word(&[1]);
            },
            "INVALID:DOCUMENT_REVOKED skipped valid",
            "has been revoked under contract 0x",
        ),
        (
            |draft, world| {
                draft.revocation = Some(json!({"type": "REVOCATION_STORE", "location": STORE.to_string()}));
                world.silent = |question| matches!(question, Question::DocumentStore { .. });
            },
            "ERROR:SERVER_ERROR skipped valid",
            "Unable to connect",
        ),
        (
            |_, world| world.silent = |question| matches!(question, Question::DidEthr { .. }),
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
        for format in FORMATS {
            let (mut draft, mut world) = (ethr(format), World::good());
            change(&mut draft, &mut world);
            let value = fragments_of(&judged(&draft.signed(&key(1)), &world));
            assert_eq!(words(&value), format!("valid skipped skipped {wanted}"), "{index}: {value:#}");
            let all = value["fragments"].as_array().unwrap();
            let told = all.iter().any(|it| it["reason"]["message"].as_str().is_some_and(|it| it.contains(message)));
            assert!(told, "{index}: {value:#}");
        }
    }
}

#[test]
fn a_wrong_signature_counts_against_the_status_and_the_did() {
    for format in FORMATS {
        let value = fragments_of(&judged(&web(format).signed(&key(2)), &World::good()));
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
        let value = fragments_of(&judged(bytes.as_bytes(), &World::good()));
        assert_eq!(words(&value), format!("valid skipped skipped {wanted}"), "{value:#}");
    }
}

#[test]
fn a_file_that_breaks_its_format_is_of_no_format() {
    let mut document = stored(Format::V2, &[STORE]).document;
    document["issuer"] = json!("of another family");
    let value = fragments_of(&judged(document.to_string().as_bytes(), &World::good()));
    let unrecognised = ["ERROR:UNRECOGNIZED_DOCUMENT"; 5].join(" ");
    assert_eq!(words(&value), format!("INVALID:integrity.family_mix {unrecognised}"));
}

fn ebl(arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ebl"));
    command.args(arguments).env_clear().env("HOME", "/nonexistent").stdin(Stdio::null());
    let output = command.output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn several_files_are_one_line_each_readable_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let good = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/documents/bill-v2.json").to_owned();
    let changed = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/documents/bill-v2-changed.json").to_owned();
    let raw = path("raw.json", r#"{"blNumber": "1"}"#);
    let html = path("page.json", "<html></html>");
    let missing = folder.path().join("none.json").to_str().unwrap().to_owned();
    let files = [&good, &changed, &raw, &html, &missing].map(String::as_str);
    let (exit, printed) = ebl(&[&["verify", "--offline", "--format", "fragments"], &files[..]].concat());
    assert_eq!(exit, 1);
    let lines: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let unrecognised = ["ERROR:UNRECOGNIZED_DOCUMENT"; 5].join(" ");
    let wanted = [
        "valid ERROR:check.offline skipped skipped ERROR:check.offline skipped".to_owned(),
        "INVALID:DOCUMENT_TAMPERED ERROR:check.not_asked skipped skipped ERROR:check.not_asked skipped".to_owned(),
        format!("skipped {unrecognised}"),
        format!("ERROR:read.syntax {unrecognised}"),
        ["ERROR:read.file"; 6].join(" "),
    ];
    assert_eq!(lines.iter().map(words).collect::<Vec<_>>(), wanted);
    lines.iter().for_each(|line| keeps_the_promises(line, false));
    // Alone it is indented, and `inspect` has no fragments.
    let (_, alone) = ebl(&["verify", "--offline", "--format", "fragments", &good]);
    assert!(alone.starts_with("{\n") && alone.ends_with("}\n"), "{alone}");
    assert_eq!(ebl(&["inspect", "--format", "fragments", &good]).0, 2);
}

#[test]
fn an_endpoints_key_and_error_text_never_get_into_a_fragment() {
    let server = rpc_server::Server::start(|_| {
        rpc_server::Reply::json(&json!({"jsonrpc": "2.0", "id": 0, "error": {"code": -32000, "message": "s3cret"}}))
    });
    let bill = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/documents/bill-v2.json");
    let rpc = format!("1337=http://user:s3cret@{}/v3/s3cret", server.host());
    let dns = format!("127.0.0.1:{}", rpc_server::closed_port());
    let arguments = ["verify", "--format", "fragments", "--rpc", &rpc, "--dns", &dns, "--timeout", "2", bill];
    let (exit, printed) = ebl(&arguments);
    assert_eq!(exit, 3);
    assert!(!printed.contains("s3cret") && !printed.contains("-32000"), "{printed}");
    let value: Value = serde_json::from_str(&printed).unwrap();
    keeps_the_promises(&value, false);
    assert_eq!(words(&value), "valid ERROR:SERVER_ERROR skipped skipped ERROR:UNEXPECTED_ERROR skipped");
}

/// The verdict as a function of outcomes (checks.md §1), written down once more.
fn verdict_of(checks: &[Check], title: TitleStateName) -> Verdict {
    let has = |outcome, names: &[&str]| {
        checks.iter().any(|check| check.outcome == outcome && names.contains(&check.name.as_str()))
    };
    let all = ["integrity", "issuer", "chain", "registry", "issuance", "title", "policy"];
    match title {
        _ if has(Outcome::Fail, &all[..5]) => Verdict::Invalid,
        _ if has(Outcome::Unknown, &all) => Verdict::Indeterminate,
        TitleStateName::Returned | TitleStateName::Ended => Verdict::NotLive,
        _ if has(Outcome::Fail, &all) => Verdict::PolicyNotMet,
        _ => Verdict::Valid,
    }
}

fn a_report(kind: usize) -> Report {
    let bill = |name: &str| {
        let bytes = std::fs::read(format!("{}/fixtures/documents/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        judged(&bytes, &World { silent: |_| true, ..World::good() })
    };
    let stored = |format, stores: &[Address]| {
        judged(self::stored(format, stores).document.to_string().as_bytes(), &World::good())
    };
    match kind {
        0 => bill("bill-v2.json"),
        1 => bill("bill-v3.json"),
        2 => stored(Format::V2, &[STORE, OTHER_STORE]),
        3 => stored(Format::V3, &[STORE]),
        4 => judged(&ethr(Format::V2).signed(&key(1)), &World::good()),
        5 => judged(&ethr(Format::V3).signed(&key(1)), &World::good()),
        _ => judged(&web(Format::V2).signed(&key(1)), &World::good()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_the_checks_come_to_the_fragments_say_neither_more_nor_less(
        kind in 0_usize..7,
        outcomes in prop::collection::vec((0_usize..4, any::<prop::sample::Index>()), 7),
        findings in prop::option::of(0_usize..4),
        title in 0_usize..4,
    ) {
        const OUTCOMES: [Outcome; 4] = [Outcome::Pass, Outcome::Fail, Outcome::Unknown, Outcome::NotApplicable];
        let all: Vec<_> = codes::all().filter(|code| *code != &codes::NOT_ASKED).collect();
        let mut report = a_report(kind);
        for (check, (outcome, code)) in report.checks.iter_mut().zip(outcomes) {
            // Pass more often, so that there are valid ones; integrity is never without an outcome.
            check.outcome = if outcome == 3 { Outcome::Pass } else { OUTCOMES[outcome] };
            check.code = all[code.index(all.len())];
        }
        let issuer = report.checks[1].clone();
        for issuer_facts in &mut report.issuer {
            issuer_facts.finding = Finding::from(&issuer);
        }
        // What single findings say may be anything that does not contradict a check that passed.
        if let (Some(outcome), true) = (findings, issuer.outcome != Outcome::Pass) {
            report.issuer[0].finding.outcome = OUTCOMES[outcome];
        }
        use TitleStateName::{Live, None, Returned, Unknown};
        report.title.state = [Live, Returned, None, Unknown][title];
        report.verdict = verdict_of(&report.checks, report.title.state);
        fragments_of(&report);
    }

    #[test]
    fn whatever_the_world_answers_the_fragments_agree_with_the_verdict(
        v3: bool,
        signed in 0_usize..3,
        signer in 1_u8..3,
        records: bool,
        silent in 0_usize..4,
        revocation in 0_usize..5,
        store in 0_usize..4,
    ) {
        let format = if v3 { Format::V3 } else { Format::V2 };
        let mut world = World::good();
        if !records {
            world.records.clear();
        }
        world.silent = [
            |_: &Question| false,
            |question: &Question| matches!(question, Question::DnsTxt { .. }),
            |question: &Question| matches!(question, Question::DocumentStore { .. } | Question::DidEthr { .. }),
            |question: &Question| matches!(question, Question::Web { .. }),
        ][silent];
        let changes: [fn(Address, &mut StoreReading); 4] = [
            |_, _| {},
            |_, reading| reading.issued = word(&[]),
            |_, reading| reading.nodes[0].revoked = word(&[1]),
            |_, reading| reading.code = CodeReading::default(),
        ];
        world.change = changes[store];
        let revocation = [
            json!({"type": "NONE"}),
            json!({"type": "REVOCATION_STORE", "location": STORE.to_string()}),
            json!({"type": "OCSP_RESPONDER", "location": RESPONDER}),
            json!({"type": "OCSP_RESPONDER"}),
            json!({"type": "SOMETHING_ELSE"}),
        ][revocation].clone();
        let bytes = match signed {
            0 => stored(format, &[STORE]).document.to_string().into_bytes(),
            1 => Draft { revocation: Some(revocation), ..ethr(format) }.signed(&key(signer)),
            _ => Draft { revocation: Some(revocation), ..web(format) }.signed(&key(signer)),
        };
        fragments_of(&judged(&bytes, &world));
    }
}
