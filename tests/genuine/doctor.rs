//! `ebl doctor`: what works is said to work, what does not is said not to, every setting has its origin, and no key is ever
//! printed. The one trial that needs a real `anvil` says when it did not run.

use crate::support::anvil;
#[allow(dead_code, reason = "other tests use the rest")]
use crate::support::dns_server;
#[allow(dead_code, reason = "other tests use the rest")]
use crate::support::resolver;
use crate::support::rpc_node;
use crate::support::rpc_server;
#[allow(dead_code, reason = "other tests use the rest")]
use crate::support::zones;

use std::process::{Command, Stdio};
use std::sync::Arc;

use anvil::{Anvil, anvil_binary, node_modules};
use dns_server::{Delivery, DnsServer};
use ebl_verifier::primitives::TokenId;
use libtest_mimic::{Failed, Trial};

use crate::Suite;
use resolver::Resolver;
use rpc_node::{Lens, Node, Outcome};
use rpc_server::{Reply, Server, closed_port};
use serde_json::{Value, json};
use zones::{Trust, Zones};

const TRIALS: &[(&str, fn())] = &[
    #[cfg(feature = "testchain")]
    ("the_embedded_chain_works_and_has_proofs", the_embedded_chain_works_and_has_proofs),
    ("dead_wrong_and_foreign_servers_are_told_apart", dead_wrong_and_foreign_servers_are_told_apart),
    ("a_silent_endpoint_ends_with_its_time", a_silent_endpoint_ends_with_its_time),
    ("what_an_endpoint_lacks_is_said_and_does_not_stop_it", what_an_endpoint_lacks_is_said_and_does_not_stop_it),
    ("an_endpoint_without_state_cannot_be_used", an_endpoint_without_state_cannot_be_used),
    ("an_endpoint_that_is_behind_cannot_be_used", an_endpoint_that_is_behind_cannot_be_used),
    ("the_longest_range_of_logs_is_found", the_longest_range_of_logs_is_found),
    ("a_quorum_needs_as_many_endpoints", a_quorum_needs_as_many_endpoints),
    ("every_setting_has_its_origin_and_no_key_is_printed", every_setting_has_its_origin_and_no_key_is_printed),
    ("chains_without_endpoints_are_asked_for_by_number", chains_without_endpoints_are_asked_for_by_number),
    ("dnssec_is_tried_on_the_root", dnssec_is_tried_on_the_root),
    ("a_resolver_that_denies_everything_does_not_work", a_resolver_that_denies_everything_does_not_work),
    ("offline_only_the_settings_are_shown", offline_only_the_settings_are_shown),
    ("names_and_policies_are_read_and_shown", names_and_policies_are_read_and_shown),
    ("what_was_not_tried_is_not_said_to_work", what_was_not_tried_is_not_said_to_work),
    ("wrong_settings_are_a_usage_error", wrong_settings_are_a_usage_error),
];

pub fn suite() -> Suite {
    let modules = node_modules();
    let ready = anvil_binary(&modules).exists();
    let trial = |&(name, promise): &(&'static str, fn())| Trial::test(name, move || ran(promise));
    let mut trials: Vec<Trial> = TRIALS.iter().map(trial).collect();
    let anvil = Trial::test("anvil_works_with_proofs", || ran(anvil_works_with_proofs));
    trials.push(anvil.with_ignored_flag(!ready));
    Suite::new(trials, &[(ready, "ebl doctor on a real anvil needs npm packages.")])
}

/// A promise fails by a panic.
fn ran(promise: fn()) -> Result<(), Failed> {
    promise();
    Ok(())
}

/// The exit code, and the page; nothing that a key could hide in is ever printed.
fn doctor(environment: &[(&str, &str)], arguments: &[&str]) -> (i32, Value) {
    let (exit, printed) = run(environment, &[&["--format", "json"], arguments].concat());
    let page: Value = serde_json::from_str(&printed).unwrap_or_else(|_| panic!("{printed}"));
    let schema: Value = serde_json::from_str(include_str!("../../schemas/doctor.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> = validator.iter_errors(&page).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{page:#}");
    assert_eq!(exit, if page["works"] == true { 0 } else { 3 }, "{page:#}");
    assert_eq!(page["works"] == true, page["problems"].as_array().unwrap().is_empty(), "{page:#}");
    (exit, page)
}

fn run(environment: &[(&str, &str)], arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ebl"));
    command.arg("doctor").args(arguments).env_clear().env("HOME", "/nonexistent");
    let output = command.envs(environment.iter().copied()).stdin(Stdio::null()).output().unwrap();
    let printed = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(!printed.contains("s3cret"), "{printed}");
    (output.status.code().unwrap(), printed)
}

fn endpoint(page: &Value) -> &Value {
    let endpoints = page["chains"][0]["endpoints"].as_array().unwrap();
    assert_eq!(endpoints.len(), 1, "{page:#}");
    &endpoints[0]
}

fn setting<'p>(page: &'p Value, name: &str) -> (&'p str, &'p str) {
    let setting = page["settings"].as_array().unwrap().iter().find(|setting| setting["name"] == name);
    let setting = setting.unwrap_or_else(|| panic!("{name}: {page:#}"));
    (setting["value"].as_str().unwrap(), setting["origin"].as_str().unwrap())
}

/// As providers have it, with a key in the path and another one as a password.
fn rpc(server: &Server) -> String {
    format!("31337=http://user:s3cret@{}/v3/s3cret?key=s3cret", server.host())
}

/// A node that serves every log query and proof, except where `twist` has its own outcome.
fn node(node: Node, mut twist: impl FnMut(&str, &Value) -> Option<Outcome> + Send + 'static) -> Server {
    Server::start(move |request| {
        node.reply_but(request, |method, params| {
            twist(method, params).or_else(|| match method {
                "eth_getLogs" => Some(Ok(json!([]))),
                "eth_getProof" => Some(Ok(json!({"accountProof": ["0x00"], "storageProof": []}))),
                _ => None,
            })
        })
    })
}

fn live() -> Node {
    Node::live(TokenId([7; 32]))
}

#[cfg(feature = "testchain")]
fn the_embedded_chain_works_and_has_proofs() {
    use ebl_verifier::testchain::sandbox::Sandbox;

    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let any_port = std::net::SocketAddr::from((std::net::Ipv4Addr::LOCALHOST, 0));
    let sandbox = runtime.block_on(Sandbox::start(any_port, any_port)).unwrap();
    let (rpc, dns) = (format!("1337={}", sandbox.rpc_url()), sandbox.dns_address().to_string());
    let (exit, page) = doctor(&[], &["--rpc", &rpc, "--dns", &dns]);
    assert_eq!(exit, 0, "{page:#}");
    let endpoint = endpoint(&page);
    assert_eq!((&endpoint["proofs"], &endpoint["log_range"]), (&json!(true), &json!("whole")));
    assert_eq!(
        (&endpoint["one_call"], &endpoint["by_block_hash"], &endpoint["batches"]),
        (&json!(true), &json!(true), &json!(true))
    );
    assert_eq!(endpoint["block"]["finality"], "local");
    let (exit, text) = run(&[], &["--rpc", &rpc, "--dns", &dns]);
    assert_eq!(exit, 0);
    assert!(
        text.starts_with("WORKS\n") && text.contains("storage proofs") && !text.contains("no storage proofs"),
        "{text}"
    );
}

fn anvil_works_with_proofs() {
    let anvil = Anvil::start(&node_modules(), &[]);
    let resolver = Resolver::start();
    let (exit, page) = doctor(&[], &["--rpc", &format!("31337={}", anvil.url), "--dns", &resolver.address]);
    assert_eq!(exit, 0, "{page:#}");
    let endpoint = endpoint(&page);
    assert_eq!((&endpoint["proofs"], &endpoint["log_range"]), (&json!(true), &json!("whole")), "{page:#}");
    assert_eq!(endpoint["by_block_hash"], true);
}

fn dead_wrong_and_foreign_servers_are_told_apart() {
    let resolver = Resolver::start();
    let other_chain = node(Node { chain: 5, ..live() }, |_, _| None);
    let page_server = Server::start(|_| Reply::text("<!DOCTYPE html><html>Sign in with s3cret</html>"));
    let empty = Server::start(|_| Reply::status("204 No Content"));
    let limited = Server::start(|_| Reply::status("429 Too Many Requests"));
    let dead = format!("31337=http://127.0.0.1:{}/s3cret", closed_port());
    let cases = [
        (dead, "unreachable", "refused"),
        (rpc(&other_chain), "wrong_chain", "serves chain 5"),
        (rpc(&page_server), "not_an_answer", "not JSON"),
        (rpc(&empty), "not_an_answer", "empty"),
        (rpc(&limited), "rate_limited", "too many requests"),
    ];
    for (rpc, cause, detail) in cases {
        let (exit, page) = doctor(&[], &["--rpc", &rpc, "--dns", &resolver.address, "--timeout", "3"]);
        let endpoint = endpoint(&page);
        assert_eq!((exit, &endpoint["works"], &endpoint["unavailable"]["cause"]), (3, &json!(false), &json!(cause)));
        assert!(endpoint["summary"].as_str().unwrap().contains(detail), "{page:#}");
        assert_eq!(page["problems"], json!(["no endpoint of chain 31337 can be used"]));
    }
}

fn a_silent_endpoint_ends_with_its_time() {
    let resolver = Resolver::start();
    let silent = Server::start(|_| Reply::Silence);
    let (exit, page) = doctor(&[], &["--rpc", &rpc(&silent), "--dns", &resolver.address, "--timeout", "1"]);
    assert_eq!((exit, &endpoint(&page)["unavailable"]["cause"]), (3, &json!("timeout")));
    // One that falls silent after the essentials can be used.
    let working = live();
    let half_silent = Server::start(move |request| {
        let asks = |method: &str| request.body.to_string().contains(method);
        if asks("eth_getLogs") { Reply::Silence } else { working.reply(request) }
    });
    let (exit, page) = doctor(&[], &["--rpc", &rpc(&half_silent), "--dns", &resolver.address, "--timeout", "1"]);
    assert_eq!((exit, &endpoint(&page)["log_range"]), (0, &Value::Null), "{page:#}");
}

fn what_an_endpoint_lacks_is_said_and_does_not_stop_it() {
    let resolver = Resolver::start();
    let ask = |server: &Server| doctor(&[], &["--rpc", &rpc(server), "--dns", &resolver.address]).1;
    let refused = || Some(Err(json!({"code": -32000, "message": "s3cret: not on this plan"})));

    let page = ask(&node(live(), |_, _| None));
    assert_eq!(page["works"], true, "{page:#}");
    let summary = endpoint(&page)["summary"].as_str().unwrap();
    assert!(!summary.contains("; but "), "{summary}");

    let (number, hash) = (live().number, live().hash);
    assert_eq!(endpoint(&page)["block"]["number"], number);
    assert_eq!(endpoint(&page)["block"]["hash"], rpc_node::hex(&hash));

    let cases: Vec<(Server, &str, Value, &str)> = vec![
        (node(Node { lens: Lens::Refused, ..live() }, |_, _| None), "one_call", json!(false), "several calls"),
        (node(Node { lens_chain: 1, ..live() }, |_, _| None), "one_call", json!(false), "several calls"),
        (
            node(live(), move |method, _| if method == "eth_getProof" { refused() } else { None }),
            "proofs",
            json!(false),
            "no storage proofs",
        ),
        (
            node(live(), move |method, _| if method == "eth_getLogs" { refused() } else { None }),
            "log_range",
            json!("refused"),
            "no logs",
        ),
        (
            node(live(), move |method, params| {
                let by_hash = matches!(method, "eth_getCode" | "eth_call") && params[1].is_object();
                if by_hash { refused() } else { None }
            }),
            "by_block_hash",
            json!(false),
            "by block number only",
        ),
        (
            node(live(), |_, params| (params[0] == "finalized").then_some(Ok(Value::Null))),
            "finalized_block",
            Value::Null,
            "no finalized block",
        ),
    ];
    for (server, member, wanted, words) in cases {
        let page = ask(&server);
        assert_eq!((&page["works"], &endpoint(&page)[member]), (&json!(true), &wanted), "{page:#}");
        let (_, lacks) = endpoint(&page)["summary"].as_str().unwrap().split_once("; but ").expect("something lacks");
        assert!(lacks.contains(words), "{lacks}");
    }
    // Without batches everything takes a request of its own.
    let working = live();
    let single = Server::start(move |request| match request.body.is_array() {
        true => Reply::json(&json!({"jsonrpc": "2.0", "id": null, "error": {"code": -32600, "message": "no batches"}})),
        false => working.reply(request),
    });
    let page = ask(&single);
    assert_eq!((&page["works"], &endpoint(&page)["batches"]), (&json!(true), &json!(false)), "{page:#}");
}

fn an_endpoint_without_state_cannot_be_used() {
    let resolver = Resolver::start();
    let pruned = node(live(), |method, _| {
        (method == "eth_getCode").then(|| Err(json!({"code": -32000, "message": "missing trie node"})))
    });
    let (exit, page) = doctor(&[], &["--rpc", &rpc(&pruned), "--dns", &resolver.address]);
    assert_eq!((exit, &endpoint(&page)["works"]), (3, &json!(false)), "{page:#}");
    assert!(endpoint(&page)["summary"].as_str().unwrap().contains("does not give state at block 100"), "{page:#}");
    let blind = node(live(), |method, _| (method == "eth_call").then(|| Ok(json!("0x"))));
    let (exit, page) = doctor(&[], &["--rpc", &rpc(&blind), "--dns", &resolver.address]);
    assert_eq!((exit, &endpoint(&page)["works"]), (3, &json!(false)), "{page:#}");
    assert!(endpoint(&page)["summary"].as_str().unwrap().contains("does not run calls"), "{page:#}");
}

fn the_longest_range_of_logs_is_found() {
    let resolver = Resolver::start();
    for (limit, code) in [(10_000_u64, -32005), (100, -32000)] {
        let long = Node { number: 250_000, ..live() };
        let server = node(long, move |method, params| {
            let number = |name: &str| {
                let text = params[0][name].as_str().unwrap();
                u64::from_str_radix(text.trim_start_matches("0x"), 16).unwrap()
            };
            let too_long = method == "eth_getLogs" && number("toBlock") - number("fromBlock") + 1 > limit;
            too_long.then(|| Err(json!({"code": code, "message": "block range is too wide"})))
        });
        let (exit, page) = doctor(&[], &["--rpc", &rpc(&server), "--dns", &resolver.address]);
        assert_eq!((exit, &endpoint(&page)["log_range"]), (0, &json!(limit)), "{page:#}");
    }
}

fn a_quorum_needs_as_many_endpoints() {
    let resolver = Resolver::start();
    let (one, other) = (node(live(), |_, _| None), node(live(), |_, _| None));
    let dead = format!("31337=http://127.0.0.1:{}/", closed_port());
    let with = |rpcs: [&str; 2], quorum: &str| {
        let arguments = ["--rpc", rpcs[0], "--rpc", rpcs[1], "--dns", &resolver.address, "--quorum", quorum];
        doctor(&[], &arguments).0
    };
    assert_eq!(with([&rpc(&one), &rpc(&other)], "2"), 0);
    assert_eq!(with([&rpc(&one), &dead], "2"), 3);
    assert_eq!(with([&dead, &rpc(&one)], "1"), 0);
    // Twice the same place is one endpoint.
    assert_eq!(with([&rpc(&one), &rpc(&one)], "2"), 3);
}

fn an_endpoint_that_is_behind_cannot_be_used() {
    let resolver = Resolver::start();
    let at = |timestamp: u64| {
        let live = Node { chain: 137, lens_chain: 137, timestamp, ..live() };
        node(live, |_, _| None)
    };
    let asked = |server: &Server, environment: &[(&str, &str)], more: &[&str]| {
        let rpc = format!("137={}", server.url());
        doctor(environment, &[&["--dns", &resolver.address, "--rpc", &rpc][..], more].concat())
    };
    let behind = at(rpc_node::recent() - 40 * 86_400);
    let (exit, page) = asked(&behind, &[], &[]);
    assert_eq!((exit, &page["chains"][0]["endpoints"][0]["unavailable"]["cause"]), (3, &json!("behind")));
    let summary = page["chains"][0]["endpoints"][0]["summary"].as_str().unwrap();
    assert!(summary.contains("40 days old, more than 30 min"), "{summary}");
    let (exit, page) = asked(&at(rpc_node::recent() + 7200), &[], &[]);
    assert_eq!((exit, &page["chains"][0]["endpoints"][0]["unavailable"]["cause"]), (3, &json!("in_the_future")));
    let (exit, page) = asked(&behind, &[], &["--max-block-age", "off"]);
    assert_eq!((exit, setting(&page, "max_block_age")), (0, ("off", "flag")), "{page:#}");
    let (exit, page) = asked(&behind, &[("EBL_MAX_BLOCK_AGE", "41d")], &[]);
    assert_eq!((exit, setting(&page, "max_block_age")), (0, ("41 days", "variable")), "{page:#}");
    let (exit, page) = asked(&at(rpc_node::recent()), &[], &[]);
    assert_eq!((exit, setting(&page, "max_block_age")), (0, ("as each chain allows", "default")), "{page:#}");
}

fn every_setting_has_its_origin_and_no_key_is_printed() {
    let resolver = Resolver::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ebl.toml");
    let settings = "dnssec = \"report\"\nquorum = 2\ntimeout = 3\nallow_private = true\n\
        trust_registry = [\"1:0x5FbDB2315678afecb367f032d93F642f64180aa3\"]\n\
        [rpc]\n31337 = [\"http://127.0.0.1:9/s3cret\"]\n7 = [\"http://127.0.0.1:9/s3cret\"]\n8 = [\"http://127.0.0.1:9/s3cret\"]\n";
    std::fs::write(&file, settings).unwrap();
    let file = file.to_str().unwrap();
    let environment =
        [("EBL_CONFIG", file), ("EBL_RPC_31337", "http://u:s3cret@127.0.0.1:9/"), ("EBL_RPC_7", "http://127.0.0.1:9")];
    let dns = resolver.address.as_str();
    let flags = ["--rpc", "31337=http://user:s3cret@127.0.0.1:10/s3cret?key=s3cret", "--dns", dns, "--timeout", "1"];
    let (_, page) = doctor(&environment, &flags);
    for (name, wanted) in [
        ("config", (file, "variable")),
        ("rpc 31337", ("127.0.0.1:10", "flag")),
        ("rpc 7", ("127.0.0.1:9", "variable")),
        ("rpc 8", ("127.0.0.1:9", "file")),
        ("quorum", ("2", "file")),
        ("timeout", ("1 seconds", "flag")),
        ("dns", (dns, "flag")),
        ("dnssec", ("report", "file")),
        ("allow_private", ("true", "file")),
        ("block", ("finalized, or latest where the chain has no such block", "default")),
        ("trust_registry", ("1:0x5FbDB2315678afecb367f032d93F642f64180aa3", "file")),
    ] {
        assert_eq!(setting(&page, name), wanted, "{name}");
    }
    let origins: Vec<_> =
        page["chains"].as_array().unwrap().iter().map(|chain| chain["origin"].as_str().unwrap()).collect();
    assert_eq!(origins, ["variable", "file", "flag"]);
    let (_, text) = run(&environment, &flags);
    assert!(text.contains("127.0.0.1:9 (variable EBL_RPC_7)"), "{text}");
}

fn chains_without_endpoints_are_asked_for_by_number() {
    let resolver = Resolver::start();
    let (exit, page) = doctor(&[], &["--dns", &resolver.address]);
    assert_eq!((exit, page["chains"].as_array().unwrap().len()), (0, 0));
    let (exit, page) =
        doctor(&[], &["--dns", &resolver.address, "--no-default-rpc", "--chain-id", "1", "--chain-id", "424242"]);
    assert_eq!((exit, page["chains"].as_array().unwrap().len()), (3, 2));
    assert!(page["problems"][1].as_str().unwrap().contains("--rpc 424242=URL"), "{page:#}");
    // Of a network of the past nobody knows an endpoint, and that is said.
    for (chain, name) in [
        ("3", "Ropsten"),
        ("4", "Rinkeby"),
        ("5", "Goerli"),
        ("42", "Kovan"),
        ("295", "Hedera"),
        ("296", "Hedera Testnet"),
        ("80001", "Mumbai"),
    ] {
        let (_, page) = doctor(&[], &["--dns", &resolver.address, "--chain-id", chain]);
        let problem = page["problems"][0].as_str().unwrap();
        assert!(problem.starts_with(&format!("chain {chain} is ")) && problem.contains(name), "{page:#}");
        assert!(problem.contains("a retired test network") || problem.contains("no longer uses"), "{page:#}");
    }
    // Several endpoints in one variable are as `--rpc` given several times.
    let both = [("EBL_RPC_7", "http://127.0.0.1:9/s3cret, 7=http://127.0.0.2:9")];
    assert_eq!(setting(&doctor(&both, &["--dns", &resolver.address]).1, "rpc 7").0, "127.0.0.1:9, 127.0.0.2:9");
    let (exit, printed) = run(&[("EBL_RPC_7", "http://127.0.0.1:9,8=http://127.0.0.2/s3cret")], &[]);
    assert_eq!(exit, 2, "{printed}");
    assert!(printed.contains("EBL_RPC_7: an endpoint of chain 8 stands among those of chain 7"), "{printed}");
    // The one chain named is that of an endpoint that names none.
    let server = node(live(), |_, _| None);
    let url = server.url();
    let (exit, _) = doctor(&[], &["--dns", &resolver.address, "--chain-id", "31337", "--rpc", &url]);
    assert_eq!(exit, 0);
}

fn dnssec_is_tried_on_the_root() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let zones = Arc::new(Zones::new(&[("example.", Trust::Signed)]).signed());
    let folder = tempfile::tempdir().unwrap();
    let anchor = folder.path().join("anchor.zone");
    std::fs::write(&anchor, zones.key_record(".")).unwrap();
    let anchor = anchor.to_str().unwrap();
    let ask = |delivery, mode: &str| {
        let server = runtime.block_on(DnsServer::start(&zones, delivery));
        let address = server.address.to_string();
        doctor(&[], &["--dns", &address, "--dns-anchor", anchor, "--dnssec", mode, "--timeout", "5"])
    };
    let (exit, page) = ask(Delivery::Whole, "require");
    assert_eq!((exit, &page["resolvers"][0]["dnssec"]), (0, &json!("secure")), "{page:#}");
    let (exit, page) = ask(Delivery::Stripped, "report");
    assert_eq!((exit, &page["resolvers"][0]["dnssec"]), (0, &json!("not_checked")), "{page:#}");
    let (exit, page) = ask(Delivery::Stripped, "require");
    assert_eq!(exit, 3);
    assert!(page["problems"][0].as_str().unwrap().contains("DNSSEC is required"), "{page:#}");
    let nobody = format!("127.0.0.1:{}", closed_port());
    let (exit, page) = doctor(&[], &["--dns", &nobody, "--timeout", "1"]);
    assert_eq!((exit, &page["resolvers"][0]["works"]), (3, &json!(false)));
    assert_eq!(page["resolvers"][0]["knows_the_root"], json!(null));
}

fn a_resolver_that_denies_everything_does_not_work() {
    let blind = Resolver::denying_everything();
    let (exit, page) = doctor(&[], &["--dns", &blind.address]);
    let resolver = &page["resolvers"][0];
    assert_eq!((exit, &resolver["works"], &resolver["knows_the_root"]), (3, &json!(false), &json!(false)));
    assert!(resolver["summary"].as_str().unwrap().contains("denies everything"), "{page:#}");
    assert!(page["problems"][0].as_str().unwrap().contains("deny everything"), "{page:#}");
    // One that works is enough.
    let good = Resolver::start();
    let (exit, page) = doctor(&[], &["--dns", &blind.address, "--dns", &good.address]);
    assert_eq!((exit, &page["resolvers"][1]["knows_the_root"]), (0, &json!(true)), "{page:#}");
}

fn offline_only_the_settings_are_shown() {
    let server = node(live(), |_, _| None);
    let (exit, page) = doctor(&[], &["--offline", "--rpc", &rpc(&server)]);
    assert_eq!((exit, server.asked().len()), (3, 0));
    assert_eq!(setting(&page, "rpc 31337"), (server.host().as_str(), "flag"));
    assert_eq!((&page["chains"], &page["resolvers"]), (&json!([]), &json!([])));
}

fn names_and_policies_are_read_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (settings, names, policy) = (path("ebl.toml"), path("names.toml"), path("policy.toml"));
    std::fs::write(&names, "").unwrap();
    std::fs::write(&policy, "").unwrap();
    std::fs::write(&settings, format!("names = {names:?}\npolicy = \"policy.toml\"\n")).unwrap();
    let (_, page) = doctor(&[], &["--offline", "--config", &settings]);
    assert_eq!(
        (setting(&page, "names"), setting(&page, "policy")),
        ((names.as_str(), "file"), (policy.as_str(), "file"))
    );
    let (_, page) = doctor(&[("EBL_NAMES", &names), ("EBL_POLICY", &policy)], &["--offline"]);
    let both = (setting(&page, "names"), setting(&page, "policy"));
    assert_eq!(both, ((names.as_str(), "variable"), (policy.as_str(), "variable")));
    let (_, page) = doctor(&[], &["--offline", "--policy", &policy]);
    assert_eq!((setting(&page, "names"), setting(&page, "policy")), (("none", "default"), (policy.as_str(), "flag")));
    // What `ebl verify` would refuse is refused here.
    for (variable, value) in [("EBL_NAMES", "nope"), ("EBL_POLICY", "nope"), ("EBL_TRUST_REGISTRY", "nope")] {
        assert_eq!(run(&[(variable, value)], &["--offline"]).0, 2, "{variable}");
    }
    for line in ["names = \"nope\"", "policy = \"nope\"", "trust_registry = [\"nope\"]"] {
        std::fs::write(&settings, line).unwrap();
        assert_eq!(run(&[], &["--offline", "--config", &settings]).0, 2, "{line}");
    }
}

fn what_was_not_tried_is_not_said_to_work() {
    let resolver = Resolver::start();
    let (exit, text) = run(&[], &["--dns", &resolver.address]);
    assert!(exit == 0 && text.starts_with("RESOLVERS WORK, NO CHAIN WAS TRIED\n"), "{text}");
    // The chain is named already.
    let (exit, text) = run(&[], &["--offline", "--chain-id", "1"]);
    assert!(exit == 3 && text.contains("offline") && !text.contains("--chain-id N"), "{text}");
}

fn wrong_settings_are_a_usage_error() {
    for arguments in [
        &["--rpc", "http://127.0.0.1:9/s3cret"][..],
        &["--chain-id", "x"],
        &["--config", "/nonexistent/ebl.toml"],
        &["--max-block-age", "1w"],
    ] {
        assert_eq!(run(&[], arguments).0, 2, "{arguments:?}");
    }
}
