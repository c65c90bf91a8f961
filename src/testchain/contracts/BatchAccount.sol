// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

/// An account that makes several calls in one transaction, for whoever asks: for histories in which one transaction holds
/// several operations. All of them succeed, or none.
contract BatchAccount {
    function run(address[] calldata targets, bytes[] calldata data) external {
        for (uint256 i = 0; i < targets.length; i++) {
            (bool ok, bytes memory answer) = targets[i].call(data[i]);
            if (!ok) {
                assembly { revert(add(answer, 32), mload(answer)) }
            }
        }
    }
}
