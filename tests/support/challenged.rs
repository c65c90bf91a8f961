//! A challenge that was answered, honest until a test changes one thing: no network, no clock.

use ebl_verifier::challenge::{Challenge, Nonce, Period, Purpose, Subject, TitleRole};
use ebl_verifier::document::{self, Limits};
use ebl_verifier::evidence::{
    AccountReading, AccountSignatureQuestion, AccountSignatureReading, AskedAccount, CallReading, Cause, Entry,
    Evidence, Fact, Newest, Provenance, Question, RegistryQuestion, RegistryReading, Unavailable,
};
use ebl_verifier::identity::DomainName;
use ebl_verifier::primitives::{Address, ChainId, TokenId, encode_hex};
use ebl_verifier::title::Generation;
use ebl_verifier::verify::{
    Case, ChallengeCase, ChallengeReport, ChallengeStep, Policy, TokenOfChain, examine_challenge,
};
use k256::ecdsa::SigningKey;

use super::signed_world::{NOW, block, policy, word};
use super::signing::{address, key};
use super::situation::{CHAIN, HOST, REGISTRY, genuine_registry};

pub const TOKEN: TokenId = TokenId([0x77; 32]);

/// What is judged, by what, and when.
pub struct Challenged {
    pub challenge: Challenge,
    pub signature: String,
    pub now: i64,
    pub policy: Policy,
    pub accepted_before: bool,
    pub role: Option<TitleRole>,
    pub purpose: Option<&'static str>,
    pub domain: Option<&'static str>,
    pub nonce: Option<Nonce>,
    pub token: Option<TokenOfChain>,
    pub document: Option<Vec<u8>>,
    registry: Vec<Change<RegistryReading>>,
    account: Vec<Change<AccountSignatureReading>>,
    unanswered: Option<(Cause, Which)>,
}

type Change<R> = Box<dyn Fn(&mut R)>;
type Which = fn(&Question) -> bool;

/// The holder signed with a key, a minute later.
pub fn signed() -> Challenged {
    let holder = key(1);
    let subject = Subject {
        chain: ChainId::try_from(CHAIN).expect("a chain"),
        registry: REGISTRY,
        token: TOKEN,
        role: TitleRole::Holder,
        account: address(&holder),
    };
    let now = i64::try_from(NOW).expect("a time");
    let challenge = Challenge {
        subject,
        domain: Some(DomainName::parse("bank.example").expect("a domain")),
        purpose: Some("Bank X, case 17".parse().expect("a purpose")),
        nonce: Nonce([5; 16]),
        period: Period::new(now - 60, 900).expect("a period"),
    };
    let challenged = Challenged {
        signature: String::new(),
        challenge,
        now,
        policy: policy(),
        accepted_before: false,
        role: None,
        purpose: None,
        domain: None,
        nonce: None,
        token: None,
        document: None,
        registry: Vec::new(),
        account: Vec::new(),
        unanswered: None,
    };
    challenged.by(&holder).registry(|reading| {
        reading.title.holder = word(&address(&key(1)).0);
        reading.title.beneficiary = word(&address(&key(2)).0);
    })
}

/// The holder is a contract that accepts the signature.
pub fn contract() -> Challenged {
    signed().account(|reading| contract_says(reading, CallReading { success: true, data: YES.to_vec() }))
}

/// `isValidSignature` as a contract that accepts answers it.
pub const YES: [u8; 32] = {
    let mut word = [0; 32];
    [word[0], word[1], word[2], word[3]] = [0x16, 0x26, 0xba, 0x7e];
    word
};

/// A contract stands at the account, and answers so.
pub fn contract_says(reading: &mut AccountSignatureReading, answer: CallReading) {
    reading.account.code_size = 1000;
    reading.account.code_start = vec![0x60; AccountReading::CODE_START];
    reading.deployed_size = 1000;
    reading.asked = AskedAccount::Answered(answer);
}

/// What a wallet makes of this text with this key.
pub fn signature(key: &SigningKey, challenge: &Challenge) -> Vec<u8> {
    let (signature, recovery) = key.sign_prehash_recoverable(&challenge.digest().0);
    let mut bytes = signature.to_bytes().to_vec();
    bytes.push(27 + recovery.to_byte());
    bytes
}

pub fn hex(bytes: &[u8]) -> String {
    format!("0x{}", encode_hex(bytes))
}

impl Challenged {
    /// Signed with this key.
    pub fn by(mut self, key: &SigningKey) -> Self {
        self.signature = hex(&signature(key, &self.challenge));
        self
    }

    /// With other bytes for a signature.
    pub fn presenting(mut self, bytes: &[u8]) -> Self {
        self.signature = hex(bytes);
        self
    }

    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    pub fn registry(mut self, change: impl Fn(&mut RegistryReading) + 'static) -> Self {
        self.registry.push(Box::new(change));
        self
    }

    pub fn account(mut self, change: impl Fn(&mut AccountSignatureReading) + 'static) -> Self {
        self.account.push(Box::new(change));
        self
    }

    /// These questions have no answer.
    pub fn unanswered(mut self, cause: Cause, which: Which) -> Self {
        self.unanswered = Some((cause, which));
        self
    }

    pub fn report(&self) -> ChallengeReport {
        self.examined().0
    }

    /// The report, and the evidence that it rests on.
    pub fn examined(&self) -> (ChallengeReport, Evidence) {
        let limits = Limits::default();
        let document = self.document.as_ref().map(|bytes| document::read(bytes, &limits).expect("readable"));
        let of = document.as_ref().map(|document| Case::new(document, &self.policy, self.now));
        let mut case = ChallengeCase::new(&self.challenge, &self.signature, &self.policy, self.now);
        if let Some(of) = &of {
            case = case.for_document(of);
        }
        if self.accepted_before {
            case = case.accepted_before();
        }
        case = self.token.into_iter().fold(case, ChallengeCase::for_token);
        case = self.role.into_iter().fold(case, ChallengeCase::for_role);
        case = self.nonce.into_iter().fold(case, ChallengeCase::with_nonce);
        let purpose = self.purpose.map(|purpose| purpose.parse::<Purpose>().expect("a purpose"));
        case = purpose.into_iter().fold(case, ChallengeCase::for_purpose);
        let domain = self.domain.map(|domain| DomainName::parse(domain).expect("a domain"));
        case = domain.into_iter().fold(case, ChallengeCase::for_domain);
        let mut evidence = Evidence::new();
        for _ in 0..3 {
            match examine_challenge(&case, &evidence) {
                ChallengeStep::Report(report) => return (*report, evidence),
                ChallengeStep::Ask(questions) => {
                    for question in questions {
                        let answer = self.answer(&question);
                        let provenance = Provenance { hosts: vec![HOST.into()], ..Provenance::default() };
                        evidence.record(Entry::pair(question, answer, provenance).expect("of the right kind"));
                    }
                }
            }
        }
        panic!("it asks on and on");
    }

    fn answer(&self, question: &Question) -> Result<Fact, Unavailable> {
        if let Some((cause, which)) = self.unanswered
            && which(question)
        {
            return Err(Unavailable { cause, host: Some(HOST.to_owned()), detail: "no answer".to_owned() });
        }
        Ok(match question {
            Question::Registry(RegistryQuestion { registry, token, .. }) => {
                let mut reading = genuine_registry(Generation::V5, *registry, *token);
                self.registry.iter().for_each(|change| change(&mut reading));
                Fact::Registry(Box::new(reading))
            }
            Question::AccountSignature(AccountSignatureQuestion { account, digest, .. }) => {
                assert_eq!(*digest, self.challenge.digest());
                let account = AccountReading { address: *account, ..AccountReading::default() };
                let mut reading = AccountSignatureReading {
                    chain_id: CHAIN,
                    block: block(),
                    account,
                    newest: Newest::Itself,
                    ..AccountSignatureReading::default()
                };
                self.account.iter().for_each(|change| change(&mut reading));
                Fact::AccountSignature(Box::new(reading))
            }
            other => panic!("{other:?}"),
        })
    }
}

/// Whom the registry records, in both roles.
pub fn recorded(reading: &mut RegistryReading, account: Address) {
    reading.title.holder = word(&account.0);
    reading.title.beneficiary = word(&account.0);
}
