//! Leaves, their hashes and the digest over them (documents.md §3.3–3.5, §4.2–4.4).

use sha3::{Digest as _, Keccak256};

use super::Fault;
use super::path::{Path, Step, decimal};
use super::reencoded::Reading;
use crate::document::json::{Items, Kind, Members, Value};
use crate::document::oa2::salted_leaf;
use crate::primitives::Digest32;

/// One hashed leaf: where it stands and what it hashes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// Keys joined as the family does.
    pub path: String,
    /// Keccak-256 of the leaf's text.
    pub hash: Digest32,
}

/// The leaves of v2 `data`, each with its path. The integrity check itself writes no path out: under long names the paths
/// take far more memory than the document.
pub fn flatten_oa2(data: Value<'_>) -> Result<Vec<Leaf>, Fault> {
    let mut leaves = Vec::new();
    each_oa2_leaf(data, Reading::AS_WRITTEN, |path, hash| leaves.push(Leaf { path: path.dotted(), hash }))?;
    Ok(leaves)
}

/// Walks v2 `data`: refuses every key that would make the mapping from JSON to paths ambiguous and every leaf that is
/// not salted (documents.md §3.2, §3.3). Returns how many bytes were hashed, which grows with the document and with
/// nothing else.
pub(super) fn each_oa2_leaf<'v>(
    data: Value<'v>,
    reading: Reading,
    visit: impl FnMut(&Path<'v>, Digest32),
) -> Result<usize, Fault> {
    let mut walk = Walk { path: Path::default(), reading, visit, hashed: 0 };
    let mut text = LeafText::default();
    text.plain(b"{\"");
    match data.kind() {
        Kind::Object(members) => walk.members(members, &text)?,
        _ => return Err(Fault::Shape("`data` must be an object".into())),
    }
    Ok(walk.hashed)
}

/// How many leaves there are: scalars, and empty containers where they are leaves too.
pub(super) fn count(value: Value<'_>) -> usize {
    match value.kind() {
        Kind::Object(members) if !members.is_empty() => members.map(|(_, value)| count(value)).sum(),
        Kind::Array(items) if !items.is_empty() => items.map(count).sum(),
        _ => 1,
    }
}

/// The digest: Keccak-256 of the JSON list of all leaf hashes, hidden ones included, sorted (documents.md §3.5).
pub fn digest(visible: impl IntoIterator<Item = Digest32>, hidden: &[Digest32]) -> Digest32 {
    let mut all: Vec<Digest32> = visible.into_iter().chain(hidden.iter().copied()).collect();
    all.sort_unstable();
    digest_of_sorted(&all, &[])
}

/// As [`digest`], of two lists that are sorted: neither is copied, and the text is never in memory as a whole.
pub(super) fn digest_of_sorted<'a>(mut visible: &'a [Digest32], mut hidden: &'a [Digest32]) -> Digest32 {
    const ENTRY: usize = 67;
    let mut hasher = Keccak256::new();
    let mut block = Vec::with_capacity(64 * ENTRY);
    let mut separator = b'[';
    loop {
        let (list, hash) = match (visible.first(), hidden.first()) {
            (Some(one), Some(other)) if one <= other => (&mut visible, *one),
            (_, Some(other)) => (&mut hidden, *other),
            (Some(one), None) => (&mut visible, *one),
            (None, None) => break,
        };
        *list = &list[1..];
        block.extend([separator, b'"']);
        block.extend(hash.hex64_bytes());
        block.push(b'"');
        separator = b',';
        if block.len() + ENTRY > block.capacity() {
            hasher.update(&block);
            block.clear();
        }
    }
    hasher.update(&block);
    hasher.update(if separator == b'[' { b"[]".as_slice() } else { b"]" });
    Digest32(hasher.finalize().into())
}

/// Hidden hashes, sorted, are unique and none is a visible leaf's (documents.md §3.5, §4.8 step 6). `visible` is sorted,
/// too; `path_of` tells where a leaf stands.
pub(super) fn refuse_repeated(
    hidden: &[Digest32],
    visible: &[Digest32],
    path_of: impl FnOnce(Digest32) -> String,
) -> Result<(), Fault> {
    if hidden.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(Fault::NotCanonical("a hidden field stands twice in the list of hidden fields".into()));
    }
    match hidden.iter().find(|hash| visible.binary_search(hash).is_ok()) {
        Some(hash) => Err(Fault::AmbiguousStructure(format!("the field {:?} is visible and hidden", path_of(*hash)))),
        None => Ok(()),
    }
}

/// The text of a leaf on its way into the hash: `{"<path>":"<text>"}` as `JSON.stringify` writes it. It is never built, so
/// an attachment of many megabytes is hashed where it lies; and it is cloned where paths part, so that what they have in
/// common is hashed once.
#[derive(Clone, Default)]
pub(super) struct LeafText {
    hasher: Keccak256,
    length: usize,
}

impl LeafText {
    /// Keccak-256 of a leaf with this path and a text in pieces.
    pub(super) fn hash(path: &str, pieces: &[&str]) -> Digest32 {
        let mut text = Self::default();
        text.plain(b"{\"");
        text.escaped(path);
        text.plain(b"\":\"");
        pieces.iter().for_each(|piece| text.escaped(piece));
        text.plain(b"\"}");
        text.finish()
    }

    fn finish(self) -> Digest32 {
        Digest32(self.hasher.finalize().into())
    }

    fn plain(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.length += bytes.len();
    }

    /// Escapes as `JSON.stringify` does for well-formed text (documents.md §12.2).
    fn escaped(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let mut plain_from = 0;
        let special = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
        for (number, block) in bytes.chunks(64).enumerate() {
            // Without a way out of the loop, so that many bytes are looked at at a time.
            if !block.iter().fold(false, |found, &byte| found | special(byte)) {
                continue;
            }
            for (at, &byte) in block.iter().enumerate().filter(|(_, byte)| special(**byte)) {
                let index = number * 64 + at;
                self.plain(&bytes[plain_from..index]);
                plain_from = index + 1;
                match byte {
                    b'"' => self.plain(b"\\\""),
                    b'\\' => self.plain(b"\\\\"),
                    0x08 => self.plain(b"\\b"),
                    b'\t' => self.plain(b"\\t"),
                    b'\n' => self.plain(b"\\n"),
                    0x0c => self.plain(b"\\f"),
                    b'\r' => self.plain(b"\\r"),
                    control => self.plain(format!("\\u{control:04x}").as_bytes()),
                }
            }
        }
        self.plain(&bytes[plain_from..]);
    }
}

/// The walk through v2 `data`.
struct Walk<'v, F> {
    path: Path<'v>,
    reading: Reading,
    visit: F,
    hashed: usize,
}

impl<'v, F: FnMut(&Path<'v>, Digest32)> Walk<'v, F> {
    /// `text` ends where the name of a member follows.
    fn members(&mut self, members: Members<'v>, text: &LeafText) -> Result<(), Fault> {
        for (name, value) in members {
            let name = self.reading.of(name);
            let mut text = text.clone();
            let known = text.length;
            text.escaped(&name);
            let refused = refused_key(&name);
            self.path.steps.push(Step::Name(name));
            if let Some(why) = refused {
                let path = self.path.shown(Path::dotted);
                return Err(Fault::AmbiguousStructure(format!("{why} ({path:?})")));
            }
            self.value(value, text, known)?;
            self.path.steps.pop();
        }
        Ok(())
    }

    fn items(&mut self, items: Items<'v>, text: &LeafText) -> Result<(), Fault> {
        for (index, item) in items.enumerate() {
            let mut text = text.clone();
            let known = text.length;
            text.plain(decimal(index, &mut [0; 20]).as_bytes());
            self.path.steps.push(Step::Index(index));
            self.value(item, text, known)?;
            self.path.steps.pop();
        }
        Ok(())
    }

    /// `text` ends with the value's path; so many bytes of it were `known` before.
    fn value(&mut self, value: Value<'v>, mut text: LeafText, known: usize) -> Result<(), Fault> {
        match value.kind() {
            Kind::Object(members) if members.is_empty() => text.plain(b"\":{}}"),
            Kind::Array(items) if items.is_empty() => text.plain(b"\":[]}"),
            Kind::Object(members) => {
                text.plain(b".");
                self.hashed += text.length - known;
                return self.members(members, &text);
            }
            Kind::Array(items) => {
                text.plain(b".");
                self.hashed += text.length - known;
                return self.items(items, &text);
            }
            Kind::String(leaf) => {
                let leaf = self.reading.of(leaf);
                if salted_leaf(&leaf).is_none() {
                    return Err(self.not_salted());
                }
                text.plain(b"\":\"");
                text.escaped(&leaf);
                text.plain(b"\"}");
            }
            Kind::Null | Kind::Bool(_) | Kind::Number(_) => return Err(self.not_salted()),
        }
        self.hashed += text.length - known;
        (self.visit)(&self.path, text.finish());
        Ok(())
    }

    fn not_salted(&self) -> Fault {
        Fault::NotCanonical(format!("the field {:?} is not a salted value", self.path.shown(Path::dotted)))
    }
}

/// The key rules that make the mapping from JSON to paths one-to-one (documents.md §3.3).
fn refused_key(name: &str) -> Option<&'static str> {
    let integer_like =
        name.bytes().all(|byte| byte.is_ascii_digit()) && (name == "0" || !name.starts_with('0')) && !name.is_empty();
    if name.is_empty() {
        Some("an empty member name")
    } else if name.contains('.') {
        Some("a member name with a dot")
    } else if name == "_isBuffer" {
        Some("a member name that some readers treat specially")
    } else if integer_like {
        Some("a number as a member name")
    } else {
        None
    }
}
