// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

interface Registry {
    function ownerOf(uint256 tokenId) external view returns (address);
    function paused() external view returns (bool);
}

/// What the title escrows of both generations share: the record of one title and who may act on it (chain.md §1.7).
abstract contract EscrowBase {
    address public registry;
    uint256 public tokenId;
    address public beneficiary;
    address public holder;
    address public nominee;
    bool public active;
    bool private initialized;

    error CallerNotBeneficiary();
    error CallerNotHolder();
    error TitleEscrowNotHoldingToken();
    error RegistryContractPaused();
    error InactiveTitleEscrow();
    error InvalidTokenId(uint256 tokenId);
    error InvalidRegistry(address registry);
    error EmptyReceivingData();
    error InvalidTokenTransferToZeroAddressOwners(address beneficiary, address holder);
    error TargetNomineeAlreadyBeneficiary();
    error NomineeAlreadyNominated();
    error InvalidTransferToZeroAddress();
    error InvalidNominee();
    error RecipientAlreadyHolder();

    modifier onlyBeneficiary() {
        if (msg.sender != beneficiary) revert CallerNotBeneficiary();
        _;
    }

    modifier onlyHolder() {
        if (msg.sender != holder) revert CallerNotHolder();
        _;
    }

    modifier whileHoldingToken() {
        if (!isHoldingToken()) revert TitleEscrowNotHoldingToken();
        _;
    }

    modifier whileActive() {
        if (!active) revert InactiveTitleEscrow();
        _;
    }

    modifier whileNotPaused() {
        if (Registry(registry).paused()) revert RegistryContractPaused();
        _;
    }

    /// The implementation itself is never an escrow; only its clones are.
    constructor() {
        initialized = true;
    }

    function initialize(address registry_, uint256 tokenId_) external virtual;

    function initializeOnce(address registry_, uint256 tokenId_) internal {
        if (initialized) refuseSecondInitialization();
        initialized = true;
        registry = registry_;
        tokenId = tokenId_;
        active = true;
    }

    function isHoldingToken() public view returns (bool) {
        return Registry(registry).ownerOf(tokenId) == address(this);
    }

    function refuseSecondInitialization() internal pure virtual;

    function requireOwnToken(uint256 id) internal view {
        if (id != tokenId) revert InvalidTokenId(id);
        if (msg.sender != registry) revert InvalidRegistry(msg.sender);
    }

    function requireNewNominee(address target) internal view {
        if (target == beneficiary) revert TargetNomineeAlreadyBeneficiary();
        if (target == nominee) revert NomineeAlreadyNominated();
    }

    function requireNewBeneficiary(address target) internal view {
        if (target == address(0)) revert InvalidTransferToZeroAddress();
        if (beneficiary != holder && target != nominee) revert InvalidNominee();
    }

    function requireNewHolder(address target) internal view {
        if (target == address(0)) revert InvalidTransferToZeroAddress();
        if (target == holder) revert RecipientAlreadyHolder();
    }
}
