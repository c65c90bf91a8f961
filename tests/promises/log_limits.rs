//! A title's history from nodes with limits: on the length of a range, on the number of results, with and without a
//! suggestion, without block times, or without old logs. Behind each stands the embedded chain.
#![cfg(feature = "testchain")]

use crate::support::node;
use crate::support::rpc_server;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use ebl_verifier::primitives::{ChainId, TokenId, keccak256};
use ebl_verifier::testchain::contracts::TitleWrite;
use ebl_verifier::testchain::sandbox::{CHAIN, Party, Sandbox};
use ebl_verifier::verify::{Outcome, PowersWanted, Strength, TitleReport, TokenOfChain, Verdict};
use ebl_verifier::{Verifier, sources::chain::BlockChoice};
use node::Node;
use rpc_server::{Reply, Server};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// A chain of this many blocks, with twelve hand-overs of one title spread over it.
const BLOCKS: u64 = 5_000;
const OPERATIONS: usize = 13;

/// The ranges of blocks that a node answered for.
type Answered = Arc<Mutex<Vec<(u64, u64)>>>;

struct World {
    runtime: Runtime,
    sandbox: Sandbox,
    token: TokenId,
}

impl World {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let sandbox = runtime.block_on(Sandbox::start(any_port, any_port)).unwrap();
        let token = keccak256("bill").into();
        let world = Self { runtime, sandbox, token };
        world.sandbox.mint(world.sandbox.v5, token, [Party::Shipper, Party::Shipper]).unwrap();
        for step in 0..OPERATIONS - 1 {
            world.mine(BLOCKS / OPERATIONS as u64);
            let (by, to) = if step % 2 == 0 { (Party::Shipper, Party::Bank) } else { (Party::Bank, Party::Shipper) };
            let write = TitleWrite::TransferHolder { holder: to.address(), remark: vec![b'a' + step as u8] };
            world.sandbox.act(world.sandbox.v5, token, by, &write).unwrap();
        }
        world.mine(BLOCKS / OPERATIONS as u64);
        world
    }

    fn mine(&self, blocks: u64) {
        let node = Node { url: self.sandbox.rpc_url().to_owned() };
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": "evm_mine", "params": []});
        let batch = Value::Array(vec![call; blocks as usize]);
        let (status, _) = self.runtime.block_on(node.post(batch.to_string()));
        assert_eq!(status, 200);
    }

    /// A node before the chain: `refuses` has an error object for some queries for logs, by their range; `edit` changes the
    /// logs that the others get. Also what was answered.
    fn node(
        &self,
        refuses: impl Fn(u64, u64, usize) -> Option<Value> + Send + 'static,
        edit: impl Fn(&mut Vec<Value>) + Send + 'static,
    ) -> (Server, Answered) {
        let answered = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&answered);
        let behind = Node { url: self.sandbox.rpc_url().to_owned() };
        let handle = self.runtime.handle().clone();
        let server = Server::start(move |request| {
            let (_, text) = handle.block_on(behind.post(request.body.to_string()));
            let mut replies: Value = serde_json::from_str(&text).unwrap();
            let calls = request.body.as_array().expect("a batch");
            for (call, reply) in calls.iter().zip(replies.as_array_mut().expect("a batch")) {
                assert_eq!(call["id"], reply["id"]);
                if call["method"] != "eth_getLogs" {
                    continue;
                }
                let height = |name: &str| {
                    let text = call["params"][0][name].as_str().expect("a height");
                    u64::from_str_radix(&text[2..], 16).expect("a height")
                };
                let (first, last) = (height("fromBlock"), height("toBlock"));
                let logs = reply["result"].as_array_mut().expect("logs");
                match refuses(first, last, logs.len()) {
                    Some(error) => *reply = json!({"jsonrpc": "2.0", "id": call["id"], "error": error}),
                    None => {
                        edit(logs);
                        log.lock().unwrap().push((first, last));
                    }
                }
            }
            Reply::json(&replies)
        });
        (server, answered)
    }

    fn verifier(&self, server: &Server) -> Verifier {
        self.verifier_of(&[server], 1)
    }

    fn verifier_of(&self, servers: &[&Server], quorum: usize) -> Verifier {
        let chain = ChainId::try_from(CHAIN).unwrap();
        let mut builder = Verifier::builder().default_endpoints(false).quorum(quorum);
        for server in servers {
            builder = builder.endpoint(chain, server.url().parse().unwrap());
        }
        builder.block(BlockChoice::Latest).build().unwrap()
    }

    fn asked(&self, verifier: &Verifier) -> TitleReport {
        let (chain, registry) = (ChainId::try_from(CHAIN).unwrap(), self.sandbox.v5.address);
        let token = TokenOfChain { chain, registry, token: self.token };
        self.runtime.block_on(verifier.title_of_token(token, PowersWanted::No, &self.sandbox.wishes()))
    }
}

fn requests(report: &TitleReport) -> u32 {
    report.as_of.as_ref().unwrap().requests
}

fn assert_whole(report: &TitleReport, name: &str) {
    let history = report.checks.iter().find(|check| check.name.as_str() == "history").unwrap();
    assert_eq!(history.outcome, Outcome::Pass, "{name}: {history:?}");
    assert!(report.history_complete && report.history.len() == OPERATIONS, "{name}: {:#?}", report.history);
    assert!(report.history.iter().all(|entry| entry.timestamp.is_some()), "{name}");
}

#[test]
fn every_limit_is_met_and_every_block_is_searched() {
    let world = World::new();
    let longer = |first: u64, last: u64, limit: u64| last - first + 1 > limit;
    type Refuses = Box<dyn Fn(u64, u64, usize) -> Option<Value> + Send>;
    let cases: Vec<(&str, u32, Refuses)> = vec![
        ("none", 3, Box::new(|_, _, _| None)),
        (
            "1 000 blocks, in words",
            5,
            Box::new(move |first, last, _| {
                let error = json!({"code": -32602, "message": "block range is too wide: at most 1000 blocks"});
                longer(first, last, 1000).then_some(error)
            }),
        ),
        (
            "1 000 blocks, without a word about it",
            6,
            Box::new(move |first, last, _| {
                longer(first, last, 1000).then(|| json!({"code": -32603, "message": "internal error"}))
            }),
        ),
        (
            "a range that is suggested",
            5,
            Box::new(move |first, last, _| {
                let message = format!(
                    "query returned more than 10000 results. Try with this block range [{first:#x}, {:#x}].",
                    first + 1499
                );
                longer(first, last, 1500).then(|| json!({"code": -32005, "message": message}))
            }),
        ),
        (
            "a range that is suggested as data",
            5,
            Box::new(move |first, last, _| {
                let data = json!({"from": format!("{first:#x}"), "to": format!("{:#x}", first + 999), "limit": 10000});
                let error = json!({"code": -32005, "message": "query returned more than 10000 results", "data": data});
                longer(first, last, 1000).then_some(error)
            }),
        ),
        (
            "four results",
            9,
            Box::new(|_, _, found| {
                (found > 4).then(|| json!({"code": -32005, "message": "query returned more than 4 results"}))
            }),
        ),
        (
            "five blocks",
            90,
            Box::new(move |first, last, _| longer(first, last, 5).then(|| json!({"code": 35, "message": "too long"}))),
        ),
    ];
    for (name, most, refuses) in cases {
        let (server, answered) = world.node(refuses, |_| {});
        let report = world.asked(&world.verifier(&server));
        assert_whole(&report, name);
        assert!(requests(&report) <= most, "{name}: {} requests", requests(&report));
        let mut answered = answered.lock().unwrap().clone();
        answered.sort_unstable();
        let (pinned, mut next) = (report.as_of.as_ref().unwrap().block, 2);
        for (first, last) in answered {
            assert!(first <= next, "{name}: blocks {next} to {first} were not searched");
            next = next.max(last + 1);
        }
        assert_eq!(next, pinned + 1, "{name}");
    }
}

#[test]
fn an_endpoints_limit_is_remembered() {
    let world = World::new();
    let (server, _) = world.node(
        |first, last, _| {
            let error = json!({"code": -32005, "message": "query exceeds max block range 2500"});
            (last - first + 1 > 2500).then_some(error)
        },
        |_| {},
    );
    let verifier = world.verifier(&server);
    let first = world.asked(&verifier);
    let second = world.asked(&verifier);
    assert_whole(&first, "first");
    assert_whole(&second, "second");
    assert_eq!((requests(&first), requests(&second)), (5, 4));
}

#[test]
fn another_endpoint_is_asked_where_one_gives_a_part() {
    let world = World::new();
    let pruned =
        world.node(|first, _, _| (first < 2_500).then(|| json!({"code": -32000, "message": "pruned"})), |_| {}).0;
    let whole = world.node(|_, _, _| None, |_| {}).0;
    let report = world.asked(&world.verifier_of(&[&pruned, &whole], 1));
    assert_whole(&report, "the second endpoint");
    assert_eq!(report.as_of.unwrap().endpoints, [whole.host()]);
}

#[test]
fn a_quorum_must_agree_about_every_log() {
    let world = World::new();
    let [one, two] = [(); 2].map(|()| world.node(|_, _, _| None, |_| {}).0);
    let report = world.asked(&world.verifier_of(&[&one, &two], 2));
    assert_whole(&report, "two that agree");
    assert_eq!(report.checks.last().unwrap().strength, Some(Strength::Quorum));

    let lying = world.node(|_, _, _| None, |logs| logs.truncate(8)).0;
    let pruned =
        world.node(|first, _, _| (first < 2_500).then(|| json!({"code": -32000, "message": "pruned"})), |_| {}).0;
    for (other, code) in [(&lying, "chain.endpoints_disagree"), (&pruned, "chain.rpc_unavailable")] {
        let report = world.asked(&world.verifier_of(&[&one, other], 2));
        let history = report.checks.last().unwrap();
        assert_eq!((history.outcome, history.code.id), (Outcome::Unknown, code), "{history:?}");
        assert!(report.history.is_empty() && !report.history_complete);
        assert_eq!(report.title.holder, Some(Party::Shipper.address()), "they agree about the state");
    }
}

#[test]
fn times_that_a_node_leaves_out_come_from_the_headers() {
    let world = World::new();
    let whole = world.asked(&world.verifier(&world.node(|_, _, _| None, |_| {}).0));
    let times = |report: &TitleReport| report.history.iter().map(|entry| entry.timestamp).collect::<Vec<_>>();
    type Edit = fn(&mut Vec<Value>);
    let edits: [(&str, Edit); 3] = [
        ("left out", |logs| {
            logs.iter_mut().for_each(|log| drop(log.as_object_mut().unwrap().remove("blockTimestamp")))
        }),
        ("zero", |logs| logs.iter_mut().for_each(|log| log["blockTimestamp"] = json!("0x0"))),
        ("impossible", |logs| logs.iter_mut().for_each(|log| log["blockTimestamp"] = json!("0xffffffffff"))),
    ];
    for (name, edit) in edits {
        let report = world.asked(&world.verifier(&world.node(|_, _, _| None, edit).0));
        assert_whole(&report, name);
        assert_eq!((times(&report), requests(&report)), (times(&whole), 4), "{name}");
    }
}

#[test]
fn a_node_without_old_logs_gives_a_part_that_is_called_one() {
    let world = World::new();
    let kept_from = 2_500;
    let pruned = move |first: u64, _: u64, _: usize| {
        (first < kept_from).then(|| json!({"code": -32000, "message": "history has been pruned for this block"}))
    };
    let report = world.asked(&world.verifier(&world.node(pruned, |_| {}).0));
    let history = report.checks.iter().find(|check| check.name.as_str() == "history").unwrap();
    assert_eq!((history.outcome, history.code.id), (Outcome::Unknown, "history.partial"), "{history:?}");
    // Where reading stopped is said; it may be a little above where the node stops, but nothing that it has is left out.
    let said = history.message.split_once("before block ").and_then(|(_, rest)| rest.split(' ').next());
    let first_known: u64 = said.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("{}", history.message));
    assert!(first_known >= kept_from, "{}", history.message);
    let whole = world.asked(&world.verifier(&world.node(|_, _, _| None, |_| {}).0));
    let kept = whole.history.iter().filter(|entry| entry.block >= kept_from).count();
    assert_eq!(report.history.len(), kept);
    assert_eq!((report.history_complete, report.verdict()), (false, Verdict::Indeterminate));
    assert!(!report.history.is_empty() && report.history.iter().all(|entry| entry.block >= kept_from));
    let last = report.history.last().unwrap();
    assert_eq!((last.holder, last.owner), (report.title.holder, None), "the beneficiary is not known from these");
}

#[test]
fn logs_that_were_taken_away_added_or_moved_are_no_complete_history() {
    let world = World::new();
    type Edit = fn(&mut Vec<Value>);
    let edits: [(&str, Edit, &str); 6] = [
        ("taken away", |logs| drop(logs.remove(6)), "history.incomplete"),
        ("twice", |logs| logs.push(logs[6].clone()), "history.incomplete"),
        (
            "of another contract",
            |logs| logs[6]["address"] = json!("0x000000000000000000000000000000000000dead"),
            "history.incomplete",
        ),
        ("of another block", |logs| logs[6]["blockNumber"] = json!("0x7"), "chain.rpc_unavailable"),
        ("out of the range", |logs| logs[6]["blockNumber"] = json!("0xffffff"), "history.partial"),
        ("no logs", |logs| *logs = vec![json!("x")], "history.partial"),
    ];
    for (name, edit, code) in edits {
        let report = world.asked(&world.verifier(&world.node(|_, _, _| None, edit).0));
        let history = report.checks.iter().find(|check| check.name.as_str() == "history").unwrap();
        assert_eq!((history.outcome, history.code.id), (Outcome::Unknown, code), "{name}: {history:?}");
        assert_eq!((report.history_complete, report.verdict()), (false, Verdict::Indeterminate), "{name}");
        assert_eq!(report.title.holder, Some(Party::Shipper.address()), "{name}: the state does not rest on the logs");
    }
    let shuffled = world.asked(&world.verifier(&world.node(|_, _, _| None, |logs| logs.reverse()).0));
    assert_whole(&shuffled, "the order of a reply means nothing");
    let taken_back = world.node(
        |_, _, _| None,
        |logs| {
            let mut ghost = logs[6].clone();
            ghost["removed"] = json!(true);
            logs.push(ghost);
        },
    );
    assert_whole(&world.asked(&world.verifier(&taken_back.0)), "a log that was taken back does not count");
}
