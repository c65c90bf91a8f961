//! Screens of 80 and of 50 columns: every line fits, and nothing is cut inside a word or a hash.

use super::{GOOD_V2, command, document, file_with, text};

/// What is printed at this width. What a person would read on a terminal is the same.
fn printed(arguments: &[&str], width: usize) -> String {
    let output = command(arguments).env("COLUMNS", width.to_string()).output().expect("the binary starts");
    text(&output.stdout)
}

/// A hash that fits into no line is shown by its ends; anything else is a word of the wide page.
fn is_word_of(word: &str, wide: &[&str]) -> bool {
    match word.split_once('…') {
        Some((start, end)) => wide.iter().any(|known| known.starts_with(start) && known.ends_with(end)),
        None => wide.contains(&word),
    }
}

#[test]
fn every_page_fits_the_screen_and_cuts_no_word() {
    let folder = tempfile::tempdir().unwrap();
    let good = document(folder.path(), "v2-wrapped", GOOD_V2);
    let changed = std::fs::read_to_string(&good).unwrap().replacen("NDSE", "NDSF", 1);
    let changed = file_with(folder.path(), "a-bill-that-somebody-changed.json", changed.as_bytes());
    let policy = file_with(
        folder.path(),
        "policy.toml",
        b"dnssec = \"require\"\nholders = [\"0x70997970C51812dc3A010C7d01b50e0d17dc79C8\"]\n",
    );
    let names = file_with(folder.path(), "提單提單.json", "{}".as_bytes());
    let [good, changed, policy, names] = [&good, &changed, &policy, &names].map(|path| path.to_str().unwrap());
    let token = "ab".repeat(32);
    let registry = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
    let token = ["title", "--offline", "--chain-id", "1", "--registry", registry, "--token", &token];
    let pages: Vec<Vec<&str>> = vec![
        vec!["verify", "--offline", good],
        vec!["verify", "--offline", "-v", good],
        vec!["verify", "--offline", changed],
        vec!["verify", "--offline", names],
        vec!["inspect", good],
        vec!["inspect", "-v", changed],
        vec!["title", "--offline", good],
        token.to_vec(),
        vec!["policy", "check", policy],
        vec!["explain"],
        vec!["explain", "integrity.digest_mismatch"],
        vec!["doctor", "--offline"],
        #[cfg(feature = "testchain")]
        vec!["demo"],
    ];
    for arguments in pages {
        let wide = printed(&arguments, 140);
        let words: Vec<&str> = wide.split_whitespace().collect();
        assert!(words.len() > 3, "{arguments:?} prints nothing: {wide}");
        for width in [80, 50] {
            let page = printed(&arguments, width);
            for line in page.lines() {
                let columns = unicode_width::UnicodeWidthStr::width(line);
                // A path or the like that is wider than the screen stands alone.
                let one_word = line.split_whitespace().count() == 1;
                assert!(columns <= width || one_word, "{width} columns, {arguments:?}: {line}");
                assert_eq!(line.trim_end(), line, "{arguments:?} ends in blanks");
            }
            for word in page.split_whitespace() {
                assert!(is_word_of(word, &words), "{width} columns, {arguments:?}: {word} is not whole\n{page}");
            }
        }
    }
}
