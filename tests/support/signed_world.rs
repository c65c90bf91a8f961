//! What a signed document can be told, written by hand: no network and no clock.

use ebl_verifier::document::{self, Limits};
use ebl_verifier::evidence::{
    Answer, BlockReading, CallReading, Cause, CodeReading, DidEthrQuestion, DidEthrReading, DnsTxtQuestion, Dnssec,
    DocumentStoreQuestion, Entry, Evidence, Fact, Finality, Newest, NodeReading, Provenance, Question, StoreReading,
    TxtReading, Unavailable, WebQuestion, WebReading,
};
use ebl_verifier::primitives::{Address, ChainId, Digest32};
use ebl_verifier::verify::{Case, Policy, Report, Step, Verdict, examine};
use serde_json::{Value, json};

use super::signing::{DOMAIN, Draft, address, did_ethr, key, record};
use super::wrapping::Format;

pub const WEB: &str = "did:web:carrier.example";
pub const REGISTRY: Address = Address([0xe1; 20]);
pub const STORE: Address = Address([0x5a; 20]);
pub const RESPONDER: &str = "https://ocsp.carrier.example/v1/";
pub const BLOCK: u64 = 1000;
pub const NOW: u64 = 1_780_000_000;

/// Everything that a document can be told, good until a test changes it.
#[derive(Clone)]
pub struct World {
    pub records: Vec<String>,
    pub did_document: Value,
    pub web_status: u16,
    pub identity: DidEthrReading,
    pub store: StoreReading,
    /// What the responder says of a hash.
    pub responder: fn(&str) -> (u16, Value),
    pub unreachable: Option<fn(&Question) -> bool>,
}

impl World {
    /// Key 1 signs for all DIDs.
    pub fn good() -> Self {
        let signer = address(&key(1));
        Self {
            records: vec!["v=spf1 -all".into(), record(&format!("{}#controller", did_ethr(signer)))],
            did_document: json!({
                "@context": ["https://www.w3.org/ns/did/v1"],
                "id": WEB,
                "verificationMethod": [{
                    "id": "#keys-1",
                    "type": "EcdsaSecp256k1RecoveryMethod2020",
                    "controller": WEB,
                    "blockchainAccountId": format!("eip155:1:{signer}"),
                }],
                "assertionMethod": ["did:web:carrier.example#keys-1"],
            }),
            web_status: 200,
            identity: DidEthrReading {
                chain_id: 31337,
                block: block(),
                registry_code_size: 100,
                owner: word(&signer.0),
                changed: word(&[]),
                events: Vec::new(),
                newest: Newest::Itself,
            },
            store: StoreReading {
                chain_id: 31337,
                block: block(),
                code: CodeReading { size: 50, ..CodeReading::default() },
                newest: Newest::Itself,
                ..StoreReading::default()
            },
            responder: |hash| (200, json!({"revoked": false, "documentHash": hash})),
            unreachable: None,
        }
    }

    pub fn answer(&self, question: &Question) -> Answer {
        if self.unreachable.is_some_and(|unreachable| unreachable(question)) {
            let host = Some("host.example".to_owned());
            return Err(Unavailable { cause: Cause::Timeout, host, detail: "no answer in time".into() });
        }
        Ok(match question {
            Question::DnsTxt(DnsTxtQuestion { name }) => {
                assert_eq!(name, DOMAIN);
                Fact::DnsTxt(TxtReading {
                    name_exists: true,
                    records: self.records.clone(),
                    dnssec: Dnssec::Secure,
                    chain: None,
                    agreeing: 1,
                    top_level: None,
                })
            }
            Question::DidEthr(DidEthrQuestion { registry, .. }) => {
                assert_eq!(*registry, REGISTRY);
                Fact::DidEthr(Box::new(self.identity.clone()))
            }
            Question::Web(WebQuestion { url, .. }) => {
                let (status, body) = match url.strip_prefix(RESPONDER) {
                    Some(hash) => (self.responder)(hash),
                    None => {
                        assert_eq!(url, "https://carrier.example/.well-known/did.json");
                        (self.web_status, self.did_document.clone())
                    }
                };
                Fact::Web(WebReading { status, body: body.to_string().into_bytes() })
            }
            Question::DocumentStore(DocumentStoreQuestion { store, target_hash, proof, .. }) => {
                assert_eq!(*store, STORE);
                let path = ebl_verifier::integrity::merkle::path_from(*target_hash, proof);
                let node = |hash: &Digest32| NodeReading { hash: *hash, revoked: word(&[]), ..NodeReading::default() };
                let mut reading = self.store.clone();
                if reading.nodes.is_empty() {
                    reading.nodes = path.iter().map(node).collect();
                }
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

pub fn block() -> BlockReading {
    BlockReading { number: BLOCK, hash: Digest32([0xb1; 32]), timestamp: NOW, finality: Finality::Finalized }
}

pub fn word(bytes: &[u8]) -> CallReading {
    let mut data = vec![0; 32 - bytes.len()];
    data.extend(bytes);
    CallReading { success: true, data }
}

pub fn policy() -> Policy {
    let chain = ChainId::try_from(31337).unwrap();
    Policy { did_registries: [(chain, REGISTRY)].into(), ..Policy::default() }
}

/// The report on `bytes` in `world`, and how many rounds of questions it took.
pub fn judged(bytes: &[u8], world: &World) -> (Report, usize) {
    let document = document::read(bytes, &Limits::default()).expect("readable");
    let mut evidence = Evidence::new();
    for rounds in 0..3 {
        match examine(&Case::new(&document, &policy(), i64::try_from(NOW).unwrap()), &evidence) {
            Step::Report(report) => return (*report, rounds),
            Step::Ask(questions) => {
                for question in questions {
                    let provenance = Provenance { hosts: vec!["host.example".into()], ..Provenance::default() };
                    let entry = Entry::pair(question.clone(), world.answer(&question), provenance);
                    evidence.record(entry.expect("an answer of the kind that was asked for"));
                }
            }
        }
    }
    panic!("it asks on and on");
}

pub fn verdict(bytes: &[u8], world: &World) -> Verdict {
    let (report, _) = judged(bytes, world);
    matches_schema(&report);
    report.verdict
}

pub fn matches_schema(report: &Report) {
    let schema: Value = serde_json::from_str(include_str!("../../schemas/report.schema.json")).unwrap();
    let json = serde_json::to_value(report).unwrap();
    let errors: Vec<_> =
        jsonschema::validator_for(&schema).unwrap().iter_errors(&json).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{json:#}");
}

pub fn code(report: &Report, name: &str) -> &'static str {
    report.checks.iter().find(|check| check.name.as_str() == name).expect("all checks").code.id
}

pub fn message<'r>(report: &'r Report, name: &str) -> &'r str {
    &report.checks.iter().find(|check| check.name.as_str() == name).expect("all checks").message
}

pub fn ethr(format: Format) -> Draft {
    Draft::new(format, &did_ethr(address(&key(1))), "controller", "DNS-DID")
}

pub fn web(format: Format) -> Draft {
    Draft::new(format, WEB, "keys-1", "DID")
}
