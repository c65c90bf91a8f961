//! Ctrl-C ends a run at once, whatever it waits for: a pipe without a writer, a reader that does not read, a long digest.
//! The command runs on a thread of its own, and the main thread waits for its end or for the signal. That takes no file
//! descriptor, so an offline run still opens nothing but its files.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};

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
    loop {
        match end.recv_timeout(GLANCE) {
            Ok(exit) => return exit,
            // The thread is gone without a result: it panicked, and has said so.
            Err(RecvTimeoutError::Disconnected) => return Exit::Internal,
            Err(RecvTimeoutError::Timeout) => match received.load(Ordering::Relaxed) {
                0 => {}
                signal => end_now(signal),
            },
        }
    }
}

/// What a main thread usually has.
const STACK: usize = 8 << 20;

/// How often the main thread looks for a signal.
const GLANCE: Duration = Duration::from_millis(25);

/// What a signal has to know about the run that it ends.
struct Run {
    /// What is being judged.
    subject: Option<String>,
    /// A file that is not whole yet.
    unfinished: Option<PathBuf>,
}

static RUN: Mutex<Run> = Mutex::new(Run { subject: None, unfinished: None });

fn current() -> MutexGuard<'static, Run> {
    RUN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says what is judged from now on.
pub(super) fn begin(subject: &str) {
    current().subject = Some(subject.to_owned());
}

/// Makes a file that a signal removes until [`complete`] is through.
pub(super) fn unfinished<F>(
    make: impl FnOnce() -> std::io::Result<F>,
    path: impl FnOnce(&F) -> &Path,
) -> std::io::Result<F> {
    let mut run = current();
    let file = make()?;
    run.unfinished = Some(path(&file).to_owned());
    Ok(file)
}

/// Completes the file, or leaves it to be removed; no signal comes in between.
pub(super) fn complete<T>(finish: impl FnOnce() -> std::io::Result<T>) -> std::io::Result<T> {
    let mut run = current();
    let finished = finish()?;
    run.unfinished = None;
    Ok(finished)
}

fn end_now(signal: usize) -> ! {
    // Held to the very end: no file is made or renamed any more.
    let run = current();
    if let Some(path) = &run.unfinished {
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
