// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import "./Roles.sol";

/// What the registries of both generations share: a token belongs to its title escrow, to the registry itself while it
/// is returned, or to 0x…dEaD once it was accepted (chain.md §1.6).
abstract contract RegistryBase is Roles {
    bytes32 public constant MINTER_ROLE = keccak256("MINTER_ROLE");
    bytes32 public constant ACCEPTER_ROLE = keccak256("ACCEPTER_ROLE");
    bytes32 public constant RESTORER_ROLE = keccak256("RESTORER_ROLE");
    address internal constant DEAD = 0x000000000000000000000000000000000000dEaD;

    string public name;
    string public symbol;
    mapping(uint256 => address) internal owners;
    mapping(address => uint256) private balances;
    bool public paused;
    address public immutable titleEscrowFactory;
    uint256 public immutable genesis;

    error InvalidTokenId();
    error TokenExists();
    error TransferFailure();

    event Transfer(address indexed from, address indexed to, uint256 indexed tokenId);
    event Paused(address account);
    event Unpaused(address account);

    constructor(string memory name_, string memory symbol_, address factory) {
        titleEscrowFactory = factory;
        genesis = block.number;
        setUp(name_, symbol_, msg.sender);
    }

    function ownerOf(uint256 tokenId) public view returns (address owner) {
        owner = owners[tokenId];
        require(owner != address(0), "ERC721: owner query for nonexistent token");
    }

    function balanceOf(address owner) external view returns (uint256) {
        require(owner != address(0), "ERC721: balance query for the zero address");
        return balances[owner];
    }

    function tokenURI(uint256 tokenId) external view returns (string memory) {
        require(owners[tokenId] != address(0), "ERC721Metadata: URI query for nonexistent token");
        return "";
    }

    function onERC721Received(address, address, uint256, bytes calldata) external pure returns (bytes4) {
        return this.onERC721Received.selector;
    }

    /// The ids both generations answer; 0x00000000 is a quirk of the genuine registries (chain.md §1.5).
    function supportsInterface(bytes4 id) public view virtual returns (bool) {
        return id == 0x01ffc9a7 || id == 0x00000000 || id == 0x5b5e139f || id == 0x7965db0b || id == 0x95a63a27;
    }

    function setUp(string memory name_, string memory symbol_, address admin) internal {
        name = name_;
        symbol = symbol_;
        grant(DEFAULT_ADMIN_ROLE, admin);
        grant(MINTER_ROLE, admin);
        grant(RESTORER_ROLE, admin);
        grant(ACCEPTER_ROLE, admin);
    }

    function move(address from, address to, uint256 tokenId) internal {
        if (from != address(0)) balances[from] -= 1;
        balances[to] += 1;
        owners[tokenId] = to;
        emit Transfer(from, to, tokenId);
    }
}
