//! What the documents of a run came to, in numbers.

use std::collections::BTreeMap;

use serde::Serialize;

use super::twins::{TwinFinding, Twins};
use crate::report::json::{self, Layout, RenderError};
use crate::verify::codes::Code;
use crate::verify::{Outcome, Report, Verdict};

/// Counts of one run; the shape of `schemas/summary.schema.json`.
#[derive(Debug, Serialize)]
pub(super) struct Tally {
    schema: &'static str,
    /// How many were judged or tried.
    documents: usize,
    /// How many were not, because the run ended before.
    left: usize,
    /// By verdict.
    verdicts: BTreeMap<&'static str, usize>,
    /// How many could not be read.
    unreadable: usize,
    /// By code: what failed or is not known, once a document.
    codes: BTreeMap<&'static str, usize>,
    /// What the documents show about each other.
    findings: Vec<TwinFinding>,
    #[serde(skip)]
    twins: Twins,
}

impl Tally {
    pub(super) fn of(documents: usize) -> Self {
        Self {
            schema: "ebl-verifier/summary/1",
            documents: 0,
            left: documents,
            verdicts: BTreeMap::new(),
            unreadable: 0,
            codes: BTreeMap::new(),
            findings: Vec::new(),
            twins: Twins::default(),
        }
    }

    pub(super) fn judged(&mut self, file: &str, report: &Report) {
        self.one_more();
        self.twins.add(file, report);
        *self.verdicts.entry(report.verdict.name()).or_default() += 1;
        let mut codes: Vec<&'static str> = Vec::new();
        for part in std::iter::once(report).chain(&report.parts) {
            for check in &part.checks {
                let also = check.also.iter().map(|also| (also.outcome, also.code));
                let bad = |outcome| matches!(outcome, Outcome::Fail | Outcome::Unknown);
                let found = std::iter::once((check.outcome, check.code)).chain(also);
                codes.extend(found.filter(|(outcome, _)| bad(*outcome)).map(|(_, code)| code.id));
            }
        }
        codes.sort_unstable();
        codes.dedup();
        for code in codes {
            *self.codes.entry(code).or_default() += 1;
        }
    }

    pub(super) fn unreadable(&mut self, code: &'static Code) {
        self.one_more();
        self.unreadable += 1;
        *self.codes.entry(code.id).or_default() += 1;
    }

    fn one_more(&mut self) {
        self.documents += 1;
        self.left = self.left.saturating_sub(1);
    }

    /// Nothing more comes.
    pub(super) fn close(&mut self) {
        self.findings = self.twins.findings();
    }

    pub(super) fn findings(&self) -> &[TwinFinding] {
        &self.findings
    }

    pub(super) fn left(&self) -> usize {
        self.left
    }

    /// In a line, the worst first.
    pub(super) fn line(&self) -> String {
        let counted = |verdict: Verdict| Some((self.verdicts.get(verdict.name())?, verdict.headline()));
        let verdicts =
            Verdict::WORST_FIRST.into_iter().filter_map(counted).map(|(count, words)| format!("{count} {words}"));
        let unreadable = (self.unreadable > 0).then(|| format!("{} not read", self.unreadable));
        let left = (self.left > 0).then(|| format!("{} not judged", self.left));
        let parts: Vec<String> = verdicts.chain(unreadable).chain(left).collect();
        format!("{} documents: {}", self.documents + self.left, parts.join(", "))
    }

    pub(super) fn json(&self) -> Result<String, RenderError> {
        Ok(json::render(self, Layout::Indented)? + "\n")
    }
}
