//! What a file is that is no document: told by how it begins, in words that lead to the right file (documents.md §1).
//! Nothing of the content is repeated: a link or a key may be in it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// A kind of file that people send in place of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileKind {
    /// A PDF file.
    Pdf,
    /// PNG, JPEG, GIF, TIFF, WebP, HEIC, BMP or SVG.
    Picture,
    /// A document or sheet of an office program.
    Office,
    /// ZIP, 7z, RAR or tar.
    Archive,
    /// gzip, bzip2, xz or Zstandard.
    Compressed,
    /// A saved message.
    Email,
    /// A web page.
    Html,
    /// Another XML file.
    Xml,
    /// Text in UTF-16 or UTF-32.
    Utf16,
    /// Text that stands for other bytes.
    Base64,
    /// A JSON text inside a JSON text.
    JsonInText,
    /// A text that holds a link.
    Link,
    /// The key of a sealed file.
    Key,
    /// A certificate or a key in PEM form.
    Pem,
    /// A compact JSON Web Signature.
    Jws,
}

impl FileKind {
    /// The kind of a file that is not JSON, or that is a JSON value other than an object.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let head = &bytes[..bytes.len().min(HEAD)];
        by_magic(head).or_else(|| by_text(head, bytes))
    }
}

/// To go after "this is".
impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pdf => "a PDF file, a print that anybody can make; the document itself is the file it was made from",
            Self::Picture => "a picture; the document itself is the file it was made from",
            Self::Office => "a file of an office program; the document itself is the file it was made from",
            Self::Archive => "a ZIP file or another archive; unpack it, and verify the document in it",
            Self::Compressed => "a gzip file or of another compressed kind; unpack it, and verify what comes out",
            Self::Email => "an e-mail message; save its attachment, and verify that",
            Self::Html => {
                "an HTML page, perhaps one that asks to sign in or reports an error where the document should have been"
            }
            Self::Xml => "an XML file; documents are JSON",
            Self::Utf16 => {
                "UTF-16 text, as some editors save it; documents are UTF-8: ask the sender for the file as it was issued"
            }
            Self::Base64 => "base64 text; decode it, and verify what comes out",
            Self::JsonInText => "JSON inside of a JSON text: it was encoded twice; decode it, and verify what comes out",
            Self::Link => "a text that holds a link; give the link itself in place of the file, in quotes",
            Self::Key => "the key of a sealed file, not the file; name the sealed file, and give this one as its key",
            Self::Pem => "a certificate or key in PEM form",
            Self::Jws => "a signed token (JWS), a kind that this version does not verify",
        })
    }
}

/// How much of a file is looked at to tell its kind.
const HEAD: usize = 4096;

fn by_magic(head: &[u8]) -> Option<FileKind> {
    let starts: [(&[u8], FileKind); 25] = [
        (b"%PDF-", FileKind::Pdf),
        (b"\xef\xbb\xbf%PDF-", FileKind::Pdf),
        (b"\x89PNG\r\n\x1a\n", FileKind::Picture),
        (b"\xff\xd8\xff", FileKind::Picture),
        (b"GIF8", FileKind::Picture),
        (b"II*\0", FileKind::Picture),
        (b"MM\0*", FileKind::Picture),
        (b"BM", FileKind::Picture),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", FileKind::Office),
        (b"{\\rtf", FileKind::Office),
        (b"7z\xbc\xaf\x27\x1c", FileKind::Archive),
        (b"Rar!\x1a\x07", FileKind::Archive),
        (b"\x1f\x8b", FileKind::Compressed),
        (b"BZh", FileKind::Compressed),
        (b"\xfd7zXZ\0", FileKind::Compressed),
        (b"\x28\xb5\x2f\xfd", FileKind::Compressed),
        (b"\x78\x9f\x3e\x22", FileKind::Email),
        (b"\xff\xfe", FileKind::Utf16),
        (b"\xfe\xff", FileKind::Utf16),
        (b"\0\0\xfe\xff", FileKind::Utf16),
        (b"{\0", FileKind::Utf16),
        (b"\0{", FileKind::Utf16),
        (b"\0\0\0{", FileKind::Utf16),
        (b"-----BEGIN ", FileKind::Pem),
        (b"[InternetShortcut]", FileKind::Link),
    ];
    let found = starts.iter().find(|(start, _)| head.starts_with(start)).map(|(_, kind)| *kind);
    let at = |offset: usize, wanted: &[u8]| head.get(offset..).is_some_and(|rest| rest.starts_with(wanted));
    found.or_else(|| {
        if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
            // Office programs pack their parts; the first ones are named so.
            let office = ["[Content_Types].xml", "mimetypeapplication/vnd."];
            let text = String::from_utf8_lossy(head);
            Some(if office.iter().any(|part| text.contains(part)) { FileKind::Office } else { FileKind::Archive })
        } else if (head.starts_with(b"RIFF") && at(8, b"WEBP")) || at(4, b"ftyphei") || at(4, b"ftypmif1") {
            Some(FileKind::Picture)
        } else {
            at(257, b"ustar").then_some(FileKind::Archive)
        }
    })
}

fn by_text(head: &[u8], bytes: &[u8]) -> Option<FileKind> {
    let head = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The cut may be inside of a character.
        Err(error) => std::str::from_utf8(&head[..error.valid_up_to()]).ok()?,
    };
    let text = head.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    let starts = |wanted: &str| text.get(..wanted.len()).is_some_and(|start| start.eq_ignore_ascii_case(wanted));
    let holds = |wanted: &str| text.to_ascii_lowercase().contains(wanted);
    if starts("<") {
        return Some(if starts("<!doctype html") || holds("<html") || holds("<head") || holds("<body") {
            FileKind::Html
        } else if holds("<svg") {
            FileKind::Picture
        } else if holds("<plist") && holds("http") {
            FileKind::Link
        } else {
            FileKind::Xml
        });
    }
    if starts("\"") {
        let inner = text[1..].trim_start();
        return (inner.starts_with("{\\\"") || inner.starts_with("{\\n") || inner.starts_with("{ "))
            .then_some(FileKind::JsonInText);
    }
    if is_email(text) {
        return Some(FileKind::Email);
    }
    if ["https://", "http://", "ebl:", "mailto:"].iter().any(|scheme| starts(scheme)) {
        return Some(FileKind::Link);
    }
    let whole = text.trim_end();
    let digits = whole.strip_prefix("0x").unwrap_or(whole);
    if digits.len() == 64 && bytes.len() <= 128 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Some(FileKind::Key);
    }
    if is_jws(text) {
        return Some(FileKind::Jws);
    }
    let data = if starts("data:") { text.split_once(";base64,").map(|(_, data)| data) } else { Some(text) };
    data.filter(|data| stands_for_json(data)).map(|_| FileKind::Base64)
}

/// The first lines are fields of a message's head.
fn is_email(text: &str) -> bool {
    const FIELDS: [&str; 14] = [
        "from",
        "to",
        "subject",
        "date",
        "received",
        "return-path",
        "message-id",
        "mime-version",
        "content-type",
        "delivered-to",
        "dkim-signature",
        "x-received",
        "arc-seal",
        "reply-to",
    ];
    let is_field = |line: &str| {
        let name = line.split_once(':').map(|(name, _)| name.trim_end().to_ascii_lowercase());
        name.is_some_and(|name| FIELDS.contains(&name.as_str()))
    };
    let mut lines = text.lines().filter(|line| !line.starts_with([' ', '\t']));
    let first = lines.next().unwrap_or_default();
    let first = if first.starts_with("From ") { lines.next().unwrap_or_default() } else { first };
    is_field(first) && lines.next().is_some_and(|second| second.contains(':') || second.is_empty())
}

/// Three parts of base64url, the first of which is an object.
fn is_jws(text: &str) -> bool {
    let mut parts = text.splitn(3, '.');
    let url_safe = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    match (parts.next(), parts.next()) {
        (Some(head), Some(_)) => head.starts_with("eyJ") && url_safe(head),
        _ => false,
    }
}

/// The beginning decodes to the beginning of an object.
fn stands_for_json(text: &str) -> bool {
    let letters: Vec<u8> = text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=')
        .take(64)
        .map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => other,
        })
        .collect();
    let whole = letters.len() / 4 * 4;
    let decoded = STANDARD_NO_PAD.decode(&letters[..whole]).unwrap_or_default();
    let mut meaningful = decoded.iter().skip_while(|byte| byte.is_ascii_whitespace());
    meaningful.next() == Some(&b'{') && meaningful.all(|byte| *byte >= b' ' || byte.is_ascii_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_told_by_how_it_begins() {
        let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let bytes = |text: &str| text.as_bytes().to_vec();
        let mut tar = vec![b'a'; 257];
        tar.extend(b"ustar");
        for (file, kind) in [
            (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3".to_vec(), FileKind::Pdf),
            (b"\x89PNG\r\n\x1a\n\0\0".to_vec(), FileKind::Picture),
            (b"\xff\xd8\xff\xe0\0\x10JFIF".to_vec(), FileKind::Picture),
            (b"RIFF\0\0\0\0WEBPVP8 ".to_vec(), FileKind::Picture),
            (bytes("<?xml version=\"1.0\"?><svg xmlns=\"x\">"), FileKind::Picture),
            (b"PK\x03\x04\x14\0\0\0\0\0bill.json".to_vec(), FileKind::Archive),
            (b"PK\x03\x04\x14\0\x06\0[Content_Types].xml".to_vec(), FileKind::Office),
            (bytes("{\\rtf1\\ansi"), FileKind::Office),
            (tar, FileKind::Archive),
            (b"\x1f\x8b\x08\0".to_vec(), FileKind::Compressed),
            (bytes("Subject: bill\nContent-Type: application/json\n\ne30="), FileKind::Email),
            (bytes("From a@b.example Thu\nReceived: from\n by x\nDate: y\n"), FileKind::Email),
            (bytes("<!DOCTYPE html><html>"), FileKind::Html),
            (bytes("\n<html><title>Sign in</title></html>"), FileKind::Html),
            (bytes("<?xml version=\"1.0\"?><a/>"), FileKind::Xml),
            (utf16("\u{feff}{\"a\":1}"), FileKind::Utf16),
            (utf16("{\"a\":1}"), FileKind::Utf16),
            (bytes("ewogInZlcnNpb24iOiAiaHR0cHM6Ly9z\nY2hlbWE="), FileKind::Base64),
            (bytes("data:application/json;base64,eyJhIjoxfQ=="), FileKind::Base64),
            (bytes("\"{\\\"version\\\":\\\"\\\"}\""), FileKind::JsonInText),
            (bytes("https://actions.example/?q=%7B%7D\n"), FileKind::Link),
            (bytes("[InternetShortcut]\r\nURL=https://a.example"), FileKind::Link),
            (bytes(&"0a".repeat(32)), FileKind::Key),
            (bytes(&format!("{}\r\n", "0A".repeat(32))), FileKind::Key),
            (bytes("-----BEGIN CERTIFICATE-----\n"), FileKind::Pem),
            (bytes("eyJhbGciOiJFUzI1NiJ9.eyJhIjoxfQ.c2ln"), FileKind::Jws),
        ] {
            assert_eq!(FileKind::of(&file), Some(kind), "{:?}", String::from_utf8_lossy(&file));
        }
        for text in ["{\"a\":", "hello", "[1,2", "12", "note: buy milk\nthen: rest", "", "abcdefgh", "\"text\"", "true"]
        {
            assert_eq!(FileKind::of(text.as_bytes()), None, "{text}");
        }
        // A character that the head cuts in two.
        let long = format!("<html>{}é", "x".repeat(HEAD - 7));
        assert_eq!(FileKind::of(long.as_bytes()), Some(FileKind::Html));
    }
}
