//! Which cells of a layout are in use, column by column, in as many bins of rows as a picture has room for.

use foldproof_circuits::assignment::{Cell, Role};
use foldproof_circuits::chips::{Area, Gate, at, fixed_at};
use foldproof_circuits::layout::{Layout, Stage};
use halo2curves::bn256::Fr;

use super::markdown::short;

/// Kinds of columns, in the order they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Advice,
    SecondPhase,
    Fixed,
    Gate,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Advice => "advice",
            Self::SecondPhase => "second phase",
            Self::Fixed => "fixed",
            Self::Gate => "selectors",
        }
    }
}

/// A column.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub kind: Kind,
    pub name: String,
    /// From the top.
    pub bins: Vec<Bin>,
}

/// Some rows of a column.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bin {
    /// Share of the rows that are in use.
    pub used: f64,
    /// The stage most of them belong to: its number, or none for what all rows have.
    pub stage: Option<usize>,
}

/// All columns of a layout.
#[derive(Clone, Debug)]
pub(super) struct Map {
    pub columns: Vec<Column>,
    /// Rows of the circuit: 2^k.
    pub rows: usize,
    pub bins: usize,
}

impl Map {
    pub(super) fn new(layout: &Layout, second_phase: usize, most_bins: usize) -> Self {
        let assignment = layout.assignment();
        let rows = 1 << layout.statement().k();
        let bins = most_bins.min(rows);
        let places = Places { layout, rows, bins };
        let bands = assignment.bands();
        let mut columns = Vec::new();
        for column in (0..assignment.advice().len()).filter(|column| bands.advice(*column)) {
            let used = |row| assignment.role(Cell { column, row }) != Role::Blank;
            columns.push(places.column(Kind::Advice, advice(column), Area::of_advice(column), used));
        }
        for column in 0..second_phase {
            columns.push(places.column(Kind::SecondPhase, column.to_string(), Area::Lookup, |_| true));
        }
        for column in (0..assignment.fixed().len()).filter(|column| bands.fixed(*column)) {
            let used = |row| assignment.fixed_at(column, row) != Fr::zero();
            columns.push(places.column(Kind::Fixed, fixed(column), Area::of_fixed(column), used));
        }
        for gate in Gate::ALL.iter().copied().filter(|gate| bands.gate(*gate)) {
            let used = |row| assignment.is_enabled(gate, row);
            columns.push(places.column(Kind::Gate, format!("{gate:?}"), Area::of_gate(gate), used));
        }
        Self { columns, rows, bins }
    }

    /// Kinds with their first column and how many there are.
    pub(super) fn kinds(&self) -> Vec<(Kind, usize, usize)> {
        let mut kinds: Vec<(Kind, usize, usize)> = Vec::new();
        for (index, column) in self.columns.iter().enumerate() {
            match kinds.last_mut() {
                Some((kind, _, count)) if *kind == column.kind => *count += 1,
                _ => kinds.push((column.kind, index, 1)),
            }
        }
        kinds
    }
}

/// Where rows of a layout are in a picture.
struct Places<'l> {
    layout: &'l Layout,
    rows: usize,
    bins: usize,
}

impl Places<'_> {
    fn column(&self, kind: Kind, name: String, area: Area, used: impl Fn(usize) -> bool) -> Column {
        let size = self.rows / self.bins;
        let bins = (0..self.bins).map(|bin| {
            let rows =
                (bin * size..(bin + 1) * size).take_while(|row| *row < self.layout.assignment().rows());
            let in_use: Vec<usize> = rows.filter(|row| used(*row)).collect();
            let middle = in_use.get(in_use.len() / 2);
            Bin {
                used: in_use.len() as f64 / size as f64,
                stage: middle.and_then(|row| stage_at(self.layout.stages(), area, *row)),
            }
        });
        Column { kind, name, bins: bins.collect() }
    }
}

fn stage_at(stages: &[Stage], area: Area, row: usize) -> Option<usize> {
    let here = |stage: &Stage| stage.area == area && (stage.start..stage.start + stage.rows).contains(&row);
    stages.iter().position(here)
}

/// What a first-phase column is called in `chips::at`.
fn advice(column: usize) -> String {
    let numbered = |name: &str, first: usize| format!("{name} {}", column - first);
    let named = |name: &str| name.to_owned();
    match column {
        ..at::SIGN => numbered("limb", at::LIMB),
        at::SIGN => named("sign"),
        at::OVER => named("over"),
        at::INVERSE => named("inverse"),
        at::NUMBER => named("number"),
        at::CLAMPED => named("clamped"),
        at::SUM => named("sum"),
        at::A..=at::E => format!("wire {}", char::from(b"abcde"[column - at::A])),
        at::PAD => named("pad"),
        at::SBOX..at::SQUARE => numbered("S-box", at::SBOX),
        at::SQUARE..at::MESSAGE => numbered("square", at::SQUARE),
        at::MESSAGE => named("message"),
        _ => named("look-up counts"),
    }
}

/// What a fixed column is called in `chips::fixed_at`.
fn fixed(column: usize) -> String {
    let numbered = |name: &str, first: usize| format!("{name} {}", column - first);
    let named = |name: &str| name.to_owned();
    match column {
        ..fixed_at::K => numbered("tag", fixed_at::TAG),
        fixed_at::K..fixed_at::TABLE_VALUE => numbered("coefficient", fixed_at::K),
        fixed_at::TABLE_VALUE => named("table value"),
        fixed_at::TABLE_TAG => named("table tag"),
        fixed_at::INDEX => named("text index or weight"),
        fixed_at::KIND => named("text kind"),
        fixed_at::LINKS => named("links"),
        fixed_at::ROUND..fixed_at::RUN => numbered("round constant", fixed_at::ROUND),
        fixed_at::RUN => named("run"),
        fixed_at::STREAM => named("stream"),
        _ => named("element"),
    }
}

/// A colour in pictures, one for each thing a row can be used for; models side by side have the same.
pub(super) fn colour(stage: Option<&str>) -> (u8, u8, u8) {
    match stage.map(short) {
        Some("records") => (0x3b, 0x7d, 0xd8),
        Some("texts") => (0xf0, 0x8c, 0x2e),
        Some("searches") => (0x2f, 0xa3, 0x6b),
        Some("fold, pq, packing") => (0xd9, 0x4a, 0x5c),
        Some("sponge") if stage.is_some_and(|name| name.starts_with("models")) => (0xb4, 0x5c, 0xc0),
        Some("sponge") => (0x84, 0x6b, 0xd0),
        Some("values") => (0x17, 0x9c, 0xa6),
        Some("inputs") => (0xc9, 0xa2, 0x27),
        Some("layers") => (0xa0, 0x6a, 0x42),
        Some(_) => (0xe0, 0x7a, 0xa8),
        None => (0x86, 0x8e, 0x96),
    }
}
