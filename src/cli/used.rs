//! `--used`: the challenges that were accepted, so that none is accepted twice. One line each, its nonce and when it expires;
//! what has expired is refused as that, and dropped. The file is replaced as a whole, by one run at a time.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use super::own_file::{OwnFile, WhenTaken};
use super::secrecy;
use crate::challenge::{Challenge, Nonce};
use crate::date_time::rfc3339_seconds;
use crate::primitives::rfc3339;

/// The file of accepted challenges. Of two runs that are given one challenge, the second waits and finds it noted.
pub(super) struct Used {
    file: OwnFile,
    noted: Vec<(Nonce, i64)>,
}

impl Used {
    /// Finds out at once whether the file can be read and written: later a proof would be lost.
    pub(super) fn open(path: &Path, others: &[&Path]) -> Result<Self> {
        let opened = || -> Result<Self> {
            let file = OwnFile::open(path, others, WhenTaken::Wait)?;
            Ok(Self { noted: noted(&file.read(MOST_BYTES)?)?, file })
        };
        opened().with_context(|| format!("cannot use --used {}", secrecy::path(path)))
    }

    /// Whether the challenge was accepted before.
    pub(super) fn holds(&self, challenge: &Challenge) -> bool {
        self.noted.iter().any(|(nonce, _)| *nonce == challenge.nonce)
    }

    /// Notes the challenge.
    pub(super) fn accept(self, challenge: &Challenge, now: i64) -> Result<()> {
        let Self { file, mut noted } = self;
        noted.retain(|(_, expires)| expires.saturating_add(KEPT_BEYOND) > now);
        noted.push((challenge.nonce, challenge.period.expires_at()));
        let lines = noted.iter().map(|(nonce, expires)| format!("{nonce} {}\n", rfc3339(*expires)));
        file.replace(lines.collect::<String>().as_bytes())
    }
}

fn noted(bytes: &[u8]) -> Result<Vec<(Nonce, i64)>> {
    let text = std::str::from_utf8(bytes)?;
    ensure!(text.is_empty() || text.ends_with('\n'), "its last line is cut off");
    let line = |(index, line): (usize, &str)| {
        let noted =
            line.split_once(' ').and_then(|(nonce, expires)| Some((nonce.parse().ok()?, rfc3339_seconds(expires)?)));
        noted.with_context(|| format!("line {} is not a nonce and a time", index + 1))
    };
    text.lines().enumerate().map(line).collect()
}

/// What has expired is refused anyway; a day more, in case a clock is set back.
const KEPT_BEYOND: i64 = 86_400;
/// Some hundred thousand challenges in force.
const MOST_BYTES: u64 = 16 << 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::challenge::{Period, Subject, TitleRole};
    use crate::primitives::{Address, ChainId, TokenId};

    fn challenge(nonce: u8, issued_at: i64) -> Challenge {
        let subject = Subject {
            chain: ChainId::try_from(1).unwrap(),
            registry: Address([7; 20]),
            token: TokenId([9; 32]),
            role: TitleRole::Holder,
            account: Address([5; 20]),
        };
        let period = Period::new(issued_at, 900).unwrap();
        Challenge { subject, domain: None, purpose: None, nonce: Nonce([nonce; 16]), period }
    }

    #[test]
    fn a_challenge_is_accepted_once_and_forgotten_when_it_has_long_expired() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("used");
        let used = || Used::open(&path, &[]).unwrap();
        let (first, second) = (challenge(1, 1_780_000_000), challenge(2, 1_780_000_000 + 86_400));
        assert!(!used().holds(&first));
        used().accept(&first, 1_780_000_100).unwrap();
        assert!(used().holds(&first) && !used().holds(&second));
        used().accept(&second, 1_780_000_900 + 86_400).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, "02020202020202020202020202020202 2026-05-29T20:41:40Z\n");
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left.len(), 2, "the file and its lock: {left:?}");
    }

    #[test]
    fn of_many_at_a_time_one_is_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("used");
        let challenge = challenge(1, 1_780_000_000);
        let is_first = || {
            let used = Used::open(&path, &[]).unwrap();
            let first = !used.holds(&challenge);
            if first {
                used.accept(&challenge, 1_780_000_001).unwrap();
            }
            first
        };
        let first = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(is_first)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).filter(|first| *first).count()
        });
        assert_eq!(first, 1);
    }

    #[test]
    fn a_damaged_file_is_not_gone_by() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("used");
        let whole = "01010101010101010101010101010101 2026-05-28T20:41:40Z\n";
        std::fs::write(&path, whole).unwrap();
        assert!(Used::open(&path, &[]).is_ok());
        for text in [&whole[..40], &whole[..whole.len() - 1], "x\n", "\n", &format!("{whole}\n"), "{}\n"] {
            std::fs::write(&path, text).unwrap();
            assert!(Used::open(&path, &[]).is_err(), "{text:?}");
        }
        assert!(Used::open(folder.path(), &[]).is_err());
        assert!(Used::open(&folder.path().join("nowhere/used"), &[]).is_err());
    }
}
