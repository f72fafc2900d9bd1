//! What a caller hands over.

/// Kinds of parts. Of keys there may be several; of everything else a second part takes the place of the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The bundle.
    Bundle,
    /// A policy, as JSON.
    Policy,
    /// A registry of models, as JSON.
    Registry,
    /// A verifying key.
    Key,
    /// A setup: 320 bytes, or the file of one.
    Setup,
    /// What else is asked, as JSON: `Request` in `judge`.
    Request,
    /// Generators, compressed.
    Generators,
}

impl Kind {
    const ALL: [Self; 7] =
        [Self::Bundle, Self::Policy, Self::Registry, Self::Key, Self::Setup, Self::Request, Self::Generators];

    /// By its place in [`Self::ALL`], which `index.js` knows.
    fn from_number(number: u32) -> Option<Self> {
        Self::ALL.get(usize::try_from(number).ok()?).copied()
    }

    /// Longest part: bundles and documents are read up to the bounds of the command line, generators up to those of 2^17 rows.
    fn most(self) -> usize {
        match self {
            Self::Bundle => 1 << 20,
            Self::Policy | Self::Registry | Self::Generators => 4 << 20,
            Self::Key | Self::Request => 1 << 16,
            Self::Setup => 1 << 12,
        }
    }
}

/// Most keys at once.
const MAX_KEYS: usize = 64;

/// Parts, in the order in which they came.
#[derive(Debug, Default)]
pub struct Parts(Vec<(Kind, Vec<u8>)>);

impl Parts {
    /// None.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Room for a part, which a caller fills.
    pub fn room(&mut self, number: u32, length: usize) -> Option<&mut [u8]> {
        let kind = Kind::from_number(number).filter(|kind| length <= kind.most())?;
        if kind != Kind::Key {
            self.0.retain(|(other, _)| *other != kind);
        } else if self.all(Kind::Key).count() >= MAX_KEYS {
            return None;
        }
        self.0.push((kind, vec![0; length]));
        self.0.last_mut().map(|(_, bytes)| &mut bytes[..])
    }

    /// The bytes of that kind.
    pub fn get(&self, kind: Kind) -> Option<&[u8]> {
        self.all(kind).next()
    }

    /// All of that kind.
    pub fn all(&self, kind: Kind) -> impl Iterator<Item = &[u8]> {
        self.0.iter().filter(move |(other, _)| *other == kind).map(|(_, bytes)| &bytes[..])
    }
}
