//! `POST /api/v1/voice/call`, $0.54: an AI voice calls a number and does its task. Answers as soon as the call is under
//! way; how it goes is polled for.

use serde::Serialize;
use serde_json::{Value, json};
use shared::api::{self, FIRST_SENTENCE, INTERRUPTION_THRESHOLD, MAX_DURATION, TASK, VOICE, VOICE_CALL};
use shared::calls::{CallPlan, CallRequest, Calls, destinations};
use shared::edge::Handler;
use shared::env::Env;
use shared::invocation::Invocation;
use shared::limits::Budget;
use shared::paid::{Endpoint, Paid};
use shared::refusal::{Fault, Refusal, poll_url};
use shared::sale::{Delivery, Stop, Undo};
use shared::store::sales::{NewSale, Open, Record, Sale, Settling};
use shared::store::{Pause, Work};
use shared::types::{PhoneNumber, Wallet};
use shared::{body, edge};

const DEFAULT_LANGUAGE: &str = "en";

struct VoiceCall {
    calls: Calls,
    budget: Budget,
}

#[derive(Serialize)]
struct Response {
    call_id: String,
    from: String,
    to: String,
    status: &'static str,
    expected_duration_minutes: u32,
    poll_url: String,
    /// Empty while the payment is pending, and where credit has paid.
    transaction: String,
    /// `pending`: the phone rings, and the payment's outcome is not known yet. `credit`: what the wallet was owed has paid,
    /// and the payment of this request is not used.
    #[serde(skip_serializing_if = "Option::is_none")]
    payment: Option<&'static str>,
}

impl Endpoint for VoiceCall {
    const ENDPOINT: &'static api::Endpoint = &VOICE_CALL;
    const FOREIGN: bool = true;
    const PAUSED_BY: Pause = Pause::New;
    type Ask = CallRequest;
    type Plan = CallPlan;
    type Answer = Response;

    fn ask(&self, bytes: &[u8]) -> Result<CallRequest, Refusal> {
        let mut body = body::read(&VOICE_CALL, bytes)?;
        let ask = CallRequest {
            to: body::needed("phone_number", body.phone_number("phone_number"))?,
            task: body::needed(TASK.field, body.text(TASK.field))?,
            from: body.phone_number("from"),
            voice: body.text(VOICE.field),
            language: body.language("language").unwrap_or(DEFAULT_LANGUAGE).to_owned(),
            max_duration: body.integer(&MAX_DURATION),
            first_sentence: body.text(FIRST_SENTENCE.field),
            wait_for_greeting: body.boolean("wait_for_greeting"),
            interruption_threshold: body.integer(&INTERRUPTION_THRESHOLD),
        };
        // After every other field: what may not be called is refused last of what the body alone can tell.
        destinations::check(&ask.to).map_err(|why| Refusal::UnsupportedDestination { message: why.to_string() })?;
        Ok(ask)
    }

    fn essence(ask: &CallRequest) -> Value {
        let CallRequest { to, task, voice, language, max_duration, first_sentence, .. } = ask;
        json!([
            to.as_str(),
            task.trim(),
            voice.as_deref().map(str::trim),
            language,
            max_duration,
            first_sentence.as_deref().map(str::trim),
            ask.wait_for_greeting,
            ask.interruption_threshold,
        ])
    }

    fn caller_id(ask: &CallRequest) -> Option<&PhoneNumber> {
        ask.from.as_ref()
    }

    async fn plan(&self, payer: &Wallet, ask: &CallRequest, invocation: &Invocation) -> Result<CallPlan, Refusal> {
        self.calls.plan(payer, ask, &self.budget, invocation).await
    }

    async fn fulfil(
        &self,
        sale: NewSale,
        ask: &CallRequest,
        plan: CallPlan,
        invocation: &Invocation,
    ) -> Result<Sale<Settling>, Stop> {
        self.calls.place(sale, ask, plan, invocation).await
    }

    async fn deliver(
        &self,
        ask: Option<&CallRequest>,
        record: &Record,
        begun: bool,
        invocation: &Invocation,
    ) -> Delivery {
        self.calls.deliver(ask, record, begun, invocation).await
    }

    fn answer(record: &Record) -> Option<Response> {
        let transaction = record.settled.as_ref()?.transaction.clone();
        let payment = transaction.is_none().then_some("credit");
        Some(Response { transaction: transaction.unwrap_or_default(), payment, ..started(&record.work)? })
    }

    async fn roll_back(&self, sale: Sale<Open>, invocation: &Invocation) -> Result<(), Fault> {
        self.calls.roll_back(sale, invocation).await
    }

    /// Where the phone rings already, an error now would make an agent call twice.
    fn pending(work: &Work) -> Option<Response> {
        matches!(work, Work::Call { placed: Some(_), .. }).then(|| started(work)).flatten()
    }
}

impl Undo for VoiceCall {
    async fn undo(&self, work: &Work, invocation: &Invocation) {
        self.calls.undo(work, invocation).await;
    }

    async fn is_over(&self, work: &Work, invocation: &Invocation) -> bool {
        self.calls.is_over(work, invocation).await
    }
}

fn started(work: &Work) -> Option<Response> {
    let Work::Call { call, from, to, max_duration, .. } = work else { return None };
    Some(Response {
        call_id: call.as_str().to_owned(),
        from: from.as_str().to_owned(),
        to: to.as_str().to_owned(),
        status: "started",
        expected_duration_minutes: *max_duration,
        poll_url: poll_url(call),
        transaction: String::new(),
        payment: Some("pending"),
    })
}

/// The function, as it is shipped.
pub(crate) fn handler(env: &mut Env) -> impl Handler + use<> {
    Paid::from_env(env, |env, store| VoiceCall { calls: Calls::new(store, env.bland()), budget: env.budget() })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    edge::run(handler).await
}
