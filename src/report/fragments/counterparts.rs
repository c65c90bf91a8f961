//! Which finding of ours is which row of checks.md §10.1: one table. What is not in it keeps its own code.

use super::{Reason, Status, Verifier};
use crate::primitives::{Address, Digest32};
use crate::status::RevocationReason;
use crate::verify::codes::{self, Code};
use crate::verify::{IssuerClaim, SignerFacts};

use Status::{Error, Invalid};
use Verifier::{Did, DidSigned, DnsDid, DnsTxt, DocumentStore, Hash, TokenRegistry};

/// The row for a finding, filled in; `None` where the field has no word for it.
pub(super) fn counterpart(verifier: Verifier, code: &Code, subject: &Subject<'_>) -> Option<(Status, Reason)> {
    let row = ROWS.iter().find(|row| row.verifier == verifier && row.ours == code && (row.when)(subject))?;
    let reason = match row.theirs {
        Theirs::Fixed(code_string, code) => {
            Reason { code, code_string: code_string.to_owned(), message: subject.fill(row.message) }
        }
        Theirs::RevocationReason => {
            let reason = subject.signer?.revocation_reason?;
            let code_string = revocation_reason(reason)?.to_owned();
            Reason { code: reason.0, code_string, message: subject.fill(row.message) }
        }
    };
    Some((row.status, reason))
}

/// What the rows' conditions and messages speak of.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Subject<'r> {
    pub(super) root: Option<Digest32>,
    /// OpenAttestation 3.0.
    pub(super) v3: bool,
    /// The document has several issuers.
    pub(super) several: bool,
    pub(super) signatures: usize,
    pub(super) claim: Option<&'r IssuerClaim>,
    /// The issuer's name.
    pub(super) name: Option<&'r str>,
    pub(super) signer: Option<&'r SignerFacts>,
    /// Somebody was asked and did not answer.
    pub(super) unanswered: bool,
    /// Our own sentence.
    pub(super) ours: &'r str,
}

impl Subject<'_> {
    fn fill(&self, template: &str) -> String {
        let key = self.key().unwrap_or_default();
        let texts = [
            ("<root>", self.root.map(|root| root.to_string()).unwrap_or_default()),
            ("<contract>", self.contract().map(|address| address.to_string()).unwrap_or_default()),
            ("<account>", self.signer.and_then(|signer| signer.account).map(|a| a.to_string()).unwrap_or_default()),
            ("<name>", self.name.unwrap_or_default().to_owned()),
            ("<json>", serde_json::json!({"id": key}).to_string()),
            ("<did>", self.claim.and_then(|claim| claim.did.clone()).unwrap_or_default()),
            ("<location>", self.location().unwrap_or_default().to_owned()),
            ("<type>", self.signer.and_then(|signer| signer.unsupported_key_type.clone()).unwrap_or_default()),
            ("<key>", key.to_owned()),
            ("<ours>", self.ours.to_owned()),
        ];
        // One pass from the left: a text of the document that looks like a placeholder stays as it is.
        let mut out = String::new();
        let mut rest = template;
        while let Some((at, name, text)) =
            texts.iter().filter_map(|(name, text)| Some((rest.find(name)?, name, text))).min_by_key(|(at, ..)| *at)
        {
            out.push_str(&rest[..at]);
            out.push_str(text);
            rest = &rest[at + name.len()..];
        }
        out + rest
    }

    fn key(&self) -> Option<&str> {
        self.claim?.identity.as_ref()?.key.as_deref()
    }

    /// The issuing contract, else the revocation store.
    fn contract(&self) -> Option<Address> {
        let claim = self.claim?;
        claim.contract.map(|contract| contract.address).or_else(|| self.location()?.parse().ok())
    }

    fn location(&self) -> Option<&str> {
        self.claim?.revocation.as_ref()?.location.as_deref().filter(|location| !location.is_empty())
    }

    fn revocation(&self) -> &str {
        self.claim.and_then(|claim| claim.revocation.as_ref()).map_or("", |revocation| revocation.kind.as_str())
    }

    fn identity(&self) -> &str {
        self.claim.and_then(|claim| claim.identity.as_ref()).map_or("", |identity| identity.kind.as_str())
    }
}

struct Row {
    verifier: Verifier,
    ours: &'static Code,
    when: fn(&Subject<'_>) -> bool,
    theirs: Theirs,
    status: Status,
    message: &'static str,
}

#[derive(Clone, Copy)]
enum Theirs {
    Fixed(&'static str, u64),
    /// The responder's own reason is the code.
    RevocationReason,
}

const fn row(
    verifier: Verifier,
    ours: &'static Code,
    when: fn(&Subject<'_>) -> bool,
    theirs: (&'static str, u64),
    status: Status,
    message: &'static str,
) -> Row {
    Row { verifier, ours, when, theirs: Theirs::Fixed(theirs.0, theirs.1), status, message }
}

/// Our own sentence, where the table has `<thrown>`.
const OURS: &str = "<ours>";

const NOT_ISSUED: &str = "Document <root> has not been issued under contract <contract>";
const REVOKED: &str = "Document <root> has been revoked under contract <contract>";
const NO_CONTRACT: &str = "Contract is not found";
const NO_CONNECTION: &str = "Unable to connect to the Ethereum network, please try again later";
const NO_TXT: &str = "Matching DNS record not found for <contract>";
const NO_IDENTITY: &str = "Could not find identity at location";
const NO_KEY_IN_DID: &str = "No public key found on DID document for the DID <did> and key <key>";
const NO_ACCOUNT: &str = "ethereumAddress not found on public key <json>";
const KEY_TYPE: &str = "Signature type <type> is currently not support";
const NOT_BY: &str = "merkle root is not signed correctly by <account>";
const BAD_RESPONSE: &str = "Invalid or unexpected response from OCSP Responder - <ours>";
const NO_DID: &str = "id is missing in issuer";

const MINTED: (&str, u64) = ("DOCUMENT_NOT_MINTED", 1);
const ISSUED: (&str, u64) = ("DOCUMENT_NOT_ISSUED", 1);
const IS_REVOKED: (&str, u64) = ("DOCUMENT_REVOKED", 5);
const SERVER: (&str, u64) = ("SERVER_ERROR", 500);
const NO_RECORD: (&str, u64) = ("MATCHING_RECORD_NOT_FOUND", 4);
const NOWHERE: (&str, u64) = ("INVALID_IDENTITY", 6);

/// Thrown errors have number 0 in the verifiers of contracts and DNS-TXT, 1 in those of DIDs.
const THROWN_0: (&str, u64) = ("UNEXPECTED_ERROR", 0);
const THROWN_1: (&str, u64) = ("UNEXPECTED_ERROR", 1);

static ROWS: &[Row] = &[
    row(Hash, &codes::INTEGRITY_DIGEST_MISMATCH, always, TAMPERED, Invalid, TAMPERED_WITH),
    row(Hash, &codes::INTEGRITY_TEXT_REENCODED, always, TAMPERED, Invalid, TAMPERED_WITH),
    row(Hash, &codes::INTEGRITY_MERKLE_MISMATCH, always, TAMPERED, Invalid, TAMPERED_WITH),
    row(Hash, &codes::INTEGRITY_SALTS_MISMATCH, always, TAMPERED, Invalid, TAMPERED_WITH),
    // Token registries.
    row(TokenRegistry, &codes::INTEGRITY_BATCH_TOKEN, several, ("INVALID_ISSUERS", 5), Error, ONE_ISSUER),
    row(TokenRegistry, &codes::ISSUANCE_NOT_MINTED, always, MINTED, Invalid, NOT_MINTED),
    row(TokenRegistry, &codes::REGISTRY_NO_CODE, always, MINTED, Invalid, "Token registry is not found"),
    row(TokenRegistry, &codes::ISSUANCE_REFUSED, always, THROWN_0, Error, OURS),
    row(TokenRegistry, &codes::CHAIN_RPC_UNAVAILABLE, always, SERVER, Error, NO_CONNECTION),
    // Document stores.
    row(DocumentStore, &codes::ISSUANCE_NOT_ISSUED, always, ISSUED, Invalid, NOT_ISSUED),
    row(DocumentStore, &codes::ISSUANCE_STORE_NO_CONTRACT, always, ISSUED, Invalid, NO_CONTRACT),
    row(DocumentStore, &codes::ISSUANCE_REVOKED, always, IS_REVOKED, Invalid, REVOKED),
    row(DocumentStore, &codes::ISSUANCE_ANCESTOR_REVOKED, always, IS_REVOKED, Invalid, REVOKED),
    row(
        DocumentStore,
        &codes::ISSUANCE_ISSUER_WITHOUT_STORE,
        always,
        ("INVALID_ISSUERS", 7),
        Error,
        "Document store address not found in issuer <name>",
    ),
    row(DocumentStore, &codes::ISSUANCE_STORE_REFUSED, always, THROWN_0, Error, OURS),
    row(DocumentStore, &codes::ISSUANCE_STORE_UNREADABLE, always, THROWN_0, Error, OURS),
    row(DocumentStore, &codes::CHAIN_RPC_UNAVAILABLE, always, SERVER, Error, NO_CONNECTION),
    // Signed documents.
    row(DidSigned, &codes::ISSUANCE_SIGNATURE_MISSING, unsigned, ("UNSIGNED", 3), Error, PROOFS_MISSING),
    row(DidSigned, &codes::ISSUANCE_SIGNATURE_MISSING, keyless, ("MALFORMED_IDENTITY_PROOF", 5), Error, NO_KEY),
    row(
        DidSigned,
        &codes::ISSUANCE_SIGNATURE_MISSING,
        always,
        ("CORRESPONDING_PROOF_MISSING", 6),
        Error,
        "Proof not found for <key>",
    ),
    row(DidSigned, &codes::ISSUANCE_NO_DID, unsigned, ("UNSIGNED", 3), Error, PROOFS_MISSING),
    row(
        DidSigned,
        &codes::ISSUANCE_NO_DID,
        of_no_did_kind,
        ("INVALID_ISSUERS", 4),
        Error,
        "All issuers must use DID or DNS-DID identityProof type.",
    ),
    row(DidSigned, &codes::ISSUANCE_NO_DID, without_did, ("DID_MISSING", 7), Error, NO_DID),
    row(
        DidSigned,
        &codes::ISSUANCE_REVOCATION_MISSING,
        no_revocation,
        ("MISSING_REVOCATION", 2),
        Error,
        "revocation block not found for an issuer",
    ),
    row(DidSigned, &codes::ISSUANCE_REVOCATION_MISSING, other_revocation_v2, UNKNOWN_REVOCATION, Error, OTHER_V2),
    row(DidSigned, &codes::ISSUANCE_REVOCATION_MISSING, other_revocation_v3, UNKNOWN_REVOCATION, Error, OTHER_V3),
    row(
        DidSigned,
        &codes::ISSUANCE_REVOCATION_MISSING,
        no_location,
        ("REVOCATION_LOCATION_MISSING", 10),
        Error,
        "missing revocation location for an issuer",
    ),
    row(
        DidSigned,
        &codes::ISSUANCE_REVOCATION_MISSING,
        by_store,
        IS_REVOKED,
        Invalid,
        "Invalid document store address",
    ),
    row(DidSigned, &codes::ISSUANCE_REVOKED, always, IS_REVOKED, Invalid, REVOKED),
    row(DidSigned, &codes::ISSUANCE_ANCESTOR_REVOKED, always, IS_REVOKED, Invalid, REVOKED),
    row(DidSigned, &codes::ISSUANCE_STORE_NO_CONTRACT, always, IS_REVOKED, Invalid, NO_CONTRACT),
    row(DidSigned, &codes::ISSUANCE_STORE_REFUSED, always, THROWN_1, Error, OURS),
    row(DidSigned, &codes::ISSUANCE_STORE_UNREADABLE, always, THROWN_1, Error, OURS),
    Row {
        verifier: DidSigned,
        ours: &codes::ISSUANCE_REVOKED_BY_RESPONDER,
        when: always,
        theirs: Theirs::RevocationReason,
        status: Invalid,
        message: "Document <root> has been revoked under OCSP Responder: <location>",
    },
    row(DidSigned, &codes::ISSUANCE_REVOCATION_UNAVAILABLE, unanswered, THROWN_1, Error, OURS),
    row(DidSigned, &codes::ISSUANCE_REVOCATION_UNAVAILABLE, always, ("OCSP_RESPONSE_INVALID", 11), Error, BAD_RESPONSE),
    row(DidSigned, &codes::CHAIN_RPC_UNAVAILABLE, by_store, SERVER, Error, NO_CONNECTION),
    row(DidSigned, &codes::CHAIN_RPC_UNAVAILABLE, always, THROWN_1, Error, OURS),
    row(DidSigned, &codes::ISSUANCE_DID_UNRESOLVED, always, THROWN_1, Error, OURS),
    row(DidSigned, &codes::ISSUANCE_SIGNATURE_MALFORMED, always, THROWN_1, Error, OURS),
    row(DidSigned, &codes::ISSUANCE_KEY_MALFORMED, always, ("KEY_MISSING", 1), Invalid, NO_ACCOUNT),
    row(DidSigned, &codes::ISSUANCE_KEY_NOT_IN_DID, always, ("KEY_NOT_IN_DID", 4), Error, NO_KEY_IN_DID),
    row(DidSigned, &codes::ISSUANCE_KEY_NOT_SUPPORTED, always, ("UNSUPPORTED_KEY_TYPE", 6), Error, KEY_TYPE),
    row(DidSigned, &codes::ISSUANCE_WRONG_SIGNATURE, always, ("WRONG_SIGNATURE", 7), Invalid, NOT_BY),
    // Identity by DNS-TXT.
    row(DnsTxt, &codes::ISSUER_NO_SUCH_DOMAIN, always, NO_RECORD, Invalid, NO_TXT),
    row(DnsTxt, &codes::ISSUER_NO_RECORD, always, NO_RECORD, Invalid, NO_TXT),
    row(DnsTxt, &codes::ISSUER_OTHER_CHAIN, always, NO_RECORD, Invalid, NO_TXT),
    row(DnsTxt, &codes::ISSUER_OTHER_ADDRESS, always, NO_RECORD, Invalid, NO_TXT),
    row(DnsTxt, &codes::ISSUER_MALFORMED_RECORD, always, NO_RECORD, Invalid, NO_TXT),
    row(
        DnsTxt,
        &codes::ISSUER_LOCATION_MISSING,
        always,
        ("INVALID_ISSUERS", 3),
        Error,
        "Location not found in identity proof",
    ),
    row(DnsTxt, &codes::ISSUER_NONE_CLAIMED, several, ("INVALID_ISSUERS", 3), Invalid, OTHER_TYPE),
    row(
        DnsTxt,
        &codes::ISSUER_METHOD_MISFIT,
        |subject| subject.v3,
        ("UNSUPPORTED", 6),
        Error,
        "DNS-TXT is only supported with documents issued using document store or token registry",
    ),
    row(
        DnsTxt,
        &codes::ISSUER_METHOD_MISFIT,
        |subject| subject.identity() == "DNS-TXT",
        ("INVALID_ISSUERS", 3),
        Error,
        "Smart contract address not found in identity proof",
    ),
    row(DnsTxt, &codes::ISSUER_METHOD_MISFIT, several, ("INVALID_ISSUERS", 3), Invalid, OTHER_TYPE),
    row(DnsTxt, &codes::ISSUER_DNS_UNAVAILABLE, always, THROWN_0, Error, OURS),
    row(DnsTxt, &codes::ISSUER_DNS_DENIES_EVERYTHING, always, THROWN_0, Error, OURS),
    // Identity by DNS-DID.
    row(DnsDid, &codes::ISSUER_NO_SUCH_DOMAIN, always, NOWHERE, Invalid, NO_IDENTITY),
    row(DnsDid, &codes::ISSUER_NO_RECORD, always, NOWHERE, Invalid, NO_IDENTITY),
    row(DnsDid, &codes::ISSUER_OTHER_KEY, always, NOWHERE, Invalid, NO_IDENTITY),
    row(DnsDid, &codes::ISSUER_MALFORMED_RECORD, always, NOWHERE, Invalid, NO_IDENTITY),
    row(
        DnsDid,
        &codes::ISSUER_LOCATION_MISSING,
        always,
        ("MALFORMED_IDENTITY_PROOF", 2),
        Error,
        "location is not present in identity proof",
    ),
    row(DnsDid, &codes::ISSUER_NO_KEY, unsigned, ("UNSIGNED", 4), Error, "document is not signed"),
    row(
        DnsDid,
        &codes::ISSUER_NO_KEY,
        keyless,
        ("MALFORMED_IDENTITY_PROOF", 2),
        Error,
        "key is not present in identity proof",
    ),
    row(DnsDid, &codes::ISSUER_METHOD_MISFIT, unsigned, ("UNSIGNED", 4), Error, "document is not signed"),
    row(DnsDid, &codes::ISSUER_METHOD_MISFIT, several, ("INVALID_ISSUERS", 3), Error, NOT_DNS_DID),
    row(DnsDid, &codes::ISSUER_NONE_CLAIMED, several, ("MALFORMED_IDENTITY_PROOF", 2), Error, "Identity proof missing"),
    row(DnsDid, &codes::ISSUER_DNS_UNAVAILABLE, always, THROWN_1, Error, OURS),
    row(DnsDid, &codes::ISSUER_DNS_DENIES_EVERYTHING, always, THROWN_1, Error, OURS),
    // Identity by a DID, where the signature itself counts too.
    row(Did, &codes::ISSUER_NO_KEY, unsigned, ("UNSIGNED", 5), Error, "Document is not signed"),
    row(Did, &codes::ISSUER_NO_KEY, without_did, ("DID_MISSING", 4), Error, NO_DID),
    row(Did, &codes::ISSUER_NO_KEY, keyless, ("MALFORMED_IDENTITY_PROOF", 3), Error, NO_KEY),
    row(Did, &codes::ISSUER_NO_KEY, no_proof, ("MALFORMED_IDENTITY_PROOF", 3), Error, "No proof for <key>"),
    row(Did, &codes::ISSUER_METHOD_MISFIT, unsigned, ("UNSIGNED", 5), Error, "Document is not signed"),
    row(Did, &codes::ISSUER_METHOD_MISFIT, several, ("INVALID_ISSUERS", 2), Error, NOT_DID),
    row(Did, &codes::ISSUER_NONE_CLAIMED, several, ("INVALID_ISSUERS", 2), Error, NOT_DID),
    row(Did, &codes::ISSUER_DID_DOCUMENT_UNAVAILABLE, always, THROWN_1, Error, OURS),
    row(Did, &codes::ISSUANCE_DID_UNRESOLVED, always, THROWN_1, Error, OURS),
    row(Did, &codes::ISSUANCE_SIGNATURE_MALFORMED, always, THROWN_1, Error, OURS),
    row(Did, &codes::ISSUANCE_KEY_MALFORMED, always, ("KEY_MISSING", 1), Invalid, NO_ACCOUNT),
    row(Did, &codes::ISSUANCE_KEY_NOT_IN_DID, always, ("KEY_NOT_IN_DID", 4), Error, NO_KEY_IN_DID),
    row(Did, &codes::ISSUANCE_KEY_NOT_SUPPORTED, always, ("UNSUPPORTED_KEY_TYPE", 6), Error, KEY_TYPE),
    row(Did, &codes::ISSUANCE_WRONG_SIGNATURE, always, ("WRONG_SIGNATURE", 7), Invalid, NOT_BY),
];

const TAMPERED: (&str, u64) = ("DOCUMENT_TAMPERED", 0);
const TAMPERED_WITH: &str = "Document has been tampered with";
const NOT_MINTED: &str = "Document has not been issued under token registry";
const ONE_ISSUER: &str = "Only one issuer is allowed for tokens";
const PROOFS_MISSING: &str = "Document is not signed. Proofs are missing.";
const NO_KEY: &str = "Key is not present";
const UNKNOWN_REVOCATION: (&str, u64) = ("UNRECOGNIZED_REVOCATION_TYPE", 9);
const OTHER_V2: &str = "unrecognized revocation type for an issuer";
const OTHER_V3: &str = "revocation type not found for an issuer";
const OTHER_TYPE: &str = "Issuer is not using DNS-TXT identityProof type";
const NOT_DNS_DID: &str = "Issuer is not using DID-DNS identityProof type";
const NOT_DID: &str = "Issuer is not using DID identityProof type";

fn always(_: &Subject<'_>) -> bool {
    true
}

fn several(subject: &Subject<'_>) -> bool {
    subject.several
}

fn unsigned(subject: &Subject<'_>) -> bool {
    subject.signatures == 0
}

fn unanswered(subject: &Subject<'_>) -> bool {
    subject.unanswered
}

fn keyless(subject: &Subject<'_>) -> bool {
    subject.key().is_none()
}

fn no_proof(subject: &Subject<'_>) -> bool {
    subject.signer.is_some_and(|signer| signer.signature.code == &codes::ISSUANCE_SIGNATURE_MISSING)
}

fn without_did(subject: &Subject<'_>) -> bool {
    subject.claim.is_none_or(|claim| claim.did.is_none())
}

fn of_no_did_kind(subject: &Subject<'_>) -> bool {
    !matches!(subject.identity(), "DID" | "DNS-DID")
}

fn no_revocation(subject: &Subject<'_>) -> bool {
    subject.revocation().is_empty()
}

fn no_location(subject: &Subject<'_>) -> bool {
    subject.location().is_none()
}

fn by_store(subject: &Subject<'_>) -> bool {
    subject.revocation() == "REVOCATION_STORE"
}

fn other_revocation(subject: &Subject<'_>) -> bool {
    !matches!(subject.revocation(), "NONE" | "REVOCATION_STORE" | "OCSP_RESPONDER")
}

fn other_revocation_v2(subject: &Subject<'_>) -> bool {
    !subject.v3 && other_revocation(subject)
}

fn other_revocation_v3(subject: &Subject<'_>) -> bool {
    subject.v3 && other_revocation(subject)
}

/// The field's words for RFC 5280's reasons (checks.md §3.5).
fn revocation_reason(reason: RevocationReason) -> Option<&'static str> {
    Some(match reason.0 {
        0 => "UNSPECIFIED",
        1 => "KEY_COMPROMISE",
        2 => "CA_COMPROMISE",
        3 => "AFFILIATION_CHANGED",
        4 => "SUPERSEDED",
        5 => "CESSATION_OF_OPERATION",
        6 => "CERTIFICATE_HOLD",
        8 => "REMOVE_FROM_CRL",
        9 => "PRIVILEGE_WITHDRAWN",
        10 => "A_A_COMPROMISE",
        1001 => "SUSPENDED",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_looks_like_a_placeholder_stays_a_name() {
        let subject = Subject { name: Some("<root>"), ..Subject::default() };
        assert_eq!(subject.fill("issuer <name>"), "issuer <root>");
    }
}
