//! Who is refused, and how many do not want to be called.

use serde_json::json;
use shared::store::survey::Barred;
use shared::types::rfc3339;

use crate::terminal::{Answer, Trouble};
use crate::{Desk, words};

/// `dialtone blocked`
pub(crate) async fn blocked(desk: &Desk) -> Result<Answer, Trouble> {
    let (store, now) = (desk.settings.store()?, desk.invocation.now);
    let (mut found, mut looked_at, mut from) = (Vec::new(), 0_u64, None);
    loop {
        let page = store.seek_barred(from).await?;
        looked_at += page.looked_at;
        found.extend(page.found);
        from = page.next;
        if from.is_none() {
            break;
        }
        desk.terminal.progress(format!("{looked_at} items looked at"));
    }
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
