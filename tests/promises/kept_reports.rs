//! Reports that are kept, as a page of HTML and as a PDF: the words of the page for the screen, whole, well-formed, harmless.
#![cfg(feature = "testchain")]

#[path = "kept_reports/hostile.rs"]
mod hostile;

use ebl_verifier::evidence::{Cause, Question};
use ebl_verifier::report::html::{Words, render};

use crate::support::html::Html;
use crate::support::kept::{Samples, said, text, without_blanks};
use crate::support::situation::bill;

/// Nothing is fetched, run or sent, whatever stands in it.
fn assert_harmless(page: &str, html: &Html) {
    let allowed = [
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "article",
        "header",
        "section",
        "div",
        "h1",
        "h2",
        "h3",
        "p",
        "span",
        "dl",
        "dt",
        "dd",
        "ul",
        "li",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "code",
        "bdi",
        "wbr",
        "figure",
        "figcaption",
        "svg",
        "desc",
        "path",
        "rect",
        "text",
    ];
    for element in &html.elements {
        assert!(allowed.contains(&element.name.as_str()), "<{}>", element.name);
        for (name, value) in &element.attributes {
            assert!(!name.starts_with("on") && !["src", "href", "style", "action"].contains(&name.as_str()), "{name}");
            assert!(!value.contains("://"), "{value}");
        }
    }
    for loading in ["url(", "@import", "@font-face", "expression("] {
        assert!(!html.style.contains(loading), "{loading}");
    }
    let policy = html.named("meta").find_map(|meta| {
        meta.attribute("http-equiv").filter(|name| *name == "Content-Security-Policy").and(meta.attribute("content"))
    });
    assert_eq!(policy, Some("default-src 'none'; style-src 'unsafe-inline'"));
    assert!(!page.chars().any(|character| character.is_control() && character != '\n'));
    assert!(!page.contains(['\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}', '\u{200f}']));
}

/// What somebody who hears the page needs: one language, headings in order, every table with heads and a name, every picture with
/// words, every name once.
fn assert_readable(html: &Html) {
    assert_eq!(html.elements[0].attribute("lang"), Some("en"));
    let mut ids: Vec<&str> = html.elements.iter().filter_map(|element| element.attribute("id")).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "an id stands twice");
    for label in html.elements.iter().filter_map(|element| element.attribute("aria-labelledby")) {
        assert!(label.split(' ').all(|id| ids.contains(&id)), "{label} leads to nothing");
    }
    assert_eq!(html.named("h1").count(), 1);
    assert_eq!(html.named("main").count(), 1);
    assert!(html.named("table").all(|table| table.attribute("aria-labelledby").is_some()));
    assert!(html.named("th").all(|head| head.attribute("scope").is_some()));
    let pictures = html.named("svg").filter(|svg| svg.attribute("aria-hidden") != Some("true"));
    assert!(
        pictures
            .into_iter()
            .all(|svg| svg.attribute("role") == Some("img") && svg.attribute("aria-labelledby").is_some())
    );
}

#[test]
fn a_page_of_html_says_what_the_screen_says_of_every_sample_and_fetches_nothing() {
    let samples = Samples::new();
    let all = samples.all();
    assert!(all.len() > 20, "{all:?}");
    for sample in all {
        let sample = sample.to_str().unwrap();
        for command in ["verify", "title"] {
            let screen = samples.ebl(&[command, "-v", sample]);
            let kept = samples.ebl(&[command, "--format", "html", sample]);
            assert_eq!(kept.status, screen.status, "{command} {sample}");
            let page = text(&kept.stdout);
            let html = Html::read(&page);
            assert_harmless(&page, &html);
            assert_readable(&html);
            let all = without_blanks(&html.text);
            for line in said(&text(&screen.stdout)) {
                assert!(all.contains(line.as_str()), "{command} {sample}: {line}\n{}", html.text);
            }
        }
    }
}

#[test]
fn a_report_that_is_kept_has_what_a_desk_files() {
    let samples = Samples::new();
    let names = samples.folder().join("names.toml");
    std::fs::write(&names, "\"0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC\" = \"Bank of the Harbour\"\n").unwrap();
    let policy = samples.folder().join("policy.toml");
    std::fs::write(&policy, "max_hidden = 0\n").unwrap();
    let sample = samples.path("transferred.json");
    let (names, policy, sample) = (names.to_str().unwrap(), policy.to_str().unwrap(), sample.to_str().unwrap());
    let kept = samples.ebl(&["verify", "--format", "html", "--names", names, "--policy", policy, sample]);
    let html = Html::read(&text(&kept.stdout));
    let sha256 = {
        use sha2::Digest as _;
        ebl_verifier::primitives::encode_hex(&sha2::Sha256::digest(std::fs::read(sample).unwrap()))
    };
    for wanted in [
        "Every check that is required passed, and the registry records the title as live.",
        "B/L number",
        "Bank of the Harbour (your address book)",
        "History, complete: 2 operations",
        "endorsed and handed over",
        "Names are from your address book.",
        "“Pledged”",
        "Your policy",
        "max_hidden",
        "Not checked",
        "who stands behind the addresses, and their authority",
        "What this report rests on",
        &sha256,
        "Block hash",
        "How to check it again",
        "ebl verify FILE",
    ] {
        assert!(without_blanks(&html.text).contains(&without_blanks(wanted)), "{wanted}\n{}", html.text);
    }
    assert_eq!(html.named("figure").count(), 1, "the time line");
}

#[test]
fn a_report_that_is_kept_is_on_one_document() {
    let samples = Samples::new();
    let [one, two] = ["transferred.json", "live-v4.json"].map(|name| samples.path(name).to_str().unwrap().to_owned());
    for format in ["html", "pdf"] {
        for more in [&[two.as_str()][..], &["--recursive"], &["--shard", "1/1"]] {
            let output = samples.ebl(&[&["verify", "--format", format, &one], more].concat());
            assert_eq!(output.status.code(), Some(2), "{format} {more:?}");
            assert!(text(&output.stderr).contains("on one document"), "{}", text(&output.stderr));
            assert!(output.stdout.is_empty());
        }
    }
}

#[test]
fn a_report_that_cannot_be_written_leaves_nothing_half_written() {
    let samples = Samples::new();
    let sample = samples.path("transferred.json");
    for format in ["html", "pdf"] {
        let full = samples.ebl(&["verify", "--format", format, "-o", "/dev/full", sample.to_str().unwrap()]);
        assert_eq!(full.status.code(), Some(74), "{}", text(&full.stderr));
        // What stands there stays until the whole is written.
        let folder = samples.folder().join("no-folder").join("report");
        let missing =
            samples.ebl(&["verify", "--format", format, "-o", folder.to_str().unwrap(), sample.to_str().unwrap()]);
        assert_eq!(missing.status.code(), Some(2), "{}", text(&missing.stderr));
    }
}

#[test]
fn a_pdf_is_bytes_for_a_file_and_not_for_a_terminal() {
    let samples = Samples::new();
    let sample = samples.path("transferred.json");
    let output = samples.ebl(&["verify", "--format", "pdf", sample.to_str().unwrap()]);
    assert!(output.status.success() && output.stdout.starts_with(b"%PDF-1.7\n"), "{}", text(&output.stderr));
    assert!(output.stdout.ends_with(b"%%EOF") || output.stdout.ends_with(b"%%EOF\n"));
    let again = samples.ebl(&["verify", "--format", "pdf", "-q", sample.to_str().unwrap()]);
    assert!(again.status.success() && again.stdout.is_empty());
    // `script` gives a program a terminal.
    let ebl = env!("CARGO_BIN_EXE_ebl");
    let asked = format!("{ebl} verify --offline --format pdf {}; echo \"ended with $?\"", sample.display());
    let terminal = std::process::Command::new("script").args(["-qec", &asked, "/dev/null"]).output();
    if cfg!(target_os = "linux")
        && let Ok(terminal) = terminal
    {
        let page = String::from_utf8_lossy(&terminal.stdout).into_owned();
        assert!(page.contains("not for a terminal") && page.contains("ended with 2"), "{page}");
    }
}

#[test]
fn a_history_that_cannot_be_read_is_said_and_changes_no_verdict() {
    let situation = bill().unanswered(Cause::Timeout, |question| matches!(question, Question::History(_)));
    let (report, title) = (situation.examined().0, situation.title_examined());
    let words = Words { advice: |_, remedy| remedy.to_owned(), again: |_| Vec::new() };
    let html = Html::read(&render(&report, &[title], "bill.json", words));
    assert_eq!(html.title, "VALID: bill.json");
    assert!(html.text.contains("the history could not be read"), "{}", html.text);
    assert_eq!(html.named("figure").count(), 0);
}
