//! The flow of a paid request, written once: from the payment header to the answer. An endpoint
//! says what it sells, reads its own body, plans, fulfils, and words its answer; it never sees a
//! header, a facilitator or a status.
//!
//! The order in which things are refused is the order of this file.
//!
//! - `docs/decisions.md`: Why is there no stored response?
//! - `docs/decisions.md`: Why are the reads beside the earlier sale's look-up, and not after it?

mod behind;
mod counter;
mod dry;
mod endpoint;
mod entry;
mod misplaced;
mod named;
mod order;
mod price;
mod proof;
mod replay;
mod said;
mod spent;
mod unproven;

use std::iter;
use std::pin::pin;
use std::sync::OnceLock;
use std::time::Duration;

use futures_util::future::{self, Either};
use lambda_http::Request;

use crate::api::codes;
use crate::body;
use crate::edge::{self, Answer, Handler, Served, SigningIn};
use crate::env::Env;
use crate::invocation::Invocation;
use crate::limits::{Limit, Reached};
use crate::refusal::{Fault, Refusal};
use crate::sale::{self, Behind, Cashier, Finished, Sent, Stop};
use crate::store::Work;
use crate::store::sales::{NewSale, Purchase, Sale, Settling};
use crate::telemetry::{self, Neighbour};
use crate::types::{Network, PaymentId, Run, Wallet};
use crate::x402::{Checked, Listing, PaymentRefused, Presented, Quote, Reason, Terms, Version};
use counter::Counter;
pub use endpoint::Endpoint;
use entry::Entry;
use order::{Means, Order, Shown};
use replay::{Past, REPLAYED, replayed};
use said::{Said, request_hash};

/// How many sales of one wallet are waited for, one after the other.
const BEHIND: u32 = 3;
/// What must be left of an invocation when verifying, for everything that follows.
const VERIFY_RESERVE: Duration = Duration::from_secs(11);

/// An endpoint behind the flow.
pub struct Paid<E> {
    endpoint: E,
    cashier: Cashier,
    terms: Terms,
    quotes: Vec<Quote>,
    /// Written with the first price: a process that is paid at once needs none.
    listing: OnceLock<Listing>,
    unpaid: price::Kept,
    unproven: unproven::Judge,
    spent: spent::Spent,
    sign_in: SigningIn,
}

impl<E: Endpoint> Paid<E> {
    /// Reads how we are paid, and builds the endpoint with the same store.
    pub fn from_env(env: &mut Env, build: impl FnOnce(&mut Env, crate::store::Store) -> E) -> Self {
        let terms = env.terms();
        let cashier = Cashier { store: env.store(), facilitator: env.facilitator(), nodes: env.nodes() };
        let endpoint = build(env, cashier.store.clone());
        let quotes = terms.quotes(&E::ENDPOINT.offer());
        let unproven = unproven::Judge::from_env(env);
        let (listing, unpaid) = (OnceLock::new(), price::Kept::default());
        let networks = terms.payees.iter().map(Wallet::network).collect();
        let sign_in = SigningIn::new(terms.public_url.clone(), networks, dry::STATEMENT);
        let spent = spent::Spent::default();
        Self { endpoint, cashier, terms, quotes, listing, unpaid, unproven, spent, sign_in }
    }
}

impl<E: Endpoint> Handler for Paid<E> {
    const NAME: &'static str = E::ENDPOINT.name;

    fn serves() -> impl Iterator<Item = Served> {
        iter::once(Served::of(E::ENDPOINT))
    }

    async fn handle(&self, request: Request, invocation: Invocation) -> Answer {
        // Before a payment is looked at: who has not quite asked for a dry run has not meant to
        // pay.
        let run = edge::bytes(request.body()).and_then(|_| body::run(E::ENDPOINT, edge::parameters(&request)));
        let run = run.and_then(|run| match run {
            Run::Real => body::is_not_in_a_header(E::ENDPOINT, request.headers()).map(|()| run),
            Run::Dry => Ok(run),
        });
        let run = match run {
            Ok(run) => run,
            Err(refusal) => return Answer::refusal(&refusal),
        };
        match self.serve(&request, run, &invocation).await {
            outcome if run == Run::Dry => self.rehearsed(outcome, &request, &invocation).await,
            Ok(answer) => answer,
            Err(Refusal::PaymentRequired { reason, message }) => {
                let asked = price::Asked::of(E::ENDPOINT, &request);
                self.demand(reason, message, &asked, Run::Real, &invocation).await
            }
            Err(refusal) => Answer::refusal(&refusal),
        }
    }
}

/// Why an order was not served.
enum Halt {
    /// It is refused.
    Refuse(Refusal),
    /// Another sale of this wallet has to come to its end first.
    Behind(Behind),
    /// An earlier attempt was waited for, and its sale is open again: what was planned beside it
    /// has met that attempt.
    Again,
}

impl<R: Into<Refusal>> From<R> for Halt {
    fn from(refusal: R) -> Self {
        Self::Refuse(refusal.into())
    }
}

impl<E: Endpoint> Paid<E> {
    async fn serve(&self, request: &Request, run: Run, invocation: &Invocation) -> Result<Answer, Refusal> {
        let body = edge::bytes(request.body())?;
        body::is_not_in_the_body(E::ENDPOINT, body)?;
        let is_taken = |network| self.quotes.iter().any(|quote| quote.network() == network);
        let presented = Presented::read_on(request.headers(), is_taken)
            .map_err(|malformed| Refusal::InvalidPayment(malformed.to_string()))?;
        let address = body::not_in_the_address(E::ENDPOINT, edge::parameters(request));
        let says_nothing = address.is_ok();
        let ask = address.and_then(|()| self.endpoint.ask(body));
        let name = named::name_of(request.headers(), presented.as_ref())?;
        let shown = match presented {
            Some(presented) => Some(Shown::Payment(Box::new(presented))),
            None if run == Run::Real => None,
            None => self.sign_in.caller(E::ENDPOINT, request, invocation.now)?.map(Shown::SignedIn),
        };
        let Some(shown) = shown else {
            misplaced::check(request, body)?;
            let not_now = ask.as_ref().ok().and_then(|ask| self.endpoint.not_now(ask, invocation.now));
            return match (ask, not_now) {
                // A probe that asks for nothing learns the price; a request is checked, so that no
                // payer pays for a bad one.
                (Err(refusal), _) if !(says_nothing && body::asks_nothing(body)) => Err(refusal),
                // Nor is a payer asked for the price of what is not sold now.
                (_, Some(refusal)) => Err(refusal),
                _ if run == Run::Dry => Ok(self.sign_in.challenge(E::ENDPOINT, request, dry::ASKED, invocation)),
                _ => Err(unpaid()),
            };
        };
        // In a box of its own: it is many futures inside each other, and all of it would be moved
        // with each of the futures around them. Most requests ask for the price alone.
        Box::pin(self.take(shown, ask, name, (request, body), (run, invocation))).await
    }

    /// Takes a request whose wallet is known, or is said by its payment.
    async fn take(
        &self,
        shown: Shown,
        ask: Result<E::Ask, Refusal>,
        name: Option<String>,
        (request, body): (&Request, &[u8]),
        (run, invocation): (Run, &Invocation),
    ) -> Result<Answer, Refusal> {
        let ignored = body::ignored(E::ENDPOINT, body, edge::parameters(request));
        let request = ask.as_ref().ok().map(|ask| request_hash(E::ENDPOINT.path, &E::essence(ask)));
        let caller_id = ask.as_ref().ok().and_then(|ask| E::caller_id(ask).cloned());
        let signed_in = matches!(shown, Shown::SignedIn(_));
        let said = |id, version| Said { id, version, request, caller_id, name, ignored, run, signed_in, invocation };
        let checked = match shown {
            Shown::Payment(presented) => presented.check(&self.quotes, invocation.now).map_err(refused)?,
            Shown::SignedIn(caller) => {
                let (id, signed) = self.imagined(&caller, invocation)?;
                let order =
                    Order { means: Means::SignedIn(caller, signed), confirmed: false, said: said(id, Version::V2) };
                return self.serve_order(ask, body, &order).await;
            }
        };
        let (payment, confirmed) = match checked {
            Checked::Authentic(payment) => (payment, false),
            Checked::Unknown(unproven) if run == Run::Dry => {
                return self.unconfirmed(&unproven, ask, &said(unproven.id(), unproven.claim().version()));
            }
            Checked::Unknown(unproven) => self.confirm(unproven, invocation).await?,
            Checked::Misfit(misfit) => {
                let said = said(misfit.id(), misfit.version());
                return self.misfit(misfit, &said).await;
            }
        };
        let said = said(payment.id(), payment.version());
        let order = Order { means: Means::Payment(payment), confirmed, said };
        self.serve_order(ask, body, &order).await
    }

    /// Serves an order as soon as the wallet's earlier ones have come to their end.
    async fn serve_order(
        &self,
        ask: Result<E::Ask, Refusal>,
        body: &[u8],
        order: &Order<'_>,
    ) -> Result<Answer, Refusal> {
        let (mut ask, mut waited_for) = (ask, Vec::new());
        let mut last = Refusal::PaymentInProgress { retry_after: 1 };
        for _ in 0..BEHIND {
            match self.sell(ask, order, &waited_for).await {
                Ok(answer) => return Ok(answer),
                Err(Halt::Refuse(refusal)) => return Err(refusal),
                Err(Halt::Behind(earlier)) => {
                    match self.clear(&earlier, order).await {
                        Ok(None) => {}
                        Ok(Some(answer)) => return Ok(answer),
                        // What this request waited for may be a twin of its own, which was served:
                        // then so is this one.
                        Err(refusal) => {
                            return match self.twin(order).await? {
                                Past::Answered(answer) => Ok(answer),
                                Past::Undone | Past::Nothing => Err(refusal),
                            };
                        }
                    }
                    waited_for.push(earlier.sale);
                    waited_for.extend(earlier.ended);
                    last = Reached { limit: Limit::Crowd, retry_after: 1 }.into();
                }
                Err(Halt::Again) => last = Refusal::PaymentInProgress { retry_after: 1 },
            }
            ask = self.endpoint.ask(body);
        }
        Err(last)
    }

    async fn sell(
        &self,
        ask: Result<E::Ask, Refusal>,
        order: &Order<'_>,
        waited_for: &[PaymentId],
    ) -> Result<Answer, Halt> {
        let (means, said) = (&order.means, &order.said);
        let (run, invocation) = (said.run, said.invocation);
        let caller = means.caller();
        let id = said.id.clone();
        said.tell(caller.wallet());
        // The record first: a served request is answered from it even when its signature has
        // expired.
        let gate = self.cashier.store.gate(&id, caller.wallet(), said.name.as_deref(), invocation.now);
        let plan = async {
            means.window(invocation.now, |payment| self.longest(payment)).map_err(refused)?;
            let ask = ask?;
            if let Some(refusal) = self.endpoint.not_now(&ask, invocation.now) {
                return Err(refusal);
            }
            match first_of(self.endpoint.plan(&caller, &ask, run, invocation), self.verify(order)).await {
                Ok((plan, known)) => Ok((ask, plan, known)),
                Err(refusal) => Err(self.tells(refusal, order).await),
            }
        };
        let (planned, way) = match future::select(pin!(gate), pin!(plan)).await {
            Either::Left((gate, plan)) => match self.enter(gate?, said).await? {
                Entry::Served(answer) => return Ok(answer),
                Entry::Open(way) => (plan.await, Some(way)),
                Entry::Shut(refusal) => (Err(refusal), None),
                Entry::Undone => return Err(Halt::Again),
            },
            Either::Right((plan, gate)) => match self.enter(gate.await?, said).await? {
                Entry::Served(answer) => return Ok(answer),
                Entry::Open(way) => (plan, Some(way)),
                Entry::Shut(refusal) => (Err(refusal), None),
                Entry::Undone => return Err(Halt::Again),
            },
        };
        let planned = match planned {
            Ok((ask, plan, known)) => {
                self.good(known, order, !waited_for.is_empty()).await.map(|by_code| (ask, plan, by_code))
            }
            Err(refusal) => Err(refusal),
        };
        let (ask, plan, by_code) = match planned {
            Ok(planned) => planned,
            Err(refusal) if run == Run::Dry => return Err(refusal.into()),
            Err(refusal) => return self.unless_twin(refusal, order).await,
        };
        let signed = means.signed();
        let (instead_of, in_doubt) = way.map_or((None, 0), |way| (way.instead_of, way.in_doubt));
        let new = NewSale {
            id,
            by_code: by_code || signed.is_a_contracts(),
            signed,
            endpoint: E::ENDPOINT.path,
            request: said.request.clone().unwrap_or_default(),
            named: said.name.clone().map(|name| Purchase { name, instead_of }),
            waited_for: waited_for.to_vec(),
            run,
            attempt: invocation.attempt.clone(),
            now: invocation.now,
        };
        match self.endpoint.fulfil(new, &ask, plan, invocation).await {
            Ok(_) if run == Run::Dry => Err(Refusal::Fault(Fault::Broken("a dry run has claimed a sale")).into()),
            Ok(sale) => Ok(self.settle(sale, Some(&ask), said, "ok").await?),
            Err(Stop::Rehearsed(rehearsal)) => Ok(Self::sells(order, rehearsal, in_doubt)?),
            // What was counted when it was to be claimed, before anything was done for it.
            Err(Stop::Refuse(refusal @ (Refusal::CallInProgress { .. } | Refusal::RateLimited { .. })))
                if run == Run::Real =>
            {
                self.unless_twin(refusal, order).await
            }
            Err(Stop::Refuse(refusal)) => Err(refusal.into()),
            Err(Stop::Behind(earlier)) => Err(Halt::Behind(earlier)),
            Err(Stop::Earlier(record)) => match self.replay(Some(*record), said).await? {
                Past::Answered(answer) => Ok(answer),
                Past::Nothing | Past::Undone => Err(Halt::Again),
            },
        }
    }

    /// A twin of this request may have paid while this one was planned, and be the reason why it
    /// was refused. Only if there is none can it be said that nothing was charged.
    async fn unless_twin(&self, refusal: Refusal, order: &Order<'_>) -> Result<Answer, Halt> {
        match self.twin(order).await? {
            Past::Answered(answer) => Ok(answer),
            Past::Nothing => Err(refusal.into()),
            Past::Undone => Err(Halt::Again),
        }
    }

    /// Settles a sale and answers it. Who brings what was asked for has made the fence, and nothing
    /// was sent before.
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
            Ok(Finished::Granted(record)) => {
                self.unproven.has_paid(&record, &self.cashier.store, said.invocation.now).await;
                Self::granted(&record, said, outcome)
            }
            Ok(Finished::Declined { reason }) if reason == Reason::EARLIER => Err(Refusal::PaymentUsed),
            Ok(Finished::Declined { reason }) => Err(declined(&reason, payer.network())),
            Ok(Finished::Owed { why }) => Err(Refusal::PaymentReturned { why: why.map(Box::new) }),
            Ok(Finished::Undelivered { retry_after }) => {
                Err(Refusal::DeliveryPending { replayed: outcome == REPLAYED, retry_after })
            }
            Ok(Finished::NotSent { spent: false }) => Err(Refusal::NotSettled),
            Ok(Finished::NotSent { spent: true }) => Err(Refusal::Upstream {
                vendor: Neighbour::Facilitator,
                message: "it could not be reached and the call was stopped; sign a new payment to try again".to_owned(),
            }),
            Ok(Finished::Doubt(work)) => pending::<E>(&work, said, outcome == REPLAYED),
            // Whatever failed here failed after the fence: the money may have moved, so this is not
            // a plain fault.
            Err(fault) => {
                telemetry::fault();
                tracing::error!(%fault, payment = ?said.id, "a fault after the fence");
                pending::<E>(&work, said, outcome == REPLAYED)
            }
        }
    }
}

fn unpaid() -> Refusal {
    Refusal::PaymentRequired { reason: price::UNPAID.to_owned(), message: codes::SIGN.to_owned() }
}

fn refused(why: PaymentRefused) -> Refusal {
    Refusal::PaymentRequired { reason: why.reason.to_owned(), message: why.message }
}

fn declined(reason: &Reason, network: Network) -> Refusal {
    declined_or_made(reason, reason.may_be_late(network))
}

/// A payment that was declined now. Where it may have been made long ago all the same, it is not
/// said that it was not.
fn declined_or_made(reason: &Reason, perhaps: bool) -> Refusal {
    let back = if perhaps { format!(" {}", Reason::GOES_BACK) } else { String::new() };
    let message = format!("The payment was declined ({reason}). {}{back}", reason.remedy());
    Refusal::PaymentRequired { reason: reason.to_string(), message }
}

/// An earlier request with this payment came to nothing, and the payment with it.
fn given_up(network: Network) -> Refusal {
    let message =
        "An earlier request with this payment was given up, and the payment will not be used. Sign a new one.";
    let message = match network {
        Network::Evm(_) => message.to_owned(),
        // It was looked for where it could be made since it came.
        Network::Solana(_) => format!("{message} {}", Reason::GOES_BACK),
    };
    Refusal::PaymentRequired { reason: "payment_declined".to_owned(), message }
}

/// Runs both side by side. A refusal of the plan wins over the facilitator's, and does not wait for
/// it.
async fn first_of<T, V>(
    plan: impl Future<Output = Result<T, Refusal>>,
    verify: impl Future<Output = Result<V, Refusal>>,
) -> Result<(T, V), Refusal> {
    match future::select(pin!(plan), pin!(verify)).await {
        Either::Left((plan, verify)) => Ok((plan?, verify.await?)),
        Either::Right((verdict, plan)) => Ok((plan.await?, verdict?)),
    }
}

/// What is said while the outcome of a payment is unknown; `again`, if an earlier request has begun
/// the sale.
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
