//! `ebl explain CODE`: the rows of the code table.

use std::fmt::Write as _;

use anyhow::{Result, bail};

use super::exit::Exit;
use super::output;
use crate::verify::codes::{self, Actor};

pub fn run(code: Option<&str>) -> Result<Exit> {
    let mut out = String::new();
    let Some(id) = code else {
        for code in codes::all() {
            writeln!(out, "{:<42} {}", code.id, code.meaning)?;
        }
        return Ok(output::print(&out, Exit::Done));
    };
    let Some(code) = codes::find(id) else {
        let near = codes::all().map(|code| code.id).filter(|known| known.contains(id) || shares_finding(known, id));
        let near: Vec<_> = near.take(5).collect();
        let hint = if near.is_empty() {
            "`ebl explain` lists all codes".to_owned()
        } else {
            format!("did you mean {}?", near.join(", "))
        };
        bail!("there is no code {id:?}; {hint}");
    };
    writeln!(out, "{}\n\n  Means      {}", code.id, code.meaning)?;
    if code.actor != Actor::Nobody {
        writeln!(out, "  Who acts   {}", code.actor)?;
    }
    writeln!(out, "  What to do {}", code.remedy)?;
    Ok(output::print(&out, Exit::Done))
}

fn shares_finding(known: &str, wanted: &str) -> bool {
    let finding = |id: &str| id.rsplit('.').next().map(str::to_owned);
    finding(known) == finding(wanted)
}
