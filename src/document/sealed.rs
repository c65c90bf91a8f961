//! Sealed files, `OPEN-ATTESTATION-TYPE-1` (documents.md §8.1): AES-256-GCM over the base64 text of a document.

use std::borrow::Cow;
use std::str::FromStr;

use aes_gcm::aead::AeadInOut as _;
use aes_gcm::{Aes256Gcm, KeyInit as _};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use zeroize::Zeroizing;

use super::json::{Kind, Members, Value};
use super::{Document, Limits, ReadError, ReadErrorKind};
use crate::primitives::decode_hex_into;
use crate::text::clipped;

/// The `type` member of a sealed file.
pub(super) const TYPE: &str = "OPEN-ATTESTATION-TYPE-1";

/// A sealed file whose parts have the right sizes. Nothing of the content is known before it is opened.
#[derive(Debug, Clone)]
pub struct Sealed {
    cipher_text: Vec<u8>,
    iv: [u8; 12],
    tag: [u8; 16],
    key: Option<Key>,
}

impl Sealed {
    /// The members and nothing else, each exactly as it must be.
    pub(super) fn from_members(mut members: Members<'_>) -> Result<Self, ReadError> {
        let all = members;
        if let Some((name, _)) = members.find(|(name, _)| !MEMBERS.iter().any(|known| name.is(known))) {
            let name = name.decoded();
            return Err(malformed(format!("it has a member {:?}, which sealed files do not have", clipped(&name))));
        }
        if all.get("ttl").is_some_and(|ttl| !matches!(ttl.kind(), Kind::Number(_))) {
            return Err(malformed("`ttl` is not a number"));
        }
        let decoded = |name, what: &'static str| {
            let text = all.get(name).and_then(Value::as_str);
            // The engine takes canonical padded text only: no blanks, no stray bits.
            text.and_then(|text| STANDARD.decode(text.as_bytes()).ok()).ok_or(malformed(what))
        };
        let key = all.get("key").map(|key| key.as_str().and_then(|text| text.parse().ok()));
        Ok(Self {
            cipher_text: decoded("cipherText", "`cipherText` is not base64 text")?,
            iv: exact(decoded("iv", "`iv` is not base64 text")?).ok_or(malformed("`iv` is not 12 bytes long"))?,
            tag: exact(decoded("tag", "`tag` is not base64 text")?).ok_or(malformed("`tag` is not 16 bytes long"))?,
            key: key.map(|key| key.ok_or(malformed("`key` is not 64 hexadecimal digits"))).transpose()?,
        })
    }

    /// Whether the file carries its own key, so that anybody can open it.
    pub fn carries_its_key(&self) -> bool {
        self.key.is_some()
    }

    /// Opens the file with this key, or without one with the key that the file itself carries.
    pub fn open(&self, key: Option<&Key>) -> Result<Opened, ReadError> {
        let key = key.or(self.key.as_ref()).ok_or(error(ReadErrorKind::Sealed))?;
        let mut text = self.cipher_text.clone();
        Aes256Gcm::new((&*key.0).into())
            .decrypt_inout_detached(&self.iv.into(), b"", text.as_mut_slice().into(), &self.tag.into())
            .map_err(|_| error(ReadErrorKind::WrongKeyOrDamaged))?;
        // Producers write one alphabet or the other, the second with or without padding; a mixture fits neither.
        let content = STANDARD.decode(&text).or_else(|_| URL_SAFE_ANY_PAD.decode(&text)).ok();
        let content = content.ok_or(error(ReadErrorKind::SealedContent("not base64 text")))?;
        let content =
            String::from_utf8(content).map_err(|_| error(ReadErrorKind::SealedContent("not valid UTF-8 text")))?;
        Ok(Opened { content })
    }
}

/// `ttl` is a note of the storage service: when it means to forget the file.
const MEMBERS: [&str; 6] = ["cipherText", "iv", "tag", "key", "type", "ttl"];

/// Whether this is a sealed file from before `type` was written: the parts, and nothing that another kind has.
pub(super) fn is_untyped(mut members: Members<'_>) -> bool {
    ["cipherText", "iv", "tag"].iter().all(|part| members.get(part).is_some())
        && members.all(|(name, _)| !name.is("type") && MEMBERS.iter().any(|known| name.is(known)))
}

const URL_SAFE_ANY_PAD: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What was inside a sealed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    content: String,
}

impl Opened {
    /// The text that was sealed.
    pub fn content(&self) -> &str {
        &self.content
    }

    /// The document inside. A sealed file inside a sealed file is refused.
    pub fn read(&self, limits: &Limits) -> Result<Document<'_>, ReadError> {
        super::read(self.content.as_bytes(), limits).map_err(|inner| match inner.kind {
            ReadErrorKind::Sealed => error(ReadErrorKind::SealedContent("another sealed file")),
            _ => inner,
        })
    }
}

/// The key of a sealed file. It is never printed and does not stay in memory.
///
/// ```
/// use ebl_verifier::document::Key;
///
/// let key: Key = "8ce81a858defaefd88eb5ab97800c28e7507364be1e3399a1149926f480cf98e".parse().unwrap();
/// assert_eq!(format!("{key:?}"), "Key(hidden)");
/// assert!("0x8ce81a85".parse::<Key>().is_err());
/// ```
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; 32]>);

impl Key {
    /// Tells keys apart, and tells nothing of them: they are random.
    #[cfg(feature = "cli")]
    pub(crate) fn fingerprint(&self) -> crate::primitives::Digest32 {
        use sha2::{Digest as _, Sha256};
        crate::primitives::Digest32(
            Sha256::new().chain_update("ebl-verifier/key").chain_update(&self.0[..]).finalize().into(),
        )
    }
}

/// 64 hexadecimal digits of either case, without `0x`.
impl FromStr for Key {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let mut key = Zeroizing::new([0; 32]);
        let whole = text.len() == 64 && decode_hex_into(text.as_bytes(), key.as_mut());
        whole.then_some(Self(key)).ok_or(InvalidKey)
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(hidden)")
    }
}

/// A text that is no key. What was there is not repeated: it may be most of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key is 64 hexadecimal digits, without 0x")]
pub struct InvalidKey;

fn exact<const N: usize>(bytes: Vec<u8>) -> Option<[u8; N]> {
    bytes.try_into().ok()
}

fn malformed(what: impl Into<Cow<'static, str>>) -> ReadError {
    error(ReadErrorKind::SealedMalformed(what.into()))
}

fn error(kind: ReadErrorKind) -> ReadError {
    ReadError { kind, position: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "8ce81a858defaefd88eb5ab97800c28e7507364be1e3399a1149926f480cf98e";

    fn seal(inner: &[u8]) -> Sealed {
        let mut cipher_text = inner.to_vec();
        let iv = [7; 12];
        let key: Key = KEY.parse().unwrap();
        let tag = Aes256Gcm::new((&*key.0).into())
            .encrypt_inout_detached(&iv.into(), b"", cipher_text.as_mut_slice().into())
            .unwrap();
        Sealed { cipher_text, iv, tag: tag.into(), key: None }
    }

    fn opened(inner: &[u8]) -> Result<String, ReadErrorKind> {
        seal(inner).open(KEY.parse().ok().as_ref()).map(|opened| opened.content).map_err(|error| error.kind)
    }

    #[test]
    fn both_alphabets_are_taken_whole_and_a_mixture_is_not() {
        // 0xfb 0xef 0xff gives `++//` or `--__`; the text is not UTF-8, which is found only after decoding.
        let not_utf8 = Err(ReadErrorKind::SealedContent("not valid UTF-8 text"));
        let not_base64 = Err(ReadErrorKind::SealedContent("not base64 text"));
        assert_eq!(opened(b"++//"), not_utf8);
        assert_eq!(opened(b"--__"), not_utf8);
        assert_eq!(opened(b"eyJfIjoiPz8_In0="), Ok(r#"{"_":"???"}"#.into()));
        assert_eq!(opened(b"++__"), not_base64);
        assert_eq!(opened(b"e30="), Ok("{}".into()));
        assert_eq!(opened(b"e30"), Ok("{}".into()));
        for inner in [&b"e3 0="[..], b"e30=\n", b"e30==", b"e31=", b"{}"] {
            assert_eq!(opened(inner), not_base64, "{inner:?}");
        }
    }

    #[test]
    fn the_given_key_goes_before_the_one_in_the_file() {
        let mut sealed = seal(b"e30=");
        assert_eq!(sealed.open(None).map_err(|error| error.kind), Err(ReadErrorKind::Sealed));
        sealed.key = KEY.parse().ok();
        assert_eq!(sealed.open(None).map(|opened| opened.content), Ok("{}".into()));
        let other: Key = "00".repeat(32).parse().unwrap();
        assert_eq!(sealed.open(Some(&other)).map_err(|error| error.kind), Err(ReadErrorKind::WrongKeyOrDamaged));
    }

    #[test]
    fn a_sealed_file_inside_a_sealed_file_is_refused() {
        let inner = format!(
            r#"{{"type":"{TYPE}","cipherText":"","iv":"{}","tag":"{}"}}"#,
            STANDARD.encode([0; 12]),
            STANDARD.encode([0; 16])
        );
        let opened = seal(STANDARD.encode(inner).as_bytes()).open(KEY.parse().ok().as_ref()).unwrap();
        let found = opened.read(&Limits::default()).unwrap_err();
        assert_eq!(
            (found.code(), found.kind),
            ("read.sealed_content", ReadErrorKind::SealedContent("another sealed file"))
        );
    }

    #[test]
    fn other_members_and_foreign_types_are_refused() {
        let parts = format!(r#""iv":"{}","tag":"{}""#, STANDARD.encode([0; 12]), STANDARD.encode([0; 16]));
        for (rest, what) in [
            (r#","cipherText":"","extra":1"#, "it has a member \"extra\", which sealed files do not have"),
            (r#","cipherText":"","ttl":"soon""#, "`ttl` is not a number"),
            (r#","cipherText":5"#, "`cipherText` is not base64 text"),
            (r#","cipherText":"","key":null"#, "`key` is not 64 hexadecimal digits"),
            ("", "`cipherText` is not base64 text"),
        ] {
            let file = format!(r#"{{"type":"{TYPE}",{parts}{rest}}}"#);
            let found = crate::document::read(file.as_bytes(), &Limits::default()).unwrap_err();
            assert_eq!(found.kind, ReadErrorKind::SealedMalformed(what.into()), "{file}");
        }
    }
}
