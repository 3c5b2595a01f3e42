//! `template.yaml`, read as CloudFormation reads it: routes, variables, time-outs, policies, the
//! table, the schedules.
//!
//! It is the only list of these things, so whatever is missing there is missing in every test. Only
//! what the template uses of CloudFormation is understood; anything else is a panic that names it.
//! What the values mean is for others.

mod intrinsics;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value, json};
use serde_yaml_ng::Value as Yaml;

use crate::alarms::Alarm;
use crate::iam::Statement;
use intrinsics::Resolver;

/// The region everything pretends to be in.
pub const REGION: &str = "us-east-1";
/// The account everything pretends to belong to.
pub const ACCOUNT: &str = "000000000000";
/// The route that takes what no other does.
pub const DEFAULT_ROUTE: &str = "$default";
/// The stack's name.
pub const STACK: &str = "dialtone-local";

/// A stack as it would be deployed: the template with every value filled in.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// By the name of their binary.
    pub functions: BTreeMap<String, Function>,
    /// In the template's order.
    pub routes: Vec<Route>,
    /// The `CreateTable` request of the table.
    pub table: Value,
    /// The attribute by which the table forgets items.
    pub ttl: Option<String>,
    /// What fires again and again.
    pub schedules: Vec<Recurring>,
    /// Names of the groups of one-shot schedules.
    pub schedule_groups: Vec<String>,
    /// The alarms on what the functions count.
    pub alarms: Vec<Alarm>,
    /// Ids of the keys that sign, by their names in the template.
    pub keys: BTreeMap<String, String>,
    /// What may be done in the name of roles, by their ARN.
    pub roles: BTreeMap<String, Vec<Statement>>,
    /// What operators may do, by all the policies that are made for them.
    pub operators: Vec<Statement>,
    /// ARNs of the secrets, by their names in the template.
    pub secrets: BTreeMap<String, String>,
    /// Names of the buckets.
    pub buckets: Vec<String>,
}

/// A Lambda function.
#[derive(Clone, Debug)]
pub struct Function {
    /// The cargo binary that is its `bootstrap`.
    pub binary: String,
    /// Its name at AWS.
    pub name: String,
    /// After which an invocation is killed.
    pub timeout: Duration,
    /// In MB.
    pub memory: u64,
    /// What the template sets; nothing else reaches the process, except what Lambda itself sets.
    pub environment: BTreeMap<String, String>,
    /// Where its lines go.
    pub log_group: String,
    /// `AWS_LAMBDA_LOG_FORMAT`, where set.
    pub log_format: Option<String>,
    /// `AWS_LAMBDA_LOG_LEVEL`, where set.
    pub log_level: Option<String>,
    /// What its role allows.
    pub policy: Vec<Statement>,
}

impl Function {
    /// Its ARN.
    pub fn arn(&self) -> String {
        format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{}", self.name)
    }
}

/// A route of the HTTP API.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Route {
    /// The binary behind it.
    pub function: String,
    /// `None` is ANY.
    pub method: Option<String>,
    /// With `{parameters}`.
    pub path: String,
}

/// A recurring schedule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recurring {
    /// The binary it invokes.
    pub function: String,
    /// `rate(…)` or `cron(…)`.
    pub expression: String,
    /// The event.
    pub input: Value,
    /// The ARN of the role in whose name it fires.
    pub role: String,
}

impl Deployment {
    /// Reads the repository's own `template.yaml`. `parameters` are by their names there.
    pub fn of_this_repository(parameters: &BTreeMap<String, String>) -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../template.yaml");
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
        Self::parse(&text, parameters)
    }

    /// Reads a template. Parameters that are not given have the template's default.
    pub fn parse(template: &str, parameters: &BTreeMap<String, String>) -> Self {
        let document: Yaml = serde_yaml_ng::from_str(template).unwrap_or_else(|error| panic!("the template: {error}"));
        let resolver = Resolver::new(&document, parameters);
        let mut deployment = Self {
            functions: BTreeMap::new(),
            routes: Vec::new(),
            table: Value::Null,
            ttl: None,
            schedules: Vec::new(),
            schedule_groups: Vec::new(),
            alarms: Vec::new(),
            keys: BTreeMap::new(),
            roles: BTreeMap::new(),
            operators: Vec::new(),
            secrets: BTreeMap::new(),
            buckets: Vec::new(),
        };
        let globals = document.get("Globals").and_then(|globals| globals.get("Function"));
        for (logical, resource) in resolver.resources() {
            match resource.get("Type").and_then(Yaml::as_str).unwrap_or_default() {
                "AWS::Serverless::Function" => deployment.function(&resolver, logical, resource, globals),
                "AWS::DynamoDB::Table" => deployment.table(&resolver, logical, resource),
                "AWS::Scheduler::ScheduleGroup" => deployment.schedule_groups.push(resolver.physical_id(logical)),
                "AWS::S3::Bucket" => deployment.buckets.push(resolver.physical_id(logical)),
                "AWS::CloudWatch::Alarm" => {
                    let properties = resource.get("Properties").unwrap_or(&Yaml::Null);
                    // What AWS counts of its own is not played here.
                    let aws = serde_yaml_ng::to_string(properties).is_ok_and(|text| text.contains("AWS/"));
                    let alarm = || Alarm::read(logical, &resolver.value(properties));
                    deployment.alarms.extend(if aws { None } else { alarm() });
                }
                "AWS::KMS::Key" => {
                    deployment.keys.insert(logical.to_owned(), resolver.physical_id(logical));
                }
                "AWS::IAM::Role" => {
                    let policies = resource.get("Properties").and_then(|properties| properties.get("Policies"));
                    let policies = resolver.value(policies.unwrap_or(&Yaml::Null));
                    deployment.roles.insert(resolver.arn(logical), Statement::all(&policies));
                }
                "AWS::IAM::ManagedPolicy" => {
                    let properties = resolver.value(resource.get("Properties").unwrap_or(&Yaml::Null));
                    deployment.operators.extend(Statement::all(&json!([properties])));
                }
                "AWS::SecretsManager::Secret" => {
                    deployment.secrets.insert(logical.to_owned(), resolver.physical_id(logical));
                }
                _ => {}
            }
        }
        deployment
    }

    fn function(&mut self, resolver: &Resolver<'_>, logical: &str, resource: &Yaml, globals: Option<&Yaml>) {
        let own = resource.get("Properties").unwrap_or_else(|| panic!("{logical} has no Properties"));
        let merged = globals.map_or_else(|| own.clone(), |globals| merge(globals, own));
        // Only what is read here is resolved: the rest may use more of CloudFormation than we know.
        let property = |name: &str| merged.get(name).map(|value| resolver.value(value));
        let binary = resource
            .get("Metadata")
            .and_then(|metadata| metadata.get("BuildProperties"))
            .and_then(|build| build.get("Binary"))
            .and_then(Yaml::as_str)
            .unwrap_or_else(|| panic!("{logical} names no Metadata.BuildProperties.Binary"))
            .to_owned();
        let environment = property("Environment")
            .and_then(|environment| environment["Variables"].as_object().cloned())
            .unwrap_or_default()
            .into_iter()
            .map(|(name, value)| (name, text(&value)))
            .collect();
        let logging = property("LoggingConfig").unwrap_or_default();
        let seconds = property("Timeout").map_or(3, |value| number(&value));
        let function = Function {
            name: resolver.physical_id(logical),
            timeout: Duration::from_secs(seconds),
            memory: property("MemorySize").map_or(128, |value| number(&value)),
            environment,
            log_group: text(&logging["LogGroup"]),
            log_format: logging["LogFormat"].as_str().map(str::to_owned),
            log_level: logging["ApplicationLogLevel"].as_str().map(str::to_owned),
            policy: property("Policies").map(|policies| Statement::all(&policies)).unwrap_or_default(),
            binary,
        };
        for event in property("Events").and_then(|events| events.as_object().cloned()).unwrap_or_default().values() {
            self.event(&function, event);
        }
        self.functions.insert(function.binary.clone(), function);
    }

    fn event(&mut self, function: &Function, event: &Value) {
        let properties = &event["Properties"];
        match event["Type"].as_str().unwrap_or_default() {
            "HttpApi" => {
                let version = &properties["PayloadFormatVersion"];
                assert!(version.is_null() || version == "2.0", "the gateway speaks payload format 2.0 only");
                let (method, path) = (&properties["Method"], &properties["Path"]);
                assert_eq!(method.is_null(), path.is_null(), "SAM wants both, or neither for the default route");
                let method = method.as_str().map(str::to_ascii_uppercase).filter(|method| method != "ANY");
                let path = path.as_str().unwrap_or(DEFAULT_ROUTE).to_owned();
                self.routes.push(Route { function: function.binary.clone(), method, path });
            }
            "ScheduleV2" | "Schedule" if properties["State"] == "DISABLED" => {}
            "ScheduleV2" | "Schedule" => {
                let expression = properties.get("ScheduleExpression").unwrap_or(&properties["Schedule"]);
                let input = properties["Input"].as_str().unwrap_or("{}");
                self.schedules.push(Recurring {
                    function: function.binary.clone(),
                    expression: text(expression),
                    input: serde_json::from_str(input).unwrap_or_else(|error| panic!("a schedule's input: {error}")),
                    role: text(&properties["RoleArn"]),
                });
            }
            other => panic!("the harness has no {other} events"),
        }
    }

    fn table(&mut self, resolver: &Resolver<'_>, logical: &str, resource: &Yaml) {
        let properties = resolver.value(resource.get("Properties").unwrap_or(&Yaml::Null));
        let mut request = Map::new();
        request.insert("TableName".into(), json!(resolver.physical_id(logical)));
        for name in ["AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode"] {
            if let Some(value) = properties.get(name) {
                request.insert(name.into(), value.clone());
            }
        }
        assert!(self.table.is_null(), "the harness knows one table");
        self.table = Value::Object(request);
        self.ttl = properties["TimeToLiveSpecification"]["AttributeName"].as_str().map(str::to_owned);
    }
}

/// The function's own properties over the globals; maps are merged, as SAM does.
fn merge(base: &Yaml, over: &Yaml) -> Yaml {
    let (Yaml::Mapping(base), Yaml::Mapping(over)) = (base, over) else {
        return over.clone();
    };
    let mut merged = base.clone();
    for (key, value) in over {
        let value = base.get(key).map_or_else(|| value.clone(), |below| merge(below, value));
        merged.insert(key.clone(), value);
    }
    Yaml::Mapping(merged)
}

/// As CloudFormation turns scalars into text.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn number(value: &Value) -> u64 {
    text(value).parse().unwrap_or_else(|_| panic!("{value} in the template is not a number"))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// As it is deployed with what has no default.
    pub(crate) fn deployed() -> Deployment {
        let parameters = [
            ("PublicUrl", "https://dialtone.test"),
            ("EvmPayee", "0x00000000000000000000000000000000000000aa"),
            ("TwilioAccountSid", "AC0123"),
        ];
        Deployment::of_this_repository(
            &parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        )
    }

    #[test]
    fn each_function_has_its_own_variables_and_the_global_ones() {
        let deployed = deployed();
        let buy = &deployed.functions["numbers_buy"];
        assert_eq!(buy.environment["PUBLIC_URL"], "https://dialtone.test");
        assert_eq!(buy.environment["TABLE_NAME"], deployed.table["TableName"]);
        assert_eq!(buy.environment["REAPER_ARN"], deployed.functions["reaper"].arn());
        assert_eq!(buy.environment["SCHEDULE_GROUP"], "dialtone-local-leases");
        assert_eq!(buy.timeout, Duration::from_secs(29));
        assert!(!deployed.functions["numbers_list"].environment.contains_key("TWILIO_SECRET"));
    }

    #[test]
    fn routes_and_schedules_name_their_function() {
        let deployed = deployed();
        let path = "/api/v1/voice/call/{call_id}".to_owned();
        let route = Route { function: "voice_call_status".into(), method: None, path };
        assert!(deployed.routes.contains(&route));
        let schedules: Vec<_> =
            deployed.schedules.iter().map(|it| (it.function.as_str(), it.expression.as_str())).collect();
        let mut all = vec![("reaper", "rate(1 minute)"); 4];
        all.extend([("refunds", "rate(1 hour)"), ("refunds", "rate(1 minute)")]);
        assert_eq!(schedules, all);
    }

    #[test]
    fn the_table_is_what_the_template_says() {
        let deployed = deployed();
        assert_eq!(deployed.table["GlobalSecondaryIndexes"][0]["Projection"]["ProjectionType"], "KEYS_ONLY");
        assert_eq!(deployed.ttl.as_deref(), Some("ttl"));
    }

    #[test]
    #[should_panic(expected = "parameter EvmPayee has neither a value nor a default")]
    fn a_parameter_without_a_value_is_said_so() {
        Deployment::of_this_repository(&BTreeMap::from([("PublicUrl".to_owned(), "https://x".to_owned())]));
    }
}
