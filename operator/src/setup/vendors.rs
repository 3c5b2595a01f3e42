//! What the vendors allow: where calls may go, and whether there is money for them.

use shared::upstream::bland::Bland;
use shared::upstream::twilio::account::{Account, Accounts};

use super::Course;
use crate::show::ASK;

/// Whole dollars: some two hours of talking.
const LOW: u64 = 20;

impl Course {
    /// Whether Bland takes our key, and what is left to be spent there.
    pub(super) async fn organisation(&mut self, bland: &Bland) -> bool {
        const WHAT: &str = "Bland";
        let ours = match bland.organisation(ASK).await {
            Ok(ours) => ours,
            Err(error) => {
                self.missing(
                    WHAT,
                    error.to_string(),
                    "Look at Bland's API key, and at the account in Bland's dashboard.",
                );
                return false;
            }
        };
        let left = format!("${} left", ours.balance.as_str());
        let refilled = ours.refill_to.is_some();
        if ours.status != "active" {
            self.missing(WHAT, format!("the account is {:?}", ours.status), "Ask Bland's support why.");
        } else if ours.balance.times(1) < LOW && !refilled {
            let next = format!(
                "Pay in until more than ${LOW} are left, or switch on automatic refill. Calls are refused without it."
            );
            self.missing(WHAT, format!("active; {left}, which is little"), next);
        } else {
            self.ready(
                WHAT,
                if refilled { format!("active; {left}, refilled by itself") } else { format!("active; {left}") },
            );
        }
        self.note(
            "Bland plan",
            "Bland does not tell it to a key. Start allows 100 calls a day, Build 2000, Scale 5000, for all wallets together: \
             see Billing in Bland's dashboard",
        );
        true
    }

    /// Where the account that holds the numbers may call: Bland's calls over our numbers inherit
    /// it.
    pub(super) async fn permissions(&mut self, main: Option<&Accounts>, account: Option<&Account>) {
        const WHAT: &str = "calls allowed to";
        const WHERE: &str = "In Twilio's Console, for this sub-account: Voice, Settings, Geo permissions.";
        let Some((main, account)) = main.zip(account) else {
            return self.note(WHAT, "not looked at: that needs the main account's token");
        };
        let all = match main.of(account).permissions(ASK).await {
            Ok(all) => all,
            Err(error) => return self.note(WHAT, format!("not known ({error})")),
        };
        let open: Vec<&str> = all.iter().filter(|one| one.ordinary).map(|one| one.country.as_str()).collect();
        if open.contains(&"US") {
            let more = if open.len() > 12 { format!(" and {} more", open.len() - 12) } else { String::new() };
            let some: Vec<&str> = open.iter().copied().take(12).collect();
            self.ready(
                WHAT,
                format!(
                    "{}{more} (US stands for Canada too); calls elsewhere are refused and not charged",
                    some.join(", ")
                ),
            );
        } else {
            self.missing(
                WHAT,
                "the United States and Canada are off: every call there fails",
                format!("Switch them on. {WHERE}"),
            );
        }
        let risky: Vec<&str> =
            all.iter().filter(|one| one.fraud || one.special).map(|one| one.country.as_str()).collect();
        if !risky.is_empty() {
            let said = format!(
                "premium or fraud-prone numbers may be called in {}: that is how accounts are emptied",
                risky.join(", ")
            );
            self.missing(WHAT, said, format!("Switch \"high risk\" off everywhere. {WHERE}"));
        }
    }
}
