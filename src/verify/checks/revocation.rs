//! Whether a signed document was revoked, by the way that its issuer states (checks.md §3.4 rule 1, §3.3, §3.5).

use super::chain::issuance_without_chain;
use super::store::{Asked, LONGEST_PROOF, at_newer, issuance_check, reading};
use super::{Examination, Ground, finding, from_entry, not_asked_yet, unanswered};
use crate::document::Issuer;
use crate::evidence::{DocumentStoreQuestion, Found, WebQuestion};
use crate::integrity::merkle::path_from;
use crate::primitives::{Address, Digest32};
use crate::status::{
    Issued, NotAResponder, OcspFinding, Revocation, RevocationReason, StoreFinding, judge_ocsp, judge_store, ocsp_url,
};
use crate::verify::codes::{self, Code};
use crate::verify::report::{Check, CheckName, Outcome, Strength};
use crate::web_address::RECORD_LIMIT;

/// What an issuer's way of revocation came to.
pub(super) struct RevocationCheck {
    /// As issuance checks: all must hold.
    pub(super) checks: Vec<Check>,
    /// Why a responder has revoked it.
    pub(super) reason: Option<RevocationReason>,
}

impl From<Check> for RevocationCheck {
    fn from(check: Check) -> Self {
        Self { checks: vec![check], reason: None }
    }
}

impl Examination {
    /// The revocation alone; what the chain check comes to is noted in `chain`.
    pub(super) fn judge_revocation(
        &mut self,
        ground: &Ground<'_>,
        issuer: &Issuer,
        chain: &mut Vec<Check>,
    ) -> RevocationCheck {
        let Some(revocation) = &issuer.revocation else {
            return missing("the issuer says nothing of revocation".into()).into();
        };
        let location = revocation.location.as_deref().unwrap_or_default();
        match revocation.kind.as_str() {
            "NONE" => passed("the issuer states no way to revoke it".into()).into(),
            "REVOCATION_STORE" => match location.parse() {
                Ok(store) => self.judge_revocation_store(ground, store, chain).into(),
                Err(why) => missing(format!("the revocation store has no address: {why}")).into(),
            },
            "OCSP_RESPONDER" => self.judge_responder(ground, location),
            other => missing(format!("{other:?} is no way to revoke a document")).into(),
        }
    }

    fn judge_revocation_store(&mut self, ground: &Ground<'_>, store: Address, chain_checks: &mut Vec<Check>) -> Check {
        let chain = match &ground.chain {
            Ok(chain) => *chain,
            Err(check) => {
                chain_checks.push(check.clone());
                return issuance_without_chain(check);
            }
        };
        let proof = ground.document.proof();
        let path = match path(ground) {
            Ok(path) => path,
            Err(check) => return check,
        };
        let Some(target_hash) = ground.integrity.target_hash else { return not_known_yet() };
        let question = DocumentStoreQuestion { chain, store, target_hash, proof: proof.to_vec() };
        let Some(answered) = self.answer(ground.evidence, &question) else { return not_known_yet() };
        let entry = answered.entry;
        let reading = match reading(chain, answered) {
            Ok(reading) => reading,
            Err(check) => {
                let issuance = issuance_without_chain(&check);
                chain_checks.push(check);
                return issuance;
            }
        };
        chain_checks.push(self.chain_read(chain, &reading.block, entry));
        let found = judge_store(reading, &path);
        let record = self.revocation_record(ground.evidence, (chain, store), &found, &reading.block);
        let check = revocation_check(&found, &Asked { store, chain, reading, path: &path, record });
        let newer = at_newer(reading, &path, |latest, found| {
            revocation_check(found, &Asked { store, chain, reading: latest, path: &path, record: None })
        });
        from_entry(self.beside_newer(check, newer), entry)
    }

    /// Every hash from the document to the root is asked about, each in its own request.
    fn judge_responder(&mut self, ground: &Ground<'_>, location: &str) -> RevocationCheck {
        let path = match path(ground) {
            Ok(path) => path,
            Err(check) => return check.into(),
        };
        let mut reason = None;
        let checks = path.iter().map(|hash| self.judge_response(ground, location, *hash, &mut reason)).collect();
        RevocationCheck { checks, reason }
    }

    /// The first revocation notes its reason: it is also the one that speaks for all.
    fn judge_response(
        &mut self,
        ground: &Ground<'_>,
        location: &str,
        hash: Digest32,
        first_reason: &mut Option<RevocationReason>,
    ) -> Check {
        let unknown =
            |message| finding(CheckName::Issuance, Outcome::Unknown, &codes::ISSUANCE_REVOCATION_UNAVAILABLE, message);
        let url = match ocsp_url(location, hash) {
            Ok(url) => url,
            Err(why @ NotAResponder::NotAUrl) => return missing(format!("{location:?}: {why}")),
            Err(why) => return unknown(format!("the revocation responder is not asked: {why}")),
        };
        let question = WebQuestion { url, max_bytes: RECORD_LIMIT };
        let Some(Found { entry, answer }) = self.answer(ground.evidence, &question) else { return not_known_yet() };
        let check = match answer {
            Err(why) => {
                let code = &codes::ISSUANCE_REVOCATION_UNAVAILABLE;
                let clause = "whether the responder has revoked it could not be found out";
                return from_entry(unanswered(CheckName::Issuance, code, why, clause), entry);
            }
            Ok(reading) => match judge_ocsp(reading, hash) {
                OcspFinding::Good => passed("the responder has not revoked it".into()),
                OcspFinding::Revoked { reason } => {
                    first_reason.get_or_insert(reason);
                    fail(&codes::ISSUANCE_REVOKED_BY_RESPONDER, format!("the responder has revoked {hash}: {reason}"))
                }
                OcspFinding::NotAnAnswer { why } => unknown(format!("whether {hash} is revoked is not known: {why}")),
            },
        };
        from_entry(Check { strength: Some(Strength::Tls), ..check }, entry)
    }
}

/// A revocation store need not have issued anything: only its word on revocation counts.
fn revocation_check(found: &StoreFinding, asked: &Asked<'_>) -> Check {
    match found {
        StoreFinding::Answered { revocation: Revocation::NotRevoked | Revocation::NothingIssued, .. } => {
            passed(format!("the store {} has not revoked it", asked.store))
        }
        StoreFinding::Answered { family, revocation, .. } => {
            let (family, revocation) = (*family, revocation.clone());
            issuance_check(&StoreFinding::Answered { family, issued: Issued::Yes, revocation }, asked)
        }
        found => issuance_check(found, asked),
    }
}

/// The hashes whose revocation counts: the document's and those of all nodes up to the root.
fn path(ground: &Ground<'_>) -> Result<Vec<Digest32>, Check> {
    let target_hash = ground.integrity.target_hash.ok_or_else(not_known_yet)?;
    match ground.document.proof() {
        proof if proof.len() > LONGEST_PROOF => Err(too_much_to_ask(proof.len())),
        proof => Ok(path_from(target_hash, proof)),
    }
}

fn too_much_to_ask(hashes: usize) -> Check {
    let message = format!("the Merkle proof leads through {hashes} hashes, more than are asked about");
    finding(CheckName::Issuance, Outcome::Unknown, &codes::TOO_MUCH_TO_ASK, message)
}

fn passed(message: String) -> Check {
    finding(CheckName::Issuance, Outcome::Pass, &codes::ISSUANCE_SIGNED, message)
}

pub(super) fn fail(code: &'static Code, message: String) -> Check {
    finding(CheckName::Issuance, Outcome::Fail, code, message)
}

fn missing(message: String) -> Check {
    fail(&codes::ISSUANCE_REVOCATION_MISSING, message)
}

fn not_known_yet() -> Check {
    not_asked_yet(CheckName::Issuance, &codes::ISSUANCE_REVOCATION_UNAVAILABLE)
}
