//! The whole verification of bills against a local node: content, title, and the record of the issuer's domain. Ours asks a
//! resolver on this machine; theirs has the record at hand.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use ebl_verifier::Wishes;
use ebl_verifier::verify::Verdict;
use futures_util::future::join_all;
use serde_json::json;
use tokio::runtime::Runtime;

use super::chain::Chain;
use super::theirs::{Files, Theirs};
use super::turns::{self, Run};

const ROUNDS: usize = 11;

pub fn measure() {
    turns::head("Full verification against a local node", &["ebl", "tt-verify"]);
    let (chain, files, theirs) = (Chain::start(), Files::new(), RefCell::new(Theirs::start()));
    let bills: Vec<_> = (0..64).map(|number| chain.issued(number).document.to_string().into_bytes()).collect();
    let paths: Vec<_> =
        bills.iter().enumerate().map(|(number, bill)| files.write(&format!("{number}.json"), bill)).collect();
    let runtime = Runtime::new().expect("a runtime");
    for count in [1, 8, 64] {
        let question = json!({"ask": "online", "url": chain.url(), "record": chain.record, "files": &paths[..count]});
        let mut runs: Vec<Run<'_>> = vec![
            Box::new(|| Some(ours(&chain, &runtime, &bills[..count]))),
            Box::new(|| theirs.borrow_mut().ask(&question)),
        ];
        turns::row(&format!("{count} at once"), &turns::medians(ROUNDS, &mut runs));
    }
}

/// With a verifier that knows nothing yet; what belongs to several bills it asks once, as the command does.
fn ours(chain: &Chain, runtime: &Runtime, bills: &[Vec<u8>]) -> Duration {
    let started = Instant::now();
    let verifier = chain.verifier().share_answers(Duration::from_secs(60)).build().expect("settings");
    let wishes = Wishes::default();
    let reports = runtime.block_on(join_all(bills.iter().map(|bill| verifier.verify(bill, &wishes))));
    let taken = started.elapsed();
    for report in reports {
        assert_eq!(report.expect("a document").verdict, Verdict::Valid);
    }
    taken
}
