//! The verifier's answers about titles: state, parties, history and powers.

use sha2::{Digest as _, Sha256};

use super::{Verifier, VerifyLinkError};
use crate::document::link::Link;
use crate::document::{self, Content, Document, Key, ReadError};
use crate::evidence::Evidence;
use crate::primitives::{Address, ChainId, TokenId, encode_hex};
use crate::sources::now;
use crate::verify::{Checked, Policy, PowersWanted, TitleInquiry, TitleReport, TitleStep, TitleSubject, examine_title};
use crate::web_address::MOST_FETCHES;

impl Verifier {
    /// What is recorded about the title of a document: state, parties and history, and the powers over its registry where
    /// wanted. An error means that the bytes are not a document we can read.
    ///
    /// ```
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// use ebl_verifier::Verifier;
    /// use ebl_verifier::verify::{PowersWanted, TitleStateName, Verdict};
    ///
    /// let verifier = Verifier::builder().offline().build()?;
    /// let file = std::fs::read("fixtures/documents/bill-v2.json")?;
    /// let report = verifier.title(&file, PowersWanted::No).await?;
    /// assert_eq!((report.title.state, report.verdict()), (TitleStateName::Unknown, Verdict::Indeterminate));
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run()).unwrap();
    /// ```
    pub async fn title(&self, bytes: &[u8], powers: PowersWanted) -> Result<TitleReport, ReadError> {
        self.title_in_file(bytes, self.key.as_ref(), None, powers).await
    }

    /// As [`Verifier::title`], for a token that is named without a document.
    pub async fn title_of_token(
        &self,
        chain: ChainId,
        registry: Address,
        token: TokenId,
        powers: PowersWanted,
    ) -> TitleReport {
        let inquiry = TitleInquiry { subject: TitleSubject::Token { chain, registry, token }, powers };
        self.inquire(&inquiry, None).await
    }

    /// As [`Verifier::title`], for the document that a link leads to.
    pub async fn title_by_link(&self, link: &Link, powers: PowersWanted) -> Result<TitleReport, VerifyLinkError> {
        let bytes = self.fetch(link).await.map_err(VerifyLinkError::NotFetched)?;
        let key = link.key.as_ref().or(self.key.as_ref());
        self.title_in_file(&bytes, key, Some(link), powers).await.map_err(VerifyLinkError::Unreadable)
    }

    async fn title_in_file(
        &self,
        bytes: &[u8],
        key: Option<&Key>,
        link: Option<&Link>,
        powers: PowersWanted,
    ) -> Result<TitleReport, ReadError> {
        let file = document::read_file(bytes, &self.limits)?;
        let mut report = match &file.content {
            Content::Document(document) => self.title_of_document(document, link, powers).await,
            Content::Sealed(sealed) => {
                let opened = sealed.open(key)?;
                self.title_of_document(&opened.read(&self.limits)?, link, powers).await
            }
        };
        if let Some(document) = &mut report.document {
            document.sealed = matches!(file.content, Content::Sealed(_));
            document.sha256 = Some(encode_hex(&Sha256::digest(bytes)));
            document.storage_envelope = file.enveloped;
            document.fetched_from = link.map(|link| link.address.host().to_owned());
        }
        Ok(report)
    }

    async fn title_of_document(
        &self,
        document: &Document<'_>,
        link: Option<&Link>,
        powers: PowersWanted,
    ) -> TitleReport {
        let checked = Checked::new(document);
        let inquiry = TitleInquiry { subject: TitleSubject::Document(&checked), powers };
        self.inquire(&inquiry, link).await
    }

    async fn inquire(&self, inquiry: &TitleInquiry<'_, '_, '_>, link: Option<&Link>) -> TitleReport {
        let policy = Policy { link_chain: link.and_then(|link| link.chain), ..self.policy.clone() };
        let mut evidence = Evidence::new();
        let mut fetches_left = MOST_FETCHES - usize::from(link.is_some());
        loop {
            match examine_title(inquiry, &evidence, &policy, now()) {
                TitleStep::Report(mut report) => {
                    report.names = self.names.names_of(report.addresses());
                    return *report;
                }
                TitleStep::Ask(questions) => self.ask(questions, &mut evidence, &mut fetches_left).await,
            }
        }
    }
}
