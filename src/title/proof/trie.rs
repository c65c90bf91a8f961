//! Accounts and slots against their roots. The trie itself is `alloy-trie`'s to check; before it walks a proof, the proof
//! is measured here, because its paths hold 64 nibbles and a node that leads further makes it panic.

use alloy_primitives::{B256, Bytes, U256};
use alloy_rlp::{Decodable as _, Encodable as _};
use alloy_trie::nodes::{RlpNode, TrieNode};
use alloy_trie::proof::{ProofVerificationError, verify_proof};
use alloy_trie::{EMPTY_ROOT_HASH, KECCAK_EMPTY, Nibbles, TrieAccount};

use crate::evidence::{AccountProofReading, NodeBytes, SlotReading};
use crate::primitives::{Digest32, keccak256};

/// The storage root of an account that is proven to be as it was read; the empty root for one proven not to be there.
pub(super) fn storage_root(state_root: Digest32, account: &AccountProofReading) -> Result<Digest32, Broken> {
    let key = keccak256(account.address.0);
    let (code_hash, root) = (B256::from(account.code_hash.0), B256::from(account.storage_root.0));
    // Nodes write the hashes of an account that is not there as zero or as the hashes of nothing.
    let nothing = account.nonce == 0
        && account.balance == Digest32::default()
        && [B256::ZERO, KECCAK_EMPTY].contains(&code_hash)
        && [B256::ZERO, EMPTY_ROOT_HASH].contains(&root);
    if nothing && check(state_root, key, None, &account.nodes).is_ok() {
        return Ok(Digest32(EMPTY_ROOT_HASH.0));
    }
    let leaf = TrieAccount::new(account.nonce, U256::from_be_bytes(account.balance.0), root, code_hash);
    check(state_root, key, Some(alloy_rlp::encode(leaf)), &account.nodes)?;
    Ok(account.storage_root)
}

/// That a slot holds what was read.
pub(super) fn slot(storage_root: Digest32, slot: &SlotReading) -> Result<(), Broken> {
    let key = keccak256(slot.slot.0);
    let value = U256::from_be_bytes(slot.value.0);
    if value.is_zero() && check(storage_root, key, None, &slot.nodes).is_ok() {
        return Ok(());
    }
    // For zero this is a leaf that says so: local chains keep them, others never do (chain.md §5.4).
    let mut leaf = Vec::new();
    value.encode(&mut leaf);
    check(storage_root, key, Some(leaf), &slot.nodes)
}

/// Keccak-256 of no code.
pub(super) fn is_no_code(code_hash: Digest32) -> bool {
    [B256::ZERO, KECCAK_EMPTY].contains(&B256::from(code_hash.0))
}

/// The nodes do not lead from the root to the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken;

impl From<ProofVerificationError> for Broken {
    fn from(_: ProofVerificationError) -> Self {
        Self
    }
}

impl From<alloy_rlp::Error> for Broken {
    fn from(_: alloy_rlp::Error) -> Self {
        Self
    }
}

fn check(root: Digest32, key: Digest32, value: Option<Vec<u8>>, nodes: &[NodeBytes]) -> Result<(), Broken> {
    let nodes: Vec<Bytes> = nodes.iter().map(|node| Bytes::copy_from_slice(&node.0)).collect();
    measure(&nodes)?;
    Ok(verify_proof(B256::from(root.0), Nibbles::unpack(key.0), value, &nodes)?)
}

/// Refuses nodes whose path would be longer than any key's.
fn measure(nodes: &[Bytes]) -> Result<(), Broken> {
    let mut depth = 0;
    for node in nodes {
        let (step, reach) = lengths(node)?;
        if depth + reach > KEY_NIBBLES {
            return Err(Broken);
        }
        depth += step;
    }
    Ok(())
}

/// How many nibbles a node leads down to the next node of a proof, and how many at most with the small nodes inside it.
fn lengths(mut rlp: &[u8]) -> Result<(usize, usize), Broken> {
    let inside = |child: &RlpNode| if child.is_hash() { Ok(0) } else { lengths(child).map(|(_, reach)| reach) };
    Ok(match TrieNode::decode(&mut rlp)? {
        TrieNode::EmptyRoot => (0, 0),
        TrieNode::Leaf(leaf) => (leaf.key.len(), leaf.key.len()),
        TrieNode::Extension(extension) => (extension.key.len(), extension.key.len() + inside(&extension.child)?),
        TrieNode::Branch(branch) => {
            let deepest = branch.stack.iter().try_fold(0, |deepest, child| inside(child).map(|it| it.max(deepest)))?;
            (1, 1 + deepest)
        }
    })
}

/// A key is a Keccak-256 hash.
const KEY_NIBBLES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_trie::nodes::{ExtensionNode, LeafNode};

    /// Two nodes that belong together, as an endpoint that makes up a whole block can serve them.
    fn made_up(extension: usize, leaf: usize) -> (Digest32, Vec<NodeBytes>) {
        let path = |length| Nibbles::from_nibbles(vec![7; length]);
        let leaf = alloy_rlp::encode(LeafNode::new(path(leaf), vec![1; 40]));
        let extension = alloy_rlp::encode(ExtensionNode::new(path(extension), RlpNode::from_rlp(&leaf)));
        (keccak256(&extension), vec![NodeBytes(extension), NodeBytes(leaf)])
    }

    #[test]
    fn a_path_that_is_longer_than_a_key_is_refused_without_a_panic() {
        let (root, nodes) = made_up(64, 60);
        assert_eq!(check(root, Digest32([0x77; 32]), None, &nodes), Err(Broken));
        let (root, nodes) = made_up(4, 60);
        assert_eq!(check(root, Digest32([0x77; 32]), Some(vec![1; 40]), &nodes), Ok(()));
        assert_eq!(check(root, Digest32([0x78; 32]), None, &nodes), Ok(()));
        assert_eq!(check(root, Digest32([0x77; 32]), None, &nodes), Err(Broken));
        assert_eq!(check(root, Digest32([0x77; 32]), Some(vec![1; 40]), &nodes[..1]), Err(Broken));
        assert_eq!(check(root, Digest32([0x77; 32]), None, &[]), Err(Broken));
    }

    #[test]
    fn bytes_that_are_no_node_are_refused() {
        for node in [&[][..], &[0x80], &[0xc0], &[0xff; 40], &[0xc2, 0x80, 0x80], &[0xf8]] {
            let nodes = [NodeBytes(node.to_vec())];
            assert_eq!(check(keccak256(node), Digest32([0x77; 32]), Some(vec![1]), &nodes), Err(Broken), "{node:?}");
        }
        // Only the empty root may stand for itself.
        let empty = [NodeBytes(vec![0x80])];
        assert_eq!(check(Digest32(EMPTY_ROOT_HASH.0), Digest32([7; 32]), None, &empty), Ok(()));
        assert_eq!(check(Digest32([1; 32]), Digest32([7; 32]), None, &empty), Err(Broken));
    }
}
