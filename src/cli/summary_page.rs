//! The page of `ebl summary`.

use super::inspect_page::fitted;
use super::tally::{BlocksOfChain, EndpointCount, Summary};
use crate::report::human::Style;
use crate::text::escape_for_terminal as escape;

/// The counts first, then what they are made of, then what documents show about each other and what is not known.
pub(super) fn page(summary: &Summary, style: Style) -> String {
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
    section("Asked", summary.endpoints.iter().map(endpoint).collect());
    section("Blocks", summary.blocks.iter().map(blocks).collect());
    section("Across documents", summary.findings.iter().map(|finding| finding.in_a_line()).collect());
    section("Not known", summary.not_known.clone());
    fitted(&lines, style)
}

fn endpoint(endpoint: &EndpointCount) -> String {
    let EndpointCount { host, answered, failed, requests } = endpoint;
    let failures = failed.iter().map(|(cause, count)| format!("{count} {}", cause.replace('_', " ")));
    let failures = failures.collect::<Vec<_>>().join(", ");
    let failures = if failures.is_empty() { "for none".to_owned() } else { format!("for {failures}") };
    let time = requests.map(|requests| {
        let (mean, longest) = (requests.mean_milliseconds(), requests.longest_milliseconds);
        format!("; {} requests, {mean} ms each, the longest {longest} ms", requests.count)
    });
    format!("{host}: answered for {answered} documents, failed {failures}{}", time.unwrap_or_default())
}

fn blocks(blocks: &BlocksOfChain) -> String {
    let BlocksOfChain { chain_id, lowest, highest, documents } = blocks;
    format!("chain {chain_id}: {lowest} to {highest}, for {documents} documents")
}

/// Of each section.
const MOST: usize = 50;
