//! A client that pays, and what it does with an answer that is not the one it wanted.

use std::fmt;

use futures_util::future::join_all;
use harness::request::Response;
pub(crate) use harness::spec::{BUY, CALL, CALLS, LIST, RENEW};
use harness::wallet::{Demand, Payment};
use harness::{Stack, Wallet};
use serde_json::{Value, json};

/// What a client does when its answer is not conclusive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Conduct {
    /// Goes away.
    Leaves,
    /// Repeats the same header, as it is told to.
    Repeats,
    /// Signs a new payment for the same request, and repeats that.
    SignsAnew,
}

impl Conduct {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Leaves, Self::Repeats, Self::SignsAnew];

    /// Its name.
    pub(crate) const fn name(self) -> &'static str {
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
pub(crate) struct Errand {
    /// The function that serves it.
    pub(crate) function: &'static str,
    /// Where.
    pub(crate) path: &'static str,
    /// What.
    pub(crate) body: Value,
}

impl Errand {
    /// A number of an area, or of any.
    pub(crate) fn buy(area: Option<&str>) -> Self {
        let body = area.map_or_else(|| json!({}), |area| json!({"area_code": area}));
        Self { function: "numbers_buy", path: BUY, body }
    }

    /// Thirty days more.
    pub(crate) fn renew(number: &str) -> Self {
        Self { function: "numbers_renew", path: RENEW, body: json!({"phone_number": number}) }
    }

    /// What the wallet has.
    pub(crate) fn list() -> Self {
        Self { function: "numbers_list", path: LIST, body: json!({}) }
    }

    /// What the wallet has called.
    pub(crate) fn calls() -> Self {
        Self { function: "voice_calls_list", path: CALLS, body: json!({"limit": 3}) }
    }

    /// A phone rings.
    pub(crate) fn call(from: &str, to: &str) -> Self {
        let task = "Confirm the reservation for two.";
        Self { function: "voice_call", path: CALL, body: json!({"from": from, "to": to, "task": task}) }
    }
}

/// One signature, and what was answered to it, in order.
#[derive(Clone, Debug)]
pub(crate) struct Try {
    /// The signature.
    pub(crate) payment: Payment,
    /// The answers.
    pub(crate) answers: Vec<Response>,
    /// How many of them, from the end, were waited for at the same time: which of these came first
    /// is not known.
    pub(crate) abreast: usize,
}

/// An errand with everything that was signed for it and said about it.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    /// Who asked.
    pub(crate) wallet: Wallet,
    /// For what.
    pub(crate) errand: Errand,
    demand: Demand,
    /// By signature.
    pub(crate) tries: Vec<Try>,
}

/// A 200 that says that it is paid; one that is pending may still come to nothing.
pub(crate) fn is_granted(answer: &Response) -> bool {
    answer.status.as_u16() == 200 && answer.json()["payment"] != "pending"
}

impl Told {
    /// Nothing is signed yet. `demand` is what the errand costs.
    pub(crate) const fn new(wallet: Wallet, errand: Errand, demand: Demand) -> Self {
        Self { wallet, errand, demand, tries: Vec::new() }
    }

    /// Signs, and asks with that from now on.
    pub(crate) fn sign(&mut self) {
        self.tries.push(Try { payment: self.wallet.signs(&self.demand), answers: Vec::new(), abreast: 0 });
    }

    /// Asks with the newest signature.
    pub(crate) async fn ask(&mut self, stack: &Stack) {
        self.ask_at_once(stack, 1).await;
    }

    /// Asks with the newest signature, several times at once.
    pub(crate) async fn ask_at_once(&mut self, stack: &Stack, times: usize) {
        let Some(one) = self.tries.last_mut() else { return };
        let mut request = stack.post(self.errand.path).body(&self.errand.body).paid_with(&one.payment);
        // Only under its name is a list of calls told again whose answer was lost.
        if self.errand.path == CALLS {
            request = request.header("idempotency-key", &format!("list-{}", one.payment.authorization().nonce));
        }
        one.answers.extend(join_all((0..times).map(|_| request.clone().send())).await);
        one.abreast = times;
    }

    /// An answer that says that it was done and paid for.
    pub(crate) fn granted(&self) -> Option<Value> {
        let answers = self.tries.iter().flat_map(|one| &one.answers);
        answers.filter(|answer| is_granted(answer)).map(Response::json).next()
    }

    /// The last answer.
    pub(crate) fn last(&self) -> Option<&Response> {
        self.tries.last()?.answers.last()
    }

    /// The status of the last answer, zero if there was none.
    pub(crate) fn status(&self) -> u16 {
        self.last().map_or(0, |answer| answer.status.as_u16())
    }

    /// Whether the last answer leaves the client in doubt.
    pub(crate) fn is_open(&self) -> bool {
        !matches!(self.status(), 200 | 402)
    }

    /// All statuses, by signature.
    pub(crate) fn statuses(&self) -> String {
        let of = |one: &Try| one.answers.iter().map(|answer| answer.status.as_str().to_owned()).collect::<Vec<_>>();
        self.tries.iter().map(|one| of(one).join(" ")).collect::<Vec<_>>().join(" | ")
    }
}
