//! A verification with the histories of the titles, for a report that is kept.

use super::{Verifier, VerifyLinkError, Wishes};
use crate::document::ReadError;
use crate::document::link::Link;
use crate::evidence::{Evidence, Question};
use crate::sources::{Source, now};
use crate::verify::{Case, PowersWanted, Report, Step, TitleCase, TitleReport, TitleStep, examine, examine_title};

impl<S: Source> Verifier<S> {
    /// As [`Verifier::verify`], and what is recorded about the title besides, its history among it: of the document, or of each
    /// credential of a presentation, in its order. All is asked at the same time, so that it is read at one block; what is not
    /// known of a history changes no verdict.
    ///
    /// ```
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// use ebl_verifier::{Verifier, Wishes};
    ///
    /// let verifier = Verifier::builder().offline().build()?;
    /// let bill = std::fs::read("fixtures/documents/bill-v2.json")?;
    /// let (report, titles, _evidence) = verifier.verify_with_histories(&bill, &Wishes::default()).await?;
    /// assert_eq!((report.title.state, titles.len()), (titles[0].title.state, 1));
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run()).unwrap();
    /// ```
    pub async fn verify_with_histories(
        &self,
        bytes: &[u8],
        wishes: &Wishes,
    ) -> Result<(Report, Vec<TitleReport>, Evidence), ReadError> {
        self.with_histories(bytes, None, wishes).await
    }

    /// As [`Verifier::verify_with_histories`], for the document that a link leads to.
    pub async fn verify_link_with_histories(
        &self,
        link: &Link,
        wishes: &Wishes,
    ) -> Result<(Report, Vec<TitleReport>, Evidence, Vec<u8>), VerifyLinkError> {
        let bytes = self.fetch(link).await.map_err(VerifyLinkError::NotFetched)?;
        let found = self.with_histories(&bytes, Some(link), wishes).await;
        let (report, titles, evidence) = found.map_err(VerifyLinkError::Unreadable)?;
        Ok((report, titles, evidence, bytes))
    }

    async fn with_histories(
        &self,
        bytes: &[u8],
        link: Option<&Link>,
        wishes: &Wishes,
    ) -> Result<(Report, Vec<TitleReport>, Evidence), ReadError> {
        let file = self.open(bytes, link, wishes)?;
        let document = file.document()?;
        let mut case = self.case(bytes, &file, &document, link, wishes);
        let mut evidence = Evidence::new();
        loop {
            match examined(&case, &evidence) {
                Ok((report, titles)) => return Ok((report, titles, evidence)),
                Err(questions) => self.ask(questions, &mut evidence).await,
            }
            case = case.at(now());
        }
    }
}

/// The report and the titles, or what is still to be asked for any of them, each question once.
fn examined(case: &Case<'_>, evidence: &Evidence) -> Result<(Report, Vec<TitleReport>), Vec<Question>> {
    let mut open: Vec<Question> = Vec::new();
    let mut note = |questions: Vec<Question>| {
        for question in questions {
            if !open.contains(&question) {
                open.push(question);
            }
        }
    };
    let report = match examine(case, evidence) {
        Step::Report(report) => Some(report),
        Step::Ask(questions) => {
            note(questions);
            None
        }
    };
    let parts = if case.parts().is_empty() { std::slice::from_ref(case) } else { case.parts() };
    let mut titles = Vec::with_capacity(parts.len());
    for part in parts {
        match examine_title(&TitleCase::of_document(part, PowersWanted::No), evidence) {
            TitleStep::Report(title) => titles.push(*title),
            TitleStep::Ask(questions) => note(questions),
        }
    }
    match report {
        Some(report) if open.is_empty() => Ok((*report, titles)),
        _ => Err(open),
    }
}
