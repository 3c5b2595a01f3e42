//! Payments that really were signed, and how they travel. Without the keys another cannot be made,
//! so this list is the whole truth about which payments are authentic; no signature has to be
//! judged to know it.
//!
//! They expired long ago. What is asked of them is whether they are recognised, and then nothing
//! else happens to them.

use std::sync::LazyLock;

use alloy_primitives::{Address, B256, U256, address, b256, hex, keccak256};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secp256k1::{Message, Secp256k1, SecretKey};

/// A chain, and what a signature for its USDC depends on.
#[derive(PartialEq, Eq, Debug)]
pub struct Chain {
    /// The name in version 2.
    pub caip2: &'static str,
    /// The name in version 1.
    pub v1: &'static str,
    /// EIP-155.
    pub id: u64,
    /// The token.
    pub usdc: Address,
    /// The token's name, as it is signed.
    pub token: &'static str,
}

/// Base.
pub static BASE: Chain = Chain {
    caip2: "eip155:8453",
    v1: "base",
    id: 8453,
    usdc: address!("0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"),
    token: "USD Coin",
};
/// Its test network.
pub static SEPOLIA: Chain = Chain {
    caip2: "eip155:84532",
    v1: "base-sepolia",
    id: 84532,
    usdc: address!("0x036CbD53842c5426634e7929541eC2318f3dCF7e"),
    token: "USDC",
};
/// Both.
pub const CHAINS: [&Chain; 2] = [&BASE, &SEPOLIA];

/// Who is paid.
pub const PAYEE: Address = address!("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC");
/// Public keys of every development chain, worth nothing.
const KEYS: [B256; 2] = [
    b256!("0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"),
    b256!("0x8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba"),
];
/// What our endpoints cost.
pub const PRICES: [u64; 3] = [540_000, 5_000_000, 1_000];

/// EIP-3009 `TransferWithAuthorization`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transfer {
    /// The payer.
    pub from: Address,
    /// The payee.
    pub to: Address,
    /// Millionths of a dollar.
    pub value: u64,
    /// Unix seconds.
    pub valid_after: u64,
    /// Unix seconds.
    pub valid_before: u64,
    /// The payer's choice.
    pub nonce: B256,
}

/// A transfer with its signature.
#[derive(Clone, Debug)]
pub struct Payment {
    /// Where it was signed for.
    pub chain: &'static Chain,
    /// What was signed.
    pub transfer: Transfer,
    /// r, s and v.
    pub signature: [u8; 65],
}

/// Every payment that exists: two payers, each chain, each price, and two that are signed for what
/// we do not sell.
pub static ALL: LazyLock<Vec<Payment>> = LazyLock::new(|| {
    let mut all = Vec::new();
    for (payer, key) in (0_u8..).zip(KEYS) {
        for (place, chain) in (0_u8..).zip(CHAINS) {
            for (thing, value) in (0_u8..).zip(PRICES.into_iter().chain([PRICES[0] + 1])) {
                let nonce = B256::repeat_byte(16 * (payer + 1) + 4 * place + thing);
                let (valid_after, valid_before) = (1_700_000_000, 1_700_000_900);
                let from = address_of(key);
                all.push(sign(chain, Transfer { from, to: PAYEE, value, valid_after, valid_before, nonce }, key));
            }
        }
    }
    let stray = Transfer { to: Address::repeat_byte(0x77), nonce: B256::repeat_byte(0x77), ..all[0].transfer.clone() };
    all.push(sign(&BASE, stray, KEYS[0]));
    all
});

/// What the chain deduplicates a payment by, as our keys write it: of the token that is paid in
/// there is one on each chain.
pub fn id(chain: &Chain, transfer: &Transfer) -> String {
    format!("{}:{:#x}:{:#x}", chain.caip2, transfer.from, transfer.nonce)
}

impl Payment {
    /// As published clients of version 1 write it.
    pub fn v1(&self) -> String {
        let Self { chain, .. } = self;
        format!(r#"{{"x402Version":1,"scheme":"exact","network":"{}","payload":{}}}"#, chain.v1, self.payload())
    }

    /// As published clients of version 2 write it, echoes included.
    pub fn v2(&self) -> String {
        let Self { chain, transfer, .. } = self;
        format!(
            concat!(
                r#"{{"x402Version":2,"payload":{},"extensions":{{"builder-code":{{"info":{{"s":["a"]}}}}}},"#,
                r#""resource":{{"url":"https://elsewhere.example/","description":"as the client likes"}},"#,
                r#""accepted":{{"scheme":"exact","network":"{}","amount":"{}","asset":"{}","payTo":"{}","#,
                r#""maxTimeoutSeconds":300,"extra":{{"name":"{}","version":"2"}}}}}}"#
            ),
            self.payload(),
            chain.caip2,
            transfer.value,
            chain.usdc,
            transfer.to,
            chain.token
        )
    }

    /// The same in either version.
    pub fn payload(&self) -> String {
        let Transfer { from, to, value, valid_after, valid_before, nonce } = &self.transfer;
        format!(
            concat!(
                r#"{{"signature":"{}","authorization":{{"from":"{}","to":"{}","value":"{}","validAfter":"{}","#,
                r#""validBefore":"{}","nonce":"{:#x}"}}}}"#
            ),
            hex::encode_prefixed(self.signature),
            from,
            to,
            value,
            valid_after,
            valid_before,
            nonce
        )
    }
}

/// A document as a header carries it.
pub fn encode(document: &str) -> String {
    STANDARD.encode(document)
}

fn sign(chain: &'static Chain, transfer: Transfer, key: B256) -> Payment {
    let digest = Message::from_digest(digest(chain, &transfer).0);
    let (recovery, rs) = Secp256k1::new().sign_ecdsa_recoverable(digest, &secret(key)).serialize_compact();
    let mut signature = [27; 65];
    signature[..64].copy_from_slice(&rs);
    signature[64] += u8::try_from(i32::from(recovery)).expect("0 or 1");
    Payment { chain, transfer, signature }
}

/// EIP-712, word by word.
fn digest(chain: &Chain, transfer: &Transfer) -> B256 {
    let kind = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
    let domain = hash(&[
        keccak256(kind),
        keccak256(chain.token),
        keccak256("2"),
        B256::from(U256::from(chain.id)),
        chain.usdc.into_word(),
    ]);
    let kind = "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 \
                validBefore,bytes32 nonce)";
    let message = hash(&[
        keccak256(kind),
        transfer.from.into_word(),
        transfer.to.into_word(),
        B256::from(U256::from(transfer.value)),
        B256::from(U256::from(transfer.valid_after)),
        B256::from(U256::from(transfer.valid_before)),
        transfer.nonce,
    ]);
    keccak256([b"\x19\x01".as_slice(), domain.as_slice(), message.as_slice()].concat())
}

fn hash(words: &[B256]) -> B256 {
    keccak256(words.iter().flat_map(|word| word.0).collect::<Vec<u8>>())
}

fn secret(key: B256) -> SecretKey {
    SecretKey::from_byte_array(key.0).expect("a key")
}

fn address_of(key: B256) -> Address {
    let point = secret(key).public_key(&Secp256k1::new()).serialize_uncompressed();
    Address::from_slice(&keccak256(&point[1..])[12..])
}
