//! A report as a PDF, to be kept: PDF/A-2a and PDF/UA-1, fonts embedded, text that can be selected and read aloud. The words are
//! those of the view that the page for the screen and the page of HTML are made of.

mod draw;
mod fonts;
mod lines;
mod picture;
mod shapes;
mod sheet;

use std::borrow::Cow;

use anyhow::Result;
use krilla::tagging::{ListNumbering, TableHeaderScope, Tag};

use crate::report::view::{Checks, Finding, History, Row, Rule, Section, Standing, View, outcome_shape, outcome_word};
use crate::text::escape_for_terminal;
use crate::verify::Outcome;
use draw::{About, level};
use fonts::{Fonts, Weight};
use lines::{Color, Look, lines};
use sheet::{Above, Cell, LEFT, Mark, RIGHT, Sheets, Tint};

/// The report as bytes. `written` is when it was judged, RFC 3339.
pub(super) fn render(view: &View, written: &str) -> Result<Vec<u8>> {
    let mut fonts = Fonts::new()?;
    let mut page = Page { sheets: Sheets::new(&mut fonts), headings: Vec::new() };
    page.report(view, Level::Top);
    page.missing();
    let Page { sheets, headings } = page;
    let title = escape_for_terminal(&format!("{}: {}", view.headline.words, view.headline.subject)).into_owned();
    draw::document(sheets, &About { title, written: written.to_owned(), headings })
}

/// Whether it is the report itself or that of a credential in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Top,
    Part,
}

struct Page<'f> {
    sheets: Sheets<'f>,
    /// With their places, for the outline.
    headings: Vec<(String, (usize, f32))>,
}

const BODY: Look = Look { size: 9.5, weight: Weight::Regular, color: Color::Ink };
const STRONG: Look = Look { weight: Weight::Bold, ..BODY };
const LABEL: Look = Look { color: Color::Soft, ..BODY };
const NOTE: Look = Look { size: 8.5, color: Color::Soft, ..BODY };
const HEAD: Look = Look { size: 8.0, color: Color::Soft, ..BODY };
const SMALL: Look = Look { size: 7.8, ..BODY };
const HEADING: Look = Look { size: 12.5, weight: Weight::Bold, ..BODY };

impl Page<'_> {
    fn report(&mut self, view: &View, at: Level) {
        if at == Level::Part {
            self.sheets.space(20.0);
            self.sheets.keep(180.0);
        }
        self.headline(view, at);
        for section in &view.sections {
            self.section(section, at);
        }
        for part in &view.parts {
            self.report(part, Level::Part);
        }
    }

    fn headline(&mut self, view: &View, at: Level) {
        let headline = &view.headline;
        let shape = headline.standing.shape();
        let (tint, color) = match headline.standing {
            Standing::Good => (Tint::Good, Color::Good),
            Standing::Bad => (Tint::Bad, Color::Bad),
            Standing::Doubtful => (Tint::Doubtful, Color::Doubtful),
        };
        let size = if at == Level::Top { 20.0 } else { 15.0 };
        let words = Look { size, weight: Weight::Bold, color };
        let subject = Look { size: size * 0.62, ..BODY };
        let meaning = Look { size: 10.5, ..BODY };
        let texts = [
            (Cow::from(headline.words), words),
            (Cow::from(headline.subject.as_str()), subject),
            (Cow::from(headline.meaning.as_str()), meaning),
        ];
        let heading = format!("{}: {}", headline.words, headline.subject);
        let node = self.heading_node(&heading, at);
        const INSIDE: f32 = 14.0;
        let x = LEFT + 56.0;
        let width = RIGHT - x - INSIDE;
        let height: f32 = texts
            .iter()
            .map(|(text, look)| lines(self.sheets.fonts, text, *look, width).len() as f32 * look.size * 1.36)
            .sum();
        // A name that fills half a sheet stands without a frame.
        let is_framed = height < 360.0;
        if is_framed {
            self.sheets.keep(height + 2.0 * INSIDE);
            let (_, y) = self.sheets.place();
            let area = Mark::Area { x: LEFT, y, width: RIGHT - LEFT, height: height + 1.6 * INSIDE, tint, node: None };
            self.sheets.draw(area);
            self.sheets.draw(Mark::Shape { shape, x: LEFT + INSIDE, y: y + INSIDE, size: 30.0, color });
        }
        let p = self.sheets.node(None, Tag::P);
        let [first, second, third] = texts;
        let cell = |text, node| Cell { x, width, texts: vec![text], node: Some(node), shape: None };
        self.sheets.row(vec![cell(first, node)], Above::Space(INSIDE * 0.7));
        self.sheets.row(vec![cell(second, node)], Above::Space(0.0));
        self.sheets.row(vec![cell(third, p)], Above::Space(2.0));
        self.sheets.space(INSIDE * 0.8);
    }

    fn heading_node(&mut self, heading: &str, at: Level) -> usize {
        let depth = if at == Level::Top { 1 } else { 2 };
        let heading = escape_for_terminal(heading).into_owned();
        self.headings.push((heading.clone(), self.sheets.place()));
        self.sheets.node(None, Tag::Hn(level(depth), Some(heading)))
    }

    fn section(&mut self, section: &Section, at: Level) {
        self.sheets.space(14.0);
        self.sheets.keep(58.0);
        self.heading(section.heading(), at);
        match section {
            Section::Credentials(text) | Section::Statement(text) | Section::Next(text) => self.paragraph(text, BODY),
            Section::Content(rows) | Section::Facts(rows) | Section::Evidence(rows) => self.rows(rows),
            Section::History(history) => self.history(history),
            Section::Powers(items) | Section::Notes(items) | Section::NotChecked(items) => self.list(items),
            Section::Again(sentences) => sentences.iter().for_each(|sentence| self.paragraph(sentence, BODY)),
            Section::Checks(checks) => self.checks(checks),
            Section::Policy(rules) => self.rules(rules),
        }
    }

    fn heading(&mut self, heading: &str, at: Level) {
        let depth = if at == Level::Top { 2 } else { 3 };
        let shown = escape_for_terminal(heading).into_owned();
        self.headings.push((shown.clone(), self.sheets.place()));
        let node = self.sheets.node(None, Tag::Hn(level(depth), Some(shown)));
        self.sheets.row(vec![column(0.0, FULL, heading, HEADING, Some(node))], Above::Space(0.0));
        let (_, y) = self.sheets.place();
        self.sheets.draw(Mark::Rule { y: y + 2.0 });
        self.sheets.space(5.0);
    }

    fn paragraph(&mut self, text: &str, look: Look) {
        let node = self.sheets.node(None, Tag::P);
        self.sheets.row(vec![column(0.0, FULL, text, look, Some(node))], Above::Space(3.0));
    }

    /// Labels and texts are a list whose items are labelled.
    fn rows(&mut self, rows: &[Row]) {
        let list = self.sheets.node(None, Tag::L(ListNumbering::None));
        for row in rows {
            let [label, text] = self.item(list);
            let cells = vec![
                column(0.0, 82.0, &row.label, LABEL, Some(label)),
                column(90.0, FULL - 90.0, &row.text, BODY, Some(text)),
            ];
            self.sheets.row(cells, Above::Space(3.5));
        }
    }

    fn list(&mut self, items: &[String]) {
        let list = self.sheets.node(None, Tag::L(ListNumbering::Disc));
        for item in items {
            let [label, text] = self.item(list);
            let cells =
                vec![column(2.0, 8.0, "•", LABEL, Some(label)), column(12.0, FULL - 12.0, item, BODY, Some(text))];
            self.sheets.row(cells, Above::Space(2.5));
        }
    }

    /// An item of a list: its label and its text.
    fn item(&mut self, list: usize) -> [usize; 2] {
        let item = self.sheets.node(Some(list), Tag::LI);
        [self.sheets.node(Some(item), Tag::Lbl), self.sheets.node(Some(item), Tag::LBody)]
    }

    fn checks(&mut self, checks: &Checks) {
        let table = self.outcomes("check");
        for finding in &checks.asked {
            self.finding(table, finding);
        }
        for passed in &checks.passed_over {
            self.outcome(table, Outcome::NotApplicable, &passed.names, vec![(Cow::from(&passed.message), BODY)]);
        }
        self.sheets.end_table();
    }

    fn rules(&mut self, rules: &[Rule]) {
        let table = self.outcomes("rule");
        for rule in rules {
            self.outcome(table, rule.outcome, rule.name, vec![(Cow::from(&rule.message), BODY)]);
        }
        self.sheets.end_table();
    }

    /// A table of what something came to.
    fn outcomes(&mut self, what: &'static str) -> usize {
        self.table(&[(0.0, 82.0, "result"), (90.0, 84.0, what), (182.0, FULL - 182.0, "what was found")])
    }

    fn finding(&mut self, table: usize, finding: &Finding) {
        let mut texts = vec![(with_code(&finding.message, finding.code), BODY)];
        texts.extend(finding.advice.iter().map(|advice| (Cow::from(advice), BODY)));
        texts.extend(finding.sources.iter().map(|source| (Cow::from(source), NOTE)));
        self.outcome(table, finding.outcome, &finding.names, texts);
        for also in &finding.also {
            self.outcome(table, also.outcome, "and also", vec![(with_code(&also.message, Some(also.code)), BODY)]);
        }
    }

    fn outcome(&mut self, table: usize, outcome: Outcome, name: &str, texts: Vec<(Cow<'_, str>, Look)>) {
        let shape = outcome_shape(outcome);
        let color = match outcome {
            Outcome::Pass => Color::Good,
            Outcome::Fail => Color::Bad,
            Outcome::Unknown => Color::Doubtful,
            Outcome::NotApplicable => Color::Soft,
        };
        let row = self.sheets.node(Some(table), Tag::TR);
        let word = self.sheets.node(Some(row), Tag::TD);
        let head = self.sheets.node(Some(row), Tag::TH(TableHeaderScope::Row));
        let found = self.sheets.node(Some(row), Tag::TD);
        let result = column(0.0, 82.0, outcome_word(outcome), Look { color, ..BODY }, Some(word));
        let cells = vec![
            Cell { shape: Some((shape, color)), ..result },
            column(90.0, 84.0, name, STRONG, Some(head)),
            Cell { x: LEFT + 182.0, width: FULL - 182.0, texts, node: Some(found), shape: None },
        ];
        self.sheets.row(cells, Above::Rule(2.5));
    }

    /// The heads of a table: place, width and word of each.
    fn table(&mut self, columns: &[(f32, f32, &'static str)]) -> usize {
        let table = self.sheets.node(None, Tag::Table);
        let row = self.sheets.node(Some(table), Tag::TR);
        let mut heads = Vec::with_capacity(columns.len());
        for &(x, width, word) in columns {
            let node = self.sheets.node(Some(row), Tag::TH(TableHeaderScope::Column));
            let texts = vec![(Cow::from(word), HEAD)];
            heads.push(Cell { x: LEFT + x, width, texts, node: Some(node), shape: None });
        }
        self.sheets.heads(heads);
        table
    }

    fn history(&mut self, history: &History) {
        if let Some(line) = &history.picture {
            picture::draw(self, line);
        }
        if !history.rows.is_empty() {
            self.operations(history);
        }
        if let Some(note) = history.note {
            self.paragraph(note, NOTE);
        }
        if let Some(finding) = &history.finding {
            let table = self.outcomes("check");
            self.finding(table, finding);
            self.sheets.end_table();
        }
    }

    fn operations(&mut self, history: &History) {
        /// Place and width of each column.
        const PLACES: [(f32, f32); 7] =
            [(0.0, 18.0), (20.0, 46.0), (70.0, 72.0), (146.0, 103.0), (256.0, 103.0), (366.0, 78.0), (450.0, 45.0)];
        let words = ["no."].into_iter().chain(History::COLUMNS);
        let columns: Vec<_> = PLACES.iter().zip(words).map(|(&(x, width), word)| (x, width, word)).collect();
        let table = self.table(&columns);
        for (index, operation) in history.rows.iter().enumerate() {
            let row = self.sheets.node(Some(table), Tag::TR);
            let number = (index + 1).to_string();
            let mut cells = Vec::with_capacity(PLACES.len());
            let texts = std::iter::once(&number).chain(&operation.cells);
            for (column_index, (&(x, width), text)) in PLACES.iter().zip(texts).enumerate() {
                let node = match column_index {
                    0 => self.sheets.node(Some(row), Tag::TH(TableHeaderScope::Row)),
                    _ => self.sheets.node(Some(row), Tag::TD),
                };
                cells.push(column(x, width, text, SMALL, Some(node)));
            }
            self.sheets.row(cells, Above::Rule(2.0));
            if !operation.details.is_empty() {
                let row = self.sheets.node(Some(table), Tag::TR);
                let span = std::num::NonZeroU32::new(7);
                let node = self.sheets.node(Some(row), Tag::TD.with_col_span(span));
                let texts = operation.details.iter().map(|detail| (Cow::from(detail), DETAIL)).collect();
                let cell = Cell { x: LEFT + 24.0, width: FULL - 24.0, texts, node: Some(node), shape: None };
                self.sheets.row(vec![cell], Above::Space(1.0));
            }
        }
        self.sheets.end_table();
    }

    /// What had to be shown by its number, so that nobody looks for it in the document.
    fn missing(&mut self) {
        let missing = self.sheets.fonts.missing().len();
        if missing > 0 {
            let characters =
                if missing == 1 { "1 character is".to_owned() } else { format!("{missing} characters are") };
            self.sheets.space(10.0);
            self.paragraph(
                &format!(
                    "{characters} shown by number in this file, as \\u{{63d0}}: no font on the computer that made it has them."
                ),
                NOTE,
            );
        }
    }
}

const FULL: f32 = RIGHT - LEFT;
const DETAIL: Look = Look { color: Color::Soft, ..SMALL };

fn column(x: f32, width: f32, text: &str, look: Look, node: Option<usize>) -> Cell<'_> {
    Cell { x: LEFT + x, width, texts: vec![(Cow::from(text), look)], node, shape: None }
}

fn with_code<'t>(message: &'t str, code: Option<&str>) -> Cow<'t, str> {
    match code {
        Some(code) => format!("{message}   [{code}]").into(),
        None => message.into(),
    }
}
