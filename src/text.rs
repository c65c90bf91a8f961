//! Text from outside is hostile: it can move the cursor, hide itself or run backwards. It is escaped before printing.

use std::borrow::Cow;

/// The text with every deceptive character written as `\u{…}`.
pub fn escape_for_terminal(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_deceptive) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_deceptive(character) {
            out.extend(character.escape_unicode());
        } else {
            out.push(character);
        }
    }
    Cow::Owned(out)
}

/// The text broken between words so that it fits into `width` columns when it starts at column `indent`; later lines are
/// indented to stand under the first. A word that is longer than the room is left whole.
pub fn hanging(text: &str, indent: usize, width: usize) -> String {
    let room = width.saturating_sub(indent).max(20);
    let mut out = String::with_capacity(text.len() + 16);
    let mut used = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > room {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent));
            used = 0;
        } else if used > 0 {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += length;
    }
    out
}

/// A name from outside, short enough to be repeated in a sentence. Where it is cut, it says so.
pub fn clipped(text: &str) -> std::borrow::Cow<'_, str> {
    const LONGEST: usize = 200;
    match text.char_indices().nth(LONGEST) {
        None => text.into(),
        Some((end, _)) => format!("{}… ({} bytes in all)", &text[..end], text.len()).into(),
    }
}

/// The first names of a list that may be as long as the file, and how many more there are.
pub fn listed(mut names: impl Iterator<Item = String>) -> Vec<String> {
    let mut shown: Vec<String> = names.by_ref().take(MOST_LISTED).collect();
    match names.count() {
        0 => {}
        more => shown.push(format!("and {more} more")),
    }
    shown
}

/// Of names from outside that are listed one by one.
pub const MOST_LISTED: usize = 1000;

/// Characters that change how other text is shown, or are not shown at all: controls, line and paragraph separators,
/// bidirectional controls, zero-width characters, tags and other default-ignorables.
pub fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_of_any_script_stays_as_it_is() {
        for text in ["MV Havgard", "提單", "Überprüft ✓", "🚢"] {
            assert!(matches!(escape_for_terminal(text), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn long_text_hangs_under_its_beginning() {
        let words = "aaaa bbbb cccc dddd eeee ffff";
        assert_eq!(hanging(words, 2, 26), "aaaa bbbb cccc dddd eeee\n  ffff");
        assert_eq!(hanging(words, 80, 40), "aaaa bbbb cccc dddd\n".to_owned() + &" ".repeat(80) + "eeee ffff");
    }

    #[test]
    fn text_cannot_move_hide_or_run_backwards() {
        assert_eq!(escape_for_terminal("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(escape_for_terminal("VALID\r\nfake"), "VALID\\u{d}\\u{a}fake");
        for character in ['\u{202e}', '\u{2066}', '\u{200b}', '\u{9b}', '\u{7f}', '\u{e0041}', '\u{2028}'] {
            assert!(is_deceptive(character), "{character:?}");
        }
    }
}
