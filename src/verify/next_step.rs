//! What to do next, and who can: one sentence at the end of every report whose verdict is not `valid`. A report may have
//! many findings and each its remedy; this picks the one that has to be dealt with first (checks.md §1.3).

use serde::Serialize;

use super::Verdict;
use super::codes::{self, Actor, Code};
use super::report::{Check, CheckName, Outcome, Report, RuleFinding, TitleStateName, code_id};
use super::title_report::TitleReport;

/// What to do next, and who can.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct NextStep {
    /// Who has to act.
    pub who: Actor,
    /// The finding that it is about: the one that matters most.
    #[serde(serialize_with = "code_id")]
    pub code: &'static Code,
    /// What to do and who can, in one sentence.
    pub sentence: String,
}

/// `None` only where the document is valid.
pub(super) fn of(report: &Report) -> Option<NextStep> {
    let own = step(&report.checks, report.verdict, &report.policy);
    // The verdict on a presentation may be that on one of its credentials.
    own.or_else(|| {
        let (index, part) = report.parts.iter().enumerate().find(|(_, part)| part.verdict == report.verdict)?;
        let step = part.next_step.clone()?;
        let sentence = format!("About credential {}: {}", index + 1, lower_first(&step.sentence));
        Some(NextStep { sentence, ..step })
    })
}

/// `None` only where the title is live and nothing speaks against it.
pub(super) fn of_title(report: &TitleReport) -> Option<NextStep> {
    let verdict = report.verdict();
    let without_title = verdict == Verdict::NotLive && report.title.state == TitleStateName::None;
    let nothing_to_follow = || NextStep {
        who: Actor::Verifier,
        code: &codes::TITLE_NONE,
        sentence: "Verify the document itself, which has no title that could be followed; the next step is yours."
            .into(),
    };
    step(&report.checks, verdict, &[]).or_else(|| without_title.then(nothing_to_follow))
}

fn step(checks: &[Check], verdict: Verdict, rules: &[RuleFinding]) -> Option<NextStep> {
    let found = checks.iter().flat_map(Concern::of_check).filter(|concern| concern.leads_to(verdict));
    // Of equals the first: checks stand in their order, and their findings the worst first.
    let concern = found.min_by_key(Concern::rank)?;
    let failed = rules.iter().find(|rule| rule.outcome == Outcome::Fail);
    let sentence = match failed.filter(|_| concern.code == &codes::POLICY_NOT_MET) {
        Some(rule) => format!(
            "Do not accept the document, or change your rule {} if it is not meant so; only you can decide that.",
            rule.rule
        ),
        None => concern.sentence(),
    };
    Some(NextStep { who: concern.actor, code: concern.code, sentence })
}

/// A finding, whether it speaks for its check or stands beside the one that does.
struct Concern {
    check: CheckName,
    outcome: Outcome,
    code: &'static Code,
    actor: Actor,
    remedy: &'static str,
}

impl Concern {
    fn of_check(check: &Check) -> impl Iterator<Item = Self> {
        let &Check { name, outcome, code, actor, remedy, .. } = check;
        let also = check.also.iter().map(move |also| Self {
            check: name,
            outcome: also.outcome,
            code: also.code,
            actor: also.actor,
            remedy: also.code.remedy,
        });
        std::iter::once(Self { check: name, outcome, code, actor, remedy }).chain(also)
    }

    /// Whether the verdict is this because of it, too (checks.md §1).
    fn leads_to(&self, verdict: Verdict) -> bool {
        let fails = self.outcome == Outcome::Fail;
        match verdict {
            Verdict::Valid => false,
            Verdict::Invalid => fails && !matches!(self.check, CheckName::Title | CheckName::Policy),
            Verdict::Indeterminate => self.outcome == Outcome::Unknown,
            Verdict::NotLive => fails && self.check == CheckName::Title,
            Verdict::PolicyNotMet => fails && self.check == CheckName::Policy,
        }
    }

    /// What only follows from another finding comes last. Before what a second attempt may mend comes what it cannot: first
    /// what somebody else has to do, then what the reader has to.
    fn rank(&self) -> (bool, u8) {
        let patience = match self.actor {
            Actor::Sender | Actor::Issuer | Actor::Holder => 0,
            Actor::Verifier => 1,
            Actor::Network => 2,
            Actor::Nobody => 3,
        };
        (FOLLOWS_FROM_ANOTHER.contains(&self.code), patience)
    }

    fn sentence(&self) -> String {
        let who = match self.actor {
            _ if self.code == &codes::TITLE_ENDED => "nobody can change that",
            Actor::Sender => "nobody else can mend this",
            Actor::Issuer => "only the issuer can change this",
            Actor::Holder => "only the holder can change this",
            Actor::Network => "else only whoever runs the service that did not answer can help",
            Actor::Verifier | Actor::Nobody => "the next step is yours",
        };
        format!("{}; {who}.", in_one_sentence(self.remedy))
    }
}

/// Findings that say no more than that another check came to nothing.
const FOLLOWS_FROM_ANOTHER: [&Code; 12] = [
    &codes::CHALLENGE_NO_PARTY,
    &codes::CHALLENGE_PARTY_UNKNOWN,
    &codes::CHAIN_UNANSWERED,
    &codes::ISSUER_NO_KEY,
    &codes::ISSUANCE_UNPROVEN,
    &codes::TITLE_NOT_ISSUED,
    &codes::TITLE_UNKNOWN,
    &codes::HISTORY_UNPROVEN,
    &codes::POWERS_UNPROVEN,
    &codes::POLICY_UNDECIDED,
    &codes::NOT_ASKED,
    &codes::PARTS_SAY,
];

/// The first sentence of a remedy, with the second where both say what to do; without a full stop.
fn in_one_sentence(remedy: &str) -> String {
    let mut sentences = remedy.trim_end_matches('.').split(". ");
    let first = sentences.next().unwrap_or_default();
    match sentences.next() {
        Some(second) if !AFTERTHOUGHTS.iter().any(|word| second.starts_with(word)) => {
            format!("{first}, and {}", lower_first(second))
        }
        _ => first.to_owned(),
    }
}

/// How a sentence begins that names another way instead of the second half of the first one.
const AFTERTHOUGHTS: [&str; 4] = ["If ", "Or ", "See ", "Whoever "];

fn lower_first(sentence: &str) -> String {
    let mut characters = sentence.chars();
    characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn concern(code: &'static Code) -> Concern {
        let Code { actor, remedy, .. } = *code;
        Concern { check: CheckName::Issuance, outcome: Outcome::Unknown, code, actor, remedy }
    }

    #[test]
    fn of_every_code_the_step_is_one_sentence_that_says_who_can() {
        for code in codes::all().filter(|code| code.actor != Actor::Nobody) {
            let sentence = concern(code).sentence();
            assert!(sentence.ends_with('.') && sentence.matches(". ").count() == 0, "{}: {sentence}", code.id);
            assert!(sentence.chars().count() <= 260, "{}: {sentence}", code.id);
        }
    }

    /// A reader who is sent to another check is told what that check says in the first place.
    #[test]
    fn what_only_points_to_another_check_is_never_chosen_before_that_check() {
        for code in codes::all().filter(|code| code.remedy.starts_with("See ")) {
            assert!(FOLLOWS_FROM_ANOTHER.contains(&code), "{}", code.id);
        }
    }

    #[test]
    fn what_a_second_attempt_cannot_mend_comes_first() {
        let first = |codes: &[&'static Code]| {
            codes.iter().map(|&code| concern(code)).min_by_key(Concern::rank).map(|concern| concern.code.id)
        };
        let (down, pending, claimed) =
            (&codes::ISSUER_DNS_UNAVAILABLE, &codes::TITLE_RETURN_PENDING, &codes::ISSUER_NONE_CLAIMED);
        assert_eq!(first(&[down, pending]), Some("title.return_pending"));
        assert_eq!(first(&[down, pending, claimed]), Some("issuer.no_identity_claimed"));
        assert_eq!(first(&[&codes::CHAIN_UNANSWERED, down]), Some("issuer.dns_unavailable"));
        assert_eq!(first(&[&codes::CHAIN_RPC_UNAVAILABLE, down]), Some("chain.rpc_unavailable"));
    }
}
