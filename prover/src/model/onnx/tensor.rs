//! Constant tensors.

use super::schema::TensorProto;
use crate::input::InputError;

/// Most elements of a tensor: weights between the widest two layers a model may have, with room.
const MAX_ELEMENTS: usize = 1 << 22;
const ADVICE: &str = "export the model with float32 weights inside the file, e.g. \
                      torch.onnx.export(…, external_data=False)";

/// A constant: dimensions, and values row by row. Integers (axes, shapes) are values too.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tensor {
    /// Length of each dimension; none for a scalar.
    pub dims: Vec<usize>,
    /// As many as the product of `dims`, finite.
    pub values: Vec<f64>,
}

impl Tensor {
    /// A vector.
    pub fn vector(values: Vec<f64>) -> Self {
        Self { dims: vec![values.len()], values }
    }

    /// Values as whole numbers, if they are.
    pub fn integers(&self) -> Option<Vec<i64>> {
        #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and small")]
        let whole = |x: &f64| (x.fract() == 0.0 && x.abs() < 1e15).then_some(*x as i64);
        self.values.iter().map(whole).collect()
    }

    /// Rows and columns, if there are two dimensions.
    pub fn matrix(&self) -> Option<(usize, usize)> {
        match self.dims[..] {
            [rows, columns] => Some((rows, columns)),
            _ => None,
        }
    }

    /// The same matrix, rows and columns swapped.
    pub fn transposed(&self) -> Option<Self> {
        let (rows, columns) = self.matrix()?;
        let at = |j: usize| (0..rows).filter_map(move |i| self.values.get(i * columns + j).copied());
        Some(Self { dims: vec![columns, rows], values: (0..columns).flat_map(at).collect() })
    }

    /// As a vector of `width` values: one value repeated, or that many in the last dimension.
    pub fn broadcast(&self, width: usize) -> Option<Vec<f64>> {
        match self.values[..] {
            [value] => Some(vec![value; width]),
            _ if self.values.len() == width && self.dims.last() == Some(&width) => Some(self.values.clone()),
            _ => None,
        }
    }

    /// Reads a tensor of float32, float64, int32, int64 or bool. `path` says where it is.
    ///
    /// # Errors
    /// Other types, data outside the file, dimensions that do not suit the data, numbers that are not finite.
    pub fn read(proto: &TensorProto, path: &str) -> Result<Self, InputError> {
        let wrong = |expected: String, found: String| Err(InputError::new(path, expected, found, ADVICE));
        if proto.data_location != 0 || !proto.external_data.is_empty() {
            let file = proto.external_data.iter().find(|entry| entry.key == "location");
            let found =
                file.map_or("external data".into(), |file| format!("external data in {:?}", file.value));
            return wrong("weights inside the model file".into(), found);
        }
        let mut dims = Vec::new();
        let mut count = Some(1usize);
        for dim in &proto.dims {
            let Ok(dim) = usize::try_from(*dim) else {
                return wrong("dimensions of 0 or more".into(), format!("{:?}", proto.dims));
            };
            dims.push(dim);
            count = count.and_then(|count| count.checked_mul(dim));
        }
        let Some(count) = count.filter(|count| *count <= MAX_ELEMENTS && dims.len() <= 8) else {
            return wrong(format!("at most {MAX_ELEMENTS} elements"), format!("dimensions {:?}", proto.dims));
        };
        let Some(data) = Data::of(proto) else {
            return wrong("float32, float64, int32, int64 or bool".into(), type_name(proto.data_type));
        };
        if data.len() != Some(count) {
            let found = data.len().map_or_else(
                || format!("{} bytes that are no whole number of them", proto.raw_data.len()),
                |len| len.to_string(),
            );
            return wrong(format!("{count} elements, as the dimensions {dims:?} say"), found);
        }
        let values = data.values();
        match values.iter().find(|value| !value.is_finite()) {
            Some(value) => wrong("finite numbers".into(), value.to_string()),
            None => Ok(Self { dims, values }),
        }
    }
}

/// Where a tensor keeps its elements.
enum Data<'a> {
    Raw { bytes: &'a [u8], width: usize, read: fn(&[u8]) -> f64 },
    Float(&'a [f32]),
    Double(&'a [f64]),
    Int32(&'a [i32]),
    Int64(&'a [i64]),
}

impl<'a> Data<'a> {
    fn of(proto: &'a TensorProto) -> Option<Self> {
        let raw = |width: usize, read: fn(&[u8]) -> f64| Self::Raw { bytes: &proto.raw_data, width, read };
        let is_raw = !proto.raw_data.is_empty();
        Some(match proto.data_type {
            1 if is_raw => raw(4, |b| f32::from_le_bytes(array(b)).into()),
            1 => Self::Float(&proto.float_data),
            11 if is_raw => raw(8, |b| f64::from_le_bytes(array(b))),
            11 => Self::Double(&proto.double_data),
            6 if is_raw => raw(4, |b| i32::from_le_bytes(array(b)).into()),
            6 => Self::Int32(&proto.int32_data),
            9 if is_raw => raw(1, |b| array::<1>(b)[0].into()),
            9 => Self::Int32(&proto.int32_data),
            7 if is_raw => raw(8, |b| real(i64::from_le_bytes(array(b)))),
            7 => Self::Int64(&proto.int64_data),
            _ => return None,
        })
    }

    fn len(&self) -> Option<usize> {
        match self {
            Self::Raw { bytes, width, .. } => (bytes.len() % width == 0).then_some(bytes.len() / width),
            Self::Float(values) => Some(values.len()),
            Self::Double(values) => Some(values.len()),
            Self::Int32(values) => Some(values.len()),
            Self::Int64(values) => Some(values.len()),
        }
    }

    fn values(&self) -> Vec<f64> {
        match self {
            Self::Raw { bytes, width, read } => bytes.chunks_exact(*width).map(read).collect(),
            Self::Float(values) => values.iter().map(|x| f64::from(*x)).collect(),
            Self::Double(values) => values.to_vec(),
            Self::Int32(values) => values.iter().map(|x| f64::from(*x)).collect(),
            Self::Int64(values) => values.iter().map(|x| real(*x)).collect(),
        }
    }
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().unwrap_or([0; N])
}

#[expect(
    clippy::cast_precision_loss,
    reason = "axes and shapes are small; others are refused where they are used"
)]
fn real(x: i64) -> f64 {
    x as f64
}

fn type_name(data_type: i32) -> String {
    match data_type {
        2 => "uint8".into(),
        3 => "int8".into(),
        8 => "string".into(),
        10 => "float16".into(),
        16 => "bfloat16".into(),
        other => format!("ONNX data type {other}"),
    }
}
