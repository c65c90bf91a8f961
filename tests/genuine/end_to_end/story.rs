//! One story for every node, every set of contracts and every generation.

use std::sync::OnceLock;

use libtest_mimic::Failed;

use super::command::Reported;
use super::network::resolvers_and_endpoints;
use super::stage::{Contracts, Format, Setting, Stage};
use super::strangers::other_contracts;
use super::title::life_of_a_title;

/// What was reported in one telling.
#[derive(Debug)]
pub struct Story {
    pub reports: Vec<Reported>,
    /// Hosts with ports, and what they are.
    pub places: Vec<(String, &'static str)>,
}

impl Story {
    fn tell(setting: Setting) -> Result<Self, Failed> {
        let mut stage = Stage::set(setting)?;
        life_of_a_title(&mut stage, Format::Oa2)?;
        // How a registry was deployed says nothing about formats and endpoints.
        if setting.contracts != Contracts::GenuineClone {
            life_of_a_title(&mut stage, Format::Oa3)?;
            other_contracts(&mut stage)?;
            resolvers_and_endpoints(&mut stage)?;
        }
        Ok(Self { reports: stage.reports, places: stage.places })
    }
}

/// Every telling, told at most once however many trials ask for it.
pub struct Stories(Vec<(Setting, OnceLock<Result<Story, String>>)>);

impl Stories {
    pub fn of(settings: &[Setting]) -> Self {
        Self(settings.iter().map(|setting| (*setting, OnceLock::new())).collect())
    }

    pub fn told(&self, setting: Setting) -> Result<&Story, Failed> {
        let (_, story) = self.0.iter().find(|(known, _)| *known == setting).ok_or("no such setting")?;
        let message = |failed: Failed| failed.message().unwrap_or("it failed").to_owned();
        story.get_or_init(|| Story::tell(setting).map_err(message)).as_ref().map_err(|why| why.as_str().into())
    }
}
