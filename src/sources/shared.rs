//! Answers that several documents of one run share: a domain, a DID's document or a status list is asked for once, however
//! many documents name it, and never believed longer than its time. Chains are not among them: what is read there belongs
//! to the block of its own document.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::OnceCell;

use crate::evidence::{Entry, Fact, Question};

/// The answers of web servers and resolvers, for as long as they may be shared.
#[derive(Debug)]
pub(super) struct SharedAnswers {
    /// How long an answer counts.
    time: Duration,
    answers: Mutex<HashMap<Question, Arc<OnceCell<Known>>>>,
}

/// An answer, and when it came. None: there was no entry to keep.
#[derive(Debug)]
struct Known {
    since: Instant,
    entry: Option<Entry>,
}

impl SharedAnswers {
    /// Zero shares nothing.
    pub(super) fn for_time(time: Duration) -> Self {
        Self { time, answers: Mutex::default() }
    }

    /// What is known, or what `ask` finds out. Whoever asks the same in the meantime waits for that.
    pub(super) async fn or_ask<F: Future<Output = Option<Entry>>>(
        &self,
        question: &Question,
        ask: impl FnOnce() -> F,
    ) -> Option<Entry> {
        if self.time.is_zero() {
            return ask().await;
        }
        let cell = self.cell(question);
        let known = cell
            .get_or_init(|| async {
                let entry = ask().await;
                Known { since: Instant::now(), entry }
            })
            .await;
        known.entry.clone()
    }

    fn cell(&self, question: &Question) -> Arc<OnceCell<Known>> {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cell) = answers.get(question).filter(|cell| cell.get().is_none_or(|known| self.counts(known))) {
            return Arc::clone(cell);
        }
        if answers.len() >= MOST {
            answers.retain(|_, cell| cell.get().is_none_or(|known| self.counts(known) && is_small(known)));
        }
        let cell = Arc::new(OnceCell::new());
        // With so many still counting, this one is asked for each time.
        if answers.len() < MOST {
            answers.insert(question.clone(), Arc::clone(&cell));
        }
        cell
    }

    /// An outage is believed for a moment only, so that it is not asked for by every document at once.
    fn counts(&self, known: &Known) -> bool {
        let answered = known.entry.as_ref().is_some_and(|entry| entry.answer().is_ok());
        known.since.elapsed() < if answered { self.time } else { self.time.min(OUTAGE) }
    }
}

/// What many of are no burden.
fn is_small(known: &Known) -> bool {
    match known.entry.as_ref().map(Entry::answer) {
        Some(Ok(Fact::Web(reading))) => reading.body.len() <= LARGE,
        _ => true,
    }
}

/// Questions that are remembered at a time.
const MOST: usize = 4096;
/// Bytes of a body.
const LARGE: usize = 64 << 10;
const OUTAGE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::evidence::{Cause, DnsTxtQuestion, Provenance, TxtReading, Unavailable};

    fn question(name: &str) -> Question {
        DnsTxtQuestion { name: name.into() }.into()
    }

    fn answered(question: &Question) -> Option<Entry> {
        let reading = TxtReading {
            name_exists: true,
            records: vec!["x".into()],
            dnssec: crate::evidence::Dnssec::NotChecked,
            chain: None,
            agreeing: 1,
            top_level: None,
        };
        Entry::pair(question.clone(), Ok(Fact::DnsTxt(reading)), Provenance::default()).ok()
    }

    fn asked(shared: &SharedAnswers, names: &[&str]) -> usize {
        let count = AtomicUsize::new(0);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let all = names.iter().map(|name| {
                let (question, count) = (question(name), &count);
                async move {
                    let ask = || async {
                        count.fetch_add(1, Ordering::Relaxed);
                        tokio::task::yield_now().await;
                        answered(&question)
                    };
                    assert_eq!(shared.or_ask(&question, ask).await, answered(&question));
                }
            });
            futures_util::future::join_all(all).await;
        });
        count.into_inner()
    }

    #[test]
    fn the_same_question_is_asked_once_while_its_answer_counts() {
        let names = ["a.example", "b.example", "a.example", "a.example", "b.example"];
        let shared = SharedAnswers::for_time(Duration::from_secs(60));
        assert_eq!((asked(&shared, &names), asked(&shared, &names)), (2, 0));
        assert_eq!(asked(&SharedAnswers::for_time(Duration::ZERO), &names), 5);
        let short = SharedAnswers::for_time(Duration::from_nanos(1));
        assert_eq!((asked(&short, &["a.example"]), asked(&short, &["a.example"])), (1, 1));
    }

    #[test]
    fn an_outage_counts_for_a_moment_and_what_is_remembered_is_bounded() {
        let shared = SharedAnswers::for_time(Duration::from_secs(60));
        let why = Unavailable { cause: Cause::Timeout, host: None, detail: "x".into() };
        let long_ago = Instant::now().checked_sub(Duration::from_secs(6)).unwrap();
        let outage = Entry::unanswered(question("a.example"), why, Provenance::default());
        assert!(shared.counts(&Known { since: Instant::now(), entry: Some(outage.clone()) }));
        assert!(!shared.counts(&Known { since: long_ago, entry: Some(outage) }));
        assert!(shared.counts(&Known { since: long_ago, entry: answered(&question("a.example")) }));
        for number in 0..MOST + 10 {
            shared.cell(&question(&format!("{number}.example")));
        }
        assert_eq!(shared.answers.lock().unwrap().len(), MOST);
    }
}
