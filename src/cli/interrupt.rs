//! Ctrl-C ends a run at once, whatever it waits for: a pipe without a writer, a reader that does not read, a long digest.
//! A run of many documents is asked to end by itself first, so that nothing is lost that was judged; a second Ctrl-C, or
//! too long a time, ends it like any other. The command runs on a thread of its own, and the main thread waits for its end
//! or for the signal. That takes no file descriptor, so an offline run still opens nothing but its files.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGINT, SIGTERM};
use tempfile::NamedTempFile;
use tokio::sync::watch;

use super::exit::Exit;
use super::note;

/// Runs the command to its end, or to the signal that ends the process.
pub(super) fn run(command: impl FnOnce() -> Exit + Send + 'static) -> Exit {
    let received = Arc::new(AtomicUsize::new(0));
    for signal in [SIGINT, SIGTERM] {
        let number = usize::try_from(signal).unwrap_or_default();
        // Where that fails the signal keeps its default, which ends the process, too.
        let _ = signal_hook::flag::register_usize(signal, Arc::clone(&received), number);
    }
    // A limit on the size of files ends the process by default; noted, it makes writing fail, which is told and cleaned up.
    #[cfg(unix)]
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default());
    on_a_thread(command, &received)
}

fn on_a_thread(command: impl FnOnce() -> Exit + Send + 'static, received: &AtomicUsize) -> Exit {
    let (ended, end) = sync_channel(1);
    let thread = std::thread::Builder::new().name("command".into()).stack_size(STACK).spawn(move || {
        // Nobody receives once the process is about to end.
        let _ = ended.send(command());
    });
    if let Err(error) = thread {
        note(&format!("cannot start a thread: {error}"));
        return Exit::Internal;
    }
    // The signal after which a run is ending by itself, and since when it is.
    let mut ending: Option<(usize, Instant)> = None;
    loop {
        match end.recv_timeout(GLANCE) {
            Ok(exit) => return exit,
            // The thread is gone without a result: it panicked, and has said so.
            Err(RecvTimeoutError::Disconnected) => return Exit::Internal,
            Err(RecvTimeoutError::Timeout) => {}
        }
        match (received.swap(0, Ordering::Relaxed), ending) {
            (0, None) => {}
            (0, Some((signal, since))) => {
                if since.elapsed() > GRACE {
                    let _ = tell(Told::GiveUp(Signal::of(signal)));
                }
                if since.elapsed() > LONGEST_END && !current().is_finishing {
                    end_now(signal);
                }
            }
            (signal, None) if tell(Told::End(Signal::of(signal))) => ending = Some((signal, Instant::now())),
            (signal, _) => end_now(signal),
        }
    }
}

/// Tells a run that ends by itself; no other hears it. One that is writing its last lines is let end as if nothing had come.
fn tell(what: Told) -> bool {
    let run = current();
    run.is_finishing || run.told.as_ref().is_some_and(|told| told.send(Some(what)).is_ok())
}

/// What a run that ends by itself is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// To begin nothing more.
    End(Signal),
    /// To wait for nobody any more.
    GiveUp(Signal),
}

/// What ends a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    Interrupt,
    Terminate,
}

impl Signal {
    fn of(signal: usize) -> Self {
        if i32::try_from(signal) == Ok(SIGTERM) { Self::Terminate } else { Self::Interrupt }
    }

    /// The next one, in words.
    pub(super) fn again(self) -> &'static str {
        match self {
            Self::Interrupt => "Ctrl-C again",
            Self::Terminate => "a second signal",
        }
    }

    pub(super) fn exit(self) -> Exit {
        match self {
            Self::Interrupt => Exit::Interrupted,
            Self::Terminate => Exit::Terminated,
        }
    }
}

/// From now on the run ends by itself at the first signal, which is told here.
pub(super) fn end_by_itself() -> watch::Receiver<Option<Told>> {
    let (teller, told) = watch::channel(None);
    current().told = Some(teller);
    told
}

/// The run that was asked to end waits for nobody any more: it writes what it has.
pub(super) fn finishing() {
    current().is_finishing = true;
}

/// What a main thread usually has.
pub(super) const STACK: usize = 8 << 20;

/// How often the main thread looks for a signal.
const GLANCE: Duration = Duration::from_millis(25);

/// How long documents that were begun may still take.
const GRACE: Duration = Duration::from_secs(3);

/// How long a run may take to end by itself: it may be waiting for a reader that does not read.
const LONGEST_END: Duration = Duration::from_secs(6);

/// What a signal has to know about the run that it ends.
struct Run {
    /// What is being judged.
    subject: Option<String>,
    /// Files that are not whole yet.
    unfinished: Vec<PathBuf>,
    /// How it is told to end by itself.
    told: Option<watch::Sender<Option<Told>>>,
    is_finishing: bool,
}

static RUN: Mutex<Run> = Mutex::new(Run { subject: None, unfinished: Vec::new(), told: None, is_finishing: false });

fn current() -> MutexGuard<'static, Run> {
    RUN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says what is judged from now on.
pub(super) fn begin(subject: &str) {
    current().subject = Some(subject.to_owned());
}

/// Makes a file that a signal removes until [`complete`] is through.
pub(super) fn unfinished(make: impl FnOnce() -> std::io::Result<NamedTempFile>) -> std::io::Result<NamedTempFile> {
    let mut run = current();
    let file = make()?;
    run.unfinished.push(file.path().to_owned());
    Ok(file)
}

/// Completes the file, or leaves it to be removed; no signal comes in between.
pub(super) fn complete<T, E>(file: NamedTempFile, finish: impl FnOnce(NamedTempFile) -> Result<T, E>) -> Result<T, E> {
    let mut run = current();
    let unfinished = file.path().to_owned();
    let finished = finish(file)?;
    run.unfinished.retain(|path| *path != unfinished);
    Ok(finished)
}

fn end_now(signal: usize) -> ! {
    // Held to the very end: no file is made or renamed any more.
    let run = current();
    for path in &run.unfinished {
        let _ = std::fs::remove_file(path);
    }
    let subject = run.subject.as_ref().map(|name| format!("; no verdict on {name}")).unwrap_or_default();
    note(&format!("interrupted{subject}"));
    // As shells report it: 130 for Ctrl-C.
    std::process::exit(128 + i32::try_from(signal).unwrap_or(2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::Verdict;

    #[test]
    fn a_panic_is_a_bug_of_ours_and_a_result_is_the_commands_own() {
        let nothing = AtomicUsize::new(0);
        assert_eq!(on_a_thread(|| panic!("as a bug would"), &nothing), Exit::Internal);
        let invalid = Exit::Verdict(Verdict::Invalid);
        assert_eq!(on_a_thread(move || invalid, &nothing), invalid);
    }
}
