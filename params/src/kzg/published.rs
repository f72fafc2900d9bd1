//! Ceremony files that were published, and the hashes they were published under.
//!
//! A hash ties a file to a ceremony: nothing in the file does. So that nobody needs to look it up, those of the *Perpetual
//! Powers of Tau* are here: of the cut that Hermez made after 54 contributions (as snarkjs's README lists them), and of the
//! later one after 80 (as projects that use it pin them; those of its other sizes are not known here).

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use blake2b_simd::Params as Blake2b;
use sha2::{Digest as _, Sha256};

use super::ptau::Source;
use crate::{Error, ErrorKind, Progress};

/// A hash that a file was published under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Blake2b([u8; 64]),
    Sha256([u8; 32]),
}

/// A file that was published.
#[derive(Clone, Copy, Debug)]
pub(super) struct Published {
    pub name: &'static str,
    pub bytes: u64,
    /// In hex: 128 digits of BLAKE2b-512, or 64 of SHA-256.
    hash: &'static str,
}

const fn published(name: &'static str, bytes: u64, hash: &'static str) -> Published {
    Published { name, bytes, hash }
}

/// All that are known.
const PUBLISHED: [Published; 23] = [
    published(
        "powersOfTau28_hez_final_08.ptau",
        378_008,
        "d6a8fb3a04feb600096c3b791f936a578c4e664d262e4aa24beed1b7a9a96aa5eb72864d628db247e9293384b74b36ffb52ca8d148d6e1b8b51e279fdf57b583",
    ),
    published(
        "powersOfTau28_hez_final_09.ptau",
        672_920,
        "94f108a80e81b5d932d8e8c9e8fd7f46cf32457e31462deeeef37af1b71c2c1b3c71fb0d9b59c654ec266b042735f50311f9fd1d4cadce47ab234ad163157cb5",
    ),
    published(
        "powersOfTau28_hez_final_10.ptau",
        1_262_744,
        "6cfeb8cda92453099d20120bdd0e8a5c4e7706c2da9a8f09ccc157ed2464d921fd0437fb70db42104769efd7d6f3c1f964bcf448c455eab6f6c7d863e88a5849",
    ),
    published(
        "powersOfTau28_hez_final_11.ptau",
        2_442_392,
        "47c282116b892e5ac92ca238578006e31a47e7c7e70f0baa8b687f0a5203e28ea07bbbec765a98dcd654bad618475d4661bfaec3bd9ad2ed12e7abc251d94d33",
    ),
    published(
        "powersOfTau28_hez_final_12.ptau",
        4_801_688,
        "ded2694169b7b08e898f736d5de95af87c3f1a64594013351b1a796dbee393bd825f88f9468c84505ddd11eb0b1465ac9b43b9064aa8ec97f2b73e04758b8a4a",
    ),
    published(
        "powersOfTau28_hez_final_13.ptau",
        9_520_280,
        "58efc8bf2834d04768a3d7ffcd8e1e23d461561729beaac4e3e7a47829a1c9066d5320241e124a1a8e8aa6c75be0ba66f65bc8239a0542ed38e11276f6fdb4d9",
    ),
    published(
        "powersOfTau28_hez_final_14.ptau",
        18_957_464,
        "eeefbcf7c3803b523c94112023c7ff89558f9b8e0cf5d6cdcba3ade60f168af4a181c9c21774b94fbae6c90411995f7d854d02ebd93fb66043dbb06f17a831c1",
    ),
    published(
        "powersOfTau28_hez_final_15.ptau",
        37_831_832,
        "982372c867d229c236091f767e703253249a9b432c1710b4f326306bfa2428a17b06240359606cfe4d580b10a5a1f63fbed499527069c18ae17060472969ae6e",
    ),
    published(
        "powersOfTau28_hez_final_16.ptau",
        75_580_568,
        "6a6277a2f74e1073601b4f9fed6e1e55226917efb0f0db8a07d98ab01df1ccf43eb0e8c3159432acd4960e2f29fe84a4198501fa54c8dad9e43297453efec125",
    ),
    published(
        "powersOfTau28_hez_final_17.ptau",
        151_078_040,
        "6247a3433948b35fbfae414fa5a9355bfb45f56efa7ab4929e669264a0258976741dfbe3288bfb49828e5df02c2e633df38d2245e30162ae7e3bcca5b8b49345",
    ),
    published(
        "powersOfTau28_hez_final_18.ptau",
        302_072_984,
        "7e6a9c2e5f05179ddfc923f38f917c9e6831d16922a902b0b4758b8e79c2ab8a81bb5f29952e16ee6c5067ed044d7857b5de120a90704c1d3b637fd94b95b13e",
    ),
    published(
        "powersOfTau28_hez_final_19.ptau",
        604_062_872,
        "bca9d8b04242f175189872c42ceaa21e2951e0f0f272a0cc54fc37193ff6648600eaf1c555c70cdedfaf9fb74927de7aa1d33dc1e2a7f1a50619484989da0887",
    ),
    published(
        "powersOfTau28_hez_final_20.ptau",
        1_208_042_648,
        "89a66eb5590a1c94e3f1ee0e72acf49b1669e050bb5f93c73b066b564dca4e0c7556a52b323178269d64af325d8fdddb33da3a27c34409b821de82aa2bf1a27b",
    ),
    published(
        "powersOfTau28_hez_final_21.ptau",
        2_416_002_200,
        "9aef0573cef4ded9c4a75f148709056bf989f80dad96876aadeb6f1c6d062391f07a394a9e756d16f7eb233198d5b69407cca44594c763ab4a5b67ae73254678",
    ),
    published(
        "powersOfTau28_hez_final_22.ptau",
        4_831_921_304,
        "0d64f63dba1a6f11139df765cb690da69d9b2f469a1ddd0de5e4aa628abb28f787f04c6a5fb84a235ec5ea7f41d0548746653ecab0559add658a83502d1cb21b",
    ),
    published(
        "powersOfTau28_hez_final_23.ptau",
        9_663_759_512,
        "3063a0bd81d68711197c8820a92466d51aeac93e915f5136d74f63c394ee6d88c5e8016231ea6580bec02e25d491f319d92e77f5c7f46a9caa8f3b53c0ea544f",
    ),
    published(
        "powersOfTau28_hez_final_24.ptau",
        19_327_435_928,
        "fa404d140d5819d39984833ca5ec3632cd4995f81e82db402371a4de7c2eae8687c62bc632a95b0c6aadba3fb02680a94e09174b7233ccd26d78baca2647c733",
    ),
    published(
        "powersOfTau28_hez_final_25.ptau",
        38_654_788_760,
        "0377d860cdb09a8a31ea1b0b8c04335614c8206357181573bf294c25d5ca7dff72387224fbd868897e6769f7805b3dab02854aec6d69d7492883b5e4e5f35eeb",
    ),
    published(
        "powersOfTau28_hez_final_26.ptau",
        77_309_494_424,
        "418dee4a74b9592198bd8fd02ad1aea76f9cf3085f206dfd7d594c9e264ae919611b1459a1cc920c2f143417744ba9edd7b8d51e44be9452344a225ff7eead19",
    ),
    published(
        "powersOfTau28_hez_final_27.ptau",
        154_618_905_752,
        "10ffd99837c512ef99752436a54b9810d1ac8878d368fb4b806267bdd664b4abf276c9cd3c4b9039a1fa4315a0c326c0e8e9e8fe0eb588ffd4f9021bf7eae1a1",
    ),
    published(
        "powersOfTau28_hez_final.ptau",
        309_237_728_408,
        "55c77ce8562366c91e7cda394cf7b7c15a06c12d8c905e8b36ba9cf5e13eb37d1a429c589e8eaba4c591bc4b88a0e2828745a53e170eac300236f5c1a326f41a",
    ),
    published(
        "ppot_0080_16.ptau",
        75_590_802,
        "9532c6c04a21335577713724b6d46c266a93aa621b78882b8b64b26f3080a8f0d974aded00c4d781adbdf493a45c51db455108f7aeedb49971569d57a56971c3",
    ),
    published(
        "ppot_0080_17.ptau",
        151_088_274,
        "f807e065fde53f72f4bf4d57140fab85b26daa6cc95bdfec7cce93622b3a367c",
    ),
];

/// The file of that name, or else of that length.
pub(super) fn find(file: &Path, length: u64) -> Option<Published> {
    let named = |published: &&Published| file.file_name().is_some_and(|name| name == published.name);
    let as_long = |published: &&Published| published.bytes == length;
    PUBLISHED.iter().find(named).or_else(|| PUBLISHED.iter().find(as_long)).copied()
}

impl Published {
    pub fn hash(&self) -> Option<Hash> {
        let (mut long, mut short) = ([0; 64], [0; 32]);
        match hex::decode_to_slice(self.hash, &mut long) {
            Ok(()) => Some(Hash::Blake2b(long)),
            Err(_) => hex::decode_to_slice(self.hash, &mut short).ok().map(|()| Hash::Sha256(short)),
        }
    }
}

impl Hash {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Blake2b(_) => "BLAKE2b-512",
            Self::Sha256(_) => "SHA-256",
        }
    }

    pub fn to_hex(self) -> String {
        match self {
            Self::Blake2b(bytes) => hex::encode(bytes),
            Self::Sha256(bytes) => hex::encode(bytes),
        }
    }
}

/// Compares the hash of the whole file with a published one.
///
/// # Errors
/// If the two differ, or the file cannot be read.
pub(super) fn check(
    source: &mut Source<'_, impl Read + Seek>,
    length: u64,
    published: Hash,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), Error> {
    let stage = "comparing the published hash";
    source.seek(SeekFrom::Start(0))?;
    let mut blake2b = Blake2b::new().hash_length(64).to_state();
    let mut sha256 = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    let mut done = 0;
    while done < length {
        let count = (length - done).min(1 << 20) as usize;
        let bytes = &mut buffer[..count];
        source.fill(bytes)?;
        match published {
            Hash::Blake2b(_) => drop(blake2b.update(bytes)),
            Hash::Sha256(_) => sha256.update(bytes),
        }
        done += count as u64;
        progress(Progress { stage, done, total: length });
    }
    let found = match published {
        Hash::Blake2b(_) => Hash::Blake2b(*blake2b.finalize().as_array()),
        Hash::Sha256(_) => Hash::Sha256(sha256.finalize().into()),
    };
    if found == published {
        return Ok(());
    }
    let field = match published {
        Hash::Blake2b(_) => "BLAKE2b-512 of the file",
        Hash::Sha256(_) => "SHA-256 of the file",
    };
    Err(Error::new(ErrorKind::Digest, field).expected(published.to_hex()).found(found.to_hex()).advice(
        "this is not the file that was published with this name or length: fetch it again, or give the hash of another one with --blake2b",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_reads_and_names_no_file_twice() {
        for (i, file) in PUBLISHED.iter().enumerate() {
            assert!(file.hash().is_some(), "{}", file.name);
            let others = || PUBLISHED.iter().skip(i + 1);
            assert!(others().all(|other| other.name != file.name && other.hash != file.hash));
            assert!(
                others().all(|other| other.bytes != file.bytes),
                "{}: a length stands for a file",
                file.name
            );
            assert_eq!(find(Path::new("other.ptau"), file.bytes).map(|found| found.name), Some(file.name));
            let named = find(&Path::new("folder").join(file.name), 1);
            assert!(named.is_some_and(|found| found.name == file.name));
        }
        assert!(find(Path::new("other.ptau"), 1).is_none());
        // Sections grow with the power; contributions, of which one ceremony has one number, take the rest.
        let powers = (8..=28).zip(&PUBLISHED).map(|(power, file)| (power, file, 83_096));
        let later =
            [16, 17].into_iter().zip(PUBLISHED.iter().skip(21)).map(|(power, file)| (power, file, 93_330));
        for (power, file, rest) in powers.chain(later) {
            assert_eq!(file.bytes, (1152u64 << power) + rest, "{}", file.name);
        }
        let power = |power: u32| {
            PUBLISHED.iter().find(|file| file.name.ends_with(&format!("hez_final_{power:02}.ptau")))
        };
        assert!((8..=27).all(|k| power(k).is_some()), "every power of the cut");
    }
}
