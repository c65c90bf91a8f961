// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import "./EscrowBase.sol";

interface RegistryWithoutRemarks {
    function transferFrom(address from, address to, uint256 tokenId) external;
}

/// A title escrow with the public interface, the rules and the event order of generation 4: no remarks, no rejections,
/// and a Nomination with every change of the beneficiary (chain.md §1.7, §1.8).
contract TitleEscrowV4 is EscrowBase {
    error TokenNotSurrendered();

    event TokenReceived(
        address indexed beneficiary, address indexed holder, bool indexed isMinting, address registry, uint256 tokenId);
    event Nomination(address indexed prevNominee, address indexed nominee, address registry, uint256 tokenId);
    event BeneficiaryTransfer(
        address indexed fromBeneficiary, address indexed toBeneficiary, address registry, uint256 tokenId);
    event HolderTransfer(address indexed fromHolder, address indexed toHolder, address registry, uint256 tokenId);
    event Surrender(address indexed surrenderer, address registry, uint256 tokenId);
    event Shred(address registry, uint256 tokenId);

    function initialize(address registry_, uint256 tokenId_) external override {
        initializeOnce(registry_, tokenId_);
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
            (address b, address h) = abi.decode(data, (address, address));
            if (b == address(0) || h == address(0)) revert InvalidTokenTransferToZeroAddressOwners(b, h);
            setBeneficiary(b);
            setHolder(h);
        }
        emit TokenReceived(beneficiary, holder, isMinting, registry, tokenId);
        return this.onERC721Received.selector;
    }

    function nominate(address nominee_) external whileNotPaused whileActive onlyBeneficiary whileHoldingToken {
        requireNewNominee(nominee_);
        setNominee(nominee_);
    }

    function transferBeneficiary(address nominee_) external whileNotPaused whileActive onlyHolder whileHoldingToken {
        requireNewBeneficiary(nominee_);
        setBeneficiary(nominee_);
    }

    function transferHolder(address newHolder) external whileNotPaused whileActive onlyHolder whileHoldingToken {
        requireNewHolder(newHolder);
        setHolder(newHolder);
    }

    function transferOwners(address nominee_, address newHolder)
        external
        whileNotPaused
        whileActive
        onlyHolder
        whileHoldingToken
    {
        requireNewBeneficiary(nominee_);
        setBeneficiary(nominee_);
        requireNewHolder(newHolder);
        setHolder(newHolder);
    }

    function surrender() external whileNotPaused whileActive onlyBeneficiary onlyHolder whileHoldingToken {
        setNominee(address(0));
        RegistryWithoutRemarks(registry).transferFrom(address(this), registry, tokenId);
        emit Surrender(msg.sender, registry, tokenId);
    }

    function shred() external whileNotPaused whileActive {
        if (isHoldingToken()) revert TokenNotSurrendered();
        if (msg.sender != registry) revert InvalidRegistry(msg.sender);
        setBeneficiary(address(0));
        setHolder(address(0));
        active = false;
        emit Shred(registry, tokenId);
    }

    /// It denies 01ffc9a7: the genuine escrow is not ERC-165 compliant (chain.md §1.5).
    function supportsInterface(bytes4 id) external pure returns (bool) {
        return id == 0x079dff60;
    }

    /// The Nomination follows even when nobody was nominated.
    function setBeneficiary(address target) private {
        emit BeneficiaryTransfer(beneficiary, target, registry, tokenId);
        setNominee(address(0));
        beneficiary = target;
    }

    function setHolder(address target) private {
        emit HolderTransfer(holder, target, registry, tokenId);
        holder = target;
    }

    function setNominee(address target) private {
        emit Nomination(nominee, target, registry, tokenId);
        nominee = target;
    }

    function refuseSecondInitialization() internal pure override {
        revert("Initializable: contract is already initialized");
    }
}
