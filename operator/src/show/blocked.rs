//! Who is refused, and how many do not want to be called.

use serde_json::json;
use shared::store::survey::Barred;
use shared::types::rfc3339;

use crate::terminal::{Answer, Trouble};
use crate::{Desk, find, words};

/// `dialtone blocked`
pub(crate) async fn blocked(desk: &Desk) -> Result<Answer, Trouble> {
    let (store, now) = (desk.settings.store()?, desk.invocation.now);
    let found = find::all(desk, async |from| store.seek_barred(from).await).await?;
    let (mut rows, mut wallets, mut destinations) = (Vec::new(), Vec::new(), Vec::new());
    for one in &found {
        match one {
            Barred::Wallet(wallet, why) => {
                rows.push(vec![wallet.caip10(), words::when(why.since, now), why.why.clone()]);
                wallets.push(json!({"wallet": wallet.caip10(), "since": rfc3339(why.since), "why": why.why}));
            }
            Barred::Destination(why) => destinations.push(json!({"since": rfc3339(why.since), "why": why.why})),
        }
    }
    let words = format!(
        "{} wallets are refused. {} numbers are not called; which ones is kept as a hash alone: `dialtone number` tells of one.",
        wallets.len(),
        destinations.len()
    );
    let json = json!({"wallets": wallets, "destinations": destinations});
    Ok(Answer::words(json, words).table(&["wallet", "since", "why"], rows))
}
