//! `ebl verify`: files in, reports out, the worst exit code.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use tokio::sync::Semaphore;

use super::args::{Format, PageArgs, VerifyArgs};
use super::bench::{Bench, Came, Judged, Room};
use super::config::Configured;
use super::evidence::Keeper;
use super::exit::Exit;
use super::input::{ENDINGS, Found, Input};
use super::interrupt::{self, Signal};
use super::journal::{Earlier, Journal};
use super::output::{self, Output, Stopped, Wanted};
use super::progress::{self, Progress};
use super::reports::Printer;
use super::shard::Shard;
use super::tally::{Summary, Tally};
use super::{advice, config, input, kept, note, secrecy, waiting, window};
use crate::report::human::Style;
use crate::report::json::Layout;
use crate::text::counted;
use crate::verify::Verdict;

pub(super) fn run(args: &VerifyArgs) -> Result<Exit> {
    let Configured { builder, wishes, files: settings_files, settings, .. } = config::verifier(args)?;
    input::ensure_read_once(args.files.iter().chain(&args.files_from).map(PathBuf::as_path))?;
    let listed = args.files_from.as_deref().map(input::listed).transpose()?.unwrap_or_default();
    if let Some(list) = args.files_from.as_deref().filter(|_| listed.is_empty() && args.files.is_empty()) {
        bail!("no document found: --files-from {} lists none", secrecy::path(list));
    }
    let found = input::files(&args.files, listed, args.recursive)?;
    let is_part = args.resume.is_some() || args.shard.is_some();
    let several = args.recursive || args.files_from.is_some() || is_part || found.files.len() > 1;
    if args.format.is_kept() {
        kept::ensure_one(!several)?;
    }
    let verifier = if several { builder.share_answers(SHARED) } else { builder }.build()?;
    let others = settings_files.iter().chain(&args.files_from);
    let read: Vec<&Path> = found.files.iter().chain(others).map(|path| path.as_path()).collect();
    let to = args.page.output.as_deref();
    let to_file = to.filter(|path| path.as_os_str() != "-");
    if let Some(path) = &args.summary {
        Output::will_take(path, "--summary", &read, to)?;
    }
    let keeper = Keeper::of(args, &read, found.files.len())?;
    let mut tally = Tally::of(found.files.len(), args.shard);
    let journal = match (&args.resume, settings) {
        (Some(path), Some(settings)) => {
            Output::will_take(path, "--resume", &read, to)?;
            ensure!(args.summary.as_ref() != Some(path), "--summary and --resume name one file; name two");
            Some(Journal::open(path, &settings, |record| tally.add_earlier(record))?)
        }
        _ => None,
    };
    let wanted = Wanted::of(&args.page);
    let output = match (to_file, &journal) {
        (Some(path), Some((_, earlier))) => behind(path, earlier, &read)?,
        _ => Output::open(to, wanted, &read)?,
    };
    drop(read);
    if wanted == Wanted::Result {
        say_what_is_left_out(&found);
    }
    if args.format == Format::Pdf {
        kept::ensure_no_terminal(&output)?;
    }
    let printer = Printer { format: args.format, style: style(&output, &args.page), several };
    let (journal, earlier) = journal.unzip();
    if let Some(Earlier { unreadable: lines @ 1.., .. }) = earlier {
        let (lines, they) = (counted(lines, "line"), if lines == 1 { "it was" } else { "they were" });
        note(&format!("{lines} of the journal cannot be read; what {they} about is judged again"));
    }
    let jobs = args.jobs.map_or_else(|| default_jobs(args.network.web.offline), usize::from);
    let bench = Bench {
        verifier,
        wishes,
        max_bytes: args.page.max_size,
        is_shared: several,
        printer: (wanted == Wanted::Result).then_some(printer),
        streams: found.streams,
        shard: args.shard,
        judged: earlier.map(|earlier| earlier.judged),
        keeper,
        turns: Semaphore::new(jobs),
        room: Room::default(),
    };
    let is_page = args.format == Format::Human && to_file.is_none();
    let closing = match (is_part || found.files.len() > 1) && wanted == Wanted::Result {
        true => Some(Closing { is_page, reports_in: to_file.map(secrecy::path) }),
        false => None,
    };
    let progress = match several && found.files.len() > 1 && wanted == Wanted::Result {
        true => Progress::on_standard_error(found.files.len()),
        false => Progress::none(),
    };
    let mut run = Run {
        is_watched: output.is_terminal(),
        printer,
        output,
        tally,
        journal,
        progress,
        fail_fast: args.fail_fast,
        closing,
        is_printed: false,
        known: None,
        end: None,
    };
    if several {
        run.judge_all(bench, &found.files, jobs)?;
    } else {
        run.judge_one(&bench, &found.files)?;
    }
    let totals = args.format == Format::Human && found.files.len() > 1;
    let (summary, exit) = run.finish(totals);
    // What could not be looked into may hold anything.
    let exit = if found.unread > 0 { exit.worse(Exit::Unjudged) } else { exit };
    match &args.summary {
        Some(path) => match Output::open(Some(path), Wanted::Result, &[]) {
            Ok(output) => Ok(output.write_only(&summary.json(Layout::Indented)?, exit)),
            Err(error) => {
                note(&format!("the summary could not be written: {error:#}"));
                Ok(exit.worse(Exit::NotWritten))
            }
        },
        None => Ok(exit),
    }
}

/// A window for the network; offline nobody is waited for.
fn default_jobs(offline: bool) -> usize {
    if offline { window::cores() } else { 256 }
}

/// How long what documents share is believed: one run, but not longer than an answer may be.
const SHARED: Duration = Duration::from_secs(60);

/// Where a run writes that goes on with the results of others: behind theirs.
fn behind(path: &Path, earlier: &Earlier, read: &[&Path]) -> Result<Output> {
    let found = std::fs::metadata(path).ok();
    let name = secrecy::path(path);
    let is_stream = found.as_ref().is_some_and(|found| !found.is_file());
    let holds_reports = found.is_some_and(|found| found.is_file() && found.len() > 0);
    ensure!(
        earlier.documents > 0 || !holds_reports,
        "--output {name} is there, and the journal of --resume notes nothing that stands in it; name another file",
    );
    ensure!(
        earlier.judged.is_empty() || holds_reports || is_stream,
        "the journal of --resume counts {} as judged, and their reports do not stand in --output {name}: they went \
         elsewhere. Name the file that they are in, or a journal that is not there yet",
        counted(earlier.judged.len(), "document")
    );
    Output::open_behind(path, read)
}

/// A run as it goes on.
struct Run {
    printer: Printer,
    output: Output,
    tally: Tally,
    journal: Option<Journal>,
    progress: Progress,
    fail_fast: bool,
    closing: Option<Closing>,
    /// Whether reports go to a terminal, where the line of progress is in their way.
    is_watched: bool,
    is_printed: bool,
    /// The worst that writing came to.
    known: Option<Exit>,
    end: Option<End>,
}

/// The line on standard error that a run of several ends with.
struct Closing {
    /// Whether the page on standard output ends with it already.
    is_page: bool,
    /// The file that reports go to.
    reports_in: Option<String>,
}

/// Why a run ends before its time.
enum End {
    /// Nothing more can be written.
    Output(Stopped),
    /// `--fail-fast`.
    NotValid,
    Signal(Signal),
    /// A bug of ours.
    Bug,
}

impl Run {
    /// On this thread alone: starting others would cost more than an offline run takes.
    fn judge_one(&mut self, bench: &Bench, files: &[PathBuf]) -> Result<()> {
        let runtime = runtime(bench.verifier.is_offline())?;
        for file in files {
            interrupt::begin(&Input::of(file, |text| bench.verifier.read_link(text)).name());
            let came = runtime.block_on(waiting::said(&bench.verifier, bench.judged(file)));
            if self.take(came).is_break() {
                break;
            }
        }
        self.tally.add_usage(&bench.verifier.usage());
        Ok(())
    }

    /// On all cores.
    fn judge_all(&mut self, bench: Bench, files: &[PathBuf], jobs: usize) -> Result<()> {
        let bench = Arc::new(bench);
        let ended = window::judge_all(&bench, files, jobs, |event| match event {
            window::Event::Came(came) => self.take(came),
            window::Event::Tick(file) => {
                let first = || Input::of(file, |text| bench.verifier.read_link(text)).name();
                self.progress.show(&self.tally, || bench.verifier.waiting_for(), first);
                ControlFlow::Continue(())
            }
        })?;
        self.tally.add_usage(&bench.verifier.usage());
        // The signal may have come while the last one was judged.
        if let Some(signal) = ended.filter(|_| self.tally.so_far().left > 0) {
            self.tally.interrupted();
            self.end.get_or_insert(End::Signal(signal));
        }
        Ok(())
    }

    fn take(&mut self, came: Came) -> ControlFlow<()> {
        match came {
            Came::OtherShard => self.tally.add_other_shard(),
            Came::Earlier(place) => match self.journal.as_mut().map(|journal| journal.record(place)) {
                Some(Ok(record)) => self.tally.add_resumed(&record),
                Some(Err(error)) => return self.bug(&error),
                None => {}
            },
            Came::Judged(judged) => return self.take_judged(*judged),
        }
        self.progress.show(&self.tally, Vec::new, String::new);
        ControlFlow::Continue(())
    }

    fn take_judged(&mut self, judged: Judged) -> ControlFlow<()> {
        let Judged { record, text, input, evidence_lost } = judged;
        self.tally.add(&record);
        if evidence_lost {
            self.known = Some(Exit::NotWritten);
        }
        let mut text = match text {
            Ok(text) => text,
            Err(error) => return self.bug(&error),
        };
        if self.printer.format == Format::Human && self.is_printed {
            text.insert(0, b'\n');
        }
        if self.is_watched {
            progress::clear();
        }
        if let Err(stopped) = self.output.write(&text) {
            self.end = Some(End::Output(stopped));
            return ControlFlow::Break(());
        }
        self.is_printed = true;
        if let Some((journal, (input, size))) = self.journal.as_mut().zip(input)
            && let Err(error) = journal.add(input, size, &record)
        {
            note(&format!("{error:#}"));
            self.known = Some(Exit::NotWritten);
        }
        self.progress.show(&self.tally, Vec::new, String::new);
        let left = self.tally.so_far().left;
        if self.fail_fast && record.result.exit() != Exit::Verdict(Verdict::Valid) && left > 0 {
            note(&format!("stopped at {} (--fail-fast); {left} were not judged", record.file));
            self.end = Some(End::NotValid);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn bug(&mut self, error: &anyhow::Error) -> ControlFlow<()> {
        note(&format!("{error:#}"));
        self.end = Some(End::Bug);
        ControlFlow::Break(())
    }

    /// Writes the last lines, and puts what was written where it belongs.
    fn finish(mut self, totals: bool) -> (Summary, Exit) {
        progress::clear();
        if let Some(words) = self.tally.age_of_resumed() {
            note(&words);
        }
        let summary = self.tally.close();
        let nothing = if summary.other_shards > 0 { Exit::Done } else { Exit::Usage };
        let known = summary.exit().unwrap_or(nothing);
        let known = self.known.map_or(known, |writing| known.worse(writing));
        if totals && !matches!(self.end, Some(End::Output(_) | End::Bug)) {
            let totals = self.printer.totals(&summary);
            let totals = if self.is_printed { totals.as_str() } else { totals.trim_start_matches('\n') };
            if let Err(stopped) = self.output.write(totals) {
                self.end = Some(End::Output(stopped));
            }
        }
        let left = if summary.left > 0 { known.worse(Exit::Unjudged) } else { known };
        let mut closing = self.closing;
        let mut is_whole = false;
        let exit = match self.end {
            None | Some(End::NotValid) => match self.output.finish() {
                Ok(()) => {
                    is_whole = true;
                    known
                }
                Err(stopped) => stopped.exit(known),
            },
            Some(End::Output(stopped)) => {
                self.output.keep();
                // Its page did not come to its end.
                closing.iter_mut().for_each(|closing| closing.is_page = false);
                stopped.exit(left)
            }
            Some(End::Bug) => {
                self.output.keep();
                closing = None;
                left.worse(Exit::Internal)
            }
            Some(End::Signal(signal)) => {
                self.output.keep();
                say_how_to_go_on(&summary, self.journal.as_ref());
                signal.exit()
            }
        };
        if let Some(words) = closing.and_then(|closing| closing.words(&summary, is_whole)) {
            note(&words);
        }
        (summary, exit)
    }
}

impl Closing {
    fn words(self, summary: &Summary, is_whole: bool) -> Option<String> {
        match summary.shard.filter(|_| summary.documents == 0 && summary.left == 0) {
            Some(Shard { index, of }) => {
                Some(format!("part {index} of {of} has none of {}", counted(summary.other_shards, "document")))
            }
            None if self.is_page => None,
            None => {
                let reports = self.reports_in.filter(|_| is_whole);
                Some(summary.line() + &reports.map(|file| format!("; reports in {file}")).unwrap_or_default())
            }
        }
    }
}

fn say_how_to_go_on(summary: &Summary, journal: Option<&Journal>) {
    let total = summary.documents + summary.left + summary.other_shards;
    let on = match journal {
        Some(journal) => format!("the same command goes on from here (--resume {})", journal.name()),
        None => "with --resume FILE a run can go on where it was ended".to_owned(),
    };
    note(&format!("interrupted: {} of {total} documents were not judged; {on}", summary.left));
}

/// What a folder holds besides, on standard error.
fn say_what_is_left_out(found: &Found) {
    for line in &found.skipped {
        note(&format!("skipped: {line}"));
    }
    if found.skipped_more > 0 {
        note(&format!("skipped: {} more", found.skipped_more));
    }
    let files = match found.passed_over {
        0 => return,
        1 => "1 other file was".to_owned(),
        several => format!("{several} other files were"),
    };
    note(&format!("{files} passed over: from folders those that end in .{} are taken", ENDINGS.join(", .")));
}

/// One thread is enough for a handful of sockets, and starting more would cost more than an offline run takes.
pub(super) fn runtime(offline: bool) -> std::io::Result<tokio::runtime::Runtime> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    if !offline {
        runtime.enable_all();
    }
    runtime.build()
}

/// How to print, on a terminal or elsewhere.
pub(super) fn style(output: &Output, &PageArgs { color, verbose, .. }: &PageArgs) -> Style {
    let terminal = output.is_terminal();
    Style { width: output::width(terminal), color: color.is_wanted(terminal), verbose, advice: advice::advice }
}
