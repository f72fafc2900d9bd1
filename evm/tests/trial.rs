//! Contracts verify what the prover proves, in an EVM with mainnet's limits.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use foldproof_circuits::statement::Statement;
use foldproof_evm::machine::{Machine, Outcome};
use foldproof_evm::{Contract, Refusal, Trust, batch_calldata, calldata};

#[test]
fn trial() {
    let setup = foldproof_params::kzg::Setup::read(Path::new("/tmp/e/setup.kzg")).unwrap();
    for name in
        ["core-small-64", "core-small-256", "fingerprint+tags-96-64-32-15", "core-small-64+tags-96-64-32-15"]
    {
        let statement = Statement::from_name(name).unwrap();
        let bytes = std::fs::read(format!("/tmp/e/{name}.vk")).unwrap();
        let key =
            foldproof_verifier::VerifierKey::from_bytes(&statement, foldproof_verifier::Scheme::Evm, &bytes)
                .unwrap();
        for batch in [false, true] {
            match Contract::new(&key, &setup.verifier(), Trust::Insecure) {
                Ok(made) => {
                    println!(
                        "{name} batch {batch}: code {} key {} init {} yul {}",
                        made.code.len(),
                        made.key_code.len(),
                        made.init_code.len(),
                        made.yul.len()
                    );
                    std::fs::write(format!("/tmp/e/{name}.yul"), &made.yul).unwrap();
                    let mut machine = Machine::default();
                    let (address, outcome) = machine.create([7; 20], &made.init_code).unwrap();
                    println!("   deploy {:?} gas {}", address.is_some(), outcome.gas());
                    let file = format!("/tmp/e/{name}.proof");
                    if let Ok(bytes) = std::fs::read(&file) {
                        let bundle = foldproof_verifier::Bundle::from_bytes(&bytes).unwrap();
                        let rows: Vec<_> = bundle.unverified_instance().rows().into_iter().copied().collect();
                        let data = calldata(bundle.proof(), &rows);
                        let told = machine.call([7; 20], address.unwrap(), &data).unwrap();
                        if let Outcome::Revert { output, .. } = &told {
                            println!("   {:?}", Refusal::from_output(output));
                        }
                        println!("   call {} bytes: {told:?}", data.len());
                        if batch {
                            for n in [1, 2, 5] {
                                let claims = vec![(bundle.proof(), &rows[..]); n];
                                let data = batch_calldata(&claims);
                                let told = machine.call([7; 20], address.unwrap(), &data).unwrap();
                                println!("   batch of {n}: {told:?}");
                            }
                        }
                    }
                }
                Err(error) => println!("{name} batch {batch}: {error}"),
            }
        }
    }
}
