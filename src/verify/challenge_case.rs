//! What is judged of a signed challenge: the text, the signature that was presented, and what the caller expected.

use super::case::{LinkFollowed, TitleSubject};
use super::{Case, Policy, TokenOfChain};
use crate::address_book::AddressBook;
use crate::challenge::{
    Challenge, InvalidPresentedSignature, Nonce, PresentedSignature, Purpose, Subject, TitleRole, key_signer,
};
use crate::evidence::AccountSignatureQuestion;
use crate::identity::DomainName;
use crate::primitives::Address;

/// A challenge with what was presented as a signature of it.
///
/// ```
/// use ebl_verifier::challenge::{Challenge, Nonce, Period, Subject, TitleRole};
/// use ebl_verifier::evidence::Evidence;
/// use ebl_verifier::primitives::{Address, ChainId, TokenId};
/// use ebl_verifier::verify::{ChallengeCase, ChallengeStep, Policy, examine_challenge};
///
/// let (registry, token, account) = (Address([7; 20]), TokenId([9; 32]), Address([5; 20]));
/// let subject = Subject { chain: ChainId::try_from(1)?, registry, token, role: TitleRole::Holder, account };
/// let period = Period::new(1_780_000_000, 900)?;
/// let kept = Challenge { subject, domain: None, purpose: None, nonce: Nonce([1; 16]), period }.text();
///
/// // Later: the text that was kept, and what came back.
/// let challenge = Challenge::read(kept.as_bytes())?;
/// let policy = Policy::default();
/// let case = ChallengeCase::new(&challenge, "0x00", &policy, 1_780_000_060).for_role(TitleRole::Holder);
/// let ChallengeStep::Ask(questions) = examine_challenge(&case, &Evidence::new()) else { panic!("nothing is known yet") };
/// assert_eq!(questions.len(), 2, "the title, and the account");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ChallengeCase<'c> {
    pub(super) challenge: &'c Challenge,
    pub(super) signature: Result<PresentedSignature, InvalidPresentedSignature>,
    pub(super) expected: Expected<'c>,
    pub(super) accepted_before: bool,
    pub(super) policy: &'c Policy,
    pub(super) names: &'c AddressBook,
    pub(super) now: i64,
}

/// What the caller expected of the challenge; of what is left out anything is taken.
#[derive(Debug, Default)]
pub(super) struct Expected<'c> {
    pub(super) title: Option<TitleSubject<'c>>,
    pub(super) role: Option<TitleRole>,
    pub(super) purpose: Option<Purpose>,
    pub(super) domain: Option<DomainName>,
    pub(super) nonce: Option<Nonce>,
}

impl<'c> ChallengeCase<'c> {
    /// A signature that is none is judged, too. Nothing is expected of the challenge, and nobody saw it before.
    pub fn new(challenge: &'c Challenge, signature: &str, policy: &'c Policy, now: i64) -> Self {
        let (signature, names) = (PresentedSignature::read(signature), AddressBook::nobody());
        Self { challenge, signature, expected: Expected::default(), accepted_before: false, policy, names, now }
    }

    /// The same, where it must be about the title of this document.
    pub fn for_document(mut self, case: &'c Case<'c>) -> Self {
        self.expected.title = Some(TitleSubject::Document(case));
        self
    }

    /// The same, where it must be about this title.
    pub fn for_token(mut self, token: TokenOfChain) -> Self {
        self.expected.title = Some(TitleSubject::Token(token));
        self
    }

    /// The same, where it must be about this role.
    pub fn for_role(mut self, role: TitleRole) -> Self {
        self.expected.role = Some(role);
        self
    }

    /// The same, where it must be for this purpose.
    pub fn for_purpose(mut self, purpose: Purpose) -> Self {
        self.expected.purpose = Some(purpose);
        self
    }

    /// The same, where this domain must ask.
    pub fn for_domain(mut self, domain: DomainName) -> Self {
        self.expected.domain = Some(domain);
        self
    }

    /// The same, where this must be its nonce.
    pub fn with_nonce(mut self, nonce: Nonce) -> Self {
        self.expected.nonce = Some(nonce);
        self
    }

    /// The same, of a challenge that the caller accepted before: nobody but the caller remembers.
    pub fn accepted_before(self) -> Self {
        Self { accepted_before: true, ..self }
    }

    /// The same, with the caller's own names for addresses.
    pub fn named(self, names: &'c AddressBook) -> Self {
        Self { names, ..self }
    }

    /// The same, judged at another time.
    pub fn at(self, now: i64) -> Self {
        Self { now, ..self }
    }

    /// The link that led to the document, if one did.
    pub(super) fn link(&self) -> Option<&LinkFollowed> {
        match &self.expected.title {
            Some(TitleSubject::Document(case)) => case.arrival.link.as_ref(),
            _ => None,
        }
    }

    /// The account whose key made the signature, if a key did.
    pub(super) fn key_signer(&self) -> Option<Address> {
        let signature = self.signature.as_ref().ok().filter(|signature| signature.deployment.is_none())?;
        key_signer(self.challenge.digest(), &signature.bytes).ok().flatten()
    }
}

impl Challenge {
    /// The title that it is about.
    pub fn title(&self) -> TokenOfChain {
        let Subject { chain, registry, token, .. } = self.subject;
        TokenOfChain { chain, registry, token }
    }

    pub(super) fn question(&self, signature: &PresentedSignature) -> AccountSignatureQuestion {
        AccountSignatureQuestion {
            chain: self.subject.chain,
            account: self.subject.account,
            digest: self.digest(),
            signature: signature.bytes.clone(),
            deployment: signature.deployment.clone(),
        }
    }
}
