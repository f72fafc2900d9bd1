//! Foldproof's verifier as WebAssembly for browsers and node.
//!
//! The module imports nothing: no clock, no files, no network, no randomness. What it answers is a function of the bytes that it is
//! given, and whoever wants to be sure of that lists its imports.
//!
//! It exports seven functions and its memory. A caller hands over named parts ([`Kind`]), calls one of `verify`, `inspect`,
//! `generators` and `use_generators`, and reads the answer: JSON, but for `generators`, whose answer is points. `index.js` does that
//! and is what pages and programs call.
//!
//! | export | |
//! |---|---|
//! | `part(kind, length)` | where to write `length` bytes of a part, before anything else is called |
//! | `verify()` | judges the bundle by the other parts, and forgets all parts |
//! | `inspect()` | what the bundle says of itself, unverified; parts stay |
//! | `generators(k)` | derives the generators of 2^k rows |
//! | `use_generators()` | takes those of the bundle's size from a part, if they have the digest that is pinned |
//! | `answer()`, `answer_length()` | the answer of the last call |
//!
//! Names are exported by hand: of seven functions over numbers no tool needs to make glue, and nothing here dereferences a pointer.
//! A panic, which there should be none of, stops the module; a caller takes a new instance and has no verdict.

mod advice;
mod judge;
mod parts;
mod setup;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use parts::Kind;
use parts::Parts;

static PARTS: Mutex<Parts> = Mutex::new(Parts::new());
static ANSWER: Mutex<Vec<u8>> = Mutex::new(Vec::new());

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

fn answer_with(answer: Vec<u8>) {
    *locked(&ANSWER) = answer;
}

/// Room for a part. Kinds that are none have no room, and neither has what is longer than any such part.
#[expect(unsafe_code, reason = "an exported name")]
#[unsafe(no_mangle)]
pub extern "C" fn part(kind: u32, length: usize) -> *mut u8 {
    locked(&PARTS).room(kind, length).map_or(std::ptr::null_mut(), <[u8]>::as_mut_ptr)
}

/// Judges the bundle. The answer is a verdict.
#[expect(unsafe_code, reason = "an exported name")]
#[unsafe(no_mangle)]
pub extern "C" fn verify() {
    let parts = std::mem::take(&mut *locked(&PARTS));
    answer_with(judge::verdict(&parts).to_string().into_bytes());
}

/// What the bundle says of itself. The answer is an object, whose member `error` says why there is none.
#[expect(unsafe_code, reason = "an exported name")]
#[unsafe(no_mangle)]
pub extern "C" fn inspect() {
    let answer = judge::inspect(&locked(&PARTS));
    answer_with(answer.to_string().into_bytes());
}

/// Derives generators. The answer is empty if there are none of that size.
#[expect(unsafe_code, reason = "an exported name")]
#[unsafe(no_mangle)]
pub extern "C" fn generators(k: u32) {
    answer_with(foldproof_params::transparent::generator_bytes(k).unwrap_or_default());
}

/// Takes generators for bundles of the size of the one among the parts. The answer is an object, empty or with an `error`.
#[expect(unsafe_code, reason = "an exported name")]
#[unsafe(no_mangle)]
pub extern "C" fn use_generators() {
    let answer = judge::use_generators(&locked(&PARTS));
    answer_with(answer.to_string().into_bytes());
}

/// Where the answer is.
#[expect(unsafe_code, reason = "an exported name")]
#[unsafe(no_mangle)]
pub extern "C" fn answer() -> *const u8 {
    locked(&ANSWER).as_ptr()
}

/// How long it is.
#[expect(unsafe_code, reason = "an exported name")]
#[unsafe(no_mangle)]
pub extern "C" fn answer_length() -> usize {
    locked(&ANSWER).len()
}

/// Randomness is for batches. One proof is verified without any, and what asked for it would stop here.
fn refuse(_: &mut [u8]) -> Result<(), getrandom::Error> {
    Err(getrandom::Error::UNSUPPORTED)
}

getrandom::register_custom_getrandom!(refuse);
