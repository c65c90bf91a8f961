//! Signed documents judged on evidence written by hand: `examine` needs no network, and what it is not told it asks for.

use crate::support::signed_world;
use crate::support::signing;
use crate::support::wrapping;

use ebl_verifier::document::{self, Limits};
use ebl_verifier::evidence::{
    Cause, DidChange, DidEvent, Entry, Evidence, NodeReading, Provenance, Question, Unavailable,
};
use ebl_verifier::primitives::{Address, Digest32};
use ebl_verifier::verify::{Assurance, Case, Outcome, Step, Verdict, examine};
use serde_json::{Value, json};
use signed_world::{
    BLOCK, NOW, RESPONDER, STORE, World, code, ethr, judged, matches_schema, message, policy, verdict, web, word,
};
use signing::{DOMAIN, Draft, address, did_ethr, key, record, sign};
use wrapping::{Format, plain_v2, wrap};

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
        assert_eq!((issuer.confirmed, issuer.assurance), (true, Some(Assurance::DidEthrAndDns)));
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
        assert_eq!(
            (report.issuer[0].assurance, report.issuer[0].domain.as_deref()),
            (Some(Assurance::DidWeb), Some(DOMAIN))
        );
        assert!(report.as_of.is_none());
    }
}

#[test]
fn everything_is_asked_at_once() {
    let revocation = json!({"type": "OCSP_RESPONDER", "location": RESPONDER});
    let draft = Draft { revocation: Some(revocation), batch: 3, ..ethr(Format::V2) };
    let bytes = draft.signed(&key(1));
    let document = document::read(&bytes, &Limits::default()).unwrap();
    let Step::Ask(questions) = examine(&Case::new(&document, &policy(), 0), &Evidence::new()) else {
        panic!("nothing is known")
    };
    let kind = |question: &Question| match question {
        Question::DidEthr(_) => "did",
        Question::Web(_) => "web",
        Question::DnsTxt(_) => "dns",
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
        assert_eq!((report.issuer[0].confirmed, report.issuer[0].assurance), (false, Some(Assurance::BareKey)));
    }
}

#[test]
fn a_record_may_name_a_key_of_a_did_on_the_web() {
    let draft = Draft { identity: "DNS-DID", ..web(Format::V2) };
    let mut world = World::good();
    world.records = vec![record(&draft.key)];
    let (report, _) = judged(&draft.signed(&key(1)), &world);
    assert_eq!((report.verdict, report.issuer[0].assurance), (Verdict::Valid, Some(Assurance::Dns)));
    // The DID document still has to be there.
    world.web_status = 404;
    let (report, _) = judged(&draft.signed(&key(1)), &world);
    assert_eq!((report.verdict, code(&report, "issuer")), (Verdict::Invalid, "issuer.no_did_document"));
}

/// A change of the draft or the world, and what the report says then.
type Signed = (&'static str, fn(&mut Draft, &mut World), Verdict, &'static str, &'static str);

fn tell(drafts: fn(Format) -> Draft, cases: &[Signed]) {
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
                |_, world| world.unreachable = Some(|question| matches!(question, Question::DidEthr(_))),
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
                |_, world| world.unreachable = Some(|question| matches!(question, Question::DnsTxt(_))),
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
                |_, world| world.unreachable = Some(|question| matches!(question, Question::Web(_))),
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
        world.unreachable = Some(|question| matches!(question, Question::DocumentStore(_)));
        let (report, _) = judged(&bytes, &world);
        assert_eq!((report.verdict, code(&report, "chain")), (Indeterminate, "chain.rpc_unavailable"));
        world = World::good();
        world.store.block.hash = Digest32([0xb2; 32]);
        let (report, _) = judged(&bytes, &world);
        assert_eq!((report.verdict, code(&report, "chain")), (Indeterminate, "chain.blocks_differ"));

        let bytes = signed(json!({"type": "OCSP_RESPONDER", "location": RESPONDER.trim_end_matches('/')}));
        assert_eq!(verdict(&bytes, &World::good()), Valid);
        type Answer = (fn(&str) -> (u16, Value), Verdict, &'static str);
        let answers: [Answer; 8] = [
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
    let Step::Ask(questions) = examine(&Case::new(&document, &policy(), 0), &evidence) else {
        panic!("nothing is known")
    };
    for question in questions {
        let why = Unavailable { cause: Cause::Offline, host: None, detail: "this run was offline".into() };
        evidence.record(Entry::unanswered(question, why, Provenance::default()));
    }
    let Step::Report(report) = examine(&Case::new(&document, &policy(), 0), &evidence) else {
        panic!("all is answered")
    };
    assert_eq!(report.verdict, Indeterminate);
    for name in ["issuer", "chain", "issuance"] {
        let check = report.checks.iter().find(|check| check.name.as_str() == name).unwrap();
        assert_eq!((check.outcome, check.code.id), (Outcome::Unknown, "check.offline"), "{name}");
    }
}
