//! The issuer check: who stands behind the contract or key, as far as a domain's records or a DID document say
//! (checks.md §3.6–3.8).

use super::signature::{Claim, Lookup, Signer, did_evidence, did_unread};
use super::{Examination, Ground, finding, findings::worst, from_entry, not_asked_yet, unavailable};
use crate::document::{self, IdentityKind, IdentityProof, IssuingContract, MOST_ISSUERS};
use crate::evidence::{DnsTxtQuestion, Dnssec, Found, TxtReading};
use crate::identity::{
    Did, DidDocument, DnsDidFinding, DnsTxtFinding, DomainName, KeyMaterial, KeyRefusal, WebDid,
    denial_that_says_nothing, judge_dns_did, judge_dns_txt,
};
use crate::verify::Policy;
use crate::verify::codes::{self, Actor, Code};
use crate::verify::report::{Assurance, Check, CheckName, Finding, Issuer, Outcome, Strength};

impl Examination {
    /// `signers` stands beside the issuers of a signed document; it is empty for others.
    pub(super) fn judge_issuers(&mut self, ground: &Ground<'_>, signers: &[Signer<'_>]) {
        if ground.document.issuers().len() > MOST_ISSUERS {
            self.findings.push(too_many_issuers(CheckName::Issuer));
            return;
        }
        for (index, issuer) in ground.document.issuers().iter().enumerate() {
            self.judge_issuer(ground, issuer, signers.get(index));
        }
        if ground.document.issuers().is_empty() {
            self.findings.push(fail(&codes::INTEGRITY_SHAPE, "the document names no issuer".into()));
        }
    }

    fn judge_issuer(&mut self, ground: &Ground<'_>, issuer: &document::Issuer, signer: Option<&Signer<'_>>) {
        let mut facts = Issuer {
            name: issuer.name.clone(),
            domain: None,
            did: signer.and(issuer.did.clone()),
            confirmed: false,
            assurance: None,
            dnssec: None,
            finding: Finding::from(&no_answer_yet()),
        };
        let identity = self.judge_identity(ground, issuer, signer, &mut facts);
        let by_records = issuer.identity.as_ref().is_some_and(|identity| identity.kind == IdentityKind::DnsDid);
        let contradiction = match signer {
            Some(Ok(claim)) if by_records => contradicting_did_document(&claim.did, &claim.lookup),
            _ => None,
        };
        let found: Vec<Check> = [identity].into_iter().chain(contradiction).collect();
        if let Some(worst) = worst(&found) {
            facts.finding = Finding::from(worst);
        }
        self.issuers.push(facts);
        self.findings.extend(found);
    }

    fn judge_identity(
        &mut self,
        ground: &Ground<'_>,
        issuer: &document::Issuer,
        signer: Option<&Signer<'_>>,
        facts: &mut Issuer,
    ) -> Check {
        let Some(identity) = &issuer.identity else {
            return unknown(&codes::ISSUER_NONE_CLAIMED, "no identity is claimed for the issuing contract".into());
        };
        match (&identity.kind, &issuer.contract, signer) {
            (IdentityKind::DnsTxt, Some(contract), _) => self.judge_dns_txt(ground, identity, contract, facts),
            (IdentityKind::DnsDid, None, Some(signer)) => self.judge_dns_did(ground, identity, signer, facts),
            (IdentityKind::Did, None, Some(Ok(claim))) => judge_did(claim, facts, ground.policy),
            (IdentityKind::Did, None, Some(Err(why))) => no_key(why),
            (kind, _, _) => {
                let way = if issuer.contract.is_some() { "through a contract" } else { "by signature" };
                unknown(
                    &codes::ISSUER_METHOD_MISFIT,
                    format!("an identity proof {kind} proves nothing here: the document was issued {way}"),
                )
            }
        }
    }

    fn judge_dns_txt(
        &mut self,
        ground: &Ground<'_>,
        identity: &IdentityProof,
        contract: &IssuingContract,
        facts: &mut Issuer,
    ) -> Check {
        let (domain, entry) = match self.records(ground, identity, facts) {
            Ok(found) => found,
            Err(check) => return check,
        };
        let chain = match &ground.chain {
            Ok(chain) => *chain,
            Err(why) => {
                let message = format!("which record would match depends on the chain: {}", why.message);
                return unknown(why.code, message);
            }
        };
        records_check(
            &domain,
            entry,
            facts,
            |reading| {
                let found = judge_dns_txt(reading, contract.address, chain);
                let code = match &found {
                    DnsTxtFinding::Matches { .. } => Ok(&codes::ISSUER_DNS_TXT),
                    DnsTxtFinding::DomainDoesNotExist => Err(&codes::ISSUER_NO_SUCH_DOMAIN),
                    DnsTxtFinding::NoRecords => Err(&codes::ISSUER_NO_RECORD),
                    DnsTxtFinding::OtherChain { .. } => Err(&codes::ISSUER_OTHER_CHAIN),
                    DnsTxtFinding::OtherAddresses { .. } => Err(&codes::ISSUER_OTHER_ADDRESS),
                    DnsTxtFinding::MalformedRecord { .. } => Err(&codes::ISSUER_MALFORMED_RECORD),
                };
                RecordsFinding { code, assurance: Assurance::Dns, message: found.to_string() }
            },
            ground.policy,
        )
    }

    /// The record names the very key whose signature the issuance check looks at (checks.md §3.7).
    fn judge_dns_did(
        &mut self,
        ground: &Ground<'_>,
        identity: &IdentityProof,
        signer: &Signer<'_>,
        facts: &mut Issuer,
    ) -> Check {
        let (domain, entry) = match self.records(ground, identity, facts) {
            Ok(found) => found,
            Err(check) => return check,
        };
        let claim = match signer {
            Ok(claim) => claim,
            Err(why) => return no_key(why),
        };
        records_check(
            &domain,
            entry,
            facts,
            |reading| {
                let found = judge_dns_did(reading, &claim.key);
                let code = match &found {
                    DnsDidFinding::Matches { .. } => Ok(&codes::ISSUER_DNS_DID),
                    DnsDidFinding::DomainDoesNotExist => Err(&codes::ISSUER_NO_SUCH_DOMAIN),
                    DnsDidFinding::NoRecords { .. } => Err(&codes::ISSUER_NO_RECORD),
                    DnsDidFinding::OtherKeys { .. } => Err(&codes::ISSUER_OTHER_KEY),
                    DnsDidFinding::MalformedRecord { .. } => Err(&codes::ISSUER_MALFORMED_RECORD),
                };
                let assurance =
                    if matches!(claim.did, Did::Ethr(_)) { Assurance::DidEthrAndDns } else { Assurance::Dns };
                RecordsFinding { code, assurance, message: found.to_string() }
            },
            ground.policy,
        )
    }

    /// The domain of an identity proof and the answer about its records.
    fn records<'c>(
        &mut self,
        ground: &Ground<'c>,
        identity: &IdentityProof,
        facts: &mut Issuer,
    ) -> Result<(DomainName, Found<'c, DnsTxtQuestion>), Check> {
        let location = identity.location.as_deref().filter(|location| !location.is_empty());
        let location = location
            .ok_or_else(|| fail(&codes::ISSUER_LOCATION_MISSING, "the identity proof names no domain".into()))?;
        let domain = DomainName::parse(location)
            .map_err(|why| fail(&codes::ISSUER_NOT_A_DOMAIN, format!("{location:?} is not a domain name: {why}")))?;
        facts.domain = Some(domain.as_str().to_owned());
        let question = DnsTxtQuestion { name: domain.as_str().to_owned() };
        let found = self.answer(ground.evidence, &question).ok_or_else(no_answer_yet)?;
        Ok((domain, found))
    }
}

/// What a domain's records came to.
struct RecordsFinding {
    /// For a match, or for what was found instead.
    code: Result<&'static Code, &'static Code>,
    assurance: Assurance,
    message: String,
}

fn records_check(
    domain: &DomainName,
    Found { entry, answer }: Found<'_, DnsTxtQuestion>,
    facts: &mut Issuer,
    judge: impl FnOnce(&TxtReading) -> RecordsFinding,
    policy: &Policy,
) -> Check {
    let domain = domain.as_str();
    let check = match answer {
        Err(why) => unavailable(CheckName::Issuer, why, &format!("the records of {domain} could not be read")),
        Ok(reading) => {
            facts.dnssec = Some(reading.dnssec);
            let (outcome, code, message) = if let Some(why) = denial_that_says_nothing(reading) {
                let message = format!("{why} (asked: {})", entry.provenance.hosts.join(", "));
                (Outcome::Unknown, &codes::ISSUER_DNS_DENIES_EVERYTHING, message)
            } else {
                let found = judge(reading);
                facts.confirmed = found.code.is_ok();
                facts.assurance = facts.confirmed.then_some(found.assurance);
                match found.code {
                    _ if policy.require_dnssec && reading.dnssec != Dnssec::Secure => {
                        let message = format!("{domain}: {}; {}", found.message, not_validated(reading.dnssec));
                        return from_entry(dnssec_required(reading.dnssec, strength(reading), message), entry);
                    }
                    Ok(code) => (Outcome::Pass, code, found.message),
                    Err(code) => (Outcome::Fail, code, found.message),
                }
            };
            let message = format!("{domain}: {message}");
            Check { strength: Some(strength(reading)), ..finding(CheckName::Issuer, outcome, code, message) }
        }
    };
    from_entry(check, entry)
}

fn strength(reading: &TxtReading) -> Strength {
    match reading.dnssec {
        // A chain that does not hold did not come so far.
        Dnssec::Secure if reading.chain.is_some() => Strength::DnssecChain,
        Dnssec::Secure => Strength::Dnssec,
        _ if reading.agreeing > 1 => Strength::AgreeingResolvers,
        _ => Strength::SingleResolver,
    }
}

fn not_validated(dnssec: Dnssec) -> &'static str {
    match dnssec {
        Dnssec::Insecure => "its records are not validated: the zone is not signed",
        _ => "its records are not validated: the resolver gives nothing to validate with",
    }
}

/// What was required is missing at the issuer's zone or at the reader's own resolver.
fn dnssec_required(dnssec: Dnssec, strength: Strength, message: String) -> Check {
    let check = unknown(&codes::ISSUER_DNSSEC_REQUIRED, message);
    let (actor, remedy) = match dnssec {
        Dnssec::NotChecked => (Actor::Verifier, "Ask another resolver, one that passes DNSSEC signatures on."),
        _ => (check.actor, check.remedy),
    };
    Check { actor, remedy, strength: Some(strength), ..check }
}

/// Identity by the DID alone (checks.md §3.8).
fn judge_did(claim: &Claim<'_>, facts: &mut Issuer, policy: &Policy) -> Check {
    match &claim.did {
        Did::Web(web) => did_web_check(&claim.did, web, &claim.lookup, facts, |document| {
            document.assertion_account(&claim.key).map(|_| ())
        }),
        did => bare_key(did.as_str(), facts, policy),
    }
}

/// A DID that names nobody: only somebody who knows it can say whose it is.
pub(super) fn bare_key(did: &str, facts: &mut Issuer, policy: &Policy) -> Check {
    facts.assurance = Some(Assurance::BareKey);
    if facts.did.as_deref().is_some_and(|named| policy.trusts_did(named)) {
        // That the key signed is for another check to say.
        let message = format!("{did} is a bare key, which your policy names as an issuer");
        return finding(CheckName::Issuer, Outcome::Pass, &codes::ISSUER_TRUSTED_KEY, message);
    }
    unknown(&codes::ISSUER_BARE_KEY, format!("{did} is a bare key: nothing ties it to a name"))
}

/// Identity by the document that a web server gives, if it `lists` the key.
pub(super) fn did_web_check(
    did: &Did,
    web: &WebDid,
    lookup: &Lookup<'_>,
    facts: &mut Issuer,
    lists: impl FnOnce(&DidDocument) -> Result<(), KeyRefusal>,
) -> Check {
    let domain = web.domain().as_str();
    facts.domain = Some(domain.to_owned());
    let (entry, document) = match lookup {
        Lookup::Answered { entry, document } => (*entry, document.as_ref()),
        Lookup::Unread { entry, why } => {
            return did_unread(CheckName::Issuer, &codes::ISSUER_DID_DOCUMENT_UNAVAILABLE, did, why, entry);
        }
        _ => return not_asked_yet(CheckName::Issuer, &codes::ISSUER_DID_DOCUMENT_UNAVAILABLE),
    };
    if let Some(check) = contradicting_did_document(did, lookup) {
        return check;
    }
    let check = match document.as_ref().map(lists) {
        Ok(Ok(())) => {
            facts.confirmed = true;
            facts.assurance = Some(Assurance::DidWeb);
            let message = format!("the DID document at {domain} lists this key");
            finding(CheckName::Issuer, Outcome::Pass, &codes::ISSUER_DID_WEB, message)
        }
        Ok(Err(why @ KeyRefusal::Material(KeyMaterial::UnsupportedType(_)))) => {
            unknown(&codes::ISSUER_DID_OTHER_KEYS, format!("{domain}: {why}"))
        }
        Ok(Err(why)) => fail(&codes::ISSUER_DID_OTHER_KEYS, format!("{domain}: {why}")),
        Err(why) => unknown(&codes::ISSUER_DID_DOCUMENT_UNAVAILABLE, format!("{domain}: {why}")),
    };
    did_evidence(check, did, entry)
}

/// A did:web whose server has nothing there, or the document of another DID (checks.md §8).
fn contradicting_did_document(did: &Did, lookup: &Lookup<'_>) -> Option<Check> {
    let Lookup::Answered { entry, document } = lookup else { return None };
    let Err(why) = document.as_ref() else { return None };
    let check = fail(&codes::ISSUER_NO_DID_DOCUMENT, format!("{did}: {why}"));
    why.contradicts().then(|| did_evidence(check, did, entry))
}

/// The claim does not hold together, which the issuance check says.
fn no_key(why: &Check) -> Check {
    unknown(&codes::ISSUER_NO_KEY, why.message.clone())
}

/// Every issuer may cost questions to a resolver, a chain and a web server, and the list is the sender's to write.
pub(super) fn too_many_issuers(name: CheckName) -> Check {
    let message = format!("the document names more than {MOST_ISSUERS} issuers, so nobody was asked about any");
    finding(name, Outcome::Unknown, &codes::TOO_MUCH_TO_ASK, message)
}

fn no_answer_yet() -> Check {
    not_asked_yet(CheckName::Issuer, &codes::ISSUER_DNS_UNAVAILABLE)
}

fn fail(code: &'static Code, message: String) -> Check {
    finding(CheckName::Issuer, Outcome::Fail, code, message)
}

fn unknown(code: &'static Code, message: String) -> Check {
    finding(CheckName::Issuer, Outcome::Unknown, code, message)
}
