//! What a state proof leads to, where one is required.

use ebl_verifier::evidence::{Answer, Cause, Unavailable};
use ebl_verifier::verify::{ProofMode, Report};

use super::proven_bill::{Recording, mode, proven, recording, report};
use super::signed_world::ethr;
use super::situation::{STORE, Situation, in_stores, signed};
use super::wrapping::Format;

/// A code, when, and the report whose registry, issuance or title check carries it.
pub type Case = (&'static str, &'static str, fn() -> Report);

pub const ALL: &[Case] = &[
    ("chain.proof_missing", "the endpoint serves none", || {
        let none = Unavailable { cause: Cause::NotAnAnswer, host: Some("one".into()), detail: "no proofs here".into() };
        required(&recording(), Err(none), &["one"])
    }),
    ("chain.proof_not_possible", "document stores are not proven", || required_of(in_stores(&[STORE], 1))),
    ("chain.proof_not_possible", "DID registries are not proven", || required_of(signed(&ethr(Format::V2)))),
    ("chain.proof_invalid", "a slot of the header was changed", || {
        let mut changed = recording();
        changed.proof.block.hash.0[0] ^= 1;
        required(&changed, proven(&changed), &["one", "two"])
    }),
    ("chain.proof_unvouched", "only the endpoint knows the block", || {
        required(&recording(), proven(&recording()), &["one"])
    }),
    ("chain.proof_contradicts", "the endpoint named another holder", || {
        let mut lied = recording();
        lied.reading.title.holder.data[31] ^= 1;
        required(&lied, proven(&lied), &["one", "two"])
    }),
];

fn required(recording: &Recording, proof: Answer, hosts: &[&str]) -> Report {
    report(recording, proof, hosts, mode(ProofMode::Require))
}

fn required_of(situation: Situation) -> Report {
    situation.policy(|policy| policy.proof = ProofMode::Require).examined().0
}
