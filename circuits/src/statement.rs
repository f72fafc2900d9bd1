//! Statements: what a proof can say, as values.
//!
//! A statement fixes the shape of its circuit and nothing else does: keys made from an empty block are the keys
//! of every block.

use std::fmt;

use halo2curves::bn256::Fr;

use crate::columns::{Bands, CORE_ROWS, MAX_ROWS, MODEL_ROWS, UNUSABLE_ROWS};
use crate::model::{Head, Shape};
use crate::poseidon::{Domain, bytes as digest};
use crate::rows;

pub use crate::fingerprint::FINGERPRINT;
pub use crate::size::{Capacity, Excess, Oversize, Size};
pub use crate::subject::{Centroids, Core, MAX_MODELS, Subject};

/// What is proved: about what, and which shapes of models say something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Statement {
    subject: Subject,
    models: [Option<Shape>; MAX_MODELS],
}

/// Why there is no such statement.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "fields are what was expected and found")]
pub enum StatementError {
    /// Too many models, or none where the statement is about models only.
    Models { found: usize },
    /// A vector as long as a fingerprint: its numbers would have another unit than the models expect.
    Vector,
    /// A model for inputs of another length.
    Inputs { model: usize, expected: usize, found: usize },
    /// More public inputs than there is room for.
    Public { most: usize, found: usize },
    /// No circuit has so many rows.
    Rows { k: u32 },
}

/// log₂ of the rows of the largest circuit.
pub const MAX_K: u32 = 18;

impl fmt::Display for StatementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Models { found } => {
                write!(f, "models: 1 to {MAX_MODELS} were expected (none only beside a block), found {found}")
            }
            Self::Vector => {
                write!(f, "a vector of {FINGERPRINT} numbers would pass for a fingerprint; give it as one")
            }
            Self::Inputs { model, expected, found } => {
                write!(f, "model {model}: it takes {found} inputs, the statement is about {expected} values")
            }
            Self::Public { most, found } => {
                write!(
                    f,
                    "at most {most} public inputs were expected, found {found}; of a values head each output is one: prove models \
                     one by one, without a block, or with fewer outputs"
                )
            }
            Self::Rows { k } => {
                write!(f, "the circuit would have 2^{k} rows, at most 2^{MAX_K} are supported")
            }
        }
    }
}

impl std::error::Error for StatementError {}

impl Default for Statement {
    fn default() -> Self {
        Self::core(Size::Small, Centroids::K64)
    }
}

impl Statement {
    /// The statements about a block alone, in the order of their numbers.
    pub const CORES: [Self; 10] = {
        use Centroids::{K64, K256};
        use Size::{Full, Huge, Large, Medium, Small};
        [
            Self::core(Small, K64),
            Self::core(Small, K256),
            Self::core(Medium, K64),
            Self::core(Medium, K256),
            Self::core(Large, K64),
            Self::core(Large, K256),
            Self::core(Full, K64),
            Self::core(Full, K256),
            Self::core(Huge, K64),
            Self::core(Huge, K256),
        ]
    };

    /// About a block alone.
    pub const fn core(size: Size, centroids: Centroids) -> Self {
        Self { subject: Subject::Block(Core { size, centroids }), models: [None; MAX_MODELS] }
    }

    /// About `subject`, and what models of these shapes say about it.
    ///
    /// # Errors
    /// If there are too many or too few models, or one takes another number of inputs.
    pub fn new(subject: Subject, models: &[Shape]) -> Result<Self, StatementError> {
        let values = match subject {
            Subject::Block(_) | Subject::Fingerprint => FINGERPRINT,
            Subject::Vector(length) => length.into(),
        };
        if subject == Subject::Vector(FINGERPRINT as u16) {
            return Err(StatementError::Vector);
        }
        let needed = usize::from(!matches!(subject, Subject::Block(_)));
        if !(needed..=MAX_MODELS).contains(&models.len()) {
            return Err(StatementError::Models { found: models.len() });
        }
        let mut shapes = [None; MAX_MODELS];
        for (model, (place, shape)) in shapes.iter_mut().zip(models).enumerate() {
            if shape.inputs() != values {
                return Err(StatementError::Inputs { model, expected: values, found: shape.inputs() });
            }
            *place = Some(*shape);
        }
        let statement = Self { subject, models: shapes };
        // Above a block there is room for those of four models of one output each.
        let most = if statement.block().is_some() { CORE_ROWS + MODEL_ROWS * MAX_MODELS } else { MAX_ROWS };
        if statement.rows() > most {
            return Err(StatementError::Public { most, found: statement.rows() });
        }
        match statement.k() {
            k if k > MAX_K => Err(StatementError::Rows { k }),
            _ => Ok(statement),
        }
    }

    /// What it is about.
    pub fn subject(&self) -> Subject {
        self.subject
    }

    /// The shape of the proof about a block, if it is about one.
    pub fn block(&self) -> Option<Core> {
        match self.subject {
            Subject::Block(core) => Some(core),
            Subject::Fingerprint | Subject::Vector(_) => None,
        }
    }

    /// Shapes of the models, in order.
    pub fn models(&self) -> impl Iterator<Item = Shape> + Clone {
        self.models.into_iter().flatten()
    }

    /// Which columns its circuit has.
    pub fn bands(&self) -> Bands {
        let heads = Head::ALL.map(|head| self.models().any(|shape| shape.head() == head));
        let links = self.block().map_or(0, |core| core.size.capacity().link_bits());
        let model = self.models().next().is_some();
        Bands { core: self.block().is_some(), links, model, dense: model, heads, graph: None }
    }

    /// Name, e.g. `core-small-64+tags-96-64-32-15`, `fingerprint+…` or `vector-12+…`.
    pub fn name(&self) -> String {
        let subject = match self.subject {
            Subject::Block(Core { size, centroids }) => format!("core-{}-{}", size.name(), centroids.count()),
            Subject::Fingerprint => "fingerprint".to_owned(),
            Subject::Vector(length) => format!("vector-{length}"),
        };
        self.models().fold(subject, |name, shape| format!("{name}+{shape}"))
    }

    /// The statement of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        let mut parts = name.split('+');
        let subject = parts.next()?;
        let core = Self::CORES.into_iter().find(|core| core.name() == subject);
        let subject = match (core, subject.strip_prefix("vector-")) {
            (Some(core), _) => core.subject,
            (None, Some(length)) => Subject::Vector(length.parse().ok()?),
            (None, None) => (subject == "fingerprint").then_some(Subject::Fingerprint)?,
        };
        let shapes: Vec<Shape> = parts.map(Shape::from_name).collect::<Option<_>>()?;
        let statement = Self::new(subject, &shapes).ok()?;
        (statement.name() == name).then_some(statement)
    }

    /// The encoding: 1 and size and codebook of a block, 2 for a fingerprint, 3 and the length of a vector in two bytes,
    /// low byte first; how many models; their shapes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = match self.subject {
            Subject::Block(Core { size, centroids }) => vec![1, size.number(), centroids.number()],
            Subject::Fingerprint => vec![2],
            Subject::Vector(length) => [&[3][..], &length.to_le_bytes()].concat(),
        };
        out.push(self.models().fold(0, |count, _| count + 1));
        out.extend(self.models().flat_map(|shape| shape.to_bytes()));
        out
    }

    /// The inverse of [`to_bytes`](Self::to_bytes).
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (subject, rest) = match bytes {
            [1, size, centroids, rest @ ..] => {
                let size = Size::ALL.into_iter().find(|known| known.number() == *size)?;
                let centroids = Centroids::ALL.into_iter().find(|known| known.number() == *centroids)?;
                (Subject::Block(Core { size, centroids }), rest)
            }
            [2, rest @ ..] => (Subject::Fingerprint, rest),
            [3, low, high, rest @ ..] => (Subject::Vector(u16::from_le_bytes([*low, *high])), rest),
            _ => return None,
        };
        let (count, mut rest) = rest.split_first()?;
        let shapes: Vec<Shape> = (0..*count).map(|_| Shape::take(&mut rest)).collect::<Option<_>>()?;
        if rest.is_empty() { Self::new(subject, &shapes).ok() } else { None }
    }

    /// The first public input: a number for a block alone, else the digest of the encoding.
    pub fn element(&self) -> Fr {
        match self.subject {
            Subject::Block(core) if self.models().next().is_none() => Fr::from(u64::from(core.number())),
            _ => digest(Domain::Statement, 0, &self.to_bytes()),
        }
    }

    /// How many public inputs a proof has.
    pub fn rows(&self) -> usize {
        rows::public_rows(self.subject, self.models())
    }

    /// log₂ of the rows of its circuit.
    pub fn k(&self) -> u32 {
        let models = rows::model_rows(self.subject, self.models()) + UNUSABLE_ROWS;
        let models = if self.bands().model { models.next_power_of_two().ilog2() } else { 0 };
        models.max(self.block().map_or(0, Core::k))
    }
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_bytes_give_the_statement_back() {
        let names = [
            "core-small-64",
            "core-full-256+tags-96-64-32-15+anomaly-96-16-96-w16",
            "fingerprint+tags-96-8-3-a8",
            "vector-12+class-12-128-64-32-4",
            "vector-12+values-12-64-8+tags-12-3",
            "core-small-64+values-96-10",
            "vector-12+values-12-28",
        ];
        let cores = Statement::CORES.map(|core| core.name());
        for name in names.iter().copied().chain(cores.iter().map(String::as_str)) {
            let statement = Statement::from_name(name).unwrap();
            assert_eq!(statement.name(), name);
            let bytes = statement.to_bytes();
            assert_eq!(Statement::from_bytes(&bytes), Some(statement));
            for cut in 0..bytes.len() {
                assert_eq!(Statement::from_bytes(&bytes[..cut]), None);
            }
            assert_eq!(Statement::from_bytes(&[bytes, vec![0]].concat()), None);
        }
        for name in [
            "core",
            "fingerprint",
            "vector-12",
            "vector-012+class-12-4",
            "fingerprint+class-12-4",
            "vector-96+tags-96-3",
            "core-small-64+values-96-11",
            "vector-12+values-12-29",
        ] {
            assert_eq!(Statement::from_name(name), None, "{name}");
        }
    }
}
