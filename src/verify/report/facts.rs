//! What a report knows of the document, its issuer, its registry or store, and the block it was read at.

use serde::{Deserialize, Serialize};

use super::Finding;
use crate::document::{ContractKind, Family};
use crate::evidence::{Finality, ReadMethod};
use crate::networks;
use crate::primitives::{Address, ChainId, Digest32, TokenId};
use crate::status::{Family as StoreFamily, Position, RevocationReason};

/// What the document is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct DocumentFacts {
    /// Its family: `oa-2.0`, `oa-3.0`, `w3c-1.1`, `w3c-2.0`, `w3c-presentation`.
    pub format: Family,
    /// SHA-256 of the file as it came, 64 lower-case hexadecimal characters; set by whoever has the bytes.
    pub sha256: Option<String>,
    /// Whether the file was sealed (encrypted) and opened with a key; set by whoever opened it.
    pub sealed: bool,
    /// Whether a storage envelope was around it; set by whoever has the bytes.
    pub storage_envelope: bool,
    /// The host that it was fetched from by a link; set by whoever fetched it.
    pub fetched_from: Option<String>,
    /// The document's digest.
    pub target_hash: Option<Digest32>,
    /// The root it leads to.
    pub merkle_root: Option<Digest32>,
    /// The registry's id for this document.
    pub token_id: Option<TokenId>,
    /// Number of visible fields that the digest covers.
    pub visible_fields: usize,
    /// Number of hidden fields.
    pub hidden_fields: usize,
    /// Members that nothing protects: never shown as content.
    pub unauthenticated: Vec<String>,
    /// The bill's number, if it is visible and intact.
    pub bl_number: Option<String>,
    /// The network that look-ups use, if there is one.
    pub network: Option<Network>,
    /// How it was issued; absent in a file that breaks its format.
    pub issued_through: Option<IssuedThrough>,
    /// What each issuer claims, in the order of the document: as written, whether or not it is so.
    pub claims: Vec<IssuerClaim>,
    /// Number of signatures it carries, good or bad.
    pub signatures: usize,
    /// What a W3C credential is besides; absent for other families.
    pub credential: Option<CredentialFacts>,
    /// What a W3C presentation is besides; absent for other families.
    pub presentation: Option<PresentationFacts>,
}

/// What a W3C credential says of itself (documents.md §9).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CredentialFacts {
    /// The issuer: a DID or another URL.
    pub issuer: String,
    /// The signature suite, as the proof names it.
    pub suite: String,
    /// The key that the proof names.
    pub key: String,
    /// Whether the holder chose what of it is shown.
    pub selective_disclosure: bool,
    /// Where its status is kept.
    pub status: StatusClaim,
    /// The contexts it uses that the caller added.
    pub contexts: Vec<AddedContext>,
}

/// Where a credential says that its status is kept (documents.md §9.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StatusClaim {
    /// In a token registry: it is a title.
    TransferableRecord,
    /// In a registry of obligations, which is not read.
    Obligation,
    /// In lists that the issuer publishes.
    StatusList,
    /// Nowhere, as far as is shown.
    None,
}

/// A context that the caller added: what its words mean, the caller vouches for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AddedContext {
    /// Its name.
    pub url: String,
    /// SHA-256 of the file it was read from.
    pub sha256: Digest32,
}

/// What a W3C presentation says of itself (documents.md §9.6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PresentationFacts {
    /// Who presents: a DID.
    pub holder: String,
    /// The signature suite, as the proof names it.
    pub suite: String,
    /// The key that the proof names.
    pub key: String,
    /// The challenge that it answers.
    pub challenge: Option<String>,
    /// The domains that it was made for.
    pub domains: Vec<String>,
    /// Whether challenge and domain are those that the caller gave.
    pub fresh: bool,
}

/// What one status list says of a credential (documents.md §9.5).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct StatusListFacts {
    /// `revocation`, `suspension` or another word.
    pub purpose: String,
    /// Where the list is, as the credential says.
    pub list: String,
    /// The place in it.
    pub index: u64,
    /// Whether the bit is set; absent when not known.
    pub set: Option<bool>,
    /// What the issuance check came to for this list.
    pub finding: Finding,
}

/// How a document was issued (documents.md §7.1), which decides which checks are required.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IssuedThrough {
    /// A title in a token registry.
    TokenRegistry,
    /// Hashes in one or more document stores.
    DocumentStore,
    /// A signature over the Merkle root.
    Signature,
}

/// What a document says of one of its issuers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct IssuerClaim {
    /// The contract it was issued through.
    pub contract: Option<ContractClaim>,
    /// The identity.
    pub identity: Option<IdentityClaim>,
    /// The DID, in a signed document.
    pub did: Option<String>,
    /// How it can be revoked, in a signed document.
    pub revocation: Option<RevocationClaim>,
}

/// An issuing contract, as a document names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ContractClaim {
    /// What it is said to be.
    pub kind: ContractKind,
    /// Its address.
    pub address: Address,
}

/// An identity, as a document claims it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct IdentityClaim {
    /// `DNS-TXT`, `DNS-DID`, `DID` or another word.
    #[serde(rename = "type")]
    pub kind: String,
    /// The domain.
    pub location: Option<String>,
    /// The key.
    pub key: Option<String>,
}

/// A way of revocation, as a document states it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RevocationClaim {
    /// `NONE`, `REVOCATION_STORE`, `OCSP_RESPONDER` or another word.
    #[serde(rename = "type")]
    pub kind: String,
    /// Address or URL.
    pub location: Option<String>,
}

/// A network, as the table of known networks has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Network {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// Its name, if it is a known one.
    pub name: Option<&'static str>,
    /// A known network for tests: titles on it are meant to have no legal effect.
    pub testnet: bool,
    /// Why nobody issues on it any more.
    pub retired: Option<networks::Retirement>,
}

impl Network {
    pub(in crate::verify) fn of(chain: ChainId) -> Self {
        let known = networks::known(chain);
        Self {
            chain_id: chain.get(),
            name: known.map(|network| network.name.as_str()),
            testnet: known.is_some_and(|network| network.testnet),
            retired: known.and_then(|network| network.retired),
        }
    }
}

/// As people call it: `Ethereum`, `chain 12345`.
impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.name {
            Some("local chain") | None => write!(f, "chain {}", self.chain_id),
            Some(name) => f.write_str(name),
        }
    }
}

/// Who issued the document.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Issuer {
    /// The name in the document: a claim.
    pub name: Option<String>,
    /// The domain, lower-case A-labels: of the records, or of the DID document.
    pub domain: Option<String>,
    /// The DID that a signed document names.
    pub did: Option<String>,
    /// Whether the domain confirms the contract or key.
    pub confirmed: bool,
    /// `dns`: controls this domain; `did-ethr+dns`: the same, and the key is an account; `did-web`: controls the address
    /// of the DID document; `bare-key`: nobody is named, so nothing is confirmed, though the caller may know the key.
    /// Nothing more than these words say.
    pub assurance: Option<Assurance>,
    /// `secure`, `insecure` or `not_checked`, when the domain was asked.
    pub dnssec: Option<crate::evidence::Dnssec>,
    /// What the issuer check came to for this issuer.
    pub finding: Finding,
}

/// What confirms an issuer (checks.md §3.6 to §3.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Assurance {
    /// Controls this domain.
    Dns,
    /// The same, and the key is an account.
    #[serde(rename = "did-ethr+dns")]
    DidEthrAndDns,
    /// Controls the address of the DID document.
    DidWeb,
    /// Nobody is named, so nothing is confirmed, though the caller may know the key.
    BareKey,
}

/// What a registry is known to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RegistryStanding {
    /// Recognised by its code.
    Genuine,
    /// Its code is not known, and the caller vouches for it.
    TrustedByCaller,
    /// Its code is not known.
    Unrecognised,
    /// Its answers contradict each other.
    ContradictsItself,
    /// Its answers do not fit its code.
    InconsistentAnswers,
    /// There is no contract.
    NoContract,
}

/// What is known of the registry.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RegistryFacts {
    /// Its address.
    pub address: Address,
    /// `v4`, `v5`: recognised by code, or claimed by a registry that the caller trusts.
    pub generation: Option<crate::title::Generation>,
    /// What its code and its answers make of it.
    pub authenticity: RegistryStanding,
    /// Keccak-256 of its runtime code.
    pub code_hash: Option<Digest32>,
    /// Whether it is paused.
    pub paused: Option<bool>,
}

/// What one document store says of the document.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct StoreFacts {
    /// Its address.
    pub address: Address,
    /// What it claims to be, when that can be told.
    pub family: Option<StoreFamily>,
    /// Keccak-256 of its runtime code; absent where there is no contract.
    pub code_hash: Option<Digest32>,
    /// Whether it issued the document, alone or in a batch; absent when not known.
    pub issued: Option<bool>,
    /// Whether it revoked the document or an ancestor; absent when not known, or when there was nothing to revoke.
    pub revoked: Option<bool>,
    /// The node that is revoked.
    pub revoked_node: Option<RevokedNodeFacts>,
    /// What the issuance check came to for this store.
    pub finding: Finding,
}

/// One signer of a signed document.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SignerFacts {
    /// The account that the key stands for, when the DID says so.
    pub account: Option<Address>,
    /// The key's type, where it is one whose signatures are not checked.
    pub unsupported_key_type: Option<String>,
    /// What the signature alone came to.
    pub signature: Finding,
    /// What the issuer's way of revocation came to; absent where the claim of the signature does not hold together.
    pub revocation: Option<Finding>,
    /// Why the issuer's responder has revoked the document.
    pub revocation_reason: Option<RevocationReason>,
}

/// A revoked node of the document's Merkle path.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RevokedNodeFacts {
    /// Its hash.
    pub hash: Digest32,
    /// Its place between document and root.
    pub position: Position,
    /// The block of the revocation, where the store records it or its logs say so.
    pub block: Option<u64>,
    /// The time of that block, where the logs of the revocation could be read.
    pub time: Option<String>,
    /// The account that sent the transaction of the revocation, where it could be read. Where a contract owns the store,
    /// it is whoever called that contract.
    pub by: Option<Address>,
    /// Whether the store says of the document itself that it is not revoked.
    pub store_says_active: bool,
}

/// The title as recorded.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Title {
    /// The state.
    pub state: TitleStateName,
    /// The recorded holder.
    pub holder: Option<Address>,
    /// The recorded beneficiary.
    pub beneficiary: Option<Address>,
    /// The pending nominee.
    pub nominee: Option<Address>,
    /// v5: may still take the title back by a rejection.
    pub previous_holder: Option<Address>,
    /// v5: may still take the title back by a rejection.
    pub previous_beneficiary: Option<Address>,
    /// The contract that keeps these records.
    pub escrow: Option<Address>,
    /// What the newest block says, where that is not what the finalized one says. No outcome of a check rests on it.
    pub pending: Option<Box<PendingChange>>,
}

impl Title {
    /// Everybody that it names.
    pub(in crate::verify) fn addresses(&self) -> Vec<Option<Address>> {
        let Self { state: _, holder, beneficiary, nominee, previous_holder, previous_beneficiary, escrow, pending } =
            self;
        let pending = pending.iter().flat_map(|pending| [pending.holder, pending.beneficiary, pending.nominee]);
        let recorded = [holder, beneficiary, nominee, previous_holder, previous_beneficiary, escrow];
        recorded.into_iter().copied().chain(pending).collect()
    }

    /// A state without parties.
    pub(in crate::verify) fn without_parties(state: TitleStateName) -> Self {
        Self {
            state,
            holder: None,
            beneficiary: None,
            nominee: None,
            previous_holder: None,
            previous_beneficiary: None,
            escrow: None,
            pending: None,
        }
    }
}

/// A title at the newest block, which may still be replaced (chain.md §5.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PendingChange {
    /// Height of that block.
    pub block: u64,
    /// The state there.
    pub state: TitleStateName,
    /// The recorded holder there.
    pub holder: Option<Address>,
    /// The recorded beneficiary there.
    pub beneficiary: Option<Address>,
    /// The nominee there.
    pub nominee: Option<Address>,
}

/// Title states (chain.md §1.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TitleStateName {
    /// Held by the recorded parties.
    Live,
    /// Returned to the issuer.
    Returned,
    /// Accepted; ended for good.
    Ended,
    /// Never issued.
    NotIssued,
    /// Not a transferable record.
    None,
    /// Could not be found out.
    Unknown,
}

/// The block everything was read at.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct AsOf {
    /// The chain.
    pub chain_id: u64,
    /// Height.
    pub block: u64,
    /// Block hash.
    pub hash: Digest32,
    /// RFC 3339, UTC.
    pub time: String,
    /// Which tag chose the block.
    pub finality: Finality,
    /// How the state was read.
    pub method: ReadMethod,
    /// Hosts that answered.
    pub endpoints: Vec<String>,
    /// Whether the endpoint came from the embedded table.
    pub embedded_endpoints: bool,
    /// HTTP requests made.
    pub requests: u32,
    /// What came of the state proof, where one was asked for.
    pub proof: Option<ProofFacts>,
}

/// What came of a state proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ProofFacts {
    /// How it ended.
    pub result: ProofResult,
    /// Who says that the block is one of the chain; absent where nothing is proven within it.
    pub vouched_by: Option<Voucher>,
    /// The accounts whose code and slots are proven against the state root: the registry, what it leads to, the escrow.
    pub accounts: Vec<Address>,
    /// Why it is not proven.
    pub detail: Option<String>,
}

/// How a state proof ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProofResult {
    /// The state root of a block that others vouch for says the same as the report.
    Proven,
    /// The same, in a block whose hash only the endpoint vouches for: it could have made up all of it.
    Unvouched,
    /// There is none: it was not served, or the block's header is of a form that is not known.
    Missing,
    /// Nothing tells where this contract keeps its records.
    NotPossible,
    /// What was served as a proof does not hold.
    Invalid,
    /// It holds, and says something else than the endpoint's answers.
    Contradicts,
}

/// Who says that a block is one of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Voucher {
    /// The caller, with `--trusted-block`.
    Caller,
    /// Several endpoints gave the same hash.
    Quorum,
    /// Only the endpoint that served the proof.
    Endpoint,
}

/// The program that wrote the report.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Tool {
    /// `ebl-verifier`.
    pub name: &'static str,
    /// The crate version.
    pub version: &'static str,
}

impl Default for Tool {
    fn default() -> Self {
        Self { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") }
    }
}
