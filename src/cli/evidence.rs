//! `--save-evidence` and `--evidence-dir`: what reports were judged from, each in a file that is whole or not there.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use tempfile::NamedTempFile;

use super::args::VerifyArgs;
use super::output::{Output, Wanted};
use super::secrecy;
use crate::evidence::Evidence;
use crate::primitives::encode_hex;
use crate::verifier::Wishes;
use crate::verify::{EvidenceFile, KeepDocument, LinkFollowed, Report};

/// Keeps evidence.
pub(super) struct Keeper {
    to: To,
    document: KeepDocument,
}

enum To {
    File(PathBuf),
    Folder(PathBuf),
}

impl Keeper {
    /// As the arguments want it. That nothing can be written there is found before anything is judged.
    pub(super) fn of(args: &VerifyArgs, read: &[&Path], documents: usize) -> Result<Option<Self>> {
        let to = match (&args.save_evidence, &args.evidence_dir) {
            (Some(file), _) => {
                ensure!(
                    documents == 1,
                    "--save-evidence is for one document; keep that of several with --evidence-dir DIR"
                );
                Output::will_take(file, "--save-evidence", read, args.page.output.as_deref())?;
                ensure!(args.summary.as_ref() != Some(file), "--summary and --save-evidence name one file; name two");
                To::File(file.clone())
            }
            (None, Some(folder)) => {
                let place = || format!("--evidence-dir {}", secrecy::path(folder));
                ensure!(!folder.exists() || folder.is_dir(), "{} is a file; name a folder", place());
                let made = std::fs::create_dir_all(folder).and_then(|()| NamedTempFile::new_in(folder).map(drop));
                made.with_context(|| format!("{} cannot be written to", place()))?;
                To::Folder(folder.clone())
            }
            (None, None) if args.with_document => {
                bail!("--with-document goes with --save-evidence FILE or --evidence-dir DIR")
            }
            (None, None) => return Ok(None),
        };
        let document = if args.with_document { KeepDocument::Yes } else { KeepDocument::No };
        Ok(Some(Self { to, document }))
    }

    pub(super) fn keep(
        &self,
        bytes: &[u8],
        report: &Report,
        evidence: Evidence,
        wishes: &Wishes,
        link: Option<&LinkFollowed>,
    ) -> Result<()> {
        let terms = (&wishes.policy, &wishes.names, wishes.content);
        let kept = EvidenceFile::of(bytes, self.document, report, evidence, terms, link);
        let mut output = match &self.to {
            To::File(path) => Output::open(Some(path), Wanted::Result, &[])?,
            To::Folder(folder) => {
                let name = format!("{}.evidence.json", encode_hex(&kept.document_sha256().0));
                Output::in_folder(folder, &name)?
            }
        };
        output.write(&kept.to_json()?)?;
        Ok(output.finish()?)
    }
}
