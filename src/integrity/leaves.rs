//! Leaves, their hashes and the digest over them (documents.md §3.3–3.5, §4.2–4.4).

use std::borrow::Cow;

use super::Fault;
use super::path::{Path, Step, decimal};
use super::reencoded::Reading;
use crate::document::json::{Items, Kind, Members, Value};
use crate::document::oa2::salted_leaf;
use crate::keccak::{Keccak256, Messages};
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
    let mut paths = Vec::new();
    let hashes = oa2_hashes(data, Reading::AS_WRITTEN, |path| paths.push(path.dotted()))?;
    Ok(paths.into_iter().zip(hashes).map(|(path, hash)| Leaf { path, hash }).collect())
}

/// Walks v2 `data`: refuses every key that would make the mapping from JSON to paths ambiguous and every leaf that is
/// not salted (documents.md §3.2, §3.3). The hashes of the leaves, in the order in which they are visited.
pub(super) fn oa2_hashes<'v>(
    data: Value<'v>,
    reading: Reading,
    visit: impl FnMut(&Path<'v>),
) -> Result<Vec<Digest32>, Fault> {
    let Kind::Object(members) = data.kind() else { return Err(Fault::Shape("`data` must be an object".into())) };
    let mut walk = Walk { path: Path::default(), reading, visit, texts: Messages::with_capacity(data.leaves()) };
    walk.members(members, &beginning())?;
    Ok(walk.texts.digests())
}

/// The digest: Keccak-256 of the JSON list of all leaf hashes, hidden ones included, sorted (documents.md §3.5).
pub fn digest(visible: impl IntoIterator<Item = Digest32>, hidden: &[Digest32]) -> Digest32 {
    let mut all: Vec<Digest32> = visible.into_iter().chain(hidden.iter().copied()).collect();
    sort(&mut all);
    digest_of_sorted(&all, &[])
}

/// By their first bytes, which nearly always tell hashes apart, and only then by all.
pub(super) fn sort(hashes: &mut [Digest32]) {
    let first = |hash: &Digest32| hash.0.first_chunk().copied().map(u64::from_be_bytes);
    hashes.sort_unstable_by(|one, other| first(one).cmp(&first(other)).then_with(|| one.cmp(other)));
}

/// As [`digest`], of two lists that are sorted: neither is copied, and the text is never in memory as a whole.
pub(super) fn digest_of_sorted<'a>(mut visible: &'a [Digest32], mut hidden: &'a [Digest32]) -> Digest32 {
    const ENTRY: usize = 67;
    let mut text = Keccak256::default();
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
        let mut entry = [b'"'; ENTRY];
        entry[0] = separator;
        entry[2..ENTRY - 1].copy_from_slice(&hash.hex64_bytes());
        block.extend_from_slice(&entry);
        separator = b',';
        if block.len() + ENTRY > block.capacity() {
            text.update(&block);
            block.clear();
        }
    }
    text.update(&block);
    text.update(if separator == b'[' { b"[]" } else { b"]" });
    text.finish()
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

/// What the text of every leaf begins with: `{"<path>":"<text>"}` as `JSON.stringify` writes it. What paths have in common
/// is given to a hash once and cloned from there, and a text is never built longer than a few blocks, so an attachment of
/// many megabytes is hashed where it lies.
pub(super) fn beginning() -> Keccak256 {
    let mut text = Keccak256::default();
    text.update(b"{\"");
    text
}

/// Escapes as `JSON.stringify` does for well-formed text (documents.md §12.2). What is borrowed stands in a JSON string
/// without an escape, so nothing in it needs one.
#[expect(clippy::ptr_arg, reason = "whether it is borrowed says something")]
pub(super) fn escaped(text: &Cow<'_, str>, mut write: impl FnMut(&[u8])) {
    let text = match text {
        Cow::Borrowed(plain) => return write(plain.as_bytes()),
        Cow::Owned(text) => text.as_bytes(),
    };
    let mut plain_from = 0;
    let special = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
    for (number, block) in text.chunks(64).enumerate() {
        // Without a way out of the loop, so that many bytes are looked at at a time.
        if !block.iter().fold(false, |found, &byte| found | special(byte)) {
            continue;
        }
        for (at, &byte) in block.iter().enumerate().filter(|(_, byte)| special(**byte)) {
            let index = number * 64 + at;
            write(&text[plain_from..index]);
            plain_from = index + 1;
            match byte {
                b'"' => write(b"\\\""),
                b'\\' => write(b"\\\\"),
                0x08 => write(b"\\b"),
                b'\t' => write(b"\\t"),
                b'\n' => write(b"\\n"),
                0x0c => write(b"\\f"),
                b'\r' => write(b"\\r"),
                control => write(format!("\\u{control:04x}").as_bytes()),
            }
        }
    }
    write(&text[plain_from..]);
}

/// The walk through v2 `data`.
struct Walk<'v, F> {
    path: Path<'v>,
    reading: Reading,
    visit: F,
    texts: Messages,
}

impl<'v, F: FnMut(&Path<'v>)> Walk<'v, F> {
    /// `stem` ends where the name of a member follows.
    fn members(&mut self, members: Members<'v>, stem: &Keccak256) -> Result<(), Fault> {
        for (name, value) in members {
            let name = self.reading.of(name);
            let refused = refused_key(&name);
            self.path.steps.push(Step::Name(name));
            if let Some(why) = refused {
                let path = self.path.shown(Path::dotted);
                return Err(Fault::AmbiguousStructure(format!("{why} ({path:?})")));
            }
            self.value(value, stem)?;
            self.path.steps.pop();
        }
        Ok(())
    }

    fn items(&mut self, items: Items<'v>, stem: &Keccak256) -> Result<(), Fault> {
        for (index, item) in items.enumerate() {
            self.path.steps.push(Step::Index(index));
            self.value(item, stem)?;
            self.path.steps.pop();
        }
        Ok(())
    }

    /// The last step of the path leads from `stem` to the value.
    fn value(&mut self, value: Value<'v>, stem: &Keccak256) -> Result<(), Fault> {
        match value.kind() {
            Kind::Object(members) if !members.is_empty() => {
                let stem = self.longer(stem);
                return self.members(members, &stem);
            }
            Kind::Array(items) if !items.is_empty() => {
                let stem = self.longer(stem);
                return self.items(items, &stem);
            }
            Kind::Object(_) => self.leaf(stem, |texts| texts.write(b"\":{}}")),
            Kind::Array(_) => self.leaf(stem, |texts| texts.write(b"\":[]}")),
            Kind::String(text) => {
                let text = self.reading.of(text);
                if salted_leaf(&text).is_none() {
                    return Err(self.not_salted());
                }
                self.leaf(stem, |texts| {
                    texts.write(b"\":\"");
                    escaped(&text, |bytes| texts.write(bytes));
                    texts.write(b"\"}");
                });
            }
            Kind::Null | Kind::Bool(_) | Kind::Number(_) => return Err(self.not_salted()),
        }
        Ok(())
    }

    /// `stem` with the last step and what follows it.
    fn longer(&self, stem: &Keccak256) -> Keccak256 {
        let mut longer = stem.clone();
        last_step(&self.path, |bytes| longer.update(bytes));
        longer.update(b".");
        longer
    }

    fn leaf(&mut self, stem: &Keccak256, write_value: impl FnOnce(&mut Messages)) {
        self.texts.begin(stem);
        last_step(&self.path, |bytes| self.texts.write(bytes));
        write_value(&mut self.texts);
        self.texts.end();
        (self.visit)(&self.path);
    }

    fn not_salted(&self) -> Fault {
        Fault::NotCanonical(format!("the field {:?} is not a salted value", self.path.shown(Path::dotted)))
    }
}

fn last_step(path: &Path<'_>, mut write: impl FnMut(&[u8])) {
    match path.steps.last() {
        Some(Step::Name(name)) => escaped(name, write),
        Some(Step::Index(index)) => write(decimal(*index, &mut [0; 20]).as_bytes()),
        None => {}
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
