//! The process that runs the libraries: `theirs.mjs`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

pub const SCRIPT: &str = "benches/peers/theirs.mjs";

/// It ends with this value.
pub struct Theirs {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Theirs {
    pub fn start() -> Self {
        let mut command = Command::new("node");
        // A library writes what it tries to the standard error.
        command.arg(SCRIPT).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().expect("node");
        let (input, output) = (process.stdin.take().expect("a pipe"), process.stdout.take().expect("a pipe"));
        Self { process, input, output: BufReader::new(output) }
    }

    /// How long the answer took, which the process measures itself.
    pub fn ask(&mut self, question: &Value) -> Option<Duration> {
        writeln!(self.input, "{question}").expect("it listens");
        let mut line = String::new();
        self.output.read_line(&mut line).expect("text");
        let answer: Value = serde_json::from_str(&line).unwrap_or_else(|_| json!({"failed": "it ended"}));
        if let Some(why) = answer["failed"].as_str() {
            eprintln!("no answer to {}: {:.300}", question["ask"], why);
        }
        Some(Duration::from_secs_f64(answer["milliseconds"].as_f64()? / 1000.0))
    }
}

impl Drop for Theirs {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Documents in files, for other processes.
pub struct Files(tempfile::TempDir);

impl Files {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    pub fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).expect("a file");
        path
    }
}
