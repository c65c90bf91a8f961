//! Record sets with their signatures, in the order and the wire form of RFC 9102 §3.2: each set, then the signature over it. We
//! read one spelling of them only, the canonical one of RFC 4034 §6, so that no byte of what is signed can be another one: names in
//! lower case, the records of a set in order, the time to live the one that was signed, one signature. (An ECDSA signature has
//! a second value, which proves the same.)

use super::NotProven;
use super::name::Name;

/// Records of one name and type, signed.
#[derive(Debug)]
pub(super) struct Set<'a> {
    pub(super) owner: Name<'a>,
    pub(super) kind: u16,
    /// The data of each record, in order and none twice.
    pub(super) data: Vec<&'a [u8]>,
    pub(super) signature: Signature<'a>,
}

/// RFC 4034 §3.1.
#[derive(Debug)]
pub(super) struct Signature<'a> {
    pub(super) algorithm: u8,
    pub(super) labels: u8,
    ttl: u32,
    expiration: u32,
    inception: u32,
    pub(super) tag: u16,
    pub(super) signer: Name<'a>,
    pub(super) value: &'a [u8],
    /// All of it but the value, which is signed, too.
    head: &'a [u8],
}

pub(super) const CNAME: u16 = 5;
pub(super) const TXT: u16 = 16;
pub(super) const DS: u16 = 43;
pub(super) const RRSIG: u16 = 46;
pub(super) const DNSKEY: u16 = 48;

/// Internet, the only class.
const IN: u16 = 1;

/// Sets of one chain: a handful for the zone of each name on the way.
const MOST_SETS: usize = 64;

/// Bytes of one chain. Each answer that it is made of has 64 KiB at most, and nearly all of them a few hundred bytes.
pub(super) const MOST_BYTES: usize = 256 * 1024;

pub(super) fn read(chain: &[u8]) -> Result<Vec<Set<'_>>, NotProven> {
    if chain.len() > MOST_BYTES {
        return Err(NotProven::TooLarge);
    }
    let mut sets = Vec::new();
    let mut rest = chain;
    while !rest.is_empty() {
        if sets.len() == MOST_SETS {
            return Err(NotProven::TooLarge);
        }
        let set;
        (set, rest) = Set::read(rest)?;
        sets.push(set);
    }
    Ok(sets)
}

impl<'a> Set<'a> {
    fn read(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), NotProven> {
        let (first, mut rest) = Record::read(bytes)?;
        let (owner, kind, ttl) = (first.owner, first.kind, first.ttl);
        if ![CNAME, TXT, DS, DNSKEY].contains(&kind) {
            return Err(malformed("a set of records that nothing needs"));
        }
        let mut data = vec![first.data];
        let signature = loop {
            let record;
            (record, rest) = Record::read(rest)?;
            if record.owner != owner || record.ttl != ttl {
                return Err(malformed("a set of records without its signature"));
            }
            match record.kind {
                RRSIG => break Signature::read(record.data, kind, ttl)?,
                same if same == kind && data.last().is_some_and(|last| *last < record.data) => data.push(record.data),
                _ => return Err(malformed("records that are not in their canonical order")),
            }
        };
        if kind == CNAME && (data.len() != 1 || Name::whole(first.data).is_none()) {
            return Err(malformed("an alias that is none"));
        }
        Ok((Self { owner, kind, data, signature }, rest))
    }

    /// What is signed (RFC 4034 §3.1.8.1).
    pub(super) fn signed(&self) -> Vec<u8> {
        let head = |data: &[u8]| {
            let length = u16::try_from(data.len()).unwrap_or(u16::MAX);
            let [kind, class, length] = [self.kind, IN, length].map(u16::to_be_bytes);
            [self.owner.bytes(), &kind, &class, &self.signature.ttl.to_be_bytes(), &length, data].concat()
        };
        let mut signed = self.signature.head.to_vec();
        self.data.iter().for_each(|data| signed.extend(head(data)));
        signed
    }

    /// What must hold of a signature before its value is looked at.
    pub(super) fn signature_at(&self, now: i64) -> Result<&Signature<'a>, NotProven> {
        let signature = &self.signature;
        let of = || self.owner.to_string();
        // Serial numbers (RFC 4034 §3.1.5, RFC 1982): what lies within half of the circle is before or behind.
        let now = u32::try_from(now.rem_euclid(1 << 32)).unwrap_or_default();
        let is_behind = |later: u32, earlier: u32| later.wrapping_sub(earlier) < 1 << 31;
        if !is_behind(now, signature.inception) {
            return Err(NotProven::NotYetValid { owner: of(), from: signature.inception.into() });
        }
        if !is_behind(signature.expiration, now) || !is_behind(signature.expiration, signature.inception) {
            return Err(NotProven::Expired { owner: of(), at: signature.expiration.into() });
        }
        if !self.owner.is_within(signature.signer) {
            return Err(NotProven::OtherZone { owner: of(), signer: signature.signer.to_string() });
        }
        match usize::from(signature.labels).cmp(&self.owner.labels()) {
            // Made from a wildcard, and that nothing is closer is not in the chain (RFC 4035 §5.3.4).
            std::cmp::Ordering::Less => Err(NotProven::Wildcard(of())),
            std::cmp::Ordering::Equal => Ok(signature),
            std::cmp::Ordering::Greater => Err(malformed("a signature over more labels than there are")),
        }
    }
}

impl<'a> Signature<'a> {
    fn read(data: &'a [u8], covered: u16, ttl: u32) -> Result<Self, NotProven> {
        let read = || {
            let (fixed, rest) = data.split_first_chunk::<18>()?;
            let [c0, c1, algorithm, labels, t0, t1, t2, t3, e0, e1, e2, e3, i0, i1, i2, i3, k0, k1] = *fixed;
            let (signer, value) = Name::read(rest)?;
            let (head, _) = data.split_at_checked(data.len() - value.len())?;
            let found = Self {
                algorithm,
                labels,
                ttl: u32::from_be_bytes([t0, t1, t2, t3]),
                expiration: u32::from_be_bytes([e0, e1, e2, e3]),
                inception: u32::from_be_bytes([i0, i1, i2, i3]),
                tag: u16::from_be_bytes([k0, k1]),
                signer,
                value,
                head,
            };
            Some(found).filter(|found| u16::from_be_bytes([c0, c1]) == covered && found.ttl == ttl)
        };
        read().ok_or(malformed("a signature that is not over the records before it"))
    }
}

/// RFC 1035 §3.2.1.
struct Record<'a> {
    owner: Name<'a>,
    kind: u16,
    ttl: u32,
    data: &'a [u8],
}

impl<'a> Record<'a> {
    fn read(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), NotProven> {
        let read = || {
            let (owner, rest) = Name::read(bytes)?;
            let ([k0, k1, c0, c1, t0, t1, t2, t3, l0, l1], rest) = rest.split_first_chunk::<10>()?;
            let (data, rest) = rest.split_at_checked(u16::from_be_bytes([*l0, *l1]).into())?;
            let kind = u16::from_be_bytes([*k0, *k1]);
            let found = Self { owner, kind, ttl: u32::from_be_bytes([*t0, *t1, *t2, *t3]), data };
            (u16::from_be_bytes([*c0, *c1]) == IN).then_some((found, rest))
        };
        read().ok_or(malformed("a record that is cut off or not in its canonical form"))
    }
}

pub(super) fn malformed(what: &'static str) -> NotProven {
    NotProven::Malformed(what)
}
