//! `ebl verify`: files in, reports out, the worst exit code.

use std::path::Path;

use anyhow::Result;

use super::args::{Format, PageArgs, VerifyArgs, When};
use super::config::Configured;
use super::exit::Exit;
use super::input::{ENDINGS, Found, Input, InputError};
use super::no_document::NoDocument;
use super::output::{self, Output, Wanted};
use super::{advice, config, input, interrupt, note, waiting};
use crate::report::fragments;
use crate::report::human::{self, Style};
use crate::report::json::{self, Layout};
use crate::verifier::{Verifier, Wishes};
use crate::verify::Report;

pub(super) fn run(args: &VerifyArgs) -> Result<Exit> {
    let Configured { builder, wishes, files: settings } = config::verifier(args)?;
    let verifier = builder.build()?;
    let found = input::files(&args.files, args.recursive)?;
    let read: Vec<&Path> = found.files.iter().chain(&settings).map(|path| path.as_path()).collect();
    let wanted = Wanted::of(&args.page);
    let mut output = Output::open(args.page.output.as_deref(), wanted, &read)?;
    if wanted == Wanted::Result {
        say_what_is_left_out(&found);
    }
    let printer = Printer {
        format: args.format,
        style: style(&output, &args.page),
        several: args.recursive || found.files.len() > 1,
    };
    let runtime = runtime(args.network.offline)?;
    let mut known = None;
    for (index, file) in found.files.iter().enumerate() {
        let input = Input::of(file, |text| verifier.read_link(text));
        interrupt::begin(&input.name());
        let outcome =
            runtime.block_on(waiting::said(&verifier, outcome(&verifier, &wishes, &input, args.page.max_size)));
        let exit = known.map_or(outcome.exit(), |known: Exit| known.worse(outcome.exit()));
        known = Some(exit);
        let mut text = match printer.text(&input.name(), &outcome) {
            Ok(text) => text,
            Err(error) => {
                note(&format!("{error:#}"));
                return Ok(exit.worse(Exit::Internal));
            }
        };
        if args.format == Format::Human && index > 0 {
            text.insert(0, '\n');
        }
        if let Err(stopped) = output.write(&text) {
            let is_last = index + 1 == found.files.len();
            return Ok(stopped.exit(if is_last { exit } else { exit.worse(Exit::Unjudged) }));
        }
    }
    let known = known.unwrap_or(Exit::Usage);
    Ok(output.finish().map_or_else(|stopped| stopped.exit(known), |()| known))
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
