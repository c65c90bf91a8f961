// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import "./Roles.sol";

/// The store of OpenAttestation 3.0 and TradeTrust 2.7 to 4.1.1: one block number per hash (chain.md §3).
contract LegacyDocumentStore is RolesWithTexts {
    bytes32 public constant ISSUER_ROLE = keccak256("ISSUER_ROLE");
    bytes32 public constant REVOKER_ROLE = keccak256("REVOKER_ROLE");

    string public name;
    string public constant version = "2.3.0";
    mapping(bytes32 => uint256) public documentIssued;
    mapping(bytes32 => uint256) public documentRevoked;

    event DocumentIssued(bytes32 indexed document);
    event DocumentRevoked(bytes32 indexed document);
    event Initialized(uint8 version);

    constructor(string memory name_, address owner) {
        name = name_;
        grant(DEFAULT_ADMIN_ROLE, owner);
        grant(ISSUER_ROLE, owner);
        grant(REVOKER_ROLE, owner);
        emit Initialized(1);
    }

    function issue(bytes32 document) external onlyRole(ISSUER_ROLE) {
        issueOne(document);
    }

    function bulkIssue(bytes32[] calldata documents) external onlyRole(ISSUER_ROLE) {
        for (uint256 i = 0; i < documents.length; i++) issueOne(documents[i]);
    }

    function revoke(bytes32 document) external onlyRole(REVOKER_ROLE) returns (bool) {
        return revokeOne(document);
    }

    function bulkRevoke(bytes32[] calldata documents) external onlyRole(REVOKER_ROLE) {
        for (uint256 i = 0; i < documents.length; i++) revokeOne(documents[i]);
    }

    function isIssued(bytes32 document) public view returns (bool) {
        return documentIssued[document] != 0;
    }

    function isRevoked(bytes32 document) public view returns (bool) {
        return documentRevoked[document] != 0;
    }

    function getIssuedBlock(bytes32 document) external view returns (uint256) {
        require(isIssued(document), "Error: Only issued document hashes can be revoked");
        return documentIssued[document];
    }

    function isIssuedBefore(bytes32 document, uint256 blockNumber) external view returns (bool) {
        return isIssued(document) && documentIssued[document] <= blockNumber;
    }

    function isRevokedBefore(bytes32 document, uint256 blockNumber) external view returns (bool) {
        return isRevoked(document) && documentRevoked[document] <= blockNumber;
    }

    function supportsInterface(bytes4 id) external pure returns (bool) {
        return id == 0x01ffc9a7 || id == 0x7965db0b;
    }

    function issueOne(bytes32 document) private {
        require(!isIssued(document), "Error: Only hashes that have not been issued can be issued");
        documentIssued[document] = block.number;
        emit DocumentIssued(document);
    }

    function revokeOne(bytes32 document) private returns (bool) {
        require(!isRevoked(document), "Error: Hash has been revoked previously");
        documentRevoked[document] = block.number;
        emit DocumentRevoked(document);
        return true;
    }
}

/// What the two stores of OpenAttestation 4 share: roles and the set of revoked hashes.
abstract contract RevocableStore is RolesWithErrors {
    bytes32 public constant ISSUER_ROLE = keccak256("ISSUER_ROLE");
    bytes32 public constant REVOKER_ROLE = keccak256("REVOKER_ROLE");

    string public name;

    error ZeroDocument();
    error ZeroOwner();

    modifier whileNotZero(bytes32 document) {
        if (document == 0) revert ZeroDocument();
        _;
    }

    constructor(string memory name_, address admin) {
        if (admin == address(0)) revert ZeroOwner();
        name = name_;
        grant(DEFAULT_ADMIN_ROLE, admin);
        grant(ISSUER_ROLE, admin);
        grant(REVOKER_ROLE, admin);
        emit Initialized(1);
    }
}

/// The store of OpenAttestation 4: issues Merkle roots. A revocation counts for the root and the document itself only;
/// revoking a node between them has no effect, as in the genuine store (chain.md §3).
contract BatchableDocumentStore is RevocableStore {
    mapping(bytes32 => bool) private issuedRoots;
    mapping(bytes32 => bool) private revoked;

    error DocumentExists(bytes32 document);
    error InvalidDocument(bytes32 documentRoot, bytes32 document);
    error DocumentNotIssued(bytes32 documentRoot, bytes32 document);
    error InactiveDocument(bytes32 documentRoot, bytes32 document);

    event DocumentIssued(bytes32 indexed document);
    event DocumentRevoked(bytes32 indexed documentRoot, bytes32 indexed document);

    constructor(string memory name_, address admin) RevocableStore(name_, admin) {}

    function issue(bytes32 documentRoot) external whileNotZero(documentRoot) onlyRole(ISSUER_ROLE) {
        if (issuedRoots[documentRoot]) revert DocumentExists(documentRoot);
        issuedRoots[documentRoot] = true;
        emit DocumentIssued(documentRoot);
    }

    function revoke(bytes32 documentRoot) external onlyRole(REVOKER_ROLE) {
        revokeOne(documentRoot, documentRoot, new bytes32[](0));
    }

    function revoke(bytes32 documentRoot, bytes32 document, bytes32[] memory proof) external onlyRole(REVOKER_ROLE) {
        revokeOne(documentRoot, document, proof);
    }

    function isIssued(bytes32 documentRoot) external view returns (bool) {
        return isIssued(documentRoot, documentRoot, new bytes32[](0));
    }

    function isIssued(bytes32 documentRoot, bytes32 document, bytes32[] memory proof) public view returns (bool) {
        requireProof(documentRoot, document, proof);
        return issuedRoots[documentRoot];
    }

    function isRevoked(bytes32 documentRoot) external view returns (bool) {
        return isRevoked(documentRoot, documentRoot, new bytes32[](0));
    }

    function isRevoked(bytes32 documentRoot, bytes32 document, bytes32[] memory proof) public view returns (bool) {
        requireProof(documentRoot, document, proof);
        if (!issuedRoots[documentRoot]) revert DocumentNotIssued(documentRoot, document);
        return revoked[documentRoot] || revoked[document];
    }

    function isActive(bytes32 documentRoot) external view returns (bool) {
        return isActive(documentRoot, documentRoot, new bytes32[](0));
    }

    function isActive(bytes32 documentRoot, bytes32 document, bytes32[] memory proof) public view returns (bool) {
        return !isRevoked(documentRoot, document, proof);
    }

    function supportsInterface(bytes4 id) external pure returns (bool) {
        return id == 0x01ffc9a7 || id == 0x7965db0b || id == 0xb9391097 || id == 0xdcfd0745;
    }

    function revokeOne(bytes32 documentRoot, bytes32 document, bytes32[] memory proof) private {
        if (isRevoked(documentRoot, document, proof)) revert InactiveDocument(documentRoot, document);
        revoked[document] = true;
        emit DocumentRevoked(documentRoot, document);
    }

    /// Nodes are joined in byte order, so a proof is a list of siblings.
    function requireProof(bytes32 documentRoot, bytes32 document, bytes32[] memory proof) private pure {
        if (document == 0 || documentRoot == 0) revert ZeroDocument();
        bytes32 node = document;
        for (uint256 i = 0; i < proof.length; i++) {
            (bytes32 low, bytes32 high) = node < proof[i] ? (node, proof[i]) : (proof[i], node);
            node = keccak256(abi.encodePacked(low, high));
        }
        if (node != documentRoot) revert InvalidDocument(documentRoot, document);
    }
}

/// The store whose documents are ERC-721 tokens, one per document hash; a locked one stays with its first owner. It
/// says what happened by Transfer events only, as the genuine one does.
/// Approvals and pausing are left out: no check of ours reads them.
contract TransferableDocumentStore is RevocableStore {
    string public symbol;
    mapping(address => uint256) public balanceOf;
    mapping(uint256 => address) private owners;
    mapping(uint256 => bool) private locks;
    mapping(bytes32 => bool) private revoked;

    error DocumentIsRevoked(bytes32 document);
    error DocumentLocked(bytes32 document);
    error ERC721NonexistentToken(uint256 tokenId);
    error ERC721InvalidReceiver(address receiver);
    error ERC721InvalidSender(address sender);
    error ERC721IncorrectOwner(address sender, uint256 tokenId, address owner);
    error ERC721InsufficientApproval(address operator, uint256 tokenId);

    event Transfer(address indexed from, address indexed to, uint256 indexed tokenId);
    event Locked(uint256 tokenId);
    event Unlocked(uint256 tokenId);

    constructor(string memory name_, string memory symbol_, address admin) RevocableStore(name_, admin) {
        symbol = symbol_;
    }

    function issue(address to, bytes32 document, bool lock)
        external
        whileNotZero(document)
        onlyRole(ISSUER_ROLE)
    {
        if (revoked[document]) revert DocumentIsRevoked(document);
        if (to == address(0)) revert ERC721InvalidReceiver(to);
        if (locks[uint256(document)]) revert DocumentLocked(document);
        if (owners[uint256(document)] != address(0)) revert ERC721InvalidSender(address(0));
        move(address(0), to, uint256(document));
        locks[uint256(document)] = lock;
        if (lock) emit Locked(uint256(document));
        else emit Unlocked(uint256(document));
    }

    function revoke(bytes32 document) external onlyRole(REVOKER_ROLE) {
        address owner = ownerOf(uint256(document));
        balanceOf[owner] -= 1;
        delete owners[uint256(document)];
        revoked[document] = true;
        emit Transfer(owner, address(0), uint256(document));
    }

    function transferFrom(address from, address to, uint256 tokenId) external {
        if (to == address(0)) revert ERC721InvalidReceiver(to);
        address owner = ownerOf(tokenId);
        if (msg.sender != owner) revert ERC721InsufficientApproval(msg.sender, tokenId);
        if (locks[tokenId]) revert DocumentLocked(bytes32(tokenId));
        if (from != owner) revert ERC721IncorrectOwner(from, tokenId, owner);
        balanceOf[from] -= 1;
        move(from, to, tokenId);
    }

    function ownerOf(uint256 tokenId) public view returns (address owner) {
        owner = owners[tokenId];
        if (owner == address(0)) revert ERC721NonexistentToken(tokenId);
    }

    function locked(uint256 tokenId) external view whileNotZero(bytes32(tokenId)) returns (bool) {
        return locks[tokenId];
    }

    function isIssued(bytes32 document) public view whileNotZero(document) returns (bool) {
        return revoked[document] || owners[uint256(document)] != address(0);
    }

    function isRevoked(bytes32 document) external view returns (bool) {
        if (!isIssued(document)) revert ERC721NonexistentToken(uint256(document));
        return revoked[document];
    }

    function isActive(bytes32 document) public view returns (bool) {
        if (!isIssued(document)) revert ERC721NonexistentToken(uint256(document));
        return !revoked[document];
    }

    function supportsInterface(bytes4 id) external pure returns (bool) {
        return id == 0x01ffc9a7 || id == 0x7965db0b || id == 0xb9391097 || id == 0x7bf252b0 || id == 0x80ac58cd
            || id == 0x5b5e139f || id == 0xb45a3c0e;
    }

    function move(address from, address to, uint256 tokenId) private {
        balanceOf[to] += 1;
        owners[tokenId] = to;
        emit Transfer(from, to, tokenId);
    }
}
