//! One document store and one document: both families' questions at once (chain.md §3), so that the family need not be
//! known beforehand.

use serde_json::Value;

use super::at::{At, newest_unread};
use super::reply::Item;
use super::sight;
use super::transport::{Call, Session};
use super::values::{code, eth_call, eth_get_code, outcome, supports_interface};
use crate::contracts::document_store::{
    BATCHABLE, DOCUMENT_REVOKED, EVERYTHING, IS_ISSUED, IS_ISSUED_IN_BATCH, IS_REVOKED, IS_REVOKED_IN_BATCH,
    TRANSFERABLE,
};
use crate::contracts::token_registry::number_word;
use crate::evidence::{CodeReading, Newest, NodeReading, StoreReading, Unavailable};
use crate::primitives::{Address, Digest32};

/// The store's share of the second round. `path` leads from the target hash to the root along `proof`.
pub(super) fn calls(store: Address, path: &[Digest32], proof: &[Digest32], at: &Value) -> Vec<Call> {
    let (target, root) = ends(path);
    let ask = |data: &[u8]| eth_call(store, data, at);
    let mut calls = vec![sight::call(store, at), eth_get_code(store, at)];
    calls.extend([BATCHABLE, TRANSFERABLE, EVERYTHING].map(|id| ask(&supports_interface(id))));
    calls.push(ask(&about(IS_ISSUED, root)));
    calls.push(ask(&about_in_batch(IS_ISSUED_IN_BATCH, root, target, proof)));
    for (index, &node) in path.iter().enumerate() {
        let rest = proof.get(index..).unwrap_or_default();
        calls.push(ask(&about(IS_REVOKED, node)));
        calls.push(ask(&about_in_batch(IS_REVOKED_IN_BATCH, root, node, rest)));
        calls.push(ask(&about(DOCUMENT_REVOKED, node)));
    }
    calls
}

/// The results of [`calls`], and of the same at the newest block. A call that the node itself refused leaves the whole store
/// unread.
pub(super) fn read(
    session: &Session<'_>,
    at: &At,
    store: Address,
    path: &[Digest32],
    items: impl Iterator<Item = Item>,
    newest: Vec<Item>,
) -> Result<StoreReading, Unavailable> {
    let mut read = reading(session, at, store, path, items)?;
    if let Some(at) = at.newest.as_ref().filter(|_| !newest.is_empty()) {
        let latest = reading(session, at, store, path, newest.into_iter());
        read.newest = Newest::Read(vec![latest.map_err(|why| newest_unread(session, at, &why))?]);
    }
    Ok(read)
}

fn reading(
    session: &Session<'_>,
    at: &At,
    store: Address,
    path: &[Digest32],
    mut items: impl Iterator<Item = Item>,
) -> Result<StoreReading, Unavailable> {
    let shown = items.next();
    let code = CodeReading::of(store, &code(session, items.next())?);
    let mut next = || match items.next() {
        Some(item) => outcome(session, item),
        None => Err(session.not_an_answer("a call of the batch was left unanswered")),
    };
    let reading = StoreReading {
        chain_id: at.chain.get(),
        block: at.block.clone(),
        code,
        batchable: next()?,
        transferable: next()?,
        everything: next()?,
        issued: next()?,
        issued_in_batch: next()?,
        nodes: path
            .iter()
            .map(|&hash| Ok(NodeReading { hash, revoked: next()?, revoked_in_batch: next()?, revoked_at: next()? }))
            .collect::<Result<_, Unavailable>>()?,
        newest: at.nothing_newer(),
    };
    let of_nodes = reading.nodes.iter().flat_map(|node| [&node.revoked, &node.revoked_in_batch, &node.revoked_at]);
    let answers = [&reading.batchable, &reading.transferable, &reading.everything, &reading.issued];
    let answers = answers.into_iter().chain([&reading.issued_in_batch]).chain(of_nodes);
    sight::check(session, store, shown, reading.code.size as usize, answers)?;
    Ok(reading)
}

fn ends(path: &[Digest32]) -> (Digest32, Digest32) {
    (path.first().copied().unwrap_or_default(), path.last().copied().unwrap_or_default())
}

fn about(selector: [u8; 4], hash: Digest32) -> Vec<u8> {
    [selector.as_slice(), &hash.0].concat()
}

/// `(bytes32 root, bytes32 document, bytes32[] proof)`.
fn about_in_batch(selector: [u8; 4], root: Digest32, document: Digest32, proof: &[Digest32]) -> Vec<u8> {
    let mut data =
        [selector.as_slice(), &root.0, &document.0, &number_word(3 * 32), &number_word(proof.len())].concat();
    data.extend(proof.iter().flat_map(|sibling| sibling.0));
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_question_is_encoded_as_the_abi_says() {
        use ethers::abi::{Token, encode};
        let hashes = [Digest32([1; 32]), Digest32([2; 32])];
        let token = |hash: Digest32| Token::FixedBytes(hash.0.to_vec());
        for proof in [&hashes[..0], &hashes[..1], &hashes[..]] {
            let list = Token::Array(proof.iter().copied().map(token).collect());
            let wanted = encode(&[token(hashes[0]), token(hashes[1]), list]);
            let data = about_in_batch(IS_ISSUED_IN_BATCH, hashes[0], hashes[1], proof);
            assert_eq!(data[4..], wanted[..]);
        }
    }
}
