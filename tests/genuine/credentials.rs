//! W3C credentials, against the packages that issuers and holders of this field use, and those of the suites' authors: what
//! they sign we verify, what they derive from it too, and what is changed neither takes. Needs node and the npm packages of
//! `tests/genuine`; without them the suite says that it did not run.

mod bills;
mod changes;
mod documents;
mod lists;
mod packages;
mod presentations;
mod statements;
mod world;

use libtest_mimic::{Failed, Trial};

use crate::Suite;
use crate::support::anvil::node_modules;
use bills::Bill;

type Test = fn() -> Result<(), Failed>;

const TESTS: [(&str, Test); 7] = [
    ("the_contexts_of_the_packages_are_those_that_ours_are_written_from", statements::contexts),
    ("any_document_says_what_the_packages_say_it_does", statements::any_document),
    ("what_we_read_otherwise_than_the_packages_is_named", statements::differences),
    ("status_lists_of_the_packages_are_read", lists::read),
    ("a_bill_without_a_status_is_signed_by_the_packages_and_refused", lists::without_a_status),
    ("presentations_of_the_packages_are_verified", presentations::verified),
    ("no_change_of_a_presentation_is_taken", presentations::changed),
];

pub fn suite() -> Suite {
    let ready = packages::are_there(&node_modules());
    let of_bills = bills::BILLS.into_iter().flat_map(|bill| {
        let trial = |what: &str, test: fn(Bill) -> Result<(), Failed>| {
            Trial::test(format!("{}::{what}", bill.name), move || test(bill))
        };
        let mut trials = vec![
            trial("what_the_packages_sign_is_verified", Bill::is_verified),
            trial("no_change_is_taken", Bill::no_change_is_taken),
        ];
        if bill.suite != bills::Suite::EcdsaRdfc {
            trials.push(trial("copies_are_verified", Bill::copies_are_verified));
            trials.push(trial("no_change_of_a_copy_is_taken", Bill::no_change_of_a_copy_is_taken));
        }
        trials
    });
    let trials = TESTS.map(|(name, test)| Trial::test(name, test));
    let trials = trials.into_iter().chain(of_bills).map(|trial| trial.with_ignored_flag(!ready));
    Suite::new(trials, &[(ready, "the credentials of the published packages need node and npm packages.")])
}
