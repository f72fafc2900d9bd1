//! `foldproof man`: pages made from the command line itself, so that they cannot be out of date.

use std::fs;
use std::path::PathBuf;

use anyhow::Context;
use clap::CommandFactory;

use super::files::{self, Readers};
use super::{Cli, Verdict, output};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder to write foldproof.1, foldproof-prove.1, … to; made if it is not there
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,
}

/// Writes a page for the program and one for each command, however deep.
pub fn run(args: &Args) -> anyhow::Result<Verdict> {
    fs::create_dir_all(&args.out).with_context(|| args.out.display().to_string())?;
    let mut program = Cli::command().disable_help_subcommand(true);
    // Names of commands with those above them.
    program.build();
    let mut commands = vec![program];
    while let Some(command) = commands.pop() {
        let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
        let below = command.get_subcommands().filter(|below| !below.is_hide_set());
        commands.extend(below.cloned());
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page).context(name.clone())?;
        let file = args.out.join(format!("{name}.1"));
        files::write(&file, &page, Readers::Usual)?;
        output::line(file.display())?;
    }
    Ok(Verdict::Success)
}
