//! `dialtone up`: from the files of a release to paid requests, without a compiler, SAM or a
//! checkout. It can be stopped anywhere and run again: the stack and the vendors are the state, and
//! each step looks before it makes.
//!
//! `docs/decisions.md`: Why does the state of `dialtone up` lie with AWS and the vendors?

pub(crate) mod forms;
mod notes;
mod questions;
mod release;
mod stack;
mod wait;

pub(crate) use stack::gone;

use std::path::PathBuf;

use serde_json::json;
use shared::invocation::Invocation;
use shared::types::PhoneNumber;
use shared::x402::PayerKey;

use self::notes::Notes;
use self::questions::Answers;
use self::release::{Release, SUMS};
use crate::args::{Deployment, Setup, Up};
use crate::aws::{Aws, Identity};
use crate::settings::Settings;
use crate::show::{ASK, phone_number};
use crate::smoke::{self, contents};
use crate::terminal::{Answer, Terminal, Trouble};
use crate::{Desk, setup};

/// What a deployment is called that was not given a name.
const NAME: &str = "dialtone";
const REGION: &str = "us-east-1";
const STEPS: usize = 8;

/// A deployment on its way.
struct Journey {
    settings: Settings,
    terminal: Terminal,
    options: Up,
    answers: Answers,
    aws: Aws,
    who: Identity,
    /// The account that holds the numbers owned some before the stack was made.
    meets_numbers: bool,
    stack: String,
    /// The operator's own phone, which is called in the end.
    callee: Option<PhoneNumber>,
    step: usize,
    /// What is in the way at Twilio, if something is.
    at_twilio: Option<Answer>,
}

/// The secrets that were typed at the beginning and are kept in the stack's secrets alone.
#[derive(Default)]
struct Typed {
    coinbase: Option<(String, String)>,
    node_key: Option<String>,
    payer: Option<PayerKey>,
}

/// `dialtone up`
pub(crate) async fn up(desk: Desk, deployment: &Deployment, options: Up) -> Result<Answer, Trouble> {
    let Desk { mut settings, terminal, .. } = desk;
    let mut notes = Notes::read(options.file.clone())?;
    // The vendor's own name for an account, in many a shell; here it would be the one that holds
    // the numbers.
    settings.forget("TWILIO_ACCOUNT_SID");
    // What was begun somewhere goes on there, whatever another shell says.
    settings.put("AWS_REGION", deployment.region.clone().or_else(|| notes.get("region")));
    if settings.get("AWS_REGION").is_none() {
        settings.put("AWS_REGION", Some(REGION.to_owned()));
    }
    let stack = deployment.stack.clone().or_else(|| notes.get("stack")).unwrap_or_else(|| NAME.to_owned());
    if stack.len() > setup::LONGEST_NAME {
        return Err(Trouble(format!("the stack's name may have {} characters at most: {stack}", setup::LONGEST_NAME)));
    }
    let callee = options.call.as_deref().map(phone_number).transpose()?;
    let aws = settings.aws()?;
    notes.is_of("stack", &stack)?;
    notes.is_of("region", aws.region())?;
    terminal.progress(format!("1/{STEPS} the AWS account"));
    let who = aws.identity().await?;
    notes.is_of("account", &who.account)?;
    notes.put("stack", &stack)?;
    notes.put("region", aws.region())?;
    notes.put("account", &who.account)?;
    let answers = Answers::new(terminal.clone(), options.answers.as_ref(), notes)?;
    let (meets_numbers, step, at_twilio) = (false, 1, None);
    Journey { settings, terminal, options, answers, aws, who, meets_numbers, stack, callee, step, at_twilio }
        .run()
        .await
}

impl Journey {
    async fn run(&mut self) -> Result<Answer, Trouble> {
        let processor = self.processor().await?;
        let release = Release::read(&self.folder()?, processor.as_deref())?;
        let there = self.stack_as_it_is().await?;
        let mut typed = Typed::default();
        let wanted = if there { Vec::new() } else { self.asked(&mut typed)? };
        self.vendors(there).await?;
        if there {
            self.secrets_again(&mut typed).await?;
        }
        typed.payer = self.payer()?;
        if !there {
            self.agreed(&release, &wanted)?;
        }
        self.begin("Twilio's sub-account");
        let mut sid = None;
        if !there {
            sid = self.account(&wanted).await?;
            if sid.is_none() {
                return Ok(self.at_twilio());
            }
        }
        self.begin("the stack");
        match sid {
            Some(sid) => self.made(&release, wanted, sid).await?,
            None => self.renewed(&release).await?,
        }
        self.gather().await?;
        self.keeps_what_is_leased().await?;
        self.begin("the secrets");
        self.filled(&typed).await?;
        self.begin("who is told when something is wrong");
        if let Some(not_yet) = self.is_confirmed().await? {
            return Ok(not_yet);
        }
        self.begin("the refund wallet");
        if let Some(not_yet) = self.wallet_is_filled().await? {
            return Ok(not_yet);
        }
        self.begin("the vendors, a first number, and all the rest");
        let looked = setup::setup(self.desk(), self.set_up().await).await?;
        if looked.no {
            return Ok(looked.and("Do that, and run `dialtone up` again: it goes on from here."));
        }
        if let Some(why) = self.waits_for_its_table().await? {
            return Ok(looked.and(why).no());
        }
        self.begin("a first paid list");
        self.sells(typed.payer, looked).await
    }

    fn begin(&mut self, what: &str) {
        self.step += 1;
        self.terminal.progress(format!("{}/{STEPS} {what}", self.step));
    }

    fn desk(&self) -> Desk {
        let (settings, terminal) = (self.settings.clone(), self.terminal.clone());
        Desk { settings, terminal, because: None, invocation: Invocation::begin() }
    }

    async fn set_up(&self) -> Setup {
        // One number shows that the account may buy; an update buys no other.
        let owned = match self.settings.twilio() {
            Some(twilio) => twilio.all_owned(None, ASK).await.is_ok_and(|(owned, _)| !owned.is_empty()),
            None => false,
        };
        Setup {
            check: false,
            account_name: Some(self.stack.clone()),
            stock: u8::from(!owned),
            new_keys: false,
            print: false,
            url: self.options.url.clone(),
        }
    }

    /// Where the release is: where it is said to be, beside this program, or here.
    fn folder(&self) -> Result<PathBuf, Trouble> {
        if let Some(folder) = &self.options.release {
            return Ok(folder.clone());
        }
        let program = std::env::current_exe().map_err(|error| Trouble(error.to_string()))?;
        let beside = program.parent().map(PathBuf::from).unwrap_or_default();
        // Or in it.
        Ok(if beside.join(SUMS).exists() { beside } else { PathBuf::from(".") })
    }

    /// All that has to be asked for a stack that is not there: what its parameters are to be.
    fn asked(&mut self, typed: &mut Typed) -> Result<Vec<(String, String)>, Trouble> {
        let (answers, settings) = (&mut self.answers, &self.settings);
        let file = answers.get(&questions::MONEY, settings)?;
        let mut wanted = if file.is_empty() {
            stack::test_money()
        } else {
            typed.coinbase = Some(forms::coinbase(&file).map_err(Trouble)?);
            stack::real_money()
        };
        wanted.push(("EvmPayee".to_owned(), answers.get(&questions::PAYEE, settings)?));
        wanted.push(("AlarmEmail".to_owned(), answers.get(&questions::EMAIL, settings)?));
        if !file.is_empty() {
            let (url, key) = forms::without_key(&answers.get(&questions::NODE, settings)?);
            typed.node_key = key;
            wanted.push(("EvmRpcUrl".to_owned(), url));
        }
        for (name, value) in answers.parameters()? {
            wanted.retain(|(known, _)| *known != name);
            wanted.push((name, value));
        }
        Ok(wanted)
    }

    /// The vendors' keys, which are needed until the stack has those that are made with them.
    async fn vendors(&mut self, there: bool) -> Result<(), Trouble> {
        if there {
            self.gather().await?;
            let made = [("TWILIO_SECRET", "api_key"), ("BLAND_SECRET", "encrypted_key")];
            let mut kept = true;
            for (variable, field) in made {
                let fields = self.settings.secret(variable).await?.unwrap_or_default();
                kept &= fields.get(field).and_then(serde_json::Value::as_str).is_some_and(|it| !it.is_empty());
            }
            if kept {
                return Ok(());
            }
        }
        for question in [&questions::TWILIO_SID, &questions::TWILIO_TOKEN, &questions::BLAND] {
            let answer = self.answers.get(question, &self.settings)?;
            self.settings.put(question.name, Some(answer));
        }
        Ok(())
    }

    /// What an earlier run was told and did not come to keep.
    async fn secrets_again(&mut self, typed: &mut Typed) -> Result<(), Trouble> {
        let fields = self.settings.secret("PAYMENT_SECRET").await?.unwrap_or_default();
        let lacks = |name: &str| !fields.contains_key(name);
        if self.settings.get("FACILITATOR_AUTH") == Some("cdp") && lacks("cdp_api_key_id") {
            let file = self.answers.get(&questions::MONEY, &self.settings)?;
            typed.coinbase = Some(forms::coinbase(&file).map_err(Trouble)?);
        }
        if self.settings.get("EVM_RPC_URL").is_some_and(|url| url.contains("{key}")) && lacks("evm_rpc_key") {
            typed.node_key = forms::without_key(&self.answers.get(&questions::NODE, &self.settings)?).1;
        }
        Ok(())
    }

    fn payer(&mut self) -> Result<Option<PayerKey>, Trouble> {
        let text = match &self.options.wallet_key {
            Some(file) => contents(file)?,
            None => self.answers.get(&questions::PAYER, &self.settings)?,
        };
        if text.trim().is_empty() {
            return Ok(None);
        }
        let key = PayerKey::parse(&text);
        key.map(Some).ok_or_else(|| Trouble::new("the payer's key is not one: 64 hexadecimal digits"))
    }

    /// What the stack's functions are told, from now on.
    async fn gather(&mut self) -> Result<(), Trouble> {
        self.settings.of_stack(&self.stack).await
    }

    async fn sells(&mut self, payer: Option<PayerKey>, looked: Answer) -> Result<Answer, Trouble> {
        let desk = self.desk();
        let url = match &self.options.url {
            Some(url) => url.clone(),
            None => desk.settings.public_url().await?.ok_or_else(|| Trouble::new("the stack has no PublicUrl"))?,
        };
        let mut blocks: Vec<_> = looked.blocks.into_iter().filter(|block| !block.says("All is ready.")).collect();
        let (mut proof, mut words) = (serde_json::Value::Null, format!("All is ready: {url}"));
        match payer {
            Some(key) => {
                let told = smoke::proven(&desk, &url, key, self.callee.as_ref()).await?.told();
                proof = told.json;
                blocks.extend(told.blocks);
                if self.callee.is_none() {
                    words.push_str("\n`dialtone smoke --call NUMBER` calls your own phone, for what a call costs.");
                }
            }
            None => words = format!("All is ready but for a first payment, which `dialtone smoke` makes: {url}"),
        }
        let json = json!({
            "ready": true, "stack": self.stack, "region": self.aws.region(), "account": self.who.account, "url": url,
            "asked": self.answers.asked, "findings": looked.json.get("findings"), "proof": proof,
        });
        let answer = Answer { json, blocks, no: false };
        Ok(answer.and(words))
    }
}
