//! Signs with ecdsa-sd-2023 as issuers do, derives as holders do, and signs presentations with ecdsa-rdfc-2019 (documents.md
//! §9.3, §9.4): for the sample documents of the embedded chain. Nothing is left to chance, so that the samples are the same in every run.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};

pub(crate) use super::Content;
use super::ecdsa::{hash_of, split};
use super::labels::{Statements, keyed_names, parts};
use super::value::Names;

/// What an issuer of ecdsa-sd-2023 signs with.
pub(crate) struct Issuer {
    pub(crate) key: SigningKey,
    /// Signs the single statements; an issuer has another one for each credential, and throws it away.
    pub(crate) ephemeral: SigningKey,
    /// Names the blank nodes.
    pub(crate) hmac_key: [u8; 32],
}

impl Issuer {
    /// The proof value over all of `content`; what the pointers select cannot be left out. `None` if one leads to nothing.
    pub(crate) fn sign(&self, content: Content<'_>, pointers: &[&str]) -> Option<String> {
        let signed = self.signed(content, pointers)?;
        let pointers = pointers.iter().map(|pointer| text(pointer)).collect();
        let members = [signed.base, signed.ephemeral, bytes(&self.hmac_key), array(signed.signatures), array(pointers)];
        Some(encoded(0x00, members))
    }

    /// The proof value of what a holder shows of `content`: `shown` are the canonical statements of the document that has
    /// some of it. `None` if it has anything else.
    pub(crate) fn derive(&self, content: Content<'_>, pointers: &[&str], shown: &[String]) -> Option<String> {
        let signed = self.signed(content, pointers)?;
        let signed_names = keyed_names(content.document, &self.hmac_key);
        let mut same = Names::new();
        if !is_part(shown, content.document, &mut same) {
            return None;
        }
        let names: Names = same
            .into_iter()
            .map(|(label, base)| Some((label, signed_names.get(&base)?.clone())))
            .collect::<Option<_>>()?;
        let shown = Statements::relabelled(shown, &names).ok()?;
        let shown: Vec<&str> = shown.iter().map(|(statement, _)| statement).collect();
        let positions = shown.iter().enumerate();
        let mandatory = positions.filter(|(_, statement)| !signed.others.iter().any(|other| other == *statement));
        let kept = signed.others.iter().zip(&signed.signatures);
        let kept = kept.filter(|(statement, _)| shown.contains(&statement.as_str()));
        let labels = names.iter().map(|(label, name)| {
            let number = label.strip_prefix("c14n")?.parse().ok()?;
            Some([unsigned(number), bytes(&URL_SAFE_NO_PAD.decode(name.strip_prefix('u')?).ok()?)].concat())
        });
        let labels: Vec<Vec<u8>> = labels.collect::<Option<_>>()?;
        let members = [
            signed.base,
            signed.ephemeral,
            array(kept.map(|(_, signature)| signature.clone()).collect()),
            [head(5, labels.len() as u64), labels.concat()].concat(),
            array(mandatory.map(|(index, _)| unsigned(index as u64)).collect()),
        ];
        Some(encoded(0x01, members))
    }

    /// The proof value of ecdsa-rdfc-2019 over all of `content`.
    pub(crate) fn sign_whole(&self, content: Content<'_>) -> String {
        let signature: Signature = self.key.sign(&[hash_of(content.proof), hash_of(content.document)].concat());
        format!("z{}", bs58::encode(signature.to_bytes()).into_string())
    }

    fn signed(&self, content: Content<'_>, pointers: &[&str]) -> Option<Signed> {
        let statements =
            Statements::relabelled(content.document, &keyed_names(content.document, &self.hmac_key)).ok()?;
        let mut selected = BTreeSet::new();
        for pointer in pointers {
            selected.extend((content.selected)(pointer)?);
        }
        let in_order = statements.iter().enumerate();
        let indexes: Vec<usize> =
            in_order.filter(|(_, (_, line))| selected.contains(line)).map(|(index, _)| index).collect();
        let (mandatory, others) = split(&statements, &indexes).ok()?;
        let ephemeral = [&[0x80, 0x24], self.ephemeral.verifying_key().to_sec1_point(true).as_bytes()].concat();
        let base = [&hash_of(content.proof)[..], &ephemeral, &mandatory.finish().0].concat();
        Some(Signed {
            base: signature(&self.key, &base),
            ephemeral: bytes(&ephemeral),
            signatures: others.iter().map(|statement| signature(&self.ephemeral, statement.as_bytes())).collect(),
            others: others.into_iter().map(str::to_owned).collect(),
        })
    }
}

/// CBOR of what was signed, and the statements that have a signature of their own.
struct Signed {
    base: Vec<u8>,
    ephemeral: Vec<u8>,
    signatures: Vec<Vec<u8>>,
    others: Vec<String>,
}

/// Whether every line of `shown` is one of `whole`, once blank nodes are given the names that they have there.
fn is_part(shown: &[String], whole: &[String], same: &mut Names) -> bool {
    let Some((line, rest)) = shown.split_first() else { return true };
    whole.iter().any(|candidate| {
        let mut tried = same.clone();
        let found = parts(line).count() == parts(candidate).count()
            && parts(line).zip(parts(candidate)).all(|parts| is_same(parts, &mut tried))
            && is_part(rest, whole, &mut tried);
        if found {
            *same = tried;
        }
        found
    })
}

fn is_same((one, other): (&str, &str), same: &mut Names) -> bool {
    match (one.strip_prefix("_:"), other.strip_prefix("_:")) {
        (None, None) => one == other,
        (Some(label), Some(base)) => match same.get(label) {
            Some(known) => known == base,
            None if same.values().any(|known| known == base) => false,
            None => same.insert(label.to_owned(), base.to_owned()).is_none(),
        },
        _ => false,
    }
}

fn signature(key: &SigningKey, message: &[u8]) -> Vec<u8> {
    let signature: Signature = key.sign(message);
    bytes(&signature.to_bytes())
}

fn encoded(kind: u8, members: [Vec<u8>; 5]) -> String {
    format!("u{}", URL_SAFE_NO_PAD.encode([vec![0xd9, 0x5d, kind], array(members.to_vec())].concat()))
}

fn array(items: Vec<Vec<u8>>) -> Vec<u8> {
    [head(4, items.len() as u64), items.concat()].concat()
}

fn bytes(bytes: &[u8]) -> Vec<u8> {
    [&head(2, bytes.len() as u64), bytes].concat()
}

fn text(text: &str) -> Vec<u8> {
    [&head(3, text.len() as u64), text.as_bytes()].concat()
}

fn unsigned(number: u64) -> Vec<u8> {
    head(0, number)
}

/// The kind of a CBOR item and its number or length, in the shortest form.
fn head(major: u8, number: u64) -> Vec<u8> {
    let wide = number.to_be_bytes();
    let (short, width) = match number {
        0..24 => return vec![major << 5 | wide[7]],
        24..0x100 => (24, 1),
        0x100..0x1_0000 => (25, 2),
        0x1_0000..0x1_0000_0000 => (26, 4),
        _ => (27, 8),
    };
    [&[major << 5 | short], &wide[8 - width..]].concat()
}
