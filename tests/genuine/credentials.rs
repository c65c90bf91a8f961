//! W3C credentials, against the packages that issuers and holders of this field use, and those of the suites' authors: what
//! they sign we verify, what they derive from it too, and what is changed neither takes. Needs node and the npm packages of
//! `tests/genuine`; without them the suite says that it did not run.

mod documents;
mod packages;
mod statements;

use libtest_mimic::{Failed, Trial};

use crate::Suite;
use crate::support::anvil::node_modules;

type Test = fn() -> Result<(), Failed>;

const TESTS: [(&str, Test); 3] = [
    ("the_contexts_of_the_packages_are_those_that_ours_are_written_from", statements::contexts),
    ("any_document_says_what_the_packages_say_it_does", statements::any_document),
    ("what_we_read_otherwise_than_the_packages_is_named", statements::differences),
];

pub fn suite() -> Suite {
    let ready = packages::are_there(&node_modules());
    let trials = TESTS.map(|(name, test)| Trial::test(name, test).with_ignored_flag(!ready));
    Suite::new(trials, &[(ready, "the credentials of the published packages need node and npm packages.")])
}
