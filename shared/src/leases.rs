//! Leases: thirty days, and who may do what with them. Pure: from what is known to what is granted.

use std::time::Duration;

use crate::refusal::{Owner, Refusal};
use crate::store::numbers::Lease;
use crate::store::sales::Record;
use crate::store::{Store, StoreFault, Work};
use crate::types::{DAY, PhoneNumber, Run, Timestamp, Wallet};

/// What five dollars buy.
pub const TERM: Duration = Duration::from_secs(30 * DAY.as_secs());

/// How long after its end a number is still in no wallet's hands. No call lasts longer than thirty
/// minutes, so none of the old owner's is still running when this has passed; the rest is for
/// clocks that disagree.
pub const GRACE: Duration = Duration::from_mins(31);

/// How long a number rests before the next wallet may have it, so that those who call back do not
/// reach a stranger.
pub const COOLING: Duration = Duration::from_secs(2 * DAY.as_secs());

/// When a lease ends that this sale began or extended.
pub fn ends_at(record: &Record) -> Option<Timestamp> {
    let begins = match &record.work {
        Work::Lease(_) => record.settled.as_ref()?.at,
        Work::Renew(renew) => renew.expires_at,
        Work::List(_) | Work::Calls(_) | Work::Call(_) | Work::Nothing => return None,
    };
    begins.checked_add(TERM).ok()
}

/// The active ones, and nothing else.
pub fn active(leases: Vec<Lease>, now: Timestamp) -> Vec<Lease> {
    leases.into_iter().filter(|lease| lease.is_active(now)).collect()
}

/// The numbers of leases.
pub fn numbers(leases: &[Lease]) -> Vec<PhoneNumber> {
    leases.iter().map(|lease| lease.number.clone()).collect()
}

/// The lease that a wallet means: the one it names, or the only one it has.
///
/// `active` are its active leases. A name that is not among them is answered by [`not_yours`].
pub fn meant<'a>(active: &'a [Lease], named: Option<&PhoneNumber>) -> Result<&'a Lease, NotMeant> {
    match (active, named) {
        ([], _) => Err(NotMeant::None),
        (_, Some(named)) => active.iter().find(|lease| lease.number == *named).ok_or(NotMeant::NotYours),
        ([only], None) => Ok(only),
        (_, None) => Err(NotMeant::Ambiguous),
    }
}

/// Why it is not clear which lease a wallet means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotMeant {
    /// It has none.
    None,
    /// It names one that it does not have.
    NotYours,
    /// It has several.
    Ambiguous,
}

/// The refusal of a wallet that names a number which it does not own: whose it is, and what it does
/// own. Asked only after the wallet's signature was checked. A dry run costs nothing and is not
/// counted, so it is not told whose.
pub async fn not_yours(store: &Store, named: &PhoneNumber, active: &[Lease], run: Run, now: Timestamp) -> Refusal {
    let actual_owner = match run {
        Run::Real => owner(store, named, now).await.map(Owner::from),
        Run::Dry => Ok(Owner::Untold),
    };
    match actual_owner {
        Ok(actual_owner) => Refusal::WrongWallet { actual_owner, active: numbers(active) },
        Err(fault) => fault.into(),
    }
}

/// Who leases a number now: no wallet, once the lease has ended, whatever the table still says.
async fn owner(store: &Store, number: &PhoneNumber, now: Timestamp) -> Result<Option<Wallet>, StoreFault> {
    let Some(owner) = store.holding(number).await?.and_then(|holding| holding.owner) else { return Ok(None) };
    let lease = store.lease(&owner, number).await?;
    Ok(lease.filter(|lease| lease.is_active(now)).map(|_| owner))
}

#[cfg(test)]
mod tests {
    use super::{NotMeant, active, meant};
    use crate::store::numbers::Lease;
    use crate::types::{Country, PhoneNumber, Timestamp};

    fn lease(number: &str, expires_at: i64) -> Lease {
        Lease {
            number: PhoneNumber::parse(number).unwrap(),
            country: Country::US,
            expires_at: Timestamp::from_second(expires_at).unwrap(),
            renewed_at: None,
            hold: None,
        }
    }

    #[test]
    fn a_lease_is_active_until_its_time() {
        let leases = vec![lease("+14155550001", 99), lease("+14155550002", 100), lease("+14155550003", 101)];
        let active = active(leases, Timestamp::from_second(100).unwrap());
        assert_eq!(active.len(), 1);
        assert_eq!(active[0].number.as_str(), "+14155550003");
    }

    #[test]
    fn a_wallet_means_the_number_it_names_or_its_only_one() {
        let [a, b] = ["+14155550001", "+14155550002"].map(|number| lease(number, 100));
        let other = PhoneNumber::parse("+14155550009").unwrap();
        let both = [a.clone(), b.clone()];
        assert_eq!(meant(&[], None), Err(NotMeant::None));
        assert_eq!(meant(&[], Some(&other)), Err(NotMeant::None), "having none comes first");
        assert_eq!(meant(&both, Some(&other)), Err(NotMeant::NotYours));
        assert_eq!(meant(&both, None), Err(NotMeant::Ambiguous));
        assert_eq!(meant(&both, Some(&b.number)), Ok(&b));
        assert_eq!(meant(std::slice::from_ref(&a), None), Ok(&a));
    }
}
