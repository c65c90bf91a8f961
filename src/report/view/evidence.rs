//! What a report that is kept rests on, by hashes, and how it can be checked again.

use super::{AsJudged, Extent, Row, Section, Telling, unless_empty, utc};
use crate::primitives::TokenId;
use crate::verify::{AsOf, DocumentFacts, Tool};

/// Of what report.
pub(super) struct Basis<'r> {
    pub checked_at: &'r str,
    pub tool: &'r Tool,
    pub document: Option<&'r DocumentFacts>,
    pub token: Option<TokenId>,
    pub as_of: Option<&'r AsOf>,
}

/// The last sections of a report that is kept; none on a screen.
pub(super) fn sections(basis: &Basis<'_>, telling: Telling) -> Vec<Section> {
    let Extent::Filed { again } = telling.extent else { return Vec::new() };
    let judged = AsJudged {
        sha256: basis.document.and_then(|document| document.sha256.as_deref()),
        block: basis.as_of.map(|as_of| as_of.hash),
        checked_at: basis.checked_at,
    };
    let again = unless_empty(again(&judged), Section::Again);
    [Section::Evidence(rows(basis))].into_iter().chain(again).collect()
}

fn rows(&Basis { checked_at, tool, document, token, as_of }: &Basis<'_>) -> Vec<Row> {
    let judged = format!("{}, by {} {}", utc(checked_at), tool.name, tool.version);
    let hashes = [
        ("File", document.and_then(|document| document.sha256.as_ref()).map(|sha256| format!("SHA-256 {sha256}"))),
        ("Target hash", document.and_then(|document| document.target_hash).map(|hash| hash.to_string())),
        ("Merkle root", document.and_then(|document| document.merkle_root).map(|hash| hash.to_string())),
        ("Token", token.map(|token| token.to_string())),
        ("Block hash", as_of.map(|as_of| as_of.hash.to_string())),
    ];
    let hashes = hashes.into_iter().filter_map(|(label, hash)| Some(Row::new(label, hash?)));
    [Row::new("Written", judged)].into_iter().chain(hashes).collect()
}
