//! `ebl title`: one title's parties, state and history. Its exit code is that of a verification of the title alone: 0 only
//! for a live title whose history is complete.

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::args::{TitleArgs, TitleFormat};
use super::config::{self, Configured};
use super::exit::Exit;
use super::input::{self, Input};
use super::no_document::NoDocument;
use super::output::{Output, Wanted};
use super::verify::{runtime, style};
use super::{interrupt, kept, note, pdf, waiting};
use crate::primitives::{Address, Digest32, TokenId, rfc3339};
use crate::report::human::Style;
use crate::report::json::{self, Layout};
use crate::report::{history_csv, html, title as page};
use crate::sources::now;
use crate::verifier::{Verifier, Wishes};
use crate::verify::{Outcome, PowersWanted, TitleReport, TokenOfChain};

pub(super) fn run(args: &TitleArgs) -> Result<Exit> {
    let title = &args.title;
    let Configured { builder, wishes, files: settings, .. } =
        config::for_titles(&args.network, args.page.max_size, title.chain_id.as_deref(), &args.reading)?;
    let verifier = builder.build()?;
    let registry_and_token = title.registry.as_deref().zip(title.token.as_deref());
    let subject = Subject::named(title.file.as_deref(), title.chain_id.as_deref(), registry_and_token)?;
    let Some(subject) = subject else { anyhow::bail!("give a document, or --chain-id, --registry and --token") };
    let read: Vec<&Path> = settings.iter().chain(&title.file).map(|path| path.as_path()).collect();
    let wanted = Wanted::of(&args.page);
    let output = Output::open(args.page.output.as_deref(), wanted, &read)?;
    if args.format == TitleFormat::Pdf {
        kept::ensure_no_terminal(&output)?;
    }
    let style = style(&output, &args.page);
    let powers = if args.powers { PowersWanted::Yes } else { PowersWanted::No };
    let name = subject.name(&verifier);
    interrupt::begin(&name);
    let asking = asked(&verifier, &wishes, &subject, args.page.max_size, powers);
    let found = runtime(args.network.web.offline)?.block_on(waiting::said(&verifier, asking));
    let exit = match &found {
        Ok(report) => Exit::Verdict(report.verdict()),
        Err(why) => why.exit(),
    };
    if wanted == Wanted::ExitCode {
        return Ok(exit);
    }
    Ok(match printed(args.format, style, &name, &found)? {
        Some(printed) => output.write_only(printed, exit),
        None => exit,
    })
}

/// What the arguments name.
pub(super) enum Subject<'a> {
    File(&'a Path),
    Token(TokenOfChain),
}

impl<'a> Subject<'a> {
    /// A document, or a chain with a registry and a token; `None` for neither.
    pub(super) fn named(
        file: Option<&'a Path>,
        chain: Option<&str>,
        registry_and_token: Option<(&str, &str)>,
    ) -> Result<Option<Self>> {
        Ok(match (file, chain, registry_and_token) {
            (None, Some(chain), Some((registry, token))) => Some(Self::Token(TokenOfChain {
                chain: chain.parse().context("--chain-id")?,
                registry: Address::from_caller(registry).context("--registry")?,
                token: token_id(token)?,
            })),
            (file, ..) => file.map(Self::File),
        })
    }

    pub(super) fn name(&self, verifier: &Verifier) -> String {
        match self {
            Self::File(file) => Input::of(file, |text| verifier.read_link(text)).name(),
            Self::Token(of) => format!("token {}", of.token),
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
    wishes: &Wishes,
    subject: &Subject<'_>,
    max_bytes: usize,
    powers: PowersWanted,
) -> Result<TitleReport, NoDocument> {
    let file = match subject {
        Subject::Token(token) => return Ok(verifier.title_of_token(*token, powers, wishes).await),
        Subject::File(file) => file,
    };
    let input = Input::of(file, |text| verifier.read_link(text));
    let report = match &input {
        Input::File(path) => verifier.title(&input::read(path, max_bytes)?, powers, wishes).await?,
        Input::NotALink(error) => return Err((*error).into()),
        Input::Link(link) => verifier.title_by_link(link, powers, wishes).await?,
    };
    Ok(TitleReport { file: Some(input.name()), ..report })
}

/// What is written; nothing where a table was wanted and there is no document.
fn printed(
    format: TitleFormat,
    style: Style,
    name: &str,
    found: &Result<TitleReport, NoDocument>,
) -> Result<Option<Vec<u8>>> {
    let text = match (format, found) {
        (TitleFormat::Pdf, Ok(report)) => {
            return pdf::render(&kept::title_view(report, name), &report.checked_at).map(Some);
        }
        (TitleFormat::Pdf, Err(why)) => return pdf::render(&why.view(name), &rfc3339(now())).map(Some),
        (TitleFormat::Human, Ok(report)) => page::render(report, name, style),
        (TitleFormat::Json, Ok(report)) => json::render(report, Layout::Indented)? + "\n",
        (TitleFormat::Jsonl, Ok(report)) => json::render(report, Layout::OneLine)? + "\n",
        (TitleFormat::Csv, Ok(report)) => {
            say_what_is_missing(report);
            history_csv::render(report)
        }
        (TitleFormat::Json, Err(why)) => json::render(&why.object(name).instead_of_title(), Layout::Indented)? + "\n",
        (TitleFormat::Jsonl, Err(why)) => json::render(&why.object(name).instead_of_title(), Layout::OneLine)? + "\n",
        (TitleFormat::Html, Ok(report)) => html::page(&kept::title_view(report, name)),
        (TitleFormat::Html, Err(why)) => html::page(&why.view(name)),
        (TitleFormat::Human, Err(why)) => why.human(name, style),
        (TitleFormat::Csv, Err(why)) => {
            let _ = write!(std::io::stderr(), "{}", why.human(name, style));
            return Ok(None);
        }
    };
    Ok(Some(text.into_bytes()))
}

/// A table of operations has no place for what is wrong with it.
fn say_what_is_missing(report: &TitleReport) {
    for check in report.checks.iter().filter(|check| matches!(check.outcome, Outcome::Unknown | Outcome::Fail)) {
        note(&format!("{}: {}   [{}]", check.name.as_str(), check.message, check.code.id));
    }
}
