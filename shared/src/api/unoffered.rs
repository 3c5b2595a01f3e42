//! What is asked for elsewhere and not done here. To ignore one of these would break a promise, so a request that sends one
//! is refused, and says why, before anything is paid. The names are parameters of Bland, StablePhone, Vapi, Retell,
//! ElevenLabs and Twilio, and what their users call them, kind by kind.
//!
//! What only tunes a call (`model`, `temperature`, `background_track`, `noise_cancellation`, `keywords`) promises nothing
//! about it: it is ignored, and `ignored_fields` says so.

/// Something that is not offered.
#[derive(Debug)]
pub struct Unoffered {
    /// What it is called: words of letters and digits in lower case, whatever is written between these. One that ends in `*`
    /// is how several begin.
    pub names: &'static str,
    /// Why, or what there is instead.
    pub because: &'static str,
    /// What in it is a promise.
    pub promise: Promise,
}

/// What a field must say to promise something. Null and empty texts, lists and objects never do.
#[derive(Clone, Copy, Debug)]
pub enum Promise {
    /// Anything but false, nought, "no" and the like, and these words, which are what happens anyway.
    Unless(&'static [&'static str]),
    /// These words alone: as the value, in it, or as the name of something in it that is true.
    Only(&'static [&'static [&'static str]]),
    /// These words alone, as the value, or as the value of something in it that has one of these names. What else is in it
    /// is about something else.
    Within(&'static [&'static str], &'static [&'static [&'static str]]),
    /// Anything but false: nought is a wish here.
    Always,
}

impl Unoffered {
    /// Whether it has this name, written as its names are.
    pub fn is_called(&self, name: &str) -> bool {
        self.names.split(' ').any(|known| match known.strip_suffix('*') {
            Some(beginning) => name.starts_with(beginning),
            None => known == name,
        })
    }
}

const fn not(names: &'static str, because: &'static str) -> Unoffered {
    Unoffered { names, because, promise: Promise::Unless(&[]) }
}

impl Unoffered {
    const fn unless(self, words: &'static [&'static str]) -> Self {
        Self { promise: Promise::Unless(words), ..self }
    }

    const fn only(self, lists: &'static [&'static [&'static str]]) -> Self {
        Self { promise: Promise::Only(lists), ..self }
    }

    const fn within(self, names: &'static [&'static str], lists: &'static [&'static [&'static str]]) -> Self {
        Self { promise: Promise::Within(names, lists), ..self }
    }

    const fn always(self) -> Self {
        Self { promise: Promise::Always, ..self }
    }
}

/// What people say who want no recording. To take one for a default would record a call that was not to be recorded, so it is
/// refused also where a client writes out the `false` that its own vendor does without being asked; none of the published
/// clients of this API does.
const RECORD_NOT: &[&str] = &["false", "0", "no", "off", "never", "none", "disabled", "donotrecord", "dontrecord"];

/// Of everything that is paid for.
pub(super) const ANYWHERE: &[Unoffered] = &[
    not(
        "dryrun test istest testmode testing testcall sandbox issandbox usesandbox simulate simulation simulated mock \
         preview validateonly validationonly checkonly estimateonly quoteonly priceonly",
        "every request that is paid for is real; without a payment it is checked, and learns its price",
    ),
    not("mode environment env", "every request that is paid for is real; without a payment it is checked, and learns its price")
        .only(&[&["test", "testing", "sandbox", "dryrun", "simulation", "simulate", "mock", "staging", "preview"]]),
    not(
        "maxprice maxcost maxspend maxspending maxamount maxcharge maxpay maxpayment maxbudget maxfee maxusd maxusdc \
         maxpriceusd maxcostusd maxpriceusdc maxpaymentamount budget budgetusd spendinglimit spendlimit costlimit pricelimit \
         pricecap costcap spendingcap spendcap budgetlimit budgetcap",
        "the price is fixed, and the 402 names it; your wallet's client can refuse to sign more",
    )
    .always(),
];

/// Of a call.
pub(super) const CALL: &[Unoffered] = &[
    not(
        "schedul* starttime startat startdate startson callat calltime calldate calldatetime callon callwhen callafter \
         callbefore sendat sendon notbefore notafter earliestat latestat earlieststart lateststart delay delayseconds \
         delayminutes delayms dispatch* when time at date datetime timestamp runat executeat triggerat dueat duedate \
         timewindow callwindow callingwindow callinghours callhours businesshours windowstart windowend cron rrule \
         recurrence recurring repeat repeatevery",
        "a call is placed at once",
    )
    .unless(&["now", "immediately", "immediate", "asap", "instant", "atonce", "once"]),
    not(
        "webhook* callback* statuscallback* recordingstatuscallback* asyncamdstatuscallback* amdstatuscallback* hooks \
         serverurl server servermessages notificationurl notifyurl notify notifications notifyemail eventurl eventsurl \
         postcallwebhook* externalwebhookurl resulturl responseurl returnurl replyto email emailto emailsummary sendemail \
         emailtranscript resultsemail slack* streamurl stream mediastream websocketurl websocket monitorplan listenurl \
         controlurl",
        "nothing is sent when a call ends or while it runs; poll `poll_url`, which is free",
    ),
    not(
        "voicemail voicemailaction voicemailmessage voicemailsms voicemailtext voicemailoption voicemailprompt \
         voicemailscript voicemailtts voicemailbehavior voicemailbehaviour voicemailgreeting onvoicemail \
         answeringmachinemessage machinemessage leavevoicemail leavemessage leaveavoicemail leaveamessage \
         leavemessageonvoicemail endcallonvoicemail hanguponvoicemail",
        "where voicemail answers, the AI hangs up and leaves no message",
    )
    .unless(&["hangup", "end", "endcall", "true"]),
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
         conversationconfig conversationconfigoverride squad squadid workflow workflowid workflowoverrides flow flowid flowsid \
         playbook playbookid knowledge knowledgebase knowledgebases knowledgebaseid knowledgebaseids documents files memory \
         memoryid guardrails template templateid promptid scriptid twiml applicationsid url",
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
        "a call ends with its transcript and a summary, and no other result",
    ),
    not(
        "retry retries retrycount retryattempts retrypolicy retryconfig retryonnoanswer retryonbusy maxretries maxattempts \
         attempts numretries redial redials autoretry autoredial",
        "a number is dialled once",
    )
    .unless(&["1"]),
    not(
        "precalldtmfsequence dtmf dtmfsequence dtmfenabled senddigits digits extension ext ivrmode keypadinputplan keypress \
         pressdigits navigateivr",
        "no keys are pressed; let `task` say whom to ask for",
    ),
    not(
        "recipients contacts customers phonenumbers numbers calldata callobjects calls batch batchid bulk csv \
         phonenumberlist concurrentcalls",
        "a request places one call",
    ),
    not(
        "sms* mms* sendsms sendtext sendmms textmessage followupsms followuptext followupmessage whatsapp*",
        "no text messages are sent",
    ),
    not("capabilities features channels channel", "no text messages are sent").only(&[MESSAGES]),
    not(
        "callername calleridname displayname cnam anonymous hidecallerid blockcallerid hidenumber withheld privatenumber \
         localdialing localpresence geospatialdialing dialingstrategy dialpool numberpool phonenumberpool spoof*",
        "a call shows the wallet's own number and nothing else",
    )
    .unless(&["default"]),
    not(
        "endcallphrases endcallmessage hanguponphrase hangupphrases endonsilence endcallafter endcallaftersilence \
         endcallaftersilencems hangupaftersilence silencetimeout silencetimeoutseconds silencetimeoutms goodbyemessage \
         hangup",
        "let `task` say when to hang up, and with which words; `max_duration` ends a call at the latest",
    ),
    not(
        "ringtimeout ringtimeoutseconds ringduration ringdurationms ringingtimeout ringingtimeoutsecs ringseconds maxringtime \
         maxrings answertimeout noanswertimeout dialtimeout",
        "how long a phone rings is the carrier's",
    ),
    not(
        "redact* dataretention* dataretentiondays zerodataretention zeroretention retention retentiondays deleteafter \
         deleteaftercall ephemeral optoutsensitivedatastorage datastoragesetting hipaa hipaaenabled piiredaction piiconfig \
         nolog nologging donotstore",
        "a call, its transcript and its recording are kept for 30 days",
    ),
    not(
        "record recordcall callrecording callrecordingenabled recording recordings recordingenabled enablerecording \
         recordaudio recordingsettings recordingconfig recordingoptions saverecording storerecording",
        "every call is recorded",
    )
    .only(&[RECORD_NOT]),
    not("artifactplan", "every call is recorded and transcribed")
        .within(&["recordingenabled", "recording", "transcriptplan", "transcript"], &[RECORD_NOT]),
    not(
        "norecord norecording disablerecording donotrecord dontrecord skiprecording recordingdisabled optoutrecording",
        "every call is recorded",
    ),
    not(
        "transcribe transcript transcription transcriptionenabled transcriptenabled enabletranscription enabletranscript \
         transcriptplan savetranscript",
        "every call is transcribed",
    )
    .only(&[RECORD_NOT]),
];

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

/// Of a number.
pub(super) const BUY: &[Unoffered] = &[
    not(
        "phone phonenumber phonenumbers number contains containing matching startswith beginswith endswith pattern digits \
         vanity* word wish preferrednumber desirednumber exactnumber",
        "a number cannot be chosen; `area_code` is the only wish",
    ),
    not(
        "state region inregion province city town locality inlocality zip zipcode postalcode postcode inpostalcode \
         ratecenter inratecenter lata inlata near* distance radius latlong coordinates latitude longitude lat lon lng \
         location place metro",
        "`area_code` is the only wish of place",
    ),
    not("type numbertype phonenumbertype phonetype linetype kind tollfree mobile", "the kind of number cannot be chosen")
        .unless(&["local", "geographic", "longcode", "landline", "standard", "any", "voice"]),
    not(
        "sms* mms* fax* voiceurl voiceapplicationsid voicefallback* voicereceivemode webhook* callback* statuscallback* \
         statusurl inbound* incoming* receivecalls forward* answerurl answercalls trunksid trunkid sip* voicemail* otp verification \
         emergency* e911",
        "a number is for calling out: nothing that comes in is received",
    ),
    not("capabilities features channels capability", "a number is for calling out: nothing that comes in is received")
        .only(&[MESSAGES, INBOUND]),
    not("quantity qty count howmany numbers limit batch", "a request buys one number").unless(&["1"]),
    not("days leasedays durationdays leaseduration rentaldays", "a lease is thirty days; renew it for more").unless(&["30"]),
    not(
        "months years weeks term duration period leaseterm expiresat expiry enddate until",
        "a lease is thirty days; renew it for more",
    )
    .unless(&["30days", "30d", "p30d"]),
    not("autorenew* renewautomatically recurring subscription subscribe", "a lease is not renewed by itself"),
    not(
        "schedul* startdate startat startson startsat activateat activationdate validfrom reserve reserveuntil hold dispatch* \
         when time at date",
        "a lease begins at once",
    )
    .unless(&["now", "immediately", "immediate", "asap", "atonce"]),
    not("port portin porting portnumber import importnumber byoc byo* release cancel", "a number is leased, and nothing else"),
    not("callername calleridname displayname cnam", "a number has no name of its caller"),
];

const INBOUND: &[&str] = &["inbound", "incoming", "receive"];

/// Of a renewal.
pub(super) const RENEW: &[Unoffered] = &[
    not("days leasedays durationdays adddays extenddays extendby", "a renewal adds thirty days; renew again for more")
        .unless(&["30"]),
    not(
        "months years weeks term duration period periods leaseterm expiresat expiry enddate until newexpiry",
        "a renewal adds thirty days; renew again for more",
    )
    .unless(&["30days", "30d", "p30d"]),
    not("quantity qty count times phonenumbers numbers", "a request renews one number once").unless(&["1"]),
    not("autorenew* renewautomatically recurring subscription subscribe", "a lease is not renewed by itself"),
    not("schedul* startdate startat startson when time at date", "a lease is renewed at once").unless(&[
        "now",
        "immediately",
        "immediate",
        "asap",
        "atonce",
    ]),
    not(
        "webhook* callback* notify* reminder* remindme email",
        "nothing is sent when a lease ends; `expires_at` says when",
    ),
    not("country areacode newnumber changenumber swap", "a renewal keeps the number"),
];
