//! The flow of a paid request, written once: from the payment header to the answer. An endpoint says what it sells, reads
//! its own body, plans, fulfils, and words its answer; it never sees a header, a facilitator or a status.
//!
//! The order in which things are refused is the order of this file.

mod behind;
mod counter;
mod entry;
mod named;
mod price;
mod proof;
mod replay;
mod said;
mod unproven;

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{self, Either};
use lambda_http::Request;
use serde::Serialize;
use serde_json::Value;

use crate::api;
use crate::body;
use crate::edge::{self, Answer, Handler};
use crate::env::Env;
use crate::invocation::Invocation;
use crate::limits::{Limit, Reached};
use crate::refusal::{Fault, Refusal};
use crate::sale::{self, Behind, Cashier, Delivery, Finished, Sent, Stop, Undo};
use crate::store::sales::{NewSale, Open, Purchase, Record, Sale, Settling};
use crate::store::{Changes, Pause, Work};
use crate::telemetry;
use crate::types::{Network, PhoneNumber, Wallet};
use crate::x402::{Checked, Listing, PaymentRefused, Presented, Quote, Terms, Verified, remedy};
use counter::Counter;
use entry::Entry;
use replay::{Past, REPLAYED, replayed};
use said::{Said, request_hash};

/// How many sales of one wallet are waited for, one after the other.
const BEHIND: u32 = 3;
/// What must be left of an invocation when verifying, for everything that follows.
const VERIFY_RESERVE: Duration = Duration::from_secs(11);

/// An endpoint that is paid for.
pub trait Endpoint: Undo + Send + Sync + 'static {
    /// What it sells, and where.
    const ENDPOINT: &'static api::Endpoint;
    /// Whether something foreign happens before the payment is settled. Then the facilitator is asked first whether it
    /// could be; otherwise that would be a round trip for nothing.
    const FOREIGN: bool;
    /// The mildest pause in which it is not sold.
    const PAUSED_BY: Pause;
    /// A request, parsed: it cannot be wrong any more.
    type Ask: Send + Sync;
    /// What was found out about a request: enough to fulfil it.
    type Plan: Send;
    /// The body of a success.
    type Answer: Serialize;

    /// Reads a body. Asks no neighbour: what can be refused without knowing who asks is refused here.
    fn ask(&self, body: &[u8]) -> Result<Self::Ask, Refusal>;

    /// What is asked for, in one spelling: bodies that ask for the same are the same request.
    fn essence(ask: &Self::Ask) -> Value;

    /// The number that it names to call from. It is not part of the essence: left out it is found, and then both are the same.
    fn caller_id(ask: &Self::Ask) -> Option<&PhoneNumber> {
        let _ = ask;
        None
    }

    /// Finds out whether and how it can be done. Reads, and changes nothing.
    fn plan(
        &self,
        payer: &Wallet,
        ask: &Self::Ask,
        invocation: &Invocation,
    ) -> impl Future<Output = Result<Self::Plan, Refusal>> + Send;

    /// Claims the sale, does the work before which an intent is recorded, and comes to the fence.
    fn fulfil(
        &self,
        sale: NewSale,
        ask: &Self::Ask,
        plan: Self::Plan,
        invocation: &Invocation,
    ) -> impl Future<Output = Result<Sale<Settling>, Stop>> + Send;

    /// Does what is only done once it is paid for: see [`sale::Deliver`]. Only the request that has claimed the sale is at hand.
    fn deliver(
        &self,
        ask: Option<&Self::Ask>,
        record: &Record,
        begun: bool,
        invocation: &Invocation,
    ) -> impl Future<Output = Delivery> + Send {
        let _ = (ask, record, begun, invocation);
        future::ready(Delivery::Impossible { changes: Changes::none(), why: None })
    }

    /// Undoes what an attempt that has stopped before the fence may have begun.
    fn roll_back(&self, sale: Sale<Open>, invocation: &Invocation) -> impl Future<Output = Result<(), Fault>> + Send {
        let _ = (sale, invocation);
        future::ready(Err(Fault::Broken("this work has no stage before the fence")))
    }

    /// Something useful but not necessary, done while the payment settles.
    fn beside(&self, payer: &Wallet, work: &Work, invocation: &Invocation) -> impl Future<Output = ()> + Send {
        let _ = (payer, work, invocation);
        future::ready(())
    }

    /// The answer to a granted sale, from its record: the same each time it is asked for.
    fn answer(record: &Record) -> Option<Self::Answer>;

    /// The answer while the outcome of the payment is unknown, where silence would do harm.
    fn pending(work: &Work) -> Option<Self::Answer> {
        let _ = work;
        None
    }
}

/// An endpoint behind the flow.
pub struct Paid<E> {
    endpoint: E,
    cashier: Cashier,
    terms: Terms,
    quotes: Vec<Quote>,
    listing: Listing,
    unpaid: price::Kept,
    unproven: unproven::Judge,
}

impl<E: Endpoint> Paid<E> {
    /// Reads how we are paid, and builds the endpoint with the same store.
    pub fn from_env(env: &mut Env, build: impl FnOnce(&mut Env, crate::store::Store) -> E) -> Self {
        let terms = env.terms();
        let cashier = Cashier { store: env.store(), facilitator: env.facilitator(), nodes: env.nodes() };
        let endpoint = build(env, cashier.store.clone());
        let quotes = terms.quotes(&E::ENDPOINT.offer());
        let unproven = unproven::Judge::from_env(env);
        let (listing, unpaid) = (price::listing(E::ENDPOINT), price::Kept::default());
        Self { endpoint, cashier, terms, quotes, listing, unpaid, unproven }
    }
}

impl<E: Endpoint> Handler for Paid<E> {
    const NAME: &'static str = E::ENDPOINT.name;
    const METHOD: api::Method = E::ENDPOINT.method;
    const REFUSALS: &'static [api::Code] = E::ENDPOINT.refusals;

    async fn handle(&self, request: Request, invocation: Invocation) -> Answer {
        match self.serve(&request, &invocation).await {
            Ok(answer) => answer,
            Err(Refusal::PaymentRequired { reason, message }) => {
                let asked = price::Asked::of(E::ENDPOINT, &request);
                self.demand(reason, message, &asked, &invocation).await
            }
            Err(refusal) => Answer::refusal(&refusal),
        }
    }
}

/// A request whose payment is authentic.
struct Order<'a> {
    payment: Verified,
    /// The facilitator has said that it could be settled.
    confirmed: bool,
    said: Said<'a>,
}

/// Why an order was not served.
enum Halt {
    /// It is refused.
    Refuse(Refusal),
    /// Another sale of this wallet has to come to its end first.
    Behind(Behind),
    /// An earlier attempt was waited for, and its sale is open again: what was planned beside it has met that attempt.
    Again,
}

impl<R: Into<Refusal>> From<R> for Halt {
    fn from(refusal: R) -> Self {
        Self::Refuse(refusal.into())
    }
}

impl<E: Endpoint> Paid<E> {
    async fn serve(&self, request: &Request, invocation: &Invocation) -> Result<Answer, Refusal> {
        let body = edge::bytes(request.body())?;
        let is_taken = |network| self.quotes.iter().any(|quote| quote.network() == network);
        let presented = Presented::read_on(request.headers(), is_taken)
            .map_err(|malformed| Refusal::InvalidPayment(malformed.to_string()))?;
        let address = body::not_in_the_address(E::ENDPOINT, said::parameters(request));
        let says_nothing = address.is_ok();
        let ask = address.and_then(|()| self.endpoint.ask(body));
        let name = named::name_of(request.headers(), presented.as_ref())?;
        let Some(presented) = presented else {
            return match ask {
                // A probe that asks for nothing learns the price; a request is checked, so that no payer pays for a bad one.
                Err(refusal) if !(says_nothing && body::asks_nothing(body)) => Err(refusal),
                _ => Err(unpaid()),
            };
        };
        // In a box of its own: it is many futures inside each other, and all of it would be moved with each of the
        // futures around them. Most requests ask for the price alone.
        Box::pin(self.take(presented, ask, name, (request, body), invocation)).await
    }

    /// Takes a request that brings a payment.
    async fn take(
        &self,
        presented: Presented,
        ask: Result<E::Ask, Refusal>,
        name: Option<String>,
        (request, body): (&Request, &[u8]),
        invocation: &Invocation,
    ) -> Result<Answer, Refusal> {
        let ignored = body::ignored(E::ENDPOINT, body, said::parameters(request));
        let request = ask.as_ref().ok().map(|ask| request_hash(E::ENDPOINT.path, &E::essence(ask)));
        let caller_id = ask.as_ref().ok().and_then(|ask| E::caller_id(ask).cloned());
        let said = |id, version| Said { id, version, request, caller_id, name, ignored, invocation };
        let (payment, confirmed) = match presented.check(&self.quotes, invocation.now).map_err(refused)? {
            Checked::Authentic(payment) => (payment, false),
            Checked::Unknown(unproven) => self.confirm(unproven, invocation).await?,
            Checked::Misfit(misfit) => {
                let said = said(misfit.id(), misfit.version());
                return self.misfit(misfit, &said).await;
            }
        };
        let said = said(payment.id(), payment.version());
        let order = Order { payment, confirmed, said };
        let mut ask = ask;
        let mut last = Refusal::PaymentInProgress { retry_after: 1 };
        for _ in 0..BEHIND {
            match self.sell(ask, &order).await {
                Ok(answer) => return Ok(answer),
                Err(Halt::Refuse(refusal)) => return Err(refusal),
                Err(Halt::Behind(earlier)) => {
                    self.clear(&earlier, invocation).await?;
                    last = Reached { limit: Limit::Crowd, retry_after: 1 }.into();
                }
                Err(Halt::Again) => last = Refusal::PaymentInProgress { retry_after: 1 },
            }
            ask = self.endpoint.ask(body);
        }
        Err(last)
    }

    async fn sell(&self, ask: Result<E::Ask, Refusal>, order: &Order<'_>) -> Result<Answer, Halt> {
        let (payment, said) = (&order.payment, &order.said);
        let invocation = said.invocation;
        let payer = payment.payer();
        let id = payment.id();
        telemetry::sale(&id, &payer);
        // The record first: a served request is answered from it even when its signature has expired.
        let gate = self.cashier.store.gate(&id, &payer, said.name.as_deref(), invocation.now);
        let plan = async {
            payment.window(invocation.now, self.longest(payment)).map_err(refused)?;
            let ask = ask?;
            match first_of(self.endpoint.plan(&payer, &ask, invocation), self.verify(order)).await {
                Ok((plan, by_code)) => Ok((ask, plan, by_code)),
                Err(refusal) => Err(self.tells(refusal, order).await),
            }
        };
        let (planned, instead_of) = match future::select(pin!(gate), pin!(plan)).await {
            Either::Left((gate, plan)) => match self.enter(gate?, said).await? {
                Entry::Served(answer) => return Ok(answer),
                Entry::Open(named) => (plan.await, named),
                Entry::Shut(refusal) => (Err(refusal), None),
                Entry::Undone => return Err(Halt::Again),
            },
            Either::Right((plan, gate)) => match self.enter(gate.await?, said).await? {
                Entry::Served(answer) => return Ok(answer),
                Entry::Open(named) => (plan, named),
                Entry::Shut(refusal) => (Err(refusal), None),
                Entry::Undone => return Err(Halt::Again),
            },
        };
        let (ask, plan, by_code) = match planned {
            Ok(planned) => planned,
            // A twin of this request may have paid while this one was planned, and be the reason why it was refused. Only
            // if there is none can it be said that nothing was charged.
            Err(refusal) => {
                return match self.twin(order).await? {
                    Past::Answered(answer) => Ok(answer),
                    Past::Nothing => Err(refusal.into()),
                    Past::Undone => Err(Halt::Again),
                };
            }
        };
        let signed = sale::signed(payment);
        let new = NewSale {
            id,
            by_code: by_code || signed.is_a_contracts(),
            signed,
            endpoint: E::ENDPOINT.path,
            request: said.request.clone().unwrap_or_default(),
            named: said.name.clone().map(|name| Purchase { name, instead_of }),
            attempt: invocation.attempt.clone(),
            now: invocation.now,
        };
        match self.endpoint.fulfil(new, &ask, plan, invocation).await {
            Ok(sale) => Ok(self.settle(sale, Some(&ask), said, "ok").await?),
            Err(Stop::Refuse(refusal)) => Err(refusal.into()),
            Err(Stop::Behind(earlier)) => Err(Halt::Behind(earlier)),
            Err(Stop::Earlier(record)) => match self.replay(Some(*record), said).await? {
                Past::Answered(answer) => Ok(answer),
                Past::Nothing | Past::Undone => Err(Halt::Again),
            },
        }
    }

    /// Settles a sale and answers it. Who brings what was asked for has made the fence, and nothing was sent before.
    async fn settle(
        &self,
        sale: Sale<Settling>,
        ask: Option<&E::Ask>,
        said: &Said<'_>,
        outcome: &'static str,
    ) -> Result<Answer, Refusal> {
        let work = sale.record().work.clone();
        let payer = sale.record().signed.payer;
        let sent = if ask.is_some() { Sent::Never } else { Sent::Perhaps };
        let shop = Counter { endpoint: &self.endpoint, ask };
        let finish = sale::finish(&self.cashier, &shop, sale, sent, said.invocation);
        let beside = self.endpoint.beside(&payer, &work, said.invocation);
        let (finished, ()) = future::join(finish, beside).await;
        match finished {
            Ok(Finished::Granted(record)) => Self::granted(&record, said, outcome),
            Ok(Finished::Declined { reason }) => Err(declined(reason)),
            Ok(Finished::Owed { why }) => Err(Refusal::PaymentReturned { why: why.map(Box::new) }),
            Ok(Finished::Undelivered { retry_after }) => {
                Err(Refusal::DeliveryPending { replayed: outcome == REPLAYED, retry_after })
            }
            Ok(Finished::NotSent { spent: false }) => Err(Refusal::NotSettled),
            Ok(Finished::NotSent { spent: true }) => Err(Refusal::Upstream {
                vendor: "facilitator",
                message: "it could not be reached and the call was stopped; sign a new payment to try again".to_owned(),
            }),
            Ok(Finished::Doubt(work)) => pending::<E>(&work, said, outcome == REPLAYED),
            // Whatever failed here failed after the fence: the money may have moved, so this is no plain fault.
            Err(fault) => {
                telemetry::fault();
                tracing::error!(%fault, payment = ?said.id, "a fault after the fence");
                pending::<E>(&work, said, outcome == REPLAYED)
            }
        }
    }
}

fn unpaid() -> Refusal {
    Refusal::PaymentRequired {
        reason: price::UNPAID.to_owned(),
        message: "Sign one of `accepts` and repeat the request with the payment.".to_owned(),
    }
}

fn refused(why: PaymentRefused) -> Refusal {
    Refusal::PaymentRequired { reason: why.reason.to_owned(), message: why.message }
}

fn declined(reason: String) -> Refusal {
    let message = format!("The payment was declined ({reason}). {}", remedy(&reason));
    Refusal::PaymentRequired { reason, message }
}

/// An earlier request with this payment came to nothing, and the payment with it.
fn given_up() -> Refusal {
    Refusal::PaymentRequired {
        reason: "payment_declined".to_owned(),
        message: "An earlier request with this payment was given up, and the payment will not be used. Sign a new one."
            .to_owned(),
    }
}

fn facilitator_failed() -> Refusal {
    Refusal::Upstream {
        vendor: "facilitator",
        message: "the payment could not be verified; repeat the same header".to_owned(),
    }
}

/// Runs both side by side. A refusal of the plan wins over the facilitator's, and does not wait for it.
async fn first_of<T, V>(
    plan: impl Future<Output = Result<T, Refusal>>,
    verify: impl Future<Output = Result<V, Refusal>>,
) -> Result<(T, V), Refusal> {
    match future::select(pin!(plan), pin!(verify)).await {
        Either::Left((plan, verify)) => Ok((plan?, verify.await?)),
        Either::Right((verdict, plan)) => Ok((plan.await?, verdict?)),
    }
}

/// What is said while the outcome of a payment is unknown; `again`, if an earlier request has begun the sale.
fn pending<E: Endpoint>(work: &Work, said: &Said<'_>, again: bool) -> Result<Answer, Refusal> {
    match E::pending(work) {
        Some(body) => Ok(said.ok(&body, again.then(replayed).into_iter().collect(), "pending")),
        None => Err(Refusal::PaymentPending { replayed: again }),
    }
}

/// The network's short name, which the SDKs expect as `chain`.
pub fn chain(network: Network) -> &'static str {
    network.v1_name()
}
