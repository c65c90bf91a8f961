//! What the judge needs to know and what it was told: [`Question`]s, [`Answer`]s and where each came from.
//!
//! Nothing here judges and nothing here asks. A failed fetch is an answer too ([`Unavailable`]); it can lead to
//! *unknown*, never to *fail*. Evidence is `serde` data, so it can be kept beside a report and replayed.

mod abi;
mod account_signature;
mod did;
mod dns;
mod entry;
mod history;
mod newest;
mod powers;
mod proof;
mod question;
mod registry;
mod revocation;
mod store;
mod title_logs;
mod wanted;
mod web;

use serde::{Deserialize, Serialize};

use crate::primitives::{Digest32, hex_bytes};

pub use crate::contracts::document_store::RevocationEvent;
pub use crate::contracts::token_registry::REGISTRY_INTERFACES;
pub use abi::NotAWord;
#[cfg(feature = "net")]
pub(crate) use abi::word_number;
pub use account_signature::{AccountSignatureReading, AskedAccount};
pub use did::{DidChange, DidEthrReading, DidEvent};
pub use dns::{Dnssec, TopLevelReading, TxtReading};
pub use entry::{AnotherKind, Entry, Evidence, Found};
pub use history::{AccountReading, BlockRange, HistoryReading, LogReading, LogsReading};
pub(crate) use newest::AtBlock;
pub use newest::Newest;
pub use powers::{PowersReading, RoleAdminReading, RoleHoldingReading};
pub use proof::{AccountProofReading, HeaderReading, NodeBytes, ProofReading, SlotReading};
pub use question::{
    AccountSignatureQuestion, Answer, Ask, DeploymentCall, DidEthrQuestion, DnsTxtQuestion, DocumentStoreQuestion,
    Fact, HistoryQuestion, PowersQuestion, ProofQuestion, Question, RegistryQuestion, RevocationQuestion,
    TitleLogsQuestion, WebQuestion,
};
pub use registry::{
    CodeReading, ContractReading, InterfaceReading, NewerTitle, ProxySlots, ReadMethod, RegistryReading, TitleReading,
};
pub use revocation::{RevocationReading, TransactionReading};
pub use store::{NodeReading, StoreReading};
pub use title_logs::{BlockNow, NewerLogs, TitleLogsReading};
pub use wanted::{Wanted, wanted};
pub use web::WebReading;

/// Why a question has no answer. The host is named, never the whole URL: it may hold a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// Hosts that gave this answer, without paths or credentials.
    pub hosts: Vec<String>,
    /// Hosts that gave none, or one that was set aside ([`Cause::Disagreement`]), with the reason.
    pub failed: Vec<Unavailable>,
    /// Whether the address of the source came from the embedded table of public endpoints.
    pub embedded_default: bool,
    /// Number of HTTP requests or DNS queries made for this answer.
    pub requests: u32,
    /// When it was answered, in seconds since the Unix epoch.
    pub answered_at: Option<u64>,
}

/// A block and how settled it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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

impl Finality {
    /// Of two blocks the one of the higher number can less be taken back. Of a block that the caller named nobody said it.
    pub(crate) fn settledness(self) -> u8 {
        match self {
            Self::Finalized => 3,
            Self::Safe => 2,
            Self::Latest | Self::Local => 1,
            Self::Chosen => 0,
        }
    }

    /// Whether the chain says that it will not be taken back.
    pub(crate) fn is_settled(self) -> bool {
        matches!(self, Self::Finalized | Self::Safe)
    }
}

/// The outcome of one call inside the lens.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallReading {
    /// Whether the call returned instead of reverting.
    pub success: bool,
    /// Return or revert data, cut by the chain source to a length that no genuine answer reaches.
    #[serde(with = "hex_bytes")]
    pub data: Vec<u8>,
}
