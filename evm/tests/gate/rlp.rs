//! Encodings of headers: the gate reads what the verifier in Rust reads, and refuses all else.

use foldproof_evm::gate::Submission;
use foldproof_verifier::BlockHeader;

use super::scene::{Scene, refused};

/// Payloads of the fields of a header that is well encoded.
pub fn fields(rlp: &[u8]) -> Vec<Vec<u8>> {
    let mut rest = &rlp[3..];
    let mut fields = Vec::new();
    while let Some(first) = rest.first() {
        let (skip, length) = match first {
            0..0x80 => (0, 1),
            0x80..0xb8 => (1, usize::from(first - 0x80)),
            0xb8 => (2, usize::from(rest[1])),
            _ => (3, usize::from(rest[1]) << 8 | usize::from(rest[2])),
        };
        fields.push(rest[skip..skip + length].to_vec());
        rest = &rest[skip + length..];
    }
    fields
}

/// The shortest prefix of a payload: for strings from 0x80 on, for lists from 0xc0.
fn prefix(base: u8, length: usize) -> Vec<u8> {
    match length {
        0..=55 => vec![base + length as u8],
        56..=255 => vec![base + 56, length as u8],
        _ => vec![base + 57, (length >> 8) as u8, length as u8],
    }
}

fn string(payload: &[u8]) -> Vec<u8> {
    match payload {
        [byte] if *byte < 0x80 => vec![*byte],
        _ => [prefix(0x80, payload.len()), payload.to_vec()].concat(),
    }
}

fn list(items: &[Vec<u8>]) -> Vec<u8> {
    let payload = items.concat();
    [prefix(0xc0, payload.len()), payload].concat()
}

fn strings(fields: &[Vec<u8>]) -> Vec<Vec<u8>> {
    fields.iter().map(|field| string(field)).collect()
}

/// The header with these fields.
pub fn header(fields: &[Vec<u8>]) -> Vec<u8> {
    list(&strings(fields))
}

/// Counts what gate and verifier both take, and both refuse.
struct Both {
    scene: Scene,
    taken: usize,
    refused: usize,
}

impl Both {
    fn new() -> Self {
        Self { scene: Scene::new(), taken: 0, refused: 0 }
    }

    /// Whether both read the bytes, as a header of whatever block.
    fn read(&mut self, rlp: &[u8]) -> bool {
        // Without inputs: what follows on the header is another error.
        let asked = Submission { proof: vec![], inputs: vec![], header: rlp.to_vec() };
        let gate = refused(self.scene.trusted(&asked));
        let native = BlockHeader::decode(rlp);
        let expected = if native.is_ok() { "InputCount" } else { "HeaderEncoding" };
        assert_eq!(gate, expected, "{native:?} {}", hex::encode(rlp));
        if native.is_ok() {
            self.taken += 1
        } else {
            self.refused += 1
        }
        native.is_ok()
    }
}

/// A header of the longest kind there is.
fn longest(scene: &Scene) -> Vec<Vec<u8>> {
    [fields(&scene.open.header), vec![vec![0x11; 32], vec![1, 2, 3]]].concat()
}

#[test]
fn headers_have_the_fields_of_a_fork() {
    let mut both = Both::new();
    let longest = longest(&both.scene);
    assert_eq!(longest.len(), 23);
    let counts: Vec<usize> = (0..=23).filter(|count| both.read(&header(&longest[..*count]))).collect();
    assert_eq!(counts, [15, 16, 17, 20, 21, 22, 23]);
    for further in [vec![], vec![1], vec![0x22; 32]] {
        assert!(!both.read(&header(&[&longest[..], &[further]].concat())));
    }
    // So many that there is no form for the last.
    assert!(!both.read(&header(&[longest, vec![vec![0x22; 256]; 10]].concat())));
}

/// Sizes of hashes, addresses and the bloom filter; numbers without leading zeros; at most 32 bytes of extra data.
#[test]
fn fields_have_their_forms() {
    let mut both = Both::new();
    let longest = longest(&both.scene);
    let mut extra = 0;
    for at in 0..longest.len() {
        let mut with = |payload: Vec<u8>| {
            let mut fields = longest.clone();
            fields[at] = payload;
            both.read(&header(&fields))
        };
        for length in [0, 1, 7, 8, 9, 19, 20, 21, 31, 32, 33, 55, 56, 255, 256, 257] {
            let taken = with(vec![0x81; length]);
            if at == 12 {
                assert_eq!(taken, length <= 32, "{length} bytes of extra data");
                extra += 1;
            }
            // Zeros are data, and no number.
            let taken = with(vec![0; length]);
            assert!(!taken || length == 0 || ![7, 8, 9, 10, 11, 15, 17, 18, 22].contains(&at));
            with([&[0], &vec![0x81; length][..]].concat());
        }
    }
    assert_eq!((extra, both.taken + both.refused), (16, 23 * 16 * 3));
    assert!(both.taken > 80, "{}", both.taken);
}

#[test]
fn every_value_has_one_encoding() {
    let mut both = Both::new();
    let fields = fields(&both.scene.open.header);
    assert_eq!(header(&fields), both.scene.open.header);
    for at in 0..fields.len() {
        let payload = &fields[at];
        let length = payload.len();
        let mut with = |item: Vec<u8>| {
            let mut items = strings(&fields);
            items[at] = item;
            both.read(&list(&items))
        };
        assert!(with(string(payload)));
        // The length in one byte, two or eight where fewer do.
        let one = [vec![0xb8, length as u8], payload.clone()].concat();
        assert!(!with(one), "field {at}");
        let two = [vec![0xb9, (length >> 8) as u8, length as u8], payload.clone()].concat();
        assert_eq!(with(two), length > 255, "field {at}");
        let eight = [&[0xbf, 0, 0, 0, 0, 0, 0, (length >> 8) as u8, length as u8], &payload[..]].concat();
        assert!(!with(eight));
        assert!(!with([&[0xbf][..], &[0xff; 8], payload].concat()));
        assert!(!with([&[0xb9, 0xff, 0xff], &payload[..]].concat()));
        // A small number with a length, a list, a list of the string.
        for item in [vec![0x81, 0x07], vec![0x81, 0x00], vec![0x00], vec![0xc0], list(&[string(payload)])] {
            assert!(!with(item) || at == 12, "field {at}");
        }
    }
    let payload = strings(&fields).concat();
    let [high, low] = (payload.len() as u16).to_be_bytes();
    let whole = both.scene.open.header.clone();
    for bytes in [
        string(&payload),
        [&[0xfa, 0, high, low], &payload[..]].concat(),
        [&[0xfb, 0, 0, high, low], &payload[..]].concat(),
        [&whole[..], &[0]].concat(),
        [&whole[..], &[0x80]].concat(),
        list(std::slice::from_ref(&whole)),
        vec![],
        vec![0xc0],
        vec![0xf8, 0],
        vec![0xf9, 1, 0],
        [vec![0xf9, 4, 0], vec![0x80; 1024]].concat(),
        vec![0xc0; 2000],
    ] {
        assert!(!both.read(&bytes));
    }
    for cut in (0..whole.len()).step_by(7) {
        assert!(!both.read(&whole[..cut]));
        // The same, with a prefix that tells the length there is.
        let payload = whole.get(3..cut).unwrap_or_default();
        assert!(!both.read(&[prefix(0xc0, payload.len()), payload.to_vec()].concat()));
    }
}

#[test]
fn every_changed_byte_is_read_by_both_or_neither() {
    let mut both = Both::new();
    let whole = both.scene.open.header.clone();
    for at in 0..whole.len() {
        for change in [0x01, 0x80] {
            let mut bytes = whole.clone();
            bytes[at] ^= change;
            both.read(&bytes);
        }
    }
    assert_eq!(both.taken + both.refused, 2 * whole.len());
    assert!(both.refused >= 40, "{}", both.refused);
}
