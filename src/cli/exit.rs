//! Exit codes (PRODUCT.md, Verdict): a contract.

use std::process::ExitCode;

use crate::verify::Verdict;

/// What one file, or a run without files, came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// A command without a verdict did what it was asked.
    Done,
    /// A verdict.
    Verdict(Verdict),
    /// Bad arguments or settings.
    Usage,
    /// Not a document we can read, or an unsupported format.
    Unreadable,
    /// A link's document that could not be fetched: nothing is known of it, as with any other outage.
    NotFetched,
    /// Something that verification needs does not work.
    NotWorking,
    /// Our bug.
    Internal,
    /// The user ended it before there was a result.
    Interrupted,
}

impl Exit {
    /// The code of the process.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Verdict(verdict) => verdict.exit_code(),
            Self::Usage => 2,
            Self::Unreadable => 6,
            Self::NotFetched | Self::NotWorking => 3,
            Self::Internal => 70,
            // 128 + SIGINT, as shells report it.
            Self::Interrupted => 130,
        }
    }

    /// The worse of two, in the order 70, 1, 6, 3, 5, 4, 0.
    pub fn worse(self, other: Self) -> Self {
        let rank = |exit: Self| {
            const ORDER: [u8; 7] = [70, 1, 6, 3, 5, 4, 0];
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
}
