//! The real binary against endpoints, good and bad. The issuer's records are always right, so that whatever is unknown is
//! unknown because of the chain.

use crate::support::authority;
use crate::support::bill;
use crate::support::resolver;
use crate::support::rpc_node;
use crate::support::rpc_server;

use std::path::PathBuf;
use std::process::Command;

use authority::Authority;
use bill::wrapped_bill;
use ebl_verifier::primitives::{Address, TokenId};
use resolver::Resolver;
use rpc_node::{HOLDER, Node, REGISTRY};
use rpc_server::{Reply, Request, Server, closed_port};
use serde_json::Value;

/// A bill with its issuer's records in place.
struct Scene {
    _folder: tempfile::TempDir,
    bill: PathBuf,
    token: TokenId,
    resolver: Resolver,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (bytes, token) = wrapped_bill(REGISTRY, "carrier.example", "31337");
        let bill = folder.path().join("bill.json");
        std::fs::write(&bill, bytes).unwrap();
        let resolver = Resolver::start();
        resolver.publish(&[&format!("openatts net=ethereum netId=31337 addr={REGISTRY}")]);
        Self { _folder: folder, bill, token, resolver }
    }

    fn node(&self) -> Node {
        Node::live(self.token)
    }

    fn command(&self, format: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ebl"));
        command.args(["verify", "--format", format, "--trust-registry", &format!("31337:{REGISTRY}")]);
        command.args(["--dns", &self.resolver.address]).args(arguments).arg(&self.bill);
        command.env_clear().env("HOME", "/nonexistent");
        command
    }

    /// Without anything that a key could hide in ever printed.
    fn run(&self, format: &str, arguments: &[&str]) -> (i32, String) {
        let output = self.command(format, arguments).output().unwrap();
        let printed = [&output.stdout[..], &output.stderr[..]].concat();
        let printed = String::from_utf8(printed).unwrap();
        assert!(!printed.contains("s3cret"), "{printed}");
        (output.status.code().unwrap(), printed)
    }

    fn report(&self, arguments: &[&str]) -> (i32, Value) {
        let (exit, printed) = self.run("json", arguments);
        let report: Value = serde_json::from_str(&printed).unwrap_or_else(|_| panic!("{printed}"));
        let schema: Value = serde_json::from_str(include_str!("../../schemas/report.schema.json")).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<_> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
        (exit, report)
    }
}

fn serving(node: Node) -> Server {
    Server::start(move |request| node.reply(request))
}

/// As providers have it, with a key in the path and another one as a password.
fn rpc(server: &Server) -> String {
    format!("31337=http://user:s3cret@{}/v3/s3cret?key=s3cret", server.host())
}

fn check<'a>(report: &'a Value, name: &str) -> &'a Value {
    report["checks"].as_array().unwrap().iter().find(|check| check["name"] == name).unwrap()
}

#[test]
fn a_live_title_is_valid_and_the_key_goes_to_the_endpoint_only() {
    let scene = Scene::new();
    let server = serving(scene.node());
    let (exit, report) = scene.report(&["--rpc", &rpc(&server)]);
    assert_eq!((exit, &report["title"]["state"]), (0, &"live".into()), "{report:#}");
    assert_eq!(check(&report, "title")["strength"], "single_endpoint");
    let asked = &server.asked()[0];
    assert_eq!(asked.line, "POST /v3/s3cret?key=s3cret HTTP/1.1");
    assert!(asked.header("authorization").is_some_and(|value| value.starts_with("Basic ")));
}

#[test]
fn every_outage_is_indeterminate_with_its_host_and_cause() {
    let scene = Scene::new();
    let wrong_chain = Node { chain: 5, lens_chain: 5, ..scene.node() };
    let node = scene.node();
    let vanishing = move |request: &Request| {
        let state = request.body[0]["method"] == "eth_call";
        node.reply_but(request, |method, _| (state && method == "eth_getBlockByNumber").then_some(Ok(Value::Null)))
    };
    let replying = |reply: Reply| Server::start(move |_| reply.clone());
    let cases = [
        ("slow", Server::start(|_| Reply::Silence), "chain.rpc_unavailable", "timeout"),
        (
            "429",
            replying(Reply::status("429 Too Many").with("retry-after: 0")),
            "chain.rpc_unavailable",
            "rate_limited",
        ),
        ("HTML", replying(Reply::text("<html>s3cret")), "chain.rpc_unavailable", "not_an_answer"),
        (
            "503",
            replying(Reply::status("503 Unavailable").with("retry-after: 0")),
            "chain.rpc_unavailable",
            "not_an_answer",
        ),
        ("wrong chain", serving(wrong_chain), "chain.wrong_endpoint", "wrong_chain"),
        ("vanishing", Server::start(vanishing), "chain.block_vanished", "block_vanished"),
    ];
    let outage = |name: &str, rpc: &str, host: &str, code: &str, cause: &str| {
        let (exit, report) = scene.report(&["--timeout", "1", "--rpc", rpc]);
        let chain = check(&report, "chain");
        assert_eq!((exit, &report["verdict"]), (3, &"indeterminate".into()), "{name}: {report:#}");
        assert_eq!((&chain["code"], &chain["outcome"]), (&code.into(), &"unknown".into()), "{name}: {chain:#}");
        assert_eq!(chain["unavailable"][0]["host"], host, "{name}: {chain:#}");
        assert_eq!(chain["unavailable"][0]["cause"], cause, "{name}: {chain:#}");
        assert_eq!(check(&report, "issuer")["outcome"], "pass", "{name}");
        let (exit, page) = scene.run("human", &["--timeout", "1", "-v", "--rpc", rpc]);
        assert!(exit == 3 && page.starts_with("INDETERMINATE") && page.contains(host), "{name}: {page}");
    };
    for (name, server, code, cause) in &cases {
        outage(name, &rpc(server), &server.host(), code, cause);
    }
    let host = format!("127.0.0.1:{}", closed_port());
    outage("refused", &format!("31337=http://{host}/s3cret"), &host, "chain.rpc_unavailable", "unreachable");
}

#[test]
fn a_quorum_that_agrees_is_named_in_every_form_of_the_report() {
    let scene = Scene::new();
    let servers = [serving(scene.node()), serving(scene.node())];
    let hosts = servers.each_ref().map(Server::host);
    let urls = servers.each_ref().map(rpc);
    let arguments = ["--quorum", "2", "--rpc", &urls[0], "--rpc", &urls[1]];
    let (exit, report) = scene.report(&arguments);
    assert_eq!((exit, &report["verdict"]), (0, &"valid".into()), "{report:#}");
    for name in ["chain", "registry", "issuance", "title"] {
        let check = check(&report, name);
        assert_eq!((&check["strength"], &check["answered_by"]), (&"quorum".into(), &hosts.to_vec().into()), "{name}");
    }
    assert_eq!(check(&report, "issuer")["strength"], "single_resolver");
    assert_eq!(report["as_of"]["endpoints"], Value::from(hosts.to_vec()));
    let unchecked = report["not_checked"].to_string();
    assert!(unchecked.contains("2 of them agree") && !unchecked.contains("asked alone"), "{unchecked}");
    let (_, page) = scene.run("human", &arguments);
    let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(page.contains(&format!("two endpoints agree ({}, {})", hosts[0], hosts[1])), "{page}");

    let settings = scene.bill.with_file_name("ebl.toml");
    let [one, two] = servers.each_ref().map(Server::url);
    std::fs::write(&settings, format!("quorum = 2\n[rpc]\n31337 = [\"{one}\", \"{two}\"]\n")).unwrap();
    let (exit, report) = scene.report(&["--config", settings.to_str().unwrap()]);
    assert_eq!((exit, &check(&report, "title")["strength"]), (0, &"quorum".into()));
    std::fs::write(&settings, "quorum = 17\n").unwrap();
    assert_eq!(scene.run("json", &["--config", settings.to_str().unwrap()]).0, 2);
}

#[test]
fn endpoints_that_disagree_are_indeterminate_and_both_are_named() {
    let scene = Scene::new();
    let other = Address([0x99; 20]);
    let mut lying = scene.node();
    lying.escrow_says(scene.token, 0xe534_155d, rpc_node::word(other));
    let servers = [serving(scene.node()), serving(lying)];
    let hosts = servers.each_ref().map(Server::host);
    let urls = servers.each_ref().map(rpc);
    let arguments = ["--quorum", "2", "--rpc", &urls[0], "--rpc", &urls[1]];
    let (exit, report) = scene.report(&arguments);
    let chain = check(&report, "chain");
    assert_eq!((exit, &chain["code"]), (3, &"chain.endpoints_disagree".into()), "{report:#}");
    assert_eq!(chain["unavailable"][0]["cause"], "disagreement");
    let message = chain["message"].as_str().unwrap().to_lowercase();
    for part in [&hosts[0], &hosts[1], "holder", &HOLDER.to_string(), &other.to_string()] {
        assert!(message.contains(&part.to_lowercase()), "{part}: {message}");
    }
    assert_eq!(report["title"]["holder"], Value::Null, "neither answer is shown as the title's");
}

#[test]
fn a_quorum_without_enough_endpoints_says_so() {
    let scene = Scene::new();
    let server = serving(scene.node());
    let (exit, report) = scene.report(&["--quorum", "2", "--rpc", &rpc(&server)]);
    let chain = check(&report, "chain");
    assert_eq!((exit, &chain["code"]), (3, &"chain.no_endpoint".into()), "{report:#}");
    assert!(chain["message"].as_str().unwrap().contains("a quorum of 2"), "{chain}");
    assert!(server.asked().is_empty());

    let host = format!("127.0.0.1:{}", closed_port());
    let dead = format!("31337=http://{host}/s3cret");
    let (exit, report) = scene.report(&["--quorum", "2", "--rpc", &rpc(&server), "--rpc", &dead]);
    let chain = check(&report, "chain");
    assert_eq!((exit, &chain["code"]), (3, &"chain.rpc_unavailable".into()), "{report:#}");
    assert_eq!(chain["unavailable"][0]["host"], host);
    assert_eq!(chain["unavailable"][0]["cause"], "unreachable");
    assert!(chain["message"].as_str().unwrap().contains(&host), "{chain}");
}

#[test]
fn block_takes_tags_numbers_and_hashes() {
    let scene = Scene::new();
    let hash = rpc_node::hex(&scene.node().hash);
    for (given, wanted, finality) in [
        ("latest", "latest", "local"),
        ("safe", "safe", "safe"),
        ("finalized", "finalized", "finalized"),
        ("100", "0x64", "chosen"),
        (hash.as_str(), hash.as_str(), "chosen"),
    ] {
        let server = serving(scene.node());
        let (exit, report) = scene.report(&["--block", given, "--rpc", &rpc(&server)]);
        assert_eq!((exit, &report["as_of"]["finality"]), (0, &finality.into()), "{given}: {report:#}");
        assert_eq!((&report["as_of"]["block"], &report["as_of"]["hash"]), (&100.into(), &hash.as_str().into()));
        assert_eq!(server.asked()[0].body[1]["params"][0], wanted);
    }
    let server = serving(scene.node());
    let (exit, report) = scene.report(&["--block", "101", "--rpc", &rpc(&server)]);
    assert_eq!((exit, &check(&report, "chain")["code"]), (3, &"chain.no_such_block".into()));
}

#[test]
fn resolve_sends_one_host_and_port_elsewhere() {
    let scene = Scene::new();
    let server = serving(scene.node());
    let resolve = format!("rpc.example:8545={}", server.host());
    let (exit, report) = scene.report(&["--rpc", "31337=http://rpc.example:8545/s3cret", "--resolve", &resolve]);
    assert_eq!((exit, &report["as_of"]["endpoints"][0]), (0, &"rpc.example:8545".into()), "{report:#}");
    assert_eq!(server.asked()[0].header("host"), Some("rpc.example:8545"));
}

#[test]
fn a_private_authority_counts_when_it_is_given_and_not_otherwise() {
    let scene = Scene::new();
    let (authority, node) = (Authority::new(), scene.node());
    let server = Server::start_tls(authority.server("rpc.example"), move |request| node.reply(request));
    let root = scene.bill.with_file_name("root.pem");
    std::fs::write(&root, authority.pem()).unwrap();
    let resolve = format!("rpc.example:443={}", server.host());
    let flags = ["--rpc", "31337=https://rpc.example/s3cret", "--resolve", &resolve];
    let (exit, report) = scene.report(&[&flags[..], &["--ca-file", root.to_str().unwrap()]].concat());
    assert_eq!((exit, &report["as_of"]["endpoints"][0]), (0, &"rpc.example".into()), "{report:#}");
    let (exit, report) = scene.report(&flags);
    let chain = check(&report, "chain");
    assert_eq!((exit, &chain["code"]), (3, &"chain.rpc_unavailable".into()), "{report:#}");
    assert!(chain["message"].as_str().unwrap().contains("rpc.example: the TLS handshake failed"), "{chain}");
}

#[test]
fn an_upgradeable_registry_is_named_as_such() {
    let scene = Scene::new();
    let admin = Address([0xbb; 20]);
    let mut node = scene.node();
    node.slots[0] = rpc_node::word(Address([0xaa; 20]));
    node.slots[1] = rpc_node::word(admin);
    let server = serving(node);
    let mut command = Command::new(env!("CARGO_BIN_EXE_ebl"));
    command.args(["verify", "--format", "json", "--rpc", &rpc(&server), "--dns", &scene.resolver.address]);
    let output = command.arg(&scene.bill).env_clear().env("HOME", "/nonexistent").output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let registry = check(&report, "registry");
    assert_eq!((output.status.code(), &registry["code"]), (Some(3), &"registry.upgradeable_proxy".into()));
    assert!(registry["message"].as_str().unwrap().contains(&admin.to_string()), "{registry}");
}
