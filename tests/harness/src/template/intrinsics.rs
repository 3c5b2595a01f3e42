//! CloudFormation's intrinsic functions, as far as the template uses them.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use serde_yaml_ng::Value as Yaml;
use serde_yaml_ng::value::TaggedValue;

use super::{ACCOUNT, REGION, STACK};

/// Fills in values: parameters, pseudo parameters, and the names that resources get when they are
/// deployed.
pub(super) struct Resolver<'a> {
    document: &'a Yaml,
    parameters: &'a BTreeMap<String, String>,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(document: &'a Yaml, parameters: &'a BTreeMap<String, String>) -> Self {
        Self { document, parameters }
    }

    /// The resources that are made, with their logical ids, in the template's order.
    pub(super) fn resources(&self) -> impl Iterator<Item = (&'a str, &'a Yaml)> {
        let resources = self.document.get("Resources").and_then(Yaml::as_mapping);
        let resources = resources.into_iter().flatten();
        let resources = resources.filter(|(_, resource)| {
            resource.get("Condition").and_then(Yaml::as_str).is_none_or(|condition| self.condition(condition))
        });
        resources.filter_map(|(logical, resource)| Some((logical.as_str()?, resource)))
    }

    /// A value with everything in it filled in.
    pub(super) fn value(&self, value: &Yaml) -> Value {
        match value {
            Yaml::Tagged(tagged) => self.intrinsic(tagged),
            Yaml::Sequence(items) => items.iter().map(|item| self.value(item)).collect(),
            Yaml::Mapping(entries) => {
                let entry = |(key, value): (&Yaml, &Yaml)| Some((key.as_str()?.to_owned(), self.value(value)));
                Value::Object(entries.iter().filter_map(entry).collect::<Map<_, _>>())
            }
            Yaml::Null => Value::Null,
            Yaml::Bool(flag) => Value::Bool(*flag),
            Yaml::Number(number) => number.as_i64().map_or_else(|| Value::String(number.to_string()), Value::from),
            Yaml::String(text) => Value::String(text.clone()),
        }
    }

    /// What `!Ref` gives for a resource: the name it has once it is deployed.
    pub(super) fn physical_id(&self, logical: &str) -> String {
        let resource = self.resource(logical);
        let kind = resource.get("Type").and_then(Yaml::as_str).unwrap_or_default();
        let given = match kind {
            "AWS::DynamoDB::Table" => "TableName",
            "AWS::Scheduler::ScheduleGroup" => "Name",
            "AWS::Serverless::Function" => "FunctionName",
            "AWS::Logs::LogGroup" => "LogGroupName",
            "AWS::IAM::Role" => "RoleName",
            "AWS::S3::Bucket" => "BucketName",
            _ => "",
        };
        match resource.get("Properties").and_then(|properties| properties.get(given)) {
            Some(name) => super::text(&self.value(name)),
            // A secret is called by its ARN, which ends in six characters of AWS's.
            None if kind == "AWS::SecretsManager::Secret" => {
                format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{STACK}-{logical}-a1b2c3")
            }
            None if kind == "AWS::SNS::Topic" => format!("arn:aws:sns:{REGION}:{ACCOUNT}:{STACK}-{logical}"),
            // Buckets have no capital letters.
            None if kind == "AWS::S3::Bucket" => format!("{STACK}-{logical}").to_ascii_lowercase(),
            None => format!("{STACK}-{logical}"),
        }
    }

    fn resource(&self, logical: &str) -> &'a Yaml {
        let resources = self.document.get("Resources");
        resources
            .and_then(|resources| resources.get(logical))
            .unwrap_or_else(|| panic!("the template refers to {logical}, which it does not define"))
    }

    pub(super) fn arn(&self, logical: &str) -> String {
        let id = self.physical_id(logical);
        match self.resource(logical).get("Type").and_then(Yaml::as_str).unwrap_or_default() {
            "AWS::DynamoDB::Table" => format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{id}"),
            "AWS::IAM::Role" => format!("arn:aws:iam::{ACCOUNT}:role/{id}"),
            "AWS::Serverless::Function" => format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{id}"),
            "AWS::KMS::Key" => format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/{id}"),
            "AWS::Logs::LogGroup" => format!("arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{id}:*"),
            "AWS::SQS::Queue" => format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{id}"),
            "AWS::S3::Bucket" => format!("arn:aws:s3:::{id}"),
            other => panic!("the harness does not know the ARN of a {other}"),
        }
    }

    fn intrinsic(&self, tagged: &TaggedValue) -> Value {
        let tag = tagged.tag.to_string();
        let arguments = arguments(&tagged.value);
        let argument = |at: usize| {
            arguments.get(at).copied().unwrap_or_else(|| panic!("{tag} in the template lacks argument {at}"))
        };
        match tag.as_str() {
            "!Ref" => self.reference(&self.string(argument(0))),
            "!GetAtt" => self.attribute(&self.string(argument(0))),
            "!Sub" => Value::String(self.substitute(&self.string(argument(0)))),
            "!If" => self.value(argument(if self.condition(&self.string(argument(0))) { 1 } else { 2 })),
            "!Equals" => Value::Bool(self.value(argument(0)) == self.value(argument(1))),
            "!Not" => Value::Bool(self.value(argument(0)) != Value::Bool(true)),
            "!Or" => Value::Bool(arguments.iter().any(|argument| self.value(argument) == Value::Bool(true))),
            "!And" => Value::Bool(arguments.iter().all(|argument| self.value(argument) == Value::Bool(true))),
            "!Condition" => Value::Bool(self.condition(&self.string(argument(0)))),
            "!Join" => {
                let (separator, parts) = (self.string(argument(0)), self.value(argument(1)));
                let parts = parts.as_array().unwrap_or_else(|| panic!("{tag} in the template is given no list"));
                Value::String(parts.iter().map(super::text).collect::<Vec<_>>().join(&separator))
            }
            "!Split" => {
                let (separator, whole) = (self.string(argument(0)), self.string(argument(1)));
                whole.split(&separator).map(|part| Value::String(part.to_owned())).collect()
            }
            "!Select" => {
                let at = super::number(&self.value(argument(0)));
                let from = self.value(argument(1));
                usize::try_from(at).ok().and_then(|at| from.get(at).cloned()).unwrap_or_default()
            }
            other => panic!("the harness does not know {other}"),
        }
    }

    fn string(&self, value: &Yaml) -> String {
        super::text(&self.value(value))
    }

    fn condition(&self, name: &str) -> bool {
        let condition = self.document.get("Conditions").and_then(|conditions| conditions.get(name));
        self.value(condition.unwrap_or_else(|| panic!("the template has no condition {name}"))) == Value::Bool(true)
    }

    fn reference(&self, name: &str) -> Value {
        if let Some(pseudo) = name.strip_prefix("AWS::") {
            return Value::from(match pseudo {
                "Region" => REGION,
                "AccountId" => ACCOUNT,
                "Partition" => "aws",
                "StackName" => STACK,
                "StackId" => {
                    return Value::String(format!("arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{STACK}/8d9c8f70"));
                }
                "URLSuffix" => "amazonaws.com",
                "NoValue" => return Value::Null,
                other => panic!("the harness does not know AWS::{other}"),
            });
        }
        match self.document.get("Parameters").and_then(|parameters| parameters.get(name)) {
            Some(parameter) => {
                let given = self.parameters.get(name).cloned().map(Value::String);
                let value = given.or_else(|| parameter.get("Default").map(|default| self.value(default)));
                let value = value.unwrap_or_else(|| panic!("parameter {name} has neither a value nor a default"));
                let is_list = parameter.get("Type").and_then(Yaml::as_str) == Some("CommaDelimitedList");
                if is_list { super::text(&value).split(',').map(Value::from).collect() } else { value }
            }
            // `Api.Stage` is the stage that SAM makes for an API.
            None if name.ends_with(".Stage") => Value::from("$default"),
            None => Value::String(self.physical_id(name)),
        }
    }

    fn attribute(&self, path: &str) -> Value {
        match path.split_once('.') {
            Some((logical, "Arn")) => Value::String(self.arn(logical)),
            _ => panic!("the harness does not know the attribute {path}"),
        }
    }

    fn substitute(&self, pattern: &str) -> String {
        let mut done = String::new();
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}').unwrap_or_else(|| panic!("{pattern} has an unclosed brace"));
            done.push_str(before);
            let value = if name.contains('.') { self.attribute(name) } else { self.reference(name) };
            done.push_str(&super::text(&value));
            rest = after;
        }
        done + rest
    }
}

/// A lone argument, or a list of them.
fn arguments(value: &Yaml) -> Vec<&Yaml> {
    match value {
        Yaml::Sequence(items) => items.iter().collect(),
        other => vec![other],
    }
}
