//! Many documents at a time, on all cores, and what came of them in the order in which they were given.

use std::collections::VecDeque;
use std::num::NonZero;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle};

use super::bench::{Bench, Came};
use super::interrupt::{self, Signal, Told};
use super::note;

pub(super) enum Event<'a> {
    /// The next document is through.
    Came(Came),
    /// Some time has passed, in which this document was waited for.
    Tick(&'a Path),
}

/// Judges the files, as many at a time as the bench has turns. Ended by a signal, it asks for no further one, lets those that
/// it has begun come to their end, and after a while gives them up.
pub(super) fn judge_all(
    bench: &Arc<Bench>,
    files: &[PathBuf],
    jobs: usize,
    take: impl FnMut(Event<'_>) -> ControlFlow<()>,
) -> std::io::Result<Option<Signal>> {
    let runtime = runtime(bench.verifier.is_offline(), jobs)?;
    let told = interrupt::end_by_itself();
    let ended = runtime.block_on(judge(bench, files, jobs + jobs.max(AHEAD), told, take));
    // Some may wait for a pipe into which nobody writes.
    runtime.shutdown_background();
    Ok(ended)
}

pub(super) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

/// Offline nothing is waited for, so no driver is there that would open something.
fn runtime(offline: bool, jobs: usize) -> std::io::Result<Runtime> {
    let mut runtime = Builder::new_multi_thread();
    runtime.worker_threads(jobs.min(cores())).thread_name("judge").thread_stack_size(interrupt::STACK);
    if !offline {
        runtime.enable_io();
    }
    runtime.enable_time().build()
}

async fn judge(
    bench: &Arc<Bench>,
    files: &[PathBuf],
    ahead: usize,
    mut told: watch::Receiver<Option<Told>>,
    mut take: impl FnMut(Event<'_>) -> ControlFlow<()>,
) -> Option<Signal> {
    let mut files = files.iter();
    let mut window: VecDeque<(&Path, JoinHandle<Came>)> = VecDeque::new();
    let mut ending: Option<Signal> = None;
    let mut is_wanted = true;
    let mut tick = tokio::time::interval(TICK);
    loop {
        while ending.is_none() && window.len() < ahead {
            let Some(file) = files.next() else { break };
            let (bench, path) = (Arc::clone(bench), file.clone());
            window.push_back((file, tokio::spawn(async move { bench.judged(&path).await })));
        }
        let Some((file, first)) = window.front_mut() else { break };
        let file: &Path = file;
        tokio::select! {
            biased;
            Ok(()) = told.changed() => {
                let what = *told.borrow_and_update();
                if let Some(Told::End(signal)) = what {
                    let again = signal.again();
                    note(&format!("ending: what is being judged is finished; {again} ends at once"));
                    ending = Some(signal);
                } else if let Some(Told::GiveUp(_)) = what {
                    break;
                }
            }
            came = first => {
                window.pop_front();
                is_wanted = take(Event::Came(whole(came))).is_continue();
                if !is_wanted {
                    break;
                }
            }
            _ = tick.tick() => if take(Event::Tick(file)).is_break() { break },
        }
    }
    // Given up; of those behind the one that was waited for, some are through.
    for (_, next) in window {
        if !next.is_finished() {
            next.abort();
        } else if is_wanted {
            is_wanted = take(Event::Came(whole(next.await))).is_continue();
        }
    }
    interrupt::finishing();
    ending
}

/// A bug in judging one document ends the run, as it does when it is judged alone.
fn whole(came: Result<Came, JoinError>) -> Came {
    match came.map_err(JoinError::try_into_panic) {
        Ok(came) => came,
        Err(Ok(panic)) => std::panic::resume_unwind(panic),
        // Nobody gives up one that is still waited for.
        Err(Err(cancelled)) => std::panic::resume_unwind(Box::new(cancelled)),
    }
}

/// How many more documents than are judged at a time may be through and wait for one before them.
const AHEAD: usize = 16;
const TICK: Duration = Duration::from_millis(200);
