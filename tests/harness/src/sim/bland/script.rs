//! How a call goes: step by step, as Bland would show it.

use super::call::Speaker;

/// One step of a call.
#[derive(Clone, Debug)]
pub enum Step {
    /// Bland takes it from the queue.
    Allocate,
    /// The line is open.
    Start,
    /// A line of the transcript.
    Say(Speaker, String),
    /// The recogniser corrects what it has heard: the line at this place.
    Correct(usize, String),
    /// The record has only so many lines for a while: it lags.
    Forget(usize),
    /// They talk on until the line has been open for this many seconds. Where steps are taken by
    /// hand, that is over at once.
    TalkOn(u64),
    /// The call is over; what is known only later is not there yet.
    End(End),
    /// Summary, duration and recording are there.
    Settle,
}

/// How Bland reports an end.
#[derive(Clone, Debug)]
pub struct End {
    /// `status`.
    pub status: &'static str,
    /// `queue_status`.
    pub queue_status: &'static str,
    /// `answered_by`.
    pub answered_by: Option<&'static str>,
    /// `call_ended_by`.
    pub ended_by: Option<&'static str>,
    /// `error_message`.
    pub error: Option<String>,
    /// Seconds on the line, where steps are taken by hand. Where they take time, it is what they
    /// took.
    pub seconds: Option<u64>,
    /// `summary`.
    pub summary: Option<String>,
}

/// A story, or steps of one's own.
#[derive(Clone, Debug, Default)]
pub enum Script {
    /// A conversation that the callee ends by hanging up.
    #[default]
    UserHangsUp,
    /// A conversation that the assistant ends.
    AssistantEnds,
    /// A conversation cut off at `max_duration`.
    Timeout,
    /// It rang out.
    NoAnswer,
    /// It was busy.
    Busy,
    /// A machine answered, and the assistant left its message if it had one, or hung up.
    Voicemail,
    /// A machine answered that stopped listening in the middle of the message.
    VoicemailCutOff,
    /// A machine answered that gave no time for a message.
    VoicemailFull,
    /// It failed before the callee answered.
    Failed,
    /// Reported as `error`, a status that only the newest documents know.
    Errored,
    /// The number does not exist (SIP 404), reported as completed.
    NotFound,
    /// A carrier took it for spam (SIP 608), reported as completed.
    CarrierBlock,
    /// It never got out of Bland's queue.
    PreQueueError,
    /// It broke in the middle of a conversation.
    CallError,
    /// A good conversation, after which one of Bland's own webhooks failed.
    CompleteError,
    /// A good conversation with an error message about something else in it.
    HealthyWithMessage,
    /// It is not said who ended it; the last row is the assistant's action.
    EndedUnsaidAfterAction,
    /// It is not said who ended it, and nothing was spoken.
    EndedUnsaidInSilence,
    /// It is not said who ended it; there was a conversation.
    EndedUnsaid,
    /// A conversation whose `queue_status` is spelled `completed`.
    SpelledCompleted,
    /// It goes on and on.
    NeverEnds,
    /// It stays in the queue.
    NeverStarts,
    /// Whatever a test needs.
    Steps(Vec<Step>),
}

const SIP_404: &str = "Call failed. The number you dialed is not found.";
const SIP_608: &str =
    "Call failed. Service Provider Blocked Call due to Spam or Number Reputation. Try a different number.";

impl Script {
    /// A conversation that the callee ends, in which the callee says this; or the usual one, with
    /// the usual summary.
    pub fn conversation(says: Vec<String>, summary: Option<String>) -> Self {
        let mut end = User::spoke("completed", "complete", Some("USER"), 42);
        end.summary = summary.or(end.summary);
        if says.is_empty() {
            return Self::Steps(talk(end));
        }
        let lines = says.into_iter().map(|text| Step::Say(Speaker::User, text));
        let steps = [Step::Allocate, Step::Start].into_iter().chain(lines).chain([Step::End(end), Step::Settle]);
        Self::Steps(steps.collect())
    }

    /// This story, told from its middle: these steps, and then the end that it has.
    #[must_use]
    pub fn with(&self, beginning: Vec<Step>) -> Self {
        let end = self.steps(0, None).into_iter().skip_while(|step| !matches!(step, Step::End(_)));
        Self::Steps(beginning.into_iter().chain(end).collect())
    }

    /// The steps after "queued", for a call of at most this many seconds.
    pub(super) fn steps(&self, cap: u64, message: Option<&str>) -> Vec<Step> {
        match self {
            Self::UserHangsUp => talk(User::spoke("completed", "complete", Some("USER"), 42)),
            Self::AssistantEnds => {
                let mut steps = talk(User::spoke("completed", "complete", Some("ASSISTANT"), 51));
                steps.insert(steps.len() - 2, Step::Say(Speaker::AgentAction, "Ended call".into()));
                steps
            }
            Self::Timeout => {
                let mut steps = talk(User::spoke("completed", "complete", None, cap));
                steps.insert(steps.len() - 2, Step::TalkOn(cap));
                steps
            }
            Self::NoAnswer => ring(User::silent("no-answer", "complete", Some("no-answer"), None)),
            Self::Busy => {
                let error = "Call failed. The number you dialed is busy. Please try again later.";
                ring(User::silent("busy", "complete", None, Some(error)))
            }
            Self::Voicemail => voicemail(message),
            Self::VoicemailCutOff => voicemail(message.map(|message| &message[..message.len() / 2])),
            Self::VoicemailFull => voicemail(None),
            Self::Failed => ring(User::silent("failed", "call_error", None, Some("Unable to start call"))),
            Self::Errored => ring(User::silent("error", "queue_error", None, Some("unknown"))),
            Self::NotFound => ring(User::silent("completed", "complete", None, Some(SIP_404))),
            Self::CarrierBlock => ring(User::silent("completed", "complete", None, Some(SIP_608))),
            Self::PreQueueError => {
                let error = "A database error occurred while trying to queue your call.";
                vec![Step::End(User::silent("failed", "pre_queue_error", None, Some(error))), Step::Settle]
            }
            Self::CallError => {
                talk(End { error: Some("unknown".into()), ..User::spoke("failed", "call_error", None, 17) })
            }
            Self::CompleteError => talk(User::spoke("completed", "complete_error", Some("USER"), 42)),
            Self::HealthyWithMessage => talk(End {
                error: Some("Account not allowed to call +15005550009".into()),
                ..User::spoke("completed", "complete", Some("ASSISTANT"), 42)
            }),
            Self::EndedUnsaidAfterAction => {
                let mut steps = talk(User::spoke("completed", "complete", None, 42));
                steps.insert(steps.len() - 2, Step::Say(Speaker::AgentAction, "Ended call".into()));
                steps
            }
            Self::EndedUnsaidInSilence => ring(User::silent("completed", "complete", None, None)),
            Self::EndedUnsaid => talk(User::spoke("completed", "complete", None, 42)),
            Self::SpelledCompleted => talk(User::spoke("completed", "completed", Some("USER"), 42)),
            Self::NeverEnds => {
                let mut steps = talk(User::spoke("completed", "complete", None, 0));
                steps.truncate(steps.len() - 2);
                steps
            }
            Self::NeverStarts => Vec::new(),
            Self::Steps(steps) => steps.clone(),
        }
    }
}

/// Ends, by what the callee did.
struct User;

impl User {
    fn spoke(status: &'static str, queue_status: &'static str, ended_by: Option<&'static str>, seconds: u64) -> End {
        End {
            status,
            queue_status,
            answered_by: Some("human"),
            ended_by,
            error: None,
            seconds: Some(seconds),
            summary: Some(
                "The assistant asked whether the reservation for two at seven stands. The callee confirmed it and \
                 both said goodbye."
                    .into(),
            ),
        }
    }

    fn silent(
        status: &'static str,
        queue_status: &'static str,
        answered_by: Option<&'static str>,
        error: Option<&str>,
    ) -> End {
        End {
            status,
            queue_status,
            answered_by,
            ended_by: None,
            error: error.map(Into::into),
            seconds: None,
            summary: None,
        }
    }
}

fn ring(end: End) -> Vec<Step> {
    vec![Step::Allocate, Step::Start, Step::End(end), Step::Settle]
}

fn talk(end: End) -> Vec<Step> {
    let say = |speaker, text: &str| Step::Say(speaker, text.into());
    vec![
        Step::Allocate,
        Step::Start,
        say(Speaker::User, "Good evening, this is Luigi's."),
        say(Speaker::Assistant, "Hello! I am an AI assistant, calling to confirm a table for two at seven."),
        say(Speaker::User, "One moment. Yes, table for two at seven, that is in the book."),
        say(Speaker::Assistant, "Wonderful, thank you very much. Goodbye!"),
        Step::End(end),
        Step::Settle,
    ]
}

fn voicemail(message: Option<&str>) -> Vec<Step> {
    let greeting = "You have reached the voicemail of Luigi's. Please leave a message after the tone.";
    let end = End {
        answered_by: Some("voicemail"),
        summary: Some("The call reached a voicemail box and was ended.".into()),
        ..User::spoke("completed", "complete", Some("ASSISTANT"), if message.is_some() { 40 } else { 9 })
    };
    let left = message.map(|message| Step::Say(Speaker::Assistant, message.into()));
    let begins = [Step::Allocate, Step::Start, Step::Say(Speaker::User, greeting.into())];
    begins.into_iter().chain(left).chain([Step::End(end), Step::Settle]).collect()
}
