//! Sealed files, storage envelopes and links, through the real binary and a real https server on loopback.

use crate::support::https;

use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use aes_gcm::aead::AeadInOut as _;
use aes_gcm::{Aes256Gcm, KeyInit as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ebl_verifier::primitives::decode_hex;
use https::{HttpsServer, Reply};
use serde_json::{Value, json};

const KEY: &str = "8ce81a858defaefd88eb5ab97800c28e7507364be1e3399a1149926f480cf98e";
const OTHER_KEY: &str = "52f788460d837e37672d735de7a8e6e6cdb4f7921deca99d594188d6ac920bb2";

/// On chain 1337.
const BILL: &str = include_str!("../../fixtures/documents/bill-v2.json");

/// Runs the command with the developer's own settings out of reach. Whatever happens, no key and nothing of a link but its
/// host is printed.
fn ebl(arguments: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_ebl"))
        .args(arguments)
        .env_clear()
        .env("HOME", "/nonexistent")
        .env("BILL_KEY", KEY)
        .stdin(Stdio::null())
        .output()
        .expect("the binary starts");
    let printed = format!("{}{}", text(&output.stdout), text(&output.stderr)).to_lowercase();
    for secret in [KEY, OTHER_KEY, &KEY[..60], "s3cret"] {
        assert!(!printed.contains(secret), "{arguments:?}: {printed}");
    }
    output
}

/// Nobody answers about chain and issuer, so a document that can be read is indeterminate.
fn nobody() -> [&'static str; 4] {
    ["--rpc", "1337=http://127.0.0.1:9/", "--dns", refusing_resolver()]
}

/// A resolver that refuses every question at once.
fn refusing_resolver() -> &'static str {
    static RESOLVER: OnceLock<String> = OnceLock::new();
    RESOLVER.get_or_init(|| {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        std::thread::spawn(move || {
            let mut message = [0; 1500];
            while let Ok((length, peer)) = socket.recv_from(&mut message) {
                // The question itself, marked as a refused answer.
                (message[2], message[3]) = (0x81, 0x85);
                let _ = socket.send_to(&message[..length], peer);
            }
        });
        address.to_string()
    })
}

fn verify(arguments: &[&str]) -> (i32, Value) {
    let output = ebl(&[["verify", "--format", "json"].as_slice(), &nobody(), arguments].concat());
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {} {}", text(&output.stdout), text(&output.stderr)));
    assert_schema(&report);
    (code(&output), report)
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("an exit code")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("output is UTF-8")
}

fn assert_schema(report: &Value) {
    let schema: Value = serde_json::from_str(include_str!("../../schemas/report.schema.json")).unwrap();
    let errors: Vec<_> =
        jsonschema::validator_for(&schema).unwrap().iter_errors(report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{report:#}");
}

fn file_with(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// Sealed with [`KEY`].
fn sealed(document: &str, alphabet: &impl base64::Engine) -> Value {
    let mut cipher_text = alphabet.encode(document).into_bytes();
    let iv = [7; 12];
    let key: [u8; 32] = decode_hex(KEY).unwrap().try_into().unwrap();
    let tag =
        Aes256Gcm::new(&key.into()).encrypt_inout_detached(&iv.into(), b"", cipher_text.as_mut_slice().into()).unwrap();
    json!({
        "type": "OPEN-ATTESTATION-TYPE-1",
        "cipherText": STANDARD.encode(cipher_text),
        "iv": STANDARD.encode(iv),
        "tag": STANDARD.encode(tag),
    })
}

fn bill_sealed() -> Value {
    sealed(BILL, &STANDARD)
}

fn intact(report: &Value) -> bool {
    report["checks"][0]["code"] == "integrity.intact"
}

#[test]
fn a_sealed_file_is_opened_with_its_key_from_any_place() {
    let folder = tempfile::tempdir().unwrap();
    let key_file = format!("@{}", file_with(folder.path(), "key", &format!("{}\n", KEY.to_uppercase())).display());
    for alphabet in [&STANDARD, &URL_SAFE_NO_PAD] {
        let file = file_with(folder.path(), "bill.json", &sealed(BILL, alphabet).to_string());
        for key in [KEY, &key_file, "env:BILL_KEY"] {
            let (code, report) = verify(&["--key", key, file.to_str().unwrap()]);
            assert_eq!((code, report["verdict"].as_str(), intact(&report)), (3, Some("indeterminate"), true));
            let facts = &report["document"];
            assert_eq!((&facts["sealed"], &facts["fetched_from"]), (&json!(true), &json!(null)));
            assert_eq!(facts["bl_number"], "NDSE-2026-00017");
        }
        let page = ebl(&["verify", "--offline", "--key", KEY, file.to_str().unwrap()]);
        assert!(text(&page.stdout).contains("opened with its key"), "{}", text(&page.stdout));
    }
    // A key does no harm to a file that is not sealed.
    let plain = file_with(folder.path(), "plain.json", BILL);
    let (code, report) = verify(&["--key", KEY, plain.to_str().unwrap()]);
    assert_eq!((code, &report["document"]["sealed"]), (3, &json!(false)));
}

#[test]
fn a_sealed_file_shows_what_it_says_with_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = file_with(folder.path(), "bill.json", &bill_sealed().to_string());
    let page = ebl(&["show", "--offline", "--key", KEY, file.to_str().unwrap()]);
    assert!(code(&page) == 0 && text(&page.stdout).contains("NDSE-2026-00017"), "{}", text(&page.stdout));
    let without = ebl(&["show", "--offline", file.to_str().unwrap()]);
    assert!(code(&without) == 6 && text(&without.stdout).contains("read.key_missing"), "{}", text(&without.stdout));
}

#[test]
fn a_sealed_file_without_a_fitting_key_is_not_readable_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let file = file_with(folder.path(), "bill.json", &bill_sealed().to_string());
    let mut damaged = bill_sealed();
    let cipher_text = damaged["cipherText"].as_str().unwrap().to_owned();
    damaged["cipherText"] = json!(format!("AAAA{}", &cipher_text[4..]));
    let damaged = file_with(folder.path(), "damaged.json", &damaged.to_string());
    let mut short = bill_sealed();
    short["tag"] = json!("AAAA");
    let short = file_with(folder.path(), "short.json", &short.to_string());
    let nonsense = file_with(folder.path(), "nonsense.json", &sealed("not a document", &STANDARD).to_string());
    let twice = file_with(folder.path(), "twice.json", &sealed(&bill_sealed().to_string(), &STANDARD).to_string());

    for (arguments, wanted, word) in
        [(vec![&file], "read.key_missing", "its key was not given"), (vec![&short], "read.sealed_malformed", "tag")]
    {
        let paths: Vec<_> = arguments.iter().map(|path| path.to_str().unwrap()).collect();
        let (code, report) = verify(&paths);
        assert_eq!((code, report["error"]["code"].as_str()), (6, Some(wanted)), "{report}");
        assert!(report["error"]["message"].as_str().unwrap().contains(word), "{report}");
    }
    for (key, path, wanted, word) in [
        (OTHER_KEY, &file, "read.wrong_key_or_damaged", "cannot be told apart"),
        (KEY, &damaged, "read.wrong_key_or_damaged", "cannot be told apart"),
        (KEY, &nonsense, "read.syntax", ""),
        (KEY, &twice, "read.sealed_content", "another sealed file"),
    ] {
        let (code, report) = verify(&["--key", key, path.to_str().unwrap()]);
        assert_eq!((code, report["error"]["code"].as_str()), (6, Some(wanted)), "{report}");
        assert!(report["error"]["message"].as_str().unwrap().contains(word), "{report}");
    }
}

#[test]
fn a_key_of_another_form_is_a_usage_error_that_repeats_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = file_with(folder.path(), "bill.json", &bill_sealed().to_string());
    let key_file = format!("@{}", file_with(folder.path(), "key", &KEY[..60]).display());
    let prefixed = format!("0x{KEY}");
    let (stray_at, stray_env) = (format!("@{KEY}"), format!("env:{KEY}"));
    for key in ["", &KEY[..60], &prefixed, &key_file, &stray_at, &stray_env, "@/nonexistent", "env:NO_SUCH_VARIABLE"] {
        for command in ["verify", "inspect"] {
            let output = ebl(&[command, "--key", key, file.to_str().unwrap()]);
            assert_eq!((code(&output), output.stdout.len()), (2, 0), "{command} {}", text(&output.stderr));
            assert!(text(&output.stderr).contains("--key"), "{}", text(&output.stderr));
        }
    }
}

#[test]
fn a_key_in_the_file_opens_it_and_is_remarked_upon() {
    let folder = tempfile::tempdir().unwrap();
    let mut open = bill_sealed();
    open["key"] = json!(KEY);
    let file = file_with(folder.path(), "bill.json", &open.to_string());
    let (code, report) = verify(&[file.to_str().unwrap()]);
    assert_eq!((code, intact(&report)), (3, true));
    assert!(report["warnings"].to_string().contains("carries its own key"), "{report}");
}

#[test]
fn a_storage_envelope_is_taken_off_once() {
    let folder = tempfile::tempdir().unwrap();
    let bill: Value = serde_json::from_str(BILL).unwrap();
    for (inner, is_sealed) in [(bill.clone(), false), (bill_sealed(), true)] {
        let envelope = json!({"id": "1", "document": inner, "ttl": 1}).to_string();
        let file = file_with(folder.path(), "bill.json", &envelope);
        let (code, report) = verify(&["--key", KEY, file.to_str().unwrap()]);
        assert_eq!((code, intact(&report)), (3, true), "{report}");
        let facts = &report["document"];
        assert_eq!((&facts["storage_envelope"], &facts["sealed"]), (&json!(true), &json!(is_sealed)));
    }
    for envelope in [
        json!({"document": {"document": bill}}),
        json!({"document": BILL}),
        json!({"document": null}),
        json!({"document": []}),
    ] {
        let file = file_with(folder.path(), "bill.json", &envelope.to_string());
        let (code, report) = verify(&[file.to_str().unwrap()]);
        assert_eq!((code, report["error"]["code"].as_str()), (6, Some("read.empty_envelope")), "{report}");
    }
    // An envelope cannot hide a change.
    let changed = json!({"document": serde_json::from_str::<Value>(&BILL.replace("NDSE-2026", "NDSE-2027")).unwrap()});
    let file = file_with(folder.path(), "changed.json", &changed.to_string());
    assert_eq!(verify(&[file.to_str().unwrap()]).0, 1);
}

/// Documents of a storage service, and what is needed to reach it.
struct Storage {
    server: HttpsServer,
    folder: tempfile::TempDir,
    flags: [String; 4],
}

impl Storage {
    fn start() -> Self {
        let in_envelope = json!({"document": bill_sealed()}).to_string();
        let server = HttpsServer::start(&["docs.example"], move |path| match path {
            "/plain/s3cret?s3cret" => Reply::ok(BILL),
            "/sealed/s3cret" => Reply::ok(bill_sealed().to_string()),
            "/envelope/s3cret" => Reply::ok(&in_envelope),
            "/moved/s3cret" => Reply::redirect("/sealed/s3cret"),
            "/away/s3cret" => Reply::redirect("http://docs.example/s3cret"),
            "/page/s3cret" => Reply::ok("<html>Sign in</html>"),
            "/error/s3cret" => Reply::with("503 Service Unavailable", "", "s3cret"),
            _ => path
                .strip_prefix("/vector/")
                .map_or_else(|| Reply::with("404 Not Found", "", "s3cret"), |id| Reply::ok(vector(id))),
        });
        let folder = tempfile::tempdir().unwrap();
        let authority = file_with(folder.path(), "ca.pem", server.authority_pem());
        let resolve = format!("docs.example:443={}", server.address);
        let flags = ["--ca-file".into(), authority.display().to_string(), "--resolve".into(), resolve];
        Self { server, folder, flags }
    }

    /// What leads to the server, but does not let a document name it.
    fn flags(&self) -> [&str; 4] {
        self.flags.each_ref().map(String::as_str)
    }

    fn verify(&self, arguments: &[&str]) -> (i32, Value) {
        verify(&[&["--allow-private"], self.flags().as_slice(), arguments].concat())
    }
}

/// An intact document of the shared vectors.
fn vector(id: &str) -> String {
    let all: Value = serde_json::from_str(include_str!("../../fixtures/vectors/v2-wrapped.json")).unwrap();
    let case = all["cases"].as_array().unwrap().iter().find(|case| case["id"] == id).expect("the vector exists");
    case["document"].to_string()
}

fn link(path: &str, payload_key: Option<&str>, fragment_key: Option<&str>, chain: Value) -> String {
    let uri = format!("https://docs.example{path}");
    let mut payload =
        json!({"uri": uri, "permittedActions": ["VIEW"], "redirect": "https://www.example/", "chainId": chain});
    if let Some(key) = payload_key {
        payload["key"] = json!(key);
    }
    if payload["chainId"].is_null() {
        payload.as_object_mut().unwrap().remove("chainId");
    }
    let encode = |value: Value| {
        percent_encoding::utf8_percent_encode(&value.to_string(), percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let fragment = fragment_key.map(|key| format!("#{}", encode(json!({"key": key})))).unwrap_or_default();
    format!("https://actions.tradetrust.io?q={}{fragment}", encode(json!({"type": "DOCUMENT", "payload": payload})))
}

#[test]
fn a_link_is_fetched_unwrapped_opened_and_verified() {
    let storage = Storage::start();
    for (path, payload_key, fragment_key, given, is_sealed) in [
        ("/plain/s3cret?s3cret", None, None, None, false),
        ("/sealed/s3cret", Some(KEY), None, None, true),
        ("/sealed/s3cret", None, Some(KEY), None, true),
        ("/sealed/s3cret", Some(OTHER_KEY), Some(KEY), None, true),
        ("/sealed/s3cret", None, None, Some(KEY), true),
        ("/sealed/s3cret", Some(KEY), None, Some(OTHER_KEY), true),
        ("/envelope/s3cret", Some(KEY), None, None, true),
        ("/moved/s3cret", Some(KEY), None, None, true),
    ] {
        let link = link(path, payload_key, fragment_key, json!("1337"));
        let given: Vec<&str> = given.map(|key| vec!["--key", key]).unwrap_or_default();
        let (code, report) = storage.verify(&[given.as_slice(), &[&link]].concat());
        assert_eq!((code, report["verdict"].as_str(), intact(&report)), (3, Some("indeterminate"), true), "{path}");
        let facts = &report["document"];
        assert_eq!((&facts["fetched_from"], &facts["sealed"]), (&json!("docs.example"), &json!(is_sealed)), "{path}");
        assert_eq!(facts["storage_envelope"], json!(path.starts_with("/envelope")));
    }
    let link = link("/sealed/s3cret", Some(KEY), None, json!(1337));
    let page = ebl(&[&["verify", "--allow-private"], nobody().as_slice(), &storage.flags(), &[&link]].concat());
    let shown = text(&page.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.starts_with("INDETERMINATE link to docs.example "), "{shown}");
    assert!(shown.contains("opened with its key, fetched from docs.example"), "{shown}");
}

#[test]
fn a_link_as_mail_programs_make_it_is_followed() {
    let storage = Storage::start();
    let plain = link("/sealed/s3cret", None, Some(KEY), json!("1337"));
    let encoded = percent_encoding::utf8_percent_encode(&plain, percent_encoding::NON_ALPHANUMERIC).to_string();
    for text in [
        format!("{plain}."),
        format!("<{plain}>"),
        plain.replacen("https://", "", 1),
        plain.replacen('#', "%23", 1),
        format!("https://filter.example/?url={encoded}&data=05"),
    ] {
        let (code, report) = storage.verify(&[&text]);
        assert_eq!((code, intact(&report), &report["document"]["sealed"]), (3, true, &json!(true)), "{text}");
    }
}

#[test]
fn without_a_chain_in_the_link_the_documents_own_counts() {
    let storage = Storage::start();
    let without = |path: &str| link(path, Some(KEY), None, Value::Null);
    let (code, report) = storage.verify(&[&without("/sealed/s3cret")]);
    assert_eq!((code, &report["document"]["network"]["chain_id"]), (3, &json!(1337)), "{report:#}");
    let (_, report) = storage.verify(&["--chain-id", "137", &without("/vector/v2-no-network")]);
    assert_eq!(report["document"]["network"]["chain_id"], 137);
    let (_, report) = storage.verify(&[&without("/vector/v2-no-network")]);
    assert_eq!(report["checks"][2]["code"], "chain.not_named");
    let page = text(&ebl(&["inspect", &without("/d/1")]).stdout);
    assert!(page.contains("none in the link: the document's own counts"), "{page}");
}

#[test]
fn a_document_on_another_chain_than_its_link_is_invalid() {
    let storage = Storage::start();
    for chain in [json!("137"), json!(1)] {
        let (code, report) = storage.verify(&[&link("/sealed/s3cret", Some(KEY), None, chain)]);
        let check = &report["checks"][2];
        assert_eq!((check["name"].as_str(), check["outcome"].as_str()), (Some("chain"), Some("fail")));
        assert_eq!((code, check["code"].as_str()), (1, Some("chain.contradicts_link")), "{report:#}");
    }
    // Also where the chain decides nothing else, and where only the caller names it.
    for (path, chain, given, wanted) in [
        ("/vector/v2-bill-did", 137, vec![], "chain.contradicts_link"),
        ("/vector/v2-no-network", 137, vec!["--chain-id", "1337"], "chain.contradicts_link"),
        ("/vector/v2-no-network", 1337, vec!["--chain-id", "1337"], "chain.rpc_unavailable"),
        // The link does not say it in the document's stead.
        ("/vector/v2-no-network", 1337, vec![], "chain.not_named"),
    ] {
        let link = link(path, None, None, json!(chain));
        let (code, report) = storage.verify(&[given.as_slice(), &[&link]].concat());
        assert_eq!(report["checks"][2]["code"], wanted, "{path} {chain}");
        assert_eq!(code, if wanted == "chain.contradicts_link" { 1 } else { 3 }, "{path} {chain}");
    }
    assert!(text(&ebl(&["explain", "chain.contradicts_link"]).stdout).contains("the sender"));
}

#[test]
fn what_was_fetched_but_cannot_be_read_is_told_apart() {
    let storage = Storage::start();
    for (path, key, wanted) in [
        ("/sealed/s3cret", None, "read.key_missing"),
        ("/sealed/s3cret", Some(OTHER_KEY), "read.wrong_key_or_damaged"),
        ("/page/s3cret", Some(KEY), "read.other_kind"),
    ] {
        let (code, report) = storage.verify(&[&link(path, key, None, json!(1337))]);
        assert_eq!((code, report["error"]["code"].as_str()), (6, Some(wanted)), "{report}");
    }
}

#[test]
fn a_fetch_that_fails_is_an_outage_and_says_nothing_about_the_document() {
    let storage = Storage::start();
    for (path, detail) in [("/none/s3cret", "HTTP status 404"), ("/error/s3cret", "HTTP status 503")] {
        let (code, report) = storage.verify(&[&link(path, Some(KEY), None, json!(1337))]);
        assert_eq!(
            (code, &report["verdict"], report["error"]["code"].as_str()),
            (3, &Value::Null, Some("read.fetch_failed"))
        );
        let message = report["error"]["message"].as_str().unwrap();
        assert!(message.contains("docs.example") && message.contains(detail), "{message}");
    }
    let sealed = link("/sealed/s3cret", Some(KEY), None, json!(1337));
    // Without the authority, without a server, without a network.
    let resolve = format!("docs.example:443={}", storage.server.address);
    for (arguments, wanted) in [
        (vec!["--allow-private", "--resolve", &resolve, &sealed], "read.fetch_failed"),
        (vec!["--allow-private", "--resolve", "docs.example:443=127.0.0.1:9", &sealed], "read.fetch_failed"),
        // Nobody was asked, so nobody else can act.
        (vec!["--offline", &sealed], "check.offline"),
    ] {
        let (code, report) = verify(&arguments);
        assert_eq!((code, report["error"]["code"].as_str()), (3, Some(wanted)), "{report}");
    }
    let page = ebl(&["verify", "--offline", &sealed]);
    assert!(text(&page.stdout).starts_with("NOT FETCHED  link to docs.example\n"), "{}", text(&page.stdout));
}

#[test]
fn what_must_not_be_fetched_is_not_fetched() {
    let storage = Storage::start();
    let sealed = link("/sealed/s3cret", Some(KEY), None, json!(1337));
    // The name leads to loopback, and nothing lets it through.
    let (code, report) = verify(&[storage.flags().as_slice(), &[&sealed]].concat());
    assert_eq!((code, report["error"]["code"].as_str()), (6, Some("read.fetch_refused")), "{report}");
    assert_eq!(storage.server.requests(), Vec::<String>::new());
    // The settings file lets it through like the flag.
    let settings = file_with(storage.folder.path(), "ebl.toml", "allow_private = true\n");
    let (code, report) =
        verify(&[storage.flags().as_slice(), &["--config", settings.to_str().unwrap(), &sealed]].concat());
    assert_eq!((code, &report["document"]["fetched_from"]), (3, &json!("docs.example")), "{report}");

    let away = link("/away/s3cret", Some(KEY), None, json!(1337));
    let (code, report) = storage.verify(&[&away]);
    assert_eq!((code, report["error"]["code"].as_str()), (6, Some("read.fetch_refused")), "{report}");

    let loopback = sealed.replace("docs%2Eexample", "127%2E0%2E0%2E1");
    let plain_http = sealed.replacen("https", "http", 1);
    for text in [loopback.as_str(), &plain_http, "https://docs.example/s3cret.json", "HTTPS://?q=s3cret"] {
        let (code, report) = verify(&[storage.flags().as_slice(), &[text]].concat());
        assert_eq!((code, report["error"]["code"].as_str()), (6, Some("read.invalid_link")), "{report}");
    }
}

#[test]
fn files_and_links_go_together_and_the_worst_counts() {
    let storage = Storage::start();
    let changed = file_with(storage.folder.path(), "changed.json", &BILL.replace("NDSE-2026", "NDSE-2027"));
    let missing = link("/none/s3cret", None, None, json!(1337));
    let inputs = [missing.as_str(), changed.to_str().unwrap()];
    let fixed = ["verify", "--format", "json", "--allow-private"];
    let output = ebl(&[fixed.as_slice(), &nobody(), &storage.flags(), &inputs].concat());
    let lines: Vec<Value> = text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((code(&output), &lines[0]["verdict"], &lines[1]["verdict"]), (1, &Value::Null, &json!("invalid")));
}

#[test]
fn inspect_opens_what_it_has_the_key_for_and_follows_no_link() {
    let folder = tempfile::tempdir().unwrap();
    let file = file_with(folder.path(), "bill.json", &json!({"document": bill_sealed()}).to_string());
    let path = file.to_str().unwrap();
    let shown = text(&ebl(&["inspect", "--key", KEY, path]).stdout);
    assert!(shown.contains("storage envelope") && shown.contains("opened with its key"), "{shown}");
    assert!(shown.contains("an endpoint of chain 1337"), "{shown}");
    let closed = ebl(&["inspect", "--format", "json", path]);
    let report: Value = serde_json::from_slice(&closed.stdout).unwrap();
    assert_eq!((code(&closed), report["error"]["code"].as_str()), (6, Some("read.key_missing")));

    let long = link(&format!("/d/1/{KEY}?token=s3cret"), Some(KEY), Some(KEY), json!(1337));
    let output = ebl(&["inspect", &long]);
    let shown = text(&output.stdout);
    assert_eq!(code(&output), 0, "{shown}");
    assert!(shown.contains("Would fetch https://docs.example/d/1/…?…") && shown.contains("in the link"), "{shown}");
    let private = long.replace("docs%2Eexample", "127%2E0%2E0%2E1");
    let report: Value = serde_json::from_slice(&ebl(&["inspect", "--format", "json", &private]).stdout).unwrap();
    assert_eq!((&report["needs_allow_private"], &report["carries_key"]), (&json!(true), &json!(true)), "{report}");
    assert_eq!(code(&ebl(&["inspect", "https://docs.example/s3cret"])), 6);
}
