//! Domain names in the canonical wire form of RFC 4034 §6.2: not compressed, in lower case. Two names are the same if their
//! bytes are.

use std::fmt;

/// A name of the root or of something below it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Name<'a>(&'a [u8]);

/// RFC 1035 §3.1.
const LONGEST: usize = 255;
const LONGEST_LABEL: u8 = 63;

impl<'a> Name<'a> {
    /// The name that `bytes` begin with, and what follows it. Compressed names and those with capital letters are none.
    pub(super) fn read(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let mut length = 0;
        loop {
            let label = *bytes.get(length)?;
            let end = length + 1 + usize::from(label);
            if label > LONGEST_LABEL || end > LONGEST || bytes.get(length..end)?.iter().any(u8::is_ascii_uppercase) {
                // The length of a label is none of a capital letter's bytes: these begin at 65.
                return None;
            }
            length = end;
            if label == 0 {
                let (name, rest) = bytes.split_at_checked(length)?;
                return Some((Self(name), rest));
            }
        }
    }

    /// A name that is all of `bytes`.
    pub(super) fn whole(bytes: &'a [u8]) -> Option<Self> {
        Self::read(bytes).filter(|(_, rest)| rest.is_empty()).map(|(name, _)| name)
    }

    pub(super) fn bytes(self) -> &'a [u8] {
        self.0
    }

    /// The name without its first label; nothing above the root.
    pub(super) fn parent(self) -> Option<Self> {
        let label = usize::from(*self.0.first()?);
        self.0.get(1 + label..).filter(|rest| !rest.is_empty()).map(Self)
    }

    /// As the field of a signature counts them (RFC 4034 §3.1.3), but for a wildcard's asterisk.
    pub(super) fn labels(self) -> usize {
        std::iter::successors(Some(self), |name| name.parent()).count() - 1
    }

    /// Whether it is `zone` or below it.
    pub(super) fn is_within(self, zone: Self) -> bool {
        std::iter::successors(Some(self), |name| name.parent()).any(|name| name == zone)
    }
}

/// The wire form of a name as it is written, with or without its last dot: letters of ASCII without escapes, no blanks.
pub(super) fn wire(text: &str) -> Option<Vec<u8>> {
    let text = text.strip_suffix('.').unwrap_or(text);
    let mut wire = Vec::with_capacity(text.len() + 2);
    for label in text.split('.').filter(|_| !text.is_empty()) {
        let plain = label.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\' && byte != b'"');
        let length = u8::try_from(label.len()).ok().filter(|length| (1..=LONGEST_LABEL).contains(length))?;
        plain.then_some(())?;
        wire.push(length);
        wire.extend(label.bytes().map(|byte| byte.to_ascii_lowercase()));
    }
    wire.push(0);
    (wire.len() <= LONGEST).then_some(wire)
}

/// As a zone file writes it (RFC 1035 §5.1).
impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut name = *self;
        if name.parent().is_none() {
            return f.write_str(".");
        }
        while let Some(parent) = name.parent() {
            let label = name.0.len() - parent.0.len();
            for &byte in name.0.get(1..label).unwrap_or_default() {
                match byte {
                    b'.' | b'\\' | b'"' | b'(' | b')' | b';' => write!(f, "\\{}", char::from(byte))?,
                    _ if byte.is_ascii_graphic() => write!(f, "{}", char::from(byte))?,
                    _ => write!(f, "\\{byte:03}")?,
                }
            }
            f.write_str(".")?;
            name = parent;
        }
        Ok(())
    }
}

impl fmt::Debug for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_only_in_its_canonical_form() {
        let wired = wire("Carrier.example.").unwrap();
        assert_eq!(wired, b"\x07carrier\x07example\0");
        let (name, rest) = Name::read(b"\x07carrier\x07example\0rest").unwrap();
        assert_eq!((name.to_string().as_str(), rest, name.labels()), ("carrier.example.", &b"rest"[..], 2));
        assert_eq!((wire("."), Name(&[0]).labels(), Name(&[0]).to_string()), (Some(vec![0]), 0, ".".into()));
        for wrong in [
            &b""[..],
            b"\x01a",
            b"\x01A\0",
            b"\xc0\x0c",
            b"\x40",
            &[1; 300],
            &[b"\x3f".as_slice(), &[b'a'; 62]].concat(),
        ] {
            assert_eq!(Name::read(wrong), None, "{wrong:?}");
        }
        for wrong in ["a..b", "..", ".a", "a b", "a\\.b", &"a".repeat(64), &"a.".repeat(127).repeat(2)] {
            assert_eq!(wire(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_name_is_within_a_zone_by_whole_labels() {
        let of = |text: &str| wire(text).unwrap();
        for (name, zone, wanted) in [
            ("a.example", "example", true),
            ("example", "example", true),
            ("example", ".", true),
            (".", ".", true),
            ("aexample", "example", false),
            ("example", "a.example", false),
            (".", "example", false),
        ] {
            assert_eq!(Name(&of(name)).is_within(Name(&of(zone))), wanted, "{name} {zone}");
        }
        assert_eq!(Name(b"\x03a.\x01\0").to_string(), "a\\.\\001.");
    }
}
