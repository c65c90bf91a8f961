//! Whether a document store issued a document and has not revoked it (checks.md §3.3, §8; chain.md §3).
//!
//! [`judge_store`] reads one [`StoreReading`]. The store's own claim decides which of its two sets of functions counts;
//! every answer is taken strictly, and a node revoked anywhere between document and root counts, whatever the store
//! says of the document itself.

use serde::Serialize;

use crate::contracts::document_store::DOCUMENT_NOT_ISSUED;
use crate::contracts::token_registry::ERC721_NONEXISTENT_TOKEN;
use crate::evidence::{CallReading, NodeReading, NotAWord, StoreReading};
use crate::primitives::{Digest32, encode_hex};

/// Judges one reading. `path` leads from the target hash through every intermediate node to the root
/// (`integrity::merkle::path_from`); a node of it that the reading leaves out is not known.
pub fn judge_store(reading: &StoreReading, path: &[Digest32]) -> StoreFinding {
    if reading.code.size == 0 {
        return StoreFinding::NoContract;
    }
    let family = match family(reading) {
        Ok(Some(family)) => family,
        Ok(None) => return StoreFinding::ContradictsItself(StoreContradiction::SaysYesToEverything),
        Err(why) => return StoreFinding::FamilyUnknown(why),
    };
    if family == Family::Transferable && path.len() > 1 {
        return StoreFinding::TokenOfABatch;
    }
    let answers = Answers { reading, family, path };
    match answers.hidden_revocation() {
        Some(contradiction) => StoreFinding::ContradictsItself(contradiction),
        None => StoreFinding::Answered { family, issued: answers.issued(), revocation: answers.revocation() },
    }
}

/// What one store says of one document.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreFinding {
    /// There is a store and it answered.
    Answered {
        /// What it claims to be.
        family: Family,
        /// Whether it issued the document, alone or in a batch.
        issued: Issued,
        /// Whether it revoked the document or an ancestor of it.
        revocation: Revocation,
    },
    /// No contract at this address on this chain at this block.
    NoContract,
    /// Its tokens stand for one document each, and this document is one of a batch: several documents would share the
    /// token of their root (chain.md 6.4).
    TokenOfABatch,
    /// Its own answers rule each other out.
    ContradictsItself(StoreContradiction),
    /// It cannot be told which of its functions count.
    FamilyUnknown(Unreadable),
}

/// Families of document stores, as they claim (chain.md §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Records single hashes, with block numbers; owned by an account or by roles.
    Legacy,
    /// Follows Merkle proofs itself.
    Batchable,
    /// Each document is an ERC-721 token.
    Transferable,
}

impl std::fmt::Display for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Legacy => "legacy",
            Self::Batchable => "batchable",
            Self::Transferable => "transferable",
        })
    }
}

/// Whether the store issued the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Issued {
    /// It did.
    Yes,
    /// It did not.
    No,
    /// Its answer cannot be read.
    Unknown(Unreadable),
}

/// Whether the store revoked the document or an ancestor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revocation {
    /// Neither the document nor any ancestor is revoked.
    NotRevoked,
    /// One of them is.
    Revoked(RevokedNode),
    /// It says of some node that it never issued it, so that there is nothing to revoke, and of none that it is revoked.
    NothingIssued,
    /// No answer says revoked, and this one cannot be read.
    Unknown(Unreadable),
}

/// The node whose revocation counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokedNode {
    /// Its hash.
    pub hash: Digest32,
    /// Its place.
    pub position: Position,
    /// The block of the revocation, where the store records it.
    pub block: Option<u64>,
    /// The store follows proofs and says of the document itself that it is not revoked: it looks only at document and
    /// root (chain.md §3).
    pub store_says_active: bool,
}

/// A node's place between document and root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Position {
    /// The target hash; of a document wrapped alone, also the root.
    Document,
    /// A node between target hash and root.
    Intermediate,
    /// The root of the batch.
    Root,
}

/// Answers that no honest store gives together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreContradiction {
    /// `supportsInterface(0xffffffff)` must be false.
    #[error("it says yes to the interface id that must be refused")]
    SaysYesToEverything,
    /// `isRevoked` says no of a node for which `documentRevoked` records a block.
    #[error("it says that {node} is not revoked, and records a revocation of it")]
    HidesRevocation {
        /// The node.
        node: Digest32,
    },
}

/// Why an answer is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// The call reverted where an answer was due.
    #[error("{call} was refused (0x{})", encode_hex(.revert.get(..68).unwrap_or(.revert)))]
    Refused {
        /// The function that was called.
        call: &'static str,
        /// What the revert carried.
        revert: Vec<u8>,
    },
    /// Not exactly one 32-byte word.
    #[error("{call} answered {length} bytes instead of one 32-byte word")]
    WrongLength {
        /// The function that was called.
        call: &'static str,
        /// How many bytes came back.
        length: usize,
    },
    /// A word other than 0 and 1.
    #[error("{call} answered a word that is neither true nor false")]
    NotABoolean {
        /// The function that was called.
        call: &'static str,
    },
    /// The reading leaves this node out.
    #[error("{0} was not asked for")]
    NotAsked(Digest32),
}

/// `None` for a contract that says yes to everything. A revert and an empty answer are what a contract without
/// `supportsInterface` gives, so they say no; a failure on the way is no reading at all and does not get here.
fn family(reading: &StoreReading) -> Result<Option<Family>, Unreadable> {
    let claims = |answer: &CallReading| match answer.flag() {
        Err(NotAWord::Reverted | NotAWord::WrongLength(0)) => Ok(false),
        _ => flag("supportsInterface", answer),
    };
    if claims(&reading.everything)? {
        return Ok(None);
    }
    Ok(Some(match (claims(&reading.batchable)?, claims(&reading.transferable)?) {
        (true, _) => Family::Batchable,
        (false, true) => Family::Transferable,
        (false, false) => Family::Legacy,
    }))
}

/// The answers that count for a family.
struct Answers<'r> {
    reading: &'r StoreReading,
    family: Family,
    path: &'r [Digest32],
}

impl Answers<'_> {
    fn issued(&self) -> Issued {
        let answer = match self.family {
            Family::Batchable => &self.reading.issued_in_batch,
            Family::Legacy | Family::Transferable => &self.reading.issued,
        };
        match flag("isIssued", answer) {
            Ok(true) => Issued::Yes,
            Ok(false) => Issued::No,
            Err(why) => Issued::Unknown(why),
        }
    }

    fn revocation(&self) -> Revocation {
        let answers: Vec<NodeAnswer> = (0..self.path.len()).map(|index| self.revoked(index)).collect();
        // A batchable store says of every node under a revoked root that it is revoked: the root is the reason.
        let last = answers.len().saturating_sub(1);
        let root = (self.family == Family::Batchable && answers.last() == Some(&NodeAnswer::Revoked)).then_some(last);
        let first = || answers.iter().position(|answer| *answer == NodeAnswer::Revoked);
        if let Some((index, &hash)) = root.or_else(first).and_then(|index| Some((index, self.path.get(index)?))) {
            return Revocation::Revoked(RevokedNode {
                hash,
                position: match index {
                    0 => Position::Document,
                    index if index == last => Position::Root,
                    _ => Position::Intermediate,
                },
                block: self.recorded(index).and_then(|answer| answer.number().ok()),
                store_says_active: self.family == Family::Batchable && answers.first() == Some(&NodeAnswer::NotRevoked),
            });
        }
        let mut revocation = Revocation::NotRevoked;
        for answer in answers {
            match answer {
                NodeAnswer::Unreadable(why) => return Revocation::Unknown(why),
                NodeAnswer::NeverIssued => revocation = Revocation::NothingIssued,
                NodeAnswer::Revoked | NodeAnswer::NotRevoked => {}
            }
        }
        revocation
    }

    fn revoked(&self, index: usize) -> NodeAnswer {
        let Some(reading) = self.node(index) else {
            return NodeAnswer::Unreadable(Unreadable::NotAsked(self.path.get(index).copied().unwrap_or_default()));
        };
        let answer = match self.family {
            Family::Batchable => &reading.revoked_in_batch,
            Family::Legacy | Family::Transferable => &reading.revoked,
        };
        match flag("isRevoked", answer) {
            Ok(true) => NodeAnswer::Revoked,
            Ok(false) => match self.family == Family::Legacy && !is_block_or_none(&reading.revoked_at) {
                true => NodeAnswer::Unreadable(Unreadable::WrongLength {
                    call: "documentRevoked",
                    length: reading.revoked_at.data.len(),
                }),
                false => NodeAnswer::NotRevoked,
            },
            Err(_) if self.never_issued(reading.hash, answer) => NodeAnswer::NeverIssued,
            Err(why) => NodeAnswer::Unreadable(why),
        }
    }

    /// The revert with which a family says that it does not know a node (chain.md §3). A legacy store says "not revoked".
    fn never_issued(&self, node: Digest32, answer: &CallReading) -> bool {
        let root = self.path.last().copied().unwrap_or(node);
        let revert = match self.family {
            Family::Batchable => [DOCUMENT_NOT_ISSUED.as_slice(), &root.0, &node.0].concat(),
            Family::Transferable => [ERC721_NONEXISTENT_TOKEN.as_slice(), &node.0].concat(),
            Family::Legacy => return false,
        };
        !answer.success && answer.data == revert
    }

    fn hidden_revocation(&self) -> Option<StoreContradiction> {
        let hidden = |&index: &usize| self.recorded(index).is_some() && self.revoked(index) == NodeAnswer::NotRevoked;
        let index = (0..self.path.len()).find(hidden)?;
        self.path.get(index).map(|&node| StoreContradiction::HidesRevocation { node })
    }

    /// What a legacy store recorded as the block of a revocation; a clean zero, and no answer, mean that it recorded none.
    fn recorded(&self, index: usize) -> Option<&CallReading> {
        let answer = self.node(index).map(|node| &node.revoked_at).filter(|_| self.family == Family::Legacy)?;
        answer.word().is_ok_and(|word| *word != [0; 32]).then_some(answer)
    }

    /// The reading of a node of the path, which stands at the same place there.
    fn node(&self, index: usize) -> Option<&NodeReading> {
        self.reading.nodes.get(index).filter(|node| self.path.get(index) == Some(&node.hash))
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum NodeAnswer {
    Revoked,
    NotRevoked,
    NeverIssued,
    Unreadable(Unreadable),
}

/// `documentRevoked` answers one word; a store without that function reverts or answers nothing.
fn is_block_or_none(answer: &CallReading) -> bool {
    !matches!(answer.word(), Err(NotAWord::WrongLength(1..)))
}

fn flag(call: &'static str, answer: &CallReading) -> Result<bool, Unreadable> {
    answer.flag().map_err(|why| match why {
        NotAWord::Reverted => Unreadable::Refused { call, revert: answer.data.clone() },
        NotAWord::WrongLength(length) => Unreadable::WrongLength { call, length },
        NotAWord::OutOfRange => Unreadable::NotABoolean { call },
    })
}

#[cfg(test)]
mod tests;
