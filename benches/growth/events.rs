//! The history of a title, from a node whose replies are at hand.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use ebl_verifier::Verifier;
use ebl_verifier::primitives::{ChainId, TokenId, keccak256};
use ebl_verifier::sources::chain::{BlockChoice, Endpoint};
use ebl_verifier::testchain::contracts::TitleWrite;
use ebl_verifier::testchain::sandbox::{CHAIN, Party, Sandbox};
use ebl_verifier::verify::{PowersWanted, TokenOfChain};

use super::cost::Cost;
use super::remembering::Remembering;

pub fn costs(counts: &[usize]) -> Vec<(f64, Cost)> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let sandbox = runtime.block_on(Sandbox::start(any_port, any_port)).expect("a sandbox");
    let chain = ChainId::try_from(CHAIN).expect("a chain");
    let cost = |count: &usize| {
        let token = passed_on(&sandbox, *count);
        let node = Arc::new(Remembering::of(sandbox.rpc_url()));
        let endpoint = sandbox.rpc_url().parse::<Endpoint>().expect("an endpoint").over(Arc::clone(&node) as Arc<_>);
        let builder = Verifier::builder().default_endpoints(false).endpoint(chain, endpoint);
        let verifier = builder.block(BlockChoice::Latest).build().expect("settings");
        let wishes = sandbox.wishes();
        let read = || {
            let token = TokenOfChain { chain, registry: sandbox.v5.address, token };
            let report = runtime.block_on(verifier.title_of_token(token, PowersWanted::No, &wishes));
            assert_eq!((report.history_complete, report.history.len()), (true, *count));
        };
        read();
        let asked = node.asked();
        let cost = Cost::of(read);
        assert_eq!(node.asked(), asked, "everything was at hand");
        (*count as f64, cost)
    };
    counts.iter().map(cost).collect()
}

/// A title with so many events in its history.
fn passed_on(sandbox: &Sandbox, count: usize) -> TokenId {
    let token = TokenId::from(keccak256(count.to_be_bytes()));
    sandbox.mint(sandbox.v5, token, [Party::Shipper; 2]).expect("a title");
    let parties = [Party::Shipper, Party::Bank];
    for time in 0..count - 1 {
        let holder = parties[(time + 1) % 2].address();
        let pass_on = TitleWrite::TransferHolder { holder, remark: Vec::new() };
        sandbox.act(sandbox.v5, token, parties[time % 2], &pass_on).expect("a transfer");
    }
    token
}
