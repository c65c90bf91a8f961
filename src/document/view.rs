//! What verification needs of a document, the same for every family.

use serde::Serialize;

use crate::primitives::Address;

/// A document of more issuers is not asked about: each may cost questions to a resolver, a chain and a web server.
pub const MOST_ISSUERS: usize = 32;

/// Who the document says issued it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Issuer {
    /// The name: a claim.
    pub name: Option<String>,
    /// The issuer's own identifier: a DID in a signed v2 document, any URI in v3.
    pub id: Option<String>,
    /// The DID that a signed document names as its issuer: `id` in v2, `openAttestationMetadata.proof.value` of method
    /// DID in v3.
    pub did: Option<String>,
    /// The contract it was issued through.
    pub contract: Option<IssuingContract>,
    /// The identity that is claimed.
    pub identity: Option<IdentityProof>,
    /// How it can be revoked.
    pub revocation: Option<Revocation>,
}

/// The contract a document was issued through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuingContract {
    /// What kind.
    pub kind: ContractKind,
    /// Where.
    pub address: Address,
    /// The address as written.
    pub text: String,
}

/// Kinds of issuing contracts (documents.md §7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ContractKind {
    /// Issues titles.
    TokenRegistry,
    /// Issues and revokes document hashes.
    DocumentStore,
    /// The document store's legacy form.
    CertificateStore,
}

/// A claimed identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityProof {
    /// How it is proven.
    pub kind: IdentityKind,
    /// The domain; in v3 of kind DID the DID itself.
    pub location: Option<String>,
    /// The key: a DID URL. v2 names it in the content; v3 beside the signature, where the digest does not cover it.
    pub key: Option<String>,
}

/// Kinds of identity proof (documents.md §6.2).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdentityKind {
    /// A TXT record names the contract.
    DnsTxt,
    /// A TXT record names the key.
    DnsDid,
    /// The key's own DID document.
    Did,
    /// Anything else, as written.
    Other(String),
}

impl IdentityKind {
    pub(super) fn of(text: &str) -> Self {
        match text {
            "DNS-TXT" => Self::DnsTxt,
            "DNS-DID" => Self::DnsDid,
            "DID" => Self::Did,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl std::fmt::Display for IdentityKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::DnsTxt => "DNS-TXT",
            Self::DnsDid => "DNS-DID",
            Self::Did => "DID",
            Self::Other(text) => text,
        })
    }
}

/// How a document can be revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// `NONE`, `REVOCATION_STORE`, `OCSP_RESPONDER`.
    pub kind: String,
    /// Address or URL.
    pub location: Option<String>,
}

/// The chain a document names, as text: what it means is decided in `verify`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Network {
    /// A free name.
    pub chain: Option<String>,
    /// Should be a decimal number.
    pub chain_id: Option<String>,
}

/// Validity periods: member name and RFC 3339 text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validity {
    /// Not valid from then on.
    pub expires: Vec<(&'static str, String)>,
    /// Not valid before.
    pub not_before: Vec<(&'static str, String)>,
}

impl Validity {
    /// Every date, as written.
    pub(super) fn dates(&self) -> impl Iterator<Item = &str> {
        self.not_before.iter().chain(&self.expires).map(|(_, date)| date.as_str())
    }
}

/// A few content members, for a report's heading.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// The bill's number.
    pub bl_number: Option<String>,
}
