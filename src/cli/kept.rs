//! Reports to keep, as pages: what this command says in them, and where they can go.

use anyhow::{Result, ensure};

use super::advice;
use super::output::Output;
use crate::report::html::{AsJudged, Words};
use crate::report::view::{self, View};
use crate::verify::{Report, TitleReport};

/// The report on a document.
pub(super) fn document_view(report: &Report, titles: &[TitleReport], name: &str) -> View {
    let words = Words { advice: advice::advice, again: document_again };
    view::of_report(report, titles, name, words.telling())
}

/// The report on a title.
pub(super) fn title_view(report: &TitleReport, name: &str) -> View {
    let words = Words { advice: advice::advice, again: title_again };
    view::of_title(report, name, words.telling())
}

/// A PDF is no text.
pub(super) fn ensure_no_terminal(output: &Output) -> Result<()> {
    ensure!(!output.is_terminal(), "--format pdf is not for a terminal: name a file with --output FILE");
    Ok(())
}

/// A page that is kept is filed with its document, so it is about one.
pub(super) fn ensure_one(is_one: bool) -> Result<()> {
    ensure!(
        is_one,
        "--format html and pdf are reports to keep, on one document: give one file, without --recursive, --files-from, --resume \
         and --shard, and run it for each"
    );
    Ok(())
}

fn document_again(judged: &AsJudged<'_>) -> Vec<String> {
    let file = judged.sha256.map(|sha256| {
        format!("The file is the one whose SHA-256 is {sha256}: `sha256sum FILE` prints that of a file that you have.")
    });
    let then = judged.block.map(|block| {
        format!(
            "`ebl verify FILE --at {} --block {block}` judges it as of the same time and the same block, where an endpoint \
             still has that block's state. What domains and web servers say is asked at the time of asking.",
            judged.checked_at
        )
    });
    let now =
        "`ebl verify FILE`, with the settings and flags that this report was made with, judges it as things stand now.";
    let kept = "Where evidence was kept (`--save-evidence`), `ebl replay EVIDENCE FILE` comes to this report without asking anybody.";
    file.into_iter().chain([now.to_owned()]).chain(then).chain([kept.to_owned()]).collect()
}

fn title_again(judged: &AsJudged<'_>) -> Vec<String> {
    let file = judged.sha256.map(|sha256| {
        format!("The file is the one whose SHA-256 is {sha256}: `sha256sum FILE` prints that of a file that you have.")
    });
    let which = match judged.sha256 {
        Some(_) => "FILE",
        None => "--chain-id N --registry ADDR --token ID",
    };
    let then = judged.block.map(|block| {
        format!("`ebl title {which} --block {block}` reads it at the same block, where an endpoint still has that block's state.")
    });
    let now =
        format!("`ebl title {which}`, with the settings that this report was made with, reads it as things stand now.");
    file.into_iter().chain([now]).chain(then).collect()
}
