//! What operators may do, against what their commands do. That no right is missing is shown by the
//! other tests as well: operators have the template's policy in each of them, at the table, the
//! secrets, the keys and the buckets.

use std::collections::BTreeSet;

use harness::Stack;
use harness::iam::guard_account;
use harness::sim::{Logs, serve};

use crate::fixture::{BUY, CALLEE, DAY, Dialtone, MINUTE, functions, sale_of};
use crate::stack::account;

/// What no command does: what is pasted and looked at in the first five minutes, queries and live
/// logs in the console, and what set-up does besides, of which a check writes nothing.
const BY_HAND: [&str; 20] = [
    "acm:DescribeCertificate",
    "cloudformation:DescribeStackEvents",
    "cloudwatch:DescribeAlarmHistory",
    "cloudwatch:GetDashboard",
    "cloudwatch:GetMetricData",
    "cloudwatch:GetMetricStatistics",
    "cloudwatch:ListDashboards",
    "cloudwatch:ListMetrics",
    "logs:DescribeLogGroups",
    "logs:DescribeQueryDefinitions",
    "logs:GetQueryResults",
    "logs:StartLiveTail",
    "logs:StartQuery",
    "logs:StopQuery",
    "scheduler:GetSchedule",
    "scheduler:ListSchedules",
    "sns:ListSubscriptionsByTopic",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
    "sqs:ReceiveMessage",
];

/// An operator who has nothing but the policy, in a stack with a call, a number to spare, books,
/// and a day whose file is gone.
async fn at_night(stack: &Stack) -> (Dialtone, String, String) {
    let (_, dialtone) = account(stack).await;
    let logs = Logs::default();
    for function in stack.deployment.functions.values() {
        logs.put(&function.log_group, 0, "{}");
    }
    let (address, _) = serve(guard_account(stack.dynamo.policies(), logs.router())).await;
    let dialtone = dialtone.with("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", Some(&format!("http://{address}")));
    stack.sweep().await;
    let wallet = stack.wallet();
    stack.buys_in(&wallet, Some("415")).await;
    stack.facilitator.decline_next("insufficient_funds");
    stack.post(BUY).body(&serde_json::json!({})).pay(&stack.wallet()).await.answer.refused(402, "payment_required");
    let call = stack.calls(&wallet, CALLEE).await["call_id"].as_str().expect("an id").to_owned();
    stack.bland.finish_all();
    for _ in 0..3 {
        stack.travel(30 * MINUTE);
        stack.sweep().await;
    }
    stack.travel(2 * DAY);
    stack.sweep().await;
    let file = stack.s3.names().into_iter().find(|name| name.starts_with("bills/")).expect("a file");
    stack.s3.delete(&file);
    (dialtone.with("AWS_ACCESS_KEY_ID", Some("alice")), call, wallet.text())
}

#[tokio::test]
async fn operators_have_the_rights_that_their_commands_use_and_no_others() {
    let stack = Stack::start(functions()).await;
    let (dialtone, call, wallet) = at_night(&stack).await;
    let idle = stack.twilio.held().pop().expect("a number").phone_number;
    let sale = sale_of(&stack, BUY);
    let month = stack.s3.names().pop().expect("a file").trim_start_matches("sales/")[..7].to_owned();
    let changes = ["--yes", "--because", "a drill"];
    let bland = std::env::temp_dir().join(format!("dialtone-bland-{}.json", stack.twilio.account().sid));
    let key = serde_json::json!({"api_key": stack.bland.rotate_key()["api_key"]});
    std::fs::write(&bland, key.to_string()).expect("a file");
    for (arguments, changes) in [
        (&["payment", &sale][..], &[][..]),
        (&["call", &call], &[]),
        (&["number", &idle], &[]),
        (&["stuck"], &[]),
        (&["stock"], &[]),
        (&["calls"], &[]),
        (&["calls", "--wallet", &wallet], &[]),
        (&["set"], &[]),
        (&["top", "wallets"], &[]),
        (&["margin"], &[]),
        (&["blocked"], &[]),
        (&["tail", "--once", "--since", "2026-01-01"], &[]),
        (&["books", "--month", &month], &[]),
        (&["books", "--month", &month, "--csv"], &[]),
        (&["audit", "--since", &format!("{month}-01")], &[]),
        (&["retry", &sale], &changes),
        (&["refund", &sale], &changes),
        (&["retry", &sale], &changes),
        (&["release", &idle], &changes),
        (&["block", "destination", CALLEE], &changes),
        (&["unblock", "destination", CALLEE], &changes),
        (&["hangup", &call], &changes),
        (&["hold", "call", &call], &changes),
        (&["erase", "call", &call], &changes),
        (&["pause"], &changes),
        (&["resume"], &changes),
        (&["pause", "--refunds"], &changes),
        (&["resume", "--refunds"], &changes),
        (&["secrets", "bland", "--from", &bland.display().to_string()], &changes),
        (&["secrets", "bland", "--back", "--anyway"], &changes),
        (&["setup", "--check"], &[]),
    ] {
        let said = dialtone.run(&[arguments, changes].concat()).await;
        assert!((0..2).contains(&said.code), "{arguments:?}: {}\n{}", said.out, said.err);
        let refused = ["AccessDenied", "not authorized", "is needed"].iter().any(|word| said.out.contains(word));
        assert!(!refused, "{arguments:?}: {}", said.out);
    }
    std::fs::remove_file(&bland).expect("a file");
    let policies = stack.dynamo.policies();
    let of_operators = |all: BTreeSet<String>| -> BTreeSet<String> {
        let actions =
            all.iter().filter_map(|grant| Some(grant.strip_prefix("operator: ")?.split(' ').next()?.to_owned()));
        actions.collect()
    };
    let (granted, used) = (of_operators(policies.granted_to_operators()), of_operators(policies.used()));
    let idle: Vec<&str> = granted.difference(&used).map(String::as_str).collect();
    assert_eq!(idle, BY_HAND, "granted to operators, and used by no command");
    // Parameters are a deployer's.
    let said = dialtone.run(&[&["set", "DailyCallBudget=1"], &changes[..]].concat()).await.ends(2);
    assert!(said.err.contains("not authorized"), "{}", said.err);
}

#[tokio::test]
async fn another_stack_whose_name_goes_on_after_this_ones_is_not_an_operators() {
    let stack = Stack::start(functions()).await;
    let (cloud, dialtone) = account(&stack).await;
    let dialtone = dialtone.with("AWS_ACCESS_KEY_ID", Some("alice"));
    let longer = format!("{}-2", harness::template::STACK);
    let told = [("TABLE_NAME".to_owned(), "another".to_owned())];
    cloud.put(&longer, [(format!("{longer}-reaper"), told.into())].into(), &[]);
    for arguments in [&["stuck"][..], &["tail", "--once"], &["books", "--month", "2026-11"]] {
        let said = dialtone.run(&[arguments, &["--stack", &longer]].concat()).await.ends(2);
        assert!(said.err.contains("not authorized"), "{arguments:?}: {}", said.err);
    }
    dialtone.run(&["stuck"]).await.ends(0);
}
