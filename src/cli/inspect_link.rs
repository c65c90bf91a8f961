//! `ebl inspect LINK`: what would be fetched, without fetching it and without showing a key.

use serde_json::json;

use super::inspect_page::{Page, fitted, headline};
use crate::document::link::Link;
use crate::report::human::Style;
use crate::text::escape_for_terminal as escape;
use crate::web_address::{Reach, WebAddress};

pub(super) fn page(link: &Link, style: Style) -> Page {
    let address = shown(&link.address);
    let public = WebAddress::parse(link.address.as_str(), Reach::Public).map(drop);
    let mut lines = vec![
        headline(&format!("link to {}", link.address.host()), "nothing was fetched", style),
        String::new(),
        format!("  Would fetch {}", escape(&address)),
        match link.chain {
            Some(chain) => format!("  Chain       {chain}: the document must be on it"),
            None => "  Chain       none in the link: the document's own counts".to_owned(),
        },
        format!("  Key         {}", if link.key.is_some() { "in the link" } else { "none in the link" }),
    ];
    if let Err(why) = public {
        lines.push(format!("  Note        this address is not asked: {why}"));
    }
    let found = json!({
        "format": "link",
        "would_fetch": address,
        "chain_id": link.chain.map(|chain| chain.to_string()),
        "carries_key": link.key.is_some(),
        "needs_allow_private": public.is_err(),
    });
    Page { human: fitted(&lines, style), found }
}

/// The URL without what may be a secret: no query, and no path segment as long as one.
fn shown(address: &WebAddress) -> String {
    const LONG: usize = 32;
    let segments = address.url().path_segments().into_iter().flatten();
    let path: String = segments.map(|part| if part.len() < LONG { format!("/{part}") } else { "/…".into() }).collect();
    let query = if address.url().query().is_some() { "?…" } else { "" };
    format!("https://{}{path}{query}", address.host())
}
