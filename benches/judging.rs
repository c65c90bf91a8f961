//! Judging with every answer at hand, and decoding what a node says: `cargo bench --bench judging`. Compare ratios, not times.

#[path = "support/remembering.rs"]
mod remembering;
#[path = "../tests/support/mod.rs"]
mod support;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use divan::{Bencher, black_box};
use ebl_verifier::Verifier;
use ebl_verifier::document::{self, Limits};
use ebl_verifier::evidence::Evidence;
use ebl_verifier::primitives::{ChainId, TokenId};
use ebl_verifier::sources::chain::{BlockChoice, Endpoint};
use ebl_verifier::testchain::sandbox::{CHAIN, Party, Sandbox};
use ebl_verifier::verify::{Case, PowersWanted, Report, Step, TokenOfChain, examine};
use remembering::Remembering;
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
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let sandbox = runtime.block_on(Sandbox::start(any_port, any_port)).expect("a sandbox");
    let token = TokenId([7; 32]);
    sandbox.mint(sandbox.v5, token, [Party::Shipper; 2]).expect("a title");
    let chain = ChainId::try_from(CHAIN).expect("a chain");
    let node = Arc::new(Remembering::of(sandbox.rpc_url()));
    let endpoint = sandbox.rpc_url().parse::<Endpoint>().expect("an endpoint").over(Arc::clone(&node) as Arc<_>);
    let builder = Verifier::builder().default_endpoints(false).endpoint(chain, endpoint);
    let verifier = builder.block(BlockChoice::Latest).build().expect("settings");
    let wishes = sandbox.wishes();
    let read = || {
        let token = TokenOfChain { chain, registry: sandbox.v5.address, token };
        let report = runtime.block_on(verifier.title_of_token(token, PowersWanted::No, &wishes));
        assert!(report.history_complete);
    };
    read();
    let asked = node.asked();
    bencher.bench_local(read);
    assert_eq!(node.asked(), asked, "everything was at hand");
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
