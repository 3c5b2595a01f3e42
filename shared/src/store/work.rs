//! What a sale did or is about to do: enough to grant it or to undo it.

mod source;

use crate::types::call::{EndedBy, Status};
use crate::types::{AreaCode, CallId, Country, PhoneNumber, Timestamp, words};

use super::StoreFault;
use super::cost::Cost;
use super::parse::{country_of, instant_of, number_of};
use super::rows::{BookedRow, ListedCallRow, ListedRow, WorkRow};
pub use source::{Booked, Source};

/// The work of one sale.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Work {
    /// Lease a number.
    Lease(Lease),
    /// Add thirty days to a lease.
    Renew(Renew),
    /// Tell a wallet its numbers, as they stood when it asked.
    List(Listing),
    /// Tell a wallet its calls, as they stood when it asked.
    Calls(CallListing),
    /// Place a call.
    Call(Call),
    /// Nothing: a stray payment.
    Nothing,
}

words! {
    /// A kind of work; which endpoint sells it stands in the API's table.
    pub enum Kind {
        /// [`Work::Lease`]
        Lease = "lease",
        /// [`Work::Renew`]
        Renew = "renew",
        /// [`Work::List`]
        List = "list",
        /// [`Work::Calls`]
        Calls = "calls",
        /// [`Work::Call`]
        Call = "call",
        /// [`Work::Nothing`]
        Nothing = "nothing",
    }
}

/// A lease of a number that begins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lease {
    /// The number held, or about to be bought.
    pub number: PhoneNumber,
    /// Its country.
    pub country: Country,
    /// The area that was asked for, which may be another than the number's.
    pub area: Option<AreaCode>,
    /// Where it comes from.
    pub source: Source,
}

/// A lease that is extended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Renew {
    /// The number.
    pub number: PhoneNumber,
    /// Its country.
    pub country: Country,
    /// The lease's end when the sale began.
    pub expires_at: Timestamp,
}

/// A wallet's numbers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listing {
    /// The active leases.
    pub numbers: Vec<Listed>,
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

/// A page of a wallet's calls.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallListing {
    /// The newest first.
    pub calls: Vec<ListedCall>,
    /// The cursor of the next page, if there was one.
    pub next: Option<String>,
}

/// A call, as it is listed: what was seen of it then.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListedCall {
    /// Its id.
    pub id: CallId,
    /// The caller.
    pub from: PhoneNumber,
    /// The callee.
    pub to: PhoneNumber,
    /// How it stood.
    pub status: Status,
    /// How it had ended.
    pub ended_by: EndedBy,
    /// Minutes, in the decimal text that the vendor sent.
    pub call_length: Option<String>,
    /// Whether it was paid for and stayed so.
    pub charged: bool,
    /// When it was dialled.
    pub created_at: Timestamp,
    /// When it was over.
    pub ended_at: Option<Timestamp>,
}

/// A call that is placed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Call {
    /// Our id of it, which travels with it to the vendor.
    pub id: CallId,
    /// The caller.
    pub from: PhoneNumber,
    /// The callee.
    pub to: PhoneNumber,
    /// Minutes.
    pub max_duration: u32,
    /// The vendor's id, once it has accepted.
    pub placed: Option<String>,
    /// It is paid with the wallet's credit: the payment is looked at and never settled.
    pub credit: bool,
    /// What is reserved for what it costs us.
    pub cost: Option<Cost>,
}

impl Work {
    /// What kind it is.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Lease(_) => Kind::Lease,
            Self::Renew(_) => Kind::Renew,
            Self::List(_) => Kind::List,
            Self::Calls(_) => Kind::Calls,
            Self::Call(_) => Kind::Call,
            Self::Nothing => Kind::Nothing,
        }
    }

    /// The call, for what is only done with the work of a call.
    pub fn call(&self) -> Result<&Call, StoreFault> {
        if let Self::Call(call) = self { Ok(call) } else { Err(self.is_not(Kind::Call)) }
    }

    /// The lease that begins, for what is only done with the work of one.
    pub fn lease(&self) -> Result<&Lease, StoreFault> {
        if let Self::Lease(lease) = self { Ok(lease) } else { Err(self.is_not(Kind::Lease)) }
    }

    fn is_not(&self, wanted: Kind) -> StoreFault {
        StoreFault::Work { is: self.kind().as_str(), not: wanted.as_str() }
    }

    /// Whether it is only begun once it is paid for: a number that is ordered, or a call that was
    /// not dialled. What credit pays is dialled before.
    pub const fn is_paid_first(&self) -> bool {
        matches!(
            self,
            Self::Lease(Lease { source: Source::Order(_), .. }) | Self::Call(Call { placed: None, credit: false, .. })
        )
    }

    /// The same once it is done: with the dialler's id of the call.
    #[must_use]
    pub fn done(self, id: &str) -> Self {
        match self {
            Self::Lease(Lease { number, country, area, source: Source::Order(booked) }) => {
                Self::Lease(Lease { number, country, area, source: Source::Carrier(booked) })
            }
            Self::Call(call) => Self::Call(Call { placed: Some(id.to_owned()), ..call }),
            other => other,
        }
    }

    pub(super) fn to_row(&self) -> WorkRow {
        match self {
            Self::Lease(Lease { number, country, area, source }) => WorkRow::Lease {
                number: number.as_str().to_owned(),
                country: country.to_string(),
                area: area.as_ref().map(|area| area.as_str().to_owned()),
                source: source.to_row(),
                booked: source.booked().map(|Booked { cost, slot, unpaid_slot }| BookedRow {
                    cost: cost.atomic(),
                    slot,
                    unpaid_slot,
                }),
            },
            Self::Renew(Renew { number, country, expires_at }) => WorkRow::Renew {
                number: number.as_str().to_owned(),
                country: country.to_string(),
                expires_at: expires_at.as_second(),
            },
            Self::List(Listing { numbers }) => WorkRow::List { numbers: numbers.iter().map(Listed::to_row).collect() },
            Self::Calls(CallListing { calls, next }) => {
                WorkRow::Calls { calls: calls.iter().map(ListedCall::to_row).collect(), next: next.clone() }
            }
            Self::Call(call) => WorkRow::Call {
                call: call.id.as_str().to_owned(),
                from: call.from.as_str().to_owned(),
                to: call.to.as_str().to_owned(),
                max_duration: call.max_duration,
                placed: call.placed.clone(),
                credit: call.credit,
                cost: call.cost.map(Cost::to_row),
            },
            Self::Nothing => WorkRow::Nothing,
        }
    }

    pub(super) fn from_row(row: &WorkRow) -> Result<Self, StoreFault> {
        Ok(match row {
            WorkRow::Lease { number, country, area, source, booked } => {
                let country = country_of(country)?;
                Self::Lease(Lease {
                    number: number_of(number)?,
                    country,
                    area: area.as_deref().map(|area| area_of(area, country)).transpose()?,
                    source: Source::from_row(*source, *booked)?,
                })
            }
            WorkRow::Renew { number, country, expires_at } => Self::Renew(Renew {
                number: number_of(number)?,
                country: country_of(country)?,
                expires_at: instant_of(*expires_at)?,
            }),
            WorkRow::List { numbers } => {
                Self::List(Listing { numbers: numbers.iter().map(Listed::from_row).collect::<Result<_, _>>()? })
            }
            WorkRow::Calls { calls, next } => Self::Calls(CallListing {
                calls: calls.iter().map(ListedCall::from_row).collect::<Result<_, _>>()?,
                next: next.clone(),
            }),
            WorkRow::Call { call, from, to, max_duration, placed, credit, cost } => Self::Call(Call {
                id: call_of(call)?,
                from: number_of(from)?,
                to: number_of(to)?,
                max_duration: *max_duration,
                placed: placed.clone(),
                credit: *credit,
                cost: cost.map(Cost::from_row),
            }),
            WorkRow::Nothing => Self::Nothing,
        })
    }
}

fn area_of(text: &str, country: Country) -> Result<AreaCode, StoreFault> {
    AreaCode::parse(text, country).map_err(|_| StoreFault::Row("area code"))
}

fn call_of(text: &str) -> Result<CallId, StoreFault> {
    CallId::parse(text).map_err(|_| StoreFault::Row("call id"))
}

impl ListedCall {
    fn to_row(&self) -> ListedCallRow {
        ListedCallRow(
            self.id.as_str().to_owned(),
            self.from.as_str().to_owned(),
            self.to.as_str().to_owned(),
            self.status,
            self.ended_by,
            self.call_length.clone(),
            self.charged,
            self.created_at.as_second(),
            self.ended_at.map(Timestamp::as_second),
        )
    }

    fn from_row(row: &ListedCallRow) -> Result<Self, StoreFault> {
        let ListedCallRow(id, from, to, status, ended_by, call_length, charged, created_at, ended_at) = row;
        Ok(Self {
            id: call_of(id)?,
            from: number_of(from)?,
            to: number_of(to)?,
            status: *status,
            ended_by: *ended_by,
            call_length: call_length.clone(),
            charged: *charged,
            created_at: instant_of(*created_at)?,
            ended_at: ended_at.map(instant_of).transpose()?,
        })
    }
}

impl Listed {
    fn to_row(&self) -> ListedRow {
        ListedRow {
            number: self.number.as_str().to_owned(),
            country: self.country.to_string(),
            expires_at: self.expires_at.as_second(),
        }
    }

    fn from_row(row: &ListedRow) -> Result<Self, StoreFault> {
        Ok(Self {
            number: number_of(&row.number)?,
            country: country_of(&row.country)?,
            expires_at: instant_of(row.expires_at)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{
        AreaCode, Booked, Call, CallListing, Country, EndedBy, Kind, Lease, Listed, ListedCall, Listing, PhoneNumber,
        Renew, Source, Status, Timestamp, Work,
    };
    use crate::types::{CallId, Usdc};

    /// As long as a page's texts can be.
    fn page(calls: u128) -> CallListing {
        let number = PhoneNumber::parse("+823456789012345").unwrap();
        let at = Timestamp::from_second(1_800_000_000).unwrap();
        let call = |bits| ListedCall {
            id: CallId::from_bits(bits),
            from: number.clone(),
            to: number.clone(),
            status: Status::InProgress,
            ended_by: EndedBy::InProgress,
            call_length: Some("1.2345678901234567890123".to_owned()),
            charged: true,
            created_at: at,
            ended_at: Some(at),
        };
        CallListing { calls: (0..calls).map(call).collect(), next: Some("n".repeat(68)) }
    }

    #[test]
    fn the_longest_page_of_calls_is_a_small_part_of_what_an_item_holds() {
        let row = serde_json::to_string(&Work::Calls(page(100)).to_row()).unwrap();
        assert!(row.len() < 20 * 1024, "{}", row.len());
    }

    fn each() -> Vec<Work> {
        let number = PhoneNumber::parse("+14155550001").unwrap();
        let (country, expires_at) = (Country::US, Timestamp::from_second(1_800_000_000).unwrap());
        let booked = Booked { cost: Usdc::micros(1_150_000), slot: 7, unpaid_slot: 8 };
        let area = Some(AreaCode::parse("415", country).unwrap());
        let lease = |source| Work::Lease(Lease { number: number.clone(), country, area: area.clone(), source });
        let listed = Listed { number: number.clone(), country, expires_at };
        let call = Call {
            id: CallId::from_bits(1),
            from: number.clone(),
            to: number.clone(),
            max_duration: 5,
            placed: None,
            credit: false,
            cost: None,
        };
        vec![
            lease(Source::Pool),
            lease(Source::Carrier(booked)),
            lease(Source::Order(booked)),
            Work::Renew(Renew { number: number.clone(), country, expires_at }),
            Work::List(Listing { numbers: vec![listed] }),
            Work::Calls(page(1)),
            Work::Call(Call { placed: Some("b".to_owned()), credit: true, ..call.clone() }),
            Work::Call(call),
            Work::Nothing,
        ]
    }

    #[test]
    fn work_is_read_as_it_was_written_under_the_name_of_its_kind() {
        for work in each() {
            let row = serde_json::to_value(work.to_row()).unwrap();
            assert_eq!(row["kind"], work.kind().as_str());
            assert_eq!(Work::from_row(&work.to_row()).unwrap(), work);
        }
        let kinds = each().iter().map(Work::kind).collect::<Vec<_>>();
        assert!(Kind::ALL.iter().all(|kind| kinds.contains(kind)));
    }

    #[test]
    fn work_is_only_taken_for_what_it_is() {
        for work in each() {
            assert_eq!(work.call().is_ok(), work.kind() == Kind::Call);
            assert_eq!(work.lease().is_ok(), work.kind() == Kind::Lease);
        }
    }

    #[test]
    fn what_is_done_behind_the_fence_is_not_paid_first_any_more() {
        let paid_first: Vec<bool> = each().iter().map(Work::is_paid_first).collect();
        assert_eq!(paid_first, [false, false, true, false, false, false, false, true, false]);
        assert!(each().into_iter().all(|work| !work.done("b").is_paid_first()));
    }
}
