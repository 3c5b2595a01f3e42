//! `dialtone up` where it meets what it may not go on with: a change that cannot be taken back, and
//! numbers of another stack.

use harness::Stack;
use harness::sim::{Answer, Cloud, Fault};
use harness::template::STACK;

use crate::fixture::{BUY, Dialtone, functions};
use crate::up::{Folder, answers, before, deployed, said, up};

#[tokio::test]
async fn what_cannot_be_taken_back_is_half_changed_and_an_alarm_that_is_not_there_is_said() {
    let stack = Stack::start(functions()).await;
    let (cloud, dialtone) = deployed(&stack, "x86_64").await;
    cloud.lacks(STACK, "CallErrorAlarm");
    let folder = Folder::with(&["x86_64"]);
    cloud.fails(STACK, "the route is not there");
    cloud.cannot_go_back(STACK);
    let half = up(&dialtone, &folder, &answers(&stack, ""), &[]).await.ends(2);
    assert!(said(&half, "has no CallErrorAlarm"), "{}", half.err);
    assert!(said(&half, "is half changed") && said(&half, "A release that is bad"), "{}", half.err);
    assert!(!said(&half, "as it was"), "{}", half.err);
}

/// Before a stack whose account at the carrier owns a number of another: what it is called.
async fn meeting(stack: &Stack) -> (Cloud, Dialtone, String) {
    stack.buys(&stack.wallet()).await;
    let (cloud, dialtone) = before(stack).await;
    (cloud, dialtone, stack.twilio.sub_accounts()[0].name.clone())
}

#[tokio::test]
async fn a_new_stack_that_meets_numbers_of_another_does_not_sell_them_before_an_operator_has_looked() {
    let stack = Stack::start(functions()).await;
    let (cloud, dialtone, name) = meeting(&stack).await;
    let folder = Folder::with(&["arm64"]);
    let arguments = ["--stack", name.as_str()];
    // It ends half way, before the address has confirmed: nothing is sold all the same.
    up(&dialtone, &folder, &answers(&stack, ""), &arguments).await;
    assert!(cloud.has(&name), "no stack was made");
    stack.post(BUY).pay(&stack.wallet()).await.answer.refused(503, "selling_paused");
    let again = up(&dialtone, &folder, &answers(&stack, ""), &arguments).await;
    assert_ne!(again.code, 0, "{}", again.out);
    stack.post(BUY).pay(&stack.wallet()).await.answer.refused(503, "selling_paused");
}

/// Since when selling is paused for numbers that a new stack has met, by the file.
fn met(folder: &Folder) -> Option<String> {
    let noted: toml::Table = folder.noted().parse().expect("TOML");
    noted.get("meets_numbers").and_then(|value| value.as_str().map(str::to_owned))
}

#[tokio::test]
async fn what_an_aborted_attempt_had_met_does_not_pause_a_stack_that_it_did_not_make() {
    let stack = Stack::start(functions()).await;
    let (cloud, dialtone, name) = meeting(&stack).await;
    let folder = Folder::with(&["arm64"]);
    let arguments = ["--stack", name.as_str()];
    // It met the numbers, and its stack was never made.
    cloud.faults().once("CreateStack", Fault::Overload);
    up(&dialtone, &folder, &answers(&stack, ""), &arguments).await.ends(2);
    assert!(!cloud.has(&name));
    // Another program made one of this name, which sells.
    cloud.put(&name, Cloud::functions_of(&stack.deployment), &[("Architecture", "arm64"), ("Stage", "dev")]);
    let on = up(&dialtone, &folder, &answers(&stack, ""), &arguments).await;
    assert!(!said(&on, "all selling of"), "{}", on.err);
    stack.buys(&stack.wallet()).await;
    // The next one looks for itself.
    cloud.stands(&name, "ROLLBACK_COMPLETE", None);
    let own = up(&dialtone, &folder, &answers(&stack, ""), &arguments).await;
    assert!(said(&own, "all selling of") && met(&folder).is_some(), "{}", own.err);
    stack.post(BUY).pay(&stack.wallet()).await.answer.refused(503, "selling_paused");
}

#[tokio::test]
async fn an_attempt_that_meets_no_numbers_forgets_that_an_earlier_one_did() {
    let stack = Stack::start(functions()).await;
    let (cloud, dialtone) = before(&stack).await;
    let folder = Folder::with(&["arm64"]);
    let name = stack.twilio.sub_accounts()[0].name.clone();
    let arguments = ["--stack", name.as_str()];
    // The answer of Twilio is lost, so the account may own numbers.
    stack.twilio.faults().times("GET */IncomingPhoneNumbers.json", 1, Fault::Drop);
    cloud.faults().once("CreateStack", Fault::Overload);
    up(&dialtone, &folder, &answers(&stack, ""), &arguments).await.ends(2);
    let again = up(&dialtone, &folder, &answers(&stack, ""), &arguments).await;
    assert!(cloud.has(&name) && met(&folder).is_none() && !said(&again, "all selling of"), "{}", again.err);
    stack.buys(&stack.wallet()).await;
}

#[tokio::test]
async fn a_stack_that_meets_numbers_is_paused_once_from_whichever_folder_it_is_gone_on_with() {
    let stack = Stack::start(functions()).await;
    let (cloud, dialtone, name) = meeting(&stack).await;
    let arguments = ["--stack", name.as_str()];
    // The stack is made, and the run ends before it has paused anything.
    for operation in ["TransactWriteItems", "PutItem", "UpdateItem"] {
        stack.dynamo.faults().always(operation, Fault::Refuse(Answer::html(500)));
    }
    up(&dialtone, &Folder::with(&["arm64"]), &answers(&stack, ""), &arguments).await.ends(2);
    assert!(cloud.has(&name));
    stack.dynamo.faults().clear();
    let elsewhere = up(&dialtone, &Folder::with(&["arm64"]), &answers(&stack, ""), &arguments).await;
    assert!(said(&elsewhere, "all selling of"), "{}", elsewhere.err);
    stack.post(BUY).pay(&stack.wallet()).await.answer.refused(503, "selling_paused");
    Dialtone::of(&stack).run(&["resume", "--yes", "--because", "they are ours"]).await.ends(0);
    let third = up(&dialtone, &Folder::with(&["arm64"]), &answers(&stack, ""), &arguments).await;
    assert!(!said(&third, "all selling of"), "{}", third.err);
    stack.buys(&stack.wallet()).await;
}
