// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import "./EscrowFactoryBase.sol";
import "./TitleEscrowV5.sol";

/// The escrow factory of generation 5. It has no `supportsInterface`, as the genuine one (chain.md §1.5).
contract TitleEscrowFactoryV5 is EscrowFactoryBase {
    error FailedDeployment();

    constructor() EscrowFactoryBase(address(new TitleEscrowV5())) {}

    function getEscrowAddress(address tokenRegistry, uint256 tokenId) external view returns (address) {
        return predicted(tokenRegistry, tokenId);
    }

    function refuseDeployment() internal pure override {
        revert FailedDeployment();
    }
}
