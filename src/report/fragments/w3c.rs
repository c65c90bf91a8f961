//! The fragments of W3C credentials and presentations (checks.md §10): one verifier for each family of suites, one for each
//! way of status, one for the issuer, and three for a presentation as a whole.

use serde_json::{Value, json};

use super::{Fragment, FragmentResult, Reason, Status, Verifier, View, failed, fragment, own, valid};
use crate::document::Family;
use crate::verify::codes;
use crate::verify::{Check, CheckName, CredentialFacts, Outcome, Report, StatusClaim, Verdict};

/// Whether the file is of the W3C's families, and not so malformed that nothing of it is known.
pub(super) fn is_w3c(report: &Report) -> bool {
    matches!(report.document.format, Family::W3c1 | Family::W3c2 | Family::W3cPresentation)
}

impl View<'_> {
    pub(super) fn w3c_fragments(&self) -> Vec<Fragment> {
        let of_presentation = self.report.document.format == Family::W3cPresentation;
        let own: [fn(&Self, Verifier) -> Fragment; 2] = match of_presentation {
            false => [Self::of_credential, |_, verifier| skipped(verifier)],
            true => [|_, verifier| skipped(verifier), Self::of_presentation],
        };
        let [credential, presentation] = own;
        let of_one = OF_CREDENTIAL.into_iter().map(|verifier| credential(self, verifier));
        of_one.chain(OF_PRESENTATION.into_iter().map(|verifier| presentation(self, verifier))).collect()
    }

    fn of_credential(&self, verifier: Verifier) -> Fragment {
        let facts = self.report.document.credential.as_ref();
        match verifier {
            _ if verifier == suite_verifier(facts) => self.integrity_fragment(verifier),
            Verifier::W3cSignature | Verifier::W3cEcdsa | Verifier::W3cBbs2023 => skipped(verifier),
            Verifier::W3cIssuer => self.issuer_fragment(verifier),
            _ if verifier == status_verifier(facts) => self.status_of_credential(verifier),
            _ => skipped(verifier),
        }
    }

    fn integrity_fragment(&self, verifier: Verifier) -> Fragment {
        match self.check(CheckName::Integrity).filter(|check| check.outcome != Outcome::Pass) {
            None => valid(verifier, json!(true)),
            Some(check) => {
                let status = Status::of(check.outcome);
                let data = if status == Status::Invalid { json!(false) } else { json!({}) };
                failed(verifier, status, data, own(check.code.id, check.message.clone()))
            }
        }
    }

    fn status_of_credential(&self, verifier: Verifier) -> Fragment {
        let data = self.status_of_credential_data();
        let Some(check) = self.decisive() else { return valid(verifier, data) };
        let (status, reason) = self.status_reason(verifier, check);
        let data = if status == Status::Invalid { data } else { json!({}) };
        failed(verifier, status, data, reason)
    }

    fn status_of_credential_data(&self) -> Value {
        match self.report.document.credential.as_ref().map(|credential| credential.status) {
            Some(StatusClaim::TransferableRecord) => {
                json!({"tokenRegistry": self.report.document.claims.first().and_then(|claim| claim.contract).map(|it| it.address)})
            }
            Some(StatusClaim::StatusList) => (self.report.status_lists.iter())
                .map(|list| json!({"status": list.set, "purpose": list.purpose, "statusListIndex": list.index.to_string()}))
                .collect(),
            _ => json!({}),
        }
    }

    /// The field's words for a status, where it has some.
    fn status_reason(&self, verifier: Verifier, check: &Check) -> (Status, Reason) {
        let theirs =
            |code, code_string: &str, message: String| Reason { code, code_string: code_string.into(), message };
        let set = |purpose: &str| {
            self.report.status_lists.iter().any(|list| list.purpose == purpose && list.set == Some(true))
        };
        let token = || self.report.document.token_id.map(|token| token.to_string()).unwrap_or_default();
        match (verifier, check.outcome) {
            (Verifier::W3cStatus, Outcome::Fail) if set("revocation") && set("suspension") => (
                Status::Invalid,
                theirs(101, "REVOKED_AND_SUSPENDED", "Document has been revoked and suspended.".into()),
            ),
            (Verifier::W3cStatus, Outcome::Fail) if set("revocation") => {
                (Status::Invalid, theirs(11, "REVOKED", "Document has been revoked.".into()))
            }
            (Verifier::W3cStatus, Outcome::Fail) if set("suspension") => {
                (Status::Invalid, theirs(12, "SUSPENDED", "Document has been suspended.".into()))
            }
            (Verifier::W3cStatus, Outcome::Unknown) if check.name == CheckName::Issuance => {
                (Status::Error, theirs(4, "ERROR", check.message.clone()))
            }
            (Verifier::W3cTransferable, Outcome::Fail) if check.code == &codes::ISSUANCE_NOT_MINTED => (
                Status::Invalid,
                theirs(
                    1,
                    "DOCUMENT_NOT_MINTED",
                    format!("Document has not been issued under token registry, with {}", token()),
                ),
            ),
            (Verifier::W3cTransferable, Outcome::Unknown) if check.code == &codes::CHAIN_RPC_UNAVAILABLE => (
                Status::Error,
                theirs(500, "SERVER_ERROR", "Unable to connect to the network, please try again later".into()),
            ),
            (_, outcome) => (Status::of(outcome), own(check.code.id, check.message.clone())),
        }
    }

    fn issuer_fragment(&self, verifier: Verifier) -> Fragment {
        let issuer = self.check(CheckName::Issuer);
        let integrity = self.check(CheckName::Integrity);
        let check = match (integrity, issuer) {
            // The field compares the issuer with the key here.
            (Some(integrity), _) if integrity.code == &codes::INTEGRITY_KEY_OF_OTHER_DID => Some(integrity),
            (Some(integrity), _) if !self.is_asked() => Some(integrity),
            (_, issuer) => issuer.filter(|check| check.outcome != Outcome::Pass),
        };
        let name = self.report.document.credential.as_ref().map(|credential| credential.issuer.as_str());
        let Some(check) = check else { return valid(verifier, json!({"identifier": name, "type": "DID"})) };
        let message = match check.code {
            code if code == &codes::INTEGRITY_KEY_OF_OTHER_DID => "Issuer and verification method do not match.".into(),
            code if code == &codes::ISSUER_NO_DID_DOCUMENT => "The DID cannot be resolved.".into(),
            _ => check.message.clone(),
        };
        let status = if check.name == CheckName::Integrity
            && check.outcome == Outcome::Fail
            && check.code != &codes::INTEGRITY_KEY_OF_OTHER_DID
        {
            Status::Error
        } else {
            Status::of(check.outcome)
        };
        let data = if status == Status::Invalid { json!(false) } else { json!({}) };
        failed(verifier, status, data, own(check.code.id, message))
    }

    /// A presentation as a whole: its own proof, and the worst of its credentials.
    fn of_presentation(&self, verifier: Verifier) -> Fragment {
        let parts: Vec<Vec<Fragment>> =
            self.report.parts.iter().map(|report| View { report }.w3c_fragments()).collect();
        let worst = |wanted: &[Verifier]| {
            let mine = parts.iter().flatten().filter(|fragment| wanted.contains(&fragment.name));
            let bad = |fragment: &&Fragment| {
                matches!(fragment.result, FragmentResult::Invalid { .. } | FragmentResult::Error { .. })
            };
            let mut mine: Vec<&Fragment> = mine.filter(bad).collect();
            mine.sort_by_key(|fragment| !matches!(fragment.result, FragmentResult::Invalid { .. }));
            mine.first().map(|found| fragment(verifier, found.result.clone()))
        };
        let intact = self.integrity_fragment(verifier);
        match verifier {
            _ if !matches!(intact.result, FragmentResult::Valid { .. }) => intact,
            Verifier::VpSignature => worst(&[Verifier::W3cSignature, Verifier::W3cEcdsa, Verifier::W3cBbs2023])
                .unwrap_or_else(|| match self.decisive_of_presentation() {
                    Some(check) => failed(
                        verifier,
                        Status::of(check.outcome),
                        json!({}),
                        own(check.code.id, check.message.clone()),
                    ),
                    None => valid(verifier, json!(true)),
                }),
            Verifier::VpStatus => worst(&[Verifier::W3cStatus, Verifier::W3cTransferable, Verifier::W3cEmptyStatus])
                .unwrap_or_else(|| valid(verifier, json!(true))),
            _ => worst(&[Verifier::W3cIssuer]).unwrap_or_else(|| valid(verifier, json!(true))),
        }
    }

    /// What of the presentation itself keeps it from being valid.
    fn decisive_of_presentation(&self) -> Option<&Check> {
        let bad = |check: &&Check| matches!(check.outcome, Outcome::Fail | Outcome::Unknown);
        (self.report.verdict != Verdict::Valid).then(|| self.report.checks.iter().find(bad)).flatten()
    }
}

const OF_CREDENTIAL: [Verifier; 7] = [
    Verifier::W3cSignature,
    Verifier::W3cEcdsa,
    Verifier::W3cBbs2023,
    Verifier::W3cStatus,
    Verifier::W3cTransferable,
    Verifier::W3cEmptyStatus,
    Verifier::W3cIssuer,
];

const OF_PRESENTATION: [Verifier; 3] = [Verifier::VpSignature, Verifier::VpStatus, Verifier::VpIssuer];

/// The verifier that looks at the proof; of a suite that none looks at, the first.
fn suite_verifier(facts: Option<&CredentialFacts>) -> Verifier {
    match facts.map(|facts| facts.suite.as_str()) {
        Some("bbs-2023") => Verifier::W3cBbs2023,
        Some(suite) if suite.starts_with("ecdsa-") => Verifier::W3cEcdsa,
        _ => Verifier::W3cSignature,
    }
}

fn status_verifier(facts: Option<&CredentialFacts>) -> Verifier {
    match facts.map(|facts| facts.status) {
        Some(StatusClaim::TransferableRecord | StatusClaim::Obligation) => Verifier::W3cTransferable,
        Some(StatusClaim::StatusList) => Verifier::W3cStatus,
        Some(StatusClaim::None) | None => Verifier::W3cEmptyStatus,
    }
}

fn skipped(verifier: Verifier) -> Fragment {
    let suite = |name: &str| {
        format!(
            "Document either has no proof or proof type is not 'DataIntegrityProof' or proof cryptosuite is not '{name}'."
        )
    };
    let (code, message) = match verifier {
        Verifier::W3cSignature => {
            (0, "Document either has no proof or proof.type is not 'BbsBlsSignature2020'.".to_owned())
        }
        Verifier::W3cEcdsa => (0, suite("ecdsa-sd-2023")),
        Verifier::W3cBbs2023 => (0, suite("bbs-2023")),
        Verifier::W3cStatus => (0, "Document does not have a valid credentialStatus or type.".into()),
        Verifier::W3cTransferable => (4, "Document does not have TransferableRecords status".into()),
        Verifier::W3cEmptyStatus => (0, "Document contains a credentialStatus.".into()),
        Verifier::W3cIssuer => (0, "Document has no issuer field.".into()),
        _ => (0, "Document is not a Verifiable Presentation.".into()),
    };
    fragment(verifier, FragmentResult::Skipped { reason: Reason { code, code_string: "SKIPPED".into(), message } })
}
