//! Circuits that contracts are not for have none.

use foldproof_verifier::plonk::Program;
use halo2_proofs::circuit::{Layouter, SimpleFloorPlanner};
use halo2_proofs::plonk::{Circuit, ConstraintSystem, Error, keygen_vk};
use halo2_proofs::poly::Rotation;
use halo2_proofs::poly::commitment::ParamsProver as _;
use halo2_proofs::poly::ipa::commitment::ParamsIPA;
use halo2curves::bn256::{Fr, G1Affine};

use super::super::memory::Memory;
use super::super::protocol::Protocol;

const OURS: u8 = 0;
const LOOKUP: u8 = 1;
const OTHER_ROW: u8 = 2;
const TWO_INSTANCES: u8 = 3;
const NO_INSTANCE: u8 = 4;
const FIXED_COPIES: u8 = 5;
const UNOPENED: u8 = 6;
const NO_COPIES: u8 = 7;

/// A column and its copies, and what makes it another circuit than ours.
struct Toy<const KIND: u8>;

impl<const KIND: u8> Circuit<Fr> for Toy<KIND> {
    type Config = ();
    type FloorPlanner = SimpleFloorPlanner;
    type Params = ();

    fn without_witnesses(&self) -> Self {
        Self
    }

    fn configure(cs: &mut ConstraintSystem<Fr>) {
        let (column, fixed) = (cs.advice_column(), cs.fixed_column());
        let rotation = if KIND == OTHER_ROW { Rotation::next() } else { Rotation::cur() };
        let instances = match KIND {
            NO_INSTANCE => 0,
            TWO_INSTANCES => 2,
            _ => 1,
        };
        let instances: Vec<_> = (0..instances).map(|_| cs.instance_column()).collect();
        if KIND == UNOPENED {
            cs.advice_column();
        }
        if KIND == FIXED_COPIES {
            cs.enable_equality(fixed);
        }
        if KIND != NO_COPIES {
            cs.enable_equality(column);
            instances.iter().for_each(|instance| cs.enable_equality(*instance));
        }
        cs.create_gate("product", |cells| {
            let product =
                cells.query_advice(column, Rotation::cur()) * cells.query_fixed(fixed, Rotation::cur());
            let public = instances.iter().map(|instance| cells.query_instance(*instance, rotation));
            vec![public.fold(product.clone(), |sum, public| sum + product.clone() * public)]
        });
        if KIND == LOOKUP {
            let table = cs.lookup_table_column();
            cs.lookup("table", |cells| vec![(cells.query_advice(column, Rotation::cur()), table)]);
        }
    }

    fn synthesize(&self, (): (), mut layouter: impl Layouter<Fr>) -> Result<(), Error> {
        layouter.assign_region(|| "nothing", |_| Ok(()))
    }
}

/// Whether there are contracts for such a circuit, and whether batches of its proofs are added up.
fn has_contract<const KIND: u8>() -> (bool, bool) {
    let params = ParamsIPA::<G1Affine>::new(5);
    let key = keygen_vk(&params, &Toy::<KIND>).unwrap();
    (Protocol::new(&key, 1, &mut Memory::default()).is_some(), Program::new(&key).is_some())
}

#[test]
fn circuits_of_other_kinds_have_no_contract() {
    assert_eq!(has_contract::<OURS>(), (true, true));
    assert_eq!(has_contract::<LOOKUP>(), (false, true));
    assert_eq!(has_contract::<OTHER_ROW>(), (false, false));
    assert_eq!(has_contract::<TWO_INSTANCES>(), (false, false));
    assert_eq!(has_contract::<NO_INSTANCE>(), (false, false));
    assert_eq!(has_contract::<FIXED_COPIES>(), (false, true));
    assert_eq!(has_contract::<UNOPENED>(), (false, true));
    assert_eq!(has_contract::<NO_COPIES>(), (false, true));
}
