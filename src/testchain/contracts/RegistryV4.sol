// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import "./RegistryBase.sol";
import "./TitleEscrowFactoryV4.sol";

/// A token registry with the public interface and the event order of generation 4: no remarks (chain.md §1.3–1.8).
contract RegistryV4 is RegistryBase, RolesWithTexts {
    error TokenNotSurrendered();

    modifier whileNotPaused() {
        require(!paused, "Pausable: paused");
        _;
    }

    constructor(string memory name_, string memory symbol_, address factory) RegistryBase(name_, symbol_, factory) {}

    function mint(address beneficiary, address holder, uint256 tokenId)
        external
        whileNotPaused
        onlyRole(MINTER_ROLE)
        returns (address escrow)
    {
        if (owners[tokenId] != address(0)) revert TokenExists();
        escrow = TitleEscrowFactoryV4(titleEscrowFactory).create(tokenId);
        give(address(0), escrow, tokenId, abi.encode(beneficiary, holder));
    }

    function restore(uint256 tokenId) external whileNotPaused onlyRole(RESTORER_ROLE) returns (address escrow) {
        if (owners[tokenId] == address(0)) revert InvalidTokenId();
        if (owners[tokenId] != address(this)) revert TokenNotSurrendered();
        escrow = escrowOf(tokenId);
        give(address(this), escrow, tokenId, "");
    }

    function burn(uint256 tokenId) external whileNotPaused onlyRole(ACCEPTER_ROLE) {
        TitleEscrowV4(escrowOf(tokenId)).shred();
        move(address(this), DEAD, tokenId);
    }

    /// Only an escrow that surrenders its token passes: nobody else ever owns one.
    function transferFrom(address from, address to, uint256 tokenId) external {
        require(owners[tokenId] != address(0), "ERC721: operator query for nonexistent token");
        require(msg.sender == owners[tokenId], "ERC721: transfer caller is not owner nor approved");
        require(!paused, "Pausable: paused");
        if (from != msg.sender || to != address(this)) revert TransferFailure();
        move(from, to, tokenId);
    }

    function pause() external onlyRole(DEFAULT_ADMIN_ROLE) whileNotPaused {
        paused = true;
        emit Paused(msg.sender);
    }

    function unpause() external onlyRole(DEFAULT_ADMIN_ROLE) {
        require(paused, "Pausable: not paused");
        paused = false;
        emit Unpaused(msg.sender);
    }

    function supportsInterface(bytes4 id) public view override returns (bool) {
        return id == 0x304ad1f2 || id == 0xc6c3bbe6 || id == 0x42966c68 || id == 0x9bea62ad
            || super.supportsInterface(id);
    }

    function give(address from, address escrow, uint256 tokenId, bytes memory data) private {
        move(from, escrow, tokenId);
        TitleEscrowV4(escrow).onERC721Received(msg.sender, from, tokenId, data);
    }

    function escrowOf(uint256 tokenId) private view returns (address) {
        return TitleEscrowFactoryV4(titleEscrowFactory).getAddress(address(this), tokenId);
    }
}
