//! Any bytes as trie nodes of a state that an endpoint makes up, with every hash above them made to fit: nothing panics,
//! and nothing is proven.
#![no_main]

use std::sync::LazyLock;

use ebl_verifier::evidence::{NodeBytes, ProofReading};
use ebl_verifier::primitives::{Address, TokenId, keccak256};
use ebl_verifier::title::proof::{NotProven, prove};
use libfuzzer_sys::fuzz_target;
use serde::Deserialize;

#[derive(Deserialize)]
struct Recording {
    registry: Address,
    token: TokenId,
    proof: ProofReading,
}

static RECORDED: LazyLock<Recording> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../fixtures/proofs/v5-clone.json")).expect("the fixture is a recording")
});

fuzz_target!(|bytes: &[u8]| {
    let Recording { registry, token, proof } = &*RECORDED;
    let mut proof = proof.clone();
    // Nodes are cut apart at 0xff 0x00; the first is the root.
    let mut nodes: Vec<NodeBytes> = Vec::new();
    let mut rest = bytes;
    while let Some(at) = rest.windows(2).position(|pair| pair == [0xff, 0]) {
        nodes.push(NodeBytes(rest[..at].to_vec()));
        rest = &rest[at + 2..];
    }
    nodes.push(NodeBytes(rest.to_vec()));
    proof.header.0.insert("stateRoot".into(), keccak256(&nodes[0].0).to_string());
    proof.accounts[0].nodes = nodes;
    if let Err(NotProven::HeaderHash { found, .. }) = prove(&proof, None, *registry, *token) {
        proof.block.hash = found;
        assert!(prove(&proof, None, *registry, *token).is_err());
    }
});
