//! When a document store revoked a node, and who had it do so (chain.md §3). It adds to a revocation that the store's own
//! answers state already, and decides nothing.

use super::{Family, RevokedNode};
use crate::contracts::document_store::{RevocationEvent, revocation_topics};
use crate::evidence::{LogReading, RevocationReading};
use crate::primitives::{Address, ChainId, Digest32};

/// A revocation as the chain recorded it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevocationRecord {
    /// Its block.
    pub block: u64,
    /// Seconds since the Unix epoch of that block, where the node gave it.
    pub time: Option<u64>,
    /// The account that sent the transaction, where the node gave it. Where a contract owns the store, it is whoever
    /// called that contract.
    pub by: Option<Address>,
}

/// The event that a family writes when it revokes.
pub fn revocation_event(family: Family) -> RevocationEvent {
    match family {
        Family::Legacy => RevocationEvent::Document,
        Family::Batchable => RevocationEvent::DocumentInBatch,
        Family::Transferable => RevocationEvent::Burn,
    }
}

/// What the reading says of the revocation of `node` by the store of this family, as its answers at block `known_at` state
/// it. `None` where it says nothing, or what does not fit: logs of other transactions, of another block than the store
/// records, or later than it was known.
pub fn judge_revocation(
    reading: &RevocationReading,
    chain: ChainId,
    store: Address,
    family: Family,
    node: &RevokedNode,
    known_at: u64,
) -> Option<RevocationRecord> {
    let topics = revocation_topics(revocation_event(family), node.hash);
    let logs = reading.logs.as_slice();
    let (first, _) = logs.split_first()?;
    let fits = |log: &LogReading| {
        log.address == store && is_selected(log, &topics) && log.transaction == first.transaction
            // One transaction is in one block.
            && (log.block, log.block_hash, log.timestamp) == (first.block, first.block_hash, first.timestamp)
    };
    let stated = first.block <= known_at && node.block.is_none_or(|recorded| recorded == first.block);
    if reading.chain_id != chain.get() || !stated || !logs.iter().all(fits) {
        return None;
    }
    let transaction = reading
        .transaction
        .as_ref()
        .filter(|transaction| (transaction.hash, transaction.block_hash) == (first.transaction, first.block_hash));
    let by = transaction.map(|transaction| transaction.sender);
    Some(RevocationRecord { block: first.block, time: first.timestamp, by })
}

fn is_selected(log: &LogReading, topics: &[Vec<Digest32>]) -> bool {
    log.topics.len() == topics.len()
        && log.topics.iter().zip(topics).all(|(topic, allowed)| allowed.is_empty() || allowed.contains(topic))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::TransactionReading;
    use crate::primitives::keccak256;
    use crate::status::Position;

    const STORE: Address = Address([0xa1; 20]);
    const SENDER: Address = Address([0x5e; 20]);
    const NODE: Digest32 = Digest32([7; 32]);
    const FAMILIES: [Family; 3] = [Family::Legacy, Family::Batchable, Family::Transferable];

    fn honest(family: Family) -> RevocationReading {
        let topics = revocation_topics(revocation_event(family), NODE);
        let topics = topics.iter().map(|allowed| *allowed.first().unwrap_or(&Digest32([9; 32]))).collect();
        let log = LogReading {
            address: STORE,
            block: 5,
            block_hash: Digest32([5; 32]),
            timestamp: Some(1_700_000_000),
            transaction: Digest32([6; 32]),
            topics,
            ..LogReading::default()
        };
        RevocationReading {
            chain_id: 1,
            logs: vec![log],
            transaction: Some(TransactionReading {
                hash: Digest32([6; 32]),
                block_hash: Digest32([5; 32]),
                sender: SENDER,
            }),
            ..RevocationReading::default()
        }
    }

    fn judged(reading: &RevocationReading, family: Family, recorded: Option<u64>) -> Option<RevocationRecord> {
        let node = RevokedNode { hash: NODE, position: Position::Document, block: recorded, store_says_active: false };
        judge_revocation(reading, ChainId::try_from(1).unwrap(), STORE, family, &node, 9)
    }

    #[test]
    fn topics_are_those_of_the_published_events() {
        let hex =
            |event| revocation_topics(event, NODE).remove(0).iter().map(|topic| topic.to_hex64()).collect::<Vec<_>>();
        // chain.md §3, §1.4.
        for (event, wanted) in [
            (RevocationEvent::Document, &[("7283b5ab", "43d7"), ("0d74e162", "6293")][..]),
            (RevocationEvent::DocumentInBatch, &[("0aea2a14", "2d0e")]),
            (RevocationEvent::Burn, &[("ddf252ad", "b3ef")]),
        ] {
            let found = hex(event);
            assert_eq!(found.len(), wanted.len());
            for (found, (start, end)) in found.iter().zip(wanted) {
                assert!(found.starts_with(start) && found.ends_with(end), "{event:?}: {found}");
            }
        }
    }

    #[test]
    fn block_time_and_sender_of_every_familys_event_are_told() {
        for family in FAMILIES {
            let record = RevocationRecord { block: 5, time: Some(1_700_000_000), by: Some(SENDER) };
            assert_eq!(judged(&honest(family), family, None), Some(record), "{family}");
            assert_eq!(judged(&honest(family), family, Some(5)), Some(record), "{family}");
        }
    }

    #[test]
    fn two_events_of_one_transaction_are_one_revocation() {
        let mut reading = honest(Family::Legacy);
        let mut reason = reading.logs[0].clone();
        reason.topics[0] = keccak256("DocumentRevokedWithReason(bytes32,uint256)");
        reason.log_index = 1;
        reading.logs.push(reason);
        assert!(judged(&reading, Family::Legacy, None).is_some());
        reading.logs[1].transaction = Digest32([8; 32]);
        assert_eq!(judged(&reading, Family::Legacy, None), None);
    }

    #[test]
    fn what_does_not_fit_tells_nothing() {
        for family in FAMILIES {
            for change in [
                (|reading| reading.chain_id = 2) as fn(&mut RevocationReading),
                |reading| reading.logs.clear(),
                |reading| reading.logs[0].address = SENDER,
                |reading| reading.logs[0].block = 10,
                |reading| *reading.logs[0].topics.last_mut().unwrap() = Digest32([8; 32]),
                |reading| reading.logs[0].topics[0] = keccak256("DocumentIssued(bytes32)"),
                |reading| reading.logs[0].topics.push(NODE),
            ] {
                let mut reading = honest(family);
                change(&mut reading);
                assert_eq!(judged(&reading, family, None), None, "{family}");
            }
            assert_eq!(judged(&honest(family), family, Some(4)), None, "{family}: another block than recorded");
        }
    }

    #[test]
    fn a_transaction_of_another_hash_or_block_names_nobody() {
        for change in [
            (|reading| reading.transaction = None) as fn(&mut RevocationReading),
            |reading| reading.transaction.as_mut().unwrap().hash = Digest32([8; 32]),
            |reading| reading.transaction.as_mut().unwrap().block_hash = Digest32([8; 32]),
        ] {
            let mut reading = honest(Family::Batchable);
            change(&mut reading);
            assert_eq!(judged(&reading, Family::Batchable, None).unwrap().by, None);
        }
    }
}
