//! The time line of a title, drawn.

use std::fmt::Write as _;

use super::Page;
use crate::report::view::TimeLine;

/// Of the drawing, in its own units.
const WIDTH: usize = 720;
const LABELS: usize = 96;
const LANE: usize = 32;
const GAP: usize = 8;
const AXIS: usize = 40;
/// Of one step, at most.
const WIDEST: usize = 140;
/// A date needs as much.
const DATED: usize = 84;

/// The bars, and below them whose letters they have.
pub(super) fn draw(page: &mut Page, line: &TimeLine, id: &str) {
    let step = ((WIDTH - LABELS) / line.steps.len().max(1)).min(WIDEST);
    let x = |index: usize| LABELS + index * step;
    let lanes = line.lanes.len() * (LANE + GAP);
    let height = lanes + AXIS;
    let _ = write!(
        page.out,
        "<figure>\n<svg class=\"line\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-labelledby=\"{id}t {id}d\">\n\
         <title id=\"{id}t\">"
    );
    page.out.push_str(&line.caption);
    let _ = write!(page.out, "</title>\n<desc id=\"{id}d\">");
    page.out.push_str(&line.description);
    page.out.push_str("</desc>\n");
    for (index, lane) in line.lanes.iter().enumerate() {
        let y = index * (LANE + GAP);
        let middle = y + LANE / 2;
        let _ = writeln!(page.out, "<text class=\"role\" x=\"0\" y=\"{middle}\">{}</text>", lane.role);
        for bar in &lane.bars {
            let (start, end) = (x(bar.steps.start), x(bar.steps.end));
            let letter = line.parties.get(bar.party).map_or("", |party| party.letter.as_str());
            let _ = writeln!(
                page.out,
                "<rect class=\"bar p{}\" x=\"{start}\" y=\"{y}\" width=\"{}\" height=\"{LANE}\"/>\
                 <text class=\"letter\" x=\"{}\" y=\"{middle}\">{letter}</text>",
                bar.party % 4,
                end - start,
                (start + end) / 2,
            );
        }
    }
    for (index, at) in line.steps.iter().enumerate() {
        let (x, is_last) = (x(index), index + 1 == line.steps.len());
        let _ = writeln!(
            page.out,
            "<path class=\"tick\" d=\"M{x} 0V{}\"/><text class=\"number\" x=\"{x}\" y=\"{}\">{}</text>",
            lanes + 2,
            lanes + 14,
            at.number
        );
        if let Some(date) = at.date.as_ref().filter(|_| step >= DATED || index == 0 || is_last) {
            let anchor = if is_last && index > 0 && step < DATED { " text-anchor=\"end\"" } else { "" };
            let _ = writeln!(page.out, "<text class=\"date\" x=\"{x}\" y=\"{}\"{anchor}>{date}</text>", lanes + 29);
        }
    }
    page.out.push_str("</svg>\n<figcaption>");
    page.text(&line.caption);
    page.out.push_str("</figcaption>\n<dl class=\"parties\">\n");
    for party in &line.parties {
        let _ = write!(page.out, "<div><dt>{}</dt><dd>", party.letter);
        page.text(&party.name);
        page.out.push_str("</dd></div>\n");
    }
    page.out.push_str("</dl>\n</figure>\n");
}
