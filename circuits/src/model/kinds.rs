//! Heads, and widths of weights and activations.

/// What the outputs of the last layer are taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Head {
    /// One bit per label: whether its logit reaches its threshold.
    Tags,
    /// Squared error of the reconstructed input, against a threshold.
    Anomaly,
    /// The greatest logit, the first one on a tie.
    Class,
    /// The outputs themselves.
    Values,
}

impl Head {
    /// Every head.
    pub const ALL: [Self; 4] = [Self::Tags, Self::Anomaly, Self::Class, Self::Values];

    /// Name in files, statements and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tags => "tags",
            Self::Anomaly => "anomaly",
            Self::Class => "class",
            Self::Values => "values",
        }
    }

    /// The head of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|head| head.name() == name)
    }

    /// Number in encodings.
    pub fn number(self) -> u8 {
        match self {
            Self::Tags => 1,
            Self::Anomaly => 2,
            Self::Class => 3,
            Self::Values => 4,
        }
    }

    /// Whether each output has a label.
    pub fn has_labels(self) -> bool {
        match self {
            Self::Tags | Self::Class | Self::Values => true,
            Self::Anomaly => false,
        }
    }
}

/// Bits of a weight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WeightBits {
    /// 8.
    #[default]
    W8,
    /// 12.
    W12,
    /// 16.
    W16,
}

impl WeightBits {
    /// Every width.
    pub const ALL: [Self; 3] = [Self::W8, Self::W12, Self::W16];

    /// As a number.
    pub fn count(self) -> u32 {
        match self {
            Self::W8 => 8,
            Self::W12 => 12,
            Self::W16 => 16,
        }
    }

    /// The width of so many bits.
    pub fn from_count(bits: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|width| width.count() == bits)
    }

    /// Limbs of a weight: bits and offset of each, least significant first. A weight is Σ 256^i·(limb_i − offset_i).
    pub fn limbs(self) -> &'static [(u32, u32)] {
        match self {
            Self::W8 => &[(8, 128)],
            Self::W12 => &[(8, 0), (4, 8)],
            Self::W16 => &[(8, 0), (8, 128)],
        }
    }

    /// Least and greatest weight.
    pub fn range(self) -> (i16, i16) {
        match self {
            Self::W8 => (-128, 127),
            Self::W12 => (-2048, 2047),
            Self::W16 => (i16::MIN, i16::MAX),
        }
    }
}

/// Bits of an activation of a hidden layer, and of a normalised input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ActivationBits {
    /// 8.
    A8,
    /// 16.
    #[default]
    A16,
}

impl ActivationBits {
    /// Both widths.
    pub const ALL: [Self; 2] = [Self::A8, Self::A16];

    /// As a number.
    pub fn count(self) -> u32 {
        match self {
            Self::A8 => 8,
            Self::A16 => 16,
        }
    }

    /// The width of so many bits.
    pub fn from_count(bits: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|width| width.count() == bits)
    }
}

/// A set of 2^bits integers that starts at `low`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Range {
    /// Least value.
    pub low: i32,
    /// log₂ of how many there are.
    pub bits: u32,
}

impl Range {
    /// Around 0.
    pub fn signed(bits: u32) -> Self {
        Self { low: -(1 << (bits - 1)), bits }
    }

    /// From 0.
    pub fn unsigned(bits: u32) -> Self {
        Self { low: 0, bits }
    }

    /// Greatest value.
    pub fn high(self) -> i32 {
        self.low + ((1 << self.bits) - 1)
    }

    /// The nearest value in the range.
    pub fn clamp(self, value: i128) -> i32 {
        let clamped = value.clamp(self.low.into(), self.high().into());
        i32::try_from(clamped).unwrap_or(self.low)
    }
}
