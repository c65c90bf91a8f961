//! Sheets of A4 and what stands where on them: cells beside each other, broken between lines where a sheet ends. Nothing is
//! drawn yet, since the number of sheets is known at the end alone.

use std::borrow::Cow;
use std::collections::VecDeque;

use krilla::tagging::TagKind;

use super::fonts::Fonts;
use super::lines::{Color, Line, Look, lines};
use crate::report::view::Shape;

/// Of a sheet, in points.
pub(super) const WIDTH: f32 = 595.28;
pub(super) const HEIGHT: f32 = 841.89;
pub(super) const LEFT: f32 = 50.0;
pub(super) const RIGHT: f32 = WIDTH - 50.0;
const TOP: f32 = 48.0;
const BOTTOM: f32 = HEIGHT - 56.0;
/// Height of a line, to the size of its letters.
const LEADING: f32 = 1.36;
/// How far down in its line the letters stand.
const BASELINE: f32 = 1.02;
/// Room for a shape before a text.
const SHAPE: f32 = 14.0;

/// Everything that is drawn, and how it belongs together for those who do not see it.
pub(super) struct Sheets<'f> {
    pub fonts: &'f mut Fonts,
    pub sheets: Vec<Vec<Mark>>,
    pub nodes: Vec<Node>,
    /// Where the next thing begins.
    y: f32,
    /// Of the table that is being set: they stand above it again where it goes on.
    heads: Vec<Cell<'static>>,
}

/// A node of the structure, below another one.
pub(super) struct Node {
    pub tag: TagKind,
    pub parent: Option<usize>,
}

/// Something at a place.
pub(super) enum Mark {
    /// `node` is what it belongs to; nothing for what only says again what stands elsewhere.
    Text {
        line: Line,
        x: f32,
        baseline: f32,
        look: Look,
        node: Option<usize>,
    },
    Shape {
        shape: Shape,
        x: f32,
        y: f32,
        size: f32,
        color: Color,
    },
    /// From margin to margin.
    Rule {
        y: f32,
    },
    Area {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        tint: Tint,
        node: Option<usize>,
    },
    /// A thin line downwards.
    Tick {
        x: f32,
        y: f32,
        height: f32,
        node: usize,
    },
}

/// Of an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tint {
    Good,
    Bad,
    Doubtful,
    /// Of a party's bars, by its number.
    Party(usize),
}

/// Texts below each other in a column.
#[derive(Clone)]
pub(super) struct Cell<'t> {
    pub x: f32,
    pub width: f32,
    pub texts: Vec<(Cow<'t, str>, Look)>,
    pub node: Option<usize>,
    /// Before the first line.
    pub shape: Option<(Shape, Color)>,
}

/// What stands above a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Above {
    Space(f32),
    /// A rule, with space on both sides of it.
    Rule(f32),
}

impl<'f> Sheets<'f> {
    pub(super) fn new(fonts: &'f mut Fonts) -> Self {
        Self { fonts, sheets: vec![Vec::new()], nodes: Vec::new(), y: TOP, heads: Vec::new() }
    }

    /// A new node of the structure.
    pub(super) fn node(&mut self, parent: Option<usize>, tag: impl Into<TagKind>) -> usize {
        self.nodes.push(Node { tag: tag.into(), parent });
        self.nodes.len() - 1
    }

    /// Where the next thing begins: the sheet, from 0, and how far down.
    pub(super) fn place(&self) -> (usize, f32) {
        (self.sheets.len() - 1, self.y)
    }

    /// Leaves this much free.
    pub(super) fn space(&mut self, height: f32) {
        self.y += height;
    }

    /// Begins a new sheet unless this one has as much room.
    pub(super) fn keep(&mut self, height: f32) {
        if self.y + height > BOTTOM && self.y > TOP {
            self.next_sheet();
        }
    }

    pub(super) fn draw(&mut self, mark: Mark) {
        if let Some(sheet) = self.sheets.last_mut() {
            sheet.push(mark);
        }
    }

    /// The heads of a table, which stand above it again wherever it goes on until [`Self::end_table`].
    pub(super) fn heads(&mut self, heads: Vec<Cell<'static>>) {
        self.keep(64.0);
        self.heads = heads.iter().map(|head| Cell { node: None, ..head.clone() }).collect();
        let heads_again = std::mem::take(&mut self.heads);
        self.row(heads, Above::Space(4.0));
        self.heads = heads_again;
    }

    pub(super) fn end_table(&mut self) {
        self.heads.clear();
    }

    /// Cells beside each other. What is longer than a sheet goes on on the next.
    pub(super) fn row(&mut self, cells: Vec<Cell<'_>>, above: Above) {
        let mut columns: Vec<Column> = cells.into_iter().map(|cell| Column::of(cell, self.fonts)).collect();
        let height = columns.iter().map(Column::height).fold(0.0, f32::max);
        let (space, is_ruled) = match above {
            Above::Space(space) => (space, false),
            Above::Rule(space) => (space, true),
        };
        let is_short = height < (BOTTOM - TOP) / 2.0;
        if self.y + space + height > BOTTOM && (is_short || self.y + 60.0 > BOTTOM) {
            self.next_sheet();
        } else {
            self.y += space;
            if is_ruled {
                self.draw(Mark::Rule { y: self.y });
                self.y += space;
            }
        }
        loop {
            let top = self.y;
            for column in &mut columns {
                self.y = self.y.max(column.place(top, self.sheets.last_mut()));
            }
            if columns.iter().all(|column| column.lines.is_empty()) {
                return;
            }
            self.next_sheet();
        }
    }

    fn next_sheet(&mut self) {
        self.sheets.push(Vec::new());
        self.y = TOP;
        // They have no heads of their own.
        let heads = std::mem::take(&mut self.heads);
        if !heads.is_empty() {
            self.row(heads.clone(), Above::Space(0.0));
            self.y += 3.0;
            self.heads = heads;
        }
    }
}

/// A cell whose lines are set, as far as they are not placed yet.
struct Column {
    x: f32,
    node: Option<usize>,
    shape: Option<(Shape, Color)>,
    lines: VecDeque<(Line, Look)>,
}

impl Column {
    fn of(cell: Cell<'_>, fonts: &mut Fonts) -> Self {
        let indent = if cell.shape.is_some() { SHAPE } else { 0.0 };
        let mut set = VecDeque::new();
        for (text, look) in &cell.texts {
            set.extend(lines(fonts, text, *look, cell.width - indent).into_iter().map(|line| (line, *look)));
        }
        Self { x: cell.x, node: cell.node, shape: cell.shape, lines: set }
    }

    fn height(&self) -> f32 {
        self.lines.iter().map(|(_, look)| look.size * LEADING).sum()
    }

    /// Places what has room on this sheet, from `top` down; says where it ends. On an empty sheet one line always has.
    fn place(&mut self, top: f32, sheet: Option<&mut Vec<Mark>>) -> f32 {
        let Some(sheet) = sheet else { return top };
        let mut y = top;
        let mut x = self.x;
        if let Some((shape, color)) = self.shape {
            x += SHAPE;
            if let Some((_, look)) = self.lines.front() {
                sheet.push(Mark::Shape { shape, x: self.x, y: y + look.size * 0.14, size: look.size * 1.1, color });
                self.shape = None;
                self.x = x;
            }
        }
        while let Some((_, look)) = self.lines.front() {
            let (size, height) = (look.size, look.size * LEADING);
            if y + height > BOTTOM && y > TOP {
                break;
            }
            let Some((line, look)) = self.lines.pop_front() else { break };
            sheet.push(Mark::Text { line, x, baseline: y + size * BASELINE, look, node: self.node });
            y += height;
        }
        y
    }
}
