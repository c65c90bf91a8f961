//! Whether a signed document was revoked, by the way that its issuer states (checks.md §3.4 rule 1, §3.3, §3.5).

use url::Url;

use super::chain::issuance_without_chain;
use super::signature::fail;
use super::store::{Asked, LONGEST_PROOF, issuance_check, reading};
use super::{Case, Examination, finding, from_entry, not_asked_yet, unanswered, worst};
use crate::document::Issuer;
use crate::document::json::{self, Value, member};
use crate::evidence::{Fact, Question, WebReading};
use crate::integrity::merkle::path_from;
use crate::primitives::{Address, Digest32};
use crate::status::{Issued, Revocation, StoreFinding, judge_store};
use crate::verify::codes;
use crate::verify::report::{Check, CheckName, Outcome, Strength};

impl Examination {
    /// The revocation alone; what the chain check comes to is noted in `chain`.
    pub(super) fn judge_revocation(&mut self, case: &Case<'_>, issuer: &Issuer, chain: &mut Vec<Check>) -> Check {
        let Some(revocation) = &issuer.revocation else {
            return fail(&codes::ISSUANCE_REVOCATION_MISSING, "the issuer says nothing of revocation".into());
        };
        let location = revocation.location.as_deref().unwrap_or_default();
        match revocation.kind.as_str() {
            "NONE" => passed("the issuer states no way to revoke it".into()),
            "REVOCATION_STORE" => match location.parse() {
                Ok(store) => self.judge_revocation_store(case, store, chain),
                Err(why) => missing(format!("the revocation store has no address: {why}")),
            },
            "OCSP_RESPONDER" => self.judge_responder(case, location),
            other => missing(format!("{other:?} is no way to revoke a document")),
        }
    }

    fn judge_revocation_store(&mut self, case: &Case<'_>, store: Address, chain_checks: &mut Vec<Check>) -> Check {
        let chain = match &case.chain {
            Ok(chain) => *chain,
            Err(check) => {
                chain_checks.push(check.clone());
                return issuance_without_chain(check);
            }
        };
        let proof = case.document.proof();
        let path = match path(case) {
            Ok(path) => path,
            Err(check) => return check,
        };
        let Some(target_hash) = case.integrity.target_hash else { return not_known_yet() };
        let question = Question::DocumentStore { chain, store, target_hash, proof: proof.to_vec() };
        let Some(entry) = self.answer(case.evidence, &question) else { return not_known_yet() };
        let reading = match reading(chain, entry) {
            Ok(reading) => reading,
            Err(check) => {
                let issuance = issuance_without_chain(&check);
                chain_checks.push(check);
                return issuance;
            }
        };
        chain_checks.push(self.chain_read(chain, &reading.block, entry));
        let check = match judge_store(reading, &path) {
            StoreFinding::Answered { revocation: Revocation::NotRevoked | Revocation::NothingIssued, .. } => {
                passed(format!("the store {store} has not revoked it"))
            }
            // A revocation store need not have issued anything: only its word on revocation counts.
            StoreFinding::Answered { family, revocation, .. } => {
                let found = StoreFinding::Answered { family, issued: Issued::Yes, revocation };
                issuance_check(&found, &Asked { store, chain, reading, path: &path })
            }
            found => issuance_check(&found, &Asked { store, chain, reading, path: &path }),
        };
        from_entry(check, entry)
    }

    /// Every hash from the document to the root is asked about, each in its own request.
    fn judge_responder(&mut self, case: &Case<'_>, location: &str) -> Check {
        let host = match responder_host(location) {
            Ok(host) => host,
            Err(check) => return check,
        };
        let path = match path(case) {
            Ok(path) if self.may_fetch(path.len()) => path,
            Ok(path) => return too_much_to_ask(path.len()),
            Err(check) => return check,
        };
        let answers: Vec<Check> = path.iter().map(|hash| self.judge_response(case, location, &host, *hash)).collect();
        worst(answers).unwrap_or_else(not_known_yet)
    }

    fn judge_response(&mut self, case: &Case<'_>, location: &str, host: &str, hash: Digest32) -> Check {
        let question = Question::Web { url: responder_url(location, hash), max_bytes: LARGEST_RESPONSE };
        let Some(entry) = self.answer(case.evidence, &question) else { return not_known_yet() };
        let unknown =
            |message| finding(CheckName::Issuance, Outcome::Unknown, &codes::ISSUANCE_REVOCATION_UNAVAILABLE, message);
        let check = match &entry.answer {
            Err(why) => {
                let clause = format!("whether {host} has revoked it could not be found out");
                let code = &codes::ISSUANCE_REVOCATION_UNAVAILABLE;
                return from_entry(unanswered(CheckName::Issuance, code, why, &clause), entry);
            }
            Ok(Fact::Web(reading)) => match response(reading, hash) {
                Ok(Response::Good) => passed(format!("{host} has not revoked it")),
                Ok(Response::Revoked { reason }) => {
                    fail(&codes::ISSUANCE_REVOKED_BY_RESPONDER, format!("{host} has revoked {hash}: {reason}"))
                }
                Err(why) => unknown(format!("the answer of {host} about {hash} does not count: {why}")),
            },
            Ok(_) => unknown("the evidence answers another question".into()),
        };
        from_entry(Check { strength: Some(Strength::Tls), ..check }, entry)
    }
}

/// The hashes whose revocation counts: the document's and those of all nodes up to the root.
fn path(case: &Case<'_>) -> Result<Vec<Digest32>, Check> {
    let target_hash = case.integrity.target_hash.ok_or_else(not_known_yet)?;
    match case.document.proof() {
        proof if proof.len() > LONGEST_PROOF => Err(too_much_to_ask(proof.len())),
        proof => Ok(path_from(target_hash, proof)),
    }
}

fn too_much_to_ask(hashes: usize) -> Check {
    let message = format!("the Merkle proof leads through {hashes} hashes, more than are asked about");
    finding(CheckName::Issuance, Outcome::Unknown, &codes::TOO_MUCH_TO_ASK, message)
}

/// The host of a responder that may be asked: https, without credentials (checks.md §9).
fn responder_host(location: &str) -> Result<String, Check> {
    let url = Url::parse(location).map_err(|_| missing(format!("{location:?} is not the address of a responder")))?;
    let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    match url.host_str().filter(|_| url.scheme() == "https" && plain && url.fragment().is_none()) {
        Some(host) => Ok(host.to_owned()),
        None => {
            let message = "the revocation responder is not a plain https address, so it is not asked".into();
            Err(finding(CheckName::Issuance, Outcome::Unknown, &codes::ISSUANCE_REVOCATION_UNAVAILABLE, message))
        }
    }
}

/// Joined with exactly one `/` (checks.md §3.5).
fn responder_url(location: &str, hash: Digest32) -> String {
    format!("{}/{hash}", location.trim_end_matches('/'))
}

/// A responder's answer about one hash.
enum Response {
    Good,
    Revoked { reason: String },
}

/// Accepts only what checks.md §3.5 describes, about exactly the hash asked for.
fn response(reading: &WebReading, asked: Digest32) -> Result<Response, &'static str> {
    if !(200..=299).contains(&reading.status) {
        return Err("it is not a success");
    }
    let members = json::parse(&reading.body, &Default::default()).map_err(|_| "it is not a JSON object")?;
    if member(&members, "documentHash").and_then(Value::as_str) != Some(asked.to_string().as_str()) {
        return Err("it does not name the hash that was asked for");
    }
    match (member(&members, "revoked"), member(&members, "reasonCode")) {
        (Some(Value::Bool(false)), _) => Ok(Response::Good),
        (Some(Value::Bool(true)), Some(Value::Number(code))) => Ok(Response::Revoked { reason: reason(code) }),
        _ => Err("it does not say whether the hash is revoked"),
    }
}

/// RFC 5280 §5.3.1, and one of this field's own.
fn reason(code: &str) -> String {
    let words = match code {
        "0" => "no reason given",
        "1" => "a key was compromised",
        "2" => "the authority's key was compromised",
        "3" => "the affiliation changed",
        "4" => "superseded",
        "5" => "the issuer ceased operation",
        "6" => "on hold",
        "8" => "removed from the list",
        "9" => "a privilege was withdrawn",
        "10" => "the attribute authority's key was compromised",
        "1001" => "suspended",
        _ => return format!("reason {code}"),
    };
    format!("{words} (reason {code})")
}

fn passed(message: String) -> Check {
    finding(CheckName::Issuance, Outcome::Pass, &codes::ISSUANCE_SIGNED, message)
}

fn missing(message: String) -> Check {
    fail(&codes::ISSUANCE_REVOCATION_MISSING, message)
}

fn not_known_yet() -> Check {
    not_asked_yet(CheckName::Issuance, &codes::ISSUANCE_REVOCATION_UNAVAILABLE)
}

/// checks.md §9.
const LARGEST_RESPONSE: u64 = 1 << 20;
