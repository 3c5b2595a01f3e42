//! A stack in an account with others: which functions are its own, and how its parameters change.

use std::collections::BTreeMap;

use harness::Stack;
use harness::iam::guard_account;
use harness::sim::{Answer, Cloud, Fault, Logs, serve};
use harness::template::STACK;

use crate::books::days_ago;
use crate::fixture::{Dialtone, functions};

const PARAMETERS: [(&str, &str); 4] =
    [("DailyCallBudget", "2000"), ("EvmRpcUrl", ""), ("PublicUrl", "https://api.acme.example"), ("Stage", "prod")];

/// An account with this world's functions in it as a stack, and the command of an operator who
/// knows nothing but its name.
pub(crate) async fn account(stack: &Stack) -> (Cloud, Dialtone) {
    let cloud = Cloud::with(STACK, &stack.deployment, &PARAMETERS);
    let guarded = guard_account(stack.dynamo.policies(), cloud.router());
    let (address, _) = serve(guarded).await;
    // Who may deploy.
    let dialtone = Dialtone::bare(stack).with("AWS_ACCESS_KEY_ID", Some("deployer"));
    let dialtone = in_account(dialtone, &format!("http://{address}"));
    (cloud, dialtone.with("DIALTONE_STACK", Some(STACK)))
}

/// An operator whose account of AWS is there.
pub(crate) fn in_account(dialtone: Dialtone, url: &str) -> Dialtone {
    let services = ["LAMBDA", "CLOUDFORMATION", "STS", "SNS", "S3", "CLOUDWATCH"];
    services.iter().fold(dialtone, |dialtone, service| dialtone.with(&format!("AWS_ENDPOINT_URL_{service}"), Some(url)))
}

/// The logs of one function, and the command that follows them.
async fn followed(stack: &Stack) -> (Logs, String, Dialtone) {
    let (_, dialtone) = account(stack).await;
    let logs = Logs::default();
    let (address, _) = serve(logs.router()).await;
    let group = stack.deployment.functions["reaper"].log_group.clone();
    logs.put(&group, 0, "{\"message\":\"long ago\"}");
    (logs, group, dialtone.with("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", Some(&format!("http://{address}"))))
}

#[tokio::test]
async fn what_is_followed_goes_on_after_an_error_and_searches_no_hour_twice() {
    let stack = Stack::start(functions()).await;
    let (logs, group, dialtone) = followed(&stack).await;
    let arguments = ["tail", "--function", "reaper", "--filter", "rare", "--since", "3h"];
    logs.fail_next(1);
    let line = "{\"message\":\"rare\"}";
    let told = dialtone.follows(&arguments, line, async {
        // One failed, and one found nothing, as with a filter that little fits.
        let from = logs.asked(3).await;
        logs.put(&group, from[2] + 5_000, line);
        assert_eq!(from[0], from[1], "what could not be asked for is asked for again");
        assert!(from[2] - from[1] > 10_000_000, "three hours are searched once: {from:?}");
    });
    let (out, err) = told.await;
    assert_eq!(out.matches("rare").count(), 1, "{out}");
    assert!(err.contains("it is asked again"), "{err}");
}

#[tokio::test]
async fn what_may_not_be_followed_is_said_at_once() {
    let stack = Stack::start(functions()).await;
    let (_, dialtone) = account(&stack).await;
    // A group that is not there: another question would be refused as well.
    let (address, _) = serve(Logs::default().router()).await;
    let dialtone = dialtone.with("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", Some(&format!("http://{address}")));
    let said = dialtone.run(&["tail"]).await.ends(2);
    assert!(said.err.contains("ResourceNotFoundException"), "{}", said.err);
}

#[tokio::test]
async fn without_credentials_it_is_said_in_one_sentence_and_soon() {
    let stack = Stack::start(functions()).await;
    let (_, dialtone) = account(&stack).await;
    let home = std::env::temp_dir().join(format!("dialtone-{}", std::process::id()));
    std::fs::create_dir_all(&home).expect("a directory");
    let dialtone = dialtone.with("AWS_ACCESS_KEY_ID", None).with("AWS_SECRET_ACCESS_KEY", None);
    let dialtone =
        dialtone.with("HOME", home.to_str()).with("AWS_EC2_METADATA_SERVICE_ENDPOINT", Some("http://127.0.0.1:9"));
    for region in [Some("us-east-1"), None] {
        let dialtone = Dialtone::clone(&dialtone).with("AWS_REGION", region);
        let said = dialtone.run(&["stuck"]).await.ends(2);
        let lines: Vec<&str> = said.err.lines().collect();
        assert!(lines.len() == 1 && lines[0].starts_with("dialtone: there are no AWS credentials"), "{}", said.err);
    }
}

/// Functions of a stack, told what those of a real one are.
fn told(name: &str, variables: &[(&str, &str)]) -> BTreeMap<String, BTreeMap<String, String>> {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    BTreeMap::from([(name.to_owned(), variables)])
}

#[tokio::test]
async fn a_stack_is_all_that_has_to_be_named() {
    let stack = Stack::start(functions()).await;
    let (_, dialtone) = account(&stack).await;
    dialtone.run(&["stuck"]).await.ends(0);
    let number = stack.buys_in(&stack.wallet(), Some("415")).await;
    dialtone.run(&["number", &number]).await.ends(0).says(&["billed to us", "knows it"]);
    let wrong = dialtone.run(&["stuck", "--stack", "acme"]).await.ends(2);
    assert!(wrong.err.contains("Stack with id acme does not exist"), "{}", wrong.err);
}

#[tokio::test]
async fn a_stack_whose_name_is_the_beginning_of_anothers_is_left_alone_with_it() {
    let stack = Stack::start(functions()).await;
    let (cloud, dialtone) = account(&stack).await;
    // `dialtone` has a table of its own, `dialtone-local` is this world.
    let beginning = STACK.split('-').next().expect("a word");
    cloud.put(beginning, told(&format!("{beginning}-reaper"), &[("TABLE_NAME", "the-other-table")]), &PARAMETERS);
    let before = stack.dynamo.rows();
    for arguments in [
        &["pause", "--yes", "--because", "a test"][..],
        &["stock"],
        &["set", "DailyCallBudget=1", "--yes", "--because", "a test"],
    ] {
        let arguments = [arguments, &["--stack", beginning]].concat();
        dialtone.run(&arguments).await;
    }
    assert_eq!(stack.dynamo.rows(), before, "the command worked on the other stack's table");
    assert_eq!(cloud.updates(STACK), 0);
    assert_eq!(cloud.parameters(beginning)["DailyCallBudget"], "1");
    // And the other way round.
    dialtone.run(&["pause", "--yes", "--because", "a test"]).await.ends(0).says(&["Selling is paused."]);
    assert_ne!(stack.dynamo.rows(), before);
}

#[tokio::test]
async fn a_parameter_is_changed_and_all_others_stay() {
    let stack = Stack::start(functions()).await;
    let (cloud, dialtone) = account(&stack).await;
    dialtone.run(&["set"]).await.ends(0).says(&["DailyCallBudget", "2000", "https://api.acme.example"]);
    let node = "EvmRpcUrl=https://node.example.org/v2/{key}?a=b&c=d";
    let said = dialtone.run(&["set", "DailyCallBudget=4000", node, "--yes", "--because", "a test"]).await.ends(0);
    assert!(said.err.contains("DailyCallBudget: 2000 → 4000"), "{}", said.err);
    let now = cloud.parameters(STACK);
    let wanted = [
        ("DailyCallBudget", "4000"),
        ("EvmRpcUrl", "https://node.example.org/v2/{key}?a=b&c=d"),
        ("PublicUrl", "https://api.acme.example"),
        ("Stage", "prod"),
    ];
    assert_eq!(now, wanted.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    dialtone
        .run(&["set", "DailyCallBudget=4000", "--yes", "--because", "a test"])
        .await
        .ends(0)
        .says(&["It is so already."]);
    assert_eq!(cloud.updates(STACK), 1);
}

#[tokio::test]
async fn a_change_that_is_wrong_changes_nothing() {
    let stack = Stack::start(functions()).await;
    let (cloud, dialtone) = account(&stack).await;
    for (arguments, why) in [
        (&["set", "Budget=1", "--yes", "--because", "a test"][..], "there is no parameter Budget"),
        (&["set", "dailycallbudget=1", "--yes", "--because", "a test"], "is it DailyCallBudget?"),
        (&["set", "DailyCallBudget", "--yes", "--because", "a test"], "say NAME=VALUE"),
        (&["set", "DailyCallBudget=1", "DailyCallBudget=2", "--yes", "--because", "a test"], "twice"),
        (&["set", "DailyCallBudget=1", "--because", "a test"], "if that is meant, say --yes"),
        (&["set", "DailyCallBudget=1", "--yes", "--stack", "acme", "--because", "a test"], "does not exist"),
    ] {
        let said = dialtone.run(arguments).await.ends(2);
        assert!(said.err.contains(why), "{arguments:?}: {}", said.err);
    }
    let nameless = dialtone
        .with("DIALTONE_STACK", None)
        .run(&["set", "DailyCallBudget=1", "--yes", "--because", "a test"])
        .await
        .ends(2);
    assert!(nameless.err.contains("which stack?"), "{}", nameless.err);
    assert_eq!(cloud.updates(STACK), 0);
}

#[tokio::test]
async fn a_change_that_cloudformation_takes_back_is_said_with_its_reason() {
    let stack = Stack::start(functions()).await;
    let (cloud, dialtone) = account(&stack).await;
    cloud.fails(STACK, "the table is being updated");
    let said = dialtone.run(&["set", "DailyCallBudget=4000", "--yes", "--because", "a test"]).await.ends(1);
    said.says(&["It is as it was", "UPDATE_ROLLBACK_COMPLETE", "Table: the table is being updated"]);
    assert_eq!(cloud.parameters(STACK)["DailyCallBudget"], "2000");
    dialtone.run(&["set", "DailyCallBudget=4000", "--yes", "--because", "a test"]).await.ends(0);
}

#[tokio::test]
async fn a_change_stands_in_the_trail_with_its_end_and_without_a_key() {
    let stack = Stack::start(functions()).await;
    let (cloud, dialtone) = account(&stack).await;
    let node = "EvmRpcUrl=https://user:hunter2@node.acme.io/v2/hunter2";
    let said = dialtone.run(&["set", node, "--yes", "--because", "a test"]).await.ends(0);
    assert!(said.err.contains("→ https://node.acme.io/…") && !said.err.contains("hunter2"), "{}", said.err);
    cloud.faults().once("UpdateStack", Fault::Overload);
    dialtone.run(&["set", "DailyCallBudget=1", "--yes", "--because", "a test"]).await.ends(2);
    let trail = dialtone.run(&["audit", "--since", &days_ago(1)]).await.ends(0);
    trail.says(&["set EvmRpcUrl=https://node.acme.io/…", "set DailyCallBudget=1", "done", "nothing changed"]);
    let rows = format!("{:?}", stack.dynamo.rows());
    assert!(!rows.contains("hunter2"), "a key stands in the trail");
}

#[tokio::test]
async fn a_change_is_made_and_said_where_the_table_cannot_note_it_and_a_pause_is_not() {
    let stack = Stack::start(functions()).await;
    let (cloud, dialtone) = account(&stack).await;
    for operation in ["TransactWriteItems", "PutItem", "UpdateItem"] {
        stack.dynamo.faults().always(operation, Fault::Refuse(Answer::html(500)));
    }
    let said = dialtone.run(&["set", "DailyCallBudget=4000", "--yes", "--because", "a test"]).await.ends(0);
    assert!(said.err.contains("it is not in the trail of this deployment"), "{}", said.err);
    assert_eq!(cloud.parameters(STACK)["DailyCallBudget"], "4000");
    dialtone.run(&["pause", "--all", "--yes", "--because", "a test"]).await.ends(2);
    stack.dynamo.faults().clear();
    stack.buys(&stack.wallet()).await;
}

#[tokio::test]
async fn another_stack_of_the_account_that_is_paid_at_the_same_address_is_named() {
    let stack = Stack::start(functions()).await;
    let (cloud, dialtone) = account(&stack).await;
    let payee = stack.deployment.functions["numbers_buy"].environment["EVM_PAYEE"].to_ascii_lowercase();
    let own =
        told("acme-reaper", &[("TABLE_NAME", "acme"), ("EVM_PAYEE", "0x00000000000000000000000000000000000000aa")]);
    cloud.put("acme", own, &PARAMETERS);
    let said = dialtone.run(&["setup", "--check"]).await;
    assert!(!said.out.contains("is paid at the same address"), "{}", said.out);
    cloud.put("acme", told("acme-reaper", &[("TABLE_NAME", "acme"), ("EVM_PAYEE", &payee)]), &PARAMETERS);
    let said = dialtone.run(&["setup", "--check"]).await.ends(1);
    said.says(&["acme-reaper, of another stack, is paid at the same address", "Give each its own"]);
}

#[tokio::test]
async fn what_the_functions_of_a_stack_write_is_followed() {
    let stack = Stack::start(functions()).await;
    let (_, dialtone) = account(&stack).await;
    let logs = Logs::default();
    let (address, _) = serve(logs.router()).await;
    let dialtone = dialtone.with("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", Some(&format!("http://{address}")));
    #[expect(clippy::disallowed_methods, reason = "the command reads the machine's clock, so its test does")]
    let now = jiff::Timestamp::now().as_millisecond();
    for (nth, function) in (0..).zip(stack.deployment.functions.values()) {
        let group = function.log_group.clone();
        logs.put(
            &group,
            now - 7_200_000,
            &format!("{{\"function\":\"{}\",\"message\":\"long ago\"}}", function.binary),
        );
        for level in ["INFO", "ERROR", "INFO"] {
            let line = format!("{{\"level\":\"{level}\",\"function\":\"{}\",\"nth\":{nth}}}", function.binary);
            logs.put(&group, now - 30_000 + nth, &line);
        }
    }
    let said = dialtone.run(&["tail", "--once"]).await.ends(0);
    assert_eq!(said.out.lines().count(), 3 * stack.deployment.functions.len(), "{}", said.out);
    assert!(!said.out.contains("long ago"), "{}", said.out);
    let said = dialtone.run(&["tail", "--once", "--function", "reaper", "--filter", "ERROR"]).await.ends(0);
    assert_eq!(said.out.lines().count(), 1, "{}", said.out);
    let said = dialtone.run(&["tail", "--once", "--since", "3h", "--function", "reaper"]).await.ends(0);
    said.says(&["long ago", "\"level\":\"ERROR\""]);
    dialtone.run(&["tail", "--once", "--function", "acme"]).await.ends(2);
    let nowhere = Dialtone::of(&stack).run(&["tail", "--once"]).await.ends(2);
    assert!(nowhere.err.contains("--stack"), "{}", nowhere.err);
}
