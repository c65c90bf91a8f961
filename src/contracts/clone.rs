//! Contracts that forward to others, and where contracts are put (chain.md §1.9, 6.9): EIP-1167 clones, CREATE and CREATE2,
//! ERC-1967 proxies.

use crate::primitives::{Address, Digest32, TokenId, keccak256};

/// The implementation that an EIP-1167 clone forwards to; `None` for any other code.
pub(crate) fn clone_target_address(code: &[u8]) -> Option<Address> {
    let target = code.strip_prefix(CLONE_HEAD.as_slice())?.strip_suffix(CLONE_TAIL.as_slice())?;
    target.try_into().ok().map(Address)
}

/// The 45 bytes of an EIP-1167 clone of `implementation`.
pub(crate) fn clone_code(implementation: [u8; 20]) -> Vec<u8> {
    [CLONE_HEAD.as_slice(), &implementation, CLONE_TAIL.as_slice()].concat()
}

/// CREATE2(factory, keccak(registry ‖ token), creation code of an EIP-1167 clone of `implementation`) (chain.md §1.9).
pub(crate) fn escrow_address(factory: Address, registry: Address, token: TokenId, implementation: Address) -> Address {
    const CREATION_HEAD: [u8; 10] = [0x3d, 0x60, 0x2d, 0x80, 0x60, 0x0a, 0x3d, 0x39, 0x81, 0xf3];
    let salt = keccak256([registry.0.as_slice(), &token.0].concat());
    let creation = keccak256([CREATION_HEAD.as_slice(), &clone_code(implementation.0)].concat());
    let Digest32(hash) = keccak256([&[0xff], factory.0.as_slice(), &salt.0, &creation.0].concat());
    let mut out = [0; 20];
    out.copy_from_slice(&hash[12..]);
    Address(out)
}

/// The first contract that a contract creates: Keccak-256 of the RLP of its address and nonce 1 (EIP-161). The factory
/// creates the escrow implementation in its constructor.
pub(crate) fn first_creation(creator: Address) -> Address {
    let Digest32(hash) = keccak256([&[0xd6, 0x94], creator.0.as_slice(), &[1]].concat());
    hash.last_chunk().copied().map(Address).unwrap_or_default()
}

const CLONE_HEAD: [u8; 10] = [0x36, 0x3d, 0x3d, 0x37, 0x3d, 0x3d, 0x3d, 0x36, 0x3d, 0x73];
const CLONE_TAIL: [u8; 15] = [0x5a, 0xf4, 0x3d, 0x82, 0x80, 0x3e, 0x90, 0x3d, 0x91, 0x60, 0x2b, 0x57, 0xfd, 0x5b, 0xf3];

/// ERC-1967 implementation, admin, beacon (chain.md 6.9): zero in whatever is no upgradeable proxy.
pub(crate) const PROXY_SLOTS: [&str; 3] = [
    "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc",
    "0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103",
    "0xa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6cb3582b35133d50",
];
