// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// A wallet that is a contract (EIP-1271). It accepts the owner's 65-byte signature followed by at least one more byte, and
/// nothing else: none of its signatures is one that a plain account could have made.
contract Wallet {
    bytes4 private constant ACCEPTED = 0x1626ba7e;
    bytes4 private constant REFUSED = 0xffffffff;

    address private immutable owner;

    constructor(address owner_) {
        owner = owner_;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        if (signature.length <= 65) return REFUSED;
        bytes32 r = bytes32(signature[0:32]);
        bytes32 s = bytes32(signature[32:64]);
        return ecrecover(hash, uint8(signature[64]), r, s) == owner ? ACCEPTED : REFUSED;
    }
}
