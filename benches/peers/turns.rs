//! Who takes how long: in turns, and as a row of a Markdown table.

use std::time::{Duration, Instant};

/// Does its work once, and says how long that took; nothing if it came to no answer.
pub type Run<'a> = Box<dyn FnMut() -> Option<Duration> + 'a>;

/// The median of each. Who is first changes from round to round; the round before all others only warms up, and whoever came
/// to no answer in it is not asked again.
pub fn medians(rounds: usize, runs: &mut [Run<'_>]) -> Vec<Option<Duration>> {
    let answers: Vec<bool> = runs.iter_mut().map(|run| run().is_some()).collect();
    let mut taken = vec![Vec::new(); runs.len()];
    for round in 0..rounds {
        for turn in 0..runs.len() {
            let who = (turn + round) % runs.len();
            if answers[who] {
                taken[who].extend(runs[who]());
            }
        }
    }
    let median = |mut times: Vec<Duration>| {
        times.sort_unstable();
        times.get(times.len() / 2).copied()
    };
    taken.into_iter().map(median).collect()
}

/// How long one of so many times takes.
pub fn timed(times: u32, mut work: impl FnMut()) -> Option<Duration> {
    let started = Instant::now();
    (0..times).for_each(|_| work());
    Some(started.elapsed() / times)
}

pub fn head(title: &str, columns: &[&str]) {
    println!("\n### {title}\n\n| | {} |\n|{}", columns.join(" | "), " --- |".repeat(columns.len() + 1));
}

/// Ours, then the others, each with the ratio to ours.
pub fn row(what: &str, medians: &[Option<Duration>]) {
    let ours = medians[0].expect("ours answers");
    let others = medians[1..].iter().map(|theirs| match theirs {
        Some(theirs) => format!("{}, {}×", short(*theirs), ratio(theirs.as_secs_f64() / ours.as_secs_f64())),
        None => "no answer".to_owned(),
    });
    println!("| {what} | {} | {} |", short(ours), others.collect::<Vec<_>>().join(" | "));
}

fn ratio(ratio: f64) -> String {
    if ratio < 10.0 { format!("{ratio:.1}") } else { format!("{ratio:.0}") }
}

fn short(time: Duration) -> String {
    let (value, unit) = match time.as_secs_f64() {
        seconds if seconds >= 1.0 => (seconds, "s"),
        seconds if seconds >= 1e-3 => (seconds * 1e3, "ms"),
        seconds => (seconds * 1e6, "µs"),
    };
    if value < 10.0 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}
