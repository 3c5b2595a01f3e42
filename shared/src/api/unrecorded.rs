//! A call where the operator records none: to ask for no recording is to ask for what happens anyway, and to ask for one is to ask for
//! what is not offered.

use std::sync::LazyLock;

use super::unoffered::{CALL, RECORDING, not};
use super::{Endpoint, Unoffered, VOICE_CALL};

/// What people say who want a recording.
const RECORD: &[&str] =
    &["true", "1", "yes", "on", "always", "all", "enabled", "record", "both", "dual", "mono", "stereo"];

static UNOFFERED: LazyLock<Vec<Unoffered>> = LazyLock::new(|| {
    let others = CALL.iter().copied().filter(|row| !row.because.starts_with("every call is recorded"));
    others.chain([not(RECORDING, "no call is recorded here").only(&[RECORD])]).collect()
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
            (r#""webhook":"https://example.com""#, true, true),
        ] {
            assert_eq!((refused(true, more), refused(false, more)), (recorded, unrecorded), "{more}");
        }
    }
}
