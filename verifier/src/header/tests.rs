//! Real headers of four forks, and every other way to write one.

use super::*;

/// A block's header, its hash as the chain has it, and how many fields it has.
pub struct Fixture {
    pub header: BlockHeader,
    pub hash: &'static str,
    fields: usize,
}

/// Mainnet's blocks 0, 20,013,090 and 24,630,100, and Sepolia's 3,814,317.
pub fn fixtures() -> [Fixture; 4] {
    [
        (
            include_str!("fixtures/frontier.hex"),
            "d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3",
            15,
        ),
        (
            include_str!("fixtures/shanghai.hex"),
            "ec484a535316996705454b53ce5a1f4af0f64e399c2855ec05753df2d0e1a83b",
            17,
        ),
        (
            include_str!("fixtures/cancun.hex"),
            "b5f712d1c6eab970b927eac6e3f1704f297d4acfc860f2b243f61e1771aab3ff",
            20,
        ),
        (
            include_str!("fixtures/prague.hex"),
            "6c4c6ea047f0ca4bcb0b0fbbcc2e50061d8dd24ba1ab8a22a6d3583a497c3c82",
            21,
        ),
    ]
    .map(|(text, hash, fields)| Fixture {
        header: BlockHeader::decode(&hex::decode(text.trim()).unwrap()).unwrap(),
        hash,
        fields,
    })
}

/// Payloads of the fields.
fn fields(header: &BlockHeader) -> Vec<Vec<u8>> {
    let mut items = rlp::list(header.rlp()).unwrap();
    std::iter::from_fn(|| items.next().unwrap().map(<[u8]>::to_vec)).collect()
}

/// The shortest prefix of a payload: for strings from 0x80 on, for lists from 0xc0.
fn prefix(base: u8, length: usize) -> Vec<u8> {
    match u8::try_from(length) {
        Ok(short) if short <= 55 => vec![base + short],
        _ => {
            let length: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
            [vec![base + 55 + length.len() as u8], length].concat()
        }
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

/// The field that is at fault.
fn refused(bytes: &[u8]) -> &'static str {
    match BlockHeader::decode(bytes) {
        Err(error @ Error::HeaderEncoding { field, .. }) => {
            assert!(error.is_rejection() && error.to_string().contains(field), "{error}");
            field
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn real_headers_are_read_and_have_their_hashes() {
    for Fixture { header, hash, fields: count } in fixtures() {
        assert_eq!(hex::encode(header.hash()), hash);
        assert_eq!(fields(&header).len(), count);
        assert_eq!(list(&strings(&fields(&header))), header.rlp());
    }
    let [frontier, _, _, prague] = fixtures().map(|fixture| fixture.header);
    assert_eq!((frontier.number, frontier.timestamp, frontier.parent_hash), (0, 0, [0; 32]));
    assert_eq!((prague.number, prague.timestamp), (24_630_100, 1_773_182_315));
    let roots = [prague.parent_hash, prague.state_root, prague.transactions_root].map(hex::encode);
    assert!(roots[0].starts_with("63ce1660") && roots[1].starts_with("41ebb402"), "{roots:?}");
    assert!(roots[2].starts_with("3b889eb9"), "{roots:?}");
}

#[test]
fn headers_of_every_fork_and_no_other_number_of_fields() {
    let [.., prague] = fixtures();
    let longest = [fields(&prague.header), vec![vec![0x11; 32], vec![1, 2, 3]]].concat();
    for count in 0..=longest.len() {
        let bytes = list(&strings(&longest[..count]));
        match [15, 16, 17, 20, 21, 22, 23].contains(&count) {
            true => assert_eq!(BlockHeader::decode(&bytes).unwrap().rlp(), bytes),
            false => assert_eq!(refused(&bytes), "header", "{count} fields"),
        }
    }
    for further in [vec![], vec![1], vec![0x22; 32]] {
        assert_eq!(refused(&list(&strings(&[&longest[..], &[further]].concat()))), "header");
    }
}

#[test]
fn fields_have_their_sizes() {
    let [.., prague] = fixtures();
    let longest = [fields(&prague.header), vec![vec![0x11; 32], vec![1, 2, 3]]].concat();
    let mut lengths = 0_usize;
    for (at, (name, form)) in HEADER_FIELDS.into_iter().enumerate() {
        let with = |payload: Vec<u8>| {
            let mut fields = longest.clone();
            fields[at] = payload;
            list(&strings(&fields))
        };
        let (least, most) = match form {
            Data(length) => (length, length),
            Bytes(most) | Number(most) => (0, most),
        };
        for length in 0..=most + 40 {
            let bytes = with(vec![0x81; length]);
            match (least..=most).contains(&length) {
                true => assert_eq!(BlockHeader::decode(&bytes).unwrap().rlp(), bytes),
                false => assert_eq!(refused(&bytes), name, "{length} bytes"),
            }
            lengths += 1;
        }
        if let Number(most) = form {
            // 0 is the empty string.
            for zeros in [vec![0], vec![0, 0x81], vec![0; most], [&[0][..], &vec![0xff; most - 1]].concat()] {
                assert_eq!(refused(&with(zeros)), name);
            }
        }
    }
    assert_eq!(lengths, 41 * 23 + 11 * 32 + 20 + 256 + 8 + 2 * 32 + 7 * 8);
}

#[test]
fn every_value_has_one_encoding() {
    for Fixture { header, .. } in fixtures() {
        let fields = fields(&header);
        for at in 0..fields.len() {
            let name = HEADER_FIELDS[at].0;
            let with = |item: Vec<u8>| {
                let mut items = strings(&fields);
                items[at] = item;
                list(&items)
            };
            let payload = &fields[at];
            assert_eq!(with(string(payload)), header.rlp());
            // One byte of length more than it takes, and two with a zero before.
            let length = payload.len() as u16;
            let long = [vec![0xb8, length.to_be_bytes()[1]], payload.clone()].concat();
            let longer = [&[0xb9][..], &length.to_be_bytes(), payload].concat();
            let longest = [&[0xbf, 0, 0, 0, 0, 0, 0][..], &length.to_be_bytes(), payload].concat();
            if payload.len() <= 55 {
                assert_eq!(refused(&with(long)), name);
            }
            if payload.len() < 256 {
                assert_eq!(refused(&with(longer)), name);
            }
            assert_eq!(refused(&with(longest)), name);
            assert_eq!(refused(&with([&[0xbf][..], &[0xff; 8], payload].concat())), name);
            // A small number with a length.
            assert_eq!(refused(&with(vec![0x81, 0x07])), name);
            for item in [vec![0xc0], list(&[string(payload)])] {
                assert_eq!(refused(&with(item)), name);
            }
        }
        let payload = strings(&fields).concat();
        let length = (payload.len() as u32).to_be_bytes();
        for whole in [
            string(&payload),
            [&[0xfa][..], &length[1..], &payload].concat(),
            [&[0xfb][..], &length, &payload].concat(),
            [header.rlp(), &[0]].concat(),
            [header.rlp(), header.rlp()].concat()[..1000].to_vec(),
            list(&[header.rlp().to_vec()]),
            vec![],
            vec![0xc0],
            vec![0xf8, 0],
        ] {
            assert!(["header", "parentHash"].contains(&refused(&whole)));
        }
        for cut in 0..header.rlp().len() {
            assert_eq!(refused(&header.rlp()[..cut]), "header");
        }
    }
}

#[test]
fn headers_are_bounded() {
    let bytes = vec![0xc0; MAX_HEADER_BYTES + 1];
    let error = Error::HeaderBytes { most: MAX_HEADER_BYTES, found: MAX_HEADER_BYTES + 1 };
    assert_eq!(BlockHeader::decode(&bytes), Err(error));
    assert_eq!(refused(&bytes[1..]), "header");
}

#[test]
fn every_changed_byte_is_an_error_or_another_block() {
    let (mut read, mut all) = (0_usize, 0_usize);
    for Fixture { header, .. } in fixtures() {
        for at in 0..header.rlp().len() {
            for change in [0x01, 0x80, 0xff] {
                let mut bytes = header.rlp().to_vec();
                bytes[at] ^= change;
                all += 1;
                if let Ok(other) = BlockHeader::decode(&bytes) {
                    assert_eq!(other.rlp(), bytes);
                    assert_ne!(other.hash(), header.hash());
                    read += 1;
                }
            }
        }
    }
    // Prefixes are few.
    assert!(all - read < all / 10, "{read} of {all}");
}
