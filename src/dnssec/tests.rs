//! Zones signed here, and what becomes of their chains when anything about them is another one.

use std::sync::LazyLock;

use base64::Engine as _;
use p256::ecdsa::signature::Signer as _;
use proptest::prelude::*;
use rsa::traits::PublicKeyParts as _;
use rsa::{BoxedUint, Pkcs1v15Sign, PrivateKey};
use sha2::{Digest as _, Sha256, Sha512};

use super::key::tag;
use super::set::RRSIG;
use super::*;

const NOW: i64 = 1_780_000_000;
const TTL: u32 = 3600;
const NAME: &str = "carrier.example";
const RECORD: &str = "openatts net=ethereum netId=1 addr=0x00";

#[test]
fn records_that_are_signed_up_to_a_trusted_key_are_proven() {
    for keys in [P256, P384, RSA_1024, RSA_2048] {
        let world = World::new(keys);
        let proven = check(&world.chain(), NAME, NOW, &world.anchors()).unwrap();
        let by_digest = TrustAnchors::from_iter([world.root.anchor(".")]);
        assert_eq!(check(&world.chain(), "Carrier.Example.", NOW, &by_digest).as_ref(), Ok(&proven), "{keys}");
        assert_eq!(proven.records, [RECORD], "{keys}");
        assert_eq!(proven.rests_on, BTreeSet::from([world.root.anchor(".")]));
    }
}

#[test]
fn what_name_servers_published_holds_by_the_root_s_own_keys_while_it_was_valid() {
    #[derive(serde::Deserialize)]
    struct Genuine {
        name: String,
        records: Vec<String>,
        from: i64,
        to: i64,
        chain: String,
    }
    let mut file: serde_json::Value =
        serde_json::from_str(include_str!("../../fixtures/dns/genuine-chains.json")).unwrap();
    let cases: Vec<Genuine> = serde_json::from_value(file["cases"].take()).unwrap();
    assert_eq!(cases.len(), 1);
    for Genuine { name, records, from, to, chain } in cases {
        let chain = base64::engine::general_purpose::STANDARD.decode(chain).unwrap();
        let at = |now| check(&chain, &name, now, &TrustAnchors::default());
        let proven = Proven { records, rests_on: BTreeSet::new() };
        assert_eq!((at(from), at(to)), (Ok(proven.clone()), Ok(proven)), "{name}");
        assert!(matches!(at(from - 1), Err(NotProven::NotYetValid { .. })), "{name}");
        assert!(matches!(at(to + 1), Err(NotProven::Expired { .. })), "{name}");
        // Whatever else the caller trusts.
        let others = World::new(P256).anchors();
        assert_eq!(check(&chain, &name, to, &others).map(|proven| proven.rests_on), Ok(BTreeSet::new()), "{name}");
    }
}

#[test]
fn aliases_lead_on_and_each_is_signed_by_its_own_zone() {
    let world = World::new(P256);
    let [alias, text] = [world.alias("bill.example", NAME, "example"), world.text()];
    let chain = [alias.clone(), text.clone(), world.keys_of_carrier(), world.above_carrier()].concat();
    assert_eq!(world.records("bill.example", &chain), Ok(vec![RECORD.to_owned()]));
    assert_eq!(world.why("other.example", &chain), NotProven::OtherName);
    assert_eq!(world.why(NAME, &chain), NotProven::OtherName);
    let circle = [alias, world.alias(NAME, "bill.example", "example"), text, world.above_carrier()].concat();
    assert!(matches!(world.why("bill.example", &circle), NotProven::Malformed(_)));
    let long = (0..9).map(|at| world.alias(&format!("a{at}.example"), &format!("a{}.example", at + 1), "example"));
    assert!(matches!(world.why("a0.example", &long.collect::<Vec<_>>().concat()), NotProven::Malformed(_)));
}

#[test]
fn an_anchor_below_the_root_vouches_for_its_zone_and_the_chain_ends_there() {
    let world = World::new(P256);
    let chain = [world.text(), world.keys_of_carrier()].concat();
    let anchors: TrustAnchors = world.carrier.zone_file(NAME).parse().unwrap();
    assert_eq!(check(&chain, NAME, NOW, &anchors).unwrap().records, [RECORD]);
    // The keys of one zone are not those of another, and nobody is trusted by a chain.
    let elsewhere: TrustAnchors = world.carrier.zone_file("example").parse().unwrap();
    for anchors in [elsewhere, TrustAnchors::default(), world.anchors()] {
        assert_eq!(check(&chain, NAME, NOW, &anchors), Err(NotProven::NoAnchor("carrier.example.".into())));
    }
    assert_eq!(check(&world.chain(), NAME, NOW, &TrustAnchors::default()), Err(NotProven::NoAnchor(".".into())));
}

#[test]
fn not_a_byte_of_a_chain_can_be_another_one() {
    for keys in [P256, RSA_1024] {
        let world = World::new(keys);
        let (chain, anchors) = (world.chain(), world.anchors());
        for at in 0..chain.len() {
            for change in [1 << (at % 8), 0x20, 0xff] {
                let mut changed = chain.clone();
                changed[at] ^= change;
                assert!(check(&changed, NAME, NOW, &anchors).is_err(), "byte {at} of {}, by {change}", chain.len());
            }
        }
        for length in 0..chain.len() {
            assert!(check(&chain[..length], NAME, NOW, &anchors).is_err(), "{length}");
        }
    }
}

#[test]
fn sets_and_records_that_are_missing_doubled_or_elsewhere_prove_nothing() {
    let world = World::new(P256);
    let anchors = world.anchors();
    let sets = [
        world.draft(NAME, TXT, &[text_data("a"), text_data("b")]).signed(NAME, &world.carrier),
        world.keys_of_carrier(),
        world.delegation(NAME, &world.carrier, "example", &world.example),
        world.keys("example", &world.example),
        world.delegation("example", &world.example, ".", &world.root),
        world.keys(".", &world.root),
    ];
    assert!(check(&sets.concat(), NAME, NOW, &anchors).is_ok());
    let records: Vec<Vec<u8>> = sets.iter().flat_map(|set| records_of(set)).collect();
    assert_eq!(records.len(), 13);
    for parts in [sets.to_vec(), records] {
        for at in 0..parts.len() {
            let mut without = parts.clone();
            without.remove(at);
            assert!(check(&without.concat(), NAME, NOW, &anchors).is_err(), "without {at}");
            for to in 0..=parts.len() {
                let mut doubled = parts.clone();
                doubled.insert(to, parts[at].clone());
                assert!(check(&doubled.concat(), NAME, NOW, &anchors).is_err(), "{at} again at {to}");
            }
            for other in 0..at {
                let mut swapped = parts.clone();
                swapped.swap(at, other);
                assert!(check(&swapped.concat(), NAME, NOW, &anchors).is_err(), "{at} and {other} swapped");
            }
        }
    }
    // A genuine zone that nothing needs.
    let other = Key::new(P256, 9);
    let beside = [world.keys("other", &other), world.delegation("other", &other, ".", &world.root)].concat();
    let more = [sets[..5].concat(), beside, sets[5].clone()].concat();
    assert_eq!(check(&more, NAME, NOW, &anchors), Err(NotProven::Malformed("keys that nothing needs")));
}

#[test]
fn signatures_count_from_their_first_second_to_their_last() {
    let world = World::new(P256);
    let anchors = world.anchors();
    let at = |now| check(&world.chain(), NAME, now, &anchors);
    assert!(at(NOW - DAY).is_ok() && at(NOW + DAY).is_ok());
    let early = at(NOW - DAY - 1).unwrap_err();
    assert!(matches!(&early, NotProven::NotYetValid { from, .. } if *from == NOW - DAY), "{early}");
    let late = at(NOW + DAY + 1).unwrap_err();
    assert_eq!(late, NotProven::Expired { owner: ".".into(), at: NOW + DAY });
    assert_eq!(late.to_string(), "the signature over records of . ran out: at 2026-05-29T20:26:40Z");
    for now in [i64::MIN, -1, 0, i64::MAX] {
        assert!(at(now).is_err(), "{now}");
    }
    // Of each set.
    for kind in [TXT, DNSKEY, DS] {
        for times in [(NOW - 9, NOW - 1), (NOW + 1, NOW + 9), (NOW + 1, NOW - 1)] {
            let world = World { late: Some((kind, times)), ..World::new(P256) };
            assert!(check(&world.chain(), NAME, NOW, &world.anchors()).is_err(), "{kind} {times:?}");
        }
    }
    // Around the end of the numbers, in 2106.
    let end = 1_i64 << 32;
    let world = World { late: Some((TXT, (end - 5, end + 5))), ..World::new(P256) };
    let chain = [world.text(), world.keys_of_carrier()].concat();
    let anchors: TrustAnchors = world.carrier.zone_file(NAME).parse().unwrap();
    assert!(matches!(
        check(&chain, NAME, end - 6, &anchors),
        Err(NotProven::NotYetValid { .. } | NotProven::Expired { .. })
    ));
}

#[test]
fn a_zone_is_vouched_for_by_those_above_it_and_by_nobody_else() {
    let world = World::new(P256);
    let (carrier, example, root) = (&world.carrier, &world.example, &world.root);
    let top = [world.keys("example", example), world.delegation("example", example, ".", root), world.keys(".", root)];
    let chain = |text: Vec<u8>, keys: Vec<u8>, delegation: Vec<u8>| [text, keys, delegation, top.concat()].concat();
    let genuine = world.delegation(NAME, carrier, "example", example);
    let text = || world.text();
    let keys = || world.keys_of_carrier();
    let other = Key::new(P256, 9);
    // A digest of another key, and one by SHA-1.
    let another = world.delegation(NAME, &other, "example", example);
    assert_eq!(world.why(NAME, &chain(text(), keys(), another)), NotProven::NotDelegated("carrier.example.".into()));
    let mut sha1 = carrier.digest(NAME);
    sha1[3] = 1;
    sha1.truncate(24);
    let sha1 = world.draft(NAME, DS, &[sha1]).signed("example", example);
    assert_eq!(world.why(NAME, &chain(text(), keys(), sha1)), NotProven::NotDelegated("carrier.example.".into()));
    // Signed by the zone itself, by one beside it, by one below.
    for signer in [NAME, "other", "a.carrier.example"] {
        let own = world.draft(NAME, DS, &[carrier.digest(NAME)]).signed(signer, example);
        assert!(check(&chain(text(), keys(), own), NAME, NOW, &world.anchors()).is_err(), "{signer}");
        let own = world.draft(NAME, DNSKEY, std::slice::from_ref(&carrier.data)).signed(signer, carrier);
        if signer != NAME {
            let chain = chain(text(), own, genuine.clone());
            assert!(matches!(world.why(NAME, &chain), NotProven::OtherZone { .. }), "{signer}");
            let own = world.draft(NAME, TXT, &[text_data(RECORD)]).signed(signer, carrier);
            let why = world.why(NAME, &[own, keys(), genuine.clone(), top.concat()].concat());
            assert!(matches!(why, NotProven::OtherZone { .. }), "{signer}");
        }
    }
    // Signed by somebody else in the zone's name, and by a key of it that may not sign.
    let forged = world.draft(NAME, TXT, &[text_data(RECORD)]).signed(NAME, &other);
    assert_eq!(world.why(NAME, &chain(forged, keys(), genuine.clone())), NotProven::NoKeys("carrier.example.".into()));
    for (flags, protocol) in [(0x0001, 3), (0x0181, 3), (0x0101, 2)] {
        let mut lame = Key::new(P256, 2);
        lame.data[..2].copy_from_slice(&u16::to_be_bytes(flags));
        lame.data[2] = protocol;
        let keys = world.keys(NAME, &lame);
        let delegation = world.delegation(NAME, &lame, "example", example);
        let text = world.draft(NAME, TXT, &[text_data(RECORD)]).signed(NAME, &lame);
        let why = world.why(NAME, &chain(text, keys, delegation));
        assert_eq!(why, NotProven::NoKeys("carrier.example.".into()), "{flags:x} {protocol}");
    }
    // By a wildcard, and over more labels than there are.
    let wild = Draft { labels: 1, ..world.draft(NAME, TXT, &[text_data(RECORD)]) }.signed(NAME, carrier);
    assert_eq!(world.why(NAME, &chain(wild, keys(), genuine.clone())), NotProven::Wildcard("carrier.example.".into()));
    let more = Draft { labels: 3, ..world.draft(NAME, TXT, &[text_data(RECORD)]) }.signed(NAME, carrier);
    assert!(matches!(world.why(NAME, &chain(more, keys(), genuine)), NotProven::Malformed(_)));
}

#[test]
fn records_out_of_their_canonical_form_are_not_read() {
    let world = World::new(P256);
    let rest = [world.keys_of_carrier(), world.above_carrier()].concat();
    let (a, b) = (text_data("a"), text_data("b"));
    let signed = |data: &[Vec<u8>]| world.draft(NAME, TXT, data).signed(NAME, &world.carrier);
    assert!(check(&[signed(&[a.clone(), b.clone()]), rest.clone()].concat(), NAME, NOW, &world.anchors()).is_ok());
    for data in [&[b.clone(), a.clone()][..], &[a.clone(), a.clone()], &[vec![2, b'a']], &[vec![]]] {
        let chain = [signed(data), rest.clone()].concat();
        let why = check(&chain, NAME, NOW, &world.anchors());
        // A record of no string at all has nothing in it, which a signer may have signed.
        assert!(matches!(why, Err(NotProven::Malformed(_))) || data[0].is_empty(), "{data:?} {why:?}");
    }
    // Another time to live than the one that was signed.
    let mut slow = signed(std::slice::from_ref(&a));
    let at = wire(NAME).len() + 4;
    slow[at + 3] ^= 1;
    assert!(check(&[slow, rest.clone()].concat(), NAME, NOW, &world.anchors()).is_err());
    let shouted = [signed(&[a]), rest].concat().to_ascii_uppercase();
    assert!(matches!(world.why(NAME, &shouted), NotProven::Malformed(_)));
}

#[test]
fn a_chain_costs_a_bounded_number_of_signatures() {
    let world = World::new(P256);
    // Keys of one tag: two are tried, of three none.
    let twins = |count: u8| {
        let mut data: Vec<Vec<u8>> =
            (0..count).map(|at| world.carrier.twin(at)).chain([world.carrier.data.clone()]).collect();
        data.sort();
        data.iter().for_each(|data| assert_eq!(tag(data), world.carrier.tag()));
        let keys = world.draft(NAME, DNSKEY, &data).signed(NAME, &world.carrier);
        check(&[world.text(), keys, world.above_carrier()].concat(), NAME, NOW, &world.anchors())
    };
    assert!(twins(1).is_ok());
    assert_eq!(twins(2), Err(NotProven::Malformed("too many keys of one tag")));
    let many = [world.chain(), world.keys("example", &world.example).repeat(64)].concat();
    assert_eq!(world.why(NAME, &many), NotProven::TooLarge);
    assert_eq!(world.why(NAME, &vec![0; super::set::MOST_BYTES + 1]), NotProven::TooLarge);
}

#[test]
fn algorithms_and_sizes_of_keys_that_are_not_checked_prove_nothing() {
    for algorithm in [1, 3, 5, 6, 7, 12, 15, 16, 253] {
        let mut world = World::new(P256);
        world.carrier.data[3] = algorithm;
        assert_eq!(world.why(NAME, &world.chain()), NotProven::Algorithm(algorithm));
    }
    // The least and the most that a modulus may have, and what is beyond it.
    for (length, exponent, wanted) in [
        (127, &[1, 0, 1][..], false),
        (128, &[1, 0, 1], true),
        (512, &[1, 0, 1], true),
        (513, &[1, 0, 1], false),
        (128, &[], false),
        (128, &[1; 5], false),
    ] {
        let material = [&[u8::try_from(exponent.len()).unwrap()], exponent, &vec![0xff; length]].concat();
        let data = [&[1, 1, 3, 8], material.as_slice()].concat();
        let key = super::key::Key::read(&data).unwrap();
        assert_eq!(key.is_rsa_of_a_size_that_is_read(), wanted, "{length} {exponent:?}");
        assert_eq!(key.signed(b"", &vec![0; length]), Some(false));
    }
}

/// A chain that holds, and whom it rests on.
static HONEST: LazyLock<(Vec<u8>, TrustAnchors)> = LazyLock::new(|| {
    let world = World::new(P256);
    (world.chain(), world.anchors())
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn no_bytes_make_a_check_panic_or_prove_anything(
        bytes in proptest::collection::vec(any::<u8>(), 0..600),
        name in ".{0,40}",
        now in any::<i64>(),
    ) {
        prop_assert!(check(&bytes, &name, now, &HONEST.1).is_err());
    }

    #[test]
    fn no_part_of_a_chain_in_another_place_proves_anything(from in 0..900_usize, length in 1..300_usize, to in 0..900_usize) {
        let (chain, anchors) = &*HONEST;
        let part: Vec<u8> = chain.iter().skip(from).take(length).copied().collect();
        let mut changed = chain.clone();
        changed.splice(to.min(chain.len())..to.min(chain.len()), part.clone());
        prop_assert!(part.is_empty() || check(&changed, NAME, NOW, anchors).is_err());
    }
}

const DAY: i64 = 86_400;
const P256: u8 = 13;
const P384: u8 = 14;
const RSA_1024: u8 = 8;
const RSA_2048: u8 = 10;

/// The root, `example.` below it, and `carrier.example.` below that.
struct World {
    root: Key,
    example: Key,
    carrier: Key,
    /// Other times for the signatures over sets of one type.
    late: Option<(u16, (i64, i64))>,
}

impl World {
    fn new(kind: u8) -> Self {
        let [root, example, carrier] = [0, 1, 2].map(|seed| Key::new(kind, seed));
        Self { root, example, carrier, late: None }
    }

    fn anchors(&self) -> TrustAnchors {
        self.root.zone_file(".").parse().unwrap()
    }

    fn chain(&self) -> Vec<u8> {
        [self.text(), self.keys_of_carrier(), self.above_carrier()].concat()
    }

    fn text(&self) -> Vec<u8> {
        self.draft(NAME, TXT, &[text_data(RECORD)]).signed(NAME, &self.carrier)
    }

    fn keys_of_carrier(&self) -> Vec<u8> {
        self.keys(NAME, &self.carrier)
    }

    fn above_carrier(&self) -> Vec<u8> {
        [
            self.delegation(NAME, &self.carrier, "example", &self.example),
            self.keys("example", &self.example),
            self.delegation("example", &self.example, ".", &self.root),
            self.keys(".", &self.root),
        ]
        .concat()
    }

    fn alias(&self, owner: &str, target: &str, zone: &str) -> Vec<u8> {
        self.draft(owner, CNAME, &[wire(target)]).signed(zone, &self.example)
    }

    fn keys(&self, zone: &str, key: &Key) -> Vec<u8> {
        self.draft(zone, DNSKEY, std::slice::from_ref(&key.data)).signed(zone, key)
    }

    fn delegation(&self, zone: &str, key: &Key, parent: &str, by: &Key) -> Vec<u8> {
        self.draft(zone, DS, &[key.digest(zone)]).signed(parent, by)
    }

    fn draft(&self, owner: &str, kind: u16, data: &[Vec<u8>]) -> Draft {
        let late = self.late.filter(|(late, _)| *late == kind);
        let (inception, expiration) = late.map_or((NOW - DAY, NOW + DAY), |(_, times)| times);
        let labels = owner.split('.').filter(|label| !label.is_empty()).count();
        let labels = u8::try_from(labels).unwrap();
        Draft { owner: wire(owner), kind, data: data.to_vec(), labels, inception, expiration }
    }

    fn records(&self, name: &str, chain: &[u8]) -> Result<Vec<String>, NotProven> {
        check(chain, name, NOW, &self.anchors()).map(|proven| proven.records)
    }

    fn why(&self, name: &str, chain: &[u8]) -> NotProven {
        check(chain, name, NOW, &self.anchors()).unwrap_err()
    }
}

/// A set to be signed.
struct Draft {
    owner: Vec<u8>,
    kind: u16,
    data: Vec<Vec<u8>>,
    labels: u8,
    inception: i64,
    expiration: i64,
}

impl Draft {
    fn signed(&self, zone: &str, key: &Key) -> Vec<u8> {
        let time = |seconds: i64| u32::try_from(seconds.rem_euclid(1 << 32)).unwrap().to_be_bytes();
        let head = [
            &self.kind.to_be_bytes()[..],
            &[key.data[3], self.labels],
            &TTL.to_be_bytes(),
            &time(self.expiration),
            &time(self.inception),
            &key.tag().to_be_bytes(),
            &wire(zone),
        ]
        .concat();
        let records: Vec<u8> = self.data.iter().flat_map(|data| record(&self.owner, self.kind, data)).collect();
        let value = key.sign(&[head.as_slice(), &records].concat());
        [records, record(&self.owner, RRSIG, &[head, value].concat())].concat()
    }
}

struct Key {
    secret: Secret,
    data: Vec<u8>,
}

enum Secret {
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    Rsa(Box<PrivateKey>),
}

impl Key {
    fn new(kind: u8, seed: u8) -> Self {
        let (secret, material) = match kind {
            P256 => {
                let key = p256::ecdsa::SigningKey::from_slice(&[seed + 1; 32]).unwrap();
                let point = key.verifying_key().to_sec1_point(false);
                (Secret::P256(key), point.as_bytes()[1..].to_vec())
            }
            P384 => {
                let key = p384::ecdsa::SigningKey::from_slice(&[seed + 1; 48]).unwrap();
                let point = key.verifying_key().to_sec1_point(false);
                (Secret::P384(key), point.as_bytes()[1..].to_vec())
            }
            _ => {
                let primes = if kind == RSA_1024 { PRIMES_OF_1024 } else { PRIMES_OF_2048 };
                let [p, q] = primes.map(|prime| crate::primitives::decode_hex(prime).unwrap());
                let number = BoxedUint::from_be_slice_vartime;
                let key = PrivateKey::from_p_q(number(&p), number(&q), BoxedUint::from(65_537_u64)).unwrap();
                let material = [&[3, 1, 0, 1], &*key.n_bytes()].concat();
                (Secret::Rsa(Box::new(key)), material)
            }
        };
        Self { secret, data: [&[1, 1, 3, kind], material.as_slice()].concat() }
    }

    fn tag(&self) -> u16 {
        tag(&self.data)
    }

    /// A DS record's data.
    fn digest(&self, zone: &str) -> Vec<u8> {
        let digest = Sha256::new().chain_update(wire(zone)).chain_update(&self.data).finalize();
        [&self.tag().to_be_bytes()[..], &[self.data[3], 2], &digest].concat()
    }

    fn anchor(&self, zone: &str) -> TrustAnchor {
        let digest = self.digest(zone);
        let hex: String = digest[4..].iter().map(|byte| format!("{byte:02x}")).collect();
        let zone = if zone == "." { String::new() } else { zone.to_owned() };
        format!("{zone}. IN DS {} {} 2 {hex}", self.tag(), self.data[3]).parse().unwrap()
    }

    fn zone_file(&self, zone: &str) -> String {
        let key = base64::engine::general_purpose::STANDARD.encode(&self.data[4..]);
        let zone = if zone == "." { String::new() } else { zone.to_owned() };
        format!("{zone}. IN DNSKEY 257 3 {} {key}", self.data[3])
    }

    /// The data of another key of the same tag: two words that are summed are exchanged.
    fn twin(&self, at: u8) -> Vec<u8> {
        let mut data = self.data.clone();
        let at = 4 + 4 * usize::from(at);
        let word: Vec<u8> = data.drain(at..at + 2).collect();
        data.splice(at + 2..at + 2, word);
        data
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.secret {
            Secret::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.to_bytes().to_vec()
            }
            Secret::P384(key) => {
                let signature: p384::ecdsa::Signature = key.sign(message);
                signature.to_bytes().to_vec()
            }
            Secret::Rsa(key) if self.data[3] == RSA_1024 => {
                key.sign(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(message)).unwrap()
            }
            Secret::Rsa(key) => key.sign(Pkcs1v15Sign::new::<Sha512>(), &Sha512::digest(message)).unwrap(),
        }
    }
}

fn record(owner: &[u8], kind: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap().to_be_bytes();
    [owner, &kind.to_be_bytes(), &[0, 1], &TTL.to_be_bytes(), &length, data].concat()
}

fn records_of(mut set: &[u8]) -> Vec<Vec<u8>> {
    let mut records = Vec::new();
    while !set.is_empty() {
        let (_, rest) = Name::read(set).unwrap();
        let length = set.len() - rest.len() + 10 + usize::from(u16::from_be_bytes([rest[8], rest[9]]));
        let (record, behind) = set.split_at(length);
        records.push(record.to_vec());
        set = behind;
    }
    records
}

fn text_data(text: &str) -> Vec<u8> {
    [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat()
}

fn wire(name: &str) -> Vec<u8> {
    super::name::wire(name).unwrap()
}

/// For these tests only.
const PRIMES_OF_1024: [&str; 2] = [
    "f386e5c22707ac4aa3bf7df810fd7ff153debe10d88385db9fe39144e8d455d56d715fa2dde4b4c28b5bc87b8b2ef18690adbdc7553cc8603f401b8996e3e835",
    "df3726a0c54aa615edbcf6c899ed930478239f597ab681e19eebb47d7d59ff8def4edb18c5d76bd346fea7190c35ae7758d7df3c81a08f19e400769aa8521ea1",
];
const PRIMES_OF_2048: [&str; 2] = [
    "ff6ac2a33af3f085b7398b6fcd8cc82bc79a09c781961b72c1e1f4531946be603d69686280c5e5bdb9420794a885183b31b0b9b6fdd913d690818b25e8f65f6d74c41a1513e07f9832725aa19c8788594d1eb9124b85d28b184e8f913742dc9fff0b1a6a0a304fbfc6bc6b3fb3fadfd8efe21e4bc9d106a0d9e8a172ebfaaa1d",
    "bfc2773523e0100e1ef7087ec5c12710da59305eadd6244cc5b8b5da8a8b62a5e9afc4534da544aea835071c534894fd04e62378018c80c39db822cb4b43c94b30ddd55510e60e4c4e4a80fd87918c2bdb7d05506eb3a5af19aa064f81c2e1f5d79bd3153bac8681a92cf934a6b2e3a61c106cee0232ac0c457859c1554a817d",
];
