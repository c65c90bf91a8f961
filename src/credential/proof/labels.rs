//! Statements under the names that a proof gives to blank nodes (documents.md §9.3 steps 3 and 4).

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::SignatureRefusal;
use super::value::Names;

/// The statements in the order in which they are signed.
pub(super) struct Statements {
    /// With the line end that is signed with them, and the line of the canonical document that each was.
    sorted: Vec<(String, usize)>,
}

impl Statements {
    /// `names` gives every blank node of the document another name, and has no other name in it.
    pub(super) fn relabelled(document: &[String], names: &Names) -> Result<Self, SignatureRefusal> {
        let blank = blank_nodes(document);
        let distinct: BTreeSet<&String> = names.values().collect();
        // Two nodes under one name would be one node to the signer.
        if distinct.len() != names.len() || !blank.iter().copied().eq(names.keys().map(String::as_str)) {
            return Err(SignatureRefusal::Label);
        }
        let mut sorted: Vec<(String, usize)> = Vec::with_capacity(document.len());
        for (index, line) in document.iter().enumerate() {
            let mut statement = String::with_capacity(line.len() + 64);
            for part in parts(line) {
                match part.strip_prefix("_:").and_then(|label| names.get(label)) {
                    Some(name) => statement.extend(["_:", name]),
                    None => statement.push_str(part),
                }
            }
            statement.push('\n');
            sorted.push((statement, index));
        }
        sorted.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
        Ok(Self { sorted })
    }

    pub(super) fn len(&self) -> usize {
        self.sorted.len()
    }

    /// With the line of the document that each was.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, usize)> {
        self.sorted.iter().map(|(statement, line)| (statement.as_str(), *line))
    }
}

/// ecdsa-sd-2023 (documents.md §9.3 step 3).
pub(super) fn keyed_names(document: &[String], key: &[u8; 32]) -> Names {
    // A key shorter than a block is padded with zeros (RFC 2104), so that no length can be wrong.
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    let name = |label: &str| {
        let mut hmac = Hmac::<Sha256>::new(&block.into());
        hmac.update(label.as_bytes());
        format!("u{}", URL_SAFE_NO_PAD.encode(hmac.finalize().into_bytes()))
    };
    blank_nodes(document).into_iter().map(|label| (label.to_owned(), name(label))).collect()
}

/// bbs-2023: the rank of the keyed name.
pub(super) fn ranked_names(document: &[String], key: &[u8; 32]) -> Names {
    let keyed = keyed_names(document, key);
    let ranks: BTreeMap<&String, usize> =
        keyed.values().collect::<BTreeSet<_>>().into_iter().enumerate().map(|(rank, name)| (name, rank)).collect();
    keyed.iter().map(|(label, name)| (label.clone(), format!("b{}", ranks[name]))).collect()
}

fn blank_nodes(document: &[String]) -> BTreeSet<&str> {
    document.iter().flat_map(|line| parts(line)).filter_map(|part| part.strip_prefix("_:")).collect()
}

/// A line of canonical N-Quads cut into its IRIs (`<…>`), texts (`"…"`), blank nodes (`_:…`) and what stands between them.
pub(super) fn parts(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        let end = match rest.as_bytes() {
            [] => return None,
            [b'<', ..] => rest.find('>').map(|end| end + 1),
            [b'"', text @ ..] => end_of_text(text).map(|end| end + 2),
            [b'_', b':', ..] => rest.find(' '),
            _ => [rest.find('<'), rest.find('"'), rest.find("_:")].into_iter().flatten().min(),
        };
        let (part, behind) = rest.split_at(end.unwrap_or(rest.len()));
        rest = behind;
        Some(part)
    })
}

/// Where the closing quote stands.
fn end_of_text(text: &[u8]) -> Option<usize> {
    let mut escaped = false;
    text.iter().position(|byte| match byte {
        _ if escaped => {
            escaped = false;
            false
        }
        b'\\' => {
            escaped = true;
            false
        }
        byte => *byte == b'"',
    })
}
