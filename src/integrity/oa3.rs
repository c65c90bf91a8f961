//! The strict v3 algorithm from the leaves on (documents.md §4.8).

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::path::{Path, Step};
use super::reencoded::Reading;
use super::{Fault, Integrity, IntegrityResult, Warning, checksum_warnings, leaves, merkle, reencoded, shape};
use crate::document::Limits;
use crate::document::json::{self, Kind, Text, Value};
use crate::document::oa3::Document;
use crate::keccak::Messages;
use crate::primitives::{Digest32, is_hexadecimal};
use crate::text::{MOST_LISTED, clipped};

pub(super) fn check(document: &Document<'_>) -> Integrity {
    let (survey, hashes) = hashed(document, Reading::AS_WRITTEN);
    let judged = hashes.and_then(|hashes| judge(document, &survey, &hashes));
    let result = judged.map_err(|fault| match fault {
        // Names are re-encoded like values, and then they no longer fit the salts.
        Fault::DigestMismatch { .. } | Fault::SaltsMismatch(_) => {
            reencoded::undone(document.whole(), |reading| fits(document, reading)).map_or(fault, Fault::Reencoded)
        }
        other => other,
    });
    let mut warnings = checksum_warnings(std::slice::from_ref(&document.issuer));
    if survey.empty_containers > 0 {
        warnings.push(Warning::EmptyContainers { count: survey.empty_containers });
    }
    Integrity {
        result: result.unwrap_or_else(IntegrityResult::Broken),
        target_hash: Some(document.target_hash),
        merkle_root: Some(document.merkle_root),
        visible_leaves: if survey.complete { survey.leaves } else { 0 },
        hidden_leaves: document.obfuscated.len(),
        unauthenticated: document.unauthenticated.clone(),
        untyped: survey.untyped,
        warnings,
    }
}

/// What there is in a document's content.
#[derive(Default)]
struct Survey {
    /// Nothing stopped the walk.
    complete: bool,
    leaves: usize,
    empty_containers: usize,
    untyped: usize,
    falsy: usize,
}

impl Survey {
    fn count(&mut self, scalar: &Scalar<'_>) {
        self.leaves += 1;
        self.untyped += usize::from(scalar.untyped);
        self.falsy += usize::from(scalar.falsy());
    }
}

/// The hashes of the leaves in their order, or what is wrong: first of all with the content, and only then with the salts.
/// Where something is, the content is walked once more to the end of what can be walked.
fn hashed(document: &Document<'_>, reading: Reading) -> (Survey, Result<Vec<Digest32>, Fault>) {
    let mut survey = Survey::default();
    let hashes = salted(document, reading, &mut survey);
    if hashes.is_err() {
        survey = Survey::default();
        let mut empty_containers = 0;
        let walked = each_scalar(document, reading, &mut empty_containers, |_, scalar| {
            survey.count(&scalar);
            Ok(())
        });
        let survey = Survey { complete: walked.is_ok(), empty_containers, ..survey };
        return (survey, walked.and(hashes));
    }
    (survey, hashes)
}

/// Whether the content leads to the document's digest and root when it is read so.
fn fits(document: &Document<'_>, reading: Reading) -> bool {
    let (survey, hashes) = hashed(document, reading);
    hashes.and_then(|hashes| coverage(document, reading, &survey, &hashes)).is_ok()
        && merkle::root_from(document.target_hash, &document.proofs) == document.merkle_root
}

fn judge(document: &Document<'_>, survey: &Survey, hashes: &[Digest32]) -> Result<IntegrityResult, Fault> {
    let coverage = coverage(document, Reading::AS_WRITTEN, survey, hashes)?;
    let found = merkle::root_from(document.target_hash, &document.proofs);
    if found != document.merkle_root {
        return Err(Fault::MerkleMismatch { stated: document.merkle_root, found });
    }
    shape::shape_of_oa3(document.whole()).map_err(Fault::Shape)?;
    super::one_title(std::slice::from_ref(&document.issuer), &document.proofs)?;
    Ok(match coverage {
        Coverage::All => IntegrityResult::Intact,
        Coverage::AllButFalsy => IntegrityResult::FalsyLeavesUnauthenticated { paths: falsy_paths(document)? },
    })
}

/// What the digest covers: every leaf, or by the older rule all but the falsy ones.
enum Coverage {
    All,
    AllButFalsy,
}

fn coverage(
    document: &Document<'_>,
    reading: Reading,
    survey: &Survey,
    hashes: &[Digest32],
) -> Result<Coverage, Fault> {
    let mut hidden = document.obfuscated.clone();
    leaves::sort(&mut hidden);
    let mut sorted = hashes.to_vec();
    leaves::sort(&mut sorted);
    leaves::refuse_repeated(&hidden, &sorted, |hash| path_of(document, hashes, hash))?;
    let stated = document.target_hash;
    let found = leaves::digest_of_sorted(&sorted, &hidden);
    if found == stated {
        return Ok(Coverage::All);
    }
    if survey.falsy > 0 {
        sorted.clear();
        let mut hashes = hashes.iter();
        each_scalar(document, reading, &mut 0, |_, scalar| {
            sorted.extend(hashes.next().filter(|_| !scalar.falsy()));
            Ok(())
        })?;
        leaves::sort(&mut sorted);
        if leaves::digest_of_sorted(&sorted, &hidden) == stated {
            return Ok(Coverage::AllButFalsy);
        }
    }
    let emptied = !document.obfuscated.is_empty() && survey.empty_containers > 0;
    Err(Fault::DigestMismatch { stated, found, emptied })
}

/// The salt paths are exactly the visible paths, each once; then each leaf is hashed with its salt.
fn salted(document: &Document<'_>, reading: Reading, survey: &mut Survey) -> Result<Vec<Digest32>, Fault> {
    let text = decoded_salts(document)?;
    let list = json::parse_value(&text, &SALTS).map_err(|error| wrong(&format!("cannot be read: {error}")))?;
    let salts = list.root().as_array().ok_or_else(|| wrong("must hold a list"))?;
    let mut count = 0;
    for salt in salts {
        Salt::read(salt)?;
        count += 1;
    }
    // Wrapping libraries write the salts in the order of the document, so each is where it is looked for. Else they are
    // sorted by their paths.
    let mut in_order = salts;
    let mut sorted: Option<BySalt<'_>> = None;
    let stem = leaves::beginning();
    let mut texts = Messages::with_capacity(document.whole().leaves().min(count));
    let mut empty_containers = 0;
    each_scalar(document, reading, &mut empty_containers, |path, scalar| {
        let taken = survey.leaves;
        survey.count(&scalar);
        let next = match &sorted {
            None => in_order.next().and_then(Salt::of).filter(|salt| path.is_bracketed(&salt.path)),
            Some(_) => None,
        };
        let salt = match next {
            Some(salt) => salt,
            None => {
                let sorted = match &mut sorted {
                    Some(sorted) => sorted,
                    none => none.insert(BySalt::new(salts, count, taken)?),
                };
                sorted.take(path).ok_or_else(|| {
                    let path = path.shown(Path::bracketed);
                    Fault::SaltsMismatch(format!("the field {path:?} has no salt: it was added later"))
                })?
            }
        };
        texts.begin(&stem);
        leaves::escaped(&salt.path, |bytes| texts.write(bytes));
        texts.write(b"\":\"");
        texts.write(salt.value.as_bytes());
        texts.write(b":");
        leaves::escaped(&scalar.text(reading), |bytes| texts.write(bytes));
        texts.write(b"\"}");
        texts.end();
        Ok(())
    })?;
    (survey.complete, survey.empty_containers) = (true, empty_containers);
    let left = match &sorted {
        Some(sorted) => sorted.left(),
        None if in_order.is_empty() => None,
        // More salts than leaves: which one is too many tells the list by paths.
        None => BySalt::new(salts, count, survey.leaves)?.left(),
    };
    match left {
        Some(path) => Err(Fault::SaltsMismatch(format!(
            "there is a salt for {:?}, but no such field: it was removed",
            clipped(&path)
        ))),
        None => Ok(texts.digests()),
    }
}

fn decoded_salts(document: &Document<'_>) -> Result<Vec<u8>, Fault> {
    let encoded = document.salts().ok_or_else(|| wrong("must be base64 text"))?;
    STANDARD.decode(encoded.as_bytes()).map_err(|_| wrong("is not canonical base64"))
}

fn wrong(what: &str) -> Fault {
    Fault::SaltsMismatch(format!("`proof.salts` {what}"))
}

/// The list is not larger than the document that it was in.
const SALTS: Limits = Limits { max_bytes: usize::MAX, max_depth: 3 };

/// One salt of the proof.
struct Salt<'s> {
    path: Cow<'s, str>,
    /// 64 hexadecimal characters, in the case written: they are hashed as text.
    value: Cow<'s, str>,
}

impl<'s> Salt<'s> {
    fn read(item: Value<'s>) -> Result<Self, Fault> {
        Self::of(item)
            .filter(|salt| salt.value.len() == 64 && is_hexadecimal(salt.value.as_bytes()))
            .ok_or_else(|| wrong("must hold objects of exactly a path and a value of 64 hexadecimal characters"))
    }

    /// The same of an item that has been read before.
    fn of(item: Value<'s>) -> Option<Self> {
        let (mut path, mut value) = (None, None);
        for (name, member) in item.as_object()? {
            let known = match () {
                () if name.is("value") => &mut value,
                () if name.is("path") => &mut path,
                () => return None,
            };
            *known = member.as_str();
        }
        Some(Self { path: path?, value: value? })
    }
}

/// Salts in the order of their paths.
struct BySalt<'s> {
    salts: Vec<(Cow<'s, str>, Value<'s>, bool)>,
    longest: usize,
}

impl<'s> BySalt<'s> {
    /// Each path once. The first `taken` of the list have been found in order already.
    fn new(list: json::Items<'s>, count: usize, taken: usize) -> Result<Self, Fault> {
        let mut salts = Vec::with_capacity(count);
        for (place, item) in list.enumerate() {
            salts.push((Salt::read(item)?.path, item, place < taken));
        }
        salts.sort_unstable_by(|(one, ..), (other, ..)| one.cmp(other));
        if let Some(twice) = salts.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(Fault::SaltsMismatch(format!("the field {:?} has two salts", clipped(&twice[0].0))));
        }
        let longest = salts.iter().map(|(path, ..)| path.len()).max().unwrap_or_default();
        Ok(Self { salts, longest })
    }

    fn take(&mut self, path: &Path<'_>) -> Option<Salt<'s>> {
        // Before the text of a path is made: one that is longer than all is not there.
        if path.bracketed_length() > self.longest {
            return None;
        }
        let path = path.bracketed();
        let found = self.salts.binary_search_by(|(known, ..)| known.as_ref().cmp(&path)).ok()?;
        let (_, item, taken) = &mut self.salts[found];
        *taken = true;
        Salt::read(*item).ok()
    }

    fn left(&self) -> Option<Cow<'s, str>> {
        self.salts.iter().find(|(.., taken)| !taken).map(|(path, ..)| path.clone())
    }
}

/// Paths are not kept: this one is looked for once, to be named.
fn path_of(document: &Document<'_>, hashes: &[Digest32], wanted: Digest32) -> String {
    let mut hashes = hashes.iter();
    let mut found = String::new();
    let walked = each_scalar(document, Reading::AS_WRITTEN, &mut 0, |path, _| {
        if hashes.next() == Some(&wanted) {
            found = path.shown(Path::bracketed);
        }
        Ok(())
    });
    walked.map(|()| found).unwrap_or_default()
}

/// The first of many, and how many more there are.
fn falsy_paths(document: &Document<'_>) -> Result<Vec<String>, Fault> {
    let mut paths = Vec::new();
    let mut more = 0_usize;
    each_scalar(document, Reading::AS_WRITTEN, &mut 0, |path, scalar| {
        if scalar.falsy() && paths.len() < MOST_LISTED {
            paths.push(path.shown(Path::bracketed));
        } else if scalar.falsy() {
            more += 1;
        }
        Ok(())
    })?;
    if more > 0 {
        paths.push(format!("and {more} more"));
    }
    Ok(paths)
}

/// A leaf of v3: every one is hashed as text.
struct Scalar<'d> {
    kind: Kind<'d>,
    untyped: bool,
}

impl<'d> Scalar<'d> {
    fn text(&self, reading: Reading) -> Cow<'d, str> {
        match self.kind {
            Kind::String(text) => reading.of(text),
            Kind::Number(token) => token.into(),
            Kind::Bool(true) => "true".into(),
            Kind::Bool(false) => "false".into(),
            _ => "null".into(),
        }
    }

    fn falsy(&self) -> bool {
        is_falsy(self.kind)
    }
}

/// What the older wrapping rule left out (documents.md §4.4).
pub(crate) fn is_falsy(kind: Kind<'_>) -> bool {
    match kind {
        Kind::String(text) => text.is(""),
        Kind::Number(token) => token == "0",
        Kind::Bool(value) => !value,
        Kind::Null => true,
        Kind::Array(_) | Kind::Object(_) => false,
    }
}

/// The leaves of the content in its order (documents.md §4.2, §4.3); counts the containers that hold none.
fn each_scalar<'d>(
    document: &'d Document<'_>,
    reading: Reading,
    empty_containers: &mut usize,
    visit: impl FnMut(&Path<'d>, Scalar<'d>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut walk = Walk { path: Path::default(), reading, empty_containers, visit };
    walk.members(document.content())
}

struct Walk<'w, 'd, F> {
    path: Path<'d>,
    reading: Reading,
    empty_containers: &'w mut usize,
    visit: F,
}

impl<'d, F: FnMut(&Path<'d>, Scalar<'d>) -> Result<(), Fault>> Walk<'_, 'd, F> {
    fn members(&mut self, members: impl Iterator<Item = (Text<'d>, Value<'d>)>) -> Result<(), Fault> {
        for (name, value) in members {
            let name = self.reading.of(name);
            if name.is_empty() || name.contains(['.', '[', ']']) {
                let why = format!("the member name {:?} cannot be told from a path", clipped(&name));
                return Err(Fault::AmbiguousStructure(why));
            }
            self.path.steps.push(Step::Name(name));
            self.value(value)?;
            self.path.steps.pop();
        }
        Ok(())
    }

    fn value(&mut self, value: Value<'d>) -> Result<(), Fault> {
        let kind = value.kind();
        let untyped = match kind {
            Kind::Object(members) => {
                *self.empty_containers += usize::from(members.is_empty());
                return self.members(members);
            }
            Kind::Array(items) => {
                *self.empty_containers += usize::from(items.is_empty());
                for (index, item) in items.enumerate() {
                    self.path.steps.push(Step::Index(index));
                    self.value(item)?;
                    self.path.steps.pop();
                }
                return Ok(());
            }
            Kind::Number(token) if !json::is_ecmascript_number(token) => {
                let (token, path) = (clipped(token), self.path.shown(Path::bracketed));
                let why = format!("the number {token} of {path:?} is not written as the digest requires");
                return Err(Fault::NotCanonical(why));
            }
            Kind::String(_) => false,
            Kind::Number(_) | Kind::Bool(_) | Kind::Null => true,
        };
        (self.visit)(&self.path, Scalar { kind, untyped })
    }
}
