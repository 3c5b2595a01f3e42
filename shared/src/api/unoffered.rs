//! What is asked for elsewhere and not done here. To ignore one of these would break a promise, so
//! a request that sends one is refused, and says why, before anything is paid. The names are
//! parameters of Bland, StablePhone, Vapi, Retell, ElevenLabs and Twilio, and what their users call
//! them, kind by kind.
//!
//! What only tunes a call (`model`, `temperature`, `background_track`, `noise_cancellation`,
//! `keywords`) promises nothing about it: it is ignored, and `ignored_fields` says so.

mod lists;
mod numbers;

use super::Parts;
use crate::types::is_misspelt;

pub(super) use lists::{CALLS, HANGUP, LIST};
pub(super) use numbers::{BUY, RENEW};

/// What stands for a field by which a list is asked to begin at the newest, in [`Promise::Beside`].
pub const NEWEST_FIRST: &str = "newest first";

/// Something that is not offered.
#[derive(Clone, Copy, Debug)]
pub struct Unoffered {
    /// What it is called: words of letters and digits in lower case, whatever is written between
    /// these. One that ends in `*` is how several begin, and one that begins with it how several
    /// end.
    pub names: &'static str,
    /// More of them, which other rows have as well.
    pub also: &'static str,
    /// Words by which any other name speaks of it.
    pub parts: &'static [Parts],
    /// Why, or what there is instead.
    pub because: &'static str,
    /// What in it is a promise.
    pub promise: Promise,
}

/// The value with which a field promises something. Null and empty texts, lists and objects never
/// do.
#[derive(Clone, Copy, Debug)]
pub enum Promise {
    /// Anything but false, nought, "no" and the like, and these words, which are what happens
    /// anyway.
    Unless(&'static [&'static str]),
    /// These words alone: as the value, in it, or as the name of something in it that is true.
    Only(&'static [&'static [&'static str]]),
    /// Of each pair the words alone, as the value, or as the value of something in it that has one
    /// of the names. What else is in it is about something else.
    Within(&'static [Within]),
    /// Something in it that is called like this, and is not a no. What else is in it is the
    /// caller's own.
    Holding(&'static str),
    /// Anything but false: nought is a wish here.
    Always,
    /// A number. Anything else is said of something else.
    Number,
    /// A time, as `2026-06-17` or `2026-06-17T12:00:00Z`. Anything else is said of something else.
    Time,
    /// The address of a wallet, or a name for one. Anything else is said of the caller's own people
    /// and programs.
    Wallet,
    /// As `Unless`, with other words where the body has something in this field, and where it has
    /// not.
    Beside(&'static str, &'static [&'static str], &'static [&'static str]),
}

/// Names, and words that are a promise behind them.
pub type Within = (&'static [&'static str], &'static [&'static [&'static str]]);

impl Promise {
    /// The same for a body that has something in some fields.
    #[must_use]
    pub fn in_a_body(self, has: impl FnOnce(&str) -> bool) -> Self {
        match self {
            Self::Beside(field, with, without) => Self::Unless(if has(field) { with } else { without }),
            other => other,
        }
    }
}

impl Unoffered {
    /// Whether it has this name, written as its names are.
    pub fn is_called(&self, name: &str) -> bool {
        is_one_of(self.names, name) || is_one_of(self.also, name)
    }

    /// Whether it is one slip from a name that is long enough to be recognised in spite of that:
    /// most are words of everyday, and near to others.
    pub fn is_nearly_called(&self, name: &str) -> bool {
        const SURE: usize = 12;
        let mut all = self.names.split(' ').chain(self.also.split(' '));
        name.len() + 1 >= SURE
            && all.any(|known| known.len() >= SURE && !known.contains('*') && is_misspelt(known, name))
    }
}

/// Whether a name is one of these words, of which some stand for several.
pub fn is_one_of(words: &str, name: &str) -> bool {
    words.split(' ').any(|known| match (known.strip_prefix('*'), known.strip_suffix('*')) {
        (Some(end), _) => name.ends_with(end),
        (None, Some(beginning)) => name.starts_with(beginning),
        (None, None) => known == name,
    })
}

pub(super) const fn not(names: &'static str, because: &'static str) -> Unoffered {
    Unoffered { names, also: "", parts: &[], because, promise: Promise::Unless(&[]) }
}

impl Unoffered {
    pub(super) const fn and(self, also: &'static str) -> Self {
        Self { also, ..self }
    }

    const fn told_by(self, parts: &'static [Parts]) -> Self {
        Self { parts, ..self }
    }

    pub(super) const fn unless(self, words: &'static [&'static str]) -> Self {
        Self { promise: Promise::Unless(words), ..self }
    }

    pub(super) const fn only(self, lists: &'static [&'static [&'static str]]) -> Self {
        Self { promise: Promise::Only(lists), ..self }
    }

    pub(super) const fn within(self, pairs: &'static [Within]) -> Self {
        Self { promise: Promise::Within(pairs), ..self }
    }

    const fn holding(self, names: &'static str) -> Self {
        Self { promise: Promise::Holding(names), ..self }
    }

    pub(super) const fn when_a_time(self) -> Self {
        Self { promise: Promise::Time, ..self }
    }

    const fn when_a_number(self) -> Self {
        Self { promise: Promise::Number, ..self }
    }

    const fn when_a_wallet(self) -> Self {
        Self { promise: Promise::Wallet, ..self }
    }

    const fn always(self) -> Self {
        Self { promise: Promise::Always, ..self }
    }

    const fn beside(
        self,
        field: &'static str,
        with: &'static [&'static str],
        without: &'static [&'static str],
    ) -> Self {
        Self { promise: Promise::Beside(field, with, without), ..self }
    }
}

/// What people say who want no recording. To take one for a default would record a call that was
/// not to be recorded, so it is refused also where a client writes out the `false` that its own
/// vendor does without being asked; none of the published clients of this API does.
pub(super) const RECORD_NOT: &[&str] =
    &["false", "0", "no", "off", "never", "none", "disabled", "donotrecord", "dontrecord"];

/// What recording is called.
pub(super) const RECORDING: &str = "record recordcall callrecording callrecordingenabled recording recordings recordingenabled enablerecording \
    recordaudio recordingsettings recordingconfig recordingoptions saverecording storerecording";

/// The same, said the other way round.
pub(super) const NO_RECORDING: &str =
    "norecord norecording disablerecording donotrecord dontrecord skiprecording recordingdisabled optoutrecording";

/// What is made of a call, in one object; and in it, of its recording and of its words.
pub(super) const ARTIFACTS: &str = "artifactplan";
pub(super) const RECORDED: &[&str] = &["recordingenabled", "recording"];
pub(super) const TRANSCRIBED: &[&str] = &["transcriptplan", "transcript"];

/// What asks that less is kept.
pub(super) const KEEPING: &str = "redact* dataretention* dataretentiondays zerodataretention zeroretention retention retentiondays deleteafter \
    complianceplan deleteaftercall ephemeral optoutsensitivedatastorage datastoragesetting hipaa hipaaenabled piiredaction piiconfig nolog \
    nologging donotstore";

/// What asks for another time.
const TIMES: &str = "starttime startat startdate starton startson startsat begintime beginat begindate beginon sendat sendon sendtime \
    senddate *later planned* defer* postpone* holduntil waituntil delayuntil notbefore runat runon executeat \
    executeon executiontime triggerat triggertime triggertimestamp fireat firetime launchat launchtime preferredtime \
    preferreddate desiredtime requestedtime targettime";

/// What asks for an answer at an address.
const NOTIFY: &str = "webhook* *webhook *webhooks *webhookurl *callback *callbackurl *callbackuri oncomplete oncompletion oncompleted \
    onend onended onfinish onfinished onsuccess onresult onfailure onerror resulturl notifyurl notificationurl \
    pingbackurl hook hookurl completionurl finishurl reportto";

/// What a wallet is called that is not meant to be the one that pays.
const WALLETS: &str = "wallet walletaddress walletid owner owneraddress ownedby beneficiary beneficiaryaddress assignee assignto \
    assignedto grantto giveto leaseto leasedto lessee holder onbehalfof behalfof forwallet foraddress foruser forcustomer account \
    accountaddress address recipient";
/// The same in words, but for the one that pays and for what is paid with.
const ANOTHER_WALLET: &[Parts] = &[
    &["wallet wallets owner beneficiary", NOT_ANOTHER],
    &["address account", "new for target recipient customer user holder assignee evm eth ethereum solana", NOT_ANOTHER],
];
const NOT_ANOTHER: &str = "!payer paying pay payment payee payout refund sender source from signer signing billing my own self agent \
    connected session sdk smart current token asset contract usdc facilitator";

/// What there is for those who only want to try.
const REHEARSED: &str =
    "every request that is paid for is real; with `?dry_run=true` in the address it is a rehearsal, free of charge";

/// Of everything that is paid for.
pub(super) const ANYWHERE: &[Unoffered] = &[
    not(
        "test istest testmode testing testcall sandbox issandbox usesandbox simulate simulation simulated mock \
         preview validateonly validationonly checkonly estimateonly quoteonly priceonly",
        REHEARSED,
    ),
    not("mode environment env", REHEARSED)
        .only(&[&["test", "testing", "sandbox", "dryrun", "simulation", "simulate", "mock", "staging", "preview"]]),
    not(
        "maxprice maxcost maxspend maxspending maxamount maxcharge maxpay maxpayment maxbudget maxfee maxusd maxusdc \
         maxpriceusd maxpriceperminute maxcostusd maxpriceusdc maxpaymentamount budget budgetusd spendinglimit spendlimit costlimit pricelimit \
         pricecap costcap spendingcap spendcap budgetlimit budgetcap",
        "the price is fixed, and the 402 names it; your wallet's client can refuse to sign more",
    )
    .always(),
    not(
        NOTIFY,
        "nothing is sent to an address; ask for how it stands",
    ),
    not(
        "metadata meta custommetadata calldetails customdata extra extras labels tags annotations",
        "nothing in it is done: what is paid for is done at once, and nothing is sent to an address",
    )
    .holding(
        "schedul* starttime startat startdate sendat sendlater calltime callat runat executeat triggertimestamp planned* holduntil \
         notbefore webhook* *webhook *webhookurl callbackurl statuscallback* oncomplete",
    ),
];

/// What happens anyway, where somewhat later is asked for.
const AT_ONCE: &[&str] = &["now", "immediately", "immediate", "asap", "instant", "atonce", "once"];

/// What speaks of another time for a call.
const OTHER_TIMES: &[Parts] = &[
    &["earliest latest", "time call start hour date"],
    &["not dont never", "before after earlier later sooner"],
    &["quiet working business office calling dialing dialling contact permitted allowed", "hours window windows"],
    &["call dial ring", "start begin", "time date at in"],
    &["minutes mins seconds secs hours days", "now", "from"],
];

/// What is done where a machine answers.
const AT_A_MACHINE: &str =
    "where voicemail answers, the AI leaves what `voicemail_message` says, and hangs up where there is none";

/// Of a call.
pub(super) const CALL: &[Unoffered] = &[
    not(
        "schedul* callat calltime calldate calldatetime callon callwhen callafter callbefore deadline notafter earliestat latestat \
         earlieststart lateststart delay delayseconds delayminutes delayms dispatch* when time at date datetime \
         dueat duedate timewindow calltimewindow callwindow callingwindow callinghours callhours businesshours \
         windowstart windowend cron rrule recurrence recurring repeat repeatevery *until dialat dialtime placeat ringat \
         earliesttime latesttime quiethours workinghours officehours startin callin beginin ringin inseconds inminutes inhours \
         indays callstarttime callstart callstartdate secondsfromnow minutesfromnow hoursfromnow notearlierthan notlaterthan \
         nosoonerthan donotcallbefore donotcallafter contacthours",
        "a call is placed at once",
    )
    .and(TIMES)
    .told_by(OTHER_TIMES)
    .unless(AT_ONCE),
    not(
        "beginmessagedelay beginmessagedelayms greetingdelay greetingdelayms firstmessagedelay firstmessagedelayms initialdelay \
         firstsentencedelay initialmessagedelay",
        "the AI speaks as soon as the call is answered, or after the callee where `wait_for_greeting` is true",
    )
    .told_by(&[&["begin first initial opening start", "message sentence speech speaking words", "delay pause"], &["greeting", "delay pause"]]),
    not("startspeakingplan", "`interruption_threshold` says after how many milliseconds of silence the AI speaks").holding("waitseconds"),
    not(
        "callback* statuscallback* recordingstatuscallback* asyncamdstatuscallback* amdstatuscallback* hooks serverurl \
         server servermessages notify* notification* eventurl eventsurl oncallend oncallended onhangup \
         onanswer fallbackurl postcallwebhook* responseurl returnurl replyto email* sendemail \
         resultsemail slack* streamurl stream mediastream websocketurl websocket monitorplan listenurl \
         controlurl postcallemail summaryemail statusurl ringurl hangupurl answerurl sendto sendresultsto sendresultto \
         sendsummaryto sendtranscriptto sendrecordingto deliverto deliverresultsto resultsto",
        "nothing is sent when a call ends or while it runs; poll `poll_url`, which is free",
    )
    .and(NOTIFY)
    .told_by(&[
        &["status event events result results progress hangup", "url uri endpoint"],
        &["send deliver forward", "result results summary transcript recording outcome report"],
    ]),
    not("voicemail voicemailaction voicemailoption voicemailbehavior voicemailbehaviour onvoicemail", AT_A_MACHINE).beside(
        "voicemail_message",
        &["leavemessage", "leave", "message", "leavevoicemail", "true"],
        &["hangup", "end", "endcall"],
    ),
    not(
        "leavevoicemail leavemessage leaveavoicemail leaveamessage leavemessageonvoicemail playvoicemail",
        AT_A_MACHINE,
    )
    .beside("voicemail_message", &["true"], &[]),
    not("endcallonvoicemail hanguponvoicemail", AT_A_MACHINE).beside("voicemail_message", &[], &["true"]),
    not(
        "transfer* warmtransfer* coldtransfer* livetransfer* humantransfer* calltransfer* agenttransfer* forwardto \
         forwardcall* forwardnumber forwardingnumber forwardingphonenumber fallbacknumber fallbackphonenumber \
         fallbackdestination escalat* humanescalation handoff* humanhandoff humanfallback humannumber connectto bridge \
         bridgeto conference* addparticipant",
        "a call is not transferred to another number",
    ),
    not(
        "tool tools toolids toolchoice customtools functions functioncalls functioncalling dynamicdata calendly calendar \
         calcom mcp mcpserver mcpservers integrations integration actions plugins websearch browse",
        "the AI of a call has no tools and looks nothing up",
    ),
    not(
        "pathwayid pathway pathwayversion startnodeid personaid persona assistant assistantid assistantoverrides agent \
         agentid agentoverride agentoverrides agentversion agentversionid overrideagentid overrideagentversion agentconfig \
         conversationconfig conversationconfigoverride squad squadid squadoverrides workflow workflowid workflowoverrides flow flowid flowsid \
         playbook playbookid knowledge knowledgebase knowledgebases knowledgebaseid knowledgebaseids documents files memory \
         memoryid guardrails guardrailconfig template templateid promptid scriptid twiml applicationsid url ncco contactflowid flowarn callflow callflowid audiourl \
         playaudio playurl medianame mediaurl",
        "`task` is all that the AI goes by",
    ),
    not(
        "requestdata variables vars variablevalues dynamicvariables customvariables retellllmdynamicvariables \
         templatevariables templatevars promptvariables promptvars conversationinitiationclientdata placeholders",
        "nothing is filled into `task`; write it out",
    ),
    not(
        "analysis* resultschema recipientresultschema structureddata* structuredoutput* outputschema outputformat \
         responseschema responseformat extract extraction extractschema summaryprompt summaryinstructions dispositions \
         disposition availabletags citationschemaids postcallanalysis* successevaluation* evaluation*",
        "a call ends with its transcript, a summary and the answers to `questions`",
    ),
    not(
        "retry retries retrycount retryattempts retrypolicy retryconfig retryonnoanswer retryonbusy maxretries maxattempts \
         attempts numretries redial redials autoretry autoredial",
        "a number is dialled once",
    )
    .unless(&["1"]),
    not(
        "precalldtmfsequence dtmf dtmfsequence dtmfenabled senddigits digits extension ext ivrmode keypadinputplan keypress \
         press* navigateivr",
        "no keys are pressed; let `task` say whom to ask for",
    ),
    not(
        "waitforcompletion waitforresult waitforend waituntildone sync synchronous blocking",
        "the answer comes as soon as the call is placed; poll `poll_url`, which is free",
    ),
    not(
        "wait waitseconds waitsecs waitms waittime waittimeout pollwait",
        "the answer comes as soon as the call is placed; `?wait=20` at `poll_url`, which is free, waits for what comes next",
    )
    .when_a_number(),
    not(
        "recipients contacts customers phonenumbers numbers calldata callobjects calls batch batchid bulk csv \
         phonenumberlist concurrentcalls tonumbers tophonenumbers destinations targets callees recipientnumbers destinationnumbers \
         alternatenumber alternativenumber",
        "a request places one call, to one number",
    )
    .told_by(&[
        &[
            "alternate alternative secondary backup second additional",
            "number numbers phone phones recipient recipients destination contact",
            "!reference id order",
        ],
        &["fallback", "phone phones recipient destination", "!id url"],
    ]),
    not(
        "sms* mms* voicemailsms sendsms* sendtext sendmms textmessage followupsms followuptext followupmessage whatsapp*",
        "no text messages are sent",
    ),
    not("capabilities features channels channel", "no text messages are sent").only(&[MESSAGES]),
    not(
        "callername calleridname displayname cnam callreason brandedcalling anonymous hidecallerid blockcallerid hidenumber withheld privatenumber \
         fromdisplayname randomfromnumber localdialing localpresence geospatialdialing dialingstrategy dialpool numberpool phonenumberpool spoof*",
        "a call shows the wallet's own number and nothing else",
    )
    .unless(&["default"]),
    not(
        "endcallphrases endcallmessage hanguponphrase hangupphrases endonsilence endcallafter endcallaftersilence \
         endcallaftersilencems hangupaftersilence silencetimeout silencetimeoutseconds silencetimeoutms goodbyemessage \
         hangup closingmessage closingsentence closingstatement closingremarks finalmessage lastmessage lastwords farewell goodbye \
         signoff endmessage",
        "let `task` say when to hang up, and with which words; `max_duration` ends a call at the latest",
    )
    .told_by(&[&["closing goodbye farewell ending", "message msg sentence statement remark remarks words line phrase text"]]),
    not(
        "ringtimeout ringtimeoutseconds ringduration ringdurationms ringingtimeout ringingtimeoutsecs ringseconds maxringtime \
         maxrings answertimeout noanswertimeout dialtimeout ringingtimer ringtimer ringtimeoutinseconds ringtimeoutsecs",
        "how long a phone rings is the carrier's",
    ),
    not(KEEPING, "a call, its transcript and its recording are kept for 30 days"),
    not(RECORDING, "every call is recorded")
        .told_by(&[&["record recording recordings recorded", "!no not without dont disable disabled skip never", NOT_OF_RECORDING]])
        .only(&[RECORD_NOT]),
    not(ARTIFACTS, "every call is recorded and transcribed").within(&[(RECORDED, &[RECORD_NOT]), (TRANSCRIBED, &[RECORD_NOT])]),
    not(NO_RECORDING, "every call is recorded")
        .told_by(&[&["no not without dont disable disabled skip never", "record recording recordings recorded", NOT_OF_RECORDING]]),
    not(
        "transcribe transcript transcription transcriptionenabled transcriptenabled enabletranscription enabletranscript \
         transcriptplan savetranscript",
        "every call is transcribed",
    )
    .only(&[RECORD_NOT]),
];

/// What is said of a file, or of a line of a table.
const NOT_OF_RECORDING: &str = "!id url video screen count new index locked type version of";

const MESSAGES: &[&str] = &[
    "sms",
    "mms",
    "fax",
    "text",
    "texts",
    "texting",
    "whatsapp",
    "rcs",
    "imessage",
    "smsenabled",
    "mmsenabled",
    "faxenabled",
];
