//! `POST /api/v1/voice/call`, $0.54: an AI voice calls a number and does its task. Answers as soon
//! as the call is under way; how it goes is polled for.

use crate::api::{
    self, FIRST_SENTENCE, INTERRUPTION_THRESHOLD, MAX_DURATION, QUESTIONS, TASK, VOICE_CALL, VOICEMAIL_MESSAGE, voices,
};
use crate::body;
use crate::calls::{CallPlan, CallRequest, Calls, destinations};
use crate::edge::{self, Handler};
use crate::env::Env;
use crate::invocation::Invocation;
use crate::limits::Budget;
use crate::paid::{Endpoint, Paid};
use crate::refusal::{Fault, Refusal, poll_url};
use crate::sale::{Delivery, Stop, Undo};
use crate::store::controls::List;
use crate::store::sales::{NewSale, Open, Record, Sale, Settling};
use crate::store::{Pause, Work};
use crate::types::{PhoneNumber, Question, Run, Timestamp};
use crate::x402::Caller;
use serde::Serialize;
use serde_json::{Value, json};

const DEFAULT_LANGUAGE: &str = "en";

struct VoiceCall {
    calls: Calls,
    budget: Budget,
    /// Its table of fields: that of calls that are recorded, or not.
    table: &'static api::Endpoint,
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
    /// `pending`: the phone rings, and the payment's outcome is not known yet. `credit`: what the
    /// wallet was owed has paid, and the payment of this request is not used.
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
        let mut body = body::read(self.table, bytes)?;
        let ask = CallRequest {
            to: body::needed("phone_number", body.phone_number("phone_number"))?,
            task: body::needed(TASK.field, body.text(TASK.field))?,
            from: body.phone_number("from"),
            voice: body.text("voice"),
            language: body.language("language").unwrap_or(DEFAULT_LANGUAGE).to_owned(),
            max_duration: body.integer(&MAX_DURATION),
            first_sentence: body.text(FIRST_SENTENCE.field),
            wait_for_greeting: body.boolean("wait_for_greeting"),
            interruption_threshold: body.integer(&INTERRUPTION_THRESHOLD),
            voicemail_message: body.text(VOICEMAIL_MESSAGE.field),
            questions: body.questions(QUESTIONS.field),
        };
        // After every other field: what may not be called is refused last of what the body alone
        // can tell.
        destinations::check(&ask.to).map_err(|why| Refusal::UnsupportedDestination { message: why.to_string() })?;
        Ok(ask)
    }

    fn not_now(&self, ask: &CallRequest, now: Timestamp) -> Option<Refusal> {
        self.calls.not_now(&ask.to, now)
    }

    fn essence(ask: &CallRequest) -> Value {
        let CallRequest { to, task, voice, language, max_duration, first_sentence, .. } = ask;
        let mut essence = vec![
            json!(to.as_str()),
            json!(task),
            json!(voice.as_deref().map(voices::of_any_spelling)),
            json!(language),
            json!(max_duration),
            json!(first_sentence),
            json!(ask.wait_for_greeting),
            json!(ask.interruption_threshold),
        ];
        // Only where it is there, so that requests without it are the same as they were before
        // there was such a field.
        essence.extend(ask.voicemail_message.as_ref().map(|message| json!({"voicemail_message": message})));
        let one = |asked: &Question| json!([asked.name, asked.question, asked.kind.as_str(), asked.kind.options()]);
        let questions: Vec<Value> = ask.questions.iter().map(one).collect();
        essence.extend((!questions.is_empty()).then(|| json!({"questions": questions})));
        Value::Array(essence)
    }

    fn caller_id(ask: &CallRequest) -> Option<&PhoneNumber> {
        ask.from.as_ref()
    }

    async fn plan(
        &self,
        caller: &Caller,
        ask: &CallRequest,
        run: Run,
        invocation: &Invocation,
    ) -> Result<CallPlan, Refusal> {
        self.calls.plan(caller.wallet(), ask, &self.budget, run, invocation).await
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
    ) -> Result<Delivery, Fault> {
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
        started(work).filter(|_| matches!(work, Work::Call(call) if call.placed.is_some()))
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
    let Work::Call(call) = work else { return None };
    Some(Response {
        call_id: call.id.as_str().to_owned(),
        from: call.from.as_str().to_owned(),
        to: call.to.as_str().to_owned(),
        status: "started",
        expected_duration_minutes: call.max_duration,
        poll_url: poll_url(&call.id),
        transaction: String::new(),
        payment: Some("pending"),
    })
}

/// The function, as it is shipped.
pub fn handler(env: &mut Env) -> impl Handler + use<> {
    Paid::from_env(env, |env, store| {
        let manners = env.manners();
        let calls = Calls::new(store, env.bland()).told_at(env.public_url()).held(manners).listing(List::Open);
        VoiceCall { calls, budget: env.budget(), table: api::voice_call(manners.records) }
    })
}

/// Serves Lambda's events until Lambda ends it.
pub async fn run() -> Result<(), lambda_http::Error> {
    edge::run(handler).await
}
