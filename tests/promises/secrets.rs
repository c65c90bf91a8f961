//! What the caller typed or set is never repeated where it may hold a key: not in errors, reports or progress, whatever the
//! spelling. Tried on the real binary.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const KEY: &str = "8ce81a858defaefd88eb5ab97800c28e7507364be1e3399a1149926f480cf98e";
const BILL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/documents/bill-v2.json");
const ACCOUNT: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
/// With one letter in the other case.
const MISTYPED: &str = "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ebl"));
    command.args(arguments).env_clear().env("HOME", "/nonexistent").stdin(Stdio::null());
    command
}

/// Exit code and everything that was printed, without a secret in it.
fn run(mut command: Command) -> (i32, String) {
    let Output { status, stdout, stderr } = command.output().expect("the binary starts");
    let printed = String::from_utf8([stdout, stderr].concat()).expect("output is UTF-8");
    let secrets = ["s3cret", "user:", &KEY[..16]];
    assert!(!secrets.iter().any(|secret| printed.contains(secret)), "{command:?}: {printed}");
    (status.code().expect("an exit code"), printed)
}

fn ebl(arguments: &[&str]) -> (i32, String) {
    run(command(arguments))
}

/// A file of settings, policy or names in a folder.
fn written(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A link that carries its key twice.
fn link() -> String {
    let q = format!(r#"{{"type":"DOCUMENT","payload":{{"uri":"https://docs.example/d/1?s3cret","key":"{KEY}"}}}}"#);
    let encode =
        |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    format!("https://app.example/s3cret?q={}#{}", encode(&q), encode(&format!(r#"{{"key":"{KEY}"}}"#)))
}

#[test]
fn a_link_in_any_spelling_is_never_echoed() {
    let link = link();
    let spellings = [
        link.clone(),
        format!(" {link}"),
        format!("<{link}>"),
        format!("\"{link}\""),
        format!("{link}."),
        format!("\u{200b}{link}"),
        link.replacen("https", "h\u{200b}ttps", 1),
        link.replacen("https://", "", 1),
        link.replacen("https://", "//", 1),
        link.replacen("https", "HTTPS", 1),
        link.replacen("https", "http", 1),
        link.replacen("https", "ftp", 1),
        link.replacen("https", "htps", 1),
        link.replacen("https://", "https:/", 1),
        link.replacen("https://", "https//", 1),
        link.replacen("https://", "https:", 1),
        link.replacen("?q=", "?x=", 1),
        link.replacen("DOCUMENT", "document", 1),
        link.replace('%', "%25"),
        format!("https%3A%2F%2Fapp.example%2Fs3cret%23{KEY}"),
        format!("app.example/#key={KEY}"),
        KEY.to_owned(),
    ];
    for spelling in &spellings {
        for arguments in [
            &["verify", "--offline", spelling][..],
            &["verify", "--offline", "--format", "json", spelling],
            &["verify", "--offline", "--format", "fragments", spelling, BILL],
            &["verify", "--offline", "--recursive", spelling],
            &["title", "--offline", spelling],
            &["title", "--offline", "--format", "json", spelling],
            &["inspect", spelling],
        ] {
            let (code, printed) = ebl(arguments);
            // 2 where it may be meant as a folder, which is not there.
            assert!([0, 2, 3, 6].contains(&code), "{spelling:?}: {printed}");
        }
        // Where no document is expected.
        for arguments in [
            &[spelling.as_str()][..],
            &["explain", spelling],
            &["explain", "read.file", spelling],
            &["verify", "--offline", "--policy", spelling, BILL],
            &["verify", "--offline", "--config", spelling, BILL],
            &["verify", "--offline", "--names", spelling, BILL],
            &["verify", "--offline", "--ca-file", spelling, BILL],
            &["verify", "--offline", "--dns-anchor", spelling, BILL],
            &["verify", "--offline", "--key", spelling, "/nonexistent"],
            &["verify", "--offline", "--quorum", spelling, BILL],
            &["verify", "--offline", "--format", spelling, BILL],
            &["verify", "--offline", &format!("--timeout={spelling}"), BILL],
            &["verify", "--offline", &format!("--kee={spelling}"), BILL],
            &["policy", "check", spelling],
            &["verify", "--offline", "--output", &format!("{spelling}/{spelling}"), BILL],
            &["completions", spelling],
            &["doctor", spelling],
        ] {
            let (code, printed) = ebl(arguments);
            // A key of the right form opens nothing that is not sealed.
            let wanted = if arguments.contains(&"--key") && spelling == KEY { 6 } else { 2 };
            assert_eq!(code, wanted, "{arguments:?}: {printed}");
        }
    }
}

#[test]
fn a_file_that_is_there_is_a_file_whatever_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bill?q=1#2.json");
    std::fs::copy(BILL, &path).unwrap();
    let (code, printed) = ebl(&["verify", "--offline", path.to_str().unwrap()]);
    assert!(code == 3 && printed.contains("bill?q=1#2.json"), "{printed}");
    let (code, printed) = ebl(&["verify", "--offline", "/nonexistent/bill #3.json"]);
    assert!(code == 6 && printed.contains("bill #3.json") && printed.contains("read.file"), "{printed}");
}

#[test]
fn refused_values_name_their_place_and_nothing_of_the_value() {
    let url = "https://user:s3cret@h.example/s3cret?k=s3cret";
    for (flag, variable) in [
        ("--dns", "EBL_DNS"),
        ("--resolve", "EBL_RESOLVE"),
        ("--rpc", "EBL_RPC_1"),
        ("--block", "EBL_BLOCK"),
        ("--trusted-block", "EBL_TRUSTED_BLOCK"),
        ("--trust-registry", "EBL_TRUST_REGISTRY"),
        ("--did-registry", "EBL_DID_REGISTRY"),
        ("--dnssec", "EBL_DNSSEC"),
        ("--proxy", "EBL_PROXY"),
        ("--tls-roots", "EBL_TLS_ROOTS"),
        ("--max-block-age", "EBL_MAX_BLOCK_AGE"),
        ("--proof", "EBL_PROOF"),
        ("--quorum", "EBL_QUORUM"),
        ("--timeout", "EBL_TIMEOUT"),
        ("--chain-id", ""),
        ("--expect-registry", ""),
        ("--expect-issuer", ""),
        ("--expect-holder", ""),
        ("--accept-state", ""),
    ] {
        // An endpoint of this form is a good one.
        for value in [url.replace("https", "ftp"), url.to_owned(), format!("1:{url}"), format!("h.example:443={url}")] {
            if flag == "--rpc" && value.starts_with("https") {
                continue;
            }
            let (code, printed) = ebl(&["verify", "--offline", flag, &value, BILL]);
            assert!(code == 2 && printed.contains(flag), "{flag} {value}: {printed}");
            if !variable.is_empty() {
                let mut by_variable = command(&["verify", "--offline", BILL]);
                by_variable.env(variable, &value);
                let (code, printed) = run(by_variable);
                let place = [variable, flag].iter().any(|place| printed.contains(place));
                assert!(code == 2 && place, "{variable} {value}: {printed}");
            }
        }
    }
}

#[test]
fn errors_in_files_name_place_and_cause_and_never_the_line() {
    let folder = tempfile::tempdir().unwrap();
    let url = "https://user:s3cret@h.example/s3cret?k=s3cret";
    for text in [
        format!("rpc = '{url}'"),
        format!("[rpc]\n1 = '{url}'"),
        format!("[rpc]\n'{url}' = ['{url}']"),
        format!("[rpc]\n1 = ['ftp{url}']"),
        format!("[rpc]\n1 = ['{url}"),
        format!("dns = ['{url}']"),
        format!("resolve = ['{url}']"),
        format!("dnssec = '{url}'"),
        format!("quorum = '{url}'"),
        format!("trust_registry = ['{url}']"),
        format!("'{url}' = 1"),
        format!("s3cret = {url}"),
    ] {
        let file = written(folder.path(), "any.toml", &text);
        for arguments in [
            &["verify", "--offline", "--config", &file, BILL][..],
            &["doctor", "--offline", "--config", &file],
            &["verify", "--offline", "--policy", &file, BILL],
            &["policy", "check", &file],
            &["verify", "--offline", "--names", &file, BILL],
        ] {
            let (code, printed) = ebl(arguments);
            assert!(code == 2 && !printed.contains("h.example"), "{arguments:?} {text}: {printed}");
        }
    }
    let file = written(folder.path(), "ebl.toml", "quorum = 2\ntrust_registri = []\n");
    let (_, printed) = ebl(&["doctor", "--offline", "--config", &file]);
    let wanted = "line 2, column 1: unknown key `trust_registri`; did you mean `trust_registry`?";
    assert!(printed.contains(wanted), "{printed}");
}

#[test]
fn an_unknown_variable_is_an_error_with_the_near_name() {
    for (name, wanted) in
        [("EBL_QUORUMS", "did you mean `EBL_QUORUM`?"), ("EBL_POLICIES", "did you mean `EBL_POLICY`?")]
    {
        for arguments in [&["verify", "--offline", BILL][..], &["doctor", "--offline"], &["title", "--offline", BILL]] {
            let mut command = command(arguments);
            command.env(name, "s3cret");
            let (code, printed) = run(command);
            assert!(code == 2 && printed.contains(name) && printed.contains(wanted), "{printed}");
        }
    }
    // The variable that a key is taken from may have any name.
    let mut command = command(&["verify", "--offline", "--key", "env:EBL_BILL_KEY", BILL]);
    command.env("EBL_BILL_KEY", KEY).env("EBL_RPC_1", "https://rpc.example/s3cret");
    assert_eq!(run(command).0, 3);
}

#[test]
fn both_the_policy_of_the_variable_and_that_of_the_flag_hold() {
    let folder = tempfile::tempdir().unwrap();
    let first = written(folder.path(), "first.toml", "chains = [1]\n");
    let second = written(folder.path(), "second.toml", "max_hidden_fields = 3\n");
    let mut command = command(&["verify", "--offline", "--format", "json", "--policy", &second, BILL]);
    let report: Value = serde_json::from_slice(&command.env("EBL_POLICY", &first).output().unwrap().stdout).unwrap();
    let rules: Vec<_> = report["policy"].as_array().unwrap().iter().map(|rule| rule["rule"].clone()).collect();
    assert_eq!(rules, ["chains", "max_hidden_fields"], "{report:#}");
}

#[test]
fn a_callers_address_with_a_wrong_checksum_is_refused_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let files = |address: &str| {
        let lists =
            format!("holders = ['{address}']\nregistries = ['1:{address}']\nissuers = ['did:ethr:{address}']\n");
        let of_chain = format!("1:{address}");
        let settings = format!("trust_registry = ['{of_chain}']\ndid_registry = ['{of_chain}']\n");
        (of_chain, written(folder.path(), "policy.toml", &lists), written(folder.path(), "ebl.toml", &settings))
    };
    let asked = |address: &str| {
        let (of_chain, policy, settings) = files(address);
        let names = written(folder.path(), "names.toml", &format!("{address} = 'Bank'\n"));
        let did = format!("did:ethr:{address}");
        let token = format!("0x{KEY}");
        let mut codes = Vec::new();
        for (flag, value) in [
            ("--trust-registry", of_chain.as_str()),
            ("--did-registry", &of_chain),
            ("--expect-registry", &of_chain),
            ("--expect-holder", address),
            ("--expect-beneficiary", address),
            ("--expect-issuer", &did),
            ("--policy", &policy),
            ("--names", &names),
            ("--config", &settings),
        ] {
            let (code, printed) = ebl(&["verify", "--offline", flag, value, BILL]);
            assert!(code != 2 || printed.contains("checksum") && printed.contains(ACCOUNT), "{flag}: {printed}");
            codes.push((flag, code == 2));
        }
        let mut title = command(&["title", "--offline", "--chain-id", "1", "--registry", address, "--token", &token]);
        codes.push(("title --registry", title.output().unwrap().status.code() == Some(2)));
        codes
    };
    let upper = format!("0x{}", ACCOUNT[2..].to_uppercase());
    for good in [ACCOUNT, &ACCOUNT.to_lowercase(), &upper] {
        assert!(asked(good).iter().all(|(_, refused)| !refused), "{good}: {:?}", asked(good));
    }
    assert!(asked(MISTYPED).iter().all(|(_, refused)| *refused), "{:?}", asked(MISTYPED));
}
