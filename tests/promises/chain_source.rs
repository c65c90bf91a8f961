//! How `ChainSource` meets endpoints, good and bad: every failure is *unavailable*, with the host and no more.

use crate::support::authority;
use crate::support::rpc_node;
use crate::support::rpc_server;

use std::time::Duration;

use authority::Authority;
use ebl_verifier::block_age::MaxBlockAge;
use ebl_verifier::evidence::{Answer, Cause, Fact, Finality, Provenance, ReadMethod, RegistryReading};
use ebl_verifier::primitives::{Address, ChainId, Digest32, TokenId};
use ebl_verifier::sources::chain::{BlockChoice, ChainConfig, ChainSource};
use rpc_node::{Lens, Node, REGISTRY};
use rpc_server::{Reply, Request, Server, closed_port};
use serde_json::{Value, json};

const TOKEN: TokenId = TokenId([0x55; 32]);

fn node() -> Node {
    Node::live(TOKEN)
}

fn serving(node: Node) -> Server {
    Server::start(move |request| node.reply(request))
}

/// `--rpc` of these servers, in this order, without patience.
fn config<'a>(urls: impl IntoIterator<Item = &'a str>) -> ChainConfig {
    let urls = urls.into_iter().map(|url| url.parse().expect("a URL")).collect();
    ChainConfig {
        endpoints: [(chain(), urls)].into(),
        timeout: Duration::from_secs(20),
        retries: 1,
        use_embedded: false,
        ..ChainConfig::default()
    }
}

fn chain() -> ChainId {
    ChainId::try_from(31337).expect("a chain id")
}

async fn asked(config: ChainConfig) -> (Answer, Provenance) {
    let source = ChainSource::new(config).expect("a source");
    read(&source).await
}

async fn read(source: &ChainSource) -> (Answer, Provenance) {
    let (answer, provenance) = source.read_registry(chain(), REGISTRY, TOKEN).await;
    let printed = format!("{answer:?}{provenance:?}{}", serde_json::to_string(&provenance).expect("JSON"));
    assert!(!printed.contains("s3cret"), "{printed}");
    (answer, provenance)
}

fn reading((answer, provenance): (Answer, Provenance)) -> RegistryReading {
    match answer {
        Ok(Fact::Registry(reading)) => *reading,
        other => panic!("{other:?} {provenance:?}"),
    }
}

fn cause((answer, provenance): (Answer, Provenance)) -> Cause {
    answer.expect_err(&format!("no answer, {provenance:?}")).cause
}

/// The calls of one request.
fn calls(request: &Request) -> Vec<&Value> {
    request.body.as_array().map_or_else(|| vec![&request.body], |calls| calls.iter().collect())
}

fn is_state(request: &Request) -> bool {
    calls(request).iter().any(|call| call["method"] == "eth_call")
}

#[tokio::test]
async fn an_ordinary_title_is_read_in_two_requests_at_the_blocks_hash() {
    let server = serving(node());
    let (answer, provenance) = asked(config([server.url().as_str()])).await;
    assert_eq!((provenance.requests, provenance.hosts.clone()), (2, vec![server.host()]));
    let reading = reading((answer, provenance));
    assert_eq!((reading.method, reading.block.hash), (ReadMethod::Lens, Digest32(node().hash)));
    assert_eq!(reading.contract.code, node().codes[&REGISTRY]);
    let by_hash = json!({"blockHash": rpc_node::hex(&node().hash), "requireCanonical": true});
    let state = &server.asked()[1];
    let pinned = calls(state).into_iter().filter(|call| call["params"].as_array().unwrap().last() == Some(&by_hash));
    assert_eq!(pinned.count(), 5, "lens, code and three slots");
}

#[tokio::test]
async fn plain_calls_read_the_same_as_the_lens() {
    let by_lens = reading(asked(config([serving(node()).url().as_str()])).await);
    let without = serving(Node { lens: Lens::Refused, ..node() });
    let by_calls = reading(asked(config([without.url().as_str()])).await);
    assert_eq!(by_calls.method, ReadMethod::Calls);
    assert_eq!(by_lens, RegistryReading { method: ReadMethod::Lens, ..by_calls });
}

#[tokio::test]
async fn answers_of_any_length_are_cut_alike_on_both_paths() {
    let mut node = node();
    let escrow = rpc_node::escrow(TOKEN);
    node.calls.insert((escrow, 0xa47d_1f5eu32.to_be_bytes().to_vec()), vec![7; 5000]);
    let by_lens = reading(asked(config([serving(node.clone()).url().as_str()])).await);
    let by_calls = reading(asked(config([serving(Node { lens: Lens::Refused, ..node }).url().as_str()])).await);
    assert_eq!((by_lens.title.remark.data.len(), by_calls.method), (960, ReadMethod::Calls));
    assert_eq!(by_lens.title.remark, by_calls.title.remark);
}

#[tokio::test]
async fn what_is_not_an_answer_is_unavailable_and_keeps_the_key() {
    let items = |first: &str, second: &str| {
        let header = r#"{"number":"0x1","hash":"0x00","timestamp":"0x1"}"#;
        format!(r#"[{{"id":0,"result":{first}}},{{"id":1,{second}}},{{"id":2,"result":{header}}}]"#)
    };
    let chain = r#""0x7a69""#;
    let error = r#""error":{"code":-32000,"message":"s3cret went wrong"}"#;
    let cases = [
        ("HTML", Reply::text("<html>s3cret"), Cause::NotAnAnswer),
        ("an empty body", Reply::text(""), Cause::NotAnAnswer),
        ("JSON cut short", Reply::text("[{\"id\":0,\"res"), Cause::NotAnAnswer),
        ("a body cut short", Reply::text("[").with("content-length: 400"), Cause::NotAnAnswer),
        ("a number", Reply::text("1"), Cause::NotAnAnswer),
        ("an object that is no error", Reply::text(r#"{"result":"0x1"}"#), Cause::NotAnAnswer),
        ("a wrong id", Reply::text(r#"[{"id":7,"result":"0x7a69"}]"#), Cause::NotAnAnswer),
        (
            "an id twice",
            Reply::text(r#"[{"id":0,"result":1},{"id":0,"result":1},{"id":1,"result":1}]"#),
            Cause::NotAnAnswer,
        ),
        ("an id as text", Reply::text(r#"[{"id":"0","result":1}]"#), Cause::NotAnAnswer),
        ("a missing item", Reply::text(r#"[{"id":0,"result":"0x7a69"},{"id":1,"result":null}]"#), Cause::NotAnAnswer),
        ("an item without a result", Reply::text(&items(chain, r#""x":1"#)), Cause::NotAnAnswer),
        ("null blocks", Reply::text(&items(chain, r#""result":null"#)), Cause::NotAnAnswer),
        ("error objects", Reply::text(&items(chain, error)), Cause::NotAnAnswer),
        ("a chain id that is no number", Reply::text(&items("[]", error)), Cause::NotAnAnswer),
        ("another chain", Reply::text(&items(r#""0x5""#, error)), Cause::WrongChain),
        ("a redirect", Reply::status("302 Found").with("location: /v3/other"), Cause::NotAnAnswer),
        ("404", Reply::status("404 Not Found"), Cause::NotAnAnswer),
        ("401", Reply::Http("401 Unauthorized", vec![], r#"{"error":"s3cret"}"#.into()), Cause::NotAnAnswer),
        ("429", Reply::status("429 Too Many Requests").with("retry-after: 0"), Cause::RateLimited),
        ("503", Reply::status("503 Unavailable").with("retry-after: 0"), Cause::NotAnAnswer),
        ("no reply", Reply::HangUp, Cause::Unreachable),
        ("no HTTP", Reply::Http("s3cret", vec![], String::new()), Cause::Unreachable),
    ];
    for (name, reply, wanted) in cases {
        let server = Server::start(move |_| reply.clone());
        let outcome = asked(config([server.url().as_str()])).await;
        let why = outcome.0.clone().expect_err(name);
        assert_eq!((why.cause, why.host), (wanted, Some(server.host())), "{name}: {}", why.detail);
        assert_eq!(outcome.1.failed.len(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_node_that_threw_the_state_away_is_quoted_without_its_key_and_explained() {
    let hash = "d0ec".repeat(16);
    let message = format!("missing trie node {hash} (path ) see http://h/v3/s3cret or ask s3cret\u{1b}[2J");
    let pruned = Server::start(move |request| {
        node().reply_but(request, |method, _| {
            let state = ["eth_call", "eth_getCode", "eth_getStorageAt"].contains(&method);
            state.then(|| Err(json!({"code": -32000, "message": message})))
        })
    });
    let why = asked(config([pruned.url().as_str()])).await.0.expect_err("no state");
    assert_eq!(why.cause, Cause::NotAnAnswer);
    assert_eq!(
        why.detail,
        "the node did not give an account's code: error -32000, \"missing trie node … (path ) see … or ask … [2J\": it no \
         longer keeps the state of that block, so give an archive node or use --block latest"
    );
    let refusal = r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"this plan has no batches"}}"#;
    let unpaid = Server::start(move |_| Reply::Http("402 Payment Required", vec![], refusal.into()));
    let why = asked(config([unpaid.url().as_str()])).await.0.expect_err("no answer");
    assert_eq!(why.detail, "HTTP status 402: error -32001, \"this plan has no batches\"");
}

#[tokio::test]
async fn a_state_reading_that_does_not_fit_is_not_an_answer() {
    let with = |lens| Node { lens, ..node() };
    let cases = [
        ("cut short", with(Lens::CutShort), Cause::NotAnAnswer, "not of the form"),
        ("another chain inside", Node { lens_chain: 1, ..node() }, Cause::WrongChain, "ran on chain 1"),
        (
            "other code",
            with(Lens::OfOtherCode),
            Cause::NotAnAnswer,
            "the code and the state reading do not belong together",
        ),
    ];
    for (name, node, wanted, detail) in cases {
        let why = asked(config([serving(node).url().as_str()])).await.0.expect_err(name);
        assert!(why.cause == wanted && why.detail.contains(detail), "{name}: {why:?}");
    }
    let server = Server::start(|request| {
        let later = Node { number: 0x65, ..node() };
        let lens = calls(request).into_iter().find(|call| call["method"] == "eth_call").cloned();
        node().reply_but(request, |method, params| {
            let wrong = lens.as_ref().filter(|_| method == "eth_call")?;
            let alone = Request { body: wrong.clone(), ..request.clone() };
            let Reply::Http(_, _, body) = later.reply(&alone) else { panic!("{params}") };
            Some(Ok(serde_json::from_str::<Value>(&body).unwrap()["result"].clone()))
        })
    });
    let (answer, provenance) = asked(config([server.url().as_str()])).await;
    let why = answer.expect_err("another block");
    assert!(why.detail.contains("the state was read at block 101 instead of block 100"), "{why:?}");
    assert_eq!((why.cause, provenance.requests), (Cause::BlockVanished, 4), "it is read again once");
}

#[tokio::test]
async fn items_may_come_in_any_order() {
    let server = Server::start(|request| {
        let Reply::Http(status, headers, body) = node().reply(request) else { panic!("a reply") };
        let mut items: Vec<Value> = serde_json::from_str(&body).unwrap();
        items.reverse();
        Reply::Http(status, headers, Value::Array(items).to_string())
    });
    assert_eq!(reading(asked(config([server.url().as_str()])).await).method, ReadMethod::Lens);
}

#[tokio::test]
async fn a_node_that_refuses_the_block_object_is_asked_by_number() {
    let server = Server::start(|request| {
        node().reply_but(request, |method, params| {
            let by_hash = params.as_array()?.last()?.is_object();
            let refuses = by_hash && method != "eth_getBlockByHash";
            refuses.then(|| Err(json!({"code": -32602, "message": "invalid argument 1"})))
        })
    });
    let (answer, provenance) = asked(config([server.url().as_str()])).await;
    assert_eq!(provenance.requests, 3);
    assert_eq!(reading((answer, provenance)).block.hash, Digest32(node().hash));
    let last = server.asked().pop().unwrap();
    assert!(calls(&last)[..5].iter().all(|call| call["params"].as_array().unwrap().last() == Some(&json!("0x64"))));
}

/// The block is replaced behind the first `times` state readings.
fn replacing(times: usize) -> Server {
    let mut seen = 0;
    Server::start(move |request| {
        let replaced = is_state(request) && seen < times;
        seen += usize::from(is_state(request));
        node().reply_but(request, |method, _| {
            (replaced && method == "eth_getBlockByNumber").then(|| Ok(Node { hash: [0xee; 32], ..node() }.header()))
        })
    })
}

#[tokio::test]
async fn a_block_that_vanishes_is_read_again_once() {
    let (answer, provenance) = asked(config([replacing(1).url().as_str()])).await;
    assert_eq!(provenance.requests, 4);
    reading((answer, provenance));
    let (answer, provenance) = asked(config([replacing(2).url().as_str()])).await;
    assert_eq!(provenance.requests, 4);
    assert_eq!(cause((answer, provenance)), Cause::BlockVanished);
}

#[tokio::test]
async fn a_block_that_is_gone_afterwards_has_vanished_too() {
    let server = Server::start(|request| {
        let state = is_state(request);
        node().reply_but(request, |method, _| (state && method == "eth_getBlockByNumber").then_some(Ok(Value::Null)))
    });
    assert_eq!(cause(asked(config([server.url().as_str()])).await), Cause::BlockVanished);
}

/// `first` for the first `times` requests, then a good node.
fn after(times: usize, first: Reply) -> Server {
    let mut seen = 0;
    Server::start(move |request| {
        seen += 1;
        if seen <= times { first.clone() } else { node().reply(request) }
    })
}

#[tokio::test]
async fn a_failure_that_passes_is_waited_out() {
    let busy = |code: i64, message: &str| {
        Reply::json(&json!({"jsonrpc": "2.0", "id": null, "error": {"code": code, "message": message}}))
    };
    let limited_item = Reply::json(&json!([
        {"id": 0, "result": "0x7a69"},
        {"id": 1, "error": {"code": -32005, "message": "daily request count exceeded"}},
        {"id": 2, "result": null},
    ]));
    for first in [
        Reply::status("429 Too Many Requests").with("Retry-After: 0"),
        Reply::status("502 Bad Gateway"),
        Reply::HangUp,
        busy(-32005, "limit exceeded"),
        busy(-32000, "Too Many Requests"),
        limited_item,
    ] {
        let server = after(1, first.clone());
        let (answer, provenance) = asked(config([server.url().as_str()])).await;
        assert_eq!(provenance.requests, 3, "{first:?}");
        reading((answer, provenance));
        assert!(server.asked().iter().all(|request| request.body.is_array()), "{first:?} is no refusal of batches");
    }
}

#[tokio::test]
async fn the_wait_that_a_server_names_is_kept() {
    // Twelve waits of our own would take longer than the deadline.
    let server = after(12, Reply::status("429 Too Many Requests").with("retry-after: 0"));
    let patient = ChainConfig { retries: 12, ..config([server.url().as_str()]) };
    reading(asked(patient).await);
    // One that is longer than the time left is not begun.
    let server = after(1, Reply::status("429 Too Many Requests").with("retry-after: 3600"));
    let (answer, provenance) = asked(config([server.url().as_str()])).await;
    assert_eq!(provenance.requests, 1);
    assert_eq!(cause((answer, provenance)), Cause::RateLimited);
}

#[tokio::test]
async fn an_endpoint_that_refuses_batches_is_asked_call_by_call_from_then_on() {
    let object = Reply::json(&json!({"jsonrpc": "2.0", "id": null, "error": {"code": -32600, "message": "invalid"}}));
    for refusal in [
        object,
        Reply::status("400 Bad Request"),
        Reply::Http("405 Method Not Allowed", vec![], "<html>".into()),
        Reply::status("413 Payload Too Large"),
        Reply::status("415 Unsupported Media Type"),
        Reply::status("422 Unprocessable"),
    ] {
        let answer = refusal.clone();
        let server =
            Server::start(move |request| if request.body.is_array() { answer.clone() } else { node().reply(request) });
        let source = ChainSource::new(config([server.url().as_str()])).unwrap();
        reading(read(&source).await);
        reading(read(&source).await);
        let batches = server.asked().iter().filter(|request| request.body.is_array()).count();
        assert_eq!(batches, 1, "{refusal:?}");
    }
}

#[tokio::test]
async fn only_single_calls_that_work_show_that_batches_are_refused() {
    let mut seen = 0;
    let server = Server::start(move |request| {
        seen += 1;
        if seen <= 2 { Reply::status("400 Bad Request") } else { node().reply(request) }
    });
    let source = ChainSource::new(config([server.url().as_str()])).unwrap();
    assert_eq!(cause(read(&source).await), Cause::NotAnAnswer);
    let (answer, provenance) = read(&source).await;
    assert_eq!(provenance.requests, 2);
    reading((answer, provenance));
}

#[tokio::test]
async fn an_error_that_may_pass_is_tried_by_single_calls_and_not_remembered() {
    let mut seen = 0;
    let server = Server::start(move |request| {
        seen += 1;
        let error = json!({"jsonrpc": "2.0", "id": null, "error": {"code": -32603, "message": "internal error"}});
        if seen == 1 { Reply::json(&error) } else { node().reply(request) }
    });
    reading(asked(config([server.url().as_str()])).await);
    assert!(server.asked().last().unwrap().body.is_array(), "the second round is a batch again");
}

#[tokio::test]
async fn a_reply_over_the_limit_is_not_read_to_the_end() {
    let server = Server::start(|_| Reply::text(&" ".repeat(5000)));
    let small = ChainConfig { max_response: 4096, ..config([server.url().as_str()]) };
    let why = asked(small).await.0.expect_err("too large");
    assert!(why.cause == Cause::NotAnAnswer && why.detail.contains("larger than 4096 bytes"), "{why:?}");
}

#[tokio::test]
async fn a_server_that_never_answers_meets_the_deadline_and_the_next_is_asked() {
    let silent = Server::start(|_| Reply::Silence);
    let good = serving(node());
    let urls = [silent.url(), good.url()];
    let hurried = ChainConfig { timeout: Duration::from_secs(1), ..config(urls.iter().map(String::as_str)) };
    let (answer, provenance) = asked(hurried).await;
    assert_eq!(provenance.failed[0].cause, Cause::Timeout);
    assert_eq!(provenance.hosts, [good.host()]);
    reading((answer, provenance));
}

#[tokio::test]
async fn a_refused_connection_is_recorded_and_that_endpoint_comes_last_next_time() {
    let good = serving(node());
    let dead = format!("http://127.0.0.1:{}/s3cret", closed_port());
    let source = ChainSource::new(config([dead.as_str(), good.url().as_str()])).unwrap();
    let (answer, provenance) = read(&source).await;
    assert_eq!(provenance.failed.iter().map(|why| why.cause).collect::<Vec<_>>(), [Cause::Unreachable]);
    reading((answer, provenance));
    let (answer, provenance) = read(&source).await;
    assert_eq!((provenance.failed.len(), provenance.requests), (0, 2));
    reading((answer, provenance));
}

#[tokio::test]
async fn without_an_endpoint_nobody_is_asked() {
    let (answer, provenance) = asked(config([])).await;
    assert_eq!((answer.unwrap_err().cause, provenance.requests), (Cause::NoSource, 0));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = serving(node());
    let location = format!("location: {}", elsewhere.url());
    for status in ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let reply = Reply::status(status).with(&location);
        let server = Server::start(move |_| reply.clone());
        let why = asked(config([server.url().as_str()])).await.0.expect_err("no answer");
        assert!(why.detail.contains(&status[..3]), "{why:?}");
    }
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn resolve_counts_host_and_port() {
    let (redirected, direct) = (serving(node()), serving(node()));
    let url = |port: u16| format!("http://localhost:{port}/v3/s3cret");
    let port = closed_port();
    let resolve = vec![("localhost".to_owned(), port, redirected.address)];
    let with = |url: &str| ChainConfig { resolve: resolve.clone(), ..config([url]) };

    reading(asked(with(&url(port))).await);
    assert_eq!(redirected.asked()[0].header("host"), Some(format!("localhost:{port}").as_str()));
    assert_eq!(redirected.asked()[0].line, "POST /v3/s3cret HTTP/1.1");

    reading(asked(with(&url(direct.address.port()))).await);
    assert_eq!((redirected.asked().len(), direct.asked().len()), (2, 2));
    assert_eq!(cause(asked(with(&url(closed_port()))).await), Cause::Unreachable);
    // A URL without a port means the one of its scheme.
    let default =
        ChainConfig { resolve: vec![("localhost".into(), 80, redirected.address)], ..config(["http://localhost"]) };
    let (answer, provenance) = asked(default).await;
    assert_eq!(provenance.hosts, ["localhost"]);
    reading((answer, provenance));
    assert_eq!(redirected.asked().last().unwrap().header("host"), Some("localhost"));
}

#[tokio::test]
async fn an_https_endpoint_needs_a_certificate_of_a_known_authority() {
    let authority = Authority::new();
    let server = Server::start_tls(authority.server("rpc.example"), |request| node().reply(request));
    let reaching = |name: &str, extra_roots| ChainConfig {
        extra_roots,
        resolve: vec![(name.to_owned(), 443, server.address)],
        ..config([format!("https://{name}/").as_str()])
    };
    let roots = vec![authority.root()];

    let (answer, provenance) = asked(reaching("rpc.example", roots.clone())).await;
    assert_eq!(provenance.hosts, ["rpc.example"]);
    reading((answer, provenance));
    assert_eq!(server.asked().len(), 2);
    assert_eq!(cause(asked(reaching("rpc.example", Vec::new())).await), Cause::Unreachable, "an unknown authority");
    assert_eq!(
        cause(asked(reaching("other.example", roots)).await),
        Cause::Unreachable,
        "a certificate of another name"
    );
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn the_block_that_is_asked_for_is_the_one_that_is_read() {
    let hash = Digest32(node().hash);
    for (choice, wanted, finality) in [
        (BlockChoice::Default, json!("finalized"), Finality::Local),
        (BlockChoice::Latest, json!("latest"), Finality::Local),
        (BlockChoice::Safe, json!("safe"), Finality::Safe),
        (BlockChoice::Finalized, json!("finalized"), Finality::Finalized),
        (BlockChoice::Number(0x64), json!("0x64"), Finality::Chosen),
        (BlockChoice::Hash(hash), json!(hash.to_string()), Finality::Chosen),
    ] {
        let server = serving(node());
        let reading = reading(asked(ChainConfig { block: choice, ..config([server.url().as_str()]) }).await);
        assert_eq!(calls(&server.asked()[0])[1]["params"][0], wanted);
        assert_eq!((reading.block.number, reading.block.finality), (0x64, finality), "{choice:?}");
    }
    // A block of another number or hash than asked for is none.
    for choice in [BlockChoice::Number(7), BlockChoice::Hash(Digest32([7; 32]))] {
        let lying = Server::start(|request| {
            let header = |method: &str| method.starts_with("eth_getBlockBy").then(|| Ok(node().header()));
            node().reply_but(request, |method, _| header(method))
        });
        assert_eq!(
            cause(asked(ChainConfig { block: choice, ..config([lying.url().as_str()]) }).await),
            Cause::NotAnAnswer
        );
    }
}

#[tokio::test]
async fn every_proxy_slot_that_is_set_is_seen() {
    let mut node = node();
    node.slots[0] = rpc_node::word(Address([0xaa; 20]));
    node.slots[1] = rpc_node::word(Address([0xbb; 20]));
    node.slots[2][0] = 1;
    let slots = reading(asked(config([serving(node).url().as_str()])).await).contract.proxy_slots;
    assert_eq!((slots.implementation, slots.admin), (Address([0xaa; 20]), Address([0xbb; 20])));
    assert!(!slots.beacon.is_zero(), "a word whose address part is zero is still not zero");
}

/// A chain on which blocks must not be old.
async fn asked_of_a_public_chain(urls: &[String], max_block_age: MaxBlockAge) -> (Answer, Provenance) {
    let chain = ChainId::try_from(137).unwrap();
    let endpoints = [(chain, urls.iter().map(|url| url.parse().unwrap()).collect())].into();
    let config = ChainConfig { endpoints, max_block_age, ..config([]) };
    ChainSource::new(config).unwrap().read_registry(chain, REGISTRY, TOKEN).await
}

fn public(timestamp: u64) -> Node {
    Node { chain: 137, lens_chain: 137, timestamp, ..node() }
}

#[tokio::test]
async fn an_endpoint_that_is_behind_is_not_read_and_the_next_is() {
    let fresh = rpc_node::recent();
    let (behind, good) = (serving(public(fresh - 40 * 86_400)), serving(public(fresh)));
    let (answer, provenance) = asked_of_a_public_chain(&[behind.url(), good.url()], MaxBlockAge::OfChain).await;
    assert!(answer.is_ok(), "{answer:?}");
    assert_eq!((provenance.hosts, provenance.failed[0].cause), (vec![good.host()], Cause::Behind));
    assert_eq!(behind.asked().len(), 1, "only its headers");
    // With none left both times are named, whatever else failed.
    let dead = format!("http://127.0.0.1:{}/", closed_port());
    for urls in [vec![behind.url()], vec![behind.url(), dead.clone()], vec![dead, behind.url()]] {
        let why = asked_of_a_public_chain(&urls, MaxBlockAge::OfChain).await.0.expect_err("behind");
        assert_eq!((why.cause, why.host.clone()), (Cause::Behind, Some(behind.host())));
        assert!(
            why.detail.contains("40 days old, more than 30 min") && why.detail.matches("Z").count() == 2,
            "{why:?}"
        );
    }
    // The caller may want it otherwise.
    for (bound, fine) in
        [(MaxBlockAge::Off, true), (MaxBlockAge::Seconds(41 * 86_400), true), (MaxBlockAge::Seconds(600), false)]
    {
        let (answer, _) = asked_of_a_public_chain(&[behind.url()], bound).await;
        assert_eq!(answer.is_ok(), fine, "{bound:?}");
    }
    let (answer, _) = asked_of_a_public_chain(&[good.url()], MaxBlockAge::Seconds(600)).await;
    assert_eq!(answer.expect_err("eleven minutes").cause, Cause::Behind);
}

#[tokio::test]
async fn a_block_of_a_time_that_has_not_come_is_not_read() {
    let early = serving(public(rpc_node::recent() + 660 + 3600));
    let why = asked_of_a_public_chain(&[early.url()], MaxBlockAge::OfChain).await.0.expect_err("too early");
    assert!(why.cause == Cause::InTheFuture && why.detail.contains("which has not come"), "{why:?}");
}

#[tokio::test]
async fn only_null_or_an_error_that_names_the_tag_lowers_finality() {
    let cases: [(Value, bool); 9] = [
        (json!({"result": null}), true),
        (json!({"error": {"code": -32000, "message": "finalized block not found"}}), true),
        (json!({"error": {"code": -32602, "message": "invalid argument 0"}}), false),
        (json!({"error": {"code": -32601, "message": "the method does not exist"}}), false),
        (json!({"error": {"code": -32000, "message": "header not found"}}), false),
        (json!({"result": {}}), false),
        (json!({"result": "0x64"}), false),
        (json!({"result": {"number": "0x64", "hash": "0x00", "timestamp": "0x1"}}), false),
        (json!({"result": {"number": "100", "hash": rpc_node::hex(&[0xb1; 32]), "timestamp": "0x1"}}), false),
    ];
    for (outcome, lowers) in cases {
        let said = outcome.clone();
        let server = Server::start(move |request| {
            public(rpc_node::recent()).reply_but(request, |_, params| {
                let finalized = params[0] == "finalized";
                finalized
                    .then(|| said.get("error").map_or_else(|| Ok(said["result"].clone()), |error| Err(error.clone())))
            })
        });
        let (answer, _) = asked_of_a_public_chain(&[server.url()], MaxBlockAge::OfChain).await;
        match answer {
            Ok(Fact::Registry(reading)) => assert!(lowers && reading.block.finality == Finality::Latest, "{outcome}"),
            other => {
                let why = other.expect_err("no registry");
                assert!(
                    !lowers && why.cause == Cause::NotAnAnswer && why.detail.contains("finalized"),
                    "{outcome}: {why:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_block_that_the_node_leaves_while_it_runs_the_call_is_chosen_anew_once() {
    let mut asked_for_state = 0;
    let server = Server::start(move |request| {
        let later = Node { number: 0x65, hash: [0xb2; 32], ..node() };
        let first = is_state(request) && asked_for_state == 0;
        asked_for_state += usize::from(is_state(request));
        let now = if asked_for_state == 0 { node() } else { later.clone() };
        now.reply_but(request, |method, params| {
            // It goes on while the batch is answered: the header is still there by its number, the call sees the next block.
            (first && method == "eth_getBlockByNumber").then(|| node().call(method, params))
        })
    });
    let (answer, provenance) = asked(config([server.url().as_str()])).await;
    assert_eq!((reading((answer, provenance.clone())).block.number, provenance.requests), (0x65, 4));
}
