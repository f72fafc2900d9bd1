//! `foldproof completions` and `foldproof man`: made from the command line itself, so that neither can be out of date.

use std::fs;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::files::{self, Readers};
use super::{Cli, Verdict, output};

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// Shell; write what is printed to where it looks for completions (docs/command-line.md)
    #[arg(value_enum)]
    shell: Shell,
}

/// Arguments of `man`.
#[derive(Debug, Args)]
pub struct Man {
    /// Folder to write foldproof.1, foldproof-prove.1, … to; made if it is not there
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,
}

/// Prints completions.
pub fn completions(args: &Completions) -> anyhow::Result<Verdict> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "foldproof", &mut script);
    output::raw(&script)?;
    Ok(Verdict::Success)
}

/// Writes a page for the program and one for each command, however deep.
pub fn man(args: &Man) -> anyhow::Result<Verdict> {
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
