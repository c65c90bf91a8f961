//! The verifier's answers about what documents say.

use super::{Verifier, VerifyLinkError, Wishes};
use crate::content::AttachmentFile;
use crate::document::ReadError;
use crate::document::link::Link;
use crate::evidence::Evidence;
use crate::sources::{Source, now};
use crate::verify::{ContentReport, ContentStep, FilesWanted, examine_content};

impl<S: Source> Verifier<S> {
    /// What a document says, as far as its digest or signature covers it, with the bytes of the files in it where they are
    /// wanted. Nobody is asked but for the key
    /// of a W3C document's issuer. An error means that the bytes are not a document we can read.
    ///
    /// ```
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// use ebl_verifier::verify::FilesWanted;
    /// use ebl_verifier::{Verifier, Wishes};
    ///
    /// let verifier = Verifier::builder().offline().build()?;
    /// let file = std::fs::read("fixtures/documents/bill-v2.json")?;
    /// let (report, _attachments) = verifier.content(&file, FilesWanted::No, &Wishes::default()).await?;
    /// let content = report.content.expect("its digest covers it");
    /// let vessel = content.fields.iter().find(|field| field.path == "vessel");
    /// assert_eq!(vessel.map(|field| field.value.as_str()), Some("MV Havgard"));
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run()).unwrap();
    /// ```
    pub async fn content(
        &self,
        bytes: &[u8],
        files: FilesWanted,
        wishes: &Wishes,
    ) -> Result<(ContentReport, Vec<AttachmentFile>), ReadError> {
        self.content_of_file(bytes, None, files, wishes).await
    }

    /// As [`Verifier::content`], of the document that a link leads to.
    pub async fn content_by_link(
        &self,
        link: &Link,
        files: FilesWanted,
        wishes: &Wishes,
    ) -> Result<(ContentReport, Vec<AttachmentFile>), VerifyLinkError> {
        let bytes = self.fetch(link).await.map_err(VerifyLinkError::NotFetched)?;
        self.content_of_file(&bytes, Some(link), files, wishes).await.map_err(VerifyLinkError::Unreadable)
    }

    async fn content_of_file(
        &self,
        bytes: &[u8],
        link: Option<&Link>,
        files: FilesWanted,
        wishes: &Wishes,
    ) -> Result<(ContentReport, Vec<AttachmentFile>), ReadError> {
        let file = self.open(bytes, link, wishes)?;
        let document = file.document()?;
        let mut case = self.case(bytes, &file, &document, link, wishes);
        let mut evidence = Evidence::new();
        loop {
            match examine_content(&case, &evidence) {
                ContentStep::Report(report) => {
                    let files = match files {
                        FilesWanted::Yes => case.attachments(&report),
                        FilesWanted::No => Vec::new(),
                    };
                    return Ok((*report, files));
                }
                ContentStep::Ask(questions) => self.ask(questions, &mut evidence).await,
            }
            case = case.at(now());
        }
    }
}
