//! The reference's table of answers on Solana, row by row, in both versions.

use std::time::Duration;

use serde_json::{Value, json};

use super::Facilitator;
use crate::ledger::SolanaLedger;
use crate::sim::chain::Network;
use crate::sim::solana::wire::Instruction;
use crate::sim::solana::{Cluster, Key, Pubkey, Solana};
use crate::sim::{Chain, Clock};
use crate::wallet::{Demand, SolanaPayment, SolanaWallet};

const PRICE: u64 = 540_000;

struct Lab {
    solana: Solana,
    facilitator: Facilitator,
    wallet: SolanaWallet,
    payee: Pubkey,
}

impl Lab {
    fn new() -> Self {
        let clock = Clock::wall();
        let solana = Solana::new(Cluster::Mainnet, clock.clone());
        let chain = Chain::new(Network::Base, clock.clone());
        let facilitator = Facilitator::new(chain, clock).with_solana(solana.clone());
        let (wallet, payee) = (SolanaWallet::random(&SolanaLedger::Simulated(solana.clone())), Key::random().address());
        solana.mint(wallet.address(), 5_000_000);
        solana.mint(payee, 0);
        Self { solana, facilitator, wallet, payee }
    }

    fn offer(&self) -> Value {
        json!({
            "scheme": "exact", "network": Cluster::Mainnet.caip2(), "amount": PRICE.to_string(),
            "asset": Cluster::Mainnet.usdc().to_string(), "payTo": self.payee.to_string(), "maxTimeoutSeconds": 300,
            "extra": {"feePayer": self.facilitator.fee_payer().to_string()},
        })
    }

    fn payment(&self) -> SolanaPayment {
        let resource = json!({"url": "https://example.com", "description": "A call", "mimeType": "application/json"});
        let required = json!({"resource": resource, "accepts": [self.offer()]});
        self.wallet.signs(&Demand { required, body: Value::Null })
    }

    /// The request about it, in both versions.
    fn bodies(&self, payment: SolanaPayment) -> [Value; 2] {
        let mut wanted = self.offer();
        let newer = json!({"x402Version": 2, "paymentPayload": payment.to_json(), "paymentRequirements": wanted});
        let amount = wanted["amount"].take();
        for (name, value) in [
            ("maxAmountRequired", amount),
            ("network", json!("solana")),
            ("resource", json!("https://example.com")),
            ("description", json!("A call")),
            ("mimeType", json!("application/json")),
        ] {
            wanted[name] = value;
        }
        let older = payment.version_1().to_json();
        [newer, json!({"x402Version": 1, "paymentPayload": older, "paymentRequirements": wanted})]
    }

    /// What both versions say of it, without the prefix of version 2.
    #[track_caller]
    fn refuses(&self, payment: SolanaPayment, reason: &str) {
        for body in self.bodies(payment) {
            let (status, said) = self.facilitator.verify(&body);
            assert_eq!((status, &said["isValid"]), (200, &json!(false)), "{said}");
            let found = said["invalidReason"].as_str().unwrap_or_default();
            assert_eq!(found.trim_start_matches("invalid_exact_svm_"), reason);
            let settled = self.facilitator.settle(&body).1;
            assert_eq!((&settled["success"], &settled["transaction"]), (&json!(false), &json!("")), "{settled}");
            assert_eq!(settled["errorReason"], said["invalidReason"]);
        }
        assert_eq!(self.solana.balance(self.payee), 0);
    }
}

#[test]
fn a_good_payment_is_settled_once() {
    let lab = Lab::new();
    let payment = lab.payment();
    let [newer, older] = lab.bodies(payment.clone());
    for body in [&newer, &older] {
        assert_eq!(lab.facilitator.verify(body).1, json!({"isValid": true, "payer": lab.wallet.text()}));
    }
    let settled = lab.facilitator.settle(&newer).1;
    assert_eq!((&settled["success"], &settled["payer"]), (&json!(true), &json!(lab.wallet.text())));
    assert_eq!(settled["network"], Cluster::Mainnet.caip2());
    let landed = lab.solana.transaction(settled["transaction"].as_str().unwrap_or_default());
    assert_eq!(landed.map(|landed| landed.transaction.digest()), Some(payment.paid_by().1));
    assert_eq!(lab.facilitator.settle(&older).1["errorReason"], "duplicate_settlement");
    lab.facilitator.restart();
    assert_eq!(lab.facilitator.settle(&newer).1["errorReason"], "invalid_exact_svm_transaction_simulation_failed");
    assert_eq!(lab.facilitator.settle(&older).1["errorReason"], "transaction_simulation_failed");
    assert_eq!(lab.solana.balance(lab.payee), PRICE);
}

#[test]
fn what_is_not_the_offer_is_refused() {
    let lab = Lab::new();
    let others = Key::random().address();
    let devnet = Cluster::Devnet.usdc();
    lab.refuses(lab.payment().amount(PRICE - 1), "payload_amount_mismatch");
    lab.refuses(lab.payment().amount(PRICE + 1), "payload_amount_mismatch");
    lab.refuses(lab.payment().mint(devnet), "payload_mint_mismatch");
    lab.refuses(lab.payment().to(others), "payload_recipient_mismatch");
    lab.refuses(lab.payment().fee_payer(others), "fee_payer_mismatch");
    lab.refuses(
        lab.payment().compute_price(5_000_001),
        "payload_transaction_instructions_compute_price_instruction_too_high",
    );
    let swapped = lab.payment().instructions(|all| all.swap(0, 1));
    lab.refuses(swapped, "payload_transaction_instructions_compute_limit_instruction");
    let short = lab.payment().instructions(|all| all.truncate(2));
    lab.refuses(short, "payload_transaction_instructions_length");
    lab.refuses(lab.payment().and_transfer(others, 1), "payload_unknown_fifth_instruction");
    let lamports = Instruction::system_transfer(lab.wallet.address(), others, 1);
    lab.refuses(lab.payment().without_memo().and(lamports), "payload_unknown_fourth_instruction");
    let account = Instruction::create_associated(lab.wallet.address(), others, devnet);
    lab.refuses(lab.payment().and(account), "payload_unknown_fifth_instruction");
}

#[test]
fn what_its_payer_has_not_signed_is_refused() {
    let lab = Lab::new();
    let other = SolanaWallet::random(&SolanaLedger::Simulated(lab.solana.clone()));
    lab.refuses(lab.payment().flipped(), "payload_signature_invalid");
    lab.refuses(lab.payment().unsigned_by_payer(), "payload_signature_invalid");
    let payment = lab.payment();
    lab.refuses(payment.signed_by(&other), "payload_signature_invalid");
    lab.refuses(lab.payment().bytes(|bytes| bytes.push(0)), "payload_transaction_could_not_be_decoded");
    lab.refuses(lab.payment().bytes(|bytes| bytes.truncate(200)), "payload_transaction_could_not_be_decoded");
}

#[test]
fn what_would_fail_on_the_cluster_is_refused() {
    let lab = Lab::new();
    let failed = "transaction_simulation_failed";
    lab.refuses(lab.payment().blockhash([9; 32]), failed);
    let payment = lab.payment();
    lab.solana.travel(Duration::from_mins(2));
    lab.refuses(payment, failed);
    lab.solana.change(lab.wallet.address(), |account| account.amount = PRICE - 1);
    lab.refuses(lab.payment(), failed);
    lab.solana.close_account(lab.wallet.address());
    lab.refuses(lab.payment(), failed);
}

#[test]
fn what_wallets_add_is_fine_and_so_is_a_message_without_a_version() {
    let lab = Lab::new();
    let lighthouse = lab.payment().and(Instruction::lighthouse()).and(Instruction::lighthouse());
    for payment in [lighthouse, lab.payment().legacy(), lab.payment().without_memo()] {
        let [newer, older] = lab.bodies(payment);
        assert_eq!(lab.facilitator.verify(&newer).1["isValid"], true);
        assert_eq!(lab.facilitator.verify(&older).1["isValid"], true);
    }
}

#[test]
fn a_key_that_is_no_longer_managed_pays_no_fees() {
    let lab = Lab::new();
    let [newer, older] = lab.bodies(lab.payment());
    lab.facilitator.rotate_fee_payer();
    let reason = |body: &Value| lab.facilitator.verify(body).1["invalidReason"].clone();
    assert_eq!(reason(&newer), "invalid_exact_svm_fee_payer_not_managed_by_facilitator");
    assert_eq!(reason(&older), "fee_payer_not_managed_by_facilitator");
    let [newer, _] = lab.bodies(lab.payment());
    lab.facilitator.add_fee_payer();
    assert_eq!(lab.facilitator.verify(&newer).1["isValid"], true);
}

#[test]
fn what_could_not_be_seen_confirmed_is_pending_or_in_version_1_failed() {
    let lab = Lab::new();
    lab.facilitator.pend_next(2, 200);
    let [newer, _] = lab.bodies(lab.payment());
    let pending = lab.facilitator.settle(&newer).1;
    assert_eq!(pending["errorReason"], "settlement_pending");
    assert_ne!(pending["transaction"], "");
    assert_eq!(lab.facilitator.settle(&newer).1, pending);
    let [_, older] = lab.bodies(lab.payment());
    let failed = lab.facilitator.settle(&older).1;
    assert_eq!((&failed["errorReason"], &failed["transaction"]), (&json!("transaction_failed"), &json!("")));
    lab.solana.mine();
    let settled = lab.facilitator.settle(&newer).1;
    assert_eq!((&settled["success"], &settled["transaction"]), (&json!(true), &pending["transaction"]));
    assert_eq!(lab.solana.balance(lab.payee), 2 * PRICE);
}
