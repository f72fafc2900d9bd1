//! An EVM to try contracts in, with the rules and limits of Ethereum's mainnet as of the fork Osaka: EIP-170 and EIP-3860 on code,
//! and 2²⁴ gas a transaction (EIP-7825).

use std::fmt;

use revm::context::{Context, TxEnv};
use revm::context_interface::result::{ExecutionResult, Output};
use revm::database::{AccountState, CacheDB, EmptyDB};
use revm::primitives::hardfork::SpecId;
use revm::primitives::{Address, B256, Bytes, TxKind, U256};
use revm::{ExecuteCommitEvm as _, MainBuilder as _, MainContext as _};

/// Most gas of a transaction.
pub const MAX_GAS: u64 = 1 << 24;
/// The fork whose rules and prices hold.
pub const FORK: SpecId = SpecId::OSAKA;

/// What came of a transaction that was included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It gave this back, at this much gas in all.
    Success {
        /// Gas, with that for calldata.
        gas: u64,
        /// Bytes.
        output: Vec<u8>,
    },
    /// It was taken back, with these bytes for a reason.
    Revert {
        /// Gas, with that for calldata.
        gas: u64,
        /// Bytes.
        output: Vec<u8>,
    },
    /// It ran out of gas, or did what is not allowed.
    Halt {
        /// Gas: all that it was given.
        gas: u64,
        /// Why.
        reason: String,
    },
}

impl Outcome {
    /// Gas in all.
    pub fn gas(&self) -> u64 {
        match self {
            Self::Success { gas, .. } | Self::Revert { gas, .. } | Self::Halt { gas, .. } => *gas,
        }
    }
}

/// A transaction that cannot be included: too much gas or code, or no funds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid(String);

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the transaction cannot be included: {}", self.0)
    }
}

impl std::error::Error for Invalid {}

/// A chain in memory.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    state: CacheDB<EmptyDB>,
    fork: Option<SpecId>,
    chain: Option<u64>,
    height: u64,
    timestamp: u64,
}

impl Machine {
    /// With the rules of another fork.
    pub fn under(fork: SpecId) -> Self {
        Self { fork: Some(fork), ..Self::default() }
    }

    /// Another number than mainnet's 1.
    pub fn set_chain(&mut self, number: u64) {
        self.chain = Some(number);
    }

    /// Of the next transactions' block.
    pub fn set_block(&mut self, height: u64, timestamp: u64) {
        (self.height, self.timestamp) = (height, timestamp);
    }

    /// What BLOCKHASH says of a height, for the 256 before this.
    pub fn set_block_hash(&mut self, height: u64, hash: [u8; 32]) {
        self.state.cache.block_hashes.insert(U256::from(height), B256::from(hash));
    }

    /// Puts code at an address, as if it had been there from the beginning.
    pub fn set_code(&mut self, address: [u8; 20], code: &[u8]) {
        let code = revm::state::Bytecode::new_raw(Bytes::copy_from_slice(code));
        let info = revm::state::AccountInfo::from_bytecode(code);
        self.state.insert_account_info(Address::from(address), info);
    }

    /// Code at an address.
    pub fn code(&mut self, address: [u8; 20]) -> Vec<u8> {
        let account = self.state.load_account(Address::from(address)).ok();
        let info = account.map(|account| account.info.clone()).unwrap_or_default();
        let code = info.code.or_else(|| self.state.cache.contracts.get(&info.code_hash).cloned());
        code.map(|code| code.original_bytes().to_vec()).unwrap_or_default()
    }

    /// Creates a contract; gives its address, and gas.
    ///
    /// # Errors
    /// If the transaction is invalid. A creation that fails is an outcome.
    pub fn create(
        &mut self,
        from: [u8; 20],
        init_code: &[u8],
    ) -> Result<(Option<[u8; 20]>, Outcome), Invalid> {
        let result = self.transact(from, TxKind::Create, init_code, U256::ZERO, MAX_GAS)?;
        let address = match &result {
            ExecutionResult::Success { output: Output::Create(_, address), .. } => {
                address.map(|address| address.0.0)
            }
            _ => None,
        };
        Ok((address, outcome(result)))
    }

    /// Calls a contract.
    ///
    /// # Errors
    /// If the transaction is invalid. A call that is taken back is an outcome.
    pub fn call(&mut self, from: [u8; 20], to: [u8; 20], data: &[u8]) -> Result<Outcome, Invalid> {
        self.call_with(from, to, data, 0, MAX_GAS)
    }

    /// The same, with value and another limit of gas.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub fn call_with(
        &mut self,
        from: [u8; 20],
        to: [u8; 20],
        data: &[u8],
        value: u64,
        gas: u64,
    ) -> Result<Outcome, Invalid> {
        self.transact(from, TxKind::Call(Address::from(to)), data, U256::from(value), gas).map(outcome)
    }

    fn transact(
        &mut self,
        from: [u8; 20],
        kind: TxKind,
        data: &[u8],
        value: U256,
        gas: u64,
    ) -> Result<ExecutionResult, Invalid> {
        let caller = Address::from(from);
        let account = self.state.load_account(caller).map_err(|error| Invalid(error.to_string()))?;
        // Prices are 0 here; value is what a caller may lack.
        account.info.balance = account.info.balance.max(value);
        if account.account_state == AccountState::NotExisting {
            account.account_state = AccountState::None;
        }
        let nonce = account.info.nonce;
        let transaction = TxEnv::builder()
            .caller(caller)
            .kind(kind)
            .data(Bytes::copy_from_slice(data))
            .value(value)
            .gas_limit(gas)
            .nonce(nonce)
            .chain_id(self.chain.or(Some(1)))
            .build()
            .map_err(|error| Invalid(format!("{error:?}")))?;
        let (height, timestamp, fork) = (self.height, self.timestamp, self.fork.unwrap_or(FORK));
        let chain = self.chain.unwrap_or(1);
        let mut evm = Context::mainnet()
            .with_db(&mut self.state)
            .modify_cfg_chained(|cfg| {
                cfg.set_spec_and_mainnet_gas_params(fork);
                cfg.chain_id = chain;
            })
            .modify_block_chained(|block| {
                block.number = U256::from(height);
                block.timestamp = U256::from(timestamp);
            })
            .build_mainnet();
        evm.transact_commit(transaction).map_err(|error| Invalid(error.to_string()))
    }
}

fn outcome(result: ExecutionResult) -> Outcome {
    let gas = result.tx_gas_used();
    match result {
        ExecutionResult::Success { output, .. } => {
            Outcome::Success { gas, output: output.into_data().to_vec() }
        }
        ExecutionResult::Revert { output, .. } => Outcome::Revert { gas, output: output.to_vec() },
        ExecutionResult::Halt { reason, .. } => Outcome::Halt { gas, reason: format!("{reason:?}") },
    }
}
