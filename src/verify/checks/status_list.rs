//! Issuance of a credential whose issuer publishes status lists: each list is a credential of its own, verified like any
//! other before its bit counts (documents.md §9.5).

use super::credential::{KeyLookup, proven};
use super::{Examination, Ground, finding, from_entry, not_asked_yet, unanswered};
use crate::credential::{Signed, status_list};
use crate::document::credential::{Credential, StatusEntry, StatusPurpose};
use crate::document::{self, Document, Limits};
use crate::evidence::{Found, WebQuestion};
use crate::verify::codes::{self, Code};
use crate::verify::report::{Check, CheckName, Finding, Outcome, StatusListFacts, Strength};
use crate::web_address::DOCUMENT_LIMIT;

impl Examination {
    /// Each list that the credential names; all must leave it unmarked.
    pub(super) fn judge_status_lists(
        &mut self,
        ground: &Ground<'_>,
        credential: &Credential<'_>,
        entries: &[StatusEntry],
    ) {
        for entry in entries {
            let (check, set) = self.judge_status_list(ground, credential, entry);
            self.status_lists.push(StatusListFacts {
                purpose: entry.purpose.as_str().to_owned(),
                list: entry.list.clone(),
                index: entry.index,
                set,
                finding: Finding::from(&check),
            });
            self.findings.push(check);
        }
    }

    fn judge_status_list(
        &mut self,
        ground: &Ground<'_>,
        credential: &Credential<'_>,
        status: &StatusEntry,
    ) -> (Check, Option<bool>) {
        let (code, word) = match &status.purpose {
            StatusPurpose::Revocation => (&codes::ISSUANCE_REVOKED_BY_LIST, "revoked"),
            StatusPurpose::Suspension => (&codes::ISSUANCE_SUSPENDED, "suspended"),
            StatusPurpose::Other(purpose) => {
                let message = format!("a status list of the purpose {purpose:?} is not read");
                return (unknown(&codes::ISSUANCE_STATUS_NOT_SUPPORTED, message), None);
            }
        };
        let question = WebQuestion { url: status.list.clone(), max_bytes: DOCUMENT_LIMIT };
        let Some(Found { entry, answer }) = self.answer(ground.evidence, &question) else {
            return (not_asked_yet(CheckName::Issuance, &codes::ISSUANCE_LIST_UNAVAILABLE), None);
        };
        let clause = format!("the status list for {} could not be read", status.purpose.as_str());
        let reading = match answer {
            Ok(reading) if (200..=299).contains(&reading.status) => reading,
            Ok(reading) => {
                let message = format!("{clause}: the web server answered with HTTP status {}", reading.status);
                return (from_entry(unknown(&codes::ISSUANCE_LIST_UNAVAILABLE, message), entry), None);
            }
            Err(why) => {
                let check = unanswered(CheckName::Issuance, &codes::ISSUANCE_LIST_UNAVAILABLE, why, &clause);
                return (from_entry(check, entry), None);
            }
        };
        let check = match self.list_bit(ground, credential, status, &reading.body) {
            Ok(set) => {
                let (outcome, code, message) = match set {
                    true => (Outcome::Fail, code, format!("the issuer's list says: {word}")),
                    false => {
                        (Outcome::Pass, &codes::ISSUANCE_NOT_LISTED, format!("the issuer's list does not say {word}"))
                    }
                };
                let check = finding(CheckName::Issuance, outcome, code, message);
                return (from_entry(Check { strength: Some(Strength::Tls), ..check }, entry), Some(set));
            }
            Err(check) => check,
        };
        (from_entry(check, entry), None)
    }

    /// The bit in a list that speaks for this credential.
    fn list_bit(
        &mut self,
        ground: &Ground<'_>,
        credential: &Credential<'_>,
        status: &StatusEntry,
        body: &[u8],
    ) -> Result<bool, Check> {
        let refused = |why: String| {
            unknown(
                &codes::ISSUANCE_LIST_REFUSED,
                format!("the status list for {} does not count: {why}", status.purpose.as_str()),
            )
        };
        let limits = Limits { max_bytes: usize::try_from(DOCUMENT_LIMIT).unwrap_or(usize::MAX), ..Limits::default() };
        let list = match document::read(body, &limits) {
            Ok(Document::Credential(list)) => list,
            Ok(Document::Malformed(malformed)) => return Err(refused(malformed.rule.to_string())),
            Ok(_) => return Err(refused("it is no W3C credential".into())),
            Err(why) => return Err(refused(why.to_string())),
        };
        // What it says of itself first: of a list that does not speak for this credential nobody need be asked.
        let issuer = &credential.issuer().id;
        let set = status_list::is_set(&list, status, issuer, ground.now).map_err(|why| refused(why.to_string()))?;
        let signed = Signed::of_credential(&list, &ground.policy.contexts).map_err(|why| refused(why.to_string()))?;
        let key = self.proof_key(ground, &list.proof().verification_method, &list.issuer().id);
        if let Err(check) = proven(&list, &signed, &key, ground.now) {
            // Where the key could not be fetched, who can act is whoever can act on that.
            let open = matches!(key.lookup, KeyLookup::Document { .. }) && check.outcome == Outcome::Unknown;
            let why = refused(check.message.clone());
            return Err(if open {
                Check { code: &codes::ISSUANCE_LIST_UNAVAILABLE, name: CheckName::Issuance, ..check }
            } else {
                why
            });
        }
        Ok(set)
    }
}

fn unknown(code: &'static Code, message: String) -> Check {
    finding(CheckName::Issuance, Outcome::Unknown, code, message)
}
