//! Documents that are asked about at the same time: together, at one block, in as few requests as one of them takes, and none
//! suffers for another. Behind each endpoint stands the embedded chain.
#![cfg(feature = "testchain")]

use crate::support::node::Node;
use crate::support::proxy::proxy;
use crate::support::rpc_server::{Reply, Request, Server};
use crate::support::wrapping::{Format, batch};

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::time::Duration;

use ebl_verifier::evidence::{Answer, Fact, ReadMethod, RegistryReading};
use ebl_verifier::primitives::{Address, ChainId, TokenId, keccak256};
use ebl_verifier::sources::chain::{BlockChoice, ChainConfig, ChainQuestion, ChainSource};
use ebl_verifier::sources::dns::Resolver;
use ebl_verifier::testchain::sandbox::{CHAIN, Party, Registry, Sandbox};
use ebl_verifier::verify::{CheckName, Outcome, Report, Verdict};
use ebl_verifier::{Verifier, Wishes};
use futures_util::stream::{self, StreamExt as _};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

struct World {
    runtime: Runtime,
    sandbox: Sandbox,
}

impl World {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let sandbox = runtime.block_on(Sandbox::start(any_port, any_port)).unwrap();
        sandbox.publish_home();
        Self { runtime, sandbox }
    }

    /// Bills whose titles are live, each with a title of its own.
    fn bills(&mut self, count: usize, registry: Registry) -> Vec<Vec<u8>> {
        let bills = (0..count).map(|number| {
            let bill = self.sandbox.bill(&format!("MANY-{number}"), registry.address).oa2(&mut self.sandbox.salts);
            self.sandbox.mint(registry, bill.target_hash.into(), [Party::Shipper; 2]).unwrap();
            bill.document.to_string().into_bytes()
        });
        bills.collect()
    }

    /// A node before the chain: `twist` answers some requests in its own way, or changes them on their way.
    fn node(&self, mut twist: impl FnMut(&mut Value) -> Option<Reply> + Send + 'static) -> Server {
        let behind = Node { url: self.sandbox.rpc_url().to_owned() };
        let handle = self.runtime.handle().clone();
        Server::start(move |request: &Request| {
            let mut body = request.body.clone();
            twist(&mut body).unwrap_or_else(|| {
                let (_, text) = handle.block_on(behind.post(body.to_string()));
                Reply::text(&text)
            })
        })
    }

    fn source(&self, url: &str) -> ChainSource {
        let endpoints = [(chain(), vec![url.parse().unwrap()])].into();
        let config =
            ChainConfig { endpoints, use_embedded: false, block: BlockChoice::Latest, ..ChainConfig::default() };
        ChainSource::new(config).unwrap()
    }

    fn reports(&self, url: &str, bills: &[Vec<u8>]) -> Vec<Report> {
        self.reports_by(&[url], bills)
    }

    /// The reports on these bills, asked about at the same time at these endpoints.
    fn reports_by(&self, urls: &[&str], bills: &[Vec<u8>]) -> Vec<Report> {
        let builder = Verifier::builder().default_endpoints(false);
        let verifier = urls
            .iter()
            .fold(builder, |builder, url| builder.endpoint(chain(), url.parse().unwrap()))
            .resolver(Resolver::Plain(self.sandbox.dns_address()))
            .block(BlockChoice::Latest)
            .timeout(Duration::from_secs(20))
            .share_answers(Duration::from_secs(60))
            .build()
            .unwrap();
        let wishes: Wishes = self.sandbox.wishes();
        let at_once = NonZeroUsize::new(256).unwrap();
        let reports = verifier.verify_many(stream::iter(bills), &wishes, at_once);
        let reports: Vec<_> = self.runtime.block_on(reports.collect());
        reports.into_iter().map(|report| report.expect("a document")).collect()
    }
}

fn chain() -> ChainId {
    ChainId::try_from(CHAIN).unwrap()
}

/// The calls of a request.
fn calls(body: &Value) -> &[Value] {
    body.as_array().map_or(&[], Vec::as_slice)
}

fn reading(answer: Answer) -> RegistryReading {
    match answer {
        Ok(Fact::Registry(reading)) => *reading,
        other => panic!("{other:?}"),
    }
}

/// Titles of all kinds: live ones, never issued ones, of both generations, behind a proxy, and where there is no registry.
fn titles(world: &mut World) -> Vec<(Address, TokenId)> {
    let upgradeable = world.sandbox.upgradeable_registry().unwrap();
    let mut titles = Vec::new();
    for registry in [world.sandbox.v5, world.sandbox.v4, upgradeable] {
        for number in 0..45u8 {
            let token: TokenId = keccak256([number]).into();
            if number % 3 < 2 {
                world.sandbox.mint(registry, token, [Party::Shipper, Party::Bank]).unwrap();
            }
            titles.push((registry.address, token));
        }
    }
    for nowhere in [Address([0x77; 20]), Party::Bank.address(), world.sandbox.did_registry()] {
        titles.extend((0..3u8).map(|number| (nowhere, keccak256([number]).into())));
    }
    titles
}

fn read_together(world: &World, url: &str, titles: &[(Address, TokenId)]) -> (Vec<RegistryReading>, u32) {
    let source = world.source(url);
    let questions =
        titles.iter().map(|(registry, token)| ChainQuestion::Registry { registry: *registry, token: *token });
    let answers = world.runtime.block_on(source.read(chain(), questions.collect()));
    let requests = answers.first().map_or(0, |(_, provenance)| provenance.requests);
    (answers.into_iter().map(|(answer, _)| reading(answer)).collect(), requests)
}

#[test]
fn titles_that_are_read_together_are_read_as_each_alone() {
    let mut world = World::new();
    let titles = titles(&mut world);
    let url = world.sandbox.rpc_url().to_owned();
    let (together, requests) = read_together(&world, &url, &titles);
    assert_eq!(requests, 2);
    let source = world.source(&url);
    for ((registry, token), together) in titles.iter().zip(together) {
        let (alone, _) = world.runtime.block_on(source.read_registry(chain(), *registry, *token));
        let alone = reading(alone);
        assert_eq!(alone.method, ReadMethod::Lens);
        assert_eq!(together, alone, "{registry} {token}");
    }
}

/// Gas for a call, as a node limits it, and how many requests that takes for a hundred titles at most.
#[test]
fn limits_of_gas_are_found_out_and_change_nothing_that_is_read() {
    let mut world = World::new();
    let titles = titles(&mut world);
    let (free, _) = read_together(&world, world.sandbox.rpc_url(), &titles);
    for (gas, most) in [(30_000_000_u64, 2), (12_000_000, 6), (9_000_000, 9), (3_000_000, 12)] {
        let limited = world.node(move |body| {
            for call in body.as_array_mut().into_iter().flatten() {
                if call["method"] == "eth_call" {
                    call["params"][0]["gas"] = json!(format!("{gas:#x}"));
                }
            }
            None
        });
        let (read, requests) = read_together(&world, &limited.url(), &titles);
        assert!(requests <= most, "{requests} requests with {gas} gas");
        assert_eq!(read, free, "{gas} gas");
    }
    let upstream = world.sandbox.rpc_url().trim_start_matches("http://").trim_end_matches('/').to_owned();
    let without = proxy(&upstream, |call, _| {
        let deployless = call["method"] == "eth_call" && call["params"][0]["to"].is_null();
        deployless.then(|| Err(json!({"code": -32000, "message": "not here"})))
    });
    let some = titles.iter().copied().step_by(12).collect::<Vec<_>>();
    let free = free.into_iter().step_by(12).collect::<Vec<_>>();
    let (read, _) = read_together(&world, &without.url(), &some);
    assert!(read.iter().all(|reading| reading.method == ReadMethod::Calls));
    let as_by_lens = |reading: RegistryReading| RegistryReading { method: ReadMethod::Lens, ..reading };
    assert_eq!(read.into_iter().map(as_by_lens).collect::<Vec<_>>(), free);
}

#[test]
fn a_hundred_documents_take_as_many_requests_as_one() {
    let mut world = World::new();
    let registry = world.sandbox.v5;
    let bills = world.bills(200, registry);
    // A node that is far away: meanwhile others come.
    let node = world.node(|_| {
        std::thread::sleep(Duration::from_millis(500));
        None
    });
    let reports = world.reports(&node.url(), &bills);
    assert!(reports.iter().all(|report| report.verdict == Verdict::Valid), "{:?}", reports[0].checks);
    let blocks: BTreeSet<u64> = reports.iter().map(|report| report.as_of.as_ref().expect("a block").block).collect();
    assert_eq!(blocks.len(), 1);
    let requests = node.asked().len();
    // One for the block, and two or a few more: the first go before the others have come. Alone they would take 400.
    assert!(requests <= 16, "{requests} requests");
}

#[test]
fn a_document_that_breaks_the_reply_to_all_harms_no_other() {
    let mut world = World::new();
    let (good, bad) = (world.sandbox.v5, world.sandbox.v4);
    let mut bills = world.bills(40, good);
    bills.splice(20..20, world.bills(1, bad));
    let broken = bad.address.to_string().to_lowercase();
    let node =
        world.node(move |body| body.to_string().to_lowercase().contains(&broken[2..]).then(|| Reply::text("<html>")));
    for (place, report) in world.reports(&node.url(), &bills).iter().enumerate() {
        let expected = if place == 20 { Verdict::Indeterminate } else { Verdict::Valid };
        assert_eq!(report.verdict, expected, "{place}: {:?}", report.checks);
    }
}

/// A document may ask several things of a chain; where it alone cannot be answered that is so for good.
#[test]
fn a_document_of_several_questions_that_nobody_answers_is_not_asked_about_for_ever() {
    let mut world = World::new();
    let registry = world.sandbox.v5;
    let stores = [Address([0x71; 20]), Address([0x72; 20])];
    let of_stores = batch(Format::V2, &stores, CHAIN, 0, 1).remove(0).document.to_string().into_bytes();
    let mut bills = world.bills(10, registry);
    bills.insert(3, of_stores);
    for (code, words) in [(-32000, "out of gas"), (-32005, "limit exceeded")] {
        let lacking = stores.map(|store| store.to_string().to_lowercase());
        let node = proxy(world.sandbox.rpc_url().trim_end_matches('/'), move |call, _| {
            let text = call.to_string().to_lowercase();
            let lacks = call["method"] == "eth_call" && lacking.iter().any(|store| text.contains(store));
            lacks.then(|| Err(json!({"code": code, "message": words})))
        });
        let reports = world.reports(&node.url(), &bills);
        for (place, report) in reports.iter().enumerate() {
            if place != 3 {
                assert_eq!(report.verdict, Verdict::Valid, "{place} {words}: {:?}", report.checks);
                continue;
            }
            let chain = report.checks.iter().find(|check| check.name == CheckName::Chain).expect("a check");
            assert_eq!((chain.outcome, chain.code.id), (Outcome::Unknown, "chain.rpc_unavailable"), "{words}");
        }
        let requests = node.asked().len();
        assert!(requests < 60, "{requests} requests, {words}");
    }
}

#[test]
fn answers_that_a_node_mixes_up_are_no_answers() {
    let mut world = World::new();
    let registry = world.sandbox.v5;
    let bills = world.bills(2, registry);
    // It reads the two tokens, which stand last, in the other order.
    let node = world.node(|body| {
        for call in body.as_array_mut().into_iter().flatten().filter(|call| call["method"] == "eth_call") {
            if let Some(data) = call["params"][0]["data"].as_str().map(str::to_owned) {
                let (rest, tokens) = data.split_at(data.len() - 128);
                let (one, other) = tokens.split_at(64);
                call["params"][0]["data"] = json!(format!("{rest}{other}{one}"));
            }
        }
        None
    });
    for report in world.reports(&node.url(), &bills) {
        assert_eq!(report.verdict, Verdict::Indeterminate, "{:?}", report.checks);
    }
}

#[test]
fn what_one_document_lacks_at_an_endpoint_is_no_failure_to_the_others() {
    let mut world = World::new();
    let (good, bad) = (world.sandbox.v5, world.sandbox.v4);
    let mut bills = world.bills(20, good);
    bills.splice(10..10, world.bills(1, bad));
    let lacking = bad.address.to_string().to_lowercase();
    let first = proxy(world.sandbox.rpc_url().trim_end_matches('/'), move |call, _| {
        let lacks = call["method"] == "eth_getCode" && call.to_string().to_lowercase().contains(&lacking);
        lacks.then(|| Err(json!({"code": -32000, "message": "missing trie node"})))
    });
    let second = world.node(|_| None);
    for (place, report) in world.reports_by(&[&first.url(), &second.url()], &bills).iter().enumerate() {
        assert_eq!(report.verdict, Verdict::Valid, "{place}: {:?}", report.checks);
        let report = serde_json::to_value(report).unwrap();
        let chain = report["checks"].as_array().unwrap().iter().find(|check| check["name"] == "chain").unwrap();
        let (answered_by, failed) = if place == 10 { (second.host(), 1) } else { (first.host(), 0) };
        assert_eq!(chain["answered_by"], json!([answered_by]), "{place}: {chain:#}");
        let unavailable = chain["unavailable"].as_array().map_or(0, Vec::len);
        assert_eq!(unavailable, failed, "{place}: {chain:#}");
    }
}

#[test]
fn an_endpoint_that_takes_few_calls_at_a_time_is_asked_in_smaller_batches() {
    let world = World::new();
    let node = world.node(|body| {
        let refusal =
            json!({"jsonrpc": "2.0", "id": null, "error": {"code": -32600, "message": "batch limit exceeded"}});
        (calls(body).len() > 20).then(|| Reply::json(&refusal))
    });
    let titles: Vec<(Address, TokenId)> = (0..60u8).map(|n| (Address([n; 20]), TokenId([n; 32]))).collect();
    let (read, requests) = read_together(&world, &node.url(), &titles);
    let (free, _) = read_together(&world, world.sandbox.rpc_url(), &titles);
    assert_eq!(read, free);
    // 301 calls: refused at 301, 150, 75 and 37, then in parts of 18.
    assert!(requests <= 1 + 4 + 17, "{requests}");
}

#[test]
fn a_dead_endpoint_is_not_asked_for_every_document() {
    let mut world = World::new();
    let registry = world.sandbox.v5;
    let bills = world.bills(100, registry);
    let node = world.node(|_| Some(Reply::HangUp));
    for report in world.reports(&node.url(), &bills) {
        assert_eq!(report.verdict, Verdict::Indeterminate);
        let chain = serde_json::to_value(&report).unwrap();
        let chain = chain["checks"].as_array().unwrap().iter().find(|check| check["name"] == "chain").unwrap().clone();
        assert_eq!(chain["code"], "chain.rpc_unavailable", "{chain:#}");
        assert_eq!(chain["unavailable"][0]["cause"], "unreachable", "{chain:#}");
        assert_eq!(chain["unavailable"][0]["host"], node.host(), "{chain:#}");
    }
    let requests = node.asked().len();
    assert!(requests <= 24, "{requests} requests");
}

#[test]
fn an_endpoint_that_dies_in_the_middle_leaves_what_it_said_before() {
    let mut world = World::new();
    let registry = world.sandbox.v5;
    let bills = world.bills(180, registry);
    let mut asked = 0;
    let node = world.node(move |_| {
        asked += 1;
        (asked > 3).then_some(Reply::HangUp)
    });
    let reports = world.reports(&node.url(), &bills);
    let count = |verdict| reports.iter().filter(|report| report.verdict == verdict).count();
    assert_eq!(count(Verdict::Valid) + count(Verdict::Indeterminate), 180);
    assert!(count(Verdict::Valid) > 0 && count(Verdict::Indeterminate) > 0, "{}", count(Verdict::Valid));
}

#[test]
fn rate_limits_all_the_way_only_take_longer() {
    let mut world = World::new();
    let registry = world.sandbox.v5;
    let bills = world.bills(60, registry);
    let mut asked = 0;
    let node = world.node(move |_| {
        asked += 1;
        (asked % 3 != 0).then(|| Reply::status("429 Too Many Requests").with("retry-after: 0"))
    });
    let reports = world.reports(&node.url(), &bills);
    assert!(reports.iter().all(|report| report.verdict == Verdict::Valid));
    let never = world.node(|_| Some(Reply::status("429 Too Many Requests").with("retry-after: 0")));
    for report in world.reports(&never.url(), &bills) {
        assert_eq!(report.verdict, Verdict::Indeterminate);
        assert!(report.checks.iter().all(|check| check.outcome != Outcome::Fail), "{:?}", report.checks);
    }
    let requests = never.asked().len();
    assert!(requests <= 24, "{requests} requests");
}

#[test]
fn the_block_of_a_run_is_chosen_anew_when_it_is_gone() {
    let mut world = World::new();
    let registry = world.sandbox.v5;
    let bills = world.bills(30, registry);
    let mut asked = 0;
    let node = world.node(move |body| {
        asked += 1;
        let header = calls(body).last().is_some_and(|call| call["method"] == "eth_getBlockByNumber");
        let null = |call: &Value| json!({"jsonrpc": "2.0", "id": call["id"], "result": null});
        (asked == 2 && header).then(|| Reply::json(&calls(body).iter().map(null).collect()))
    });
    let reports = world.reports(&node.url(), &bills);
    assert!(reports.iter().all(|report| report.verdict == Verdict::Valid), "{:?}", reports[0].checks);
    assert!(node.asked().len() >= 4);
}
