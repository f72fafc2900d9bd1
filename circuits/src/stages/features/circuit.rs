//! Features in the circuit: the records with their sums, and the header.

use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use super::text_circuit::{Residues, residue_place};
use crate::assignment::{Assignment, Cell, Free};
use crate::block::{Block, Header};
use crate::chips::arith::{Arith, Wire};
use crate::chips::number::{self, Clamp};
use crate::chips::record::{ROWS, SUMS};
use crate::chips::{Gate, at, fixed_at};
use crate::fixed::{power_of_two, to_field};
use crate::packing::{FIRST_NUMBERS, INTEGER_BITS, NUMBER_BITS};
use crate::public::Root;
use crate::records::{CLASSES, ClassFeatures, HEIGHT_SCALE, LINKS, NUMBERS, Record, TIME_PERIOD, records};
use crate::size::Capacity;
use crate::stages::commit::texts::TextTable;

/// The records on the assignment.
#[derive(Debug, Default)]
pub struct Records {
    /// Packed elements, two per record.
    pub elements: Vec<Cell>,
    /// The cells that hold the running sums of the last record, by class and row.
    pub sums: Vec<[Cell; ROWS]>,
}

/// Assigns every record from row `start` on. Its links are to texts under kinds from `kinds` on.
pub fn assign_records(
    assignment: &mut Assignment,
    start: usize,
    capacity: Capacity,
    block: &Block,
    texts: &TextTable,
    kinds: u64,
) -> Records {
    let places = [capacity.transactions, capacity.traces, capacity.bundles];
    let mut out = Records::default();
    let mut row = start;
    for (spec, places) in CLASSES.iter().zip(places) {
        let records = records(block, spec.class);
        for i in 0..places {
            let record = records.get(i);
            assign_record(assignment, row, spec, record, (texts, kinds), i > 0);
            if i > 0 {
                assignment.enable(Gate::NextRecord, row);
            }
            out.elements.extend([0, FIRST_NUMBERS].map(|j| Cell { column: at::E, row: row + j }));
            row += ROWS;
        }
        out.sums.push(std::array::from_fn(|j| {
            assignment.enable(Gate::Take, row + j);
            let sum = assignment.read(Cell { column: at::SUM, row: row + j - ROWS });
            assignment.write(at::A, row + j, sum)
        }));
        row += ROWS;
    }
    out
}

fn assign_record(
    assignment: &mut Assignment,
    first: usize,
    spec: &ClassFeatures,
    record: Option<&Record>,
    (texts, kinds): (&TextTable, u64),
    goes_on: bool,
) {
    let empty = Record::default();
    let there = record.is_some();
    let record = record.unwrap_or(&empty);
    let mut numbers = [Fr::zero(); NUMBERS];
    let mut links = [Fr::zero(); LINKS];
    for j in 0..ROWS {
        let row = first + j;
        let clamped = match spec.numbers.get(j) {
            Some(feature) => {
                let clamp = Clamp { threshold: feature.limit(), limit: feature.limit() };
                let number = assignment.free(Free::Input, at::NUMBER, row, record.numbers[j].units());
                numbers[j] = to_field(&number);
                to_field(&number::assign(assignment, row, &number, clamp))
            }
            None => {
                number::forbid(assignment, row);
                Fr::zero()
            }
        };
        let mut summed = Fr::zero();
        if let Some(feature) = spec.texts.get(j) {
            let (kind, second) = residue_place(feature.buckets);
            let [b, c] = Residues::of(&record.texts[j]).of_kind(kind);
            let link = assignment.write_input(at::A, row, texts.index(&record.texts[j]));
            links[j] = assignment.read(link);
            let [b, c] =
                [(at::B, b), (at::C, c)].map(|(column, residue)| assignment.write_int(column, row, residue));
            summed = assignment.read(if second { c } else { b });
            assignment.fix(fixed_at::K, row, 1);
            assignment.fix(fixed_at::K + 2 + usize::from(second), row, 1);
            assignment.fix(fixed_at::KIND, row, kinds + kind);
            assignment.fix(fixed_at::LINKS, row, fixed_at::LINK);
        } else if j == LINKS - 1 && spec.tri_state.is_some() {
            let link = assignment.write_input(at::A, row, record.tri_state);
            links[j] = assignment.read(link);
            summed = links[j];
            assignment.fix(fixed_at::K, row, 1);
            assignment.fix(fixed_at::K + 1, row, 1);
            assignment.enable(Gate::TriState, row);
        } else if j < LINKS {
            assignment.write_int(at::A, row, 0);
        }
        let there = match j {
            0 => assignment.write_input(at::D, row, u8::from(there)),
            _ => assignment.write_int(at::D, row, u8::from(there)),
        };
        if j == ROWS - 1 {
            summed = assignment.read(there);
            assignment.fix(fixed_at::K + 4, row, 1);
        }
        let weights = (1..5).filter(|i| assignment.fixed_at(fixed_at::K + i, row) != Fr::zero());
        assert!(weights.count() <= 1, "the gate squares one wire");
        assignment.fix(fixed_at::K + 7, row, u8::from(goes_on));
        let added = [clamped, clamped.square(), summed, summed.square()];
        let added: Fr = added.into_iter().zip(SUMS).map(|(term, field)| term * power_of_two(field.low)).sum();
        let before =
            if goes_on { assignment.read(Cell { column: at::SUM, row: row - ROWS }) } else { Fr::zero() };
        assignment.write(at::SUM, row, before + added);
        assignment.enable(Gate::Record, row);
        if j > 0 {
            assignment.enable(Gate::SameRecord, row);
        }
    }
    assign_elements(assignment, first, &numbers, &links);
}

fn assign_elements(assignment: &mut Assignment, first: usize, numbers: &[Fr; NUMBERS], links: &[Fr; LINKS]) {
    let offset = power_of_two(NUMBER_BITS - 1);
    let number = |n: &Fr| *n + offset;
    let shift = power_of_two(NUMBER_BITS);
    let link = power_of_two(assignment.bands().links);
    let links = links.iter().rev().fold(Fr::zero(), |sum, index| sum * link + index);
    let mut below = links;
    for (j, n) in numbers.iter().enumerate().rev() {
        let gate = match j + 1 {
            NUMBERS => Gate::ElementLinks,
            FIRST_NUMBERS => Gate::ElementNumber,
            _ => Gate::Element,
        };
        let above = if gate == Gate::ElementNumber { Fr::zero() } else { below * shift };
        assignment.enable(gate, first + j);
        let cell = assignment.write(at::E, first + j, number(n) + above);
        below = assignment.read(cell);
    }
}

/// The header on the assignment.
#[derive(Debug)]
pub struct HeaderWires {
    /// Height, below 2⁵³.
    pub height: Wire,
    /// Timestamp, below 2⁵³.
    pub timestamp: Wire,
    /// Halves of the three roots, below 2¹²⁸.
    pub roots: [Root<Wire>; 3],
    /// Numerator of T.
    pub time: Wire,
    /// Numerator of H.
    pub scaled_height: Wire,
}

/// Constrains the header and its two features.
pub fn header(arith: &mut Arith<'_>, header: &Header) -> HeaderWires {
    let one = || BigInt::from(1);
    let minus = |n: u64| -BigInt::from(n);
    let height = arith.range_free(Free::Input, header.height, INTEGER_BITS);
    let timestamp = arith.range_free(Free::Input, header.timestamp, INTEGER_BITS);
    let roots = [header.prev_state_root, header.new_state_root, header.tx_root]
        .map(|bytes| Root::from_bytes(&bytes).map(|half| arith.range_free(Free::Input, half, 128)));
    // timestamp = period·q + time with q < 2⁴⁸ and time < period: Euclid's only pair, far below p.
    let quotient = arith.range_new((header.timestamp / TIME_PERIOD).into(), 48);
    let time = arith.range_new(&timestamp.value - &quotient.value * TIME_PERIOD, 24);
    arith.below(&time, &[], TIME_PERIOD, 24);
    arith.zero(&[(one(), &timestamp), (minus(TIME_PERIOD), &quotient), (minus(1), &time)], 0);
    // min(height, scale) = height − [height ≥ scale]·(height − scale).
    let excess = arith.linear(&[(one(), &height)], minus(HEIGHT_SCALE));
    let above = arith.not_negative(&excess, 60);
    let scaled_height = arith.multiply_add(-1, Some((&above, &excess)), &[(one(), &height)], 0);
    HeaderWires { height, timestamp, roots, time, scaled_height }
}
