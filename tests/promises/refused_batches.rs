//! Nodes that refuse batches, or calls without destination, in ways of their own (checks.md §8): a scripted proxy in front
//! of the embedded chain. Plain single calls read the same, are tried once, and are what that endpoint is asked from then on.
#![cfg(feature = "testchain")]

use crate::support::proxy;
use crate::support::rpc_server;

use std::net::{Ipv4Addr, SocketAddr};

use ebl_verifier::evidence::{Answer, Fact, Provenance, ReadMethod};
use ebl_verifier::primitives::{ChainId, Digest32, TokenId};
use ebl_verifier::sources::chain::{ChainConfig, ChainQuestion, ChainSource};
use ebl_verifier::testchain::contracts::Contract;
use ebl_verifier::testchain::sandbox::{CHAIN, Party, Sandbox};
use proxy::forwarded;
use rpc_server::{Reply, Server};
use serde_json::{Value, json};

const TOKEN: TokenId = TokenId([0x55; 32]);

/// A sandbox with a live title, and one question of each kind about it.
struct World {
    sandbox: Sandbox,
    questions: Vec<ChainQuestion>,
}

impl World {
    async fn start() -> Self {
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut sandbox = Sandbox::start(any_port, any_port).await.unwrap();
        let v5 = sandbox.v5;
        sandbox.mint(v5, TOKEN, [Party::Shipper, Party::Shipper]).unwrap();
        let store = sandbox.store(Contract::LegacyDocumentStore).unwrap();
        let (registry, token) = (v5.address, TOKEN);
        let questions = vec![
            ChainQuestion::Registry { registry, token },
            ChainQuestion::History { registry, token },
            ChainQuestion::Powers { registry },
            ChainQuestion::Proof { registry, token },
            ChainQuestion::DocumentStore { store, target_hash: Digest32([7; 32]), proof: Vec::new() },
            ChainQuestion::DidEthr { registry: sandbox.did_registry(), identity: Party::Carrier.address() },
        ];
        Self { sandbox, questions }
    }

    fn source(&self, url: &str) -> ChainSource {
        let config = ChainConfig {
            endpoints: [(chain(), vec![url.parse().unwrap()])].into(),
            use_embedded: false,
            retries: 0,
            ..ChainConfig::default()
        };
        ChainSource::new(config).unwrap()
    }

    /// The facts, how the registry was read, and the number of requests.
    async fn read(&self, source: &ChainSource, name: &str) -> (Vec<Fact>, ReadMethod, u32) {
        let answers = source.read(chain(), self.questions.clone()).await;
        let requests = answers[0].1.requests;
        let fact = |(answer, provenance): (Answer, Provenance)| {
            answer.unwrap_or_else(|why| panic!("{name}: {why:?} {provenance:?}"))
        };
        let mut facts: Vec<Fact> = answers.into_iter().map(fact).collect();
        let Some(Fact::Registry(reading)) = facts.first_mut() else { panic!("{name}") };
        let method = std::mem::take(&mut reading.method);
        (facts, method, requests)
    }
}

fn chain() -> ChainId {
    ChainId::try_from(CHAIN).unwrap()
}

/// In front of `upstream`; where `twist` has a reply of its own, that one is given.
fn front(upstream: &str, mut twist: impl FnMut(&Value) -> Option<Reply> + Send + 'static) -> Server {
    let upstream = upstream.trim_start_matches("http://").trim_end_matches('/').to_owned();
    Server::start(move |request| {
        twist(&request.body).unwrap_or_else(|| Reply::json(&forwarded(&upstream, &request.body)))
    })
}

/// To a call of this id, whatever it was.
fn reply(id: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "result": "0x1"})
}

fn refusal(id: &Value, code: i64, message: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}})
}

#[tokio::test]
async fn single_calls_read_the_same_where_batches_are_refused_in_whatever_way() {
    let world = World::start().await;
    let direct = world.source(world.sandbox.rpc_url());
    let (wanted, method, _) = world.read(&direct, "direct").await;
    assert_eq!(method, ReadMethod::Lens);
    let each = |calls: &[Value], code: i64, message: &str| {
        Reply::json(&calls.iter().map(|call| refusal(&call["id"], code, message)).collect())
    };
    type Batch = fn(&[Value], &dyn Fn(&[Value], i64, &str) -> Reply) -> Reply;
    let cases: [(&str, Batch); 16] = [
        ("one error with a null id in a list", |_, _| {
            Reply::json(&json!([refusal(&Value::Null, -32600, "Too many methods in the batch")]))
        }),
        ("one error with a null id by itself", |_, _| {
            Reply::json(&refusal(&Value::Null, -32000, "batch limit exceeded"))
        }),
        ("a dropped connection", |_, _| Reply::HangUp),
        ("each item refused for the batch", |calls, each| each(calls, -32600, "Unsupported method in batch call")),
        ("each item refused without a reason", |calls, each| each(calls, -32000, "not allowed")),
        ("a server error", |_, _| Reply::status("500 Internal Server Error")),
        ("a client error", |_, _| Reply::status("404 Not Found")),
        ("a page", |_, _| Reply::text("<html>")),
        ("nothing", |_, _| Reply::text("")),
        ("no content", |_, _| Reply::status("204 No Content")),
        ("no reply", |_, _| Reply::json(&json!([]))),
        ("a reply too few", |calls, _| {
            Reply::json(&calls.iter().skip(1).map(|call| reply(call["id"].clone())).collect())
        }),
        ("ids as texts", |calls, _| {
            Reply::json(&calls.iter().map(|call| reply(json!(call["id"].to_string()))).collect())
        }),
        ("ids with a fraction", |calls, _| {
            Reply::json(&calls.iter().map(|call| reply(json!(call["id"].as_f64()))).collect())
        }),
        ("equal ids", |calls, _| Reply::json(&calls.iter().map(|_| reply(json!(0))).collect())),
        ("no ids", |calls, _| Reply::json(&calls.iter().map(|_| json!({"jsonrpc": "2.0", "result": "0x1"})).collect())),
    ];
    for (name, batch) in cases {
        let front = front(world.sandbox.rpc_url(), move |body| body.as_array().map(|calls| batch(calls, &each)));
        let source = world.source(&front.url());
        for round in ["first", "second"] {
            let (facts, method, _) = world.read(&source, name).await;
            assert_eq!((&facts, method), (&wanted, ReadMethod::Lens), "{name}, {round} time");
        }
        let batches = front.asked().iter().filter(|request| request.body.is_array()).count();
        assert_eq!(batches, 1, "{name}: remembered");
    }
}

#[tokio::test]
async fn calls_that_are_refused_for_being_in_a_batch_are_asked_alone() {
    let world = World::start().await;
    let (wanted, ..) = world.read(&world.source(world.sandbox.rpc_url()), "direct").await;
    let upstream = world.sandbox.rpc_url().trim_start_matches("http://").trim_end_matches('/').to_owned();
    let front = Server::start(move |request| {
        let mut replies = forwarded(&upstream, &request.body);
        for (call, reply) in request.body.as_array().into_iter().flatten().zip(0..) {
            if call["method"] == "eth_call" {
                replies[reply] = refusal(&call["id"], -32000, "eth_call is not supported in a batch");
            }
        }
        Reply::json(&replies)
    });
    let (facts, ..) = world.read(&world.source(&front.url()), "some").await;
    assert_eq!(facts, wanted);
    let alone = front.asked().into_iter().filter(|request| request.body.is_object());
    assert!(alone.map(|request| request.body["method"].clone()).all(|method| method == "eth_call"));
}

#[tokio::test]
async fn an_endpoint_that_fails_altogether_is_asked_one_call_more() {
    let world = World::start().await;
    for reply in [Reply::HangUp, Reply::status("500 Internal Server Error"), Reply::text("<html>")] {
        let front = front(world.sandbox.rpc_url(), move |_| Some(reply.clone()));
        let answers = world.source(&front.url()).read(chain(), world.questions.clone()).await;
        assert!(answers.iter().all(|(answer, _)| answer.is_err()));
        assert_eq!(front.asked().len(), 2);
    }
}

#[tokio::test]
async fn plain_calls_read_the_same_where_calls_without_destination_are_not_run() {
    let world = World::start().await;
    let (wanted, ..) = world.read(&world.source(world.sandbox.rpc_url()), "direct").await;
    for (name, result) in [("0x", json!("0x")), ("null", Value::Null)] {
        let front = proxy::proxy(world.sandbox.rpc_url().trim_end_matches('/'), move |call, _| {
            let without = call["method"] == "eth_call" && call["params"][0].get("to").is_none();
            without.then(|| Ok(result.clone()))
        });
        let source = world.source(&front.url());
        let (facts, method, first) = world.read(&source, name).await;
        assert_eq!((facts, method), (wanted.clone(), ReadMethod::Calls), "{name}");
        let (_, _, second) = world.read(&source, name).await;
        assert_eq!(first, second);
    }
}
