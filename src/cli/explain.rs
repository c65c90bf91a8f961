//! `ebl explain CODE`: the rows of the code table.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::{Result, bail};

use super::exit::Exit;
use super::{advice, output};
use crate::text::{hanging, repeatable};
use crate::verify::codes::{self, Actor, Code};

pub(super) fn run(code: Option<&str>) -> Result<Exit> {
    let width = output::reading_width();
    let page = match code.map(str::to_lowercase).as_deref() {
        None => list(codes::all(), width),
        Some(id) => match codes::find(id) {
            Some(code) => row(code, width),
            // `issuer` alone is a group.
            None if codes::all().any(|code| group(code) == id) => {
                list(codes::all().filter(|code| group(code) == id), width)
            }
            None => bail!("there is no code {:?}; {}", repeatable(id), guess(id)),
        },
    };
    Ok(output::print(&page, Exit::Done))
}

fn row(code: &Code, width: usize) -> String {
    let mut page = format!("{}\n\n", code.id);
    let mut line = |label: &str, text: &str| {
        let _ = writeln!(page, "  {label:<11}{}", hanging(text, 13, width));
    };
    line("Means", code.meaning);
    if code.actor != Actor::Nobody {
        line("Who acts", &code.actor.to_string());
    }
    line("What to do", &advice::with_flags(code, code.remedy));
    line("Example", code.example);
    page
}

/// Grouped by the check that finds them, each with its meaning.
fn list<'c>(codes: impl Iterator<Item = &'c Code>, width: usize) -> String {
    let mut page = String::new();
    let mut before = None;
    for code in codes {
        if before != Some(group(code)) {
            let _ =
                writeln!(page, "{}{}\n", if before.is_some() { "\n" } else { "" }, hanging(heading(code), 0, width));
            before = Some(group(code));
        }
        // Beside each other where there is room for both.
        if width >= 100 {
            let _ = writeln!(page, "  {:<42} {}", code.id, hanging(code.meaning, 45, width));
        } else {
            let _ = writeln!(page, "  {}\n      {}", code.id, hanging(code.meaning, 6, width));
        }
    }
    page
}

fn group(code: &Code) -> &'static str {
    code.id.split_once('.').map_or(code.id, |(group, _)| group)
}

fn heading(code: &Code) -> &'static str {
    match group(code) {
        "read" => "read: why a file leads to no document",
        "check" => "check: why something was not asked",
        "integrity" => "integrity: whether the content is what was issued",
        "issuer" => "issuer: who issued it",
        "chain" => "chain: who was asked about the chain, and at which block",
        "registry" => "registry: whether the registry's word counts",
        "issuance" => "issuance: whether this very document was issued, and not revoked",
        "title" => "title: what is recorded about the title",
        "history" => "history: how it came to be so",
        "powers" => "powers: who can issue, accept and restore titles",
        "policy" => "policy: your own rules",
        "replay" => "replay: why kept evidence is not judged again",
        "challenge" => "challenge: whether control of an account was shown",
        "run" => "run: what the documents of one run show about each other",
        other => other,
    }
}

/// The codes and groups that may have been meant, nearest first.
fn guess(id: &str) -> String {
    let finding = |id: &str| id.rsplit('.').next().map(str::to_owned);
    let likeness = |known: &str| {
        let alike = strsim::normalized_damerau_levenshtein(known, id);
        if known.contains(id) || finding(known) == finding(id) { alike + 1.0 } else { alike }
    };
    // A group is not like a code for being the beginning of it.
    let groups: BTreeSet<&str> = codes::all().map(group).collect();
    let groups = groups.into_iter().map(|group| (strsim::normalized_damerau_levenshtein(group, id), group));
    let mut near: Vec<_> = codes::all().map(|code| (likeness(code.id), code.id)).chain(groups).collect();
    near.retain(|(likeness, _)| *likeness > 0.7);
    near.sort_by(|one, other| other.0.total_cmp(&one.0));
    let near: Vec<_> = near.into_iter().take(5).map(|(_, id)| id).collect();
    if near.is_empty() {
        "`ebl explain` lists all codes".to_owned()
    } else {
        format!("did you mean {}?", near.join(", "))
    }
}
