//! The verdict: a function of what the checks came to and of the states of a title that the caller accepts, and of nothing
//! else (checks.md §1).

use serde::{Serialize, Serializer};

use super::policy::{AcceptedState, Policy};
use super::report::{CheckName, Outcome, TitleStateName};

/// What becomes of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Every required check passed and the title is live, or the document has none.
    Valid,
    /// Authentic, but the title is returned or ended.
    NotLive,
    /// Authentic, but the caller's policy is not met.
    PolicyNotMet,
    /// Something required could not be found out.
    Indeterminate,
    /// There is positive contrary evidence.
    Invalid,
}

/// By its name.
impl Serialize for Verdict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Verdict {
    /// From the worst on: of several documents, and of several parts of a presentation, the first of these counts.
    pub(crate) const WORST_FIRST: [Self; 5] =
        [Self::Invalid, Self::Indeterminate, Self::PolicyNotMet, Self::NotLive, Self::Valid];

    /// The one that reports call so.
    #[cfg(feature = "cli")]
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        Self::WORST_FIRST.into_iter().find(|verdict| verdict.name() == name)
    }

    /// As in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::Indeterminate => "indeterminate",
            Self::NotLive => "not_live",
            Self::PolicyNotMet => "policy_not_met",
        }
    }

    /// The process exit code.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Valid => 0,
            Self::Invalid => 1,
            Self::Indeterminate => 3,
            Self::NotLive => 4,
            Self::PolicyNotMet => 5,
        }
    }

    /// As printed for people.
    pub fn headline(self) -> &'static str {
        match self {
            Self::Valid => "VALID",
            Self::Invalid => "INVALID",
            Self::Indeterminate => "INDETERMINATE",
            Self::NotLive => "NOT LIVE",
            Self::PolicyNotMet => "POLICY NOT MET",
        }
    }

    /// Of every finding, not only of those that speak for their check.
    pub(super) fn of(findings: &[(CheckName, Outcome)], title: TitleStateName, policy: &Policy) -> Self {
        let contrary = |name| !matches!(name, CheckName::Title | CheckName::Policy);
        let failed = |name| findings.contains(&(name, Outcome::Fail));
        let accepted = match title {
            TitleStateName::Returned => policy.accepts(AcceptedState::Returned),
            TitleStateName::Ended => policy.accepts(AcceptedState::Ended),
            // A live title that the caller does not accept fails a rule of the policy.
            _ => !failed(CheckName::Title),
        };
        if findings.iter().any(|(name, outcome)| *outcome == Outcome::Fail && contrary(*name)) {
            Self::Invalid
        } else if findings.iter().any(|(_, outcome)| *outcome == Outcome::Unknown) {
            Self::Indeterminate
        } else if !accepted {
            Self::NotLive
        } else if failed(CheckName::Policy) {
            Self::PolicyNotMet
        } else {
            Self::Valid
        }
    }
}
