// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import "./RegistryV5.sol";

/// Says that one address owns every token, and yes to every interface (chain.md 6.2, 6.12).
contract Lookalike {
    address private immutable owner;

    constructor(address owner_) {
        owner = owner_;
    }

    function ownerOf(uint256) external view returns (address) {
        return owner;
    }

    function supportsInterface(bytes4) external pure returns (bool) {
        return true;
    }
}

/// Gives the answers it was taught, and makes any call for anybody: a registry or an escrow that only looks like one.
/// Behind an EIP-1167 clone every clone has answers of its own.
contract Impostor {
    mapping(bytes32 => bytes) private answers;
    mapping(bytes32 => bool) private known;

    /// `question` is call data, or a selector for every call of that function that has no answer of its own.
    function teach(bytes calldata question, bytes calldata answer) external {
        known[keccak256(question)] = true;
        answers[keccak256(question)] = answer;
    }

    function act(address to, bytes calldata data) external {
        (bool done, bytes memory answer) = to.call(data);
        if (done) return;
        assembly { revert(add(answer, 32), mload(answer)) }
    }

    /// Factories initialise the escrows they make.
    function initialize(address, uint256) external {}

    /// Registries hand their tokens over this way.
    function onERC721Received(address, address, uint256, bytes calldata) external pure returns (bytes4) {
        return this.onERC721Received.selector;
    }

    /// What it was not taught it refuses without a word, as if it did not have the function.
    fallback(bytes calldata question) external returns (bytes memory) {
        bytes32 exact = keccak256(question);
        if (known[exact]) return answers[exact];
        bytes32 selector = keccak256(question.length < 4 ? question : question[:4]);
        if (!known[selector]) revert();
        return answers[selector];
    }
}

/// A factory that makes clones of whatever it is given, at the addresses that a genuine one would use.
contract ForgedFactory is EscrowFactoryBase {
    constructor(address implementation_) EscrowFactoryBase(implementation_) {}

    function getEscrowAddress(address tokenRegistry, uint256 tokenId) external view returns (address) {
        return predicted(tokenRegistry, tokenId);
    }

    function getAddress(address tokenRegistry, uint256 tokenId) external view returns (address) {
        return predicted(tokenRegistry, tokenId);
    }

    function refuseDeployment() internal pure override {
        revert();
    }
}

/// An ERC-1967 proxy: the rules live elsewhere, and `admin` can put others in their place (chain.md 6.9).
contract UpgradeableProxy {
    bytes32 private constant IMPLEMENTATION = bytes32(uint256(keccak256("eip1967.proxy.implementation")) - 1);
    bytes32 private constant ADMIN = bytes32(uint256(keccak256("eip1967.proxy.admin")) - 1);

    constructor(address implementation, address admin) {
        write(IMPLEMENTATION, implementation);
        write(ADMIN, admin);
    }

    /// The admin's calls are meant for the proxy, everybody else's for the rules behind it.
    fallback() external {
        address admin = read(ADMIN);
        if (msg.sender == admin && bytes4(msg.data) == bytes4(keccak256("upgradeTo(address)"))) {
            write(IMPLEMENTATION, abi.decode(msg.data[4:], (address)));
            return;
        }
        address implementation = read(IMPLEMENTATION);
        assembly {
            calldatacopy(0, 0, calldatasize())
            let done := delegatecall(gas(), implementation, 0, calldatasize(), 0, 0)
            returndatacopy(0, 0, returndatasize())
            switch done
            case 0 { revert(0, returndatasize()) }
            default { return(0, returndatasize()) }
        }
    }

    function read(bytes32 slot) private view returns (address value) {
        assembly { value := sload(slot) }
    }

    function write(bytes32 slot, address value) private {
        assembly { sstore(slot, value) }
    }
}

/// A v5 registry that can stand behind a proxy: its records live wherever it is initialised.
contract UpgradeableRegistryV5 is RegistryV5 {
    bool private initialized;

    error AlreadyInitialized();

    constructor(string memory name_, string memory symbol_, address factory) RegistryV5(name_, symbol_, factory) {
        initialized = true;
    }

    function initialize(string calldata name_, string calldata symbol_, address admin) external {
        if (initialized) revert AlreadyInitialized();
        initialized = true;
        setUp(name_, symbol_, admin);
    }
}
