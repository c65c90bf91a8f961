//! Promises of the command, tried on the real binary: exit codes, bad input, contracts of the output.

#[path = "cli/narrow.rs"]
mod narrow;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const GOOD_V2: &str = "v2-attachment";

fn ebl(arguments: &[&str]) -> Output {
    command(arguments).output().expect("the binary starts")
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ebl"));
    // Nothing of the developer's own settings may reach a test.
    command.args(arguments).env_clear().env("HOME", "/nonexistent").stdin(Stdio::null());
    command
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("an exit code")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("output is UTF-8")
}

/// The document of a vector, as a file.
fn document(folder: &Path, vectors: &str, id: &str) -> PathBuf {
    let file = format!("{}/fixtures/vectors/{vectors}.json", env!("CARGO_MANIFEST_DIR"));
    let all: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let case = all["cases"].as_array().unwrap().iter().find(|case| case["id"] == id).expect("the vector exists");
    file_with(folder, id, &serde_json::to_vec(&case["document"]).unwrap())
}

fn file_with(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(&output.stdout)))
}

fn assert_schema(report: &Value) {
    let schema: Value = serde_json::from_str(include_str!("../../schemas/report.schema.json")).unwrap();
    let errors: Vec<_> =
        jsonschema::validator_for(&schema).unwrap().iter_errors(report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{report:#}");
}

#[test]
fn files_that_are_not_documents_exit_with_6_and_say_why() {
    let folder = tempfile::tempdir().unwrap();
    let truncated = std::fs::read(document(folder.path(), "v2-wrapped", GOOD_V2)).unwrap();
    let deep = format!("{}1{}", "[".repeat(70), "]".repeat(70));
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("empty.json", Vec::new(), "read.empty"),
        ("binary.json", (0..=255).cycle().take(4096).collect(), ""),
        ("page.json", b"<!DOCTYPE html><html><body>Sign in</body></html>".to_vec(), "read.other_kind"),
        ("truncated.json", truncated[..truncated.len() / 2].to_vec(), "read.syntax"),
        ("duplicate.json", br#"{"data":{},"data":{}}"#.to_vec(), "read.duplicate_member"),
        ("hidden-duplicate.json", br#"{"data":{},"d\u0061ta":{}}"#.to_vec(), "read.duplicate_member"),
        ("bom.json", b"\xef\xbb\xbf{}".to_vec(), "read.byte_order_mark"),
        ("trailing.json", b"{} {}".to_vec(), "read.trailing_bytes"),
        ("deep.json", format!("{{\"a\":{deep}}}").into_bytes(), "read.too_deep"),
        ("list.json", b"[]".to_vec(), "read.not_an_object"),
        ("raw.json", br#"{"blNumber":"1"}"#.to_vec(), "read.not_a_document"),
    ];
    for (name, bytes, wanted) in cases {
        let path = file_with(folder.path(), name, &bytes);
        let output = ebl(&["verify", "--offline", "--format", "json", path.to_str().unwrap()]);
        let report = json(&output);
        assert_eq!(code(&output), 6, "{name}: {report}");
        assert_schema(&report);
        assert_eq!(report["verdict"], Value::Null, "{name}");
        if !wanted.is_empty() {
            assert_eq!(report["error"]["code"], wanted, "{name}: {report}");
        }
        let human = ebl(&["verify", "--offline", path.to_str().unwrap()]);
        assert!(text(&human.stdout).starts_with("UNREADABLE"), "{name}: {}", text(&human.stdout));
        let page = text(&human.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
        let explained = format!("`ebl explain {}`", report["error"]["code"].as_str().unwrap());
        assert!(page.contains("who acts: the sender. ") && page.ends_with(&explained), "{name}: {page}");
    }
}

#[test]
fn a_missing_file_and_a_folder_are_named_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let missing = ebl(&["verify", "--offline", folder.path().join("none.json").to_str().unwrap()]);
    assert_eq!((code(&missing), text(&missing.stdout).contains("there is no such file")), (6, true));
    // Only what the command has is advised.
    for (arguments, recursive) in
        [(&["verify", "--offline"][..], true), (&["title", "--offline"], false), (&["inspect"], false)]
    {
        let directory = ebl(&[arguments, &[folder.path().to_str().unwrap()]].concat());
        let page = text(&directory.stdout);
        assert!(code(&directory) == 6 && page.contains("this is a folder"), "{page}");
        assert_eq!(page.contains("--recursive"), recursive, "{page}");
    }
}

#[test]
fn a_file_over_the_limit_is_refused_by_size() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.json");
    // 100 MB without writing them: the file system keeps a hole.
    std::fs::File::create(&path).unwrap().set_len(100_000_000).unwrap();
    let output = ebl(&["verify", "--offline", "--format", "json", path.to_str().unwrap()]);
    assert_eq!((code(&output), json(&output)["error"]["code"].clone()), (6, "read.too_large".into()));
}

#[test]
fn foreign_formats_are_named_not_guessed() {
    let folder = tempfile::tempdir().unwrap();
    let source =
        r#"{"@context":["https://schemata.openattestation.com/com/openattestation/4.0/context.json"],"proof":{}}"#;
    let path = file_with(folder.path(), "f.json", source.as_bytes());
    let output = ebl(&["verify", "--offline", "--format", "json", path.to_str().unwrap()]);
    let report = json(&output);
    assert_eq!((code(&output), report["error"]["code"].as_str()), (6, Some("read.unsupported_family")), "{report}");
    assert!(report["error"]["message"].as_str().unwrap().contains("OpenAttestation 4.0"), "{report}");
}

#[test]
fn an_intact_document_offline_is_indeterminate_never_valid() {
    let folder = tempfile::tempdir().unwrap();
    for (vectors, id) in [("v2-wrapped", GOOD_V2), ("v3-wrapped", "v3-bill-token")] {
        let path = document(folder.path(), vectors, id);
        let output = ebl(&["verify", "--offline", "--format", "json", path.to_str().unwrap()]);
        let report = json(&output);
        assert_schema(&report);
        assert_eq!((code(&output), report["verdict"].as_str()), (3, Some("indeterminate")), "{report:#}");
        let outcome = |name: &str| check(&report, name)["outcome"].as_str().unwrap().to_owned();
        assert_eq!(outcome("integrity"), "pass");
        for name in ["issuer", "chain", "registry", "issuance", "title"] {
            assert_eq!(
                (outcome(name).as_str(), check(&report, name)["code"].as_str()),
                ("unknown", Some("check.offline"))
            );
        }
    }
}

fn check<'a>(report: &'a Value, name: &str) -> &'a Value {
    report["checks"].as_array().unwrap().iter().find(|check| check["name"] == name).expect("all checks are listed")
}

#[test]
fn a_changed_field_is_invalid_and_nobody_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let good = std::fs::read_to_string(document(folder.path(), "v2-wrapped", GOOD_V2)).unwrap();
    let path = file_with(folder.path(), "changed.json", good.replace("NDSE-2026", "NDSE-2027").as_bytes());
    // No --offline: were anything asked, the refused endpoint would show as `unknown`.
    let output = ebl(&["verify", "--format", "json", "--rpc", "1337=http://127.0.0.1:9/", path.to_str().unwrap()]);
    let report = json(&output);
    assert_schema(&report);
    assert_eq!((code(&output), check(&report, "integrity")["code"].as_str()), (1, Some("integrity.digest_mismatch")));
    for name in ["issuer", "chain", "registry", "issuance", "title"] {
        assert_eq!(check(&report, name)["outcome"], "not_applicable", "{report:#}");
    }
}

#[test]
fn several_files_give_one_line_each_in_order_and_the_worst_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let good = document(folder.path(), "v2-wrapped", GOOD_V2);
    let bad = file_with(folder.path(), "bad.json", b"{");
    let source = std::fs::read_to_string(&good).unwrap();
    let changed = file_with(folder.path(), "changed.json", source.replace("NDSE-2026", "NDSE-2027").as_bytes());
    let files = [&good, &bad, &changed].map(|path| path.to_str().unwrap());
    let output = ebl(&[["verify", "--offline", "--format", "json"].as_slice(), &files].concat());
    let verdicts: Vec<_> = text(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["verdict"].clone())
        .collect();
    assert_eq!(verdicts, ["indeterminate".into(), Value::Null, "invalid".into()]);
    assert_eq!(code(&output), 1);
}

#[test]
fn standard_input_works_like_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = std::fs::read(document(folder.path(), "v2-wrapped", GOOD_V2)).unwrap();
    let mut child = command(&["verify", "--offline", "--format", "json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&bytes).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((code(&output), json(&output)["verdict"].as_str()), (3, Some("indeterminate")));
}

#[test]
fn unknown_flags_and_settings_are_usage_errors() {
    let folder = tempfile::tempdir().unwrap();
    let good = document(folder.path(), "v2-wrapped", GOOD_V2);
    let file = good.to_str().unwrap();
    let typo = file_with(folder.path(), "typo.toml", b"trust_registri = []\n");
    let cases: &[&[&str]] = &[
        &["verify"],
        &["verify", "--majority", "2", file],
        &["verify", "--quorum", "0", file],
        &["verify", "--quorum", "17", file],
        &["verify", "--resolve", "127.0.0.1:80=127.0.0.1:81", file],
        &["verify", "--rpc", "not a url", "--chain-id", "1", file],
        &["verify", "--rpc", "https://rpc.example", file],
        &["verify", "--trust-registry", "0x00", file],
        &["verify", "--block", "yesterday", file],
        &["verify", "--timeout", "0", file],
        &["verify", "--chain-id", "0x1", file],
        &["verify", "--config", typo.to_str().unwrap(), file],
        &["verify", "--config", "/nonexistent/ebl.toml", file],
        &["explain", "no.such_code"],
    ];
    for arguments in cases {
        let output = ebl(arguments);
        assert_eq!(code(&output), 2, "{arguments:?}: {}", text(&output.stderr));
        assert!(output.stdout.is_empty(), "{arguments:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_key_in_an_endpoint_is_never_printed() {
    let folder = tempfile::tempdir().unwrap();
    let good = document(folder.path(), "v2-wrapped", GOOD_V2);
    let dns = ["--dns", "127.0.0.1:9", "--timeout", "2", "-v"];
    for url in ["1337=http://user:s3cret@127.0.0.1:9/v3/s3cret?key=s3cret", "1337=ftp://s3cret.example/s3cret"] {
        for format in ["human", "json"] {
            let output =
                ebl(&[["verify", "--format", format, "--rpc", url].as_slice(), &dns, &[good.to_str().unwrap()]]
                    .concat());
            let printed = text(&output.stdout) + &text(&output.stderr);
            assert!(!printed.contains("s3cret"), "{printed}");
        }
    }
}

#[test]
fn every_code_can_be_explained() {
    let listed = text(&ebl(&["explain"]).stdout);
    let codes: Vec<_> = listed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(codes.len() > 40, "{listed}");
    let one = ebl(&["explain", "integrity.digest_mismatch"]);
    assert_eq!(code(&one), 0);
    assert!(text(&one.stdout).contains("the sender"));
    let of_reading = ebl(&["explain", "read.duplicate_member"]);
    assert!(code(&of_reading) == 0 && text(&of_reading.stdout).contains("Do not act on this file"));
}

#[test]
fn every_command_says_in_the_same_words_why_a_file_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let duplicate = file_with(folder.path(), "duplicate.json", br#"{"a":1,"a":2}"#);
    let missing = folder.path().join("none.json");
    for (argument, wanted) in [
        (duplicate.to_str().unwrap(), "read.duplicate_member"),
        (missing.to_str().unwrap(), "read.file"),
        ("https://docs.example/bill.json", "read.invalid_link"),
    ] {
        for format in ["human", "json"] {
            let [verified, inspected] = [vec!["verify", "--offline"], vec!["inspect"]]
                .map(|command| ebl(&[command.as_slice(), &["--format", format, argument]].concat()));
            assert_eq!((code(&verified), code(&inspected)), (6, 6), "{argument}");
            // The two run at different moments.
            let lines = |output: &Output| -> Vec<String> {
                text(&output.stdout).lines().filter(|line| !line.contains("checked_at")).map(str::to_owned).collect()
            };
            assert_eq!(lines(&verified), lines(&inspected), "{argument}");
            assert!(text(&verified.stdout).contains(wanted), "{argument}: {}", text(&verified.stdout));
        }
    }
}

#[test]
fn inspect_says_what_would_be_asked_and_never_valid() {
    let folder = tempfile::tempdir().unwrap();
    let good = document(folder.path(), "v2-wrapped", GOOD_V2);
    let output = ebl(&["inspect", good.to_str().unwrap()]);
    assert!(text(&output.stdout).contains("\n  Would ask\n    - "), "{output:?}");
    let shown = text(&output.stdout);
    assert_eq!(code(&output), 0, "{shown}");
    assert!(shown.contains("an endpoint of chain 1337") && shown.contains("TXT records of"), "{shown}");
    assert!(!shown.to_lowercase().contains("valid"), "{shown}");
}

#[test]
fn inspect_names_every_store_that_would_be_asked() {
    let folder = tempfile::tempdir().unwrap();
    let two = document(folder.path(), "v2-wrapped", "v2-bill-two-stores");
    let shown = text(&ebl(&["inspect", two.to_str().unwrap()]).stdout);
    assert_eq!(shown.matches("whether store 0x").count(), 2, "{shown}");
    let batch = document(folder.path(), "v3-wrapped", "v3-batch-16");
    let asked = json(&ebl(&["inspect", "--format", "json", batch.to_str().unwrap()]))["would_ask"].to_string();
    assert!(asked.contains("or one of the 4 hashes above it"), "{asked}");
}

#[test]
fn completions_and_the_manual_page_are_there() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = ebl(&["completions", shell]);
        assert!(code(&output) == 0 && text(&output.stdout).contains("ebl"), "{shell}");
    }
    assert!(text(&ebl(&["man"]).stdout).contains(".TH ebl"));
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_run_without_a_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let good = document(folder.path(), "v2-wrapped", GOOD_V2);
    // An endpoint that accepts and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let rpc = format!("1337=http://{}/", silent.local_addr().unwrap());
    let child = command(&["verify", "--timeout", "60", "--rpc", &rpc, "--dns", "127.0.0.1:9", good.to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The connection proves that the run has begun to wait.
    let _connection = silent.accept().unwrap();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!((code(&output), text(&output.stdout)), (130, String::new()));
    assert!(text(&output.stderr).contains("interrupted"), "{}", text(&output.stderr));
}

/// With one free file descriptor a run can open the document and nothing beside it: a socket of the network code needs
/// at least two more (the poller and itself).
#[cfg(unix)]
#[test]
fn an_offline_run_opens_no_socket() {
    let folder = tempfile::tempdir().unwrap();
    let good = document(folder.path(), "v2-wrapped", GOOD_V2);
    let limited = |flags: &str| {
        let script = format!("ulimit -n 4; exec '{}' verify {flags} '{}'", env!("CARGO_BIN_EXE_ebl"), good.display());
        Command::new("sh").args(["-c", &script]).env_clear().env("HOME", "/nonexistent").output().unwrap()
    };
    let offline = limited("--offline");
    assert_eq!(code(&offline), 3, "{}", text(&offline.stderr));
    let online = limited("--dns 127.0.0.1:9 --rpc 1337=http://127.0.0.1:9/");
    assert_ne!(code(&online), 3, "the limit does not stop an online run, so the test above proves nothing");
}

#[test]
fn settings_may_stand_in_variables_and_a_flag_goes_before_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = file_with(folder.path(), "ebl.toml", b"timeout = 7\nquorum = 2\n");
    let shown = |arguments: &[&str]| {
        let mut run = command(&["doctor", "--offline", "--format", "json", "--config", file.to_str().unwrap()]);
        run.args(arguments)
            .env("EBL_QUORUM", "3")
            .env("EBL_DNS", "127.0.0.1:53, 127.0.0.2")
            .env("EBL_ALLOW_PRIVATE", "true");
        let page = json(&run.output().unwrap());
        let settings = page["settings"].as_array().unwrap().clone();
        move |name: &str| {
            let setting = settings.iter().find(|setting| setting["name"] == name).expect("the setting");
            (setting["value"].as_str().unwrap().to_owned(), setting["origin"].as_str().unwrap().to_owned())
        }
    };
    let pair = |value: &str, origin: &str| (value.to_owned(), origin.to_owned());
    let of = shown(&[]);
    assert_eq!(of("quorum"), pair("3", "variable"));
    assert_eq!(of("dns"), pair("127.0.0.1:53, 127.0.0.2:53", "variable"));
    assert_eq!(of("allow_private"), pair("true", "variable"));
    assert_eq!(of("timeout"), pair("7 seconds", "file"));
    assert_eq!(shown(&["--quorum", "4"])("quorum"), pair("4", "flag"));
    for (name, value) in
        [("EBL_QUORUM", "many"), ("EBL_TIMEOUT", "0"), ("EBL_DNSSEC", "perhaps"), ("EBL_NO_DEFAULT_RPC", "yes")]
    {
        let output = command(&["doctor", "--offline"]).env(name, value).output().unwrap();
        assert_eq!(code(&output), 2, "{name}={value}: {}", text(&output.stderr));
    }
}

#[test]
fn where_nobody_can_be_reached_the_own_network_is_named_first() {
    let document = "fixtures/documents/bill-v2.json";
    let ask = ["verify", "--timeout", "5", "--dns", "127.0.0.1:1", "--rpc", "1337=http://127.0.0.1:1", "--rpc"];
    let elsewhere = ["1337=http://rpc.example:2", "--resolve", "rpc.example:2=127.0.0.1:2", document];
    let arguments = [&ask[..], &elsewhere].concat();
    let report = json(&ebl(&[&arguments[..], &["--format", "json"]].concat()));
    assert_schema(&report);
    assert_eq!(report["verdict"], "indeterminate");
    for name in ["issuer", "chain"] {
        let check = check(&report, name);
        assert_eq!((&check["outcome"], &check["actor"]), (&"unknown".into(), &"verifier".into()), "{check}");
        // Said once.
        let advises = check["message"].as_str().unwrap().contains("look at your own network first");
        assert_eq!(advises, name == "issuer", "{check}");
    }
    // What runs on this machine needs no network.
    let here = json(&ebl(&[&ask[..], &["1337=http://localhost:2", "--format", "json", document]].concat()));
    assert_eq!((&check(&here, "chain")["actor"], here.to_string().contains("own network")), (&"network".into(), false));
    let output = ebl(&arguments);
    assert_eq!(code(&output), 3);
    let page = text(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(page.contains("who acts: you (tried: 127.0.0.1:1, rpc.example:2)."), "{page}");
}

#[test]
fn a_code_that_is_not_known_is_guessed_at_and_a_group_is_listed() {
    let output = ebl(&["explain", "isuer.no_recrod"]);
    assert_eq!(code(&output), 2);
    assert!(text(&output.stderr).contains("did you mean issuer.no_record?"), "{}", text(&output.stderr));
    let misspelt = text(&ebl(&["explain", "isuer"]).stderr);
    assert!(misspelt.contains("did you mean issuer?"), "{misspelt}");
    assert!(text(&ebl(&["explain", "INTEGRITY.DIGEST_MISMATCH"]).stdout).starts_with("integrity.digest_mismatch\n"));
    let group = text(&ebl(&["explain", "policy"]).stdout);
    assert!(group.starts_with("policy: your own rules\n\n") && group.contains("policy.not_met"), "{group}");
    assert!(!group.contains("issuer."), "{group}");
    let all = text(&ebl(&["explain"]).stdout);
    let headings: Vec<&str> = all.lines().filter(|line| line.contains(": ") && !line.starts_with(' ')).collect();
    let groups: std::collections::BTreeSet<_> = headings.iter().collect();
    assert_eq!((headings.len(), groups.len()), (14, 14), "a group is listed once: {headings:?}");
}

#[test]
fn an_empty_policy_is_said_to_ask_for_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (good, policy) = (document(folder.path(), "v2-wrapped", GOOD_V2), file_with(folder.path(), "empty.toml", b""));
    let report = json(&ebl(&[
        "verify",
        "--offline",
        "--format",
        "json",
        "--policy",
        policy.to_str().unwrap(),
        good.to_str().unwrap(),
    ]));
    let (code, message) = (&check(&report, "policy")["code"], &check(&report, "policy")["message"]);
    assert_eq!((code, message), (&"policy.empty".into(), &"The policy that was given asks for nothing".into()));
}

#[test]
fn the_help_of_every_verdict_has_the_exit_codes_and_the_usage_of_a_title_its_two_forms() {
    for arguments in [&["--help"][..], &["verify", "--help"], &["title", "--help"]] {
        let help = text(&ebl(arguments).stdout).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(help.contains("Exit codes: 0 valid") && help.contains("143 ended by SIGTERM"), "{help}");
    }
    let alone = ebl(&["title", "--registry", "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512"]);
    let said = text(&alone.stderr);
    let missing = said.split("Usage:").next().unwrap();
    assert!(code(&alone) == 2 && missing.contains("--token") && !missing.contains("FILE"), "{said}");
    assert!(said.contains("ebl title [OPTIONS] --chain-id <N> --registry <ADDR> --token <ID>"), "{said}");
}

#[test]
fn every_command_has_a_manual_page() {
    let commands = ["verify", "title", "inspect", "policy", "doctor", "explain", "completions", "man"];
    for page in commands.map(|command| vec![command]).into_iter().chain([vec!["policy", "check"]]) {
        let output = ebl(&[&["man"], page.as_slice()].concat());
        assert_eq!(code(&output), 0);
        assert!(text(&output.stdout).contains(&format!(".TH ebl-{} 1", page.join("-"))), "{}", text(&output.stdout));
    }
    assert_eq!(code(&ebl(&["man", "polcy"])), 2);
}
