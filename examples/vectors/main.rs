//! Runs the test vectors through this library, or through a program of yours:
//!
//! ```text
//! cargo run --example vectors -- fixtures/vectors
//! cargo run --example vectors -- fixtures/vectors --program node my-verifier.mjs
//! ```
//!
//! Prints one line for each case that does not come to what it must, and the numbers at the end; with `-v` a line for each
//! case. The exit code is 0 only if every case that was answered came to what it must, and at least one was answered. What
//! a program gets and gives: `fixtures/vectors/README.md`.

mod answers;
mod cases;
mod program;

use std::path::PathBuf;
use std::process::ExitCode;

use cases::Case;
use program::Program;
use serde_json::Value;

fn main() -> ExitCode {
    match run() {
        Ok(tally) if tally.failed == 0 && tally.passed > 0 => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(why) => {
            eprintln!("vectors: {why}");
            ExitCode::from(2)
        }
    }
}

#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
    skipped: usize,
}

fn run() -> Result<Tally, String> {
    let arguments = Arguments::read(std::env::args().skip(1))?;
    let mut program = arguments.program.as_deref().map(Program::start).transpose()?;
    let mut answer = |case: &Case| -> Result<Value, String> {
        match &mut program {
            Some(program) => program.answer(case),
            None => answers::of(&case.kind, &case.input),
        }
    };
    let mut tally = Tally::default();
    for case in cases::in_folder(&arguments.folder)? {
        let name = format!("{}::{}", case.kind, case.id);
        match answer(&case) {
            Ok(answer) if cases::is_skipped(&answer) => {
                tally.skipped += 1;
                arguments.tell(&format!("skip  {name}"));
            }
            Ok(answer) => match case.compare(&answer) {
                Ok(()) => {
                    tally.passed += 1;
                    arguments.tell(&format!("ok    {name}"));
                }
                Err(why) => {
                    tally.failed += 1;
                    println!("FAIL  {name}: {}: {why}{}", case.title, hint(&case));
                }
            },
            Err(why) => {
                tally.failed += 1;
                println!("FAIL  {name}: {}: no answer: {why}", case.title);
            }
        }
    }
    println!("{} passed, {} failed, {} skipped", tally.passed, tally.failed, tally.skipped);
    Ok(tally)
}

/// Which rule is meant, where the case says so.
fn hint(case: &Case) -> String {
    let hint = ["reason_hint", "code", "note"].iter().find_map(|name| case.expected[*name].as_str());
    hint.map(|hint| format!(" ({hint})")).unwrap_or_default()
}

struct Arguments {
    folder: PathBuf,
    verbose: bool,
    program: Option<Vec<String>>,
}

impl Arguments {
    fn read(mut given: impl Iterator<Item = String>) -> Result<Self, String> {
        let (mut folder, mut verbose, mut program) = (None, false, None);
        while let Some(argument) = given.next() {
            match argument.as_str() {
                "-v" => verbose = true,
                "--program" => program = Some(given.by_ref().collect()),
                _ if folder.is_none() && !argument.starts_with('-') => folder = Some(argument.into()),
                _ => return Err(format!("{argument:?} is not understood; it takes FOLDER [-v] [--program COMMAND…]")),
            }
        }
        let folder = folder.ok_or("it takes FOLDER [-v] [--program COMMAND…]")?;
        Ok(Self { folder, verbose, program })
    }

    fn tell(&self, line: &str) {
        if self.verbose {
            println!("{line}");
        }
    }
}
