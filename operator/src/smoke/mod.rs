//! `dialtone smoke`: proves that a deployment sells, at any time and with a real payment. It is a
//! client like any other: it knows nothing of the table, and asks for nothing that is not for sale.
//!
//! `docs/decisions.md`: Why does a smoke test pay?

#![expect(clippy::indexing_slicing, reason = "JSON is read by index, where what is absent is null")]

mod buyer;

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use shared::api::{Endpoint, NUMBERS_BUY, NUMBERS_LIST, VOICE_CALL};
use shared::canary::Chosen;
use shared::env::Env;
use shared::invocation::Invocation;
use shared::types::call::EndedBy;
use shared::types::{PhoneNumber, Wallet};
use shared::x402::PayerKey;

use self::buyer::{Bought, Buyer};
use crate::args::Smoke;
use crate::show::phone_number;
use crate::terminal::{Answer, Terminal, Trouble};
use crate::{Desk, words};

/// What the AI does on the operator's phone.
const TASK: &str =
    "Say that this is a test call of a Dialtone deployment and that everything works. Say goodbye and end the call.";
/// How long a call is followed: it rings, lasts a minute at most, and its summary takes a while.
const CALL: Duration = Duration::from_mins(5);
/// Between two looks at it.
const LOOK: Duration = Duration::from_secs(2);

/// The steps that were done, in order.
pub(crate) struct Proof {
    terminal: Terminal,
    steps: Vec<(&'static str, String)>,
    payments: Vec<Value>,
}

/// `dialtone smoke`
pub(crate) async fn smoke(desk: &Desk, options: &Smoke) -> Result<Answer, Trouble> {
    let callee = options.call.as_deref().map(phone_number).transpose()?;
    let url = match &options.url {
        Some(url) => url.clone(),
        None => desk.settings.public_url().await?.ok_or_else(|| Trouble::new("which API? --stack or --url says it"))?,
    };
    let text = match &options.wallet_key {
        Some(file) => contents(file)?,
        None => desk.terminal.secret("Private key of a wallet that pays for it")?,
    };
    let key = PayerKey::parse(&text).ok_or_else(|| Trouble::new("that is not a private key: 64 hexadecimal digits"))?;
    let proof = proven(desk, &url, key, callee.as_ref()).await?;
    Ok(proof.told())
}

/// Buys a list, and a call if there is one to be called.
pub(crate) async fn proven(
    desk: &Desk,
    url: &str,
    key: PayerKey,
    callee: Option<&PhoneNumber>,
) -> Result<Proof, Trouble> {
    let buyer = Buyer { url: url.trim_end_matches('/').to_owned(), key, payees: payees(desk)? };
    let mut proof = Proof { terminal: desk.terminal.clone(), steps: Vec::new(), payments: Vec::new() };
    let list = proof.buys(&buyer, &NUMBERS_LIST, &json!({}), "A list is bought").await?;
    let owned = list.answer["numbers"].as_array().map(Vec::len);
    let owned = owned.ok_or_else(|| Trouble::new("it was paid for, and the answer holds no list"))?;
    proof.tells("answer", format!("the wallet has {}", words::counted(owned, "number")));
    if let Some(callee) = callee {
        if owned == 0 {
            let what = "The wallet has no number to call from: one is bought";
            proof.buys(&buyer, &NUMBERS_BUY, &json!({}), what).await?;
        }
        proof.calls(&buyer, callee).await?;
    }
    Ok(proof)
}

/// Who may be paid: those of the deployment that is meant. None, where no deployment is meant, and
/// an API by its address alone; then the operator is told whom it wants to be paid, and says yes to
/// that.
fn payees(desk: &Desk) -> Result<Vec<Wallet>, Trouble> {
    let is_meant = ["STACK", "PAYMENT_NETWORKS"].iter().any(|name| desk.settings.get(name).is_some());
    if !is_meant {
        return Ok(Vec::new());
    }
    let payees = desk.settings.build(Env::payees)?;
    if payees.is_empty() { Err(Trouble::new("the deployment has no payee")) } else { Ok(payees) }
}

impl Proof {
    fn tells(&mut self, what: &'static str, said: String) {
        self.terminal.progress(format!("{what}: {said}"));
        self.steps.push((what, said));
    }

    /// Buys something, once the operator has said yes to what, for how much, and who is paid.
    async fn buys(&mut self, buyer: &Buyer, endpoint: &Endpoint, body: &Value, what: &str) -> Result<Bought, Trouble> {
        let Self { terminal, steps, .. } = self;
        let told = |what, said: String| {
            terminal.progress(format!("{what}: {said}"));
            steps.push((what, said));
        };
        let agrees = |chosen: &Chosen| {
            let (price, payee, network) = (endpoint.price, chosen.payee, chosen.network.caip2());
            terminal.confirm(&format!("{what} for {price} at {}, paid to {payee} on {network}.", buyer.url))
        };
        let bought = buyer.buy(endpoint, body, agrees, told).await?;
        self.payments.push(json!({"payment": bought.payment, "transaction": bought.transaction}));
        self.tells("payment", bought.payment.clone());
        Ok(bought)
    }

    async fn calls(&mut self, buyer: &Buyer, callee: &PhoneNumber) -> Result<(), Trouble> {
        let body = json!({"to": callee.as_str(), "task": TASK, "max_duration": 1});
        let what = format!("{} is called", self.terminal.number(callee));
        let placed = self.buys(buyer, &VOICE_CALL, &body, &what).await?;
        let id = placed.answer["call_id"].as_str().unwrap_or_default().to_owned();
        self.tells("call", id.clone());
        let began = Invocation::begin();
        let mut last = Value::Null;
        while began.elapsed() < CALL {
            // A look that failed is made up for by the next.
            if let Ok(status) = buyer.look(&format!("/api/v1/voice/call/{id}?wait=20")).await {
                if status["status"] != last["status"] {
                    self.tells("status", status["status"].as_str().unwrap_or("unknown").to_owned());
                }
                last = status;
            }
            let ended = last["ended_by"].as_str().and_then(EndedBy::parse).filter(|by| by.is_end());
            if let Some(by) = ended {
                let lines = last["transcript"].as_array().map_or(0, Vec::len);
                let reason = last["ended_by_reason"].as_str().unwrap_or_default();
                self.tells("answer", format!("{reason} What was said: {}", words::counted(lines, "line")));
                return match by {
                    EndedBy::Error => {
                        Err(Trouble::new("the call ended in an error; what was paid for it goes back by itself"))
                    }
                    EndedBy::InProgress
                    | EndedBy::User
                    | EndedBy::Assistant
                    | EndedBy::Timeout
                    | EndedBy::Requested
                    | EndedBy::NoAnswer
                    | EndedBy::Busy
                    | EndedBy::Voicemail => Ok(()),
                };
            }
            tokio::time::sleep(LOOK).await;
        }
        Err(Trouble(format!("the call is not over after five minutes: `dialtone call {id}` says how it stands")))
    }

    /// All steps, as an answer.
    pub(crate) fn told(self) -> Answer {
        let steps: Vec<Value> = self.steps.iter().map(|(what, said)| json!({"what": what, "said": said})).collect();
        let rows = self.steps.into_iter().map(|(what, said)| vec![what.to_owned(), said]).collect();
        let words = "It sells: paid, settled and answered.";
        let mut answer = Answer::default().table(&["step", ""], rows).and(words);
        answer.json = json!({"sells": true, "payments": self.payments, "steps": steps});
        answer
    }
}

/// What is in a file; `-` is standard input. Nothing of it is repeated in a message.
pub(crate) fn contents(file: &PathBuf) -> Result<String, Trouble> {
    if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(|error| Trouble(error.to_string()))?;
        return Ok(text);
    }
    std::fs::read_to_string(file).map_err(|error| Trouble(format!("{}: {error}", file.display())))
}
