//! The `data` of fragments (checks.md §10): lists in OpenAttestation 2.0, single objects in 3.0. Addresses are written
//! with their checksum, whatever the document does.

use serde_json::{Map, Value, json};

use super::{Reason, Verifier, View};
use crate::document::ContractKind;
use crate::verify::{Finding, Outcome, StoreFacts, TitleStateName};

impl View<'_> {
    /// `why` is the fragment's reason where it is INVALID; an entry without a reason of its own has that.
    pub(super) fn status_data(&self, verifier: Verifier, why: Option<&Reason>) -> Value {
        match verifier {
            Verifier::TokenRegistry => self.minted(why),
            Verifier::DocumentStore => self.issued_by_stores(why),
            _ => self.signed(why),
        }
    }

    pub(super) fn identity_data(&self, verifier: Verifier, why: Option<&Reason>) -> Value {
        let report = self.report;
        let issuers = report.document.claims.iter().zip(&report.issuer).enumerate();
        let entries = issuers.filter_map(|(index, (claim, issuer))| {
            let text = |text: Option<&String>| json!(text.map_or("", String::as_str));
            let identity = claim.identity.as_ref();
            let location = text(identity.and_then(|identity| identity.location.as_ref()));
            if !self.is_of(index, verifier) {
                // Entries stand for all issuers, unless everything holds.
                let reason = why.filter(|_| verifier == Verifier::DnsTxt && !self.is_v3())?;
                return Some(
                    json!({"status": "INVALID", "reason": self.entry(verifier, index, &issuer.finding, reason)}),
                );
            }
            let signed = report.signers.get(index).is_none_or(|signer| signer.signature.outcome == Outcome::Pass);
            let holds = issuer.finding.outcome == Outcome::Pass && (verifier != Verifier::Did || signed);
            let reason = why.filter(|_| !holds).map(|why| json!(self.entry(verifier, index, &issuer.finding, why)));
            let status = match (holds, issuer.finding.outcome) {
                (true, _) => "VALID",
                (false, Outcome::Unknown) => "ERROR",
                (false, _) => "INVALID",
            };
            let mut entry = Map::new();
            let mut put = |name: &str, value: Value| drop(entry.insert(name.to_owned(), value));
            match verifier {
                Verifier::DnsTxt => {
                    let address = json!(claim.contract.map(|contract| contract.address).unwrap_or_default());
                    if self.is_v3() {
                        return Some(json!({"identifier": location, "value": address}));
                    }
                    put("status", json!(status));
                    put("location", location);
                    put("value", address);
                    reason.into_iter().for_each(|reason| put("reason", reason));
                }
                Verifier::DnsDid => {
                    put("location", location);
                    put("key", text(identity.and_then(|identity| identity.key.as_ref())));
                    put("status", json!(status));
                }
                _ => {
                    put("did", text(claim.did.as_ref()));
                    put("verified", json!(holds));
                    reason.into_iter().for_each(|reason| put("reason", reason));
                }
            }
            Some(Value::Object(entry))
        });
        self.shaped(entries.collect())
    }

    fn minted(&self, why: Option<&Reason>) -> Value {
        let minted = why.is_none()
            || matches!(
                self.report.title.state,
                TitleStateName::Live | TitleStateName::Returned | TitleStateName::Ended
            );
        let contracts = self.report.document.claims.iter().filter_map(|claim| claim.contract);
        let registries = contracts.filter(|contract| contract.kind == ContractKind::TokenRegistry);
        let details =
            registries.map(|registry| with_reason(json!({"minted": minted, "address": registry.address}), why));
        json!({"mintedOnAll": minted, "details": self.shaped(details.collect())})
    }

    fn issued_by_stores(&self, why: Option<&Reason>) -> Value {
        let (mut issuance, mut revocation) = (Vec::new(), Vec::new());
        let (mut issued_on_all, mut revoked) = (true, Vec::new());
        for (index, claim) in self.report.document.claims.iter().enumerate() {
            let Some(contract) = claim.contract else {
                issued_on_all = false;
                continue;
            };
            let address = contract.address;
            let store = self.report.stores.iter().find(|store| store.address == address);
            let issued = why.is_none() || store.and_then(|store| store.issued) == Some(true);
            issued_on_all &= issued;
            let reason = |why| match store {
                Some(StoreFacts { finding, .. }) => self.entry(Verifier::DocumentStore, index, finding, why),
                None => why.clone(),
            };
            let entry = json!({"issued": issued, "address": address});
            issuance.push(with_reason(entry, why.filter(|_| !issued).map(reason).as_ref()));
            let is_revoked = store.and_then(|store| store.revoked);
            revoked.push(is_revoked);
            if let Some(is_revoked) = is_revoked {
                let entry = json!({"revoked": is_revoked, "address": address});
                revocation.push(with_reason(entry, why.filter(|_| is_revoked).map(reason).as_ref()));
            }
        }
        self.issued_and_revoked(issued_on_all, &revoked, issuance, revocation)
    }

    fn signed(&self, why: Option<&Reason>) -> Value {
        let (mut issuance, mut revocation) = (Vec::new(), Vec::new());
        let (mut issued_on_all, mut revoked) = (true, Vec::new());
        let signers = &self.report.signers;
        for (index, (claim, signer)) in self.report.document.claims.iter().zip(signers).enumerate() {
            let issued = signer.signature.outcome == Outcome::Pass;
            issued_on_all &= issued;
            let entry = json!({"did": claim.did, "issued": issued});
            let reason = |finding| move |why| self.entry(Verifier::DidSigned, index, finding, why);
            issuance.push(with_reason(entry, why.filter(|_| !issued).map(reason(&signer.signature)).as_ref()));
            let is_revoked = signer.revocation.as_ref().and_then(|finding| match finding.outcome {
                Outcome::Pass => Some(false),
                Outcome::Fail if is_revocation(finding) => Some(true),
                _ => None,
            });
            revoked.push(is_revoked);
            let (Some(is_revoked), Some(finding)) = (is_revoked, &signer.revocation) else { continue };
            let mut entry = json!({"revoked": is_revoked});
            let way = claim.revocation.as_ref().filter(|way| way.kind != "NONE");
            if let Some(location) = way.and_then(|way| way.location.as_ref()) {
                let address: Option<crate::primitives::Address> = location.parse().ok();
                entry["address"] = json!(address.map_or_else(|| location.clone(), |address| address.to_string()));
            }
            revocation.push(with_reason(entry, why.filter(|_| is_revoked).map(reason(finding)).as_ref()));
        }
        self.issued_and_revoked(issued_on_all, &revoked, issuance, revocation)
    }

    /// What is not known about revocation is left out.
    fn issued_and_revoked(
        &self,
        issued_on_all: bool,
        revoked: &[Option<bool>],
        issuance: Vec<Value>,
        revocation: Vec<Value>,
    ) -> Value {
        let mut data = json!({"issuedOnAll": issued_on_all, "details": {"issuance": self.shaped(issuance)}});
        if revoked.contains(&Some(true)) {
            data["revokedOnAny"] = json!(true);
        } else if revoked.iter().all(Option::is_some) {
            data["revokedOnAny"] = json!(false);
        }
        if !revocation.is_empty() {
            data["details"]["revocation"] = self.shaped(revocation);
        }
        data
    }

    /// The reason of one entry: its own finding's, where that does not hold.
    fn entry(&self, verifier: Verifier, index: usize, finding: &Finding, fragment: &Reason) -> Reason {
        match finding.outcome {
            Outcome::Fail | Outcome::Unknown => {
                self.reason_for(verifier, finding, &self.subject(Some(index), &finding.message, false)).1
            }
            Outcome::Pass | Outcome::NotApplicable => fragment.clone(),
        }
    }

    /// A list, or the one object.
    fn shaped(&self, mut entries: Vec<Value>) -> Value {
        if self.is_v3() && entries.len() == 1 { entries.pop().unwrap_or_default() } else { Value::Array(entries) }
    }
}

fn is_revocation(finding: &Finding) -> bool {
    use crate::verify::codes;
    let revoked = [&codes::ISSUANCE_REVOKED, &codes::ISSUANCE_ANCESTOR_REVOKED, &codes::ISSUANCE_REVOKED_BY_RESPONDER];
    revoked.contains(&finding.code)
}

fn with_reason(mut entry: Value, reason: Option<&Reason>) -> Value {
    if let Some(reason) = reason {
        entry["reason"] = json!(reason);
    }
    entry
}
