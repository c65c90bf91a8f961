//! Whatever the shape of a file, judging and inspecting it takes memory and work in proportion to its size: no more than
//! three times its size is held at once, of a sealed one four times, the file itself included, and twice the file takes
//! twice the allocations at most.
//! Counted by the allocator of this test binary, so nothing else runs beside a trial.

#[allow(dead_code, reason = "a part of it is enough here")]
#[path = "support/counting.rs"]
mod counting;
#[allow(dead_code, reason = "a part of it is enough here")]
#[path = "support/shapes.rs"]
mod shapes;

use std::ffi::OsString;
use std::path::Path;

use counting::{Counting, Taken};
use ebl_verifier::report::human::{self, Style};
use ebl_verifier::report::json::{self, Layout};
use ebl_verifier::{Verifier, Wishes};
use libtest_mimic::{Arguments, Failed, Trial};
use shapes::Shape;

#[global_allocator]
static COUNTED: Counting = Counting::new();

fn main() {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(1);
    let trials = shapes::all().map(|shape| Trial::test(shape.name, || in_proportion(shape)));
    libtest_mimic::run(&arguments, trials.collect()).exit();
}

/// Of a file; the other one is twice as large. Large enough for what a small file has for free not to hide the rest.
const SIZE: usize = 192 << 10;
/// What is held at most for each byte of a file.
const MULTIPLE: usize = 3;
/// The same of a sealed one: what it holds is in memory beside it, and read from there.
const MULTIPLE_OF_SEALED: usize = 4;
/// Beside it: a reader takes 65,536 values of any small file, and a command has its own needs.
const BESIDE: usize = 1 << 20;

fn in_proportion(shape: &Shape) -> Result<(), Failed> {
    let files = [SIZE, 2 * SIZE].map(shape.file);
    let most = if shape.name.starts_with("sealed") { MULTIPLE_OF_SEALED } else { MULTIPLE };
    let verified = linear(&files, most, verify).map_err(|why| format!("verify: {why}"))?;
    let inspected = linear(&files, most, inspect).map_err(|why| format!("inspect: {why}"))?;
    // The one has the file in memory before; the other reads it, and checks its integrity once, too.
    if inspected.bytes > verified.bytes + 2 * files[1].len() + BESIDE {
        return Err(format!("an inspection takes {inspected:?}, a verification {verified:?}").into());
    }
    Ok(())
}

/// What the work takes with the larger file, if it is in proportion.
fn linear([one, two]: &[Vec<u8>; 2], multiple: usize, work: fn(&[u8])) -> Result<Taken, String> {
    let [half, whole] = [one, two].map(|bytes| COUNTED.of(|| work(bytes)).1);
    // The count sees what it is there to see.
    assert!(half.peak >= one.len() && whole.peak >= two.len(), "{half:?}, {whole:?}");
    let grown = whole.peak.saturating_sub(half.peak);
    if whole.peak > multiple * two.len() + BESIDE || grown > multiple * (two.len() - one.len()) {
        return Err(format!("{} bytes held for {}, {} for {}", half.peak, one.len(), whole.peak, two.len()));
    }
    for (what, once, twice) in [("bytes", half.bytes, whole.bytes), ("allocations", half.times, whole.times)] {
        if twice > once * 9 / 4 + 1000 {
            return Err(format!("{once} {what}, and {twice} for a file of twice the size"));
        }
    }
    Ok(whole)
}

/// As `ebl verify --offline` does, in words and as JSON.
fn verify(file: &[u8]) {
    let bytes = file.to_vec();
    let verifier = Verifier::builder().offline().build().expect("settings");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    match runtime.block_on(verifier.verify(&bytes, &Wishes::default())) {
        Ok(report) => {
            drop(human::render(
                &report,
                "file.json",
                Style { width: 100, color: false, verbose: true, advice: |_, remedy| remedy.into() },
            ));
            drop(json::render(&report, Layout::Indented).expect("JSON"));
        }
        Err(error) => drop(error.to_string()),
    }
}

/// The command itself, on a file.
fn inspect(file: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("file.json");
    std::fs::write(&path, file).expect("a file");
    let report = folder.path().join("report");
    let words =
        [Path::new("ebl"), "inspect".as_ref(), &path, "--format".as_ref(), "json".as_ref(), "-o".as_ref(), &report];
    let _exit = ebl_verifier::cli::main(words.map(OsString::from));
}
