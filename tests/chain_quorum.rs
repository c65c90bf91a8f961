//! Several endpoints, one answer: agreement, disagreement, and too few to agree (chain.md §5.5).

#[path = "support/rpc_node.rs"]
mod rpc_node;
#[path = "support/rpc_server.rs"]
mod rpc_server;

use std::time::Duration;

use ebl_verifier::evidence::{Answer, Cause, Fact, Provenance, Unavailable};
use ebl_verifier::primitives::{Address, ChainId, TokenId};
use ebl_verifier::sources::chain::{ChainConfig, ChainSource};
use rpc_node::{Lens, Node, REGISTRY};
use rpc_server::{Reply, Server, closed_port};
use serde_json::Value;

const TOKEN: TokenId = TokenId([0x55; 32]);

fn node() -> Node {
    Node::live(TOKEN)
}

fn serving(node: Node) -> Server {
    Server::start(move |request| node.reply(request))
}

async fn asked(quorum: usize, urls: &[String]) -> (Answer, Provenance) {
    let chain = ChainId::try_from(31337).unwrap();
    let config = ChainConfig {
        endpoints: [(chain, urls.iter().map(|url| url.parse().unwrap()).collect())].into(),
        quorum,
        timeout: Duration::from_secs(20),
        retries: 0,
        use_embedded: false,
        ..ChainConfig::default()
    };
    ChainSource::new(config).unwrap().read_registry(chain, REGISTRY, TOKEN).await
}

async fn refused(quorum: usize, urls: &[String]) -> (Unavailable, Provenance) {
    let (answer, provenance) = asked(quorum, urls).await;
    assert!(provenance.hosts.is_empty(), "{provenance:?}");
    (answer.expect_err("no answer"), provenance)
}

#[tokio::test]
async fn endpoints_that_agree_are_all_named() {
    let servers = [serving(node()), serving(Node { lens: Lens::Refused, ..node() }), serving(node())];
    let urls = servers.each_ref().map(Server::url);
    for quorum in [2, 3] {
        let (answer, provenance) = asked(quorum, &urls).await;
        assert!(matches!(answer, Ok(Fact::Registry(_))), "{answer:?}");
        let hosts: Vec<_> = servers.iter().take(quorum).map(Server::host).collect();
        assert_eq!((provenance.hosts, provenance.failed), (hosts, Vec::new()));
    }
    let third = servers[2].asked();
    assert_eq!(third.len(), 2, "only the quorum of three asks the third");
    assert_eq!(third[0].body[1]["method"], "eth_getBlockByHash", "at the block that the first one named");
}

#[tokio::test]
async fn one_difference_leaves_no_answer_and_is_named() {
    let other_holder = || {
        let mut other = node();
        other.escrow_says(TOKEN, 0xe534_155d, rpc_node::word(Address([0x99; 20])));
        other
    };
    let mut other_code = node();
    other_code.codes.insert(REGISTRY, vec![0x60; 701]);
    let mut proxy = node();
    proxy.slots[0][31] = 9;
    let cases = [
        ("holder.data", other_holder()),
        ("holder.data", Node { lens: Lens::Refused, ..other_holder() }),
        ("registry_code", other_code),
        ("proxy_slots.implementation", proxy),
        ("block.timestamp", Node { timestamp: 1_780_000_001, ..node() }),
        ("block.hash", Node { hash: [0xb2; 32], ..node() }),
    ];
    for (field, other) in cases {
        let servers = [serving(node()), serving(node()), serving(other)];
        // No majority: two that agree do not outvote the third.
        let (why, _) = refused(3, &servers.each_ref().map(Server::url)).await;
        assert_eq!(why.cause, Cause::Disagreement, "{field}: {why:?}");
        for part in [servers[0].host(), servers[2].host(), format!(" differ: {field} is ")] {
            assert!(why.detail.contains(&part), "{part}: {why:?}");
        }
        assert!(why.detail.len() < 260, "{}", why.detail);
    }
}

#[tokio::test]
async fn an_endpoint_that_fails_is_replaced_by_the_next() {
    let dead = format!("http://127.0.0.1:{}/", closed_port());
    let wrong_chain = serving(Node { chain: 1, lens_chain: 1, ..node() });
    let good = [serving(node()), serving(node())];
    for urls in [
        [dead.clone(), good[0].url(), good[1].url()],
        [good[0].url(), dead.clone(), good[1].url()],
        [wrong_chain.url(), good[0].url(), good[1].url()],
        [good[0].url(), wrong_chain.url(), good[1].url()],
    ] {
        let (answer, provenance) = asked(2, &urls).await;
        assert!(answer.is_ok(), "{urls:?} {answer:?}");
        assert_eq!((provenance.hosts, provenance.failed.len()), (vec![good[0].host(), good[1].host()], 1));
    }
}

#[tokio::test]
async fn too_few_usable_answers_are_no_answer_and_those_that_failed_are_named() {
    let good = serving(node());
    let port = closed_port();
    let dead = format!("http://127.0.0.1:{port}/");
    let html = Server::start(|_| Reply::text("<html>"));
    let behind = Server::start(|request| {
        node().reply_but(request, |method, _| method.starts_with("eth_getBlockBy").then_some(Ok(Value::Null)))
    });
    for (urls, host, cause, detail) in [
        ([good.url(), dead.clone()], format!("127.0.0.1:{port}"), Cause::Unreachable, "refused"),
        ([dead, good.url()], format!("127.0.0.1:{port}"), Cause::Unreachable, "refused"),
        ([good.url(), html.url()], html.host(), Cause::NotAnAnswer, "not JSON"),
        ([good.url(), behind.url()], behind.host(), Cause::NotAnAnswer, "does not have block 100"),
    ] {
        let (why, provenance) = refused(2, &urls).await;
        assert_eq!(why.cause, cause, "{why:?}");
        assert!(why.detail.contains(&host) && why.detail.contains(detail), "{why:?}");
        assert!(why.detail.contains(&format!("too few answered ({})", good.host())), "{why:?}");
        assert_eq!(provenance.failed.iter().map(|why| why.host.clone()).collect::<Vec<_>>(), [Some(host)]);
    }
}

#[tokio::test]
async fn two_urls_of_one_host_and_port_are_one_endpoint() {
    let good = serving(node());
    let other_key = format!("http://{}/v3/other", good.host());
    let (why, provenance) = refused(2, &[good.url(), other_key]).await;
    assert_eq!((why.cause, provenance.requests), (Cause::NoSource, 0));
    assert!(why.detail.contains("a quorum of 2") && why.detail.contains("1 known"), "{why:?}");
}

#[tokio::test]
async fn a_block_that_vanishes_under_a_quorum_is_pinned_again_once() {
    for (times, fine) in [(1, true), (2, false)] {
        let mut seen = 0;
        let shaky = Server::start(move |request| {
            let state = request.body.as_array().is_some_and(|calls| calls[0]["method"] == "eth_call");
            let replaced = state && seen < times;
            seen += usize::from(state);
            node().reply_but(request, |method, _| {
                (replaced && method == "eth_getBlockByNumber").then(|| Ok(Node { hash: [0xee; 32], ..node() }.header()))
            })
        });
        let (answer, _) = asked(2, &[shaky.url(), serving(node()).url()]).await;
        match answer {
            Ok(_) => assert!(fine),
            Err(why) => assert!(!fine && why.cause == Cause::BlockVanished, "{why:?}"),
        }
    }
}
