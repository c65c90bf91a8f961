//! The verifier's part in proof of control: who is recorded, whom a challenge can be issued to, and whether a signed one holds.

use super::{Verifier, VerifyLinkError, Wishes};
use crate::document::ReadError;
use crate::document::link::Link;
use crate::evidence::Evidence;
use crate::sources::{Source, now};
use crate::verify::{
    Case, ChallengeCase, ChallengeReport, ChallengeStep, PowersWanted, TitleCase, TitleReport, TokenOfChain,
    examine_challenge,
};

impl<S: Source> Verifier<S> {
    /// As [`Verifier::title`], without the history: who is recorded now.
    pub async fn parties(&self, bytes: &[u8], wishes: &Wishes) -> Result<TitleReport, ReadError> {
        self.title_in_file(bytes, None, wishes, parties_of).await
    }

    /// As [`Verifier::parties`], for a token that is named without a document.
    pub async fn parties_of_token(&self, token: TokenOfChain, wishes: &Wishes) -> TitleReport {
        let Wishes { policy, names, .. } = wishes;
        let case = |now| TitleCase::of_token(token, PowersWanted::No, policy, now).named(names).without_history();
        self.inquire(case).await
    }

    /// As [`Verifier::parties`], for the document that a link leads to.
    pub async fn parties_by_link(&self, link: &Link, wishes: &Wishes) -> Result<TitleReport, VerifyLinkError> {
        let bytes = self.fetch(link).await.map_err(VerifyLinkError::NotFetched)?;
        self.title_in_file(&bytes, Some(link), wishes, parties_of).await.map_err(VerifyLinkError::Unreadable)
    }

    /// Whether the account that the registry records signed the challenge. The time of the case is that of the call.
    ///
    /// ```
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// use ebl_verifier::challenge::{Challenge, Nonce, Period, Subject, TitleRole};
    /// use ebl_verifier::primitives::{Address, ChainId, TokenId};
    /// use ebl_verifier::verify::{ChallengeCase, ControlVerdict};
    /// use ebl_verifier::{Verifier, Wishes};
    ///
    /// let (registry, token, account) = (Address([7; 20]), TokenId([9; 32]), Address([5; 20]));
    /// let subject = Subject { chain: ChainId::try_from(1)?, registry, token, role: TitleRole::Holder, account };
    /// let period = Period::new(1_780_000_000, 900)?;
    /// let challenge = Challenge { subject, domain: None, purpose: None, nonce: Nonce([1; 16]), period };
    ///
    /// let verifier = Verifier::builder().offline().build()?;
    /// let wishes = Wishes::default();
    /// let case = ChallengeCase::new(&challenge, "0x00", &wishes.policy, 0);
    /// let report = verifier.verify_challenge(case).await;
    /// assert_ne!(report.verdict, ControlVerdict::Proven);
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run()).unwrap();
    /// ```
    pub async fn verify_challenge(&self, mut case: ChallengeCase<'_>) -> ChallengeReport {
        let mut evidence = Evidence::new();
        loop {
            case = case.at(now());
            match examine_challenge(&case, &evidence) {
                ChallengeStep::Report(report) => return *report,
                ChallengeStep::Ask(questions) => self.ask(questions, &mut evidence).await,
            }
        }
    }

    /// As [`Verifier::verify_challenge`], where it must be about the title of this document.
    pub async fn verify_challenge_for(
        &self,
        case: ChallengeCase<'_>,
        bytes: &[u8],
        wishes: &Wishes,
    ) -> Result<ChallengeReport, ReadError> {
        self.verify_challenge_for_file(case, bytes, None, wishes).await
    }

    /// As [`Verifier::verify_challenge_for`], for the document that a link leads to.
    pub async fn verify_challenge_by_link(
        &self,
        case: ChallengeCase<'_>,
        link: &Link,
        wishes: &Wishes,
    ) -> Result<ChallengeReport, VerifyLinkError> {
        let bytes = self.fetch(link).await.map_err(VerifyLinkError::NotFetched)?;
        let report = self.verify_challenge_for_file(case, &bytes, Some(link), wishes).await;
        report.map_err(VerifyLinkError::Unreadable)
    }

    async fn verify_challenge_for_file(
        &self,
        case: ChallengeCase<'_>,
        bytes: &[u8],
        link: Option<&Link>,
        wishes: &Wishes,
    ) -> Result<ChallengeReport, ReadError> {
        let file = self.open(bytes, link, wishes)?;
        let document = file.document()?;
        let of = self.case(bytes, &file, &document, link, wishes);
        Ok(self.verify_challenge(case.for_document(&of)).await)
    }
}

fn parties_of<'c>(case: &'c Case<'c>) -> TitleCase<'c> {
    TitleCase::of_document(case, PowersWanted::No).without_history()
}
