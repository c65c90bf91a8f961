//! The time line of a title, drawn.

use std::borrow::Cow;

use krilla::tagging::Tag;

use super::fonts::Weight;
use super::lines::{Color, Look, lines};
use super::sheet::{Above, Cell, LEFT, Mark, RIGHT, Tint};
use super::{BODY, NOTE, Page};
use crate::report::view::TimeLine;

const LABELS: f32 = 66.0;
const LANE: f32 = 20.0;
const GAP: f32 = 5.0;
const AXIS: f32 = 26.0;
/// Of one step, at most.
const WIDEST: f32 = 100.0;
/// A date needs as much.
const DATED: f32 = 52.0;

const ROLE: Look = Look { size: 8.0, color: Color::Soft, ..BODY };
const LETTER: Look = Look { size: 9.0, weight: Weight::Bold, color: Color::Ink };
const NUMBER: Look = Look { size: 7.5, color: Color::Soft, ..BODY };

/// The bars, and below them whose letters they have.
pub(super) fn draw(page: &mut Page<'_>, line: &TimeLine) {
    let lanes = line.lanes.len() as f32 * (LANE + GAP);
    page.sheets.space(6.0);
    page.sheets.keep(lanes + AXIS + 40.0);
    let text = format!("{}. {}", line.caption, line.description);
    let node = page.sheets.node(None, Tag::Figure(Some(text)));
    let (_, top) = page.sheets.place();
    let step = ((RIGHT - LEFT - LABELS) / line.steps.len().max(1) as f32).min(WIDEST);
    let x = |index: usize| LEFT + LABELS + index as f32 * step;
    for (index, lane) in line.lanes.iter().enumerate() {
        let y = top + index as f32 * (LANE + GAP);
        write(page, node, lane.role, ROLE, At::Start(LEFT), y + LANE * 0.64);
        for bar in &lane.bars {
            let (start, end) = (x(bar.steps.start), x(bar.steps.end));
            let tint = Tint::Party(bar.party);
            let area = Mark::Area { x: start, y, width: end - start, height: LANE, tint, node: Some(node) };
            page.sheets.draw(area);
            let letter = line.parties.get(bar.party).map_or("", |party| party.letter.as_str());
            write(page, node, letter, LETTER, At::Middle((start + end) / 2.0), y + LANE * 0.66);
        }
    }
    for (index, at) in line.steps.iter().enumerate() {
        let is_last = index + 1 == line.steps.len();
        page.sheets.draw(Mark::Tick { x: x(index), y: top, height: lanes, node });
        write(page, node, &at.number.to_string(), NUMBER, At::Start(x(index)), top + lanes + 8.0);
        if let Some(date) = at.date.as_ref().filter(|_| step >= DATED || index == 0 || is_last) {
            let place =
                if is_last && index > 0 && step < DATED { At::End(x(index) + 4.0) } else { At::Start(x(index)) };
            write(page, node, date, NUMBER, place, top + lanes + 18.0);
        }
    }
    page.sheets.space(lanes + AXIS);
    page.paragraph(&line.caption, NOTE);
    for party in &line.parties {
        let p = page.sheets.node(None, Tag::P);
        let texts = vec![(Cow::from(format!("{}  {}", party.letter, party.name)), NOTE)];
        let cell = Cell { x: LEFT, width: RIGHT - LEFT, texts, node: Some(p), shape: None };
        page.sheets.row(vec![cell], Above::Space(1.0));
    }
    page.sheets.space(4.0);
}

/// Where a short text stands.
enum At {
    Start(f32),
    Middle(f32),
    End(f32),
}

fn write(page: &mut Page<'_>, node: usize, text: &str, look: Look, at: At, baseline: f32) {
    let Some(line) = lines(page.sheets.fonts, text, look, RIGHT - LEFT).into_iter().next() else { return };
    let x = match at {
        At::Start(x) => x,
        At::Middle(x) => x - line.width / 2.0,
        At::End(x) => x - line.width,
    };
    page.sheets.draw(Mark::Text { line, x, baseline, look, node: Some(node) });
}
