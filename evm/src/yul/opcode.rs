//! Instructions of the EVM by their names in Yul: <https://ethereum.github.io/yellowpaper/paper.pdf>, appendix H.

/// An instruction: its byte, how many values it takes, and whether it gives one.
pub struct Opcode {
    pub byte: u8,
    pub inputs: usize,
    pub output: bool,
}

/// The instruction of that name, if contracts here use it. The newest is PUSH0, of the fork Shanghai.
pub fn opcode(name: &str) -> Option<Opcode> {
    let (byte, inputs, output) = match name {
        "stop" => (0x00, 0, false),
        "add" => (0x01, 2, true),
        "mul" => (0x02, 2, true),
        "sub" => (0x03, 2, true),
        "div" => (0x04, 2, true),
        "mod" => (0x06, 2, true),
        "addmod" => (0x08, 3, true),
        "mulmod" => (0x09, 3, true),
        "lt" => (0x10, 2, true),
        "gt" => (0x11, 2, true),
        "eq" => (0x14, 2, true),
        "iszero" => (0x15, 1, true),
        "and" => (0x16, 2, true),
        "or" => (0x17, 2, true),
        "shl" => (0x1b, 2, true),
        "shr" => (0x1c, 2, true),
        "keccak256" => (0x20, 2, true),
        "address" => (0x30, 0, true),
        "callvalue" => (0x34, 0, true),
        "calldataload" => (0x35, 1, true),
        "calldatasize" => (0x36, 0, true),
        "calldatacopy" => (0x37, 3, false),
        "codecopy" => (0x39, 3, false),
        "extcodecopy" => (0x3c, 4, false),
        "returndatasize" => (0x3d, 0, true),
        "extcodehash" => (0x3f, 1, true),
        "mload" => (0x51, 1, true),
        "mstore" => (0x52, 2, false),
        "mstore8" => (0x53, 2, false),
        "create" => (0xf0, 3, true),
        "return" => (0xf3, 2, false),
        "staticcall" => (0xfa, 6, true),
        "revert" => (0xfd, 2, false),
        "invalid" => (0xfe, 0, false),
        _ => return None,
    };
    Some(Opcode { byte, inputs, output })
}

pub const POP: u8 = 0x50;
pub const JUMP: u8 = 0x56;
pub const JUMPI: u8 = 0x57;
pub const JUMPDEST: u8 = 0x5b;
pub const PUSH0: u8 = 0x5f;
pub const PUSH2: u8 = 0x61;
pub const DUP1: u8 = 0x80;
pub const SWAP1: u8 = 0x90;
