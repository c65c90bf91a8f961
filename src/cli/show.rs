//! `ebl show` and `ebl diff`: what documents say, as far as their digest or signature covers it.

use std::path::Path;

use anyhow::Result;
use serde::Serialize;

use super::args::{DiffArgs, ShowArgs};
use super::config::{self, Configured};
use super::exit::Exit;
use super::input::{self, Input};
use super::no_document::NoDocument;
use super::output::{Output, Wanted};
use super::verify::{runtime, style};
use super::{attachments, interrupt, note, waiting};
use crate::content::{AttachmentFile, Content, Difference, Unseen};
use crate::primitives::rfc3339;
use crate::report::content as page;
use crate::report::human::Style;
use crate::report::json::{self, Layout};
use crate::sources::now;
use crate::verifier::{Verifier, Wishes};
use crate::verify::{ContentReport, DocumentFacts, FilesWanted, Verdict};

pub(super) fn run(args: &ShowArgs) -> Result<Exit> {
    let Configured { builder, wishes, files: settings, .. } = config::for_content(&args.reading)?;
    let page_args = &args.reading.page;
    let verifier = builder.build()?;
    let read: Vec<&Path> = settings.iter().chain([&args.file]).map(|path| path.as_path()).collect();
    let wanted = Wanted::of(page_args);
    let output = Output::open(page_args.output.as_deref(), wanted, &read)?;
    let style = style(&output, page_args);
    let name = name(&args.file, &verifier);
    interrupt::begin(&name);
    let files = if args.save_attachments.is_some() { FilesWanted::Yes } else { FilesWanted::No };
    let reading = read_content(&verifier, &wishes, &args.file, page_args.max_size, files);
    let found = runtime(args.reading.web.offline)?.block_on(waiting::said(&verifier, reading));
    let exit = match &found {
        Ok((report, _)) => Exit::Verdict(report.verdict()),
        Err(why) => why.exit(),
    };
    let exit = match (&args.save_attachments, &found) {
        (Some(folder), Ok((report, files))) => {
            let is_known = report.content.is_some() || report.parts.iter().any(|part| part.content.is_some());
            attachments::save(folder, files, is_known, &output, exit, page_args.quiet)
        }
        _ => exit,
    };
    let found = found.map(|(report, _)| report);
    Ok(output.write_only(text(args.format.layout(), &name, &found, style)?, exit))
}

pub(super) fn diff(args: &DiffArgs) -> Result<Exit> {
    let Configured { builder, wishes, files: settings, .. } = config::for_content(&args.reading)?;
    let page_args = &args.reading.page;
    input::ensure_read_once([&args.first, &args.second].map(|path| path.as_path()))?;
    let verifier = builder.build()?;
    let both = [&args.first, &args.second];
    let read: Vec<&Path> = settings.iter().chain(both).map(|path| path.as_path()).collect();
    let output = Output::open(page_args.output.as_deref(), Wanted::of(page_args), &read)?;
    let style = style(&output, page_args);
    let names = both.map(|file| name(file.as_path(), &verifier));
    interrupt::begin(&names[0]);
    let reading = async {
        let read = async |file| read_content(&verifier, &wishes, file, page_args.max_size, FilesWanted::No).await;
        (read(&args.first).await, read(&args.second).await)
    };
    let (first, second) = runtime(args.reading.web.offline)?.block_on(waiting::said(&verifier, reading));
    let layout = args.format.layout();
    let contents = [first, second].map(|found| found.map(|(report, _)| report));
    if let [Ok(first), Ok(second)] = &contents
        && let [Some(one), Some(other)] = [first, second].map(comparable)
    {
        let mut difference = Difference::between(one, other);
        difference.hide_the_same = are_one_document(&first.document, &second.document);
        difference.one_file = are_one_file(&first.document, &second.document);
        let exit = match difference.same_content() {
            Some(true) => Exit::Done,
            Some(false) => Exit::Changed,
            // Nobody can compare what is not shown.
            None => Exit::Verdict(Verdict::Indeterminate),
        };
        let text = match layout {
            None => page::render_difference(&difference, &names[0], &names[1], style),
            Some(layout) => json::render(&Compared::of([first, second], difference), layout)? + "\n",
        };
        return Ok(output.write_only(&text, exit));
    }
    let is_presentation =
        |found: &Result<ContentReport, NoDocument>| found.as_ref().is_ok_and(|report| !report.parts.is_empty());
    note(match contents.iter().any(is_presentation) {
        true => "nothing was compared: a presentation holds documents of its own; compare each of these",
        false => "nothing was compared: one of the documents is not known to be what was issued, or cannot be read",
    });
    // What cannot be compared says why, each for itself.
    let mut pages = String::new();
    let mut exit: Option<Exit> = None;
    for (found, name) in contents.iter().zip(&names) {
        let own = match found {
            Ok(report) => Exit::Verdict(report.verdict()),
            Err(why) => why.exit(),
        };
        exit = Some(exit.map_or(own, |exit| exit.worse(own)));
        let page = text(layout.map(|_| Layout::OneLine), name, found, style)?;
        match layout {
            Some(_) => pages.push_str(&page),
            // Of one that can be read there is nothing to say.
            None if own == Exit::Verdict(Verdict::Valid) => {}
            None if pages.is_empty() => pages = page,
            None => pages.push_str(&format!("\n{page}")),
        }
    }
    // That both can be read does not make them the same.
    let exit = match exit {
        Some(Exit::Verdict(Verdict::Valid)) => Exit::Verdict(Verdict::Indeterminate),
        Some(exit) => exit,
        None => Exit::Internal,
    };
    Ok(output.write_only(&pages, exit))
}

/// What two documents came to. Its JSON form is the contract of `schemas/difference.schema.json`.
#[derive(Serialize)]
struct Compared {
    schema: &'static str,
    checked_at: String,
    same_content: Option<bool>,
    first: One,
    second: One,
    #[serde(flatten)]
    difference: Difference,
}

/// Which document.
#[derive(Serialize)]
struct One {
    file: Option<String>,
    sha256: Option<String>,
    format: crate::document::Family,
    hidden: Option<usize>,
    /// How many values nothing covers.
    unprotected: usize,
}

impl Compared {
    fn of(reports: [&ContentReport; 2], difference: Difference) -> Self {
        let one = |report: &ContentReport, unseen: Unseen| One {
            file: report.file.clone(),
            sha256: report.document.sha256.clone(),
            format: report.document.format,
            hidden: unseen.hidden,
            unprotected: unseen.unprotected,
        };
        let [first, second] = reports;
        let (first, second) = (one(first, difference.unseen_in_first), one(second, difference.unseen_in_second));
        let schema = "ebl-verifier/difference/1";
        let same_content = difference.same_content();
        Self { schema, checked_at: rfc3339(now()), same_content, first, second, difference }
    }
}

/// What a document says; nothing where that is not known to be what was issued. Values that nothing covers are set apart in it.
fn comparable(report: &ContentReport) -> Option<&Content> {
    report.content.as_ref().filter(|_| report.verdict() != Verdict::Invalid)
}

/// Whether both are known to be one, with all that they hide: of one digest, which covers that, or of the same bytes.
fn are_one_document(first: &DocumentFacts, second: &DocumentFacts) -> bool {
    let is_one_digest = first.target_hash.is_some() && first.target_hash == second.target_hash;
    is_one_digest || are_one_file(first, second)
}

fn are_one_file(first: &DocumentFacts, second: &DocumentFacts) -> bool {
    first.sha256.is_some() && first.sha256 == second.sha256
}

async fn read_content(
    verifier: &Verifier,
    wishes: &Wishes,
    file: &Path,
    max_bytes: usize,
    wanted: FilesWanted,
) -> Result<(ContentReport, Vec<AttachmentFile>), NoDocument> {
    let input = Input::of(file, |text| verifier.read_link(text));
    let (report, files) = match &input {
        Input::File(path) => verifier.content(&input::read(path, max_bytes)?, wanted, wishes).await?,
        Input::Link(link) => verifier.content_by_link(link, wanted, wishes).await?,
        Input::NotALink(error) => return Err((*error).into()),
    };
    Ok((ContentReport { file: Some(input.name()), ..report }, files))
}

fn name(file: &Path, verifier: &Verifier) -> String {
    Input::of(file, |text| verifier.read_link(text)).name()
}

/// What one document says, or why nothing is known of it.
fn text(layout: Option<Layout>, name: &str, found: &Result<ContentReport, NoDocument>, style: Style) -> Result<String> {
    Ok(match (layout, found) {
        (None, Ok(report)) => page::render(report, name, style),
        (None, Err(why)) => why.human(name, style),
        (Some(layout), Ok(report)) => json::render(report, layout)? + "\n",
        (Some(layout), Err(why)) => json::render(&why.object(name).instead_of_content(), layout)? + "\n",
    })
}
