//! The strict v2 algorithm from the leaves on (documents.md §3.11 steps 4–9).

use super::path::Path;
use super::reencoded::Reading;
use super::{Fault, Integrity, IntegrityResult, Warning, checksum_warnings, leaves, merkle, reencoded, shape};
use crate::document::oa2::{Document, Version};
use crate::primitives::Digest32;

pub(super) fn check(document: &Document<'_>) -> Integrity {
    let mut warnings = checksum_warnings(&document.issuers);
    match document.version {
        Version::Current => {}
        Version::Early => warnings.push(Warning::EarlyVersion),
        Version::Missing => warnings.push(Warning::VersionMissing),
    }
    if document.undated_signature {
        warnings.push(Warning::UndatedSignature);
    }
    let judged = judge(document).map_err(|fault| match fault {
        Fault::DigestMismatch { .. } => {
            reencoded::undone(document.data(), |reading| fits(document, reading)).map_or(fault, Fault::Reencoded)
        }
        other => other,
    });
    let (visible_leaves, result) = match judged {
        Ok(visible) => (visible, IntegrityResult::Intact),
        Err(fault) => (document.data().leaves(), IntegrityResult::Broken(fault)),
    };
    Integrity {
        result,
        target_hash: Some(document.target_hash),
        merkle_root: Some(document.merkle_root),
        visible_leaves,
        hidden_leaves: document.obfuscated.len(),
        unauthenticated: document.unauthenticated.clone(),
        untyped: 0,
        warnings,
    }
}

/// The number of visible leaves of an intact document.
fn judge(document: &Document<'_>) -> Result<usize, Fault> {
    let data = document.data();
    let Hashes { visible, hidden } = Hashes::of(document, Reading::AS_WRITTEN)?;
    leaves::refuse_repeated(&hidden, &visible, |hash| path_of(document, hash))?;
    let found = leaves::digest_of_sorted(&visible, &hidden);
    if found != document.target_hash {
        let emptied = !hidden.is_empty() && data.has_empty_container();
        return Err(Fault::DigestMismatch { stated: document.target_hash, found, emptied });
    }
    let found = merkle::root_from(document.target_hash, &document.proof);
    if found != document.merkle_root {
        return Err(Fault::MerkleMismatch { stated: document.merkle_root, found });
    }
    shape::shape_of_oa2(data, document.obfuscated.len()).map_err(Fault::Shape)?;
    super::one_title(&document.issuers, &document.proof)?;
    Ok(visible.len())
}

/// What the digest is made of, sorted.
struct Hashes {
    visible: Vec<Digest32>,
    hidden: Vec<Digest32>,
}

impl Hashes {
    fn of(document: &Document<'_>, reading: Reading) -> Result<Self, Fault> {
        let mut visible = leaves::oa2_hashes(document.data(), reading, |_| {})?;
        leaves::sort(&mut visible);
        let mut hidden = document.obfuscated.clone();
        leaves::sort(&mut hidden);
        Ok(Self { visible, hidden })
    }
}

/// Whether the content leads to the document's digest and root when it is read so.
fn fits(document: &Document<'_>, reading: Reading) -> bool {
    Hashes::of(document, reading).is_ok_and(|Hashes { visible, hidden }| {
        leaves::digest_of_sorted(&visible, &hidden) == document.target_hash
            && merkle::root_from(document.target_hash, &document.proof) == document.merkle_root
    })
}

/// Paths are not kept: this one is looked for once, to be named.
fn path_of(document: &Document<'_>, wanted: Digest32) -> String {
    let data = document.data();
    let hashes = leaves::oa2_hashes(data, Reading::AS_WRITTEN, |_| {}).unwrap_or_default();
    let wanted = hashes.iter().position(|hash| *hash == wanted);
    let (mut places, mut found) = (0.., String::new());
    let _hashes = leaves::oa2_hashes(data, Reading::AS_WRITTEN, |path| {
        if places.next() == wanted {
            found = path.shown(Path::dotted);
        }
    });
    found
}
