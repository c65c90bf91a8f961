//! What judging takes: time, and memory by an allocator that counts.

#[allow(dead_code, reason = "a part of it is enough here")]
#[path = "../../tests/support/counting.rs"]
mod counting;

use std::time::{Duration, Instant};

use counting::Counting;
use ebl_verifier::{Verifier, Wishes};

#[global_allocator]
static COUNTED: Counting = Counting::new();

/// The best of all runs counts: what else the machine does only ever adds. So many at least, and more until they took this long.
const RUNS: usize = 3;
const AT_LEAST: Duration = Duration::from_millis(500);

#[derive(Debug, Clone, Copy)]
pub struct Cost {
    pub time: Duration,
    /// Bytes held at once.
    pub held: usize,
}

impl Cost {
    /// Of one file, offline; the file itself counts.
    pub fn of_file(file: &[u8]) -> Self {
        let verifier = Verifier::builder().offline().build().expect("settings");
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        Self::of(|| {
            let bytes = file.to_owned();
            drop(runtime.block_on(verifier.verify(&bytes, &Wishes::default())));
        })
    }

    /// Of any work, while nothing else goes on in the process.
    pub fn of(mut work: impl FnMut()) -> Self {
        let (begun, mut best) = (Instant::now(), (Duration::MAX, 0));
        let mut runs = 0;
        while runs < RUNS || begun.elapsed() < AT_LEAST {
            let (time, taken) = COUNTED.of(|| {
                let begun = Instant::now();
                work();
                begun.elapsed()
            });
            best = best.min((time, taken.peak));
            runs += 1;
        }
        let (time, held) = best;
        Self { time, held }
    }
}
