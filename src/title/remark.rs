//! The remarks that a v5 registry stores (chain.md §1.12): public, unauthenticated comment text.
//!
//! The field's programs encrypt a remark with a key that the document's id gives, without authentication and with one
//! nonce for all. A plain remark or a wrong key therefore "decrypts" to garbage without an error, so a decryption is
//! offered only where it gives clean text, and the raw bytes are always kept.

use chacha20::ChaCha20;
use chacha20::cipher::{KeyIvInit as _, StreamCipher as _};
use shake::Shake256;
use shake::digest::{ExtendableOutput as _, Update as _};

use crate::primitives::encode_hex;

/// One remark, with the readings that make sense of it. Nothing in it is authenticated: whoever wrote the transaction
/// wrote it, and whoever knows one remark of a document in plain can forge or read the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// What the registry recorded.
    pub raw: Vec<u8>,
    /// The recorded bytes as text, if they are clean text as they stand.
    pub plain: Option<String>,
    /// The decryption with the document's key, if it is clean text.
    pub decrypted: Option<String>,
}

impl Remark {
    /// Reads the recorded bytes. `key_id` is the document's own id, unsalted; empty for a document without one.
    ///
    /// ```
    /// use ebl_verifier::title::remark::Remark;
    ///
    /// let remark = Remark::read(&[0xa4, 0x7c, 0x4f, 0x82, 0xad], "");
    /// assert_eq!(remark.decrypted.as_deref(), Some("hello"));
    /// assert_eq!(remark.plain, None);
    /// ```
    pub fn read(raw: &[u8], key_id: &str) -> Self {
        Self { raw: raw.to_vec(), plain: clean_text(raw.to_vec()), decrypted: clean_text(decrypt(raw, key_id)) }
    }
}

/// ChaCha20 is its own inverse, so this encrypts, too.
fn decrypt(bytes: &[u8], key_id: &str) -> Vec<u8> {
    let key_id = if key_id.is_empty() { DEFAULT_KEY_ID } else { key_id };
    let mut out = bytes.to_vec();
    ChaCha20::new(&ascii_of_shake256::<16, 32>(key_id).into(), &ascii_of_shake256::<6, 12>("").into())
        .apply_keystream(&mut out);
    out
}

/// The hexadecimal digits, as ASCII, of the first `BYTES` bytes: these digits themselves are key and nonce.
fn ascii_of_shake256<const BYTES: usize, const DIGITS: usize>(text: &str) -> [u8; DIGITS] {
    let mut hash = [0; BYTES];
    let mut shake = Shake256::default();
    shake.update(text.as_bytes());
    shake.finalize_xof_into(&mut hash);
    let mut digits = [0; DIGITS];
    digits.iter_mut().zip(encode_hex(&hash).bytes()).for_each(|(digit, byte)| *digit = byte);
    digits
}

/// UTF-8 whose only control characters are line breaks and tabs; other deceptive characters are escaped when printed.
fn clean_text(bytes: Vec<u8>) -> Option<String> {
    let text = String::from_utf8(bytes).ok()?;
    let clean = text.chars().all(|character| !character.is_control() || matches!(character, '\n' | '\r' | '\t'));
    clean.then_some(text)
}

/// Published by the field's programs for documents without an id; it hides nothing.
const DEFAULT_KEY_ID: &str = "4d5a4e3f2f6d2b0a1f2e9b8f8a3c7a0b8d4f5c2e7b1a1c3f2e7b8c2d5a4f7e3e";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_remark_is_shown_as_it_stands_and_not_as_garbage() {
        let remark = Remark::read(b"Accepted, see the original letter of 3 May", "lab-key-1");
        assert_eq!(remark.plain.as_deref(), Some("Accepted, see the original letter of 3 May"));
        assert_eq!(remark.decrypted, None);
    }

    #[test]
    fn a_wrong_key_gives_no_text() {
        let sealed = decrypt("Issued on board MV Lab".as_bytes(), "lab-key-1");
        assert_eq!(Remark::read(&sealed, "lab-key-1").decrypted.as_deref(), Some("Issued on board MV Lab"));
        assert_eq!(Remark::read(&sealed, "lab-key-2").decrypted, None);
        assert_eq!(Remark::read(&sealed, "").raw, sealed);
    }

    #[test]
    fn text_with_control_characters_is_not_offered() {
        assert_eq!(Remark::read(&decrypt(b"a\x1b[2Jb", "k"), "k").decrypted, None);
        assert_eq!(Remark::read(b"a\x00b", "k").plain, None);
    }
}
