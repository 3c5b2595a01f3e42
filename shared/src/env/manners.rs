//! What an operator has decided about how calls are held.

use super::Env;
use crate::limits::manners::{Manners, QuietHours};

impl Env {
    /// `AI_DISCLOSURE`, `RECORDING_DISCLOSURE` and `RECORD_CALLS` (`on` or `off`) and `QUIET_HOURS`
    /// (such as `21-8`, or `off`), each optional: what is not said is as the specification has it.
    pub fn manners(&mut self) -> Manners {
        let usual = Manners::default();
        let quiet = self.optional("QUIET_HOURS").filter(|hours| hours != "off");
        let hours = quiet.as_deref().map(QuietHours::parse);
        if hours == Some(None) {
            self.problem("QUIET_HOURS is neither off nor from 20-23 to 5-9, such as 21-8");
        }
        Manners {
            says_ai: self.is_on("AI_DISCLOSURE", usual.says_ai),
            says_recorded: self.is_on("RECORDING_DISCLOSURE", usual.says_recorded),
            records: self.is_on("RECORD_CALLS", usual.records),
            quiet: hours.flatten(),
        }
    }

    fn is_on(&mut self, name: &str, usual: bool) -> bool {
        match self.optional(name).as_deref() {
            None => usual,
            Some("on") => true,
            Some("off") => false,
            Some(_) => {
                self.problem(format!("{name} is neither on nor off"));
                usual
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::env::Env;
    use crate::limits::manners::{Manners, QuietHours};

    const ALL: [(&str, &str); 4] =
        [("AI_DISCLOSURE", "on"), ("RECORDING_DISCLOSURE", "on"), ("RECORD_CALLS", "off"), ("QUIET_HOURS", "21-8")];
    const SAME: [(&str, &str); 3] = [("AI_DISCLOSURE", "off"), ("RECORD_CALLS", "on"), ("QUIET_HOURS", "off")];
    const WRONG: [(&str, &str); 2] = [("AI_DISCLOSURE", "yes"), ("QUIET_HOURS", "8-21")];

    #[test]
    fn what_is_not_said_is_as_the_specification_has_it_and_nonsense_is_a_problem() {
        let read = |values: &'static [(&str, &str)]| {
            let mut env = Env::from(move |name| {
                values.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            });
            let manners = env.manners();
            env.complete(manners).map_err(|problems| problems.to_string())
        };
        assert_eq!(read(&[]).ok(), Some(Manners::default()));
        let quiet = QuietHours::parse("21-8");
        assert_eq!(read(&ALL).ok(), Some(Manners { says_ai: true, says_recorded: true, records: false, quiet }));
        assert_eq!(read(&SAME).ok(), Some(Manners::default()));
        let said = read(&WRONG).unwrap_err();
        assert!(
            said.contains("AI_DISCLOSURE is neither on nor off") && said.contains("QUIET_HOURS is neither"),
            "{said}"
        );
    }
}
