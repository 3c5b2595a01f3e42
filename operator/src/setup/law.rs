//! How calls are held: what a law may want beyond the specification is asked for here, in a
//! sentence each, and decided by the operator.
//!
//! `docs/decisions.md`: Why does a disclosure come behind the caller's opener?

use shared::env::Env;
use shared::limits::manners::{Manners, QuietHours};

use super::{Course, Verdict};

const AI: &str = "AI disclosure";
const RECORDING: &str = "recording";
const QUIET: &str = "quiet hours";
const COMPLAINTS: &str = "address for complaints";

impl Course {
    /// The three questions, and the address for complaints.
    pub(super) fn law(&mut self) {
        if self.desk.settings.get("TABLE_NAME").is_none() {
            return self.note("the law", "not looked at: how calls are held is not known without a stack");
        }
        match self.desk.settings.build(Env::manners) {
            Ok(manners) => self.manners(manners),
            Err(trouble) => self.missing("the law", trouble.to_string(), "Set these parameters to what they may be."),
        }
        match self.desk.settings.get("CONTACT_EMAIL").map(str::to_owned) {
            Some(email) => self.ready(COMPLAINTS, format!("{email}, which callees read in /terms")),
            None => self.ask(
                COMPLAINTS,
                "there is none: a person who was called, and an authority that traces a call, find no address to write to",
                "dialtone set ContactEmail=…",
            ),
        }
    }

    fn manners(&mut self, manners: Manners) {
        if manners.says_ai {
            self.ready(AI, "on: each call says that an AI speaks");
        } else {
            let law = "off. Is each call to say that an AI speaks? The US (TCPA, FCC 24-17) wants to hear who calls and takes an AI for an \
                       artificial voice; the EU (AI Act, article 50) wants an AI to say that it is one";
            self.ask(AI, law, "dialtone set AiDisclosure=on");
        }
        match (manners.records, manners.says_recorded) {
            (false, _) => self.ready(RECORDING, "off: no call is recorded; all are transcribed"),
            (true, true) => self.ready(RECORDING, "on, and each call says so"),
            (true, false) => {
                let law = "on, and not disclosed. Are calls to say so, or not to be recorded? Eleven states of the US, and most of \
                           Europe, forbid to record a person who has not agreed";
                self.ask(RECORDING, law, "dialtone set RecordingDisclosure=on, or RecordCalls=off");
            }
        }
        if let Some((from, until)) = manners.quiet.map(QuietHours::hours) {
            self.ready(QUIET, format!("from {from}:00 to {until}:00 of the callee's clock"));
        } else {
            let law = "none. Is no phone to ring at night? The US (47 CFR 64.1200(c)) forbids calls that sell before 8 and after 21 \
                       o'clock of the callee's clock, and some of its states from 20 o'clock";
            self.ask(QUIET, law, "dialtone set QuietHours=21-8");
        }
    }

    fn ask(&mut self, what: &'static str, said: &str, next: &str) {
        self.find(what, Verdict::Note, said, Some(next.to_owned()));
    }
}
