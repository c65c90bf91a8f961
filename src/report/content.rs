//! What a document says, as a person reads it: the fields of a bill under the names of the trade, then everything else by its
//! place, attachments, and apart from these what is hidden and what nothing protects. Everything from outside is escaped;
//! what is too long for a page says so.

use std::collections::HashSet;

use icu_normalizer::ComposingNormalizerBorrowed;

use super::human::{Page, Style};
use super::view::{Checks, Headline, Section, Standing};
use crate::content::{Attachment, Change, Content, Difference, Field, Term, ValueKind};
use crate::document::Family;
use crate::text::{columns, counted, escape_for_terminal as escape};
use crate::verify::{ContentReport, Verdict};

/// Renders what the document `name` says.
pub fn render(report: &ContentReport, name: &str, style: Style) -> String {
    let mut page = Page::new(style);
    one(&mut page, report, name);
    page.section(&Section::NotChecked(report.not_checked.clone()));
    page.out
}

/// Renders in what two documents differ.
pub fn render_difference(difference: &Difference, first: &str, second: &str, style: Style) -> String {
    let mut page = Page::new(style);
    let (words, standing) = match difference.same_content() {
        Some(true) => ("SAME CONTENT", Standing::Good),
        Some(false) => ("DIFFERENT", Standing::Doubtful),
        None => ("NOT KNOWN", Standing::Doubtful),
    };
    page.headline(&headline(words, standing, &format!("- {first}  + {second}")));
    changes(&mut page, &difference.changes);
    for (mark, attachments) in [("-", &difference.only_first), ("+", &difference.only_second)] {
        for attachment in attachments {
            let place = shown(&attachment.path);
            page.hanging(&format!("  {mark} attachment "), &format!("{place}: {}", attachment_line(attachment)));
        }
    }
    if !difference.is_empty() {
        page.out.push('\n');
    }
    if difference.same_content().is_none() {
        page.hanging("  Shown       ", "the same in both, as far as it is covered; that is not all they hold");
    }
    page.hanging("  Same        ", &counted(difference.same, "field"));
    unseen(&mut page, difference);
    page.out
}

fn changes(page: &mut Page, changes: &[Change]) {
    for change in changes {
        page.hanging("  ", &change_name(change));
        let [first, second] = values(change);
        for (mark, value) in [("-", first), ("+", second)] {
            if let Some(value) = value {
                page.hanging(&format!("    {mark} "), &value);
            }
        }
    }
}

/// Both values of a change, so that it can be seen in what they differ.
fn values(change: &Change) -> [Option<String>; 2] {
    let kinds = [change.first_kind, change.second_kind].map(|kind| kind.unwrap_or(ValueKind::Text));
    let both = [&change.first, &change.second].map(Option::as_deref);
    let [first, second] = [0, 1].map(|at| both[at].map(|text| value_of(kinds[at], text)));
    let (Some(one), Some(other)) = (first.as_ref(), second.as_ref()) else { return [first, second] };
    if kinds[0] != kinds[1] {
        return [Some(format!("{one} ({})", kind_name(kinds[0]))), Some(format!("{other} ({})", kind_name(kinds[1])))];
    }
    let texts = both.map(Option::unwrap_or_default);
    let at = texts[0].chars().zip(texts[1].chars()).take_while(|(one, other)| one == other).count();
    if one == other {
        // Longer than a page shows, and the same so far.
        let rests = texts.map(|text| text.chars().skip(at).take(LONGEST_REST).collect::<String>());
        let is_seen = as_seen(&rests[0]) != as_seen(&rests[1]);
        let rests = rests.map(|rest| match is_seen {
            true => format!("{one}, from character {} on “{rest}”", at + 1),
            false => format!("{one}, and in all that is shown alike; {}", character(&rest, 0, at)),
        });
        return rests.map(Some);
    }
    if as_seen(one) != as_seen(other) {
        return [first, second];
    }
    [(one, texts[0]), (other, texts[1])].map(|(shown, text)| Some(format!("{shown} ({})", character(text, at, at))))
}

/// The character that stands at `at` in this text and at `place` in the whole.
fn character(text: &str, at: usize, place: usize) -> String {
    let found = text.chars().nth(at).map_or("no more".to_owned(), |found| format!("U+{:04X}", u32::from(found)));
    format!("character {} is {found}", place + 1)
}

/// A letter and its accent look like one letter with it, one blank like another, and what is escaped like the text of that.
fn as_seen(text: &str) -> String {
    let escaped = escape(text);
    let composed = ComposingNormalizerBorrowed::new_nfc().normalize(&escaped);
    composed.chars().map(|character| if character.is_whitespace() { ' ' } else { character }).collect()
}

fn kind_name(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Text => "a text",
        ValueKind::Number => "a number",
        ValueKind::Boolean => "true or false",
        ValueKind::Null => "no value",
        ValueKind::EmptyObject | ValueKind::EmptyList => "holds nothing",
        ValueKind::Reference => "an address of something",
    }
}

/// What was not compared, and what that leaves open.
fn unseen(page: &mut Page, difference: &Difference) {
    let both = [(difference.unseen_in_first, "the first"), (difference.unseen_in_second, "the second")];
    let hiding: Vec<String> = both
        .iter()
        .filter_map(|(unseen, which)| match unseen.hidden {
            Some(0) => None,
            Some(count) => Some(format!("{count} in {which}")),
            None => Some(format!("in {which} as many as its holder chose")),
        })
        .collect();
    if !hiding.is_empty() {
        let what = if difference.hide_the_same {
            "both are one document, so they hide the same, or one shows it"
        } else {
            "whether what is hidden is the same is not known"
        };
        page.hanging("  Hidden      ", &format!("{}; {what}", hiding.join(", ")));
    }
    if both.iter().any(|(unseen, _)| unseen.shortened_paths > 0) && !difference.hide_the_same {
        page.hanging(
            "  note        ",
            "some places are too long to be told apart, so whether they are the same is not known",
        );
    }
    let groups: Vec<usize> = both.iter().map(|(unseen, _)| unseen.empty_groups).collect();
    if groups.iter().any(|count| *count > 0) {
        let of = format!("{} in the first, {} in the second", groups[0], groups[1]);
        page.hanging(
            "  note        ",
            &format!("empty objects and lists that nothing covers, {of}, were not compared"),
        );
    }
    let unprotected: Vec<usize> = both.iter().map(|(unseen, _)| unseen.unprotected).collect();
    if unprotected.iter().any(|count| *count > 0) {
        let of = format!("{} in the first, {} in the second", unprotected[0], unprotected[1]);
        let what = if difference.unprotected.is_empty() { "they are the same in both" } else { "these differ" };
        page.hanging(
            "  Unprotected ",
            &format!("{of}: values that anybody could have written or changed, no part of what is compared; {what}"),
        );
        changes(page, &difference.unprotected);
    }
    let is_missing = |change: &Change| {
        (change.first.is_none() && difference.unseen_in_first.hidden != Some(0))
            || (change.second.is_none() && difference.unseen_in_second.hidden != Some(0))
    };
    if difference.changes.iter().any(is_missing) {
        page.hanging("  note        ", "where a document has no value, it may be hidden there");
    }
}

/// How a document's content stands, before it is read.
fn standing(report: &ContentReport) -> (&'static str, Standing) {
    match report.verdict() {
        Verdict::Valid => ("CONTENT", Standing::Good),
        verdict @ Verdict::Invalid => (verdict.headline(), Standing::Bad),
        verdict => (verdict.headline(), Standing::Doubtful),
    }
}

fn headline(words: &'static str, standing: Standing, subject: &str) -> Headline {
    Headline { words, standing, subject: subject.to_owned(), meaning: String::new() }
}

fn one(page: &mut Page, report: &ContentReport, name: &str) {
    let (words, of) = standing(report);
    page.headline(&headline(words, of, name));
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
    page.section(&Section::Checks(Checks::of(std::slice::from_ref(&report.check), page.style.telling())));
    page.section(&Section::Notes(report.warnings.clone()));
    for (index, part) in report.parts.iter().enumerate() {
        page.out.push('\n');
        one(page, part, &format!("credential {} of {}", index + 1, report.parts.len()));
    }
}

/// The fields of a bill, then all others.
fn fields(page: &mut Page, content: &Content) {
    let (mut of_bill, others): (Vec<&Field>, Vec<&Field>) =
        content.fields.iter().partition(|field| field.term.is_some());
    of_bill.sort_by_key(|field| place_in_bill(field));
    let several = content.terms_of_several();
    let labelled: Vec<(String, &Field)> = of_bill.into_iter().map(|field| (label(field, &several), field)).collect();
    rows(page, &labelled);
    // Also where it is all there is: a document may call its own fields what the trade calls others.
    if !others.is_empty() {
        page.out.push_str(if labelled.is_empty() { "  Other fields\n" } else { "\n  Other fields\n" });
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

fn rows(page: &mut Page, rows: &[(String, &Field)]) {
    let widest = rows.iter().map(|(label, _)| columns(label)).max().unwrap_or_default();
    let width = widest.min(page.style.width / 2).min(WIDEST_LABEL);
    for (label, field) in rows {
        let filler = " ".repeat(width.saturating_sub(columns(label)));
        page.hanging(&format!("  {label}{filler}  "), &value(field));
    }
}

/// In which order fields are read. Packages with their weights and measurements, one after the other.
pub(super) fn place_in_bill(field: &Field) -> (Option<Term>, Option<usize>, Option<Term>) {
    match (field.term, field.item()) {
        (Some(Term::Weight | Term::Measurement), number @ Some(_)) => (Some(Term::Packages), number, field.term),
        (term, number) => (term, number, term),
    }
}

/// What it is called; of `several` of that name, as packages, with its number.
pub(super) fn label(field: &Field, several: &HashSet<Term>) -> String {
    let Some(term) = field.term else { return escape(&field.path).into_owned() };
    match field.item().filter(|_| several.contains(&term)) {
        Some(index) => format!("{} {}", term.label(), index + 1),
        None => term.label().to_owned(),
    }
}

pub(super) fn value(field: &Field) -> String {
    value_of(field.kind, &field.value)
}

fn value_of(kind: ValueKind, value: &str) -> String {
    match kind {
        ValueKind::EmptyObject => "(an empty object)".to_owned(),
        ValueKind::EmptyList => "(an empty list)".to_owned(),
        ValueKind::Text if value.is_empty() => "(an empty text)".to_owned(),
        ValueKind::Text if value.trim() != value => format!("“{}”", shown(value)),
        _ => shown(value),
    }
}

/// Whole, unless no page would hold it.
pub(super) fn shown(value: &str) -> String {
    match value.char_indices().nth(LONGEST_VALUE) {
        None => value.to_owned(),
        Some((end, _)) => format!("{}… ({} bytes in all)", &value[..end], value.len()),
    }
}

fn change_name(change: &Change) -> String {
    match change.term {
        Some(term) => format!("{} ({})", term.label(), change.path),
        None => change.path.clone(),
    }
}

/// A name, a type, a size and a hash. Name and type may be as long as the document.
pub(super) fn attachment_line(attachment: &Attachment) -> String {
    let name = shown(attachment.name.as_deref().unwrap_or(&attachment.path));
    let kind = shown(attachment.media_type.as_deref().unwrap_or("no type stated"));
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

fn unprotected(page: &mut Page, content: &Content) {
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
        page.hanging("    - ", &format!("{}{}", found.path, value.unwrap_or_default()));
    }
}

/// Of labels that stand beside their values.
const WIDEST_LABEL: usize = 46;
/// In characters, of a value on a page.
const LONGEST_VALUE: usize = 2000;
/// Of what is shown of two values from where they differ.
const LONGEST_REST: usize = 200;
