//! Why a TOML text is not right: where, and what would be. Never the text itself: settings hold keys, and people give a
//! file for another kind of file.

use std::borrow::Cow;

/// `line 3, column 7: expected a list`.
pub(crate) fn in_words(text: &str, error: &toml::de::Error) -> String {
    let start = error.span().map_or(0, |span| span.start);
    let before = text.get(..start).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("line {line}, column {column}: {}", cause(error.message()))
}

/// The same of a JSON text.
pub(crate) fn of_json(error: &serde_json::Error) -> String {
    let (line, column, message) = (error.line(), error.column(), error.to_string());
    let message = message.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&message);
    format!("line {line}, column {column}: {}", cause(message))
}

/// A message of serde's, or of the TOML library's, without the values in it. Names of keys and words stay where they can be
/// nothing else.
pub(crate) fn cause(message: &str) -> String {
    // What follows the last "expected" is ours or the library's; before it may stand a value, of any form.
    let (found, expected) = match message.rfind(", expected ") {
        Some(at) => (&message[..at], message.get(at + 2..).unwrap_or_default()),
        None => (message, ""),
    };
    let known: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
    if let Some(name) = quoted(found, "unknown field ") {
        return format!("unknown key{}{}", name_of(name), nearest(name, &known));
    }
    if quoted(found, "unknown variant ").is_some() {
        return format!("unknown word: {expected}");
    }
    if let Some(rest) = found.strip_prefix("invalid type: ").or_else(|| found.strip_prefix("invalid value: ")) {
        let kind = rest.split([' ', '`', '"']).next().unwrap_or_default();
        let kind = match kind {
            "string" => "text",
            "map" | "table" => "a table",
            "sequence" => "a list",
            "integer" | "boolean" => rest,
            "floating" => "a number with a point",
            _ => "another kind of value",
        };
        return format!("{}, found {}", in_plain_words(expected), kind.replace('`', ""));
    }
    let plain = !message.contains(['"', '\'', '/', '@', '?', '#', '=']) || message.starts_with("duplicate key");
    if message.starts_with("duplicate") {
        "the same key stands twice".into()
    } else if plain || is_of_syntax(message) {
        message.replace('\n', ", ")
    } else {
        "this is not as it should be".into()
    }
}

/// Without the names that the types have in the program.
fn in_plain_words(expected: &str) -> &str {
    match expected.trim_start_matches("expected ") {
        "u8" => "expected a whole number up to 255",
        "u16" | "u32" | "u64" | "usize" | "i64" => "expected a whole number",
        "a boolean" => "expected true or false",
        "a string" | "path string" => "expected text",
        "a sequence" => "expected a list",
        "a map" => "expected a table",
        _ => expected,
    }
}

/// The TOML library's own words, which name only characters that it looked for.
fn is_of_syntax(message: &str) -> bool {
    ["invalid ", "missing ", "unclosed ", "extra ", "key with no value", "unexpected ", "expected "]
        .iter()
        .any(|start| message.starts_with(start))
        && message.split(['`', '\'']).all(|part| part.split_whitespace().all(|word| word.len() <= LONGEST_WORD))
        && !message.contains("://")
}

fn quoted<'a>(found: &'a str, start: &str) -> Option<&'a str> {
    found.strip_prefix(start)?.strip_prefix('`')?.strip_suffix('`')
}

/// Only what looks like a name is repeated.
fn name_of(name: &str) -> String {
    if is_name(name) { format!(" `{name}`") } else { String::new() }
}

fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    !name.is_empty() && name.len() <= LONGEST_WORD && name.bytes().all(plain)
}

/// `; did you mean …?`, else all that there is.
pub(crate) fn nearest(name: &str, known: &[&str]) -> Cow<'static, str> {
    let near = known
        .iter()
        .map(|known| (strsim::jaro_winkler(&name.to_ascii_lowercase(), &known.to_ascii_lowercase()), known))
        .filter(|(likeness, _)| *likeness > NEAR)
        .max_by(|one, other| one.0.total_cmp(&other.0));
    match near {
        Some((_, near)) => format!("; did you mean `{near}`?").into(),
        None if known.is_empty() => "".into(),
        None => format!("; there are {}", known.join(", ")).into(),
    }
}

const LONGEST_WORD: usize = 40;
/// Above it two names are taken for one with a slip.
const NEAR: f64 = 0.8;

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its errors are looked at")]
    struct Example {
        #[serde(default)]
        trust_registry: Vec<String>,
        #[serde(default)]
        rpc: std::collections::BTreeMap<String, Vec<String>>,
        dnssec: Option<Dnssec>,
        quorum: Option<u8>,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Dnssec {
        Report,
        Require,
    }

    fn said(text: &str) -> String {
        in_words(text, &toml::from_str::<Example>(text).unwrap_err())
    }

    #[test]
    fn place_and_cause_are_said_and_the_near_name() {
        for (text, wanted) in [
            ("trust_registri = []", "line 1, column 1: unknown key `trust_registri`; did you mean `trust_registry`?"),
            ("\nzzz = 1", "line 2, column 1: unknown key `zzz`; there are trust_registry, rpc, dnssec, quorum"),
            ("quorum = 'two'", "line 1, column 10: expected a whole number up to 255, found text"),
            ("dnssec = 'perhaps'", "line 1, column 10: unknown word: expected `report` or `require`"),
            ("[rpc]\n1 = 'x'", "line 2, column 5: expected a list, found text"),
            ("quorum = 1\nquorum = 2", "line 2, column 1: the same key stands twice"),
        ] {
            assert_eq!(said(text), wanted, "{text}");
        }
    }

    #[test]
    fn no_value_is_repeated_whatever_stands_where() {
        let url = "https://user:s3cret@h.example/v3/s3cret?k=s3cret";
        for text in [
            format!("[rpc]\n1 = '{url}'"),
            format!("[rpc]\n1 = [{url}]"),
            format!("[rpc]\n1 = '{url}"),
            format!("rpc = '{url}'"),
            format!("dnssec = '{url}'"),
            format!("dnssec = '{url}`, expected s3cret'"),
            format!("quorum = '{url}'"),
            format!("quorum = \"{url}\\\", expected x\""),
            format!("'{url}' = 1"),
            format!("'{url}' = 1\n'{url}' = 2"),
            format!("{url} = 1"),
            url.to_owned(),
            format!("rpc.'{url}' = 1"),
            format!("rpc = {{ 1 = '{url}', 1 = '{url}' }}"),
            format!("quorum = 1 {url}"),
            "quorum = s3cret".into(),
            "dnssec = s3cret".into(),
        ] {
            let said = said(&text);
            assert!(said.starts_with("line "), "{said}");
            assert!(!said.contains("s3cret") && !said.contains("h.example"), "{text}: {said}");
        }
    }
}
