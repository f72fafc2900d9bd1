//! Verifies a bundle: `verify_file BUNDLE CODEBOOK_ROOT`. Exit code 0: verified; 1: rejected; 2: could not tell.

use std::process::ExitCode;

use foldproof_verifier::{Bundle, Error, Facts, Policy, Verified, scalar, verify};

/// The claims, or why not and whether that is the bundle's fault.
fn run() -> Result<Verified, (String, bool)> {
    let usage = || ("usage: verify_file BUNDLE CODEBOOK_ROOT".to_owned(), false);
    let mut args = std::env::args().skip(1);
    let (path, root) = args.next().zip(args.next()).ok_or_else(usage)?;
    let root = scalar::from_hex(&root).ok_or_else(usage)?;
    let bytes = std::fs::read(&path).map_err(|error| (format!("{path}: {error}"), false))?;
    let verdict = |error: Error| (error.to_string(), error.is_rejection());
    let bundle = Bundle::from_bytes(&bytes).map_err(verdict)?;
    verify(&bundle, &Policy::codebooks([root])).map_err(verdict)
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for people")]
fn main() -> ExitCode {
    match run() {
        Ok(claims) => {
            println!("{} ({})", claims.statement(), claims.scheme());
            match claims.facts() {
                Facts::Block(_) | Facts::Blocks(_) => {
                    for block in claims.blocks() {
                        println!("block            {} at {}", block.height(), block.timestamp());
                        println!("block commitment 0x{}", scalar::to_hex(&block.block_commitment()));
                        println!("fingerprint      0x{}", scalar::to_hex(&block.pq_commitment()));
                        println!("within bound     {:?}", block.within_bound());
                    }
                }
                // None without a registry: whoever knows models adds `Policy::models` and reads `claims.hints()`.
                Facts::Values(values) => {
                    println!("values           0x{}", scalar::to_hex(&values.commitment()))
                }
                Facts::Decision(decision) => {
                    for (name, commitment, _) in decision.commitments() {
                        println!("{name:16} 0x{}", scalar::to_hex(&commitment));
                    }
                    println!("decided          {:?}", decision.ruling());
                }
                Facts::Sequence(sequence) => {
                    for commitment in sequence.commitments() {
                        println!("fingerprint      0x{}", scalar::to_hex(commitment));
                    }
                }
            }
            ExitCode::SUCCESS
        }
        Err((message, rejected)) => {
            eprintln!("{message}");
            ExitCode::from(if rejected { 1 } else { 2 })
        }
    }
}
