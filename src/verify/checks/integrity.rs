//! The integrity check: the result of `integrity::check` as a finding (checks.md §3.1), and for a W3C document the signature
//! by the key that its proof names (checks.md §4).

use super::{Examination, Ground, finding};
use crate::document::Document;
use crate::integrity::IntegrityResult;
use crate::verify::codes::{self, Code};
use crate::verify::report::{Check, CheckName, Outcome, Strength};

impl Examination {
    /// Returns whether the rest may be asked.
    pub(super) fn judge_integrity(&mut self, ground: &Ground<'_>) -> bool {
        let (policy, integrity) = (ground.policy, ground.integrity);
        let computed = |outcome, code: &'static Code, message: String| Check {
            strength: Some(Strength::Computed),
            ..finding(CheckName::Integrity, outcome, code, message)
        };
        let check = match &integrity.result {
            IntegrityResult::Intact => {
                computed(Outcome::Pass, &codes::INTEGRITY_INTACT, "digest and Merkle root match".into())
            }
            IntegrityResult::SignatureOpen => return self.judge_w3c_signature(ground),
            IntegrityResult::Unchecked(why) => computed(Outcome::Unknown, why.explanation(), why.to_string()),
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

    /// The half of integrity that needs a key.
    fn judge_w3c_signature(&mut self, ground: &Ground<'_>) -> bool {
        let Some(signed) = ground.signed else { return false };
        match ground.document {
            Document::Credential(credential) => self.judge_signed(ground, credential, signed),
            Document::Presentation(presentation) => self.judge_presentation(ground, presentation, signed),
            _ => {}
        }
        !self.findings.failed(CheckName::Integrity)
    }
}
