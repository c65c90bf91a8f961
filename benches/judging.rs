//! Judging with every answer at hand, and decoding what a node says: `cargo bench --bench judging`. Compare ratios, not times.

#[path = "support/remembering.rs"]
mod remembering;
#[path = "../tests/support/mod.rs"]
mod support;

use divan::{Bencher, black_box};
use ebl_verifier::document::{self, Limits};
use ebl_verifier::evidence::Evidence;
use ebl_verifier::primitives::TokenId;
use ebl_verifier::testchain::sandbox::Party;
use ebl_verifier::verify::{Case, Report, Step, examine};
use remembering::World;
use support::situation::{self, Situation};
use support::wrapping::Format;
use support::{signed_world, w3c};

fn main() {
    divan::main();
}

/// A document that a did:ethr signed, from its bytes to the report.
#[divan::bench]
fn signed_oa3(bencher: Bencher<'_, '_>) {
    from_the_bytes(bencher, &situation::signed(&signed_world::ethr(Format::V3)));
}

/// The same bill without a signature: its title is asked for.
#[divan::bench]
fn titled_oa3(bencher: Bencher<'_, '_>) {
    from_the_bytes(bencher, &situation::bill_v3());
}

#[divan::bench(args = ["ecdsa-transferable", "ecdsa-derived-all", "bbs-derived-all"])]
fn credential(bencher: Bencher<'_, '_>, id: &str) {
    from_the_bytes(bencher, &w3c::signed(id));
}

/// The judging alone, of a bill whose title is live.
#[divan::bench]
fn examine_a_bill(bencher: Bencher<'_, '_>) {
    let situation = situation::bill();
    let (_, evidence) = situation.examined();
    let document = document::read(&situation.document, &Limits::default()).expect("readable");
    let case = Case::new(&document, &situation.policy, situation.now);
    bencher.bench_local(|| report(black_box(&case), &evidence));
}

/// A title and its history from a node whose replies are remembered: what is asked is written, what is said decoded, checked and
/// judged.
#[divan::bench]
fn replies_about_a_title(bencher: Bencher<'_, '_>) {
    let world = World::start();
    let token = TokenId([7; 32]);
    world.sandbox.mint(world.sandbox.v5, token, [Party::Shipper; 2]).expect("a title");
    world.with_replies_at_hand(token, |report| report.history_complete, |read| bencher.bench_local(read));
}

fn from_the_bytes(bencher: Bencher<'_, '_>, situation: &Situation) {
    let (wanted, evidence) = situation.examined();
    bencher.bench_local(|| {
        let document = document::read(black_box(&situation.document), &Limits::default()).expect("readable");
        let case = Case::new(&document, &situation.policy, situation.now);
        assert_eq!(report(&case, &evidence).verdict, wanted.verdict);
    });
}

fn report(case: &Case<'_>, evidence: &Evidence) -> Report {
    match examine(case, evidence) {
        Step::Report(report) => *report,
        Step::Ask(questions) => panic!("there is more to ask: {questions:?}"),
    }
}
