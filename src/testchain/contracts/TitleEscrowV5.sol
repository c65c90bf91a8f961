// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import "./EscrowBase.sol";

interface RegistryWithRemarks {
    function transferFrom(address from, address to, uint256 tokenId, bytes calldata remark) external;
}

/// A title escrow with the public interface, the rules and the event order of generation 5 (chain.md §1.7, §1.8).
/// `prevBeneficiary` and `prevHolder` are the rights to reject; any other act of the appointee clears them.
contract TitleEscrowV5 is EscrowBase {
    address public prevBeneficiary;
    address public prevHolder;
    bytes public remark;

    error InvalidInitialization();
    error RemarkLengthExceeded();
    error DualRoleRejectionRequired();
    error TokenNotReturnedToIssuer();

    event Initialized(uint64 version);
    event TokenReceived(
        address indexed beneficiary,
        address indexed holder,
        bool indexed isMinting,
        address registry,
        uint256 tokenId,
        bytes remark
    );
    event Nomination(
        address indexed prevNominee, address indexed nominee, address registry, uint256 tokenId, bytes remark);
    event BeneficiaryTransfer(
        address indexed fromBeneficiary, address indexed toBeneficiary, address registry, uint256 tokenId, bytes remark);
    event HolderTransfer(
        address indexed fromHolder, address indexed toHolder, address registry, uint256 tokenId, bytes remark);
    event ReturnToIssuer(address indexed caller, address registry, uint256 tokenId, bytes remark);
    event Shred(address registry, uint256 tokenId, bytes remark);
    event RejectTransferBeneficiary(
        address indexed fromBeneficiary, address indexed toBeneficiary, address registry, uint256 tokenId, bytes remark);
    event RejectTransferHolder(
        address indexed fromHolder, address indexed toHolder, address registry, uint256 tokenId, bytes remark);
    event RejectTransferOwners(
        address indexed fromBeneficiary,
        address indexed toBeneficiary,
        address indexed fromHolder,
        address toHolder,
        address registry,
        uint256 tokenId,
        bytes remark
    );

    modifier remarkFits(bytes calldata remark_) {
        if (remark_.length > 120) revert RemarkLengthExceeded();
        _;
    }

    constructor() {
        emit Initialized(1);
    }

    function initialize(address registry_, uint256 tokenId_) external override {
        initializeOnce(registry_, tokenId_);
        emit Initialized(1);
    }

    function onERC721Received(address, address, uint256 id, bytes calldata data)
        external
        whileNotPaused
        whileActive
        returns (bytes4)
    {
        requireOwnToken(id);
        bool isMinting = beneficiary == address(0) || holder == address(0);
        if (isMinting) {
            if (data.length == 0) revert EmptyReceivingData();
            (address b, address h, bytes memory text) = abi.decode(data, (address, address, bytes));
            if (b == address(0) || h == address(0)) revert InvalidTokenTransferToZeroAddressOwners(b, h);
            setBeneficiary(b, "");
            setHolder(h, "");
            remark = text;
        } else {
            remark = abi.decode(data, (bytes));
        }
        emit TokenReceived(beneficiary, holder, isMinting, registry, tokenId, remark);
        return this.onERC721Received.selector;
    }

    function nominate(address nominee_, bytes calldata remark_)
        external
        whileNotPaused
        whileActive
        onlyBeneficiary
        whileHoldingToken
        remarkFits(remark_)
    {
        requireNewNominee(nominee_);
        prevBeneficiary = address(0);
        if (beneficiary == holder) prevHolder = address(0);
        remark = remark_;
        setNominee(nominee_, remark_);
    }

    function transferBeneficiary(address nominee_, bytes calldata remark_)
        external
        whileNotPaused
        whileActive
        onlyHolder
        whileHoldingToken
        remarkFits(remark_)
    {
        appointBeneficiary(nominee_, remark_);
    }

    function transferHolder(address newHolder, bytes calldata remark_)
        external
        whileNotPaused
        whileActive
        onlyHolder
        whileHoldingToken
        remarkFits(remark_)
    {
        appointHolder(newHolder, remark_);
    }

    function transferOwners(address nominee_, address newHolder, bytes calldata remark_)
        external
        whileNotPaused
        whileActive
        onlyHolder
        whileHoldingToken
        remarkFits(remark_)
    {
        appointBeneficiary(nominee_, remark_);
        appointHolder(newHolder, remark_);
    }

    function rejectTransferBeneficiary(bytes calldata remark_)
        external
        whileNotPaused
        whileActive
        onlyBeneficiary
        whileHoldingToken
        remarkFits(remark_)
    {
        if (prevBeneficiary == address(0)) revert InvalidTransferToZeroAddress();
        if (beneficiary == holder) revert DualRoleRejectionRequired();
        address from = beneficiary;
        remark = remark_;
        setBeneficiary(prevBeneficiary, remark_);
        prevBeneficiary = address(0);
        emit RejectTransferBeneficiary(from, beneficiary, registry, tokenId, remark_);
    }

    function rejectTransferHolder(bytes calldata remark_)
        external
        whileNotPaused
        whileActive
        onlyHolder
        whileHoldingToken
        remarkFits(remark_)
    {
        if (prevHolder == address(0)) revert InvalidTransferToZeroAddress();
        if (beneficiary == holder) revert DualRoleRejectionRequired();
        address from = holder;
        remark = remark_;
        setHolder(prevHolder, remark_);
        prevHolder = address(0);
        emit RejectTransferHolder(from, holder, registry, tokenId, remark_);
    }

    function rejectTransferOwners(bytes calldata remark_)
        external
        whileNotPaused
        whileActive
        whileHoldingToken
        onlyBeneficiary
        onlyHolder
        remarkFits(remark_)
    {
        if (prevBeneficiary == address(0) || prevHolder == address(0)) revert InvalidTransferToZeroAddress();
        (address b, address h) = (beneficiary, holder);
        remark = remark_;
        setBeneficiary(prevBeneficiary, remark_);
        setHolder(prevHolder, remark_);
        clearRejections();
        emit RejectTransferOwners(b, beneficiary, h, holder, registry, tokenId, remark_);
    }

    function returnToIssuer(bytes calldata remark_)
        external
        whileNotPaused
        whileActive
        onlyBeneficiary
        onlyHolder
        whileHoldingToken
        remarkFits(remark_)
    {
        setNominee(address(0), "");
        clearRejections();
        remark = remark_;
        RegistryWithRemarks(registry).transferFrom(address(this), registry, tokenId, remark_);
        emit ReturnToIssuer(msg.sender, registry, tokenId, remark_);
    }

    function shred(bytes calldata remark_) external whileNotPaused whileActive remarkFits(remark_) {
        if (isHoldingToken()) revert TokenNotReturnedToIssuer();
        if (msg.sender != registry) revert InvalidRegistry(msg.sender);
        setBeneficiary(address(0), "");
        setHolder(address(0), "");
        clearRejections();
        remark = remark_;
        active = false;
        emit Shred(registry, tokenId, remark_);
    }

    /// It denies 01ffc9a7: the genuine escrow is not ERC-165 compliant (chain.md §1.5).
    function supportsInterface(bytes4 id) external pure returns (bool) {
        return id == 0x3e143f7b;
    }

    function appointBeneficiary(address target, bytes calldata remark_) private {
        requireNewBeneficiary(target);
        prevBeneficiary = beneficiary;
        prevHolder = address(0);
        remark = remark_;
        setBeneficiary(target, remark_);
    }

    function appointHolder(address target, bytes calldata remark_) private {
        requireNewHolder(target);
        if (beneficiary == holder) prevBeneficiary = address(0);
        prevHolder = holder;
        remark = remark_;
        setHolder(target, remark_);
    }

    /// A pending nominee is cleared with the two characters "0x" as the remark: a quirk of the genuine escrow.
    function setBeneficiary(address target, bytes memory remark_) private {
        emit BeneficiaryTransfer(beneficiary, target, registry, tokenId, remark_);
        if (nominee != address(0)) setNominee(address(0), "0x");
        beneficiary = target;
    }

    function setHolder(address target, bytes memory remark_) private {
        emit HolderTransfer(holder, target, registry, tokenId, remark_);
        holder = target;
    }

    function setNominee(address target, bytes memory remark_) private {
        emit Nomination(nominee, target, registry, tokenId, remark_);
        nominee = target;
    }

    function clearRejections() private {
        prevBeneficiary = address(0);
        prevHolder = address(0);
    }

    function refuseSecondInitialization() internal pure override {
        revert InvalidInitialization();
    }
}
