//! The embedded EVM as a chain.

use foldproof_evm::encoding::{Address, Word};
use foldproof_evm::machine::{Machine, Outcome};

use super::deploy::{Chain, Fault, reason};

pub struct Embedded {
    machine: Machine,
    pub sender: Address,
}

impl Embedded {
    /// A chain whose last block has this hash, height and time.
    pub fn after(sender: Address, hash: Word, height: u64, time: u64) -> Self {
        let mut machine = Machine::default();
        machine.set_block(height.saturating_add(1), time.saturating_add(12));
        machine.set_block_hash(height, hash);
        Self { machine, sender }
    }
}

fn output(outcome: Outcome) -> Result<Vec<u8>, Fault> {
    match outcome {
        Outcome::Success { output, gas } => {
            println!("    {gas} gas");
            Ok(output)
        }
        Outcome::Revert { output, .. } => Err(reason(&output)),
        Outcome::Halt { reason, .. } => Err(Fault(reason)),
    }
}

impl Chain for Embedded {
    fn sender(&self) -> Address {
        self.sender
    }

    fn create(&mut self, code: &[u8]) -> Result<Address, Fault> {
        let (address, outcome) =
            self.machine.create(self.sender, code).map_err(|error| Fault(error.to_string()))?;
        output(outcome)?;
        address.ok_or_else(|| Fault("no contract was created".to_owned()))
    }

    fn send(&mut self, to: Address, data: &[u8]) -> Result<(), Fault> {
        self.read(to, data).map(drop)
    }

    fn read(&mut self, to: Address, data: &[u8]) -> Result<Vec<u8>, Fault> {
        output(self.machine.call(self.sender, to, data).map_err(|error| Fault(error.to_string()))?)
    }

    fn code(&mut self, of: Address) -> Result<Vec<u8>, Fault> {
        Ok(self.machine.code(of))
    }
}
