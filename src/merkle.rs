//! The Merkle tree over target hashes (documents.md §3.6, §3.7).

use crate::primitives::{Digest32, keccak256};

/// The root that a proof leads to: fold in each sibling, the smaller of each pair first.
pub fn root_from(target_hash: Digest32, proof: &[Digest32]) -> Digest32 {
    proof.iter().fold(target_hash, |node, &sibling| parent(node, sibling))
}

/// Every node that a proof passes through: the target hash, each intermediate node and, last, the root
/// (checks.md §3.3). A document wrapped alone is its own root.
pub fn path_from(target_hash: Digest32, proof: &[Digest32]) -> Vec<Digest32> {
    let ancestors = proof.iter().scan(target_hash, |node, &sibling| {
        *node = parent(*node, sibling);
        Some(*node)
    });
    std::iter::once(target_hash).chain(ancestors).collect()
}

/// The root of a tree over `targets`, sorted and with duplicates kept; `None` for no targets.
pub fn root_of(targets: &[Digest32]) -> Option<Digest32> {
    layers(targets).last().and_then(|layer| layer.first().copied())
}

/// The proof of the first leaf equal to `target`; `None` if it is not a leaf.
pub fn proof_of(targets: &[Digest32], target: Digest32) -> Option<Vec<Digest32>> {
    let layers = layers(targets);
    let mut index = layers.first()?.iter().position(|&leaf| leaf == target)?;
    let mut proof = Vec::new();
    for layer in &layers {
        proof.extend(layer.get(index ^ 1));
        index /= 2;
    }
    Some(proof)
}

fn layers(targets: &[Digest32]) -> Vec<Vec<Digest32>> {
    let mut layer = targets.to_vec();
    layer.sort_unstable();
    let mut layers = Vec::new();
    while layer.len() > 1 {
        let next = layer.chunks(2).map(|pair| match *pair {
            [left, right] => parent(left, right),
            // An unpaired last node moves up unchanged.
            _ => pair[0],
        });
        let next = next.collect();
        layers.push(std::mem::replace(&mut layer, next));
    }
    layers.push(layer);
    layers
}

fn parent(left: Digest32, right: Digest32) -> Digest32 {
    let (first, second) = if left <= right { (left, right) } else { (right, left) };
    keccak256([first.0, second.0].concat())
}
