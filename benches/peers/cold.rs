//! One file from the start of a process to its end: whether content and digest fit. Ours prints the whole report.

use std::process::{Command, Stdio};

use super::theirs::SCRIPT;
use super::turns::{self, Run};

const FILE: &str = "fixtures/documents/bill-v2.json";
const ROUNDS: usize = 11;

pub fn measure() {
    let others = ["tradetrust", "tt-verify", "trustvc"];
    turns::head("Cold: one process, one file", &["ebl", "node alone", others[0], others[1], others[2]]);
    // Offline nothing is known of the title, which has an exit code of its own.
    let mut runs: Vec<Run<'_>> =
        vec![started(env!("CARGO_BIN_EXE_ebl"), &["verify", "--offline", FILE], 3), started("node", &["-e", ""], 0)];
    runs.extend(others.map(|library| started("node", &[SCRIPT, library, FILE], 0)));
    turns::row("21 fields", &turns::medians(ROUNDS, &mut runs));
}

fn started<'a>(program: &str, arguments: &[&str], exit: i32) -> Run<'a> {
    let mut command = Command::new(program);
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    Box::new(move || {
        turns::timed(1, || assert_eq!(command.status().expect("a process").code(), Some(exit), "{command:?}"))
    })
}
