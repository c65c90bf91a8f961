//! W3C credentials: the second half of their integrity, which needs the key of the issuer's DID (documents.md §9.4), who
//! the issuer is, and the status that is no title (checks.md §4).

use super::issuer::{bare_key, did_web_check};
use super::signature::{Lookup, did_evidence, did_unread};
use super::{Examination, Ground, finding, not_applicable, not_asked_yet};
use crate::block_age::CLOCKS_DIFFER;
use crate::credential::{PublicKey, SignatureRefusal, Signed, did_key};
use crate::date_time::rfc3339_seconds;
use crate::document::credential::{Credential, CredentialStatus, Proof, StatusEntry, StatusPurpose};
use crate::evidence::Entry;
use crate::identity::{Did, DidUrl, InvalidDid, KeyMaterial, KeyRefusal, Purpose};
use crate::primitives::{Address, TokenId, rfc3339};
use crate::verify::Policy;
use crate::verify::codes::{self, Code};
use crate::verify::report::{
    AddedContext, Check, CheckName, CredentialFacts, Finding, Issuer, Outcome, StatusClaim, Strength,
};

/// The key that a proof names, as far as it is known.
pub(super) struct ProofKey<'c> {
    /// The DID that it is of, as written.
    pub(super) did: String,
    pub(super) lookup: KeyLookup<'c>,
}

/// What became of the look-up of a key.
pub(super) enum KeyLookup<'c> {
    /// In the DID itself.
    InDid(PublicKey),
    /// By the DID's document.
    Document { did: Did, key: DidUrl, lookup: Lookup<'c> },
    /// Nothing can be looked up.
    Refused(Check),
}

impl Examination {
    /// The key that a proof of `whose` names; asks for the document of that DID, and of no other.
    pub(super) fn proof_key<'c>(&mut self, ground: &Ground<'c>, method: &str, whose: &str) -> ProofKey<'c> {
        let did = did_of(method).to_owned();
        let lookup = match did_key(method) {
            _ if method.is_empty() => {
                KeyLookup::Refused(unknown(&codes::INTEGRITY_SUITE_NOT_SUPPORTED, "the proof names no key".into()))
            }
            _ if did != whose => KeyLookup::Refused(fail(
                &codes::INTEGRITY_KEY_OF_OTHER_DID,
                format!("the key {method} belongs to another DID than {whose}"),
            )),
            Some(Ok(PublicKey::Other(kind))) => KeyLookup::Refused(unknown(
                &codes::INTEGRITY_SUITE_NOT_SUPPORTED,
                format!("{method} is a key of the kind {kind}, whose signatures are not checked"),
            )),
            Some(Ok(key)) => KeyLookup::InDid(key),
            Some(Err(why)) => KeyLookup::Refused(fail(
                &codes::INTEGRITY_KEY_MALFORMED,
                format!("{method:?} holds no public key: {why}"),
            )),
            None => match (Did::parse(&did), DidUrl::parse(method)) {
                (Ok(found @ Did::Web(_)), Ok(key)) => {
                    let lookup = self.look_up(ground, &found);
                    KeyLookup::Document { did: found, key, lookup }
                }
                (Ok(Did::Web(_)), Err(why)) => KeyLookup::Refused(no_key(method, &why)),
                (Ok(_), _) => KeyLookup::Refused(not_supported(&did)),
                (Err(why), _) if why.is_beyond_this_version() => KeyLookup::Refused(not_supported(&did)),
                (Err(why), _) => KeyLookup::Refused(no_key(method, &why)),
            },
        };
        ProofKey { did, lookup }
    }

    /// The second half of integrity.
    pub(super) fn judge_signed(&mut self, ground: &Ground<'_>, credential: &Credential<'_>, signed: &Signed<'_>) {
        let key = self.proof_key(ground, &credential.proof().verification_method, &credential.issuer().id);
        let proven = proven(credential, signed, &key, ground.now);
        self.proven = proven.is_ok();
        self.findings.push(proven.unwrap_or_else(|check| check));
    }

    /// Who the issuer of a credential is (checks.md §4): the key is theirs, which the integrity check says.
    pub(super) fn judge_credential_issuer(
        &mut self,
        ground: &Ground<'_>,
        credential: &Credential<'_>,
        key: &ProofKey<'_>,
    ) {
        let issuer = credential.issuer();
        let mut facts = Issuer {
            name: ground.signed.and_then(|signed| signed.name_of(&issuer.id)).map(str::to_owned),
            domain: None,
            did: Some(issuer.id.clone()),
            confirmed: false,
            assurance: None,
            dnssec: None,
            finding: Finding::from(&not_asked_yet(CheckName::Issuer, &codes::ISSUER_DID_DOCUMENT_UNAVAILABLE)),
        };
        let check = match &key.lookup {
            KeyLookup::InDid(_) => bare_key(&key.did, &mut facts, ground.policy),
            KeyLookup::Document { did, key, lookup } => {
                let Did::Web(web) = did else { return self.without_key(facts, &not_supported(did.as_str())) };
                did_web_check(did, web, lookup, &mut facts, |document| {
                    document.public_key(key, Purpose::Assertion, ground.now).map(|_| ())
                })
            }
            KeyLookup::Refused(why) => return self.without_key(facts, why),
        };
        facts.finding = Finding::from(&check);
        self.issuers.push(facts);
        self.findings.push(check);
    }

    fn without_key(&mut self, facts: Issuer, why: &Check) {
        let check = finding(CheckName::Issuer, Outcome::Unknown, &codes::ISSUER_NO_KEY, why.message.clone());
        self.issuers.push(Issuer { finding: Finding::from(&check), ..facts });
        self.findings.push(check);
    }

    /// The token that a title's credential names must be the one that its id gives (chain.md §1.2).
    pub(super) fn judge_token_of_id(&mut self, credential: &Credential<'_>, token: TokenId) {
        use sha2::Digest as _;
        let of_id = credential.id().map(|id| TokenId(sha2::Sha256::digest(id.as_bytes()).into()));
        let message = match of_id {
            Some(of_id) if of_id == token => return,
            Some(of_id) => format!("the credential names token {token}, its id gives {of_id}"),
            None => format!("the credential names token {token}, and has no id that could give it"),
        };
        let check = finding(CheckName::Issuance, Outcome::Fail, &codes::ISSUANCE_TOKEN_OF_OTHER_ID, message);
        self.findings.push(Check { strength: Some(Strength::Computed), ..check });
    }

    /// What a holder may have left out (documents.md §9.5): the status, and of a bill the end of its validity.
    pub(super) fn judge_what_is_withheld(&mut self, ground: &Ground<'_>, credential: &Credential<'_>) {
        if !may_withhold(ground) {
            return;
        }
        let revocable = |entry: &StatusEntry| entry.purpose == StatusPurpose::Revocation;
        let may_be_bill = is_bill(ground, credential) || !ground.signed.is_some_and(Signed::subjects_have_types);
        let what = match credential.status() {
            CredentialStatus::Absent => "neither a title nor another status is shown",
            CredentialStatus::Lists(entries) if !entries.iter().any(revocable) => "no list of revocations is shown",
            _ if may_be_bill && credential.validity().expires.is_empty() => "no end of its validity is shown",
            _ => return,
        };
        let message = format!("the holder chose what this credential shows: {what}, and may have been left out");
        self.findings.push(finding(CheckName::Issuance, Outcome::Unknown, &codes::ISSUANCE_MAY_BE_WITHHELD, message));
    }

    /// Issuance of a credential that is no title.
    pub(super) fn judge_credential_status(&mut self, ground: &Ground<'_>, credential: &Credential<'_>) {
        self.findings.push(not_applicable(CheckName::Chain, &codes::CHAIN_NOT_NEEDED));
        match credential.status() {
            CredentialStatus::Lists(entries) => {
                self.judge_status_lists(ground, credential, entries);
                self.without_a_title();
            }
            CredentialStatus::Obligation(obligation) => self.judge_obligation(obligation.registry),
            CredentialStatus::Absent | CredentialStatus::TransferableRecord(_) if may_withhold(ground) => {
                // What may have been left out says the rest.
                self.with_a_title_that_may_be_withheld();
            }
            CredentialStatus::Absent | CredentialStatus::TransferableRecord(_) => {
                let (outcome, code, message) = match is_bill(ground, credential) {
                    true => {
                        let message = "this bill of lading names no title and no other status";
                        (Outcome::Fail, &codes::ISSUANCE_TITLE_MISSING, message)
                    }
                    false => (Outcome::Pass, &codes::ISSUANCE_NO_STATUS, "it carries no status"),
                };
                self.findings.push(finding(CheckName::Issuance, outcome, code, message.into()));
                self.without_a_title();
            }
        }
    }

    /// Whether there is a title is not shown, so nothing is known of one.
    pub(super) fn with_a_title_that_may_be_withheld(&mut self) {
        self.findings.extend([CheckName::Registry, CheckName::Title].map(|name| {
            let message = "whether it has a title is not shown".into();
            finding(name, Outcome::Unknown, &codes::ISSUANCE_MAY_BE_WITHHELD, message)
        }));
    }

    fn judge_obligation(&mut self, registry: Address) {
        let message = format!("{registry} is a registry of obligations (bills of exchange), which is not read");
        let names = [CheckName::Registry, CheckName::Issuance, CheckName::Title];
        self.findings
            .extend(names.map(|name| finding(name, Outcome::Unknown, &codes::REGISTRY_OBLIGATION, message.clone())));
    }
}

/// By its words, or by what they mean: the full address of a type says the same as its word.
fn is_bill(ground: &Ground<'_>, credential: &Credential<'_>) -> bool {
    credential.is_bill_of_lading() || ground.signed.is_some_and(Signed::has_a_bill)
}

/// The DID that a key is of, as written.
pub(super) fn did_of(method: &str) -> &str {
    method.split_once('#').map_or(method, |(did, _)| did)
}

/// The key, as a person reads it: the only one of a did:key is the DID itself.
fn named(proof: &Proof) -> &str {
    let method = &proof.verification_method;
    if method.starts_with("did:key:") { did_of(method) } else { method }
}

/// Whether the holder may have left something out. Where the proof cannot be read that is not known, and a holder may have.
pub(super) fn may_withhold(ground: &Ground<'_>) -> bool {
    ground.signed.is_none_or(|signed| signed.withheld() != Some(0))
}

/// That a proof by this key covers everything that the credential shows; or that it does not, or that nobody knows.
pub(super) fn proven(
    credential: &Credential<'_>,
    signed: &Signed<'_>,
    key: &ProofKey<'_>,
    now: i64,
) -> Result<Check, Check> {
    let proof = credential.proof();
    let entry = holds(proof, signed, key, Purpose::Assertion, now)?;
    let (count, by) = (signed.statements(), named(proof));
    let (code, message) = match signed.is_derived() {
        false => (&codes::INTEGRITY_SIGNED, format!("all {count} statements are signed by {by}")),
        true => (
            &codes::INTEGRITY_SELECTION_SIGNED,
            format!("the {count} statements that are shown are signed by {by}; the holder chose them"),
        ),
    };
    Ok(with_evidence(finding(CheckName::Integrity, Outcome::Pass, code, message), key, entry))
}

/// Whether the signature holds, by a key that its DID lists for this purpose.
pub(super) fn holds<'c>(
    proof: &Proof,
    signed: &Signed<'_>,
    key: &ProofKey<'c>,
    purpose: Purpose,
    now: i64,
) -> Result<Option<&'c Entry>, Check> {
    if let KeyLookup::Refused(check) = &key.lookup {
        return Err(check.clone());
    }
    in_time(proof, now)?;
    let (public_key, entry) = match &key.lookup {
        KeyLookup::InDid(public_key) => (public_key.clone(), None),
        KeyLookup::Refused(check) => return Err(check.clone()),
        KeyLookup::Document { did, key, lookup } => {
            let (entry, document) = match lookup {
                Lookup::Answered { entry, document } => (*entry, document.as_ref()),
                Lookup::Unread { entry, why } => {
                    return Err(did_unread(CheckName::Integrity, &codes::INTEGRITY_KEY_UNAVAILABLE, did, why, entry));
                }
                _ => return Err(not_asked_yet(CheckName::Integrity, &codes::INTEGRITY_KEY_UNAVAILABLE)),
            };
            let found = match document {
                Err(why) => {
                    let message = format!("the document of {did} could not be found out: {why}");
                    Err(unknown(&codes::INTEGRITY_KEY_UNAVAILABLE, message))
                }
                Ok(document) => document.public_key(key, purpose, now).map_err(|refusal| refused(key, &refusal)),
            };
            (found.map_err(|check| did_evidence(check, did, entry))?, Some(entry))
        }
    };
    signed.verify(&public_key).map(|()| entry).map_err(|why| {
        let method = named(proof);
        let check = match why {
            SignatureRefusal::OtherKindOfKey { .. } => {
                fail(&codes::INTEGRITY_KEY_MALFORMED, format!("{method}: {why}"))
            }
            SignatureRefusal::UnsupportedKey { .. } => {
                unknown(&codes::INTEGRITY_SUITE_NOT_SUPPORTED, format!("{method}: {why}"))
            }
            why => fail(&codes::INTEGRITY_WRONG_SIGNATURE, format!("the signature by {method} does not hold: {why}")),
        };
        with_evidence(check, key, entry)
    })
}

/// `created` is not in the future and `expires` not past (checks.md §4).
fn in_time(proof: &Proof, now: i64) -> Result<(), Check> {
    let at = |text: &Option<String>| text.as_deref().and_then(rfc3339_seconds);
    let message = match (at(&proof.created), at(&proof.expires)) {
        (Some(created), _) if created > now.saturating_add(CLOCKS_DIFFER) => {
            format!("the proof says that it was made at {}, which has not come", rfc3339(created))
        }
        (_, Some(expires)) if expires <= now => {
            format!("the proof says that it holds until {}, which is past", rfc3339(expires))
        }
        _ => return Ok(()),
    };
    Err(fail(&codes::INTEGRITY_PROOF_TIME, message))
}

fn refused(key: &DidUrl, refusal: &KeyRefusal) -> Check {
    let message = format!("{key}: {refusal}");
    match refusal {
        KeyRefusal::Material(KeyMaterial::UnsupportedType(_)) => {
            unknown(&codes::INTEGRITY_SUITE_NOT_SUPPORTED, message)
        }
        KeyRefusal::Material(_) => fail(&codes::INTEGRITY_KEY_MALFORMED, message),
        _ => fail(&codes::INTEGRITY_KEY_NOT_LISTED, message),
    }
}

fn no_key(method: &str, why: &InvalidDid) -> Check {
    fail(&codes::INTEGRITY_KEY_OF_OTHER_DID, format!("{method:?} names no key of a DID: {why}"))
}

fn not_supported(did: &str) -> Check {
    unknown(&codes::INTEGRITY_DID_NOT_SUPPORTED, format!("the keys of {did:?} are not looked up"))
}

/// With who vouches for the key.
pub(super) fn with_evidence(check: Check, key: &ProofKey<'_>, entry: Option<&Entry>) -> Check {
    match (&key.lookup, entry) {
        (KeyLookup::Document { did, .. }, Some(entry)) => did_evidence(check, did, entry),
        _ => Check { strength: Some(Strength::Computed), ..check },
    }
}

fn fail(code: &'static Code, message: String) -> Check {
    finding(CheckName::Integrity, Outcome::Fail, code, message)
}

fn unknown(code: &'static Code, message: String) -> Check {
    finding(CheckName::Integrity, Outcome::Unknown, code, message)
}

/// What a credential says of itself, beside what every document does.
pub(super) fn facts(credential: &Credential<'_>, policy: &Policy, signed: Option<&Signed<'_>>) -> CredentialFacts {
    let proof = credential.proof();
    let added = |url: &String| policy.contexts.added().find(|(known, _)| known == url);
    CredentialFacts {
        issuer: credential.issuer().id.clone(),
        suite: proof.suite.name().to_owned(),
        key: proof.verification_method.clone(),
        selective_disclosure: signed.is_some_and(Signed::is_derived),
        status: match credential.status() {
            CredentialStatus::Absent => StatusClaim::None,
            CredentialStatus::TransferableRecord(_) => StatusClaim::TransferableRecord,
            CredentialStatus::Obligation(_) => StatusClaim::Obligation,
            CredentialStatus::Lists(_) => StatusClaim::StatusList,
        },
        contexts: (credential.contexts().iter().filter_map(added))
            .map(|(url, sha256)| AddedContext { url: url.to_owned(), sha256 })
            .collect(),
    }
}
