//! A node's own words about why it did not answer, as far as they may be shown. They are hostile text and may repeat the
//! key in the endpoint's URL: they are escaped, clipped, and robbed of everything that looks like an address or a secret.

use url::Url;

use super::reply::NodeError;
use crate::text::escape_for_terminal;

/// `error -32000, "missing trie node …": …` with what the caller can do where that is known.
pub(super) fn in_words(error: &NodeError, endpoint: &Url) -> String {
    let words = shown(&error.message, endpoint);
    let mut text = format!("error {}", error.code);
    if !words.is_empty() {
        text.push_str(&format!(", \"{words}\""));
    }
    if lacks_state(&error.message) {
        text.push_str(": it no longer keeps the state of that block, so give an archive node or use --block latest");
    }
    text
}

fn shown(message: &str, endpoint: &Url) -> String {
    let secrets = secrets(endpoint);
    let mut out = String::new();
    for word in message.split(|character: char| character.is_whitespace() || character.is_control()) {
        if word.is_empty() {
            continue;
        }
        let word = if may_be_shown(word, &secrets) { escape_for_terminal(word) } else { "…".into() };
        // One ellipsis says as much as several.
        if word == "…" && out.ends_with('…') {
            continue;
        }
        if out.chars().count() + word.chars().count() > LONGEST {
            out.push_str(if out.ends_with('…') { "" } else { " …" });
            break;
        }
        out.push_str(if out.is_empty() { "" } else { " " });
        // The words stand in quotation marks.
        out.push_str(&word.replace('"', "'"));
    }
    out
}

fn may_be_shown(word: &str, secrets: &[String]) -> bool {
    let address = word.contains("://") || word.contains('@') || word.contains('.') && word.contains('/');
    let lower = word.to_ascii_lowercase();
    !address
        && !word.contains(['=', '%'])
        && word.chars().count() <= LONGEST_WORD
        && !secrets.iter().any(|secret| lower.contains(secret))
}

/// Whatever of the endpoint's URL may be a key, in lower case.
fn secrets(endpoint: &Url) -> Vec<String> {
    const SHORTEST: usize = 4;
    let path = endpoint.path_segments().into_iter().flatten().map(str::to_owned);
    let query = endpoint.query_pairs().flat_map(|(name, value)| [name.into_owned(), value.into_owned()]);
    let user = [endpoint.username().to_owned(), endpoint.password().unwrap_or_default().to_owned()];
    let decoded = |text: String| percent_encoding::percent_decode_str(&text).decode_utf8_lossy().to_ascii_lowercase();
    path.chain(query).chain(user).map(decoded).filter(|text| text.len() >= SHORTEST).collect()
}

/// Whether the state of a block was thrown away, in the ways nodes say so.
fn lacks_state(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    [
        "missing trie node",
        "historical state",
        "no state available",
        "state not available",
        "state is not available",
        "world state unavailable",
        "state already discarded",
        "pruned",
        "pruning",
        "archive",
        "proof window",
    ]
    .iter()
    .any(|part| message.contains(part))
}

const LONGEST: usize = 160;
/// Hashes and keys are longer, words are not.
const LONGEST_WORD: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;

    fn words(message: &str) -> String {
        let endpoint = Url::parse("https://user:pa55word@rpc.example/v3/S3CRET?key=t0psecret").unwrap();
        in_words(&NodeError { code: -32000, message: message.to_owned(), ..NodeError::default() }, &endpoint)
    }

    #[test]
    fn a_node_is_quoted_and_a_pruned_one_explained() {
        assert_eq!(words("execution timeout"), "error -32000, \"execution timeout\"");
        assert_eq!(words(" "), "error -32000");
        let hash = "d0ec".repeat(16);
        let pruned = words(&format!("missing trie node {hash} (path ) state 0x{hash} is not available, not found"));
        assert_eq!(
            pruned,
            "error -32000, \"missing trie node … (path ) state … is not available, not found\": it no longer keeps the \
             state of that block, so give an archive node or use --block latest"
        );
        for message in [
            "required historical state unavailable (reexec=128)",
            "No state available for block 0x10",
            "World state unavailable for block",
            "distance to target block exceeds maximum proof window",
            "old data not available due to pruning",
        ] {
            assert!(words(message).contains("archive node"), "{message}");
        }
    }

    #[test]
    fn neither_addresses_nor_keys_are_quoted() {
        for message in [
            "see https://rpc.example/v3/S3CRET",
            "bad key s3cret",
            "bad key 'S3CRET'.",
            "host rpc.example/v3/s3cret refused",
            "user user:pa55word@rpc.example unknown",
            "apikey=t0psecret is over its limit",
            "t0psecret",
            "project 0123456789abcdef0123456789abcdef is unknown",
        ] {
            let shown = words(message).to_ascii_lowercase();
            for secret in ["s3cret", "pa55word", "t0psecret", "://", "0123456789abcdef"] {
                assert!(!shown.contains(secret), "{message}: {shown}");
            }
        }
    }

    #[test]
    fn words_can_neither_flood_nor_deceive() {
        assert!(words(&"wait ".repeat(10_000)).chars().count() < 200);
        assert_eq!(words("a\u{1b}[2J\r\nVALID \u{202e}b \"c\""), "error -32000, \"a [2J VALID \\u{202e}b 'c'\"");
    }
}
