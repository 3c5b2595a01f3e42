//! What a node refuses and in which words, what the token refuses, and how sure one is of what
//! when.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::wire::{Instruction, Message, Transaction, Version};
use super::{Cluster, Commitment, Failure, Key, LIFE, Pubkey, Solana, associated, base58, programs::Why};
use crate::sim::Clock;
use crate::sim::testing::{Probe, read};

struct Lab {
    chain: Solana,
    probe: Probe,
    fees: Key,
    wallet: Key,
    payee: Pubkey,
}

impl Lab {
    async fn new() -> Self {
        let chain = Solana::new(Cluster::Mainnet, Clock::wall());
        let (fees, wallet, payee) = (Key::random(), Key::random(), Key::random().address());
        chain.mint(wallet.address(), 1_000_000);
        chain.mint(payee, 0);
        let probe = Probe::new(chain.router()).await;
        Self { chain, probe, fees, wallet, payee }
    }

    fn transfer(&self, micros: u64) -> Instruction {
        let (mint, owner) = (self.chain.cluster().usdc(), self.wallet.address());
        Instruction::transfer_checked([associated(owner, mint), mint, associated(self.payee, mint)], owner, micros)
    }

    /// Signed by both.
    fn signed(&self, instructions: &[Instruction]) -> Transaction {
        let hash = self.chain.blockhash(Commitment::Finalized).0;
        self.with(Message::compile(self.fees.address(), instructions, hash))
    }

    fn with(&self, message: Message) -> Transaction {
        let mut transaction = Transaction::unsigned(message);
        transaction.sign(&self.fees);
        transaction.sign(&self.wallet);
        transaction
    }

    fn payment(&self, micros: u64) -> Transaction {
        self.signed(&[
            self.transfer(micros),
            Instruction::memo(&crate::sim::hex(&crate::sim::random::<8>()).into_bytes()),
        ])
    }

    async fn rpc(&self, method: &str, params: Value) -> Value {
        let request = json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params});
        let (status, body) = read(self.probe.request("POST", "/").json(&request)).await;
        assert_eq!((status, &body["id"]), (200, &json!(7)));
        body
    }

    async fn result(&self, method: &str, params: Value) -> Value {
        let body = self.rpc(method, params).await;
        assert!(body["error"].is_null(), "{body}");
        body["result"].clone()
    }

    async fn send(&self, transaction: &Transaction, options: Value) -> Value {
        let mut options = options;
        options["encoding"] = json!("base64");
        self.rpc("sendTransaction", json!([BASE64_STANDARD.encode(transaction.encode()), options])).await
    }
}

/// What `@solana/kit` 8.4 makes of the transaction below, as version 0.
const KIT: &str = "AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABpomtBhp4w\
    dTeuOwrh3p1fDfsIYvm8yrG0LB2CKWkfV29p/4Qnd5tM1UzgL65sPU2u9n57ysjXboL3xeSgueQJgAIBBAgFBQUFBQUFBQUF\
    BQUFBQUFBQUFBQUFBQUFBQUFBQUFBepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIsAQEBAQEBAQEBAQEBAQEBAQEB\
    AQEBAQEBAQEBAQEBAQEDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwICAgICAgICAgICAgICAgICAgICAgICAgIC\
    AgICAgICAwZGb+UhFzL/7K26csOb57yM5bvF9xJrLEObOkAAAAAFSlNamSkhBk0k6HFg2jh8fDW13bySu4HkH6hAQQVEjQbd\
    9uHXZaGT2cvhRs7reawctIXtX1s3kTqM9YV+/wCpCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkEBQAFAiBOAAAF\
    AAkDAQAAAAAAAAAHBAIEAwEKDGA9CAAAAAAABgYABWhlbGxvAA==";

#[test]
fn an_associated_account_is_where_the_program_puts_it() {
    let mint = Cluster::Mainnet.usdc();
    // The second is the second that is tried.
    for (owner, account) in [
        (1, "Gs6NxmndAL3PULGZeYUHCknpMdDVbL46eFCBh856p5z6"),
        (2, "8Ae4vjYTZ5Z8mq2GJMUXpU2LDKMsqDaA7Tg7sZ85Gz9T"),
        (3, "GewoiTtgmMFV5vERJqe64UJXUW2ygmxtAxZ8mhpju1dH"),
    ] {
        assert_eq!(associated(Pubkey([owner; 32]), mint).to_string(), account);
    }
}

#[test]
fn a_payment_is_the_same_bytes_as_elsewhere() {
    let wallet = Key::of_seed([7; 32]);
    let accounts = [Pubkey([1; 32]), Pubkey([2; 32]), Pubkey([3; 32])];
    let instructions = [
        Instruction::compute_limit(20_000),
        Instruction::compute_price(1),
        Instruction::transfer_checked(accounts, wallet.address(), 540_000),
        Instruction::memo(b"hello"),
    ];
    let mut transaction = Transaction::unsigned(Message::compile(Pubkey([5; 32]), &instructions, [9; 32]));
    transaction.sign(&wallet);
    assert_eq!(BASE64_STANDARD.encode(transaction.encode()), KIT);
}

#[tokio::test]
async fn what_is_written_is_read_and_nothing_else() {
    let lab = Lab::new().await;
    let transaction = lab.payment(1);
    let bytes = transaction.encode();
    assert_eq!(Transaction::decode(&bytes).as_ref(), Ok(&transaction));
    assert!(transaction.is_signed() && transaction.message.is_sane());
    assert!(Transaction::decode(&[bytes.as_slice(), &[0]].concat()).is_err(), "a byte too much");
    assert!(Transaction::decode(&bytes[..bytes.len() - 1]).is_err(), "a byte too few");
    let mut alias = bytes.clone();
    alias.splice(0..1, [0x82, 0x00]);
    assert!(Transaction::decode(&alias).is_err(), "a length that is not in its shortest form");
    let legacy = lab.with(Message { version: Version::Legacy, ..transaction.message.clone() });
    assert_eq!(Transaction::decode(&legacy.encode()).as_ref(), Ok(&legacy));
    let v1 = lab.with(Message { version: Version::V1, ..transaction.message.clone() });
    let bytes = v1.encode();
    assert_eq!(Transaction::decode(&bytes).as_ref(), Ok(&v1));
    assert!(v1.is_signed() && bytes[0] == 0x81 && bytes.ends_with(&v1.signatures[1]));
    assert!(Transaction::decode(&[bytes.as_slice(), &[0]].concat()).is_err(), "a byte too much");
    assert!(Transaction::decode(&bytes[..bytes.len() - 1]).is_err(), "a byte too few");
}

#[tokio::test]
async fn version_1_is_told_only_to_who_asks_for_it() {
    let lab = Lab::new().await;
    let payment = lab.with(Message { version: Version::V1, ..lab.payment(540_000).message });
    assert_eq!(lab.send(&payment, json!({})).await["result"], payment.signature());
    let asking = |most: Value| json!([payment.signature(), {"encoding": "base64", "commitment": "confirmed", "maxSupportedTransactionVersion": most}]);
    for most in [Value::Null, json!(0)] {
        let refused = lab.rpc("getTransaction", asking(most)).await;
        assert_eq!(refused["error"]["code"], -32015);
        assert!(refused["error"]["message"].as_str().is_some_and(|why| why.contains("version (1)")), "{refused}");
    }
    let whole = lab.result("getTransaction", asking(json!(1))).await;
    assert_eq!(
        (&whole["version"], &whole["transaction"][0]),
        (&json!(1), &json!(BASE64_STANDARD.encode(payment.encode())))
    );
    // What is too long for a packet fits there.
    let long = lab.signed(&[Instruction::memo(&[b'x'; 1500])]);
    assert_eq!(lab.send(&long, json!({})).await["error"]["code"], -32602);
    let long = lab.with(Message { version: Version::V1, ..long.message });
    assert_eq!(lab.send(&long, json!({})).await["result"], long.signature());
    let longer = lab.signed(&[Instruction::memo(&[b'x'; 4000])]);
    let longer = lab.with(Message { version: Version::V1, ..longer.message });
    assert_eq!(lab.send(&longer, json!({})).await["error"]["code"], -32602);
}

#[tokio::test]
async fn a_history_is_told_in_pages_of_a_thousand_and_begins_after_what_is_known() {
    let lab = Lab::new().await;
    lab.chain.clutter(lab.payee, 1_001, b"");
    let page = async |options: Value| lab.rpc("getSignaturesForAddress", json!([lab.payee.to_string(), options])).await;
    let first = page(json!({"commitment": "confirmed"})).await["result"].clone();
    assert_eq!(first.as_array().map(Vec::len), Some(1_000));
    let before = json!({"commitment": "confirmed", "before": first[998]["signature"]});
    let rest = page(before).await["result"].clone();
    assert_eq!((rest.as_array().map(Vec::len), &rest[0]), (Some(2), &first[999]));
    let until = json!({"commitment": "confirmed", "until": first[2]["signature"]});
    assert_eq!(page(until).await["result"].as_array().map(Vec::len), Some(2));
    // A node says nothing of what comes before what it does not know.
    let unknown = json!({"commitment": "confirmed", "before": base58(&[7; 64])});
    assert_eq!(page(unknown).await["result"], json!([]));
    assert_eq!(page(json!({"limit": 1_001})).await["error"]["code"], -32602);
    let future = json!({"commitment": "confirmed", "minContextSlot": lab.chain.slot() + 100});
    assert_eq!(page(future).await["error"]["code"], -32016);
}

#[tokio::test]
async fn a_payment_is_found_by_all_its_names() {
    let lab = Lab::new().await;
    let payment = lab.payment(540_000);
    let signature = payment.signature();
    assert_eq!(lab.send(&payment, json!({})).await["result"], signature);
    assert_eq!((lab.chain.balance(lab.wallet.address()), lab.chain.balance(lab.payee)), (460_000, 540_000));
    let account = associated(lab.payee, Cluster::Mainnet.usdc()).to_string();
    for address in [account.clone(), lab.wallet.address().to_string(), lab.fees.address().to_string()] {
        let found = lab.result("getSignaturesForAddress", json!([address, {"commitment": "confirmed"}])).await;
        assert_eq!(found[0]["signature"], signature);
        assert!(found[0]["memo"].as_str().is_some_and(|memo| memo.starts_with("[16] ")), "{found}");
    }
    let options = json!({"encoding": "base64", "commitment": "confirmed", "maxSupportedTransactionVersion": 0});
    let whole = lab.result("getTransaction", json!([signature, options])).await;
    assert_eq!(whole["transaction"][0], BASE64_STANDARD.encode(payment.encode()));
    assert_eq!((&whole["version"], &whole["meta"]["err"]), (&json!(0), &Value::Null));
    let held = lab.result("getTokenAccountBalance", json!([account, {"commitment": "confirmed"}])).await;
    assert_eq!(held["value"]["amount"], "540000");
    let old = json!([signature, {"encoding": "base64", "commitment": "confirmed"}]);
    assert_eq!(lab.rpc("getTransaction", old).await["error"]["code"], -32015);
}

#[tokio::test]
async fn no_node_is_sure_of_a_payment_at_once() {
    let lab = Lab::new().await;
    lab.chain.set_confirmation_lag(10);
    let signature = lab.payment(1).signature();
    let of_payee = |commitment: &str| json!([lab.wallet.address().to_string(), {"commitment": commitment}]);
    let payment = lab.payment(1);
    lab.send(&payment, json!({})).await;
    let status = lab.result("getSignatureStatuses", json!([[payment.signature(), signature]])).await;
    assert_eq!(status["value"][0]["confirmationStatus"], "processed");
    assert_eq!(status["value"][1], Value::Null);
    assert_eq!(lab.result("getSignaturesForAddress", of_payee("confirmed")).await, json!([]));
    assert_eq!(lab.rpc("getSignaturesForAddress", of_payee("processed")).await["error"]["code"], -32602);
    lab.chain.travel(Duration::from_secs(5));
    assert_eq!(lab.result("getSignaturesForAddress", of_payee("confirmed")).await[0]["signature"], payment.signature());
    assert_eq!(lab.result("getSignaturesForAddress", of_payee("finalized")).await, json!([]));
    lab.chain.travel(Duration::from_mins(10));
    assert_eq!(lab.result("getSignaturesForAddress", of_payee("finalized")).await[0]["signature"], payment.signature());
    let recent = lab.result("getSignatureStatuses", json!([[payment.signature()]])).await;
    assert_eq!(recent["value"][0], Value::Null, "only a search goes that far back");
    let search = json!([[payment.signature()], {"searchTransactionHistory": true}]);
    assert_eq!(lab.result("getSignatureStatuses", search).await["value"][0]["confirmationStatus"], "finalized");
}

#[tokio::test]
async fn a_blockhash_dies_after_a_hundred_and_fifty_blocks() {
    let lab = Lab::new().await;
    let payment = lab.payment(1);
    let hash = base58(&payment.message.blockhash);
    let valid = |commitment: &str| json!([hash, {"commitment": commitment}]);
    let latest = lab.result("getLatestBlockhash", json!([{"commitment": "finalized"}])).await;
    let height = lab.result("getBlockHeight", json!([{"commitment": "finalized"}])).await;
    assert!(
        latest["value"]["lastValidBlockHeight"]
            .as_u64()
            .zip(height.as_u64())
            .is_some_and(|(last, now)| last >= now + LIFE - 3)
    );
    assert_eq!(lab.result("isBlockhashValid", valid("finalized")).await["value"], true);
    let fresh = base58(&lab.chain.blockhash(Commitment::Processed).0);
    let unknown = lab.result("isBlockhashValid", json!([fresh, {"commitment": "finalized"}])).await;
    assert_eq!(unknown["value"], false, "a final bank has not heard of it yet");
    lab.chain.travel(Duration::from_secs(62));
    assert_eq!(lab.result("isBlockhashValid", valid("confirmed")).await["value"], false);
    let refused = lab.send(&payment, json!({})).await;
    assert_eq!(refused["error"]["code"], -32002);
    assert_eq!(refused["error"]["message"], "Transaction simulation failed: Blockhash not found");
    assert_eq!(refused["error"]["data"]["err"], "BlockhashNotFound");
    lab.send(&payment, json!({"skipPreflight": true})).await;
    assert!(lab.chain.transactions().is_empty(), "it is not taken into a block");
}

#[tokio::test]
async fn the_tokens_rules_are_its_programs() {
    let lab = Lab::new().await;
    let slot = lab.chain.slot();
    let tried = |instructions: &[Instruction]| lab.chain.simulate(&lab.signed(instructions), slot);
    let failed = |at: usize, why: Why| Err(Failure::Instruction(at, why));
    assert_eq!(tried(&[lab.transfer(1)]), Ok(()));
    assert_eq!(tried(&[lab.transfer(1_000_001)]), failed(0, Why::Custom(1)));
    let other = Instruction { data: [&[12], 1_u64.to_le_bytes().as_slice(), &[9]].concat(), ..lab.transfer(1) };
    assert_eq!(tried(&[other]), failed(0, Why::Custom(18)));
    let mint = Cluster::Mainnet.usdc();
    let theirs = Key::random().address();
    lab.chain.mint(theirs, 5);
    let steal = Instruction::transfer_checked(
        [associated(theirs, mint), mint, associated(lab.payee, mint)],
        lab.wallet.address(),
        5,
    );
    assert_eq!(tried(std::slice::from_ref(&steal)), failed(0, Why::Custom(4)));
    lab.chain.change(theirs, |account| account.delegate = Some((lab.wallet.address(), 4)));
    assert_eq!(tried(std::slice::from_ref(&steal)), failed(0, Why::Custom(1)));
    lab.chain.change(theirs, |account| account.delegate = Some((lab.wallet.address(), 5)));
    assert_eq!(tried(&[steal]), Ok(()));
    lab.chain.change(lab.payee, |account| account.frozen = true);
    assert_eq!(tried(&[lab.transfer(1)]), failed(0, Why::Custom(17)));
    lab.chain.close_account(lab.payee);
    assert_eq!(tried(&[Instruction::compute_price(1), lab.transfer(1)]), failed(1, Why::InvalidAccountData));
    assert_eq!(tried(&[Instruction::memo(&[0xff])]), failed(0, Why::InvalidInstructionData));
    let lamports = Instruction::system_transfer(lab.wallet.address(), lab.payee, 1);
    assert_eq!(tried(&[lamports]), Err(Failure::ProgramAccountNotFound));
}

#[tokio::test]
async fn a_node_takes_nothing_that_is_unsigned_or_known() {
    let lab = Lab::new().await;
    let mut unsigned = lab.payment(1);
    unsigned.signatures[1][0] ^= 1;
    assert_eq!(lab.send(&unsigned, json!({})).await["error"]["code"], -32003);
    assert_eq!(lab.send(&unsigned, json!({"skipPreflight": true})).await["result"], unsigned.signature());
    assert!(lab.chain.transactions().is_empty());
    let payment = lab.payment(1);
    lab.send(&payment, json!({})).await;
    assert_eq!(lab.send(&payment, json!({})).await["error"]["data"]["err"], "AlreadyProcessed");
    assert_eq!(lab.send(&payment, json!({"skipPreflight": true})).await["result"], payment.signature());
    assert_eq!(lab.chain.transactions().len(), 1);
    let poor = lab.payment(2_000_000);
    assert_eq!(lab.send(&poor, json!({"skipPreflight": true})).await["result"], poor.signature());
    let status = lab.result("getSignatureStatuses", json!([[poor.signature()]])).await;
    assert_eq!(status["value"][0]["err"], json!({"InstructionError": [0, {"Custom": 1}]}));
}

#[tokio::test]
async fn what_is_submitted_lands_or_dies() {
    let lab = Lab::new().await;
    lab.chain.submit(&lab.payment(1));
    lab.chain.forget_submitted();
    lab.chain.submit(&lab.payment(2));
    lab.chain.mine();
    lab.chain.submit(&lab.payment(4));
    lab.chain.travel(Duration::from_secs(90));
    lab.chain.mine();
    assert_eq!(lab.chain.balance(lab.payee), 2);
}

#[tokio::test]
async fn everything_else_is_an_error() {
    let lab = Lab::new().await;
    let code = |body: Value| body["error"]["code"].as_i64();
    assert_eq!(code(lab.rpc("getLargestAccounts", json!([])).await), Some(-32601));
    assert_eq!(code(lab.rpc("getAccountInfo", json!(["0x12"])).await), Some(-32602));
    assert_eq!(code(lab.rpc("sendTransaction", json!(["AAAA", {"encoding": "base64"}])).await), Some(-32602));
    assert_eq!(code(lab.rpc("getSlot", json!([{"minContextSlot": lab.chain.slot() + 100}])).await), Some(-32016));
    assert_eq!(code(lab.rpc("getSlot", json!([{"commitment": "safe"}])).await), Some(-32602));
    let nothing = json!([base58(&[7; 64]), {"encoding": "base64", "maxSupportedTransactionVersion": 0}]);
    assert_eq!(lab.result("getTransaction", nothing).await, Value::Null);
}
