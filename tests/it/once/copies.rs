//! Copies of one header hold few executions, and a payment in doubt is not settled once for each.

use std::time::Duration;

use futures_util::future::{join, join_all};
use harness::sim::{Answer, Fault};
use harness::spec::LIST;
use harness::{Stack, binaries};

use super::retry_after;

#[tokio::test]
async fn copies_of_a_header_in_doubt_neither_settle_nor_search_nor_wait() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.facilitator.faults().always("POST */settle", Fault::Refuse(Answer::html(500)));
    let paid = stack.post(LIST).pay(&wallet).await;
    paid.answer.refused(503, "payment_pending");
    let rest = retry_after(&paid.answer);
    let copy = || stack.post(LIST).paid_with(&paid.payment).send();
    let settles = || stack.facilitator.faults().count("POST */settle");
    let before = settles();
    for _ in 0..2 {
        for answer in join_all((0..8).map(|_| copy())).await {
            assert!(matches!(answer.status.as_u16(), 409 | 503), "{answer:?}");
            assert!(retry_after(&answer) <= rest, "{answer:?}");
        }
        assert_eq!(settles(), before + 1, "one has carried on, and then it rests");
    }
    // Nothing is searched for either: what the payer holds is asked beside the look for the sale.
    let questions = stack.chain.faults().count("*");
    copy().await.refused(503, "payment_pending");
    assert!(stack.chain.faults().count("*") <= questions + 1);
    // When it says, the next one carries on.
    stack.travel(Duration::from_secs(rest));
    copy().await.refused(503, "payment_pending");
    assert_eq!(settles(), before + 2);
    stack.facilitator.faults().clear();
    stack.travel(Duration::from_secs(rest));
    copy().await.expect(200);
    assert_eq!(stack.earned(), 1_000);
}

#[tokio::test]
async fn of_many_copies_of_a_header_few_wait_and_the_others_are_told_when_to_come_back() {
    let stack = Stack::builder(binaries!()).at_once(32).start().await;
    let wallet = stack.wallet();
    let payment = wallet.signs(&stack.post(LIST).demand().await);
    let copy = || stack.post(LIST).paid_with(&payment).send();
    let faults = stack.facilitator.faults();
    faults.once("POST */settle", Fault::Hang);
    let crowd = async {
        faults.arrived("POST */settle", 1).await;
        let mut told = 0;
        let crowd = join_all((0..24).map(|_| copy()));
        for answer in crowd.await {
            answer.refused(409, "payment_in_progress");
            told += u32::from(retry_after(&answer) <= 3);
        }
        faults.release();
        told
    };
    let (first, told) = join(copy(), crowd).await;
    first.expect(200);
    assert!(told >= 8, "{told} of twenty-four have not waited");
    copy().await.expect(200);
    assert_eq!((stack.earned(), stack.facilitator.settles()), (1_000, 1));
}
