//! `dialtone up` in an account of AWS: which stack it works on, what it gives it, and what it does
//! when it is told something wrong.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use harness::Stack;
use harness::sim::{Cloud, Fault, serve};
use harness::template::STACK;
use sha2::{Digest, Sha256};

use crate::fixture::{CALLEE, Dialtone, Said, functions, world};
use crate::setup::newcomer;
use crate::stack::in_account;

const PAYEE: &str = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC";
const ALARMS: &str = "arn:aws:sns:us-east-1:000000000000:alarms";
const TICKETS: &str = "arn:aws:sns:us-east-1:000000000000:tickets";

/// An operator's folder, with a release in it for these processors. It is gone with this.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn with(processors: &[&str]) -> Self {
        #[expect(clippy::disallowed_methods, reason = "no two tests may have the same folder")]
        let now = jiff::Timestamp::now().as_nanosecond();
        let folder = std::env::temp_dir().join(format!("dialtone-up-{}-{now}", std::process::id()));
        let this = Self(folder);
        this.holds(processors, "code");
        this
    }

    /// Another release.
    fn holds(&self, processors: &[&str], code: &str) {
        let _ = std::fs::remove_dir_all(self.release());
        let mut sums = String::new();
        for processor in processors {
            let at = self.release().join(processor);
            std::fs::create_dir_all(&at).expect("a folder");
            for (name, text) in [("template.yaml", template(processor)), ("buy.zip", code.to_owned())] {
                std::fs::write(at.join(name), &text).expect("a file");
                let sum = Sha256::digest(text.as_bytes()).iter().fold(String::new(), |mut sum, byte| {
                    let _ = write!(sum, "{byte:02x}");
                    sum
                });
                let _ = writeln!(sums, "{sum}  {processor}/{name}");
            }
        }
        std::fs::write(self.release().join("SHA256SUMS"), sums).expect("a file");
    }

    fn release(&self) -> PathBuf {
        self.0.join("release")
    }

    fn notes(&self) -> PathBuf {
        self.0.join("dialtone.toml")
    }

    /// What stands in the file of the answers.
    pub(crate) fn noted(&self) -> String {
        std::fs::read_to_string(self.notes()).expect("notes")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What a release's template says of its parameters, and of one function.
fn template(processor: &str) -> String {
    format!(
        "Parameters:\n  Architecture:\n    Type: String\n    AllowedValues: [{processor}]\n    Default: {processor}\n  \
         Stage:\n    Type: String\n    Default: dev\n  EvmPayee:\n    Type: String\n  TwilioAccountSid:\n    Type: String\n  \
         TwilioUrl:\n    Type: String\n    Default: ''\n  DailyCallBudget:\n    Type: String\n    Default: '2000'\n  \
         AlarmEmail:\n    Type: String\n    Default: ''\n  PaymentNetworks:\n    Type: String\n    Default: ''\n  \
         FacilitatorUrl:\n    Type: String\n    Default: ''\n  FacilitatorAuth:\n    Type: String\n    Default: ''\n  \
         EvmRpcUrl:\n    Type: String\n    Default: ''\n  WaitsAtOnce:\n    Type: Number\n    Default: 200\n  \
         ReservedConcurrency:\n    Type: String\n    Default: 'on'\n  EdgeProtection:\n    Type: String\n    Default: 'off'\n  \
         NumberPrices:\n    Type: String\n    Default: ''\n  DailyNumberBudget:\n    Type: String\n    Default: '230'\n\
         Resources:\n  BuyFunction:\n    Type: AWS::Serverless::Function\n    Properties:\n      CodeUri: buy.zip\n"
    )
}

/// Answers as a person would give them.
pub(crate) fn answers(stack: &Stack, more: &str) -> String {
    let (sid, token) = stack.twilio.main_account();
    let bland = &stack.bland.keys().api_key;
    format!(
        "CDP_KEY_FILE = \"\"\nEVM_PAYEE = \"{PAYEE}\"\nALARM_EMAIL = \"ops@acme.io\"\nTWILIO_MAIN_SID = \"{sid}\"\n\
         TWILIO_MAIN_TOKEN = \"{token}\"\nBLAND_API_KEY = \"{bland}\"\nPAYER_KEY = \"\"\n[parameters]\nTwilioUrl = \"{}\"\n{more}",
        stack.urls.twilio
    )
}

pub(crate) async fn up(dialtone: &Dialtone, folder: &Folder, answers: &str, more: &[&str]) -> Said {
    let (release, notes) = (folder.release().display().to_string(), folder.notes().display().to_string());
    let own = ["up", "--yes", "--release", &release, "--file", &notes, "--answers", "-"];
    let patience: &[&str] = if more.contains(&"--patience") { &[] } else { &["--patience", "0"] };
    dialtone.told(&[&own[..], patience, more].concat(), answers).await
}

/// An account in which nothing is deployed, and an operator there.
pub(crate) async fn before(stack: &Stack) -> (Cloud, Dialtone) {
    let cloud = Cloud::before(&stack.deployment);
    let (address, _) = serve(cloud.router()).await;
    let dialtone = in_account(newcomer(stack), &format!("http://{address}"));
    (cloud, dialtone)
}

/// An account with this world as a stack that was deployed from a release, whose address for alarms
/// has confirmed.
pub(crate) async fn deployed(stack: &Stack, processor: &str) -> (Cloud, Dialtone) {
    let sid = stack.twilio.sub_accounts()[0].sid.clone();
    let parameters = [
        ("Architecture", processor),
        ("Stage", "dev"),
        ("EvmPayee", PAYEE),
        ("TwilioAccountSid", &sid),
        ("DailyCallBudget", "2000"),
        ("AlarmEmail", "ops@acme.io"),
    ];
    let cloud = Cloud::before(&stack.deployment);
    let mut functions = Cloud::functions_of(&stack.deployment);
    for variables in functions.values_mut().filter(|variables| variables.contains_key("ALARM_EMAIL")) {
        variables.insert("ALARM_EMAIL".to_owned(), "ops@acme.io".to_owned());
    }
    cloud.put(STACK, functions, &parameters);
    reached(&cloud, STACK, stack);
    let (address, _) = serve(cloud.router()).await;
    let dialtone = in_account(newcomer(stack), &format!("http://{address}"));
    (cloud, dialtone.with("DIALTONE_STACK", Some(STACK)))
}

/// What a stack says of itself, and a topic for each kind of alarm that the operator has confirmed.
fn reached(cloud: &Cloud, name: &str, stack: &Stack) {
    cloud.tells(name, "AlarmTopic", ALARMS);
    cloud.tells(name, "TicketTopic", TICKETS);
    cloud.tells(name, "PublicUrl", &stack.urls.gateway);
    for topic in [ALARMS, TICKETS] {
        cloud.subscribes(topic, "ops@acme.io", &format!("{topic}:1"));
    }
}

pub(crate) fn said(said: &Said, part: &str) -> bool {
    said.out.contains(part) || said.err.contains(part)
}

#[tokio::test]
async fn alarms_of_a_release_take_no_later_change_back_and_its_own_update_they_do() {
    let stack = Stack::start(functions()).await;
    let (cloud, dialtone) = deployed(&stack, "x86_64").await;
    let folder = Folder::with(&["x86_64"]);
    let payer = stack.wallet().secret();
    let answers = answers(&stack, "").replace("PAYER_KEY = \"\"", &format!("PAYER_KEY = \"{payer}\""));
    let ready = up(&dialtone, &folder, &answers, &[]).await.ends(0);
    ready.says(&["All is ready", "It sells", "`dialtone smoke --call NUMBER` calls your own phone"]);
    assert_eq!(cloud.updates(STACK), 1);
    // In an outage.
    cloud.rings(STACK, "NumberFaultAlarm", true);
    let set = ["set", "DailyCallBudget=4000", "--yes", "--because", "a test"];
    dialtone.run(&set).await.ends(0).says(&["It is so now."]);
    assert_eq!(cloud.parameters(STACK)["DailyCallBudget"], "4000");
    up(&dialtone, &folder, &answers, &["--watch", "0"]).await.ends(0);
    // What rings already would take back whatever comes, so it is left out.
    let on = up(&dialtone, &folder, &answers, &[]).await.ends(0);
    assert!(said(&on, "NumberFaultAlarm rings already"), "{}", on.err);
    // What is watched and begins to ring takes it back, and what comes behind that is not.
    cloud.rings(STACK, "NumberFaultAlarm", false);
    cloud.will_ring(STACK, "RoundErrorAlarm");
    let back = up(&dialtone, &folder, &answers, &[]).await.ends(2);
    assert!(said(&back, "is as it was: CloudFormation took the release back"), "{}", back.err);
    assert!(said(&back, "Rollback triggered by alarm"), "{}", back.err);
    let set = ["set", "DailyCallBudget=5000", "--yes", "--because", "a test"];
    dialtone.run(&set).await.ends(0).says(&["It is so now."]);
    // An alarm that is not one of these does not take it back.
    cloud.rings(STACK, "RoundErrorAlarm", false);
    cloud.rings(STACK, "ReaperAlarm", true);
    up(&dialtone, &folder, &answers, &[]).await.ends(0);
}

#[tokio::test]
async fn a_call_to_the_operators_own_phone_is_paid_for_and_followed_to_its_end() {
    let stack = Stack::start(functions()).await;
    let (_, dialtone) = deployed(&stack, "x86_64").await;
    let folder = Folder::with(&["x86_64"]);
    stack.bland.set_pace(Duration::from_millis(20));
    let wallet = stack.wallet();
    let answers = answers(&stack, "").replace("PAYER_KEY = \"\"", &format!("PAYER_KEY = \"{}\"", wallet.secret()));
    // A number that is none is found before anything is made.
    let wrong = up(&dialtone, &folder, &answers, &["--call", "0221 5556677"]).await.ends(2);
    assert!(wrong.err.contains("E.164") && stack.earned() == 0, "{}", wrong.err);
    let ready = up(&dialtone, &folder, &answers, &["--call", CALLEE]).await.ends(0);
    let ready = ready.says(&["All is ready", "It sells", "What was said:"]);
    assert!(!ready.out.contains(CALLEE) && !ready.err.contains(CALLEE), "the phone's number was said in full");
    let calls = stack.bland.calls();
    assert_eq!((calls.len(), calls[0].to.as_str()), (1, CALLEE));
    assert_eq!(stack.earned(), 1_000 + 5_000_000 + 540_000);
}

#[tokio::test]
async fn the_answers_for_one_stack_are_not_taken_for_another() {
    let stack = Stack::start(functions()).await;
    let (cloud, dialtone) = before(&stack).await;
    let folder = Folder::with(&["arm64"]);
    let first = up(&dialtone, &folder, &answers(&stack, ""), &["--stack", "dialtone-dev"]).await;
    assert!(cloud.has("dialtone-dev"), "{}", first.err);
    let noted = std::fs::read(folder.notes()).expect("notes");
    for (arguments, named) in [
        (&["--stack", "dialtone-prod"][..], "the stack dialtone-dev, and this is dialtone-prod"),
        (&["--stack", "dialtone-dev", "--region", "eu-central-1"], "the region us-east-1, and this is eu-central-1"),
    ] {
        let other = up(&dialtone, &folder, &answers(&stack, ""), arguments).await.ends(2);
        assert!(other.err.contains(named) && other.err.contains("--file"), "{}", other.err);
    }
    assert!(!cloud.has("dialtone-prod"));
    assert_eq!(std::fs::read(folder.notes()).expect("notes"), noted);
    // Another account has a stack of this name, too.
    let text = String::from_utf8(noted).expect("text").replace("000000000000", "111111111111");
    std::fs::write(folder.notes(), text).expect("notes");
    let other = up(&dialtone, &folder, &answers(&stack, ""), &["--stack", "dialtone-dev"]).await.ends(2);
    assert!(other.err.contains("the account 111111111111, and this is 000000000000"), "{}", other.err);
}

#[tokio::test]
async fn the_main_account_is_never_the_stacks_and_its_token_is_never_blands() {
    let stack = world().secret("TwilioSecret", None).secret("BlandSecret", None).start().await;
    let (main, _) = stack.twilio.main_account();
    // Under its vendor's own name, in the shell.
    let (cloud, dialtone) = before(&stack).await;
    let dialtone = dialtone.with("TWILIO_ACCOUNT_SID", Some(&main));
    let folder = Folder::with(&["arm64"]);
    up(&dialtone, &folder, &answers(&stack, ""), &["--stack", "acme"]).await;
    let made = cloud.parameters("acme")["TwilioAccountSid"].clone();
    assert!(made != main && stack.twilio.sub_accounts().iter().any(|account| account.sid == made));
    // Where it is said to be the one.
    let folder = Folder::with(&["arm64"]);
    let named = answers(&stack, &format!("TwilioAccountSid = \"{main}\"\n"));
    let refused = up(&dialtone, &folder, &named, &["--stack", "acme-two"]).await.ends(1);
    assert!(said(&refused, "it would be the main account"), "{}", refused.out);
    assert!(!cloud.has("acme-two"));
    // And where a stack has it already.
    let before = stack.bland.faults().count("POST /v1/accounts");
    let wrong = newcomer(&stack).with("TWILIO_ACCOUNT_SID", Some(&main));
    wrong.run(&["setup"]).await.ends(1).says(&["it would be the main account"]);
    assert_eq!(stack.bland.faults().count("POST /v1/accounts"), before, "Bland was given a token");
    assert!(!stack.bland.handles().values().any(|sid| *sid == main));
}

#[tokio::test]
async fn a_stack_keeps_its_processor_and_gets_zips_for_it() {
    let stack = Stack::start(functions()).await;
    let (cloud, dialtone) = deployed(&stack, "x86_64").await;
    let folder = Folder::with(&["arm64", "x86_64"]);
    up(&dialtone, &folder, &answers(&stack, ""), &[]).await.ends(0);
    assert_eq!((cloud.updates(STACK), &*cloud.parameters(STACK)["Architecture"]), (1, "x86_64"));
    up(&dialtone, &folder, &answers(&stack, ""), &["--architecture", "arm64"]).await.ends(0);
    assert_eq!((cloud.updates(STACK), &*cloud.parameters(STACK)["Architecture"]), (2, "arm64"));
    folder.holds(&["x86_64"], "other code");
    let refused = up(&dialtone, &folder, &answers(&stack, ""), &[]).await.ends(2);
    assert!(refused.err.contains("has nothing for arm64") && refused.err.contains("--architecture"), "{}", refused.err);
    let set = ["set", "Architecture=x86_64", "--yes", "--because", "a test"];
    assert!(dialtone.run(&set).await.ends(2).err.contains("dialtone up --architecture"));
    assert_eq!(cloud.updates(STACK), 2);
}

#[tokio::test]
async fn an_address_that_no_alarm_reaches_is_told_and_waited_for_only_if_it_can_confirm() {
    let stack = Stack::start(functions()).await;
    let (cloud, dialtone) = deployed(&stack, "x86_64").await;
    let folder = Folder::with(&["x86_64"]);
    let gone = "aws sns subscribe --region us-east-1 --topic-arn";
    for (tickets, part, patience) in [
        (None, gone, "30"),
        (Some("Deleted"), gone, "30"),
        (Some("PendingConfirmation"), "follow the link in AWS's mail", "0"),
    ] {
        cloud.forgets_subscriptions();
        cloud.subscribes(ALARMS, "ops@acme.io", &format!("{ALARMS}:1"));
        // More than a page of others.
        for other in ["a", "b", "c", "d"] {
            cloud.subscribes(TICKETS, &format!("{other}@acme.io"), &format!("{TICKETS}:{other}"));
        }
        if let Some(state) = tickets {
            cloud.subscribes(TICKETS, "ops@acme.io", state);
        }
        let not_yet = up(&dialtone, &folder, &answers(&stack, ""), &["--patience", patience]).await.ends(1);
        assert!(said(&not_yet, part) && said(&not_yet, "dialtone set AlarmEmail="), "{tickets:?}: {}", not_yet.out);
        let looked = dialtone.run(&["setup", "--check"]).await.ends(1);
        assert!(looked.out.contains("ops@acme.io is not told"), "{tickets:?}: {}", looked.out);
    }
    cloud.subscribes(TICKETS, "ops@acme.io", &format!("{TICKETS}:1"));
    up(&dialtone, &folder, &answers(&stack, ""), &[]).await.ends(0);
    dialtone.run(&["setup", "--check"]).await.says(&["go to ops@acme.io, which has confirmed"]);
}

#[tokio::test]
async fn an_answer_that_cannot_be_right_is_neither_noted_nor_deployed() {
    let stack = Stack::start(functions()).await;
    let (cloud, dialtone) = before(&stack).await;
    let folder = Folder::with(&["arm64"]);
    let right = answers(&stack, "");
    for (from, to, why) in [
        (PAYEE, "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293Bc", "EVM_PAYEE, in the answers: its capitals"),
        ("ops@acme.io", "ops", "ALARM_EMAIL, in the answers: it is not an e-mail address"),
        ("CDP_KEY_FILE = \"\"", "CDP_KEY_FILE = \"/no/such/file\"", "CDP_KEY_FILE, in the answers: /no/such/file"),
        ("[parameters]", "EvmPayee = \"x\"\n[parameters]", "there is no question EvmPayee"),
        ("[parameters]", "[parameters]\nWaitsAtOnce = [1]", "WaitsAtOnce is neither text nor a number"),
        ("[parameters]", "[parameters]\nWaitAtOnce = 1", "this release has no parameter WaitAtOnce"),
        ("[parameters]", "[parameters]\nEvmPayee = \"0x12\"", "EvmPayee: it is not an address"),
        ("[parameters]", "[parameters]\nNumberPrices = \"GB=231\"", "never bought with a DailyNumberBudget of $230"),
        (
            "[parameters]",
            "[parameters]\nStage = \"dev\"\nEdgeProtection = \"on\"\nDailyCallBudget = { a = 1 }",
            "DailyCallBudget is neither",
        ),
    ] {
        let wrong = up(&dialtone, &folder, &right.replace(from, to), &["--stack", "acme"]).await.ends(2);
        assert!(wrong.err.contains(why), "{why}: {}", wrong.err);
        assert!(!cloud.has("acme"));
        let noted = std::fs::read_to_string(folder.notes()).unwrap_or_default();
        assert!(!noted.contains(to), "{noted}");
    }
    let accounts = stack.twilio.sub_accounts().len();
    assert_eq!(accounts, 1, "something was made at Twilio");
    // Numbers and switches are what they are, and what the account cannot reserve is not.
    // Those who follow calls have 300, the MCP server as many, and 110 are kept besides.
    cloud.runs_at_once(709);
    let more = "WaitsAtOnce = 300\nEdgeProtection = true\nDailyCallBudget = 4000\nNumberPrices = \"GB=230\"\n";
    up(&dialtone, &folder, &answers(&stack, more), &["--stack", "acme"]).await;
    let made = cloud.parameters("acme");
    for (name, value) in [
        ("WaitsAtOnce", "300"),
        ("EdgeProtection", "on"),
        ("DailyCallBudget", "4000"),
        ("Architecture", "arm64"),
        ("ReservedConcurrency", "off"),
        ("EvmPayee", PAYEE),
    ] {
        assert_eq!(made[name], value, "{name}");
    }
}

#[tokio::test]
async fn what_may_be_empty_is_empty_where_there_is_no_terminal() {
    let stack = Stack::start(functions()).await;
    let (cloud, dialtone) = before(&stack).await;
    let folder = Folder::with(&["arm64"]);
    let without = answers(&stack, "").replace("CDP_KEY_FILE = \"\"\n", "").replace("PAYER_KEY = \"\"\n", "");
    let unsaid = up(&dialtone, &folder, &without, &["--stack", "acme"]).await;
    assert!(cloud.has("acme") && unsaid.err.contains("PAYER_KEY is not said"), "{}", unsaid.err);
    assert_eq!(cloud.parameters("acme")["Stage"], "dev");
    let noted = std::fs::read_to_string(folder.notes()).expect("notes");
    assert!(!noted.contains("CDP_KEY_FILE"), "that it was not asked was noted: {noted}");
    let dialtone = dialtone.with("CDP_KEY_FILE", Some("")).with("PAYER_KEY", Some(""));
    let exported = up(&dialtone, &folder, &without, &["--stack", "acme"]).await;
    assert!(!exported.err.contains("is not said"), "{}", exported.err);
    let lacks = answers(&stack, "").replace(&format!("EVM_PAYEE = \"{PAYEE}\"\n"), "");
    let folder = Folder::with(&["arm64"]);
    let dialtone = dialtone.with("EVM_PAYEE", None);
    let lacks = up(&dialtone, &folder, &lacks, &["--stack", "acme-two"]).await.ends(2);
    assert!(lacks.err.contains("there is no terminal here to ask at; say EVM_PAYEE"), "{}", lacks.err);
}

#[tokio::test]
async fn a_parameter_that_is_new_in_a_release_is_taken_from_the_file() {
    let stack = Stack::start(functions()).await;
    let (cloud, dialtone) = deployed(&stack, "x86_64").await;
    let folder = Folder::with(&["x86_64"]);
    let more = "WaitsAtOnce = 300\nDailyCallBudget = 9\nGone = 1\n";
    let renewed = up(&dialtone, &folder, &answers(&stack, more), &[]).await.ends(0);
    let now = cloud.parameters(STACK);
    assert_eq!((&*now["WaitsAtOnce"], &*now["DailyCallBudget"]), ("300", "2000"));
    assert!(renewed.err.contains("DailyCallBudget stays as the stack has it"), "{}", renewed.err);
    assert!(
        renewed.err.contains("Gone, in") && renewed.err.contains("is not a parameter of this release"),
        "{}",
        renewed.err
    );
}

#[tokio::test]
async fn why_cloudformation_took_something_back_is_told_however_much_it_says_afterwards() {
    let stack = Stack::start(functions()).await;
    let (cloud, dialtone) = deployed(&stack, "x86_64").await;
    let folder = Folder::with(&["x86_64"]);
    cloud.fails(STACK, "the key is not there");
    let back = up(&dialtone, &folder, &answers(&stack, ""), &[]).await.ends(2);
    assert!(back.err.contains("Table: the key is not there"), "{}", back.err);
    // A refusal names the file in which what is refused may stand.
    let folder = Folder::with(&["arm64"]);
    let wrong = answers(&stack, "Architecture = \"arm64\"\n");
    cloud.faults().once("CreateStack", Fault::Overload);
    let refused = up(&dialtone, &folder, &wrong, &["--stack", "acme"]).await.ends(2);
    assert!(refused.err.contains("Rate exceeded") && refused.err.contains("dialtone.toml"), "{}", refused.err);
}

#[tokio::test]
async fn a_stack_is_looked_at_again_when_what_went_on_is_over() {
    let stack = Stack::start(functions()).await;
    let (cloud, dialtone) = deployed(&stack, "x86_64").await;
    let folder = Folder::with(&["arm64", "x86_64"]);
    // One whose making was being rolled back is cleared away, and made anew.
    cloud.stands(STACK, "ROLLBACK_IN_PROGRESS", Some("ROLLBACK_COMPLETE"));
    let made = up(&dialtone, &folder, &answers(&stack, ""), &[]).await;
    assert!(made.err.contains("it is cleared away"), "{}", made.err);
    assert_eq!((cloud.updates(STACK), cloud.status(STACK).as_deref()), (0, Some("CREATE_COMPLETE")), "{}", made.err);
    cloud.stands(STACK, "UPDATE_ROLLBACK_FAILED", None);
    let failed = up(&dialtone, &folder, &answers(&stack, ""), &[]).await.ends(2);
    assert!(failed.err.contains("CloudFormation's console"), "{}", failed.err);
}

#[tokio::test]
async fn a_question_to_aws_is_asked_again_when_it_has_no_time_or_no_answer() {
    let stack = Stack::start(functions()).await;
    let (cloud, dialtone) = deployed(&stack, "x86_64").await;
    for action in ["DescribeStacks", "ListStackResources", "GET /2015-03-31/functions/*"] {
        cloud.faults().times(action, 2, Fault::Overload);
        dialtone.run(&["stuck"]).await.ends(0);
        cloud.faults().times(action, 2, Fault::Drop);
        dialtone.run(&["set"]).await.ends(0);
    }
    // What changes something is asked once: whether it was done is then to be looked at.
    cloud.faults().once("UpdateStack", Fault::LoseAnswer);
    let set = ["set", "DailyCallBudget=4000", "--yes", "--because", "a test"];
    dialtone.run(&set).await.ends(2);
    assert_eq!(cloud.faults().count("UpdateStack"), 1);
}
