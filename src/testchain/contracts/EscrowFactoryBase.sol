// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

interface Escrow {
    function initialize(address registry, uint256 tokenId) external;
}

/// Makes one title escrow per registry and token: an EIP-1167 clone at a CREATE2 address (chain.md §1.9).
abstract contract EscrowFactoryBase {
    address public implementation;

    error CreateCallerNotContract();

    event TitleEscrowCreated(address indexed titleEscrow, address indexed tokenRegistry, uint256 indexed tokenId);

    constructor(address implementation_) {
        implementation = implementation_;
    }

    function create(uint256 tokenId) external returns (address escrow) {
        if (msg.sender.code.length == 0) revert CreateCallerNotContract();
        bytes memory code = cloneCreationCode();
        bytes32 salt = keccak256(abi.encodePacked(msg.sender, tokenId));
        assembly { escrow := create2(0, add(code, 32), mload(code), salt) }
        if (escrow == address(0)) refuseDeployment();
        Escrow(escrow).initialize(msg.sender, tokenId);
        emit TitleEscrowCreated(escrow, msg.sender, tokenId);
    }

    function predicted(address registry, uint256 tokenId) internal view returns (address) {
        bytes32 salt = keccak256(abi.encodePacked(registry, tokenId));
        bytes memory seed = abi.encodePacked(hex"ff", address(this), salt, keccak256(cloneCreationCode()));
        return address(uint160(uint256(keccak256(seed))));
    }

    function refuseDeployment() internal pure virtual;

    function cloneCreationCode() private view returns (bytes memory) {
        return abi.encodePacked(
            hex"3d602d80600a3d3981f3363d3d373d3d3d363d73", implementation, hex"5af43d82803e903d91602b57fd5bf3");
    }
}
