//! The issuer check: who stands behind the contract or key, as far as a domain's records say (checks.md §3.6–3.8).

use super::{Case, Examination, another_question, finding, from_entry, not_asked_yet, unavailable, worst};
use crate::document::IdentityKind;
use crate::evidence::{Dnssec, Fact, Question, TxtReading};
use crate::identity::{DnsTxtFinding, DomainName, judge_dns_txt};
use crate::verify::Policy;
use crate::verify::codes;
use crate::verify::report::{Check, CheckName, Issuer, Outcome, Strength};

impl Examination {
    pub(super) fn judge_issuers(&mut self, case: &Case<'_>) {
        let findings: Vec<Check> =
            case.document.issuers().iter().map(|issuer| self.judge_issuer(case, issuer)).collect();
        let none = || {
            let message = "the document names no issuer".into();
            finding(CheckName::Issuer, Outcome::Fail, &codes::INTEGRITY_SHAPE, message)
        };
        self.checks.push(worst(findings).unwrap_or_else(none));
    }

    fn judge_issuer(&mut self, case: &Case<'_>, issuer: &crate::document::Issuer) -> Check {
        let mut facts =
            Issuer { name: issuer.name.clone(), domain: None, confirmed: false, assurance: None, dnssec: None };
        let check = self.judge_identity(case, issuer, &mut facts);
        self.issuers.push(facts);
        check
    }

    fn judge_identity(&mut self, case: &Case<'_>, issuer: &crate::document::Issuer, facts: &mut Issuer) -> Check {
        let fail = |code, message| finding(CheckName::Issuer, Outcome::Fail, code, message);
        let unknown = |code, message| finding(CheckName::Issuer, Outcome::Unknown, code, message);
        let Some(identity) = &issuer.identity else {
            return unknown(&codes::ISSUER_NONE_CLAIMED, "no identity is claimed for the issuing contract".into());
        };
        let (IdentityKind::DnsTxt, Some(contract)) = (&identity.kind, &issuer.contract) else {
            return unknown(
                &codes::ISSUER_UNSUPPORTED,
                format!("identity proof {} is not checked by this version", identity.kind),
            );
        };
        let Some(location) = identity.location.as_deref().filter(|location| !location.is_empty()) else {
            return fail(&codes::ISSUER_LOCATION_MISSING, "the identity proof names no domain".into());
        };
        let domain = match DomainName::parse(location) {
            Ok(domain) => domain,
            Err(why) => return fail(&codes::ISSUER_NOT_A_DOMAIN, format!("{location:?} is not a domain name: {why}")),
        };
        facts.domain = Some(domain.as_str().to_owned());
        let question = Question::DnsTxt { name: domain.as_str().to_owned() };
        let Some(entry) = self.answer(case.evidence, &question) else {
            return not_asked_yet(CheckName::Issuer, &codes::ISSUER_DNS_UNAVAILABLE);
        };
        let Ok(chain) = case.chain else {
            return unknown(
                &codes::CHAIN_NOT_NAMED,
                "which record would match depends on the chain, which is not known".into(),
            );
        };
        let check = match &entry.answer {
            Err(why) => unavailable(CheckName::Issuer, why, &domain_clause(domain.as_str())),
            Ok(Fact::DnsTxt(reading)) => {
                facts.dnssec = Some(reading.dnssec);
                let found = judge_dns_txt(reading, contract.address, chain);
                facts.confirmed = matches!(found, DnsTxtFinding::Matches { .. });
                facts.assurance = facts.confirmed.then_some("dns");
                dns_txt_check(&found, reading, domain.as_str(), case.policy)
            }
            Ok(_) => another_question(CheckName::Issuer, &codes::ISSUER_DNS_UNAVAILABLE),
        };
        from_entry(check, entry)
    }
}

fn dns_txt_check(found: &DnsTxtFinding, reading: &TxtReading, domain: &str, policy: &Policy) -> Check {
    let (outcome, code) = match found {
        _ if policy.require_dnssec && reading.dnssec != Dnssec::Secure => {
            (Outcome::Unknown, &codes::ISSUER_DNSSEC_REQUIRED)
        }
        DnsTxtFinding::Matches { .. } => (Outcome::Pass, &codes::ISSUER_DNS_TXT),
        DnsTxtFinding::DomainDoesNotExist => (Outcome::Fail, &codes::ISSUER_NO_SUCH_DOMAIN),
        DnsTxtFinding::NoRecords => (Outcome::Fail, &codes::ISSUER_NO_RECORD),
        DnsTxtFinding::OtherChain { .. } => (Outcome::Fail, &codes::ISSUER_OTHER_CHAIN),
        DnsTxtFinding::OtherAddresses { .. } => (Outcome::Fail, &codes::ISSUER_OTHER_ADDRESS),
        DnsTxtFinding::MalformedRecord { .. } => (Outcome::Fail, &codes::ISSUER_MALFORMED_RECORD),
    };
    let strength = match reading.dnssec {
        Dnssec::Secure => Strength::Dnssec,
        _ if reading.agreeing > 1 => Strength::AgreeingResolvers,
        _ => Strength::SingleResolver,
    };
    Check { strength: Some(strength), ..finding(CheckName::Issuer, outcome, code, format!("{domain}: {found}")) }
}

fn domain_clause(domain: &str) -> String {
    format!("the records of {domain} could not be read")
}
