//! How `ChainSource` reads identities of a DID registry: no request more without history, and no history that a node
//! may have left something out of.

use crate::support::rpc_node;
use crate::support::rpc_server;

use ebl_verifier::evidence::{Answer, Cause, DidChange, DidEthrReading, Fact, Provenance};
use ebl_verifier::primitives::{Address, ChainId, TokenId, keccak256};
use ebl_verifier::sources::chain::{ChainConfig, ChainQuestion, ChainSource};
use ethers::abi::{Token, encode};
use rpc_node::{Node, REGISTRY, hex, word};
use rpc_server::Server;
use serde_json::{Value, json};

const DIDS: Address = Address([0xd1; 20]);
const IDENTITY: Address = Address([0xa1; 20]);
const OTHER: Address = Address([0xb2; 20]);

/// The registry says that the last change was in block `changed`.
fn node(changed: u64) -> Node {
    let mut node = Node::live(TokenId([0x55; 32]));
    node.codes.insert(DIDS, vec![0x60; 50]);
    let mut answer = |signature: &str, answer: [u8; 32]| {
        node.calls.insert((DIDS, keccak256(signature).0[..4].to_vec()), answer.to_vec());
    };
    answer("identityOwner(address)", word(OTHER));
    let mut number = [0; 32];
    number[24..].copy_from_slice(&changed.to_be_bytes());
    answer("changed(address)", number);
    node
}

/// A log of `DIDOwnerChanged`.
fn log(block: u64, index: u64, previous: u64) -> Value {
    json!({
        "address": DIDS,
        "topics": [keccak256("DIDOwnerChanged(address,address,uint256)"), hex(&word(IDENTITY))],
        "data": hex(&encode(&[Token::Address(OTHER.0.into()), Token::Uint(previous.into())])),
        "blockNumber": format!("{block:#x}"),
        "logIndex": format!("{index:#x}"),
        "removed": false,
    })
}

/// The logs of three blocks, two changes in the second.
fn logs(block: u64) -> Vec<Value> {
    match block {
        7 => vec![log(7, 0, 0)],
        9 => vec![log(9, 5, 9), log(9, 4, 7)],
        0x20 => vec![log(0x20, 1, 9)],
        _ => Vec::new(),
    }
}

fn serve(changed: u64, logs: impl Fn(u64) -> Value + Send + Sync + 'static) -> Server {
    Server::start(move |request| {
        node(changed).reply_but(request, |method, params| {
            (method == "eth_getLogs").then(|| {
                let filter = &params[0];
                assert_eq!(filter["fromBlock"], filter["toBlock"]);
                assert_eq!(filter["address"], json!(DIDS));
                assert_eq!(filter["topics"], json!([null, hex(&word(IDENTITY))]));
                let digits = filter["fromBlock"].as_str().unwrap().trim_start_matches("0x");
                match logs(u64::from_str_radix(digits, 16).unwrap()) {
                    Value::Object(error) => Err(Value::Object(error)),
                    logs => Ok(logs),
                }
            })
        })
    })
}

async fn asked(servers: &[&Server], questions: Vec<ChainQuestion>) -> Vec<(Answer, Provenance)> {
    let chain = ChainId::try_from(31337).unwrap();
    let config = ChainConfig {
        endpoints: [(chain, servers.iter().map(|server| server.url().parse().unwrap()).collect())].into(),
        retries: 0,
        use_embedded: false,
        quorum: servers.len(),
        ..ChainConfig::default()
    };
    ChainSource::new(config).unwrap().read(chain, questions).await
}

fn identity() -> ChainQuestion {
    ChainQuestion::DidEthr { registry: DIDS, identity: IDENTITY }
}

async fn answer(servers: &[&Server]) -> Result<DidEthrReading, (Cause, String)> {
    match asked(servers, vec![identity()]).await.remove(0).0 {
        Ok(Fact::DidEthr(reading)) => Ok(*reading),
        Ok(other) => panic!("{other:?}"),
        Err(why) => Err((why.cause, why.detail)),
    }
}

#[tokio::test]
async fn an_identity_without_history_costs_no_request_of_its_own() {
    let server = serve(0, |_| panic!("there is nothing to ask for"));
    let registry = ChainQuestion::Registry { registry: REGISTRY, token: TokenId([0x55; 32]) };
    let answers = asked(&[&server], vec![registry, identity()]).await;
    assert!(answers.iter().all(|(answer, _)| answer.is_ok()), "{answers:?}");
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn a_history_is_followed_to_its_beginning_and_given_oldest_first() {
    let server = serve(0x20, |block| Value::Array(logs(block)));
    let reading = answer(&[&server]).await.unwrap();
    let places: Vec<_> =
        reading.events.iter().map(|event| (event.block, event.log_index, event.previous_change)).collect();
    assert_eq!(places, [(7, 0, 0), (9, 4, 7), (9, 5, 9), (0x20, 1, 9)]);
    assert!(reading.events.iter().all(|event| event.change == DidChange::Owner { owner: OTHER }));
    assert_eq!(server.asked().len(), 5);
}

#[tokio::test]
async fn a_history_with_a_gap_or_a_foreign_log_is_no_answer() {
    type Logs = fn(u64) -> Value;
    let cases: [(&str, u64, Logs); 9] = [
        ("no logs where the registry names a change", 0x20, |_| json!([])),
        ("a block in between is empty", 0x20, |block| if block == 9 { json!([]) } else { Value::Array(logs(block)) }),
        ("the first change of a block is missing", 9, |_| json!([log(9, 5, 9)])),
        ("the changes lead forward", 7, |_| json!([log(7, 0, 9)])),
        ("a log of another block", 7, |_| json!([log(8, 0, 0)])),
        ("a log of another contract", 7, |_| {
            let mut log = log(7, 0, 0);
            log["address"] = json!(REGISTRY);
            json!([log])
        }),
        ("a log that was taken back", 7, |_| {
            let mut log = log(7, 0, 0);
            log["removed"] = json!(true);
            json!([log])
        }),
        ("data of another form", 7, |_| {
            let mut log = log(7, 0, 0);
            log["data"] = json!("0x00");
            json!([log])
        }),
        ("the node refuses", 7, |_| json!({"code": -32000, "message": "the logs are pruned"})),
    ];
    for (what, changed, logs) in cases {
        let server = serve(changed, logs);
        let found = answer(&[&server]).await;
        assert!(matches!(&found, Err((Cause::NotAnAnswer, _))), "{what}: {found:?}");
    }
    // The last change is later than the block that is read, 0x64.
    let server = serve(0x65, |block| json!([log(block, 0, 0)]));
    assert!(answer(&[&server]).await.is_err());
}

#[tokio::test]
async fn a_history_of_any_length_comes_to_an_end() {
    let endless = serve(0x20, |block| (0..1500).map(|index| log(block, index, block - 1)).collect());
    let (cause, detail) = answer(&[&endless]).await.unwrap_err();
    assert!(cause == Cause::NotAnAnswer && detail.contains("more than 1000"), "{detail}");
}

#[tokio::test]
async fn endpoints_that_differ_in_one_event_disagree() {
    let one = serve(7, |block| json!([log(block, 0, 0)]));
    let two = serve(7, |block| json!([log(block, 1, 0)]));
    let (cause, detail) = answer(&[&one, &two]).await.unwrap_err();
    assert!(cause == Cause::Disagreement && detail.contains("events[0].log_index"), "{detail}");
    let same = serve(7, |block| json!([log(block, 0, 0)]));
    assert!(answer(&[&one, &same]).await.is_ok());
}
