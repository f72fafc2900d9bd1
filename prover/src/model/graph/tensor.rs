//! Tensors: dimensions and elements of one of four kinds. Every float type of ONNX is read as doubles, every integer type as
//! 64-bit integers, since what an import asks of either is its value.

use std::borrow::Cow;

use super::Wrong;

/// Most elements of a tensor: weights between the widest two layers a model may have, with room.
pub const MAX_ELEMENTS: usize = 1 << 22;
/// Most dimensions.
pub const MAX_DIMS: usize = 8;

/// Elements, row by row.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// Of a float type; may be infinite or no number.
    Real(Vec<f64>),
    /// Of an integer type.
    Whole(Vec<i64>),
    /// Of type bool.
    Bool(Vec<bool>),
    /// Of type string.
    Text(Vec<String>),
}

impl Data {
    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Self::Real(values) => values.len(),
            Self::Whole(values) => values.len(),
            Self::Bool(values) => values.len(),
            Self::Text(values) => values.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What the elements of a tensor are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Of a float type.
    Real,
    /// Of an integer type.
    Whole,
    /// Of type bool.
    Bool,
    /// Of type string.
    Text,
}

impl Kind {
    /// For messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Real => "floats",
            Self::Whole => "integers",
            Self::Bool => "bools",
            Self::Text => "texts",
        }
    }
}

/// A tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    dims: Vec<usize>,
    data: Data,
}

impl Tensor {
    /// A tensor; as many elements as the dimensions say.
    pub fn new(dims: Vec<usize>, data: Data) -> Result<Self, Wrong> {
        let count = count(&dims)?;
        let found = data.len();
        if count != found {
            return Err(Wrong::new(
                format!("{count} elements, as the dimensions {dims:?} say"),
                found.to_string(),
            ));
        }
        Ok(Self { dims, data })
    }

    /// Doubles in these dimensions.
    pub fn real(dims: Vec<usize>, values: Vec<f64>) -> Result<Self, Wrong> {
        Self::new(dims, Data::Real(values))
    }

    /// One double.
    pub fn scalar(value: f64) -> Self {
        Self { dims: Vec::new(), data: Data::Real(vec![value]) }
    }

    /// A vector of doubles.
    pub fn vector(values: Vec<f64>) -> Self {
        Self { dims: vec![values.len()], data: Data::Real(values) }
    }

    /// A vector of integers.
    pub fn whole(values: Vec<i64>) -> Self {
        Self { dims: vec![values.len()], data: Data::Whole(values) }
    }

    /// Length of each dimension; none for a scalar.
    pub fn dims(&self) -> &[usize] {
        &self.dims
    }

    /// The elements.
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// How many elements.
    pub fn len(&self) -> usize {
        self.dims.iter().product()
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the elements are.
    pub fn kind(&self) -> Kind {
        match self.data {
            Data::Real(_) => Kind::Real,
            Data::Whole(_) => Kind::Whole,
            Data::Bool(_) => Kind::Bool,
            Data::Text(_) => Kind::Text,
        }
    }

    /// Elements as doubles.
    #[expect(clippy::cast_precision_loss, reason = "as a cast to float does")]
    pub fn reals(&self) -> Result<Cow<'_, [f64]>, Wrong> {
        Ok(match &self.data {
            Data::Real(values) => Cow::Borrowed(values),
            Data::Whole(values) => Cow::Owned(values.iter().map(|x| *x as f64).collect()),
            Data::Bool(values) => Cow::Owned(values.iter().map(|x| f64::from(u8::from(*x))).collect()),
            Data::Text(_) => return Err(self.not("numbers")),
        })
    }

    /// Elements as integers; floats are none, not even whole ones.
    pub fn integers(&self) -> Result<Cow<'_, [i64]>, Wrong> {
        match &self.data {
            Data::Whole(values) => Ok(Cow::Borrowed(values)),
            Data::Bool(values) => Ok(Cow::Owned(values.iter().map(|x| i64::from(*x)).collect())),
            Data::Real(_) | Data::Text(_) => Err(self.not("integers")),
        }
    }

    /// Elements as truth values.
    pub fn bools(&self) -> Result<Cow<'_, [bool]>, Wrong> {
        match &self.data {
            Data::Bool(values) => Ok(Cow::Borrowed(values)),
            Data::Whole(values) => Ok(Cow::Owned(values.iter().map(|x| *x != 0).collect())),
            Data::Real(_) | Data::Text(_) => Err(self.not("bools")),
        }
    }

    /// The one element, as a double.
    pub fn single(&self) -> Result<f64, Wrong> {
        match self.reals()?[..] {
            [value] => Ok(value),
            _ => Err(Wrong::new("one number", format!("dimensions {:?}", self.dims))),
        }
    }

    fn not(&self, expected: &str) -> Wrong {
        Wrong::new(expected, self.kind().name())
    }

    /// The same elements in other dimensions.
    pub fn with_dims(&self, dims: Vec<usize>) -> Result<Self, Wrong> {
        Self::new(dims, self.data.clone())
    }

    /// Elements `places` of this tensor, in dimensions `dims`.
    pub fn pick(&self, dims: Vec<usize>, places: &[usize]) -> Result<Self, Wrong> {
        fn of<T: Clone>(values: &[T], places: &[usize]) -> Option<Vec<T>> {
            places.iter().map(|place| values.get(*place).cloned()).collect()
        }
        let data = match &self.data {
            Data::Real(values) => of(values, places).map(Data::Real),
            Data::Whole(values) => of(values, places).map(Data::Whole),
            Data::Bool(values) => of(values, places).map(Data::Bool),
            Data::Text(values) => of(values, places).map(Data::Text),
        };
        let data = data.ok_or_else(|| Wrong::new("indices inside the tensor", "one outside"))?;
        Self::new(dims, data)
    }

    /// Repeated so as to have dimensions `dims`, as ONNX broadcasts.
    pub fn broadcast(&self, dims: &[usize]) -> Result<Cow<'_, Self>, Wrong> {
        if self.dims == dims {
            return Ok(Cow::Borrowed(self));
        }
        if broadcast(&self.dims, dims)? != dims {
            return Err(Wrong::new(
                format!("dimensions that can be repeated to {dims:?}"),
                format!("{:?}", self.dims),
            ));
        }
        Ok(Cow::Owned(self.pick(dims.to_vec(), &places(dims, &self.dims))?))
    }

    /// Whether all elements are numbers and finite; true of tensors without floats.
    pub fn first_not_finite(&self) -> Option<f64> {
        match &self.data {
            Data::Real(values) => values.iter().copied().find(|x| !x.is_finite()),
            _ => None,
        }
    }
}

/// The number of elements that dimensions say, if a tensor may have so many.
pub fn count(dims: &[usize]) -> Result<usize, Wrong> {
    // Empty dimensions count as one here, so that no product of some of them overflows either.
    let bound = dims.iter().try_fold(1usize, |count, dim| count.checked_mul((*dim).max(1)));
    bound
        .filter(|bound| *bound <= MAX_ELEMENTS && dims.len() <= MAX_DIMS)
        .map(|_| dims.iter().product())
        .ok_or_else(|| Wrong::new(format!("at most {MAX_ELEMENTS} elements"), format!("dimensions {dims:?}")))
}

/// The dimensions of an elementwise result.
pub fn broadcast(a: &[usize], b: &[usize]) -> Result<Vec<usize>, Wrong> {
    let rank = a.len().max(b.len());
    let at = |dims: &[usize], i: usize| (i + dims.len()).checked_sub(rank).map_or(1, |i| dims[i]);
    let dims = (0..rank).map(|i| match (at(a, i), at(b, i)) {
        (x, y) if x == y => Some(x),
        (1, y) => Some(y),
        (x, 1) => Some(x),
        _ => None,
    });
    let dims: Option<Vec<usize>> = dims.collect();
    let dims = dims.ok_or_else(|| Wrong::new("dimensions that go together", format!("{a:?} and {b:?}")))?;
    count(&dims).map(|_| dims)
}

/// For each element of a tensor of dimensions `out`, the place of the one it is repeated from.
fn places(out: &[usize], from: &[usize]) -> Vec<usize> {
    let missing = out.len().saturating_sub(from.len());
    let strides = strides(from);
    let steps: Vec<usize> = (0..out.len())
        .map(|i| i.checked_sub(missing).filter(|i| from[*i] != 1).map_or(0, |i| strides[i]))
        .collect();
    walk(out, 0, &steps.iter().map(|step| *step as isize).collect::<Vec<_>>())
}

/// Elements from one to the next along each dimension.
pub fn strides(dims: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; dims.len()];
    for i in (1..dims.len()).rev() {
        strides[i - 1] = strides[i] * dims[i];
    }
    strides
}

/// The places met by going through dimensions `out` row by row from `start`, `steps` apart.
pub fn walk(out: &[usize], start: usize, steps: &[isize]) -> Vec<usize> {
    let total: usize = out.iter().product();
    let mut found = Vec::with_capacity(total);
    let mut index = vec![0usize; out.len()];
    let mut place = start;
    for _ in 0..total {
        found.push(place);
        for axis in (0..out.len()).rev() {
            index[axis] += 1;
            place = place.wrapping_add_signed(steps[axis]);
            if index[axis] < out[axis] {
                break;
            }
            index[axis] = 0;
            place = place.wrapping_add_signed(steps[axis].wrapping_neg().wrapping_mul(out[axis] as isize));
        }
    }
    found
}

/// An axis of `rank` dimensions, counted from the end if negative.
pub fn axis(axis: i64, rank: usize) -> Result<usize, Wrong> {
    let signed = i64::try_from(rank).unwrap_or(i64::MAX);
    let place = if axis < 0 { axis.checked_add(signed) } else { Some(axis) };
    place
        .filter(|place| (0..signed).contains(place))
        .and_then(|place| usize::try_from(place).ok())
        .ok_or_else(|| Wrong::new(format!("an axis of {rank} dimensions"), axis.to_string()))
}
