//! How old the block may be that is read (chain.md §5.3): an endpoint that is behind does not know what happened since.
//! One rule for two: the source goes on to the next endpoint, and before the judge no such answer counts, wherever it came
//! from.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::evidence::{BlockReading, Cause, Finality};
use crate::networks;
use crate::primitives::ChainId;

/// How old the block may be.
///
/// ```
/// use ebl_verifier::block_age::MaxBlockAge;
///
/// assert_eq!("90m".parse(), Ok(MaxBlockAge::Seconds(5400)));
/// assert_eq!("off".parse(), Ok(MaxBlockAge::Off));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaxBlockAge {
    /// As the table of networks says; a chain on a developer's machine has no bound.
    #[default]
    OfChain,
    /// This many seconds, on every chain.
    Seconds(u64),
    /// As old as it likes.
    Off,
}

/// What is wrong with the time of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Untimely {
    /// Whoever served it is behind.
    Behind {
        /// The block's height.
        block: u64,
        /// Its time, in seconds since the Unix epoch.
        time: i64,
        /// When it was looked at.
        now: i64,
        /// How old it may be, in seconds.
        most: u64,
    },
    /// Its time has not come.
    InTheFuture {
        /// The block's height.
        block: u64,
        /// Its time, in seconds since the Unix epoch.
        time: i64,
        /// When it was looked at.
        now: i64,
    },
}

impl MaxBlockAge {
    /// Whether what was read at this block counts at `now`. A block that the caller named is as old as it is; that its time has
    /// not come, no choice excuses.
    pub fn check(self, chain: ChainId, block: &BlockReading, now: i64) -> Result<(), Untimely> {
        // A chain on a developer's machine has a clock of its own.
        let of_chain = networks::block_age_bound(chain);
        let most = match self {
            Self::OfChain => of_chain,
            Self::Seconds(most) => Some(most),
            Self::Off => None,
        };
        if most.or(of_chain).is_none() {
            return Ok(());
        }
        let (number, time) = (block.number, i64::try_from(block.timestamp).unwrap_or(i64::MAX));
        if time > now.saturating_add(CLOCKS_DIFFER) {
            return Err(Untimely::InTheFuture { block: number, time, now });
        }
        let is_bounded = block.finality != Finality::Chosen;
        match (u64::try_from(now.saturating_sub(time)), most.filter(|_| is_bounded)) {
            (Ok(age), Some(most)) if age > most => Err(Untimely::Behind { block: number, time, now, most }),
            _ => Ok(()),
        }
    }
}

/// Seconds, or a number with `s`, `m`, `h` or `d`; `off` for no bound.
impl FromStr for MaxBlockAge {
    type Err = InvalidAge;

    fn from_str(text: &str) -> Result<Self, InvalidAge> {
        if text == "off" {
            return Ok(Self::Off);
        }
        seconds(text).map(Self::Seconds).ok_or(InvalidAge)
    }
}

/// Seconds, or a number with `s`, `m`, `h` or `d`; at least one second.
pub(crate) fn seconds(text: &str) -> Option<u64> {
    let (digits, unit) = match text.as_bytes().last() {
        Some(b's') => (text.strip_suffix('s'), 1),
        Some(b'm') => (text.strip_suffix('m'), 60),
        Some(b'h') => (text.strip_suffix('h'), 3600),
        Some(b'd') => (text.strip_suffix('d'), 86_400),
        _ => (Some(text), 1),
    };
    let digits = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()));
    let number = digits.and_then(|digits| digits.parse::<u64>().ok()).and_then(|number| number.checked_mul(unit));
    number.filter(|seconds| *seconds > 0)
}

/// As it is written in settings.
impl fmt::Display for MaxBlockAge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OfChain => f.write_str("as each chain allows"),
            Self::Seconds(seconds) => f.write_str(&in_words(*seconds)),
            Self::Off => f.write_str("off"),
        }
    }
}

/// Why a text is no age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("takes off, or seconds, or a number with s, m, h or d, as in 30m")]
pub struct InvalidAge;

impl Untimely {
    /// As a kind of failure.
    pub fn cause(&self) -> Cause {
        match self {
            Self::Behind { .. } => Cause::Behind,
            Self::InTheFuture { .. } => Cause::InTheFuture,
        }
    }
}

/// Both times.
impl fmt::Display for Untimely {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Behind { block, time, now, most } => {
                let age = in_words(now.abs_diff(time));
                let (time, now, most) = (utc(time), utc(now), in_words(most));
                write!(f, "block {block} is of {time}, and it is {now} now: {age} old, more than {most}")
            }
            Self::InTheFuture { block, time, now } => {
                let (time, now) = (utc(time), utc(now));
                write!(f, "block {block} is of {time}, which has not come: it is {now} by this machine's clock")
            }
        }
    }
}

/// About so long: `45 s`, `30 min`, `24 h`, `40 days`.
pub(crate) fn in_words(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// RFC 3339.
fn utc(seconds: i64) -> String {
    let time = jiff::Timestamp::from_second(seconds);
    time.map_or_else(|_| format!("{seconds} seconds since 1970"), |time| time.to_string())
}

/// Of honest blocks and of machines that nobody looks after, in seconds.
pub(crate) const CLOCKS_DIFFER: i64 = 120;

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_780_000_000;

    fn at(timestamp: u64, finality: Finality) -> BlockReading {
        BlockReading { number: 100, timestamp, finality, ..BlockReading::default() }
    }

    fn held(bound: MaxBlockAge, chain: u64, timestamp: u64) -> Result<(), Cause> {
        let chain = ChainId::try_from(chain).unwrap();
        bound.check(chain, &at(timestamp, Finality::Finalized), NOW).map_err(|why| why.cause())
    }

    #[test]
    fn a_block_may_be_as_old_as_its_chain_allows_or_the_caller() {
        let now = NOW.unsigned_abs();
        for (bound, chain, age, fine) in [
            (MaxBlockAge::OfChain, 1, 3600, true),
            (MaxBlockAge::OfChain, 1, 3601, false),
            (MaxBlockAge::OfChain, 137, 1801, false),
            (MaxBlockAge::OfChain, 50, 901, false),
            (MaxBlockAge::OfChain, 424_242, 86_400, true),
            (MaxBlockAge::OfChain, 424_242, 86_401, false),
            (MaxBlockAge::OfChain, 31337, 40 * 86_400, true),
            (MaxBlockAge::OfChain, 1337, 40 * 86_400, true),
            (MaxBlockAge::Seconds(60), 31337, 61, false),
            (MaxBlockAge::Seconds(7200), 1, 7200, true),
            (MaxBlockAge::Off, 1, 40 * 86_400, true),
        ] {
            let expected = if fine { Ok(()) } else { Err(Cause::Behind) };
            assert_eq!(held(bound, chain, now - age), expected, "{bound:?} {chain} {age}");
        }
    }

    #[test]
    fn a_time_that_has_not_come_is_no_small_age() {
        let now = NOW.unsigned_abs();
        assert_eq!(held(MaxBlockAge::OfChain, 1, now + 120), Ok(()), "clocks differ");
        for time in [now + 121, now + 86_400, u64::MAX] {
            assert_eq!(held(MaxBlockAge::OfChain, 1, time), Err(Cause::InTheFuture), "{time}");
        }
        assert_eq!(held(MaxBlockAge::OfChain, 31337, now + 86_400), Ok(()), "a local chain's clock is its own");
        assert_eq!(held(MaxBlockAge::OfChain, 1, 0), Err(Cause::Behind));
    }

    #[test]
    fn a_block_that_the_caller_named_is_as_old_as_it_is() {
        let chain = ChainId::try_from(1).unwrap();
        for bound in [MaxBlockAge::OfChain, MaxBlockAge::Seconds(60), MaxBlockAge::Off] {
            assert_eq!(bound.check(chain, &at(5, Finality::Chosen), NOW), Ok(()));
            for finality in [Finality::Chosen, Finality::Finalized] {
                let ahead = at(NOW.unsigned_abs() + 121, finality);
                assert_eq!(bound.check(chain, &ahead, NOW).unwrap_err().cause(), Cause::InTheFuture, "{bound:?}");
            }
        }
    }

    #[test]
    fn both_times_are_named() {
        let chain = ChainId::try_from(1).unwrap();
        let held =
            |time| MaxBlockAge::OfChain.check(chain, &at(time, Finality::Finalized), NOW).unwrap_err().to_string();
        assert_eq!(
            held(1_780_000_000 - 40 * 86_400),
            "block 100 is of 2026-04-18T20:26:40Z, and it is 2026-05-28T20:26:40Z now: 40 days old, more than 60 min"
        );
        assert_eq!(
            held(1_780_000_600),
            "block 100 is of 2026-05-28T20:36:40Z, which has not come: it is 2026-05-28T20:26:40Z by this machine's clock"
        );
        assert!(held(u64::MAX).contains("seconds since 1970"));
    }

    #[test]
    fn an_age_is_read_with_its_unit() {
        use MaxBlockAge::{Off, Seconds};
        for (text, age) in [
            ("90", Seconds(90)),
            ("90s", Seconds(90)),
            ("30m", Seconds(1800)),
            ("2h", Seconds(7200)),
            ("1d", Seconds(86_400)),
        ] {
            assert_eq!(text.parse(), Ok(age), "{text}");
        }
        assert_eq!("off".parse(), Ok(Off));
        for text in [
            "",
            "0",
            "0s",
            "s",
            "-1",
            "+1",
            "1.5h",
            "1 h",
            "1w",
            "h1",
            "Off",
            "99999999999999999999",
            "1é",
            "307445734561825861m",
        ] {
            assert_eq!(text.parse::<MaxBlockAge>(), Err(InvalidAge), "{text}");
        }
    }
}
