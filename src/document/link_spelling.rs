//! A link as it arrives (documents.md §8.3): with the punctuation of its sentence, without its scheme, inside the link of a
//! mail filter, its fragment encoded into the query. Only text is looked at here, and no host of any of these is asked.

use url::Url;

use crate::text::is_deceptive;

/// The text without what mail programs and people put around a link or into it.
pub(super) fn cleaned(text: &str) -> String {
    let visible: String = text.chars().filter(|character| !is_deceptive(*character)).collect();
    let before = |character: char| character.is_whitespace() || "<\"'([`“‘«„".contains(character);
    let behind = |character: char| character.is_whitespace() || ".,;:!?)>]\"'`”’»".contains(character);
    let text = visible.trim_start_matches(before).trim_end_matches(behind);
    // As in the source of a page.
    text.replace("&amp;", "&")
}

/// A URL, whose scheme may have been left out.
pub(super) fn url(text: &str) -> Option<Url> {
    match Url::parse(text) {
        Err(url::ParseError::RelativeUrlWithoutBase) if !text.starts_with(['{', '?', '#', '.']) => {
            Url::parse(&format!("https://{}", text.trim_start_matches('/'))).ok()
        }
        parsed => parsed.ok(),
    }
}

/// The one parameter of a mail filter's link that is a URL itself.
pub(super) fn wrapped_in(url: &Url) -> Option<String> {
    let begins = |text: &str| {
        let text = text.trim_start().to_ascii_lowercase();
        text.starts_with("https://") || text.starts_with("http://")
    };
    let mut inner = url.query_pairs().map(|(_, value)| value).filter(|value| begins(value));
    match (inner.next(), inner.next()) {
        (Some(only), None) => Some(only.into_owned()),
        _ => None,
    }
}

/// The value of `q`, and a fragment that was encoded into it.
pub(super) fn fragment_in(query: &str) -> (&str, Option<&str>) {
    match query.rfind("}#").and_then(|at| query.split_at_checked(at + 1)) {
        Some((object, fragment)) => (object, fragment.strip_prefix('#')),
        None => (query, None),
    }
}

/// Whether what a form wrote as `q` may be the object of an action link.
pub(super) fn is_object(query: &str) -> bool {
    query.trim_start().starts_with('{')
}
