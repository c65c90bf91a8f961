//! Which settings a result depends on: a journal of one run is continued only by a run that judges alike.

use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::config::InForce;
use super::{doctor, journal};
use crate::primitives::encode_hex;
use crate::verifier::Wishes;

/// Names and values that may be written down: of an endpoint the host alone, of rules and keys no more than whether they are
/// the same.
pub(super) fn settings(in_force: &InForce, wishes: &Wishes, max_size: usize) -> journal::Settings {
    let mut settings = journal::Settings::new();
    for (name, value) in doctor::in_force(in_force).filter(|(name, _)| !WITHOUT_EFFECT.contains(&name.as_str())) {
        settings.entry(name).and_modify(|all| *all = format!("{all}, {value}")).or_insert(value);
    }
    // Their values in full: what they are called may stay the same while the files change.
    let rules = Sha256::digest(format!("{:?}", wishes.policy));
    for (name, value) in [
        ("version", env!("CARGO_PKG_VERSION").to_owned()),
        ("offline", in_force.offline.to_string()),
        ("rules", short(&rules)),
        ("key", wishes.key.as_ref().map_or_else(|| "none".to_owned(), |key| short(&key.fingerprint().0))),
        ("ca_file_content", content(in_force.ca_file.value.as_deref())),
        ("dns_anchor_content", content(in_force.dns_anchor.value.as_deref())),
        ("max_size", max_size.to_string()),
    ] {
        settings.insert(name.into(), value);
    }
    settings
}

/// A file that says who is trusted is known by what stands in it.
fn content(path: Option<&Path>) -> String {
    let Some(path) = path else { return "none".to_owned() };
    std::fs::read(path).map_or_else(|_| "unreadable".to_owned(), |bytes| short(&Sha256::digest(bytes)))
}

/// The beginning of a hash: whether two are the same.
fn short(hash: &[u8]) -> String {
    encode_hex(hash.get(..8).unwrap_or(hash))
}

/// They change who is reached and how it looks, not what is found; the last two are among the rules.
const WITHOUT_EFFECT: [&str; 6] = ["config", "timeout", "proxy", "names", "contexts", "policy"];
