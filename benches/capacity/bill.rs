//! What so many calls cost, reckoned with what was counted of one: OPERATIONS.md has the tables
//! that this prints.

use harness::life::Life;

/// Money in picodollars, since a byte of a log costs 500 of them.
type Pico = u64;
const DOLLAR: Pico = 1_000_000_000_000;

/// List prices of us-east-1.
const REQUEST: Pico = 1_000_000;
const INVOCATION: Pico = 200_000;
/// A millisecond of 256 MB on arm64.
const MILLISECOND: Pico = 3_333;
const WRITE_UNIT: Pico = 625_000;
const HALF_A_READ_UNIT: Pico = 62_500;
const BYTE_OF_A_LOG: Pico = 500;
/// What the gateway writes of a request, by the template's format, and what CloudWatch adds to an
/// event; twice, with the function's own.
const ACCESS_LINE: u64 = 180 + 2 * 26;
/// How long the functions take on AWS, in milliseconds, where neighbours answer as they usually do:
/// assumed.
const PLACING: u64 = 1_500;
const LOOKING: u64 = 350;
const POLLING: u64 = 20;

/// What each brings, and what a call of two minutes costs at vendors: the dialler's third plan, the
/// carrier's minute to the US.
const PRICE: Pico = DOLLAR / 100 * 54;
const DIALLER: Pico = DOLLAR / 100 * 11 * 2;
const CARRIER: Pico = DOLLAR / 1000 * 14 * 2;
const FACILITATOR: Pico = DOLLAR / 1000;
/// Alarms, at most forty metrics, key, secrets, rounds that find nothing: OPERATIONS.md, *A month
/// of nothing*.
const FIXED_A_MONTH: Pico = DOLLAR * 23;

/// What AWS charges for one call.
pub(crate) struct Bill {
    gateway: Pico,
    lambda: Pico,
    table: Pico,
    logs: Pico,
}

impl Bill {
    pub(crate) fn of(life: &Life) -> Self {
        Self {
            gateway: life.requests * REQUEST,
            lambda: life.requests * INVOCATION + milliseconds(life) * MILLISECOND,
            table: life.writes() * WRITE_UNIT + life.read_halves * HALF_A_READ_UNIT,
            logs: (life.logged + life.requests * ACCESS_LINE) * BYTE_OF_A_LOG,
        }
    }

    fn all(&self) -> Pico {
        self.gateway + self.lambda + self.table + self.logs
    }

    /// A row for a thousand of them.
    pub(crate) fn row(&self, of: &str, life: &Life) -> String {
        let [gateway, lambda, table, logs, all] =
            [self.gateway, self.lambda, self.table, self.logs, self.all()].map(|one| dollars(one * 1000, 3));
        format!(
            "| {of} | {} | {} | {} | {} | {gateway} | {lambda} | {table} | {logs} | **{all}** |",
            life.requests,
            life.looks,
            life.writes(),
            life.read_halves.div_ceil(2),
        )
    }

    /// A row for a day of so many calls.
    pub(crate) fn day(&self, name: &str, calls: u64) -> String {
        let [revenue, dialler, carrier, facilitator, aws] =
            [PRICE, DIALLER, CARRIER, FACILITATOR, self.all()].map(|one| dollars(one * calls, 0));
        let rest = PRICE * calls - (DIALLER + CARRIER + FACILITATOR + self.all()) * calls - FIXED_A_MONTH / 30;
        format!(
            "| {name} | {revenue} | {dialler} | {carrier} | {facilitator} | {aws} | {} | {} |",
            dollars(FIXED_A_MONTH / 30, 2),
            dollars(rest, 0)
        )
    }

    /// No more than what is promised of a thousand of them.
    pub(crate) fn is_within(&self, cents_for_a_thousand: u64) -> bool {
        self.all() * 1000 <= DOLLAR / 100 * cents_for_a_thousand
    }
}

/// How long Lambda works for one call.
pub(crate) fn milliseconds(life: &Life) -> u64 {
    PLACING + life.looks * LOOKING + life.requests.saturating_sub(1 + life.looks) * POLLING
}

fn dollars(amount: Pico, digits: usize) -> String {
    let parts = (0..digits).fold(1, |parts, _| parts * 10);
    let unit = DOLLAR / parts;
    let rounded = (amount + unit / 2) / unit;
    let (whole, part) = (rounded / parts, rounded % parts);
    let whole = thousands(whole);
    if digits == 0 { format!("${whole}") } else { format!("${whole}.{part:0digits$}") }
}

/// With commas.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}
