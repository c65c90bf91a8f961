//! The command: arguments to settings, files to reports, reports to exit codes. No rule of verification stands here.
// Both panic where nobody reads: `output` and `note` write instead.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod advice;
mod args;
mod attachments;
mod bench;
mod challenge;
mod config;
#[cfg(feature = "testchain")]
mod demo;
mod doctor;
mod evidence;
mod exit;
mod explain;
mod fingerprint;
mod input;
mod inspect;
mod inspect_link;
mod inspect_page;
mod interrupt;
mod journal;
mod kept;
mod man;
mod merge;
mod no_document;
mod output;
mod own_file;
mod pdf;
mod policy;
mod progress;
mod record;
mod replay;
mod reports;
mod same_file;
mod secrecy;
mod settings;
mod shard;
mod show;
mod summary_page;
mod tally;
#[cfg(feature = "testchain")]
mod testchain;
mod title;
mod twins;
mod used;
mod verify;
mod waiting;
mod watch;
mod way_out;
mod window;

use std::ffi::OsString;
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use crate::text::hanging;
use args::{Cli, Command};
use exit::Exit;

/// Runs `ebl` with these arguments, of which the first is its name.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let exit = match Cli::try_parse_from(arguments) {
        Ok(cli) => match &cli.command {
            // It ends by Ctrl-C, in an order of its own.
            #[cfg(feature = "testchain")]
            Command::Testchain(_) => ended(&cli),
            _ => interrupt::run(move || ended(&cli)),
        },
        Err(help) if !help.use_stderr() => output::printed(help.print(), Exit::Done),
        Err(error) => {
            let _ = write!(std::io::stderr(), "{}", secrecy::usage(&error));
            Exit::Usage
        }
    };
    exit.into()
}

fn ended(cli: &Cli) -> Exit {
    run(cli).unwrap_or_else(|error| {
        note(&secrecy::message(&format!("{error:#}")));
        Exit::Usage
    })
}

fn run(cli: &Cli) -> anyhow::Result<Exit> {
    match &cli.command {
        Command::Verify(args) => verify::run(args),
        Command::Summary(args) => merge::run(args),
        Command::Title(args) => title::run(args),
        Command::Replay(args) => replay::run(args),
        Command::Show(args) => show::run(args),
        Command::Diff(args) => show::diff(args),
        Command::Watch(args) => watch::run(args),
        Command::Challenge(command) => challenge::run(command),
        Command::Inspect(args) => inspect::run(args),
        Command::Policy(command) => policy::run(command),
        Command::Doctor(args) => doctor::run(args),
        Command::Explain { code } => explain::run(code.as_deref()),
        #[cfg(feature = "testchain")]
        Command::Demo => demo::run(),
        #[cfg(feature = "testchain")]
        Command::Testchain(args) => testchain::run(args),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "ebl", &mut script);
            Ok(output::print(&String::from_utf8(script)?, Exit::Done))
        }
        Command::Man { command } => Ok(output::print(&man::page(command)?, Exit::Done)),
    }
}

/// A line on standard error. What goes wrong there changes no result.
fn note(text: &str) {
    progress::clear();
    let mut to = std::io::stderr();
    let text = crate::text::escape_for_terminal(text);
    let text = match to.is_terminal() {
        true => hanging(&text, "ebl: ".len(), output::width(true)).into(),
        // As one line, for whoever searches it.
        false => text,
    };
    let _ = writeln!(to, "ebl: {text}");
}
