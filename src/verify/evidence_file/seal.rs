//! The hash over an evidence file, which tells a damaged one.

use std::io;

use sha2::{Digest as _, Sha256};

use super::SEAL;
use crate::document::json::{Kind, Value};
use crate::primitives::Digest32;

/// Over all members but the seal itself in the order of their names, without blanks: how the text is laid out does not matter.
/// Nothing is built for it: a text of many small values would take many times its size.
///
/// A list or an object of more small values than any evidence has is refused: what is made of each is larger than its text.
pub(super) fn seal(root: Value<'_>) -> io::Result<Digest32> {
    let mut hash = Hashing(Sha256::new());
    write_sorted(root, Some(SEAL), &mut hash)?;
    Ok(Digest32(hash.0.finalize().into()))
}

/// Lists of objects may be longer: a history has a log for each change.
const MOST_SMALL_VALUES: usize = 1 << 16;

/// As `serde_json` writes a value whose members are sorted.
fn write_sorted(value: Value<'_>, without: Option<&str>, to: &mut impl io::Write) -> io::Result<()> {
    match value.kind() {
        Kind::Null => to.write_all(b"null"),
        Kind::Bool(bool) => write!(to, "{bool}"),
        Kind::Number(text) => match serde_json::from_str::<serde_json::Number>(text) {
            Ok(number) => write!(to, "{number}"),
            Err(_) => to.write_all(text.as_bytes()),
        },
        Kind::String(text) => Ok(serde_json::to_writer(to, &*text.decoded())?),
        Kind::Array(items) => {
            to.write_all(b"[")?;
            let small = items.filter(|item| !matches!(item.kind(), Kind::Object(_)));
            ensure_few(small.take(MOST_SMALL_VALUES + 1).count())?;
            for (index, item) in items.enumerate() {
                to.write_all(if index == 0 { b"" } else { b"," })?;
                write_sorted(item, None, to)?;
            }
            to.write_all(b"]")
        }
        Kind::Object(members) => {
            let mut members: Vec<_> = members.map(|(name, value)| (name.decoded(), value)).collect();
            ensure_few(members.len())?;
            members.retain(|(name, _)| Some(&**name) != without);
            members.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
            to.write_all(b"{")?;
            for (index, (name, value)) in members.into_iter().enumerate() {
                to.write_all(if index == 0 { b"" } else { b"," })?;
                serde_json::to_writer(&mut *to, &*name)?;
                to.write_all(b":")?;
                write_sorted(value, None, to)?;
            }
            to.write_all(b"}")
        }
    }
}

fn ensure_few(small_values: usize) -> io::Result<()> {
    match small_values <= MOST_SMALL_VALUES {
        true => Ok(()),
        false => Err(io::Error::other(format!("it has more than {MOST_SMALL_VALUES} values in one place"))),
    }
}

struct Hashing(Sha256);

impl io::Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Limits, json};

    #[test]
    fn the_hash_is_that_of_the_sorted_text_however_it_is_laid_out() {
        let text = r#" {"b": [1, -2, 1.50, 1e3, 18446744073709551615, true, null, {}],
            "sha256": "0x00", "a": {"z": "\u00e9\n\"", "\u0061": "", "sha256": 1}} "#;
        let sorted = r#"{"a":{"a":"","sha256":1,"z":"é\n\""},"b":[1,-2,1.5,1000.0,18446744073709551615,true,null,{}]}"#;
        let tree = json::parse(text.as_bytes(), &Limits::default()).unwrap();
        assert_eq!(seal(tree.root()).unwrap(), Digest32(Sha256::digest(sorted).into()));
        // As the library writes it, which is what files are written with.
        let mut value: serde_json::Value = serde_json::from_str(text).unwrap();
        value.as_object_mut().unwrap().remove(SEAL);
        assert_eq!(value.to_string(), sorted);
    }

    #[test]
    fn what_is_made_of_many_small_values_takes_no_many_times_their_size() {
        let sealed = |of: &str, count| {
            let text = format!("{{\"a\":[{}]}}", vec![of; count].join(","));
            seal(json::parse(text.as_bytes(), &Limits::default()).unwrap().root()).is_ok()
        };
        assert!(sealed("\"a host\"", MOST_SMALL_VALUES) && !sealed("\"a host\"", MOST_SMALL_VALUES + 1));
        assert!(sealed("{\"a log\":      \"\"}", MOST_SMALL_VALUES + 1));
        let members = (0..=MOST_SMALL_VALUES).map(|number| format!("\"{number:8}\":\"name\"")).collect::<Vec<_>>();
        let text = format!("{{\"names\":{{{}}}}}", members.join(","));
        assert!(seal(json::parse(text.as_bytes(), &Limits::default()).unwrap().root()).is_err());
    }
}
