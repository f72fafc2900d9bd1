//! Tags, and the sets of texts that make them.
//!
//! Selectors, addresses and classes are matched whole. Several do not belong to what they stand under, and one address of the first set
//! lacks a digit: they are what the tags are defined by, and kept as they are.
//!
//! What a circuit looks them up by is in [`places`].

pub mod places;

/// Tags of a block, by bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "docs/analytics.md has what each means")]
pub enum Tag {
    DexActivity,
    NftActivity,
    LendingActivity,
    BridgeActivity,
    HighFee,
    LargeValue,
    HighThroughput,
    AmlAlert,
    AmlRule,
    SideBuy,
    SideSell,
    RiskLow,
    RiskMedium,
    RiskHigh,
    RiskCritical,
    LiquidityThin,
    LiquidityBalanced,
    LiquidityDeep,
    SpreadTight,
    SpreadWide,
    AssetLegacyFlow,
    AssetAccessListFlow,
    AssetEip1559Flow,
    AssetBlobCarryFlow,
    AssetSystemMessageFlow,
    AssetDex,
    AssetNft,
    AssetLending,
    AssetBridge,
    AssetSolanaProgram,
    AssetEquity,
    AssetFx,
    AssetAml,
    AssetOther,
}

impl Tag {
    /// Every tag, by bit.
    pub const ALL: [Self; 34] = [
        Self::DexActivity,
        Self::NftActivity,
        Self::LendingActivity,
        Self::BridgeActivity,
        Self::HighFee,
        Self::LargeValue,
        Self::HighThroughput,
        Self::AmlAlert,
        Self::AmlRule,
        Self::SideBuy,
        Self::SideSell,
        Self::RiskLow,
        Self::RiskMedium,
        Self::RiskHigh,
        Self::RiskCritical,
        Self::LiquidityThin,
        Self::LiquidityBalanced,
        Self::LiquidityDeep,
        Self::SpreadTight,
        Self::SpreadWide,
        Self::AssetLegacyFlow,
        Self::AssetAccessListFlow,
        Self::AssetEip1559Flow,
        Self::AssetBlobCarryFlow,
        Self::AssetSystemMessageFlow,
        Self::AssetDex,
        Self::AssetNft,
        Self::AssetLending,
        Self::AssetBridge,
        Self::AssetSolanaProgram,
        Self::AssetEquity,
        Self::AssetFx,
        Self::AssetAml,
        Self::AssetOther,
    ];

    /// Its bit in masks.
    pub fn bit(self) -> u32 {
        self as u32
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        NAMES[self as usize]
    }
}

/// Names of tags, by bit.
const NAMES: [&str; Tag::ALL.len()] = [
    "DEX_ACTIVITY",
    "NFT_ACTIVITY",
    "LENDING_ACTIVITY",
    "BRIDGE_ACTIVITY",
    "HIGH_FEE",
    "LARGE_VALUE",
    "HIGH_THROUGHPUT",
    "AML_ALERT",
    "AML_RULE",
    "SIDE_BUY",
    "SIDE_SELL",
    "RISK_LOW",
    "RISK_MEDIUM",
    "RISK_HIGH",
    "RISK_CRITICAL",
    "LIQUIDITY_THIN",
    "LIQUIDITY_BALANCED",
    "LIQUIDITY_DEEP",
    "SPREAD_TIGHT",
    "SPREAD_WIDE",
    "ASSET_LEGACY_FLOW",
    "ASSET_ACCESS_LIST_FLOW",
    "ASSET_EIP1559_FLOW",
    "ASSET_BLOB_CARRY_FLOW",
    "ASSET_SYSTEM_MESSAGE_FLOW",
    "ASSET_DEX",
    "ASSET_NFT",
    "ASSET_LENDING",
    "ASSET_BRIDGE",
    "ASSET_SOLANA_PROGRAM",
    "ASSET_EQUITY",
    "ASSET_FX",
    "ASSET_AML",
    "ASSET_OTHER",
];

/// Selectors of functions, by the tag they make.
pub const SELECTORS: [(Tag, &[&str]); 2] = [
    (
        Tag::DexActivity,
        &[
            "0x38ed1739",
            "0x18cbafe5",
            "0x7ff36ab5",
            "0x5c11d795",
            "0x414bf389",
            "0xe8e33700",
            "0x12aa3caf",
            "0x4a25d94a",
            "0x7c025200",
            "0x5ae401dc",
        ],
    ),
    (
        Tag::NftActivity,
        &[
            "0x42842e0e",
            "0xb88d4fde",
            "0xf242432a",
            "0x23b872dd",
            "0x2e3dd94e",
            "0xfb0f3ee1",
            "0x3593564c",
            "0x8a8c523c",
        ],
    ),
];

/// Addresses, by the tag they make.
pub const ADDRESSES: [(Tag, &[&str]); 4] = [
    (
        Tag::DexActivity,
        &[
            "0x7a250d5630b4cf539739df2c5dacab8edb538fda",
            "0xe592427a0aece92de3ede1f18e0157c05861564",
            "0x68b3465833fb72a70ecdf485e0e4c7bd8665fc45",
            "0xd9e1ce17f2641f24ae83637ab66a2cca9c378b9f",
            "0xba12222222228d8ba445958a75a0704d566bf2c8",
            "0xdef1c0ded9bec7f1a1670819833240f027b25eff",
            "0x1111111254eeb25477b68fb85ed929f73a960582",
            "0xdef171fe48cf0115b1d80b88dc8eab59176fee57",
            "0x9008d19f58aabd9ed0d60971565aa8510560ab41",
            "0xe66b31678d6c16e9ebf358268a790b763c133750",
            "0x881d40237659c251811cec9c364ef91dc08d300c",
        ],
    ),
    (
        Tag::NftActivity,
        &[
            "0x00000000006c3852cbef3e08e8df289169ede581",
            "0x00000000000001ad428e4906ae43d8f9852d0dd6",
            "0x000000000000ad05ccc4f10045630fb830b95127",
            "0x00000000000000adc04c56bf30ac9d3c0aaf14dc",
            "0xf42aa99f011a1fa7cda90e5e98b277e306bca83e",
            "0x74312363e45dcaba76c59ec49a7aa8a65a67eed3",
            "0x3b3ee1931dc30c1957379fac9aba94d1c48a5405",
            "0xabefbc9fd2f806065b4f3c237d4b59d9a97bcac7",
            "0x0000000000a39bb272e79075ade125fd351887ac",
        ],
    ),
    (
        Tag::LendingActivity,
        &[
            "0x7d2768de32b0b80b7a3454c06bdac94a69ddc7a9",
            "0x8f8ef111b67c04eb1641f5ff19ee54cda062f163",
            "0x3dfd63e61e255587d21d06b5d7cf58050ff48c7a",
            "0xc0aee478e3658e2610c5f7a4a2e1777ce9e4f2ac",
            "0x3f0a0ea2f86bae6362cf9799b523ba06647da018",
            "0xbcca60bb61934080951369a648fb03df4f96263c",
            "0x5d3a536e4d6dbd6114cc1ead35777bab948e3643",
            "0x35a18000230da775cac24873d00ff85bccded550",
            "0xee856f36a8dbf2eaf61291f634111a5402ba66a6",
            "0xded4a5667a5d9d0f2b1fc05a1d55e2c771c06ada",
            "0x9b53e429b0baedd0b67bad43a78cfdb0f9a434cf",
            "0xf403c135812408bfbe8713b5a23a04b3d48aae31",
            "0xefa28233838f42f4ffa7f2a1f5a18241c4cbb2c3",
            "0x68749665ff8d2d112fa859aa293f07a622782f38",
        ],
    ),
    (
        Tag::BridgeActivity,
        &[
            "0xa3a7b6f88361f48403514059f1f16c8e78d60eec",
            "0x4c6f947ae67f572afa4ae0730947de7c874f95ef",
            "0x8731d54e9d02c286767d56ac03e8037c07e01e98",
            "0xb8901acb165ed027e32754e0ff56e7072c39aa8c",
            "0x96c3b64d8c8da76a60a074c6f83b9e3c5c195fd0",
        ],
    ),
];

/// Classes of contracts and transactions, by the tag they make.
pub const CLASSES: [(Tag, &[&str]); 13] = [
    (Tag::AssetLegacyFlow, &["LEGACY", "0X0", "0"]),
    (Tag::AssetAccessListFlow, &["ACCESS_LIST", "0X1", "1"]),
    (Tag::AssetEip1559Flow, &["DYNAMIC_FEE", "0X2", "2"]),
    (Tag::AssetBlobCarryFlow, &["BLOB", "0X3", "3"]),
    (Tag::AssetSystemMessageFlow, &["SYSTEM", "0X4", "4"]),
    (Tag::AssetDex, &["DEX"]),
    (Tag::AssetNft, &["NFT"]),
    (Tag::AssetLending, &["LENDING"]),
    (Tag::AssetBridge, &["BRIDGE"]),
    (Tag::AssetSolanaProgram, &["SOLANA_PROGRAM"]),
    (Tag::AssetEquity, &["EQUITY"]),
    (Tag::AssetFx, &["FX"]),
    (Tag::AssetAml, &["AML"]),
];
