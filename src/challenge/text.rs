//! The text of a challenge (checks.md §11.1). It is like that of EIP-4361 in its parts and unlike it in its first line, so
//! that no site takes the signature for a sign-in. There is one way to write each challenge: what is read is written again
//! and must come to the same bytes.

use super::{Challenge, InvalidPurpose, Nonce, Period, Subject, TitleRole};
use crate::date_time::rfc3339_seconds;
use crate::identity::DomainName;
use crate::primitives::{Address, ChainId, Digest32, TokenId, rfc3339};

impl Challenge {
    /// The exact text to sign. No line break follows its last line.
    pub fn text(&self) -> String {
        let Self { subject, domain, purpose, nonce, period } = self;
        let Subject { chain, registry, token, role, account } = subject;
        let asked = match domain {
            Some(domain) => format!("{}{ASKS}", domain.as_str()),
            None => ASKED.to_owned(),
        };
        let purpose = purpose.as_ref().map(|purpose| format!("{PURPOSE}{}\n", purpose.as_str())).unwrap_or_default();
        let (issued, expires) = (rfc3339(period.issued_at()), rfc3339(period.expires_at()));
        format!(
            "{asked}\n{account}\n\n{STATEMENT}\n\n{purpose}{VERSION}\n{CHAIN}{chain}\n{REGISTRY}{registry}\n\
             {TOKEN}{token}\n{ROLE}{role}\n{NONCE}{nonce}\n{ISSUED}{issued}\n{EXPIRES}{expires}"
        )
    }

    /// Reads a text back, strictly: byte for byte what [`Challenge::text`] writes.
    pub fn read(bytes: &[u8]) -> Result<Self, InvalidChallenge> {
        if bytes.len() > LONGEST_TEXT {
            return Err(InvalidChallenge::TooLong);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| InvalidChallenge::NotText)?;
        let begins = |line: &str| line == ASKED || line.ends_with(ASKS);
        // A mark at the beginning and the line ends of another system are what editors and mail programs change.
        let first = text.lines().next().unwrap_or_default();
        if !begins(first.trim_start_matches('\u{feff}')) {
            return Err(InvalidChallenge::NotAChallenge);
        }
        if text.contains('\r') || text.starts_with('\u{feff}') || text.ends_with('\n') {
            return Err(InvalidChallenge::Reencoded);
        }
        let challenge = Lines { lines: text.split('\n').peekable(), number: 0 }.challenge()?;
        // Whatever is left of spelling: other capitals, another form of a time.
        if challenge.text() != text { Err(InvalidChallenge::OtherSpelling) } else { Ok(challenge) }
    }
}

/// The lines of a text, one after the other.
struct Lines<'t> {
    lines: std::iter::Peekable<std::str::Split<'t, char>>,
    number: usize,
}

impl<'t> Lines<'t> {
    fn challenge(mut self) -> Result<Challenge, InvalidChallenge> {
        let asked = self.next(ASKED)?;
        let domain = match asked.strip_suffix(ASKS) {
            Some(domain) => Some(DomainName::parse(domain).map_err(|_| self.wrong("a domain that asks"))?),
            None => None,
        };
        let account = self.value("", address)?;
        self.exactly("")?;
        self.exactly(STATEMENT)?;
        self.exactly("")?;
        let purpose = match self.lines.peek().is_some_and(|line| line.starts_with(PURPOSE)) {
            true => {
                let text = self.next(PURPOSE)?.strip_prefix(PURPOSE).unwrap_or_default();
                Some(text.parse().map_err(InvalidChallenge::Purpose)?)
            }
            false => None,
        };
        self.exactly(VERSION)?;
        let chain = self.value(CHAIN, |text| text.parse::<ChainId>().ok())?;
        let registry = self.value(REGISTRY, address)?;
        let token = self.value(TOKEN, |text| Digest32::from_hex64(text.strip_prefix("0x")?).map(TokenId::from))?;
        let role = self.value(ROLE, |text| {
            [TitleRole::Holder, TitleRole::Beneficiary].into_iter().find(|role| role.as_str() == text)
        })?;
        let nonce = self.value(NONCE, |text| text.parse::<Nonce>().ok())?;
        let issued = self.value(ISSUED, rfc3339_seconds)?;
        let expires = self.value(EXPIRES, rfc3339_seconds)?;
        let period = Period::between(issued, expires).map_err(|_| InvalidChallenge::Period)?;
        if self.lines.next().is_some() {
            self.number += 1;
            return Err(self.wrong("the end of it"));
        }
        let subject = Subject { chain, registry, token, role, account };
        Ok(Challenge { subject, domain, purpose, nonce, period })
    }

    fn next(&mut self, wanted: &'static str) -> Result<&'t str, InvalidChallenge> {
        self.number += 1;
        let line = self.lines.next();
        line.ok_or_else(|| self.wrong(wanted))
    }

    fn exactly(&mut self, wanted: &'static str) -> Result<(), InvalidChallenge> {
        if self.next(wanted)? == wanted { Ok(()) } else { Err(self.wrong(wanted)) }
    }

    fn value<T>(&mut self, label: &'static str, read: impl FnOnce(&str) -> Option<T>) -> Result<T, InvalidChallenge> {
        let value = self.next(label)?.strip_prefix(label).and_then(read);
        value.ok_or_else(|| self.wrong(label))
    }

    fn wrong(&self, wanted: &'static str) -> InvalidChallenge {
        let wanted = match wanted.trim_end() {
            "" if self.number == ACCOUNT_LINE => "an address with its checksum",
            "" => "an empty line",
            wanted => wanted,
        };
        InvalidChallenge::Line { number: self.number, wanted }
    }
}

/// With its checksum, and no prefix but `0x`.
fn address(text: &str) -> Option<Address> {
    text.starts_with("0x").then(|| Address::from_caller(text).ok()).flatten()
}

/// Why bytes are no challenge.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidChallenge {
    /// More than any challenge has.
    #[error("it has more than {LONGEST_TEXT} bytes, which no challenge has")]
    TooLong,
    /// Not UTF-8.
    #[error("it is not UTF-8 text")]
    NotText,
    /// Something else.
    #[error("its first line is not that of a challenge")]
    NotAChallenge,
    /// Changed by an editor or on the way.
    #[error(
        "it was changed on its way: a line break after the last line, line breaks of another system, or a byte order mark. \
         What was signed has none of these"
    )]
    Reencoded,
    /// A line that is missing, of another kind, or one too many.
    #[error("line {number} is not what a challenge has there ({wanted})")]
    Line {
        /// From one on.
        number: usize,
        /// What belongs there.
        wanted: &'static str,
    },
    /// The purpose.
    #[error("its purpose cannot be one: {0}")]
    Purpose(InvalidPurpose),
    /// The times.
    #[error("it would last less than a second or more than 30 days")]
    Period,
    /// The same values, written in another way.
    #[error("its values are written in another way than challenges write them")]
    OtherSpelling,
}

/// Far more than a challenge with the longest domain and purpose has.
pub const LONGEST_TEXT: usize = 2048;

const ACCOUNT_LINE: usize = 2;

const ASKS: &str = " asks for proof of control of this account:";
const ASKED: &str = "Proof of control of this account is asked for:";
const STATEMENT: &str = "Signing shows that you control this account. It transfers nothing and agrees to nothing.";
const PURPOSE: &str = "Purpose: ";
const VERSION: &str = "Version: 1";
const CHAIN: &str = "Chain ID: ";
const REGISTRY: &str = "Registry: ";
const TOKEN: &str = "Token: ";
const ROLE: &str = "Role: ";
const NONCE: &str = "Nonce: ";
const ISSUED: &str = "Issued At: ";
const EXPIRES: &str = "Expiration Time: ";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn challenge(domain: Option<&str>, purpose: Option<&str>) -> Challenge {
        Challenge {
            subject: Subject {
                chain: ChainId::try_from(31_337).unwrap(),
                registry: Address([0xe7; 20]),
                token: TokenId([0xab; 32]),
                role: TitleRole::Beneficiary,
                account: Address([0x70; 20]),
            },
            domain: domain.map(|domain| DomainName::parse(domain).unwrap()),
            purpose: purpose.map(|purpose| purpose.parse().unwrap()),
            nonce: Nonce([5; 16]),
            period: Period::new(1_780_000_000, 900).unwrap(),
        }
    }

    #[test]
    fn the_text_says_who_asks_of_whom_for_what_and_until_when() {
        let wanted = "\
bank.example asks for proof of control of this account:
0x7070707070707070707070707070707070707070

Signing shows that you control this account. It transfers nothing and agrees to nothing.

Purpose: Bank X, case 17
Version: 1
Chain ID: 31337
Registry: 0xE7E7e7E7E7E7E7e7E7E7E7e7e7e7e7e7E7e7e7e7
Token: 0xabababababababababababababababababababababababababababababababab
Role: beneficiary
Nonce: 05050505050505050505050505050505
Issued At: 2026-05-28T20:26:40Z
Expiration Time: 2026-05-28T20:41:40Z";
        let found = challenge(Some("bank.example"), Some("Bank X, case 17"));
        assert_eq!(found.text().to_lowercase(), wanted.to_lowercase());
        assert!(challenge(None, None).text().starts_with("Proof of control of this account is asked for:\n0x70"));
        let longest = format!("{}.{}.{}.{}", "a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(61));
        assert!(challenge(Some(&longest), Some(&"x".repeat(256))).text().len() < LONGEST_TEXT);
    }

    #[test]
    fn what_was_changed_on_its_way_is_refused_and_named_so() {
        let text = challenge(None, Some("Bank X")).text();
        for other in [format!("{text}\n"), text.replace('\n', "\r\n"), format!("\u{feff}{text}"), format!("{text}\r")] {
            assert_eq!(Challenge::read(other.as_bytes()), Err(InvalidChallenge::Reencoded), "{other:?}");
        }
        let other: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(Challenge::read(&other).is_err());
        assert_eq!(Challenge::read(b""), Err(InvalidChallenge::NotAChallenge));
        assert_eq!(Challenge::read(&[0xff]), Err(InvalidChallenge::NotText));
        assert_eq!(Challenge::read(text.repeat(9).as_bytes()), Err(InvalidChallenge::TooLong));
    }

    #[test]
    fn there_is_one_way_to_write_a_challenge() {
        let text = challenge(Some("bank.example"), Some("Bank X")).text();
        for (from, to) in [
            ("bank.example", "Bank.example"),
            ("bank.example", "bаnk.example"),
            ("bank.example", "bank.example."),
            ("bank.example", "bank.example "),
            ("\n0x7070", "\nxdc7070"),
            ("\n0x7070", "\n 0x7070"),
            ("Chain ID: 31337", "Chain ID: 031337"),
            ("Chain ID: 31337", "Chain ID: 0x7a69"),
            ("Chain ID: 31337", "chain id: 31337"),
            ("Token: 0xab", "Token: 0xAB"),
            ("Role: beneficiary", "Role: Beneficiary"),
            ("Role: beneficiary", "Role: beneficiary\nRole: holder"),
            ("Role: beneficiary", "Role: owner"),
            ("Nonce: 05", "Nonce: 0A"),
            ("Nonce: 0505", "Nonce: 05"),
            ("20:26:40Z", "20:26:40+00:00"),
            ("20:26:40Z", "20:26:40.0Z"),
            ("20:26:40Z", "20:26:60Z"),
            ("T20:41:40Z", "T20:26:40Z"),
            ("2026-05-28T20:41:40Z", "2036-05-28T20:41:40Z"),
            ("Version: 1", "Version: 2"),
            ("Purpose: Bank X", "Purpose: Bank X\nPurpose: Bank Y"),
            ("Purpose: Bank X", "Purpose: "),
            ("Purpose: Bank X", "Purpose:  Bank X"),
            ("agrees to nothing.", "agrees to everything."),
            ("40Z", "40Z\n"),
        ] {
            let other = text.replacen(from, to, 1);
            assert_ne!(other, text, "{from}");
            assert!(Challenge::read(other.as_bytes()).is_err(), "{from} -> {to}");
        }
        let more = format!("{text}\nResources:\n- https://x.example");
        let why = Challenge::read(more.as_bytes()).unwrap_err().to_string();
        assert_eq!(why, "line 15 is not what a challenge has there (the end of it)");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back_the_same(
            purpose in proptest::option::of("[a-zA-Z0-9äöü提單,.:]{1,40}( [a-z0-9]{1,20}){0,3}"),
            domain in proptest::option::of("[a-z]{1,20}\\.example"),
            bytes: [u8; 32], account: [u8; 20], nonce: [u8; 16], chain in 1_u64.., is_holder: bool,
            issued in 0_i64..200_000_000_000, lasts in 1_u32..=super::super::LONGEST_PERIOD,
        ) {
            let role = if is_holder { TitleRole::Holder } else { TitleRole::Beneficiary };
            let chain = ChainId::try_from(chain).unwrap();
            let challenge = Challenge {
                subject: Subject { chain, registry: Address(account), token: TokenId(bytes), role, account: Address(account) },
                nonce: Nonce(nonce),
                period: Period::new(issued, lasts).unwrap(),
                ..challenge(domain.as_deref(), purpose.as_deref())
            };
            let text = challenge.text();
            prop_assert_eq!(Challenge::read(text.as_bytes()).unwrap(), challenge);
        }

        #[test]
        fn what_is_read_is_written_back_the_same(place: proptest::sample::Index, byte: u8, insert: bool) {
            let mut bytes = challenge(Some("bank.example"), Some("Bank X")).text().into_bytes();
            let place = place.index(bytes.len());
            if insert { bytes.insert(place, byte) } else { bytes[place] = byte }
            if let Ok(challenge) = Challenge::read(&bytes) {
                prop_assert_eq!(challenge.text().into_bytes(), bytes);
            }
        }
    }
}
