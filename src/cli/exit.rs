//! Exit codes (checks.md §1): a contract.

use std::process::ExitCode;

use crate::verify::{ControlVerdict, Verdict};

/// What one file, or a run without files, came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// A command without a verdict did what it was asked.
    Done,
    /// A verdict.
    Verdict(Verdict),
    /// Whether control was shown.
    Control(ControlVerdict),
    /// Bad arguments or settings.
    Usage,
    /// Not a document we can read, or an unsupported format.
    Unreadable,
    /// A link's document that could not be fetched: nothing is known of it, as with any other outage.
    NotFetched,
    /// The run ended before everything was judged: nothing is known of the rest.
    Unjudged,
    /// Something that verification needs does not work.
    NotWorking,
    /// `ebl watch --once`: something changed since the last look. `ebl diff`: two documents say different things.
    Changed,
    /// The result could not be written.
    NotWritten,
    /// Our bug.
    Internal,
    /// The user ended it before there was a result, or before all was judged.
    Interrupted,
    /// The same by SIGTERM, as those who run jobs on many machines send it.
    Terminated,
}

impl Exit {
    /// The code of the process.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Verdict(verdict) => verdict.exit_code(),
            Self::Control(verdict) => verdict.exit_code(),
            Self::Usage => 2,
            Self::Unreadable => 6,
            Self::NotFetched | Self::Unjudged | Self::NotWorking => 3,
            Self::Changed => 10,
            // As sysexits.h names what went wrong: EX_SOFTWARE and EX_IOERR.
            Self::Internal => 70,
            Self::NotWritten => 74,
            // 128 + SIGINT and 128 + SIGTERM, as shells report them.
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    /// The worse of two, in the order 70, 1, 6, 3, 5, 4, 74, 0: whatever is known against a document goes before the
    /// failure to write it down.
    pub fn worse(self, other: Self) -> Self {
        let rank = |exit: Self| {
            const ORDER: [u8; 8] = [70, 1, 6, 3, 5, 4, 74, 0];
            ORDER.iter().position(|&code| code == exit.code()).unwrap_or(0)
        };
        if rank(other) < rank(self) { other } else { self }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forgery_among_unreadable_files_is_still_a_forgery() {
        let worst = [
            Exit::Verdict(Verdict::Valid),
            Exit::Unreadable,
            Exit::Verdict(Verdict::Invalid),
            Exit::Verdict(Verdict::Indeterminate),
        ]
        .into_iter()
        .reduce(Exit::worse);
        assert_eq!(worst.map(Exit::code), Some(1));
    }

    #[test]
    fn a_result_that_could_not_be_written_hides_no_verdict_but_valid() {
        for (known, wanted) in [
            (Exit::Done, 74),
            (Exit::Verdict(Verdict::Valid), 74),
            (Exit::Verdict(Verdict::NotLive), 4),
            (Exit::Verdict(Verdict::PolicyNotMet), 5),
            (Exit::Unjudged, 3),
            (Exit::Unreadable, 6),
            (Exit::Verdict(Verdict::Invalid), 1),
        ] {
            assert_eq!(known.worse(Exit::NotWritten).code(), wanted, "{known:?}");
            assert_eq!(Exit::NotWritten.worse(known).code(), wanted, "{known:?}");
        }
    }
}
