//! The verifier's looks at titles that are watched: which title a document has, and what happened since the last look.

use super::{Verifier, VerifyLinkError, Wishes};
use crate::document::ReadError;
use crate::document::link::Link;
use crate::evidence::{Evidence, Question, RegistryQuestion};
use crate::sources::Source;
use crate::verify::{Case, PowersWanted, Report, TitleCase, TitleStep, TokenOfChain, examine_title};
use crate::watch::{Observed, Trouble, WatchedTitle, observe, questions};

impl<S: Source> Verifier<S> {
    /// Verifies a document whose title is to be watched, and says which title that is; `None` where it has none, or names
    /// no chain or token to look at.
    pub async fn verify_for_watching(
        &self,
        bytes: &[u8],
        wishes: &Wishes,
    ) -> Result<(Report, Option<TokenOfChain>), ReadError> {
        self.verified_with_title(bytes, None, wishes).await
    }

    /// As [`Verifier::verify_for_watching`], for the document that a link leads to.
    pub async fn verify_link_for_watching(
        &self,
        link: &Link,
        wishes: &Wishes,
    ) -> Result<(Report, Option<TokenOfChain>), VerifyLinkError> {
        let bytes = self.fetch(link).await.map_err(VerifyLinkError::NotFetched)?;
        self.verified_with_title(&bytes, Some(link), wishes).await.map_err(VerifyLinkError::Unreadable)
    }

    async fn verified_with_title(
        &self,
        bytes: &[u8],
        link: Option<&Link>,
        wishes: &Wishes,
    ) -> Result<(Report, Option<TokenOfChain>), ReadError> {
        let file = self.open(bytes, link, wishes)?;
        let document = file.document()?;
        let case = self.case(bytes, &file, &document, link, wishes);
        let title = title_of(&case);
        Ok((self.judged(case).await.0, title))
    }

    /// Looks at these titles once. Those of one chain are read together, at one block and in the same few requests,
    /// however many they are, up to [`Verifier::MOST_AT_A_LOOK`]. The outcomes come in the order of the titles.
    ///
    /// ```
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// use ebl_verifier::verify::TokenOfChain;
    /// use ebl_verifier::watch::WatchedTitle;
    /// use ebl_verifier::{Verifier, Wishes};
    ///
    /// let verifier = Verifier::builder().offline().build()?;
    /// let title = TokenOfChain {
    ///     chain: "1".parse()?,
    ///     registry: "0x0000000000000000000000000000000000000017".parse()?,
    ///     token: ebl_verifier::primitives::TokenId([7; 32]),
    /// };
    /// let looked = verifier.look_at(&[WatchedTitle::new(title)], &Wishes::default()).await;
    /// // Offline nothing is known, which is no event.
    /// assert!(looked[0].is_err());
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run()).unwrap();
    /// ```
    pub async fn look_at(&self, titles: &[WatchedTitle], wishes: &Wishes) -> Vec<Result<Observed, Trouble>> {
        let mut looked = Vec::with_capacity(titles.len());
        for titles in titles.chunks(Self::MOST_AT_A_LOOK) {
            let mut evidence = Evidence::new();
            self.ask(questions(titles), &mut evidence).await;
            let trusted = &wishes.policy.trusted_registries;
            looked.extend(titles.iter().map(|watched| {
                let by_caller = trusted.contains(&(watched.title.chain, watched.title.registry));
                observe(watched, &evidence, by_caller)
            }));
        }
        looked
    }

    /// Titles that are read together: what they take stays within one reply.
    pub const MOST_AT_A_LOOK: usize = 500;
}

/// The title that would be asked about first.
fn title_of(case: &Case<'_>) -> Option<TokenOfChain> {
    let asked = examine_title(&TitleCase::of_document(case, PowersWanted::No), &Evidence::new());
    let TitleStep::Ask(questions) = asked else { return None };
    questions.into_iter().find_map(|question| match question {
        Question::Registry(RegistryQuestion { chain, registry, token }) => {
            Some(TokenOfChain { chain, registry, token })
        }
        _ => None,
    })
}
