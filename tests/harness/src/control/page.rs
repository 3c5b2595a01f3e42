//! What an operator sees of a local world, as a page that looks again by itself: the alarms that
//! ring, and what was counted.

use std::collections::BTreeMap;
use std::fmt::Write;

use jiff::Timestamp;

use crate::alarms::{Alarm, Point, points};
use crate::world::World;

/// What was counted under one name: when last, how much then, and how much in all.
struct Figure {
    at: i64,
    last: u64,
    sum: u64,
}

const HEAD: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"2\">\
<meta name=\"viewport\" content=\"width=device-width\"><title>Dialtone, as its operator sees it</title><style>\
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b}\
h1{font-size:1.3rem}h2{font-size:1rem;margin-top:2rem}table{border-collapse:collapse;width:100%}\
th,td{text-align:left;padding:.25rem .75rem .25rem 0;border-bottom:1px solid #ddd}td.n,th.n{text-align:right}\
.rings{background:#b3261e;color:#fff;padding:.5rem .75rem;margin:.5rem 0;border-radius:.25rem}\
.waits{background:#7a5900}.quiet{background:#1e6b34;color:#fff;padding:.5rem .75rem;border-radius:.25rem}</style>";

/// Milliseconds, as CloudWatch has them.
#[expect(clippy::disallowed_methods, reason = "what rings does so by the machine's clock, as what was written")]
pub(super) fn now() -> i64 {
    Timestamp::now().as_millisecond()
}

/// The page.
pub(super) fn of(world: &World, ringing: &[Alarm]) -> String {
    let now = now();
    shown(ringing, &points(&world.lambda.logs().lines(), now), now)
}

fn shown(ringing: &[Alarm], points: &[Point], now: i64) -> String {
    let mut page = format!("{HEAD}<h1>Dialtone, as its operator sees it</h1><h2>Alarms</h2>");
    if ringing.is_empty() {
        page.push_str("<p class=\"quiet\">No alarm rings.</p>");
    }
    for Alarm { says, section, wakes, .. } in ringing {
        let (class, does) = if *wakes { ("rings", "wakes you") } else { ("rings waits", "waits for the morning") };
        let (says, section) = (escaped(says), escaped(section));
        let _ = write!(page, "<p class=\"{class}\"><b>{says}.</b> It {does}. OPERATIONS.md, <i>{section}</i></p>");
    }
    page.push_str(
        "<h2>What was counted</h2><table><tr><th>Metric</th><th>Of</th><th class=\"n\">Last</th><th class=\"n\">In all</th>\
         <th class=\"n\">Ago</th></tr>",
    );
    for ((name, of), Figure { at, last, sum }) in figures(points) {
        let (name, of, ago) = (escaped(&name), escaped(&of), (now - at) / 1_000);
        let _ = write!(
            page,
            "<tr><td>{name}</td><td>{of}</td><td class=\"n\">{last}</td><td class=\"n\">{sum}</td><td class=\"n\">{ago} s</td></tr>"
        );
    }
    page.push_str("</table><p>Money is in micro-dollars. Alarms of the gateway, of Lambda and of the table are not played here.</p></html>");
    page
}

fn figures(points: &[Point]) -> BTreeMap<(String, String), Figure> {
    let mut all = BTreeMap::new();
    for Point { at, datum } in points {
        let of: Vec<&str> = datum.dimensions.values().map(String::as_str).collect();
        let figure = all.entry((datum.name.clone(), of.join(", "))).or_insert(Figure { at: 0, last: 0, sum: 0 });
        *figure = Figure { at: *at, last: datum.value, sum: figure.sum.saturating_add(datum.value) };
    }
    all
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::shown;
    use crate::alarms::Point;
    use crate::emf::Datum;
    use crate::template::tests::deployed;

    #[test]
    fn it_shows_what_rings_and_what_was_counted() {
        let datum = |value| Datum {
            namespace: "any".to_owned(),
            name: "Sales".to_owned(),
            unit: "None".to_owned(),
            dimensions: BTreeMap::from([("endpoint".to_owned(), "<voice>".to_owned())]),
            value,
        };
        let points = [Point { at: 1_000, datum: datum(2) }, Point { at: 4_000, datum: datum(3) }];
        let quiet = shown(&[], &points, 9_000);
        assert!(quiet.contains("No alarm rings"));
        assert!(
            quiet
                .contains("<td>&lt;voice&gt;</td><td class=\"n\">3</td><td class=\"n\">5</td><td class=\"n\">5 s</td>")
        );
        let alarm = deployed().alarms.into_iter().find(|alarm| alarm.name == "BlandLockedOutAlarm").unwrap();
        let loud = shown(&[alarm], &points, 9_000);
        assert!(loud.contains(
            "<b>Bland does not accept our account.</b> It wakes you. OPERATIONS.md, <i>A vendor refuses us</i>"
        ));
    }
}
