//! What a document says, and the one check that this rests on (documents.md §10).

use super::{Examination, Ground, budget, content, document_facts};
use crate::document::Document;
use crate::evidence::Evidence;
use crate::primitives::rfc3339;
use crate::verify::content_report::ContentReport;
use crate::verify::report::{CheckName, Tool};
use crate::verify::{Case, ContentStep};

pub(in crate::verify) fn run(case: &Case<'_>, evidence: &Evidence) -> ContentStep {
    let timely = super::timely::timely(evidence, case.policy, case.judged_at());
    let step = budget::keep(evidence, timely, case.arrival.link.as_ref(), |evidence| {
        let mut open = Vec::new();
        let report = report(case, evidence, &mut open);
        if open.is_empty() { Ok(report) } else { Err(open) }
    });
    match step {
        Ok(report) => ContentStep::Report(Box::new(report)),
        Err(questions) => ContentStep::Ask(questions),
    }
}

fn report(case: &Case<'_>, evidence: &Evidence, open: &mut Vec<crate::evidence::Question>) -> ContentReport {
    let mut examination = Examination::new(case);
    let ground = &Ground::of(case, evidence);
    let intact = examination.judge_integrity(ground);
    examination.name_network(ground);
    for question in examination.open_questions {
        if !open.contains(&question) {
            open.push(question);
        }
    }
    let is_presentation = matches!(case.document(), Document::Presentation(_));
    let parts = case.parts().iter().filter(|_| intact && is_presentation);
    let parts: Vec<_> = parts.map(|part| report(part, evidence, open)).collect();
    let mut checks = examination.findings.folded();
    let check =
        checks.swap_remove(checks.iter().position(|check| check.name == CheckName::Integrity).unwrap_or_default());
    let content = content(case, std::slice::from_ref(&check));
    ContentReport {
        schema: "ebl-verifier/content/1",
        file: None,
        checked_at: rfc3339(case.now()),
        document: document_facts(case, examination.network, intact),
        check,
        content,
        parts,
        not_checked: NOT_CHECKED.map(str::to_owned).to_vec(),
        warnings: examination.warnings,
        tool: Tool::default(),
    }
}

const NOT_CHECKED: [&str; 4] = [
    "who issued it: whether the domain or key that it names stands behind it",
    "whether its registry or store issued it, and whether it was revoked",
    "who has the title",
    "that what it says is true: that the goods exist or match the description",
];
