//! The verifier's answers about titles: state, parties, history and powers.

use super::{Verifier, VerifyLinkError, Wishes};
use crate::document::ReadError;
use crate::document::link::Link;
use crate::evidence::Evidence;
use crate::sources::{Source, now};
use crate::verify::{Case, PowersWanted, TitleCase, TitleReport, TitleStep, TokenOfChain, examine_title};

impl<S: Source> Verifier<S> {
    /// What is recorded about the title of a document: state, parties and history, and the powers over its registry where
    /// wanted. An error means that the bytes are not a document we can read.
    ///
    /// ```
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// use ebl_verifier::verify::{PowersWanted, TitleStateName, Verdict};
    /// use ebl_verifier::{Verifier, Wishes};
    ///
    /// let verifier = Verifier::builder().offline().build()?;
    /// let file = std::fs::read("fixtures/documents/bill-v2.json")?;
    /// let report = verifier.title(&file, PowersWanted::No, &Wishes::default()).await?;
    /// assert_eq!((report.title.state, report.verdict()), (TitleStateName::Unknown, Verdict::Indeterminate));
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run()).unwrap();
    /// ```
    pub async fn title(&self, bytes: &[u8], powers: PowersWanted, wishes: &Wishes) -> Result<TitleReport, ReadError> {
        self.title_in_file(bytes, None, wishes, |case| TitleCase::of_document(case, powers)).await
    }

    /// As [`Verifier::title`], for a token that is named without a document.
    pub async fn title_of_token(&self, token: TokenOfChain, powers: PowersWanted, wishes: &Wishes) -> TitleReport {
        let Wishes { policy, names, .. } = wishes;
        self.inquire(|now| TitleCase::of_token(token, powers, policy, now).named(names)).await
    }

    /// As [`Verifier::title`], for the document that a link leads to.
    pub async fn title_by_link(
        &self,
        link: &Link,
        powers: PowersWanted,
        wishes: &Wishes,
    ) -> Result<TitleReport, VerifyLinkError> {
        let bytes = self.fetch(link).await.map_err(VerifyLinkError::NotFetched)?;
        let found = self.title_in_file(&bytes, Some(link), wishes, |case| TitleCase::of_document(case, powers)).await;
        found.map_err(VerifyLinkError::Unreadable)
    }

    /// The title of a document, in the case that `of` makes of the document's.
    pub(super) async fn title_in_file(
        &self,
        bytes: &[u8],
        link: Option<&Link>,
        wishes: &Wishes,
        of: impl for<'c> Fn(&'c Case<'c>) -> TitleCase<'c>,
    ) -> Result<TitleReport, ReadError> {
        let file = self.open(bytes, link, wishes)?;
        let document = file.document()?;
        let case = self.case(bytes, &file, &document, link, wishes);
        Ok(self.inquire(|now| of(&case).at(now)).await)
    }

    pub(super) async fn inquire<'c>(&self, case: impl Fn(i64) -> TitleCase<'c>) -> TitleReport {
        let mut evidence = Evidence::new();
        loop {
            match examine_title(&case(now()), &evidence) {
                TitleStep::Report(report) => return *report,
                TitleStep::Ask(questions) => self.ask(questions, &mut evidence).await,
            }
        }
    }
}
