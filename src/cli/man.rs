//! `ebl man [COMMAND]`: the manual page of the program or of one of its commands, made from the same definitions as
//! `--help`.

use anyhow::{Result, bail};
use clap::{Command, CommandFactory as _};

use super::args::Cli;

/// `path` is the command's name, with that of the command inside it where there is one: `policy check`.
pub(super) fn page(path: &[String]) -> Result<String> {
    let mut program = Cli::command();
    // Gives each command its full name.
    program.build();
    let mut command = &program;
    for name in path {
        command = match command.find_subcommand(name) {
            Some(found) => found,
            None => bail!("there is no command {:?}; there are {}", path.join(" "), names(command).join(", ")),
        };
    }
    let title = std::iter::once("ebl").chain(path.iter().map(String::as_str)).collect::<Vec<_>>().join("-");
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone())
        .title(title)
        .source(concat!("ebl ", env!("CARGO_PKG_VERSION")))
        .render(&mut page)?;
    Ok(String::from_utf8(page)?)
}

fn names(command: &Command) -> Vec<&str> {
    command.get_subcommands().filter(|inner| !inner.is_hide_set()).map(Command::get_name).collect()
}
