//! A circuit that exposes as many field elements as its statement has public inputs and has, where it is wide, a bit of
//! everything.

use foldproof_circuits::statement::Statement;
use halo2_proofs::circuit::{Layouter, SimpleFloorPlanner, Value};
use halo2_proofs::plonk::{
    Advice, Circuit, Column, ConstraintSystem, Constraints, Error, Fixed, Instance, Selector,
};
use halo2_proofs::poly::Rotation;
use halo2curves::bn256::Fr;

use crate::key::Shape;

/// Degree of the gate below, and so of the circuit.
const DEGREE: usize = 5;
/// Rows on which neighbours are summed: not those of the powers, so that their selectors share a column.
const SUM_ROWS: std::ops::Range<usize> = 40..44;

#[derive(Clone, Default)]
pub struct Toy {
    parameters: Parameters,
    rows: Option<Vec<Fr>>,
}

/// What the circuit of a statement depends on.
#[derive(Clone, Copy, Default)]
pub struct Parameters {
    wide: bool,
    public: usize,
}

#[derive(Clone)]
pub struct Config {
    advice: [Column<Advice>; 2],
    instance: Column<Instance>,
    power: Selector,
    wide: Option<Wide>,
}

/// Further columns, so that there are several permutation products, lookups, rotations and kinds of selectors.
#[derive(Clone)]
struct Wide {
    copies: [Column<Advice>; 7],
    constant: Column<Fixed>,
    table: Column<Fixed>,
    sum: Selector,
    lookup: Selector,
}

impl Toy {
    pub fn empty(statement: &Statement) -> Self {
        Self { parameters: Self::parameters(statement), rows: None }
    }

    pub fn new(statement: &Statement, rows: &[Fr]) -> Self {
        Self { parameters: Self::parameters(statement), rows: Some(rows.to_vec()) }
    }
}

impl Shape for Toy {
    fn k(statement: &Statement) -> u32 {
        if Self::parameters(statement).wide { 6 } else { 5 }
    }

    fn parameters(statement: &Statement) -> Parameters {
        let narrow = [super::NARROW, *super::FINGERPRINT].contains(&statement);
        Parameters { wide: !narrow, public: statement.rows() }
    }

    fn selectors(statement: &Statement) -> Vec<Vec<bool>> {
        let Parameters { wide, public } = Self::parameters(statement);
        let on =
            |rows: std::ops::Range<usize>| (0..1 << Self::k(statement)).map(|r| rows.contains(&r)).collect();
        let all = [on(0..public), on(SUM_ROWS), on(0..public)];
        all.into_iter().take(if wide { 3 } else { 1 }).collect()
    }
}

impl Circuit<Fr> for Toy {
    type Config = Config;
    type FloorPlanner = SimpleFloorPlanner;
    type Params = Parameters;

    fn without_witnesses(&self) -> Self {
        Self { parameters: self.parameters, rows: None }
    }

    fn params(&self) -> Parameters {
        self.parameters
    }

    fn configure(_: &mut ConstraintSystem<Fr>) -> Config {
        unreachable!("configured with parameters")
    }

    fn configure_with_params(meta: &mut ConstraintSystem<Fr>, Parameters { wide, .. }: Parameters) -> Config {
        meta.set_minimum_degree(DEGREE);
        let advice = [meta.advice_column(), meta.advice_column()];
        let instance = meta.instance_column();
        meta.enable_equality(instance);
        meta.enable_equality(advice[0]);
        let power = meta.selector();
        meta.create_gate("b = a^4", |meta| {
            let [a, b] = advice.map(|column| meta.query_advice(column, Rotation::cur()));
            let square = a.clone() * a;
            Constraints::with_selector(meta.query_selector(power), [b - square.clone() * square])
        });
        Config { advice, instance, power, wide: wide.then(|| Wide::configure(meta, advice)) }
    }

    fn synthesize(&self, config: Config, mut layouter: impl Layouter<Fr>) -> Result<(), Error> {
        let Config { advice: [a, b], instance, power, wide } = config;
        let value = |row: usize| match &self.rows {
            Some(rows) => Value::known(rows[row]),
            None => Value::unknown(),
        };
        let cells = layouter.assign_region(
            || "toy",
            |mut region| {
                let mut cells = vec![];
                for row in 0..self.parameters.public {
                    power.enable(&mut region, row)?;
                    let cell = region.assign_advice(a, row, value(row));
                    region.assign_advice(b, row, value(row).map(|a| a.square().square()));
                    cells.push(cell.cell());
                    let Some(wide) = &wide else { continue };
                    for column in wide.copies {
                        let copy = region.assign_advice(column, row, value(row));
                        region.constrain_equal(copy.cell(), cell.cell());
                    }
                    wide.lookup.enable(&mut region, row)?;
                }
                if let Some(wide) = &wide {
                    wide.assign(&mut region, b)?;
                }
                Ok(cells)
            },
        )?;
        for (row, cell) in cells.into_iter().enumerate() {
            layouter.constrain_instance(cell, instance, row);
        }
        Ok(())
    }
}

impl Wide {
    fn configure(meta: &mut ConstraintSystem<Fr>, [a, b]: [Column<Advice>; 2]) -> Self {
        let copies = std::array::from_fn(|_| {
            let column = meta.advice_column();
            meta.enable_equality(column);
            column
        });
        let constant = meta.fixed_column();
        meta.enable_equality(constant);
        // Zero everywhere: under kzg its commitment is the point at infinity.
        let zero = meta.fixed_column();
        let table = meta.fixed_column();
        let (sum, lookup) = (meta.selector(), meta.complex_selector());
        meta.create_gate("b' = b-1 + b + constant + zero", |meta| {
            let [before, now, after] =
                [Rotation::prev(), Rotation::cur(), Rotation::next()].map(|at| meta.query_advice(b, at));
            let constant = meta.query_fixed(constant, Rotation::next());
            let zero = meta.query_fixed(zero, Rotation::cur());
            Constraints::with_selector(meta.query_selector(sum), [after - before - now - constant - zero])
        });
        // Zero is in both tables.
        meta.lookup_any("b in b", |meta| {
            let b = meta.query_advice(b, Rotation::cur());
            vec![(meta.query_selector(lookup) * b.clone(), b)]
        });
        meta.lookup_any("a - copy in table", |meta| {
            let [a, copy] = [a, copies[6]].map(|column| meta.query_advice(column, Rotation::cur()));
            let table = meta.query_fixed(table, Rotation::cur());
            vec![(meta.query_selector(lookup) * (a - copy), table)]
        });
        Self { copies, constant, table, sum, lookup }
    }

    fn assign(
        &self,
        region: &mut halo2_proofs::circuit::Region<'_, Fr>,
        b: Column<Advice>,
    ) -> Result<(), Error> {
        let mut pair = [Fr::one(), Fr::from(2)];
        region.assign_advice(b, SUM_ROWS.start - 1, Value::known(pair[0]));
        region.assign_advice(b, SUM_ROWS.start, Value::known(pair[1]));
        for row in SUM_ROWS {
            self.sum.enable(region, row)?;
            let constant = Fr::from(row as u64);
            region.assign_fixed(self.constant, row + 1, constant);
            pair = [pair[1], pair[0] + pair[1] + constant];
            region.assign_advice(b, row + 1, Value::known(pair[1]));
        }
        for row in 0..8 {
            region.assign_fixed(self.table, row, Fr::from(row as u64));
        }
        Ok(())
    }
}
