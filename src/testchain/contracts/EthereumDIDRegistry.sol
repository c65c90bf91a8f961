// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

/// The ERC-1056 registry that did:ethr is resolved from (checks.md §6.1). Every event names the block of the one before
/// it. Writes with a detached signature are left out, so `nonce` stays zero.
contract EthereumDIDRegistry {
    mapping(address => address) public owners;
    mapping(address => mapping(bytes32 => mapping(address => uint256))) public delegates;
    mapping(address => uint256) public changed;
    mapping(address => uint256) public nonce;

    event DIDOwnerChanged(address indexed identity, address owner, uint256 previousChange);
    event DIDDelegateChanged(
        address indexed identity, bytes32 delegateType, address delegate, uint256 validTo, uint256 previousChange);
    event DIDAttributeChanged(
        address indexed identity, bytes32 name, bytes value, uint256 validTo, uint256 previousChange);

    modifier onlyOwnerOf(address identity) {
        require(msg.sender == identityOwner(identity), "bad_actor");
        _;
        changed[identity] = block.number;
    }

    function identityOwner(address identity) public view returns (address) {
        return owners[identity] == address(0) ? identity : owners[identity];
    }

    function validDelegate(address identity, bytes32 delegateType, address delegate) external view returns (bool) {
        return delegates[identity][keccak256(abi.encode(delegateType))][delegate] > block.timestamp;
    }

    function changeOwner(address identity, address newOwner) external onlyOwnerOf(identity) {
        owners[identity] = newOwner;
        emit DIDOwnerChanged(identity, newOwner, changed[identity]);
    }

    function addDelegate(address identity, bytes32 delegateType, address delegate, uint256 validity) external {
        setDelegate(identity, delegateType, delegate, block.timestamp + validity);
    }

    function revokeDelegate(address identity, bytes32 delegateType, address delegate) external {
        setDelegate(identity, delegateType, delegate, block.timestamp);
    }

    function setAttribute(address identity, bytes32 name, bytes calldata value, uint256 validity)
        external
        onlyOwnerOf(identity)
    {
        emit DIDAttributeChanged(identity, name, value, block.timestamp + validity, changed[identity]);
    }

    function revokeAttribute(address identity, bytes32 name, bytes calldata value) external onlyOwnerOf(identity) {
        emit DIDAttributeChanged(identity, name, value, 0, changed[identity]);
    }

    function setDelegate(address identity, bytes32 delegateType, address delegate, uint256 validTo)
        private
        onlyOwnerOf(identity)
    {
        delegates[identity][keccak256(abi.encode(delegateType))][delegate] = validTo;
        emit DIDDelegateChanged(identity, delegateType, delegate, validTo, changed[identity]);
    }
}
