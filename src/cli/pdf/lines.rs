//! A text in lines of a width: what could deceive in its escaped form, words that run to the left each by itself, and every
//! line as pieces of one font and one way.

use harfrust::Direction as Way;
use krilla::text::KrillaGlyph;

use super::fonts::{Face, Fonts, Weight};
use crate::text::{Direction, columns, escape_for_terminal, parts, runs};

/// How a text looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Look {
    /// In points.
    pub size: f32,
    pub weight: Weight,
    pub color: Color,
}

/// Of ink.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Color {
    Ink,
    Soft,
    Good,
    Bad,
    Doubtful,
}

/// One line.
#[derive(Default)]
pub(super) struct Line {
    pub spans: Vec<Span>,
    /// In points.
    pub width: f32,
}

/// A piece of a line that runs one way as a whole.
pub(super) struct Span {
    /// In the order in which they are read.
    pub pieces: Vec<Piece>,
}

/// A piece of one font.
pub(super) struct Piece {
    pub face: Face,
    pub text: String,
    pub glyphs: Vec<KrillaGlyph>,
    /// Where it begins in its span, in points.
    pub at: f32,
    /// In points.
    pub width: f32,
}

/// What stays together in a line.
struct Word<'t> {
    text: &'t str,
    direction: Direction,
    /// Without the blanks behind it.
    width: f32,
    /// With them.
    advance: f32,
}

/// The lines of a text; one without a word for an empty one.
pub(super) fn lines(fonts: &mut Fonts, text: &str, look: Look, width: f32) -> Vec<Line> {
    let text = shown(fonts, text);
    let mut lines = Vec::new();
    let mut line: Vec<Word<'_>> = Vec::new();
    let mut used = 0.0;
    for (direction, run) in runs(&text) {
        for word in words(run) {
            for word in fitting(fonts, word, direction, look, width) {
                if used + word.width > width && !line.is_empty() {
                    lines.push(set(fonts, &std::mem::take(&mut line), look));
                    used = 0.0;
                }
                used += word.advance;
                line.push(word);
            }
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(set(fonts, &line, look));
    }
    lines
}

/// What is shown of a text: what deceives, has no font or no agreed meaning by its number.
fn shown(fonts: &mut Fonts, text: &str) -> String {
    let escaped = escape_for_terminal(text);
    let mut out = String::with_capacity(escaped.len());
    for character in escaped.chars() {
        if is_private(character) || fonts.face(character, Weight::Regular).is_none() {
            out.extend(character.escape_unicode());
        } else {
            out.push(character);
        }
    }
    out
}

/// Each font has its own idea of these.
fn is_private(character: char) -> bool {
    matches!(character, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}')
}

/// The words of a run with the blanks behind them; ideographs each by themselves.
fn words(run: &str) -> impl Iterator<Item = &str> {
    let mut rest = run;
    std::iter::from_fn(move || {
        let mut before: Option<char> = None;
        let end = rest.char_indices().find_map(|(at, character)| {
            let breaks = before.is_some_and(|before| may_break(before, character));
            before = Some(character);
            breaks.then_some(at)
        });
        if rest.is_empty() {
            return None;
        }
        let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after;
        Some(word)
    })
}

fn may_break(before: char, after: char) -> bool {
    const CLOSING: &str = "、。，．：；！？）」』】》〉”’)]}.,;:!?";
    const OPENING: &str = "（「『【《〈“‘([{";
    let is_wide = |character: char| columns(character.encode_utf8(&mut [0; 4])) == 2;
    if before == ' ' {
        return after != ' ';
    }
    after != ' ' && (is_wide(before) || is_wide(after)) && !CLOSING.contains(after) && !OPENING.contains(before)
}

/// The word, or the parts of it that fit: the names of a path, or what there is room for.
fn fitting<'t>(fonts: &mut Fonts, word: &'t str, direction: Direction, look: Look, width: f32) -> Vec<Word<'t>> {
    let whole = measured(fonts, word, direction, look);
    if whole.width <= width {
        return vec![whole];
    }
    parts(word).flat_map(|part| broken(fonts, part, direction, look, width)).collect()
}

fn broken<'t>(fonts: &mut Fonts, word: &'t str, direction: Direction, look: Look, width: f32) -> Vec<Word<'t>> {
    let whole = measured(fonts, word, direction, look);
    if whole.width <= width {
        return vec![whole];
    }
    let mut parts = Vec::new();
    let (mut start, mut end, mut used) = (0, 0, 0.0);
    for (at, character) in word.char_indices() {
        let next = at + character.len_utf8();
        let own = word.get(at..next).map_or(0.0, |text| measured(fonts, text, direction, look).advance);
        // A mark stays with its letter.
        if used + own > width && end > start && columns(character.encode_utf8(&mut [0; 4])) > 0 {
            parts.extend(word.get(start..end).map(|part| measured(fonts, part, direction, look)));
            (start, used) = (end, 0.0);
        }
        used += own;
        end = next;
    }
    parts.extend(word.get(start..).map(|part| measured(fonts, part, direction, look)));
    parts
}

fn measured<'t>(fonts: &mut Fonts, text: &'t str, direction: Direction, look: Look) -> Word<'t> {
    let mut width = |text: &str| pieces(fonts, text, direction, look).iter().map(|piece| piece.width).sum();
    let advance = width(text);
    let bare = text.trim_end_matches(' ');
    let width = if bare.len() == text.len() { advance } else { width(bare) };
    Word { text, direction, width, advance }
}

/// The words of one line as they stand in it.
fn set(fonts: &mut Fonts, words: &[Word<'_>], look: Look) -> Line {
    let mut line = Line::default();
    for group in words.chunk_by(|one, next| one.direction == next.direction) {
        let text: String = group.iter().map(|word| word.text).collect();
        let Some(direction) = group.first().map(|word| word.direction) else { continue };
        let pieces = pieces(fonts, &text, direction, look);
        line.width += pieces.iter().map(|piece| piece.width).sum::<f32>();
        line.spans.push(Span { pieces });
    }
    line
}

/// A text by font. Numbers and Latin words among words that run to the left keep their own way (UAX #9).
fn pieces(fonts: &mut Fonts, text: &str, direction: Direction, look: Look) -> Vec<Piece> {
    if direction == Direction::LeftToRight
        && let Some((face, glyphs)) = fonts.ascii(text, look.weight)
    {
        let width = glyphs.iter().map(|glyph| glyph.x_advance).sum::<f32>() * look.size;
        return vec![Piece { face, text: text.to_owned(), glyphs, at: 0.0, width }];
    }
    match direction {
        Direction::LeftToRight => by_font(fonts, text, Way::LeftToRight, look),
        Direction::RightToLeft => {
            let bidi = unicode_bidi::ParagraphBidiInfo::new(text, Some(unicode_bidi::Level::rtl()));
            let (levels, ranges) = bidi.visual_runs(0..text.len());
            let mut all = Vec::new();
            let mut left = 0.0;
            for range in ranges {
                let start = range.start;
                let is_rtl = levels.get(start).is_some_and(|level| level.is_rtl());
                let run = text.get(range).unwrap_or_default();
                let mut placed =
                    if is_rtl { from_the_right(fonts, run, look) } else { by_font(fonts, run, Way::LeftToRight, look) };
                let width: f32 = placed.iter().map(|piece| piece.width).sum();
                placed.iter_mut().for_each(|piece| piece.at += left);
                all.push((start, placed));
                left += width;
            }
            // Drawn in the order in which it is read, for those who hear it or copy it.
            all.sort_by_key(|(start, _)| *start);
            all.into_iter().flat_map(|(_, placed)| placed).collect()
        }
    }
}

/// The words of a run to the left, each where it stands.
fn from_the_right(fonts: &mut Fonts, run: &str, look: Look) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for word in run.split_inclusive(' ') {
        pieces.extend(by_font(fonts, word, Way::RightToLeft, look));
    }
    let mut left: f32 = pieces.iter().map(|piece| piece.width).sum();
    for piece in &mut pieces {
        left -= piece.width;
        piece.at = left;
    }
    pieces
}

fn by_font(fonts: &mut Fonts, text: &str, way: Way, look: Look) -> Vec<Piece> {
    let mut groups: Vec<(Face, String)> = Vec::new();
    for character in text.chars() {
        let own = fonts.face(character, look.weight);
        match (groups.last_mut(), own) {
            // Blanks and marks stay with what they belong to.
            (Some((face, text)), Some(own))
                if *face == own
                    || (character == ' ' || columns(character.encode_utf8(&mut [0; 4])) == 0)
                        && fonts.has(*face, character) =>
            {
                text.push(character);
            }
            (_, Some(own)) => groups.push((own, character.into())),
            (_, None) => {}
        }
    }
    let mut at = 0.0;
    let pieces = groups.into_iter().map(|(face, text)| {
        let glyphs = fonts.shaped(face, &text, way);
        let width = glyphs.iter().map(|glyph| glyph.x_advance).sum::<f32>() * look.size;
        at += width;
        Piece { face, text, glyphs, at: at - width, width }
    });
    pieces.collect()
}
