// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

/// The part of AccessControl that registries and stores of this field are read and set up through. Every role is
/// administered by the default admin. The generations differ in how a stranger is refused.
abstract contract Roles {
    bytes32 public constant DEFAULT_ADMIN_ROLE = 0;
    mapping(bytes32 => mapping(address => bool)) private members;

    event RoleGranted(bytes32 indexed role, address indexed account, address indexed sender);
    event RoleRevoked(bytes32 indexed role, address indexed account, address indexed sender);

    modifier onlyRole(bytes32 role) {
        if (!members[role][msg.sender]) refuse(role);
        _;
    }

    function hasRole(bytes32 role, address account) public view returns (bool) {
        return members[role][account];
    }

    function getRoleAdmin(bytes32) external pure returns (bytes32) {
        return DEFAULT_ADMIN_ROLE;
    }

    function grantRole(bytes32 role, address account) external onlyRole(DEFAULT_ADMIN_ROLE) {
        grant(role, account);
    }

    function revokeRole(bytes32 role, address account) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (!members[role][account]) return;
        members[role][account] = false;
        emit RoleRevoked(role, account, msg.sender);
    }

    function grant(bytes32 role, address account) internal {
        if (members[role][account]) return;
        members[role][account] = true;
        emit RoleGranted(role, account, msg.sender);
    }

    function refuse(bytes32 role) internal view virtual;
}

/// Refuses with a custom error: registry v5 and the batchable stores.
abstract contract RolesWithErrors is Roles {
    error AccessControlUnauthorizedAccount(address account, bytes32 neededRole);

    event Initialized(uint64 version);

    function refuse(bytes32 role) internal view override {
        revert AccessControlUnauthorizedAccount(msg.sender, role);
    }
}

/// Refuses with a sentence: registry v4 and the legacy store.
abstract contract RolesWithTexts is Roles {
    function refuse(bytes32 role) internal view override {
        string memory who = hexadecimal(abi.encodePacked(msg.sender));
        string memory what = hexadecimal(abi.encodePacked(role));
        revert(string.concat("AccessControl: account ", who, " is missing role ", what));
    }

    function hexadecimal(bytes memory value) private pure returns (string memory) {
        bytes memory out = new bytes(value.length * 2);
        for (uint256 i = 0; i < out.length; i++) {
            uint8 digit = (uint8(value[i / 2]) >> (i % 2 == 0 ? 4 : 0)) & 15;
            out[i] = bytes1(digit + (digit < 10 ? 48 : 87));
        }
        return string.concat("0x", string(out));
    }
}
