//! What a challenge is asked for, in the asker's words. It stands in a text that a stranger is shown and signs, so it cannot
//! add a line to it, hide anything in it, or be written in two ways.

use icu_normalizer::ComposingNormalizerBorrowed;

use crate::text::is_deceptive;

/// One line of printable text.
///
/// ```
/// use ebl_verifier::challenge::{InvalidPurpose, Purpose};
///
/// assert_eq!("Bank X, case 17".parse::<Purpose>()?.as_str(), "Bank X, case 17");
/// assert_eq!("X\nRole: holder".parse::<Purpose>(), Err(InvalidPurpose::Character('\n')));
/// # Ok::<(), InvalidPurpose>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purpose(String);

impl Purpose {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for Purpose {
    type Err = InvalidPurpose;

    fn from_str(text: &str) -> Result<Self, InvalidPurpose> {
        if text.is_empty() {
            return Err(InvalidPurpose::Empty);
        }
        if text.len() > LONGEST_PURPOSE {
            return Err(InvalidPurpose::TooLong { found: text.len() });
        }
        let other_blank = |character: char| character.is_whitespace() && character != ' ';
        if let Some(found) = text.chars().find(|&character| is_deceptive(character) || other_blank(character)) {
            return Err(InvalidPurpose::Character(found));
        }
        if text.starts_with(' ') || text.ends_with(' ') || text.contains("  ") {
            return Err(InvalidPurpose::Blanks);
        }
        if !ComposingNormalizerBorrowed::new_nfc().is_normalized(text) {
            return Err(InvalidPurpose::NotNormalised);
        }
        Ok(Self(text.to_owned()))
    }
}

/// Why a text is no purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPurpose {
    /// Nothing there.
    #[error("it is empty")]
    Empty,
    /// More than a wallet would show.
    #[error("it has {found} bytes, and at most {LONGEST_PURPOSE} are allowed")]
    TooLong {
        /// How many there are.
        found: usize,
    },
    /// A line break, or what cannot be seen.
    #[error("it holds {0:?}, and it is one line of characters that can be seen")]
    Character(char),
    /// Blanks that would not be seen.
    #[error("it begins or ends with a blank, or has two in a row")]
    Blanks,
    /// Letters and accents apart.
    #[error("its letters are not put together with their accents (NFC)")]
    NotNormalised,
}

/// In bytes of UTF-8.
const LONGEST_PURPOSE: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_is_one_visible_line_written_in_one_way() {
        for good in ["Bank X, case 17", "提單 17", "Überweisung", &"x".repeat(LONGEST_PURPOSE), "Role: holder"] {
            assert_eq!(good.parse::<Purpose>().unwrap().as_str(), good);
        }
        for (text, why) in [
            ("", InvalidPurpose::Empty),
            (&"x".repeat(LONGEST_PURPOSE + 1), InvalidPurpose::TooLong { found: LONGEST_PURPOSE + 1 }),
            ("a\nb", InvalidPurpose::Character('\n')),
            ("a\rb", InvalidPurpose::Character('\r')),
            ("a\u{2028}b", InvalidPurpose::Character('\u{2028}')),
            ("a\u{85}b", InvalidPurpose::Character('\u{85}')),
            ("a\u{202e}b", InvalidPurpose::Character('\u{202e}')),
            ("a\u{200b}b", InvalidPurpose::Character('\u{200b}')),
            ("a\u{fe0f}b", InvalidPurpose::Character('\u{fe0f}')),
            ("a\u{2800}b", InvalidPurpose::Character('\u{2800}')),
            ("a\u{1d173}b", InvalidPurpose::Character('\u{1d173}')),
            ("a\u{a0}b", InvalidPurpose::Character('\u{a0}')),
            ("a\tb", InvalidPurpose::Character('\t')),
            ("a\0b", InvalidPurpose::Character('\0')),
            (" a", InvalidPurpose::Blanks),
            ("a ", InvalidPurpose::Blanks),
            ("a  b", InvalidPurpose::Blanks),
            ("U\u{308}berweisung", InvalidPurpose::NotNormalised),
        ] {
            assert_eq!(text.parse::<Purpose>(), Err(why), "{text:?}");
        }
    }
}
