//! What a dry run says is what the real request then comes to: many requests of many wallets, one
//! after the other in a world in which nothing else happens. Each is rehearsed with the very
//! payment that is then used, or by a wallet that signs in.

use harness::request::{Request, Response};
use harness::spec::{BUY, CALL, CALLS, LIST, RENEW};
use harness::wallet::{Payment, Signer};
use harness::{Stack, Wallet, binaries};
use serde_json::{Value, json};
use shared::store::Pause;
use shared::types::{EvmNetwork, PhoneNumber};

use super::{by, dry, now, operator, rehearsed};

const ROUNDS: usize = 160;
const OPTED_OUT: &str = "+12133619999";

/// Knuth's generator, from a seed of its own.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % bound
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// Those who ask, and what they have.
struct Cast {
    /// With none, one, two numbers, and one that is blocked.
    wallets: Vec<(Wallet, Vec<String>)>,
    numbers: Vec<String>,
}

/// What was sold: where, to whose wallet, for which body, with which payment and under which name.
type Sold = (&'static str, usize, Value, Payment, Option<String>);

impl Cast {
    async fn of(stack: &Stack) -> Self {
        let mut wallets = Vec::new();
        for many in [0, 1, 2, 1] {
            let wallet = stack.wallet();
            let mut numbers = Vec::new();
            for _ in 0..many {
                numbers.push(stack.buys(&wallet).await);
            }
            wallets.push((wallet, numbers));
        }
        let numbers = wallets.iter().flat_map(|(_, numbers)| numbers.clone()).collect();
        Self { wallets, numbers }
    }

    fn request(&self, dice: &mut Dice, round: usize) -> (&'static str, Value) {
        let number = dice.one(&self.numbers).clone();
        let path = *dice.one(&[BUY, RENEW, RENEW, LIST, CALLS, CALL, CALL, CALL, CALL]);
        let body = match path {
            BUY => dice
                .one(&[json!({}), json!({"country": "CA"}), json!({"country": "ZZ"}), json!({"area_code": "1"})])
                .clone(),
            RENEW => dice
                .one(&[
                    json!({"phone_number": number}),
                    json!({"phone_number": number}),
                    json!({"phone_number": "+12125550199"}),
                    json!({}),
                ])
                .clone(),
            LIST => json!({}),
            CALLS => dice.one(&[json!({}), json!({"limit": 0}), json!({"limit": 3}), json!({"cursor": "x"})]).clone(),
            _ => {
                // Mostly another callee each time; some are called again, and some must not be
                // called.
                let fresh = format!("+1213361{round:04}");
                let to = dice
                    .one(&[
                        fresh.clone(),
                        fresh.clone(),
                        fresh,
                        "+12133610000".to_owned(),
                        OPTED_OUT.to_owned(),
                        "+19005551234".to_owned(),
                        self.numbers[0].clone(),
                    ])
                    .clone();
                let mut body =
                    json!({"phone_number": to, "task": "Confirm the reservation for two.", "max_duration": 1});
                match dice.below(5) {
                    0 => body["from"] = json!(number),
                    1 => body["task"] = json!("short"),
                    _ => {}
                }
                body
            }
        };
        (path, body)
    }
}

/// What can be wrong with a payment.
fn bent(dice: &mut Dice, payment: Payment) -> Payment {
    match dice.below(12) {
        0 => payment.valid_for(-60),
        1 => payment.value(1),
        2 => payment.signed_by(&Wallet::random()),
        3 => payment.valid_for(9 * 86_400),
        4 => payment.version_1(),
        _ => payment,
    }
}

/// What is the same in both: not the seconds, which pass between them, not the owner, who is not
/// told to a dry run, and not the address that a 402 names.
fn essence(answer: &Response) -> (u16, Value) {
    let mut body = answer.json();
    let waits = body.get("retry_after_seconds").is_some();
    for gone in ["retry_after_seconds", "actualOwner", "accepts", "resource"] {
        body.as_object_mut().expect("an object").remove(gone);
    }
    if waits {
        body.as_object_mut().expect("an object").remove("message");
    }
    (answer.status.as_u16(), body)
}

fn hold(would: &Response, real: &Response, what: &str) {
    if would.status != 200 {
        assert_eq!(essence(would), essence(real), "{what}");
        return;
    }
    let (said, got) = (would.json(), real.expect(200).json());
    let replayed = real.header("idempotent-replayed") == Some("true");
    assert_eq!(said["would"] == "replay", replayed, "{what}: {said}");
    for field in ["from", "to", "phone_number", "expires_at", "expected_duration_minutes"] {
        assert!(said.get(field).is_none() || said[field] == got[field], "{what}: {field}: {said} {got}");
    }
}

#[tokio::test]
async fn a_dry_run_says_what_the_real_request_then_comes_to() {
    let stack = Stack::start(binaries!()).await;
    let (cast, store) = (Cast::of(&stack).await, operator(&stack));
    let number = PhoneNumber::parse(OPTED_OUT).expect("a number");
    assert!(store.opt_out(&number, "asked for it", &by(1), now()).await.expect("answers"));
    let blocked = shared::types::Wallet::Evm { network: EvmNetwork::BaseSepolia, address: cast.wallets[3].0.address() };
    assert!(store.block_wallet(&blocked, "scams", &by(2), now()).await.expect("answers"));

    let mut dice = Dice(20_261_129);
    let mut sold: Vec<Sold> = Vec::new();
    let (mut served, mut refused) = (0, std::collections::BTreeMap::<String, usize>::new());
    for round in 0..ROUNDS {
        if round == ROUNDS - 20 {
            assert!(store.pause_selling(Pause::New, "a test", &by(3), now()).await.expect("answers"));
        }
        let who = dice.below(cast.wallets.len());
        let (mut path, mut body) = cast.request(&mut dice, round);
        let wallet = &cast.wallets[who].0;
        let mut name = (dice.below(4) == 0).then(|| format!("order {}", dice.below(4)).replace(' ', "-"));
        let fresh = wallet.signs(&stack.post(path).demand().await);
        let mut payment = bent(&mut dice, fresh);
        let again = dice.below(5) == 0 && !sold.is_empty();
        if again {
            // Something that was sold, once more: as it was, or with another body.
            let (at, _, what, paid, called) = dice.one(&sold).clone();
            (path, payment, name) = (at, paid, called);
            if dice.below(2) == 0 {
                body = what;
            }
        }
        let with_name = |request: Request| match &name {
            Some(name) => request.header("Idempotency-Key", name),
            None => request,
        };
        let request = |path: &str| with_name(stack.post(path).body(&body));
        let what = format!("round {round}: {path} {body} by {who}, {name:?}, again {again}");
        let signs_in = !again && dice.below(3) == 0;
        let would = if signs_in {
            payment = wallet.signs(&stack.post(path).demand().await);
            // A bare question, since what is wrong with a request is said before a wallet is asked
            // for.
            let challenge = stack.post(&dry(path)).send().await.challenge();
            rehearsed(&stack, request(&dry(path)).signed_in_with(&wallet.signs_in(&challenge))).await
        } else {
            rehearsed(&stack, request(&dry(path)).paid_with(&payment)).await
        };
        let real = request(path).paid_with(&payment).send().await;
        hold(&would, &real, &what);
        if real.status == 200 {
            served += 1;
            if real.header("idempotent-replayed").is_none() {
                sold.push((path, who, body.clone(), payment.clone(), name.clone()));
            }
        } else {
            *refused.entry(real.json()["code"].to_string()).or_default() += 1;
        }
    }
    assert!(served > 20 && refused.len() >= 9, "{served} served, and refused: {refused:?}");
}
