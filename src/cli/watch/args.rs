//! What `ebl watch` takes.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::block_age::MaxBlockAge;
use crate::cli::args::{NetworkArgs, ReadingArgs};

/// For clap, which shows it in place of the usual one.
pub(in crate::cli) const USAGE: &str = "ebl watch [OPTIONS] <FILE|LINK>...
       ebl watch [OPTIONS] --chain-id <N> --registry <ADDR> --token <ID>";

/// Below the options.
pub(in crate::cli) const EXIT_CODES: &str = "Exit codes: 0 what --until names has come, or with --once nothing changed; \
10 with --once, something changed or is pending; 3 with --once, not every title could be looked at, or an event not be told; \
2 usage, which is also a document without a title and a state file that cannot be used; 1 a document is invalid, and 6 not \
readable, as in `ebl verify`: nothing is watched then; 74 a line or the state file could not be written; 130 ended by \
Ctrl-C, 143 ended by SIGTERM.";

#[derive(Debug, Args)]
pub(in crate::cli) struct WatchArgs {
    /// The documents whose titles are watched, or links to them; each is verified once before; - is standard input
    #[arg(value_name = "FILE|LINK", required_unless_present_any = ["token", "registry"], conflicts_with_all = ["token", "registry"])]
    pub files: Vec<PathBuf>,
    /// The chain: with --registry and --token, or for documents that name none
    #[arg(long, value_name = "N")]
    pub chain_id: Option<String>,
    /// The token registry, without a document
    #[arg(long, value_name = "ADDR", requires = "token", requires = "chain_id")]
    pub registry: Option<String>,
    /// The token id: 0x and 64 hexadecimal digits, as the document's target hash
    #[arg(long, value_name = "ID", requires = "registry")]
    pub token: Option<String>,
    /// End with exit code 0 once all titles are returned (or ended), all are ended, or any has changed; pending changes do
    /// not count. Without this it goes on until it is ended
    #[arg(long, value_enum, value_name = "WHAT")]
    pub until: Option<Until>,
    /// How long to wait between two looks: seconds, or a number with s, m or h; a second at least
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = interval)]
    pub every: Duration,
    /// Look once and end, for cron; together with --state it tells what changed since the last time
    #[arg(long, conflicts_with_all = ["until", "every"])]
    pub once: bool,
    /// Note in this file what was seen and told, and go on from there when started again
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// Run this program for each change, with the event as JSON on its standard input and in variables EBL_EVENT_…; it gets
    /// no arguments and no shell. Where it fails the same event is told again at the next look
    #[arg(long, value_name = "PROGRAM")]
    pub exec: Option<PathBuf>,
    /// How to tell
    #[arg(long, value_enum, default_value_t = WatchFormat::Human)]
    pub format: WatchFormat,
    #[command(flatten)]
    pub reading: ReadingArgs,
    /// Largest file to read, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = 64 * 1024 * 1024)]
    pub max_size: usize,
    /// Show full addresses and transactions
    #[arg(long, short)]
    pub verbose: bool,
    #[command(flatten)]
    pub network: NetworkArgs,
}

/// When a watch ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Until {
    /// All titles are returned to their issuers, or ended
    Returned,
    /// All titles are ended
    Ended,
    /// A title has changed
    Changed,
}

/// How events are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum WatchFormat {
    /// For reading
    Human,
    /// One object a line: schemas/watch.schema.json
    Jsonl,
}

fn interval(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(MaxBlockAge::Seconds(seconds @ 1..=LONGEST)) => Ok(Duration::from_secs(seconds)),
        _ => Err("it takes a time from 1s to 24h, such as 30s, 5m or 1h".to_owned()),
    }
}

/// A day in seconds.
const LONGEST: u64 = 86_400;
