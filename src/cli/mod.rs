//! The command: arguments to settings, files to reports, reports to exit codes. No rule of verification stands here.

mod args;
mod config;
#[cfg(feature = "testchain")]
mod demo;
mod doctor;
mod exit;
mod explain;
mod input;
mod inspect;
mod inspect_link;
mod no_document;
mod policy;
mod policy_file;
mod settings;
#[cfg(feature = "testchain")]
mod testchain;
mod title;
mod verify;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use args::{Cli, Command};
use exit::Exit;

/// Runs `ebl` with the process's arguments.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(exit) => exit.into(),
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ebl: {}", crate::text::escape_for_terminal(&format!("{error:#}")));
            Exit::Usage.into()
        }
    }
}

fn run(cli: &Cli) -> anyhow::Result<Exit> {
    match &cli.command {
        Command::Verify(args) => verify::run(args),
        Command::Title(args) => title::run(args),
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
            std::io::stdout().write_all(&script)?;
            Ok(Exit::Done)
        }
        Command::Man => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut page)?;
            std::io::stdout().write_all(&page)?;
            Ok(Exit::Done)
        }
    }
}

/// `ebl … | head` is not an error.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|cause| cause.kind() == std::io::ErrorKind::BrokenPipe)
}
