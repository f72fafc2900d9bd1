//! Tensors as files keep them.

use super::external::External;
use super::schema::TensorProto;
use crate::model::graph::Wrong;
use crate::model::graph::tensor::{Data, Tensor, count};

/// Reads a tensor; from a file beside the model if that is where it is.
///
/// # Errors
/// Types that are no numbers, bools or texts, dimensions that do not suit the data, files that cannot be read.
pub fn read(proto: &TensorProto, external: &External<'_>) -> Result<Tensor, Wrong> {
    let dims: Option<Vec<usize>> = proto.dims.iter().map(|dim| usize::try_from(*dim).ok()).collect();
    let shown = proto.dims.get(..8).unwrap_or(&proto.dims);
    let dims = dims.ok_or_else(|| Wrong::new("dimensions of 0 or more", format!("{shown:?}")))?;
    let count = count(&dims).map_err(|wrong| Wrong { found: format!("dimensions {shown:?}"), ..wrong })?;
    let is_external = proto.data_location != 0 || !proto.external_data.is_empty();
    let data = if let Some(raw) = Raw::of(proto.data_type) {
        let length = count * raw.width();
        if is_external {
            raw.read(&external.read(proto, length)?)
        } else if !proto.raw_data.is_empty() {
            if !proto.raw_data.len().is_multiple_of(raw.width()) {
                let found = format!("{} bytes that are no whole number of them", proto.raw_data.len());
                return Err(Wrong::new(format!("{count} elements"), found));
            }
            raw.read(&proto.raw_data)
        } else {
            raw.fields(proto)
        }
    } else if proto.data_type == 8 && !is_external {
        let text = |text: &Vec<u8>| String::from_utf8_lossy(text).into_owned();
        Data::Text(proto.string_data.iter().map(text).collect())
    } else {
        return Err(Wrong::new("numbers, bools or texts", type_name(proto.data_type)));
    };
    Tensor::new(dims, data)
}

/// Reads a tensor that is an attribute, where data beside the file are not allowed.
pub fn inside(proto: &TensorProto) -> Result<Tensor, Wrong> {
    read(proto, &External::new(None, 0))
}

/// How the elements of a type are laid out.
#[derive(Clone, Copy)]
enum Raw {
    Float,
    Double,
    Half,
    Brain,
    Signed(usize),
    Unsigned(usize),
    Bool,
}

impl Raw {
    fn of(data_type: i32) -> Option<Self> {
        Some(match data_type {
            1 => Self::Float,
            11 => Self::Double,
            10 => Self::Half,
            16 => Self::Brain,
            3 => Self::Signed(1),
            5 => Self::Signed(2),
            6 => Self::Signed(4),
            7 => Self::Signed(8),
            2 => Self::Unsigned(1),
            4 => Self::Unsigned(2),
            12 => Self::Unsigned(4),
            13 => Self::Unsigned(8),
            9 => Self::Bool,
            _ => return None,
        })
    }

    fn width(self) -> usize {
        match self {
            Self::Float => 4,
            Self::Double => 8,
            Self::Half | Self::Brain => 2,
            Self::Signed(width) | Self::Unsigned(width) => width,
            Self::Bool => 1,
        }
    }

    /// Elements from bytes, the lowest first.
    fn read(self, bytes: &[u8]) -> Data {
        let words = bytes.chunks_exact(self.width()).map(|bytes| {
            let mut word = [0; 8];
            word[..bytes.len()].copy_from_slice(bytes);
            u64::from_le_bytes(word)
        });
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_possible_wrap,
            reason = "words of that width"
        )]
        match self {
            Self::Float => Data::Real(words.map(|word| f32::from_bits(word as u32).into()).collect()),
            Self::Double => Data::Real(words.map(f64::from_bits).collect()),
            Self::Half => Data::Real(words.map(|word| half(word as u16)).collect()),
            Self::Brain => Data::Real(words.map(|word| f32::from_bits((word as u32) << 16).into()).collect()),
            Self::Signed(width) => {
                let unused = 64 - 8 * width as u32;
                Data::Whole(words.map(|word| ((word << unused) as i64) >> unused).collect())
            }
            Self::Unsigned(_) => {
                Data::Whole(words.map(|word| i64::try_from(word).unwrap_or(i64::MAX)).collect())
            }
            Self::Bool => Data::Bool(words.map(|word| word != 0).collect()),
        }
    }

    /// Elements from the field of their type.
    fn fields(self, proto: &TensorProto) -> Data {
        let small = || proto.int32_data.iter();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "16 bits in a field of 32"
        )]
        match self {
            Self::Float => Data::Real(proto.float_data.iter().map(|x| f64::from(*x)).collect()),
            Self::Double => Data::Real(proto.double_data.clone()),
            Self::Half => Data::Real(small().map(|bits| half(*bits as u16)).collect()),
            Self::Brain => {
                Data::Real(small().map(|bits| f32::from_bits((*bits as u32) << 16).into()).collect())
            }
            Self::Signed(8) => Data::Whole(proto.int64_data.clone()),
            Self::Signed(_) | Self::Unsigned(1 | 2) => Data::Whole(small().map(|x| i64::from(*x)).collect()),
            Self::Unsigned(_) => {
                Data::Whole(proto.uint64_data.iter().map(|x| i64::try_from(*x).unwrap_or(i64::MAX)).collect())
            }
            Self::Bool => Data::Bool(small().map(|x| *x != 0).collect()),
        }
    }
}

/// The number that 16 bits of float16 are.
fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 0x3ff));
    sign * match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1.0 + fraction / 1024.0) * 2f64.powi(exponent - 15),
    }
}

/// A number rounded to one of ONNX's float types, to nearest and ties to even.
pub fn rounded(x: f64, element: i32) -> f64 {
    let (bits, least, most) = match element {
        1 => {
            #[expect(clippy::cast_possible_truncation, reason = "this is the rounding")]
            return f64::from(x as f32);
        }
        10 => (10, -14, 65504.0),
        16 => (7, -126, 3.3895313892515355e38),
        _ => return x,
    };
    if x == 0.0 || !x.is_finite() {
        return x;
    }
    // Exact: scaled by powers of two only.
    let exponent = exponent(x).max(least);
    let unit = 2f64.powi(exponent - bits);
    let rounded = (x / unit).round_ties_even() * unit;
    if rounded.abs() > most { f64::INFINITY.copysign(x) } else { rounded }
}

/// e with 2^e ≤ |x| < 2^(e+1), of a number that is not subnormal.
fn exponent(x: f64) -> i32 {
    let biased = (x.to_bits() >> 52 & 0x7ff) as i32;
    biased - 1023
}

/// The name of a type that is not read.
pub fn type_name(data_type: i32) -> String {
    match data_type {
        14 | 15 => "complex numbers".into(),
        17..=20 => "float8".into(),
        21 | 22 => "integers of 4 bits".into(),
        23 => "float4".into(),
        other => format!("ONNX data type {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_read_and_rounded() {
        for (bits, value) in [(0x3c00, 1.0), (0xc000, -2.0), (0x0001, 2f64.powi(-24)), (0x7bff, 65504.0)] {
            assert_eq!(half(bits), value);
            assert_eq!(rounded(value, 10), value);
        }
        assert!(half(0x7c01).is_nan() && half(0xfc00) == f64::NEG_INFINITY);
        assert_eq!(rounded(1.0 + 2f64.powi(-11), 10), 1.0);
        assert_eq!(rounded(1.0 + 3.0 * 2f64.powi(-11), 10), 1.0 + 2f64.powi(-9));
        assert_eq!(rounded(1e6, 10), f64::INFINITY);
        assert_eq!(rounded(0.1, 16), 0.10009765625);
    }

    #[test]
    fn signs_are_kept() {
        assert_eq!(Raw::Signed(1).read(&[255, 127]), Data::Whole(vec![-1, 127]));
        assert_eq!(Raw::Unsigned(1).read(&[255, 127]), Data::Whole(vec![255, 127]));
    }
}
