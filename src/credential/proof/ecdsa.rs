//! ecdsa-sd-2023 and ecdsa-rdfc-2019 (documents.md §9.3, §9.4).
//!
//! Both forms of an ECDSA signature, with the lower `s` and with the higher, are taken: signers of these suites do not
//! normalise, and nothing is told apart by the bytes of a signature.

use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};

use super::labels::{Statements, keyed_names};
use super::value::{EcdsaSdBase, EcdsaSdDerived, EphemeralKey};
use super::{Content, Kind, SignatureRefusal, Verified};

/// Every statement is covered: by a signature of its own, or by the issuer's over all that are mandatory.
pub(super) fn verify_base(
    value: &EcdsaSdBase,
    key: &VerifyingKey,
    content: Content<'_>,
) -> Result<Verified, SignatureRefusal> {
    let statements = Statements::relabelled(content.document, &keyed_names(content.document, &value.hmac_key))?;
    counted(statements.len(), value.signatures.len(), |expected, found| found <= expected)?;
    let mut signatures = value.signatures.iter().peekable();
    let mut split = Mandatory::default();
    for (statement, line) in statements.iter() {
        if signatures.next_if(|next| value.ephemeral.verified(statement, next)).is_none() {
            split.push(statement, line);
        }
    }
    match signatures.next() {
        None => split.verified(&value.base_signature, &value.ephemeral, key, content, Kind::Base),
        Some(_) => Err(SignatureRefusal::Signature),
    }
}

/// What was disclosed of a base proof.
pub(super) fn verify_derived(
    value: &EcdsaSdDerived,
    key: &VerifyingKey,
    content: Content<'_>,
) -> Result<Verified, SignatureRefusal> {
    let statements = Statements::relabelled(content.document, &value.names)?;
    let (mandatory, others) = split(&statements, &value.mandatory)?;
    counted(others.len(), value.signatures.len(), |expected, found| found == expected)?;
    if !others
        .iter()
        .zip(&value.signatures)
        .all(|(statement, signature)| value.ephemeral.verified(statement, signature))
    {
        return Err(SignatureRefusal::Signature);
    }
    mandatory.verified(&value.base_signature, &value.ephemeral, key, content, Kind::Derived)
}

/// ecdsa-rdfc-2019: one signature over the whole.
pub(super) fn verify_whole(
    signature: &Signature,
    key: &VerifyingKey,
    content: Content<'_>,
) -> Result<Verified, SignatureRefusal> {
    let signed = [hash_of(content.proof), hash_of(content.document)].concat();
    key.verify(&signed, signature).map_err(|_| SignatureRefusal::Signature)?;
    Ok(Verified { kind: Kind::Base, mandatory: (0..content.document.len()).collect() })
}

/// The mandatory statements in order, and the others.
pub(super) fn split<'s>(
    statements: &'s Statements,
    mandatory: &[usize],
) -> Result<(Mandatory, Vec<&'s str>), SignatureRefusal> {
    let mut wanted = mandatory.iter().copied().peekable();
    let (mut split, mut others) = (Mandatory::default(), Vec::new());
    for (index, (statement, line)) in statements.iter().enumerate() {
        match wanted.next_if_eq(&index) {
            Some(_) => split.push(statement, line),
            None => others.push(statement),
        }
    }
    // One that is left is out of order, named twice, or of no statement.
    match wanted.next() {
        None => Ok((split, others)),
        Some(_) => Err(SignatureRefusal::Index),
    }
}

/// Mandatory statements as they are met in order.
#[derive(Default)]
pub(super) struct Mandatory {
    hash: Sha256,
    lines: Vec<usize>,
}

impl Mandatory {
    pub(super) fn push(&mut self, statement: &str, line: usize) {
        self.hash.update(statement);
        self.lines.push(line);
    }

    /// Their hash and their lines.
    pub(super) fn finish(mut self) -> ([u8; 32], Vec<usize>) {
        self.lines.sort_unstable();
        (self.hash.finalize().into(), self.lines)
    }

    fn verified(
        self,
        signature: &Signature,
        ephemeral: &EphemeralKey,
        key: &VerifyingKey,
        content: Content<'_>,
        kind: Kind,
    ) -> Result<Verified, SignatureRefusal> {
        let (hash, mandatory) = self.finish();
        let signed = [&hash_of(content.proof)[..], &ephemeral.as_signed, &hash].concat();
        key.verify(&signed, signature).map_err(|_| SignatureRefusal::Signature)?;
        Ok(Verified { kind, mandatory })
    }
}

impl EphemeralKey {
    fn verified(&self, statement: &str, signature: &Signature) -> bool {
        self.key.verify(statement.as_bytes(), signature).is_ok()
    }
}

/// SHA-256 of canonical N-Quads.
pub(super) fn hash_of(lines: &[String]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for line in lines {
        hash.update(line);
        hash.update("\n");
    }
    hash.finalize().into()
}

pub(super) fn counted(
    expected: usize,
    found: usize,
    fits: impl Fn(usize, usize) -> bool,
) -> Result<(), SignatureRefusal> {
    if fits(expected, found) { Ok(()) } else { Err(SignatureRefusal::Count { expected, found }) }
}
