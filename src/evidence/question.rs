//! What can be asked, and what answers it: one table pairs each question with the reading that answers it.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{
    AccountSignatureReading, BlockReading, DidEthrReading, HistoryReading, PowersReading, ProofReading,
    RegistryReading, RevocationEvent, RevocationReading, StoreReading, TitleLogsReading, TxtReading, Unavailable,
    WebReading,
};
use crate::primitives::{Address, ChainId, Digest32, TokenId, hex_bytes};

/// A question with the kind of reading that answers it.
pub trait Ask: Into<Question> {
    /// What a source finds out.
    type Reading: Into<Fact>;

    /// The reading in a fact, if it is one that answers this.
    fn reading(fact: &Fact) -> Option<&Self::Reading>;
}

/// An answer, or why there is none.
pub type Answer = Result<Fact, Unavailable>;

macro_rules! questions {
    ($($kind:ident($question:ident) -> $reading:ty,)*) => {
        /// Something `verify::examine` has to know and cannot compute.
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case", tag = "kind")]
        #[non_exhaustive]
        pub enum Question {
            $(
                #[doc = concat!("Answered by [`Fact::", stringify!($kind), "`].")]
                $kind($question),
            )*
        }

        /// What a source found out.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
        #[serde(untagged)]
        #[non_exhaustive]
        pub enum Fact {
            $(
                #[doc = concat!("Answers [`", stringify!($question), "`].")]
                $kind($reading),
            )*
        }

        impl Question {
            /// Whether the fact is of the kind that answers it.
            pub fn is_answered_by(&self, fact: &Fact) -> bool {
                match self {
                    $(Self::$kind(_) => matches!(fact, Fact::$kind(_)),)*
                }
            }

            /// A reading as it is written, which the question alone says the kind of.
            pub(super) fn read(&self, reading: &RawValue) -> serde_json::Result<Fact> {
                match self {
                    $(Self::$kind(_) => serde_json::from_str(reading.get()).map(Fact::$kind),)*
                }
            }
        }

        $(
            impl Ask for $question {
                type Reading = $reading;

                fn reading(fact: &Fact) -> Option<&$reading> {
                    if let Fact::$kind(reading) = fact { Some(reading) } else { None }
                }
            }

            impl From<$question> for Question {
                fn from(question: $question) -> Self {
                    Self::$kind(question)
                }
            }

            impl From<$reading> for Fact {
                fn from(reading: $reading) -> Self {
                    Self::$kind(reading)
                }
            }
        )*
    };
}

questions! {
    Registry(RegistryQuestion) -> Box<RegistryReading>,
    Proof(ProofQuestion) -> Box<ProofReading>,
    DocumentStore(DocumentStoreQuestion) -> Box<StoreReading>,
    Revocation(RevocationQuestion) -> Box<RevocationReading>,
    History(HistoryQuestion) -> Box<HistoryReading>,
    TitleLogs(TitleLogsQuestion) -> Box<TitleLogsReading>,
    Powers(PowersQuestion) -> Box<PowersReading>,
    DidEthr(DidEthrQuestion) -> Box<DidEthrReading>,
    AccountSignature(AccountSignatureQuestion) -> Box<AccountSignatureReading>,
    Web(WebQuestion) -> WebReading,
    DnsTxt(DnsTxtQuestion) -> TxtReading,
}

impl Question {
    /// The chain that it is about.
    pub fn chain(&self) -> Option<ChainId> {
        match self {
            Self::Registry(question) => Some(question.chain),
            Self::Proof(question) => Some(question.chain),
            Self::DocumentStore(question) => Some(question.chain),
            Self::Revocation(question) => Some(question.chain),
            Self::History(question) => Some(question.chain),
            Self::TitleLogs(question) => Some(question.chain),
            Self::Powers(question) => Some(question.chain),
            Self::DidEthr(question) => Some(question.chain),
            Self::AccountSignature(question) => Some(question.chain),
            Self::Web(_) | Self::DnsTxt(_) => None,
        }
    }
}

/// Everything about one token of one registry, read at one block (chain.md §7).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegistryQuestion {
    /// The chain that the document names, or the caller named for it.
    #[serde(rename = "chain_id")]
    pub chain: ChainId,
    /// The token registry that the document names.
    pub registry: Address,
    /// The token id that the document's digest gives.
    pub token: TokenId,
}

/// Proof of what [`RegistryQuestion`] asks, against the state root of the same block (chain.md §5.4).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofQuestion {
    /// The chain that the document names, or the caller named for it.
    #[serde(rename = "chain_id")]
    pub chain: ChainId,
    /// The token registry that the document names.
    pub registry: Address,
    /// The token id that the document's digest gives.
    pub token: TokenId,
}

/// Whether a document store issued or revoked a document (checks.md §3.3).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentStoreQuestion {
    /// The chain that the document names, or the caller named for it.
    #[serde(rename = "chain_id")]
    pub chain: ChainId,
    /// The document or revocation store.
    pub store: Address,
    /// The document's digest.
    pub target_hash: Digest32,
    /// Its Merkle proof.
    pub proof: Vec<Digest32>,
}

/// When and by whom a document store revoked what it says it revoked (chain.md §3). Asked only where it does say so;
/// no verdict rests on the answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevocationQuestion {
    /// The chain of the store.
    #[serde(rename = "chain_id")]
    pub chain: ChainId,
    /// The document or revocation store.
    pub store: Address,
    /// The revoked hash: the document's, its root's or one between.
    pub node: Digest32,
    /// What the store writes when it revokes.
    pub event: RevocationEvent,
    /// The block that the store itself records, if it records one.
    pub recorded_at: Option<u64>,
}

/// The logs of one title's escrow since its registry began (chain.md §2.4).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistoryQuestion {
    /// The chain of the registry.
    #[serde(rename = "chain_id")]
    pub chain: ChainId,
    /// The token registry.
    pub registry: Address,
    /// The token.
    pub token: TokenId,
}

/// The logs of the escrows of several titles since they were read before (chain.md §2.6).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TitleLogsQuestion {
    /// The chain of the registries.
    #[serde(rename = "chain_id")]
    pub chain: ChainId,
    /// The escrows.
    pub escrows: Vec<Address>,
    /// The heights at which they were read before, ascending, each once. Logs after the lowest are wanted, and what stands
    /// at each of them now.
    pub heights: Vec<u64>,
}

/// Who holds which role of a token registry (chain.md 6.19).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PowersQuestion {
    /// The chain of the registry.
    #[serde(rename = "chain_id")]
    pub chain: ChainId,
    /// The token registry.
    pub registry: Address,
}

/// What an ERC-1056 registry records about an identity (checks.md §6.1).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DidEthrQuestion {
    /// The chain that the DID names.
    #[serde(rename = "chain_id")]
    pub chain: ChainId,
    /// The ERC-1056 registry of that chain.
    pub registry: Address,
    /// The identity's address.
    pub identity: Address,
}

/// What stands at an account and, where that is a contract, whether it accepts a signature (checks.md §11.3).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountSignatureQuestion {
    /// The chain of the title.
    #[serde(rename = "chain_id")]
    pub chain: ChainId,
    /// The account.
    pub account: Address,
    /// What was signed: the hash of the text as a personal message (EIP-191).
    pub digest: Digest32,
    /// The signature, without what would deploy the account.
    #[serde(with = "hex_bytes")]
    pub signature: Vec<u8>,
    /// What would deploy it, where nothing stands there yet (ERC-6492).
    pub deployment: Option<DeploymentCall>,
}

/// A call that deploys an account.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeploymentCall {
    /// The contract that is called.
    pub factory: Address,
    /// What it is called with.
    #[serde(with = "hex_bytes")]
    pub call: Vec<u8>,
}

/// A GET over https of an address that the document chose (checks.md §9).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebQuestion {
    /// An https URL without credentials.
    pub url: String,
    /// Largest body, in bytes, after decompression.
    pub max_bytes: u64,
}

/// The TXT records of a host name (checks.md §5.1).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DnsTxtQuestion {
    /// Lower-case A-labels without a trailing dot.
    pub name: String,
}

/// The block of a fact, borrowed as the fact is.
macro_rules! block_of {
    ($fact:expr $(, $mut:tt)?) => {
        match $fact {
            Fact::Registry(reading) => Some(&$($mut)? reading.block),
            Fact::DocumentStore(reading) => Some(&$($mut)? reading.block),
            Fact::DidEthr(reading) => Some(&$($mut)? reading.block),
            Fact::AccountSignature(reading) => Some(&$($mut)? reading.block),
            Fact::Revocation(reading) => Some(&$($mut)? reading.block),
            Fact::History(reading) => Some(&$($mut)? reading.block),
            Fact::TitleLogs(reading) => Some(&$($mut)? reading.block),
            Fact::Powers(reading) => Some(&$($mut)? reading.block),
            Fact::Proof(reading) => Some(&$($mut)? reading.block),
            Fact::Web(_) | Fact::DnsTxt(_) => None,
        }
    };
}

impl Fact {
    /// The block that it was read at, if it is about a chain.
    pub fn block(&self) -> Option<&BlockReading> {
        block_of!(self)
    }

    /// As [`Self::block`].
    pub(super) fn block_mut(&mut self) -> Option<&mut BlockReading> {
        block_of!(self, mut)
    }

    /// Whether it is known what happened since the block that it was read at, where that can change what it says.
    pub fn newest_is_known(&self) -> bool {
        match self {
            Self::Registry(reading) => reading.newest.is_known_beside(&reading.block),
            Self::DocumentStore(reading) => reading.newest.is_known_beside(&reading.block),
            Self::DidEthr(reading) => reading.newest.is_known_beside(&reading.block),
            Self::AccountSignature(reading) => reading.newest.is_known_beside(&reading.block),
            _ => true,
        }
    }
}
