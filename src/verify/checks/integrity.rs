//! The integrity check: the result of `integrity::check` as a finding (checks.md §3.1).

use super::{Examination, finding};
use crate::integrity::{Integrity, IntegrityResult};
use crate::verify::Policy;
use crate::verify::codes::{self, Code};
use crate::verify::report::{Check, CheckName, Outcome, Strength};

impl Examination {
    /// Returns whether the rest may be asked.
    pub(super) fn judge_integrity(&mut self, integrity: &Integrity, policy: &Policy) -> bool {
        let computed = |outcome, code: &'static Code, message: String| Check {
            strength: Some(Strength::Computed),
            ..finding(CheckName::Integrity, outcome, code, message)
        };
        let check = match &integrity.result {
            IntegrityResult::Intact => {
                computed(Outcome::Pass, &codes::INTEGRITY_INTACT, "digest and Merkle root match".into())
            }
            IntegrityResult::FalsyLeavesUnauthenticated { paths } if policy.accept_unauthenticated_falsy => computed(
                Outcome::Pass,
                &codes::INTEGRITY_FALSY_LEAVES,
                format!(
                    "digest and Merkle root match; accepted without these unprotected values: {}",
                    paths.join(", ")
                ),
            ),
            IntegrityResult::FalsyLeavesUnauthenticated { paths } => computed(
                Outcome::Unknown,
                &codes::INTEGRITY_FALSY_LEAVES,
                format!("the digest does not protect these values: {}", paths.join(", ")),
            ),
            IntegrityResult::Broken(fault) => computed(Outcome::Fail, fault.explanation(), fault.to_string()),
        };
        let intact = check.outcome != Outcome::Fail;
        self.findings.push(check);
        intact
    }
}
