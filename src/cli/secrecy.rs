//! What may be repeated of what the caller typed. A link holds a key or leads to a document, and people misspell links:
//! whatever may be one is never echoed, in no error, report or line of progress.

use std::borrow::Cow;
use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::path::Path;

use crate::text::{escape_for_terminal, is_deceptive, may_hold_a_key};

/// Whether a text is a link, however it is spelt: without its scheme or with another one, encoded, quoted, with blanks or
/// characters that cannot be seen before it or in it.
pub(super) fn is_link(text: &str) -> bool {
    let text: String = text.chars().filter(|character| !is_deceptive(*character)).collect();
    let text = text.to_ascii_lowercase();
    begins_like_a_url(&text)
        || ["://", "%3a%2f", "%7b", "%22key", "{\"", "&amp;", "\"key\""].iter().any(|part| text.contains(part))
        || text.split_once('?').is_some_and(|(_, query)| query.contains(['=', '%']))
        || text.split_once('#').is_some_and(|(_, fragment)| fragment.contains(['{', '=', '%', ':']))
        || text.split('&').skip(1).any(|pair| pair.contains('='))
}

/// Whether a text begins as only a web address does. It is never taken for a file, even where one has that name.
pub(super) fn begins_like_a_url(text: &str) -> bool {
    let visible = text.chars().filter(|character| !is_deceptive(*character));
    let start: String = visible.skip_while(|character| !character.is_ascii_alphanumeric()).take(8).collect();
    let start = start.to_ascii_lowercase();
    ["http:", "https:", "http//", "https//"].iter().any(|scheme| start.starts_with(scheme))
}

/// A path as it may be shown.
pub(super) fn path(path: &Path) -> String {
    let text = path.to_string_lossy();
    let is_there = path.symlink_metadata().is_ok();
    if begins_like_a_url(&text) || !is_there && is_link(&text) {
        return A_LINK.into();
    }
    // A key in the place of a file.
    let name = path.file_name().map(OsString::from).unwrap_or_default();
    if !is_there && path.extension().is_none() && may_hold_a_key(&name.to_string_lossy()) {
        return A_KEY.into();
    }
    text.into_owned()
}

/// What the argument parser says is wrong, for standard error.
pub(super) fn usage(error: &clap::Error) -> String {
    let styled = error.render();
    let color = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let message = if color { styled.ansi().to_string() } else { styled.to_string() };
    self::message(&message)
}

/// One of our own messages, which repeats no argument that it should not: whoever wrote it may have forgotten.
pub(super) fn message(text: &str) -> String {
    without_secrets(text, std::env::args_os().skip(1))
}

/// A message without the arguments, or parts of them, that must not be repeated.
fn without_secrets(message: &str, arguments: impl IntoIterator<Item = OsString>) -> String {
    let mut message = Cow::Borrowed(message);
    let mut secrets: Vec<(String, &str)> = Vec::new();
    for argument in arguments {
        let argument = argument.to_string_lossy().into_owned();
        let value = argument.strip_prefix('-').and_then(|flag| flag.split_once('=')).map(|(_, value)| value.to_owned());
        for text in value.into_iter().chain([argument]) {
            let is_there = !begins_like_a_url(&text) && Path::new(&text).symlink_metadata().is_ok();
            if is_there {
                continue;
            }
            if is_link(&text) {
                secrets.push((text, A_LINK));
            } else if may_hold_a_key(&text) {
                secrets.push((text, A_KEY));
            } else if escape_for_terminal(&text) != text {
                let escaped = escape_for_terminal(&text).into_owned();
                message = message.replace(&text, &escaped).into();
            }
        }
    }
    // The longest first, so that no rest of one is left over.
    secrets.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
    for (text, instead) in secrets {
        message = message.replace(&text, instead).into();
    }
    message.into_owned()
}

const A_LINK: &str = "(a link)";
const A_KEY: &str = "(perhaps a key)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_link_is_one() {
        for text in [
            "https://app.example/?q=%7B%7D",
            " HTTPS://app.example/s3cret",
            "<https://app.example/s3cret>",
            "\"http://app.example/s3cret\"",
            "app.example?q=s3cret",
            "app.example/#%7B%22key%22%3A%22s3cret%22%7D",
            "app.example/#{\"key\":\"s3cret\"}",
            "ftp://app.example/s3cret",
            "htps://app.example/s3cret",
            "https:/app.example/s3cret",
            "https//app.example/s3cret",
            "https:app.example/s3cret",
            "h\u{200b}ttps://app.example/s3cret",
            "\u{feff}https://app.example/s3cret",
            "https%3A%2F%2Fapp.example%2Fs3cret",
            "//app.example/?q=s3cret",
            "{\"key\":\"s3cret\"}",
            "app.example/path&key=s3cret",
        ] {
            assert!(is_link(text), "{text}");
            assert!(!path(Path::new(text)).contains("s3cret"), "{text}");
        }
        for text in
            ["bill.json", "bill #3.json", "what?.json", "C:\\bills\\{17}.json", "a=b.json", "../bill-17.tt", "-"]
        {
            assert!(!is_link(text), "{text}");
            assert_eq!(path(Path::new(text)), text);
        }
        let key = "8ce81a858defaefd88eb5ab97800c28e7507364be1e3399a1149926f480cf98e";
        assert_eq!(path(Path::new(key)), A_KEY);
        assert_eq!(path(Path::new(&format!("{key}.json"))), format!("{key}.json"));
    }

    #[test]
    fn a_message_of_the_parser_repeats_no_secret() {
        let arguments = ["ebl", "verify", "--quorum=https://h/s3cret", "x?q=s3cret", "a\u{1b}[2J"].map(OsString::from);
        let message = "invalid value 'https://h/s3cret' for '--quorum <N>', unexpected 'x?q=s3cret' or 'a\u{1b}[2J'";
        assert_eq!(
            without_secrets(message, arguments),
            "invalid value '(a link)' for '--quorum <N>', unexpected '(a link)' or 'a\\u{1b}[2J'"
        );
    }
}
