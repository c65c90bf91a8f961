//! `ebl verify`: files in, reports out, the worst exit code.

use std::fs::File;
use std::io::{BufWriter, IsTerminal as _, Write};

use anyhow::{Context as _, Result};

use super::args::{Format, VerifyArgs, When};
use super::exit::Exit;
use super::input::Input;
use super::{config, input};
use crate::document::ReadError;
use crate::document::link::Link;
use crate::report::human::{self, Style};
use crate::report::json::{self, Layout, Unreadable};
use crate::text::escape_for_terminal as escape;
use crate::verifier::{Verifier, VerifyLinkError};
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
pub(super) async fn interruptible<T>(work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        done = work => Some(done),
        _ = tokio::signal::ctrl_c() => None,
    }
}

enum Outcome {
    Report(Box<Report>),
    Unreadable(ReadError),
    /// There was nothing to read.
    Nothing {
        code: &'static str,
        message: String,
        exit: Exit,
    },
}

impl Outcome {
    fn exit(&self) -> Exit {
        match self {
            Self::Report(report) => Exit::Verdict(report.verdict),
            Self::Unreadable(_) => Exit::Unreadable,
            Self::Nothing { exit, .. } => *exit,
        }
    }
}

async fn outcome(verifier: &Verifier, input: &Input<'_>, max_bytes: usize) -> Outcome {
    let path = match input {
        Input::File(path) => path,
        Input::Link(link) => return link_outcome(verifier, link).await,
        Input::NotALink(error) => {
            let message = format!("this link cannot be followed: {error}");
            return Outcome::Nothing { code: "read.invalid_link", message, exit: Exit::Unreadable };
        }
    };
    let bytes = match input::read(path, max_bytes) {
        Ok(bytes) => bytes,
        Err(error) => {
            return Outcome::Nothing { code: "read.file", message: error.to_string(), exit: Exit::Unreadable };
        }
    };
    match verifier.verify(&bytes).await {
        Ok(report) => Outcome::Report(Box::new(report)),
        Err(error) => Outcome::Unreadable(error),
    }
}

async fn link_outcome(verifier: &Verifier, link: &Link) -> Outcome {
    match verifier.verify_link(link).await {
        Ok(report) => Outcome::Report(Box::new(report)),
        Err(VerifyLinkError::Unreadable(error)) => Outcome::Unreadable(error),
        Err(error @ VerifyLinkError::NotFetched(_)) => {
            // What our own rules refuse stays refused; everything else is an outage (PRODUCT.md, Verdict).
            let exit = if error.code() == "read.fetch_refused" { Exit::Unreadable } else { Exit::NotFetched };
            Outcome::Nothing { code: error.code(), message: error.to_string(), exit }
        }
    }
}

/// How to print, on a terminal or elsewhere.
pub(super) fn style(terminal: bool, color: When, verbose: bool) -> Style {
    let color = match color {
        When::Always => true,
        When::Never => false,
        When::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    };
    let columns = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    let width = columns.filter(|_| terminal).unwrap_or(120).clamp(40, 140);
    Style { width, color, verbose }
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
        Ok(Self {
            to: BufWriter::new(to),
            format: args.format,
            style: style(terminal, args.color, args.verbose),
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
        };
        if self.several && self.format == Format::Human && !self.first {
            writeln!(self.to)?;
        }
        self.first = false;
        self.to.write_all(text.as_bytes())?;
        Ok(())
    }

    fn human(&self, name: &str, outcome: &Outcome) -> String {
        let (headline, message, code) = match outcome {
            Outcome::Report(report) => return human::render(report, name, self.style),
            Outcome::Unreadable(error) => ("UNREADABLE", error.to_string(), error.code()),
            Outcome::Nothing { code, message, exit: Exit::NotFetched } => ("NOT FETCHED", message.clone(), *code),
            Outcome::Nothing { code, message, .. } => ("UNREADABLE", message.clone(), *code),
        };
        format!("{headline}  {}\n\n  {}   [{code}]\n", escape(name), escape(&message))
    }

    /// One object alone is indented for reading; several are one compact line each.
    fn json(&self, outcome: &Outcome) -> Result<String> {
        let layout = if self.several { Layout::OneLine } else { Layout::Indented };
        let mut text = match outcome {
            Outcome::Report(report) => json::render(report, layout),
            Outcome::Unreadable(error) => json::render(&Unreadable::from(error), layout),
            Outcome::Nothing { code, message, .. } => {
                json::render(&Unreadable::without_place(code, message.clone()), layout)
            }
        }?;
        text.push('\n');
        Ok(text)
    }

    fn flush(&mut self) -> Result<()> {
        Ok(self.to.flush()?)
    }
}
