//! The history of a title, from a node whose replies are at hand.

use ebl_verifier::primitives::{TokenId, keccak256};
use ebl_verifier::testchain::contracts::TitleWrite;
use ebl_verifier::testchain::sandbox::{Party, Sandbox};
use ebl_verifier::verify::TitleReport;

use super::cost::Cost;
use super::remembering::World;

pub fn costs(counts: &[usize]) -> Vec<(f64, Cost)> {
    let world = World::start();
    let cost = |count: &usize| {
        let is_right = |report: &TitleReport| (report.history_complete, report.history.len()) == (true, *count);
        let token = passed_on(&world.sandbox, *count);
        (*count as f64, world.with_replies_at_hand(token, is_right, |read| Cost::of(read)))
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
