//! What an operator deploys with: which values and which combinations of them are refused before
//! anything is made, and that a deployment again keeps what was said once.

use std::collections::BTreeMap;
use std::fs;

use fancy_regex::Regex;
use serde_yaml_ng::Value;
use serde_yaml_ng::value::TaggedValue;

const COINBASE: &str = "https://api.cdp.coinbase.com/platform/v2/x402";
const SOLANA: &str = "eip155:8453,solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp";
const BOTH_CLUSTERS: &str = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp,solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1";
const TEST_MONEY_BOTH: &str = "eip155:84532,solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1";
const CERTIFICATE: &str = "arn:aws:acm:us-east-1:000000000000:certificate/0a-1b";

/// Parameters and their values.
type Given = &'static [(&'static str, &'static str)];

/// Production that is paid on Solana alone.
const SOLANA_ALONE: [(&str, &str); 4] = [
    ("PaymentNetworks", "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"),
    ("SolanaPayee", "So1"),
    ("SolanaRpcUrl", "https://s.io"),
    ("EvmRpcUrl", ""),
];

/// What is said of production beside what a case is about.
const PRODUCTION: [(&str, &str); 6] = [
    ("Stage", "prod"),
    ("PaymentNetworks", "eip155:8453"),
    ("FacilitatorUrl", COINBASE),
    ("FacilitatorAuth", "cdp"),
    ("EvmRpcUrl", "https://node.acme.io"),
    ("AlarmEmail", "ops@acme.io"),
];

#[test]
fn a_combination_that_cannot_work_is_refused_before_anything_is_made() {
    let test_money: Given = &[];
    let cases: [(Given, Given, Option<&str>); 32] = [
        (test_money, &[], None),
        (test_money, &[("PublicUrl", "https://api.acme.io")], None),
        (&PRODUCTION, &[], None),
        (&PRODUCTION, &[("AlarmEmail", "")], Some("AlarmEmail has to say who is told")),
        (&PRODUCTION, &[("EvmRpcUrl", "")], Some("EvmRpcUrl has to say which node")),
        (&PRODUCTION, &SOLANA_ALONE, None),
        (&PRODUCTION, &[("FacilitatorAuth", "none")], Some("wants a key")),
        (test_money, &[("FacilitatorAuth", "cdp")], Some("cdp only for")),
        (&PRODUCTION, &[("FacilitatorUrl", "https://facilitator.acme.io")], Some("cdp only for")),
        (test_money, &[("PaymentNetworks", "eip155:8453")], Some("settles test money only")),
        (&PRODUCTION, &[("PaymentNetworks", SOLANA)], Some("SolanaPayee has to say")),
        (&PRODUCTION, &[("PaymentNetworks", SOLANA), ("SolanaPayee", "So1")], Some("SolanaRpcUrl has to say")),
        (&PRODUCTION, &[("PaymentNetworks", SOLANA), ("SolanaPayee", "So1"), ("SolanaRpcUrl", "https://s.io")], None),
        // Real numbers for money that a faucet gives away; and two networks of a rail, of which a
        // node knows one.
        (&PRODUCTION, &[("PaymentNetworks", "eip155:8453,eip155:84532")], Some("beside Base")),
        (&PRODUCTION, &[("PaymentNetworks", "eip155:84532,eip155:8453")], Some("beside Base")),
        (
            &PRODUCTION,
            &[("PaymentNetworks", "eip155:8453,solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1")],
            Some("beside Base"),
        ),
        (
            &PRODUCTION,
            &[("PaymentNetworks", "eip155:84532,solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp")],
            Some("beside Solana"),
        ),
        (&PRODUCTION, &[("PaymentNetworks", BOTH_CLUSTERS)], Some("beside Solana")),
        (
            test_money,
            &[("PaymentNetworks", "eip155:8453,eip155:84532"), ("FacilitatorUrl", "https://f.io")],
            Some("beside Base"),
        ),
        (test_money, &[("PaymentNetworks", "eip155:84532,eip155:84532")], None),
        (&PRODUCTION, &[("PaymentNetworks", "eip155:8453,eip155:8453")], None),
        (&PRODUCTION, &[("PaymentNetworks", "eip155:84532")], None),
        (
            test_money,
            &[("PaymentNetworks", TEST_MONEY_BOTH), ("SolanaPayee", "So1"), ("SolanaRpcUrl", "https://s.io")],
            None,
        ),
        (test_money, &[("CertificateArn", CERTIFICATE)], Some("A domain needs its name")),
        (test_money, &[("HostedZoneId", "Z1")], Some("A domain needs its name")),
        (test_money, &[("HostedZoneId", "Z1"), ("PublicUrl", "https://api.acme.io")], None),
        (
            test_money,
            &[("HostedZoneId", "Z1"), ("CertificateArn", CERTIFICATE), ("PublicUrl", "https://api.acme.io")],
            Some("the stack makes the certificate"),
        ),
        (test_money, &[("RecordingDisclosure", "on"), ("RecordCalls", "off")], Some("so RecordCalls is on with it")),
        (test_money, &[("RecordingDisclosure", "on"), ("AiDisclosure", "on"), ("QuietHours", "21-8")], None),
        (test_money, &[("EdgeProtection", "on")], Some("EdgeProtection needs a domain")),
        (test_money, &[("EdgeProtection", "on"), ("HostedZoneId", "Z1"), ("PublicUrl", "https://api.acme.io")], None),
        (test_money, &[("EdgeProtection", "on"), ("GeneratedName", "open")], Some("so GeneratedName is shut with it")),
    ];
    for (base, own, why) in cases {
        let given = base.iter().chain(own).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let said = refusals(&given);
        match why {
            None => assert_eq!(said, Vec::<String>::new(), "{own:?}"),
            Some(why) => assert!(said.iter().any(|it| it.contains(why)), "{own:?}: {said:?}"),
        }
    }
    let elsewhere = BTreeMap::from([("EdgeProtection", "on"), ("AWS::Region", "eu-central-1")]);
    let elsewhere = elsewhere.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    assert!(refusals(&elsewhere).iter().any(|said| said.contains("needs a stack in us-east-1")));
}

#[test]
fn a_value_that_cannot_be_meant_is_refused() {
    let refused = [
        ("PublicUrl", "https://dialtone.example.com"),
        ("PublicUrl", "https://example.org"),
        ("PublicUrl", "http://api.acme.io"),
        ("PublicUrl", "https://api.acme.io/"),
        ("PublicUrl", "https://localhost"),
        ("PaymentNetworks", "eip155:1"),
        ("PaymentNetworks", ""),
        ("EvmRpcUrl", "https://example.com"),
        ("EvmRpcUrl", "https://base.example.org/v2/{key}"),
        ("EvmRpcUrl", "https://Node.Example.COM:8545"),
        ("EvmRpcUrl", "https://user:x@example.net?a=b"),
        ("EvmRpcUrl", "https://example.com./v2"),
        ("SolanaRpcUrl", "https://rpc.example.com/"),
        ("AlarmEmail", "you@example.com"),
        ("AlarmEmail", "ops@mail.Example.ORG"),
        ("AlarmEmail", "ops@example.net."),
        ("AlarmEmail", "ops"),
        ("TicketEmail", "you@example.com"),
        ("ContactEmail", "you@example.com"),
        ("HostedZoneId", "/hostedzone/Z1"),
        ("EvmPayee", "0x00"),
        ("QuietHours", ""),
        ("QuietHours", "on"),
        ("QuietHours", "8-21"),
        ("QuietHours", "21-8h"),
        ("QuietHours", "19-8"),
        ("QuietHours", "21-12"),
    ];
    for (name, value) in refused {
        assert!(!allows(name, value), "{name} may be {value}");
    }
    for (name, value) in [
        ("PublicUrl", ""),
        ("PublicUrl", "https://api.acme.io"),
        ("PublicUrl", "https://notexample.com"),
        ("PublicUrl", "https://example.com.acme.io"),
        ("PaymentNetworks", "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"),
        ("HostedZoneId", "Z0123456789ABCDEFGHIJ"),
        ("EvmRpcUrl", ""),
        ("EvmRpcUrl", "https://node.acme.io/v2/{key}?to=example.com"),
        ("EvmRpcUrl", "https://example.com.acme.io"),
        ("EvmRpcUrl", "https://notexample.com/x"),
        ("EvmRpcUrl", "https://{key}"),
        ("AlarmEmail", ""),
        ("AlarmEmail", "ops@acme.io"),
        ("AlarmEmail", "example.com@acme.io"),
        ("AlarmEmail", "ops@example.com.acme.io"),
        ("QuietHours", "off"),
        ("QuietHours", "21-8"),
        ("QuietHours", "23-5"),
    ] {
        assert!(allows(name, value), "{name} may not be {value}");
    }
}

#[test]
fn every_address_is_reached_over_tls() {
    let addresses: Vec<_> = names(&template()["Parameters"]).into_iter().filter(|name| name.ends_with("Url")).collect();
    assert!(addresses.len() > 8, "{addresses:?}");
    for name in addresses {
        assert!(allows(&name, "https://vendor.acme.io"), "{name}");
        for url in ["http://vendor.acme.io", "http://10.0.0.1", "http://127.0.0.1:8402", "http://localhost:4566/x"] {
            assert!(!allows(&name, url), "{name} may be {url}");
        }
    }
}

/// `sam deploy` keeps what a stack was deployed with for all that `samconfig.toml` does not name,
/// and takes the rest from there.
#[test]
fn samconfig_names_nothing_that_is_an_operators_to_choose() {
    let config = fs::read_to_string("samconfig.toml").expect("samconfig.toml");
    let mut section = "";
    let mut named = Vec::new();
    for line in config.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        if line.starts_with('[') {
            section = line;
        }
        if section.ends_with(".deploy.parameters]") && line.contains("parameter_overrides") {
            named.push(format!("{section} {line}"));
        }
    }
    assert_eq!(named, ["[prod.deploy.parameters] parameter_overrides = [\"Stage=prod\"]"]);
}

/// What CloudFormation says of these values, with the defaults for all others.
fn refusals(given: &BTreeMap<String, String>) -> Vec<String> {
    let template = template();
    let value = |name: &str| -> String {
        let default = &template["Parameters"][name]["Default"];
        let usual = if name == "AWS::Region" { "us-east-1" } else { default.as_str().unwrap_or_default() };
        given.get(name).cloned().unwrap_or_else(|| usual.to_owned())
    };
    let rules = template["Rules"].as_mapping().expect("rules");
    let applies = |rule: &Value| rule["RuleCondition"].is_null() || holds(&rule["RuleCondition"], &value);
    let assertions = rules.values().filter(|rule| applies(rule)).flat_map(|rule| {
        rule["Assertions"].as_sequence().expect("assertions").iter().filter(|one| !holds(&one["Assert"], &value))
    });
    assertions.map(|one| one["AssertDescription"].as_str().expect("words").to_owned()).collect()
}

/// A rule's functions, as far as the template uses them.
fn holds(condition: &Value, value: &dyn Fn(&str) -> String) -> bool {
    let text = |argument: &Value| match argument {
        Value::Tagged(reference) if reference.tag == "Ref" => value(reference.value.as_str().expect("a name")),
        plain => plain.as_str().expect("text").to_owned(),
    };
    // CloudFormation documents no short form of it.
    if let Some(arguments) = condition.get("Fn::Contains") {
        return text(&arguments[0]).split(',').any(|one| one == text(&arguments[1]));
    }
    let Value::Tagged(tagged) = condition else { panic!("{condition:?} is not a function") };
    let TaggedValue { tag, value: arguments } = tagged.as_ref();
    let arguments = arguments.as_sequence().expect("arguments");
    match tag.to_string().as_str() {
        "!Equals" => text(&arguments[0]) == text(&arguments[1]),
        "!Not" => !holds(&arguments[0], value),
        "!Or" => arguments.iter().any(|argument| holds(argument, value)),
        other => panic!("{other} cannot stand in a rule"),
    }
}

/// Whether a parameter's own pattern lets a value through. CloudFormation's patterns are Java's,
/// and hold for the whole of it.
fn allows(name: &str, value: &str) -> bool {
    let pattern = template()["Parameters"][name]["AllowedPattern"].as_str().expect("a pattern").to_owned();
    Regex::new(&pattern).expect("a pattern").is_match(value).expect("a match")
}

fn names(map: &Value) -> Vec<String> {
    map.as_mapping().expect("a map").keys().map(|name| name.as_str().expect("a name").to_owned()).collect()
}

fn template() -> Value {
    serde_yaml_ng::from_str(&fs::read_to_string("template.yaml").expect("template.yaml")).expect("YAML")
}
