//! What is watched: the titles of documents, each verified before, or one that the arguments name.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;

use anyhow::{Result, bail};
use futures_util::stream::{self, StreamExt as _};

use super::args::WatchArgs;
use crate::cli::exit::Exit;
use crate::cli::input::{self, Input};
use crate::cli::no_document::NoDocument;
use crate::cli::title::Subject as Named;
use crate::cli::{interrupt, note, waiting};
use crate::verifier::{Verifier, Wishes};
use crate::verify::{Outcome, Report, TokenOfChain, Verdict};
use crate::watch::TitleNamed;

/// A title, and the file that it was read from.
pub(super) struct Subject {
    pub title: TokenOfChain,
    /// As it is named; of a link its host alone.
    pub file: Option<String>,
}

/// What there is to watch.
pub(super) enum Begun {
    Subjects(Vec<Subject>),
    /// A document is invalid, or none: nothing is watched.
    Refused(Exit),
}

pub(super) async fn begin(args: &WatchArgs, verifier: &Verifier, wishes: &Wishes) -> Result<Begun> {
    let registry_and_token = args.registry.as_deref().zip(args.token.as_deref());
    if let Some(Named::Token(title)) = Named::named(None, args.chain_id.as_deref(), registry_and_token)? {
        return Ok(Begun::Subjects(vec![Subject { title, file: None }]));
    }
    interrupt::begin("the documents to watch");
    let verified = stream::iter(&args.files).map(|file| verified(verifier, wishes, file, args.max_size));
    let all = waiting::said(verifier, verified.buffered(AT_ONCE).collect::<Vec<_>>()).await;
    let mut subjects: Vec<Subject> = Vec::with_capacity(all.len());
    let mut named: BTreeMap<TitleNamed, String> = BTreeMap::new();
    let mut refused: Option<Exit> = None;
    for (name, outcome) in all {
        let exit = match outcome {
            Err(why) => {
                note(&format!("{name} is not watched: {}", why.in_a_line()));
                Some(why.exit())
            }
            Ok((report, _)) if report.verdict == Verdict::Invalid => {
                note(&format!("{name} is not watched: INVALID, {}", first(&report, Outcome::Fail)));
                Some(Exit::Verdict(Verdict::Invalid))
            }
            Ok((_, None)) => bail!("{name} has no title that could be watched"),
            Ok((report, Some(title))) => {
                if report.verdict == Verdict::Indeterminate {
                    note(&format!("{name} is watched, though not all is known: {}", first(&report, Outcome::Unknown)));
                }
                match named.entry(title.into()) {
                    Entry::Occupied(other) => {
                        note(&format!("{name} has the same title as {}, which is watched once", other.get()));
                    }
                    Entry::Vacant(place) => {
                        place.insert(name.clone());
                        subjects.push(Subject { title, file: Some(name) });
                    }
                }
                None
            }
        };
        refused = match (refused, exit) {
            (Some(one), Some(other)) => Some(one.worse(other)),
            (one, other) => one.or(other),
        };
    }
    Ok(refused.map_or(Begun::Subjects(subjects), Begun::Refused))
}

type Verified = Result<(Report, Option<TokenOfChain>), NoDocument>;

async fn verified(verifier: &Verifier, wishes: &Wishes, file: &Path, max_bytes: usize) -> (String, Verified) {
    let input = Input::of(file, |text| verifier.read_link(text));
    let outcome: Verified = async {
        Ok(match &input {
            Input::File(path) => verifier.verify_for_watching(&input::read(path, max_bytes)?, wishes).await?,
            Input::Link(link) => verifier.verify_link_for_watching(link, wishes).await?,
            Input::NotALink(error) => return Err((*error).into()),
        })
    }
    .await;
    (input.name(), outcome)
}

/// The first thing of this outcome that was found, with its code.
fn first(report: &Report, outcome: Outcome) -> String {
    let found = report.checks.iter().find(|check| check.outcome == outcome);
    found.map(|check| format!("{} [{}]", check.message, check.code.id)).unwrap_or_default()
}

/// Documents that are verified at a time.
const AT_ONCE: usize = 64;
