//! The raw block of the specification, to the letter.

use foldproof_circuits::block::{Block, Text, TriState};
use foldproof_prover::input::{InputError, Source, read_block};

/// A block with these members beside an empty rest.
fn document(header: &str, transactions: &str, traces: &str, witness: &str) -> String {
    format!(
        r#"{{"header":{{{header}}},"transactions":[{transactions}],"executionTraces":[{traces}],"witnessData":{witness}}}"#
    )
}

fn read(text: &str) -> Block {
    let (block, source) = read_block(text.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    assert!(matches!(source, Source::Raw(_)));
    block
}

fn error(text: &str) -> InputError {
    read_block(text.as_bytes()).expect_err("an error was expected")
}

const HEADER: &str = r#""height":7"#;

fn transactions(records: &str) -> Block {
    read(&document(HEADER, records, "", "null"))
}

fn units(number: &str) -> i64 {
    transactions(&format!(r#"{{"amount":{number}}}"#)).transactions[0].amount.units()
}

fn sender(value: &str) -> Result<String, InputError> {
    let text = document(HEADER, &format!(r#"{{"sender":{value}}}"#), "", "null");
    read_block(text.as_bytes()).map(|(block, _)| block.transactions[0].sender.to_string())
}

#[test]
fn numbers() {
    for (number, expected) in [
        ("0", 0),
        ("-0", 0),
        ("-0.0", 0),
        ("1", 65536),
        ("7.62939453125e-6", 0),
        ("2.288818359375e-5", 2),
        ("1e400", 0),
        ("-1e400", 0),
        ("1e-400", 0),
        ("1e300", (1 << 47) - 1),
        ("-123456789012345678901234567890", -((1 << 47) - 1)),
        ("\"12\"", 0),
        ("true", 0),
        ("[1]", 0),
        ("{\"a\":1}", 0),
        ("null", 0),
        // The double nearest to it lies just above a tie.
        ("0.00000762939453125000000000000000000001", 0),
    ] {
        assert_eq!(units(number), expected, "{number}");
    }
}

#[test]
fn long_integers_are_doubles() {
    let digits = "9".repeat(400);
    assert_eq!(units(&digits), 0, "beyond the largest double, as in browsers");
    assert_eq!(units(&digits[..300]), (1 << 47) - 1);
    // 2^53 + 1 is not a double; the even neighbour is taken.
    let text = document(r#""height":9007199254740993"#, "", "", "null");
    assert_eq!(error(&text).path, "header.height");
}

#[test]
fn the_first_that_is_there_counts() {
    let block = transactions(
        r#"{"fee":null,"gasPrice":2,"gas":3,"type":"a","contractType":null,"sender":"","from":"b","to":"c"},
           {"fee":"text","gasPrice":2,"gasUsed":0,"gas":3,"method":"m","l2Slot":4,"token":5}"#,
    );
    let [first, second] = block.transactions.as_slice() else { panic!("two transactions") };
    assert_eq!([first.fee.units(), first.gas_used.units()], [2 << 16, 3 << 16]);
    assert_eq!([&first.contract_type, &first.sender, &first.receiver].map(Text::to_string), ["a", "", "c"]);
    assert_eq!([second.fee.units(), second.gas_used.units(), second.slot.units()], [0, 0, 4 << 16]);
    assert_eq!([&second.function_selector, &second.asset].map(Text::to_string), ["m", "5"]);
}

#[test]
fn texts() {
    for (value, expected) in [
        ("\"0xAb\"", "0xAb"),
        ("\"\"", ""),
        ("null", ""),
        ("true", "true"),
        ("false", "false"),
        ("12", "12"),
        ("-12.0", "-12"),
        ("-0.0", "0"),
        ("9007199254740991", "9007199254740991"),
        ("\"\\u0041\\u0001\\u007f\"", "A\u{1}\u{7f}"),
    ] {
        assert_eq!(sender(value).as_deref(), Ok(expected), "{value}");
    }
    assert_eq!(sender(&format!("{:?}", "x".repeat(62))).map(|text| text.len()), Ok(62));
    for (value, expected, found) in [
        (format!("{:?}", "x".repeat(63)), "at most 62 bytes", "63 bytes"),
        ("\"aé\"".into(), "bytes 0x01 to 0x7f", "0xc3 at byte 1"),
        ("\"a\\u0000\"".into(), "bytes 0x01 to 0x7f", "0x00 at byte 1"),
        ("1.5".into(), "a text, a boolean or a whole number", "the number 1.5"),
        ("9007199254740992".into(), "a text", "the number 9007199254740992"),
        ("1e400".into(), "a text", "the number inf"),
        ("[]".into(), "a text", "an array of 0"),
        ("{}".into(), "a text", "an object"),
        ("\"\\ud800\"".into(), "JSON", "hex escape"),
    ] {
        let error = sender(&value).expect_err(&value);
        assert_eq!(error.path, "transactions[0].sender");
        assert!(error.expected.starts_with(expected), "{error}");
        assert!(error.found.contains(found), "{error}");
    }
}

#[test]
fn three_states() {
    let block = read(&document(
        HEADER,
        r#"{"status":"success"},{"status":"Success"},{"status":null},{"status":true},{}"#,
        r#"{"reverted":true},{"reverted":false},{"reverted":null},{"reverted":"true"},{}"#,
        "null",
    ));
    let status: Vec<TriState> = block.transactions.iter().map(|t| t.status).collect();
    let reverted: Vec<TriState> = block.traces.iter().map(|t| t.reverted).collect();
    use TriState::{No, Unknown, Yes};
    assert_eq!(status, [Yes, No, No, No, Unknown]);
    assert_eq!(reverted, [Yes, No, Unknown, Unknown, Unknown]);
}

#[test]
fn heights_and_timestamps() {
    let header =
        |header: &str| read_block(document(header, "", "", "null").as_bytes()).map(|(b, _)| b.header);
    let read = header(r#""height":9007199254740991,"timestamp":1e9"#).expect("a header");
    assert_eq!((read.height, read.timestamp), ((1 << 53) - 1, 1_000_000_000));
    assert_eq!(header(r#""height":-0,"timestamp":null"#).map(|h| (h.height, h.timestamp)), Ok((0, 0)));
    for (text, path) in [
        (r#""timestamp":1"#, "header.height"),
        (r#""height":null"#, "header.height"),
        (r#""height":"1""#, "header.height"),
        (r#""height":1.5"#, "header.height"),
        (r#""height":-1"#, "header.height"),
        (r#""height":9007199254740992"#, "header.height"),
        (r#""height":1,"timestamp":1e400"#, "header.timestamp"),
        (r#""height":1,"timestamp":"0""#, "header.timestamp"),
        (r#""height":1,"timestamp":false"#, "header.timestamp"),
    ] {
        assert_eq!(header(text).expect_err(text).path, path, "{text}");
    }
}

#[test]
fn roots() {
    let root = |value: &str| {
        let header = format!(r#""height":1,"parentHash":"00","prevStateRoot":{value}"#);
        read_block(document(&header, "", "", "null").as_bytes()).map(|(b, _)| b.header.prev_state_root)
    };
    let hex = "0123456789abcdefABCDEF000000000000000000000000000000000000000001";
    let mut expected = [0; 32];
    hex::decode_to_slice(hex, &mut expected).expect("hex");
    assert_eq!(root(&format!("{hex:?}")), Ok(expected));
    assert_eq!(root(&format!("\"0x{hex}\"")), Ok(expected));
    let base58 = bs58::encode([255; 32]).into_string();
    assert_eq!(root(&format!("{base58:?}")), Ok([255; 32]));
    assert_eq!(root(&format!("{:?}", "1".repeat(32))), Ok([0; 32]), "zeros in base58");
    assert_eq!(root("\"\""), Ok([0; 32]));
    for value in [
        format!("{:?}", &hex[1..]),
        format!("\"0x{}\"", &hex[2..]),
        format!("\"{hex}00\""),
        "\"0x\"".into(),
        format!("{:?}", bs58::encode([255; 31]).into_string()),
        format!("{:?}", "1".repeat(33)),
        format!("{:?}", "l".repeat(43)),
        format!("{:?}", "z".repeat(100_000)),
        "7".into(),
        "false".into(),
    ] {
        let error = root(&value).expect_err("not a root");
        assert_eq!(error.path, "header.prevStateRoot");
        assert!(error.found.len() < 200, "{error}");
    }
    // Null and missing fall through to the other name.
    assert_eq!(root("null").expect_err("not a root").path, "header.parentHash");
    let header = format!(r#""height":1,"hash":"no root","stateRoot":"{hex}","txRoot":"{base58}""#);
    let header = read(&document(&header, "", "", "null")).header;
    assert_eq!((header.new_state_root, header.tx_root), (expected, [255; 32]));
}

#[test]
fn witness_data() {
    let bundles = |witness: &str| read(&document(HEADER, "", "", witness)).bundles;
    assert_eq!(bundles("null").len(), 1);
    assert_eq!(read(r#"{"header":{"height":1},"transactions":[],"executionTraces":[]}"#).bundles.len(), 1);
    assert_eq!(bundles(r#"{"bundles":[]}"#).len(), 0);
    assert_eq!(bundles(r#"{"bundles":[{},{"degree":2}]}"#)[1].degree.units(), 2 << 16);
    for own in [r#"{"degree":2,"system":"s"}"#, r#"{"degree":2,"system":"s","bundles":null}"#] {
        let bundles = bundles(own);
        assert_eq!((bundles.len(), bundles[0].degree.units()), (1, 2 << 16), "{own}");
        assert_eq!(bundles[0].prover_label.to_string(), "s");
    }
    for witness in ["[]", "0", "\"x\"", "false"] {
        assert_eq!(error(&document(HEADER, "", "", witness)).path, "witnessData", "{witness}");
    }
    assert_eq!(error(&document(HEADER, "", "", r#"{"bundles":[{},null]}"#)).path, "witnessData.bundles[1]");
}

#[test]
fn what_must_be_there() {
    for (text, path) in [
        (r#"{"header":{"height":1},"executionTraces":[]}"#, "transactions"),
        (r#"{"header":{"height":1},"transactions":[]}"#, "executionTraces"),
        (r#"{"header":{"height":1},"transactions":null,"executionTraces":[]}"#, "transactions"),
        (r#"{"header":{"height":1},"transactions":{},"executionTraces":[]}"#, "transactions"),
        (r#"{"header":[],"transactions":[],"executionTraces":[]}"#, "header"),
        (r#"{"transactions":[],"executionTraces":[]}"#, "header.height"),
        (r#"{"header":{"height":1},"transactions":[{},5],"executionTraces":[]}"#, "transactions[1]"),
        (r#"{"header":{"height":1},"transactions":[],"executionTraces":[null]}"#, "executionTraces[0]"),
        (r#"{"transactions":[]}"#, "the document"),
        ("[]", "the document"),
        ("{}", "the document"),
        ("7", "the document"),
    ] {
        assert_eq!(error(text).path, path, "{text}");
    }
}

#[test]
fn a_key_comes_once() {
    for (text, path) in [
        (document(r#""height":1,"height":1"#, "", "", "null"), "header.height"),
        (document(HEADER, r#"{},{"x":{"y":[{"z":1,"a":2,"z":3}]}}"#, "", "null"), "transactions[1].x.y[0].z"),
        (document(HEADER, r#"{"a":1,"\u0061":1}"#, "", "null"), "transactions[0].a"),
        (r#"{"header":{},"header":{}}"#.into(), "header"),
    ] {
        let error = error(&text);
        assert_eq!(error.path, path);
        assert_eq!(error.expected, "each key once");
    }
}

#[test]
fn what_is_not_json() {
    for text in
        ["{", "{\"header\":}", "nul", "{} {}", "01", "[1,]", "{\"a\":+1}", "{\"a\":.5}", "NaN", "{}\u{feff}"]
    {
        let error = error(text);
        assert!(error.path.starts_with("line "), "{text}: {error}");
    }
    assert_eq!(read_block(b"{\"a\":\"\xff\"}").expect_err("not UTF-8").expected, "JSON in UTF-8");
    for (text, found) in [
        ("", "an empty file"),
        (" \n", "an empty file"),
        ("\u{feff}", "an empty file"),
        ("<!doctype html>", "HTML or XML"),
        ("\u{feff}{}", "an empty object"),
    ] {
        assert_eq!(error(text).found, found, "{text:?}");
    }
    let utf16: Vec<u8> = "\u{feff}{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(read_block(&utf16).expect_err("UTF-16").found, "the byte order mark of UTF-16");
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    let text = document(HEADER, "", "", "null");
    assert_eq!(read_block(format!("\u{feff}{text}").as_bytes()), read_block(text.as_bytes()));
}

#[test]
fn numbers_that_do_not_count_are_counted() {
    let uncounted = |transaction: &str, trace: &str| {
        let text = document(HEADER, transaction, trace, "null");
        match read_block(text.as_bytes()) {
            Ok((_, Source::Raw(uncounted))) => uncounted.to_string(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(uncounted(r#"{"amount":1,"fee":null}"#, ""), "every number counts");
    assert_eq!(
        uncounted(r#"{"amount":1},{"amount":"5"}"#, ""),
        "transactions[1].amount is the text \"5\", no number, and counts as 0"
    );
    assert_eq!(
        uncounted(r#"{"amount":1e400,"gas":true}"#, r#"{"balanceDelta":"0x5"}"#),
        "3 values that are no numbers count as 0, the first transactions[0].amount, the number inf"
    );
}

#[test]
fn deep_and_large_documents() {
    let nested = |levels: usize| {
        let unknown = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        document(HEADER, &format!(r#"{{"unknown":{unknown}}}"#), "", "null")
    };
    assert_eq!(read(&nested(100)).transactions.len(), 1);
    assert!(error(&nested(200)).expected.starts_with("at most 128 levels"));
    assert!(error(&nested(1_000_000)).expected.starts_with("at most 128 levels"));
    assert!(error(&"[".repeat(1_000_000)).path.starts_with("line 1"));
    let many = |count: usize| vec!["{}"; count].join(",");
    let block = transactions(&many(1 << 14));
    assert_eq!(block.transactions.len(), 1 << 14, "how many fit is not for the parser to say");
    // Only how many are worth their memory.
    let refused = error(&document(HEADER, &many((1 << 14) + 1), "", "null"));
    assert_eq!((refused.path.as_str(), refused.found.as_str()), ("transactions", "16385"));
}

#[test]
fn messages_say_what_to_do() {
    let text = document(HEADER, r#"{},{"sender":[1,2]}"#, "", "null");
    assert_eq!(
        error(&text).to_string(),
        "transactions[1].sender: expected a text, a boolean or a whole number below 2^53, found an array of 2; \
         write it as a text"
    );
}
