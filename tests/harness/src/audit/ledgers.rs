//! What the audit looks at: the ledgers as they stand, and what is known of how they came to.

use std::collections::BTreeSet;
use std::time::Duration;

use alloy_primitives::{Address, B256};
use jiff::Timestamp;
use serde_json::Value;

use super::{is_whole, solana};
use crate::gateway::API_NAME;
use crate::history::{Event, Exchange, What};
use crate::lambda::Line;
use crate::ledger::Payment;
use crate::sim::bland::Call;
use crate::sim::chain::Key;
use crate::world::{PAYEE, World};

/// The ledgers as they stand.
#[derive(Debug, Default)]
pub(super) struct Ledgers {
    /// All rows of the table, without DynamoDB's types.
    pub(super) rows: Vec<Value>,
    /// All payments to the payee.
    pub(super) payments: Vec<Payment>,
    /// All payments by authorization from a wallet of ours to any other.
    pub(super) refunds: Vec<Payment>,
    /// E.164 numbers that the carrier bills.
    pub(super) billed: BTreeSet<String>,
    /// All calls that the dialler accepted.
    pub(super) dialled: Vec<Dialled>,
    /// Whether doubts about payments could be settled.
    pub(super) has_rpc: bool,
    /// Whether it was made of the real functions.
    pub(super) is_whole: bool,
    pub(super) now: i64,
    /// CAIP-2.
    pub(super) network: String,
    /// The same of Solana, whether it pays or not.
    pub(super) cluster: String,
    /// Whether doubts about payments there could be settled.
    pub(super) has_solana_rpc: bool,
    /// What clients asked.
    pub(super) clients: Vec<Client>,
    /// What else happened.
    pub(super) events: Vec<Event>,
    /// What the functions wrote.
    pub(super) lines: Vec<Line>,
    /// The invocations that were answered, by Lambda's names for them.
    pub(super) answered: Vec<String>,
    /// What they may not have written, by what it is.
    pub(super) secrets: Vec<(&'static str, String)>,
}

/// A client's request.
#[derive(Clone, Debug)]
pub(super) struct Client {
    pub(super) at: Duration,
    pub(super) until: Option<Duration>,
    pub(super) asked: Exchange,
    /// Whether the payer has signed what it presented.
    pub(super) signed: bool,
}

/// A call at the dialler.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Dialled {
    /// Its id there.
    pub(super) id: String,
    /// Our id, as it travelled along.
    pub(super) request: Option<String>,
    pub(super) from: String,
    /// The request named no caller, so Bland chose one: another customer's number, most likely.
    pub(super) from_was_picked: bool,
    pub(super) to: String,
    /// Minutes, as they were asked for.
    pub(super) max_duration: i64,
    pub(super) is_over: bool,
    /// What was to be done, and what was said.
    pub(super) texts: Vec<String>,
    /// What was asked for and is not part of a call of ours: what dials again, later or elsewhere,
    /// or tells others.
    pub(super) besides: Vec<String>,
}

/// What a call may ask for.
const ASKED: [&str; 14] = [
    "phone_number",
    "from",
    "task",
    "voice",
    "language",
    "max_duration",
    "first_sentence",
    "wait_for_greeting",
    "interruption_threshold",
    "record",
    "dispositions",
    "voicemail",
    "metadata",
    "webhook",
];

/// Whether its end is told to nothing but an address of ours, for this call and no other.
fn is_told_to_us(request: &Value) -> bool {
    let Some(address) = request["webhook"].as_str() else { return request["webhook"].is_null() };
    let path = format!("/webhooks/bland/{}/", request["metadata"]["request_id"].as_str().unwrap_or("?"));
    let is_token = |token: &str| token.len() == 64 && token.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
    // At a domain of its own, or at the name that AWS gives.
    ["dialtone.test", API_NAME]
        .iter()
        .any(|host| address.strip_prefix(&format!("https://{host}{path}")).is_some_and(is_token))
}

/// What a request asks for besides.
pub(super) fn besides(request: &Value) -> Vec<String> {
    let named = |fields: &Value, known: &[&str]| {
        let names: Vec<_> = fields.as_object().into_iter().flat_map(|fields| fields.keys().cloned()).collect();
        names.into_iter().filter(|name| !known.contains(&name.as_str())).collect::<Vec<_>>()
    };
    let voicemail = &request["voicemail"];
    let mut besides = named(request, &ASKED);
    besides.extend(named(voicemail, &["action", "message"]));
    besides.extend(named(&request["metadata"], &["request_id"]));
    besides.extend((!is_told_to_us(request)).then(|| "a webhook of another".to_owned()));
    // With a message it is left whatever the action says, so the two have to say the same.
    let says = if voicemail["message"].is_null() { "hangup" } else { "leave_message" };
    besides.extend((voicemail["action"] != says).then(|| format!("voicemail.action {}", voicemail["action"])));
    besides
}

impl Dialled {
    fn of(call: Call) -> Self {
        let request = call.request["metadata"]["request_id"].as_str().map(str::to_owned);
        let task = call.request["task"].as_str().map(str::to_owned);
        let (is_over, max_duration) = (call.is_over(), call.request["max_duration"].as_i64().unwrap_or_default());
        let texts = task.into_iter().chain(call.message).chain(call.lines.into_iter().map(|line| line.text)).collect();
        let Call { id, from, from_was_picked, to, request: asked, .. } = call;
        Self { id, request, from, from_was_picked, to, max_duration, is_over, texts, besides: besides(&asked) }
    }
}

impl Ledgers {
    pub(super) fn of(world: &World) -> Self {
        #[expect(clippy::disallowed_methods, reason = "whether a lease has ended is a question about now")]
        let now = Timestamp::now().as_second();
        let ours = refunders(world);
        let (payments, others): (Vec<_>, Vec<_>) =
            world.ledger.payments().into_iter().partition(|paid| paid.to == payee());
        let (on_solana, back) = solana::payments(world);
        let events = world.history.events();
        let clients = events.iter().filter_map(|event| Client::of(world, event)).collect();
        Self {
            rows: world.dynamo.rows(),
            payments: payments.into_iter().chain(on_solana).collect(),
            refunds: others.into_iter().filter(|paid| ours.contains(&paid.from)).chain(back).collect(),
            billed: world.twilio.held().into_iter().map(|held| held.phone_number).collect(),
            dialled: world.bland.calls().into_iter().map(Dialled::of).collect(),
            has_rpc: world.has_rpc,
            is_whole: is_whole(world),
            now,
            network: world.network().caip2().to_owned(),
            cluster: world.solana_money.cluster().caip2().to_owned(),
            has_solana_rpc: world.has_solana_rpc,
            clients,
            events,
            lines: world.lambda.logs().lines(),
            answered: world.lambda.logs().answered(),
            secrets: world.secrets(),
        }
    }

    /// The rows whose partition key starts so.
    pub(super) fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        let is_of = move |row: &&Value| row["pk"].as_str().is_some_and(|pk| pk.starts_with(kind));
        // What was said stands beside its call.
        self.rows.iter().filter(is_of).filter(|row| !is_said(row))
    }

    pub(super) fn sold<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.of_kind("SALE#").filter(move |sale| sale["state"] == "closed" && sale["work"]["kind"] == kind)
    }

    /// The sale of a payer's nonce.
    pub(super) fn sale_of(&self, (from, nonce): (&str, &str)) -> Option<&Value> {
        let is_it = |payment: &Value| same(text(payment, "from"), from) && is_digits(text(payment, "nonce"), nonce);
        self.of_kind("SALE#").find(|sale| is_it(&sale["payment"]))
    }

    /// The payments that a sale has got.
    pub(super) fn paid<'a>(&'a self, sale: &'a Value) -> impl Iterator<Item = &'a Payment> {
        let payment = &sale["payment"];
        let is_it = move |paid: &Payment| {
            same(text(payment, "from"), &paid.from) && is_digits(text(payment, "nonce"), &paid.nonce)
        };
        self.payments.iter().filter(move |paid| is_it(paid))
    }
}

/// Whether hexadecimal digits are marked as such says nothing about what they are.
fn is_digits(one: &str, other: &str) -> bool {
    let bare = |text| str::trim_start_matches(text, "0x");
    bare(one).eq_ignore_ascii_case(bare(other))
}

impl Client {
    fn of(world: &World, event: &Event) -> Option<Self> {
        let What::Asked(asked) = &event.what else { return None };
        let paying = asked.paying.as_ref();
        let signed = paying.is_some_and(|paying| world.ledger.is_signed(&paying.authorization, &paying.signature))
            || asked.on_solana.as_ref().is_some_and(crate::history::OnSolana::is_signed);
        Some(Self { at: event.at, until: event.until, asked: (**asked).clone(), signed })
    }

    pub(super) fn status(&self) -> u16 {
        self.asked.status().unwrap_or_default()
    }

    /// Payer and nonce of a payment that the payer has signed.
    pub(super) fn key(&self) -> Option<(String, String)> {
        self.asked.key().filter(|_| self.signed)
    }
}

/// The wallets that refunds come from: of the key store's key, and of one that a function was given
/// itself.
fn refunders(world: &World) -> BTreeSet<String> {
    let told =
        world.deployment.functions.values().filter_map(|function| function.environment.get("REFUND_PRIVATE_KEY"));
    let own =
        told.filter_map(|key| alloy_primitives::hex::decode_to_array(key).ok()).map(|key| Key::new(key).address());
    own.chain([world.refund_wallet]).map(|wallet| address(wallet.into_word())).collect()
}

fn address(word: B256) -> String {
    format!("{:#x}", Address::from_word(word))
}

/// Who is paid, as it is written here.
pub(super) fn payee() -> String {
    address(PAYEE.into_word())
}

/// Whether two spellings are of one thing: hexadecimal has two cases, base58 means something by
/// them.
pub(super) fn same(one: &str, other: &str) -> bool {
    one == other || (one.starts_with("0x") || one.starts_with("0X")) && one.eq_ignore_ascii_case(other)
}

/// An account as the table writes it.
pub(super) fn account(payment: &Value) -> String {
    let (network, from) = (text(payment, "network"), text(payment, "from"));
    let from =
        if from.starts_with("0x") || from.starts_with("0X") { from.to_ascii_lowercase() } else { from.to_owned() };
    format!("{network}:{from}")
}

/// A part of what was said in a call.
pub(super) fn is_said(row: &Value) -> bool {
    row["sk"].as_str().is_some_and(|sk| sk.starts_with("SAID#"))
}

pub(super) fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().unwrap_or_default()
}
