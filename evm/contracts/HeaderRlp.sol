// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.34;

/// What a proof's public inputs are held against: five fields of a block's header, and its hash.
struct Header {
    bytes32 hash;
    bytes32 parentHash;
    bytes32 stateRoot;
    bytes32 transactionsRoot;
    uint256 number;
    uint256 timestamp;
}

/// @title Headers of Ethereum's blocks, RLP
/// @notice Reads what the verifier in Rust reads (`verifier/src/header`) and refuses what it refuses: every header has one
/// encoding. A hash from the chain would refuse another encoding by itself; one that the caller trusts need not.
library HeaderRlp {
    /// The bytes are no header. `field` counts from 0, in the order of the header; 23 stands for the list itself.
    error HeaderEncoding(uint256 field);

    /// What each field is, a byte each: so many bytes (0 stands for 256, the bloom filter); with 0x80 a number of at most so many
    /// bytes without leading zeros; with 0xc0 at most so many bytes of any kind, the extra data.
    bytes32 private constant FORMS = 0x20201420202000a088888888e02008a020888820202088000000000000000000;
    uint256 private constant MOST_FIELDS = 23;
    /// How many fields headers have: bit n if n do. Frontier 15, London 16, Shanghai 17, Cancun 20, Prague 21, Amsterdam 22 and 23.
    uint256 private constant COUNTS = (1 << 15) | (1 << 16) | (1 << 17) | (1 << 20) | (1 << 21) | (1 << 22) | (1 << 23);

    /// The header of these bytes. That it is a block's is told by its hash alone: anybody can make one up.
    function decode(bytes calldata rlp) internal pure returns (Header memory header) {
        // The fifteen fields that every header has take 536 bytes, so that the list's length takes two. No field is longer
        // than its form says, and so no header than 1,024 bytes.
        if (rlp.length < 256 + 3 || uint24(bytes3(rlp)) != 0xf90000 + rlp.length - 3) {
            revert HeaderEncoding(MOST_FIELDS);
        }
        header.hash = keccak256(rlp);
        uint256 count = 0;
        uint256 at = 3;
        for (; at < rlp.length; count++) {
            if (count == MOST_FIELDS) revert HeaderEncoding(MOST_FIELDS);
            (uint256 start, uint256 length) = item(rlp, at, count);
            at = start + length;
            uint256 value = check(rlp, start, length, count);
            if (count == 0) header.parentHash = bytes32(value);
            else if (count == 3) header.stateRoot = bytes32(value);
            else if (count == 4) header.transactionsRoot = bytes32(value);
            else if (count == 8) header.number = value;
            else if (count == 11) header.timestamp = value;
        }
        if ((COUNTS >> count) & 1 == 0) revert HeaderEncoding(MOST_FIELDS);
    }

    /// Where the payload of the string at a place begins, and its length: the shortest encoding only, and inside the list.
    function item(bytes calldata rlp, uint256 at, uint256 field) private pure returns (uint256 start, uint256 length) {
        uint256 first = uint8(rlp[at]);
        bool shortest = true;
        if (first < 0x80) {
            (start, length) = (at, 1);
        } else if (first < 0xb8) {
            (start, length) = (at + 1, first - 0x80);
            // A byte below 0x80 is its own encoding.
            shortest = length != 1 || (start < rlp.length && uint8(rlp[start]) >= 0x80);
        } else if (first == 0xb8 && at + 1 < rlp.length) {
            (start, length) = (at + 2, uint8(rlp[at + 1]));
            shortest = length > 55;
        } else if (first == 0xb9 && at + 2 < rlp.length) {
            (start, length) = (at + 3, (uint256(uint8(rlp[at + 1])) << 8) | uint8(rlp[at + 2]));
            shortest = length > 255;
        } else {
            // A list, a longer length than any field's, or cut off.
            revert HeaderEncoding(field);
        }
        if (!shortest || start + length > rlp.length) revert HeaderEncoding(field);
    }

    /// The number that a payload of at most 32 bytes is, once it is of the field's form.
    function check(bytes calldata rlp, uint256 start, uint256 length, uint256 field) private pure returns (uint256 value) {
        uint256 form = uint8(FORMS[field]);
        uint256 most = form == 0 ? 256 : form & 0x3f;
        bool suits = form < 0x80 ? length == most : length <= most;
        if (!suits || (form & 0xc0 == 0x80 && length > 0 && rlp[start] == 0)) revert HeaderEncoding(field);
        if (length > 0 && length <= 32) {
            value = uint256(bytes32(rlp[start:start + length])) >> (256 - 8 * length);
        }
    }
}
