//! What the checks found, in the order of finding. Nothing takes a finding back: they are folded into one check of each name
//! only at the end, where the worst speaks for all and the others stand beside it.

use std::collections::BTreeSet;

use crate::evidence::Cause;
use crate::verify::codes::Actor;
use crate::verify::report::{Check, CheckName, FurtherFinding, Outcome};

/// Findings, each under the name of its check.
#[derive(Default)]
pub(super) struct Findings(Vec<Check>);

impl Findings {
    /// What was found already is not said twice.
    pub(super) fn push(&mut self, found: Check) {
        let same =
            |known: &&mut Check| (known.name, known.code, &known.message) == (found.name, found.code, &found.message);
        match self.0.iter_mut().find(same) {
            Some(known) => {
                add_new(&mut known.answered_by, found.answered_by);
                add_new(&mut known.unavailable, found.unavailable);
            }
            None => self.0.push(found),
        }
    }

    pub(super) fn extend(&mut self, found: impl IntoIterator<Item = Check>) {
        found.into_iter().for_each(|check| self.push(check));
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Check> {
        self.0.iter()
    }

    /// What the check of this name comes to so far; unknown where nothing was found.
    pub(super) fn outcome(&self, name: CheckName) -> Outcome {
        worst(self.0.iter().filter(|check| check.name == name)).map_or(Outcome::Unknown, |check| check.outcome)
    }

    /// Whether anything speaks against it.
    pub(super) fn failed(&self, name: CheckName) -> bool {
        self.0.iter().any(|check| (check.name, check.outcome) == (name, Outcome::Fail))
    }

    /// As [`Self::folded`], of all checks but this one.
    pub(super) fn folded_without(mut self, name: CheckName) -> Vec<Check> {
        self.0.retain(|check| check.name != name);
        self.folded()
    }

    /// One check of each name, in the order of the names.
    pub(super) fn folded(self) -> Vec<Check> {
        let Self(mut found) = self;
        suspect_the_own_network(&mut found);
        // Stable: of equals the one that was found first speaks.
        found.sort_by_key(|check| (check.name, std::cmp::Reverse(severity(check.outcome))));
        let (mut found, mut checks) = (found.into_iter().peekable(), Vec::new());
        while let Some(check) = found.next() {
            let further = std::iter::from_fn(|| found.next_if(|next| next.name == check.name));
            let also =
                further.filter(|next| next.outcome != Outcome::NotApplicable).map(FurtherFinding::from).collect();
            checks.push(Check { also, ..check });
        }
        checks
    }
}

fn add_new<T: PartialEq>(known: &mut Vec<T>, more: Vec<T>) {
    for item in more {
        if !known.contains(&item) {
            known.push(item);
        }
    }
}

/// All of several findings must hold: the worst speaks for all, of equals the first.
pub(super) fn worst<C: std::borrow::Borrow<Check>>(findings: impl IntoIterator<Item = C>) -> Option<C> {
    let severity = |check: &C| severity(check.borrow().outcome);
    findings.into_iter().reduce(|worst, next| if severity(&next) > severity(&worst) { next } else { worst })
}

fn severity(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::NotApplicable => 0,
        Outcome::Pass => 1,
        Outcome::Unknown => 2,
        Outcome::Fail => 3,
    }
}

/// Where several were asked and none could even be reached, the fault is more likely on this side.
fn suspect_the_own_network(checks: &mut [Check]) {
    let failures = || checks.iter().flat_map(|check| &check.unavailable);
    let nobody_answered = checks.iter().all(|check| check.answered_by.is_empty())
        && failures().all(|why| matches!(why.cause, Cause::Unreachable | Cause::Timeout));
    let asked: BTreeSet<&str> = failures().filter_map(|why| why.host.as_deref()).collect();
    // What runs on this machine needs no network.
    if !nobody_answered || asked.len() < 2 || asked.iter().all(|host| is_loopback(host)) {
        return;
    }
    let unknown = checks.iter_mut().filter(|check| check.outcome == Outcome::Unknown && check.actor == Actor::Network);
    for (index, check) in unknown.enumerate() {
        check.actor = Actor::Verifier;
        // Once is enough.
        if index == 0 {
            check.message.push_str("; nobody that was asked could be reached, so look at your own network first");
        }
    }
}

/// A host as messages name it, with or without a port, or a resolver's address.
fn is_loopback(host: &str) -> bool {
    let name = host.strip_prefix("https://").unwrap_or(host);
    let name = name.split('/').next().unwrap_or(name);
    let ip = name.parse::<std::net::SocketAddr>().map(|at| at.ip()).or_else(|_| name.trim_matches(['[', ']']).parse());
    let label = name.split(':').next().unwrap_or(name);
    ip.map_or(label.eq_ignore_ascii_case("localhost"), |ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::checks::{finding, not_applicable};
    use crate::verify::codes::{self, Code};

    fn issuance(outcome: Outcome, code: &'static Code) -> Check {
        finding(CheckName::Issuance, outcome, code, code.id.to_owned())
    }

    #[test]
    fn of_every_two_findings_both_are_visible_and_the_worse_speaks() {
        let all = [
            (Outcome::Fail, &codes::ISSUANCE_REVOKED),
            (Outcome::Fail, &codes::ISSUANCE_EXPIRED),
            (Outcome::Unknown, &codes::ISSUANCE_STORE_REFUSED),
            (Outcome::Pass, &codes::ISSUANCE_ISSUED),
        ];
        for (first, second) in all.iter().flat_map(|first| all.iter().map(move |second| (first, second))) {
            let mut findings = Findings::default();
            findings.push(not_applicable(CheckName::Title, &codes::TITLE_NONE));
            findings.extend([issuance(first.0, first.1), issuance(second.0, second.1)]);
            let checks = findings.folded();
            assert_eq!(
                checks.iter().map(|check| check.name).collect::<Vec<_>>(),
                [CheckName::Issuance, CheckName::Title]
            );
            let shown: Vec<_> = [(checks[0].outcome, checks[0].code)]
                .into_iter()
                .chain(checks[0].also.iter().map(|also| (also.outcome, also.code)))
                .collect();
            let mut wanted = vec![*first, *second];
            wanted.dedup();
            wanted.sort_by_key(|(outcome, _)| std::cmp::Reverse(severity(*outcome)));
            assert_eq!(shown, wanted);
        }
    }

    #[test]
    fn what_does_not_apply_stands_beside_nothing() {
        let mut findings = Findings::default();
        findings.push(not_applicable(CheckName::Chain, &codes::CHAIN_NOT_NEEDED));
        findings.push(finding(CheckName::Chain, Outcome::Fail, &codes::CHAIN_CONTRADICTS_LINK, "another".into()));
        let checks = findings.folded();
        assert_eq!((checks.len(), checks[0].outcome, checks[0].also.len()), (1, Outcome::Fail, 0));
    }
}
