//! `--save-attachments`: files of a document under names that are safe, never in the place of another file.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write as _};
use std::path::Path;

use super::exit::Exit;
use super::output::{self, Output};
use super::{interrupt, note, secrecy};
use crate::content::AttachmentFile;

/// Writes them into the folder, which is made if it is not there. `known` is the exit code of what was shown; what went well
/// is said unless it is to be `quiet`, and `is_known` whether the content is. The report itself goes to `output`, whose name none
/// of them has.
pub(super) fn save(
    folder: &Path,
    files: &[AttachmentFile],
    is_known: bool,
    output: &Output,
    known: Exit,
    quiet: bool,
) -> Exit {
    let say = |text: &str| {
        if !quiet {
            note(text);
        }
    };
    if files.is_empty() {
        say(match is_known {
            true => "there are no attachments to save",
            false => "no attachment was saved: the content is not known to be what was issued",
        });
        return known;
    }
    if let Err(error) = std::fs::create_dir_all(folder) {
        note(&format!("no attachment was saved: the folder {} cannot be made: {error}", secrecy::path(folder)));
        return known.worse(Exit::NotWritten);
    }
    let mut names = Names::default();
    names.taken.extend(output.name_in(folder).map(|name| name.to_lowercase()));
    let mut exit = known;
    for (index, file) in files.iter().enumerate() {
        let wanted = safe_name(file, index);
        match write(folder, &file.bytes, names.for_file(&wanted)) {
            Ok(name) => {
                say(&format!("saved {} as {}", file.attachment.path, secrecy::path(&folder.join(name))));
            }
            Err(error) => {
                note(&format!("{wanted} was not saved to {}: {error}", secrecy::path(folder)));
                exit = exit.worse(Exit::NotWritten);
            }
        }
    }
    exit
}

/// Under which names files of this run stand, or may not.
#[derive(Default)]
struct Names {
    /// In lower case: some file systems take both for one.
    taken: HashSet<String>,
    /// Of each name the number that was not tried yet: many files may have one.
    next: HashMap<String, usize>,
}

impl Names {
    /// The names for a file, the wanted one first, that were not tried for another.
    fn for_file(&mut self, wanted: &str) -> impl Iterator<Item = String> {
        let (stem, end) =
            wanted.rsplit_once('.').map_or((wanted, String::new()), |(stem, end)| (stem, format!(".{end}")));
        let next = self.next.entry(wanted.to_lowercase()).or_insert(1);
        let taken = &mut self.taken;
        std::iter::from_fn(move || {
            loop {
                let name = if *next == 1 { wanted.to_owned() } else { format!("{stem}-{next}{end}") };
                *next += 1;
                if taken.insert(name.to_lowercase()) {
                    return Some(name);
                }
            }
        })
    }
}

/// Beside first, so that nothing half-written has its name; then under the first of these names that is free.
fn write(folder: &Path, bytes: &[u8], names: impl Iterator<Item = String>) -> io::Result<String> {
    let mut file = output::unfinished_in(folder, ".tmp")?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    for name in names {
        match interrupt::complete(file, |file| file.persist_noclobber(folder.join(&name))) {
            Ok(_) => return Ok(name),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => file = error.file,
            Err(error) => return Err(error.error),
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "no name is free"))
}

/// The document's name for it without what a file system or a shell could take for more than a name.
fn safe_name(file: &AttachmentFile, index: usize) -> String {
    let attachment = &file.attachment;
    let last = |path: &str| path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    let own = attachment.name.as_deref().map(last).unwrap_or_default();
    let kept: String = own.chars().map(|c| if c.is_alphanumeric() || "._- ".contains(c) { c } else { '_' }).collect();
    let kept = kept.trim_matches(|c: char| c == '.' || c == ' ').replace("..", "_");
    let mut name = shortened(&kept);
    // A name that begins with a dash reads like a flag; some names are devices.
    let stem = name.split('.').next().unwrap_or_default().to_ascii_uppercase();
    if name.starts_with('-') || DEVICES.contains(&stem.as_str()) {
        name.insert(0, '_');
    }
    if !name.is_empty() {
        return name;
    }
    let field = attachment.path.rsplit('.').next().unwrap_or_default();
    let field: String = field.chars().filter(char::is_ascii_alphanumeric).take(LONGEST).collect();
    let field = if field.is_empty() { format!("attachment-{}", index + 1) } else { field };
    match attachment.media_type.as_deref().and_then(ending) {
        Some(ending) => format!("{field}.{ending}"),
        None => field,
    }
}

/// Its beginning, and its ending if that is a short one.
fn shortened(name: &str) -> String {
    let (stem, ending) = match name.rfind('.') {
        Some(dot) if dot > 0 && name.len() - dot <= LONGEST_ENDING => name.split_at(dot),
        _ => (name, ""),
    };
    let room = LONGEST - ending.len();
    let end = stem.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= room).last();
    // A blank or dot at the end is lost on some file systems.
    format!("{}{ending}", stem[..end.unwrap_or_default()].trim_end_matches(['.', ' ']))
}

fn ending(media_type: &str) -> Option<&'static str> {
    let known = [
        ("application/pdf", "pdf"),
        ("image/png", "png"),
        ("image/jpeg", "jpg"),
        ("image/gif", "gif"),
        ("image/svg+xml", "svg"),
        ("image/webp", "webp"),
        ("text/plain", "txt"),
        ("application/json", "json"),
    ];
    known.iter().find(|(kind, _)| *kind == media_type).map(|(_, ending)| *ending)
}

/// In bytes, which leaves room for a number and for what file systems take: 255.
const LONGEST: usize = 200;
const LONGEST_ENDING: usize = 16;
/// As Windows has them, which takes a superscript digit for the digit.
const DEVICES: [&str; 28] = [
    "CON", "PRN", "AUX", "NUL", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8", "COM9", "COM¹", "COM²",
    "COM³", "LPT1", "LPT2", "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9", "LPT¹", "LPT²", "LPT³",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn very_many_files_of_one_name_have_one_each_and_none_is_tried_twice() {
        let mut names = Names::default();
        names.taken.insert("same-2.pdf".to_owned());
        let given: Vec<String> = (0..100_000).filter_map(|_| names.for_file("same.pdf").next()).collect();
        assert_eq!((&*given[0], &*given[1], &*given[99_999]), ("same.pdf", "same-3.pdf", "same-100001.pdf"));
        assert_eq!(names.for_file("SAME.PDF").next().as_deref(), Some("SAME-100002.PDF"));
    }

    #[test]
    fn what_is_a_device_somewhere_is_no_name() {
        for name in ["CON", "con.pdf", "LPT9.x", "com¹", "COM².pdf", "LPT³.a.b"] {
            let attachment = crate::content::Attachment {
                path: "attachments[0]".to_owned(),
                name: Some(name.to_owned()),
                media_type: None,
                size: 0,
                sha256: Default::default(),
            };
            let file = AttachmentFile { attachment, bytes: Vec::new() };
            assert_eq!(safe_name(&file, 0), format!("_{name}"));
        }
    }
}
