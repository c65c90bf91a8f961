//! `ebl verify`: files in, reports out, the worst exit code.

use std::fs::File;
use std::io::{BufWriter, IsTerminal as _, Write};

use anyhow::{Context as _, Result};

use super::args::{Format, VerifyArgs, When};
use super::exit::Exit;
use super::input::Input;
use super::no_document::NoDocument;
use super::{config, input};
use crate::report::fragments;
use crate::report::human::{self, Style};
use crate::report::json::{self, Layout};
use crate::text::escape_for_terminal as escape;
use crate::verifier::Verifier;
use crate::verify::Report;

pub fn run(args: &VerifyArgs) -> Result<Exit> {
    let verifier = config::verifier(args)?.build()?;
    let files = input::files(&args.files, args.recursive)?;
    let mut output = Output::open(args, files.len())?;
    // One thread is enough for a handful of sockets, and starting more would cost more than an offline run takes.
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    if !args.network.offline {
        runtime.enable_all();
    }
    let runtime = runtime.build()?;
    let mut worst = None;
    for file in &files {
        let input = Input::of(file, |text| verifier.read_link(text));
        let work = outcome(&verifier, &input, args.max_size);
        // Offline nothing waits, so Ctrl-C simply ends the process, and not even the signal handler's sockets are opened.
        let outcome =
            if args.network.offline { Some(runtime.block_on(work)) } else { runtime.block_on(interruptible(work)) };
        let Some(outcome) = outcome else {
            eprintln!("ebl: interrupted; no verdict on {}", escape(&input.name()));
            output.flush()?;
            return Ok(Exit::Interrupted);
        };
        let exit = outcome.exit();
        output.write(&input.name(), &outcome)?;
        worst = Some(worst.map_or(exit, |worst: Exit| worst.worse(exit)));
    }
    output.flush()?;
    Ok(worst.unwrap_or(Exit::Usage))
}

/// `None` when the user pressed Ctrl-C.
async fn interruptible<T>(work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        done = work => Some(done),
        _ = tokio::signal::ctrl_c() => None,
    }
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

async fn outcome(verifier: &Verifier, input: &Input<'_>, max_bytes: usize) -> Outcome {
    report(verifier, input, max_bytes)
        .await
        .map_or_else(Outcome::NoDocument, |report| Outcome::Report(Box::new(report)))
}

async fn report(verifier: &Verifier, input: &Input<'_>, max_bytes: usize) -> Result<Report, NoDocument> {
    match input {
        Input::File(path) => Ok(verifier.verify(&input::read(path, max_bytes)?).await?),
        Input::Link(link) => Ok(verifier.verify_link(link).await?),
        Input::NotALink(error) => Err((*error).into()),
    }
}

struct Output {
    to: BufWriter<Box<dyn Write>>,
    format: Format,
    style: Style,
    quiet: bool,
    several: bool,
    first: bool,
}

impl Output {
    fn open(args: &VerifyArgs, files: usize) -> Result<Self> {
        let stdout = std::io::stdout();
        let terminal = args.output.is_none() && stdout.is_terminal();
        let to: Box<dyn Write> = match &args.output {
            Some(path) => {
                Box::new(File::create(path).with_context(|| format!("cannot write the report to {}", path.display()))?)
            }
            None => Box::new(stdout),
        };
        let color = match args.color {
            When::Always => true,
            When::Never => false,
            When::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        };
        let columns = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        let width = columns.filter(|_| terminal).unwrap_or(120).clamp(40, 140);
        Ok(Self {
            to: BufWriter::new(to),
            format: args.format,
            style: Style { width, color, verbose: args.verbose },
            quiet: args.quiet,
            several: files > 1,
            first: true,
        })
    }

    fn write(&mut self, name: &str, outcome: &Outcome) -> Result<()> {
        if self.quiet {
            return Ok(());
        }
        let text = match self.format {
            Format::Human => self.human(name, outcome),
            Format::Json => self.json(outcome)?,
            Format::Fragments => self.fragments(outcome)?,
        };
        if self.several && self.format == Format::Human && !self.first {
            writeln!(self.to)?;
        }
        self.first = false;
        self.to.write_all(text.as_bytes())?;
        Ok(())
    }

    fn human(&self, name: &str, outcome: &Outcome) -> String {
        match outcome {
            Outcome::Report(report) => human::render(report, name, self.style),
            Outcome::NoDocument(why) => why.human(name),
        }
    }

    fn json(&self, outcome: &Outcome) -> Result<String> {
        let layout = self.layout();
        let text = match outcome {
            Outcome::Report(report) => json::render(report, layout)?,
            Outcome::NoDocument(why) => why.json(layout)?,
        };
        Ok(text + "\n")
    }

    fn fragments(&self, outcome: &Outcome) -> Result<String> {
        let fragments = match outcome {
            Outcome::Report(report) => fragments::of_report(report),
            Outcome::NoDocument(why) => why.fragments(),
        };
        Ok(json::render(&fragments, self.layout())? + "\n")
    }

    /// One object alone is indented for reading; several are one compact line each.
    fn layout(&self) -> Layout {
        if self.several { Layout::OneLine } else { Layout::Indented }
    }

    fn flush(&mut self) -> Result<()> {
        Ok(self.to.flush()?)
    }
}
