//! W3C presentations (documents.md §9.6): who presents, whether it was made for the caller now, and every credential in it
//! through the complete procedure. Each is a part of the report; the worst verdict counts.

use super::credential::{ProofKey, did_of, holds, with_evidence};
use super::{Examination, Ground, finding};
use crate::credential::Signed;
use crate::document::Document;
use crate::document::presentation::Presentation;
use crate::evidence::Evidence;
use crate::identity::Purpose;
use crate::verify::codes::{self, Code};
use crate::verify::report::{Check, CheckName, Outcome, PresentationFacts, Report, Strength, Title, TitleStateName};
use crate::verify::{Case, Policy, Verdict};

impl Examination {
    /// The presentation itself; its credentials are judged by [`Self::judge_parts`].
    pub(super) fn judge_presentation(
        &mut self,
        ground: &Ground<'_>,
        presentation: &Presentation<'_>,
        signed: &Signed<'_>,
    ) {
        let proof = presentation.proof();
        // Who names no holder presents as whoever signed.
        let holder = presentation.holder().unwrap_or_else(|| did_of(&proof.verification_method));
        let key = self.proof_key(ground, &proof.verification_method, holder);
        self.findings.push(presented(presentation, holder, signed, &key, ground.now));
        self.judge_freshness(ground, presentation);
    }

    /// A copy of a presentation that was made for somebody else, or before, is told by its challenge and domain.
    fn judge_freshness(&mut self, ground: &Ground<'_>, presentation: &Presentation<'_>) {
        let (proof, policy) = (presentation.proof(), ground.policy);
        let challenge = proof.challenge.as_slice();
        for (what, wanted, found) in
            [("challenge", &policy.challenge, challenge), ("domain", &policy.domain, &proof.domains)]
        {
            if let Some(wanted) = wanted.as_ref().filter(|wanted| !found.contains(wanted)) {
                let found = match found {
                    [] => "none".to_owned(),
                    found => found.iter().map(|found| format!("{found:?}")).collect::<Vec<_>>().join(", "),
                };
                let message = format!("the {what} that you gave is {wanted:?}, the presentation has {found}");
                let check = fail(&codes::INTEGRITY_CHALLENGE, message);
                self.findings.push(Check { strength: Some(Strength::Computed), ..check });
            }
        }
    }

    /// Every credential on its own, on the terms of the whole.
    pub(super) fn judge_parts(&mut self, ground: &Ground<'_>, case: &Case<'_>, evidence: &Evidence) {
        self.judge_validity(ground);
        self.title = Title::without_parties(TitleStateName::None);
        self.pass_over_the_rest(&codes::PARTS_SAY);
        for part in case.parts() {
            let mut examination = Self::new(part);
            examination.judge(part, evidence);
            self.domains.append(&mut examination.domains);
            for question in std::mem::take(&mut examination.open_questions) {
                if !self.open_questions.contains(&question) {
                    self.open_questions.push(question);
                }
            }
            self.parts.push(examination.into_report(part));
        }
    }
}

/// Whether the holder presents, and everything in it is about them.
fn presented(
    presentation: &Presentation<'_>,
    holder: &str,
    signed: &Signed<'_>,
    key: &ProofKey<'_>,
    now: i64,
) -> Check {
    for credential in presentation.credentials() {
        let Document::Credential(credential) = credential else { continue };
        if let Some(other) = credential.subject_ids().find(|id| id.as_deref() != Some(holder)) {
            let about = other.map_or_else(|| "nobody that it names".into(), |other| other.into_owned());
            let message = format!("{holder} presents a credential about {about}");
            return fail(&codes::INTEGRITY_HOLDER_DIFFERS, message);
        }
    }
    let purpose = match presentation.proof().purpose.as_str() {
        "authentication" => Purpose::Authentication,
        _ => Purpose::Assertion,
    };
    match holds(presentation.proof(), signed, key, purpose, now) {
        Ok(entry) => {
            let message = format!("presented by {holder}, who signed all of it");
            with_evidence(finding(CheckName::Integrity, Outcome::Pass, &codes::INTEGRITY_SIGNED, message), key, entry)
        }
        Err(check) => check,
    }
}

/// The worst of the whole and its parts.
pub(super) fn worst_verdict(own: Verdict, parts: &[Report]) -> Verdict {
    let stands = |verdict: &Verdict| own == *verdict || parts.iter().any(|part| part.verdict == *verdict);
    Verdict::WORST_FIRST.into_iter().find(stands).unwrap_or(own)
}

fn fail(code: &'static Code, message: String) -> Check {
    finding(CheckName::Integrity, Outcome::Fail, code, message)
}

/// What a presentation says of itself.
pub(super) fn facts(presentation: &Presentation<'_>, policy: &Policy) -> PresentationFacts {
    let proof = presentation.proof();
    let answers = policy.challenge.is_some() && policy.challenge == proof.challenge;
    PresentationFacts {
        holder: presentation.holder().unwrap_or_else(|| did_of(&proof.verification_method)).to_owned(),
        suite: proof.suite.name().to_owned(),
        key: proof.verification_method.clone(),
        challenge: proof.challenge.clone(),
        domains: proof.domains.clone(),
        fresh: answers && policy.domain.as_ref().is_some_and(|domain| proof.domains.contains(domain)),
    }
}
