//! A key in the place of another: tried before it is kept, taken back, and never told.

use harness::Stack;
use harness::sim::facilitator::JwtKey;
use harness::sim::{Answer, Fault};
use harness::spec::LIST;
use serde_json::{Value, json};

use crate::books::days_ago;
use crate::fixture::{BUY, Dialtone, Said, functions, world};

const CHANGES: [&str; 3] = ["--yes", "--because", "a drill"];

fn kept(stack: &Stack, name: &str) -> Value {
    let text = stack.secrets_manager.value(&stack.deployment.secrets[name]);
    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// A key is replaced by what is written to the command's input.
async fn replaced(dialtone: &Dialtone, name: &str, new: &Value, more: &[&str]) -> Said {
    let own = ["secrets", name, "--from", "-"];
    dialtone.told(&[&own[..], &CHANGES, more].concat(), &new.to_string()).await
}

/// None of a key's texts stands in what was said, or in the table.
#[track_caller]
fn is_told_nowhere(stack: &Stack, said: &Said, key: &Value) {
    let all = format!("{}{}{:?}", said.out, said.err, stack.dynamo.rows());
    for (field, text) in key.as_object().into_iter().flatten().filter(|(field, _)| *field != "main_account_sid") {
        assert!(!all.contains(text.as_str().expect("text")), "{field} is told");
    }
}

#[tokio::test]
async fn a_key_that_its_vendor_takes_replaces_the_one_before_and_is_used_without_a_deployment() {
    let stack = Stack::start(functions()).await;
    let dialtone = Dialtone::of(&stack);
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    for (name, secret) in [("twilio", "TwilioSecret"), ("bland", "BlandSecret"), ("twilio-main", "TwilioSecret")] {
        let before = kept(&stack, secret);
        let mut new = match name {
            "twilio" => stack.twilio.rotate_key(),
            "bland" => stack.bland.rotate_key(),
            _ => stack.twilio.main_key(),
        };
        new.as_object_mut().expect("fields").remove("encrypted_key");
        let said = replaced(&dialtone, name, &new, &[]).await.ends(0).says(&["It is kept.", "--back"]);
        is_told_nowhere(&stack, &said, &new);
        // What is beside it stays.
        let mut expected = before;
        expected.as_object_mut().expect("fields").extend(new.as_object().expect("fields").clone());
        assert_eq!(kept(&stack, secret), expected, "{name}");
        replaced(&dialtone, name, &new, &[]).await.ends(0).says(&["It is so already."]);
    }
    stack.buys(&wallet).await;
    let trail = dialtone.run(&["audit", "--since", &days_ago(1)]).await.ends(0);
    trail.says(&["secrets twilio", "secrets bland", "secrets twilio-main", "a drill", "done"]);
}

#[tokio::test]
async fn a_key_that_is_not_taken_changes_nothing_unless_the_operator_knows_better() {
    let stack = Stack::start(functions()).await;
    let dialtone = Dialtone::of(&stack);
    let before = (kept(&stack, "TwilioSecret"), kept(&stack, "BlandSecret"));
    for (name, wrong, why) in [
        ("twilio", json!({"api_key": "SKhunter2", "api_secret": "hunter2secret"}), "does not take it"),
        ("bland", json!({"api_key": "org_hunter2"}), "Nothing was changed"),
        ("twilio-main", json!({"main_api_key": "SKhunter2"}), "is not a JSON object of main_account_sid and"),
        ("bland", json!({"api_key": "hunter2 hunter2"}), "is not one word"),
        ("bland", json!({"api_key": "hunter2", "other": "hunter2"}), "is not a JSON object of api_key"),
        ("coinbase", json!({}), "FacilitatorAuth is not cdp"),
        ("node", json!({}), "EvmRpcUrl has no {key}"),
    ] {
        let said = replaced(&dialtone, name, &wrong, &[]).await;
        assert!(
            said.code != 0 && (said.out.contains(why) || said.err.contains(why)),
            "{name}: {}{}",
            said.out,
            said.err
        );
        is_told_nowhere(&stack, &said, &wrong);
    }
    // A vendor that does not answer has not said yes.
    stack.bland.faults().always("*", Fault::Refuse(Answer::html(503)));
    let new = json!({"api_key": "org_another"});
    replaced(&dialtone, "bland", &new, &[]).await.ends(1).says(&["Nothing was changed"]);
    assert_eq!((kept(&stack, "TwilioSecret"), kept(&stack, "BlandSecret")), before);
    replaced(&dialtone, "bland", &new, &["--anyway"]).await.ends(0);
    assert_eq!(kept(&stack, "BlandSecret")["api_key"], "org_another");
    let silent = ["secrets", "bland", "--from", "-", "--yes", "--anyway"];
    let silent = dialtone.told(&silent, &json!({"api_key": "z"}).to_string()).await.ends(2);
    assert!(silent.err.contains("--because"), "{}", silent.err);
    assert_eq!(kept(&stack, "BlandSecret")["api_key"], "org_another");
    let unasked = dialtone.run(&["secrets", "bland", "--because", "a test"]).await.ends(2);
    assert!(unasked.err.contains("there is no terminal here to ask at"), "{}", unasked.err);
}

#[tokio::test]
async fn the_key_before_comes_back_while_its_vendor_takes_it() {
    let stack = Stack::start(functions()).await;
    let dialtone = Dialtone::of(&stack);
    let first = dialtone.run(&[&["secrets", "bland", "--back"][..], &CHANGES].concat()).await.ends(2);
    assert!(first.err.contains("there is no bland before this one"), "{}", first.err);
    let before = kept(&stack, "BlandSecret");
    // One that is wrong, and was kept all the same.
    replaced(&dialtone, "bland", &json!({"api_key": "org_wrong"}), &["--anyway"]).await.ends(0);
    dialtone.run(&[&["secrets", "bland", "--back"][..], &CHANGES].concat()).await.ends(0).says(&["It is kept."]);
    assert_eq!(kept(&stack, "BlandSecret"), before);
    stack.buys(&stack.wallet()).await;
    let trail = dialtone.run(&["audit", "--since", &days_ago(1)]).await.ends(0);
    trail.says(&["secrets bland --back"]);
}

#[tokio::test]
async fn an_answer_of_the_vault_that_is_lost_keeps_a_key_once_and_a_refusal_keeps_none() {
    let stack = Stack::start(functions()).await;
    let dialtone = Dialtone::of(&stack);
    let before = kept(&stack, "BlandSecret");
    let new = json!({"api_key": stack.bland.rotate_key()["api_key"]});
    // It is read before the question and after it, and then put.
    stack.secrets_manager.faults().nth("POST /", 3, Fault::LoseAnswer);
    replaced(&dialtone, "bland", &new, &[]).await.ends(0);
    assert_eq!(kept(&stack, "BlandSecret")["api_key"], new["api_key"]);
    // The version before is the key before, so it was put once.
    let back = dialtone.run(&[&["secrets", "bland", "--back", "--anyway"][..], &CHANGES].concat()).await.ends(0);
    assert_eq!(kept(&stack, "BlandSecret"), before, "{}", back.out);
    // Refused, it is as it was, and the trail says so.
    stack.secrets_manager.faults().nth(
        "POST /",
        3,
        Fault::Refuse(Answer::json(400, &json!({"__type": "LimitExceeded"}))),
    );
    replaced(&dialtone, "bland", &new, &["--anyway"]).await.ends(2);
    assert_eq!(kept(&stack, "BlandSecret"), before);
    dialtone.run(&["audit", "--since", &days_ago(1)]).await.ends(0).says(&["nothing changed"]);
}

#[tokio::test]
async fn keys_of_the_facilitator_and_of_a_node_are_tried_with_a_question_that_pays_nothing() {
    // The public half of a seed of sevens.
    let public = alloy_primitives::hex::decode("ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c");
    let private = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwfqSmxj4pxSCr71UHsTLsX5lUd2rr6+e5JCHuppFEbSLA==";
    let content = json!({"evm_rpc_key": "rpc", "cdp_api_key_id": "key/1", "cdp_api_key_secret": private});
    let stack = world().parameter("FacilitatorAuth", "cdp").parameter("EvmRpcUrl", "{node}/{key}");
    let stack = stack.secret("PaymentSecret", Some(content)).start().await;
    stack.facilitator.require_jwt("key/2", JwtKey::Ed25519(public.expect("hex")));
    let dialtone = Dialtone::of(&stack);
    // As its portal gives it out.
    let portal = |id: &str| json!({"id": id, "privateKey": private});
    replaced(&dialtone, "coinbase", &portal("key/3"), &[]).await.ends(1).says(&["the facilitator does not take it"]);
    replaced(&dialtone, "coinbase", &portal("key/2"), &[]).await.ends(0);
    replaced(&dialtone, "node", &json!({"evm_rpc_key": "another"}), &[]).await.ends(1);
    assert_eq!((kept(&stack, "PaymentSecret")["evm_rpc_key"].as_str(), stack.earned()), (Some("rpc"), 0));
    dialtone.run(&["audit", "--since", &days_ago(1)]).await.ends(0).says(&["secrets coinbase"]);
    // The version before has the same key of the node: what is beside it was changed last.
    let back = dialtone.run(&[&["secrets", "node", "--back"][..], &CHANGES].concat()).await.ends(1);
    back.says(&["Nothing was changed: the version before has the same key"]);
    let wallet = stack.wallet();
    stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.expect(200);
    stack.post(LIST).pay(&wallet).await.answer.expect(200);
}

#[tokio::test]
async fn a_node_that_takes_one_question_at_a_time_is_not_taken() {
    let stack = world().parameter("EvmRpcUrl", "{node}/{key}");
    let stack = stack.secret("PaymentSecret", Some(json!({"evm_rpc_key": "old"}))).start().await;
    stack.chain.take_one_question_at_a_time();
    let told = replaced(&Dialtone::of(&stack), "node", &json!({"evm_rpc_key": "rpc"}), &[]).await.ends(1);
    told.says(&["says what is held, and not what was paid", "in one request (a JSON-RPC batch)"]);
    assert_eq!(kept(&stack, "PaymentSecret")["evm_rpc_key"], "old");
}

#[tokio::test]
async fn a_node_that_breaks_off_once_is_asked_again() {
    // It is asked for the balance first, and then for what was paid.
    for nth in 1..=3 {
        let stack = world().parameter("EvmRpcUrl", "{node}/{key}");
        let stack = stack.secret("PaymentSecret", Some(json!({"evm_rpc_key": "old"}))).start().await;
        stack.chain.faults().nth("POST *", nth, Fault::Drop);
        replaced(&Dialtone::of(&stack), "node", &json!({"evm_rpc_key": "rpc"}), &[]).await.ends(0);
        assert_eq!(kept(&stack, "PaymentSecret")["evm_rpc_key"], "rpc");
        assert!(stack.chain.faults().count("POST *") > nth, "{nth}");
    }
}

#[tokio::test]
async fn a_key_of_a_local_world_is_replaced_by_the_facts_that_it_left() {
    let stack = Stack::start(functions()).await;
    let facts = std::env::temp_dir().join(format!("dialtone-secrets-{}.json", stack.twilio.account().sid));
    std::fs::write(&facts, json!({"gateway": "", "operator": stack.operator()}).to_string()).expect("a file");
    let option = format!("--local={}", facts.display());
    let new = json!({"api_key": stack.bland.rotate_key()["api_key"]});
    replaced(&Dialtone::bare(&stack), "bland", &new, &[&option]).await.ends(0);
    assert_eq!(kept(&stack, "BlandSecret")["api_key"], new["api_key"]);
    std::fs::remove_file(&facts).expect("a file");
}
