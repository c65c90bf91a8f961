//! A link as it arrives (documents.md §8.3): with the punctuation of its sentence, without its scheme, inside the link of a
//! mail filter, its fragment encoded into the query. Only text is looked at here, and no host of any of these is asked.

use percent_encoding::percent_decode_str;
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

/// The one parameter, or part of the path, of a mail filter's link that is a URL itself.
pub(super) fn wrapped_in(url: &Url) -> Option<String> {
    let in_path = url.path().split('/').filter_map(|part| percent_decode_str(part).decode_utf8().ok());
    let mut inner = url.query_pairs().map(|(_, value)| value).chain(in_path).filter(|value| is_web_address(value));
    match (inner.next(), inner.next()) {
        (Some(only), None) => Some(only.into_owned()),
        _ => None,
    }
}

/// What stands in a link of a filter that has its own way of writing it: URL Defense, `/v2/url?u=…` and `/v3/__…__;…!!…`.
pub(super) fn defended_in(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    let of_the_filter = host == "urldefense.com" || host == "urldefense.us" || host == "urldefense.proofpoint.com";
    let inner = match url.path() {
        _ if !of_the_filter => None,
        "/v2/url" => {
            let (_, value) = url.query_pairs().find(|(name, _)| name == "u")?;
            // There `-` stands for `%`, and `_` for `/`.
            let value = value.replace('_', "/").replace('-', "%");
            percent_decode_str(&value).decode_utf8().ok().map(|text| text.into_owned())
        }
        path if path.starts_with("/v3/__") => {
            let (_, inner) = url.as_str().split_once("/v3/__")?;
            let (inner, replaced) = inner.split_once("__;")?;
            let (replaced, _) = replaced.split_once('!').unwrap_or((replaced, ""));
            with_replaced(inner, replaced)
        }
        _ => None,
    };
    inner.filter(|inner| is_web_address(inner))
}

/// Puts back the characters that stand aside: `*` is for one of them, `**` and a letter or digit for a run.
fn with_replaced(text: &str, replaced: &str) -> Option<String> {
    use base64::Engine as _;
    let replaced = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(replaced.trim_end_matches('=')).ok()?;
    let replaced = String::from_utf8(replaced).ok()?;
    let (mut replaced, mut out) = (replaced.chars(), String::new());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('*') {
        out.push_str(before);
        let run = after.strip_prefix('*').and_then(|run| Some((run.chars().next()?, run.get(1..)?)));
        let (length, left) = match run {
            Some((digit, left)) => (RUN_LENGTHS.find(digit)? + SHORTEST_RUN, left),
            None => (1, after),
        };
        for _ in 0..length {
            out.push(replaced.next()?);
        }
        rest = left;
    }
    Some(out + rest)
}

const SHORTEST_RUN: usize = 2;
const RUN_LENGTHS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn is_web_address(text: &str) -> bool {
    let text = text.trim_start().to_ascii_lowercase();
    text.starts_with("https://") || text.starts_with("http://")
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
