//! What the document says, and only what its digest or signature covers: for a report that is kept.

use std::collections::HashMap;

use super::{Row, Section, unless_empty};
use crate::content::{Content, Field};
use crate::report::content::{attachment_line, label, place_in_bill, shown, value};
use crate::text::counted;
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
    let count = fields.len();
    let mut of_term: HashMap<_, usize> = HashMap::new();
    fields.retain(|field| {
        let count = of_term.entry(field.term).or_default();
        *count += 1;
        *count <= MOST_OF_A_TERM
    });
    let several = content.terms_of_several();
    let mut rows: Vec<Row> = fields.iter().map(|field| Row::new(label(field, &several), value(field))).collect();
    rows.extend(and_more(count - fields.len(), "field", "of these names"));
    // Also where it is all there is: a document may call its own fields what the trade calls others.
    if !others.is_empty() {
        rows.push(Row::new("Other fields", "under the names that the document itself gives them"));
    }
    rows.extend(others.iter().take(MOST_OTHERS).map(|field| Row::new(shown(&field.path), value(field))));
    rows.extend(and_more(others.len().saturating_sub(MOST_OTHERS), "other field", ""));
    let attachments = content.attachments.iter().take(MOST_ATTACHMENTS);
    rows.extend(attachments.map(|attachment| Row::new("Attachment", attachment_line(attachment))));
    rows.extend(and_more(content.attachments.len().saturating_sub(MOST_ATTACHMENTS), "attachment", ""));
    rows
}

/// That there are more than a report repeats.
fn and_more(count: usize, what: &str, which: &str) -> Option<Row> {
    let which = if which.is_empty() { String::new() } else { format!(" {which}") };
    let words = || format!("{}{which}, which this report does not repeat", counted(count, what));
    (count > 0).then(|| Row::new("And more", words()))
}

fn hidden(count: usize) -> String {
    match count {
        1 => "1 field is hidden: what it says is not known".to_owned(),
        _ => format!("{count} fields are hidden: what they say is not known"),
    }
}

/// Fields without a name in the trade that a report repeats: a document may have a million.
const MOST_OTHERS: usize = 100;
/// Of one name in the trade, as packages are.
const MOST_OF_A_TERM: usize = 200;
const MOST_ATTACHMENTS: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::{Term, ValueKind};

    fn field(path: String, term: Option<Term>) -> Field {
        Field { path, term, value: "x".to_owned(), kind: ValueKind::Text }
    }

    #[test]
    fn a_report_repeats_some_hundreds_of_what_a_document_may_have_a_million_of() {
        let mut content = Content::default();
        for number in 0..1000 {
            content.fields.push(field(format!("packages[{number}].description"), Some(Term::Packages)));
            content.fields.push(field(format!("packages[{number}].weight"), Some(Term::Weight)));
            content.fields.push(field(format!("own[{number}]"), None));
        }
        content.fields.push(field("termsOfCarriage".to_owned(), Some(Term::TermsOfCarriage)));
        let rows = of_bill(&content);
        assert!(rows.len() < 600, "{}", rows.len());
        assert!(rows.iter().any(|row| row.label == Term::TermsOfCarriage.label()));
        let more: Vec<&str> = rows.iter().filter(|row| row.label == "And more").map(|row| row.text.as_str()).collect();
        let wanted = [
            "1600 fields of these names, which this report does not repeat",
            "900 other fields, which this report does not repeat",
        ];
        assert_eq!(more, wanted);
    }

    #[test]
    fn one_row_is_never_as_long_as_its_document() {
        let long = "x".repeat(1 << 20);
        let attachment = crate::content::Attachment {
            path: "attachments[0]".to_owned(),
            name: Some(long.clone()),
            media_type: Some(long.clone()),
            size: 1,
            sha256: Default::default(),
        };
        let own = Field { value: long.clone(), ..field(long.clone(), None) };
        let known = Field { value: long, ..field("vessel".to_owned(), Some(Term::Vessel)) };
        let content = Content { fields: vec![own, known], attachments: vec![attachment; 300], ..Content::default() };
        let rows = of_bill(&content);
        assert!(rows.iter().all(|row| row.label.len() + row.text.len() < 5000));
        assert_eq!(rows.last().unwrap().text, "100 attachments, which this report does not repeat");
    }

    #[test]
    fn what_a_document_calls_its_own_fields_does_not_stand_under_the_names_of_the_trade() {
        let content = Content { fields: vec![field("B/L number".to_owned(), None)], ..Content::default() };
        let labels: Vec<String> = of_bill(&content).into_iter().map(|row| row.label.into()).collect();
        assert_eq!(labels, ["Other fields", "B/L number"]);
    }
}
