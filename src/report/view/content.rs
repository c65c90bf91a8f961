//! What the document says, and only what its digest or signature covers: for a report that is kept.

use super::{Row, Section, unless_empty};
use crate::content::{Content, Field};
use crate::report::content::{attachment_line, label, place_in_bill, shown, value};
use crate::verify::Report;

/// The document's own section: the fields of a bill under their trade names, and what there is besides.
pub(super) fn content(report: &Report) -> Option<Section> {
    let document = &report.document;
    let mut rows = report.content.as_ref().map(of_bill).unwrap_or_default();
    if let Some(number) = document.bl_number.as_ref().filter(|_| report.content.is_none()) {
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

fn of_bill(content: &Content) -> Vec<Row> {
    let (mut fields, others): (Vec<&Field>, Vec<&Field>) =
        content.fields.iter().partition(|field| field.term.is_some());
    fields.sort_by_key(|field| place_in_bill(field));
    let mut rows: Vec<Row> = fields.iter().map(|field| Row::new(label(field, content), value(field))).collect();
    if !fields.is_empty() && !others.is_empty() {
        rows.push(Row::new("Other fields", "under the names that the document itself gives them"));
    }
    rows.extend(others.iter().take(MOST_OTHERS).map(|field| Row::new(shown(&field.path), value(field))));
    let more = others.len().saturating_sub(MOST_OTHERS);
    if more > 0 {
        rows.push(Row::new("And more", format!("{more} other fields, which this report does not repeat")));
    }
    rows.extend(content.attachments.iter().map(|attachment| Row::new("Attachment", attachment_line(attachment))));
    rows
}

fn hidden(count: usize) -> String {
    match count {
        1 => "1 field is hidden: what it says is not known".to_owned(),
        _ => format!("{count} fields are hidden: what they say is not known"),
    }
}

/// Fields without a name in the trade that a report repeats: a document may have a million.
const MOST_OTHERS: usize = 100;
