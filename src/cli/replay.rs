//! `ebl replay`: kept evidence, judged again without a socket.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;

use super::args::{Format, ReplayArgs};
use super::config;
use super::exit::Exit;
use super::no_document::NoDocument;
use super::output::{Output, Wanted};
use super::reports::{Found, Printer};
use super::verify::style;
use super::{input, interrupt, note, secrecy};
use crate::document::Limits;
use crate::sources::now;
use crate::text::hanging;
use crate::verifier::Wishes;
use crate::verify::{EvidenceFile, NamedBlock, NotReplayed, Reliance, ReplayTerms, Replayed};

pub(super) fn run(args: &ReplayArgs) -> Result<Exit> {
    let (wishes, block) = config::for_replay(args)?;
    let read: Vec<&Path> = [&args.evidence].into_iter().chain(&args.document).map(|path| path.as_path()).collect();
    input::ensure_read_once(read.iter().copied())?;
    let wanted = Wanted::of(&args.page);
    let output = Output::open(args.page.output.as_deref(), wanted, &read)?;
    let printer = Printer { format: args.format, style: style(&output, &args.page), several: false };
    let name = secrecy::path(&args.evidence);
    interrupt::begin(&name);
    let (name, outcome, exit) = match judged(args, &wishes, block) {
        Ok(Replayed { report, same_report, unanswered, .. }) => {
            if unanswered > 0 {
                note(&format!(
                    "the evidence holds no answer to {unanswered} of the questions: what they are about is not known"
                ));
            }
            match same_report {
                true => note("the report is the one that the evidence was kept of"),
                false => note(
                    "the report is another one than the evidence was kept of: by other rules, or by another version",
                ),
            }
            let exit = Exit::Verdict(report.verdict);
            (report.file.clone().unwrap_or(name), Ok(Box::new(Found { report, titles: Vec::new() })), exit)
        }
        Err(Refused::Document(why)) => {
            let exit = why.exit();
            (name, Err(why), exit)
        }
        Err(Refused::Usage(why)) => anyhow::bail!(why),
    };
    let mut bytes = if wanted == Wanted::Result { printer.printed(&name, &outcome)? } else { Vec::new() };
    if let (Format::Human, Ok(Found { report, .. })) = (args.format, outcome.as_ref().map(|found| &**found)) {
        // Nobody should take it for an answer of today, not even who reads the beginning alone.
        let line = format!(
            "Judged again from evidence of {}: nobody was asked. What servers said stands in the file as a record, not as a proof; \
             rules are those that it was judged by then, and yours",
            report.checked_at.replace('T', " ").replace('Z', " UTC")
        );
        let line = format!("{}\n\n", hanging(&line, 0, printer.style.width));
        bytes.splice(0..0, line.into_bytes());
    }
    Ok(output.write_only(&bytes, exit))
}

/// Why there is no report.
enum Refused {
    /// The evidence or the document cannot be used.
    Document(NoDocument),
    /// The caller has to say more.
    Usage(String),
}

impl<E: Into<NoDocument>> From<E> for Refused {
    fn from(why: E) -> Self {
        Self::Document(why.into())
    }
}

fn judged(args: &ReplayArgs, wishes: &Wishes, block: Option<NamedBlock>) -> Result<Replayed, Refused> {
    // Evidence may hold its document, in base64, and as much again of answers.
    let most = args.page.max_size.saturating_mul(3);
    let limits = Limits { max_bytes: args.page.max_size, ..Limits::default() };
    let evidence = input::read(&args.evidence, most)?;
    let evidence = EvidenceFile::read(&evidence, &Limits { max_bytes: most, ..limits })?;
    let document = match (&args.document, evidence.document()) {
        (Some(path), _) => input::read(path, args.page.max_size)
            .map_err(|why| Refused::Document(NoDocument::from(why).of_file(path)))?,
        (None, Some(document)) => document?,
        (None, None) => {
            let why = "the evidence does not hold its document; name the file of it, too";
            return Err(Refused::Usage(why.into()));
        }
    };
    let Wishes { policy, key, names, .. } = wishes;
    let terms = ReplayTerms { key: key.as_ref(), block, names, limits, ..ReplayTerms::new(policy, now()) };
    evidence.replay(&document, &terms).map_err(|why| match why {
        NotReplayed::TrustMissing(ref missing) => {
            let flags: BTreeSet<&str> = missing.iter().map(flag).collect();
            Refused::Usage(format!("{why} ({})", Vec::from_iter(flags).join(", ")))
        }
        // What cannot be read is the document, wherever it came from.
        NotReplayed::Unreadable(why) => {
            let file = args.document.as_deref().unwrap_or(Path::new("the document in the evidence"));
            Refused::Document(NoDocument::from(why).of_file(file))
        }
        why => Refused::Document(why.into()),
    })
}

/// By which whoever judges again says the same.
fn flag(missing: &Reliance) -> &'static str {
    match missing {
        Reliance::Registry(..) => "--trust-registry",
        Reliance::DidRegistry(..) => "--did-registry",
        Reliance::Block(_) => "--trusted-block",
        Reliance::Context(..) => "--context",
        Reliance::Did(_) => "--expect-issuer",
        Reliance::DnsAnchor(_) => "--dns-anchor",
        Reliance::TitleState(_) => "--accept-state",
        Reliance::UnprotectedFalsy => "--accept-unauthenticated-falsy",
        Reliance::BlockAge(_) => "--max-block-age",
        Reliance::UnknownNetwork(_) => "--policy",
        Reliance::Chain(_) => "--chain-id",
        Reliance::AsOf(_) => "--at",
        Reliance::ChosenBlock(..) => "--block",
        Reliance::Challenge(_) => "--challenge",
        Reliance::Domain(_) => "--domain",
    }
}
