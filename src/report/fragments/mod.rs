//! The report as the fragments that consumers of the field's JavaScript libraries know (checks.md §10): a view of our
//! verdict, for whoever switches. `isValid` is true only where the verdict is `valid`, and whoever reads the fragments
//! alone comes to the same: whatever keeps a verdict from being `valid` makes the nearest fragment INVALID or ERROR.
//!
//! Reasons carry the field's codes where it has one for what was found (`counterparts`), else our own code as
//! `codeString`, with the number [`OWN_NUMBER`].

mod counterparts;
mod data;
mod w3c;

use serde::Serialize;
use serde_json::{Value, json};

use self::counterparts::{Subject, counterpart};
use crate::document::{Family, ReadError, ReadErrorKind};
use crate::primitives::rfc3339;
use crate::verify::codes;
use crate::verify::{Check, CheckName, Finding, IssuedThrough, Outcome, Report, Verdict};

/// The number beside our own codes: no verifier of the field has it.
pub const OWN_NUMBER: u64 = 900;

/// The fragments of one document.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fragments {
    /// Whether our verdict is `valid`.
    #[serde(rename = "isValid")]
    pub is_valid: bool,
    /// In the order of checks.md §10.
    pub fragments: Vec<Fragment>,
    /// The file's name.
    pub file: Option<String>,
    /// When it was judged, RFC 3339.
    pub checked_at: Option<String>,
}

impl Fragments {
    fn of_no_document(fragments: Vec<Fragment>) -> Self {
        Self { is_valid: false, fragments, file: None, checked_at: None }
    }

    /// The same with the file's name and the time, in seconds since the Unix epoch.
    pub fn of_file(self, file: &str, now: i64) -> Self {
        Self { file: Some(file.to_owned()), checked_at: Some(rfc3339(now)), ..self }
    }
}

/// What one verifier of the field would say.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fragment {
    /// Which verifier.
    pub name: Verifier,
    /// What it is about.
    #[serde(rename = "type")]
    pub about: About,
    /// What it came to.
    #[serde(flatten)]
    pub result: FragmentResult,
}

/// What a verifier came to, with exactly the members that go with it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "status", rename_all = "UPPERCASE")]
pub enum FragmentResult {
    /// It holds.
    Valid {
        /// In the verifier's shape.
        data: Value,
    },
    /// It does not hold.
    Invalid {
        /// In the verifier's shape.
        data: Value,
        /// Why.
        reason: Reason,
    },
    /// It could not be found out, or the document does not allow the question.
    Error {
        /// An empty object: nothing is known.
        data: Value,
        /// Why.
        reason: Reason,
    },
    /// The document gives no ground for this verifier.
    Skipped {
        /// Why.
        reason: Reason,
    },
}

/// A reason. `codeString` is the key: the numbers repeat between verifiers, and sometimes within one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The verifier's number, or [`OWN_NUMBER`].
    pub code: u64,
    /// The verifier's word, or our code.
    #[serde(rename = "codeString")]
    pub code_string: String,
    /// A sentence.
    pub message: String,
}

/// The verifiers of OpenAttestation documents, then those of W3C credentials and presentations, each in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Verifier {
    /// Digest and Merkle root.
    #[serde(rename = "OpenAttestationHash")]
    Hash,
    /// Title in a token registry.
    #[serde(rename = "OpenAttestationEthereumTokenRegistryStatus")]
    TokenRegistry,
    /// Issued and revoked in document stores.
    #[serde(rename = "OpenAttestationEthereumDocumentStoreStatus")]
    DocumentStore,
    /// Signed and not revoked.
    #[serde(rename = "OpenAttestationDidSignedDocumentStatus")]
    DidSigned,
    /// A TXT record names the contract.
    #[serde(rename = "OpenAttestationDnsTxtIdentityProof")]
    DnsTxt,
    /// A TXT record names the key.
    #[serde(rename = "OpenAttestationDnsDidIdentityProof")]
    DnsDid,
    /// The DID alone; only in documents that use it.
    #[serde(rename = "OpenAttestationDidIdentityProof")]
    Did,
    /// The legacy BBS suites.
    #[serde(rename = "W3CSignatureIntegrity")]
    W3cSignature,
    /// ecdsa-sd-2023.
    #[serde(rename = "EcdsaW3CSignatureIntegrity")]
    W3cEcdsa,
    /// bbs-2023.
    #[serde(rename = "Bbs2023W3CSignatureIntegrity")]
    W3cBbs2023,
    /// Status lists.
    #[serde(rename = "W3CCredentialStatus")]
    W3cStatus,
    /// A title in a token registry.
    #[serde(rename = "TransferableRecords")]
    W3cTransferable,
    /// No status.
    #[serde(rename = "W3CEmptyCredentialStatus")]
    W3cEmptyStatus,
    /// Who issued a credential.
    #[serde(rename = "W3CIssuerIdentity")]
    W3cIssuer,
    /// The proofs of a presentation.
    #[serde(rename = "W3CVpSignatureIntegrity")]
    VpSignature,
    /// The status of what is presented.
    #[serde(rename = "W3CVpCredentialStatus")]
    VpStatus,
    /// Who issued what is presented.
    #[serde(rename = "W3CVpIssuerIdentity")]
    VpIssuer,
}

/// The three groups of fragments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum About {
    /// Whether the content is what was issued.
    DocumentIntegrity,
    /// Whether it was issued and still counts.
    DocumentStatus,
    /// Who issued it.
    IssuerIdentity,
}

/// The fragments of a report.
pub fn of_report(report: &Report) -> Fragments {
    let view = View { report };
    Fragments {
        is_valid: report.verdict == Verdict::Valid,
        fragments: view.fragments(),
        file: report.file.clone(),
        checked_at: Some(report.checked_at.clone()),
    }
}

/// The fragments of a file that is not a document we can read.
pub fn of_unreadable(error: &ReadError) -> Fragments {
    let hash = match error.kind {
        ReadErrorKind::NotADocument | ReadErrorKind::Draft(_) => skipped(Verifier::Hash),
        _ => failed(Verifier::Hash, Status::Error, json!({}), own(error.code(), error.to_string())),
    };
    Fragments::of_no_document([vec![hash], unrecognised()].concat())
}

/// The fragments where there was nothing to read: nothing is known of the document.
pub fn of_nothing(code: &str, message: &str) -> Fragments {
    let fragment = |verifier| failed(verifier, Status::Error, json!({}), own(code, message.to_owned()));
    Fragments::of_no_document(ALWAYS_THERE.map(fragment).into())
}

/// All but the one for DIDs alone.
const ALWAYS_THERE: [Verifier; 6] = [
    Verifier::Hash,
    Verifier::TokenRegistry,
    Verifier::DocumentStore,
    Verifier::DidSigned,
    Verifier::DnsTxt,
    Verifier::DnsDid,
];

/// How a finding that does not hold is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Invalid,
    Error,
}

impl Status {
    /// Contrary evidence is INVALID; whatever is not known is ERROR.
    fn of(outcome: Outcome) -> Self {
        if outcome == Outcome::Fail { Self::Invalid } else { Self::Error }
    }
}

struct View<'r> {
    report: &'r Report,
}

impl<'r> View<'r> {
    fn fragments(&self) -> Vec<Fragment> {
        if w3c::is_w3c(self.report) {
            return self.w3c_fragments();
        }
        let hash = self.hash();
        if self.is_unrecognised() {
            return [vec![hash], unrecognised()].concat();
        }
        let mut fragments = vec![hash];
        fragments.extend(
            [Verifier::TokenRegistry, Verifier::DocumentStore, Verifier::DidSigned].map(|v| self.status_fragment(v)),
        );
        fragments.extend(self.identity_fragments());
        fragments
    }

    /// A file that breaks its format is of no format to the other verifiers.
    fn is_unrecognised(&self) -> bool {
        let shapeless = [&codes::INTEGRITY_SHAPE, &codes::INTEGRITY_FAMILY_MIX, &codes::INTEGRITY_OUTSIDE_DIGEST]
            .contains(&self.integrity_code());
        self.report.document.claims.is_empty() || (shapeless && !self.is_asked())
    }

    fn hash(&self) -> Fragment {
        match self.check(CheckName::Integrity) {
            Some(check) if check.outcome != Outcome::Pass => {
                let (status, reason) = self.reason(Verifier::Hash, &Finding::from(check), None);
                let data = if status == Status::Invalid { json!(false) } else { json!({}) };
                failed(Verifier::Hash, status, data, reason)
            }
            _ => valid(Verifier::Hash, json!(true)),
        }
    }

    /// The verifier of the way the document was issued; the others are skipped.
    fn status_fragment(&self, verifier: Verifier) -> Fragment {
        let concerned = match self.report.document.issued_through {
            Some(IssuedThrough::TokenRegistry) => Verifier::TokenRegistry,
            Some(IssuedThrough::DocumentStore) => Verifier::DocumentStore,
            Some(IssuedThrough::Signature) | None => Verifier::DidSigned,
        };
        if verifier != concerned {
            return skipped(verifier);
        }
        let Some(check) = self.decisive() else { return valid(verifier, self.status_data(verifier, None)) };
        // Documents of several issuers that all rest on one title fail at integrity, and the field says so here.
        let several = (self.integrity_code() == &codes::INTEGRITY_BATCH_TOKEN)
            .then(|| counterpart(verifier, &codes::INTEGRITY_BATCH_TOKEN, &self.subject(None, "", false)))
            .flatten();
        let (status, reason) = several.unwrap_or_else(|| self.reason(verifier, &Finding::from(check), Some(check)));
        let data = match status {
            Status::Invalid => self.status_data(verifier, Some(&reason)),
            Status::Error => json!({}),
        };
        failed(verifier, status, data, reason)
    }

    /// The check that keeps the status from being valid: contrary evidence first, then what is not known, then a title
    /// that is not live, then the caller's policy, as in the verdict (checks.md §1).
    fn decisive(&self) -> Option<&'r Check> {
        use CheckName::{Chain, Issuance, Policy, Registry, Title};
        let find = |outcome, names: &[CheckName]| {
            names.iter().filter_map(|name| self.check(*name)).find(|check| check.outcome == outcome)
        };
        if self.report.verdict == Verdict::Valid {
            return None;
        }
        if !self.is_asked() {
            return self.check(Issuance);
        }
        let title = || find(Outcome::Fail, &[Title]).filter(|_| !self.accepts_the_title());
        find(Outcome::Fail, &[Chain, Registry, Issuance])
            .or_else(|| find(Outcome::Unknown, &[Chain, Registry, Issuance, Title, Policy]))
            .or_else(title)
            .or_else(|| find(Outcome::Fail, &[Policy]))
            .or_else(|| self.check(Title).filter(|_| self.report.verdict == Verdict::NotLive))
    }

    /// Whether the caller accepts the title as it is, though it is not live.
    fn accepts_the_title(&self) -> bool {
        let mut rules = self.report.policy.iter().filter(|rule| rule.rule == "accept_states").peekable();
        rules.peek().is_some() && rules.all(|rule| rule.outcome == Outcome::Pass)
    }

    fn identity_fragments(&self) -> Vec<Fragment> {
        let issuer = self.check(CheckName::Issuer);
        let holds = issuer.is_some_and(|check| check.outcome == Outcome::Pass);
        let mut fragments = Vec::new();
        for verifier in [Verifier::DnsTxt, Verifier::DnsDid, Verifier::Did] {
            if !self.uses(verifier) {
                fragments.extend((verifier != Verifier::Did).then(|| skipped(verifier)));
                continue;
            }
            let not_asked = issuer.filter(|_| !self.is_asked()).map(|check| (0, Finding::from(check)));
            let finding = self.identity_finding(verifier).map(|(index, finding)| (index, finding.clone()));
            fragments.push(match finding.or(not_asked) {
                Some((index, finding)) => self.identity_failed(verifier, &finding, Some(index)),
                None => valid(verifier, self.identity_data(verifier, None)),
            });
        }
        let is_valid = |fragment: &Fragment| matches!(fragment.result, FragmentResult::Valid { .. });
        let all_hold = fragments.iter().any(is_valid)
            && fragments
                .iter()
                .all(|fragment| is_valid(fragment) || matches!(fragment.result, FragmentResult::Skipped { .. }));
        // An issuer with no identity that any of them looks at, or whose finding is not listed.
        if let (false, true, Some(check), Some(first)) =
            (holds, all_hold, issuer, fragments.iter_mut().find(|fragment| is_valid(fragment)))
        {
            *first = self.identity_failed(first.name, &Finding::from(check), self.issuer_with(check));
        }
        fragments
    }

    fn identity_failed(&self, verifier: Verifier, finding: &Finding, issuer: Option<usize>) -> Fragment {
        let unanswered = self.check(CheckName::Issuer).is_some_and(|check| !check.unavailable.is_empty());
        let (status, reason) = self.reason_for(verifier, finding, &self.subject(issuer, &finding.message, unanswered));
        let data = match status {
            Status::Invalid => self.identity_data(verifier, Some(&reason)),
            Status::Error => json!({}),
        };
        failed(verifier, status, data, reason)
    }

    /// The worst finding about the issuers whose identity this verifier looks at, and whose it is.
    fn identity_finding(&self, verifier: Verifier) -> Option<(usize, &'r Finding)> {
        let mine = (0..self.report.document.claims.len()).filter(|index| self.is_of(*index, verifier));
        let findings = mine.flat_map(|index| {
            let issuer = self.report.issuer.get(index).map(|issuer| &issuer.finding);
            // The field verifies the signature here too, where there is one by the issuer's key.
            let signer = self.report.signers.get(index).filter(|_| verifier == Verifier::Did);
            let signer = signer.filter(|signer| signer.revocation.is_some());
            let signature = signer.map(|signer| &signer.signature).filter(|finding| finding.outcome == Outcome::Fail);
            signature.into_iter().chain(issuer).map(move |finding| (index, finding))
        });
        let severity = |finding: &Finding| match finding.outcome {
            Outcome::Fail => 2,
            Outcome::Unknown => 1,
            Outcome::Pass | Outcome::NotApplicable => 0,
        };
        let worst = findings.reduce(|worst, next| if severity(next.1) > severity(worst.1) { next } else { worst });
        worst.filter(|(_, finding)| severity(finding) > 0)
    }

    /// Whether the document has an identity that this verifier looks at.
    fn uses(&self, verifier: Verifier) -> bool {
        (0..self.report.document.claims.len()).any(|index| self.is_of(index, verifier))
    }

    fn is_of(&self, issuer: usize, verifier: Verifier) -> bool {
        let Some(claim) = self.report.document.claims.get(issuer) else { return false };
        let kind = claim.identity.as_ref().map_or("", |identity| identity.kind.as_str());
        match verifier {
            Verifier::DnsTxt => kind == "DNS-TXT" && (claim.contract.is_some() || self.is_v3()),
            Verifier::DnsDid => kind == "DNS-DID",
            Verifier::Did => kind == "DID",
            _ => false,
        }
    }

    /// The field's reason for a finding, else ours.
    fn reason(&self, verifier: Verifier, finding: &Finding, check: Option<&Check>) -> (Status, Reason) {
        let unanswered = check.is_some_and(|check| !check.unavailable.is_empty());
        let index = check.and_then(|check| self.issuer_with(check));
        self.reason_for(verifier, finding, &self.subject(index, &finding.message, unanswered))
    }

    fn reason_for(&self, verifier: Verifier, finding: &Finding, subject: &Subject<'_>) -> (Status, Reason) {
        counterpart(verifier, finding.code, subject)
            .unwrap_or_else(|| (Status::of(finding.outcome), own(finding.code.id, finding.message.clone())))
    }

    /// The issuer that a check's finding is about, as far as that is listed; else the first.
    fn issuer_with(&self, check: &Check) -> Option<usize> {
        let report = self.report;
        let is = |finding: &Finding| finding.code == check.code;
        let by_issuer = || report.issuer.iter().position(|issuer| is(&issuer.finding));
        let by_signer = || {
            report.signers.iter().position(|signer| is(&signer.signature) || signer.revocation.as_ref().is_some_and(is))
        };
        let by_store = || {
            let store = report.stores.iter().find(|store| is(&store.finding))?;
            let at = |claim: &crate::verify::IssuerClaim| claim.contract.map(|contract| contract.address);
            report.document.claims.iter().position(|claim| at(claim) == Some(store.address))
        };
        let without_store = || {
            let wanted = check.code == &codes::ISSUANCE_ISSUER_WITHOUT_STORE;
            report.document.claims.iter().position(|claim| wanted && claim.contract.is_none())
        };
        match check.name {
            CheckName::Issuer => by_issuer(),
            _ => by_store().or_else(by_signer).or_else(without_store).or(Some(0)),
        }
    }

    fn subject<'s>(&'s self, issuer: Option<usize>, ours: &'s str, unanswered: bool) -> Subject<'s> {
        let (report, index) = (self.report, issuer.unwrap_or(0));
        Subject {
            root: report.document.merkle_root,
            v3: self.is_v3(),
            several: report.document.claims.len() > 1,
            signatures: report.document.signatures,
            claim: report.document.claims.get(index),
            name: report.issuer.get(index).and_then(|issuer| issuer.name.as_deref()),
            signer: report.signers.get(index),
            unanswered,
            ours,
        }
    }

    fn check(&self, name: CheckName) -> Option<&'r Check> {
        self.report.checks.iter().find(|check| check.name == name)
    }

    fn integrity_code(&self) -> &'static codes::Code {
        self.check(CheckName::Integrity).map_or(&codes::INTEGRITY_INTACT, |check| check.code)
    }

    /// Whether anything but integrity was looked at.
    fn is_asked(&self) -> bool {
        !self.report.checks.iter().any(|check| check.code == &codes::NOT_ASKED)
    }

    fn is_v3(&self) -> bool {
        self.report.document.format == Family::Oa3
    }
}

fn unrecognised() -> Vec<Fragment> {
    let recognised = "Document does not match either v2 or v3 formats";
    let long = format!("{recognised}. Consider using `utils.diagnose` from open-attestation to find out more.");
    [
        (Verifier::TokenRegistry, 9, long.as_str()),
        (Verifier::DocumentStore, 9, &long),
        (Verifier::DidSigned, 8, &long),
        (Verifier::DnsTxt, 5, recognised),
        (Verifier::DnsDid, 5, &long),
    ]
    .map(|(verifier, code, message)| {
        let reason = Reason { code, code_string: "UNRECOGNIZED_DOCUMENT".into(), message: message.to_owned() };
        failed(verifier, Status::Error, json!({}), reason)
    })
    .into()
}

fn skipped(verifier: Verifier) -> Fragment {
    let (code, message) = match verifier {
        Verifier::Hash => (2, "Document does not have merkle root, target hash or data."),
        Verifier::TokenRegistry => {
            (4, "Document issuers doesn't have \"tokenRegistry\" property or TOKEN_REGISTRY method")
        }
        Verifier::DocumentStore => (
            4,
            "Document issuers doesn't have \"documentStore\" or \"certificateStore\" property or DOCUMENT_STORE method",
        ),
        Verifier::DidSigned => (0, "Document was not signed by DID directly"),
        Verifier::DnsTxt => (
            2,
            "Document issuers doesn't have \"documentStore\" / \"tokenRegistry\" property or doesn't use DNS-TXT type",
        ),
        Verifier::DnsDid => (0, "Document was not issued using DNS-DID"),
        _ => (0, "Document is not using DID as top level identifier or has not been wrapped"),
    };
    let reason = Reason { code, code_string: "SKIPPED".into(), message: message.into() };
    fragment(verifier, FragmentResult::Skipped { reason })
}

fn valid(verifier: Verifier, data: Value) -> Fragment {
    fragment(verifier, FragmentResult::Valid { data })
}

fn failed(verifier: Verifier, status: Status, data: Value, reason: Reason) -> Fragment {
    let result = match status {
        Status::Invalid => FragmentResult::Invalid { data, reason },
        Status::Error => FragmentResult::Error { data, reason },
    };
    fragment(verifier, result)
}

fn fragment(verifier: Verifier, result: FragmentResult) -> Fragment {
    let about = match verifier {
        Verifier::Hash | Verifier::W3cSignature | Verifier::W3cEcdsa | Verifier::W3cBbs2023 | Verifier::VpSignature => {
            About::DocumentIntegrity
        }
        Verifier::TokenRegistry
        | Verifier::DocumentStore
        | Verifier::DidSigned
        | Verifier::W3cStatus
        | Verifier::W3cTransferable
        | Verifier::W3cEmptyStatus
        | Verifier::VpStatus => About::DocumentStatus,
        Verifier::DnsTxt | Verifier::DnsDid | Verifier::Did | Verifier::W3cIssuer | Verifier::VpIssuer => {
            About::IssuerIdentity
        }
    };
    Fragment { name: verifier, about, result }
}

fn own(code: &str, message: String) -> Reason {
    Reason { code: OWN_NUMBER, code_string: code.to_owned(), message }
}
