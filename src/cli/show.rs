//! `ebl show` and `ebl diff`: what documents say, as far as their digest or signature covers it.

use std::path::Path;

use anyhow::Result;
use serde::Serialize;

use super::args::{DiffArgs, PageFormat, ShowArgs};
use super::config::{self, Asked, Configured};
use super::exit::Exit;
use super::input::{self, Input};
use super::no_document::NoDocument;
use super::output::{Output, Wanted};
use super::verify::{runtime, style};
use super::{attachments, interrupt, note, waiting};
use crate::content::{AttachmentFile, Content, Difference};
use crate::primitives::rfc3339;
use crate::report::content as page;
use crate::report::json::{self, Layout};
use crate::sources::now;
use crate::verifier::{Verifier, Wishes};
use crate::verify::{ContentReport, Verdict};

pub(super) fn run(args: &ShowArgs) -> Result<Exit> {
    let Configured { builder, wishes, files: settings, .. } = config::configured(&Asked {
        network: &args.network,
        max_size: args.page.max_size,
        chain_id: None,
        trust_registry: &[],
        key: args.key.as_deref(),
        names: None,
        context: &args.context,
    })?;
    let verifier = builder.build()?;
    let read: Vec<&Path> = settings.iter().chain([&args.file]).map(|path| path.as_path()).collect();
    let wanted = Wanted::of(&args.page);
    let output = Output::open(args.page.output.as_deref(), wanted, &read)?;
    let style = style(&output, &args.page);
    let name = name(&args.file, &verifier);
    interrupt::begin(&name);
    let reading = read_content(&verifier, &wishes, &args.file, args.page.max_size);
    let found = runtime(args.network.offline)?.block_on(waiting::said(&verifier, reading));
    let exit = match &found {
        Ok((report, _)) => Exit::Verdict(report.verdict()),
        Err(why) => why.exit(),
    };
    let exit = match (&args.save_attachments, &found) {
        (Some(folder), Ok((_, files))) => attachments::save(folder, files, exit),
        _ => exit,
    };
    let text = match (args.format, &found) {
        (PageFormat::Human, Ok((report, _))) => page::render(report, &name, style),
        (PageFormat::Human, Err(why)) => why.human(&name, style),
        (format, Ok((report, _))) => json::render(report, layout(format))? + "\n",
        (format, Err(why)) => json::render(&why.object(&name).instead_of_content(), layout(format))? + "\n",
    };
    Ok(output.write_only(&text, exit))
}

pub(super) fn diff(args: &DiffArgs) -> Result<Exit> {
    let Configured { builder, wishes, files: settings, .. } = config::configured(&Asked {
        network: &args.network,
        max_size: args.page.max_size,
        chain_id: None,
        trust_registry: &[],
        key: args.key.as_deref(),
        names: None,
        context: &args.context,
    })?;
    if [&args.first, &args.second].iter().all(|path| path.as_os_str() == "-") {
        anyhow::bail!("standard input can be read once: `-` is given twice");
    }
    let verifier = builder.build()?;
    let both = [&args.first, &args.second];
    let read: Vec<&Path> = settings.iter().chain(both).map(|path| path.as_path()).collect();
    let output = Output::open(args.page.output.as_deref(), Wanted::of(&args.page), &read)?;
    let style = style(&output, &args.page);
    let names = both.map(|file| name(file.as_path(), &verifier));
    interrupt::begin(&names[0]);
    let reading = async {
        let first = read_content(&verifier, &wishes, &args.first, args.page.max_size).await;
        (first, read_content(&verifier, &wishes, &args.second, args.page.max_size).await)
    };
    let (first, second) = runtime(args.network.offline)?.block_on(waiting::said(&verifier, reading));
    let layout = layout(args.format);
    let contents = [first, second].map(|found| found.map(|(report, _)| report));
    if let [Ok(first), Ok(second)] = &contents
        && let [Some(one), Some(other)] = [first, second].map(whole)
    {
        let difference = Difference::between(&one, &other);
        let exit = if difference.is_empty() { Exit::Done } else { Exit::Changed };
        let text = match args.format {
            PageFormat::Human => page::render_difference(&difference, &names[0], &names[1], style),
            _ => json::render(&Compared::of([first, second], difference), layout)? + "\n",
        };
        return Ok(output.write_only(&text, exit));
    }
    note("nothing was compared: one of the documents is not known to be what was issued, or cannot be read");
    // What cannot be compared says why, each for itself.
    let mut text = String::new();
    let mut exit: Option<Exit> = None;
    for (found, name) in contents.iter().zip(&names) {
        let (own, page) = match (args.format, found) {
            (PageFormat::Human, Ok(report)) => (Exit::Verdict(report.verdict()), page::render(report, name, style)),
            (PageFormat::Human, Err(why)) => (why.exit(), why.human(name, style)),
            (_, Ok(report)) => (Exit::Verdict(report.verdict()), json::render(report, Layout::OneLine)? + "\n"),
            (_, Err(why)) => {
                (why.exit(), json::render(&why.object(name).instead_of_content(), Layout::OneLine)? + "\n")
            }
        };
        exit = Some(exit.map_or(own, |exit| exit.worse(own)));
        // Of one that can be read there is nothing to say.
        if own != Exit::Verdict(Verdict::Valid) || args.format != PageFormat::Human {
            text.push_str(if text.is_empty() || args.format != PageFormat::Human { "" } else { "\n" });
            text.push_str(&page);
        }
    }
    Ok(output.write_only(&text, exit.unwrap_or(Exit::Internal)))
}

/// What two documents came to. Its JSON form is the contract of `schemas/difference.schema.json`.
#[derive(Serialize)]
struct Compared {
    schema: &'static str,
    checked_at: String,
    same_content: bool,
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
}

impl Compared {
    fn of(reports: [&ContentReport; 2], difference: Difference) -> Self {
        let one = |report: &ContentReport| One {
            file: report.file.clone(),
            sha256: report.document.sha256.clone(),
            format: report.document.format,
            hidden: report.content.as_ref().and_then(|content| content.hidden),
        };
        let [first, second] = reports.map(one);
        let schema = "ebl-verifier/difference/1";
        Self { schema, checked_at: rfc3339(now()), same_content: difference.is_empty(), first, second, difference }
    }
}

/// All that a document says; nothing where some of it is not known to be covered.
fn whole(report: &ContentReport) -> Option<Content> {
    report.content.clone().filter(|_| report.verdict() == Verdict::Valid)
}

async fn read_content(
    verifier: &Verifier,
    wishes: &Wishes,
    file: &Path,
    max_bytes: usize,
) -> Result<(ContentReport, Vec<AttachmentFile>), NoDocument> {
    let input = Input::of(file, |text| verifier.read_link(text));
    let (report, files) = match &input {
        Input::File(path) => verifier.content(&input::read(path, max_bytes)?, wishes).await?,
        Input::Link(link) => verifier.content_by_link(link, wishes).await?,
        Input::NotALink(error) => return Err((*error).into()),
    };
    Ok((ContentReport { file: Some(input.name()), ..report }, files))
}

fn name(file: &Path, verifier: &Verifier) -> String {
    Input::of(file, |text| verifier.read_link(text)).name()
}

fn layout(format: PageFormat) -> Layout {
    if format == PageFormat::Json { Layout::Indented } else { Layout::OneLine }
}
