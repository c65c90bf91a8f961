// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

/// Asks one account about one signature in one deployless `eth_call` (chain.md §5.7). It is never deployed: the constructor
/// returns the answer in place of runtime code. It judges nothing. Where nothing stands at the account, the deployment that
/// came with the signature is tried first (ERC-6492), within this call only; where something does, nothing but the account is
/// called. A hostile contract can neither burn the call, since it gets a part of the gas, nor swell the answer, which is cut.
contract Control {
    struct Out {
        uint256 chainId;
        uint256 number;
        uint256 timestamp;
        uint256 size; // of the account's code before anything was called
        bytes32 hash; // of that code
        uint256 deployedSize; // of its code when it was asked
        uint256 asked; // 0 nobody to ask, 1 returned, 2 refused, 3 used up its gas
        bytes answer;
    }

    uint256 private constant DEPLOY_GAS = 10_000_000;
    uint256 private constant ASK_GAS = 3_000_000;
    uint256 private constant RESERVE = 200_000;

    constructor(address account, bytes32 digest, bytes memory signature, address factory, bytes memory deployment) {
        Out memory o;
        o.chainId = block.chainid;
        o.number = block.number;
        o.timestamp = block.timestamp;
        bytes memory code = account.code;
        o.size = code.length;
        o.hash = keccak256(code);
        bool spent;
        if (o.size == 0 && factory != address(0)) {
            uint256 gasGiven = given(DEPLOY_GAS);
            uint256 before = gasleft();
            bool ok;
            assembly { ok := call(gasGiven, factory, 0, add(deployment, 32), mload(deployment), 0, 0) }
            spent = !ok && usedUp(before, gasGiven);
        }
        o.deployedSize = account.code.length;
        if (o.deployedSize > 0) {
            (o.asked, o.answer) = ask(account, abi.encodeWithSelector(0x1626ba7e, digest, signature));
        } else if (spent) {
            o.asked = 3;
        }
        bytes memory out = abi.encode(o);
        assembly { return(add(out, 32), mload(out)) }
    }

    function ask(address account, bytes memory data) private view returns (uint256 asked, bytes memory answer) {
        uint256 gasGiven = given(ASK_GAS);
        uint256 before = gasleft();
        bool ok;
        uint256 size;
        assembly {
            ok := staticcall(gasGiven, account, add(data, 32), mload(data), 0, 0)
            size := returndatasize()
        }
        if (!ok && usedUp(before, gasGiven)) return (3, "");
        if (size > 64) size = 64;
        answer = new bytes(size);
        assembly { returndatacopy(add(answer, 32), 0, size) }
        asked = ok ? 1 : 2;
    }

    /// As much as is wanted and there is, with enough kept back to tell the answer.
    function given(uint256 wanted) private view returns (uint256) {
        uint256 left = gasleft();
        left -= left / 64;
        if (left < RESERVE) return 0;
        left -= RESERVE;
        return left < wanted ? left : wanted;
    }

    /// What fails deep within leaves a little to those above it.
    function usedUp(uint256 before, uint256 gasGiven) private view returns (bool) {
        return before - gasleft() >= gasGiven - gasGiven / 8;
    }
}
