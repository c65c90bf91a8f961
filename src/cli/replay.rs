//! `ebl replay`: kept evidence, judged again without a socket.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;

use super::args::{Format, NetworkArgs, ReplayArgs, WebArgs};
use super::config::{self, Asked};
use super::exit::Exit;
use super::no_document::NoDocument;
use super::output::{Output, Wanted};
use super::reports::{Found, Printer};
use super::verify::style;
use super::{input, interrupt, note, secrecy};
use crate::document::Limits;
use crate::text::hanging;
use crate::verify::{EvidenceFile, NotReplayed, Policy, Reliance, Replayed};

pub(super) fn run(args: &ReplayArgs) -> Result<Exit> {
    let caller = caller(args)?;
    let key = args.key.as_deref().map(config::key).transpose()?;
    let read: Vec<&Path> = [&args.evidence].into_iter().chain(&args.document).map(|path| path.as_path()).collect();
    input::ensure_read_once(read.iter().copied())?;
    let wanted = Wanted::of(&args.page);
    let output = Output::open(args.page.output.as_deref(), wanted, &read)?;
    let printer = Printer { format: args.format, style: style(&output, &args.page), several: false };
    let name = secrecy::path(&args.evidence);
    interrupt::begin(&name);
    let (name, outcome, exit) = match judged(args, &caller, key.as_ref()) {
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
            "Judged again from evidence of {}: nobody was asked. What servers said stands in the file as a record, not as a proof",
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

fn judged(args: &ReplayArgs, caller: &Policy, key: Option<&crate::document::Key>) -> Result<Replayed, Refused> {
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
    evidence.replay(&document, key, caller, &limits).map_err(|why| match why {
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
    }
}

/// What whoever judges again trusts, by flags and by settings, and wants besides.
fn caller(args: &ReplayArgs) -> Result<Policy> {
    let network = NetworkArgs {
        trusted_block: args.trusted_block.clone(),
        max_block_age: args.max_block_age.clone(),
        did_registry: args.did_registry.clone(),
        dns_anchor: args.dns_anchor.clone(),
        web: WebArgs { offline: true, config: args.config.clone(), ..WebArgs::default() },
        ..NetworkArgs::default()
    };
    let asked = Asked {
        network: &network,
        max_size: args.page.max_size,
        chain_id: None,
        trust_registry: &args.trust_registry,
        key: None,
        names: None,
        context: &args.context,
    };
    let caller = config::for_replay(&asked, &args.rules)?;
    Ok(Policy { accept_unauthenticated_falsy: args.accept_unauthenticated_falsy, ..caller })
}
