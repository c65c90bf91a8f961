//! Documents that rest on document stores.

use ebl_verifier::document::{self, Limits};
use ebl_verifier::evidence::{
    Answer, BlockReading, CallReading, Cause, CodeReading, Dnssec, DocumentStoreQuestion, Entry, Evidence, Fact,
    NodeReading, Provenance, Question, StoreReading, TxtReading, Unavailable,
};
use ebl_verifier::integrity::merkle::path_from;
use ebl_verifier::primitives::{Address, Digest32};
use ebl_verifier::verify::{Case, Policy, Report, Step, examine};
use serde_json::{Value, json};

use super::promises::{fragment, fragments_of, words};
use super::signed_world::word;
use super::signing::DOMAIN;
use super::wrapping::{Format, Wrapped, batch, issuer, plain_v2, wrap};

pub const STORE: Address = Address([0xa1; 20]);
pub const OTHER_STORE: Address = Address([0xa2; 20]);

/// Two legacy stores that issued everything and revoked nothing, until a test changes what they say.
#[derive(Clone)]
pub struct Stores {
    pub records: Vec<String>,
    pub change: fn(Address, &mut StoreReading),
    pub silent: fn(&Question) -> bool,
}

impl Stores {
    pub fn good() -> Self {
        let record = |it: Address| format!("openatts net=ethereum netId=31337 addr={it}");
        Self { records: [STORE, OTHER_STORE].map(record).into(), change: |_, _| {}, silent: |_| false }
    }

    pub fn judged(&self, bytes: &[u8]) -> Report {
        let document = document::read(bytes, &Limits::default()).expect("readable");
        let mut evidence = Evidence::new();
        loop {
            match examine(&Case::new(&document, &Policy::default(), 1_780_000_000), &evidence) {
                Step::Report(report) => return *report,
                Step::Ask(questions) => {
                    for question in questions {
                        let answer = self.answer(&question);
                        let entry = Entry::pair(question, answer, Provenance::default());
                        evidence.record(entry.expect("an answer of the kind that was asked for"));
                    }
                }
            }
        }
    }

    fn answer(&self, question: &Question) -> Answer {
        if (self.silent)(question) {
            return Err(Unavailable { cause: Cause::Timeout, host: None, detail: "no answer in time".into() });
        }
        Ok(match question {
            Question::DnsTxt(_) => Fact::DnsTxt(TxtReading {
                name_exists: true,
                records: self.records.clone(),
                dnssec: Dnssec::Secure,
                chain: None,
                agreeing: 1,
                top_level: None,
            }),
            Question::DocumentStore(DocumentStoreQuestion { store, target_hash, proof, .. }) => {
                let no = || word(&[]);
                let node = |hash| NodeReading { hash, revoked: no(), revoked_at: no(), ..NodeReading::default() };
                let mut reading = StoreReading {
                    chain_id: 31337,
                    block: BlockReading { number: 7, hash: Digest32([7; 32]), ..BlockReading::default() },
                    code: CodeReading { size: 100, ..CodeReading::default() },
                    batchable: no(),
                    transferable: no(),
                    everything: no(),
                    issued: word(&[1]),
                    nodes: path_from(*target_hash, proof).into_iter().map(node).collect(),
                    ..StoreReading::default()
                };
                (self.change)(*store, &mut reading);
                Fact::DocumentStore(Box::new(reading))
            }
            Question::Revocation(_) => {
                let detail = "this node keeps no logs".to_owned();
                return Err(Unavailable { cause: Cause::NotAnAnswer, host: None, detail });
            }
            other => panic!("{other:?}"),
        })
    }
}

pub fn stored(format: Format, stores: &[Address]) -> Wrapped {
    batch(format, stores, 31337, 0, 2).remove(0)
}

fn stored_fragments(document: &Wrapped, stores: &Stores) -> Value {
    fragments_of(&stores.judged(document.document.to_string().as_bytes()))
}

const STATUS: &str = "OpenAttestationEthereumDocumentStoreStatus";

#[test]
fn documents_of_stores_have_lists_in_v2_and_objects_in_v3() {
    let value = stored_fragments(&stored(Format::V2, &[STORE, OTHER_STORE]), &Stores::good());
    assert_eq!(words(&value), "valid skipped valid skipped valid skipped");
    let [one, other] = [STORE, OTHER_STORE].map(|it| it.to_string());
    let details = json!({
        "issuance": [{"issued": true, "address": one}, {"issued": true, "address": other}],
        "revocation": [{"revoked": false, "address": one}, {"revoked": false, "address": other}],
    });
    let data = json!({"issuedOnAll": true, "revokedOnAny": false, "details": details});
    assert_eq!(fragment(&value, STATUS)["data"], data);
    let value = stored_fragments(&stored(Format::V3, &[STORE]), &Stores::good());
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
    let value = stored_fragments(&document, &Stores { change, ..Stores::good() });
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
        for format in [Format::V2, Format::V3] {
            let value = stored_fragments(&stored(format, &[STORE]), &Stores { change, ..Stores::good() });
            assert_eq!(words(&value), format!("valid skipped {wanted} skipped valid skipped"));
            let found = fragment(&value, STATUS)["reason"]["message"].as_str().unwrap();
            assert!(found.contains(message), "{found}");
        }
    }
    let silent = |question: &Question| matches!(question, Question::DocumentStore(_));
    let value = stored_fragments(&stored(Format::V2, &[STORE]), &Stores { silent, ..Stores::good() });
    let status = fragment(&value, STATUS);
    let message = "Unable to connect to the Ethereum network, please try again later";
    assert_eq!(status["reason"], json!({"code": 500, "codeString": "SERVER_ERROR", "message": message}));
    assert_eq!((&status["status"], &status["data"]), (&json!("ERROR"), &json!({})));
}

#[test]
fn the_record_that_is_missing_is_said_for_its_issuer() {
    let mut stores = Stores::good();
    stores.records.remove(1);
    let value = stored_fragments(&stored(Format::V2, &[STORE, OTHER_STORE]), &stores);
    let message = format!("Matching DNS record not found for {OTHER_STORE}");
    let reason = json!({"code": 4, "codeString": "MATCHING_RECORD_NOT_FOUND", "message": message});
    let identity = fragment(&value, "OpenAttestationDnsTxtIdentityProof");
    assert_eq!(identity["reason"], reason);
    let entries = json!([
        {"status": "VALID", "location": DOMAIN, "value": STORE.to_string()},
        {"status": "INVALID", "location": DOMAIN, "value": OTHER_STORE.to_string(), "reason": reason},
    ]);
    assert_eq!(identity["data"], entries);
    let silent = |question: &Question| matches!(question, Question::DnsTxt(_));
    let value = stored_fragments(&stored(Format::V3, &[STORE]), &Stores { silent, ..Stores::good() });
    assert_eq!(words(&value), "valid skipped valid skipped ERROR:UNEXPECTED_ERROR skipped");
}

#[test]
fn an_issuer_without_the_identity_of_the_others_is_no_issuer() {
    let mut nameless = issuer("documentStore", OTHER_STORE);
    nameless.as_object_mut().unwrap().remove("identityProof");
    // The shape of v2 demands an identity proof of stores, but not of the older certificate stores.
    nameless["certificateStore"] = nameless.as_object_mut().unwrap().remove("documentStore").unwrap();
    let plain = plain_v2(vec![issuer("documentStore", STORE), nameless], 31337, 0);
    let value = stored_fragments(&wrap(Format::V2, vec![plain]).remove(0), &Stores::good());
    let identity = fragment(&value, "OpenAttestationDnsTxtIdentityProof");
    assert_eq!(identity["reason"]["codeString"], "INVALID_ISSUERS", "{value:#}");
    assert_eq!(identity["data"][0]["status"], "VALID");
    assert_eq!(identity["data"][1]["status"], "INVALID");
}
