//! `ebl verify`: files in, reports out, the worst exit code.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, bail};
use futures_util::stream::{self, StreamExt as _};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::args::{Format, PageArgs, VerifyArgs, When};
use super::config::Configured;
use super::exit::Exit;
use super::input::{ENDINGS, Found, Input, InputError};
use super::inspect_page::fitted;
use super::no_document::NoDocument;
use super::output::{self, Output, Wanted};
use super::tally::Tally;
use super::{advice, config, input, interrupt, note, waiting};
use crate::report::fragments;
use crate::report::human::{self, Style};
use crate::report::json::{self, Layout};
use crate::text::escape_for_terminal as escape;
use crate::verifier::{Verifier, Wishes};
use crate::verify::{Report, Verdict};
use crate::web_address::DOCUMENT_LIMIT;

pub(super) fn run(args: &VerifyArgs) -> Result<Exit> {
    let Configured { builder, wishes, files: settings } = config::verifier(args)?;
    let from_input = |path: &PathBuf| path.as_os_str() == "-";
    if args.files.iter().chain(&args.files_from).filter(|path| from_input(path)).count() > 1 {
        bail!("standard input can be read once: `-` is given twice");
    }
    let listed = args.files_from.as_deref().map(input::listed).transpose()?.unwrap_or_default();
    let found = input::files(&[args.files.as_slice(), &listed].concat(), args.recursive)?;
    let several = args.recursive || args.files_from.is_some() || found.files.len() > 1;
    let verifier = if several { builder.share_answers(SHARED) } else { builder }.build()?;
    let others = settings.iter().chain(&args.files_from);
    let read: Vec<&Path> = found.files.iter().chain(others).map(|path| path.as_path()).collect();
    let wanted = Wanted::of(&args.page);
    if let Some(path) = &args.summary {
        Output::will_take(path, "--summary", &read, args.page.output.as_deref())?;
    }
    let mut output = Output::open(args.page.output.as_deref(), wanted, &read)?;
    if wanted == Wanted::Result {
        say_what_is_left_out(&found);
    }
    let printer = Printer { format: args.format, style: style(&output, &args.page), several };
    let runtime = runtime(args.network.offline)?;
    let at_once = args.jobs.map_or(if args.network.offline { 1 } else { AT_ONCE }, usize::from);
    let bench = Bench { verifier: &verifier, wishes: &wishes, max_bytes: args.page.max_size, room: Room::default() };
    let mut outcomes = stream::iter(&found.files).map(|file| bench.judged(file)).buffered(at_once);
    let mut tally = Tally::of(found.files.len());
    let mut known: Option<Exit> = None;
    for (index, file) in found.files.iter().enumerate() {
        let name = Input::of(file, |text| verifier.read_link(text)).name();
        interrupt::begin(&name);
        let Some(outcome) = runtime.block_on(waiting::said(&verifier, outcomes.next())) else { break };
        let this = outcome.exit();
        let exit = known.map_or(this, |known| known.worse(this));
        known = Some(exit);
        outcome.count(&name, &mut tally);
        let mut text = match printer.text(&name, &outcome) {
            Ok(text) => text,
            Err(error) => {
                note(&format!("{error:#}"));
                return Ok(exit.worse(Exit::Internal));
            }
        };
        if args.format == Format::Human && index > 0 {
            text.insert(0, '\n');
        }
        let stop = args.fail_fast && this != Exit::Verdict(Verdict::Valid) && tally.left() > 0;
        if stop || tally.left() == 0 {
            tally.close();
            if args.format == Format::Human && found.files.len() > 1 {
                text.push_str(&printer.totals(&tally));
            }
        }
        if let Err(stopped) = output.write(&text) {
            let is_last = index + 1 == found.files.len();
            return Ok(stopped.exit(if is_last { exit } else { exit.worse(Exit::Unjudged) }));
        }
        if stop {
            note(&format!("stopped at {name} (--fail-fast); {} were not judged", tally.left()));
            break;
        }
    }
    let known = known.unwrap_or(Exit::Usage);
    // What could not be looked into may hold anything.
    let known = if found.unread > 0 { known.worse(Exit::Unjudged) } else { known };
    let exit = output.finish().map_or_else(|stopped| stopped.exit(known), |()| known);
    match &args.summary {
        Some(path) => Ok(Output::open(Some(path), Wanted::Result, &read)?.write_only(&tally.json()?, exit)),
        None => Ok(exit),
    }
}

/// Documents that are asked about at a time: a window for the network. Offline there is nothing to wait for.
const AT_ONCE: usize = 16;

/// How long what documents share is believed: one run, but not longer than an answer may be.
const SHARED: Duration = Duration::from_secs(60);

/// What judges several documents at a time.
struct Bench<'r> {
    verifier: &'r Verifier,
    wishes: &'r Wishes,
    max_bytes: usize,
    room: Room,
}

impl Bench<'_> {
    async fn judged(&self, file: &Path) -> Outcome {
        let input = Input::of(file, |text| self.verifier.read_link(text));
        let _taken = self.room.taken(&input).await;
        outcome(self.verifier, self.wishes, &input, self.max_bytes).await
    }
}

/// How much of documents is in memory at a time, whatever their number: a large one waits until there is room for it.
struct Room(Semaphore);

impl Default for Room {
    fn default() -> Self {
        Self(Semaphore::new(Self::KIB))
    }
}

impl Room {
    const KIB: usize = 128 << 10;

    async fn taken(&self, input: &Input<'_>) -> Option<SemaphorePermit<'_>> {
        let bytes = match input {
            Input::File(path) => std::fs::metadata(path).map_or(0, |metadata| metadata.len()),
            Input::Link(_) | Input::NotALink(_) => DOCUMENT_LIMIT,
        };
        let kib = usize::try_from(bytes >> 10).unwrap_or(usize::MAX).clamp(1, Self::KIB);
        self.0.acquire_many(u32::try_from(kib).unwrap_or(1)).await.ok()
    }
}

/// What a folder holds besides, on standard error.
fn say_what_is_left_out(found: &Found) {
    for line in &found.skipped {
        note(&format!("skipped: {line}"));
    }
    let files = match found.passed_over {
        0 => return,
        1 => "1 other file was".to_owned(),
        several => format!("{several} other files were"),
    };
    note(&format!("{files} passed over: from folders those that end in .{} are taken", ENDINGS.join(", .")));
}

/// One thread is enough for a handful of sockets, and starting more would cost more than an offline run takes.
pub(super) fn runtime(offline: bool) -> std::io::Result<tokio::runtime::Runtime> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    if !offline {
        runtime.enable_all();
    }
    runtime.build()
}

enum Outcome {
    Report(Box<Report>),
    NoDocument(NoDocument),
}

impl Outcome {
    fn exit(&self) -> Exit {
        match self {
            Self::Report(report) => Exit::Verdict(report.verdict),
            Self::NoDocument(why) => why.exit(),
        }
    }

    fn count(&self, name: &str, tally: &mut Tally) {
        match self {
            Self::Report(report) => tally.judged(name, report),
            Self::NoDocument(why) => tally.unreadable(why.code()),
        }
    }
}

async fn outcome(verifier: &Verifier, wishes: &Wishes, input: &Input<'_>, max_bytes: usize) -> Outcome {
    report(verifier, wishes, input, max_bytes).await.map_or_else(Outcome::NoDocument, |report| {
        Outcome::Report(Box::new(Report { file: Some(input.name()), ..report }))
    })
}

async fn report(
    verifier: &Verifier,
    wishes: &Wishes,
    input: &Input<'_>,
    max_bytes: usize,
) -> Result<Report, NoDocument> {
    match input {
        Input::File(path) => {
            let bytes = input::read(path, max_bytes).map_err(|error| match error {
                InputError::Folder => InputError::FolderToTakeApart,
                other => other,
            })?;
            Ok(verifier.verify(&bytes, wishes).await?)
        }
        Input::Link(link) => Ok(verifier.verify_link(link, wishes).await?),
        Input::NotALink(error) => Err((*error).into()),
    }
}

/// How to print, on a terminal or elsewhere.
pub(super) fn style(output: &Output, &PageArgs { color, verbose, .. }: &PageArgs) -> Style {
    let terminal = output.is_terminal();
    let color = match color {
        When::Always => true,
        When::Never => false,
        When::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    };
    Style { width: output::width(terminal), color, verbose, advice: advice::advice }
}

struct Printer {
    format: Format,
    style: Style,
    several: bool,
}

impl Printer {
    fn text(&self, name: &str, outcome: &Outcome) -> Result<String> {
        Ok(match self.format {
            Format::Human => self.human(name, outcome),
            Format::Json | Format::Jsonl => self.json(name, outcome)?,
            Format::Fragments => self.fragments(name, outcome)?,
        })
    }

    /// The last lines of a page about several documents.
    fn totals(&self, tally: &Tally) -> String {
        let mut lines = vec![String::new(), tally.line()];
        lines.extend(tally.findings().iter().map(|finding| format!("  - {}", escape(&finding.in_a_line()))));
        fitted(&lines, self.style)
    }

    fn human(&self, name: &str, outcome: &Outcome) -> String {
        match outcome {
            Outcome::Report(report) => human::render(report, name, self.style),
            Outcome::NoDocument(why) => why.human(name, self.style),
        }
    }

    fn json(&self, name: &str, outcome: &Outcome) -> Result<String> {
        let layout = self.layout();
        let text = match outcome {
            Outcome::Report(report) => json::render(report, layout)?,
            Outcome::NoDocument(why) => why.json(name, layout)?,
        };
        Ok(text + "\n")
    }

    fn fragments(&self, name: &str, outcome: &Outcome) -> Result<String> {
        let fragments = match outcome {
            Outcome::Report(report) => fragments::of_report(report),
            Outcome::NoDocument(why) => why.fragments(name),
        };
        Ok(json::render(&fragments, self.layout())? + "\n")
    }

    /// One object alone is indented for reading; several are one compact line each.
    fn layout(&self) -> Layout {
        if self.several || self.format == Format::Jsonl { Layout::OneLine } else { Layout::Indented }
    }
}
