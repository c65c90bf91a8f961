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

/// The change after whose undoing `fits` holds of the content, which it is given as a JSON text. It is asked a handful of
/// times at most, and only where undoing changes anything.
pub(super) fn undone(content: Value<'_>, mut fits: impl FnMut(&str) -> bool) -> Option<Reencoding> {
    if !is_worth_trying(content) {
        return None;
    }
    CANDIDATES.iter().find_map(|(reencoding, undo)| {
        let mut restored = Restored { json: String::new(), undo: *undo, changed: false };
        restored.value(content);
        (restored.changed && fits(&restored.json)).then_some(*reencoding)
    })
}

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
    differs(text, ComposingNormalizerBorrowed::new_nfc().normalize(text))
}

fn decomposed(text: &str) -> Option<String> {
    differs(text, DecomposingNormalizerBorrowed::new_nfd().normalize(text))
}

fn differs(text: &str, normalised: Cow<'_, str>) -> Option<String> {
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

/// A content written out again, each text as it was before the change.
struct Restored {
    json: String,
    undo: Undo,
    changed: bool,
}

impl Restored {
    fn value(&mut self, value: Value<'_>) {
        match value.kind() {
            Kind::Null => self.json.push_str("null"),
            Kind::Bool(value) => self.json.push_str(if value { "true" } else { "false" }),
            Kind::Number(token) => self.json.push_str(token),
            Kind::String(text) => self.text(text),
            Kind::Array(items) => self.listed('[', items, Self::value, ']'),
            Kind::Object(members) => self.listed('{', members, Self::member, '}'),
        }
    }

    fn member(&mut self, (name, value): (Text<'_>, Value<'_>)) {
        self.text(name);
        self.json.push(':');
        self.value(value);
    }

    fn listed<T>(&mut self, open: char, items: impl Iterator<Item = T>, write: fn(&mut Self, T), close: char) {
        self.json.push(open);
        for (index, item) in items.enumerate() {
            if index > 0 {
                self.json.push(',');
            }
            write(self, item);
        }
        self.json.push(close);
    }

    fn text(&mut self, text: Text<'_>) {
        let text = text.decoded();
        let original = (self.undo)(&text);
        self.changed |= original.is_some();
        self.json.push_str(&serde_json::Value::from(original.as_deref().unwrap_or(&text)).to_string());
    }
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
        undone(tree(&found).root(), |candidate| tree(candidate).root().is_str(original))
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
    fn names_are_restored_like_values_and_nothing_is_tried_in_vain() {
        let received = "{\"pa\u{c3}\u{ad}s\": [\"E\", 1.50, null, true, {}]}";
        let how = undone(tree(received).root(), |candidate| {
            assert_eq!(candidate, "{\"pa\u{ed}s\":[\"E\",1.50,null,true,{}]}");
            true
        });
        assert_eq!(how, Some(Reencoding::Misread));
        assert_eq!(undone(tree(r#"{"a": "b"}"#).root(), |_| panic!("nothing would change")), None);
        let large = format!("[{}0]", "\"\u{c3}\u{a7}\",".repeat(200_000));
        assert_eq!(undone(tree(&large).root(), |_| panic!("too large to be tried")), None);
    }
}
