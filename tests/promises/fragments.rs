//! The fragment view: what consumers of the field's JavaScript libraries read, and that it never says more than our
//! verdict. Whoever looks at the fragments without `isValid`, by the rule of those libraries, must come to the same.

#[path = "fragments/promises.rs"]
mod promises;
use crate::support::rpc_server;
#[cfg(feature = "testchain")]
use crate::support::running_testchain;
#[path = "fragments/signed.rs"]
mod signed;
use crate::support::signed_world;
use crate::support::signing;
#[path = "fragments/stores.rs"]
mod stores;
use crate::support::wrapping;

use std::process::{Command, Stdio};

use ebl_verifier::Wishes;
use ebl_verifier::evidence::{CodeReading, Question, StoreReading};
use ebl_verifier::primitives::Address;
use ebl_verifier::verify::{Check, Finding, Outcome, Report, TitleStateName, Verdict, codes};
use promises::{fragments_of, keeps_the_promises, words};
use proptest::prelude::*;
use serde_json::{Value, json};
use signed_world::{RESPONDER, World, ethr, judged, web, word};
use signing::{Draft, key};
use stores::{OTHER_STORE, STORE, Stores, stored};
use wrapping::Format;

#[cfg(feature = "testchain")]
#[tokio::test]
async fn every_sample_has_the_fragments_that_its_state_demands() {
    use ebl_verifier::testchain::{samples, sandbox::Sandbox};
    use promises::fragment;

    let any_port = std::net::SocketAddr::from((std::net::Ipv4Addr::LOCALHOST, 0));
    let mut sandbox = Sandbox::start(any_port, any_port).await.unwrap();
    let samples = samples::issue(&mut sandbox).unwrap();
    let verifier = sandbox.verifier().unwrap().build().unwrap();
    let live = "valid valid skipped skipped valid skipped";
    let unasked = "ERROR:check.not_asked skipped skipped ERROR:check.not_asked skipped";
    let none = "skipped skipped skipped";
    let no_record = "valid valid skipped skipped INVALID:MATCHING_RECORD_NOT_FOUND skipped";
    for sample in samples {
        let bytes = sample.document.as_bytes();
        let wishes = Wishes { key: sample.parsed_key(), ..sandbox.wishes() };
        let report = verifier.verify(bytes, &wishes).await.unwrap();
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
            "w3c-live.json" | "w3c-part.json" => {
                format!("skipped valid skipped skipped valid skipped valid {none}")
            }
            "w3c-title-withheld.json" => {
                format!("skipped valid skipped skipped skipped ERROR:issuance.may_be_withheld valid {none}")
            }
            "w3c-changed.json" | "w3c-other-key.json" => {
                format!(
                    "skipped INVALID:{0} skipped skipped ERROR:check.not_asked skipped ERROR:{0} {none}",
                    sample.code
                )
            }
            "w3c-returned.json" => {
                format!("skipped valid skipped skipped INVALID:title.returned skipped valid {none}")
            }
            "w3c-listed.json" => format!("skipped valid skipped valid skipped skipped valid {none}"),
            "w3c-revoked.json" => format!("skipped valid skipped INVALID:REVOKED skipped skipped valid {none}"),
            "w3c-presentation.json" => format!("{none} {none} skipped valid valid valid"),
            _ => {
                assert_eq!(sample.verdict, Verdict::Valid, "{}", sample.file);
                live.to_owned()
            }
        };
        assert_eq!(words(&value), wanted, "{}: {value:#}", sample.file);
        let registry = sandbox.v5.address.to_string();
        match sample.file {
            "live.json" => {
                let wanted = live_v2(&registry);
                assert_eq!((&value["isValid"], &value["fragments"]), (&wanted["isValid"], &wanted["fragments"]));
                assert_eq!(value["file"], Value::Null, "the library was given bytes");
                assert!(value["checked_at"].is_string());
            }
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

/// A title that the caller accepts is no reason, and a policy that is not met is one.
#[cfg(feature = "testchain")]
#[test]
fn the_callers_rules_count_against_the_status() {
    let folder = tempfile::tempdir().unwrap();
    let _chain = running_testchain::Running::start(&folder.path().join("chain"));
    let path = |name: &str| folder.path().join("chain").join(name).to_str().unwrap().to_owned();
    let fragments = |file: &str, arguments: &[&str]| {
        let (config, file) = (path("ebl.toml"), path(file));
        let fixed = ["verify", "--format", "fragments", "--config", &config];
        let (exit, printed) = ebl(&[&fixed[..], arguments, &[file.as_str()]].concat());
        let value: Value = serde_json::from_str(&printed).unwrap();
        keeps_the_promises(&value, exit == 0);
        (exit, words(&value))
    };
    let live = "valid valid skipped skipped valid skipped".to_owned();
    assert_eq!(fragments("returned.json", &["--accept-state", "live,returned"]), (0, live));
    let refused = |code: &str| format!("valid INVALID:{code} skipped skipped valid skipped");
    assert_eq!(fragments("live.json", &["--accept-state", "returned"]), (5, refused("policy.not_met")));
    assert_eq!(fragments("returned.json", &["--accept-state", "ended"]), (4, refused("title.returned")));
    // What else is not known is said of what it is about, and the accepted title is not blamed.
    let nobody = format!("127.0.0.1:{}", rpc_server::closed_port());
    let arguments = ["--accept-state", "returned", "--dns", &nobody, "--timeout", "1"];
    let unknown = "valid valid skipped skipped ERROR:UNEXPECTED_ERROR skipped".to_owned();
    assert_eq!(fragments("returned.json", &arguments), (3, unknown));
}

#[test]
fn a_file_that_breaks_its_format_is_of_no_format() {
    let mut document = stored(Format::V2, &[STORE]).document;
    document["issuer"] = json!("of another family");
    let value = fragments_of(&Stores::good().judged(document.to_string().as_bytes()));
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
        format!("ERROR:read.other_kind {unrecognised}"),
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
        _ if has(Outcome::Fail, &["title"]) => Verdict::NotLive,
        _ if has(Outcome::Fail, &all) => Verdict::PolicyNotMet,
        _ => Verdict::Valid,
    }
}

fn a_report(kind: usize) -> Report {
    let bill = |name: &str| {
        let bytes = std::fs::read(format!("{}/fixtures/documents/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        Stores { silent: |_| true, ..Stores::good() }.judged(&bytes)
    };
    let stored =
        |format, stores: &[Address]| Stores::good().judged(stored(format, stores).document.to_string().as_bytes());
    match kind {
        0 => bill("bill-v2.json"),
        1 => bill("bill-v3.json"),
        2 => stored(Format::V2, &[STORE, OTHER_STORE]),
        3 => stored(Format::V3, &[STORE]),
        4 => judged(&ethr(Format::V2).signed(&key(1)), &World::good()).0,
        5 => judged(&ethr(Format::V3).signed(&key(1)), &World::good()).0,
        _ => judged(&web(Format::V2).signed(&key(1)), &World::good()).0,
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
        silence in 0_usize..4,
        revocation in 0_usize..5,
        store in 0_usize..4,
    ) {
        let format = if v3 { Format::V3 } else { Format::V2 };
        let silent: [fn(&Question) -> bool; 4] = [
            |_| false,
            |question| matches!(question, Question::DnsTxt(_)),
            |question| matches!(question, Question::DocumentStore(_) | Question::DidEthr(_)),
            |question| matches!(question, Question::Web(_)),
        ];
        let silent = silent[silence];
        if signed == 0 {
            let mut stores = Stores { silent, ..Stores::good() };
            if !records {
                stores.records.clear();
            }
            let changes: [fn(Address, &mut StoreReading); 4] = [
                |_, _| {},
                |_, reading| reading.issued = word(&[]),
                |_, reading| reading.nodes[0].revoked = word(&[1]),
                |_, reading| reading.code = CodeReading::default(),
            ];
            stores.change = changes[store];
            fragments_of(&stores.judged(stored(format, &[STORE]).document.to_string().as_bytes()));
            return Ok(());
        }
        let mut world = World { unreachable: Some(silent), ..World::good() };
        if !records {
            world.records.clear();
        }
        if store == 3 {
            world.store.code = CodeReading::default();
        }
        let revocation = [
            json!({"type": "NONE"}),
            json!({"type": "REVOCATION_STORE", "location": signed_world::STORE.to_string()}),
            json!({"type": "OCSP_RESPONDER", "location": RESPONDER}),
            json!({"type": "OCSP_RESPONDER"}),
            json!({"type": "SOMETHING_ELSE"}),
        ][revocation].clone();
        let draft = if signed == 1 { ethr(format) } else { web(format) };
        let draft = Draft { revocation: Some(revocation), ..draft };
        fragments_of(&judged(&draft.signed(&key(signer)), &world).0);
    }
}
