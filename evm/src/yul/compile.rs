//! From a program to bytecode. Arguments are computed from last to first, as Yul has it; variables stay where they were put on the
//! stack; nothing is reordered or left out.

use std::collections::BTreeMap;
use std::fmt;

use super::opcode::{DUP1, JUMP, JUMPDEST, JUMPI, POP, PUSH0, PUSH2, SWAP1, opcode};
use super::{Expr, Statement};

/// Most bytes of a word.
const WORD: usize = 32;
/// How deep DUP and SWAP reach.
const REACH: usize = 16;

/// Bytecode with pieces of data behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// The instructions.
    pub code: Vec<u8>,
    /// Instructions and data.
    pub bytes: Vec<u8>,
}

/// Why a program has no bytecode. All of these are defects of whoever wrote the program, not of its inputs, but for the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompileError {
    /// A name that nothing has.
    Unknown(String),
    /// Another number of arguments than is taken.
    Arguments(String),
    /// A value where none is given, or none where one is.
    Value(String),
    /// A variable that is too far down the stack.
    TooDeep(&'static str),
    /// A number of more than 256 bits.
    TooLarge,
    /// More bytes than two bytes address.
    TooLong(usize),
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => {
                write!(f, "{name}: there is no such instruction, function, variable or data")
            }
            Self::Arguments(name) => write!(f, "{name}: another number of arguments"),
            Self::Value(name) => write!(f, "{name}: a value was expected, or none"),
            Self::TooDeep(name) => {
                write!(f, "{name}: it lies deeper than the {REACH} values that instructions reach")
            }
            Self::TooLarge => f.write_str("a number of more than 256 bits"),
            Self::TooLong(bytes) => {
                write!(f, "{bytes} bytes of code and data, of which at most 65,535 can be addressed")
            }
        }
    }
}

impl std::error::Error for CompileError {}

/// Compiles statements, and puts pieces of data behind them. Calls of functions find those of the program before instructions.
///
/// Not all of Yul's rules on names are checked: that none is given twice, and none that is an instruction's. Tests ask another
/// compiler.
///
/// # Errors
/// If the program is not one.
pub fn compile(statements: &[Statement], data: &[(&'static str, &[u8])]) -> Result<Linked, CompileError> {
    let mut compiler = Compiler::default();
    for statement in statements {
        if let Statement::Function { name, parameters, result, .. } = statement {
            let label = compiler.label();
            let signature = Signature { label, parameters: parameters.len(), result: result.is_some() };
            compiler.functions.insert(name, signature);
        }
    }
    compiler.block(statements)?;
    // What falls out of the program does not fall into its functions.
    compiler.pieces.push(Piece::Byte(0xfe));
    for statement in statements {
        if let Statement::Function { name, parameters, result, body } = statement {
            compiler.function(name, parameters, *result, body)?;
        }
    }
    link(&compiler.pieces, data)
}

/// What code consists of before places are known.
enum Piece {
    Byte(u8),
    Bytes(Vec<u8>),
    /// Where a label stands.
    Label(usize),
    /// Two bytes with a label's place.
    Target(usize),
    /// Two bytes with a place or length of data.
    Offset(&'static str),
    Size(&'static str),
}

impl Piece {
    fn length(&self) -> usize {
        match self {
            Self::Byte(_) | Self::Label(_) => 1,
            Self::Bytes(bytes) => bytes.len(),
            Self::Target(_) | Self::Offset(_) | Self::Size(_) => 2,
        }
    }
}

#[derive(Clone, Copy)]
struct Signature {
    label: usize,
    parameters: usize,
    result: bool,
}

#[derive(Default)]
struct Compiler {
    pieces: Vec<Piece>,
    labels: usize,
    functions: BTreeMap<&'static str, Signature>,
    /// Names of the variables on the stack, and nothing for values of expressions.
    stack: Vec<Option<&'static str>>,
}

impl Compiler {
    fn label(&mut self) -> usize {
        self.labels = self.labels.saturating_add(1);
        self.labels
    }

    fn byte(&mut self, byte: u8) {
        self.pieces.push(Piece::Byte(byte));
    }

    /// The instruction of a family that reaches so far down, counted from 0.
    fn reaching(&mut self, first: u8, depth: usize, name: &'static str) -> Result<(), CompileError> {
        let depth = u8::try_from(depth).ok().filter(|depth| usize::from(*depth) < REACH);
        self.byte(first.saturating_add(depth.ok_or(CompileError::TooDeep(name))?));
        Ok(())
    }

    /// How many values lie above a variable.
    fn depth(&self, name: &'static str) -> Result<usize, CompileError> {
        let place = self.stack.iter().rev().position(|slot| *slot == Some(name));
        place.ok_or_else(|| CompileError::Unknown(name.to_owned()))
    }

    fn pop_to(&mut self, height: usize) {
        while self.stack.len() > height {
            self.byte(POP);
            self.stack.pop();
        }
    }

    fn push_target(&mut self, label: usize) {
        self.byte(PUSH2);
        self.pieces.push(Piece::Target(label));
    }

    fn push_number(&mut self, bytes: &[u8]) -> Result<(), CompileError> {
        let bytes = match bytes {
            [0] => &[],
            bytes => bytes,
        };
        let length = u8::try_from(bytes.len()).ok().filter(|length| usize::from(*length) <= WORD);
        self.byte(PUSH0.saturating_add(length.ok_or(CompileError::TooLarge)?));
        self.pieces.push(Piece::Bytes(bytes.to_vec()));
        Ok(())
    }

    /// Statements with variables of their own.
    fn block(&mut self, statements: &[Statement]) -> Result<(), CompileError> {
        let height = self.stack.len();
        for statement in statements {
            self.statement(statement)?;
        }
        self.pop_to(height);
        Ok(())
    }

    fn statement(&mut self, statement: &Statement) -> Result<(), CompileError> {
        match statement {
            // Functions come after everything else.
            Statement::Comment(_) | Statement::Function { .. } => {}
            Statement::Let(name, value) => {
                self.value(value)?;
                if let Some(top) = self.stack.last_mut() {
                    *top = Some(name);
                }
            }
            Statement::Assign(name, value) => {
                self.value(value)?;
                let depth = self.depth(name)?;
                // Above the variable there is at least its new value.
                self.reaching(SWAP1, depth.saturating_sub(1), name)?;
                self.byte(POP);
                self.stack.pop();
            }
            Statement::Do(value) => {
                if self.expr(value)? {
                    return Err(CompileError::Value(format!("{value:?}")));
                }
            }
            Statement::If(condition, body) => {
                let end = self.label();
                self.jump_unless(condition, end)?;
                self.block(body)?;
                self.place(end);
            }
            Statement::For { init, condition, post, body } => {
                let height = self.stack.len();
                init.iter().try_for_each(|statement| self.statement(statement))?;
                let [start, end] = [self.label(), self.label()];
                self.place(start);
                self.jump_unless(condition, end)?;
                self.block(body)?;
                self.block(post)?;
                self.push_target(start);
                self.byte(JUMP);
                self.place(end);
                self.pop_to(height);
            }
        }
        Ok(())
    }

    fn place(&mut self, label: usize) {
        self.pieces.push(Piece::Label(label));
    }

    fn jump_unless(&mut self, condition: &Expr, label: usize) -> Result<(), CompileError> {
        match condition {
            Expr::Call("iszero", arguments) if arguments.len() == 1 => {
                arguments.iter().try_for_each(|argument| self.value(argument))?;
            }
            condition => {
                self.value(condition)?;
                self.byte(0x15);
            }
        }
        self.push_target(label);
        self.byte(JUMPI);
        self.stack.pop();
        Ok(())
    }

    /// An expression that has a value.
    fn value(&mut self, expr: &Expr) -> Result<(), CompileError> {
        if self.expr(expr)? { Ok(()) } else { Err(CompileError::Value(format!("{expr:?}"))) }
    }

    /// Whether it has a value, which then lies on the stack.
    fn expr(&mut self, expr: &Expr) -> Result<bool, CompileError> {
        match expr {
            Expr::Number(number) => self.push_number(&number.to_bytes_be())?,
            Expr::Variable(name) => {
                let depth = self.depth(name)?;
                self.reaching(DUP1, depth, name)?;
            }
            Expr::Named(expr, _) => return self.expr(expr),
            Expr::DataOffset(name) => {
                self.byte(PUSH2);
                self.pieces.push(Piece::Offset(name));
            }
            Expr::DataSize(name) => {
                self.byte(PUSH2);
                self.pieces.push(Piece::Size(name));
            }
            Expr::Call(name, arguments) => return self.call(name, arguments),
        }
        self.stack.push(None);
        Ok(true)
    }

    fn call(&mut self, name: &'static str, arguments: &[Expr]) -> Result<bool, CompileError> {
        let height = self.stack.len();
        let function = self.functions.get(name).copied();
        let back = self.label();
        if function.is_some() {
            self.push_target(back);
            self.stack.push(None);
        }
        for argument in arguments.iter().rev() {
            self.value(argument)?;
        }
        let (inputs, output) = match (function, opcode(name)) {
            (Some(function), _) => {
                self.push_target(function.label);
                self.byte(JUMP);
                self.place(back);
                (function.parameters, function.result)
            }
            (None, Some(opcode)) => {
                self.byte(opcode.byte);
                (opcode.inputs, opcode.output)
            }
            (None, None) => return Err(CompileError::Unknown(name.to_owned())),
        };
        if inputs != arguments.len() {
            return Err(CompileError::Arguments(name.to_owned()));
        }
        self.stack.truncate(height);
        if output {
            self.stack.push(None);
        }
        Ok(output)
    }

    /// A function finds its arguments on the stack, the first on top, above the place to go back to. It leaves its result there.
    fn function(
        &mut self,
        name: &'static str,
        parameters: &[&'static str],
        result: Option<&'static str>,
        body: &[Statement],
    ) -> Result<(), CompileError> {
        let label = self.functions.get(name).ok_or_else(|| CompileError::Unknown(name.to_owned()))?.label;
        self.place(label);
        self.stack = vec![None];
        self.stack.extend(parameters.iter().rev().map(|name| Some(*name)));
        if let Some(result) = result {
            self.push_number(&[0])?;
            self.stack.push(Some(result));
        }
        self.block(body)?;
        if result.is_some() {
            // The result takes the place of the address, which comes on top.
            self.reaching(SWAP1, parameters.len(), name)?;
        }
        for _ in parameters {
            if result.is_some() {
                self.byte(SWAP1);
            }
            self.byte(POP);
        }
        self.byte(JUMP);
        self.stack.clear();
        Ok(())
    }
}

fn link(pieces: &[Piece], data: &[(&'static str, &[u8])]) -> Result<Linked, CompileError> {
    let mut places: BTreeMap<usize, usize> = BTreeMap::new();
    let mut length = 0_usize;
    for piece in pieces {
        if let Piece::Label(label) = piece {
            places.insert(*label, length);
        }
        length = length.saturating_add(piece.length());
    }
    let total = data.iter().fold(length, |sum, (_, bytes)| sum.saturating_add(bytes.len()));
    let two =
        |number: usize| u16::try_from(number).map(u16::to_be_bytes).map_err(|_| CompileError::TooLong(total));
    two(total)?;
    let find = |name: &&'static str| {
        let place = data.iter().position(|(other, _)| other == name);
        place.ok_or_else(|| CompileError::Unknown((*name).to_owned()))
    };
    let mut code = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Byte(byte) => code.push(*byte),
            Piece::Bytes(bytes) => code.extend(bytes),
            Piece::Label(_) => code.push(JUMPDEST),
            Piece::Target(label) => {
                let place = places
                    .get(label)
                    .copied()
                    .ok_or_else(|| CompileError::Unknown(format!("label {label}")))?;
                code.extend(two(place)?);
            }
            Piece::Offset(name) => {
                let before = data.iter().take(find(name)?).map(|(_, bytes)| bytes.len()).sum::<usize>();
                code.extend(two(length.saturating_add(before))?);
            }
            Piece::Size(name) => {
                let place = find(name)?;
                code.extend(two(data.get(place).map_or(0, |(_, bytes)| bytes.len()))?);
            }
        }
    }
    let bytes = data.iter().fold(code.clone(), |mut all, (_, bytes)| {
        all.extend_from_slice(bytes);
        all
    });
    Ok(Linked { code, bytes })
}
