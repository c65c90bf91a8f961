//! What the judge needs to know and what it was told: [`Question`]s, [`Answer`]s and where each came from.
//!
//! Nothing here judges and nothing here asks. A failed fetch is an answer too ([`Unavailable`]); it can lead to
//! *unknown*, never to *fail*. Evidence is `serde` data, so it can be kept beside a report and replayed.

mod abi;
mod did;
mod dns;
mod history;
mod newest;
mod powers;
mod proof;
mod registry;
mod revocation;
mod store;
mod wanted;
mod web;

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::primitives::{Address, ChainId, Digest32, TokenId, hex_bytes};

pub use crate::contracts::document_store::RevocationEvent;
pub use crate::contracts::token_registry::REGISTRY_INTERFACES;
pub use abi::NotAWord;
pub(crate) use abi::word_number;
pub use did::{DidChange, DidEthrReading, DidEvent};
pub use dns::{Dnssec, TopLevelReading, TxtReading};
pub use history::{AccountReading, BlockRange, HistoryReading, LogReading, LogsReading};
pub(crate) use newest::AtBlock;
pub use newest::Newest;
pub use powers::{PowersReading, RoleAdminReading, RoleHoldingReading};
pub use proof::{AccountProofReading, HeaderReading, NodeBytes, ProofReading, SlotReading};
pub use registry::{
    CodeReading, ContractReading, InterfaceReading, NewerTitle, ProxySlots, ReadMethod, RegistryReading, TitleReading,
};
pub use revocation::{RevocationReading, TransactionReading};
pub use store::{NodeReading, StoreReading};
pub use wanted::{Wanted, wanted};
pub use web::WebReading;

/// Something `verify::examine` has to know and cannot compute.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "ask")]
#[non_exhaustive]
pub enum Question {
    /// Everything about one token of one registry, read at one block (chain.md §7).
    Registry {
        /// The chain that the document names, or the caller named for it.
        chain: ChainId,
        /// The token registry that the document names.
        registry: Address,
        /// The token id that the document's digest gives.
        token: TokenId,
    },
    /// Proof of what [`Question::Registry`] asks, against the state root of the same block (chain.md §5.4).
    Proof {
        /// The chain that the document names, or the caller named for it.
        chain: ChainId,
        /// The token registry that the document names.
        registry: Address,
        /// The token id that the document's digest gives.
        token: TokenId,
    },
    /// Whether a document store issued or revoked a document (checks.md §3.3).
    DocumentStore {
        /// The chain that the document names, or the caller named for it.
        chain: ChainId,
        /// The document or revocation store.
        store: Address,
        /// The document's digest.
        target_hash: Digest32,
        /// Its Merkle proof.
        proof: Vec<Digest32>,
    },
    /// When and by whom a document store revoked what it says it revoked (chain.md §3). Asked only where it does say so;
    /// no verdict rests on the answer.
    Revocation {
        /// The chain of the store.
        chain: ChainId,
        /// The document or revocation store.
        store: Address,
        /// The revoked hash: the document's, its root's or one between.
        node: Digest32,
        /// What the store writes when it revokes.
        event: RevocationEvent,
        /// The block that the store itself records, if it records one.
        recorded_at: Option<u64>,
    },
    /// The logs of one title's escrow since its registry began (chain.md §2.4).
    History {
        /// The chain of the registry.
        chain: ChainId,
        /// The token registry.
        registry: Address,
        /// The token.
        token: TokenId,
    },
    /// Who holds which role of a token registry (chain.md 6.19).
    Powers {
        /// The chain of the registry.
        chain: ChainId,
        /// The token registry.
        registry: Address,
    },
    /// What an ERC-1056 registry records about an identity (checks.md §6.1).
    DidEthr {
        /// The chain that the DID names.
        chain: ChainId,
        /// The ERC-1056 registry of that chain.
        registry: Address,
        /// The identity's address.
        identity: Address,
    },
    /// A GET over https of an address that the document chose (checks.md §9).
    Web {
        /// An https URL without credentials.
        url: String,
        /// Largest body, in bytes, after decompression.
        max_bytes: u64,
    },
    /// The TXT records of a host name (checks.md §5.1).
    DnsTxt {
        /// Lower-case A-labels without a trailing dot.
        name: String,
    },
}

impl Question {
    /// The chain that it is about.
    pub fn chain(&self) -> Option<ChainId> {
        match self {
            Self::Registry { chain, .. }
            | Self::DocumentStore { chain, .. }
            | Self::DidEthr { chain, .. }
            | Self::Revocation { chain, .. }
            | Self::History { chain, .. }
            | Self::Powers { chain, .. }
            | Self::Proof { chain, .. } => Some(*chain),
            Self::Web { .. } | Self::DnsTxt { .. } => None,
        }
    }
}

/// An answer, or why there is none.
pub type Answer = Result<Fact, Unavailable>;

/// What a source found out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "fact")]
#[non_exhaustive]
pub enum Fact {
    /// To [`Question::Registry`].
    Registry(Box<RegistryReading>),
    /// To [`Question::Proof`].
    Proof(Box<ProofReading>),
    /// To [`Question::DocumentStore`].
    DocumentStore(Box<StoreReading>),
    /// To [`Question::Revocation`].
    Revocation(Box<RevocationReading>),
    /// To [`Question::History`].
    History(Box<HistoryReading>),
    /// To [`Question::Powers`].
    Powers(Box<PowersReading>),
    /// To [`Question::DidEthr`].
    DidEthr(Box<DidEthrReading>),
    /// To [`Question::Web`].
    Web(WebReading),
    /// To [`Question::DnsTxt`].
    DnsTxt(TxtReading),
}

impl Fact {
    /// The block that it was read at, if it is about a chain.
    pub fn block(&self) -> Option<&BlockReading> {
        match self {
            Self::Registry(reading) => Some(&reading.block),
            Self::DocumentStore(reading) => Some(&reading.block),
            Self::DidEthr(reading) => Some(&reading.block),
            Self::Revocation(reading) => Some(&reading.block),
            Self::History(reading) => Some(&reading.block),
            Self::Powers(reading) => Some(&reading.block),
            Self::Proof(reading) => Some(&reading.block),
            Self::Web(_) | Self::DnsTxt(_) => None,
        }
    }

    /// Whether it is known what happened since the block that it was read at, where that can change what it says.
    pub fn newest_is_known(&self) -> bool {
        match self {
            Self::Registry(reading) => reading.newest.is_known_beside(&reading.block),
            Self::DocumentStore(reading) => reading.newest.is_known_beside(&reading.block),
            Self::DidEthr(reading) => reading.newest.is_known_beside(&reading.block),
            _ => true,
        }
    }
}

/// Why a question has no answer. The host is named, never the whole URL: it may hold a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unavailable {
    /// The kind of failure.
    pub cause: Cause,
    /// The host that was asked, if one was.
    pub host: Option<String>,
    /// A plain clause for people, without credentials: `the connection was refused`.
    pub detail: String,
}

/// The kinds of failure that are told apart in reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Cause {
    /// Asking was not allowed (`--offline`).
    Offline,
    /// The document names an address that may not be fetched, or too many (checks.md §9).
    NotAllowed,
    /// Nobody to ask: no endpoint is known for this chain.
    NoSource,
    /// Refused, reset, TLS failure, name not found: no connection.
    Unreachable,
    /// The caller's own proxy gave no way.
    Proxy,
    /// No answer in time.
    Timeout,
    /// HTTP 429 after all retries.
    RateLimited,
    /// Something answered, but not with an answer: HTML, empty, truncated, too large, wrong id, error object.
    NotAnAnswer,
    /// The endpoint serves another chain than the one asked for.
    WrongChain,
    /// The pinned block was no longer there when it was read.
    BlockVanished,
    /// The endpoint says that it has no such block as the caller named.
    NoSuchBlock,
    /// The endpoint's block is older than its chain allows (chain.md §5.3).
    Behind,
    /// The time of the endpoint's block has not come.
    InTheFuture,
    /// Nobody looked at the newest block, so what happened since the settled one is not known.
    NewestNotRead,
    /// Two sources gave different answers.
    Disagreement,
    /// DNS: an RCODE that is neither NOERROR nor NXDOMAIN.
    ServerFailure,
    /// DNS: the answer failed DNSSEC validation.
    Bogus,
}

/// Who answered and how far the answer can be relied on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// Hosts that gave this answer, without paths or credentials.
    pub hosts: Vec<String>,
    /// Hosts that gave none, or one that was set aside ([`Cause::Disagreement`]), with the reason.
    pub failed: Vec<Unavailable>,
    /// Whether the address of the source came from the embedded table of public endpoints.
    pub embedded_default: bool,
    /// Number of HTTP requests or DNS queries made for this answer.
    pub requests: u32,
}

/// Questions with their answers, in the order they were asked. Read back, it holds one answer to each question.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Entries")]
pub struct Evidence {
    entries: Vec<Entry>,
}

/// Evidence as it is read.
#[derive(Deserialize)]
struct Entries {
    entries: Vec<Entry>,
}

impl TryFrom<Entries> for Evidence {
    type Error = &'static str;

    fn try_from(Entries { entries }: Entries) -> Result<Self, &'static str> {
        let mut asked = HashSet::with_capacity(entries.len());
        match entries.iter().all(|entry| asked.insert(&entry.question)) {
            true => Ok(Self { entries }),
            false => Err("one question has two answers"),
        }
    }
}

/// One question, its answer and where it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What was asked.
    pub question: Question,
    /// What came back.
    pub answer: Answer,
    /// From whom.
    pub provenance: Provenance,
}

impl Evidence {
    /// No evidence: what an offline run starts and ends with.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an answer; a later answer to the same question replaces the earlier one.
    pub fn record(&mut self, question: Question, answer: Answer, provenance: Provenance) {
        let entry = Entry { question, answer, provenance };
        match self.entries.iter_mut().find(|known| known.question == entry.question) {
            Some(known) => *known = entry,
            None => self.entries.push(entry),
        }
    }

    /// The entry for exactly this question.
    pub fn about(&self, question: &Question) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.question == *question)
    }

    /// All entries.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

/// A block and how settled it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockReading {
    /// Height.
    pub number: u64,
    /// Hash: every read was pinned to it.
    pub hash: Digest32,
    /// Seconds since the Unix epoch.
    pub timestamp: u64,
    /// Which tag chose it.
    pub finality: Finality,
}

/// How settled the block was when it was chosen (chain.md §5.3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finality {
    /// The chain's `finalized` tag.
    Finalized,
    /// The chain's `safe` tag.
    Safe,
    /// The newest block: it may still be replaced.
    #[default]
    Latest,
    /// A block that the caller named.
    Chosen,
    /// The newest block of a local chain.
    Local,
}

/// The outcome of one call inside the lens.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallReading {
    /// Whether the call returned instead of reverting.
    pub success: bool,
    /// Return or revert data, cut by the chain source to a length that no genuine answer reaches.
    #[serde(with = "hex_bytes")]
    pub data: Vec<u8>,
}
