//! Signed documents judged on evidence written by hand: `examine` needs no network, and what it is not told it asks for.

#[path = "support/signing.rs"]
mod signing;
#[path = "support/wrapping.rs"]
mod wrapping;

use ebl_verifier::document::{self, Limits};
use ebl_verifier::evidence::{
    Answer, BlockReading, CallReading, Cause, CodeReading, DidChange, DidEthrReading, DidEvent, Dnssec, Evidence, Fact,
    NodeReading, Provenance, Question, StoreReading, TxtReading, Unavailable, WebReading,
};
use ebl_verifier::primitives::{Address, ChainId, Digest32};
use ebl_verifier::verify::{Outcome, Policy, Report, Step, Verdict, examine};
use proptest::prelude::*;
use serde_json::{Value, json};
use signing::{DOMAIN, Draft, address, did_ethr, key, record, sign};
use wrapping::{Format, plain_v2, wrap};

const WEB: &str = "did:web:carrier.example";
const REGISTRY: Address = Address([0xe1; 20]);
const STORE: Address = Address([0x5a; 20]);
const RESPONDER: &str = "https://ocsp.carrier.example/v1/";
const BLOCK: u64 = 1000;
const NOW: u64 = 1_780_000_000;

/// Everything that a document can be told, good until a test changes it.
#[derive(Clone)]
struct World {
    records: Vec<String>,
    did_document: Value,
    web_status: u16,
    identity: DidEthrReading,
    store: StoreReading,
    /// What the responder says of a hash.
    responder: fn(&str) -> (u16, Value),
    unreachable: Option<fn(&Question) -> bool>,
}

impl World {
    /// Key 1 signs for all DIDs.
    fn good() -> Self {
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
            },
            store: StoreReading {
                chain_id: 31337,
                block: block(),
                code: CodeReading { size: 50, ..CodeReading::default() },
                ..StoreReading::default()
            },
            responder: |hash| (200, json!({"revoked": false, "documentHash": hash})),
            unreachable: None,
        }
    }

    fn answer(&self, question: &Question) -> Answer {
        if self.unreachable.is_some_and(|unreachable| unreachable(question)) {
            let host = Some("host.example".to_owned());
            return Err(Unavailable { cause: Cause::Timeout, host, detail: "no answer in time".into() });
        }
        Ok(match question {
            Question::DnsTxt { name } => {
                assert_eq!(name, DOMAIN);
                Fact::DnsTxt(TxtReading {
                    name_exists: true,
                    records: self.records.clone(),
                    dnssec: Dnssec::Secure,
                    agreeing: 1,
                })
            }
            Question::DidEthr { registry, .. } => {
                assert_eq!(*registry, REGISTRY);
                Fact::DidEthr(Box::new(self.identity.clone()))
            }
            Question::Web { url, .. } => {
                let (status, body) = match url.strip_prefix(RESPONDER) {
                    Some(hash) => (self.responder)(hash),
                    None => {
                        assert_eq!(url, "https://carrier.example/.well-known/did.json");
                        (self.web_status, self.did_document.clone())
                    }
                };
                Fact::Web(WebReading { status, body: body.to_string().into_bytes() })
            }
            Question::DocumentStore { store, target_hash, proof, .. } => {
                assert_eq!(*store, STORE);
                let path = ebl_verifier::integrity::merkle::path_from(*target_hash, proof);
                let node = |hash: &Digest32| NodeReading { hash: *hash, revoked: word(&[]), ..NodeReading::default() };
                let mut reading = self.store.clone();
                if reading.nodes.is_empty() {
                    reading.nodes = path.iter().map(node).collect();
                }
                Fact::DocumentStore(Box::new(reading))
            }
            other => panic!("{other:?}"),
        })
    }
}

fn block() -> BlockReading {
    BlockReading { number: BLOCK, hash: Digest32([0xb1; 32]), timestamp: NOW, ..BlockReading::default() }
}

fn word(bytes: &[u8]) -> CallReading {
    let mut data = vec![0; 32 - bytes.len()];
    data.extend(bytes);
    CallReading { success: true, data }
}

fn policy() -> Policy {
    let chain = ChainId::try_from(31337).unwrap();
    Policy { did_registries: [(chain, REGISTRY)].into(), ..Policy::default() }
}

/// The report on `bytes` in `world`, and how many rounds of questions it took.
fn judged(bytes: &[u8], world: &World) -> (Report, usize) {
    let document = document::read(bytes, &Limits::default()).expect("readable");
    let mut evidence = Evidence::new();
    for rounds in 0..3 {
        match examine(&document, &evidence, &policy(), i64::try_from(NOW).unwrap()) {
            Step::Report(report) => return (*report, rounds),
            Step::Ask(questions) => {
                for question in questions {
                    let provenance = Provenance { hosts: vec!["host.example".into()], ..Provenance::default() };
                    evidence.record(question.clone(), world.answer(&question), provenance);
                }
            }
        }
    }
    panic!("it asks on and on");
}

fn verdict(bytes: &[u8], world: &World) -> Verdict {
    let (report, _) = judged(bytes, world);
    matches_schema(&report);
    report.verdict
}

fn matches_schema(report: &Report) {
    let schema: Value = serde_json::from_str(include_str!("../schemas/report.schema.json")).unwrap();
    let json = serde_json::to_value(report).unwrap();
    let errors: Vec<_> =
        jsonschema::validator_for(&schema).unwrap().iter_errors(&json).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{json:#}");
}

fn code(report: &Report, name: &str) -> &'static str {
    report.checks.iter().find(|check| check.name.as_str() == name).expect("all checks").code.id
}

fn message<'r>(report: &'r Report, name: &str) -> &'r str {
    &report.checks.iter().find(|check| check.name.as_str() == name).expect("all checks").message
}

fn ethr(format: Format) -> Draft {
    Draft::new(format, &did_ethr(address(&key(1))), "controller", "DNS-DID")
}

fn web(format: Format) -> Draft {
    Draft::new(format, WEB, "keys-1", "DID")
}

const FORMATS: [Format; 2] = [Format::V2, Format::V3];

#[test]
fn a_key_that_the_domain_and_its_did_name_makes_a_signed_document_valid() {
    for format in FORMATS {
        let (report, rounds) = judged(&ethr(format).signed(&key(1)), &World::good());
        matches_schema(&report);
        assert_eq!((report.verdict, rounds), (Verdict::Valid, 1), "{report:#?}");
        let codes = ["issuer", "chain", "registry", "issuance", "title"].map(|name| code(&report, name));
        let wanted =
            ["issuer.dns_did", "chain.matches", "registry.not_applicable", "issuance.signed", "title.not_applicable"];
        assert_eq!(codes, wanted);
        let issuer = &report.issuer[0];
        assert_eq!((issuer.confirmed, issuer.assurance), (true, Some("did-ethr+dns")));
        assert_eq!((issuer.domain.as_deref(), issuer.did.is_some()), (Some(DOMAIN), true));
        assert_eq!(report.as_of.as_ref().map(|as_of| as_of.block), Some(BLOCK));
    }
}

#[test]
fn a_did_document_on_the_web_stands_for_its_domain_and_needs_no_chain() {
    for format in FORMATS {
        let (report, rounds) = judged(&web(format).signed(&key(1)), &World::good());
        matches_schema(&report);
        assert_eq!((report.verdict, rounds), (Verdict::Valid, 1), "{report:#?}");
        assert_eq!((code(&report, "issuer"), code(&report, "chain")), ("issuer.did_web", "chain.not_needed"));
        assert_eq!((report.issuer[0].assurance, report.issuer[0].domain.as_deref()), (Some("did-web"), Some(DOMAIN)));
        assert!(report.as_of.is_none());
    }
}

#[test]
fn everything_is_asked_at_once() {
    let revocation = json!({"type": "OCSP_RESPONDER", "location": RESPONDER});
    let draft = Draft { revocation: Some(revocation), batch: 3, ..ethr(Format::V2) };
    let bytes = draft.signed(&key(1));
    let document = document::read(&bytes, &Limits::default()).unwrap();
    let Step::Ask(questions) = examine(&document, &Evidence::new(), &policy(), 0) else { panic!("nothing is known") };
    let kind = |question: &Question| match question {
        Question::DidEthr { .. } => "did",
        Question::Web { .. } => "web",
        Question::DnsTxt { .. } => "dns",
        _ => "other",
    };
    let mut kinds: Vec<_> = questions.iter().map(kind).collect();
    kinds.sort_unstable();
    // One question to the responder for each hash from the document to the root of three.
    let hashes = draft.wrapped().path.len();
    assert_eq!(kinds, [vec!["did", "dns"], vec!["web"; hashes]].concat());
}

#[test]
fn a_bare_key_names_nobody() {
    for format in FORMATS {
        let draft = Draft { identity: "DID", ..ethr(format) };
        let (report, _) = judged(&draft.signed(&key(1)), &World::good());
        matches_schema(&report);
        assert_eq!(report.verdict, Verdict::Indeterminate);
        assert_eq!((code(&report, "issuance"), code(&report, "issuer")), ("issuance.signed", "issuer.bare_key"));
        assert_eq!((report.issuer[0].confirmed, report.issuer[0].assurance), (false, Some("bare-key")));
    }
}

#[test]
fn a_record_may_name_a_key_of_a_did_on_the_web() {
    let draft = Draft { identity: "DNS-DID", ..web(Format::V2) };
    let mut world = World::good();
    world.records = vec![record(&draft.key)];
    let (report, _) = judged(&draft.signed(&key(1)), &world);
    assert_eq!((report.verdict, report.issuer[0].assurance), (Verdict::Valid, Some("dns")));
    // The DID document still has to be there.
    world.web_status = 404;
    let (report, _) = judged(&draft.signed(&key(1)), &world);
    assert_eq!((report.verdict, code(&report, "issuer")), (Verdict::Invalid, "issuer.no_did_document"));
}

/// A change of the draft or the world, and what the report says then.
type Case = (&'static str, fn(&mut Draft, &mut World), Verdict, &'static str, &'static str);

fn tell(drafts: fn(Format) -> Draft, cases: &[Case]) {
    for (what, change, wanted, check, wanted_code) in cases {
        for format in FORMATS {
            let (mut draft, mut world) = (drafts(format), World::good());
            change(&mut draft, &mut world);
            let (report, _) = judged(&draft.signed(&key(1)), &world);
            matches_schema(&report);
            let found = (report.verdict, code(&report, check));
            assert_eq!(found, (*wanted, *wanted_code), "{what}, {format:?}: {report:#?}");
        }
    }
}

use Verdict::{Indeterminate, Invalid, Valid};

#[test]
fn what_is_wrong_with_a_did_ethr_is_said() {
    fn history(world: &mut World, owner: Address, events: Vec<DidEvent>) {
        world.identity.changed = word(&events.last().map_or(0, |event| event.block).to_be_bytes());
        world.identity.owner = word(&owner.0);
        world.identity.events = events;
    }
    tell(
        ethr,
        &[
            (
                "the key lost control",
                |_, world| {
                    let owner = address(&key(2));
                    let change = DidChange::Owner { owner };
                    history(world, owner, vec![DidEvent { block: 7, log_index: 0, previous_change: 0, change }]);
                },
                Invalid,
                "issuance",
                "issuance.key_ended",
            ),
            (
                "the DID was given up",
                |_, world| {
                    let change = DidChange::Owner { owner: Address::ZERO };
                    let event = DidEvent { block: 7, log_index: 0, previous_change: 0, change };
                    history(world, address(&key(1)), vec![event]);
                },
                Invalid,
                "issuance",
                "issuance.did_deactivated",
            ),
            (
                "a delegate whose time is over",
                |draft, world| {
                    delegate(draft, world, NOW);
                },
                Invalid,
                "issuance",
                "issuance.key_ended",
            ),
            (
                "a delegate whose time is not over",
                |draft, world| {
                    delegate(draft, world, NOW + 1);
                },
                Valid,
                "issuance",
                "issuance.signed",
            ),
            (
                "an event is missing",
                |_, world| world.identity.changed = word(&[9]),
                Indeterminate,
                "issuance",
                "issuance.did_unresolved",
            ),
            (
                "no registry there",
                |_, world| world.identity.registry_code_size = 0,
                Indeterminate,
                "issuance",
                "issuance.did_unresolved",
            ),
            (
                "the answer is of another chain",
                |_, world| world.identity.chain_id = 1,
                Indeterminate,
                "chain",
                "chain.wrong_endpoint",
            ),
            (
                "the chain is down",
                |_, world| world.unreachable = Some(|question| matches!(question, Question::DidEthr { .. })),
                Indeterminate,
                "chain",
                "chain.rpc_unavailable",
            ),
            (
                "no registry is known for the chain",
                |draft, world| {
                    draft.did = draft.did.replace("0x7a69", "0x7a70");
                    draft.key = draft.key.replace("0x7a69", "0x7a70");
                    world.records = vec![record(&draft.key)];
                },
                Indeterminate,
                "chain",
                "chain.no_did_registry",
            ),
            (
                "a network nobody knows",
                |draft, _| {
                    draft.did = draft.did.replace("0x7a69", "atlantis");
                    draft.key = draft.key.replace("0x7a69", "atlantis");
                },
                Indeterminate,
                "issuance",
                "issuance.did_not_supported",
            ),
            (
                "DNS is down",
                |_, world| world.unreachable = Some(|question| matches!(question, Question::DnsTxt { .. })),
                Indeterminate,
                "issuer",
                "issuer.dns_unavailable",
            ),
            ("no record", |_, world| world.records.clear(), Invalid, "issuer", "issuer.no_record"),
            (
                "a record for another key",
                |_, world| world.records = vec![record(&format!("{}#controller", did_ethr(address(&key(2)))))],
                Invalid,
                "issuer",
                "issuer.record_for_other_key",
            ),
            (
                "a key that the DID does not have",
                |draft, world| {
                    draft.key = format!("{}#delegate-1", draft.did);
                    world.records = vec![record(&draft.key)];
                },
                Invalid,
                "issuance",
                "issuance.key_not_in_did",
            ),
            (
                "the key of another DID",
                |draft, world| {
                    draft.key = format!("{}#controller", did_ethr(address(&key(2))));
                    world.records = vec![record(&draft.key)];
                },
                Invalid,
                "issuance",
                "issuance.key_of_other_did",
            ),
            (
                "the DID of another signer",
                |draft, world| {
                    draft.did = did_ethr(address(&key(2)));
                    draft.key = format!("{}#controller", draft.did);
                    world.records = vec![record(&draft.key)];
                    world.identity.owner = word(&address(&key(2)).0);
                },
                Invalid,
                "issuance",
                "issuance.wrong_signature",
            ),
            ("no revocation", |draft, _| draft.revocation = None, Invalid, "issuance", "issuance.revocation_missing"),
        ],
    );
}

fn delegate(draft: &mut Draft, world: &mut World, valid_to: u64) {
    // Key 2 is the identity, key 1 its delegate.
    let identity = address(&key(2));
    draft.did = did_ethr(identity);
    draft.key = format!("{}#delegate-1", draft.did);
    world.records = vec![record(&draft.key)];
    world.identity.owner = word(&identity.0);
    world.identity.changed = word(&[7]);
    let change = DidChange::Delegate { delegate_type: b"veriKey".to_vec(), delegate: address(&key(1)), valid_to };
    world.identity.events = vec![DidEvent { block: 7, log_index: 0, previous_change: 0, change }];
}

#[test]
fn what_is_wrong_with_a_did_web_is_said() {
    tell(
        web,
        &[
            ("404", |_, world| world.web_status = 404, Invalid, "issuer", "issuer.no_did_document"),
            ("410", |_, world| world.web_status = 410, Invalid, "issuer", "issuer.no_did_document"),
            (
                "404 is no answer about the key",
                |_, world| world.web_status = 404,
                Invalid,
                "issuance",
                "issuance.did_unresolved",
            ),
            ("500", |_, world| world.web_status = 500, Indeterminate, "issuer", "issuer.did_document_unavailable"),
            ("500", |_, world| world.web_status = 500, Indeterminate, "issuance", "issuance.did_unresolved"),
            (
                "no answer",
                |_, world| world.unreachable = Some(|question| matches!(question, Question::Web { .. })),
                Indeterminate,
                "issuer",
                "issuer.did_document_unavailable",
            ),
            (
                "another id",
                |_, world| world.did_document["id"] = json!("did:web:other.example"),
                Invalid,
                "issuer",
                "issuer.no_did_document",
            ),
            (
                "not a document",
                |_, world| world.did_document = json!([]),
                Indeterminate,
                "issuance",
                "issuance.did_unresolved",
            ),
            (
                "another controller",
                |_, world| world.did_document["verificationMethod"][0]["controller"] = json!("did:web:other.example"),
                Invalid,
                "issuance",
                "issuance.key_of_other_controller",
            ),
            (
                "not for assertions",
                |_, world| world.did_document["assertionMethod"] = json!([]),
                Invalid,
                "issuance",
                "issuance.key_not_for_assertion",
            ),
            (
                "not for assertions, so the domain does not speak by it either",
                |_, world| world.did_document["assertionMethod"] = json!([]),
                Invalid,
                "issuer",
                "issuer.did_without_this_key",
            ),
            (
                "a key of another kind",
                |_, world| world.did_document["verificationMethod"][0]["type"] = json!("JsonWebKey2020"),
                Indeterminate,
                "issuance",
                "issuance.key_type_not_supported",
            ),
            (
                "a key without an account",
                |_, world| world.did_document["verificationMethod"][0]["blockchainAccountId"] = json!("eip155:1"),
                Invalid,
                "issuance",
                "issuance.key_malformed",
            ),
            ("a DID of no form", |draft, _| draft.did = "did:web:".into(), Invalid, "issuance", "issuance.no_did"),
            (
                "a DID of another method",
                |draft, _| {
                    draft.did = "did:key:z6Mk".into();
                    draft.key = "did:key:z6Mk#z6Mk".into();
                },
                Indeterminate,
                "issuance",
                "issuance.did_not_supported",
            ),
        ],
    );
}

#[test]
fn the_report_names_whose_signature_it_is_instead() {
    let mut world = World::good();
    let owner = address(&key(2));
    world.identity.owner = word(&owner.0);
    world.identity.changed = word(&[7]);
    let change = DidChange::Owner { owner };
    world.identity.events = vec![DidEvent { block: 7, log_index: 0, previous_change: 0, change }];
    let (report, _) = judged(&ethr(Format::V3).signed(&key(1)), &world);
    let text = message(&report, "issuance");
    assert!(text.contains("no longer controls") && text.contains("since block 7"), "{text}");

    let (report, _) = judged(&ethr(Format::V2).signed(&key(3)), &World::good());
    let text = message(&report, "issuance");
    assert!(text.contains(&address(&key(3)).to_string()), "{text}");
}

#[test]
fn revocation_is_asked_where_the_document_says() {
    let store = || json!({"type": "REVOCATION_STORE", "location": STORE.to_string()});
    for (format, batch) in [(Format::V2, 1), (Format::V3, 1), (Format::V2, 5), (Format::V3, 5)] {
        let signed = |revocation: Value| Draft { revocation: Some(revocation), batch, ..ethr(format) }.signed(&key(1));
        let bytes = signed(store());
        assert_eq!(verdict(&bytes, &World::good()), Valid);

        let target = Draft { revocation: Some(store()), batch, ..ethr(format) }.wrapped();
        for revoked in &target.path {
            let mut world = World::good();
            let node = |hash: &Digest32| NodeReading {
                hash: *hash,
                revoked: word(&[u8::from(hash == revoked)]),
                ..NodeReading::default()
            };
            world.store.nodes = target.path.iter().map(node).collect();
            let (report, _) = judged(&bytes, &world);
            assert_eq!(report.verdict, Invalid);
            assert!(code(&report, "issuance").ends_with("revoked"), "{}", code(&report, "issuance"));
        }

        let mut world = World::good();
        world.store.code.size = 0;
        assert_eq!(verdict(&bytes, &world), Invalid);
        world = World::good();
        world.unreachable = Some(|question| matches!(question, Question::DocumentStore { .. }));
        let (report, _) = judged(&bytes, &world);
        assert_eq!((report.verdict, code(&report, "chain")), (Indeterminate, "chain.rpc_unavailable"));
        world = World::good();
        world.store.block.hash = Digest32([0xb2; 32]);
        let (report, _) = judged(&bytes, &world);
        assert_eq!((report.verdict, code(&report, "chain")), (Indeterminate, "chain.blocks_differ"));

        let bytes = signed(json!({"type": "OCSP_RESPONDER", "location": RESPONDER.trim_end_matches('/')}));
        assert_eq!(verdict(&bytes, &World::good()), Valid);
        let answers: [(fn(&str) -> (u16, Value), Verdict, &str); 8] = [
            (
                |hash| (200, json!({"revoked": true, "documentHash": hash, "reasonCode": 1})),
                Invalid,
                "issuance.revoked_by_responder",
            ),
            (
                |hash| (200, json!({"revoked": true, "documentHash": hash})),
                Indeterminate,
                "issuance.revocation_unavailable",
            ),
            (
                |hash| (500, json!({"revoked": false, "documentHash": hash})),
                Indeterminate,
                "issuance.revocation_unavailable",
            ),
            (
                |hash| (200, json!({"revoked": "false", "documentHash": hash})),
                Indeterminate,
                "issuance.revocation_unavailable",
            ),
            (
                |hash| (200, json!({"revoked": false, "documentHash": &hash[2..]})),
                Indeterminate,
                "issuance.revocation_unavailable",
            ),
            (
                |_| (200, json!({"revoked": false, "documentHash": format!("0x{}", "00".repeat(32))})),
                Indeterminate,
                "issuance.revocation_unavailable",
            ),
            (|_| (200, json!({"revoked": false})), Indeterminate, "issuance.revocation_unavailable"),
            (|_| (200, json!([])), Indeterminate, "issuance.revocation_unavailable"),
        ];
        for (index, (responder, wanted, wanted_code)) in answers.into_iter().enumerate() {
            let (report, _) = judged(&bytes, &World { responder, ..World::good() });
            assert_eq!((report.verdict, code(&report, "issuance")), (wanted, wanted_code), "answer {index}");
        }
    }
}

#[test]
fn a_revocation_without_its_place_is_none() {
    let cases = [
        (json!({"type": "REVOCATION_STORE"}), Invalid),
        (json!({"type": "REVOCATION_STORE", "location": "0x00"}), Invalid),
        (json!({"type": "OCSP_RESPONDER"}), Invalid),
        (json!({"type": "OCSP_RESPONDER", "location": "carrier"}), Invalid),
        (json!({"type": "OCSP_RESPONDER", "location": "http://carrier.example/"}), Indeterminate),
        (json!({"type": "OCSP_RESPONDER", "location": "https://user@carrier.example/"}), Indeterminate),
        (json!({"type": "OTHER"}), Invalid),
    ];
    for (revocation, wanted) in cases {
        let draft = Draft { revocation: Some(revocation.clone()), ..ethr(Format::V2) };
        assert_eq!(verdict(&draft.signed(&key(1)), &World::good()), wanted, "{revocation}");
    }
}

#[test]
fn an_unsigned_document_is_not_issued() {
    for format in FORMATS {
        let (report, _) = judged(&ethr(format).wrapped().document.to_string().into_bytes(), &World::good());
        matches_schema(&report);
        assert_eq!((report.verdict, code(&report, "issuance")), (Invalid, "issuance.signature_missing"));
    }
}

#[test]
fn one_good_signature_among_several_is_enough_and_each_issuer_needs_its_own() {
    let draft = ethr(Format::V2);
    let mut document: Value = serde_json::from_slice(&draft.signed(&key(1))).unwrap();
    let good = document["proof"][0].clone();
    let mut bad = good.clone();
    bad["signature"] = json!(sign(&key(2), Digest32([7; 32])));
    let mut other = good.clone();
    other["verificationMethod"] = json!("did:web:other.example#k");
    document["proof"] = json!([bad, other, good]);
    assert_eq!(verdict(document.to_string().as_bytes(), &World::good()), Valid);
    document["proof"] = json!([bad, other]);
    assert_eq!(verdict(document.to_string().as_bytes(), &World::good()), Invalid);
    document["proof"] = json!([other]);
    let (report, _) = judged(document.to_string().as_bytes(), &World::good());
    assert_eq!(code(&report, "issuance"), "issuance.signature_missing");
    assert!(report.document.unauthenticated.contains(&"proof[0].created".to_owned()), "{report:#?}");

    // Two issuers: the domain's key and the DID document's.
    let issuers = vec![draft.issuer(), web(Format::V2).issuer()];
    let wrapped = wrap(Format::V2, vec![plain_v2(issuers, 31337, 0)]).remove(0);
    let signature = sign(&key(1), wrapped.root());
    let entry = |key: &str| {
        let mut entry = good.clone();
        entry["verificationMethod"] = json!(key);
        entry["signature"] = json!(signature);
        entry
    };
    let mut document = wrapped.document.clone();
    document["proof"] = json!([entry(&draft.key), entry(&web(Format::V2).key)]);
    assert_eq!(verdict(document.to_string().as_bytes(), &World::good()), Valid);
    document["proof"] = json!([entry(&draft.key)]);
    assert_eq!(verdict(document.to_string().as_bytes(), &World::good()), Invalid);
}

#[test]
fn an_identity_proof_of_the_wrong_kind_proves_nothing() {
    // Signed, with an identity that speaks of contracts.
    let mut draft = ethr(Format::V3);
    draft.identity = "DNS-TXT";
    let (report, _) = judged(&draft.signed(&key(1)), &World::good());
    assert_eq!((report.verdict, code(&report, "issuance")), (Invalid, "issuance.no_did"));
    assert_eq!(code(&report, "issuer"), "issuer.method_does_not_fit");
    // A v3 document that names two DIDs.
    let mut wrapped = web(Format::V3).wrapped().document;
    wrapped.as_object_mut().unwrap().remove("proof");
    wrapped["openAttestationMetadata"]["identityProof"]["identifier"] = json!("did:web:other.example");
    let wrapped = wrap(Format::V3, vec![wrapped]).remove(0);
    let bytes = web(Format::V3).with_signature(&wrapped, &sign(&key(1), wrapped.root()));
    let (report, _) = judged(&bytes, &World::good());
    assert_eq!((report.verdict, code(&report, "issuance")), (Invalid, "issuance.identity_of_other_did"));
}

#[test]
fn a_signature_in_another_accepted_form_is_noted() {
    let draft = ethr(Format::V3);
    let wrapped = draft.wrapped();
    let signature = sign(&key(1), wrapped.root()).to_uppercase().replace("0X", "0x");
    let (report, _) = judged(&draft.with_signature(&wrapped, &signature), &World::good());
    assert_eq!(report.verdict, Valid);
    assert!(report.warnings.iter().any(|warning| warning.contains("upper-case")), "{:?}", report.warnings);
    let (report, _) = judged(&draft.with_signature(&wrapped, &signature[..60]), &World::good());
    assert_eq!((report.verdict, code(&report, "issuance")), (Invalid, "issuance.signature_malformed"));
}

#[test]
fn offline_a_signed_document_is_unknown_never_invalid() {
    let document = ethr(Format::V2).signed(&key(1));
    let document = document::read(&document, &Limits::default()).unwrap();
    let mut evidence = Evidence::new();
    let Step::Ask(questions) = examine(&document, &evidence, &policy(), 0) else { panic!("nothing is known") };
    for question in questions {
        let why = Unavailable { cause: Cause::Offline, host: None, detail: "this run was offline".into() };
        evidence.record(question, Err(why), Provenance::default());
    }
    let Step::Report(report) = examine(&document, &evidence, &policy(), 0) else { panic!("all is answered") };
    assert_eq!(report.verdict, Indeterminate);
    for name in ["issuer", "chain", "issuance"] {
        let check = report.checks.iter().find(|check| check.name.as_str() == name).unwrap();
        assert_eq!((check.outcome, check.code.id), (Outcome::Unknown, "check.offline"), "{name}");
    }
}

/// A text of which a test changes one character.
#[derive(Debug, Clone, Copy)]
enum Place {
    Signature,
    Key,
    Record,
    DidDocument(&'static str),
}

/// Each with whether the DID is on the web.
const PLACES: [(Place, bool); 11] = [
    (Place::Signature, false),
    (Place::Signature, true),
    (Place::Key, false),
    (Place::Key, true),
    (Place::Record, false),
    (Place::DidDocument("/id"), true),
    (Place::DidDocument("/verificationMethod/0/id"), true),
    (Place::DidDocument("/verificationMethod/0/type"), true),
    (Place::DidDocument("/verificationMethod/0/controller"), true),
    (Place::DidDocument("/verificationMethod/0/blockchainAccountId"), true),
    (Place::DidDocument("/assertionMethod/0"), true),
];

/// The verdict with the text at `place` changed, beside the text before and after.
fn verdict_with(
    (place, on_web): (Place, bool),
    format: Format,
    change: impl Fn(&str) -> String,
) -> (Verdict, String, String) {
    let (mut draft, mut world) = (if on_web { web(format) } else { ethr(format) }, World::good());
    let wrapped = draft.wrapped();
    let mut signature = sign(&key(1), wrapped.root());
    let (before, after) = match place {
        Place::Signature => (signature.clone(), change(&signature)),
        Place::Key => (draft.key.clone(), change(&draft.key)),
        Place::Record => (draft.key.clone(), change(&draft.key)),
        Place::DidDocument(pointer) => {
            let before = world.did_document.pointer(pointer).unwrap().as_str().unwrap().to_owned();
            (before.clone(), change(&before))
        }
    };
    match place {
        Place::Signature => signature.clone_from(&after),
        Place::Key => draft.key.clone_from(&after),
        Place::Record => world.records[1] = record(&after),
        Place::DidDocument(pointer) => *world.did_document.pointer_mut(pointer).unwrap() = json!(after),
    }
    (judged(&draft.with_signature(&wrapped, &signature), &world).0.verdict, before, after)
}

/// The case of hexadecimal digits carries no meaning, nor does the chain beside an account.
fn same_meaning(before: &str, after: &str) -> bool {
    let account = |text: &str| {
        let parts: Vec<&str> = text.split(':').collect();
        match parts[..] {
            ["eip155", chain, address] if chain.bytes().all(|digit| digit.is_ascii_digit()) && !chain.is_empty() => {
                Some(address.to_ascii_lowercase())
            }
            _ => None,
        }
    };
    let hexadecimal = after.contains("0x") && after.eq_ignore_ascii_case(before);
    before == after || hexadecimal || (account(before).is_some() && account(before) == account(after))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_single_change_of_signature_key_record_or_did_document_stays_valid(
        place in prop::sample::select(&PLACES[..]),
        v3 in any::<bool>(),
        at in any::<prop::sample::Index>(),
        character in prop::sample::select("0123456789abcdefABCDEFxg:#@ .-".chars().collect::<Vec<_>>()),
        kind in 0..3u8,
    ) {
        let format = if v3 { Format::V3 } else { Format::V2 };
        let (verdict, before, after) = verdict_with(place, format, |text| {
            let mut out: Vec<char> = text.chars().collect();
            let at = at.index(out.len());
            match kind {
                0 => out[at] = character,
                1 => out.insert(at, character),
                _ => { out.remove(at); }
            }
            out.into_iter().collect()
        });
        if !same_meaning(&before, &after) {
            prop_assert_ne!(verdict, Valid, "{} -> {}", before, after);
        }
    }
}
