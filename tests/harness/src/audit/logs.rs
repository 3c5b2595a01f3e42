//! What the functions wrote, against what they may not write: whatever opens a door, moves money,
//! rings a phone or was said.

use super::{Findings, Ledgers, text};

/// Shorter words are in every log.
const SHORTEST: usize = 8;

impl Ledgers {
    pub(super) fn logs(&self, findings: &mut Findings) {
        if !self.is_whole {
            return;
        }
        // In all of it first: a line is looked for only once there is something to find.
        let all = self.lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n");
        for (what, secret) in self.forbidden().iter().filter(|(_, secret)| all.contains(secret.as_str())) {
            for line in &self.lines {
                if line.text.contains(secret.as_str()) {
                    let function = &line.function;
                    findings.add("I21", format!("{function} has logged {what} ({secret}): {}", line.text));
                }
            }
        }
    }

    fn forbidden(&self) -> Vec<(&'static str, String)> {
        let mut forbidden = self.secrets.clone();
        let settled = |nonce: &str| self.payments.iter().any(|paid| paid.nonce == nonce);
        for paying in self.clients.iter().filter_map(|client| client.asked.paying.as_ref()) {
            forbidden.push(("a signature", alloy_primitives::hex::encode(&paying.signature)));
            let (_, nonce) = paying.key();
            if !settled(&nonce) {
                forbidden.push(("the nonce of an unsettled payment", nonce.trim_start_matches("0x").to_owned()));
            }
        }
        for paying in self.clients.iter().filter_map(|client| client.asked.on_solana.as_ref()) {
            let signatures = paying.transaction.signatures.iter().filter(|signature| **signature != [0; 64]);
            forbidden.extend(signatures.map(|signature| ("a signature", crate::sim::solana::base58(signature))));
            let (_, message) = paying.key();
            if !settled(&message) {
                forbidden.push(("the message of an unsettled payment", message));
            }
        }
        let signed_in = self.clients.iter().filter_map(|client| client.asked.signed_in.as_ref());
        forbidden.extend(signed_in.map(|signature| ("a signature", signature.trim_start_matches("0x").to_owned())));
        let numbers = self.billed.iter().cloned().chain(self.dialled.iter().map(|dialled| dialled.to.clone()));
        forbidden.extend(numbers.map(|number| ("a phone number", number.trim_start_matches('+').to_owned())));
        let texts = self.dialled.iter().flat_map(|dialled| &dialled.texts);
        forbidden.extend(texts.map(|said| ("a task or what was said", said.clone())));
        let calls = self.of_kind("CALL#").map(|row| text(row, "pk").trim_start_matches("CALL#").to_owned());
        forbidden.extend(calls.map(|id| ("a call's id, which opens it", id)));
        forbidden.retain(|(_, secret)| secret.len() >= SHORTEST);
        forbidden.sort();
        forbidden.dedup();
        forbidden
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Dialled;
    use super::super::answers::tests::client;
    use super::*;
    use crate::lambda::Line;

    fn findings(written: &str) -> String {
        let mut findings = Findings::default();
        let mut signed_in = client(0, "/", 200);
        signed_in.asked.paying = None;
        signed_in.asked.signed_in = Some("0xabcdef012345".into());
        Ledgers {
            is_whole: true,
            rows: vec![json!({"pk": "CALL#7ZZZZZZZZZZZZZZZZZZZZZZZZZ"})],
            billed: ["+14155550100".to_owned()].into(),
            dialled: vec![Dialled {
                to: "+12125550142".into(),
                texts: vec!["Confirm it.".into()],
                ..Dialled::default()
            }],
            clients: vec![client(0, "/", 402), signed_in],
            secrets: vec![("the key", "sesame open".into())],
            lines: vec![Line { function: "voice_call".into(), text: written.into() }],
            ..Ledgers::default()
        }
        .logs(&mut findings);
        findings.line()
    }

    #[test]
    fn nothing_that_should_not_is_written() {
        assert_eq!(findings("+14…00 called by dt-7ZZZ for 0xaaaa…aa"), "");
        for (written, what) in [
            ("key=sesame open", "the key"),
            ("from 14155550100", "a phone number"),
            ("to +12125550142", "a phone number"),
            ("task: Confirm it.", "a task"),
            ("GET /v1/voice/call/7ZZZZZZZZZZZZZZZZZZZZZZZZZ", "a call's id"),
            (&"00".repeat(65), "a signature"),
            ("sent abcdef012345", "a signature"),
            (&"01".repeat(32), "the nonce"),
        ] {
            let found = findings(written);
            assert!(found.starts_with("I21: voice_call has logged") && found.contains(what), "{written}: {found}");
        }
    }
}
