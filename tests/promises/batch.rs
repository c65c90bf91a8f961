//! Many documents in one run, with the real binary: in order, several at a time, with what they share asked for once.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::support::https::{HttpsServer, Reply};
use crate::support::w3c;

fn ebl(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ebl"));
    command.args(arguments).current_dir(folder).env_clear().env("HOME", "/nonexistent").env("COLUMNS", "80");
    command.output().expect("the command runs")
}

fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
}

/// `count` files: intact bills, every third one changed, and one that is no document.
fn folder(count: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let bill = include_str!("../../fixtures/documents/bill-v2.json");
    let changed = include_str!("../../fixtures/documents/bill-v2-changed.json");
    for number in 0..count {
        let content = if number % 3 == 2 { changed } else { bill };
        std::fs::write(folder.path().join(format!("{number:03}.json")), content).expect("written");
    }
    std::fs::write(folder.path().join("other.json"), "{}").expect("written");
    folder
}

#[test]
fn reports_come_in_the_order_of_the_files_however_many_are_judged_at_a_time() {
    let folder = folder(30);
    let mut names: Vec<String> = (0..30).map(|number| format!("{number:03}.json")).collect();
    names.reverse();
    std::fs::write(folder.path().join("list"), names.join("\r\n") + "\n\n").expect("written");
    for jobs in ["1", "7", "256"] {
        let output =
            ebl(folder.path(), &["verify", "--offline", "--format", "jsonl", "--jobs", jobs, "--files-from", "list"]);
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
        let found: Vec<String> =
            lines(&output).iter().map(|report| report["file"].as_str().expect("a name").to_owned()).collect();
        assert_eq!(found, names, "{jobs} at a time");
    }
    let by_input = Command::new(env!("CARGO_BIN_EXE_ebl"))
        .args(["verify", "--offline", "--format", "jsonl", "--files-from", "-"])
        .current_dir(folder.path())
        .env_clear()
        .stdin(std::fs::File::open(folder.path().join("list")).expect("a list"))
        .output()
        .expect("the command runs");
    assert_eq!(lines(&by_input).len(), 30);
}

#[test]
fn a_summary_counts_verdicts_and_codes_and_follows_its_schema() {
    let folder = folder(9);
    let arguments = ["verify", "--offline", "--recursive", "--summary", "sum.json", "."];
    let output = ebl(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(1));
    let page = String::from_utf8_lossy(&output.stdout);
    assert!(page.contains("\n10 documents: 3 INVALID, 6 INDETERMINATE, 1 not read\n"), "{page}");
    assert!(page.ends_with("1 not read\n"), "the very last line: {page}");
    let named = "files with the same content: ./000.json, ./001.json, ./003.json and 3 more";
    assert!(page.split_whitespace().collect::<Vec<_>>().join(" ").contains(named), "{page}");
    assert!(output.stderr.is_empty(), "its page says it: {output:?}");
    let summary: Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("sum.json")).expect("a summary")).expect("JSON");
    let schema = serde_json::from_str(include_str!("../../schemas/summary.schema.json")).expect("JSON");
    let errors: Vec<_> = jsonschema::validator_for(&schema)
        .expect("a schema")
        .iter_errors(&summary)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(summary["verdicts"], json!({"indeterminate": 6, "invalid": 3}));
    assert_eq!((&summary["documents"], &summary["left"], &summary["unreadable"]), (&json!(10), &json!(0), &json!(1)));
    let findings = summary["findings"].as_array().expect("findings");
    let kinds: Vec<_> = findings.iter().map(|finding| finding["code"].as_str().expect("a code")).collect();
    // Six times one file, three times the changed one; of what is not intact no title is known.
    assert_eq!(kinds, ["run.same_file", "run.same_file"], "{findings:#?}");
    assert_eq!(findings[0]["files"].as_array().expect("files").len(), 6);
    assert_eq!(summary["codes"]["integrity.digest_mismatch"], json!(3));
    assert_eq!(summary["codes"]["read.not_a_document"], json!(1));
    let nowhere = ebl(folder.path(), &["verify", "--offline", "--summary", "no/such/folder/sum.json", "000.json"]);
    assert_eq!(nowhere.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&nowhere.stderr).contains("cannot write to --summary"), "{nowhere:?}");
    // Found before anything is judged.
    for (arguments, words) in [
        (&["--summary", "000.json"][..], "a file that is read"),
        (&["--summary", "."], "a folder"),
        (&["--summary", "both", "-o", "both"], "the reports go there already"),
    ] {
        let refused = ebl(folder.path(), &[&["verify", "--offline", "000.json"], arguments].concat());
        assert_eq!((refused.status.code(), refused.stdout.len()), (Some(2), 0), "{refused:?}");
        assert!(String::from_utf8_lossy(&refused.stderr).contains(words), "{refused:?}");
    }
    let twice = ebl(folder.path(), &["verify", "--offline", "-", "--files-from", "-"]);
    assert!(twice.status.code() == Some(2) && String::from_utf8_lossy(&twice.stderr).contains("twice"), "{twice:?}");
    assert!(std::fs::read_to_string(folder.path().join("000.json")).expect("the bill").contains("SHA3MerkleProof"));
}

#[test]
fn the_first_document_that_is_not_valid_can_end_a_run() {
    let folder = folder(6);
    let output = ebl(folder.path(), &["verify", "--offline", "--fail-fast", "--format", "jsonl", "-r", "."]);
    assert_eq!((lines(&output).len(), output.status.code()), (1, Some(3)));
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(words.contains("--fail-fast") && words.contains("6 were not judged"), "{words}");
}

#[test]
fn a_page_shows_twenty_findings_at_most_and_ends_with_the_counts() {
    let folder = tempfile::tempdir().expect("a folder");
    let bill = include_str!("../../fixtures/documents/bill-v2.json");
    for number in 0..50 {
        let content = format!("{bill}{}", " ".repeat(number / 2));
        std::fs::write(folder.path().join(format!("{number:02}.json")), content).expect("written");
    }
    let output = ebl(folder.path(), &["verify", "--offline", "-r", "."]);
    let page = String::from_utf8_lossy(&output.stdout);
    // Beside 25 pairs, that all are of one batch.
    assert_eq!(page.matches("[run.same_file]").count(), 20);
    assert!(page.ends_with("\n    - and 6 more: see --summary\n\n50 documents: 50 INDETERMINATE\n"), "{page}");
}

#[test]
fn a_run_of_several_says_on_standard_error_what_it_came_to_unless_its_page_does() {
    let folder = folder(6);
    let counts = "7 documents: 2 INVALID, 4 INDETERMINATE, 1 not read";
    for (arguments, wanted) in [
        (&["--format", "jsonl"][..], format!("ebl: {counts}\n")),
        (&["--format", "jsonl", "-o", "out.jsonl"], format!("ebl: {counts}; reports in out.jsonl\n")),
        (&["-o", "page"], format!("ebl: {counts}; reports in page\n")),
        (&["-q"], String::new()),
        (&[], String::new()),
    ] {
        let output = ebl(folder.path(), &[&["verify", "--offline", "-r", "."], arguments].concat());
        assert_eq!(String::from_utf8_lossy(&output.stderr).replace("./", ""), wanted, "{arguments:?}");
        for written in ["out.jsonl", "page"] {
            let _ = std::fs::remove_file(folder.path().join(written));
        }
    }
}

#[test]
fn a_list_that_is_not_there_or_empty_is_a_mistake_in_words() {
    let folder = folder(1);
    let missing = ebl(folder.path(), &["verify", "--offline", "--files-from", "none"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("--files-from none: there is no such file"));
    std::fs::write(folder.path().join("empty"), " \n\n").expect("written");
    let empty = ebl(folder.path(), &["verify", "--offline", "--files-from", "empty"]);
    assert_eq!(empty.status.code(), Some(2), "{empty:?}");
    assert!(String::from_utf8_lossy(&empty.stderr).contains("--files-from empty lists none"), "{empty:?}");
    // A folder is not there, and that is no archive; a document that is not there says so for itself.
    let folders = ebl(folder.path(), &["verify", "--offline", "-r", "000.json", "archve"]);
    assert_eq!((folders.status.code(), folders.stdout.len()), (Some(2), 0), "{folders:?}");
    assert!(String::from_utf8_lossy(&folders.stderr).contains("there is no folder or file archve"), "{folders:?}");
    assert_eq!(ebl(folder.path(), &["verify", "--offline", "-r", "gone.json"]).status.code(), Some(6));
}

#[test]
fn the_document_of_a_did_is_asked_for_once_by_all_that_name_it() {
    let case = w3c::case("signed", "ecdsa-no-status");
    let did = case["did_documents"]["did:web:carrier.example"].to_string();
    let server = HttpsServer::start(&["carrier.example"], move |_| Reply::ok(&did));
    let folder = tempfile::tempdir().expect("a folder");
    for number in 0..40 {
        std::fs::write(folder.path().join(format!("{number}.json")), case["document"].to_string()).expect("written");
    }
    std::fs::write(folder.path().join("authority.pem"), server.authority_pem()).expect("written");
    let server_is = format!("carrier.example:443={}", server.address);
    let arguments = [
        "verify",
        "--format",
        "jsonl",
        "-r",
        "--allow-private",
        "--ca-file",
        "authority.pem",
        "--resolve",
        &server_is,
        ".",
    ];
    let output = ebl(folder.path(), &arguments);
    let reports = lines(&output);
    assert_eq!(reports.len(), 40);
    for report in &reports {
        assert_eq!(report["checks"][0]["code"], "integrity.signed", "{report}");
        assert_eq!(report["checks"][0]["answered_by"], json!(["carrier.example"]), "{report}");
    }
    assert_eq!(server.requests().len(), 1);
}
