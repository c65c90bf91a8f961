//! `ebl demo` and `ebl testchain`, as a newcomer runs them, and every sample's promise.
#![cfg(feature = "testchain")]

use crate::support::node;
use crate::support::running_testchain;

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;

use ebl_verifier::primitives::ChainId;
use ebl_verifier::sources::chain::{BlockChoice, Endpoint, Exchange, Transport, TransportError};
use ebl_verifier::testchain::samples::{self, Sample};
use ebl_verifier::testchain::sandbox::Sandbox;
use ebl_verifier::verify::{ProofMode, Report, Verdict};
use ebl_verifier::{Verifier, Wishes};
use node::BlockingNode;
use running_testchain::Running;
use serde_json::{Value, json};

fn ebl(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ebl"));
    command.args(arguments).env_clear().env("HOME", "/nonexistent").stdin(Stdio::null());
    command
}

#[test]
fn the_demo_tells_the_whole_story_and_keeps_its_promises() {
    let output = ebl(&["demo"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    let verdicts: Vec<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix("    ")?.split("  ").next())
        .filter(|word| word.starts_with(|first: char| first.is_ascii_uppercase()) && word.to_uppercase() == *word)
        .collect();
    let wanted = [
        "INVALID",
        "VALID",
        "VALID",
        "INVALID",
        "VALID",
        "NOT LIVE",
        "VALID",
        "NOT LIVE",
        "INVALID",
        "VALID",
        "VALID",
        "INDETERMINATE",
        "INVALID",
        "INDETERMINATE",
        "INVALID",
        "INDETERMINATE",
    ];
    assert_eq!(verdicts, wanted, "{text}");
}

async fn verified(verifier: &Verifier, wishes: &Wishes, sample: &Sample) -> Report {
    let wishes = Wishes { key: sample.parsed_key(), ..wishes.clone() };
    verifier.verify(sample.document.as_bytes(), &wishes).await.unwrap()
}

#[tokio::test]
async fn every_sample_gets_the_answer_it_promises() {
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut sandbox = Sandbox::start(any_port, any_port).await.unwrap();
    let samples = samples::issue(&mut sandbox).unwrap();
    let verifier = sandbox.verifier().unwrap().build().unwrap();
    for sample in samples {
        let report = verified(&verifier, &sandbox.wishes(), &sample).await;
        let codes: Vec<_> = report.checks.iter().map(|check| check.code.id).collect();
        assert_eq!((report.verdict, report.title.state), (sample.verdict, sample.title), "{}: {codes:?}", sample.file);
        assert!(codes.contains(&sample.code), "{}: {codes:?}", sample.file);
    }
}

#[tokio::test]
async fn contracts_that_are_only_trusted_are_not_proven() {
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut sandbox = Sandbox::start(any_port, any_port).await.unwrap();
    let samples = samples::issue(&mut sandbox).unwrap();
    let verifier = sandbox.verifier().unwrap().build().unwrap();
    let [tries, requires] = [ProofMode::Try, ProofMode::Require].map(|proof| {
        let mut wishes = sandbox.wishes();
        wishes.policy.proof = proof;
        wishes
    });
    for sample in samples {
        let report = verified(&verifier, &tries, &sample).await;
        assert_eq!((report.verdict, report.title.state), (sample.verdict, sample.title), "{}", sample.file);
        let report = verified(&verifier, &requires, &sample).await;
        // What rests on no chain needs no proof of one.
        let rests_on_one = report.checks.iter().all(|check| check.code.id != "chain.not_needed");
        assert!(!rests_on_one || !matches!(report.verdict, Verdict::Valid | Verdict::NotLive), "{}", sample.file);
        if sample.file == "live.json" {
            let codes: Vec<_> = report.checks.iter().map(|check| check.code.id).collect();
            assert_eq!(codes[3..6], ["chain.proof_not_possible"; 3]);
            assert_eq!(report.as_of.map(|as_of| as_of.requests), Some(2));
        }
    }
}

#[test]
fn every_line_that_testchain_prints_can_be_pasted() {
    let folder = tempfile::tempdir().unwrap();
    let (_chain, page) = Running::start(&folder.path().join("chain"));
    let schema: Value = serde_json::from_str(include_str!("../../schemas/report.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let lines: Vec<_> = page.lines().map(str::trim).collect();
    let pasted: Vec<_> = lines.windows(2).filter(|pair| pair[0].starts_with("ebl verify ")).collect();
    assert!(pasted.len() >= 20, "{page}");
    for pair in pasted {
        let arguments: Vec<_> = pair[0].split(' ').skip(1).chain(["--format", "json"]).collect();
        let output = ebl(&arguments).output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let errors: Vec<_> = schema.iter_errors(&report).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
        let promised = pair[1].trim_start_matches("# ").split(':').next().unwrap().to_lowercase().replace(' ', "_");
        assert_eq!(report["verdict"], promised, "{}: {report:#}", pair[0]);
        let exit = match promised.as_str() {
            "valid" => 0,
            "invalid" => 1,
            "indeterminate" => 3,
            "not_live" => 4,
            _ => panic!("an unknown verdict: {promised}"),
        };
        assert_eq!(output.status.code(), Some(exit), "{}", pair[0]);
    }
}

#[test]
fn accounts_and_contracts_are_printed_and_written_for_programs() {
    let folder = tempfile::tempdir().unwrap();
    let (_chain, page) = Running::start(folder.path());
    // No address or key is broken on a narrow screen.
    assert!(page.lines().filter(|line| line.contains("0x")).all(|line| line.len() <= 72), "{page}");
    let read =
        |file: &str| -> Value { serde_json::from_slice(&std::fs::read(folder.path().join(file)).unwrap()).unwrap() };
    let addresses = read("addresses.json");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let accounts = addresses["accounts"].as_array().unwrap();
    assert_eq!((accounts.len(), &accounts[0]["party"]), (10, &Value::from("carrier")));
    for account in accounts {
        assert!(page.contains(&text(&account["address"])) && page.contains(&text(&account["privateKey"])));
    }
    assert!(page.contains(&format!("{},", text(&addresses["rpc"]))));
    let node = BlockingNode::new(text(&addresses["rpc"]));
    let contracts = addresses["contracts"].as_object().unwrap();
    for name in ["RegistryV5", "RegistryV4", "EthereumDIDRegistry", "LegacyDocumentStore", "BatchableDocumentStore"] {
        assert!(contracts.contains_key(name), "{name}");
    }
    for (name, contract) in contracts {
        assert!(page.contains(&format!("  {name} ")) && page.contains(&text(&contract["address"])), "{name}");
        assert!(node.ask("eth_getCode", json!([contract["address"], "latest"])) != "0x", "{name}");
        assert!(
            read(&text(&contract["abi"])).as_array().unwrap().iter().any(|item| item["type"] == "function"),
            "{name}"
        );
    }
}

#[test]
fn a_page_named_on_the_command_line_is_let_in_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let (_chain, page) = Running::start_with(folder.path(), &["--cors", "http://localhost:3000"]);
    let address = page.split_once("http://").unwrap().1.split_once(',').unwrap().0.to_owned();
    let status = |origin: &str| {
        let mut stream = TcpStream::connect(&address).unwrap();
        let head = format!("OPTIONS / HTTP/1.1\r\nhost: {address}\r\norigin: {origin}\r\nconnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply.split(' ').nth(1).unwrap().to_owned()
    };
    assert_eq!((status("http://localhost:3000").as_str(), status("http://localhost:3001").as_str()), ("204", "403"));
    for wrong in ["*", "null", "localhost:3000", "http://localhost:3000/page"] {
        let output = ebl(&["testchain", "--cors", wrong, "--dir", folder.path().to_str().unwrap()]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{wrong}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("scheme://host"), "{wrong}");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_chain_and_leaves_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let (mut chain, _) = Running::start(folder.path());
    assert!(Command::new("kill").args(["-INT", &chain.0.id().to_string()]).status().unwrap().success());
    assert_eq!(chain.0.wait().unwrap().code(), Some(0));
    assert!(folder.path().join("ebl.toml").exists() && folder.path().join("live.json").exists());
    // A second run in the same folder is welcome: the folder is known as its own.
    Running::start(folder.path());
}

#[test]
fn a_folder_with_other_files_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ebl.toml"), "timeout = 5\n").unwrap();
    let output = ebl(&["testchain", "--dir", folder.path().to_str().unwrap()]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--dir"));
    assert_eq!(std::fs::read_to_string(folder.path().join("ebl.toml")).unwrap(), "timeout = 5\n");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_taken_port_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for flag in ["--port", "--dns-port", "--https-port"] {
        let mut command = ebl(&["testchain", "--dir", folder.path().to_str().unwrap()]);
        for other in ["--port", "--dns-port", "--https-port"] {
            command.args([other, if other == flag { &port } else { "0" }]);
        }
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(message.contains(&port) && message.contains(flag), "{message}");
    }
}

/// A client that somebody has already, here one that posts to where the sandbox is.
struct OwnClient {
    client: reqwest::Client,
    to: String,
    asked: std::sync::atomic::AtomicUsize,
}

impl Transport for OwnClient {
    fn exchange(&self, request: String) -> Exchange<'_> {
        self.asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Box::pin(async {
            let posted = self.client.post(&self.to).header("content-type", "application/json").body(request);
            let reply = posted.send().await.map_err(|_| TransportError::Unreachable)?;
            Ok(reply.bytes().await.map_err(|_| TransportError::Unreachable)?.to_vec())
        })
    }
}

#[tokio::test]
async fn a_callers_own_rpc_client_leads_to_the_same_report() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut sandbox = Sandbox::start(any_port, any_port).await.unwrap();
    let samples = samples::issue(&mut sandbox).unwrap();
    let chain = ChainId::try_from(ebl_verifier::testchain::sandbox::CHAIN).unwrap();
    let client = Arc::new(OwnClient {
        client: reqwest::Client::new(),
        to: sandbox.rpc_url().to_owned(),
        asked: std::sync::atomic::AtomicUsize::new(0),
    });
    let endpoint: Endpoint = "https://node.example/key".parse().unwrap();
    let verifier = Verifier::builder()
        .default_endpoints(false)
        .endpoint(chain, endpoint.over(client.clone()))
        .block(BlockChoice::Latest)
        .resolver(sandbox.dns_address().to_string().parse().unwrap())
        .build()
        .unwrap();
    for sample in samples.iter().filter(|sample| ["live.json", "store.json", "ended.json"].contains(&sample.file)) {
        let report = verified(&verifier, &sandbox.wishes(), sample).await;
        assert_eq!((report.verdict, report.title.state), (sample.verdict, sample.title), "{}", sample.file);
        let as_of = report.as_of.unwrap();
        assert_eq!((as_of.endpoints, as_of.requests), (vec!["node.example".to_owned()], 2), "{}", sample.file);
    }
    assert_eq!(client.asked.load(std::sync::atomic::Ordering::Relaxed), 6, "two trips each");
}
