//! Token registries (chain.md §1.3 to §1.6): their functions, interfaces, roles and refusals.

use std::sync::LazyLock;

use super::Generation;
use crate::primitives::{Digest32, keccak256};

/// Functions of registry and factory.
pub(crate) const OWNER_OF: [u8; 4] = [0x63, 0x52, 0x21, 0x1e];
pub(crate) const TITLE_ESCROW_FACTORY: [u8; 4] = [0x32, 0x56, 0x89, 0xf9];
pub(crate) const GENESIS: [u8; 4] = [0xa7, 0xf0, 0xb3, 0xde];
pub(crate) const PAUSED: [u8; 4] = [0x5c, 0x97, 0x5a, 0xbb];
pub(crate) const IMPLEMENTATION: [u8; 4] = [0x5c, 0x60, 0xda, 0x1b];
pub(crate) const GET_ROLE_ADMIN: [u8; 4] = [0x24, 0x8a, 0x9c, 0xa3];
pub(crate) const HAS_ROLE: [u8; 4] = [0x91, 0xd1, 0x48, 0x54];
/// ERC-165.
pub(crate) const SUPPORTS_INTERFACE: [u8; 4] = [0x01, 0xff, 0xc9, 0xa7];

/// The interface ids asked of a registry, in this order (chain.md §1.5).
pub const REGISTRY_INTERFACES: [[u8; 4]; 6] = [
    [0xff, 0xff, 0xff, 0xff],
    [0xb8, 0x95, 0x09, 0x77],
    [0x30, 0x4a, 0xd1, 0xf2],
    [0x80, 0xac, 0x58, 0xcd],
    [0x9f, 0x9e, 0x69, 0xf3],
    [0x14, 0xac, 0x11, 0xd9],
];

/// The interfaces that tell the generations apart.
pub(crate) const SBT_V4: [u8; 4] = [0x30, 0x4a, 0xd1, 0xf2];
pub(crate) const SBT_V5: [u8; 4] = [0xb8, 0x95, 0x09, 0x77];

/// What the ERC-165 answers claim, by the decision rule of chain.md §1.5.
pub(crate) fn claimed_generation(says: impl Fn([u8; 4]) -> bool) -> Option<Generation> {
    if says(SBT_V4) {
        Some(Generation::V4)
    } else if says(SBT_V5) {
        Some(Generation::V5)
    } else if says([0x80, 0xac, 0x58, 0xcd]) && says([0x9f, 0x9e, 0x69, 0xf3]) {
        Some(Generation::V2)
    } else if says([0x14, 0xac, 0x11, 0xd9]) {
        Some(Generation::V3)
    } else {
        None
    }
}

/// A role of a registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Pauses the registry, and grants and revokes the roles.
    Admin,
    /// Issues titles.
    Minter,
    /// Accepts returned titles, which ends them.
    Accepter,
    /// Gives returned titles back.
    Restorer,
    /// Some other role.
    Other(Digest32),
}

/// The roles that every registry has, in the order they are told.
pub const KNOWN_ROLES: [Role; 4] = [Role::Admin, Role::Minter, Role::Accepter, Role::Restorer];

impl Role {
    /// The role's id on the chain (chain.md §1.3).
    pub fn id(self) -> Digest32 {
        match self {
            Self::Admin => Digest32::default(),
            Self::Minter => keccak256("MINTER_ROLE"),
            Self::Accepter => keccak256("ACCEPTER_ROLE"),
            Self::Restorer => keccak256("RESTORER_ROLE"),
            Self::Other(id) => id,
        }
    }

    /// As in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Minter => "minter",
            Self::Accepter => "accepter",
            Self::Restorer => "restorer",
            Self::Other(_) => "other",
        }
    }

    pub(crate) fn of(id: Digest32) -> Self {
        KNOWN_ROLES.into_iter().find(|known| known.id() == id).unwrap_or(Self::Other(id))
    }
}

/// The first topics of the logs about roles: granted, revoked, administration changed.
pub(crate) fn role_event_topics() -> &'static [Digest32; 3] {
    static TOPICS: LazyLock<[Digest32; 3]> = LazyLock::new(|| {
        [
            "RoleGranted(bytes32,address,address)",
            "RoleRevoked(bytes32,address,address)",
            "RoleAdminChanged(bytes32,bytes32,bytes32)",
        ]
        .map(keccak256)
    });
    &TOPICS
}

/// What genuine code reverts with for an id that was never minted.
pub(crate) fn not_minted_revert() -> Vec<u8> {
    error_string(NONEXISTENT)
}

/// `ERC721NonexistentToken(uint256)`, the OpenZeppelin 5 form.
pub(crate) const ERC721_NONEXISTENT_TOKEN: [u8; 4] = [0x7e, 0x27, 0x32, 0x89];

/// OpenZeppelin 4 wording, chain.md §1.6.
const NONEXISTENT: &[u8] = b"ERC721: owner query for nonexistent token";

/// ABI encoding of `Error(string)`.
fn error_string(text: &[u8]) -> Vec<u8> {
    let mut out = vec![0x08, 0xc3, 0x79, 0xa0];
    out.extend(number_word(32));
    out.extend(number_word(text.len()));
    out.extend(text);
    out.resize(4 + 64 + text.len().next_multiple_of(32), 0);
    out
}

/// A number as the ABI writes it.
pub(crate) fn number_word(number: usize) -> [u8; 32] {
    let mut word = [0; 32];
    word[24..].copy_from_slice(&(number as u64).to_be_bytes());
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_those_of_the_signatures() {
        for (selector, signature) in [
            (OWNER_OF, "ownerOf(uint256)"),
            (TITLE_ESCROW_FACTORY, "titleEscrowFactory()"),
            (GENESIS, "genesis()"),
            (PAUSED, "paused()"),
            (IMPLEMENTATION, "implementation()"),
            (GET_ROLE_ADMIN, "getRoleAdmin(bytes32)"),
            (HAS_ROLE, "hasRole(bytes32,address)"),
            (SUPPORTS_INTERFACE, "supportsInterface(bytes4)"),
            (ERC721_NONEXISTENT_TOKEN, "ERC721NonexistentToken(uint256)"),
        ] {
            assert_eq!(keccak256(signature).0[..4], selector, "{signature}");
        }
    }
}
