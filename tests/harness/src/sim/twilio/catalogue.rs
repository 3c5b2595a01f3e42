//! What can be bought: a few numbers of a few places, with the traps of the real catalogue among
//! them.

use super::MONTHLY_CENTS;

/// What address a number wants of its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressRequirement {
    /// None.
    None,
    /// Any.
    Any,
    /// One in the number's own country or place.
    Local,
}

impl AddressRequirement {
    /// Twilio's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Any => "any",
            Self::Local => "local",
        }
    }
}

/// A kind of number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Geographic.
    Local,
    /// Mobile.
    Mobile,
    /// Of a whole country.
    National,
    /// Freephone.
    TollFree,
}

/// A number for sale.
#[derive(Clone, Debug)]
pub struct Offered {
    /// E.164.
    pub phone_number: String,
    /// ISO country.
    pub country: String,
    /// Kind.
    pub kind: Kind,
    /// Town.
    pub locality: &'static str,
    /// State or province.
    pub region: &'static str,
    /// Post code.
    pub postal_code: &'static str,
    /// Latitude and longitude, as the text that is on the wire.
    pub at: (&'static str, &'static str),
    /// LATA.
    pub lata: Option<&'static str>,
    /// What address it wants.
    pub address_requirements: AddressRequirement,
    /// Whether it wants an approved bundle.
    pub needs_bundle: bool,
    /// New to Twilio.
    pub beta: bool,
    /// Whether it can call.
    pub voice: bool,
}

impl Offered {
    /// A US or Canadian number without any trap.
    pub fn local(phone_number: &str, country: &str) -> Self {
        let place = PLACES.iter().find(|place| phone_number.starts_with(place.prefix)).unwrap_or(&PLACES[0]);
        place.number(phone_number.into(), country)
    }

    /// The area code, of a North American number.
    pub fn area_code(&self) -> Option<&str> {
        self.phone_number.strip_prefix("+1")?.get(..3)
    }
}

struct Place {
    prefix: &'static str,
    country: &'static str,
    kind: Kind,
    locality: &'static str,
    region: &'static str,
    postal_code: &'static str,
    at: (&'static str, &'static str),
    lata: Option<&'static str>,
    address: AddressRequirement,
    bundle: bool,
}

impl Place {
    const fn north_american(
        prefix: &'static str,
        country: &'static str,
        place: [&'static str; 3],
        at: (&'static str, &'static str),
        lata: &'static str,
    ) -> Self {
        let [locality, region, postal_code] = place;
        let (kind, address, bundle) = (Kind::Local, AddressRequirement::None, false);
        Self { prefix, country, kind, locality, region, postal_code, at, lata: Some(lata), address, bundle }
    }

    const fn european(
        prefix: &'static str,
        country: &'static str,
        locality: &'static str,
        at: (&'static str, &'static str),
        address: AddressRequirement,
    ) -> Self {
        let (kind, region, postal_code) = (Kind::Local, "", "");
        Self { prefix, country, kind, locality, region, postal_code, at, lata: None, address, bundle: true }
    }

    /// Anywhere in a country, and without papers.
    const fn open(prefix: &'static str, country: &'static str) -> Self {
        Self { bundle: false, ..Self::european(prefix, country, "", ("", ""), AddressRequirement::None) }
    }

    fn number(&self, phone_number: String, country: &str) -> Offered {
        Offered {
            phone_number,
            country: country.into(),
            kind: self.kind,
            locality: self.locality,
            region: self.region,
            postal_code: self.postal_code,
            at: self.at,
            lata: self.lata,
            address_requirements: self.address,
            needs_bundle: self.bundle,
            beta: false,
            voice: true,
        }
    }
}

const PLACES: [Place; 14] = [
    Place::north_american("+1415", "US", ["San Francisco", "CA", "94103"], ("37.779300", "-122.419300"), "722"),
    Place::north_american("+1650", "US", ["Palo Alto", "CA", "94301"], ("37.441900", "-122.143000"), "722"),
    Place::north_american("+1212", "US", ["New York", "NY", "10001"], ("40.712800", "-74.006000"), "132"),
    Place::north_american("+1213", "US", ["Los Angeles", "CA", "90012"], ("34.052200", "-118.243700"), "730"),
    Place::north_american("+1604", "CA", ["Vancouver", "BC", "V5K"], ("49.282700", "-123.120700"), "888"),
    Place::north_american("+1416", "CA", ["Toronto", "ON", "M5H"], ("43.653200", "-79.383200"), "888"),
    Place { kind: Kind::TollFree, ..Place::north_american("+1888", "US", ["", "", ""], ("", ""), "") },
    Place::european("+4420794", "GB", "London", ("51.507400", "-0.127800"), AddressRequirement::None),
    Place::european("+4930231", "DE", "Berlin", ("52.520000", "13.405000"), AddressRequirement::None),
    Place::european("+4989123", "DE", "Munich", ("48.135100", "11.582000"), AddressRequirement::Any),
    Place::north_american("+1787", "PR", ["San Juan", "PR", "00901"], ("18.466300", "-66.105700"), "820"),
    Place { kind: Kind::Mobile, ..Place::open("+4552516", "DK") },
    Place { kind: Kind::TollFree, ..Place::open("+4580256", "DK") },
    Place { kind: Kind::National, ..Place::open("+3397023", "FR") },
];

/// Twenty numbers of each place, none of them taken. The first of each is a beta number and the
/// second cannot call: a search that does not filter finds those first.
pub(super) fn usual() -> Vec<Offered> {
    let mut stock = Vec::new();
    for place in &PLACES {
        for line in 100..120 {
            let phone_number = match place.country {
                "US" | "CA" | "PR" => format!("{}5550{line}", place.prefix),
                // Danish numbers are two digits shorter than the others.
                "DK" => format!("{}{}", place.prefix, line - 50),
                _ => format!("{}60{line}", place.prefix),
            };
            let mut offered = place.number(phone_number, place.country);
            offered.beta = line == 100;
            offered.voice = line != 101;
            stock.push(offered);
        }
    }
    stock
}

/// What a number costs a month in each country that there are numbers of, as the template's
/// parameter has it, but for those that an operator does not have to name: here they all cost the
/// same.
pub fn prices() -> String {
    let dollars = format!("{}.{:02}", MONTHLY_CENTS / 100, MONTHLY_CENTS % 100);
    let named = COUNTRIES.iter().map(|(code, ..)| *code).filter(|code| !["US", "CA"].contains(code));
    named.map(|code| format!("{code}={dollars}")).collect::<Vec<_>>().join(",")
}

/// ISO code, name, and which kinds exist there. There is no mobile number in the United States, and
/// Puerto Rico is a country of its own.
pub(super) const COUNTRIES: [(&str, &str, &[Kind]); 7] = [
    ("US", "United States", &[Kind::Local, Kind::TollFree]),
    ("CA", "Canada", &[Kind::Local]),
    ("PR", "Puerto Rico", &[Kind::Local]),
    ("GB", "United Kingdom", &[Kind::Local]),
    ("DE", "Germany", &[Kind::Local]),
    ("DK", "Denmark", &[Kind::Mobile, Kind::TollFree]),
    ("FR", "France", &[Kind::National]),
];
