//! Text from outside is hostile: it can move the cursor, hide itself or run backwards. It is escaped before printing.

use std::borrow::Cow;

use unicode_width::UnicodeWidthStr as _;

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
/// indented to stand under the first. A word that is longer than the room stands on a line of its own, less indented, so
/// that no terminal breaks it; a hash that fits into no line at all is shown by its ends.
pub fn hanging(text: &str, indent: usize, width: usize) -> String {
    hanging_from(text, indent, indent, width)
}

/// As [`hanging`], for a text whose first line starts at another column than the later ones.
pub fn hanging_from(text: &str, first: usize, indent: usize, width: usize) -> String {
    let right = width.max(indent + NARROWEST);
    let mut out = String::with_capacity(text.len() + 16);
    let mut column = first;
    let mut line_is_empty = true;
    let mut blanks = 0;
    for word in text.split(' ') {
        if word.is_empty() {
            blanks += 1;
            continue;
        }
        let shown = with_hashes_by_their_ends(word, width.saturating_sub(LEAST_INDENT));
        let length = columns(&shown);
        let gap = if line_is_empty { 0 } else { blanks + 1 };
        blanks = 0;
        if column + gap + length <= right {
            out.extend(std::iter::repeat_n(' ', gap));
            column += gap;
        } else {
            let room = if indent + length <= right { indent } else { width.saturating_sub(length).max(LEAST_INDENT) };
            let start = room.min(indent);
            // A word that would overflow from there just the same stays where it is.
            if !line_is_empty || start < column {
                out.push('\n');
                out.extend(std::iter::repeat_n(' ', start));
                column = start;
            }
        }
        out.push_str(&shown);
        column += length;
        line_is_empty = false;
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

/// `1 field`, `2 fields`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
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

/// A label and the text that [`hanging_from`] breaks, without blanks behind a label whose text begins on the next line.
pub fn beside(label: &str, text: &str) -> String {
    if text.starts_with('\n') { format!("{}{text}", label.trim_end()) } else { format!("{label}{text}") }
}

/// The columns that a terminal takes for a text: two for a Chinese character, none for a combining one.
pub fn columns(text: &str) -> usize {
    text.width()
}

/// A text that has to fit a beginning of `indent` columns in this much more, however narrow the terminal is.
const NARROWEST: usize = 20;
/// What a word that is too long for its place is indented at least.
const LEAST_INDENT: usize = 2;

/// The word with its hashes, keys and addresses written `0x12345678…12345678` if it is longer than `room`.
fn with_hashes_by_their_ends(word: &str, room: usize) -> Cow<'_, str> {
    const END: usize = 8;
    const SHORTEST: usize = 40;
    if columns(word) <= room {
        return Cow::Borrowed(word);
    }
    let mut out = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(start) = rest.find(|character: char| character.is_ascii_hexdigit()) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|character: char| !character.is_ascii_hexdigit()).unwrap_or(from.len());
        let (digits, after) = from.split_at(end);
        out.push_str(before);
        if digits.len() >= SHORTEST {
            out.extend([&digits[..END], "…", &digits[digits.len() - END..]]);
        } else {
            out.push_str(digits);
        }
        rest = after;
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// What a message may repeat of a value that somebody gave: a short beginning, cut at the first sign of a web address, a user
/// name, a parameter or an object, because a key may follow, and nothing that may be a key itself.
pub fn repeatable(text: &str) -> String {
    const LONGEST: usize = 80;
    let end = text.find(['/', '\\', '?', '#', '@', '&', '=', '%', '{']).unwrap_or(text.len());
    let (before, after) = text.split_at(end);
    // A user name stands before its sign.
    let before = if after.starts_with('@') || may_hold_a_key(before) { "" } else { before };
    let shown: String = before.chars().take(LONGEST).collect();
    if shown.len() == text.len() { shown } else { shown + "…" }
}

/// Whether a text has a word as long and as mixed as keys are. Addresses are known by their length.
pub fn may_hold_a_key(text: &str) -> bool {
    const SHORTEST: usize = 32;
    text.split(|character: char| !character.is_ascii_alphanumeric()).any(|word| {
        let digits = word.strip_prefix("0x").or(word.strip_prefix("xdc")).unwrap_or(word);
        let address = (38..=42).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let mixed =
            word.bytes().any(|byte| byte.is_ascii_digit()) && word.bytes().any(|byte| byte.is_ascii_alphabetic());
        word.len() >= SHORTEST && !address && (mixed || digits.len() >= 2 * SHORTEST)
    })
}

/// Characters that change how other text is shown, or are not shown at all: controls, line and paragraph separators, what
/// Unicode calls `Default_Ignorable_Code_Point` (zero-width and bidirectional characters, variation selectors, fillers, tags),
/// format controls beside these, and characters that are blank without being spaces. Signs of the category `Cf` that are
/// seen, as U+06DD, are none of them.
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
                | '\u{2800}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{13430}'..='\u{1343f}'
                | '\u{16fe4}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d159}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// Which way a piece of text runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// As Latin and Chinese do, and all that stands between words.
    LeftToRight,
    /// As Arabic and Hebrew do: from the first such letter to the last, with the blanks and numbers between them.
    RightToLeft,
}

/// The pieces of a text by the way that they run (UAX #9). Shown each by itself, none moves what stands beside it: a name that
/// runs to the left cannot take the number after it along.
pub(crate) fn runs(text: &str) -> impl Iterator<Item = (Direction, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let (direction, end) = if is_right_to_left(first) {
            (Direction::RightToLeft, end_of_right_to_left(rest))
        } else {
            (Direction::LeftToRight, rest.find(is_right_to_left).unwrap_or(rest.len()))
        };
        let (run, after) = rest.split_at(end);
        rest = after;
        Some((direction, run))
    })
}

/// Behind the last letter that runs to the left before one that runs to the right.
fn end_of_right_to_left(text: &str) -> usize {
    let mut end = 0;
    for (at, character) in text.char_indices() {
        if is_right_to_left(character) {
            end = at + character.len_utf8();
        } else if character.is_alphabetic() {
            break;
        }
    }
    end
}

/// Whether a character is in a block of scripts that run to the left; such blocks stay such (UAX #9, 3.2).
fn is_right_to_left(character: char) -> bool {
    matches!(
        character,
        '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' | '\u{10800}'..='\u{10fff}'
            | '\u{1e800}'..='\u{1efff}'
    )
}

/// A long name in the parts between which a line may end: the names of a path, the words that such a name is made of.
pub(crate) fn parts(name: &str) -> impl Iterator<Item = &str> {
    let mut rest = name;
    std::iter::from_fn(move || {
        let bytes = rest.as_bytes();
        let ends = |pair: &[u8]| match pair {
            [b'.' | b']' | b'_' | b'-' | b'/', after] => after.is_ascii_alphanumeric(),
            [before, b'['] => before.is_ascii_alphanumeric(),
            [before, after] => before.is_ascii_lowercase() && after.is_ascii_uppercase(),
            _ => false,
        };
        let end = bytes.windows(2).position(ends).map_or(rest.len(), |at| at + 1);
        let (part, after) = rest.split_at_checked(end)?;
        rest = after;
        (!part.is_empty()).then_some(part)
    })
}

/// Whether a word is a hash, an address or a key in hexadecimal.
pub(crate) fn is_hash(word: &str) -> bool {
    const SHORTEST: usize = 40;
    let digits = word.strip_prefix("0x").unwrap_or(word);
    digits.len() >= SHORTEST && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_breaks_between_the_words_it_is_made_of() {
        for (name, wanted) in [
            ("packages[0].netWeight", &["packages", "[0].", "net", "Weight"][..]),
            ("shipper.address_line", &["shipper.", "address_", "line"]),
            ("提單.a", &["提單.", "a"]),
            ("0x12ab", &["0x12ab"]),
            ("", &[]),
        ] {
            assert_eq!(parts(name).collect::<Vec<_>>(), wanted, "{name}");
            assert_eq!(parts(name).collect::<String>(), name);
        }
    }

    #[test]
    fn words_that_run_to_the_left_stand_by_themselves() {
        use Direction::{LeftToRight as Ltr, RightToLeft as Rtl};
        for (text, wanted) in [
            ("MV Havgard 提單", &[(Ltr, "MV Havgard 提單")][..]),
            ("BL שלום 12 עולם, 21 fields", &[(Ltr, "BL "), (Rtl, "שלום 12 עולם"), (Ltr, ", 21 fields")]),
            ("شركة abc شركة", &[(Rtl, "شركة"), (Ltr, " abc "), (Rtl, "شركة")]),
            ("", &[]),
        ] {
            assert_eq!(runs(text).collect::<Vec<_>>(), wanted, "{text}");
        }
    }

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
        assert_eq!(hanging_from(words, 16, 2, 26), "aaaa bbbb\n  cccc dddd eeee ffff");
        assert_eq!(hanging("aaaa bbbb   [code]", 2, 22), "aaaa bbbb   [code]");
        assert_eq!(hanging("aaaa bbbb cccc   [code]", 2, 22), "aaaa bbbb cccc\n  [code]");
        assert_eq!(hanging("提單提單 提單提單 提單提單", 2, 22), "提單提單 提單提單\n  提單提單");
    }

    #[test]
    fn a_long_word_is_never_cut() {
        let hash = format!("0x{}", "ab".repeat(32));
        assert_eq!(
            hanging(&format!("found {hash}, twice"), 17, 80),
            format!("found\n             {hash},\n                 twice")
        );
        let word = "w".repeat(70);
        assert_eq!(hanging(&format!("a {word} b"), 17, 50), format!("a\n  {word}\n{}b", " ".repeat(17)));
    }

    #[test]
    fn a_hash_that_fits_into_no_line_is_shown_by_its_ends() {
        let address = "3D7A4B384F08991f611F35028553c98f109BDbAe";
        assert_eq!(hanging(&format!("0x{}", "ab".repeat(32)), 2, 50), "0xabababab…abababab");
        let did = format!("did:ethr:0x{address}#controller");
        assert_eq!(hanging(&did, 2, 50), "did:ethr:0x3D7A4B38…109BDbAe#controller");
        assert_eq!(hanging(&did, 2, 80), did);
    }

    #[test]
    fn a_value_is_repeated_without_what_may_be_secret() {
        for (text, wanted) in [
            ("yesterday", "yesterday"),
            ("1:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe", "1:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe"),
            ("https://user:pw@rpc.example/v3/KEY?k=KEY", "https:…"),
            ("1=https://rpc.example/KEY", "1…"),
            ("user:pw@rpc.example", "…"),
            ("rpc.example/v3/KEY", "rpc.example…"),
            ("key=KEY", "key…"),
            ("8ce81a858defaefd88eb5ab97800c28e7507364be1e3399a1149926f480cf98e", "…"),
            ("0123456789abcdef0123456789abcdef", "…"),
        ] {
            assert_eq!(repeatable(text), wanted, "{text}");
        }
        assert_eq!(repeatable(&"é".repeat(100)).chars().count(), 81);
    }

    /// `Default_Ignorable_Code_Point` of DerivedCoreProperties.txt, the same from Unicode 12 to 16; then the category `Cf` without
    /// `Prepended_Concatenation_Mark` and U+070F, which are seen; then what is blank and no space.
    #[test]
    fn what_unicode_says_is_not_shown_is_escaped() {
        let ignorable = "ad 34f 61c 115f-1160 17b4-17b5 180b-180f 200b-200f 202a-202e 2060-206f 3164 fe00-fe0f feff ffa0 fff0-fff8 \
                         1bca0-1bca3 1d173-1d17a e0000-e0fff";
        let format = "ad 61c 180e 200b-200f 202a-202e 2060-2064 2066-206f feff fff9-fffb 13430-1343f 1bca0-1bca3 1d173-1d17a \
                      e0001 e0020-e007f";
        let blank = "2028-2029 2800 16fe4 1d159";
        let number = |digits: &str| u32::from_str_radix(digits, 16).unwrap();
        for range in
            [ignorable, format, blank].iter().flat_map(|list| list.split(' ')).filter(|range| !range.is_empty())
        {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            for code in number(first)..=number(last) {
                assert!(is_deceptive(char::from_u32(code).unwrap()), "U+{code:04X}");
            }
        }
        for seen in ['\u{600}', '\u{6dd}', '\u{70f}', '\u{110bd}', '\u{301}', '\u{fffc}', '\u{3000}', '\u{2801}'] {
            assert!(!is_deceptive(seen), "{seen:?}");
        }
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
