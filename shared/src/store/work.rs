//! What a sale did or is about to do: enough to grant it or to undo it.

use crate::limits::prices::BEFORE_PRICES;
use crate::types::{CallId, Country, PhoneNumber, Timestamp, Usdc};

use super::StoreFault;
use super::limits::Cost;
use super::rows::{ListedRow, SourceRow, WorkRow};

/// The work of one sale.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Work {
    /// Lease a number.
    Lease {
        /// The number held, or about to be bought.
        number: PhoneNumber,
        /// Its country.
        country: Country,
        /// Where it comes from.
        source: Source,
    },
    /// Add thirty days to a lease.
    Renew {
        /// The number.
        number: PhoneNumber,
        /// Its country.
        country: Country,
        /// The lease's end when the sale began.
        expires_at: Timestamp,
    },
    /// Tell a wallet its numbers, as they stood when it asked.
    List {
        /// The active leases.
        numbers: Vec<Listed>,
    },
    /// Place a call.
    Call {
        /// Our id of it, which travels with it to the vendor.
        call: CallId,
        /// The caller.
        from: PhoneNumber,
        /// The callee.
        to: PhoneNumber,
        /// Minutes.
        max_duration: u32,
        /// The vendor's id, once it has accepted.
        placed: Option<String>,
        /// It is paid with the wallet's credit: the payment is looked at and never settled.
        credit: bool,
        /// What is reserved for what it costs us.
        cost: Option<Cost>,
    },
    /// Nothing: a stray payment.
    Nothing,
}

/// Where a leased number comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// It was ours already.
    Pool,
    /// It is bought at the carrier, and paid for then.
    Carrier {
        /// What that costs us.
        cost: Usdc,
    },
    /// It is bought at the carrier once it is paid for.
    Order {
        /// What that costs us.
        cost: Usdc,
    },
}

impl Source {
    /// What it costs us to have it from there.
    pub const fn cost(self) -> Option<Usdc> {
        match self {
            Self::Pool => None,
            Self::Carrier { cost } | Self::Order { cost } => Some(cost),
        }
    }

    fn to_row(self) -> SourceRow {
        match self {
            Self::Pool => SourceRow::Pool,
            Self::Carrier { .. } => SourceRow::Carrier,
            Self::Order { .. } => SourceRow::Order,
        }
    }

    fn from_row(row: SourceRow, cost: Option<u64>) -> Self {
        let cost = cost.map_or(BEFORE_PRICES, Usdc::micros);
        match row {
            SourceRow::Pool => Self::Pool,
            SourceRow::Carrier => Self::Carrier { cost },
            SourceRow::Order => Self::Order { cost },
        }
    }
}

/// An active lease, as it is listed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listed {
    /// The number.
    pub number: PhoneNumber,
    /// Its country.
    pub country: Country,
    /// The end of the lease.
    pub expires_at: Timestamp,
}

impl Work {
    /// Whether it is only begun once it is paid for: a number that is ordered, or a call that was not dialled. What credit
    /// pays is dialled before.
    pub const fn is_paid_first(&self) -> bool {
        matches!(
            self,
            Self::Lease { source: Source::Order { .. }, .. } | Self::Call { placed: None, credit: false, .. }
        )
    }

    /// The same once it is done: with the dialler's id of the call.
    #[must_use]
    pub fn done(self, id: &str) -> Self {
        match self {
            Self::Lease { number, country, source: Source::Order { cost } } => {
                Self::Lease { number, country, source: Source::Carrier { cost } }
            }
            Self::Call { call, from, to, max_duration, placed: _, credit, cost } => {
                Self::Call { call, from, to, max_duration, placed: Some(id.to_owned()), credit, cost }
            }
            other => other,
        }
    }

    /// The endpoint that sells it, by the name of its function.
    pub const fn endpoint(&self) -> &'static str {
        match self {
            Self::Lease { .. } => "numbers_buy",
            Self::Renew { .. } => "numbers_renew",
            Self::List { .. } => "numbers_list",
            Self::Call { .. } => "voice_call",
            Self::Nothing => "nothing",
        }
    }

    pub(super) fn to_row(&self) -> WorkRow {
        match self {
            Self::Lease { number, country, source } => WorkRow::Lease {
                number: number.as_str().to_owned(),
                country: country.to_string(),
                source: source.to_row(),
                cost: source.cost().map(Usdc::atomic),
            },
            Self::Renew { number, country, expires_at } => WorkRow::Renew {
                number: number.as_str().to_owned(),
                country: country.to_string(),
                expires_at: expires_at.as_second(),
            },
            Self::List { numbers } => WorkRow::List {
                numbers: numbers
                    .iter()
                    .map(|listed| ListedRow {
                        number: listed.number.as_str().to_owned(),
                        country: listed.country.to_string(),
                        expires_at: listed.expires_at.as_second(),
                    })
                    .collect(),
            },
            Self::Call { call, from, to, max_duration, placed, credit, cost } => WorkRow::Call {
                call: call.as_str().to_owned(),
                from: from.as_str().to_owned(),
                to: to.as_str().to_owned(),
                max_duration: *max_duration,
                placed: placed.clone(),
                credit: *credit,
                cost: cost.map(Cost::to_row),
            },
            Self::Nothing => WorkRow::Nothing,
        }
    }

    pub(super) fn from_row(row: &WorkRow) -> Result<Self, StoreFault> {
        Ok(match row {
            WorkRow::Lease { number, country, source, cost } => Self::Lease {
                number: number_of(number)?,
                country: country_of(country)?,
                source: Source::from_row(*source, *cost),
            },
            WorkRow::Renew { number, country, expires_at } => Self::Renew {
                number: number_of(number)?,
                country: country_of(country)?,
                expires_at: instant_of(*expires_at)?,
            },
            WorkRow::List { numbers } => Self::List {
                numbers: numbers
                    .iter()
                    .map(|row| {
                        Ok(Listed {
                            number: number_of(&row.number)?,
                            country: country_of(&row.country)?,
                            expires_at: instant_of(row.expires_at)?,
                        })
                    })
                    .collect::<Result<_, StoreFault>>()?,
            },
            WorkRow::Call { call, from, to, max_duration, placed, credit, cost } => Self::Call {
                call: CallId::parse(call).map_err(|_| StoreFault::Row("call id"))?,
                from: number_of(from)?,
                to: number_of(to)?,
                max_duration: *max_duration,
                placed: placed.clone(),
                credit: *credit,
                cost: cost.map(Cost::from_row),
            },
            WorkRow::Nothing => Self::Nothing,
        })
    }
}

pub(super) fn number_of(text: &str) -> Result<PhoneNumber, StoreFault> {
    PhoneNumber::parse(text).map_err(|_| StoreFault::Row("phone number"))
}

pub(super) fn country_of(text: &str) -> Result<Country, StoreFault> {
    Country::parse(text).map_err(|_| StoreFault::Row("country"))
}

pub(super) fn instant_of(second: i64) -> Result<Timestamp, StoreFault> {
    Timestamp::from_second(second).map_err(|_| StoreFault::Row("instant"))
}
