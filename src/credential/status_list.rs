//! Lists of statuses (documents.md §9.5): one bit of a list that its issuer signed. A list that is not exactly as its entry
//! and its format say tells nothing: no status is taken from it.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::bufread::GzDecoder;

use crate::date_time::rfc3339_seconds;
use crate::document::credential::{Credential, CredentialStatus, StatusEntry, StatusListKind, StatusPurpose};
use crate::document::json::Value;
use crate::text::clipped;

/// Whether the bit of this entry is set, by a list credential whose own proof has been verified. `issuer` is the issuer of the
/// document that has the entry, `now` in seconds since the Unix epoch.
pub fn is_set(list: &Credential<'_>, entry: &StatusEntry, issuer: &str, now: i64) -> Result<bool, ListRefusal> {
    if let StatusPurpose::Other(purpose) = &entry.purpose {
        return Err(ListRefusal::UnknownPurpose(clipped(purpose).into_owned()));
    }
    if entry.size != 1 {
        return Err(ListRefusal::SeveralBits(entry.size));
    }
    if list.id() != Some(entry.list.as_str()) {
        return Err(ListRefusal::OtherList { found: list.id().map(|id| clipped(id).into_owned()) });
    }
    if list.issuer().id != issuer {
        return Err(ListRefusal::OtherIssuer { found: clipped(&list.issuer().id).into_owned() });
    }
    // Whoever is to say whether that status is good would have to be asked in turn.
    if !matches!(list.status(), CredentialStatus::Absent) {
        return Err(ListRefusal::HasStatus);
    }
    let validity = list.validity();
    let starts = |(_, date): &(_, String)| rfc3339_seconds(date).is_none_or(|at| at > now);
    let is_past = |(_, date): &(_, String)| rfc3339_seconds(date).is_none_or(|at| at <= now);
    if let Some((member, date)) = validity.not_before.iter().find(|it| starts(it)) {
        return Err(ListRefusal::NotYetValid { member, date: date.clone() });
    }
    if let Some((member, date)) = validity.expires.iter().find(|it| is_past(it)) {
        return Err(ListRefusal::Expired { member, date: date.clone() });
    }
    let (credential, subject_type) = match entry.kind {
        StatusListKind::Bitstring => ("BitstringStatusListCredential", "BitstringStatusList"),
        StatusListKind::StatusList2021 => ("StatusList2021Credential", "StatusList2021"),
    };
    let mut subjects = list.subjects();
    let (Some(subject), None) = (subjects.next(), subjects.next()) else { return Err(ListRefusal::SeveralSubjects) };
    if !list.types().iter().any(|kind| kind == credential) || !holds(subject.get("type"), subject_type) {
        return Err(ListRefusal::OtherKind { wanted: subject_type });
    }
    if !holds(subject.get("statusPurpose"), entry.purpose.as_str()) {
        return Err(ListRefusal::OtherPurpose { wanted: entry.purpose.as_str().to_owned() });
    }
    let encoded = subject.get("encodedList").and_then(Value::as_str);
    bit(&encoded.ok_or(ListRefusal::Encoding("it holds no list"))?, entry.index)
}

/// Why no status can be taken from a list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ListRefusal {
    /// Itself something that may be revoked.
    #[error("it has a status of its own, which is not looked at")]
    HasStatus,
    /// Neither revocation nor suspension.
    #[error("the entry is for the purpose {0:?}, and only revocation and suspension are judged")]
    UnknownPurpose(String),
    /// A message instead of a bit.
    #[error("the entry has {0} bits, and only entries of one bit are judged")]
    SeveralBits(u64),
    /// The list says to be another one.
    #[error("the list says to be {}, not the one that was asked for", named(.found.as_deref()))]
    OtherList {
        /// Its id.
        found: Option<String>,
    },
    /// Somebody else's list.
    #[error("the list was issued by {found}, who did not issue the document")]
    OtherIssuer {
        /// Who did.
        found: String,
    },
    /// Before its time.
    #[error("the list is not valid yet: its {member} is {date}")]
    NotYetValid {
        /// Which date.
        member: &'static str,
        /// As written.
        date: String,
    },
    /// After its time.
    #[error("the list is out of date: its {member} is {date}")]
    Expired {
        /// Which date.
        member: &'static str,
        /// As written.
        date: String,
    },
    /// Not exactly one list in the credential.
    #[error("the list credential holds more than one list")]
    SeveralSubjects,
    /// A list of the other kind, or none.
    #[error("what is there is not a {wanted}, which the entry asks for")]
    OtherKind {
        /// The type it would have.
        wanted: &'static str,
    },
    /// A list for something else.
    #[error("the list is not for the purpose {wanted:?}, which the entry asks for")]
    OtherPurpose {
        /// Of the entry.
        wanted: String,
    },
    /// The list cannot be read.
    #[error("the list cannot be read: {0}")]
    Encoding(&'static str),
    /// Shorter than lists are, which would tell who is in it.
    #[error("the list has {bits} entries, and must have {SHORTEST} at least")]
    TooShort {
        /// In bits.
        bits: u64,
    },
    /// Longer than what is looked at.
    #[error("the list has more than {LONGEST} bytes")]
    TooLong,
    /// No such entry.
    #[error("the list has {bits} entries, and none with the number {index}")]
    OutOfRange {
        /// Asked for.
        index: u64,
        /// In the list.
        bits: u64,
    },
}

fn named(id: Option<&str>) -> String {
    id.map_or_else(|| "none in particular".to_owned(), |id| format!("{id:?}"))
}

/// Whether a member is this text, or a list that has it.
fn holds(value: Option<Value<'_>>, wanted: &str) -> bool {
    let Some(value) = value else { return false };
    value.is_str(wanted) || value.as_array().is_some_and(|mut items| items.any(|item| item.is_str(wanted)))
}

/// One bit of an encoded list. Bit 0 is the highest of the first byte. The list is read to its end, so that its checksum
/// and its length count, but never held.
fn bit(encoded: &str, index: u64) -> Result<bool, ListRefusal> {
    // Compressed data begins with `H4sI`, never with the letter that stands for this alphabet.
    let digits = encoded.strip_prefix('u').unwrap_or(encoded);
    let compressed = URL_SAFE_NO_PAD.decode(digits);
    let compressed = compressed.map_err(|_| ListRefusal::Encoding("it is not base64url text without padding"))?;
    let mut decoder = GzDecoder::new(compressed.as_slice());
    let (mut block, mut length, mut found) = ([0; 4096], 0_u64, None);
    let wanted = index / 8;
    loop {
        let read = decoder.read(&mut block).map_err(|_| ListRefusal::Encoding("it is not compressed as gzip does"))?;
        if read == 0 {
            break;
        }
        let here = wanted.checked_sub(length).and_then(|at| usize::try_from(at).ok());
        found = found.or(here.and_then(|at| block[..read].get(at).copied()));
        length += read as u64;
        if length > LONGEST {
            return Err(ListRefusal::TooLong);
        }
    }
    if !decoder.get_ref().is_empty() {
        return Err(ListRefusal::Encoding("there is more behind the compressed list"));
    }
    let bits = length * 8;
    match found {
        _ if bits < SHORTEST => Err(ListRefusal::TooShort { bits }),
        Some(byte) => Ok(byte >> (7 - index % 8) & 1 == 1),
        None => Err(ListRefusal::OutOfRange { index, bits }),
    }
}

/// In bits: so many that one entry tells nothing of whose it is.
const SHORTEST: u64 = 131_072;
/// In bytes, of what is compressed.
const LONGEST: u64 = 16 << 20;

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use serde_json::json;

    use super::*;
    use crate::document;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn encoded(bytes: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(gzip(bytes))
    }

    const URL: &str = "https://carrier.example/status/1";

    /// The entry of a document of `did:web:carrier.example` asks for the fifth bit, which is set. `change` is made in the
    /// list credential.
    fn asked(
        kind: &str,
        change: impl FnOnce(&mut serde_json::Value),
        entry: impl FnOnce(&mut serde_json::Value),
    ) -> Result<bool, ListRefusal> {
        let mut bits = vec![0; 16_384];
        bits[0] = 0x04;
        let mut list = json!({
            "@context": ["https://www.w3.org/ns/credentials/v2"], "id": URL,
            "type": ["VerifiableCredential", format!("{kind}Credential")], "issuer": "did:web:carrier.example",
            "validFrom": "2026-03-01T08:00:00Z",
            "credentialSubject": {"type": kind, "statusPurpose": "revocation", "encodedList": encoded(&bits)},
            "proof": {"type": "DataIntegrityProof", "cryptosuite": "ecdsa-sd-2023", "proofPurpose": "assertionMethod",
                "verificationMethod": "did:web:carrier.example#keys-1", "proofValue": "u2V0A"}
        });
        change(&mut list);
        let mut asked = json!({"type": format!("{kind}Entry"), "statusPurpose": "revocation", "statusListIndex": "5",
            "statusListCredential": URL});
        entry(&mut asked);
        let (list, asked) = (list.to_string(), asked.to_string());
        let read = |text: &'static str| document::json::parse(text.as_bytes(), &document::Limits::default()).unwrap();
        let (list, asked) = (read(list.leak()), read(asked.leak()));
        let entry = StatusEntry::read(asked.root()).unwrap();
        is_set(&Credential::from_tree(list).unwrap(), &entry, "did:web:carrier.example", 1_780_315_200)
    }

    #[test]
    fn a_status_is_the_bit_of_the_list_that_the_entry_names() {
        for kind in ["BitstringStatusList", "StatusList2021"] {
            assert_eq!(asked(kind, |_| {}, |_| {}), Ok(true));
            assert_eq!(asked(kind, |_| {}, |entry| entry["statusListIndex"] = json!("4")), Ok(false));
            let several = |list: &mut serde_json::Value| {
                list["credentialSubject"]["statusPurpose"] = json!(["suspension", "revocation"]);
            };
            assert_eq!(asked(kind, several, |_| {}), Ok(true));
        }
    }

    #[test]
    fn no_status_is_taken_from_a_list_that_is_another_than_the_entry_says() {
        type Change = fn(&mut serde_json::Value);
        let of_list: [(Change, &str); 10] = [
            (|list| list["id"] = json!("https://carrier.example/status/2"), "not the one that was asked for"),
            (|list| drop(list.as_object_mut().unwrap().remove("id")), "none in particular"),
            (|list| list["issuer"] = json!("did:web:other.example"), "did not issue the document"),
            (
                |list| {
                    list["credentialStatus"] = json!({"type": "BitstringStatusListEntry", "statusPurpose": "revocation",
                        "statusListIndex": "1", "statusListCredential": "https://carrier.example/status/9"});
                },
                "a status of its own",
            ),
            (|list| list["validFrom"] = json!("2026-07-01T00:00:00Z"), "not valid yet"),
            (|list| list["validUntil"] = json!("2026-06-01T12:00:00Z"), "out of date"),
            (|list| list["type"] = json!("VerifiableCredential"), "is not a BitstringStatusList"),
            (|list| list["credentialSubject"]["type"] = json!("StatusList2021"), "is not a BitstringStatusList"),
            (|list| list["credentialSubject"]["statusPurpose"] = json!("suspension"), "is not for the purpose"),
            (|list| list["credentialSubject"] = json!([list["credentialSubject"], {"a": 1}]), "more than one list"),
        ];
        for (change, words) in of_list {
            let refusal = asked("BitstringStatusList", change, |_| {}).unwrap_err().to_string();
            assert!(refusal.contains(words), "{refusal}");
        }
        let of_entry: [(Change, &str); 5] = [
            (|entry| entry["statusPurpose"] = json!("message"), "only revocation and suspension"),
            (|entry| entry["statusPurpose"] = json!("suspension"), "is not for the purpose"),
            (|entry| entry["statusSize"] = json!(2), "only entries of one bit"),
            (|entry| entry["type"] = json!("StatusList2021Entry"), "is not a StatusList2021"),
            (|entry| entry["statusListIndex"] = json!("131072"), "none with the number 131072"),
        ];
        for (change, words) in of_entry {
            let refusal = asked("BitstringStatusList", |_| {}, change).unwrap_err().to_string();
            assert!(refusal.contains(words), "{refusal}");
        }
    }

    #[test]
    fn the_first_bit_is_the_highest_of_the_first_byte() {
        let mut list = vec![0; 16_384];
        (list[0], list[1], list[16_383]) = (0x80, 0x01, 0x01);
        for text in [encoded(&list), format!("u{}", encoded(&list))] {
            let set: Vec<u64> = (0..131_072).filter(|index| [0, 1, 7, 8, 15, 16, 131_071].contains(index)).collect();
            let found: Vec<_> = set.iter().map(|index| bit(&text, *index).unwrap()).collect();
            assert_eq!(found, [true, false, false, false, true, false, true]);
        }
    }

    #[test]
    fn a_list_that_is_not_as_it_must_be_tells_nothing() {
        let list = vec![0; 16_384];
        let good = gzip(&list);
        assert_eq!(bit(&encoded(&list), 131_072), Err(ListRefusal::OutOfRange { index: 131_072, bits: 131_072 }));
        assert!(matches!(bit(&encoded(&list), u64::MAX), Err(ListRefusal::OutOfRange { .. })));
        assert_eq!(bit(&encoded(&list[1..]), 0), Err(ListRefusal::TooShort { bits: 131_064 }));
        assert!(matches!(bit(&encoded(&[]), 0), Err(ListRefusal::TooShort { bits: 0 })));
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let mut checksum = good.clone();
        let at = checksum.len() - 6;
        checksum[at] ^= 1;
        for wrong in [
            String::new(),
            "u".into(),
            "***".into(),
            text(&list),
            text(&good[..good.len() - 1]),
            text(&checksum),
            text(&[&good[..], b"\0"].concat()),
            text(&[&good[..], &good[..]].concat()),
            format!("z{}", encoded(&list)),
            format!("{}==", encoded(&list)),
            format!("uu{}", encoded(&list)),
        ] {
            assert!(matches!(bit(&wrong, 0), Err(ListRefusal::Encoding(_))), "{wrong:.40}: {:?}", bit(&wrong, 0));
        }
    }

    #[test]
    fn a_list_that_grows_beyond_all_measure_is_not_held() {
        let longest = vec![0; LONGEST as usize];
        assert_eq!(bit(&encoded(&longest), LONGEST * 8 - 1), Ok(false));
        let bomb = encoded(&vec![0; LONGEST as usize + 1]);
        assert!(bomb.len() < 40_000, "{}", bomb.len());
        assert_eq!(bit(&bomb, 0), Err(ListRefusal::TooLong));
    }
}
