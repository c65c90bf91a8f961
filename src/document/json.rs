//! The strict JSON reader (documents.md §2): one pass over the bytes, strings borrowed from the input, number tokens
//! kept as written, and exactly one way to read what it accepts.

use std::borrow::Cow;
use std::collections::HashSet;

use super::{Limits, ReadError, ReadErrorKind};

/// A JSON value that borrows from the input.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// The token as written.
    Number(&'a str),
    /// Unescaped text.
    String(Cow<'a, str>),
    /// In order.
    Array(Vec<Value<'a>>),
    /// In the order written; names are unique.
    Object(Members<'a>),
}

/// The members of an object, in the order written.
pub type Members<'a> = Vec<(Cow<'a, str>, Value<'a>)>;

impl<'a> Value<'a> {
    /// The text, if this is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The members, if this is an object.
    pub fn as_object(&self) -> Option<&Members<'a>> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The items, if this is an array.
    pub fn as_array(&self) -> Option<&[Value<'a>]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// A member of an object by name.
    pub fn get(&self, name: &str) -> Option<&Value<'a>> {
        member(self.as_object()?, name)
    }

    /// Whether this is `{}` or `[]`.
    pub fn is_empty_container(&self) -> bool {
        matches!(self, Self::Array(items) if items.is_empty())
            || matches!(self, Self::Object(members) if members.is_empty())
    }
}

/// A member by name.
pub fn member<'v, 'a>(members: &'v Members<'a>, name: &str) -> Option<&'v Value<'a>> {
    members.iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

/// Reads one JSON text whose top level is an object.
pub fn parse<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Members<'a>, ReadError> {
    let value = parse_value(bytes, limits)?;
    match value {
        Value::Object(members) => Ok(members),
        _ => Err(ReadError { kind: ReadErrorKind::NotAnObject, position: None }),
    }
}

/// Reads one JSON text of any kind.
pub(crate) fn parse_value<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Value<'a>, ReadError> {
    if bytes.len() > limits.max_bytes {
        return Err(ReadError { kind: ReadErrorKind::TooLarge { limit: limits.max_bytes }, position: None });
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
    let mut reader = Reader { text, at: 0, depth: 0, max_depth: limits.max_depth };
    let result = reader.value().and_then(|value| {
        reader.blanks();
        if reader.at == text.len() { Ok(value) } else { Err(reader.fault(ReadErrorKind::TrailingBytes)) }
    });
    result.map_err(|Fault { kind, at }| ReadError::at(kind, bytes, at))
}

struct Fault {
    kind: ReadErrorKind,
    at: usize,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    max_depth: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self) -> Result<Value<'a>, Fault> {
        self.blanks();
        match self.peek() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'"') => self.string().map(Value::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            Some(_) => Err(self.syntax("a value was expected here")),
            None => Err(self.syntax("the text ends where a value was expected")),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Value<'a>, Fault>) -> Result<Value<'a>, Fault> {
        self.depth += 1;
        if self.depth > self.max_depth {
            return Err(self.fault(ReadErrorKind::TooDeep { limit: self.max_depth }));
        }
        self.at += 1;
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn object(&mut self) -> Result<Value<'a>, Fault> {
        let mut members: Members<'a> = Vec::new();
        let mut seen = Seen::default();
        self.blanks();
        if self.take(b'}') {
            return Ok(Value::Object(members));
        }
        loop {
            self.blanks();
            let start = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.syntax("a member name in quotes was expected here"));
            }
            let name = self.string()?;
            if RESERVED.contains(&name.as_ref()) {
                return Err(Fault { kind: ReadErrorKind::ReservedName(name.into_owned()), at: start });
            }
            if !seen.is_new(&name, &members) {
                return Err(Fault { kind: ReadErrorKind::DuplicateMember(name.into_owned()), at: start });
            }
            self.blanks();
            if !self.take(b':') {
                return Err(self.syntax("`:` was expected after the member name"));
            }
            let value = self.value()?;
            members.push((name, value));
            self.blanks();
            if self.take(b'}') {
                return Ok(Value::Object(members));
            }
            if !self.take(b',') {
                return Err(self.syntax("`,` or `}` was expected here"));
            }
        }
    }

    fn array(&mut self) -> Result<Value<'a>, Fault> {
        let mut items = Vec::new();
        self.blanks();
        if self.take(b']') {
            return Ok(Value::Array(items));
        }
        loop {
            items.push(self.value()?);
            self.blanks();
            if self.take(b']') {
                return Ok(Value::Array(items));
            }
            if !self.take(b',') {
                return Err(self.syntax("`,` or `]` was expected here"));
            }
        }
    }

    /// Borrows when nothing is escaped, which is nearly always and always for large attachments.
    fn string(&mut self) -> Result<Cow<'a, str>, Fault> {
        self.at += 1;
        let start = self.at;
        self.skip_plain();
        if self.peek() == Some(b'"') {
            let plain = &self.text[start..self.at];
            self.at += 1;
            return Ok(Cow::Borrowed(plain));
        }
        let mut out = self.text[start..self.at].to_owned();
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Cow::Owned(out));
                }
                Some(b'\\') => out.push(self.escape()?),
                Some(_) if self.text.as_bytes()[self.at] < 0x20 => {
                    return Err(self.syntax("a control character must be escaped in a string"));
                }
                Some(_) => {
                    let from = self.at;
                    self.skip_plain();
                    out.push_str(&self.text[from..self.at]);
                }
                None => return Err(self.syntax("the text ends inside a string")),
            }
        }
    }

    /// Moves to the next quote, backslash or control character; all three are ASCII, so this is a character boundary.
    fn skip_plain(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        let plain = rest.iter().position(|&byte| byte == b'"' || byte == b'\\' || byte < 0x20);
        self.at += plain.unwrap_or(rest.len());
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

    fn number(&mut self) -> Result<Value<'a>, Fault> {
        let start = self.at;
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
        Ok(Value::Number(&self.text[start..self.at]))
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - start
    }

    fn word(&mut self, word: &str, value: Value<'a>) -> Result<Value<'a>, Fault> {
        if self.text[self.at..].starts_with(word) {
            self.at += word.len();
            Ok(value)
        } else {
            Err(self.syntax("a value was expected here"))
        }
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

/// Names that a language's object model treats specially (documents.md §11, hazard 2).
pub(crate) const RESERVED: [&str; 3] = ["__proto__", "constructor", "prototype"];

/// Small objects are compared name by name; a hash set takes over before that becomes quadratic.
#[derive(Default)]
struct Seen {
    names: HashSet<String>,
}

impl Seen {
    fn is_new(&mut self, name: &str, members: &Members<'_>) -> bool {
        const FEW: usize = 16;
        if members.len() < FEW {
            return !members.iter().any(|(known, _)| known == name);
        }
        if self.names.is_empty() {
            self.names.extend(members.iter().map(|(known, _)| known.to_string()));
        }
        self.names.insert(name.to_owned())
    }
}
