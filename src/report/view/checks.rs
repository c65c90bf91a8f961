//! The checks in words: what each came to, why, who acts, and who answered.

use super::{Rule, Section, Telling, unless_empty};
use crate::evidence::Cause;
use crate::verify::codes::{self, Actor};
use crate::verify::{Check, CheckName, Outcome, Report};

/// What was checked, and what was not asked.
pub(crate) struct Checks {
    pub asked: Vec<Finding>,
    pub passed_over: Vec<PassedOver>,
}

/// Checks that came to the same for the same reason, which is read once.
pub(crate) struct Finding {
    pub outcome: Outcome,
    /// Of the checks, with commas between.
    pub names: String,
    pub message: String,
    /// Its code, where it is shown.
    pub code: Option<&'static str>,
    /// Who has to act, and how.
    pub advice: Option<String>,
    /// Who answered and who did not.
    pub sources: Vec<String>,
    pub also: Vec<Also>,
}

/// What else a check found.
pub(crate) struct Also {
    pub outcome: Outcome,
    pub message: String,
    pub code: &'static str,
}

/// Checks that were not asked, for one reason.
pub(crate) struct PassedOver {
    pub names: String,
    pub message: String,
}

impl Checks {
    pub(in crate::report) fn of(checks: &[Check], telling: Telling) -> Self {
        let (asked, skipped): (Vec<_>, Vec<_>) =
            checks.iter().partition(|check| check.outcome != Outcome::NotApplicable);
        let is_same =
            |one: &&Check, next: &&Check| (one.code, &one.message, &one.also) == (next.code, &next.message, &next.also);
        let asked = asked
            .chunk_by(is_same)
            .filter_map(|group| Some(Finding { names: names(group), ..Finding::of(group.first().copied()?, telling) }));
        let passed_over = skipped
            .chunk_by(|one, next| one.message == next.message)
            .filter_map(|group| Some(PassedOver { names: names(group), message: group.first()?.message.clone() }));
        Self { asked: asked.collect(), passed_over: passed_over.collect() }
    }
}

impl Finding {
    pub(super) fn of(check: &Check, telling: Telling) -> Self {
        let is_full = telling.extent.is_full();
        let advice = (check.actor != Actor::Nobody && check.outcome != Outcome::Pass).then(|| {
            let tried = tried(check).map(|tried| format!(" ({tried})")).unwrap_or_default();
            format!("who acts: {}{tried}. {}", check.actor, (telling.advice)(check.code, check.remedy))
        });
        let also = check.also.iter().filter(|also| is_full || also.outcome != Outcome::Pass).map(|also| {
            let by = match also.answered_by.as_slice() {
                [_, ..] if is_full => format!(" (answered by: {})", also.answered_by.join(", ")),
                _ => String::new(),
            };
            Also { outcome: also.outcome, message: format!("{}{by}", also.message), code: also.code.id }
        });
        Self {
            outcome: check.outcome,
            names: check.name.as_str().to_owned(),
            message: check.message.clone(),
            code: (check.outcome != Outcome::Pass || is_full).then_some(check.code.id),
            advice,
            sources: if is_full { sources(check) } else { Vec::new() },
            also: also.collect(),
        }
    }
}

fn names(group: &[&Check]) -> String {
    group.iter().map(|check| check.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// Everybody that was asked in vain, where it was more than the one whom the message names.
fn tried(check: &Check) -> Option<String> {
    let mut hosts: Vec<&str> = Vec::new();
    for host in check.unavailable.iter().filter_map(|why| why.host.as_deref()) {
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    (hosts.len() > 1).then(|| format!("tried: {}", hosts.join(", ")))
}

fn sources(check: &Check) -> Vec<String> {
    let mut lines = Vec::new();
    if !check.answered_by.is_empty() {
        lines.push(format!("answered by: {}", check.answered_by.join(", ")));
    }
    lines.extend(check.unavailable.iter().map(|why| {
        let host = why.host.as_deref().unwrap_or("nobody");
        let what = if why.cause == Cause::Disagreement { "differs:" } else { "no answer from" };
        format!("{what} {host}: {}", why.detail)
    }));
    lines
}

/// Every rule of the policy, unless nothing was asked.
pub(super) fn policy(report: &Report) -> Option<Section> {
    let judged = report.checks.iter().any(|check| check.code != &codes::NOT_ASKED && check.name == CheckName::Policy);
    let rules = report.policy.iter().filter(|_| judged);
    let rules = rules.map(|rule| Rule { outcome: rule.outcome, name: rule.rule, message: rule.message.clone() });
    unless_empty(rules.collect(), Section::Policy)
}
