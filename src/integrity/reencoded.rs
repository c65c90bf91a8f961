//! Text that was re-encoded on the way (documents.md §3.4): where undoing one such change makes the digest fit, nobody
//! edited the document; a program that carried it did. The verdict stays what it is, but it is known who can help.

use std::borrow::Cow;
use std::fmt;

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

use crate::document::json::{Kind, Text, Value};

/// A change that programs make to text without being asked, and that can be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reencoding {
    /// UTF-8 that was read as Latin-1 or Windows-1252 and saved as UTF-8 again.
    Misread,
    /// The same, twice.
    MisreadTwice,
    /// Letters taken apart from their accents (NFD).
    Decomposed,
    /// Letters put together with their accents (NFC).
    Composed,
    /// Misread, and then taken apart or put together.
    MisreadAndNormalised,
    /// Line breaks of one system turned into those of another.
    LineBreaks,
    /// Characters written as HTML writes them (`&amp;`).
    HtmlEscaped,
}

/// To go after "its text was".
impl fmt::Display for Reencoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Misread => {
                "read as Latin-1 or Windows-1252 and saved as UTF-8, so letters beyond A to Z were garbled"
            }
            Self::MisreadTwice => {
                "read as Latin-1 or Windows-1252 and saved as UTF-8, twice, so letters beyond A to Z were garbled"
            }
            Self::Decomposed => "normalised (NFD): letters were taken apart from their accents",
            Self::Composed => "normalised (NFC): letters were put together with their accents",
            Self::MisreadAndNormalised => {
                "read as Latin-1 or Windows-1252, saved as UTF-8 and normalised, so letters beyond A to Z were garbled"
            }
            Self::LineBreaks => "given the line breaks of another system",
            Self::HtmlEscaped => "escaped as for a web page (&amp; for &, and so on)",
        })
    }
}

/// The change after whose undoing `fits` holds of the content, which is read so text by text: it is never written out. It
/// is asked a handful of times at most, and only where undoing changes anything.
pub(super) fn undone(content: Value<'_>, mut fits: impl FnMut(Reading) -> bool) -> Option<Reencoding> {
    if !is_worth_trying(content) {
        return None;
    }
    CANDIDATES.iter().find_map(|(reencoding, undo)| {
        let reading = Reading(Some(*undo));
        (reading.changes(content) && fits(reading)).then_some(*reencoding)
    })
}

/// How the texts of a content are read, names and values.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading(Option<Undo>);

impl Reading {
    pub(super) const AS_WRITTEN: Self = Self(None);

    pub(super) fn of(self, text: Text<'_>) -> Cow<'_, str> {
        let text = text.decoded();
        self.original(&text).map_or(text, Cow::Owned)
    }

    fn original(self, text: &str) -> Option<String> {
        self.0.filter(|_| text.len() <= LONGEST).and_then(|undo| undo(text))
    }

    /// Whether any text reads otherwise.
    fn changes(self, content: Value<'_>) -> bool {
        let changes = |text: Text<'_>| self.original(&text.decoded()).is_some();
        match content.kind() {
            Kind::String(text) => changes(text),
            Kind::Array(mut items) => items.any(|item| self.changes(item)),
            Kind::Object(mut members) => members.any(|(name, value)| changes(name) || self.changes(value)),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) => false,
        }
    }
}

/// Of a text that is read otherwise: a longer one is an attachment, and what is made of it could be several times as long.
const LONGEST: usize = 64 << 10;

/// `None` where a text is not touched by the change.
type Undo = fn(&str) -> Option<String>;

const CANDIDATES: [(Reencoding, Undo); 9] = [
    (Reencoding::Misread, misread),
    (Reencoding::Decomposed, composed),
    (Reencoding::Composed, decomposed),
    (Reencoding::MisreadTwice, |text| misread(&misread(text)?)),
    (Reencoding::MisreadAndNormalised, |text| misread(&composed(text).unwrap_or_else(|| text.to_owned()))),
    (Reencoding::MisreadAndNormalised, |text| misread(&decomposed(text).unwrap_or_else(|| text.to_owned()))),
    (Reencoding::LineBreaks, |text| text.contains("\r\n").then(|| text.replace("\r\n", "\n"))),
    (Reencoding::LineBreaks, |text| (text.contains('\n') && !text.contains('\r')).then(|| text.replace('\n', "\r\n"))),
    (Reencoding::HtmlEscaped, html_unescaped),
];

/// The text before its UTF-8 bytes were read as single characters of Windows-1252, or of Latin-1 where that has none.
fn misread(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let bytes: Option<Vec<u8>> = text.chars().map(byte_of).collect();
    String::from_utf8(bytes?).ok()
}

fn byte_of(letter: char) -> Option<u8> {
    match u32::from(letter) {
        code @ 0..=0xff => u8::try_from(code).ok(),
        _ => WINDOWS_1252.iter().position(|known| *known == letter).and_then(|index| u8::try_from(0x80 + index).ok()),
    }
}

/// 0x80 to 0x9f; the five without a character are read as the control characters of Latin-1.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

fn composed(text: &str) -> Option<String> {
    normalised(text, |text| ComposingNormalizerBorrowed::new_nfc().normalize(text))
}

fn decomposed(text: &str) -> Option<String> {
    normalised(text, |text| DecomposingNormalizerBorrowed::new_nfd().normalize(text))
}

fn normalised(text: &str, normalise: impl FnOnce(&str) -> Cow<'_, str>) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let normalised = normalise(text);
    (normalised != text).then(|| normalised.into_owned())
}

fn html_unescaped(text: &str) -> Option<String> {
    const ENTITIES: [(&str, &str); 7] = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&apos;", "'"),
        // Last: what it leaves behind is text.
        ("&amp;", "&"),
    ];
    text.contains('&')
        .then(|| ENTITIES.iter().fold(text.to_owned(), |text, (escaped, letter)| text.replace(escaped, letter)))
        .filter(|unescaped| unescaped != text)
}

/// The work stays in proportion: a hint is worth a few times the hashing of an ordinary document, and no more.
fn is_worth_trying(content: Value<'_>) -> bool {
    const MOST_BYTES: usize = 16 << 20;
    const MOST_VALUES: usize = 200_000;
    fn fits(value: Value<'_>, bytes: &mut usize, values: &mut usize) -> bool {
        *values += 1;
        let within = match value.kind() {
            Kind::String(text) => {
                *bytes += text.decoded().len();
                true
            }
            Kind::Array(mut items) => items.all(|item| fits(item, bytes, values)),
            Kind::Object(mut members) => members.all(|(name, value)| {
                *bytes += name.decoded().len();
                fits(value, bytes, values)
            }),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) => true,
        };
        within && *bytes <= MOST_BYTES && *values <= MOST_VALUES
    }
    fits(content, &mut 0, &mut 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::json::{Tree, parse_value};

    fn tree(text: &str) -> Tree<'_> {
        parse_value(text.as_bytes(), &Default::default()).expect("JSON")
    }

    /// Whether and how a content that should be `original` was changed to `found`.
    fn found(original: &str, found: &str) -> Option<Reencoding> {
        let found = serde_json::Value::from(found).to_string();
        let tree = tree(&found);
        undone(tree.root(), |reading| tree.root().as_text().is_some_and(|text| reading.of(text) == original))
    }

    #[test]
    fn each_change_is_recognised_by_undoing_it() {
        for (issued, received, how) in [
            ("A\u{e7}\u{fa}car", "A\u{c3}\u{a7}\u{c3}\u{ba}car", Reencoding::Misread),
            // Windows-1252 has a euro sign where Latin-1 has a control character.
            ("5 \u{20ac}", "5 \u{e2}\u{201a}\u{ac}", Reencoding::Misread),
            ("5 \u{20ac}", "5 \u{e2}\u{82}\u{ac}", Reencoding::Misread),
            ("\u{e7}", "\u{c3}\u{192}\u{c2}\u{a7}", Reencoding::MisreadTwice),
            ("\u{e7}", "c\u{327}", Reencoding::Decomposed),
            ("c\u{327}", "\u{e7}", Reencoding::Composed),
            ("\u{e7}\u{e3}", "\u{c3}\u{a7}A\u{303}\u{a3}", Reencoding::MisreadAndNormalised),
            ("a\nb", "a\r\nb", Reencoding::LineBreaks),
            ("a\r\nb", "a\nb", Reencoding::LineBreaks),
            ("Smith & Sons", "Smith &amp; Sons", Reencoding::HtmlEscaped),
            ("&lt;", "&amp;lt;", Reencoding::HtmlEscaped),
        ] {
            assert_eq!(found(issued, received), Some(how), "{issued:?} as {received:?}");
        }
    }

    #[test]
    fn an_edited_text_is_not_excused() {
        for (issued, received) in [("A\u{e7}", "B\u{c3}\u{a7}"), ("plain", "plane"), ("\u{e7}", "c"), ("", "a\r\n")] {
            assert_eq!(found(issued, received), None, "{issued:?} as {received:?}");
        }
    }

    #[test]
    fn names_are_read_like_values_and_nothing_is_tried_in_vain() {
        let received = "{\"pa\u{c3}\u{ad}s\": [\"E\", 1.50, null, true, {}]}";
        let tree_received = tree(received);
        let how = undone(tree_received.root(), |reading| {
            let mut members = tree_received.root().as_object().into_iter().flatten();
            members.next().is_some_and(|(name, _)| reading.of(name) == "pa\u{ed}s")
        });
        assert_eq!(how, Some(Reencoding::Misread));
        assert_eq!(undone(tree(r#"{"a": "b"}"#).root(), |_| panic!("nothing would change")), None);
        let many = format!("[{}0]", "\"\u{c3}\u{a7}\",".repeat(200_000));
        assert_eq!(undone(tree(&many).root(), |_| panic!("too many to be tried")), None);
        let long = format!("[\"{}\"]", "\u{c3}\u{a7}".repeat(LONGEST));
        assert_eq!(undone(tree(&long).root(), |_| panic!("too long to be tried")), None);
    }
}
