//! Kinds of documents that people really have, each as a small file of our own (`fixtures/documents/kinds`), with the
//! verdict that it gets when everything that is asked about it is answered well.

use crate::support::signed_world;
use crate::support::signing;
use crate::support::situation;
use crate::support::wrapping;

use ebl_verifier::document::{self, Content, Key, Limits, ReadError};
use ebl_verifier::primitives::{Address, ChainId};
use ebl_verifier::verify::codes::Actor;
use ebl_verifier::verify::{Check, DeniedWarnings, Report, Rule, Verdict, WarningKind};
use signed_world::{REGISTRY, matches_schema};
use situation::Situation;

/// Who signed the signed ones, on Ethereum.
const SIGNER: &str = "0x17c5185167401eD00cF5F5b2fc97D9BBfDb7D025";
/// The sealed ones are all sealed with it.
const KEY: &str = "0707070707070707070707070707070707070707070707070707070707070707";

fn bytes(name: &str) -> Vec<u8> {
    let path = format!("{}/fixtures/documents/kinds/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).expect("the fixture exists")
}

/// The file with everything that is asked about it answered well, on chain 1.
fn world(bytes: Vec<u8>) -> Situation {
    let signer: Address = SIGNER.parse().expect("an address");
    let chain = ChainId::try_from(1).expect("a chain");
    Situation::of_bytes(bytes)
        .policy(|policy| policy.did_registries = [(chain, REGISTRY)].into())
        .did(move |reading| {
            reading.chain_id = 1;
            reading.owner = signed_world::word(&signer.0);
        })
        .store(|reading| reading.chain_id = 1)
        .dns(move |reading| {
            reading.records = vec![
                signing::record(&format!("did:ethr:{SIGNER}#controller")),
                "openatts net=ethereum netId=1 addr=0x1111111111111111111111111111111111111111".into(),
            ];
        })
}

fn report(name: &str) -> Report {
    let (report, _) = world(bytes(name)).examined();
    matches_schema(&report);
    report
}

fn check<'r>(report: &'r Report, name: &str) -> &'r Check {
    report.checks.iter().find(|check| check.name.as_str() == name).expect("all checks are listed")
}

fn refused(name: &str) -> ReadError {
    document::read(&bytes(name), &Limits::default()).expect_err("it is no document")
}

fn forbidding(name: &str, kind: WarningKind) -> Verdict {
    let rule = Rule::NoWarnings(DeniedWarnings::These([kind].into()));
    world(bytes(name)).policy(|policy| policy.rules.push(rule)).examined().0.verdict
}

#[test]
fn usual_documents_are_valid_without_a_warning() {
    for name in ["v2.json", "v2-signed.json", "v3-signed.json"] {
        let report = report(name);
        assert_eq!(report.verdict, Verdict::Valid, "{name}: {report:#?}");
        assert!(report.warnings.is_empty(), "{name}: {:?}", report.warnings);
    }
}

#[test]
fn an_issuer_of_v3_may_be_named_by_the_key_of_its_did() {
    let report = report("v3-did-value-with-fragment.json");
    assert_eq!(report.verdict, Verdict::Valid, "{report:#?}");
    assert_eq!(report.issuer[0].did.as_deref(), Some(format!("did:ethr:{SIGNER}").as_str()));
}

#[test]
fn an_issuer_of_v3_named_by_the_key_of_another_did_is_not_this_one() {
    use signing::{Draft, address, did_ethr, key};
    let other = did_ethr(address(&key(2)));
    let draft = signed_world::ethr(wrapping::Format::V3);
    let elsewhere = Draft { did: format!("{other}#controller"), ..draft.clone() };
    let (report, _) = situation::signed(&elsewhere).examined();
    assert_eq!((report.verdict, check(&report, "issuance").code.id), (Verdict::Invalid, "issuance.key_of_other_did"));
    // An identity of kind DID names it again, with its key or without.
    let named_twice = Draft { did: draft.key.clone(), identity: "DID", ..draft.clone() };
    let (report, _) = situation::signed(&named_twice).examined();
    assert_eq!(check(&report, "issuance").code.id, "issuance.signed", "{report:#?}");
    let expected = Rule::Issuers([draft.did.parse().expect("a DID")].into());
    let held_to = situation::signed(&named_twice).policy(|policy| policy.rules.push(expected));
    assert_eq!(held_to.examined().0.verdict, Verdict::Valid, "the caller names the DID, not its key");
}

#[test]
fn drafts_that_nobody_wrapped_are_named_as_such() {
    let error = refused("v3-raw-unwrapped.json");
    assert_eq!(error.code(), "read.not_a_document");
    assert!(
        error.to_string().starts_with("this is a draft: an OpenAttestation 3.0 document that was never"),
        "{error}"
    );
    for (text, what) in [
        (r#"{"issuers":[{"name":"A"}],"blNumber":"1"}"#, "an OpenAttestation 2.0 document"),
        (r#"{"data":{"issuers":[]}}"#, "an OpenAttestation 2.0 document"),
        (r#"{"openAttestationMetadata":{}}"#, "an OpenAttestation 3.0 document"),
        (r#"{"@context":"https://www.w3.org/ns/credentials/v2","type":[]}"#, "a W3C credential (data model 2.0)"),
    ] {
        let error = document::read(text.as_bytes(), &Limits::default()).expect_err("a draft");
        assert_eq!(error.code(), "read.not_a_document");
        assert!(error.to_string().contains(&format!("this is a draft: {what} that")), "{text}: {error}");
    }
}

#[test]
fn the_generation_after_3_is_named_not_called_tampered() {
    for (name, what) in [
        ("oa4-alpha.json", "this is an OpenAttestation 4.0 alpha document, which this version does not verify"),
        ("tradetrust4-alpha.json", "this is a TradeTrust 4.0 alpha document, which this version does not verify"),
    ] {
        let error = refused(name);
        assert_eq!((error.code(), error.to_string().as_str()), ("read.unsupported_family", what));
    }
    let beta = r#"{"@context":["https://schemata.openattestation.com/com/openattestation/4.0/context.json"],
        "proof":{"type":"OpenAttestationMerkleProofSignature2018"}}"#;
    let error = document::read(beta.as_bytes(), &Limits::default()).expect_err("unsupported");
    assert!(error.to_string().starts_with("this is an OpenAttestation 4.0 document,"), "{error}");
}

#[test]
fn a_context_of_another_generation_does_not_take_a_document_out_of_its_own() {
    let mut document: serde_json::Value = serde_json::from_slice(&bytes("v3-signed.json")).expect("JSON");
    let context = "https://schemata.openattestation.com/com/openattestation/4.0/alpha-context.json";
    document["@context"].as_array_mut().expect("a list").push(context.into());
    let (report, _) = world(document.to_string().into_bytes()).examined();
    assert_eq!(report.verdict, Verdict::Invalid);
}

#[test]
fn the_version_of_the_first_libraries_is_accepted_with_a_warning() {
    let report = report("v2-version-open-attestation-2.0.json");
    assert_eq!(report.verdict, Verdict::Valid, "{report:#?}");
    assert!(report.warnings[0].contains("open-attestation/2.0"), "{:?}", report.warnings);
    assert_eq!(forbidding("v2-version-open-attestation-2.0.json", WarningKind::EarlyVersion), Verdict::PolicyNotMet);
    assert_eq!(forbidding("v2.json", WarningKind::EarlyVersion), Verdict::Valid);
}

#[test]
fn a_signature_without_its_date_is_accepted_with_a_warning() {
    let report = report("v2-signed-no-created.json");
    assert_eq!(report.verdict, Verdict::Valid, "{report:#?}");
    assert!(report.warnings[0].contains("`created` is missing"), "{:?}", report.warnings);
    assert_eq!(forbidding("v2-signed-no-created.json", WarningKind::UndatedSignature), Verdict::PolicyNotMet);
    assert_eq!(forbidding("v2-signed.json", WarningKind::UndatedSignature), Verdict::Valid);
}

#[test]
fn a_member_outside_the_digest_is_refused_by_name_and_the_sender_can_take_it_out() {
    for (name, member) in
        [("v2-signature-created.json", "`signature.created`"), ("v2-extra-top-level.json", "`ttHash`")]
    {
        let report = report(name);
        let integrity = check(&report, "integrity");
        assert_eq!((report.verdict, integrity.code.id), (Verdict::Invalid, "integrity.outside_digest"));
        assert!(integrity.message.contains(member), "{}", integrity.message);
        assert_eq!(integrity.code.actor, Actor::Sender);
        assert!(integrity.code.remedy.contains("take the named member out"));
        // And so it is: without the member the file is as it was issued.
        let mut document: serde_json::Value = serde_json::from_slice(&bytes(name)).expect("JSON");
        document.as_object_mut().expect("an object").remove("ttHash");
        document["signature"].as_object_mut().expect("an object").remove("created");
        assert_eq!(world(document.to_string().into_bytes()).examined().0.verdict, Verdict::Valid);
    }
    let mixed = r#"{"data":{},"signature":{},"credentialSubject":{}}"#;
    let (report, _) = world(mixed.into()).examined();
    assert_eq!(check(&report, "integrity").code.id, "integrity.family_mix");
}

#[test]
fn a_location_with_a_blank_at_its_end_is_no_domain() {
    let report = report("v2-location-trailing-blank.json");
    assert_eq!((report.verdict, check(&report, "issuer").code.id), (Verdict::Invalid, "issuer.not_a_domain_name"));
}

#[test]
fn a_token_document_of_a_batch_is_the_issuers_to_issue_again() {
    let report = report("v3-batch-token.json");
    let integrity = check(&report, "integrity");
    assert_eq!((report.verdict, integrity.code.id), (Verdict::Invalid, "integrity.batch_token"));
    assert_eq!(integrity.code.actor, Actor::Issuer);
    assert!(integrity.message.contains("nothing was changed in it"), "{}", integrity.message);
    assert!(integrity.message.contains("issued again, alone"), "{}", integrity.message);
}

#[test]
fn sealed_files_open_with_their_key_whatever_the_storage_added() {
    let key: Key = KEY.parse().expect("a key");
    for name in ["sealed.json", "sealed-envelope.json", "sealed-with-ttl.json", "sealed-ttl-bare.json"] {
        let bytes = bytes(name);
        let file = document::read_file(&bytes, &Limits::default()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let Content::Sealed(sealed) = file.content else { panic!("{name} is sealed") };
        assert_eq!(sealed.open(None).expect_err("no key").code(), "read.key_missing", "{name}");
        let opened = sealed.open(Some(&key)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let (report, _) = world(opened.content().as_bytes().to_vec()).examined();
        assert_eq!(report.verdict, Verdict::Valid, "{name}: {report:#?}");
    }
}

#[test]
fn a_sealed_file_from_before_types_is_named_and_not_opened() {
    let error = refused("sealed-without-type.json");
    assert_eq!(error.code(), "read.sealed_malformed");
    assert!(error.to_string().starts_with("this is a sealed (encrypted) file from before"), "{error}");
    // What has more than the parts of a sealed file is none of those.
    let other = r#"{"cipherText":"","iv":"","tag":"","kind":"another"}"#;
    assert_eq!(
        document::read(other.as_bytes(), &Limits::default()).expect_err("nothing").code(),
        "read.not_a_document"
    );
}

#[test]
fn text_that_was_re_encoded_on_the_way_is_invalid_and_told_from_an_edit() {
    for (name, how) in [("v2-mojibake.json", "read as Latin-1 or Windows-1252"), ("v2-nfd.json", "normalised (NFD)")] {
        let report = report(name);
        let integrity = check(&report, "integrity");
        assert_eq!((report.verdict, integrity.code.id), (Verdict::Invalid, "integrity.text_reencoded"), "{name}");
        assert!(integrity.message.contains(how), "{}", integrity.message);
        assert_eq!(integrity.code.actor, Actor::Sender);
        // One edited letter more, and nothing excuses it.
        let edited = String::from_utf8(bytes(name)).expect("UTF-8").replace(":string:A", ":string:B");
        let (report, _) = world(edited.into_bytes()).examined();
        assert_eq!(check(&report, "integrity").code.id, "integrity.digest_mismatch", "{name}");
    }
}

#[test]
fn re_encoded_text_of_version_3_is_told_too_in_names_as_in_values() {
    let mut issued = situation::bill_v3_with(|plain| {
        plain["credentialSubject"]["Empf\u{e4}nger"] = "M\u{fc}ller".into();
    });
    assert_eq!(issued.examined().0.verdict, Verdict::Valid);
    let text = String::from_utf8(issued.document.clone()).expect("UTF-8");
    let garbled: String = text.bytes().map(char::from).collect();
    assert_ne!(garbled, text);
    issued.document = garbled.into_bytes();
    let (report, _) = issued.examined();
    assert_eq!((report.verdict, check(&report, "integrity").code.id), (Verdict::Invalid, "integrity.text_reencoded"));
}

#[test]
fn a_wrong_shape_is_told_in_words() {
    for (name, wanted) in [
        (
            "v2-registry-named-by-ens.json",
            "`issuers[0].tokenRegistry` is the text \"registry.demo.eth\"; it must be an address",
        ),
        ("v2-chain-id-is-a-number.json", "`network.chainId` is the number 1337; it must be a text"),
    ] {
        let report = report(name);
        let integrity = check(&report, "integrity");
        assert_eq!((report.verdict, integrity.code.id), (Verdict::Invalid, "integrity.shape"), "{name}");
        assert!(integrity.message.contains(wanted), "{}", integrity.message);
    }
}

#[test]
fn files_of_another_kind_are_named_by_their_kind() {
    let file = |name: &str| {
        let path = format!("{}/fixtures/documents/other/{name}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read(path).expect("the fixture exists")
    };
    let blanks = b" \r\n\t".to_vec();
    for (bytes, code, words) in [
        (file("a.pdf"), "read.other_kind", "this is a PDF file"),
        (file("mail.eml"), "read.other_kind", "this is an e-mail message"),
        (file("page.html"), "read.other_kind", "this is an HTML page"),
        (file("utf16.json"), "read.other_kind", "this is UTF-16 text"),
        (file("bom.json"), "read.byte_order_mark", "byte order mark"),
        (b"PK\x03\x04\x14\0\0\0\x08\0".to_vec(), "read.other_kind", "this is a ZIP file"),
        (b"\x1f\x8b\x08\0\0\0\0\0".to_vec(), "read.other_kind", "this is a gzip file"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), "read.other_kind", "this is a picture"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF".to_vec(), "read.other_kind", "this is a picture"),
        (b"<?xml version=\"1.0\"?><bill/>".to_vec(), "read.other_kind", "this is an XML file"),
        (b"eyJ2ZXJzaW9uIjoiaHR0cHM6Ly9zY2hlbWEifQ==".to_vec(), "read.other_kind", "this is base64 text"),
        (b"https://actions.example/?q=%7B%22s3cret%22%7D\n".to_vec(), "read.other_kind", "a text that holds a link"),
        (format!("{KEY}\n").into_bytes(), "read.other_kind", "the key of a sealed file"),
        (format!("{{\"key\":\"{KEY}\"}}").into_bytes(), "read.other_kind", "the key of a sealed file"),
        (b"".to_vec(), "read.empty", "the file is empty"),
        (blanks, "read.empty", "the file is empty"),
        (b"[{},{}]".to_vec(), "read.not_an_object", "but a list; a document is one object; if each item is one"),
        (b"42".to_vec(), "read.not_an_object", "but a number; a document is one object"),
        (b"{\"a\": \"Z\xfcrich\"}".to_vec(), "read.invalid_utf8", "saved in another encoding on the way"),
        (b"{\"a\": ".to_vec(), "read.syntax", "this is not JSON"),
    ] {
        let error = document::read_file(&bytes, &Limits::default()).expect_err("no document");
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(words), "{error}");
        assert!(!error.to_string().contains("s3cret") && !error.to_string().contains(KEY), "{error}");
    }
}
