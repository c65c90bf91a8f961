//! The page of `ebl summary`.

use super::inspect_page::fitted;
use super::tally::{BlocksOfChain, EndpointCount, RequestCount, Summary};
use crate::report::human::Style;
use crate::text::{counted, escape_for_terminal as escape};

/// The counts first, then what they are made of, then what documents show about each other and what is not known.
/// `runs` says whose requests are counted.
pub(super) fn page(summary: &Summary, runs: Runs, style: Style) -> String {
    let mut lines = vec![summary.line()];
    let mut section = |title: &str, items: Vec<String>| {
        if !items.is_empty() {
            let more = items.len().saturating_sub(MOST);
            lines.extend([String::new(), format!("  {title}")]);
            lines.extend(items.into_iter().take(MOST).map(|item| format!("    - {}", escape(&item))));
            if more > 0 {
                lines.push(format!("    - and {more} more: see --format json"));
            }
        }
    };
    let mut codes: Vec<_> = summary.codes.iter().collect();
    codes.sort_by_key(|(code, count)| (std::cmp::Reverse(**count), *code));
    section("Codes", codes.into_iter().map(|(code, count)| format!("{code}: {count}")).collect());
    section("Asked", summary.endpoints.iter().map(|asked| endpoint(asked, runs)).collect());
    section("Blocks", summary.blocks.iter().map(blocks).collect());
    section("Across documents", summary.findings.iter().map(|finding| finding.in_a_line()).collect());
    section("Not known", summary.not_known.clone());
    fitted(&lines, style)
}

/// Whether one summary was given or several.
#[derive(Clone, Copy)]
pub(super) enum Runs {
    One,
    Several,
}

fn endpoint(endpoint: &EndpointCount, runs: Runs) -> String {
    let EndpointCount { host, answered, failed, requests } = endpoint;
    let failures = failed.iter().map(|(cause, count)| format!("for {count}: {}", cause.replace('_', " ")));
    let failures = failures.collect::<Vec<_>>().join(", ");
    let failures = if failures.is_empty() { "for none" } else { &failures };
    let time = requests.map(|requests| time(&requests, runs)).unwrap_or_default();
    format!("{host}: answered for {}, failed {failures}{time}", counted(*answered, "document"))
}

/// Answers are counted of all documents, also of those that a run before judged; what was asked, of the runs alone.
fn time(requests: &RequestCount, runs: Runs) -> String {
    let (mean, longest) = (requests.mean_milliseconds(), requests.longest_milliseconds);
    let runs = match runs {
        Runs::One => "this run",
        Runs::Several => "these runs",
    };
    match requests.count {
        1 => format!("; 1 request in {runs}, {longest} ms"),
        several => format!("; {several} requests in {runs}, {mean} ms each, the longest {longest} ms"),
    }
}

fn blocks(blocks: &BlocksOfChain) -> String {
    let BlocksOfChain { chain_id, lowest, highest, documents } = blocks;
    format!("chain {chain_id}: {lowest} to {highest}, for {}", counted(*documents, "document"))
}

/// Of each section.
const MOST: usize = 50;
