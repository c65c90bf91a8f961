//! Another implementation, asked line by line: a case in, an answer out.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use super::cases::Case;

/// A program that runs.
pub struct Program {
    process: Child,
    cases: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Program {
    /// Starts the command, which is a program and its arguments.
    pub fn start(command: &[String]) -> Result<Self, String> {
        let (program, arguments) = command.split_first().ok_or("--program takes a command")?;
        let started = Command::new(program).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut process = started.map_err(|why| format!("{program}: {why}"))?;
        let (cases, answers) = process.stdin.take().zip(process.stdout.take()).ok_or("the program has no pipes")?;
        Ok(Self { process, cases, answers: BufReader::new(answers) })
    }

    /// Gives one case and waits for its answer.
    pub fn answer(&mut self, case: &Case) -> Result<Value, String> {
        let sent = writeln!(self.cases, "{}", question(case)).and_then(|()| self.cases.flush());
        sent.map_err(|why| format!("the program takes no more cases: {why}"))?;
        let mut line = String::new();
        match self.answers.read_line(&mut line) {
            Ok(0) => Err("the program has ended".into()),
            Ok(_) => serde_json::from_str(&line).map_err(|why| format!("its line is not JSON: {why}")),
            Err(why) => Err(format!("the program gives no line: {why}")),
        }
    }
}

/// What a program is given of a case.
pub fn question(case: &Case) -> Value {
    json!({"kind": case.kind, "id": case.id, "input": case.input})
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may be waiting for a case that never comes.
        let _ended = self.process.kill();
        let _seen = self.process.wait();
    }
}
