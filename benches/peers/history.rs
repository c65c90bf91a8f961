//! The history of a title in a published registry on a local node.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use ebl_verifier::Wishes;
use ebl_verifier::primitives::TokenId;
use ebl_verifier::verify::{PowersWanted, TokenOfChain};
use serde_json::json;
use tokio::runtime::Runtime;

use super::chain::Chain;
use super::theirs::Theirs;
use super::turns::{self, Run};

const ROUNDS: usize = 7;

pub fn measure() {
    turns::head("History of a title on a local node", &["ebl", "trustvc"]);
    let (chain, theirs, runtime) = (Chain::start(), RefCell::new(Theirs::start()), Runtime::new().expect("a runtime"));
    for events in [5, 50, 500, 5_000] {
        let token = TokenId::from(chain.issued(events).root());
        chain.pass_on(token, events - 1);
        let question = json!({
            "ask": "history",
            "url": chain.url(),
            "registry": chain.registry.to_string(),
            "token": token.to_string(),
            "events": events,
        });
        let mut runs: Vec<Run<'_>> = vec![
            Box::new(|| Some(ours(&chain, &runtime, token, events))),
            Box::new(|| theirs.borrow_mut().ask(&question)),
        ];
        turns::row(&format!("{events} events"), &turns::medians(ROUNDS, &mut runs));
    }
}

fn ours(chain: &Chain, runtime: &Runtime, token: TokenId, events: usize) -> Duration {
    let started = Instant::now();
    let verifier = chain.verifier().build().expect("settings");
    let token = TokenOfChain { chain: chain.id(), registry: chain.registry, token };
    let report = runtime.block_on(verifier.title_of_token(token, PowersWanted::No, &Wishes::default()));
    let taken = started.elapsed();
    assert_eq!((report.history_complete, report.history.len()), (true, events));
    taken
}
