//! A small hierarchy of signed and unsigned zones, made in the test, from a root with a key of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{SystemTime, UNIX_EPOCH};

use hickory_proto::dnssec::crypto::{EcdsaSigningKey, Ed25519SigningKey, RsaSigningKey};
use hickory_proto::dnssec::rdata::sig::SigInput;
use hickory_proto::dnssec::rdata::{DNSKEY, DNSSECRData, DS, NSEC, RRSIG};
use hickory_proto::dnssec::{Algorithm, DigestType, DnssecSigner, PublicKey as _, SigningKey, TBS};
use hickory_proto::op::ResponseCode;
use hickory_proto::rr::rdata::{CNAME, NS, SOA, TXT};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType, SerialNumber};
use rustls_pki_types::PrivatePkcs8KeyDer;

const TTL: u32 = 60;
const DAY: u32 = 86_400;

/// How a zone is tied to its parent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Signed, and its key's digest stands in the parent.
    Signed,
    /// Signed, by another algorithm than the others: 8, 14 or 15.
    By(u8),
    /// Not signed; the parent has no DS record and says so.
    Unsigned,
    /// Signed, but the parent holds no digest of its key and says so.
    Island,
    /// Signed, but the parent holds the digest of another key.
    WrongDs,
    /// Signed, but every signature ran out yesterday.
    Expired,
}

/// All zones of one root.
pub struct Zones {
    zones: BTreeMap<Name, Zone>,
}

struct Zone {
    key: Option<Key>,
    records: BTreeMap<Name, BTreeMap<RecordType, Vec<Record>>>,
    signatures: BTreeMap<(Name, RecordType), Record>,
}

struct Key {
    dnskey: DNSKEY,
    signer: DnssecSigner,
    expires: u32,
}

/// One answer, with all of DNSSEC.
pub struct Reply {
    pub code: ResponseCode,
    pub answers: Vec<Record>,
    pub authorities: Vec<Record>,
}

impl Zones {
    /// One zone for everything, without DNSSEC.
    pub fn unsigned() -> Self {
        Self { zones: BTreeMap::from([(Name::root(), Zone::new(&Name::root(), Trust::Unsigned))]) }
    }

    /// A signed root, and below it the zones named, parents before children.
    pub fn new(zones: &[(&str, Trust)]) -> Self {
        let mut all = Self { zones: BTreeMap::from([(Name::root(), Zone::new(&Name::root(), Trust::Signed))]) };
        for (apex, trust) in zones {
            let apex = name(apex);
            let zone = Zone::new(&apex, *trust);
            let digest = match trust {
                Trust::Unsigned | Trust::Island => None,
                Trust::WrongDs => Some(digest_of(&apex, &Key::new(&apex, *trust, 0).dnskey)),
                Trust::Signed | Trust::By(_) | Trust::Expired => {
                    zone.key.as_ref().map(|key| digest_of(&apex, &key.dnskey))
                }
            };
            let parent = all.zone_mut(&apex.base_name());
            parent.add(&apex, RData::NS(NS(name("ns.invalid."))));
            if let Some(digest) = digest {
                parent.add(&apex, RData::DNSSEC(DNSSECRData::DS(digest)));
            }
            all.zones.insert(apex, zone);
        }
        all
    }

    /// Adds a TXT record made of these strings.
    pub fn txt(mut self, owner: &str, strings: &[&str]) -> Self {
        let data = TXT::new(strings.iter().map(|text| (*text).to_owned()).collect());
        let owner = name(owner);
        self.zone_mut(&owner).add(&owner, RData::TXT(data));
        self
    }

    /// Makes `owner` an alias of `target`.
    pub fn cname(mut self, owner: &str, target: &str) -> Self {
        let owner = name(owner);
        self.zone_mut(&owner).add(&owner, RData::CNAME(CNAME(name(target))));
        self
    }

    /// Signs everything. Whatever is changed after this contradicts its signature.
    pub fn signed(mut self) -> Self {
        for (apex, zone) in &mut self.zones {
            zone.sign(apex);
        }
        self
    }

    /// Replaces the first TXT record of a name and leaves the signature as it was.
    pub fn tampered(mut self, owner: &str, text: &str) -> Self {
        let owner = name(owner);
        let set = self.zone_mut(&owner).records.get_mut(&owner).unwrap().get_mut(&RecordType::TXT).unwrap();
        set[0].data = RData::TXT(TXT::new(vec![text.to_owned()]));
        self
    }

    /// Points an alias elsewhere and leaves the signature as it was.
    pub fn diverted(mut self, owner: &str, target: &str) -> Self {
        let owner = name(owner);
        let set = self.zone_mut(&owner).records.get_mut(&owner).unwrap().get_mut(&RecordType::CNAME).unwrap();
        set[0].data = RData::CNAME(CNAME(name(target)));
        self
    }

    /// The key of a zone as a DNSKEY record of a zone file.
    pub fn key_record(&self, apex: &str) -> String {
        let key = &self.zones[&name(apex)].key.as_ref().unwrap().dnskey;
        format!("{apex} {TTL} IN DNSKEY {} 3 {} {}", key.flags(), u8::from(key.public_key().algorithm()), base64(key))
    }

    /// The key of a zone as a DS record of a zone file.
    pub fn digest_record(&self, apex: &str) -> String {
        let digest = digest_of(&name(apex), &self.zones[&name(apex)].key.as_ref().unwrap().dnskey);
        format!("{apex} {TTL} IN DS {digest}")
    }

    /// Answers as a recursive resolver does, whose cache holds everything.
    pub fn answer(&self, asked: &Name, kind: RecordType) -> Reply {
        let mut reply = Reply { code: ResponseCode::NoError, answers: Vec::new(), authorities: Vec::new() };
        let mut owner = asked.clone();
        for _ in 0..20 {
            let (apex, zone) = self.zone_answering(&owner, kind);
            if let Some(set) = zone.records.get(&owner).and_then(|sets| sets.get(&kind)) {
                reply.answers.extend(set.iter().chain(zone.signatures.get(&(owner, kind))).cloned());
                return reply;
            }
            let Some(set) = zone.records.get(&owner).and_then(|sets| sets.get(&RecordType::CNAME)) else {
                if !zone.expand_wildcard(&owner, kind, &mut reply) {
                    zone.deny(apex, &owner, &mut reply);
                }
                return reply;
            };
            let key = (owner.clone(), RecordType::CNAME);
            reply.answers.extend(set.iter().chain(zone.signatures.get(&key)).cloned());
            let RData::CNAME(CNAME(target)) = &set[0].data else { panic!("a CNAME record") };
            if reply.answers.iter().any(|record| record.name == *target) {
                return reply;
            }
            owner = target.clone();
        }
        reply
    }

    fn zone_mut(&mut self, owner: &Name) -> &mut Zone {
        let apex = self.zones.keys().filter(|apex| apex.zone_of(owner)).max_by_key(|apex| apex.num_labels());
        let apex = apex.unwrap().clone();
        self.zones.get_mut(&apex).unwrap()
    }

    /// A DS record belongs to the parent's side of the cut.
    fn zone_answering(&self, owner: &Name, kind: RecordType) -> (&Name, &Zone) {
        let candidates = self
            .zones
            .iter()
            .filter(|(apex, _)| apex.zone_of(owner) && !(kind == RecordType::DS && *apex == owner && !owner.is_root()));
        candidates.max_by_key(|(apex, _)| apex.num_labels()).unwrap()
    }
}

impl Zone {
    fn new(apex: &Name, trust: Trust) -> Self {
        let expires = match trust {
            Trust::Expired => now() - DAY,
            _ => now() + DAY,
        };
        let key = (trust != Trust::Unsigned).then(|| Key::new(apex, trust, expires));
        let mut zone = Self { key, records: BTreeMap::new(), signatures: BTreeMap::new() };
        zone.add(apex, RData::SOA(SOA::new(name("ns.invalid."), name("post.invalid."), 1, 60, 60, 60, 60)));
        zone.add(apex, RData::NS(NS(name("ns.invalid."))));
        if let Some(key) = &zone.key {
            let dnskey = RData::DNSSEC(DNSSECRData::DNSKEY(key.dnskey.clone()));
            zone.add(apex, dnskey);
        }
        zone
    }

    fn add(&mut self, owner: &Name, data: RData) {
        let record = Record::from_rdata(owner.clone(), TTL, data);
        self.records.entry(owner.clone()).or_default().entry(record.record_type()).or_default().push(record);
    }

    fn sign(&mut self, apex: &Name) {
        let Some(key) = &self.key else { return };
        let owners: Vec<Name> = self.records.keys().cloned().collect();
        let following = owners.iter().cycle().skip(1);
        let mut denials = Vec::new();
        for (owner, next) in owners.iter().zip(following) {
            let kinds: BTreeSet<RecordType> = self.records[owner].keys().copied().collect();
            denials.push((owner.clone(), NSEC::new_cover_self(next.clone(), kinds)));
        }
        for (owner, denial) in denials {
            let record = Record::from_rdata(owner.clone(), TTL, RData::DNSSEC(DNSSECRData::NSEC(denial)));
            self.records.entry(owner).or_default().insert(RecordType::NSEC, vec![record]);
        }
        for (owner, sets) in &self.records {
            for (kind, set) in sets {
                let parent_side_ns = *kind == RecordType::NS && owner != apex;
                if !parent_side_ns {
                    self.signatures.insert((owner.clone(), *kind), key.signature(owner, *kind, set, apex));
                }
            }
        }
    }

    /// Says that there is no such name, or nothing of this type, and proves it where the zone is signed.
    fn deny(&self, apex: &Name, owner: &Name, reply: &mut Reply) {
        if !self.has(owner) {
            reply.code = ResponseCode::NXDomain;
        }
        self.bear_witness(&(apex.clone(), RecordType::SOA), reply);
        if self.key.is_some() {
            let one = self.covering(owner);
            let other = self.covering(&self.wildcard_for(owner));
            self.bear_witness(&one, reply);
            if one != other {
                self.bear_witness(&other, reply);
            }
        }
    }

    fn expand_wildcard(&self, owner: &Name, kind: RecordType, reply: &mut Reply) -> bool {
        let wildcard = self.wildcard_for(owner);
        let Some(set) = self.records.get(&wildcard).and_then(|sets| sets.get(&kind)).filter(|_| !self.has(owner))
        else {
            return false;
        };
        for record in set.iter().chain(self.signatures.get(&(wildcard, kind))) {
            reply.answers.push(Record::from_rdata(owner.clone(), TTL, record.data.clone()));
        }
        if self.key.is_some() {
            self.bear_witness(&self.covering(owner), reply);
        }
        true
    }

    fn bear_witness(&self, key: &(Name, RecordType), reply: &mut Reply) {
        reply.authorities.extend(self.records[&key.0][&key.1].iter().chain(self.signatures.get(key)).cloned());
    }

    fn covering(&self, denied: &Name) -> (Name, RecordType) {
        (self.records.range(..=denied.clone()).next_back().unwrap().0.clone(), RecordType::NSEC)
    }

    fn wildcard_for(&self, owner: &Name) -> Name {
        let mut encloser = owner.clone();
        while !self.has(&encloser) {
            encloser = encloser.base_name();
        }
        encloser.prepend_label("*").unwrap()
    }

    /// Names that have something below them exist.
    fn has(&self, owner: &Name) -> bool {
        self.records.keys().any(|known| owner.zone_of(known))
    }
}

impl Key {
    fn new(apex: &Name, trust: Trust, expires: u32) -> Self {
        let algorithm = match trust {
            Trust::By(number) => Algorithm::from_u8(number),
            _ => Algorithm::ECDSAP256SHA256,
        };
        let key: Box<dyn SigningKey> = match algorithm {
            Algorithm::ED25519 => {
                let pkcs8 = Ed25519SigningKey::generate_pkcs8().unwrap();
                Box::new(Ed25519SigningKey::from_pkcs8(&pkcs8).unwrap())
            }
            Algorithm::RSASHA256 => Box::new(RsaSigningKey::from_pkcs8(&rsa_key(), algorithm).unwrap()),
            _ => {
                let pkcs8 = EcdsaSigningKey::generate_pkcs8(algorithm).unwrap();
                Box::new(EcdsaSigningKey::from_pkcs8(&pkcs8, algorithm).unwrap())
            }
        };
        let dnskey = DNSKEY::from_key(&key.to_public_key().unwrap());
        let signer = DnssecSigner::new(dnskey.clone(), key, apex.clone(), std::time::Duration::ZERO);
        Self { dnskey, signer, expires }
    }

    fn signature(&self, owner: &Name, kind: RecordType, set: &[Record], apex: &Name) -> Record {
        let input = SigInput {
            type_covered: kind,
            algorithm: self.dnskey.public_key().algorithm(),
            num_labels: owner.num_labels(),
            original_ttl: TTL,
            sig_expiration: SerialNumber::new(self.expires),
            sig_inception: SerialNumber::new(now() - 7 * DAY),
            key_tag: self.dnskey.calculate_key_tag().unwrap(),
            signer_name: apex.clone(),
        };
        let signed = TBS::from_input(owner, DNSClass::IN, &input, set.iter()).unwrap();
        let signature = RRSIG::from_sig(input, self.signer.sign(&signed).unwrap());
        Record::from_rdata(owner.clone(), TTL, RData::DNSSEC(DNSSECRData::RRSIG(signature)))
    }
}

/// For these tests only: to make one takes long.
fn rsa_key() -> PrivatePkcs8KeyDer<'static> {
    use base64::Engine as _;
    let text = include_str!("../../fixtures/dns/rsa-key-of-a-test-zone.txt");
    PrivatePkcs8KeyDer::from(base64::engine::general_purpose::STANDARD.decode(text.replace('\n', "")).unwrap())
}

fn digest_of(apex: &Name, key: &DNSKEY) -> DS {
    let digest = key.to_digest(apex, DigestType::SHA256).unwrap();
    let algorithm = key.public_key().algorithm();
    DS::new(key.calculate_key_tag().unwrap(), algorithm, DigestType::SHA256, digest.as_ref().to_vec())
}

fn base64(key: &DNSKEY) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(key.public_key().public_bytes())
}

pub fn name(text: &str) -> Name {
    Name::from_ascii(text).unwrap()
}

fn now() -> u32 {
    u32::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}
