// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.34;

import {Claims, FoldproofGate, Head, ModelClaim} from "../FoldproofGate.sol";

/// @title An example of a contract that acts on what a model says of a block
/// @notice Whoever first reports a block that a registered model marks gets the credit for it. What a model says is a hint: do
/// not move more on it than a wrong hint may cost.
contract BlockAlarm {
    FoldproofGate public immutable gate;
    /// Commitment of the model that is listened to.
    uint256 public immutable model;
    /// Tags of which one at least has to be set. An anomaly is marked by its own threshold.
    uint256 public immutable tags;

    /// Key of the claims → who reported them.
    mapping(bytes32 => address) public reporterOf;
    /// Hash of a block → whether it is marked.
    mapping(bytes32 => bool) public marked;
    mapping(address => uint256) public credit;

    event Marked(bytes32 indexed blockHash, uint256 height, address indexed reporter);

    /// The proof has no claim of the model.
    error ModelMissing(uint256 expected);
    /// The model is one whose outputs this contract does not read.
    error HeadNotRead(Head found);
    /// The model does not mark the block.
    error NotMarked(bytes32 blockHash);

    constructor(FoldproofGate gate_, uint256 model_, uint256 tags_) {
        (gate, model, tags) = (gate_, model_, tags_);
    }

    /// Reports a block, with a proof made for `gate.context(address(this), uint160(reporter))`: to the gate this contract is the
    /// sender, and the nonce says for whom it asks. A proof copied from the pool is of no use to another reporter.
    /// A report that is there already changes nothing, whoever makes it and by whatever proof.
    function report(bytes calldata proof, uint256[] calldata inputs, bytes calldata headerRlp) external {
        Claims memory claims = gate.verifyBlockFor(proof, inputs, headerRlp, uint160(msg.sender));
        if (!_marks(_claimOf(claims))) revert NotMarked(claims.blockHash);
        if (reporterOf[claims.key] != address(0)) return;
        reporterOf[claims.key] = msg.sender;
        // Another statement with the same model has another key: the block is marked once.
        if (marked[claims.blockHash]) return;
        marked[claims.blockHash] = true;
        credit[msg.sender] += 1;
        emit Marked(claims.blockHash, claims.height, msg.sender);
    }

    function _claimOf(Claims memory claims) private view returns (ModelClaim memory) {
        for (uint256 i = 0; i < claims.models.length; i++) {
            if (claims.models[i].commitment == model) return claims.models[i];
        }
        revert ModelMissing(model);
    }

    function _marks(ModelClaim memory claim) private view returns (bool) {
        if (claim.kind == Head.Tags) return claim.outputs[0] & tags != 0;
        // The head of an anomaly model is the least score that it flags.
        if (claim.kind == Head.Anomaly) return claim.outputs[0] >= claim.head;
        revert HeadNotRead(claim.kind);
    }
}
