//! x
use foldproof_verifier::*;
/// x
#[expect(unsafe_code, reason = "an exported name")]
#[unsafe(no_mangle)]
pub extern "C" fn test(n: u32) -> u32 {
    let b: Vec<u8> = (0..n).map(|i| i as u8).collect();
    let k = Bundle::from_bytes(&b).unwrap();
    let key = VerifierKey::from_bytes(k.statement(), k.scheme(), &b).unwrap();
    let p = json::policy::PolicyFile::parse(&b).unwrap().policy(Policy::any_codebook()).unwrap();
    let p = p.trust_setup(KzgSetup { verifier: VerifierSetup::from_bytes(&b).unwrap(), insecure: true, keys: vec![key.clone()] });
    let p = p.trust_key(key);
    let v = verify(&k, &p).unwrap();
    foldproof_params::transparent::verifier_params_from(13, 1, &b).unwrap();
    format!("{v:?}").len() as u32
}
fn refuse(_: &mut [u8]) -> Result<(), getrandom::Error> { Err(getrandom::Error::UNSUPPORTED) }
getrandom::register_custom_getrandom!(refuse);
