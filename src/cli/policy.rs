//! `ebl policy check` and `ebl policy template`: what a policy file asks for, in words, and one to start from.

use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::args::PolicyCommand;
use super::exit::Exit;
use super::{output, secrecy};
use crate::text::{escape_for_terminal as escape, hanging};
use crate::verify::{AcceptedState, Policy, PolicyFile};

pub(super) fn run(command: &PolicyCommand) -> Result<Exit> {
    let text = match command {
        PolicyCommand::Check { file } => in_words(&read(file)?),
        PolicyCommand::Template => PolicyFile::TEMPLATE.to_owned(),
    };
    Ok(output::print(&text, Exit::Done))
}

/// Reads a policy file.
pub(super) fn read(path: &Path) -> Result<PolicyFile> {
    // One byte more than the format allows, so that what is larger is refused there.
    const MOST_BYTES: u64 = 1024 * 1024 + 1;
    let name = secrecy::path(path);
    let mut text = String::new();
    let file = std::fs::File::open(path).with_context(|| format!("cannot read the policy {name}"))?;
    file.take(MOST_BYTES).read_to_string(&mut text).with_context(|| format!("cannot read the policy {name}"))?;
    text.parse().with_context(|| format!("the policy {name} is not right"))
}

fn in_words(file: &PolicyFile) -> String {
    let PolicyFile { rules, require_dnssec, .. } = file;
    let dnssec = "The records of the issuer's domain must be validated with DNSSEC; otherwise the issuer is not known.";
    let width = output::reading_width();
    let mut sentences: Vec<(String, &str)> = rules.iter().map(|rule| (rule.to_string(), rule.name())).collect();
    if *require_dnssec {
        sentences.insert(0, (dnssec.to_owned(), "dnssec"));
    }
    if sentences.is_empty() {
        return hanging("This policy asks for nothing beyond what `ebl verify` always checks.", 0, width) + "\n";
    }
    let mut page = hanging("Besides being authentic, a document must meet all of this:", 0, width) + "\n\n";
    for (sentence, key) in sentences {
        page.push_str("  - ");
        page.push_str(&hanging(&format!("{} ({key})", escape(&sentence)), 4, width));
        page.push('\n');
    }
    let policy = Policy { rules: rules.clone(), ..Policy::default() };
    let others = [AcceptedState::Returned, AcceptedState::Ended].into_iter().filter(|state| policy.accepts(*state));
    let others: Vec<_> = others.map(AcceptedState::as_str).collect();
    if !others.is_empty() {
        let sentence = format!("A title that is {} counts as valid here.", others.join(" or "));
        page.push_str(&format!("\n{}\n", hanging(&sentence, 0, width)));
    }
    page
}
