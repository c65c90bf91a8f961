//! State proofs: from a block hash down to the title, without believing any answer of the node (chain.md §5.4).
//!
//! [`prove`] checks that the header hashes to the block, that every account and slot is what the header's state root says,
//! and that code is known; then it reads the title from the proven slots by the layout of that code, and holds the
//! answers to calls against it. What it does not say is whether the block is one of the chain: that rests on who
//! vouches for its hash.

mod derived;
mod header;
mod trie;

use super::{Authenticity, RegistryFinding, judge};
use crate::evidence::{AccountProofReading, ProofReading, RegistryReading};
pub use crate::evidence::{Wanted, wanted};
use crate::primitives::{Address, Digest32, TokenId};

/// Judges a registry and one title by a proof alone. Where calls answered too, `served`, what they said is held against it:
/// a difference is [`NotProven::Contradicts`].
pub fn prove(
    proof: &ProofReading,
    served: Option<&RegistryReading>,
    registry: Address,
    token: TokenId,
) -> Result<Proven, NotProven> {
    let block = served.map_or(&proof.block, |served| &served.block);
    if proof.block.hash != block.hash {
        return Err(NotProven::OtherBlock { expected: block.hash, found: proof.block.hash });
    }
    let state_root = header::state_root(&proof.header, block)?;
    let state = State::proven(state_root, &proof.accounts)?;
    let reading = derived::reading(&state, block, served, (registry, token))?;
    if let Some(difference) = served.and_then(|served| derived::first_difference(&reading, served)) {
        return Err(difference);
    }
    let finding = judge(&reading, registry, token, false);
    if matches!(finding.authenticity, Authenticity::InconsistentAnswers(_)) {
        return Err(NotProven::Storage(registry));
    }
    Ok(Proven { finding, reading, accounts: proof.accounts.iter().map(|account| account.address).collect() })
}

/// What a proof came to, within its block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// The judgement on the registry and the title.
    pub finding: RegistryFinding,
    /// What calls answer on the proven state.
    pub reading: RegistryReading,
    /// The accounts that were proven.
    pub accounts: Vec<Address>,
}

/// Why nothing is proven.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotProven {
    /// The header is not of a form whose hash can be computed.
    #[error("the block header is of a form that is not known: {0}")]
    HeaderForm(String),
    /// The header does not hash to the block's hash.
    #[error("the block header does not give the block's hash: expected {expected}, found {found}")]
    HeaderHash {
        /// The block's hash.
        expected: Digest32,
        /// The header's.
        found: Digest32,
    },
    /// The proof is of another block.
    #[error("the proof is of block {found}, the state was read at {expected}")]
    OtherBlock {
        /// The block that was read.
        expected: Digest32,
        /// The block of the proof.
        found: Digest32,
    },
    /// The nodes do not lead from the state root to this account.
    #[error("the proof of account {0} does not lead from the state root to what was served")]
    Account(Address),
    /// The nodes do not lead from the storage root to this slot.
    #[error("the proof of slot {slot} of {account} does not lead from the storage root to what was served")]
    Slot {
        /// The account.
        account: Address,
        /// The slot.
        slot: Digest32,
    },
    /// The code does not have the proven hash.
    #[error("the code served for {0} is not the one whose hash is proven")]
    Code(Address),
    /// Genuine code never writes this.
    #[error("the storage of {0} does not fit its code")]
    Storage(Address),
    /// Something that the proof leads to is not in it.
    #[error("the proof does not cover {0}")]
    Incomplete(Address),
    /// The code is proven and not known, so that nothing tells where it keeps what.
    #[error("the code of {account} is not known ({code_hash}), nor where it keeps its records")]
    LayoutUnknown {
        /// Registry, factory or escrow implementation.
        account: Address,
        /// Its proven code hash.
        code_hash: Digest32,
    },
    /// The proof holds and the node's other answers say something else.
    #[error("{field} is proven to be {proven}, the endpoint said {served}")]
    Contradicts {
        /// What differs.
        field: String,
        /// What the state root says.
        proven: String,
        /// What was answered.
        served: String,
    },
}

/// Accounts and slots that are proven to be what they say.
struct State<'p> {
    accounts: Vec<&'p AccountProofReading>,
}

impl<'p> State<'p> {
    /// Everything that was served is checked, needed or not: a proof that is wrong anywhere is no proof.
    fn proven(state_root: Digest32, accounts: &'p [AccountProofReading]) -> Result<Self, NotProven> {
        for account in accounts {
            let address = account.address;
            let storage_root = trie::storage_root(state_root, account).map_err(|_| NotProven::Account(address))?;
            let code_hash = crate::primitives::keccak256(&account.code);
            let no_code = account.code.is_empty() && trie::is_no_code(account.code_hash);
            if code_hash != account.code_hash && !no_code {
                return Err(NotProven::Code(address));
            }
            for slot in &account.slots {
                trie::slot(storage_root, slot).map_err(|_| NotProven::Slot { account: address, slot: slot.slot })?;
            }
        }
        Ok(Self { accounts: accounts.iter().collect() })
    }

    fn code(&self, address: Address) -> Result<&'p [u8], NotProven> {
        let account = self.accounts.iter().find(|account| account.address == address);
        account.map(|account| account.code.as_slice()).ok_or(NotProven::Incomplete(address))
    }

    fn slot(&self, address: Address, slot: Digest32) -> Result<[u8; 32], NotProven> {
        let mut slots =
            self.accounts.iter().filter(|account| account.address == address).flat_map(|account| &account.slots);
        slots.find(|reading| reading.slot == slot).map(|reading| reading.value.0).ok_or(NotProven::Incomplete(address))
    }
}

/// Without leading zeros.
fn trimmed(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().skip_while(|&byte| byte == 0).collect()
}

/// A text from outside, short enough for a sentence.
fn clipped(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{B256, U256};
    use alloy_trie::nodes::LeafNode;
    use alloy_trie::{EMPTY_ROOT_HASH, KECCAK_EMPTY, Nibbles, TrieAccount};

    use super::*;
    use crate::evidence::NodeBytes;
    use crate::primitives::keccak256;

    /// A state whose only account has the code `code`.
    fn only(code: &[u8]) -> (Digest32, AccountProofReading) {
        let code_hash = keccak256(code);
        let account = AccountProofReading {
            address: Address::DEAD,
            nonce: 1,
            code_hash,
            storage_root: Digest32(EMPTY_ROOT_HASH.0),
            code: code.to_vec(),
            ..AccountProofReading::default()
        };
        let leaf = TrieAccount::new(1, U256::ZERO, EMPTY_ROOT_HASH, B256::from(code_hash.0));
        let path = Nibbles::unpack(keccak256(Address::DEAD.0).0);
        let node = alloy_rlp::encode(LeafNode::new(path, alloy_rlp::encode(leaf)));
        (keccak256(&node), AccountProofReading { nodes: vec![NodeBytes(node)], ..account })
    }

    fn refused(root: Digest32, account: &AccountProofReading) -> Option<NotProven> {
        State::proven(root, std::slice::from_ref(account)).err()
    }

    #[test]
    fn code_is_that_of_the_proven_hash_and_no_other() {
        let (root, account) = only(b"what stands there");
        assert_eq!(refused(root, &account), None);
        let code = b"what is served instead".to_vec();
        assert_eq!(
            refused(root, &AccountProofReading { code, ..account.clone() }),
            Some(NotProven::Code(Address::DEAD))
        );
        let code = Vec::new();
        assert_eq!(
            refused(root, &AccountProofReading { code, ..account.clone() }),
            Some(NotProven::Code(Address::DEAD))
        );
        let other = AccountProofReading { code_hash: keccak256("other"), code: b"other".to_vec(), ..account };
        assert_eq!(refused(root, &other), Some(NotProven::Account(Address::DEAD)));
    }

    #[test]
    fn an_account_that_is_not_there_has_no_code_and_no_slots() {
        let nobody = AccountProofReading {
            address: Address([7; 20]),
            nodes: only(b"x").1.nodes,
            ..AccountProofReading::default()
        };
        let (root, _) = only(b"x");
        for code_hash in [Digest32::default(), Digest32(KECCAK_EMPTY.0)] {
            assert_eq!(refused(root, &AccountProofReading { code_hash, ..nobody.clone() }), None);
        }
        let with_code = AccountProofReading { code: b"x".to_vec(), ..nobody.clone() };
        assert_eq!(refused(root, &with_code), Some(NotProven::Code(nobody.address)));
        let slot = |value| crate::evidence::SlotReading { value: Digest32([value; 32]), ..Default::default() };
        assert_eq!(refused(root, &AccountProofReading { slots: vec![slot(0)], ..nobody.clone() }), None);
        let full = AccountProofReading { slots: vec![slot(1)], ..nobody.clone() };
        assert!(matches!(refused(root, &full), Some(NotProven::Slot { .. })));
        // Nor can an account that is there be passed off as absent.
        let absent = AccountProofReading { address: Address::DEAD, ..nobody };
        assert_eq!(refused(root, &absent), Some(NotProven::Account(Address::DEAD)));
    }
}
