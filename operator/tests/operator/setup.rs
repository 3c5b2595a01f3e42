//! `dialtone setup`: on an empty account, again, interrupted anywhere, and in the troubles that it
//! has to tell.

use harness::sim::{Answer, Fault, Faults};
use harness::{SolanaWallet, Stack};
use serde_json::{Value, json};

use crate::fixture::{BUY, CALLEE, Dialtone, MINUTE, functions, world};

/// An operator who has just signed up: main credentials and Bland's key in his environment, and a
/// deployed stack whose secrets are not filled.
async fn fresh() -> Stack {
    world().secret("TwilioSecret", None).secret("BlandSecret", None).start().await
}

pub(crate) fn newcomer(stack: &Stack) -> Dialtone {
    let (sid, token) = stack.twilio.main_account();
    Dialtone::of(stack)
        .with("TWILIO_MAIN_SID", Some(&sid))
        .with("TWILIO_MAIN_TOKEN", Some(&token))
        .with("BLAND_API_KEY", Some(&stack.bland.keys().api_key))
}

/// What is said of one thing, and in which state it is.
fn told<'a>(findings: &'a Value, what: &str) -> (&'a str, &'a str) {
    let all = findings["findings"].as_array().expect("findings");
    let one = all.iter().find(|finding| finding["what"] == what).unwrap_or_else(|| panic!("{what} in {findings:#}"));
    (one["state"].as_str().expect("a state"), one["said"].as_str().expect("words"))
}

fn secret(stack: &Stack, name: &str) -> Value {
    let arn = &stack.deployment.secrets[name];
    stack.secrets_manager.value(arn).and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// What a run could have changed.
fn traces(stack: &Stack) -> (usize, usize, usize, usize, Value, Value) {
    let accounts = stack.twilio.sub_accounts();
    (
        accounts.len(),
        accounts.iter().map(|account| account.keys.len()).sum(),
        stack.bland.handles().len(),
        stack.twilio.held().len(),
        secret(stack, "TwilioSecret"),
        secret(stack, "BlandSecret"),
    )
}

#[tokio::test]
async fn what_rings_and_was_sent_to_no_address_and_a_balance_that_no_alarm_watches_are_said() {
    let stack = fresh().await;
    let (cloud, dialtone) = crate::stack::account(&stack).await;
    let (main, token) = stack.twilio.main_account();
    let dialtone = dialtone.with("TWILIO_MAIN_SID", Some(&main)).with("TWILIO_MAIN_TOKEN", Some(&token));
    let dialtone = dialtone.with("ALARM_EMAIL", Some("ops@acme.io"));
    cloud.rings(harness::template::STACK, "ReaperAlarm", true);
    let told = dialtone.run(&["setup", "--check"]).await;
    let told =
        told.says(&["ReaperAlarm ring now", "its balance is watched by no alarm", "dialtone secrets twilio-main"]);
    assert!(!told.out.contains("CallFaultAlarm"), "{}", told.out);
    cloud.rings(harness::template::STACK, "ReaperAlarm", false);
    let mut filled = secret(&stack, "TwilioSecret");
    filled["main_account_sid"] = json!(main);
    for field in ["main_api_key", "main_api_secret"] {
        filled[field] = json!("x");
    }
    stack.put_secret("TwilioSecret", &filled);
    let told = dialtone.run(&["setup", "--check"]).await;
    assert!(!told.out.contains("ring now") && !told.out.contains("watched by no alarm"), "{}", told.out);
}

#[tokio::test]
async fn a_deployed_stack_with_empty_secrets_sells_after_one_command() {
    let stack = fresh().await;
    let wallet = stack.wallet();
    stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.refused(502, "upstream_error");
    let dialtone = newcomer(&stack);
    let said = dialtone.run(&["setup"]).await.ends(0);
    let said = said.says(&["All is ready.", "made, and kept where the functions find it", "asks to be paid"]);
    for (what, secret) in stack.secrets() {
        assert!(!said.out.contains(&secret) && !said.err.contains(&secret), "{what}");
    }
    let made = secret(&stack, "BlandSecret");
    let account = &stack.twilio.sub_accounts()[0];
    assert_eq!(made["encrypted_for"], account.sid);
    assert_eq!(stack.bland.handles()[made["encrypted_key"].as_str().expect("a handle")], account.sid);
    assert!(![&said.out, &said.err].iter().any(|text| text.contains(&account.token)));
    // The functions look again some seconds after they found nothing.
    stack.lambda.stop().await;
    stack.buys_in(&wallet, Some("415")).await;
    stack.calls(&wallet, CALLEE).await;
}

#[tokio::test]
async fn the_law_is_asked_for_in_a_sentence_each_and_keeps_nothing_from_being_ready() {
    let stack = world().start().await;
    let dialtone = newcomer(&stack);
    let open = dialtone.json(&["setup", "--check"]).await;
    let next = |findings: &Value, what: &str| {
        let all = findings["findings"].as_array().expect("findings").clone();
        all.into_iter().find(|one| one["what"] == what).expect("a finding")["next"].clone()
    };
    for (what, law, parameter) in [
        ("AI disclosure", "AI Act", "AiDisclosure=on"),
        ("recording", "has not agreed", "RecordingDisclosure=on, or RecordCalls=off"),
        ("quiet hours", "47 CFR 64.1200(c)", "QuietHours=21-8"),
        ("address for complaints", "authority that traces a call", "ContactEmail="),
    ] {
        let (state, said) = told(&open, what);
        assert!(state == "note" && said.contains(law), "{what}: {said}");
        assert!(next(&open, what).as_str().is_some_and(|next| next.contains(parameter)), "{what}");
    }
    let decided = dialtone
        .with("AI_DISCLOSURE", Some("on"))
        .with("RECORD_CALLS", Some("off"))
        .with("QUIET_HOURS", Some("21-8"))
        .with("CONTACT_EMAIL", Some("care@acme.io"));
    let decided = decided.json(&["setup", "--check"]).await;
    for what in ["AI disclosure", "recording", "quiet hours", "address for complaints"] {
        assert_eq!((told(&decided, what).0, next(&decided, what)), ("ready", Value::Null), "{what}");
    }
}

#[tokio::test]
async fn the_canarys_wallet_is_named_with_what_it_holds_and_a_stack_without_one_is_ready() {
    let without = world().start().await;
    let off = newcomer(&without).json(&["setup", "--check"]).await;
    assert_eq!(told(&off, "canary's wallet").0, "note");
    let stack = world().parameter("Canary", "on").start().await;
    let wallet = stack.canary_wallet.expect("a wallet");
    let named = wallet.to_checksum(None);
    for (micros, state) in [(167_000, "note"), (1_000, "ready")] {
        stack.ledger.mint(wallet, micros);
        let findings = newcomer(&stack).json(&["setup", "--check"]).await;
        let (as_it_is, said) = told(&findings, "canary's wallet");
        assert!(as_it_is == state && said.contains(&named), "{micros}: {as_it_is}, {said}");
    }
    // What cannot be asked for is said, and keeps nothing from being sold.
    stack.kms.faults().always("*", Fault::Refuse(Answer::json(400, &json!({"__type": "AccessDeniedException"}))));
    let findings = newcomer(&stack).json(&["setup", "--check"]).await;
    let (state, said) = told(&findings, "canary's wallet");
    assert!(state == "note" && said.contains("kms:GetPublicKey"), "{state}, {said}");
}

#[tokio::test]
async fn a_second_run_changes_nothing_and_a_check_never_does() {
    let stack = fresh().await;
    let dialtone = newcomer(&stack);
    let empty = traces(&stack);
    let said = dialtone.run(&["setup", "--check"]).await.ends(1);
    said.says(&["MISSING", "Run this without --check: it makes one."]);
    assert_eq!(traces(&stack), empty);
    dialtone.run(&["setup"]).await.ends(0);
    let ready = traces(&stack);
    assert_ne!(ready, empty);
    for arguments in [&["setup"][..], &["setup", "--check"], &["setup", "--json"]] {
        dialtone.run(arguments).await.ends(0);
        assert_eq!(traces(&stack), ready, "{arguments:?}");
    }
}

#[tokio::test]
async fn before_there_is_a_stack_it_makes_the_sub_account_once_and_says_what_to_deploy() {
    let stack = Stack::start(functions()).await;
    let mut dialtone = newcomer(&stack);
    for gone in ["TABLE_NAME", "TWILIO_ACCOUNT_SID", "TWILIO_SECRET", "BLAND_SECRET", "PAYMENT_NETWORKS", "PUBLIC_URL"]
    {
        dialtone = dialtone.with(gone, None);
    }
    // The first answer is lost: it is looked for, and no second one is made.
    stack.twilio.faults().once("POST */Accounts.json", Fault::LoseAnswer);
    let first = dialtone.json(&["setup", "--account-name", "phones"]).await;
    let accounts = stack.twilio.sub_accounts();
    let made = accounts.last().expect("an account");
    assert_eq!((accounts.len(), made.name.as_str(), told(&first, "Twilio sub-account").0), (2, "phones", "done"));
    let next = first["findings"].as_array().expect("findings").iter().find(|one| one["what"] == "deployment");
    assert!(next.expect("what to deploy")["next"].as_str().is_some_and(|next| next.contains(&made.sid)), "{first:#}");
    let again = dialtone.json(&["setup", "--account-name", "phones"]).await;
    assert_eq!((stack.twilio.sub_accounts().len(), told(&again, "Twilio sub-account").0), (2, "ready"));
    assert_eq!(told(&again, "table").0, "MISSING");
    // Printed as the filling command reads it, and nothing else.
    let printed = dialtone.run(&["setup", "--account-name", "phones", "--print"]).await.ends(0).json();
    let handle = printed["bland"]["encrypted_key"].as_str().expect("a handle");
    assert_eq!(stack.bland.handles()[handle], made.sid);
    assert!(printed["twilio"]["api_key"].as_str().is_some_and(|key| key.starts_with("SK")));
}

#[tokio::test]
async fn alarms_that_go_nowhere_are_said_to() {
    let stack = fresh().await;
    newcomer(&stack)
        .with("ALARM_EMAIL", None)
        .run(&["setup"])
        .await
        .ends(1)
        .says(&["no operator is told", "AlarmEmail"]);
    newcomer(&stack).run(&["setup"]).await.ends(0).says(&["alice@example.com"]);
}

#[tokio::test]
async fn a_payee_that_another_stack_sells_with_is_told() {
    let stack = fresh().await;
    let dialtone = newcomer(&stack);
    dialtone.run(&["setup"]).await.ends(0);
    stack.lambda.stop().await;
    let wallet = stack.wallet();
    stack.buys_in(&wallet, Some("415")).await;
    stack.travel(40 * MINUTE);
    dialtone.run(&["setup"]).await.ends(0);
    // From here on this stack looks for payments that it has not asked for.
    stack.sweep().await;
    // Another shop with the same price and payee settles a payment of its own.
    let sold = wallet.signs(&stack.post(BUY).body(&json!({})).demand().await);
    let taken = stack.chain.transfer_with_authorization(sold.authorization(), &sold.signature_bytes());
    taken.expect("it is good");
    stack.travel(40 * MINUTE);
    dialtone.run(&["setup"]).await.ends(1).says(&["was lately paid 1 times", "Give each its own"]);
    // And when this stack has begun to pay it back.
    stack.minutes(10).await;
    assert!(stack.dynamo.rows().iter().any(|row| row["refund"]["reason"] == "stray"));
    dialtone.run(&["setup"]).await.ends(1).says(&["was lately paid 1 times"]);
}

/// The requests of a run that change something.
const CHANGES: [(&str, &str); 5] = [
    ("twilio", "POST */Keys.json"),
    ("bland", "POST /v1/accounts"),
    ("bland", "POST /v1/inbound/insert"),
    ("secrets", "POST /"),
    ("dynamo", "TransactWriteItems"),
];

fn faults<'a>(stack: &'a Stack, neighbour: &str) -> &'a Faults {
    match neighbour {
        "twilio" => stack.twilio.faults(),
        "bland" => stack.bland.faults(),
        "secrets" => stack.secrets_manager.faults(),
        _ => stack.dynamo.faults(),
    }
}

/// A new account that owns a number already, and a run that broke off at this request; the next one
/// has to end well.
async fn made_good_after(request: (&str, &str), broken_off: impl AsyncFnOnce(&Stack, &Dialtone)) {
    let stack = fresh().await;
    stack.twilio.hold("+14155550199", "bought by hand");
    let dialtone = newcomer(&stack);
    broken_off(&stack, &dialtone).await;
    for (neighbour, _) in CHANGES {
        faults(&stack, neighbour).clear();
    }
    let second = dialtone.run(&["setup"]).await;
    assert_eq!(second.code, 0, "{request:?}: {}\n{}", second.out, second.err);
    let ours = |key: &&harness::sim::twilio::Key| key.name.starts_with("dialtone");
    let account = &stack.twilio.sub_accounts()[0];
    assert_eq!(account.keys.iter().filter(ours).count(), 1, "{request:?}");
    let kept = secret(&stack, "TwilioSecret");
    assert!(account.keys.iter().any(|key| kept["api_key"] == key.sid && kept["api_secret"] == key.secret));
    let number = stack.dynamo.row("NUMBER#+14155550199", "NUMBER").expect("adopted");
    assert_eq!(number["custody"], "pooled", "{request:?}");
}

#[tokio::test]
async fn a_run_whose_answers_are_lost_is_made_good_by_the_next() {
    for (neighbour, request) in CHANGES {
        made_good_after((neighbour, request), async |stack, dialtone| {
            faults(stack, neighbour).always(request, Fault::LoseAnswer);
            let first = dialtone.run(&["setup"]).await;
            assert_ne!(first.code, 0, "{neighbour} {request}: {}", first.out);
        })
        .await;
    }
}

#[tokio::test]
async fn a_run_that_is_killed_anywhere_is_made_good_by_the_next() {
    for (neighbour, request) in CHANGES {
        for fault in [Fault::HaltBefore, Fault::HaltAfter] {
            made_good_after((neighbour, request), async |stack, dialtone| {
                let faults = faults(stack, neighbour);
                faults.once(request, fault.clone());
                dialtone.killed(&["setup"], faults.halted(1)).await;
            })
            .await;
        }
    }
}

#[tokio::test]
async fn what_the_account_owns_already_is_stock_afterwards_and_is_sold() {
    let stack = Stack::start(functions()).await;
    let dialtone = newcomer(&stack);
    stack.twilio.hold("+14155550199", "bought by hand");
    stack.twilio.hold("+14155550198", "bought by hand");
    let check = dialtone.json(&["setup", "--check"]).await;
    assert_eq!(told(&check, "numbers"), ("MISSING", "the carrier bills 2, of which the table does not know 2"));
    let found = dialtone.json(&["setup"]).await;
    assert_eq!(told(&found, "numbers"), ("done", "the carrier bills 2; 2 were adopted, 2 imported"));
    assert_eq!(stack.bland.imported().len(), 2);
    let again = dialtone.json(&["setup"]).await;
    assert_eq!(told(&again, "numbers").0, "ready");
    stack.buys_in(&stack.wallet(), Some("415")).await;
    assert_eq!(stack.twilio.held().len(), 2, "nothing more was bought");
}

#[tokio::test]
async fn a_number_that_the_dialler_does_not_take_is_named() {
    let stack = Stack::start(functions()).await;
    stack.twilio.hold("+14155550199", "bought by hand");
    stack.bland.set_unimportable("+14155550199", true);
    let dialtone = newcomer(&stack);
    let found = dialtone.json(&["setup"]).await;
    assert_eq!(told(&found, "numbers"), ("MISSING", "the dialler does not take +14…99"));
    stack.bland.set_unimportable("+14155550199", false);
    dialtone.run(&["setup"]).await.ends(0);
}

#[tokio::test]
async fn a_stack_whose_name_is_too_long_for_its_key_is_told_so() {
    let stack = Stack::start(functions()).await;
    for (name, fits) in [("a".repeat(30), true), ("a".repeat(31), false)] {
        let said = Dialtone::of(&stack).with("METRICS_NAMESPACE", Some(&name)).run(&["setup", "--check"]).await;
        assert_eq!(!said.out.contains("has more than 30 characters"), fits, "{}", said.out);
    }
}

#[tokio::test]
async fn a_first_stock_is_bought_up_to_what_is_wanted_and_no_further() {
    let stack = Stack::start(functions()).await;
    let dialtone = newcomer(&stack);
    stack.twilio.faults().once("POST */IncomingPhoneNumbers.json", Fault::LoseAnswer);
    let first = dialtone.json(&["setup", "--stock", "2"]).await;
    assert_eq!(told(&first, "stock"), ("done", "2 numbers are idle; 2 were bought"));
    let again = dialtone.json(&["setup", "--stock", "2"]).await;
    assert_eq!(told(&again, "stock"), ("ready", "2 numbers are idle; 0 were bought"));
    assert_eq!(stack.twilio.held().len(), 2);
    stack.twilio.set_restricted(true);
    let refused = dialtone.json(&["setup", "--stock", "3"]).await;
    let (state, said) = told(&refused, "stock");
    assert!(state == "MISSING" && said.contains("restricted from provisioning"), "{refused:#}");
}

#[tokio::test]
async fn each_trouble_is_told_with_what_to_do() {
    type Trouble = fn(&Stack);
    fn stranger(stack: &Stack) {
        let unknown = json!({"data": null, "errors": [{"error": "AUTH_FAILURE", "message": "Unauthorized"}]});
        stack.bland.faults().always("GET /v1/me", Fault::Refuse(Answer::json(401, &unknown)));
    }
    let troubles: [(Trouble, &str, &str); 7] = [
        (|stack| stack.twilio.set_trial(true), "Twilio account", "it is on trial"),
        (|stack| stack.twilio.set_balance(350), "Twilio account", "3.50 USD left, which is little"),
        (|stack| stack.twilio.set_suspended(true), "Twilio sub-account", "is suspended or closed"),
        (|stack| stack.bland.set_balance(Some(150)), "Bland", "which is little"),
        (|stack| stack.twilio.set_dialling("US", [false; 3]), "calls allowed to", "are off"),
        (stranger, "Bland", "does not accept our account"),
        (|stack| stack.chain.take_one_question_at_a_time(), "payee", "in one request (a JSON-RPC batch)"),
    ];
    for (trouble, what, words) in troubles {
        let stack = Stack::start(functions()).await;
        trouble(&stack);
        let said = newcomer(&stack).run(&["setup", "--json"]).await.ends(1);
        let findings = said.json();
        let all = findings["findings"].as_array().expect("findings");
        let one = all.iter().find(|one| one["what"] == what && one["state"] == "MISSING");
        let one = one.unwrap_or_else(|| panic!("{what}: {findings:#}"));
        assert!(one["said"].as_str().is_some_and(|said| said.contains(words)), "{one:#}");
        assert!(one["next"].as_str().is_some_and(|next| next.len() > 10), "{one:#}");
        assert_eq!(findings["ready"], false);
    }
}

#[tokio::test]
async fn ranges_that_empty_accounts_and_wrong_credentials_are_told() {
    let stack = Stack::start(functions()).await;
    stack.twilio.set_dialling("LV", [true, false, true]);
    let said = newcomer(&stack).run(&["setup"]).await.ends(1);
    said.says(&["fraud-prone numbers may be called in LV", "Geo permissions"]);
    stack.twilio.set_dialling("LV", [false; 3]);
    let wrong = newcomer(&stack).with("TWILIO_MAIN_TOKEN", Some("00000000000000000000000000000000"));
    wrong.run(&["setup"]).await.ends(1).says(&["Twilio does not accept our account", "TWILIO_MAIN_TOKEN"]);
    let key = format!("0x{}", "11".repeat(32));
    let empty = newcomer(&stack).with("REFUND_KMS_KEY", None).with("REFUND_PRIVATE_KEY", Some(&key));
    empty.run(&["setup"]).await.ends(1).says(&["holds $0.00, which is little", "Send it some USDC"]);
    // Who only wants to look needs no main account.
    newcomer(&stack).with("TWILIO_MAIN_SID", None).run(&["setup", "--check"]).await.ends(0).says(&["not looked at"]);
}

#[tokio::test]
async fn a_payee_on_solana_needs_a_token_account() {
    let stack = world().solana().start().await;
    newcomer(&stack).run(&["setup"]).await.ends(0).says(&["has a token account"]);
    let unfunded = SolanaWallet::random(&stack.solana_money).address().to_string();
    let poor = newcomer(&stack).with("SOLANA_PAYEE", Some(&unfunded));
    poor.run(&["setup"]).await.ends(1).says(&["has no token account for USDC, so it cannot be paid"]);
}

#[tokio::test]
async fn new_keys_take_the_place_of_the_old_ones_while_the_functions_go_on() {
    let stack = fresh().await;
    let (wallet, dialtone) = (stack.wallet(), newcomer(&stack));
    dialtone.run(&["setup"]).await.ends(0);
    let number = stack.buys_in(&wallet, Some("415")).await;
    let old = (secret(&stack, "TwilioSecret"), secret(&stack, "BlandSecret"));
    dialtone.run(&["setup", "--new-keys"]).await.ends(0);
    let new = (secret(&stack, "TwilioSecret"), secret(&stack, "BlandSecret"));
    assert!(old.0["api_key"] != new.0["api_key"] && old.1["encrypted_key"] != new.1["encrypted_key"]);
    let account = &stack.twilio.sub_accounts()[0];
    assert!(!account.keys.iter().any(|key| old.0["api_key"] == key.sid), "the old one is good for nothing any more");
    stack.buys_in(&wallet, Some("415")).await;
    // What the dialler has forgotten is imported again.
    stack.bland.forget(&number);
    let check = dialtone.json(&["setup", "--check"]).await;
    assert_eq!(told(&check, "numbers"), ("MISSING", "the dialler does not know 1 of 2: calls from them are refused"));
    let found = dialtone.json(&["setup"]).await;
    assert_eq!(told(&found, "numbers"), ("done", "the carrier bills 2; 0 were adopted, 1 imported"));
    assert!(stack.bland.imported().contains(&number));
}

#[tokio::test]
async fn two_runs_at_once_leave_a_key_that_twilio_takes() {
    let mut stack = fresh().await;
    // What one of them asks while the other looks at the API is told apart by time alone.
    stack.excuse("without a valid payment (402) caused", "another run of the command asks beside it");
    let dialtone = newcomer(&stack);
    let (keys, faults) = ("GET */Keys.json", stack.twilio.faults());
    // Both have kept a key of their own when they ask which others there are.
    faults.times(keys, 2, Fault::Hang);
    tokio::join!(dialtone.run(&["setup"]), dialtone.run(&["setup", "--new-keys"]), async {
        faults.arrived(keys, 2).await;
        faults.release();
    });
    let (kept, account) = (secret(&stack, "TwilioSecret"), &stack.twilio.sub_accounts()[0]);
    assert!(account.keys.iter().any(|key| kept["api_key"] == key.sid), "the key that is kept was deleted");
    dialtone.run(&["setup"]).await.ends(0);
}
