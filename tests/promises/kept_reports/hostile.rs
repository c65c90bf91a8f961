//! What documents, registries and names say is text in a report, and can be nothing else; however much of it there is.

use std::path::Path;
use std::process::{Command, Output};

use ebl_verifier::report::html::{Words, render_title};

use crate::support::html::Html;
use crate::support::kept::{Titles, text, without_blanks};
use crate::support::situation::bill;

use super::{assert_harmless, assert_readable};

fn long_remark(characters: usize) -> String {
    let remark = "Endorsed to the order of the bank as security for letter of credit 4711, subject to its terms. ";
    remark.repeat(3).chars().take(characters).collect()
}

fn remarks() -> Vec<Vec<u8>> {
    let texts = [
        // Contracts of this field take no longer one.
        long_remark(120),
        "</p></td></table></main><script>alert(1)</script><img src=x onerror=alert(1)>".to_owned(),
        "paid \u{202e}toN\u{202c} in full\u{2066}".to_owned(),
        "שולם במלואו, 21 מכולות".to_owned(),
        "已付全部运费，提单第 17 号".to_owned(),
        "a\u{0}b\u{1b}[2Jc".to_owned(),
        "&amp;&lt;b&gt; \"'".to_owned(),
    ];
    texts.map(String::into_bytes).to_vec()
}

/// Names of the reader's own, as bad as can be.
fn names(titles: &Titles, folder: &Path) {
    let [first, second] = titles.parties();
    let long = "The Very Long Established Overseas Forwarding and Consolidation Company of the East";
    let names = serde_json::json!({first.to_string(): format!("{long} <script>"), second.to_string(): "بنك الميناء 7 & 海港银行"});
    std::fs::write(folder.join("names.json"), names.to_string()).unwrap();
}

fn kept(format: &str) -> (Output, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let titles = Titles::new();
    let token = titles.passed_on(&remarks());
    names(&titles, folder.path());
    (titles.ebl(token, folder.path(), &["--format", format, "--names", "names.json"]), folder)
}

#[test]
fn hostile_words_are_shown_and_do_nothing() {
    let (output, _folder) = kept("html");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let page = text(&output.stdout);
    let html = Html::read(&page);
    assert_harmless(&page, &html);
    assert_readable(&html);
    let all = without_blanks(&html.text);
    for wanted in [
        long_remark(120).as_str(),
        "</p></td></table></main><script>alert(1)</script><img src=x onerror=alert(1)>",
        r"paid \u{202e}toN\u{202c} in full\u{2066}",
        "שולם במלואו, 21 מכולות",
        "已付全部运费，提单第 17 号",
        "&amp;&lt;b&gt; \"'",
        "Company of the East <script>",
        "بنك الميناء 7 & 海港银行",
    ] {
        assert!(all.contains(&without_blanks(wanted)), "{wanted}\n{}", html.text);
    }
    // What runs to the left takes nothing else along.
    assert!(page.contains("<bdi dir=\"rtl\">שולם במלואו, 21 מכולות</bdi>”"), "{page}");
    assert!(page.contains("<bdi dir=\"rtl\">بنك الميناء</bdi> 7 &amp; 海港银行"), "{page}");
}

#[test]
fn hostile_words_make_a_pdf_all_the_same() {
    let (output, _folder) = kept("pdf");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(output.stdout.starts_with(b"%PDF-1.7\n"));
}

#[test]
fn a_remark_of_any_length_is_shown_whole() {
    let mut report = bill().title_examined();
    let remark = format!("{}{}", long_remark(200), "x".repeat(300));
    report.history[0].remark = Some(remark.clone());
    let words = Words { advice: |_, remedy| remedy.to_owned(), again: |_| Vec::new() };
    let html = Html::read(&render_title(&report, "a title", words));
    assert!(html.text.contains(&format!("“{remark}”")), "{}", html.text);
}

#[test]
fn the_name_of_a_file_is_text_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let name = "<b>\u{202e}提單.json";
    std::fs::write(folder.path().join(name), "{}").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_ebl"));
    command.args(["verify", "--offline", "--format", "html", name]).current_dir(folder.path()).env_clear();
    let output = command.env("HOME", "/nonexistent").output().unwrap();
    assert_eq!(output.status.code(), Some(6));
    let page = text(&output.stdout);
    let html = Html::read(&page);
    assert_harmless(&page, &html);
    assert_eq!(html.title, r"UNREADABLE: <b>\u{202e}提單.json");
    assert!(html.text.contains("who acts: the sender."), "{}", html.text);
}

#[test]
fn five_thousand_operations_are_all_in_the_report() {
    let titles = Titles::new();
    let remarks: Vec<Vec<u8>> = (0..4998).map(|number| format!("remark {number:04}").into_bytes()).collect();
    let token = titles.passed_on(&remarks);
    let folder = tempfile::tempdir().unwrap();
    let output = titles.ebl(token, folder.path(), &["--format", "html"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let page = text(&output.stdout);
    let html = Html::read(&page);
    assert!(html.text.contains("History, complete: 5000 operations"));
    assert!(html.text.contains("“remark 0000”") && html.text.contains("“remark 4997”"));
    // The picture stays one: of the last operations, which it says.
    assert!(html.text.contains("the last 20 of 5000"));
    assert!(html.named("rect").count() <= 40);
    let output = titles.ebl(token, folder.path(), &["--format", "pdf"]);
    assert!(output.status.success() && output.stdout.starts_with(b"%PDF-1.7\n"), "{}", text(&output.stderr));
}
