//! How `ChainSource` reads document stores: in the same two requests as everything else about one chain; and the logs of
//! what they revoked, in three of their own.

use crate::support::rpc_node;
use crate::support::rpc_server;

use ebl_verifier::evidence::{Answer, Cause, Fact, Provenance, RevocationEvent, RevocationReading, StoreReading};
use ebl_verifier::integrity::merkle::path_from;
use ebl_verifier::primitives::{Address, ChainId, Digest32, TokenId, keccak256};
use ebl_verifier::sources::chain::{ChainConfig, ChainQuestion, ChainSource};
use rpc_node::{Node, REGISTRY};
use rpc_server::{Request, Server};
use serde_json::{Value, json};

const TOKEN: TokenId = TokenId([0x55; 32]);
const TARGET: Digest32 = Digest32([0x77; 32]);
const PROOF: [Digest32; 2] = [Digest32([0x88; 32]), Digest32([0x99; 32])];
const ONE: Address = Address([0xa1; 20]);
const TWO: Address = Address([0xa2; 20]);

/// Two stores beside the registry: what they know they answer with 1, everything else reverts.
fn node() -> Node {
    let mut node = Node::live(TOKEN);
    let root = *path_from(TARGET, &PROOF).last().unwrap();
    for store in [ONE, TWO] {
        node.codes.insert(store, vec![0x60; 50]);
        let is_issued = [&keccak256("isIssued(bytes32)").0[..4], &root.0].concat();
        node.calls.insert((store, is_issued), word(1));
        node.calls.insert((store, keccak256("documentRevoked(bytes32)").0[..4].to_vec()), word(0));
    }
    node
}

fn word(last: u8) -> Vec<u8> {
    [[0; 31].as_slice(), &[last]].concat()
}

fn chain() -> ChainId {
    ChainId::try_from(31337).unwrap()
}

fn store(store: Address) -> ChainQuestion {
    ChainQuestion::DocumentStore { store, target_hash: TARGET, proof: PROOF.to_vec() }
}

async fn asked(servers: &[&Server], quorum: usize, questions: Vec<ChainQuestion>) -> Vec<(Answer, Provenance)> {
    let endpoints = servers.iter().map(|server| server.url().parse().unwrap()).collect();
    let config = ChainConfig {
        endpoints: [(chain(), endpoints)].into(),
        retries: 0,
        use_embedded: false,
        quorum,
        ..ChainConfig::default()
    };
    ChainSource::new(config).unwrap().read(chain(), questions).await
}

fn reading((answer, provenance): &(Answer, Provenance)) -> &StoreReading {
    match answer {
        Ok(Fact::DocumentStore(reading)) => reading,
        other => panic!("{other:?} {provenance:?}"),
    }
}

fn cause((answer, _): &(Answer, Provenance)) -> Cause {
    answer.as_ref().unwrap_err().cause
}

fn is_state(request: &Request) -> bool {
    request.body.as_array().unwrap().iter().any(|call| call["method"] == "eth_call")
}

#[tokio::test]
async fn a_registry_and_two_stores_are_read_in_two_requests_at_one_block() {
    let server = Server::start(|request| node().reply(request));
    let registry = ChainQuestion::Registry { registry: REGISTRY, token: TOKEN };
    let answers = asked(&[&server], 1, vec![store(ONE), registry, store(TWO)]).await;
    assert_eq!(server.asked().len(), 2);
    let [one, registry, two] = &answers[..] else { panic!("three answers") };
    assert!(matches!(&registry.0, Ok(Fact::Registry(reading)) if reading.block == reading_of_block(one)));
    assert_eq!((one.1.requests, two.1.requests), (2, 2));
    for (answer, address) in [(one, ONE), (two, TWO)] {
        let reading = reading(answer);
        assert_eq!((reading.code.address, reading.code.size, reading.chain_id), (address, 50, 31337));
        assert_eq!(reading.code.hash, keccak256([0x60; 50]));
        assert_eq!((reading.issued.flag(), reading.issued_in_batch.success), (Ok(true), false));
        let path: Vec<Digest32> = reading.nodes.iter().map(|node| node.hash).collect();
        assert_eq!(path, path_from(TARGET, &PROOF));
        assert!(reading.nodes.iter().all(|node| node.revoked_at.flag() == Ok(false) && !node.revoked.success));
    }
}

fn reading_of_block(answer: &(Answer, Provenance)) -> ebl_verifier::evidence::BlockReading {
    reading(answer).block.clone()
}

#[tokio::test]
async fn a_node_that_refuses_the_block_object_is_asked_by_number() {
    let server = Server::start(|request| {
        node().reply_but(request, |_, params| {
            let by_hash = params.as_array()?.last()?.is_object();
            by_hash.then(|| Err(json!({"code": -32602, "message": "invalid argument 1"})))
        })
    });
    let answers = asked(&[&server], 1, vec![store(ONE), store(TWO)]).await;
    assert_eq!(reading(&answers[0]).issued.flag(), Ok(true));
    assert_eq!((server.asked().len(), reading(&answers[1]).block.number), (3, 0x64));
}

#[tokio::test]
async fn a_block_that_vanishes_is_read_again_once() {
    for (times, requests) in [(1, 4), (2, 4)] {
        let mut seen = 0;
        let server = Server::start(move |request| {
            let replaced = is_state(request) && seen < times;
            seen += usize::from(is_state(request));
            node().reply_but(request, |method, _| {
                (replaced && method == "eth_getBlockByNumber").then(|| Ok(Node { hash: [0xee; 32], ..node() }.header()))
            })
        });
        let answers = asked(&[&server], 1, vec![store(ONE), store(TWO)]).await;
        assert_eq!(server.asked().len(), requests);
        match times {
            1 => assert_eq!(reading(&answers[0]).block, reading(&answers[1]).block),
            _ => assert!(answers.iter().all(|answer| cause(answer) == Cause::BlockVanished)),
        }
    }
}

/// A node that fails on whatever concerns the second store.
fn failing_on_the_second() -> Server {
    Server::start(|request| {
        node().reply_but(request, |method, params| {
            let to = params[0]["to"].as_str().is_some_and(|to| to.parse() == Ok(TWO));
            (method == "eth_call" && to).then(|| Err(json!({"code": -32000, "message": "header not available"})))
        })
    })
}

#[tokio::test]
async fn an_error_of_the_node_is_no_answer_of_the_store_and_concerns_no_other() {
    let failing = failing_on_the_second();
    let answers = asked(&[&failing], 1, vec![store(ONE), store(TWO)]).await;
    reading(&answers[0]);
    assert_eq!((cause(&answers[1]), answers[1].1.hosts.len()), (Cause::NotAnAnswer, 0));
    assert_eq!(answers[1].0.as_ref().unwrap_err().host, Some(failing.host()));

    // The next endpoint answers both, so nothing of the first is used: both are of one block.
    let good = Server::start(|request| Node { hash: [0xc0; 32], ..node() }.reply(request));
    let answers = asked(&[&failing, &good], 1, vec![store(ONE), store(TWO)]).await;
    for answer in &answers {
        assert_eq!(reading(answer).block.hash, Digest32([0xc0; 32]));
        assert_eq!((answer.1.hosts.clone(), answer.1.failed.len()), (vec![good.host()], 1));
    }
}

#[tokio::test]
async fn with_a_quorum_each_store_is_compared_by_itself() {
    let good = Server::start(|request| node().reply(request));
    let lying = Server::start(|request| {
        let mut node = node();
        node.calls.insert((TWO, keccak256("documentRevoked(bytes32)").0[..4].to_vec()), word(9));
        node.reply(request)
    });
    let answers = asked(&[&good, &lying], 2, vec![store(ONE), store(TWO)]).await;
    assert_eq!((reading(&answers[0]).issued.flag(), answers[0].1.hosts.len()), (Ok(true), 2));
    let why = answers[1].0.as_ref().unwrap_err();
    assert_eq!(why.cause, Cause::Disagreement);
    assert!(why.detail.contains("nodes[0].revoked_at.data is 0x0 against 0x9"), "{}", why.detail);

    let answers = asked(&[&good, &failing_on_the_second()], 2, vec![store(ONE), store(TWO)]).await;
    reading(&answers[0]);
    assert!(answers[1].0.as_ref().unwrap_err().detail.contains("2 endpoints must agree"));
}

#[tokio::test]
async fn without_an_endpoint_every_question_has_an_answer() {
    let answers = asked(&[], 1, vec![store(ONE), store(TWO)]).await;
    let causes: Vec<Value> = answers.iter().map(|answer| json!(cause(answer))).collect();
    assert_eq!(causes, [json!("no_source"), json!("no_source")]);
}

const SENDER: Address = Address([0x5e; 20]);
const TRANSACTION: Digest32 = Digest32([0x7a; 32]);

fn revocation(event: RevocationEvent, recorded_at: Option<u64>) -> ChainQuestion {
    ChainQuestion::Revocation { store: ONE, node: TARGET, event, recorded_at }
}

/// A chain of this many blocks with one revocation in it; a longer range than `limit` is refused.
fn node_with_logs(blocks: u64, revoked_at: Option<u64>, limit: u64) -> Server {
    let node = Node { number: blocks, ..node() };
    Server::start(move |request| {
        node.reply_but(request, |method, params| match method {
            "eth_getLogs" => {
                let (first, last) = range(&params[0]);
                let found = revoked_at.filter(|block| (first..=last).contains(block));
                Some(match last - first < limit {
                    true => Ok(found.map(|block| log(&params[0], block)).into_iter().collect()),
                    false => Err(json!({"code": -32602, "message": "the block range is too long"})),
                })
            }
            "eth_getTransactionByHash" => {
                assert_eq!(params[0], json!(TRANSACTION));
                Some(Ok(json!({"hash": TRANSACTION, "blockHash": Digest32([0xb0; 32]), "from": SENDER})))
            }
            _ => None,
        })
    })
}

/// A log that a filter selects.
fn log(filter: &Value, block: u64) -> Value {
    let topics = filter["topics"].as_array().unwrap().iter();
    let topics = topics.map(|allowed| if allowed.is_null() { json!(Digest32([9; 32])) } else { allowed[0].clone() });
    json!({
        "address": filter["address"], "topics": topics.collect::<Vec<_>>(), "data": "0x",
        "blockNumber": format!("{block:#x}"), "blockHash": Digest32([0xb0; 32]), "blockTimestamp": "0x64000000",
        "transactionHash": TRANSACTION, "transactionIndex": "0x0", "logIndex": "0x0",
    })
}

fn range(filter: &Value) -> (u64, u64) {
    let height = |name: &str| u64::from_str_radix(&filter[name].as_str().unwrap()[2..], 16).unwrap();
    (height("fromBlock"), height("toBlock"))
}

/// The filters that a server was asked with.
fn filters(server: &Server) -> Vec<Value> {
    let asked = server.asked();
    let calls = asked.iter().flat_map(|request| request.body.as_array().unwrap());
    calls.filter(|call| call["method"] == "eth_getLogs").map(|call| call["params"][0].clone()).collect()
}

async fn revocation_read(server: &Server, question: ChainQuestion) -> Result<RevocationReading, Cause> {
    match asked(&[server], 1, vec![question]).await.remove(0).0 {
        Ok(Fact::Revocation(reading)) => Ok(*reading),
        Ok(other) => panic!("{other:?}"),
        Err(why) => Err(why.cause),
    }
}

#[tokio::test]
async fn a_revocation_and_its_sender_are_read_in_three_requests() {
    let topic = |signature: &str| json!(keccak256(signature));
    for (event, topics) in [
        (
            RevocationEvent::Document,
            json!([[topic("DocumentRevoked(bytes32)"), topic("DocumentRevokedWithReason(bytes32,uint256)")], [TARGET]]),
        ),
        (RevocationEvent::DocumentInBatch, json!([[topic("DocumentRevoked(bytes32,bytes32)")], null, [TARGET]])),
        (
            RevocationEvent::Burn,
            json!([[topic("Transfer(address,address,uint256)")], null, [Digest32::default()], [TARGET]]),
        ),
    ] {
        let server = node_with_logs(1_000, Some(60), u64::MAX);
        let reading = revocation_read(&server, revocation(event, None)).await.unwrap();
        assert_eq!(server.asked().len(), 3);
        let [filter] = &filters(&server)[..] else { panic!("one filter") };
        assert_eq!((range(filter), &filter["topics"], &filter["address"]), ((0, 1_000), &topics, &json!(ONE)));
        assert_eq!((reading.chain_id, reading.block.number, reading.logs[0].block), (31337, 1_000, 60));
        let transaction = reading.transaction.unwrap();
        assert_eq!((transaction.hash, transaction.sender), (TRANSACTION, SENDER));
    }
}

#[tokio::test]
async fn where_a_store_records_the_block_only_that_one_is_searched() {
    let server = node_with_logs(1_000_000, Some(60), 1);
    let reading = revocation_read(&server, revocation(RevocationEvent::Document, Some(60))).await.unwrap();
    assert_eq!((reading.logs.len(), server.asked().len()), (1, 3));
    assert_eq!(filters(&server).iter().map(range).collect::<Vec<_>>(), [(60, 60)]);
}

#[tokio::test]
async fn the_search_ends_with_the_newest_blocks_that_have_the_log() {
    let server = node_with_logs(1_000_000, Some(990_000), 1_000);
    let reading = revocation_read(&server, revocation(RevocationEvent::Burn, None)).await.unwrap();
    assert_eq!(reading.transaction.unwrap().sender, SENDER);
    // Longer ranges are refused, so these are tried first.
    let answered = filters(&server).iter().map(range).filter(|(first, last)| last - first < 1_000).collect::<Vec<_>>();
    assert!(answered.iter().all(|(first, _)| *first > 900_000), "{answered:?}");
    assert!(server.asked().len() <= 8, "{}", server.asked().len());
}

#[tokio::test]
async fn endpoints_of_other_limits_agree_about_a_revocation() {
    let servers = [u64::MAX, 1_000].map(|limit| node_with_logs(1_000_000, Some(990_000), limit));
    let [one, other] = &servers;
    let (answer, provenance) = asked(&[one, other], 2, vec![revocation(RevocationEvent::Burn, None)]).await.remove(0);
    assert!(matches!(answer, Ok(Fact::Revocation(_))), "{answer:?}");
    assert_eq!(provenance.hosts.len(), 2);
}

#[tokio::test]
async fn a_search_that_takes_too_long_is_given_up() {
    let server = node_with_logs(1_000_000, None, 10);
    assert_eq!(revocation_read(&server, revocation(RevocationEvent::Burn, None)).await, Err(Cause::NotAnAnswer));
    assert!(server.asked().len() <= 40, "{}", server.asked().len());
}

#[tokio::test]
async fn a_node_without_logs_gives_no_reading_and_one_without_transactions_no_sender() {
    let server = Server::start(|request| node().reply(request));
    assert_eq!(revocation_read(&server, revocation(RevocationEvent::Burn, None)).await, Err(Cause::NotAnAnswer));
    let server = Server::start(|request| {
        node().reply_but(request, |method, params| (method == "eth_getLogs").then(|| Ok(json!([log(&params[0], 60)]))))
    });
    let reading = revocation_read(&server, revocation(RevocationEvent::Burn, None)).await.unwrap();
    assert_eq!((reading.logs.len(), reading.transaction), (1, None));
}
