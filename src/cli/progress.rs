//! How far a run of many documents has come, on standard error: for somebody at a terminal one line that is written over
//! itself, elsewhere a line a minute.

use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::tally::{Summary, Tally};
use super::{note, output};
use crate::text::{columns, escape_for_terminal};

/// What is shown of one run, and when it was.
pub(super) struct Progress {
    kind: Kind,
    total: usize,
    began: Instant,
    shown: Instant,
    /// How many documents were dealt with when last one came, and when that was.
    done: usize,
    came: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Silent,
    /// One line for somebody who looks at it.
    Terminal,
    /// Lines of a log.
    Log,
}

impl Progress {
    pub(super) fn none() -> Self {
        Self::of(0, Kind::Silent)
    }

    pub(super) fn on_standard_error(total: usize) -> Self {
        Self::of(total, if std::io::stderr().is_terminal() { Kind::Terminal } else { Kind::Log })
    }

    fn of(total: usize, kind: Kind) -> Self {
        let now = Instant::now();
        Self { kind, total, began: now, shown: now, done: 0, came: now }
    }

    /// Shows how far the run is, if it is time to; `hosts` are asked and have not answered, `first` is the document that
    /// all others wait for.
    pub(super) fn show(&mut self, tally: &Tally, hosts: impl FnOnce() -> Vec<String>, first: impl FnOnce() -> String) {
        let pause = match self.kind {
            Kind::Silent => return,
            Kind::Terminal => Duration::from_millis(200),
            Kind::Log => Duration::from_secs(60),
        };
        let now = Instant::now();
        if tally.done() != self.done {
            (self.done, self.came) = (tally.done(), now);
        }
        if now.duration_since(self.shown) < pause {
            return;
        }
        self.shown = now;
        let silence = now.duration_since(self.came);
        let mut waiting = hosts();
        if waiting.is_empty() && silence > LONG_SILENCE {
            waiting.push(first());
        }
        let times = Times { run: now.duration_since(self.began), silence };
        let parts = parts(self.done, self.total, times, tally.so_far(), &waiting);
        match self.kind {
            Kind::Terminal => draw(&fitted(&parts, output::width(true) - 1)),
            Kind::Log | Kind::Silent => note(&parts.concat()),
        }
    }
}

/// How many columns of a terminal the line takes that stands there now.
static SHOWN: AtomicUsize = AtomicUsize::new(0);

fn draw(line: &str) {
    let now = columns(line);
    let before = SHOWN.swap(now, Ordering::Relaxed);
    // Blanks over what is left of the line before: no code is needed for that.
    let mut to = std::io::stderr().lock();
    let _ = write!(to, "\r{line}{:blanks$}", "", blanks = before.saturating_sub(now));
    let _ = to.flush();
}

/// Takes the line away, before something else is written to the terminal.
pub(super) fn clear() {
    let before = SHOWN.swap(0, Ordering::Relaxed);
    if before > 0 {
        let mut to = std::io::stderr().lock();
        let _ = write!(to, "\r{:before$}\r", "");
        let _ = to.flush();
    }
}

/// How long a run has gone on, and how long nothing has come.
#[derive(Clone, Copy)]
struct Times {
    run: Duration,
    silence: Duration,
}

/// After which nobody can say how long the rest will take.
const LONG_SILENCE: Duration = Duration::from_secs(5);

/// What there is to say, the most important first.
fn parts(done: usize, total: usize, times: Times, so_far: &Summary, waiting: &[String]) -> [String; 5] {
    let left = total.saturating_sub(done);
    let a_second = done as f64 / times.run.as_secs_f64().max(0.001);
    let rate = if a_second >= 10.0 { format!("{a_second:.0}") } else { format!("{a_second:.1}") };
    let seconds = left as f64 / a_second;
    let is_foreseen = done > 0 && left > 0 && times.silence <= LONG_SILENCE;
    let time_left = if is_foreseen { format!(", {} left", in_words(seconds)) } else { String::new() };
    let counts = match so_far.counts() {
        counts if counts.is_empty() => String::new(),
        counts => format!(": {}", counts.join(", ")),
    };
    let waiting = match waiting {
        [] => String::new(),
        hosts => format!("; waiting for {}", escape_for_terminal(&hosts.join(", "))),
    };
    [format!("{done} of {total}"), format!(", {rate} a second"), time_left, counts, waiting]
}

fn in_words(seconds: f64) -> String {
    match seconds {
        ..90.0 => format!("{seconds:.0} s"),
        ..5400.0 => format!("{:.0} min", seconds / 60.0),
        ..172_800.0 => format!("{:.0} h", seconds / 3600.0),
        _ => format!("{:.0} days", seconds / 86_400.0),
    }
}

/// As many parts as there is room for.
fn fitted(parts: &[String], width: usize) -> String {
    let mut line = String::new();
    for part in parts {
        if columns(&line) + columns(part) > width {
            break;
        }
        line.push_str(part);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_it_is_and_fits_its_place() {
        let mut tally = Tally::of(20_000, None);
        for _ in 0..1200 {
            tally.add(&crate::cli::record::Record::without_document(
                "a",
                crate::cli::record::CameTo::Unreadable,
                "read.empty",
                String::new(),
            ));
        }
        let waiting = ["rpc.example".to_owned()];
        let of = |silence| {
            let times = Times { run: Duration::from_secs(12), silence: Duration::from_secs(silence) };
            parts(tally.done(), 20_000, times, tally.so_far(), &waiting)
        };
        let parts = of(0);
        assert_eq!(
            fitted(&parts, 120),
            "1200 of 20000, 100 a second, 3 min left: 1200 not read; waiting for rpc.example"
        );
        assert_eq!(fitted(&parts, 60), "1200 of 20000, 100 a second, 3 min left: 1200 not read");
        assert_eq!(fitted(&parts, 20), "1200 of 20000");
        // Where nothing comes, nothing says how long that will be.
        assert_eq!(fitted(&of(6), 120), "1200 of 20000, 100 a second: 1200 not read; waiting for rpc.example");
    }
}
