//! Issuers as rules name them: domains that are confirmed, and keys that sign.

use ebl_verifier::evidence::{
    Answer, BlockReading, CallReading, DidEthrReading, Dnssec, Fact, Finality, Question, TxtReading, WebReading,
};
use ebl_verifier::primitives::{Address, ChainId};
use ebl_verifier::verify::{Arrival, Assurance, Outcome, Policy, Report, Rule, Verdict};
use serde_json::json;

use super::signing::{DOMAIN, Draft, address, did_ethr, key, record};
use super::world::{NOW, World, judged};
use super::wrapping::Format;

const ERC1056: Address = Address([0xe1; 20]);
const WEB: &str = "did:web:carrier.example";

fn issuers(names: &[&str]) -> Vec<Rule> {
    vec![Rule::Issuers(names.iter().map(|name| name.parse().unwrap()).collect())]
}

/// Key 1 controls its did:ethr and is listed by the did:web; the domain names the former.
fn answer(question: &Question) -> (Answer, Vec<&'static str>) {
    let signer = address(&key(1));
    let word = |bytes: &[u8]| CallReading { success: true, data: [&vec![0; 32 - bytes.len()], bytes].concat() };
    let fact = match question {
        Question::DidEthr(_) => Fact::DidEthr(Box::new(DidEthrReading {
            chain_id: 31337,
            block: BlockReading {
                timestamp: u64::try_from(NOW).unwrap(),
                finality: Finality::Local,
                ..BlockReading::default()
            },
            registry_code_size: 100,
            owner: word(&signer.0),
            changed: word(&[]),
            events: Vec::new(),
            newest: ebl_verifier::evidence::Newest::Itself,
        })),
        Question::DnsTxt(_) => Fact::DnsTxt(TxtReading {
            name_exists: true,
            records: vec![record(&format!("{}#controller", did_ethr(signer)))],
            dnssec: Dnssec::Insecure,
            chain: None,
            agreeing: 1,
            top_level: None,
        }),
        Question::Web(_) => {
            let document = json!({
                "id": WEB,
                "verificationMethod": [{
                    "id": "#keys-1",
                    "type": "EcdsaSecp256k1RecoveryMethod2020",
                    "controller": WEB,
                    "blockchainAccountId": format!("eip155:1:{signer}"),
                }],
                "assertionMethod": ["#keys-1"],
            });
            Fact::Web(WebReading { status: 200, body: document.to_string().into_bytes() })
        }
        other => panic!("{other:?}"),
    };
    (Ok(fact), vec!["host.example"])
}

fn report(bytes: &[u8], rules: Vec<Rule>) -> Report {
    let chain = ChainId::try_from(31337).unwrap();
    judged(
        bytes,
        Arrival::default(),
        &Policy { did_registries: [(chain, ERC1056)].into(), rules, ..Policy::default() },
        answer,
    )
}

fn issuer_code(report: &Report) -> &'static str {
    report.checks.iter().find(|check| check.name.as_str() == "issuer").unwrap().code.id
}

#[test]
fn a_bare_key_is_an_issuer_only_where_its_very_did_is_named() {
    let did = did_ethr(address(&key(1)));
    let other = did_ethr(address(&key(2)));
    for format in [Format::V2, Format::V3] {
        let bytes = Draft::new(format, &did, "controller", "DID").signed(&key(1));
        let judged = |names: &[&str]| report(&bytes, issuers(names));
        let without = report(&bytes, Vec::new());
        assert_eq!((without.verdict, issuer_code(&without)), (Verdict::Indeterminate, "issuer.bare_key"));
        let named = judged(&["carrier.example", &did]);
        assert_eq!((named.verdict, issuer_code(&named)), (Verdict::Valid, "issuer.key_trusted_by_caller"));
        // Trust is the caller's: nothing else confirms the key.
        assert_eq!((named.issuer[0].confirmed, named.issuer[0].assurance), (false, Some(Assurance::BareKey)));
        for name in [other.as_str(), &did.replace("0x7a69", "0x7A69"), "did:ethr:0x7a69", "carrier.example"] {
            let report = judged(&[name]);
            assert_eq!((report.verdict, issuer_code(&report)), (Verdict::Indeterminate, "issuer.bare_key"), "{name}");
            assert_eq!(report.policy[0].outcome, Outcome::Fail, "{name}");
        }
        let forged = Draft::new(format, &did, "controller", "DID").signed(&key(2));
        let report = report(&forged, issuers(&[&did]));
        assert_eq!((report.verdict, report.policy[0].outcome), (Verdict::Invalid, Outcome::Fail));
    }
}

#[test]
fn a_key_that_a_domain_names_is_known_by_either() {
    let did = did_ethr(address(&key(1)));
    let bytes = Draft::new(Format::V2, &did, "controller", "DNS-DID").signed(&key(1));
    for (name, verdict) in [
        (DOMAIN, Verdict::Valid),
        ("*.example", Verdict::Valid),
        (did.as_str(), Verdict::Valid),
        ("*.carrier.example", Verdict::PolicyNotMet),
        (WEB, Verdict::PolicyNotMet),
    ] {
        assert_eq!(report(&bytes, issuers(&[name])).verdict, verdict, "{name}");
    }
}

#[test]
fn a_did_document_confirms_its_domain_and_no_records_are_wanted_of_it() {
    let bytes = Draft::new(Format::V3, WEB, "keys-1", "DID").signed(&key(1));
    for (name, verdict) in
        [(WEB, Verdict::Valid), (DOMAIN, Verdict::Valid), ("did:web:carrier.example:bills", Verdict::PolicyNotMet)]
    {
        assert_eq!(report(&bytes, issuers(&[name])).verdict, verdict, "{name}");
    }
    // Nothing was read of a chain or of DNS, so these rules say nothing; a registry there is not.
    let rules = vec![Rule::Quorum(2), Rule::BlockAge(1), Rule::NoTestNetworks, Rule::Resolvers(2), Rule::Proof];
    let found = report(&bytes, rules);
    assert!(found.policy.iter().all(|finding| finding.outcome == Outcome::NotApplicable), "{:?}", found.policy);
    assert_eq!(found.verdict, Verdict::Valid);
}

#[test]
fn a_did_on_a_local_chain_rests_on_a_test_network() {
    let did = did_ethr(address(&key(1)));
    let bytes = Draft::new(Format::V2, &did, "controller", "DNS-DID").signed(&key(1));
    let found = report(&bytes, vec![Rule::NoTestNetworks, Rule::Quorum(2)]);
    let outcomes: Vec<_> = found.policy.iter().map(|finding| finding.outcome).collect();
    assert_eq!((outcomes, found.verdict), (vec![Outcome::Fail; 2], Verdict::PolicyNotMet));
}

#[test]
fn domains_end_at_their_labels() {
    for (domain, name, allowed) in [
        ("carrier.example", "carrier.example", true),
        ("Carrier.Example", "carrier.example", true),
        ("bills.carrier.example", "*.carrier.example", true),
        ("a.bills.carrier.example", ".carrier.example", true),
        ("bücher.example", "xn--bcher-kva.example", true),
        ("xn--bcher-kva.example", "BÜCHER.example", true),
        ("carrier.example", "*.carrier.example", false),
        ("bills.carrier.example", "carrier.example", false),
        ("evil-carrier.example", "*.carrier.example", false),
        ("evil-carrier.example", "carrier.example", false),
        ("carrier.example.evil.org", "carrier.example", false),
        ("carrier.example.evil.org", "*.carrier.example", false),
        ("xn--bcher-kva.example.evil.org", "*.xn--bcher-kva.example", false),
        ("bucher.example", "bücher.example", false),
        // A Cyrillic а.
        ("cаrrier.example", "carrier.example", false),
    ] {
        let report = World::good().of_domain(domain).judged(&issuers(&[name]));
        let verdict = if allowed { Verdict::Valid } else { Verdict::PolicyNotMet };
        assert_eq!(report.verdict, verdict, "{domain} against {name}: {:?}", report.policy);
    }
}
