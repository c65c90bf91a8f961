// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import "./EscrowFactoryBase.sol";
import "./TitleEscrowV4.sol";

/// The escrow factory of generation 4. It has no `supportsInterface`, as the genuine one (chain.md §1.5).
contract TitleEscrowFactoryV4 is EscrowFactoryBase {
    constructor() EscrowFactoryBase(address(new TitleEscrowV4())) {}

    function getAddress(address tokenRegistry, uint256 tokenId) external view returns (address) {
        return predicted(tokenRegistry, tokenId);
    }

    function refuseDeployment() internal pure override {
        revert("ERC1167: create2 failed");
    }
}
