// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.34;

import {Header, HeaderRlp} from "./HeaderRlp.sol";
import {Timelock} from "./Timelock.sol";

/// A contract made by `foldproof_evm::Contract::new`: reverts or returns true.
interface IVerifier {
    function verifyProof(bytes calldata proof, uint256[] calldata inputs) external view returns (bool);
}

/// What the outputs of a model are: the word of whoever registers it.
enum Head {
    None,
    Tags,
    Anomaly,
    Class,
    Values,
    Graph
}

/// What a registered model says of a block. That it says so is proved; that it is right is not.
struct ModelClaim {
    uint256 commitment;
    Head kind;
    /// Digest of the labels, or the threshold of an anomaly head.
    uint256 head;
    uint256[] outputs;
}

/// What a proof says, once the gate has taken it.
struct Claims {
    /// Same for every proof of the same claims: what to be idempotent by. No commitment to a block is, since placement and salts
    /// give one block many.
    bytes32 key;
    uint256 statement;
    uint256 codebookRoot;
    bytes32 blockHash;
    uint256 height;
    uint256 timestamp;
    uint256 blockCommitment;
    uint256 foldCommitment;
    uint256 pqCommitment;
    /// Bit i: whether vector i lies within the codebook's error bound.
    uint256 withinBound;
    ModelClaim[] models;
}

/// @title What a chain believes of Foldproof's proofs
/// @notice Verifiers say that public inputs are proved. The gate says that they are inputs one knows: a registered statement, an
/// accepted codebook, registered models, and the block of a header. It holds no claims: it reads, and reverts or returns them.
/// @notice Rows of public inputs are those of `PublicInputs::rows` (`circuits/src/public.rs`).
contract FoldproofGate is Timelock {
    struct Statement {
        address verifier;
        bytes32 codeHash;
        /// Insist on all vectors within the codebook's error bound.
        bool requireWithinBound;
        /// Outputs of each model, in order.
        uint8[] outputs;
    }

    enum Status {
        Unknown,
        Active,
        Revoked
    }

    struct Model {
        Status status;
        Head kind;
        /// First second at which the model is valid, and first at which it is no longer: times of blocks, not of transactions.
        uint64 validFrom;
        uint64 validUntil;
        uint256 head;
    }

    /// Statement element, the first public input → how it is verified.
    mapping(uint256 => Statement) private _statements;
    mapping(uint256 root => bool) public codebooks;
    /// By commitment, which binds shape, parameters and head.
    mapping(uint256 commitment => Model) public models;

    /// Rows before those of models, and of each model before its outputs.
    uint256 private constant CORE_ROWS = 14;
    uint256 private constant MODEL_HEAD_ROWS = 2;
    uint256 private constant MOST_MODELS = 4;
    /// Six vectors, a bit each.
    uint256 private constant ALL_WITHIN_BOUND = (1 << 6) - 1;
    /// EIP-2935: hashes of the last 8,191 blocks. On another chain with this contract it has that chain's.
    address private constant HISTORY = 0x0000F90827F1C53a10cb7A02335B175320002935;
    bytes32 private constant NO_CODE = keccak256("");

    event StatementRegistered(uint256 indexed statement, address verifier, bytes32 codeHash);
    event StatementRemoved(uint256 indexed statement);
    event CodebookAccepted(uint256 indexed root, bool accepted);
    event ModelRegistered(uint256 indexed commitment, Head kind, uint256 head, uint64 validFrom, uint64 validUntil);
    event ModelRevoked(uint256 indexed commitment);

    /// Not registered: is the proof for another gate?
    error StatementUnknown(uint256 found);
    /// As many inputs as the statement has were expected; one more only with a context, by the functions that take a nonce.
    error InputCount(uint256 expected, uint256 found);
    error CodebookNotAccepted(uint256 found);
    error OutsideBound(uint256 withinBound);
    /// A public input is not the header's: the proof is of another block, or the header is.
    error HeaderField(uint256 row, uint256 expected, uint256 found);
    /// The chain has no hash of this height any more, or none yet: prove a later block, or one of the last 8,191.
    error BlockHashUnknown(uint256 height);
    /// The header is not the one with this hash.
    error BlockHash(bytes32 expected, bytes32 found);
    error ModelNotActive(uint256 commitment, Status found);
    error ModelHead(uint256 commitment, uint256 expected, uint256 found);
    /// `found` is the time of the block.
    error ModelNotValid(uint256 commitment, uint64 validFrom, uint64 validUntil, uint256 found);
    /// The proof was made for another sender, chain, gate or nonce.
    error Context(uint256 expected, uint256 found);
    /// No code, or other code than the one proposed: `found` is what is there now.
    error VerifierCode(address verifier, bytes32 expected, bytes32 found);
    /// The verifier's own error, e.g. `ProofRejected()`.
    error VerifierRefused(bytes reason);
    /// No revert, but not the word 1 either.
    error VerifierAnswer(bytes answer);
    /// A value that no entry has: 0, no outputs or too many, a time span that is empty.
    error WrongEntry();

    constructor(address admin_) Timelock(admin_) {}

    // Edits: see Timelock.

    /// Registers a verifier by its address and hash of code. The hash is the proposal's, so that what is enacted is what was
    /// looked at. It says nothing of what a proxy calls: register verifiers as they are made.
    function registerStatement(
        uint256 statement,
        address verifier,
        bytes32 codeHash,
        uint8[] calldata outputs,
        bool requireWithinBound
    ) external enacted {
        if (statement == 0 || outputs.length > MOST_MODELS) revert WrongEntry();
        for (uint256 i = 0; i < outputs.length; i++) {
            if (outputs[i] == 0) revert WrongEntry();
        }
        bytes32 found = verifier.codehash;
        if (found != codeHash || found == 0 || found == NO_CODE) revert VerifierCode(verifier, codeHash, found);
        _statements[statement] = Statement(verifier, codeHash, requireWithinBound, outputs);
        emit StatementRegistered(statement, verifier, codeHash);
    }

    function removeStatement(uint256 statement) external enacted {
        delete _statements[statement];
        emit StatementRemoved(statement);
    }

    function acceptCodebook(uint256 root, bool accepted) external enacted {
        codebooks[root] = accepted;
        emit CodebookAccepted(root, accepted);
    }

    /// Registers a model, or changes the entry of an active one. What is revoked stays so.
    function registerModel(uint256 commitment, Head kind, uint256 head, uint64 validFrom, uint64 validUntil)
        external
        enacted
    {
        Status status = models[commitment].status;
        if (status == Status.Revoked) revert ModelNotActive(commitment, status);
        if (kind == Head.None || validFrom >= validUntil) revert WrongEntry();
        models[commitment] = Model(Status.Active, kind, validFrom, validUntil, head);
        emit ModelRegistered(commitment, kind, head, validFrom, validUntil);
    }

    /// A model that must not be believed about any block. One that is replaced gets a `validUntil` instead.
    function revokeModel(uint256 commitment) external enacted {
        models[commitment].status = Status.Revoked;
        emit ModelRevoked(commitment);
    }

    // What the gate takes.

    /// A block of this chain, by its header: one of the last 8,191.
    function verifyBlock(bytes calldata proof, uint256[] calldata inputs, bytes calldata headerRlp)
        external
        view
        returns (Claims memory)
    {
        Header memory header = _ownHeader(headerRlp);
        return _verify(proof, inputs, inputs.length, header);
    }

    /// The same with a proof made for `context(msg.sender, nonce)`: nobody else can use it, who saw it on its way.
    function verifyBlockFor(bytes calldata proof, uint256[] calldata inputs, bytes calldata headerRlp, uint256 nonce)
        external
        view
        returns (Claims memory)
    {
        Header memory header = _ownHeader(headerRlp);
        return _verify(proof, inputs, _checkContext(inputs, nonce), header);
    }

    /// A block of any chain whose hash the caller trusts, for reasons of his own.
    function verifyBlockTrusted(
        bytes calldata proof,
        uint256[] calldata inputs,
        bytes calldata headerRlp,
        bytes32 trustedHash
    ) external view returns (Claims memory) {
        Header memory header = _trustedHeader(headerRlp, trustedHash);
        return _verify(proof, inputs, inputs.length, header);
    }

    function verifyBlockTrustedFor(
        bytes calldata proof,
        uint256[] calldata inputs,
        bytes calldata headerRlp,
        bytes32 trustedHash,
        uint256 nonce
    ) external view returns (Claims memory) {
        Header memory header = _trustedHeader(headerRlp, trustedHash);
        return _verify(proof, inputs, _checkContext(inputs, nonce), header);
    }

    /// What a proof has to be made for (`foldproof prove --context`). 248 bits, which are below the modulus.
    function context(address sender, uint256 nonce) public view returns (uint256) {
        return uint256(keccak256(abi.encode(block.chainid, address(this), sender, nonce))) >> 8;
    }

    /// How a statement is verified.
    function statements(uint256 statement) external view returns (Statement memory) {
        return _statements[statement];
    }

    /// The checks, cheapest first; the proof last.
    function _verify(bytes calldata proof, uint256[] calldata inputs, uint256 count, Header memory header)
        private
        view
        returns (Claims memory claims)
    {
        if (count < CORE_ROWS) revert InputCount(CORE_ROWS, count);
        Statement storage statement = _statements[inputs[0]];
        if (statement.verifier == address(0)) revert StatementUnknown(inputs[0]);
        claims.statement = inputs[0];
        claims.blockCommitment = inputs[1];
        claims.foldCommitment = inputs[2];
        claims.pqCommitment = inputs[3];
        claims.codebookRoot = inputs[4];
        claims.withinBound = inputs[13];
        if (!codebooks[claims.codebookRoot]) revert CodebookNotAccepted(claims.codebookRoot);
        if (statement.requireWithinBound && claims.withinBound != ALL_WITHIN_BOUND) {
            revert OutsideBound(claims.withinBound);
        }
        _checkHeader(inputs, header);
        claims.blockHash = header.hash;
        claims.height = header.number;
        claims.timestamp = header.timestamp;
        uint256[] memory commitments;
        (claims.models, commitments) = _checkModels(inputs, count, statement.outputs, header.timestamp);
        claims.key = keccak256(abi.encode(claims.blockHash, claims.statement, claims.codebookRoot, commitments));
        _checkProof(statement, proof, inputs);
    }

    function _ownHeader(bytes calldata rlp) private view returns (Header memory header) {
        header = HeaderRlp.decode(rlp);
        bytes32 hash = _hashOf(header.number);
        if (header.hash != hash) revert BlockHash(hash, header.hash);
    }

    function _trustedHeader(bytes calldata rlp, bytes32 trustedHash) private pure returns (Header memory header) {
        header = HeaderRlp.decode(rlp);
        if (header.hash != trustedHash) revert BlockHash(trustedHash, header.hash);
    }

    /// The hash of one of this chain's blocks. BLOCKHASH knows 256, EIP-2935 8,191; both say 0 where they know none.
    function _hashOf(uint256 height) private view returns (bytes32 hash) {
        hash = blockhash(height);
        if (hash != 0) return hash;
        (bool success, bytes memory answer) = HISTORY.staticcall(abi.encode(height));
        // Where the contract is not deployed the call succeeds, with no answer.
        if (success && answer.length == 32) hash = abi.decode(answer, (bytes32));
        if (hash == 0) revert BlockHashUnknown(height);
    }

    /// Rows 5 to 12. A root is two rows of 128 bits, which leaves a row no second value with the same meaning.
    function _checkHeader(uint256[] calldata inputs, Header memory header) private pure {
        _checkRow(inputs, 5, header.number);
        _checkRow(inputs, 6, header.timestamp);
        _checkRoot(inputs, 7, header.parentHash);
        _checkRoot(inputs, 9, header.stateRoot);
        _checkRoot(inputs, 11, header.transactionsRoot);
    }

    function _checkRoot(uint256[] calldata inputs, uint256 row, bytes32 root) private pure {
        _checkRow(inputs, row, uint256(root) >> 128);
        _checkRow(inputs, row + 1, uint128(uint256(root)));
    }

    function _checkRow(uint256[] calldata inputs, uint256 row, uint256 expected) private pure {
        if (inputs[row] != expected) revert HeaderField(row, expected, inputs[row]);
    }

    /// Rows 14 and on: commitment, head and outputs of each model. There are as many rows as the statement has, and no more.
    function _checkModels(uint256[] calldata inputs, uint256 count, uint8[] storage outputs, uint256 time)
        private
        view
        returns (ModelClaim[] memory claims, uint256[] memory commitments)
    {
        claims = new ModelClaim[](outputs.length);
        commitments = new uint256[](outputs.length);
        uint256 row = CORE_ROWS;
        for (uint256 i = 0; i < outputs.length; i++) {
            uint256 end = row + MODEL_HEAD_ROWS + outputs[i];
            if (end > count) revert InputCount(end, count);
            claims[i] = _checkModel(inputs[row], inputs[row + 1], time);
            claims[i].outputs = inputs[row + MODEL_HEAD_ROWS:end];
            commitments[i] = inputs[row];
            row = end;
        }
        if (row != count) revert InputCount(row, count);
    }

    function _checkModel(uint256 commitment, uint256 head, uint256 time)
        private
        view
        returns (ModelClaim memory claim)
    {
        Model storage model = models[commitment];
        if (model.status != Status.Active) revert ModelNotActive(commitment, model.status);
        // Bound by the commitment; compared so that the entry cannot say another.
        if (model.head != head) revert ModelHead(commitment, model.head, head);
        if (time < model.validFrom || time >= model.validUntil) {
            revert ModelNotValid(commitment, model.validFrom, model.validUntil, time);
        }
        (claim.commitment, claim.kind, claim.head) = (commitment, model.kind, head);
    }

    /// The last input is the context; gives how many there are without it.
    function _checkContext(uint256[] calldata inputs, uint256 nonce) private view returns (uint256 count) {
        if (inputs.length <= CORE_ROWS) revert InputCount(CORE_ROWS + 1, inputs.length);
        count = inputs.length - 1;
        uint256 expected = context(msg.sender, nonce);
        if (inputs[count] != expected) revert Context(expected, inputs[count]);
    }

    /// Asks the verifier, whose code is the registered one: an address without code would say yes to everything.
    function _checkProof(Statement storage statement, bytes calldata proof, uint256[] calldata inputs) private view {
        address verifier = statement.verifier;
        bytes32 codeHash = verifier.codehash;
        if (codeHash != statement.codeHash) revert VerifierCode(verifier, statement.codeHash, codeHash);
        (bool success, bytes memory answer) = verifier.staticcall(abi.encodeCall(IVerifier.verifyProof, (proof, inputs)));
        if (!success) revert VerifierRefused(answer);
        if (answer.length != 32 || abi.decode(answer, (uint256)) != 1) revert VerifierAnswer(answer);
    }
}
