//! Requests that may cause nothing: without a payment that was signed for us, for calls that are
//! not known, and of wallets that have not signed in.
//!
//! Who caused what cannot be seen while several things happen at once. It is looked at where a
//! request was alone: no other function was at work between its beginning and its end, and none had
//! died before.

use std::time::Duration;

use super::{Client, Findings, Ledgers};
use crate::history::{Errand, Event, What};
use crate::spec;
use crate::world::{PAYEE, solana_payee};

/// What a demand for payment on Solana has to name, and only the facilitator knows. It is asked
/// once in a while, not for each.
const WHO_PAYS_FEES: &str = "GET /supported";

/// Who is refused early has let go of what was asked meanwhile; the request may be read only after
/// the answer.
const ECHO: Duration = Duration::from_millis(100);

impl Ledgers {
    pub(super) fn idle(&self, findings: &mut Findings) {
        if !self.is_whole {
            return;
        }
        let works = works(&self.events);
        let ends: Vec<Duration> = self
            .clients
            .iter()
            .filter(|client| may_cause_something(client))
            .filter_map(|client| client.until)
            .collect();
        let echoes = |at: Duration| ends.iter().any(|end| (*end..*end + ECHO).contains(&at));
        let errands: Vec<_> = errands(&self.events).into_iter().filter(|(at, _)| !echoes(*at)).collect();
        for client in &self.clients {
            let Some(until) = client.until.filter(|until| was_alone(&works, client.at, *until)) else { continue };
            let during = errands.iter().filter(|(at, _)| (client.at..=until).contains(at)).map(|(_, errand)| *errand);
            let (status, path) = (client.status(), &client.asked.path);
            if client.asked.endpoint() == spec::endpoint(spec::NUMBERS) {
                // A wallet that has signed in is looked up, once; also where that fails.
                let most = usize::from(matches!(status, 200 | 500));
                let may = |errand: &&Errand| errand.class == "Query";
                let looks = during.clone().filter(may).count();
                if let Some(errand) = during.into_iter().find(|errand| !may(errand) || looks > most) {
                    let (class, deeds) = (&errand.class, &errand.deeds);
                    findings.add("I23", format!("{path} answered {status}, and caused {class} {deeds:?}"));
                }
            } else if client.asked.dry_run {
                for errand in during.into_iter().filter(|errand| !may_be_read(client, errand)) {
                    let (class, deeds) = (&errand.class, &errand.deeds);
                    findings.add("I28", format!("the dry run of {path} ({status}) caused {class} {deeds:?}"));
                }
            } else if let Some(id) = client.asked.is_told() {
                for errand in during.into_iter().filter(|errand| !may_be_looked_at(status, id, errand)) {
                    let (class, deeds) = (&errand.class, &errand.deeds);
                    findings.add("I23", format!("the word about {id} ({status}) caused {class} {deeds:?}"));
                }
            } else if let Some(id) = client.asked.hangs_up().filter(|_| status != 404) {
                for errand in during.into_iter().filter(|errand| !may_hang_up(status, id, errand)) {
                    let (class, deeds) = (&errand.class, &errand.deeds);
                    findings.add("I23", format!("the hang-up of {id} ({status}) caused {class} {deeds:?}"));
                }
            } else if client.asked.only_looks() || client.asked.hangs_up().is_some() {
                let named = client.asked.call_id().or_else(|| client.asked.hangs_up());
                let Some(id) = named.filter(|_| status == 404) else { continue };
                // A well-formed id costs a look into the table, and one more at what was said where
                // the call is kept no longer.
                let may = |errand: &&Errand| is_well_formed(id) && matches!(errand.class.as_str(), "GetItem" | "Query");
                if let Some(errand) = during.into_iter().find(|errand| !may(errand)) {
                    findings.add("I22", format!("the unknown call {id} caused {} {:?}", errand.class, errand.deeds));
                }
            } else if !may_cause_something(client) {
                for errand in during.into_iter().filter(|errand| errand.class != WHO_PAYS_FEES) {
                    let (class, deeds) = (&errand.class, &errand.deeds);
                    let what = format!("{path} without a valid payment ({status}) caused {class} {deeds:?}");
                    findings.add("I23", what);
                }
            }
        }
    }
}

/// Whether a payment is one that can be judged only by asking: everything but none, an unreadable
/// one, one for another payee, and one that plainly is not its payer's.
fn may_cause_something(client: &Client) -> bool {
    if let Some(paying) = &client.asked.on_solana {
        return client.signed && paying.pays(solana_payee());
    }
    let Some(paying) = &client.asked.paying else { return false };
    paying.authorization.to == PAYEE && (client.signed || paying.signature.len() > 65)
}

/// A dry run reads the table, and does nothing else; and that only for who has paid in earnest or
/// signed in.
fn may_be_read(client: &Client, errand: &Errand) -> bool {
    let is_known = client.signed || client.asked.signed_in.is_some() && client.status() != 401;
    is_known && matches!(errand.class.as_str(), "GetItem" | "Query" | "Query index" | "BatchGetItem")
}

/// A hang-up looks at its call, writes that it is to end, tells the dialler, and touches no money
/// and nothing else; one that is refused for what was sent does nothing.
fn may_hang_up(status: u16, id: &str, errand: &Errand) -> bool {
    if matches!(status, 400 | 403 | 405 | 413) {
        return false;
    }
    is_of_a_look(id, errand) || is_of_an_opt_out(errand)
}

/// A word looks at its call, and does no more; one that is not the dialler's is found out by the
/// keys alone, and one of a call that is kept no longer by the table.
fn may_be_looked_at(status: u16, id: &str, errand: &Errand) -> bool {
    match status {
        404 | 405 => matches!(errand.class.as_str(), "GetSecretValue" | "GetItem" | "Query"),
        _ => is_of_a_look(id, errand) || is_of_an_opt_out(errand),
    }
}

/// Where the call's record says that the callee has asked not to be called again, it goes on the
/// list with the look.
fn is_of_an_opt_out(errand: &Errand) -> bool {
    let is_listed = |deed: &String| deed.starts_with("Put OPTOUT#");
    match errand.class.as_str() {
        "GetItem" => errand.deeds == ["CONTROL"],
        "TransactWriteItems" => errand.deeds.iter().all(is_listed),
        _ => false,
    }
}

/// What a look takes, and what follows from it.
fn is_of_a_look(id: &str, errand: &Errand) -> bool {
    let of_the_call = |deed: &String| {
        let item = deed.strip_prefix("Update ").unwrap_or(deed);
        item.strip_prefix("CALL#") == Some(id) || item.starts_with("LIMIT#")
    };
    match errand.class.as_str() {
        "GetItem" | "Query" | "UpdateItem" | "TransactWriteItems" => errand.deeds.iter().all(of_the_call),
        "GetSecretValue" => true,
        class => class.contains("/v1/calls/"),
    }
}

/// 26 characters of Crockford's, of which the first has three bits.
fn is_well_formed(id: &str) -> bool {
    let crockford = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_uppercase() && !b"ILOU".contains(&byte);
    id.len() == 26 && id.bytes().all(crockford) && id.as_bytes()[0] <= b'7'
}

/// Beginnings, ends, and whether they ended well.
fn works(events: &[Event]) -> Vec<(Duration, Option<Duration>, bool)> {
    let work = |event: &Event| match &event.what {
        What::Worked { trouble, .. } => Some((event.at, event.until, trouble.is_none())),
        _ => None,
    };
    events.iter().filter_map(work).collect()
}

fn errands(events: &[Event]) -> Vec<(Duration, &Errand)> {
    let errand = events.iter().map(|event| (event.at, &event.what));
    errand.filter_map(|(at, what)| if let What::Errand(errand) = what { Some((at, &**errand)) } else { None }).collect()
}

fn was_alone(works: &[(Duration, Option<Duration>, bool)], from: Duration, to: Duration) -> bool {
    // What died may have left a request on its way, and what never ended is still at it.
    let before = works
        .iter()
        .filter(|(at, ..)| *at < from)
        .all(|(_, until, well)| *well && until.is_some_and(|end| end <= from));
    before && works.iter().filter(|(at, ..)| (from..=to).contains(at)).count() <= 1
}

#[cfg(test)]
mod tests {
    use super::super::answers::tests::client;
    use super::*;
    use crate::history::Met;
    use crate::world::Neighbour;

    const LIST: &str = "/v1/phone/numbers/list";

    fn event(at: f64, until: f64, what: What) -> Event {
        let (at, until) = (Duration::from_secs_f64(at), Some(Duration::from_secs_f64(until)));
        Event { at, until, what, marks: Vec::new() }
    }

    fn work(at: f64, until: f64) -> Event {
        event(at, until, What::Worked { function: "f".into(), trouble: None })
    }

    fn errand(at: f64, class: &str) -> Event {
        let (neighbour, class) = (Neighbour::Dynamo, class.to_owned());
        let errand = Errand { neighbour, class, deeds: vec![], status: None, said: String::new(), met: Met::default() };
        event(at, at, What::Errand(Box::new(errand)))
    }

    fn findings(client: Client, events: Vec<Event>) -> String {
        let mut findings = Findings::default();
        let clients = vec![client];
        Ledgers { clients, events, is_whole: true, ..Ledgers::default() }.idle(&mut findings);
        findings.line()
    }

    fn forged() -> Client {
        Client { signed: false, ..client(1, LIST, 402) }
    }

    #[test]
    fn without_a_valid_payment_nothing_is_asked_or_written() {
        let did = |client: Client| findings(client, vec![work(1.1, 1.4), errand(1.2, "GetItem")]);
        assert!(did(forged()).starts_with("I23: /v1/phone/numbers/list without"));
        let mut none = forged();
        none.asked.paying = None;
        assert!(did(none).starts_with("I23"));
        let price = findings(forged(), vec![work(1.1, 1.4), errand(1.2, WHO_PAYS_FEES)]);
        assert_eq!(price, "", "the price on Solana is incomplete without it");
        assert_eq!(did(client(1, LIST, 402)), "", "this one is a wallet's");
        let mut contract = forged();
        if let Some(paying) = &mut contract.asked.paying {
            paying.signature = vec![0; 97];
        }
        assert_eq!(did(contract), "", "this one may be");
        assert_eq!(findings(forged(), vec![work(1.1, 1.4), errand(0.9, "GetItem"), errand(1.6, "GetItem")]), "");
    }

    #[test]
    fn no_request_is_blamed_for_what_others_do() {
        assert_eq!(findings(forged(), vec![work(1.1, 1.4), work(1.2, 1.3), errand(1.2, "GetItem")]), "");
        assert_eq!(findings(forged(), vec![work(0.5, 1.3), work(1.1, 1.4), errand(1.2, "GetItem")]), "");
        let died = event(0.1, 0.2, What::Worked { function: "f".into(), trouble: Some("killed".into()) });
        assert_eq!(findings(forged(), vec![died, work(1.1, 1.4), errand(1.2, "GetItem")]), "");
    }

    #[test]
    fn no_request_is_blamed_for_what_is_still_on_its_way_from_another() {
        let after = |pause: u64| {
            let (at, until) = (Duration::from_millis(900 - pause), Some(Duration::from_millis(1_200 - pause)));
            let paid = Client { at, until, ..client(1, LIST, 403) };
            let mut findings = Findings::default();
            let events = vec![work(1.2, 1.4), errand(1.25, "POST /verify")];
            Ledgers { clients: vec![paid, forged()], events, is_whole: true, ..Ledgers::default() }.idle(&mut findings);
            findings.line()
        };
        assert_eq!(after(0), "");
        assert!(after(51).starts_with("I23"), "{}", after(51));
    }

    #[test]
    fn a_hang_up_touches_its_call_and_nothing_else() {
        let did = |status: u16, class: &str, deed: &str| {
            let mut client = client(1, "/v1/voice/call/7ZZZZZZZZZZZZZZZZZZZZZZZZZ/hangup", status);
            client.asked.paying = None;
            let mut asked = errand(1.2, class);
            if let What::Errand(errand) = &mut asked.what {
                errand.deeds = vec![deed.to_owned()];
            }
            findings(client, vec![work(1.1, 1.4), asked])
        };
        let (own, other) = ("CALL#7ZZZZZZZZZZZZZZZZZZZZZZZZZ", "CALL#6ZZZZZZZZZZZZZZZZZZZZZZZZZ");
        for status in [202, 303, 409, 500] {
            assert_eq!((did(status, "GetItem", own), did(status, "Query", own)), (String::new(), String::new()));
            assert_eq!(did(status, "TransactWriteItems", &format!("Update {own}")), "");
            for deed in [other, "WALLET#w", "SALE#s"] {
                let found = did(status, "TransactWriteItems", &format!("Update {deed}"));
                assert!(found.starts_with("I23: the hang-up of 7ZZ"), "{deed}: {found}");
            }
            assert!(did(status, "POST /settle", "").starts_with("I23"));
        }
        for status in [400, 403, 413] {
            assert!(did(status, "Query", own).starts_with("I23"));
        }
        assert_eq!(did(404, "GetItem", own), "");
        assert!(did(404, "GET /v1/calls/b", "").starts_with("I22"));
    }

    #[test]
    fn a_wallet_that_has_not_signed_in_is_not_looked_up_and_one_that_has_is_looked_up_once() {
        let signs_in = |status: u16, classes: &[&str]| {
            let mut client = client(1, spec::NUMBERS, status);
            client.asked.method = "GET".into();
            client.asked.paying = None;
            let errands = classes.iter().map(|class| errand(1.2, class));
            findings(client, [work(1.1, 1.4)].into_iter().chain(errands).collect())
        };
        for (status, classes) in [(200, &["Query"][..]), (500, &["Query"]), (401, &[]), (402, &[]), (405, &[])] {
            assert_eq!(signs_in(status, classes), "", "{status}");
        }
        for (status, classes) in
            [(401, &["Query"][..]), (402, &["Query"]), (200, &["PutItem"]), (200, &["Query", "Query"])]
        {
            let found = signs_in(status, classes);
            assert!(found.starts_with("I23: /api/v1/phone/numbers answered"), "{status}: {found}");
        }
    }

    #[test]
    fn a_dry_run_reads_for_who_has_signed_and_does_nothing_else() {
        let did = |signed: bool, signed_in: bool, status: u16, class: &str| {
            let mut client = Client { signed, ..client(1, LIST, status) };
            client.asked.dry_run = true;
            client.asked.signed_in = signed_in.then(|| "0xab".to_owned());
            findings(client, vec![work(1.1, 1.4), errand(1.2, class)])
        };
        for class in ["BatchGetItem", "Query", "Query index", "GetItem"] {
            assert_eq!((did(true, false, 200, class), did(false, true, 403, class)), (String::new(), String::new()));
            assert!(did(false, false, 200, class).starts_with("I28: the dry run of /v1/phone/numbers/list (200)"));
            assert!(did(false, true, 401, class).starts_with("I28"));
        }
        for class in
            ["UpdateItem", "TransactWriteItems", "POST /verify", "GET /supported", "GetSecretValue", "POST /v1/calls"]
        {
            assert!(did(true, true, 200, class).starts_with("I28"), "{class}");
        }
    }

    #[test]
    fn an_unknown_call_asks_no_vendor_and_a_malformed_one_not_even_the_table() {
        let look = |id: &str, class: &str| {
            let mut client = client(1, &format!("/v1/voice/call/{id}"), 404);
            client.asked.method = "GET".into();
            findings(client, vec![work(1.1, 1.4), errand(1.2, class)])
        };
        let unknown = "7ZZZZZZZZZZZZZZZZZZZZZZZZZ";
        assert_eq!(look(unknown, "GetItem"), "");
        assert!(look(unknown, "GET /v1/calls/b").starts_with("I22: the unknown call 7ZZZ"));
        assert!(look("malformed", "GetItem").starts_with("I22: the unknown call malformed"));
    }
}
