//! A second of silence is followed by a line that says who is waited for. Only for somebody at a terminal.

use std::io::IsTerminal as _;
use std::time::Duration;

use super::note;
use crate::verifier::Verifier;

/// Does the work, and says who is waited for while it takes long.
pub(super) async fn said<T>(verifier: &Verifier, work: impl Future<Output = T>) -> T {
    // Offline nobody is waited for, and the runtime has no clock.
    if verifier.is_offline() || !std::io::stderr().is_terminal() {
        return work.await;
    }
    let mut work = std::pin::pin!(work);
    let mut before = Vec::new();
    loop {
        tokio::select! {
            done = &mut work => return done,
            () = tokio::time::sleep(SILENCE) => {
                let waiting = verifier.waiting_for();
                if !waiting.is_empty() && waiting != before {
                    note(&format!("waiting for {}", waiting.join(", ")));
                    before = waiting;
                }
            }
        }
    }
}

const SILENCE: Duration = Duration::from_secs(1);
