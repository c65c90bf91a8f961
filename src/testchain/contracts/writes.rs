//! What can be written to the contracts, as call data. Selectors are computed from the signatures of chain.md §1.3 and
//! §3, each of which stands here once. `ethers` types stay inside.

use ethers::abi::{Token, encode};

use crate::primitives::{Address, Digest32, TokenId, keccak256};
use crate::title::Generation;

/// A write to a registry or to a title escrow (chain.md §1.7). v4 has no remarks and drops them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TitleWrite {
    /// The minter issues a title: its escrow is created for these parties.
    Mint {
        /// The first beneficiary (owner).
        beneficiary: Address,
        /// The first holder.
        holder: Address,
        /// The new title.
        token: TokenId,
        /// At most 120 bytes, as all remarks.
        remark: Vec<u8>,
    },
    /// The beneficiary nominates the next one.
    Nominate {
        /// The nominee; the zero address cancels a nomination.
        nominee: Address,
        /// Free bytes.
        remark: Vec<u8>,
    },
    /// The holder endorses the title to a new beneficiary.
    TransferBeneficiary {
        /// The nominee, or anybody where one account is beneficiary and holder.
        beneficiary: Address,
        /// Free bytes.
        remark: Vec<u8>,
    },
    /// The holder passes possession on.
    TransferHolder {
        /// The new holder.
        holder: Address,
        /// Free bytes.
        remark: Vec<u8>,
    },
    /// Both transfers in one act of the holder.
    TransferOwners {
        /// The new beneficiary.
        beneficiary: Address,
        /// The new holder.
        holder: Address,
        /// Free bytes.
        remark: Vec<u8>,
    },
    /// v5: the new beneficiary refuses the title.
    RejectTransferBeneficiary {
        /// Free bytes.
        remark: Vec<u8>,
    },
    /// v5: the new holder refuses possession.
    RejectTransferHolder {
        /// Free bytes.
        remark: Vec<u8>,
    },
    /// v5: the account that got both refuses both.
    RejectTransferOwners {
        /// Free bytes.
        remark: Vec<u8>,
    },
    /// Beneficiary and holder in one account give the title back to the issuer ("surrender" in v4).
    ReturnToIssuer {
        /// Free bytes.
        remark: Vec<u8>,
    },
    /// The issuer rejects a return: the title goes back to its last owners.
    Restore {
        /// The returned title.
        token: TokenId,
        /// Free bytes.
        remark: Vec<u8>,
    },
    /// The issuer accepts a return ("burn"): the title ends.
    Accept {
        /// The returned title.
        token: TokenId,
        /// Free bytes.
        remark: Vec<u8>,
    },
    /// The admin freezes the registry.
    Pause {
        /// Free bytes.
        remark: Vec<u8>,
    },
    /// The admin thaws it.
    Unpause {
        /// Free bytes.
        remark: Vec<u8>,
    },
}

/// Which contract a [`TitleWrite`] is sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipient {
    /// The token registry.
    Registry,
    /// The title escrow of the token.
    TitleEscrow,
}

impl TitleWrite {
    /// The call data for a registry of this generation; `None` where the generation has no such act.
    pub fn call_data(&self, generation: Generation) -> Option<Vec<u8>> {
        let (v5, v4, mut arguments, remark) = self.parts();
        match generation {
            Generation::V5 => {
                arguments.push(Token::Bytes(remark.clone()));
                Some(call(v5, &arguments))
            }
            Generation::V4 => v4.map(|signature| call(signature, &arguments)),
            Generation::V2 | Generation::V3 => None,
        }
    }

    /// Where the call data goes.
    pub fn recipient(&self) -> Recipient {
        match self {
            Self::Mint { .. }
            | Self::Restore { .. }
            | Self::Accept { .. }
            | Self::Pause { .. }
            | Self::Unpause { .. } => Recipient::Registry,
            _ => Recipient::TitleEscrow,
        }
    }

    /// The signatures of v5 and v4, the arguments before the remark, and the remark.
    fn parts(&self) -> (&'static str, Option<&'static str>, Vec<Token>, &Vec<u8>) {
        match self {
            Self::Mint { beneficiary, holder, token, remark } => (
                "mint(address,address,uint256,bytes)",
                Some("mint(address,address,uint256)"),
                vec![account(beneficiary), account(holder), number(token)],
                remark,
            ),
            Self::Nominate { nominee, remark } => {
                ("nominate(address,bytes)", Some("nominate(address)"), vec![account(nominee)], remark)
            }
            Self::TransferBeneficiary { beneficiary, remark } => (
                "transferBeneficiary(address,bytes)",
                Some("transferBeneficiary(address)"),
                vec![account(beneficiary)],
                remark,
            ),
            Self::TransferHolder { holder, remark } => {
                ("transferHolder(address,bytes)", Some("transferHolder(address)"), vec![account(holder)], remark)
            }
            Self::TransferOwners { beneficiary, holder, remark } => (
                "transferOwners(address,address,bytes)",
                Some("transferOwners(address,address)"),
                vec![account(beneficiary), account(holder)],
                remark,
            ),
            Self::RejectTransferBeneficiary { remark } => ("rejectTransferBeneficiary(bytes)", None, vec![], remark),
            Self::RejectTransferHolder { remark } => ("rejectTransferHolder(bytes)", None, vec![], remark),
            Self::RejectTransferOwners { remark } => ("rejectTransferOwners(bytes)", None, vec![], remark),
            Self::ReturnToIssuer { remark } => ("returnToIssuer(bytes)", Some("surrender()"), vec![], remark),
            Self::Restore { token, remark } => {
                ("restore(uint256,bytes)", Some("restore(uint256)"), vec![number(token)], remark)
            }
            Self::Accept { token, remark } => {
                ("burn(uint256,bytes)", Some("burn(uint256)"), vec![number(token)], remark)
            }
            Self::Pause { remark } => ("pause(bytes)", Some("pause()"), vec![], remark),
            Self::Unpause { remark } => ("unpause(bytes)", Some("unpause()"), vec![], remark),
        }
    }
}

/// A write to a document store (chain.md §3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreWrite {
    /// Legacy and batchable: issues a document or the Merkle root of several.
    Issue {
        /// The hash.
        root: Digest32,
    },
    /// Legacy: issues several hashes.
    IssueAll {
        /// The hashes.
        roots: Vec<Digest32>,
    },
    /// Every store: revokes a hash; on a batchable store all documents under that root.
    Revoke {
        /// The hash.
        root: Digest32,
    },
    /// Legacy: revokes several hashes.
    RevokeAll {
        /// The hashes.
        roots: Vec<Digest32>,
    },
    /// Batchable: revokes one document of an issued root.
    RevokeInBatch {
        /// The issued Merkle root.
        root: Digest32,
        /// The document.
        target: Digest32,
        /// The siblings from the document up to the root.
        proof: Vec<Digest32>,
    },
    /// Transferable: issues a document as a token that its owner may pass on.
    IssueToken {
        /// Who gets it.
        owner: Address,
        /// The document, and the token's id.
        document: Digest32,
    },
    /// Transferable: issues a document as a token that stays where it is (soulbound).
    IssueLockedToken {
        /// Who gets it.
        owner: Address,
        /// The document, and the token's id.
        document: Digest32,
    },
}

impl StoreWrite {
    /// The call data.
    pub fn call_data(&self) -> Vec<u8> {
        let issue_token = |owner: &Address, document: &Digest32, locked| {
            call("issue(address,bytes32,bool)", &[account(owner), word(document), Token::Bool(locked)])
        };
        match self {
            Self::Issue { root } => call("issue(bytes32)", &[word(root)]),
            Self::IssueAll { roots } => call("bulkIssue(bytes32[])", &[words(roots)]),
            Self::Revoke { root } => call("revoke(bytes32)", &[word(root)]),
            Self::RevokeAll { roots } => call("bulkRevoke(bytes32[])", &[words(roots)]),
            Self::RevokeInBatch { root, target, proof } => {
                call("revoke(bytes32,bytes32,bytes32[])", &[word(root), word(target), words(proof)])
            }
            Self::IssueToken { owner, document } => issue_token(owner, document, false),
            Self::IssueLockedToken { owner, document } => issue_token(owner, document, true),
        }
    }
}

/// A write to the ERC-1056 registry, sent by the identity's owner (checks.md §6.1). Validity is in seconds from the
/// block's time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DidWrite {
    /// Hands the identity over; the zero address gives it back to itself on chain, and deactivates the DID.
    ChangeOwner {
        /// Whose DID.
        identity: Address,
        /// Its new controller.
        owner: Address,
    },
    /// Adds a delegate key.
    AddDelegate {
        /// Whose DID.
        identity: Address,
        /// `veriKey` or `sigAuth`, see [`bytes32_name`].
        kind: [u8; 32],
        /// The key's address.
        delegate: Address,
        /// Seconds.
        validity: u64,
    },
    /// Ends a delegate key now.
    RevokeDelegate {
        /// Whose DID.
        identity: Address,
        /// As it was added.
        kind: [u8; 32],
        /// The key's address.
        delegate: Address,
    },
    /// Publishes an attribute, such as a public key or a service.
    SetAttribute {
        /// Whose DID.
        identity: Address,
        /// `did/pub/<algo>/<purpose>/<enc>` or `did/svc/<name>`, see [`bytes32_name`].
        name: [u8; 32],
        /// The attribute's bytes.
        value: Vec<u8>,
        /// Seconds.
        validity: u64,
    },
    /// Ends an attribute.
    RevokeAttribute {
        /// Whose DID.
        identity: Address,
        /// As it was set.
        name: [u8; 32],
        /// As it was set.
        value: Vec<u8>,
    },
}

impl DidWrite {
    /// The call data.
    pub fn call_data(&self) -> Vec<u8> {
        let fixed = |bytes: &[u8; 32]| Token::FixedBytes(bytes.to_vec());
        match self {
            Self::ChangeOwner { identity, owner } => {
                call("changeOwner(address,address)", &[account(identity), account(owner)])
            }
            Self::AddDelegate { identity, kind, delegate, validity } => call(
                "addDelegate(address,bytes32,address,uint256)",
                &[account(identity), fixed(kind), account(delegate), Token::Uint((*validity).into())],
            ),
            Self::RevokeDelegate { identity, kind, delegate } => {
                call("revokeDelegate(address,bytes32,address)", &[account(identity), fixed(kind), account(delegate)])
            }
            Self::SetAttribute { identity, name, value, validity } => call(
                "setAttribute(address,bytes32,bytes,uint256)",
                &[account(identity), fixed(name), Token::Bytes(value.clone()), Token::Uint((*validity).into())],
            ),
            Self::RevokeAttribute { identity, name, value } => call(
                "revokeAttribute(address,bytes32,bytes)",
                &[account(identity), fixed(name), Token::Bytes(value.clone())],
            ),
        }
    }
}

/// A name as the ERC-1056 registry keeps it: the text, then zeros. `None` above 32 bytes.
pub fn bytes32_name(text: &str) -> Option<[u8; 32]> {
    let mut out = [0; 32];
    out.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
    Some(out)
}

fn call(signature: &str, arguments: &[Token]) -> Vec<u8> {
    let Digest32([a, b, c, d, ..]) = keccak256(signature);
    [&[a, b, c, d], encode(arguments).as_slice()].concat()
}

fn account(address: &Address) -> Token {
    Token::Address(address.0.into())
}

fn number(token: &TokenId) -> Token {
    Token::Uint(token.0.into())
}

fn word(digest: &Digest32) -> Token {
    Token::FixedBytes(digest.0.to_vec())
}

fn words(digests: &[Digest32]) -> Token {
    Token::Array(digests.iter().map(word).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::primitives::encode_hex;

    const ONE: Address = Address([1; 20]);
    const TWO: Address = Address([2; 20]);
    const TOKEN: TokenId = TokenId([3; 32]);
    const HASH: Digest32 = Digest32([4; 32]);

    /// chain.md §1.3: v5, then v4.
    #[test]
    fn title_selectors_are_the_published_ones() {
        let remark = || b"on board".to_vec();
        let writes = [
            (
                TitleWrite::Mint { beneficiary: ONE, holder: TWO, token: TOKEN, remark: remark() },
                "6010a5e7",
                Some("c6c3bbe6"),
            ),
            (TitleWrite::Nominate { nominee: ONE, remark: remark() }, "e3d79a6e", Some("b332180b")),
            (TitleWrite::TransferBeneficiary { beneficiary: ONE, remark: remark() }, "308f8e1c", Some("14bbe21c")),
            (TitleWrite::TransferHolder { holder: ONE, remark: remark() }, "baf13975", Some("fd4c9b96")),
            (
                TitleWrite::TransferOwners { beneficiary: ONE, holder: TWO, remark: remark() },
                "34427f61",
                Some("f35ba241"),
            ),
            (TitleWrite::RejectTransferBeneficiary { remark: remark() }, "cb3cfb29", None),
            (TitleWrite::RejectTransferHolder { remark: remark() }, "05de0a2e", None),
            (TitleWrite::RejectTransferOwners { remark: remark() }, "452736fd", None),
            (TitleWrite::ReturnToIssuer { remark: remark() }, "83d38fcb", Some("b71c47a2")),
            (TitleWrite::Restore { token: TOKEN, remark: remark() }, "5e089da7", Some("9bea62ad")),
            (TitleWrite::Accept { token: TOKEN, remark: remark() }, "fe9d9303", Some("42966c68")),
            (TitleWrite::Pause { remark: remark() }, "e2339ea3", Some("8456cb59")),
            (TitleWrite::Unpause { remark: remark() }, "14e30d20", Some("3f4ba83a")),
        ];
        for (write, v5, v4) in writes {
            let found = |generation| write.call_data(generation).map(|data| encode_hex(&data[..4]));
            assert_eq!(found(Generation::V5).as_deref(), Some(v5), "{write:?}");
            assert_eq!(found(Generation::V4).as_deref(), v4, "{write:?}");
            assert_eq!(found(Generation::V3), None);
            let with_remark = encode_hex(&write.call_data(Generation::V5).unwrap());
            assert!(with_remark.contains(&encode_hex(b"on board")), "{write:?}");
        }
    }

    #[test]
    fn arguments_stand_in_order_and_v4_drops_the_remark() {
        let write = TitleWrite::Mint { beneficiary: ONE, holder: TWO, token: TOKEN, remark: vec![5] };
        let expected = [&[0xc6, 0xc3, 0xbb, 0xe6], [0; 12].as_slice(), &[1; 20], &[0; 12], &[2; 20], &[3; 32]].concat();
        assert_eq!(write.call_data(Generation::V4), Some(expected));
    }

    /// Taken from the ABIs of the published stores and of the DID registry.
    #[test]
    fn store_and_did_selectors_are_the_published_ones() {
        let kind = bytes32_name("veriKey").unwrap();
        let found = [
            (StoreWrite::Issue { root: HASH }.call_data(), "0f75e81f"),
            (StoreWrite::IssueAll { roots: vec![HASH] }.call_data(), "7df20826"),
            (StoreWrite::Revoke { root: HASH }.call_data(), "b75c7dc6"),
            (StoreWrite::RevokeAll { roots: vec![HASH] }.call_data(), "4ada8076"),
            (StoreWrite::RevokeInBatch { root: HASH, target: HASH, proof: vec![HASH] }.call_data(), "6395f86e"),
            (StoreWrite::IssueToken { owner: ONE, document: HASH }.call_data(), "7bf252b0"),
            (StoreWrite::IssueLockedToken { owner: ONE, document: HASH }.call_data(), "7bf252b0"),
            (DidWrite::ChangeOwner { identity: ONE, owner: TWO }.call_data(), "f00d4b5d"),
            (DidWrite::AddDelegate { identity: ONE, kind, delegate: TWO, validity: 60 }.call_data(), "a7068d66"),
            (DidWrite::RevokeDelegate { identity: ONE, kind, delegate: TWO }.call_data(), "80b29f7c"),
            (
                DidWrite::SetAttribute { identity: ONE, name: kind, value: vec![1], validity: 60 }.call_data(),
                "7ad4b0a4",
            ),
            (DidWrite::RevokeAttribute { identity: ONE, name: kind, value: vec![1] }.call_data(), "00c023da"),
        ];
        for (data, selector) in found {
            assert_eq!(encode_hex(&data[..4]), selector);
        }
    }

    #[test]
    fn a_name_is_padded_with_zeros_and_never_cut() {
        assert_eq!(&bytes32_name("sigAuth").unwrap()[..8], b"sigAuth\0");
        assert!(bytes32_name(&"x".repeat(32)).is_some());
        assert_eq!(bytes32_name(&"x".repeat(33)), None);
    }
}
