//! Reports that are kept as PDF, read by other programs than ours: poppler and qpdf.

use std::path::Path;
use std::process::Command;

use libtest_mimic::{Failed, Trial};

use crate::Suite;
use crate::support::kept::{Samples, said, text, without_blanks};

pub fn suite() -> Suite {
    let has = |program: &str, argument: &str| Command::new(program).arg(argument).output().is_ok();
    let (poppler, qpdf) = (has("pdftotext", "-v"), has("qpdf", "--version"));
    let trials = [
        poppler.then(|| Trial::test("a_pdf_says_what_the_screen_says", says_what_the_screen_says)),
        poppler.then(|| Trial::test("a_pdf_carries_its_fonts_and_its_structure", carries_its_fonts)),
        qpdf.then(|| Trial::test("a_pdf_is_whole", is_whole)),
    ];
    let needs = [
        (poppler, "what a PDF says: needs pdftotext, pdffonts and pdfinfo (poppler-utils)"),
        (qpdf, "that a PDF is whole: needs qpdf"),
    ];
    Suite::new(trials.into_iter().flatten(), &needs)
}

const SAMPLES: [&str; 6] =
    ["transferred.json", "changed.json", "ended.json", "not-issued.json", "w3c-presentation.json", "addresses.json"];

/// The report on a sample as PDF, in a file.
fn kept(samples: &Samples, command: &str, sample: &str) -> Result<std::path::PathBuf, Failed> {
    let path = samples.folder().join("report.pdf");
    let file = samples.path(sample);
    let screen = samples.ebl(&[command, "-q", file.to_str().ok_or("a path")?]);
    let output = [command, "--format", "pdf", "-o", path.to_str().ok_or("a path")?, file.to_str().ok_or("a path")?];
    let ran = samples.ebl(&output);
    assert_eq!(ran.status, screen.status, "{command} {sample}: {}", text(&ran.stderr));
    Ok(path)
}

fn read(program: &str, arguments: &[&str], file: &Path) -> Result<String, Failed> {
    let ran = Command::new(program).args(arguments).arg(file).args((program == "pdftotext").then_some("-")).output()?;
    assert!(ran.status.success(), "{program}: {}", text(&ran.stderr));
    Ok(text(&ran.stdout))
}

fn says_what_the_screen_says() -> Result<(), Failed> {
    let samples = Samples::new();
    for command in ["verify", "title"] {
        for sample in SAMPLES {
            let screen = samples.ebl(&[command, "-v", samples.path(sample).to_str().ok_or("a path")?]);
            let pages = read("pdftotext", &["-raw"], &kept(&samples, command, sample)?)?;
            let all = without_blanks(&without_what_is_repeated(&pages));
            for line in said(&text(&screen.stdout)) {
                assert!(all.contains(&line), "{command} {sample}: {line}\n{pages}");
            }
        }
    }
    Ok(())
}

/// Feet of pages, and the heads of tables, which stand again where a table goes on.
fn without_what_is_repeated(pages: &str) -> String {
    let mut kept = String::new();
    for page in pages.split('\u{c}') {
        let is_foot = |line: &str| line.contains("page ") && line.contains(" of ");
        let lines: Vec<&str> = page.lines().collect();
        let end = lines.iter().rposition(|line| is_foot(line)).unwrap_or(lines.len());
        let heads = ["result check what was found", "no. time (UTC) operation beneficiary holder nominee block"];
        for line in lines.get(..end).unwrap_or_default().iter().filter(|line| !heads.contains(line)) {
            kept += &format!("{line}\n");
        }
    }
    kept
}

fn carries_its_fonts() -> Result<(), Failed> {
    let samples = Samples::new();
    let file = kept(&samples, "verify", "transferred.json")?;
    let fonts = read("pdffonts", &[], &file)?;
    // Name, type, encoding, then: embedded, a part of the font, with its letters.
    let rows: Vec<&str> = fonts.lines().skip(2).collect();
    assert!(rows.len() >= 2 && rows.iter().all(|row| row.contains(" yes yes yes ")), "{fonts}");
    let facts = read("pdfinfo", &[], &file)?;
    for wanted in ["Tagged:          yes", "JavaScript:      no", "A4", "Title:           VALID: "] {
        assert!(facts.contains(wanted), "{wanted}: {facts}");
    }
    let meta = read("pdfinfo", &["-meta"], &file)?;
    for wanted in ["pdfaid:part>2<", "pdfaid:conformance>A<", "pdfuaid:part>1<"] {
        assert!(meta.contains(wanted), "{wanted}: {meta}");
    }
    Ok(())
}

fn is_whole() -> Result<(), Failed> {
    let samples = Samples::new();
    for sample in SAMPLES {
        let checked = read("qpdf", &["--check"], &kept(&samples, "verify", sample)?)?;
        assert!(checked.contains("No syntax or stream encoding errors found"), "{sample}: {checked}");
    }
    Ok(())
}
