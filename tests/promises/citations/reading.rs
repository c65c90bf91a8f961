//! Citations and links, as they stand in comments and documents.

use std::fmt;

/// `documents.md §4.8 step 5b`, one place of it.
#[derive(Debug, Clone)]
pub struct Citation {
    pub file: String,
    pub place: Place,
    pub line: usize,
}

/// Where in a file.
#[derive(Debug, Clone)]
pub enum Place {
    /// The file as such.
    File,
    /// `§3.4`.
    Section(String),
    /// `§3.4 rule 2`: section and number.
    Item(String, String),
    /// `6.11`: a row of the table in `§6`.
    Row(String),
}

impl fmt::Display for Citation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::File => write!(f, "{}", self.file),
            Place::Section(section) => write!(f, "{} §{section}", self.file),
            Place::Item(section, item) => write!(f, "{} §{section} {item}", self.file),
            Place::Row(row) => write!(f, "{} {row}", self.file),
        }
    }
}

/// A relative link.
pub struct Link {
    pub target: String,
    pub line: usize,
}

/// A source with everything but its comments taken out, on the same lines.
pub fn comments(source: &str) -> String {
    let lines = source.lines().map(|line| match line.trim_start().strip_prefix("//") {
        Some(comment) => comment.trim_start_matches(['/', '!']),
        None => line.split_once(" // ").map_or("", |(_, comment)| comment),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// All citations of a text. Within `own` a `§` without a file is of that page.
pub fn citations(text: &str, own: Option<&str>) -> Vec<Citation> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some((start, end)) = next_name(text, at) {
        if let Some(own) = own {
            bare(text, at..start, own, &mut found);
        }
        at = places(text, end, &text[start..end], &mut found);
    }
    if let Some(own) = own {
        bare(text, at..text.len(), own, &mut found);
    }
    found
}

/// The next word that ends in `.md`.
fn next_name(text: &str, from: usize) -> Option<(usize, usize)> {
    let in_name = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '/' | '.');
    let mut at = from;
    loop {
        let end = text[at..].find(".md")? + at + 3;
        at = end;
        let start = text[from..end].rfind(|character| !in_name(character));
        let start =
            start.map_or(from, |before| from + before + text[from + before..].chars().next().map_or(0, char::len_utf8));
        let name = &text[start..end];
        let whole = text[end..].chars().next().is_none_or(|next| !next.is_ascii_alphanumeric());
        // Addresses are no citations.
        if whole && name.len() > 3 && !name.starts_with('/') && !text[..start].ends_with("://") {
            let start = end - name.trim_start_matches("../").trim_start_matches("./").len();
            return Some((start, end));
        }
    }
}

/// The places after a file's name, up to what is none. Returns where that is.
fn places(text: &str, from: usize, file: &str, found: &mut Vec<Citation>) -> usize {
    let before = found.len();
    let mut at = from;
    let mut section: Option<String> = None;
    loop {
        let rest = &text[at..];
        let line = text[..at].matches('\n').count() + 1;
        let mut add = |place| found.push(Citation { file: file.to_owned(), place, line });
        let next = after_separator(rest);
        if let Some(number) = next.strip_prefix('§').and_then(number) {
            let after = &next['§'.len_utf8() + number.len()..];
            add(Place::Section(number.to_owned()));
            section = Some(number.to_owned());
            at = text.len() - after.len();
            if let Some(last) = range(after).map(|last| last.trim_start_matches('§')).and_then(number_of) {
                between(number, last).into_iter().for_each(|number| add(Place::Section(number)));
                at = text.len() - after.len() + after.find(last).unwrap_or_default() + last.len();
            }
        } else if let (Some(section), Some((item, after))) = (&section, named_item(next)) {
            add(Place::Item(section.clone(), item.to_owned()));
            at = text.len() - after.len();
            let last = range(after).or_else(|| after.strip_prefix(" to "));
            if let Some(last) = last.and_then(item_number) {
                add(Place::Item(section.clone(), last.to_owned()));
                at += after.find(last).unwrap_or_default() + last.len();
            }
        } else if let Some(row) = number(next).filter(|row| row.contains('.')) {
            add(Place::Row(row.to_owned()));
            let after = &next[row.len()..];
            at = text.len() - after.len();
            if let Some(last) = range(after).and_then(number_of) {
                add(Place::Row(last.to_owned()));
                at += after.find(last).unwrap_or_default() + last.len();
            }
        } else {
            if found.len() == before {
                let line = text[..from].matches('\n').count() + 1;
                found.push(Citation { file: file.to_owned(), place: Place::File, line });
            }
            return at;
        }
    }
}

/// What follows blanks, line ends, a comma, "and", or the full stop before nothing.
fn after_separator(text: &str) -> &str {
    let text = text.trim_start().trim_start_matches(',').trim_start();
    text.strip_prefix("and ").map_or(text, str::trim_start)
}

fn number_of(text: &str) -> Option<&str> {
    number(text)
}

/// `3`, `3.4`, at the beginning.
fn number(text: &str) -> Option<&str> {
    let end = text.find(|character: char| !character.is_ascii_digit() && character != '.').unwrap_or(text.len());
    let number = text[..end].trim_end_matches('.');
    (!number.is_empty() && !number.starts_with('.')).then_some(number)
}

/// `2`, `5b`, at the beginning.
fn item_number(text: &str) -> Option<&str> {
    let digits = text.len() - text.trim_start_matches(|character: char| character.is_ascii_digit()).len();
    let letter = usize::from(text[digits..].starts_with(|character: char| character.is_ascii_lowercase()));
    let whole = text[digits + letter..].chars().next().is_none_or(|next| !next.is_alphanumeric());
    (digits > 0 && whole).then(|| &text[..digits + letter])
}

/// `rule 2`, `step 5b`, `hazard 34`, and what follows.
fn named_item(text: &str) -> Option<(&str, &str)> {
    let words = ["rules", "rule", "steps", "step", "hazards", "hazard", "rows", "row"];
    let rest = words.iter().find_map(|word| text.strip_prefix(word))?.trim_start();
    let item = item_number(rest)?;
    Some((item, &rest[item.len()..]))
}

fn range(text: &str) -> Option<&str> {
    text.strip_prefix('–')
}

/// The sections after `first` up to `last`: `3.3` and `3.5` give `3.4` and `3.5`.
fn between(first: &str, last: &str) -> Vec<String> {
    let split = |number: &str| {
        let (before, end) = number.rsplit_once('.').map_or(("", number), |(before, end)| (before, end));
        (before.to_owned(), end.parse::<u32>().unwrap_or_default())
    };
    let ((before, from), (same, to)) = (split(first), split(last));
    if before != same || to <= from {
        return vec![last.to_owned()];
    }
    let named = |end| if before.is_empty() { format!("{end}") } else { format!("{before}.{end}") };
    (from + 1..=to).map(named).collect()
}

/// The sections that a page cites of itself; those of RFCs are not its own.
fn bare(text: &str, range: std::ops::Range<usize>, own: &str, found: &mut Vec<Citation>) {
    let mut at = range.start;
    while let Some(sign) = text[at..range.end].find('§').map(|sign| at + sign) {
        at = sign + '§'.len_utf8();
        let foreign = text[..sign].trim_end().rsplit(' ').take(2).any(|word| word == "RFC");
        if !foreign {
            at = places(&text[..range.end], sign, own, found).max(at);
        }
    }
}

/// All relative links of a Markdown text, outside of code.
pub fn links(text: &str) -> Vec<Link> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (index, line) in text.lines().enumerate() {
        fenced ^= line.starts_with("```");
        if fenced {
            continue;
        }
        let mut rest = line;
        let mut before = 0;
        while let Some(at) = rest.find("](") {
            before += rest[..at].matches('`').count();
            let target = rest[at + 2..].split(')').next().unwrap_or_default();
            let elsewhere = target.contains("://") || target.starts_with("mailto:");
            if before % 2 == 0 && !elsewhere && !target.is_empty() {
                found.push(Link { target: target.to_owned(), line: index + 1 });
            }
            rest = &rest[at + 2..];
        }
    }
    found
}

/// All words in code marks that begin with one of these folders: paths from the root.
pub fn paths<'t>(text: &'t str, folders: &[&str]) -> Vec<(usize, &'t str)> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let marked = line.split('`').skip(1).step_by(2);
        let words = marked.flat_map(|code| code.split(' ')).filter(|word| !word.contains(['*', '{', '<', '…', ':']));
        let in_folder = |word: &&str| {
            folders.iter().any(|folder| word.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')))
        };
        found.extend(words.filter(in_folder).map(|word| (index + 1, word.trim_end_matches(['/', ',', '.']))));
    }
    found
}
