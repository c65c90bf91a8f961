//! A folder of many documents that are judged offline, and runs of `ebl` in it.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

const BILL: &str = include_str!("../../fixtures/documents/bill-v2.json");
const CHANGED: &str = include_str!("../../fixtures/documents/bill-v2-changed.json");

pub struct Archive {
    pub folder: tempfile::TempDir,
}

impl Archive {
    pub fn empty() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    /// `count` documents `00000.json` and so on. Every third one was changed after it was issued, the others are intact, so
    /// that offline nothing is known of them.
    pub fn of(count: usize) -> Self {
        let archive = Self::empty();
        for number in 0..count {
            let content = if number % 3 == 2 { CHANGED } else { BILL };
            // Blanks at the end change the bytes and nothing else, so that no two files are the same.
            archive.write(&name(number), &format!("{content}{}", " ".repeat(number)));
        }
        archive
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("written");
    }

    pub fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|why| panic!("{name}: {why}"))
    }

    pub fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.text(name)).unwrap_or_else(|why| panic!("{name}: {why}"))
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ebl"));
        command.args(arguments).current_dir(self.folder.path()).env_clear();
        command.env("HOME", "/nonexistent").env("COLUMNS", "80").stdin(Stdio::null());
        command
    }

    pub fn ebl(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().expect("the command runs"))
    }

    /// `ebl verify --offline --format jsonl`, and these arguments.
    pub fn verify(&self, arguments: &[&str]) -> Ran {
        self.ebl(&[&["verify", "--offline", "--format", "jsonl"], arguments].concat())
    }

    /// The same, begun, with what it writes read as it comes.
    pub fn begin(&self, arguments: &[&str]) -> Begun {
        let mut command = self.command(&[&["verify", "--offline", "--format", "jsonl"], arguments].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the command runs");
        let out = BufReader::new(child.stdout.take().expect("an output"));
        Begun { child, out, read: Vec::new() }
    }

    /// A summary that follows its schema.
    pub fn summary(&self, name: &str) -> Value {
        let summary = self.json(name);
        assert_is_summary(&summary);
        summary
    }
}

pub fn name(number: usize) -> String {
    format!("{number:05}.json")
}

pub fn assert_is_summary(summary: &Value) {
    let schema = serde_json::from_str(include_str!("../../schemas/summary.schema.json")).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<_> = validator.iter_errors(summary).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{summary:#}");
}

/// A run that has ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub errors: String,
}

impl Ran {
    pub fn of(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let code = output.status.code().unwrap_or_else(|| panic!("ended by a signal: {}", text(&output.stderr)));
        Self { code, out: text(&output.stdout), errors: text(&output.stderr) }
    }

    /// The names of the files that it reports on, in its order.
    pub fn files(&self) -> Vec<String> {
        files(&self.out)
    }
}

/// The names of the files in lines of JSON.
pub fn files(lines: &str) -> Vec<String> {
    let name = |line: &str| -> String {
        let report: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("not whole: {line}"));
        report["file"].as_str().expect("a name").to_owned()
    };
    lines.lines().map(name).collect()
}

pub fn set(files: &[String]) -> BTreeSet<String> {
    files.iter().cloned().collect()
}

/// A run that goes on.
pub struct Begun {
    pub child: Child,
    out: BufReader<std::process::ChildStdout>,
    read: Vec<u8>,
}

impl Begun {
    /// Until it has written so many lines.
    pub fn lines(&mut self, count: usize) -> &mut Self {
        for _ in 0..count {
            self.out.read_until(b'\n', &mut self.read).expect("a line");
        }
        self
    }

    pub fn signal(&mut self, name: &str) -> &mut Self {
        let status = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(status.expect("kill runs").success());
        self
    }

    pub fn end(mut self) -> Ran {
        self.out.read_to_end(&mut self.read).expect("the rest");
        let output = self.child.wait_with_output().expect("it ends");
        Ran::of(Output { stdout: self.read, ..output })
    }

    /// Nobody reads what it goes on to write; what it says of that on standard error.
    pub fn end_unread(self) -> String {
        drop(self.out);
        let output = self.child.wait_with_output().expect("it ends");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// One that was killed.
    pub fn end_any(mut self) {
        self.child.wait().expect("it ends");
    }
}
