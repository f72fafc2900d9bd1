//! Groth16 beside Foldproof: a quantised dense network with public weights, every constraint by hand. The other end of the
//! trade: the smallest and quickest proof there is, for one model only, and after a trusted setup for it.
//!
//! ```text
//! groth16 setup  MODEL PK VK                  makes both keys
//! groth16 prove  MODEL INPUT PK PROOF PUBLIC  proves the outputs of an input, and writes both down as PUBLIC
//! groth16 verify VK PROOF PUBLIC [MORE]       verifies it, and so many times again
//! ```
//!
//! Each prints a line of JSON. The setup's randomness was in this process: a key of it is for measuring only.

mod circuit;
mod model;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use ark_bn254::{Bn254, Fr};
use ark_groth16::{Groth16, Proof, ProvingKey, VerifyingKey, prepare_verifying_key};
use ark_relations::gr1cs::{ConstraintSynthesizer, ConstraintSystem, SynthesisMode};
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use ark_snark::SNARK;
use ark_std::rand::rngs::OsRng;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use circuit::Claim;
use model::{Model, read_input};

/// What went wrong, for people.
type Failure = Box<dyn std::error::Error>;

/// What a verifier is given beside the proof.
#[derive(Serialize, Deserialize)]
struct Public {
    input: Vec<i64>,
    outputs: Vec<i64>,
}

impl Public {
    fn elements(&self) -> Vec<Fr> {
        self.input.iter().chain(&self.outputs).map(|number| Fr::from(*number)).collect()
    }
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let said = match words[..] {
        ["setup", model, pk, vk] => setup(Path::new(model), Path::new(pk), Path::new(vk)),
        ["prove", model, input, pk, proof, public] => {
            prove(Path::new(model), Path::new(input), Path::new(pk), Path::new(proof), Path::new(public))
        }
        ["verify", vk, proof, public] => verify(Path::new(vk), Path::new(proof), Path::new(public), "0"),
        ["verify", vk, proof, public, more] => verify(Path::new(vk), Path::new(proof), Path::new(public), more),
        _ => Err(
            "usage: groth16 setup MODEL PK VK | prove MODEL INPUT PK PROOF PUBLIC | verify VK PROOF PUBLIC [MORE]"
                .into(),
        ),
    };
    match said {
        Ok(mut said) => {
            said["peak_mib"] = json!(peak_mib());
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("groth16: {failure}");
            ExitCode::from(2)
        }
    }
}

fn setup(model: &Path, pk: &Path, vk: &Path) -> Result<Value, Failure> {
    let model = Model::read(model)?;
    // Any input does: the circuit is the same for all.
    let blank = vec![0; model.inputs.len()];
    let claim = Claim { model: &model, input: &blank };
    let started = Instant::now();
    let (proving, verifying) = Groth16::<Bn254>::circuit_specific_setup(claim, &mut OsRng)?;
    let seconds = started.elapsed().as_secs_f64();
    let cs = ConstraintSystem::<Fr>::new_ref();
    cs.set_mode(SynthesisMode::Setup);
    claim.generate_constraints(cs.clone())?;
    // Points are written as they are: to be read again without a square root for each.
    let mut bytes = Vec::new();
    proving.serialize_uncompressed(&mut bytes)?;
    write(pk, &bytes)?;
    let mut key = Vec::new();
    verifying.serialize_compressed(&mut key)?;
    write(vk, &key)?;
    let weights: usize = model.layers.iter().flat_map(|layer| &layer.weights).map(Vec::len).sum();
    // Libsnark's reduction has a row for each public value, too, and for the constant.
    let rows = (cs.num_constraints() + cs.num_instance_variables()).next_power_of_two();
    Ok(json!({
        "weights": weights, "constraints": cs.num_constraints(), "k": rows.ilog2(), "setup_seconds": seconds,
        "proving_key_bytes": bytes.len(), "key_bytes": key.len(),
    }))
}

fn prove(model: &Path, input: &Path, pk: &Path, proof: &Path, public: &Path) -> Result<Value, Failure> {
    let model = Model::read(model)?;
    let input = read_input(input, &model)?;
    let bytes = read(pk)?;
    // Without checks: the prover made it. A bad one gives a bad proof.
    let key = ProvingKey::<Bn254>::deserialize_uncompressed_unchecked(&bytes[..])
        .map_err(|error| format!("{}: not a proving key of `groth16 setup`: {error}", pk.display()))?;
    drop(bytes);
    let started = Instant::now();
    let made = Groth16::<Bn254>::prove(&key, Claim { model: &model, input: &input }, &mut OsRng)?;
    let seconds = started.elapsed().as_secs_f64();
    let outputs: Vec<i64> = model.outputs(&input).into_iter().map(i64::try_from).collect::<Result<_, _>>()?;
    let mut bytes = Vec::new();
    made.serialize_compressed(&mut bytes)?;
    write(proof, &bytes)?;
    let values = Public { input, outputs };
    write(public, &serde_json::to_vec(&values)?)?;
    let public_values = values.elements().len();
    Ok(json!({
        "prove_seconds": seconds, "proof_bytes": bytes.len(), "public_values": public_values, "outputs": values.outputs,
    }))
}

fn verify(vk: &Path, proof: &Path, public: &Path, more: &str) -> Result<Value, Failure> {
    let times: u32 = more.parse().map_err(|_| format!("MORE: a number was expected, found {more}"))?;
    let broken = |path: &Path, what: &str, error: &dyn std::fmt::Display| {
        format!("{}: not {what}: {error}", path.display())
    };
    let key = VerifyingKey::<Bn254>::deserialize_compressed(&read(vk)?[..])
        .map_err(|error| broken(vk, "a verifying key of `groth16 setup`", &error))?;
    let bytes = read(proof)?;
    let values: Public = serde_json::from_slice(&read(public)?)
        .map_err(|error| broken(public, "public values of `groth16 prove`", &error))?;
    let check = |key| -> Result<(), Failure> {
        let proof = Proof::<Bn254>::deserialize_compressed(&bytes[..])
            .map_err(|error| broken(proof, "a proof of `groth16 prove`", &error))?;
        let accepted = Groth16::<Bn254>::verify_with_processed_vk(key, &values.elements(), &proof)?;
        if accepted {
            Ok(())
        } else {
            Err("rejected: the proof is not one of these public values under this key".into())
        }
    };
    let started = Instant::now();
    let key = prepare_verifying_key(&key);
    check(&key)?;
    let first = started.elapsed().as_secs_f64();
    let started = Instant::now();
    (0..times).try_for_each(|_| check(&key))?;
    let more = (times > 0).then(|| started.elapsed().as_secs_f64() / f64::from(times));
    Ok(
        json!({ "verified": true, "verify_ms": 1e3 * first, "verify_more_seconds": more, "outputs": values.outputs }),
    )
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()).into())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    fs::write(path, bytes).map_err(|error| format!("{}: {error}", path.display()).into())
}

/// The most memory this process had; None where the system does not tell.
fn peak_mib() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib / 1024.0)
}
