// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import "./RegistryBase.sol";
import "./TitleEscrowFactoryV5.sol";

/// A token registry with the public interface and the event order of generation 5 (chain.md §1.3–1.8).
contract RegistryV5 is RegistryBase, RolesWithErrors {
    bytes public remark;

    error TokenNotReturnedToIssuer();
    error RemarkLengthExceeded();
    error EnforcedPause();
    error ExpectedPause();

    event PauseWithRemark(address account, bytes remark);
    event UnpauseWithRemark(address account, bytes remark);

    modifier whileNotPaused() {
        if (paused) revert EnforcedPause();
        _;
    }

    modifier remarkFits(bytes calldata remark_) {
        if (remark_.length > 120) revert RemarkLengthExceeded();
        _;
    }

    constructor(string memory name_, string memory symbol_, address factory) RegistryBase(name_, symbol_, factory) {
        emit Initialized(1);
    }

    function mint(address beneficiary, address holder, uint256 tokenId, bytes calldata remark_)
        external
        whileNotPaused
        onlyRole(MINTER_ROLE)
        remarkFits(remark_)
        returns (address escrow)
    {
        if (owners[tokenId] != address(0)) revert TokenExists();
        escrow = TitleEscrowFactoryV5(titleEscrowFactory).create(tokenId);
        give(address(0), escrow, tokenId, abi.encode(beneficiary, holder, remark_));
    }

    function restore(uint256 tokenId, bytes calldata remark_)
        external
        whileNotPaused
        onlyRole(RESTORER_ROLE)
        remarkFits(remark_)
        returns (address escrow)
    {
        if (owners[tokenId] == address(0)) revert InvalidTokenId();
        if (owners[tokenId] != address(this)) revert TokenNotReturnedToIssuer();
        escrow = escrowOf(tokenId);
        give(address(this), escrow, tokenId, abi.encode(remark_));
    }

    function burn(uint256 tokenId, bytes calldata remark_)
        external
        whileNotPaused
        onlyRole(ACCEPTER_ROLE)
        remarkFits(remark_)
    {
        TitleEscrowV5(escrowOf(tokenId)).shred(remark_);
        move(address(this), DEAD, tokenId);
    }

    /// Only an escrow that returns its token passes: nobody else ever owns one.
    function transferFrom(address from, address to, uint256 tokenId, bytes calldata remark_)
        external
        remarkFits(remark_)
    {
        require(owners[tokenId] != address(0), "ERC721: operator query for nonexistent token");
        require(msg.sender == owners[tokenId], "ERC721: transfer caller is not owner nor approved");
        if (paused) revert EnforcedPause();
        if (from != msg.sender || to != address(this)) revert TransferFailure();
        move(from, to, tokenId);
    }

    function pause(bytes calldata remark_)
        external
        onlyRole(DEFAULT_ADMIN_ROLE)
        remarkFits(remark_)
        whileNotPaused
    {
        paused = true;
        remark = remark_;
        emit Paused(msg.sender);
        emit PauseWithRemark(msg.sender, remark_);
    }

    function unpause(bytes calldata remark_) external onlyRole(DEFAULT_ADMIN_ROLE) remarkFits(remark_) {
        if (!paused) revert ExpectedPause();
        paused = false;
        remark = remark_;
        emit Unpaused(msg.sender);
        emit UnpauseWithRemark(msg.sender, remark_);
    }

    function supportsInterface(bytes4 id) public view override returns (bool) {
        return id == 0xb8950977 || id == 0x6010a5e7 || id == 0xfe9d9303 || id == 0x5e089da7
            || super.supportsInterface(id);
    }

    function give(address from, address escrow, uint256 tokenId, bytes memory data) private {
        move(from, escrow, tokenId);
        TitleEscrowV5(escrow).onERC721Received(msg.sender, from, tokenId, data);
    }

    function escrowOf(uint256 tokenId) private view returns (address) {
        return TitleEscrowFactoryV5(titleEscrowFactory).getEscrowAddress(address(this), tokenId);
    }
}
