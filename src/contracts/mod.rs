//! What is known of the published contracts: their functions, events, code and storage. Facts, of the specification and of
//! the published packages; nothing here is read from a chain, and nothing is judged.

pub(crate) mod clone;
pub(crate) mod did_registry;
pub(crate) mod document_store;
pub(crate) mod known_code;
pub(crate) mod storage;
pub(crate) mod title_escrow;
pub(crate) mod token_registry;

use serde::Serialize;

/// Registry generations (chain.md §1.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Generation {
    /// `TradeTrustERC721`.
    V2,
    /// The clone-based successor of v2.
    V3,
    /// Token registry 4.
    V4,
    /// Token registry 5.
    V5,
}

impl Generation {
    /// Whether title states of this generation are read.
    pub fn is_supported(self) -> bool {
        self >= Self::V4
    }
}

impl std::fmt::Display for Generation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::V2 => "v2",
            Self::V3 => "v3",
            Self::V4 => "v4",
            Self::V5 => "v5",
        })
    }
}

/// How a genuine registry is deployed (chain.md §1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Variant {
    /// The constructor variant: a full contract.
    Standalone,
    /// The initialiser variant behind an EIP-1167 clone.
    Clone,
}
