//! A dry run that is asked for in a header, where none is read.

use super::{BUY, Stack, binaries, dry, payment};

#[tokio::test]
async fn a_header_that_asks_for_one_is_refused_and_never_sells() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let payment = payment(&stack, BUY, &wallet).await;
    for name in ["Dry-Run", "X-Dry-Run", "DryRun"] {
        let refused = stack.post(BUY).header(name, "true").paid_with(&payment).send().await;
        let refused = refused.refused(400, "bad_request");
        let message = refused["message"].as_str().expect("words");
        assert!(refused["field"] == "dry_run" && message.contains("`?dry_run=true`"), "{refused}");
        stack.post(BUY).header(name, "1").send().await.refused(400, "bad_request");
    }
    assert_eq!(stack.earned(), 0);
    // Beside the parameter it says the same, and a no is what happens anyway.
    let rehearsed = stack.post(&dry(BUY)).header("Dry-Run", "true").paid_with(&payment).send().await;
    assert_eq!(rehearsed.expect(200).json()["dry_run"], true);
    stack.post(BUY).header("Dry-Run", "").header("X-Dry-Run", "0").send().await.refused(402, "payment_required");
    stack.post(BUY).header("Dry-Run", "false").paid_with(&payment).send().await.expect(200);
    assert_eq!(stack.earned(), 5_000_000);
}
