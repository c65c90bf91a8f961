//! What a document says, as a person reads it: the fields of a bill under the names of the trade, then everything else by its
//! place, attachments, and apart from these what is hidden and what nothing protects. Everything from outside is escaped;
//! what is too long for a page says so.

use super::human::{Page, Style};
use crate::content::{Attachment, Change, Content, Difference, Field, Term, ValueKind};
use crate::document::Family;
use crate::text::{columns, escape_for_terminal as escape};
use crate::verify::{ContentReport, Verdict};

/// Renders what the document `name` says.
pub fn render(report: &ContentReport, name: &str, style: Style) -> String {
    let names = std::collections::BTreeMap::new();
    let mut page = Page::new(style, &names);
    one(&mut page, report, name);
    page.not_checked(&report.not_checked);
    page.out
}

/// Renders in what two documents differ.
pub fn render_difference(difference: &Difference, first: &str, second: &str, style: Style) -> String {
    let names = std::collections::BTreeMap::new();
    let mut page = Page::new(style, &names);
    let (words, color) = if difference.is_empty() { ("SAME CONTENT", "32") } else { ("DIFFERENT", "33") };
    page.headline(words, color, &format!("- {first}  + {second}"));
    for change in &difference.changes {
        page.hanging("  ", &change_name(change));
        for (mark, value) in [("-", &change.first), ("+", &change.second)] {
            if let Some(value) = value {
                page.hanging(&format!("    {mark} "), &shown(value));
            }
        }
    }
    for (mark, attachments) in [("-", &difference.only_first), ("+", &difference.only_second)] {
        for attachment in attachments {
            page.hanging(&format!("  {mark} attachment "), &attachment_line(attachment));
        }
    }
    if !difference.is_empty() {
        page.out.push('\n');
    }
    page.hanging("  Same        ", &counted(difference.same, "field"));
    if difference.changes.iter().any(|change| change.first.is_none() || change.second.is_none()) {
        page.hanging("  note        ", "where a document has no value, it may be hidden there");
    }
    page.out
}

/// How a document's content stands, before it is read.
pub fn headline(report: &ContentReport) -> (&'static str, &'static str) {
    match report.verdict() {
        Verdict::Valid => ("CONTENT", "32"),
        verdict @ Verdict::Invalid => (verdict.headline(), "31"),
        verdict => (verdict.headline(), "33"),
    }
}

fn one(page: &mut Page<'_>, report: &ContentReport, name: &str) {
    let (words, color) = headline(report);
    page.headline(words, color, name);
    match &report.content {
        Some(content) => fields(page, content),
        None if report.parts.is_empty() => {
            let none = "not shown: only what is covered by the digest or the signature counts as content";
            page.hanging("  Content     ", none);
        }
        None => {}
    }
    page.hanging("  Document    ", &report.document.format.to_string());
    if let Some(hidden) = report.content.as_ref().and_then(|content| hidden(content, report.document.format)) {
        page.hanging("  Hidden      ", &hidden);
    }
    if let Some(content) = &report.content {
        unprotected(page, content);
    }
    page.out.push('\n');
    page.checks(std::slice::from_ref(&report.check));
    for warning in &report.warnings {
        page.hanging("  note        ", &escape(warning));
    }
    for (index, part) in report.parts.iter().enumerate() {
        page.out.push('\n');
        one(page, part, &format!("credential {} of {}", index + 1, report.parts.len()));
    }
}

/// The fields of a bill, then all others.
fn fields(page: &mut Page<'_>, content: &Content) {
    let (mut of_bill, others): (Vec<&Field>, Vec<&Field>) =
        content.fields.iter().partition(|field| field.term.is_some());
    of_bill.sort_by_key(|field| place_in_bill(field));
    let several = content.fields.iter().filter(|field| field.term == Some(Term::Packages)).count() > 1;
    let labelled: Vec<(String, &Field)> = of_bill.into_iter().map(|field| (label(field, several), field)).collect();
    rows(page, &labelled);
    if !labelled.is_empty() && !others.is_empty() {
        page.out.push_str("\n  Other fields\n");
    }
    let others: Vec<(String, &Field)> =
        others.into_iter().map(|field| (escape(&field.path).into_owned(), field)).collect();
    rows(page, &others);
    if !content.attachments.is_empty() {
        page.out.push_str("\n  Attachments, as the document describes them; nobody has looked into them\n");
        for attachment in &content.attachments {
            page.hanging("    - ", &attachment_line(attachment));
        }
    }
    page.out.push('\n');
}

fn rows(page: &mut Page<'_>, rows: &[(String, &Field)]) {
    let widest = rows.iter().map(|(label, _)| columns(label)).max().unwrap_or_default();
    let width = widest.min(page.style.width / 2).min(WIDEST_LABEL);
    for (label, field) in rows {
        let filler = " ".repeat(width.saturating_sub(columns(label)));
        page.hanging(&format!("  {label}{filler}  "), &value(field));
    }
}

/// Packages with their weights and measurements, one after the other.
fn place_in_bill(field: &Field) -> (Option<Term>, Option<usize>, Option<Term>) {
    match (field.term, field.item()) {
        (Some(Term::Weight | Term::Measurement), number @ Some(_)) => (Some(Term::Packages), number, field.term),
        (term, number) => (term, number, term),
    }
}

fn label(field: &Field, several: bool) -> String {
    let Some(term) = field.term else { return escape(&field.path).into_owned() };
    match field.item().filter(|_| several) {
        Some(index) => format!("{} {}", term.label(), index + 1),
        None => term.label().to_owned(),
    }
}

fn value(field: &Field) -> String {
    match field.kind {
        ValueKind::EmptyObject => "(an empty object)".to_owned(),
        ValueKind::EmptyList => "(an empty list)".to_owned(),
        ValueKind::Text if field.value.is_empty() => "(an empty text)".to_owned(),
        ValueKind::Text if field.value.starts_with(' ') || field.value.ends_with(' ') => {
            format!("“{}”", shown(&field.value))
        }
        _ => shown(&field.value),
    }
}

/// Whole, unless no page would hold it.
fn shown(value: &str) -> String {
    match value.char_indices().nth(LONGEST_VALUE) {
        None => escape(value).into_owned(),
        Some((end, _)) => format!("{}… ({} bytes in all)", escape(&value[..end]), value.len()),
    }
}

fn change_name(change: &Change) -> String {
    match change.term {
        Some(term) => format!("{} ({})", term.label(), escape(&change.path)),
        None => escape(&change.path).into_owned(),
    }
}

/// A name, a type, a size and a hash.
pub fn attachment_line(attachment: &Attachment) -> String {
    let name = attachment.name.as_deref().map_or_else(|| attachment.path.as_str().into(), escape);
    let kind = attachment.media_type.as_deref().map_or("no type stated".into(), escape);
    format!("{name}, {kind}, {}, SHA-256 {}", counted(attachment.size, "byte"), attachment.sha256)
}

fn hidden(content: &Content, family: Family) -> Option<String> {
    let statements = matches!(family, Family::W3c1 | Family::W3c2);
    Some(match content.hidden {
        Some(0) => return None,
        None => "the holder chose what is shown; how much more there is only they know".to_owned(),
        Some(count) if statements => format!("{}, and nobody can know which", counted(count, "statement")),
        Some(count) => format!("{}, and nobody can know which", counted(count, "field")),
    })
}

fn unprotected(page: &mut Page<'_>, content: &Content) {
    if content.unprotected.is_empty() {
        return;
    }
    page.hanging(
        "  Unprotected ",
        "anybody could have written or changed what stands here; it is not part of the content",
    );
    for found in &content.unprotected {
        let value = found.value.as_deref().map(|value| match value {
            "" => ": (an empty text)".to_owned(),
            value => format!(": {}", shown(value)),
        });
        page.hanging("    - ", &format!("{}{}", escape(&found.path), value.unwrap_or_default()));
    }
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// Of labels that stand beside their values.
const WIDEST_LABEL: usize = 46;
/// In characters, of a value on a page.
const LONGEST_VALUE: usize = 2000;
