//! The strict rules of documents.md §2 in one pass over the text. What it accepts becomes tokens of fixed size, in the
//! order of the text: no value has memory of its own.

use std::hash::{BuildHasher as _, RandomState};

use super::{Token, Tree};
use crate::document::{Limits, ReadError, ReadErrorKind};
use crate::text::clipped;

/// Reads one JSON text of any kind.
pub(super) fn read<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Tree<'a>, ReadError> {
    let limit = limits.max_bytes.min(MOST_BYTES);
    if bytes.len() > limit {
        return Err(ReadError { kind: ReadErrorKind::TooLarge { limit }, position: None });
    }
    if bytes.is_empty() {
        return Err(ReadError { kind: ReadErrorKind::Empty, position: None });
    }
    if bytes.starts_with(b"\xef\xbb\xbf") {
        return Err(ReadError::at(ReadErrorKind::ByteOrderMark, bytes, 0));
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return Err(ReadError::at(ReadErrorKind::InvalidUtf8, bytes, error.valid_up_to())),
    };
    let mut reader = Reader::new(text, limits.max_depth);
    let result = reader.value().and_then(|()| {
        reader.blanks();
        if reader.at == text.len() { Ok(()) } else { Err(reader.fault(ReadErrorKind::TrailingBytes)) }
    });
    match result {
        Ok(()) => {
            let mut tokens = reader.tokens;
            tokens.shrink_to_fit();
            Ok(Tree { text, tokens })
        }
        Err(Fault { kind, at }) => Err(ReadError::at(kind, bytes, at)),
    }
}

/// Whether the text is exactly one JSON number.
pub(super) fn is_number(text: &str) -> bool {
    let mut reader = Reader::over(text);
    reader.number().is_ok() && reader.at == text.len()
}

/// The text of a string that was read before: what stands between its quotes, without escapes.
pub(super) fn unescaped(raw: &str) -> String {
    let mut reader = Reader::over(raw);
    let mut out = String::with_capacity(raw.len());
    while reader.at < raw.len() {
        let from = reader.at;
        reader.at = memchr::memchr(b'\\', &raw.as_bytes()[from..]).map_or(raw.len(), |plain| from + plain);
        out.push_str(&raw[from..reader.at]);
        if reader.at < raw.len() {
            match reader.escape() {
                Ok(character) => out.push(character),
                // It was read before, so every escape in it exists.
                Err(_) => break,
            }
        }
    }
    out
}

/// Names that a language's object model treats specially (documents.md §11, hazard 2).
const RESERVED: [&str; 3] = ["__proto__", "constructor", "prototype"];

/// Places in the text are 31 bits; one more says that a string has escapes.
const MOST_BYTES: usize = (u32::MAX >> 1) as usize;

/// A file may hold this many values and names whatever its size, and beyond them one for every so many bytes. A wrapped
/// document has 25 bytes and more for each: its salts are longer than that.
const TOKENS_AT_LEAST: usize = 1 << 16;
const BYTES_PER_TOKEN: usize = 8;
/// The same for empty objects and lists, each of which is a leaf of OpenAttestation 2.0 without a salt: its hash takes ten
/// times the memory of its text.
const BYTES_PER_EMPTY: usize = 32;

struct Fault {
    kind: ReadErrorKind,
    at: usize,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    max_depth: usize,
    tokens: Vec<Token>,
    most_tokens: usize,
    empty_left: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, max_depth: usize) -> Self {
        let most_tokens = TOKENS_AT_LEAST + text.len() / BYTES_PER_TOKEN;
        Self {
            // As many as there can be, so that nothing is ever copied to grow; what is not used is never touched.
            tokens: Vec::with_capacity(most_tokens.min(text.len() / 2 + 1)),
            most_tokens,
            empty_left: TOKENS_AT_LEAST + text.len() / BYTES_PER_EMPTY,
            max_depth,
            ..Self::over(text)
        }
    }

    /// For parts that were read before and numbers: no tokens.
    fn over(text: &'a str) -> Self {
        Self { text, at: 0, depth: 0, max_depth: 0, tokens: Vec::new(), most_tokens: 0, empty_left: 0 }
    }

    fn value(&mut self) -> Result<(), Fault> {
        self.blanks();
        let start = self.at;
        match self.peek() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'"') => self.string().map(drop),
            Some(b'-' | b'0'..=b'9') => {
                self.number()?;
                self.push(start, self.at).map(drop)
            }
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            Some(b'n') => self.word("null"),
            Some(_) => Err(self.syntax("a value was expected here")),
            None => Err(self.syntax("the text ends where a value was expected")),
        }
    }

    fn nested(&mut self, read: fn(&mut Self, usize) -> Result<(), Fault>) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth > self.max_depth {
            return Err(self.fault(ReadErrorKind::TooDeep { limit: self.max_depth }));
        }
        let this = self.push(self.at, 0)?;
        self.at += 1;
        read(self, this)?;
        self.depth -= 1;
        // The reader's places are checked against the size of the text, which is below 31 bits.
        self.tokens[this].end = self.tokens.len() as u32;
        if self.tokens.len() == this + 1 {
            self.empty_left = self.empty_left.checked_sub(1).ok_or(self.fault(ReadErrorKind::TooManyEmpty))?;
        }
        Ok(())
    }

    fn object(&mut self, this: usize) -> Result<(), Fault> {
        let mut few = [0_u32; FEW];
        let mut members = 0;
        self.blanks();
        if self.take(b'}') {
            return Ok(());
        }
        loop {
            self.blanks();
            let start = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.syntax("a member name in quotes was expected here"));
            }
            let name = self.string()?;
            let text = self.name(name);
            if RESERVED.iter().any(|reserved| text.is(reserved)) {
                let name = clipped(&text.decoded()).into_owned();
                return Err(Fault { kind: ReadErrorKind::ReservedName(name), at: start });
            }
            if let Some(slot) = few.get_mut(members) {
                *slot = name as u32;
                if few[..members].iter().any(|&known| self.name(known as usize) == text) {
                    return Err(self.duplicate(name));
                }
            }
            members += 1;
            self.blanks();
            if !self.take(b':') {
                return Err(self.syntax("`:` was expected after the member name"));
            }
            self.value()?;
            self.blanks();
            if self.take(b'}') {
                return if members > FEW { self.refuse_duplicates(this, members) } else { Ok(()) };
            }
            if !self.take(b',') {
                return Err(self.syntax("`,` or `}` was expected here"));
            }
        }
    }

    fn array(&mut self, _this: usize) -> Result<(), Fault> {
        self.blanks();
        if self.take(b']') {
            return Ok(());
        }
        loop {
            self.value()?;
            self.blanks();
            if self.take(b']') {
                return Ok(());
            }
            if !self.take(b',') {
                return Err(self.syntax("`,` or `]` was expected here"));
            }
        }
    }

    /// Names that stand twice in a large object: all are sorted by a hash that nobody outside can foresee, and neighbours
    /// compared.
    fn refuse_duplicates(&self, this: usize, members: usize) -> Result<(), Fault> {
        let hasher = RandomState::new();
        let mut keyed: Vec<u64> = Vec::with_capacity(members);
        let mut index = this + 1;
        for _ in 0..members {
            let hash = hasher.hash_one(self.name(index).decoded().as_ref());
            keyed.push((hash << 32) | index as u64);
            index = super::after(self.text, &self.tokens, index + 1);
        }
        keyed.sort_unstable();
        let index = |key: u64| (key & u64::from(u32::MAX)) as usize;
        let same = |one: u64, other: u64| self.name(index(one)) == self.name(index(other));
        let second = keyed.chunk_by(|one, other| one >> 32 == other >> 32).filter_map(|alike| {
            (1..alike.len()).find(|&at| alike[..at].iter().any(|&before| same(before, alike[at]))).map(|at| alike[at])
        });
        second.map(index).min().map_or(Ok(()), |name| Err(self.duplicate(name)))
    }

    fn duplicate(&self, name: usize) -> Fault {
        let shown = clipped(&self.name(name).decoded()).into_owned();
        Fault { kind: ReadErrorKind::DuplicateMember(shown), at: self.tokens[name].at as usize }
    }

    fn name(&self, index: usize) -> super::Text<'a> {
        super::text_of(self.text, self.tokens[index])
    }

    /// The index of its token.
    fn string(&mut self) -> Result<usize, Fault> {
        let start = self.at;
        let mut escapes = 0;
        self.at += 1;
        loop {
            self.skip_plain()?;
            match self.peek() {
                Some(b'"') => {
                    let end = self.at;
                    self.at += 1;
                    return self.push(start, end | escapes);
                }
                Some(_) => {
                    escapes = super::ESCAPES as usize;
                    self.escape()?;
                }
                None => return Err(self.syntax("the text ends inside a string")),
            }
        }
    }

    /// Moves to the next quote or backslash; both are ASCII, so this is a character boundary.
    fn skip_plain(&mut self) -> Result<(), Fault> {
        self.at += plain(&self.text.as_bytes()[self.at..]);
        match self.peek() {
            Some(..0x20) => Err(self.syntax("a control character must be escaped in a string")),
            _ => Ok(()),
        }
    }

    fn escape(&mut self) -> Result<char, Fault> {
        let start = self.at;
        self.at += 1;
        let letter = self.peek();
        self.at += usize::from(letter.is_some());
        Ok(match letter {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(start),
            _ => {
                self.at = start;
                return Err(self.syntax("this escape does not exist"));
            }
        })
    }

    fn unicode_escape(&mut self, start: usize) -> Result<char, Fault> {
        let lone = Fault { kind: ReadErrorKind::LoneSurrogate, at: start };
        let first = self.four_digits()?;
        let code = match first {
            0xd800..=0xdbff => {
                if !self.text[self.at..].starts_with("\\u") {
                    return Err(lone);
                }
                self.at += 2;
                let second = self.four_digits()?;
                if !(0xdc00..=0xdfff).contains(&second) {
                    return Err(lone);
                }
                0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)
            }
            other => other,
        };
        char::from_u32(code).ok_or(lone)
    }

    fn four_digits(&mut self) -> Result<u32, Fault> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4);
        let code = digits.and_then(|digits| {
            digits.iter().try_fold(0, |code, &digit| Some(code * 16 + char::from(digit).to_digit(16)?))
        });
        let Some(code) = code else { return Err(self.syntax("`\\u` needs four hexadecimal digits")) };
        self.at += 4;
        Ok(code)
    }

    fn number(&mut self) -> Result<(), Fault> {
        self.take(b'-');
        if self.take(b'0') {
            if matches!(self.peek(), Some(b'0'..=b'9')) {
                return Err(self.syntax("a number must not start with a zero"));
            }
        } else if self.digits() == 0 {
            return Err(self.syntax("a digit was expected here"));
        }
        if self.take(b'.') && self.digits() == 0 {
            return Err(self.syntax("a digit was expected after the decimal point"));
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'+') || self.take(b'-');
            if self.digits() == 0 {
                return Err(self.syntax("a digit was expected in the exponent"));
            }
        }
        Ok(())
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - start
    }

    fn word(&mut self, word: &str) -> Result<(), Fault> {
        if self.text[self.at..].starts_with(word) {
            let start = self.at;
            self.at += word.len();
            self.push(start, self.at).map(drop)
        } else {
            Err(self.syntax("a value was expected here"))
        }
    }

    fn push(&mut self, start: usize, end: usize) -> Result<usize, Fault> {
        let index = self.tokens.len();
        if index == self.most_tokens {
            return Err(Fault { kind: ReadErrorKind::TooManyValues { limit: self.most_tokens }, at: start });
        }
        self.tokens.push(Token { at: start as u32, end: end as u32 });
        Ok(index)
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn fault(&self, kind: ReadErrorKind) -> Fault {
        Fault { kind, at: self.at }
    }

    fn syntax(&self, what: &'static str) -> Fault {
        self.fault(ReadErrorKind::Syntax(what))
    }
}

/// How many bytes there are before the first that ends or interrupts a string: a quote, a backslash or a control character.
fn plain(bytes: &[u8]) -> usize {
    const SHORT: usize = 16;
    // Most strings are short.
    for (index, word) in bytes.as_chunks().0.iter().take(SHORT).enumerate() {
        let found = ends_among(u64::from_le_bytes(*word));
        if found != 0 {
            return index * 8 + found.trailing_zeros() as usize / 8;
        }
    }
    let plain = memchr::memchr2(b'"', b'\\', bytes).unwrap_or(bytes.len());
    // Looked for in blocks without a way out, which is many bytes at a time.
    let has_control = |block: &[u8]| block.iter().fold(false, |found, &byte| found | (byte < 0x20));
    let control = bytes[..plain].chunks(64).enumerate().find(|(_, block)| has_control(block));
    control.map_or(plain, |(index, block)| index * 64 + block.iter().position(|&byte| byte < 0x20).unwrap_or_default())
}

/// Of eight bytes, the highest bit of each that is a quote, a backslash or a control character. What stands behind the first
/// such byte may be marked wrongly, by what is borrowed from it.
fn ends_among(word: u64) -> u64 {
    const EACH: u64 = u64::MAX / 0xff;
    let less = |word: u64, than: u64| word.wrapping_sub(EACH * than) & !word;
    let is = |byte: u8| less(word ^ (EACH * u64::from(byte)), 1);
    (less(word, 0x20) | is(b'"') | is(b'\\')) & (EACH * 0x80)
}

/// Small objects are compared name by name; sorting takes over before that becomes quadratic.
const FEW: usize = 16;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_ends_a_string_is_found_wherever_it_stands(
            before in proptest::collection::vec(any::<u8>().prop_map(|byte| byte.max(b']')), 0..300),
            more in proptest::collection::vec(any::<u8>(), 0..20),
        ) {
            let bytes = [before, more].concat();
            let ends = |byte: &u8| matches!(*byte, b'"' | b'\\' | ..0x20);
            prop_assert_eq!(plain(&bytes), bytes.iter().position(ends).unwrap_or(bytes.len()));
        }
    }

    #[test]
    fn a_long_name_is_cut_where_an_error_repeats_it() {
        for name in ["n".repeat(1 << 20), "\\u00e9".repeat(1 << 18)] {
            let text = format!(r#"{{"{name}":0,"{name}":0}}"#);
            let error = read(text.as_bytes(), &Limits::default()).unwrap_err().to_string();
            assert!(error.starts_with("the member \"") && error.contains("bytes in all"), "{error:.100}");
            assert!(error.len() < 1000, "{}", error.len());
        }
    }
}
