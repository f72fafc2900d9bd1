//! `foldproof cost`.

mod text;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use foldproof_circuits::models::QuantisedModel;
use foldproof_circuits::statement::Statement;
use foldproof_cost::growth::{self, Estimator};
use foldproof_cost::{Comparison, Cost, Estimate, OnChain, Primitives, picture, report};
use foldproof_prover::dummy::DummyWitness;
use foldproof_prover::pins;
use foldproof_verifier::Scheme;
use indicatif::ProgressBar;
use serde_json::{Value, json};

use super::files::{self, Readers};
use super::why::why;
use super::{Verdict, keys as keys_command, output, shared};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Statement, e.g. core-small-64, or a model file (.fpm) by itself, in detail [default: a table of those with pinned keys]
    #[arg(value_parser = costed)]
    statement: Option<Costed>,
    /// Another statement or model to hold it against
    #[arg(long, value_name = "STATEMENT", value_parser = costed, requires = "statement")]
    against: Option<Costed>,
    /// Proof system whose times are estimated: transparent, kzg or evm, which takes as long as kzg; with evm, tables have the gas of
    /// contracts, too
    #[arg(long, default_value = "transparent", value_parser = shared::scheme)]
    scheme: Scheme,
    /// Draw the layout
    #[arg(long, value_name = "FILE", requires = "statement", conflicts_with = "against")]
    png: Option<PathBuf>,
    /// Write a report with charts, in one file
    #[arg(long, value_name = "FILE", requires = "statement")]
    html: Option<PathBuf>,
    /// Follow a block from 0 transactions to 3,000, and a model from 1,000 weights to 250,000
    #[arg(long, conflicts_with_all = ["statement", "against", "png", "html"])]
    growth: bool,
    /// Draw the growth
    #[arg(long, value_name = "FILE", requires = "growth")]
    svg: Option<PathBuf>,
    /// Print tables in Markdown
    #[arg(long, requires = "growth", conflicts_with = "json")]
    markdown: bool,
    /// Print JSON, a line per statement, or one for two of them, or one per step of a growth
    #[arg(long)]
    json: bool,
}

/// What costs are of.
#[derive(Clone, Debug)]
struct Costed {
    statement: Statement,
    /// The model of a file: its own weights are what is estimated with.
    model: Option<Box<QuantisedModel>>,
}

impl From<Statement> for Costed {
    fn from(statement: Statement) -> Self {
        Self { statement, model: None }
    }
}

fn costed(text: &str) -> Result<Costed, String> {
    if Path::new(text).extension().is_none_or(|extension| extension != "fpm") {
        return keys_command::statement(text).map(Costed::from);
    }
    let said = |error: anyhow::Error| format!("{error:#}");
    let model = shared::model(Path::new(text)).map_err(said)?;
    let shape = model.shape();
    let statement = Statement::new(shape.subject(), [shape]).map_err(|error| format!("{text}: {error}"))?;
    Ok(Costed { statement, model: Some(Box::new(model)) })
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Verdict> {
    for out in [&args.png, &args.html, &args.svg].into_iter().flatten() {
        files::check_out(out, &[])?;
    }
    if args.growth {
        return follow(args);
    }
    let pinned = || pins::statements().map(Costed::from).collect();
    let statements: Vec<Costed> = match (&args.statement, &args.against) {
        (None, _) => pinned(),
        (Some(statement), against) => std::iter::once(statement).chain(against).cloned().collect(),
    };
    let mut primitives = BTreeMap::new();
    let spinner = shared::spinner(String::new());
    let costs = statements.iter().map(|statement| count(statement, args.scheme, &mut primitives, &spinner));
    let costs = costs.collect::<anyhow::Result<Vec<(Cost, Estimate)>>>()?;
    if let (Some(file), Some(statement), [(cost, _)]) =
        (&args.png, args.statement.as_ref().map(|costed| &costed.statement), &costs[..])
    {
        spinner.set_message("drawing the layout");
        let png = picture::png(statement, cost).with_context(|| statement.name())?;
        files::write(file, &png, Readers::Usual)?;
    }
    spinner.finish_and_clear();
    match (args.statement.as_ref().map(|costed| &costed.statement), &costs[..]) {
        (Some(_), [(cost, estimate), (other, other_estimate)]) => {
            let comparison = Comparison::new((cost, estimate), (other, other_estimate));
            write_page(args, || report::against(&comparison))?;
            output::line(if args.json {
                serde_json::to_string(&comparison)?
            } else {
                text::comparison(&comparison)
            })?;
        }
        (Some(statement), [(cost, estimate)]) => {
            write_page(args, || report::html(statement, cost, estimate))?;
            let chain = on_chain(statement);
            output::line(if args.json {
                members(cost, estimate, Some(&chain))?.to_string()
            } else {
                text::details(cost, estimate, &chain)
            })?;
        }
        _ => {
            let on_chain =
                |costed: &Costed| (args.scheme == Scheme::Evm).then(|| on_chain(&costed.statement));
            let chains: Vec<Option<Chain>> = statements.iter().map(on_chain).collect();
            match args.json {
                true => costs.iter().zip(&chains).try_for_each(|((cost, estimate), chain)| {
                    output::line(members(cost, estimate, chain.as_ref())?)
                })?,
                false => output::line(text::table(&costs, &chains))?,
            }
        }
    }
    Ok(Verdict::Success)
}

/// `--growth`.
fn follow(args: &Args) -> anyhow::Result<Verdict> {
    let spinner = shared::spinner(String::new());
    let mut estimator = Estimator::new(args.scheme);
    let series = growth::growth(Some(&mut estimator), |what| spinner.set_message(what.to_owned()));
    let series = series.context("growth: estimate")?;
    spinner.finish_and_clear();
    if let Some(file) = &args.svg {
        files::write(file, growth::svg(&series, args.scheme.name()).as_bytes(), Readers::Usual)?;
    }
    if args.markdown {
        output::line(growth::to_markdown(&series).trim_end())?;
    } else if args.json {
        for one in &series {
            for point in &one.points {
                let mut members = output::object(serde_json::to_value(point)?);
                members.insert("of".to_owned(), serde_json::to_value(one.of)?);
                members.insert("what".to_owned(), one.name.clone().into());
                members.insert("scheme".to_owned(), args.scheme.name().into());
                output::line(Value::Object(members))?;
            }
        }
    } else {
        output::line(text::growth(&series, args.scheme.name()))?;
    }
    Ok(Verdict::Success)
}

fn write_page(args: &Args, page: impl FnOnce() -> String) -> anyhow::Result<()> {
    args.html.as_ref().map_or(Ok(()), |file| files::write(file, page().as_bytes(), Readers::Usual))
}

fn count(
    Costed { statement, model }: &Costed,
    scheme: Scheme,
    primitives: &mut BTreeMap<u32, Primitives>,
    spinner: &ProgressBar,
) -> anyhow::Result<(Cost, Estimate)> {
    spinner.set_message(format!("measuring this machine, for 2^{} rows", statement.k()));
    let primitives = primitives.entry(statement.k()).or_insert_with(|| Primitives::measure(statement.k()));
    spinner.set_message(format!("laying out {statement}"));
    let cost = Cost::of(statement);
    let estimate = match model {
        Some(model) => {
            let dummy = DummyWitness::of_models(statement, vec![(**model).clone()], 1);
            Estimate::of(&dummy, &cost, scheme, primitives)
        }
        None => Estimate::new(statement, &cost, scheme, primitives),
    };
    let estimate = estimate.with_context(|| format!("{statement}: estimate"))?;
    Ok((cost, estimate))
}

/// What a contract costs, or why there is none.
type Chain = Result<OnChain, String>;

fn on_chain(statement: &Statement) -> Chain {
    OnChain::of(statement).map_err(|error| why(&error.into()))
}

/// The members of `benches/cost.json`, the estimate, and what a contract costs, if it was made.
fn members(cost: &Cost, estimate: &Estimate, chain: Option<&Chain>) -> serde_json::Result<Value> {
    let mut members = output::object(serde_json::to_value(cost)?);
    members.insert("estimate".to_owned(), serde_json::to_value(estimate)?);
    let chain = chain.map(|chain| match chain {
        Ok(chain) => serde_json::to_value(chain),
        Err(why) => Ok(json!({ "error": why })),
    });
    if let Some(chain) = chain {
        members.insert("on_chain".to_owned(), chain?);
    }
    Ok(Value::Object(members))
}
