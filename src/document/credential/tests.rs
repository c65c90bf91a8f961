use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use super::*;
use crate::document::{Limits, json as strict};

/// The smallest bill.
fn bill() -> Value {
    json!({
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://w3id.org/security/data-integrity/v2"],
        "id": "urn:uuid:019e807a-ec00-7000-8000-0000000000aa",
        "type": ["VerifiableCredential"],
        "issuer": "did:web:carrier.example",
        "validFrom": "2026-03-01T08:00:00Z",
        "credentialSubject": {"type": ["BillOfLading"], "blNumber": "CARR-1", "packages": [{"weight": 1}, {"weight": 2}]},
        "proof": {"type": "DataIntegrityProof", "cryptosuite": "ecdsa-sd-2023", "proofPurpose": "assertionMethod",
            "verificationMethod": "did:web:carrier.example#keys-1", "proofValue": "u2V0A"}
    })
}

/// What is changed in it: a pointer and what stands there afterwards (`None`: nothing).
fn read(changes: &[(&str, Option<Value>)]) -> Result<Credential<'static>, BrokenRule> {
    let mut document = bill();
    for (pointer, value) in changes {
        let (above, name) = pointer.rsplit_once('/').unwrap();
        match (document.pointer_mut(above).unwrap(), value) {
            (Value::Object(members), Some(value)) => drop(members.insert(name.to_owned(), value.clone())),
            (Value::Object(members), None) => drop(members.remove(name).unwrap()),
            (Value::Array(items), Some(value)) => items[name.parse::<usize>().unwrap()] = value.clone(),
            _ => panic!("{pointer}"),
        }
    }
    read_text(&document.to_string())
}

fn read_text(text: &str) -> Result<Credential<'static>, BrokenRule> {
    let text: &'static str = Box::leak(text.to_owned().into_boxed_str());
    Credential::from_tree(strict::parse(text.as_bytes(), &Limits::default()).unwrap())
}

fn code(read: &Result<Credential<'_>, BrokenRule>) -> &'static str {
    match read {
        Ok(_) => "none",
        Err(BrokenRule::Form { rule, .. }) => rule.code(),
        Err(_) => "family_mix",
    }
}

fn refused(pointer: &str, value: impl Into<Option<Value>>, wanted: &str) {
    let value = value.into();
    let read = read(&[(pointer, value.clone())]);
    assert_eq!(code(&read), wanted, "{pointer} {value:?}: {read:?}");
}

fn record() -> Value {
    json!({"type": "TransferableRecords", "tokenNetwork": {"chain": "ETH", "chainId": "1"},
        "tokenRegistry": "0x5FbDB2315678afecb367f032d93F642f64180aa3", "tokenId": "0a".repeat(32)})
}

fn entry() -> Value {
    json!({"id": "https://carrier.example/status/1#5", "type": "BitstringStatusListEntry", "statusPurpose": "revocation",
        "statusListIndex": "5", "statusListCredential": "https://carrier.example/status/1"})
}

fn with(mut object: Value, name: &str, value: impl Into<Option<Value>>) -> Value {
    match value.into() {
        Some(value) => object[name] = value,
        None => drop(object.as_object_mut().unwrap().remove(name)),
    }
    object
}

#[test]
fn a_credential_is_read_into_what_it_says() {
    let bill = read(&[("/issuer", Some(json!({"id": "did:web:carrier.example", "name": "Carrier Line"})))]).unwrap();
    assert_eq!(
        (bill.data_model(), bill.types(), bill.contexts().len()),
        (DataModel::V2, &["VerifiableCredential".to_owned()][..], 2)
    );
    assert_eq!(
        (bill.issuer().id.as_str(), bill.issuer().name.as_deref()),
        ("did:web:carrier.example", Some("Carrier Line"))
    );
    assert_eq!(bill.validity().not_before, [("validFrom", "2026-03-01T08:00:00Z".to_owned())]);
    assert_eq!((bill.status(), bill.summary().bl_number.as_deref()), (&CredentialStatus::Absent, Some("CARR-1")));
    assert_eq!((bill.proof().suite.name(), bill.proof_value().as_deref()), ("ecdsa-sd-2023", Some("u2V0A")));
    assert!(bill.is_bill_of_lading() && bill.claims().any(|claim| claim == "Carrier Line"));
    let older = read(&[
        ("/@context/0", Some(json!("https://www.w3.org/2018/credentials/v1"))),
        ("/validFrom", None),
        ("/issuanceDate", Some(json!("2026-03-01T08:00:00Z"))),
        ("/credentialSubject", Some(json!([{"id": "did:key:z6", "type": "Invoice"}, {"total": 1}]))),
    ]);
    let older = older.unwrap();
    assert_eq!((older.data_model(), older.issued_at()), (DataModel::V1, Some("2026-03-01T08:00:00Z")));
    assert_eq!(older.subject_ids().collect::<Vec<_>>(), [Some("did:key:z6".into()), None]);
    assert!(!older.is_bill_of_lading());
}

#[test]
fn a_status_is_a_title_or_entries_of_lists() {
    let status = |value: Value| read(&[("/credentialStatus", Some(value))]).map(|it| it.status().clone());
    let Ok(CredentialStatus::TransferableRecord(title)) = status(record()) else { panic!() };
    assert_eq!((title.network.chain_id.as_deref(), title.token.0), (Some("1"), [10; 32]));
    assert_eq!(title.registry.to_string(), title.registry_text);
    let numbered = with(record(), "tokenNetwork", json!({"chainId": 137}));
    assert!(
        matches!(status(numbered), Ok(CredentialStatus::TransferableRecord(it)) if it.network.chain_id.as_deref() == Some("137"))
    );
    let obligation =
        with(with(record(), "tokenRegistry", None), "obligationRegistry", record()["tokenRegistry"].clone());
    assert!(matches!(status(obligation), Ok(CredentialStatus::Obligation(_))));
    let list = json!([entry(), with(with(entry(), "statusPurpose", json!("message")), "id", json!("urn:x:2"))]);
    let Ok(CredentialStatus::Lists(entries)) = status(list) else { panic!() };
    assert_eq!((entries[0].index, &entries[0].purpose), (5, &StatusPurpose::Revocation));
    assert_eq!(entries[1].purpose, StatusPurpose::Other("message".into()));
    let older = with(with(entry(), "type", json!("StatusList2021Entry")), "id", None);
    let Ok(CredentialStatus::Lists(entries)) = status(older) else { panic!() };
    assert_eq!((entries[0].kind, entries[0].size), (StatusListKind::StatusList2021, 1));
}

#[test]
fn a_status_of_another_form_is_refused() {
    let both = with(record(), "obligationRegistry", record()["tokenRegistry"].clone());
    for (status, wanted) in [
        (with(record(), "tokenNetwork", None), "status_chain"),
        (with(record(), "tokenNetwork", json!({"chainId": "0"})), "status_chain"),
        (with(record(), "tokenNetwork", json!({"chainId": "0x1"})), "status_chain"),
        (with(record(), "tokenNetwork", json!({"chainId": -1})), "status_chain"),
        (with(record(), "tokenNetwork", json!({"chainId": 1, "chain": 1})), "status_chain"),
        (both, "status_registry"),
        (with(record(), "tokenRegistry", json!("xdc5fbdb2315678afecb367f032d93f642f64180aa3")), "status_registry"),
        (with(record(), "tokenRegistry", json!("registry.eth")), "status_registry"),
        (with(record(), "tokenId", json!("0A".repeat(32))), "status_token_id"),
        (with(record(), "tokenId", json!(format!("0x{}", "0a".repeat(32)))), "status_token_id"),
        (with(record(), "type", json!(["TransferableRecords", "Other"])), "status_type"),
        (json!([record()]), "status_mixed"),
        (json!([entry(), record()]), "status_mixed"),
        (json!("TransferableRecords"), "status_type"),
        (with(entry(), "statusListIndex", json!(5)), "status_index"),
        (with(entry(), "statusListIndex", json!("05")), "status_index"),
        (with(entry(), "statusListIndex", json!("-5")), "status_index"),
        (with(entry(), "statusListCredential", json!("status/1")), "status_list"),
        (with(entry(), "statusPurpose", json!("")), "status_purpose"),
        (with(entry(), "statusPurpose", json!(["revocation"])), "status_purpose"),
        (with(entry(), "statusSize", json!("1")), "status_size"),
        (with(entry(), "id", json!("5")), "id_form"),
        (json!((0..17).map(|n| with(entry(), "id", json!(format!("urn:x:{n}")))).collect::<Vec<_>>()), "too_many"),
    ] {
        refused("/credentialStatus", status, wanted);
    }
}

#[test]
fn what_no_statement_covers_is_refused_wherever_it_stands() {
    for (value, wanted) in [
        (json!(null), "null_value"),
        (json!([]), "empty_value"),
        (json!({}), "empty_value"),
        (json!({"a": {"b": [{"c": null}]}}), "null_value"),
        (json!({"@type": "x"}), "member_at"),
        (json!({"schema:name": "x"}), "member_name"),
        (json!(["a", "b", "a"]), "duplicate_value"),
        (json!([1, "1"]), "duplicate_value"),
        (json!([true, true]), "duplicate_value"),
        (json!([{"id": "urn:a:b", "x": 1}, {"id": "urn:a:b", "x": 2}]), "duplicate_value"),
        (json!([["a"]]), "nested_list"),
        (json!("see _:b0"), "blank_node_text"),
        (json!("_:_:"), "blank_node_text"),
        (json!("_:\u{85}"), "blank_node_text"),
    ] {
        refused("/credentialSubject/note", value.clone(), wanted);
        refused("/proof/note", value, wanted);
    }
    for value in [json!("total_: 5"), json!("a_:"), json!([{"x": 1}, {"x": 1}]), json!(["a", "A"]), json!(false)] {
        refused("/credentialSubject/note", value, "none");
    }
    // The legacy suite writes blank nodes into such ids itself.
    let legacy = [
        ("/credentialSubject/id", Some(json!("urn:bnid:_:c14n0"))),
        ("/proof/type", Some(json!("BbsBlsSignatureProof2020"))),
        ("/proof/cryptosuite", None),
    ];
    assert_eq!(code(&read(&legacy)), "none");
    assert_eq!(code(&read(&legacy[..1])), "blank_node_text");
}

#[test]
fn a_number_has_the_one_form_that_every_program_writes() {
    let with_token = |token: &str| {
        let bill = r#"{"@context": ["https://www.w3.org/ns/credentials/v2"], "type": "VerifiableCredential",
            "issuer": "did:web:a", "credentialSubject": {"w": TOKEN}, "proof": {"type": "Other",
            "verificationMethod": "did:web:a#b"}}"#;
        code(&read_text(&bill.replace("TOKEN", token)))
    };
    for token in ["0", "-1", "19200.75", "1e+21", "1.5e-7", "100000000000000000000"] {
        assert_eq!(with_token(token), "none", "{token}");
    }
    for token in ["-0", "1.0", "1e2", "1E+21", "0.10", "9007199254740993", "1e400", "1e-7"] {
        assert_eq!(with_token(token), "number_form", "{token}");
    }
}

#[test]
fn members_of_another_form_are_refused() {
    for (pointer, value, wanted) in [
        ("/@context", json!("https://www.w3.org/ns/credentials/v2"), "context_form"),
        ("/@context/1", json!({"a": "urn:b:c"}), "context_not_allowed"),
        ("/@context/1", json!("https://www.w3.org/ns/credentials/v2"), "duplicate_value"),
        ("/@context/1", json!("https://www.w3.org/2018/credentials/v1"), "context_first"),
        ("/@graph", json!([{}]), "member_at"),
        ("/a:b", json!(1), "member_name"),
        ("/data", json!({}), "member_unknown"),
        ("/type", json!(7), "type_form"),
        ("/type", json!(["VerifiableCredential", "VerifiablePresentation"]), "family_mix"),
        ("/credentialSubject", json!([]), "subject_empty"),
        ("/credentialSubject", json!([{"a": 1}, {}]), "subject_empty"),
        ("/credentialSubject/id", json!("carrier"), "subject_id"),
        ("/issuer", json!({"name": "Carrier Line"}), "issuer_missing"),
        ("/issuer", json!({"id": "did:web:a b"}), "issuer_form"),
        ("/issuer", json!(7), "issuer_form"),
        ("/validUntil", json!("2026-03-02"), "date_form"),
        ("/validUntil", json!(["2026-03-02T08:00:00Z"]), "date_multiple"),
        ("/validUntil", json!("2026-03-02T08:00:00"), "date_form"),
        ("/validUntil", json!("2026-03-01T08:30:00+01:00"), "date_order"),
        ("/id", json!("a"), "id_form"),
        ("/evidence", json!([{"type": "A"}, {"id": "urn:a:b"}]), "member_no_type"),
        ("/termsOfUse", json!("none"), "member_form"),
        ("/credentialSchema", json!({"type": "JsonSchema"}), "schema_id"),
        ("/proof", json!([{"a": 1}]), "proof_multiple"),
        ("/proof", json!("u2V0A"), "proof_type"),
        ("/proof/type", json!(["DataIntegrityProof"]), "proof_type"),
        ("/proof/cryptosuite", json!(1), "proof_suite"),
        ("/proof/verificationMethod", json!({"id": "did:web:a#b"}), "proof_method"),
        ("/proof/proofPurpose", json!("authentication"), "proof_purpose"),
        ("/proof/created", json!("yesterday"), "proof_created"),
        ("/proof/proofValue", json!(""), "proof_value"),
        ("/proof/previousProof", json!("urn:a:b"), "proof_form"),
    ] {
        refused(pointer, value, wanted);
    }
    for pointer in ["/proof/verificationMethod", "/proof/cryptosuite", "/proof/proofValue"] {
        assert_ne!(code(&read(&[(pointer, None)])), "none", "{pointer}");
    }
}

#[test]
fn a_date_is_one_of_its_data_model() {
    let of_v1 = |more: &[(&str, Option<Value>)]| {
        let mut changes =
            vec![("/@context/0", Some(json!("https://www.w3.org/2018/credentials/v1"))), ("/validFrom", None)];
        changes.extend_from_slice(more);
        code(&read(&changes))
    };
    let (early, late) = (Some(json!("2026-03-01T08:00:00Z")), Some(json!("2026-04-01T08:00:00Z")));
    assert_eq!(of_v1(&[]), "date_missing");
    assert_eq!(of_v1(&[("/issuanceDate", early.clone()), ("/expirationDate", late.clone())]), "none");
    let both = [("/issuanceDate", early.clone()), ("/validFrom", early.clone())];
    assert_eq!(of_v1(&both), "date_other_model");
    // As the lists of one program have it; those that it replaces keep one date and have another anew.
    let list = ("/type", Some(json!(["VerifiableCredential", "StatusList2021Credential"])));
    assert_eq!(of_v1(&[list.clone(), both[0].clone(), both[1].clone()]), "none");
    let replaced = [list.clone(), ("/issuanceDate", late.clone()), both[1].clone()];
    assert_eq!(of_v1(&replaced), "none");
    assert_eq!(of_v1(&[list.clone(), both[1].clone()]), "date_missing");
    let ended = [&replaced[..], &[("/validUntil", early.clone())]].concat();
    assert_eq!(of_v1(&ended), "date_order");
    refused("/issuanceDate", early, "date_other_model");
    refused("/expirationDate", late, "date_other_model");
}

#[test]
fn a_suite_that_is_not_verified_is_named() {
    for (kind, suite, name) in [
        ("DataIntegrityProof", Some("eddsa-rdfc-2022"), "eddsa-rdfc-2022"),
        ("Ed25519Signature2020", None, "Ed25519Signature2020"),
        ("JsonWebSignature2020", None, "JsonWebSignature2020"),
        ("Made up", None, "Made up"),
    ] {
        let proof = json!({"type": kind, "verificationMethod": "did:web:a#b", "proofPurpose": "assertionMethod", "jws": "a..b"});
        let proof = suite.map_or(proof.clone(), |suite| with(proof, "cryptosuite", json!(suite)));
        let read = read(&[("/proof", Some(proof))]).unwrap();
        assert_eq!(read.proof().suite, Suite::Other(name.into()));
        assert_eq!(read.proof_value(), None);
    }
}

#[test]
fn a_context_that_nobody_knows_is_named_with_the_way_out() {
    let bill = read(&[("/@context/1", Some(json!("https://contexts.example/a.json")))]).unwrap();
    assert_eq!(bill.check_contexts(|_| true), Ok(()));
    let Err(BrokenRule::Form { rule, why }) = bill.check_contexts(|url| url.contains("w3.org")) else { panic!() };
    assert_eq!(rule.code(), "context_not_allowed");
    assert!(why.contains("https://contexts.example/a.json") && why.contains("can give it"), "{why}");
}

#[test]
fn what_a_message_repeats_is_short() {
    let long = "n".repeat(1 << 20);
    let deep = (0..50).fold(json!(null), |inner, _| json!({ long.as_str(): inner }));
    for (pointer, value) in [
        ("/credentialSubject/note", deep),
        ("/credentialSubject/note", json!([&long, &long])),
        ("/issuer", json!(long)),
        ("/credentialStatus", json!({ "type": long })),
        ("/proof/proofPurpose", json!(long)),
        ("/@context/1", json!([long])),
    ] {
        let Err(BrokenRule::Form { why, .. }) = read(&[(pointer, Some(value))]) else { panic!("{pointer}") };
        assert!(why.len() < 4000, "{pointer}: {}", why.len());
    }
}

#[test]
fn every_rule_has_a_code_of_its_own() {
    let mut codes: Vec<_> = FormRule::ALL.iter().map(|rule| rule.code()).collect();
    let all = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert!(codes.len() == all && all > 40);
}

#[test]
fn an_address_of_a_subject_or_issuer_is_absolute() {
    for good in ["did:web:carrier.example%3A8443", "urn:bnid:_:c14n0", "https://a.example/b?c#d", "did:key:z6Mk"] {
        assert!(is_url(good), "{good}");
    }
    for bad in ["", "a", ":a", "a:", "1a:b", "a b:c", "did:web:a b", "urn:<a>", "https://a\\b", "_:b0", "urn:a\u{0}"] {
        assert!(!is_url(bad), "{bad}");
    }
}

/// What is put into a bill somewhere.
const PIECES: [&str; 20] = [
    "",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "null",
    "[]",
    "{}",
    "1e-7",
    "@",
    "_:",
    "\"id\"",
    "\"type\":",
    "\\u0000",
    "é",
    "TransferableRecords",
    "2026-03-01T08:00:00Z",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is read keeps what its type says, and whatever is not is refused in a few words.
    #[test]
    fn no_change_of_a_bill_makes_its_reader_panic(
        changes in proptest::collection::vec((any::<Index>(), 0..12_usize, select(&PIECES[..])), 1..4),
    ) {
        let mut text = bill().to_string();
        for (at, length, piece) in changes {
            let from = text.floor_char_boundary(at.index(text.len()));
            let to = text.ceil_char_boundary((from + length).min(text.len()));
            text.replace_range(from..to, piece);
        }
        if let Ok(tree) = strict::parse(text.as_bytes(), &Limits::default()) {
            match Credential::from_tree(tree) {
                Ok(bill) => assert!(bill.subjects().next().is_some() && !bill.issuer().id.is_empty()),
                Err(rule) => assert!(format!("{rule:?}").len() < 10_000),
            }
        }
    }
}
