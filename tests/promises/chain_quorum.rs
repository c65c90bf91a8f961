//! Several endpoints, one answer: agreement, disagreement, too few to agree, and a liar in every place (chain.md §5.5).

use crate::support::rpc_node;
use crate::support::rpc_server;

use std::time::Duration;

use ebl_verifier::block_age::MaxBlockAge;
use ebl_verifier::evidence::{Answer, Cause, Fact, Finality, Provenance, RegistryReading, Unavailable};
use ebl_verifier::primitives::{Address, ChainId, TokenId};
use ebl_verifier::sources::chain::{ChainConfig, ChainSource};
use rpc_node::{HOLDER, Lens, Node, REGISTRY};
use rpc_server::{Reply, Request, Server, closed_port};
use serde_json::{Value, json};

const TOKEN: TokenId = TokenId([0x55; 32]);

fn node() -> Node {
    Node::live(TOKEN)
}

fn serving(node: Node) -> Server {
    Server::start(move |request| node.reply(request))
}

async fn asked(quorum: usize, urls: &[String]) -> (Answer, Provenance) {
    asked_about(31337, quorum, urls).await
}

async fn asked_about(chain: u64, quorum: usize, urls: &[String]) -> (Answer, Provenance) {
    asked_so(chain, quorum, urls, MaxBlockAge::OfChain).await
}

async fn asked_so(chain: u64, quorum: usize, urls: &[String], max_block_age: MaxBlockAge) -> (Answer, Provenance) {
    let chain = ChainId::try_from(chain).unwrap();
    let config = ChainConfig {
        endpoints: [(chain, urls.iter().map(|url| url.parse().unwrap()).collect())].into(),
        quorum,
        timeout: Duration::from_secs(20),
        retries: 0,
        use_embedded: false,
        max_block_age,
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
    assert_eq!(third[0].body[1]["method"], "eth_getBlockByNumber", "each is asked for its own block");
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
        ("title.holder.data", other_holder()),
        ("title.holder.data", Node { lens: Lens::Refused, ..other_holder() }),
        ("contract.code", other_code),
        ("contract.proxy_slots.implementation", proxy),
        ("block.timestamp", Node { timestamp: node().timestamp + 1, ..node() }),
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
    let empty = Server::start(|request| {
        node().reply_but(request, |method, _| method.starts_with("eth_getBlockBy").then_some(Ok(Value::Null)))
    });
    for (urls, host, cause, detail) in [
        ([good.url(), dead.clone()], format!("127.0.0.1:{port}"), Cause::Unreachable, "refused"),
        ([dead, good.url()], format!("127.0.0.1:{port}"), Cause::Unreachable, "refused"),
        ([good.url(), html.url()], html.host(), Cause::NotAnAnswer, "not JSON"),
        ([good.url(), empty.url()], empty.host(), Cause::NotAnAnswer, "did not give the block asked for"),
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
async fn two_names_of_one_server_are_one_endpoint() {
    let good = serving(node());
    let port = good.address.port();
    for name in ["localhost", "LOCALHOST.", "[::ffff:127.0.0.1]", "0.0.0.0", "127.0.0.1."] {
        let other = format!("http://{name}:{port}/");
        let (why, provenance) = refused(2, &[good.url(), other]).await;
        assert_eq!((why.cause, provenance.requests), (Cause::NoSource, 0), "{name}");
        assert!(why.detail.contains("1 known"), "{why:?}");
    }
    // A third that is another one makes up for it.
    let other = serving(node());
    let (answer, provenance) = asked(2, &[good.url(), format!("http://localhost:{port}/"), other.url()]).await;
    assert!(answer.is_ok());
    assert_eq!(provenance.hosts, [good.host(), other.host()]);
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

const BUYER: Address = Address([0x77; 20]);
const DAY: u64 = 86_400;

/// A chain as one endpoint shows it: its settled block, its newest, and what lies below them.
#[derive(Clone)]
struct View {
    settled: Node,
    newest: Node,
    older: Vec<Node>,
    /// Whether it knows the `finalized` tag.
    tags: bool,
}

impl View {
    /// At these heights, each block a minute after the one before it; from block `sold` on the title is the buyer's.
    fn of(settled: u64, newest: u64, sold: u64) -> Self {
        let at = |number: u64| {
            let timestamp = rpc_node::recent() + 60 * number - 60 * 100;
            let hash = [u8::try_from(number).unwrap(); 32];
            let mut node = Node { chain: 137, lens_chain: 137, number, hash, timestamp, ..node() };
            if number >= sold {
                node.escrow_says(TOKEN, 0xe534_155d, rpc_node::word(BUYER));
            }
            node
        };
        Self { settled: at(settled), newest: at(newest), older: (90..settled).map(at).collect(), tags: true }
    }

    fn node(&self, method: &str, params: &Value) -> Option<&Node> {
        let all = || [&self.settled, &self.newest].into_iter().chain(&self.older);
        let by_tag = method == "eth_getBlockByNumber" && params[0] == "latest";
        if by_tag {
            return Some(&self.newest);
        }
        let named = |node: &&Node| {
            let (number, hash) = (json!(format!("{:#x}", node.number)), json!(rpc_node::hex(&node.hash)));
            params
                .as_array()
                .unwrap()
                .iter()
                .any(|param| *param == number || *param == hash || param["blockHash"] == hash)
        };
        all().find(named).or((method == "eth_chainId" || params[0] == "finalized").then_some(&self.settled))
    }

    fn reply(&self, request: &Request) -> Reply {
        self.settled.reply_but(request, |method, params| {
            if !self.tags && params[0] == "finalized" {
                return Some(Err(json!({"code": -32000, "message": "finalized block not found"})));
            }
            let gone = || Err(json!({"code": -32001, "message": "resource not found"}));
            let absent = if method.starts_with("eth_getBlockBy") { Ok(Value::Null) } else { gone() };
            Some(self.node(method, params).map_or(absent, |node| node.call(method, params)))
        })
    }

    fn serve(self) -> Server {
        Server::start(move |request| self.reply(request))
    }
}

fn read((answer, provenance): (Answer, Provenance)) -> (RegistryReading, Provenance) {
    match answer {
        Ok(Fact::Registry(reading)) => (*reading, provenance),
        other => panic!("{other:?} {provenance:?}"),
    }
}

/// These endpoints in every order.
fn orders(urls: [String; 2]) -> [[String; 2]; 2] {
    let [one, other] = urls;
    [[one.clone(), other.clone()], [other, one]]
}

#[tokio::test]
async fn the_block_that_is_read_is_the_lowest_that_all_call_final() {
    let (ahead, behind) = (View::of(104, 108, 200).serve(), View::of(100, 107, 200).serve());
    for urls in orders([ahead.url(), behind.url()]) {
        let (reading, provenance) = read(asked_about(137, 2, &urls).await);
        assert_eq!((reading.block.number, reading.block.finality), (100, Finality::Finalized));
        assert_eq!((provenance.requests, provenance.hosts.len()), (4, 2), "two round trips at each");
        let mut newest: Vec<_> = reading.newest.readings().iter().map(|latest| latest.block.number).collect();
        newest.sort_unstable();
        assert_eq!(newest, [107, 108]);
    }
}

#[tokio::test]
async fn it_is_no_more_final_than_the_least_of_them_says() {
    let (finalizing, lacking) =
        (View::of(100, 108, 200).serve(), View { tags: false, ..View::of(100, 107, 200) }.serve());
    for urls in orders([finalizing.url(), lacking.url()]) {
        let (reading, _) = read(asked_about(137, 2, &urls).await);
        assert_eq!((reading.block.number, reading.block.finality), (100, Finality::Latest));
    }
}

#[tokio::test]
async fn an_old_block_that_one_calls_final_is_a_difference_in_whatever_place_it_stands() {
    // Real blocks, as they were 40 days ago, when the title had not been sold.
    let old = |view: View| {
        let back = |node: Node| Node { timestamp: node.timestamp - 40 * DAY, ..node };
        View {
            settled: back(view.settled),
            newest: back(view.newest),
            older: view.older.into_iter().map(back).collect(),
            ..view
        }
    };
    let honest = || View::of(104, 108, 102).serve();
    let liar = old(View::of(95, 95, 102)).serve();
    let (one, other) = (honest(), honest());
    for max_block_age in [MaxBlockAge::OfChain, MaxBlockAge::Off] {
        for urls in orders([liar.url(), one.url()]) {
            let (answer, _) = asked_so(137, 2, &urls, max_block_age).await;
            let why = answer.expect_err("a difference");
            assert_eq!(why.cause, Cause::Disagreement, "{why:?}");
            assert!(why.detail.contains(&liar.host()) && why.detail.contains(&one.host()), "{why:?}");
        }
    }
    // Where there is another endpoint, it takes the place of the one that is behind.
    for place in 0..3 {
        let mut urls = vec![one.url(), other.url()];
        urls.insert(place, liar.url());
        let (reading, provenance) = read(asked_about(137, 2, &urls).await);
        assert_eq!((reading.block.number, reading.title.holder.address()), (104, Ok(BUYER)), "{place}");
        assert!(!provenance.hosts.contains(&liar.host()) && provenance.failed.len() == usize::from(place < 2));
    }
    // And where all are behind, nothing is known.
    let both = [liar.url(), old(View::of(95, 96, 102)).serve().url()];
    let why = asked_about(137, 2, &both).await.0.expect_err("both are behind");
    assert!(why.cause == Cause::Behind && why.detail.contains("40 days old"), "{why:?}");
}

#[tokio::test]
async fn what_happened_since_an_older_block_is_told_by_whoever_knows() {
    // The liar's block is real and not too old, and it denies everything after it.
    let (liar, honest) = (View::of(98, 98, 102).serve(), View::of(104, 108, 102).serve());
    for urls in orders([liar.url(), honest.url()]) {
        let (reading, _) = read(asked_about(137, 2, &urls).await);
        assert_eq!((reading.block.number, reading.title.holder.address()), (98, Ok(HOLDER)));
        let newest: Vec<_> = reading
            .newest
            .readings()
            .iter()
            .map(|latest| (latest.block.number, latest.title.holder.address()))
            .collect();
        assert_eq!(newest, [(108, Ok(BUYER))]);
    }
}

#[tokio::test]
async fn a_header_that_only_one_endpoint_has_is_a_difference() {
    type Lie = fn(&mut Node);
    let lies: [(&str, Lie); 2] = [
        ("block.hash", |block| block.hash = [0xee; 32]),
        // A real old block, passed off as a fresh one.
        ("block.timestamp", |block| block.timestamp += 120),
    ];
    for (field, lie) in lies {
        let mut lying = View::of(98, 98, 102);
        lie(&mut lying.settled);
        lying.newest = lying.settled.clone();
        let (liar, honest) = (lying.serve(), View::of(104, 108, 102).serve());
        for urls in orders([liar.url(), honest.url()]) {
            let why = asked_about(137, 2, &urls).await.0.expect_err(field);
            assert_eq!(why.cause, Cause::Disagreement, "{why:?}");
            assert!(why.detail.contains(&format!("differ: {field} is")), "{why:?}");
        }
    }
}

#[tokio::test]
async fn time_that_others_take_is_not_ones_own() {
    let slow = Server::start(|_| Reply::Silence);
    let (one, other) = (serving(node()), serving(node()));
    let chain = ChainId::try_from(31337).unwrap();
    let config = ChainConfig {
        endpoints: [(chain, [slow.url(), one.url(), other.url()].iter().map(|url| url.parse().unwrap()).collect())]
            .into(),
        quorum: 2,
        timeout: Duration::from_secs(2),
        retries: 0,
        use_embedded: false,
        ..ChainConfig::default()
    };
    let (answer, provenance) = ChainSource::new(config).unwrap().read_registry(chain, REGISTRY, TOKEN).await;
    assert!(answer.is_ok(), "{answer:?}");
    assert_eq!((provenance.hosts, provenance.failed.len()), (vec![one.host(), other.host()], 1));
}
