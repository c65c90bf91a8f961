//! What one document may make us ask of hosts that it chose (checks.md §9). Kept here, so that it holds for everybody who
//! looks for answers.

use super::case::LinkFollowed;
use crate::evidence::{Cause, Entry, Evidence, Provenance, Question, Unavailable};
use crate::web_address::MOST_FETCHES;
use std::borrow::Cow;

/// Judges until there is a report or something that may be asked: what is beyond the budget counts as not to be had.
/// `judge` returns the questions that are open; `known` is what was answered so far. That has been paid for, and so has the
/// document that a link led to.
pub(super) fn keep<R>(
    known: &Evidence,
    mut counting: Cow<'_, Evidence>,
    link: Option<&LinkFollowed>,
    judge: impl Fn(&Evidence) -> Result<R, Vec<Question>>,
) -> Result<R, Vec<Question>> {
    let spent = known.entries().iter().filter(|entry| is_fetch(entry.question())).count() + usize::from(link.is_some());
    loop {
        let open = match judge(&counting) {
            Ok(report) => return Ok(report),
            Err(open) => open,
        };
        let mut left = MOST_FETCHES.saturating_sub(spent);
        let (allowed, beyond): (Vec<_>, Vec<_>) = open.into_iter().partition(|question| {
            let affordable = !is_fetch(question) || left > 0;
            left -= usize::from(is_fetch(question) && affordable);
            affordable
        });
        if !allowed.is_empty() {
            return Err(allowed);
        }
        for question in beyond {
            counting.to_mut().record(Entry::unanswered(question, too_many(), Provenance::default()));
        }
    }
}

fn is_fetch(question: &Question) -> bool {
    matches!(question, Question::Web(_))
}

fn too_many() -> Unavailable {
    let detail = format!("the document names more than {MOST_FETCHES} web addresses to ask");
    Unavailable { cause: Cause::NotAllowed, host: None, detail }
}
