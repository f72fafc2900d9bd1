//! A block of Ethereum's JSON-RPC that agrees with itself: transactions of every type, signed, with root and hash.

use alloy_consensus::proofs::calculate_transaction_root;
use alloy_consensus::{
    Header, SignableTransaction, Signed, TxEip1559, TxEip2930, TxEip4844, TxEip7702, TxEnvelope, TxLegacy,
};
use alloy_eips::eip2718::Encodable2718;
use alloy_eips::eip2930::{AccessList, AccessListItem};
use alloy_eips::eip7702::Authorization;
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256, keccak256};
use k256::ecdsa::SigningKey;
use serde_json::{Value, json};

/// Private key number `n`.
pub fn key(n: u8) -> SigningKey {
    SigningKey::from_slice(&[n; 32]).expect("a key")
}

fn sign(hash: B256, n: u8) -> Signature {
    key(n).sign_prehash_recoverable(hash.as_slice()).expect("a signature").into()
}

/// A transaction as a node answers with it.
fn signed<T: SignableTransaction<Signature>>(transaction: T, n: u8) -> (TxEnvelope, Address)
where
    TxEnvelope: From<Signed<T>>,
{
    let signature = sign(transaction.signature_hash(), n);
    (transaction.into_signed(signature).into(), Address::from_private_key(&key(n)))
}

fn transactions() -> Vec<(TxEnvelope, Address)> {
    let to = Address::repeat_byte(0xab);
    let input = Bytes::from_static(&[0xa9, 0x05, 0x9c, 0xbb, 1, 2, 3]);
    let access_list =
        AccessList(vec![AccessListItem { address: to, storage_keys: vec![B256::repeat_byte(7)] }]);
    let legacy = |chain_id| TxLegacy {
        chain_id,
        nonce: 1,
        gas_price: 3,
        gas_limit: 21_000,
        to: TxKind::Call(to),
        value: U256::from(5),
        input: Bytes::new(),
    };
    let authorization = Authorization { chain_id: U256::from(1), address: to, nonce: 9 };
    let authorization = authorization.clone().into_signed(sign(authorization.signature_hash(), 8));
    vec![
        signed(legacy(Some(1)), 1),
        signed(legacy(None), 2),
        signed(
            TxEip2930 {
                chain_id: 1,
                nonce: 300,
                gas_price: 1_000_000_000,
                gas_limit: 60_000,
                to: TxKind::Call(to),
                value: U256::ZERO,
                access_list: access_list.clone(),
                input: input.clone(),
            },
            3,
        ),
        signed(
            TxEip1559 {
                chain_id: 1,
                gas_limit: 1_000_000,
                max_fee_per_gas: 20,
                max_priority_fee_per_gas: 1,
                to: TxKind::Create,
                value: U256::MAX,
                access_list: access_list.clone(),
                input: Bytes::from_static(&[0x60, 0x80, 0x60]),
                ..TxEip1559::default()
            },
            4,
        ),
        signed(
            TxEip4844 {
                chain_id: 1,
                gas_limit: 21_000,
                max_fee_per_gas: 20,
                to,
                blob_versioned_hashes: vec![B256::repeat_byte(1)],
                max_fee_per_blob_gas: 1,
                access_list: access_list.clone(),
                input: input.clone(),
                ..TxEip4844::default()
            },
            5,
        ),
        signed(
            TxEip7702 {
                chain_id: 1,
                gas_limit: 50_000,
                max_fee_per_gas: 20,
                to,
                authorization_list: vec![authorization],
                access_list,
                input,
                ..TxEip7702::default()
            },
            6,
        ),
    ]
}

/// The block, as `result` has it.
pub fn block() -> Value {
    let transactions = transactions();
    let envelopes: Vec<TxEnvelope> =
        transactions.iter().map(|(transaction, _)| transaction.clone()).collect();
    let header = Header {
        parent_hash: B256::repeat_byte(0x11),
        state_root: B256::repeat_byte(0x22),
        transactions_root: calculate_transaction_root(&envelopes),
        number: 23_850_000,
        timestamp: 1_763_768_567,
        gas_limit: 45_000_000,
        base_fee_per_gas: Some(2),
        withdrawals_root: Some(B256::repeat_byte(0x33)),
        blob_gas_used: Some(0),
        excess_blob_gas: Some(0),
        parent_beacon_block_root: Some(B256::ZERO),
        requests_hash: Some(B256::repeat_byte(0x44)),
        ..Header::default()
    };
    let hash = header.hash_slow();
    let mut block = serde_json::to_value(&header).expect("JSON");
    block["hash"] = json!(hash);
    block["size"] = json!("0x220");
    block["uncles"] = json!([]);
    block["withdrawals"] = json!([]);
    let list = transactions.iter().enumerate().map(|(i, (transaction, from))| {
        let mut value = serde_json::to_value(transaction).expect("JSON");
        value["from"] = json!(from);
        value["blockHash"] = json!(hash);
        value["blockNumber"] = json!("0x16bec10");
        value["transactionIndex"] = json!(format!("{i:#x}"));
        if value.get("gasPrice").is_none() {
            value["gasPrice"] = json!("0x3");
        }
        assert_eq!(value["hash"], json!(keccak256(transaction.encoded_2718())));
        value
    });
    block["transactions"] = list.collect();
    block
}
