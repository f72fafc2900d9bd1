//! Costs as JSON.

use std::io;

use serde::Serialize;
use serde_json::ser::Formatter;

use super::Cost;

/// Costs as JSON: a line to a member, to a stage and to a gate.
///
/// # Errors
/// None that integers and names could cause.
pub fn to_json(costs: &[Cost]) -> serde_json::Result<Vec<u8>> {
    let mut text = Vec::new();
    costs.serialize(&mut serde_json::Serializer::with_formatter(&mut text, Lines::default()))?;
    text.push(b'\n');
    Ok(text)
}

/// Breaks lines between the members of a statement and before every object in an array.
#[derive(Default)]
struct Lines {
    /// How many arrays and objects are open.
    depth: usize,
}

impl Lines {
    /// Depth of a statement's members.
    const MEMBERS: usize = 2;

    fn line<W: ?Sized + io::Write>(&self, out: &mut W) -> io::Result<()> {
        write!(out, "\n{}", " ".repeat(self.depth))
    }
}

impl Formatter for Lines {
    fn begin_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth += 1;
        out.write_all(b"[")
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth -= 1;
        if self.depth == 0 {
            self.line(out)?;
        }
        out.write_all(b"]")
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        if self.depth != Self::MEMBERS {
            self.line(out)?;
        }
        self.depth += 1;
        out.write_all(b"{")
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth -= 1;
        if self.depth < Self::MEMBERS {
            self.line(out)?;
        }
        out.write_all(b"}")
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        out.write_all(if first { b"" } else { b"," })?;
        match self.depth {
            Self::MEMBERS => self.line(out),
            _ if first => Ok(()),
            _ => out.write_all(b" "),
        }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }
}
