// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.34;

/// @title An admin whose edits wait
/// @notice One rule for all edits, those that add and those that revoke: proposed, seen by everybody for `delay` seconds, then
/// enacted. Adding at once would let a stolen key register a verifier that accepts anything; revoking at once would let the admin
/// silence a model between a user's look and the user's transaction. The price is that what has to go stays for `delay` seconds:
/// whoever cannot wait looks at what is proposed and stops by himself.
/// @notice The delay starts at 0, for the first entries, and can only grow. Do not rely on a gate before you have read it.
abstract contract Timelock {
    /// Who may propose and enact; nobody once renounced, and nothing changes any more.
    address public admin;
    /// Whom the admin has named to come next, and who has to accept: a mistyped address takes nothing over.
    address public pendingAdmin;
    /// Seconds between proposal and edit.
    uint256 public delay;
    /// Keccak-256 of an edit → when it was proposed; 0 if it is not.
    mapping(bytes32 id => uint256) public proposedAt;

    uint256 private constant MOST_DELAY = 365 days;

    event Proposed(bytes32 indexed id, bytes edit);
    event Withdrawn(bytes32 indexed id);
    event Enacted(bytes32 indexed id);
    event AdminChanged(address admin);
    event DelayRaised(uint256 delay);

    /// Only the admin may; after `renounceAdmin` nobody.
    error NotAdmin();
    /// Edits are made by `propose` and, after the delay, `enact`, not by calling them.
    error NotEnacted();
    /// Propose the edit first.
    error NotProposed(bytes32 id);
    /// When to come again.
    error NotDue(uint256 due);
    /// A delay grows, to at most a year.
    error WrongDelay(uint256 found);

    modifier onlyAdmin() {
        if (msg.sender != admin) revert NotAdmin();
        _;
    }

    /// An edit: this contract calls itself, and nothing else of its code does.
    modifier enacted() {
        if (msg.sender != address(this)) revert NotEnacted();
        _;
    }

    constructor(address admin_) {
        admin = admin_;
        emit AdminChanged(admin_);
    }

    /// Proposes an edit: the calldata of one of this contract's edits. It stands until it is enacted or withdrawn; to propose it
    /// again starts its delay again.
    function propose(bytes calldata edit) external onlyAdmin {
        bytes32 id = keccak256(edit);
        proposedAt[id] = block.timestamp;
        emit Proposed(id, edit);
    }

    /// Takes a proposal back.
    function withdraw(bytes32 id) external onlyAdmin {
        delete proposedAt[id];
        emit Withdrawn(id);
    }

    /// Makes an edit whose time has come.
    function enact(bytes calldata edit) external onlyAdmin {
        bytes32 id = keccak256(edit);
        if (proposedAt[id] == 0) revert NotProposed(id);
        // By the delay of today: one that was raised holds for what was proposed before, too.
        uint256 due = proposedAt[id] + delay;
        if (block.timestamp < due) revert NotDue(due);
        delete proposedAt[id];
        (bool done, bytes memory reason) = address(this).call(edit);
        if (!done) {
            // The edit's own error.
            assembly ("memory-safe") {
                revert(add(reason, 32), mload(reason))
            }
        }
        emit Enacted(id);
    }

    /// An edit.
    function raiseDelay(uint256 longer) external enacted {
        if (longer <= delay || longer > MOST_DELAY) revert WrongDelay(longer);
        delay = longer;
        emit DelayRaised(longer);
    }

    function transferAdmin(address next) external onlyAdmin {
        pendingAdmin = next;
    }

    function acceptAdmin() external {
        if (msg.sender != pendingAdmin) revert NotAdmin();
        _setAdmin(msg.sender);
    }

    /// For ever. What is proposed and not enacted never will be.
    function renounceAdmin() external onlyAdmin {
        _setAdmin(address(0));
    }

    function _setAdmin(address next) private {
        admin = next;
        delete pendingAdmin;
        emit AdminChanged(next);
    }
}
