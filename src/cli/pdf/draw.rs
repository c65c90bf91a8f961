//! Draws the sheets: marks become a document of PDF/A-2a and PDF/UA-1, with its structure, its outline and page numbers.

use std::num::NonZeroU16;

use anyhow::{Result, anyhow};
use krilla::color::rgb;
use krilla::configure::{Accessibility, Archival, Configuration, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::{PathBuilder, Point, Rect, Transform};
use krilla::metadata::{DateTime, Metadata};
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, LineCap, LineJoin, Stroke};
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, Identifier, Node as Part, SpanTag, TagGroup, TagTree};
use krilla::{Document, SerializeSettings};

use super::fonts::{Fonts, Weight};
use super::lines::{Color, Line, Look, lines};
use super::sheet::{HEIGHT, LEFT, Mark, Node, RIGHT, Sheets, Tint, WIDTH};
use crate::report::view::Shape;

/// What is said of the whole document.
pub(super) struct About {
    pub title: String,
    /// RFC 3339.
    pub written: String,
    /// Headings, and where they stand: sheet and height.
    pub headings: Vec<(String, (usize, f32))>,
}

/// The document as bytes.
pub(super) fn document(sheets: Sheets<'_>, about: &About) -> Result<Vec<u8>> {
    let Sheets { fonts, sheets, nodes, .. } = sheets;
    let mut document =
        Document::new_with(SerializeSettings { configuration: archival()?, ..SerializeSettings::default() });
    document.set_metadata(metadata(about));
    document.set_outline(outline(about));
    let mut leaves: Vec<Vec<Identifier>> = nodes.iter().map(|_| Vec::new()).collect();
    let count = sheets.len();
    for (index, marks) in sheets.into_iter().enumerate() {
        let size = PageSettings::from_wh(WIDTH, HEIGHT).ok_or_else(|| anyhow!("no such sheet"))?;
        let mut page = document.start_page_with(size);
        {
            let mut pen = Pen { surface: page.surface(), fonts, leaves: &mut leaves };
            for mark in marks {
                pen.draw(mark);
            }
            pen.foot(&about.title, index + 1, count);
        }
        page.finish();
    }
    document.set_tag_tree(tree(nodes, leaves));
    document.finish().map_err(|error| anyhow!("the PDF could not be made: {error:?}"))
}

/// For keeping, and for those who do not see it (ISO 19005-2, ISO 14289-1).
fn archival() -> Result<Configuration> {
    let both = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish();
    both.map_err(|error| anyhow!("the PDF could not be made: {error:?}"))
}

fn metadata(about: &About) -> Metadata {
    let program = format!("{} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    let metadata = Metadata::new().title(about.title.clone()).language("en".into()).creator(program);
    match date(&about.written) {
        Some(date) => metadata.creation_date(date),
        None => metadata,
    }
}

fn date(written: &str) -> Option<DateTime> {
    let time = written.strip_suffix('Z')?.parse::<jiff::civil::DateTime>().ok()?;
    let part = |number: i8| u8::try_from(number).ok();
    let date = DateTime::new(u16::try_from(time.year()).ok()?).month(part(time.month())?).day(part(time.day())?);
    let date = date.hour(part(time.hour())?).minute(part(time.minute())?).second(part(time.second())?);
    Some(date.utc_offset_hour(0).utc_offset_minute(0))
}

fn outline(about: &About) -> Outline {
    let mut outline = Outline::new();
    for (heading, (sheet, y)) in &about.headings {
        let place = XyzDestination::new(*sheet, Point::from_xy(LEFT, *y));
        outline.push_child(OutlineNode::new(heading.clone(), place));
    }
    outline
}

/// The nodes below each other, with what was drawn of each.
fn tree(nodes: Vec<Node>, leaves: Vec<Vec<Identifier>>) -> TagTree {
    let mut groups: Vec<(Option<usize>, TagGroup)> = nodes
        .into_iter()
        .zip(leaves)
        .map(|(node, leaves)| {
            let mut group = TagGroup::new(node.tag);
            group.children = leaves.into_iter().map(Part::Leaf).collect();
            (node.parent, group)
        })
        .collect();
    let mut tree = TagTree::new();
    let mut roots = Vec::new();
    // Children come after their parents, so the last ones are whole first; they are put before those that came already.
    while let Some((parent, group)) = groups.pop() {
        match parent.and_then(|parent| groups.get_mut(parent)) {
            Some((_, parent)) => parent.children.push(group.into()),
            None => roots.push(group),
        }
    }
    roots.reverse();
    for mut root in roots {
        put_in_order(&mut root);
        tree.push(root);
    }
    tree
}

/// Children were hung in from the last to the first.
fn put_in_order(group: &mut TagGroup) {
    if group.children.iter().any(|child| matches!(child, Part::Group(_))) {
        group.children.reverse();
    }
    for child in &mut group.children {
        if let Part::Group(group) = child {
            put_in_order(group);
        }
    }
}

struct Pen<'s, 'p> {
    surface: Surface<'s>,
    fonts: &'p mut Fonts,
    leaves: &'p mut Vec<Vec<Identifier>>,
}

impl Pen<'_, '_> {
    fn draw(&mut self, mark: Mark) {
        match mark {
            Mark::Text { line, x, baseline, look, node } => self.text(&line, x, baseline, look, node),
            Mark::Shape { shape, x, y, size, color } => self.decorated(|pen| pen.shape(shape, x, y, size, color)),
            Mark::Rule { y } => self.decorated(|pen| pen.line((LEFT, y), (RIGHT, y), LINE, 0.6)),
            Mark::Area { x, y, width, height, tint, node } => {
                self.belonging(node, |pen| pen.area(x, y, width, height, tint));
            }
            Mark::Tick { x, y, height, node } => {
                self.belonging(Some(node), |pen| pen.line((x, y), (x, y + height), SOFT, 0.4));
            }
        }
    }

    /// What says nothing that the words beside it do not say.
    fn decorated(&mut self, draw: impl FnOnce(&mut Self)) {
        self.surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
        draw(self);
        self.surface.end_tagged();
    }

    /// A part of the figure `node`.
    fn belonging(&mut self, node: Option<usize>, draw: impl FnOnce(&mut Self)) {
        match node {
            None => self.decorated(draw),
            Some(node) => {
                let leaf = self.surface.start_tagged(ContentTag::Other);
                draw(self);
                self.surface.end_tagged();
                self.leaves.get_mut(node).into_iter().for_each(|leaves| leaves.push(leaf));
            }
        }
    }

    fn text(&mut self, line: &Line, x: f32, baseline: f32, look: Look, node: Option<usize>) {
        let mut x = x;
        for span in &line.spans {
            // What runs to the left is read back from its glyphs by their order and their letters; said once more it would be
            // turned round by readers that do so.
            let tag = match node {
                None => ContentTag::Artifact(Artifact::with_kind(ArtifactType::PaginationOther)),
                Some(_) => ContentTag::Span(SpanTag::empty()),
            };
            let leaf = self.surface.start_tagged(tag);
            self.surface.set_stroke(None);
            self.surface.set_fill(Some(fill(look.color.rgb())));
            for piece in &span.pieces {
                if let Some(font) = self.fonts.font(piece.face) {
                    let start = Point::from_xy(x + piece.at, baseline);
                    self.surface.draw_glyphs(start, &piece.glyphs, font, &piece.text, look.size, false);
                }
            }
            x += span.pieces.iter().map(|piece| piece.width).sum::<f32>();
            self.surface.end_tagged();
            if let Some(leaves) = node.and_then(|node| self.leaves.get_mut(node)) {
                leaves.push(leaf);
            }
        }
    }

    fn foot(&mut self, title: &str, number: usize, of: usize) {
        let look = Look { size: 7.5, weight: Weight::Regular, color: Color::Soft };
        let baseline = HEIGHT - 30.0;
        let page = format!("page {number} of {of}");
        let page = lines(self.fonts, &page, look, 120.0).into_iter().next().unwrap_or_default();
        let mut title = lines(self.fonts, title, look, RIGHT - LEFT - 130.0).into_iter();
        let first = title.next().unwrap_or_default();
        self.text(&first, LEFT, baseline, look, None);
        if title.next().is_some() {
            let more = lines(self.fonts, "…", look, 20.0).into_iter().next().unwrap_or_default();
            self.text(&more, LEFT + first.width, baseline, look, None);
        }
        self.text(&page, RIGHT - page.width, baseline, look, None);
    }

    fn shape(&mut self, shape: Shape, x: f32, y: f32, size: f32, color: Color) {
        let scale = size / 24.0;
        self.surface.push_transform(&Transform::from_row(scale, 0.0, 0.0, scale, x, y));
        let ink = color.rgb();
        if let Some(outline) = shape.outline() {
            self.surface.set_fill(shape.is_solid().then(|| fill(ink)));
            self.surface.set_stroke(Some(stroke(ink, 1.8)));
            self.surface.draw_path(&outline);
        }
        if let Some(sign) = shape.sign() {
            self.surface.set_fill(None);
            self.surface.set_stroke(Some(stroke(if shape.is_solid() { PAPER } else { ink }, 2.8)));
            self.surface.draw_path(&sign);
        }
        self.surface.pop();
    }

    fn area(&mut self, x: f32, y: f32, width: f32, height: f32, tint: Tint) {
        let (inside, around) = tint.colors();
        let Some(rect) = Rect::from_xywh(x, y, width, height) else { return };
        let mut path = PathBuilder::new();
        path.push_rect(rect);
        if let Some(path) = path.finish() {
            self.surface.set_fill(Some(fill(inside)));
            self.surface.set_stroke(Some(stroke(around, 0.7)));
            self.surface.draw_path(&path);
        }
    }

    fn line(&mut self, from: (f32, f32), to: (f32, f32), ink: Rgb, width: f32) {
        let mut path = PathBuilder::new();
        path.move_to(from.0, from.1);
        path.line_to(to.0, to.1);
        if let Some(path) = path.finish() {
            self.surface.set_fill(None);
            self.surface.set_stroke(Some(stroke(ink, width)));
            self.surface.draw_path(&path);
        }
    }
}

impl Color {
    fn rgb(self) -> Rgb {
        match self {
            Self::Ink => (0x16, 0x19, 0x1d),
            Self::Soft => SOFT,
            Self::Good => (0x0a, 0x66, 0x38),
            Self::Bad => (0xa0, 0x14, 0x1a),
            Self::Doubtful => (0x74, 0x47, 0x00),
        }
    }
}

impl Tint {
    /// Inside and around.
    fn colors(self) -> (Rgb, Rgb) {
        match self {
            Self::Good => ((0xe7, 0xf4, 0xec), Color::Good.rgb()),
            Self::Bad => ((0xfc, 0xea, 0xea), Color::Bad.rgb()),
            Self::Doubtful => ((0xff, 0xf3, 0xda), Color::Doubtful.rgb()),
            Self::Party(party) => {
                const INSIDE: [Rgb; 4] =
                    [(0xcf, 0xe0, 0xf5), (0xf3, 0xdd, 0xb8), (0xd3, 0xea, 0xd2), (0xe6, 0xd5, 0xee)];
                (INSIDE.get(party % INSIDE.len()).copied().unwrap_or_default(), Color::Ink.rgb())
            }
        }
    }
}

/// Red, green, blue.
type Rgb = (u8, u8, u8);

const PAPER: Rgb = (0xff, 0xff, 0xff);
const SOFT: Rgb = (0x52, 0x5c, 0x67);
const LINE: Rgb = (0xd5, 0xda, 0xe0);

fn fill((red, green, blue): Rgb) -> Fill {
    Fill { paint: rgb::Color::new(red, green, blue).into(), ..Fill::default() }
}

fn stroke((red, green, blue): Rgb, width: f32) -> Stroke {
    let paint = rgb::Color::new(red, green, blue).into();
    Stroke { paint, width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() }
}

/// Of a heading in the structure.
pub(super) fn level(level: u16) -> NonZeroU16 {
    NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN)
}
