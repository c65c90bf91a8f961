//! `ebl title`: one title's parties, state and history. Its exit code is that of a verification of the title alone: 0 only
//! for a live title whose history is complete.

use std::fs::File;
use std::io::{IsTerminal as _, Write};
use std::path::Path;

use anyhow::{Context as _, Result};

use super::args::{TitleArgs, TitleFormat};
use super::config::{self, Asked};
use super::exit::Exit;
use super::input::{self, Input};
use super::no_document::NoDocument;
use super::verify::{interruptible, style};
use crate::primitives::{Address, ChainId, Digest32, TokenId};
use crate::report::json::{self, Layout};
use crate::report::{history_csv, title as page};
use crate::text::escape_for_terminal as escape;
use crate::verifier::Verifier;
use crate::verify::{Outcome, PowersWanted, TitleReport};

pub fn run(args: &TitleArgs) -> Result<Exit> {
    let verifier = config::configured(&Asked {
        network: &args.network,
        max_size: args.max_size,
        chain_id: args.chain_id.as_deref(),
        trust_registry: &args.trust_registry,
        key: args.key.as_deref(),
        names: args.names.as_deref(),
    })?
    .build()?;
    let subject = Subject::of(args)?;
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    if !args.network.offline {
        runtime.enable_all();
    }
    let runtime = runtime.build()?;
    let powers = if args.powers { PowersWanted::Yes } else { PowersWanted::No };
    let (name, work) = (subject.name(&verifier), asked(&verifier, &subject, args.max_size, powers));
    let found = if args.network.offline { Some(runtime.block_on(work)) } else { runtime.block_on(interruptible(work)) };
    let Some(found) = found else {
        eprintln!("ebl: interrupted; nothing is known of {}", escape(&name));
        return Ok(Exit::Interrupted);
    };
    write(args, &name, &found)?;
    Ok(match &found {
        Ok(report) => Exit::Verdict(report.verdict()),
        Err(why) => why.exit(),
    })
}

/// What the arguments name.
enum Subject<'a> {
    File(&'a Path),
    Token { chain: ChainId, registry: Address, token: TokenId },
}

impl<'a> Subject<'a> {
    fn of(args: &'a TitleArgs) -> Result<Self> {
        match (&args.file, &args.chain_id, &args.registry, &args.token) {
            (None, Some(chain), Some(registry), Some(token)) => Ok(Self::Token {
                chain: chain.parse().context("--chain-id")?,
                registry: registry.parse().context("--registry")?,
                token: token_id(token)?,
            }),
            (Some(file), ..) => Ok(Self::File(file)),
            _ => anyhow::bail!("give a document, or --chain-id, --registry and --token"),
        }
    }

    fn name(&self, verifier: &Verifier) -> String {
        match self {
            Self::File(file) => Input::of(file, |text| verifier.read_link(text)).name(),
            Self::Token { token, .. } => format!("token {token}"),
        }
    }
}

fn token_id(text: &str) -> Result<TokenId> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let hash = Digest32::from_hex64(&digits.to_ascii_lowercase());
    hash.map(TokenId::from).context("--token takes 64 hexadecimal digits, as the document's target hash")
}

async fn asked(
    verifier: &Verifier,
    subject: &Subject<'_>,
    max_bytes: usize,
    powers: PowersWanted,
) -> Result<TitleReport, NoDocument> {
    let file = match subject {
        Subject::Token { chain, registry, token } => {
            return Ok(verifier.title_of_token(*chain, *registry, *token, powers).await);
        }
        Subject::File(file) => file,
    };
    match Input::of(file, |text| verifier.read_link(text)) {
        Input::File(path) => Ok(verifier.title(&input::read(path, max_bytes)?, powers).await?),
        Input::NotALink(error) => Err(error.into()),
        Input::Link(link) => Ok(verifier.title_by_link(&link, powers).await?),
    }
}

fn write(args: &TitleArgs, name: &str, found: &Result<TitleReport, NoDocument>) -> Result<()> {
    let stdout = std::io::stdout();
    let terminal = args.output.is_none() && stdout.is_terminal();
    let text = match (args.format, found) {
        (TitleFormat::Human, Ok(report)) => page::render(report, name, style(terminal, args.color, args.verbose)),
        (TitleFormat::Json, Ok(report)) => json::render(report, Layout::Indented)? + "\n",
        (TitleFormat::Csv, Ok(report)) => {
            say_what_is_missing(report);
            history_csv::render(report)
        }
        (TitleFormat::Json, Err(why)) => json::render(&why.object().instead_of_title(), Layout::Indented)? + "\n",
        (TitleFormat::Human, Err(why)) => why.human(name),
        (TitleFormat::Csv, Err(why)) => {
            eprint!("{}", why.human(name));
            return Ok(());
        }
    };
    let mut to: Box<dyn Write> = match &args.output {
        Some(path) => {
            Box::new(File::create(path).with_context(|| format!("cannot write the report to {}", path.display()))?)
        }
        None => Box::new(stdout),
    };
    to.write_all(text.as_bytes())?;
    Ok(to.flush()?)
}

/// A table of operations has no place for what is wrong with it.
fn say_what_is_missing(report: &TitleReport) {
    for check in report.checks.iter().filter(|check| matches!(check.outcome, Outcome::Unknown | Outcome::Fail)) {
        eprintln!("ebl: {}: {}   [{}]", check.name.as_str(), escape(&check.message), check.code.id);
    }
}
