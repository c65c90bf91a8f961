//! The verifier's answers about titles: state, parties, history and powers.

use super::{Verifier, VerifyLinkError, Wishes, key};
use crate::document::link::Link;
use crate::document::{self, ReadError};
use crate::evidence::Evidence;
use crate::sources::{Source, now};
use crate::verify::{Arrival, Case, PowersWanted, TitleCase, TitleReport, TitleStep, TokenOfChain, examine_title};

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
        self.title_in_file(bytes, None, powers, wishes).await
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
        self.title_in_file(&bytes, Some(link), powers, wishes).await.map_err(VerifyLinkError::Unreadable)
    }

    async fn title_in_file(
        &self,
        bytes: &[u8],
        link: Option<&Link>,
        powers: PowersWanted,
        wishes: &Wishes,
    ) -> Result<TitleReport, ReadError> {
        let file = document::open(bytes, key(link, wishes), &self.limits)?;
        let document = file.document()?;
        let arrival = Arrival { link: link.map(Into::into), ..Arrival::of(bytes, &file) };
        let case = Case::new(&document, &wishes.policy, now()).arrived(arrival).named(&wishes.names);
        Ok(self.inquire(|now| TitleCase::of_document(&case, powers).at(now)).await)
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
