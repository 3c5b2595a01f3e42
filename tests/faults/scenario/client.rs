//! A client that pays, and what it does with an answer that is not the one it wanted.

use std::fmt;

use harness::request::Response;
use harness::wallet::{Demand, Payment};
use harness::{Stack, Wallet};
use serde_json::{Value, json};

/// What a client does when its answer is not conclusive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Conduct {
    /// Goes away.
    Leaves,
    /// Repeats the same header, as it is told to.
    Repeats,
    /// Signs a new payment for the same request, and repeats that.
    SignsAnew,
}

impl Conduct {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Leaves, Self::Repeats, Self::SignsAnew];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Leaves => "nothing",
            Self::Repeats => "repeat",
            Self::SignsAnew => "anew",
        }
    }
}

impl fmt::Display for Conduct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a client asks for and pays for.
#[derive(Clone, Debug)]
pub struct Errand {
    /// The function that serves it.
    pub function: &'static str,
    /// Where.
    pub path: &'static str,
    /// What.
    pub body: Value,
}

/// Where what is sold is sold.
pub const BUY: &str = "/api/v1/phone/numbers/buy";
pub const RENEW: &str = "/api/v1/phone/numbers/renew";
pub const LIST: &str = "/api/v1/phone/numbers/list";
pub const CALL: &str = "/api/v1/voice/call";

impl Errand {
    /// A number of an area, or of any.
    pub fn buy(area: Option<&str>) -> Self {
        let body = area.map_or_else(|| json!({}), |area| json!({"area_code": area}));
        Self { function: "numbers_buy", path: BUY, body }
    }

    /// Thirty days more.
    pub fn renew(number: &str) -> Self {
        Self { function: "numbers_renew", path: RENEW, body: json!({"phone_number": number}) }
    }

    /// What the wallet has.
    pub fn list() -> Self {
        Self { function: "numbers_list", path: LIST, body: json!({}) }
    }

    /// A phone rings.
    pub fn call(from: &str, to: &str) -> Self {
        let task = "Confirm the reservation for two.";
        Self { function: "voice_call", path: CALL, body: json!({"from": from, "to": to, "task": task}) }
    }
}

/// One signature, and what was answered to it, in order.
#[derive(Clone, Debug)]
pub struct Try {
    /// The signature.
    pub payment: Payment,
    /// The answers.
    pub answers: Vec<Response>,
}

/// An errand with everything that was signed for it and said about it.
#[derive(Clone, Debug)]
pub struct Told {
    /// Who asked.
    pub wallet: Wallet,
    /// For what.
    pub errand: Errand,
    demand: Demand,
    /// By signature.
    pub tries: Vec<Try>,
}

impl Told {
    /// Nothing is signed yet. `demand` is what the errand costs.
    pub const fn new(wallet: Wallet, errand: Errand, demand: Demand) -> Self {
        Self { wallet, errand, demand, tries: Vec::new() }
    }

    /// Signs, and asks with that from now on.
    pub fn sign(&mut self) {
        self.tries.push(Try { payment: self.wallet.signs(&self.demand), answers: Vec::new() });
    }

    /// Asks with the newest signature.
    pub async fn ask(&mut self, stack: &Stack) {
        if let Some(one) = self.tries.last_mut() {
            let request = stack.post(self.errand.path).body(&self.errand.body).paid_with(&one.payment);
            one.answers.push(request.send().await);
        }
    }

    /// The last answer.
    pub fn last(&self) -> Option<&Response> {
        self.tries.last()?.answers.last()
    }

    /// The status of the last answer, zero if there was none.
    pub fn status(&self) -> u16 {
        self.last().map_or(0, |answer| answer.status.as_u16())
    }

    /// Whether the last answer leaves the client in doubt.
    pub fn is_open(&self) -> bool {
        !matches!(self.status(), 200 | 402)
    }

    /// All statuses, by signature.
    pub fn statuses(&self) -> String {
        let of = |one: &Try| one.answers.iter().map(|answer| answer.status.as_str().to_owned()).collect::<Vec<_>>();
        self.tries.iter().map(|one| of(one).join(" ")).collect::<Vec<_>>().join(" | ")
    }
}
