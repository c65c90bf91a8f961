//! Document stores (chain.md §3): their functions, interfaces, refusals and what they write when they revoke.

use serde::{Deserialize, Serialize};

use crate::primitives::{Digest32, keccak256};

/// What a store writes when it revokes: each family has its own event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RevocationEvent {
    /// `DocumentRevoked(bytes32)`, and `DocumentRevokedWithReason(bytes32,uint256)` beside it in some stores.
    Document,
    /// `DocumentRevoked(bytes32,bytes32)` of root and node.
    DocumentInBatch,
    /// ERC-721 `Transfer` of the document's token to the zero address.
    Burn,
}

/// What the topics of the logs of this event about this node may be, place by place; anything where a place is empty.
/// All arguments of these events but the reason are indexed.
pub fn revocation_topics(event: RevocationEvent, node: Digest32) -> Vec<Vec<Digest32>> {
    let any = Vec::new;
    match event {
        RevocationEvent::Document => {
            let events = ["DocumentRevoked(bytes32)", "DocumentRevokedWithReason(bytes32,uint256)"];
            vec![events.map(keccak256).into(), vec![node]]
        }
        RevocationEvent::DocumentInBatch => {
            vec![vec![keccak256("DocumentRevoked(bytes32,bytes32)")], any(), vec![node]]
        }
        RevocationEvent::Burn => {
            let nobody = Digest32::default();
            vec![vec![keccak256("Transfer(address,address,uint256)")], any(), vec![nobody], vec![node]]
        }
    }
}

/// Interface ids of chain.md §3: `IDocumentStoreBatchable`, ERC-5192, and the one that must be refused.
pub(crate) const BATCHABLE: [u8; 4] = [0xdc, 0xfd, 0x07, 0x45];
pub(crate) const TRANSFERABLE: [u8; 4] = [0xb4, 0x5a, 0x3c, 0x0e];
pub(crate) const EVERYTHING: [u8; 4] = [0xff; 4];
/// `isIssued(bytes32)`.
pub(crate) const IS_ISSUED: [u8; 4] = [0x16, 0x3a, 0xa6, 0x31];
/// `isIssued(bytes32,bytes32,bytes32[])`.
pub(crate) const IS_ISSUED_IN_BATCH: [u8; 4] = [0x3c, 0x9b, 0x53, 0xe0];
/// `isRevoked(bytes32)`.
pub(crate) const IS_REVOKED: [u8; 4] = [0x42, 0x94, 0x85, 0x7f];
/// `isRevoked(bytes32,bytes32,bytes32[])`.
pub(crate) const IS_REVOKED_IN_BATCH: [u8; 4] = [0xa5, 0xe4, 0x40, 0xd2];
/// `documentRevoked(bytes32)`.
pub(crate) const DOCUMENT_REVOKED: [u8; 4] = [0x8b, 0xc3, 0x6c, 0x91];

/// `DocumentNotIssued(bytes32,bytes32)` of root and document.
pub(crate) const DOCUMENT_NOT_ISSUED: [u8; 4] = [0x51, 0x7e, 0xeb, 0x7d];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_those_of_the_signatures() {
        for (selector, signature) in [
            (IS_ISSUED, "isIssued(bytes32)"),
            (IS_ISSUED_IN_BATCH, "isIssued(bytes32,bytes32,bytes32[])"),
            (IS_REVOKED, "isRevoked(bytes32)"),
            (IS_REVOKED_IN_BATCH, "isRevoked(bytes32,bytes32,bytes32[])"),
            (DOCUMENT_REVOKED, "documentRevoked(bytes32)"),
            (DOCUMENT_NOT_ISSUED, "DocumentNotIssued(bytes32,bytes32)"),
        ] {
            assert_eq!(keccak256(signature).0[..4], selector, "{signature}");
        }
    }
}
