//! Everything that leads to no document, each from the bytes, the link or the path that does.

use aes_gcm::aead::AeadInOut as _;
use aes_gcm::{Aes256Gcm, KeyInit as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ebl_verifier::challenge::Challenge;
use ebl_verifier::document::link::Link;
use ebl_verifier::document::{self, Content, Key, Limits};
use ebl_verifier::primitives::encode_hex;
use ebl_verifier::verify::codes::{self, Code};
use ebl_verifier::verify::{EvidenceFile, KeepDocument, Policy, ReplayTerms, Rule};
use ebl_verifier::web_address::Reach;
use ebl_verifier::{Verifier, Wishes};
use serde_json::{Value, json};

use super::situation::{CHAIN, STORE, plain_bill};
use super::wrapping::{Format, batch, wrap};
use crate::support::w3c::case;

/// A code, and what comes to it.
pub type Case = (&'static str, fn() -> &'static Code);

/// Why there was no document to judge.
pub const ALL: &[Case] = &[
    ("replay.not_evidence", || not_evidence("{\"schema\": \"ebl-verifier/report/1\"}")),
    ("replay.other_version", || not_evidence("{\"schema\": \"ebl-verifier/evidence-file/2\"}")),
    ("replay.changed", || not_evidence("{\"schema\": \"ebl-verifier/evidence-file/1\"}")),
    ("replay.other_document", || not_replayed(Policy::default(), b"{}")),
    ("replay.trust_missing", || {
        let trusting = Rule::Issuers(["did:web:carrier.example".parse().expect("a DID")].into());
        not_replayed(Policy { rules: vec![trusting], ..Policy::default() }, bill("MV Havgard").as_bytes())
    }),
    ("read.empty", || refused(b"")),
    ("read.too_large", || {
        let limits = Limits { max_bytes: 1, ..Limits::default() };
        document::read(b"{}", &limits).unwrap_err().explanation()
    }),
    ("read.too_deep", || refused(format!("{{\"a\":{}{}}}", "[".repeat(64), "]".repeat(64)).as_bytes())),
    ("read.too_many_values", || refused(format!("{{\"a\":[{}0]}}", "0,".repeat(100_000)).as_bytes())),
    ("read.claim_too_long", || {
        let name = "n".repeat(5000);
        let hash = "0".repeat(64);
        refused(
            json!({"data": {"issuers": [{"name": format!("00000000-0000-4000-8000-000000000000:string:{name}")}]},
                "signature": {"type": "SHA3MerkleProof", "targetHash": hash, "proof": [], "merkleRoot": hash}})
            .to_string()
            .as_bytes(),
        )
    }),
    ("challenge.unreadable", || Challenge::read(b"sign here").unwrap_err().explanation()),
    ("read.byte_order_mark", || refused(b"\xef\xbb\xbf{}")),
    ("read.invalid_utf8", || refused(b"{\"a\":\"\xff\"}")),
    ("read.lone_surrogate", || refused(br#"{"a":"\ud800"}"#)),
    ("read.trailing_bytes", || refused(b"{}{}")),
    ("read.duplicate_member", || refused(br#"{"a":1,"a":1}"#)),
    ("read.reserved_name", || refused(br#"{"__proto__":1}"#)),
    ("read.syntax", || refused(b"{")),
    ("read.other_kind", || refused(b"<html>")),
    ("read.not_an_object", || refused(b"[]")),
    ("read.unsupported_family", || {
        refused(
            br#"{"@context": "https://schemata.openattestation.com/com/openattestation/4.0/context.json", "proof": {}}"#,
        )
    }),
    ("read.not_a_document", || refused(b"{}")),
    ("read.key_missing", || refused(sealed(b"e30=").to_string().as_bytes())),
    ("read.sealed_malformed", || refused(br#"{"type":"OPEN-ATTESTATION-TYPE-1"}"#)),
    ("read.wrong_key_or_damaged", || not_opened(b"e30=", [8; 32])),
    ("read.sealed_content", || not_opened(b"not base64", KEY)),
    ("read.empty_envelope", || refused(br#"{"document":7}"#)),
    ("read.invalid_link", || Link::parse("https://docs.example/bill.json", Reach::Public).unwrap_err().explanation()),
    ("read.fetch_failed", || {
        let nobody_there = Verifier::builder().resolve("docs.example".into(), 443, ([127, 0, 0, 1], 9).into());
        not_fetched(&nobody_there.reach(Reach::Anywhere).build().unwrap())
    }),
    ("check.offline", || not_fetched(&Verifier::builder().offline().build().unwrap())),
    ("read.fetch_refused", || {
        // The name leads to loopback, which documents and links may not name; nothing is connected to.
        let builder = Verifier::builder().resolve("docs.example".into(), 443, ([127, 0, 0, 1], 9).into());
        not_fetched(&builder.build().unwrap())
    }),
    ("run.same_file", || of_run(&[bill("A"), bill("A")])),
    ("run.same_title", || {
        of_run(&["ecdsa-transferable", "ecdsa-derived-all"].map(|id| case("signed", id)["document"].to_string()))
    }),
    ("run.same_bill", || of_run(&[bill("A"), bill("B")])),
    ("run.title_changed", || title_changed()),
    ("run.same_batch", || {
        let wrapped = batch(Format::V2, &[STORE], CHAIN, 0, 2);
        of_run(&[wrapped[0].document.to_string(), wrapped[1].document.to_string()])
    }),
    ("read.file", || {
        // Only the command opens files.
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_ebl"))
            .args(["verify", "--offline", "--format", "json", "/nonexistent/bill.json"])
            .env_clear()
            .output()
            .expect("the command runs");
        let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        codes::find(report["error"]["code"].as_str().expect("a code")).expect("a row")
    }),
];

/// What documents of one run show about each other: the one finding of the run.
fn of_run(files: &[String]) -> &'static Code {
    let folder = tempfile::tempdir().expect("a folder");
    for (number, content) in files.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{number}.json")), content).expect("written");
    }
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_ebl"))
        .args(["verify", "--offline", "-r", "--summary", "s", "."])
        .current_dir(folder.path())
        .env_clear()
        .output()
        .expect("the command runs");
    let summary = std::fs::read(folder.path().join("s")).unwrap_or_else(|_| panic!("{output:?}"));
    let summary: Value = serde_json::from_slice(&summary).expect("JSON");
    let findings = summary["findings"].as_array().expect("findings");
    assert_eq!(findings.len(), 1, "{summary:#}");
    codes::find(findings[0]["code"].as_str().expect("a code")).expect("a row")
}

/// One title in two reports, between which it was returned.
fn title_changed() -> &'static Code {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("bill.json"), bill("A")).expect("written");
    let run = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_ebl"));
        command.args(arguments).current_dir(folder.path()).env_clear().output().expect("the command runs").stdout
    };
    let report = run(&["verify", "--offline", "--format", "jsonl", "bill.json"]);
    let mut report: Value = serde_json::from_slice(&report).expect("JSON");
    let mut reports = String::new();
    for (state, time) in [("live", "2026-03-01T08:00:00Z"), ("returned", "2026-04-01T08:00:00Z")] {
        report["title"]["state"] = json!(state);
        report["checked_at"] = json!(time);
        reports += &format!("{report}\n");
    }
    std::fs::write(folder.path().join("reports.jsonl"), reports).expect("written");
    let summary: Value = serde_json::from_slice(&run(&["summary", "--format", "json", "reports.jsonl"])).expect("JSON");
    codes::find(summary["findings"][0]["code"].as_str().expect("a code")).expect("a row")
}

fn bill(vessel: &str) -> String {
    let mut plain = plain_bill();
    plain["vessel"] = json!(vessel);
    wrap(Format::V2, vec![plain]).remove(0).document.to_string()
}

fn not_evidence(text: &str) -> &'static Code {
    EvidenceFile::read(text.as_bytes(), &Limits::default()).unwrap_err().explanation()
}

/// Evidence of a bill that was judged so, judged again by somebody who trusts nobody, with this document.
fn not_replayed(policy: Policy, document: &[u8]) -> &'static Code {
    let bytes = bill("MV Havgard").into_bytes();
    let wishes = Wishes { policy, ..Wishes::default() };
    let verifier = Verifier::builder().offline().build().expect("a verifier");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let (report, evidence) = runtime.block_on(verifier.verify_with_evidence(&bytes, &wishes)).expect("a document");
    let terms = (&wishes.policy, &wishes.names, wishes.content);
    let kept = EvidenceFile::of(&bytes, KeepDocument::No, &report, evidence, terms, None);
    kept.replay(document, &ReplayTerms::new(&Policy::default(), i64::MAX)).unwrap_err().explanation()
}

fn refused(bytes: &[u8]) -> &'static Code {
    document::read(bytes, &Limits::default()).unwrap_err().explanation()
}

const KEY: [u8; 32] = [7; 32];

/// A sealed file with this text inside.
fn sealed(inner: &[u8]) -> Value {
    let mut text = inner.to_vec();
    let iv = [7; 12];
    let cipher = Aes256Gcm::new(&KEY.into());
    let tag = cipher.encrypt_inout_detached(&iv.into(), b"", text.as_mut_slice().into()).expect("it seals");
    let [text, iv, tag] = [&text, iv.as_slice(), &tag].map(|bytes| STANDARD.encode(bytes));
    json!({"type": "OPEN-ATTESTATION-TYPE-1", "cipherText": text, "iv": iv, "tag": tag})
}

fn not_opened(inner: &[u8], key: [u8; 32]) -> &'static Code {
    let bytes = sealed(inner).to_string();
    let Content::Sealed(file) = document::read_file(bytes.as_bytes(), &Limits::default()).expect("a file").content
    else {
        panic!("it is sealed");
    };
    let key: Key = encode_hex(&key).parse().expect("a key");
    file.open(Some(&key)).unwrap_err().explanation()
}

fn not_fetched(verifier: &Verifier) -> &'static Code {
    let link =
        r#"https://actions.example/?q={"type":"DOCUMENT","payload":{"uri":"https://docs.example/1","chainId":1}}"#;
    let link = verifier.read_link(link).expect("a link");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(verifier.verify_link(&link, &Wishes::default())).unwrap_err().explanation()
}
