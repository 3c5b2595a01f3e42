//! What `template.yaml` says of each function in the same words: a line in the alarm that adds up
//! those of its group, their lines on the dashboard, a log group. They are written from the list of
//! functions, so that nothing is to be repeated by hand.
//!
//! `DIALTONE_WRITE=1 cargo test --workspace --test it each::` writes them.

use std::fmt::Write;
use std::fs;

const TEMPLATE: &str = "template.yaml";

#[test]
fn what_is_said_of_each_function_is_said_of_all() {
    let template = fs::read_to_string(TEMPLATE).expect(TEMPLATE);
    let written = written(&template);
    if std::env::var_os("DIALTONE_WRITE").is_some() {
        fs::write(TEMPLATE, &written).expect("it can be written");
        return;
    }
    let lines = template.lines().zip(written.lines());
    if let Some((line, (is, expected))) = (1..).zip(lines).find(|(_, (is, expected))| is != expected) {
        panic!("{TEMPLATE}:{line} has\n{is}\ninstead of\n{expected}\nDIALTONE_WRITE=1 writes it");
    }
    assert_eq!(template.len(), written.len(), "something is missing at the end");
}

/// A function, by its name in the template without `Function`, and its binary's.
struct Function {
    name: String,
    binary: String,
}

impl Function {
    /// Which of three alarms about one thing it belongs to: one may look at ten metrics at most.
    fn group(&self) -> u8 {
        match self.binary.as_str() {
            "reaper" | "refunds" | "canary" => 2,
            binary => u8::from(binary.starts_with("voice_")),
        }
    }
}

fn functions(template: &str) -> Vec<Function> {
    let lines: Vec<&str> = template.lines().collect();
    let begins = (0..lines.len()).filter(|at| lines[*at] == "    Type: AWS::Serverless::Function");
    let function = |at: usize| {
        let name = lines[at - 1].trim().trim_end_matches("Function:").to_owned();
        let binary = lines[at..].iter().find_map(|line| line.trim().strip_prefix("Binary: ")).expect("a binary");
        Function { name, binary: binary.to_owned() }
    };
    begins.map(function).collect()
}

/// The template, with every run of such lines written anew from its first one.
fn written(template: &str) -> String {
    let functions = functions(template);
    let (before, logs) = template.split_once(LOGS).expect("the logs");
    let mut text = String::new();
    let mut lines = before.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        let Some(kind) = kind_of(line, &functions) else {
            text.push_str(line);
            continue;
        };
        let mut last = line;
        while let Some(next) = lines.next_if(|next| kind_of(next, &functions).as_ref() == Some(&kind)) {
            last = next;
        }
        text.push_str(&of_each(line, &functions, last));
    }
    text.push_str(LOGS);
    let (own, rest) = logs.split_once(AFTER_LOGS).map_or((logs, None), |(own, rest)| (own, Some(rest)));
    assert!(own.contains("LogGroup"), "the logs are somewhere else");
    for Function { name, .. } in &functions {
        let _ = write!(
            text,
            "\n  {name}Log:\n    Type: AWS::Logs::LogGroup\n    Properties:\n      RetentionInDays: !Ref LogRetentionDays\n",
        );
    }
    if let Some(rest) = rest {
        text.push_str(AFTER_LOGS);
        text.push_str(rest);
    }
    text
}

/// Behind this line stand the log groups, and nothing else up to the next headline or the end of
/// the resources.
const LOGS: &str = "  # writes when its stack is deleted makes its group again, and a name that is taken would fail the next stack of this name.\n";
const AFTER_LOGS: &str = "\nOutputs:\n";

/// What a line says of a function: the same for all of them. Only what is said of each is meant.
fn kind_of(line: &str, functions: &[Function]) -> Option<String> {
    // What is watched of one function only has an outcome beside it.
    let in_alarm = line.starts_with("        - {Id: ")
        && line.contains("ReturnData: false, MetricStat")
        && !line.contains("Name: outcome");
    let on_dashboard = line.trim_start().starts_with("[\"AWS/Lambda\", \"") && line.contains("\"FunctionName\"");
    if !in_alarm && !on_dashboard {
        return None;
    }
    let of = functions.iter().find(|of| names(line, of))?;
    let (_, what) = line.split_once(if in_alarm { "ReturnData" } else { "[" })?;
    let metric = what.split("\"FunctionName\"").next()?;
    Some(metric.replace(&format!("{}Function", of.name), "").replace(&format!("Value: {}}}", of.binary), ""))
}

fn names(line: &str, of: &Function) -> bool {
    let refers = format!("!Ref {}Function}}", of.name);
    let value = format!("Value: {}}}", of.binary);
    let shown = format!("\"${{{}Function}}\"]", of.name);
    [refers, value, shown].iter().any(|name| line.contains(name))
}

/// A line for each function; what stands behind the last one's is kept.
fn of_each(line: &str, functions: &[Function], last: &str) -> String {
    let is_alarm = line.starts_with("        - {Id: ");
    let end = last.rsplit_once("\"]").map_or("\n", |(_, end)| end);
    let own = functions.iter().find(|of| names(line, of)).expect("a function's");
    let meant: Vec<_> = functions.iter().filter(|one| !is_alarm || one.group() == own.group()).collect();
    let mut text = String::new();
    for (at, Function { name, binary }) in meant.iter().enumerate() {
        if is_alarm {
            let (_, rest) = line.split_once(", ReturnData").expect("a line of an alarm");
            let rest = rest.replace(&format!("!Ref {}Function}}", own.name), &format!("!Ref {name}Function}}"));
            let rest = rest.replace(&format!("Value: {}}}", own.binary), &format!("Value: {binary}}}"));
            let _ = write!(text, "        - {{Id: {binary}, ReturnData{rest}");
        } else {
            let metric = line.split('"').nth(3).expect("a metric");
            let _ =
                write!(text, "            [\"AWS/Lambda\", \"{metric}\", \"FunctionName\", \"${{{name}Function}}\"]");
            text.push_str(if at + 1 < meant.len() { ",\n" } else { end });
        }
    }
    text
}
