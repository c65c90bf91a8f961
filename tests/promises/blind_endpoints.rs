//! Endpoints that answer with nothing, whatever they are asked: a denial counts only from one that sees (chain.md §5.2
//! rule 6). A scripted proxy stands in front of the embedded chain.
#![cfg(feature = "testchain")]

use crate::support::proxy;
use crate::support::rpc_server;

use std::net::{Ipv4Addr, SocketAddr};

use ebl_verifier::evidence::{Answer, Cause, Fact, ReadMethod};
use ebl_verifier::primitives::{Address, ChainId, Digest32, TokenId};
use ebl_verifier::sources::chain::{ChainConfig, ChainQuestion, ChainSource};
use ebl_verifier::testchain::contracts::Contract;
use ebl_verifier::testchain::sandbox::{CHAIN, Party, Sandbox};
use rpc_server::Server;
use serde_json::{Value, json};

/// Nobody has put code there.
const NOWHERE: Address = Address([0x77; 20]);
const TOKEN: TokenId = TokenId([0x55; 32]);

/// What an endpoint does to one call, given its true result; `None` leaves that as it is.
type Twist = fn(&Value, &Value) -> Option<Result<Value, Value>>;

#[tokio::test]
async fn who_answers_everything_with_nothing_denies_nothing() {
    let world = World::start().await;
    let cases: [(&str, Twist); 5] = [
        ("no call is run", |call, _| is(call, "eth_call").then(nothing)),
        ("no call is run and no code is there", |call, _| {
            (is(call, "eth_call") || is(call, "eth_getCode")).then(nothing)
        }),
        ("nothing at all is there", |call, _| {
            ["eth_call", "eth_getCode", "eth_getStorageAt"].iter().any(|method| is(call, method)).then(nothing)
        }),
        (HALF_BLIND, |call, _| (is(call, "eth_getCode") || is_creation(call)).then(nothing)),
        ("every call reverts", |call, _| {
            is(call, "eth_call").then(|| Err(json!({"code": 3, "message": "execution reverted", "data": "0x"})))
        }),
    ];
    for (name, twist) in cases {
        let front = world.front(twist);
        // Calls that do run agree that there is nothing where there is nothing.
        let nowhere = if name == HALF_BLIND { Vec::new() } else { World::nowhere() };
        for question in world.there().into_iter().chain(nowhere) {
            let (answer, provenance) = world.ask(&[&front], 1, question.clone()).await;
            let cause = answer.as_ref().err().map(|why| why.cause);
            assert_eq!(cause, Some(Cause::NotAnAnswer), "{name}: {question:?}: {answer:?} {provenance:?}");
        }
    }
}

#[tokio::test]
async fn two_that_see_nothing_are_no_quorum() {
    let world = World::start().await;
    let twist: Twist = |call, _| (is(call, "eth_call") || is(call, "eth_getCode")).then(nothing);
    let (one, other) = (world.front(twist), world.front(twist));
    for question in world.there() {
        let (answer, _) = world.ask(&[&one, &other], 2, question).await;
        assert!(answer.is_err(), "{answer:?}");
    }
}

#[tokio::test]
async fn who_sees_can_say_that_nothing_is_there() {
    let world = World::start().await;
    let cases: [(&str, Twist, ReadMethod); 2] = [
        ("as it is", |_, _| None, ReadMethod::Lens),
        ("calls without destination are not run", |call, _| is_creation(call).then(nothing), ReadMethod::Calls),
    ];
    for (name, twist, method) in cases {
        let front = world.front(twist);
        for question in World::nowhere() {
            let (answer, _) = world.ask(&[&front], 1, question).await;
            let fact = answer.unwrap_or_else(|why| panic!("{name}: {why:?}"));
            assert!(denies(&fact), "{name}: {fact:?}");
            assert!(!matches!(&fact, Fact::Registry(reading) if reading.method != method), "{name}");
        }
        for question in world.there() {
            let (answer, _) = world.ask(&[&front], 1, question).await;
            assert!(answer.is_ok_and(|fact| !denies(&fact)), "{name}");
        }
    }
}

/// Whether nothing is there, as this answer has it.
fn denies(fact: &Fact) -> bool {
    match fact {
        Fact::Registry(reading) => reading.contract.code.is_empty() || reading.title.owner_of.data.is_empty(),
        Fact::DocumentStore(reading) => reading.code.size == 0,
        Fact::DidEthr(reading) => reading.registry_code_size == 0,
        Fact::Powers(reading) => reading.genesis.data.is_empty(),
        _ => false,
    }
}

fn is(call: &Value, method: &str) -> bool {
    call["method"] == method
}

fn is_creation(call: &Value) -> bool {
    is(call, "eth_call") && call["params"][0].get("to").is_none()
}

fn nothing() -> Result<Value, Value> {
    Ok(json!("0x"))
}

const HALF_BLIND: &str = "no code is there of what answers";

/// A sandbox with a live title, a store and an identity.
struct World {
    sandbox: Sandbox,
    store: Address,
}

impl World {
    async fn start() -> Self {
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut sandbox = Sandbox::start(any_port, any_port).await.unwrap();
        let v5 = sandbox.v5;
        sandbox.mint(v5, TOKEN, [Party::Shipper, Party::Shipper]).unwrap();
        let store = sandbox.store(Contract::LegacyDocumentStore).unwrap();
        Self { sandbox, store }
    }

    fn there(&self) -> Vec<ChainQuestion> {
        questions(self.sandbox.v5.address, self.store, self.sandbox.did_registry())
    }

    fn nowhere() -> Vec<ChainQuestion> {
        questions(NOWHERE, NOWHERE, NOWHERE)
    }

    fn front(&self, twist: Twist) -> Server {
        proxy::proxy(self.sandbox.rpc_url().trim_end_matches('/'), twist)
    }

    async fn ask(
        &self,
        fronts: &[&Server],
        quorum: usize,
        question: ChainQuestion,
    ) -> (Answer, ebl_verifier::evidence::Provenance) {
        let chain = ChainId::try_from(CHAIN).unwrap();
        let endpoints = fronts.iter().map(|front| front.url().parse().unwrap()).collect();
        let config = ChainConfig {
            endpoints: [(chain, endpoints)].into(),
            use_embedded: false,
            retries: 0,
            quorum,
            ..ChainConfig::default()
        };
        let mut answers = ChainSource::new(config).unwrap().read(chain, vec![question]).await;
        answers.pop().unwrap()
    }
}

/// One of each kind that is answered by what stands in a contract.
fn questions(registry: Address, store: Address, identities: Address) -> Vec<ChainQuestion> {
    vec![
        ChainQuestion::Registry { registry, token: TOKEN },
        ChainQuestion::Powers { registry },
        ChainQuestion::DocumentStore { store, target_hash: Digest32([7; 32]), proof: Vec::new() },
        ChainQuestion::DidEthr { registry: identities, identity: Party::Carrier.address() },
    ]
}
