//! Who may do what: rights, keys and secrets.

use serde_yaml_ng::Value;

use super::{entries, functions, many, names, statements, template, text};

#[test]
fn no_right_is_over_everything() {
    for (binary, function) in functions() {
        for statement in statements(&function) {
            for resource in many(&statement["Resource"]) {
                assert_ne!(resource, "*", "{binary}");
            }
            for action in many(&statement["Action"]) {
                // No function reads all there is: what is due is found by the index, what a wallet
                // has by its owner, and a batch names every item that it reads.
                assert!(
                    !action.contains('*') && !action.contains("Scan") && !action.contains("BatchWrite"),
                    "{binary}: {action}"
                );
            }
        }
    }
}

#[test]
fn what_anybody_may_ask_for_touches_only_calls_and_what_is_counted_of_them() {
    for function in ["voice_call_status", "voice_call_hangup", "voice_call_ended"] {
        let statements = statements(&functions()[function]);
        let touches =
            |statement: &&Value| many(&statement["Action"]).iter().any(|action| action.starts_with("dynamodb:"));
        let keys: Vec<_> = statements
            .iter()
            .filter(touches)
            .map(|statement| many(&statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]))
            .collect();
        // A callee who asks not to be called again goes on the list, by what the dialler's record
        // says: a look that could not write that would see no end.
        assert_eq!(keys, [["CALL#*"], ["LIMIT#*"], ["OPTOUT#*"], ["CONTROL"]], "{function}");
        for (sid, action) in [("OptOut", "dynamodb:PutItem"), ("Salt", "dynamodb:GetItem")] {
            let found = statements.iter().find(|one| text(&one["Sid"]) == sid).map(|one| many(&one["Action"]));
            assert_eq!(found, Some(vec![action.to_owned()]), "{function}: {sid}");
        }
    }
}

#[test]
fn the_refund_wallets_key_is_the_refunds_own_and_outlives_the_stack() {
    let resources = template()["Resources"].clone();
    let key = &resources["RefundKey"];
    assert_eq!(
        (text(&key["DeletionPolicy"]), text(&key["UpdateReplacePolicy"])),
        ("RetainExceptOnCreate".into(), "Retain".into())
    );
    assert_eq!(text(&key["Properties"]["KeySpec"]), "ECC_SECG_P256K1");
    for (binary, function) in functions() {
        let signs: Vec<_> = statements(&function)
            .into_iter()
            .filter(|it| many(&it["Action"]).iter().any(|action| action.starts_with("kms:")))
            .map(|it| many(&it["Resource"]))
            .collect();
        let expected = match binary.as_str() {
            "refunds" => vec![vec!["RefundKey.Arn".to_owned()]],
            "canary" => vec![many(&canary_key())],
            _ => Vec::new(),
        };
        assert_eq!(signs, expected, "{binary}");
    }
}

/// What the canary may sign with: a key of its own, where it is wanted.
fn canary_key() -> Value {
    let statements = statements(&functions()["canary"]);
    assert_eq!(statements.len(), 1, "the canary has one right");
    let key = statements[0]["Resource"].clone();
    assert_eq!(many(&key)[..2], ["HasCanary", "CanaryKey.Arn"]);
    key
}

#[test]
fn the_canary_is_off_unless_it_is_wanted_and_has_a_wallet_of_its_own() {
    let template = template();
    assert_eq!(text(&template["Parameters"]["Canary"]["Default"]), "off");
    for name in ["CanaryKey", "CanaryAlarm", "CanaryWalletAlarm"] {
        assert_eq!(text(&template["Resources"][name]["Condition"]), "HasCanary", "{name}");
    }
    let schedule = &functions()["canary"]["Properties"]["Events"]["Buy"]["Properties"];
    assert_eq!(many(&schedule["State"]), ["HasCanary", "ENABLED", "DISABLED"]);
    canary_key();
}

#[test]
fn only_the_refunds_sign_with_the_refund_wallets_key_whatever_else_allows_it() {
    let resources = template()["Resources"].clone();
    let policy = resources["RefundKey"]["Properties"]["KeyPolicy"]["Statement"].as_sequence().cloned();
    let denied: Vec<_> = policy.into_iter().flatten().filter(|it| text(&it["Effect"]) == "Deny").collect();
    let [deny] = denied.as_slice() else { panic!("{denied:?}") };
    assert_eq!((many(&deny["Action"]), text(&deny["Principal"]["AWS"])), (vec!["kms:Sign".to_owned()], "*".to_owned()));
    // The role that the transform makes is called after the function.
    let refunds = entries(&resources)
        .into_iter()
        .find(|(_, resource)| text(&resource["Metadata"]["BuildProperties"]["Binary"]) == "refunds");
    let (logical, _) = refunds.expect("the refunds");
    let spared = text(&deny["Condition"]["ArnNotLike"]["aws:PrincipalArn"]);
    assert!(spared.ends_with(&format!(":role/${{AWS::StackName}}-{logical}Role-*")), "{spared}");
}

#[test]
fn a_secret_is_shown_to_the_functions_that_use_it_and_is_not_a_parameter() {
    let shown = [
        (
            "PaymentSecret",
            vec!["numbers_buy", "numbers_list", "numbers_renew", "reaper", "refunds", "voice_call", "voice_calls_list"],
        ),
        ("TwilioSecret", vec!["numbers_buy", "reaper"]),
        (
            "BlandSecret",
            vec!["numbers_buy", "reaper", "voice_call", "voice_call_ended", "voice_call_hangup", "voice_call_status"],
        ),
        ("RefundSecret", vec!["refunds"]),
    ];
    let functions = functions();
    for (secret, users) in shown {
        let may = |function: &Value| {
            let reads = |statement: &&Value| many(&statement["Action"]) == ["secretsmanager:GetSecretValue"];
            statements(function)
                .iter()
                .filter(reads)
                .any(|statement| many(&statement["Resource"]).contains(&secret.into()))
        };
        let who: Vec<_> =
            functions.iter().filter(|(_, function)| may(function)).map(|(name, _)| name.as_str()).collect();
        assert_eq!(who, users, "{secret}");
    }
    let template = template();
    for (name, resource) in entries(&template["Resources"]) {
        if text(&resource["Type"]) == "AWS::SecretsManager::Secret" {
            assert!(
                ["PaymentSecret", "TwilioSecret", "BlandSecret", "RefundSecret"].contains(&name.as_str()),
                "{name}"
            );
            // What the template says a deployment would write over what was filled in.
            let properties = names(&resource["Properties"]);
            assert!(!properties.contains("SecretString") && !properties.contains("GenerateSecretString"), "{name}");
        }
    }
    for (name, parameter) in entries(&template["Parameters"]) {
        assert!(parameter["NoEcho"].is_null(), "{name} is a secret, and secrets are not parameters");
    }
}
