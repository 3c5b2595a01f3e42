//! What the template lets an operator say, held against what the functions can read: at both ends
//! of each parameter, and beyond them.

use std::collections::{BTreeMap, BTreeSet};

use fancy_regex::Regex;
use serde_yaml_ng::Value;
use shared::env::Env;

use super::{entries, functions, many, names, template, text};

/// A parameter, its ends, and what lies beyond them.
type Ends = (&'static str, &'static [&'static str], &'static [&'static str]);

const DOLLARS: (&[&str], &[&str]) = (&["1", "999999"], &["", "0", "01", "1000000", "1.5", "-1"]);

const ENDS: [Ends; 22] = [
    ("BlandLines", &["", "1", "999999"], &["0", "1000000", "1.5"]),
    (
        "BlandMinutePrice",
        &["", "0.000001", "99.999999", "1", "00.01", "10"],
        &["0", "00", "0.0", "00.000000", "100", "0.0000001", ".5"],
    ),
    ("BlandPlan", &["start", "build", "scale"], &["", "enterprise"]),
    ("DailyCallBudget", &["1", "9999999"], &["", "0", "10000000"]),
    ("DailyCallLoss", &["1", "9999999"], &["", "0", "10000000"]),
    ("PrefixCallLoss", DOLLARS.0, DOLLARS.1),
    ("WalletCallLoss", &["1", "9999"], &["", "0", "10000"]),
    ("DailyNumberBudget", &["2", "9", "10", "999999"], &["", "0", "1", "1000000"]),
    ("UnpaidNumberBudget", DOLLARS.0, DOLLARS.1),
    (
        "NumberPrices",
        &["", "GB=1.15", "GB=0.000001,DE=100.5", "GB=230", "US=0.5"],
        &["GB", "GB=0", "GB=0.00", "GB=0,DE=1", "GB=1,DE=0", "gb=1", "GB=1,", "GB=1234567"],
    ),
    ("MissingPaymentsStop", DOLLARS.0, DOLLARS.1),
    ("DailyRefundLimit", DOLLARS.0, DOLLARS.1),
    ("WalletRefundLimit", DOLLARS.0, DOLLARS.1),
    ("DailyStrayLimit", DOLLARS.0, DOLLARS.1),
    ("LargestStray", DOLLARS.0, DOLLARS.1),
    ("UnprovenPerMinute", DOLLARS.0, DOLLARS.1),
    ("AiDisclosure", &["on", "off"], &["", "yes"]),
    ("RecordCalls", &["on", "off"], &["", "yes"]),
    ("RecordingDisclosure", &["on", "off"], &["", "yes"]),
    ("QuietHours", &["off", "20-5", "23-9"], &["", "19-5", "24-5", "20-4", "20-10"]),
    ("PoolKept", &["0", "10000"], &["", "-1", "10001"]),
    ("PoolCountries", &["US", "US,GB"], &["", "us", "US,", "USA"]),
];

/// Those that are an address, a switch that any word is good for, or a name at AWS: what is at the
/// other end of them is not known here.
const OTHERS: [&str; 19] = [
    "AlarmEmail",
    "BlandUrl",
    "ContactEmail",
    "DynamoDbUrl",
    "EdgeProtection",
    "EvmPayee",
    "EvmRpcUrl",
    "FacilitatorAuth",
    "FacilitatorUrl",
    "KmsUrl",
    "PublicUrl",
    "S3Url",
    "SchedulerUrl",
    "SecretsManagerUrl",
    "SmartWalletFactories",
    "SolanaPayee",
    "SolanaRpcUrl",
    "TwilioAccountSid",
    "TwilioUrl",
];

#[test]
fn what_the_template_lets_through_every_function_can_read() {
    for (name, ends, beyond) in ENDS {
        for value in ends {
            assert!(allows(name, value), "{name}={value} is within what is said");
            assert_eq!(read(name, value), Ok(()), "{name}={value}");
        }
        for value in beyond {
            assert!(!allows(name, value), "{name}={value} is beyond what is said");
        }
    }
}

#[test]
fn no_parameter_that_a_function_reads_is_left_out() {
    let known: BTreeSet<String> = ENDS.iter().map(|(name, ..)| *name).chain(OTHERS).map(str::to_owned).collect();
    let parameters = names(&template()["Parameters"]);
    let read: BTreeSet<String> = variables().into_values().filter(|name| parameters.contains(name)).collect();
    assert_eq!(&read - &known, BTreeSet::new(), "its ends are not tried");
    for (name, ..) in ENDS {
        assert!(read.contains(name), "{name} is read by no function");
    }
}

/// The variables of all functions that are a parameter, or something else of the template, by name.
fn variables() -> BTreeMap<String, String> {
    let of = |properties: &Value| entries(&properties["Environment"]["Variables"]);
    let own = functions().into_values().flat_map(|function| of(&function["Properties"])).collect::<Vec<_>>();
    own.into_iter()
        .chain(of(&template()["Globals"]["Function"]))
        .map(|(variable, value)| (variable, text(&value)))
        .collect()
}

/// What the readers say of this value, with the defaults for all others.
fn read(parameter: &str, value: &str) -> Result<(), String> {
    let (parameters, variables) = (template()["Parameters"].clone(), variables());
    let (parameter, value) = (parameter.to_owned(), value.to_owned());
    let mut env = Env::from(move |variable| {
        let name = variables.get(variable)?;
        if *name == parameter {
            return Some(value.clone());
        }
        let usual = &parameters[name.as_str()]["Default"];
        usual.as_str().map(str::to_owned).or_else(|| Some(usual.as_u64()?.to_string()))
    });
    let calls = (env.budget(), env.manners(), env.unproven().0);
    let numbers = (env.number_budget(), env.number_prices(), env.pool_countries(), env.pool_kept());
    let back = (env.refund_limit(), env.wallet_refund_limit(), env.stray_limit(), env.largest_stray());
    let stop = env.missing_stop();
    env.complete((calls, numbers, back, stop)).map(|_| ()).map_err(|incomplete| incomplete.to_string())
}

/// Whether CloudFormation would take this value.
fn allows(name: &str, value: &str) -> bool {
    let parameter = &template()["Parameters"][name];
    if !parameter["AllowedValues"].is_null() {
        return many(&parameter["AllowedValues"]).iter().any(|one| one == value);
    }
    if let Some(pattern) = parameter["AllowedPattern"].as_str() {
        return Regex::new(pattern).expect("a pattern").is_match(value).expect("a match");
    }
    let bound = |bound: &str| parameter[bound].as_u64();
    let number = value.parse::<u64>().ok();
    number.is_some_and(|number| {
        bound("MinValue").is_none_or(|least| number >= least) && bound("MaxValue").is_none_or(|most| number <= most)
    })
}
