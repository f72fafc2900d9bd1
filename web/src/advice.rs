//! What may help, where the caller may not have given what he wanted to give. Members are those of `index.js`'s options and of policies.

use foldproof_verifier::Error;

/// What to do about it, if there is something.
pub fn advice(error: &Error) -> Option<&'static str> {
    Some(match error {
        Error::InBlock { error, .. } => return advice(error),
        Error::Magic { .. } => "give the file that `foldproof prove` wrote, NAME.proof",
        Error::Truncated { .. } | Error::TrailingBytes { .. } | Error::ProofLength { .. } => {
            "the file is damaged or cut short: fetch it again"
        }
        Error::FormatVersion { .. } | Error::UnknownStatement { .. } | Error::UnknownScheme { .. } => {
            "it may be of a newer version of Foldproof than this verifier"
        }
        Error::CodebookRoot { .. } => {
            "name the root of a codebook that you know in a policy (codebook_roots), or accept any codebook"
        }
        Error::Subject { .. } => "accept proofs about no block, if that is what you want",
        Error::ModelNotRegistered { .. } => {
            "give the registry of the models that you know; others say nothing to you"
        }
        Error::SetupNotTrusted { .. } => "give the setup that you trust, if it is the one of this bundle",
        Error::SetupFlag { .. } | Error::SetupInsecure { .. } => {
            "a setup made for tests proves nothing to anybody; to try things out, accept setups made for tests"
        }
        Error::NoKey { .. } => {
            "give its verifying key: `foldproof keys make STATEMENT --scheme SCHEME --out FILE` makes one, which takes trusting nobody"
        }
        Error::KeyDigest { .. } => {
            "the key is of another version or another circuit: ask its prover which one was used"
        }
        _ => return None,
    })
}
