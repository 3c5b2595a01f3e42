//! What is asked for elsewhere and not done here. To ignore one of these would break a promise, so a request that sends one
//! is refused, and says why, before anything is paid. The names are parameters of Bland, StablePhone, Vapi, Retell,
//! ElevenLabs and Twilio.

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

/// What a field must say to promise something. Null, false, nought, and empty texts, lists and objects never do.
#[derive(Clone, Copy, Debug)]
pub enum Promise {
    /// Anything but these words, which are what happens anyway.
    Unless(&'static [&'static str]),
    /// These words alone.
    Only(&'static [&'static str]),
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
}

/// Of a call.
pub(super) const CALL: &[Unoffered] = &[
    not(
        "schedul* starttime startat startdate callat calltime sendat notbefore earliestat delay delayseconds",
        "a call is placed at once",
    ),
    not(
        "webhook* callback* statuscallback* server serverurl notificationurl notifyurl eventurl eventsurl \
         postcallwebhook* externalwebhookurl",
        "nothing is sent when a call ends; poll `poll_url`, which is free",
    ),
    not(
        "voicemail voicemailaction voicemailmessage voicemailsms voicemailtext leavevoicemail leavemessage \
         endcallonvoicemail",
        "where voicemail answers, the AI hangs up and leaves no message",
    )
    .unless(&["hangup", "hang_up", "true"]),
    not(
        "transfer* warmtransfer* forwardto forwardingnumber forwardingphonenumber fallbacknumber \
         fallbackdestination escalationnumber handoffnumber humanhandoff",
        "a call is not transferred to another number",
    ),
    not(
        "tool tools toolids customtools functions dynamicdata calendly mcpservers integrations",
        "the AI of a call has no tools and looks nothing up",
    ),
    not(
        "pathwayid pathwayversion startnodeid personaid assistant assistantid assistantoverrides \
         overrideagentid squad squadid workflow workflowid playbookid knowledgebase knowledgebaseid \
         knowledgebaseids memoryid guardrails",
        "`task` is all that the AI goes by",
    ),
    not(
        "requestdata variables variablevalues dynamicvariables retellllmdynamicvariables templatevariables \
         promptvariables conversationinitiationclientdata",
        "nothing is filled into `task`; write it out",
    ),
    not(
        "analysis* resultschema recipientresultschema structureddata* structuredoutput* outputschema \
         responseschema summaryprompt dispositions citationschemaids postcallanalysis*",
        "a call ends with its transcript and a summary, and no other result",
    ),
    not("retry retries retrycount retryattempts maxretries numretries redial", "a number is dialled once"),
    not(
        "precalldtmfsequence dtmf dtmfsequence senddigits extension ext",
        "no keys are pressed; let `task` say whom to ask for",
    ),
    not("recipients contacts customers numbers calldata callobjects", "a request places one call"),
    not("sms sendsms smsmessage textmessage", "no text messages are sent"),
    Unoffered {
        names: "record recordcall recording recordingenabled enablerecording",
        because: "every call is recorded",
        promise: Promise::Only(&["false", "0", "no", "off", "never", "none", "do-not-record"]),
    },
];

/// Of a number.
pub(super) const BUY: &[Unoffered] = &[
    not(
        "phone phonenumber phonenumbers number contains startswith endswith pattern vanity*",
        "a number cannot be chosen; `area_code` is the only wish",
    ),
    not(
        "state region inregion province city locality inlocality zip zipcode postalcode inpostalcode \
         ratecenter inratecenter lata inlata nearnumber nearlatlong",
        "`area_code` is the only wish of place",
    ),
    not("type numbertype phonenumbertype tollfree mobile", "the kind of number cannot be chosen").unless(&["local"]),
    not(
        "sms* mms* fax* voiceurl webhook* callback* statuscallback* inbound* forward* trunksid",
        "a number is for calling out: nothing that comes in is received",
    ),
    not("quantity count howmany numbers", "a request buys one number").unless(&["1"]),
    not("days leasedays durationdays", "a lease is thirty days; renew it for more").unless(&["30"]),
    not("months years term duration period leaseterm expiresat", "a lease is thirty days; renew it for more"),
    not("autorenew*", "a lease is not renewed by itself"),
];

/// Of a renewal.
pub(super) const RENEW: &[Unoffered] = &[
    not("days leasedays durationdays", "a renewal adds thirty days; renew again for more").unless(&["30"]),
    not(
        "months years term duration period periods leaseterm expiresat until",
        "a renewal adds thirty days; renew again for more",
    ),
    not("quantity count times phonenumbers numbers", "a request renews one number once").unless(&["1"]),
    not("autorenew*", "a lease is not renewed by itself"),
];
