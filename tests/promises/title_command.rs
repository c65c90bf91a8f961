//! `ebl title` as a person or a script uses it, on the samples of `ebl testchain`.
#![cfg(feature = "testchain")]

use crate::support::running_testchain;
use crate::support::schema::follows;

use std::path::PathBuf;
use std::process::Command;

use running_testchain::Running;
use serde_json::{Value, json};

const SHIPPER: &str = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
const BANK: &str = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC";
const CARRIER: &str = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";

/// A running chain and its samples.
struct World {
    folder: tempfile::TempDir,
    _chain: Running,
}

struct Ran {
    exit: i32,
    out: String,
    err: String,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (chain, _) = Running::start(&folder.path().join("chain"));
        Self { folder, _chain: chain }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("chain").join(name)
    }

    fn ebl(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ebl"));
        command.args(arguments).arg("--config").arg(self.path("ebl.toml")).env_clear().env("HOME", "/nonexistent");
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { exit: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
    }

    fn title(&self, sample: &str, arguments: &[&str]) -> Ran {
        let file = self.path(sample);
        self.ebl(&[&["title", file.to_str().unwrap()], arguments].concat())
    }

    /// The report, which follows its schema.
    fn report(&self, sample: &str, arguments: &[&str]) -> (i32, Value) {
        let ran = self.title(sample, &[arguments, &["--format", "json"]].concat());
        (ran.exit, checked(&ran))
    }
}

fn checked(ran: &Ran) -> Value {
    let report: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}{}", ran.out, ran.err));
    follows("title", &report);
    report
}

fn check<'a>(report: &'a Value, name: &str) -> &'a Value {
    report["checks"].as_array().unwrap().iter().find(|check| check["name"] == name).unwrap()
}

fn types(report: &Value) -> Vec<&str> {
    report["history"].as_array().unwrap().iter().map(|entry| entry["type"].as_str().unwrap()).collect()
}

/// Without line breaks.
fn flat(page: &str) -> String {
    page.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_transferred_title_is_told_with_its_parties_and_how_it_came_to_them() {
    let world = World::new();
    let (exit, report) = world.report("transferred.json", &[]);
    assert_eq!((exit, &report["title"]["state"], &report["history_complete"]), (0, &json!("live"), &json!(true)));
    assert_eq!(types(&report), ["INITIAL", "TRANSFER_OWNERS"]);
    let entry = &report["history"][1];
    assert_eq!((&entry["owner"], &entry["holder"]), (&json!(BANK), &json!(BANK)));
    assert_eq!((&entry["before"]["owner"], &entry["remark"]), (&json!(SHIPPER), &json!("Pledged")));
    assert_eq!((&entry["dcsa"], &entry["remark_raw"]), (&json!(["ENDORSE", "TRANSFER"]), &json!("0x506c6564676564")));
    assert_eq!(entry["timestamp_ms"].as_u64().unwrap(), entry["timestamp"].as_u64().unwrap() * 1000);
    assert_eq!((&report["active"], &report["registry"]["paused"]), (&json!(true), &json!(false)));
    let parties: Vec<_> = report["parties"]
        .as_array()
        .unwrap()
        .iter()
        .map(|party| (&party["role"], &party["address"], &party["kind"]))
        .collect();
    let expected =
        [("holder", BANK), ("beneficiary", BANK), ("previous_holder", SHIPPER), ("previous_beneficiary", SHIPPER)];
    let expected = expected.map(|(role, address)| (json!(role), json!(address), json!("ordinary")));
    assert_eq!(parties, expected.iter().map(|(role, address, kind)| (role, address, kind)).collect::<Vec<_>>());
    assert_eq!(report["as_of"]["requests"], 3);
    assert_eq!(report["powers"], Value::Null);

    let page = world.title("transferred.json", &[]);
    assert!(page.out.starts_with("LIVE  "), "{}", page.out);
    let lines: Vec<&str> = page.out.lines().collect();
    let head = lines.iter().position(|line| line.starts_with("  time (UTC)")).unwrap();
    let place = |name: &str| lines[head].find(name).unwrap();
    for (line, what, holder) in
        [(head + 1, "issued", "0x7099…79C8"), (head + 3, "endorsed and handed over", "0x3C44…93BC")]
    {
        // The shortened address has one character of several bytes before the holder's column.
        assert!(lines[line][place("operation")..].starts_with(what), "{}", page.out);
        assert!(lines[line].contains(holder), "{}", page.out);
    }
    let page = flat(&page.out);
    for part in ["History, complete: 2 operations", "“Pledged”", "ordinary account", "May reject", "not paused"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let verbose = flat(&world.title("transferred.json", &["-v"]).out);
    for part in ["DCSA ENDORSE + TRANSFER", "TRANSFER_OWNERS", BANK, "leaves no trace"] {
        assert!(verbose.contains(part), "{part}: {verbose}");
    }
}

#[test]
fn every_state_has_its_exit_code_and_its_history() {
    let world = World::new();
    for (sample, exit, state, history) in [
        ("live-v4.json", 0, "live", &["INITIAL"][..]),
        ("nominated.json", 0, "live", &["INITIAL", "NOMINATION"]),
        ("restored.json", 0, "live", &["INITIAL", "RETURNED_TO_ISSUER", "RETURN_TO_ISSUER_REJECTED"]),
        ("paused-registry.json", 0, "live", &["INITIAL"]),
        ("returned.json", 4, "returned", &["INITIAL", "RETURNED_TO_ISSUER"]),
        ("ended.json", 4, "ended", &["INITIAL", "RETURNED_TO_ISSUER", "RETURN_TO_ISSUER_ACCEPTED"]),
        ("not-issued.json", 1, "not_issued", &[]),
        ("changed.json", 1, "unknown", &[]),
        ("look-alike.json", 1, "unknown", &[]),
        ("no-contract.json", 1, "unknown", &[]),
        ("upgradeable.json", 3, "unknown", &[]),
        ("other-chain.json", 3, "unknown", &[]),
        // Who issued it is not asked, nor whether it has expired.
        ("no-record.json", 0, "live", &["INITIAL"]),
    ] {
        let (code, report) = world.report(sample, &[]);
        assert_eq!((code, &report["title"]["state"]), (exit, &json!(state)), "{sample}: {report:#}");
        assert_eq!(types(&report), history, "{sample}");
        assert_eq!(report["history_complete"], json!(!history.is_empty()), "{sample}");
        let page = world.title(sample, &[]);
        assert_eq!(page.exit, exit, "{sample}: {}", page.out);
    }
    assert!(world.title("ended.json", &[]).out.starts_with("ENDED  "));
    assert!(world.title("returned.json", &[]).out.starts_with("RETURNED  "));
    assert!(world.title("not-issued.json", &[]).out.starts_with("NOT ISSUED  "));
    assert!(world.title("paused-registry.json", &[]).out.contains("PAUSED"));
    let (_, ended) = world.report("ended.json", &[]);
    assert_eq!((&ended["active"], &ended["parties"]), (&json!(false), &json!([])));
}

#[test]
fn a_title_is_found_by_registry_and_token_without_a_document() {
    let world = World::new();
    let (_, by_document) = world.report("returned.json", &[]);
    let subject = &by_document["subject"];
    let (registry, token) = (subject["registry"].as_str().unwrap(), subject["token_id"].as_str().unwrap());
    let by_token = |token: &str| {
        let ran =
            world.ebl(&["title", "--chain-id", "1337", "--registry", registry, "--token", token, "--format", "json"]);
        let report = checked(&ran);
        (ran.exit, report)
    };
    let (exit, found) = by_token(token);
    assert_eq!(exit, 4);
    for member in ["title", "history", "parties", "subject", "history_complete"] {
        assert_eq!(found[member], by_document[member], "{member}");
    }
    assert_eq!(found["document"], Value::Null);
    let unchecked = found["not_checked"].to_string();
    assert!(unchecked.contains("the document that this title stands for"), "{unchecked}");

    let (exit, nothing) = by_token(&format!("0x{}", "07".repeat(32)));
    assert_eq!((exit, &nothing["title"]["state"]), (1, &json!("not_issued")));
    assert_eq!(check(&nothing, "history")["code"], "history.not_applicable");
    for arguments in [
        &["title"][..],
        &["title", "--registry", registry, "--token", token],
        &["title", "--chain-id", "1337", "--token", token],
        &["title", "--chain-id", "1337", "--registry", registry],
        &["title", "--chain-id", "1337", "--registry", registry, "--token", "0x07"],
        &["title", "--chain-id", "1337", "--registry", "registry.eth", "--token", token],
        &["title", "x.json", "--chain-id", "1337", "--registry", registry, "--token", token],
    ] {
        assert_eq!(world.ebl(arguments).exit, 2, "{arguments:?}");
    }
}

#[test]
fn a_table_that_is_too_wide_for_the_page_becomes_lines() {
    let world = World::new();
    let page = world.title("nominated.json", &["-v"]).out;
    assert!(page.contains("History, complete: 2 operations") && !page.contains("time (UTC)"), "{page}");
    assert!(
        flat(&page).contains(&format!("nominated: beneficiary {SHIPPER}, holder {SHIPPER}, nominee 0x90F7")),
        "{page}"
    );
    assert!(page.lines().all(|line| line.chars().count() <= 120), "{page}");
}

#[test]
fn csv_has_a_row_for_each_operation_and_says_elsewhere_what_is_wrong() {
    let world = World::new();
    let ran = world.title("ended.json", &["--format", "csv"]);
    let rows: Vec<&str> = ran.out.split("\r\n").collect();
    assert_eq!(rows.len(), 5, "{}", ran.out);
    assert!(rows[0].starts_with("type,dcsa,time,timestamp,block,log_index,tx,owner,"), "{}", rows[0]);
    assert!(rows[1].starts_with("INITIAL,ISSUE,20") && rows[1].contains("\"Issued on board\""), "{}", rows[1]);
    assert!(rows[3].starts_with("RETURN_TO_ISSUER_ACCEPTED,SACC,") && rows[3].ends_with(",true"), "{}", rows[3]);
    assert!(ran.exit == 4 && ran.err.contains("title.ended"), "{}", ran.err);
    let ran = world.title("other-chain.json", &["--format", "csv"]);
    assert_eq!((ran.exit, ran.out.split("\r\n").count()), (3, 2));
    assert!(ran.err.contains("chain.no_endpoint"), "{}", ran.err);
}

#[test]
fn names_stand_beside_addresses_and_are_said_to_be_the_readers_own() {
    let world = World::new();
    let book = world.path("names.json");
    std::fs::write(&book, json!({SHIPPER: "Kallang Coffee", BANK.to_lowercase(): "Harbour Bank"}).to_string()).unwrap();
    let schema: Value = serde_json::from_str(include_str!("../../schemas/names.schema.json")).unwrap();
    let names: Value = serde_json::from_slice(&std::fs::read(&book).unwrap()).unwrap();
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&names));
    let flag = ["--names", book.to_str().unwrap()];
    let (_, found) = world.report("transferred.json", &flag);
    assert_eq!(found["names"], json!({SHIPPER: "Kallang Coffee", BANK: "Harbour Bank"}));
    let page = flat(&world.title("transferred.json", &flag).out);
    assert!(page.contains("Holder 0x3C44…93BC Harbour Bank (your address book), ordinary account"), "{page}");
    assert!(page.contains("Names are from your address book."), "{page}");

    let file = world.path("transferred.json");
    let verify = world.ebl(&["verify", file.to_str().unwrap(), "--names", book.to_str().unwrap()]);
    let page = flat(&verify.out);
    assert!(verify.exit == 0 && page.contains("holder 0x3C44…93BC Harbour Bank (your address book)"), "{page}");
    let verify = world.ebl(&["verify", file.to_str().unwrap(), "--format", "json", "--names", book.to_str().unwrap()]);
    let verify: Value = serde_json::from_str(&verify.out).unwrap();
    assert_eq!(verify["names"], json!({SHIPPER: "Kallang Coffee", BANK: "Harbour Bank"}));
    assert_eq!(verify["as_of"]["requests"], 2, "a verification needs no third request");

    std::fs::write(world.path("wrong.toml"), "\"0x70997970C51812dc3A010C7d01b50e0d17dc79c8\" = \"Kallang Coffee\"")
        .unwrap();
    let ran = world.title("transferred.json", &["--names", world.path("wrong.toml").to_str().unwrap()]);
    assert!(ran.exit == 2 && ran.err.contains("checksum"), "{}", ran.err);
}

#[test]
fn powers_are_plain_sentences_about_who_can_do_what() {
    let world = World::new();
    let (exit, found) = world.report("live.json", &["--powers"]);
    assert_eq!(exit, 0, "{found:#}");
    let powers = &found["powers"];
    assert_eq!((&powers["known"], &powers["proxy"]), (&json!(true), &Value::Null));
    let sentences = powers["sentences"].as_array().unwrap();
    for deed in ["issue titles", "accept returned titles", "give returned titles back"] {
        assert!(sentences.contains(&json!(format!("{CARRIER} alone can {deed}"))), "{sentences:#?}");
    }
    let roles: Vec<_> = powers["roles"].as_array().unwrap().iter().map(|role| role["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["admin", "minter", "accepter", "restorer"]);
    assert_eq!(powers["roles"][0]["holders"][0], json!({"address": CARRIER, "kind": "ordinary"}));
    assert_eq!(check(&found, "powers")["code"], "powers.known");
    assert_eq!(found["issuer"][0]["confirmed"], true);
    let page = flat(&world.title("live.json", &["--powers"]).out);
    assert!(page.contains("- 0xf39F…2266 alone can accept returned titles"), "{page}");
    assert!(page.contains("carrier.example, which the document names, names this registry"), "{page}");

    let (exit, found) = world.report("no-record.json", &["--powers"]);
    assert_eq!((exit, &found["issuer"][0]["confirmed"]), (1, &json!(false)), "the domain contradicts it");
    let registry = format!("1337:{}", world.report("upgradeable.json", &[]).1["subject"]["registry"].as_str().unwrap());
    let (exit, found) = world.report("upgradeable.json", &["--powers", "--trust-registry", &registry]);
    assert_eq!((exit, &found["powers"]["proxy"]["admin"]), (0, &json!(CARRIER)), "{found:#}");
    let sentences = found["powers"]["sentences"].to_string();
    assert!(sentences.contains(&format!("{CARRIER} can replace the registry's rules")), "{sentences}");
}

#[test]
fn what_is_no_document_exits_with_6_in_every_form() {
    let world = World::new();
    let file = world.path("page.html");
    std::fs::write(&file, "<html>").unwrap();
    let ran = world.title("page.html", &["--format", "json"]);
    let report = checked(&ran);
    assert_eq!((ran.exit, &report["schema"]), (6, &json!("ebl-verifier/title/1")));
    assert!(world.title("page.html", &[]).out.starts_with("UNREADABLE  "));
    let ran = world.title("page.html", &["--format", "csv"]);
    assert!(ran.exit == 6 && ran.out.is_empty() && ran.err.starts_with("UNREADABLE  "));
    let ran = world.title("live.json", &["--offline", "--format", "json"]);
    assert_eq!((ran.exit, &check(&checked(&ran), "chain")["code"]), (3, &json!("check.offline")));
}

#[test]
fn what_is_said_fits_what_was_asked() {
    let world = World::new();
    let verify = |sample: &str, arguments: &[&str]| {
        let file = world.path(sample);
        let ran = world.ebl(&[&["verify", file.to_str().unwrap()], arguments].concat());
        Ran { out: flat(&ran.out), ..ran }
    };
    let says = |ran: &Ran, texts: &[&str]| {
        for text in texts {
            assert!(ran.out.contains(text), "{text}: {}", ran.out);
        }
    };
    let changed = verify("changed.json", &["--all-checks"]);
    says(&changed, &["for the hash that the file states, which its content does not fit", "24 fields, 0 hidden"]);
    assert_eq!(changed.exit, 1);

    let (_, report) = world.report("live.json", &[]);
    let subject = &report["subject"];
    let (registry, token) = (subject["registry"].as_str().unwrap(), subject["token_id"].as_str().unwrap());
    let alone = world.ebl(&["title", "--chain-id", "1337", "--registry", registry, "--token", token]);
    assert!(flat(&alone.out).contains("issued a title for this token"), "{}", alone.out);

    // Whoever chose the block, the endpoint or the chain is the one who can choose again.
    let early = verify("live.json", &["--block", "1"]);
    says(&early, &["as of block 1, which you chose", "who acts: you. Choose a newer block"]);
    assert!(!early.out.contains("never issued"), "{}", early.out);
    let nowhere = verify("live.json", &["--block", "999999"]);
    says(&nowhere, &["[chain.no_such_block] who acts: you.", "[check.chain_unanswered] who acts: you."]);
    assert_eq!(nowhere.exit, 3);
    let other = verify("live.json", &["--chain-id", "1"]);
    says(&other, &["depends on the chain: the document is on chain 1337, you say 1"]);
    assert!(!other.out.contains("Say which with --chain-id"), "{}", other.out);
    let unsigned = verify("live.json", &["--dnssec", "require"]);
    says(&unsigned, &["the resolver gives nothing to validate with", "who acts: you. Ask another resolver"]);
}

#[test]
fn every_inspection_follows_its_schema() {
    let world = World::new();
    let schema: Value = serde_json::from_str(include_str!("../../schemas/inspection.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut digests = std::collections::BTreeSet::new();
    for entry in std::fs::read_dir(world.path("")).unwrap() {
        let file = entry.unwrap().path();
        let ran = inspected(&file);
        let Some(digest) = ran["digest"].as_str() else { continue };
        let errors: Vec<_> = validator.iter_errors(&ran).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", file.display());
        assert!(ran["visible_fields"].as_u64().unwrap() > 0, "{}", file.display());
        digests.insert(digest.to_owned());
    }
    assert!(digests.contains("intact") && digests.contains("broken"), "{digests:?}");
}

fn inspected(file: &std::path::Path) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ebl"));
    command.args(["inspect", "--format", "json"]).arg(file).env_clear().env("HOME", "/nonexistent");
    serde_json::from_slice(&command.output().unwrap().stdout).unwrap_or(Value::Null)
}
