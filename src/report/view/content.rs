//! What the document says, and only what its digest or signature covers: for a report that is kept.

use super::{Row, Section, unless_empty};
use crate::verify::Report;

/// The document's own section.
// The bill's fields under their trade names, and its attachments, are to stand here, from the report's content.
pub(super) fn content(report: &Report) -> Option<Section> {
    let document = &report.document;
    let mut rows = Vec::new();
    if let Some(number) = &document.bl_number {
        rows.push(Row::new("B/L number", number.clone()));
    }
    if document.hidden_fields > 0 {
        rows.push(Row::new("Hidden", hidden(document.hidden_fields)));
    }
    if !document.unauthenticated.is_empty() {
        let members = document.unauthenticated.join(", ");
        rows.push(Row::new("Unprotected", format!("not protected by the digest, not shown as content: {members}")));
    }
    unless_empty(rows, Section::Content)
}

fn hidden(count: usize) -> String {
    match count {
        1 => "1 field is hidden: what it says is not known".to_owned(),
        _ => format!("{count} fields are hidden: what they say is not known"),
    }
}
