//! The names of attributes, each taken from the field of the row that it is read into: a name that
//! no row has does not compile, and nothing else can make one.

use std::borrow::Cow;

use super::{
    CallRow, ControlRow, CostRow, CountedRow, CountedRows, DialledRow, DoubtsRow, LeaseRow, NumberRow, OptOutRow,
    PaymentRow, PurchaseRow, RefundRow, RefundStopRow, RefundedRow, SaidRow, SaleRow, SumRow, TurnRow, WalletRow,
    WindowRow,
};

/// The name of an attribute.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::store) struct Name(&'static str);

impl Name {
    /// As it stands in an item.
    pub(in crate::store) const fn as_str(self) -> &'static str {
        self.0
    }

    /// An attribute inside of this one.
    pub(in crate::store) fn then(self, inner: Self) -> Path {
        Path::from(self).then(inner)
    }

    /// An entry of the map in this attribute.
    pub(in crate::store) fn entry(self, key: &str) -> Path {
        Path(vec![self.0.into(), key.to_owned().into()])
    }
}

/// An attribute, or an attribute of an attribute: `refund.state`.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::store) struct Path(Vec<Cow<'static, str>>);

impl Path {
    /// From the outside to the inside.
    pub(in crate::store) fn parts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(Cow::as_ref)
    }

    /// An attribute inside of this one.
    pub(in crate::store) fn then(mut self, inner: Name) -> Self {
        self.0.push(inner.0.into());
        self
    }

    /// As it stands in an item that is written as a whole.
    pub(in crate::store) fn in_an_item(self) -> String {
        self.0.join(".")
    }
}

impl From<Name> for Path {
    fn from(name: Name) -> Self {
        Self(vec![name.0.into()])
    }
}

/// Names attributes by the fields that they are read into.
macro_rules! attributes {
    ($($name:ident = $field:ident of $($row:ident)+;)+) => {
        $(pub(in crate::store) const $name: Name = {
            $(let _ = |row: &$row| { let _ = &row.$field; };)+
            Name(stringify!($field))
        };)+
    };
}

attributes! {
    PK = pk of SaleRow CallRow;
    SK = sk of SaleRow CallRow LeaseRow;
    DUE_QUEUE = due_queue of SaleRow CallRow NumberRow LeaseRow;
    DUE_AT = due_at of SaleRow CallRow NumberRow LeaseRow;
    TTL = ttl of SaleRow CallRow SaidRow PurchaseRow CountedRows SumRow WindowRow RefundedRow;
    CREATED_AT = created_at of TurnRow CallRow;

    CUSTODY = custody of NumberRow;
    COUNTRY = country of NumberRow LeaseRow;
    OWNER = owner of NumberRow;
    SALE = sale of NumberRow CallRow PurchaseRow;
    SID = sid of NumberRow;
    EXPIRES_AT = expires_at of LeaseRow;
    HOLD = hold of LeaseRow;
    RENEWED_AT_MS = renewed_at_ms of LeaseRow;

    DIAL = dial of WalletRow;
    UNPAID_AT = unpaid_at of WalletRow;
    CREDIT = credit of WalletRow;
    BLOCKED_AT = blocked_at of WalletRow;
    BLOCKED_FOR = blocked_for of WalletRow;
    DOUBTS = doubts of DoubtsRow;

    PAUSED = paused of ControlRow;
    PAUSED_AT = paused_at of ControlRow;
    PAUSED_FOR = paused_for of ControlRow;
    SALT = salt of ControlRow;
    MISSING = missing of SaleRow ControlRow;
    OPTED_OUT_AT = opted_out_at of OptOutRow;
    OPTED_OUT_FOR = opted_out_for of OptOutRow;
    TAKEN_AT = taken_at of TurnRow;
    WALKED = walked of TurnRow;
    PAGE = page of TurnRow;
    BY_COUNTRY = by_country of TurnRow;
    BY_DAY = by_day of TurnRow;
    WRITTEN_AT = written_at of TurnRow;
    PARTS = parts of TurnRow;
    PROGRESS = progress of TurnRow;
    BLOCKS = blocks of TurnRow;
    INSIDE = inside of TurnRow;
    TOP = top of TurnRow;
    BEFORE = before of TurnRow;
    BEHIND = behind of TurnRow;

    STATE = state of SaleRow RefundRow;
    ATTEMPT = attempt of SaleRow;
    BUSY_UNTIL = busy_until of SaleRow;
    REQUEST = request of SaleRow;
    PAYMENT = payment of SaleRow;
    WORK = work of SaleRow;
    SPENT = spent of SaleRow;
    CONTESTED = contested of SaleRow;
    DOUBTED = doubted of SaleRow;
    ANSWERED = answered of SaleRow;
    STOPPED = stopped of SaleRow CallRow;
    BOOKED = booked of SaleRow;
    GIVEN_BACK = given_back of SaleRow;
    SETTLED = settled of SaleRow;
    CLOSED = closed of CallRow;
    REFUND = refund of SaleRow;
    SEARCHED = searched of SaleRow;
    NETWORK = network of PaymentRow;
    FROM = from of PaymentRow CallRow;
    TO = to of CallRow CountedRow DialledRow;

    TAKEN_BY = taken_by of RefundRow;
    TRIES = tries of RefundRow;
    REFUSED = refused of RefundRow CountedRow;
    POOR_SINCE = poor_since of RefundRow;
    BY = by of RefundRow;
    AMOUNT = amount of RefundedRow;
    COUNTED = counted of RefundedRow;
    STRAYS = strays of RefundedRow;
    STOPPED_AT = stopped_at of RefundStopRow;
    STOPPED_BY = stopped_by of RefundStopRow;
    LIFTED_AT = lifted_at of RefundStopRow;
    LIFTED_BY = lifted_by of RefundStopRow;

    CHARGE = charge of CallRow;
    PLACED = placed of CallRow;
    TRANSACTION = transaction of CallRow RefundRow;
    REFUNDED_BY = refunded_by of CallRow;
    BY_HAND = by_hand of CallRow;
    HELD_FOR = held_for of CallRow;
    ERASING = erasing of CallRow;
    WAITED_UNTIL = waited_until of CallRow;
    HANGUP_REQUESTED_AT = hangup_requested_at of CallRow;
    LOOKED_AT = looked_at of CallRow;
    SEEN_AT = seen_at of CallRow;
    ENDED_AT = ended_at of CallRow;
    VIEW = view of CallRow;
    SAID = said of CallRow;
    ASKED = asked of CallRow;
    ANSWERS = answers of CallRow;
    UNANSWERED = unanswered of CallRow;
    LINES = lines of SaidRow;
    COST = cost of CallRow CountedRow;
    MICROS = micros of CostRow;
    KEPT = kept of CostRow;
    CARRIER = carrier of CostRow;
    ANALYSES = analyses of CostRow;

    VERSION = version of CountedRows;
    ENTRIES = entries of CountedRows;
    GOOD = good of CountedRows;
    BROKE_AT = broke_at of CountedRows;
    ENDS_AT = ends_at of CountedRow;
    OPEN_UNTIL = open_until of CountedRow WindowRow;
    UPTO = upto of WindowRow;
    MOVED = moved of WindowRow;
    SUM_SINCE = sum_since of SumRow WindowRow;
    SUM = sum of SumRow;
    SLOT = slot of WindowRow;
    LOSS = loss of WindowRow;
    LOSS_0 = loss_0 of WindowRow;
    LOSS_1 = loss_1 of WindowRow;
    LOSS_2 = loss_2 of WindowRow;
    GROSS = gross of WindowRow;
    GROSS_0 = gross_0 of WindowRow;
    GROSS_1 = gross_1 of WindowRow;
    GROSS_2 = gross_2 of WindowRow;
    DEAR = dear of WindowRow;
    DEAR_0 = dear_0 of WindowRow;
    DEAR_1 = dear_1 of WindowRow;
    DEAR_2 = dear_2 of WindowRow;
    OPEN = open of WindowRow;
    OPEN_DEAR = open_dear of WindowRow;
    RUNNING = running of WindowRow;
}
