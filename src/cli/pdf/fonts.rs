//! Which font shows which character: one that this program carries for Latin, Greek and Cyrillic, and the computer's own for
//! other scripts. A character that no font has is shown by its number, never as an empty box.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use harfrust::{Direction as Way, FontRef, ShapeOptions, ShaperData, UnicodeBuffer};
use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::MetadataProvider as _;

/// Which of the two weights of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Bold,
}

/// A font that is loaded, by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Face(usize);

/// All fonts of one report.
pub(super) struct Fonts {
    /// The carried ones first: regular, bold.
    loaded: Vec<Loaded>,
    /// The computer's; read when a character is met that the carried ones lack.
    system: Option<fontdb::Database>,
    /// Of characters that were met.
    faces: BTreeMap<char, Option<Face>>,
    /// What no font has.
    missing: BTreeSet<char>,
    /// ASCII in the carried fonts, which have one glyph for each character, whatever stands beside it.
    ascii: [Vec<(GlyphId, f32)>; 2],
}

struct Loaded {
    bytes: Arc<Vec<u8>>,
    index: u32,
    shaping: ShaperData,
    font: Font,
    id: Option<fontdb::ID>,
}

/// More searches would be a text that is made to be slow.
const MOST_SEARCHED: usize = 512;
/// More fonts, too.
const MOST_LOADED: usize = 24;

impl Fonts {
    pub(super) fn new() -> Result<Self> {
        let carried = [REGULAR, BOLD].map(|bytes| Loaded::of(bytes.to_vec(), 0, None));
        let loaded = carried.into_iter().collect::<Option<Vec<_>>>().context("the carried fonts cannot be read")?;
        let ascii = [0, 1].map(|face: usize| loaded.get(face).map(Loaded::ascii).unwrap_or_default());
        Ok(Self { loaded, system: None, faces: BTreeMap::new(), missing: BTreeSet::new(), ascii })
    }

    /// The glyphs of a text in ASCII without shaping it, which most of a report is; nothing for another text.
    pub(super) fn ascii(&self, text: &str, weight: Weight) -> Option<(Face, Vec<KrillaGlyph>)> {
        let face = Face(usize::from(weight == Weight::Bold));
        let known = self.ascii.get(face.0)?;
        let glyphs = text.bytes().enumerate().map(|(at, byte)| {
            let (glyph, advance) = known.get(usize::from(byte))?;
            Some(KrillaGlyph::new(*glyph, *advance, 0.0, 0.0, 0.0, at..at + 1, None))
        });
        Some((face, glyphs.collect::<Option<Vec<_>>>()?))
    }

    /// The font of a character; none where no font has it.
    pub(super) fn face(&mut self, character: char, weight: Weight) -> Option<Face> {
        let known = match self.faces.get(&character) {
            Some(known) => *known,
            None => {
                let found = self.searched(character);
                self.faces.insert(character, found);
                if found.is_none() {
                    self.missing.insert(character);
                }
                found
            }
        };
        match (known, weight) {
            (Some(Face(0)), Weight::Bold) => Some(Face(1)),
            (known, _) => known,
        }
    }

    /// Whether this font has it.
    pub(super) fn has(&self, Face(face): Face, character: char) -> bool {
        self.loaded.get(face).is_some_and(|loaded| loaded.has(character))
    }

    /// What had to be shown by its number.
    pub(super) fn missing(&self) -> &BTreeSet<char> {
        &self.missing
    }

    pub(super) fn font(&self, Face(face): Face) -> Option<Font> {
        self.loaded.get(face).map(|loaded| loaded.font.clone())
    }

    /// The glyphs of a text that runs one way, in the order in which they stand.
    pub(super) fn shaped(&self, Face(face): Face, text: &str, way: Way) -> Vec<KrillaGlyph> {
        self.loaded.get(face).map(|loaded| loaded.shaped(text, way)).unwrap_or_default()
    }

    fn searched(&mut self, character: char) -> Option<Face> {
        if let Some(face) = self.loaded.iter().position(|loaded| loaded.has(character)) {
            return Some(Face(face));
        }
        if self.missing.len() >= MOST_SEARCHED || self.loaded.len() >= MOST_LOADED {
            return None;
        }
        let system = self.system.get_or_insert_with(|| {
            let mut fonts = fontdb::Database::new();
            fonts.load_system_fonts();
            fonts
        });
        let known: Vec<fontdb::ID> = self.loaded.iter().filter_map(|loaded| loaded.id).collect();
        let mut faces: Vec<&fontdb::FaceInfo> = system.faces().filter(|face| !known.contains(&face.id)).collect();
        faces.sort_by_key(|face| suitability(face));
        let loaded = faces.into_iter().find_map(|face| {
            let has =
                |bytes: &[u8], index| FontRef::from_index(bytes, index).is_ok_and(|font| has_outline(&font, character));
            if !system.with_face_data(face.id, has)? {
                return None;
            }
            let bytes = system.with_face_data(face.id, |bytes, _| bytes.to_vec())?;
            Loaded::of(bytes, face.index, Some(face.id))
        })?;
        self.loaded.push(loaded);
        Some(Face(self.loaded.len() - 1))
    }
}

impl Loaded {
    fn of(bytes: Vec<u8>, index: u32, id: Option<fontdb::ID>) -> Option<Self> {
        let bytes = Arc::new(bytes);
        let shaping = ShaperData::new(&FontRef::from_index(&bytes, index).ok()?);
        let font = Font::new(bytes.clone().into(), index)?;
        Some(Self { bytes, index, shaping, font, id })
    }

    /// Glyph and width of each character of ASCII; escaped text holds no control, so what they have is not drawn.
    fn ascii(&self) -> Vec<(GlyphId, f32)> {
        let text: String = (0..128_u8).map(char::from).collect();
        let em = self.font.units_per_em();
        let Ok(font) = skrifa::FontRef::from_index(&self.bytes, self.index) else { return Vec::new() };
        let advances = font.glyph_metrics(skrifa::instance::Size::unscaled(), skrifa::instance::LocationRef::default());
        let glyph = |character| {
            let glyph = font.charmap().map(character).unwrap_or_default();
            (GlyphId::new(glyph.to_u32()), advances.advance_width(glyph).unwrap_or_default() / em)
        };
        text.chars().map(glyph).collect()
    }

    fn parsed(&self) -> Option<FontRef<'_>> {
        FontRef::from_index(&self.bytes, self.index).ok()
    }

    fn has(&self, character: char) -> bool {
        self.parsed().is_some_and(|font| has_outline(&font, character))
    }

    fn shaped(&self, text: &str, way: Way) -> Vec<KrillaGlyph> {
        let Some(font) = self.parsed() else { return Vec::new() };
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        buffer.set_direction(way);
        let shaped = self.shaping.shaper(&font).build().shape(buffer, ShapeOptions::default());
        let clusters: Vec<usize> = shaped.glyph_infos().iter().map(|info| info.cluster as usize).collect();
        let starts: BTreeSet<usize> = clusters.iter().copied().collect();
        let em = self.font.units_per_em();
        let glyphs = shaped.glyph_infos().iter().zip(shaped.glyph_positions());
        glyphs
            .map(|(info, position)| {
                let start = info.cluster as usize;
                let end = starts.range(start + 1..).next().copied().unwrap_or(text.len());
                KrillaGlyph::new(
                    GlyphId::new(info.glyph_id),
                    position.x_advance as f32 / em,
                    position.x_offset as f32 / em,
                    position.y_offset as f32 / em,
                    position.y_advance as f32 / em,
                    start..end,
                    None,
                )
            })
            .collect()
    }
}

/// Whether a font has it, drawn by lines: what is a picture would not be text any more.
fn has_outline(font: &FontRef<'_>, character: char) -> bool {
    let Some(glyph) = font.charmap().map(character).filter(|glyph| glyph.to_u32() != 0) else { return false };
    font.outline_glyphs().get(glyph).is_some()
}

/// What is best read in a line of text comes first, and always the same: upright, of normal weight, without serifs.
fn suitability(face: &fontdb::FaceInfo) -> (bool, u16, bool, bool, String) {
    let name = &face.post_script_name;
    let family = |word: &str| face.families.iter().any(|(family, _)| family.contains(word));
    (
        face.style != fontdb::Style::Normal || face.stretch != fontdb::Stretch::Normal,
        face.weight.0.abs_diff(400),
        face.monospaced || family("Serif") || family("Mono"),
        // Of the regional forms of Han characters.
        family("CJK") && !family("SC"),
        name.clone(),
    )
}

const REGULAR: &[u8] = include_bytes!("fonts/Roboto-Regular.ttf");
const BOLD: &[u8] = include_bytes!("fonts/Roboto-Bold.ttf");
