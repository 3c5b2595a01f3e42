//! A call where the operator records none: to ask for no recording is to ask for what happens
//! anyway, and to ask for one is to ask for what is not offered.

use std::sync::LazyLock;

use super::unoffered::{ARTIFACTS, CALL, KEEPING, NO_RECORDING, RECORD_NOT, RECORDED, RECORDING, TRANSCRIBED, not};
use super::{Endpoint, Unoffered, VOICE_CALL};

/// What people say who want a recording.
const RECORD: &[&str] =
    &["true", "1", "yes", "on", "always", "all", "enabled", "record", "both", "dual", "mono", "stereo"];

/// What they say who want it by saying no to its opposite.
const NOT_NOT: &[&str] = &["false", "0", "no", "off", "never", "none", "disabled"];

/// The rows that speak of a recording, as they are without one.
const INSTEAD: [Unoffered; 4] = [
    not(KEEPING, "a call and its transcript are kept for 30 days"),
    not(RECORDING, "no call is recorded here").only(&[RECORD]),
    not(ARTIFACTS, "no call is recorded here, and every call is transcribed")
        .within(&[(RECORDED, &[RECORD]), (TRANSCRIBED, &[RECORD_NOT])]),
    not(NO_RECORDING, "no call is recorded here").only(&[NOT_NOT]),
];

static UNOFFERED: LazyLock<Vec<Unoffered>> = LazyLock::new(|| {
    let instead = |row: &Unoffered| INSTEAD.into_iter().find(|other| other.names == row.names).unwrap_or(*row);
    CALL.iter().map(instead).collect()
});

static UNRECORDED: LazyLock<Endpoint> = LazyLock::new(|| Endpoint { unoffered: UNOFFERED.as_slice(), ..VOICE_CALL });

/// The table of a call, where calls are recorded or not.
pub fn voice_call(records: bool) -> &'static Endpoint {
    if records { &VOICE_CALL } else { &UNRECORDED }
}

#[cfg(test)]
mod tests {
    use super::voice_call;
    use crate::body;

    #[test]
    fn what_is_asked_for_and_happens_anyway_is_not_refused() {
        let refused = |records: bool, more: &str| {
            let sent = format!(r#"{{"phone_number":"+12133610872","task":"Confirm the table.",{more}}}"#);
            body::read(voice_call(records), sent.as_bytes()).is_err()
        };
        for (more, recorded, unrecorded) in [
            (r#""record":false"#, true, false),
            (r#""record":true"#, false, true),
            (r#""recording":"off""#, true, false),
            (r#""do_not_record":true"#, true, false),
            (r#""do_not_record":false"#, false, true),
            (r#""webhook":"https://example.com""#, true, true),
            (r#""transcribe":false"#, true, true),
            (r#""redact_pii":true"#, true, true),
            (r#""artifactPlan":{"transcriptPlan":{"enabled":false}}"#, true, true),
            (r#""artifactPlan":{"transcriptPlan":{"enabled":true}}"#, false, false),
            (r#""artifactPlan":{"recordingEnabled":false}"#, true, false),
            (r#""artifactPlan":{"recordingEnabled":true}"#, false, true),
            (r#""artifactPlan":{"recording":{"enabled":true}}"#, false, true),
            (r#""artifactPlan":{"recordingFormat":"wav"}"#, false, false),
        ] {
            assert_eq!((refused(true, more), refused(false, more)), (recorded, unrecorded), "{more}");
        }
    }

    #[test]
    fn both_tables_know_the_same_names_and_none_promises_a_recording_that_is_not_there() {
        let rows = |records: bool| voice_call(records).unoffered.to_vec();
        let names = |records: bool| rows(records).into_iter().map(|row| row.names).collect::<Vec<_>>();
        assert_eq!(names(true), names(false));
        let speaks = rows(false).into_iter().filter(|row| row.because.contains("record"));
        let said: Vec<&str> = speaks.map(|row| row.because).collect();
        assert!(said.len() >= 3 && said.iter().all(|said| said.starts_with("no call is recorded here")), "{said:?}");
        let replaced = rows(true).into_iter().zip(rows(false)).filter(|(one, other)| one.because != other.because);
        assert_eq!(replaced.count(), super::INSTEAD.len(), "each of them stands for a row");
    }
}
