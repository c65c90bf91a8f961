//! A strict reader of HTML as we write it: every element closed, every attribute quoted, every entity one of five. It shares no
//! code with what writes it.

/// An element's name, its attributes, and the text before it.
#[derive(Debug, Clone)]
pub struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
}

/// A page that was read.
#[derive(Debug, Default)]
pub struct Html {
    pub elements: Vec<Element>,
    /// All text outside `title` and `style`, with one blank for each element's edge.
    pub text: String,
    pub title: String,
    pub style: String,
}

impl Html {
    pub fn read(page: &str) -> Self {
        let mut html = Self::default();
        let mut open: Vec<String> = Vec::new();
        let mut rest = page.strip_prefix("<!DOCTYPE html>\n").expect("it says what it is");
        while !rest.is_empty() {
            let (text, tag) = rest.split_once('<').unwrap_or((rest, ""));
            html.add(&open, text);
            if tag.is_empty() {
                break;
            }
            let (tag, after) = tag.split_once('>').expect("a tag is closed");
            assert!(!tag.contains('<'), "<{tag}>");
            rest = after;
            if let Some(name) = tag.strip_prefix('/') {
                assert_eq!(open.pop().as_deref(), Some(name), "closed out of order");
            } else {
                let (tag, is_closed) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
                let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
                assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric()), "<{tag}>");
                html.elements.push(Element { name: name.to_owned(), attributes: read_attributes(attributes) });
                if !is_closed && !["meta", "wbr"].contains(&name) {
                    open.push(name.to_owned());
                }
            }
            // Where a line may end, nothing stands.
            let may_end = tag == "wbr";
            if !may_end && !["bdi", "code", "span"].contains(&open.last().map_or("", String::as_str)) {
                html.text.push(' ');
            }
        }
        assert_eq!(open, Vec::<String>::new(), "left open");
        html
    }

    fn add(&mut self, open: &[String], text: &str) {
        match open.last().map(String::as_str) {
            Some("style") => self.style += text,
            Some("title") if open.contains(&"head".to_owned()) => self.title += &unescaped(text),
            _ => self.text += &unescaped(text),
        }
    }

    pub fn named<'h>(&'h self, name: &'h str) -> impl Iterator<Item = &'h Element> {
        self.elements.iter().filter(move |element| element.name == name)
    }
}

impl Element {
    pub fn attribute(&self, wanted: &str) -> Option<&str> {
        self.attributes.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
    }
}

fn read_attributes(text: &str) -> Vec<(String, String)> {
    let mut attributes = Vec::new();
    let mut rest = text;
    while !rest.trim_start().is_empty() {
        let (name, after) = rest.trim_start().split_once("=\"").unwrap_or_else(|| panic!("{text}"));
        let (value, after) = after.split_once('"').expect("a value is closed");
        assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'), "{text}");
        attributes.push((name.to_owned(), unescaped(value)));
        rest = after;
    }
    attributes
}

fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        let (entity, after) = after.split_once(';').expect("an entity is closed");
        out += before;
        out.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "#39" => '\'',
            other => panic!("&{other};"),
        });
        rest = after;
    }
    out + rest
}
