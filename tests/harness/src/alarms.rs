//! The template's alarms, and which of them ring by what the functions have written: as CloudWatch
//! adds it up, but at once, over the last periods that end now. Only alarms on the stack's own
//! metrics are known; those of the gateway, of Lambda and of the table would need these.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::emf;
use crate::lambda::Line;
use crate::template::STACK;

/// An alarm.
#[derive(Clone, PartialEq, Debug)]
pub struct Alarm {
    /// Its name in the template.
    pub name: String,
    /// What it tells.
    pub says: String,
    /// The section of OPERATIONS that says what to do.
    pub section: String,
    /// Whether it goes to those who are woken.
    pub wakes: bool,
    terms: Vec<Term>,
    threshold: f64,
    comparison: String,
    periods: i64,
    /// How many of the periods have to be so.
    datapoints: usize,
}

/// A metric, over a time.
#[derive(Clone, PartialEq, Debug)]
struct Term {
    metric: String,
    dimensions: BTreeMap<String, String>,
    statistic: String,
    /// In milliseconds.
    period: i64,
}

/// A value that was counted.
#[derive(Clone, PartialEq, Debug)]
pub struct Point {
    /// When, in milliseconds.
    pub at: i64,
    /// What.
    pub datum: emf::Datum,
}

/// All that was counted, in the order of the lines.
pub fn points(lines: &[Line], now: i64) -> Vec<Point> {
    let of = |line: &Line| {
        let at = serde_json::from_str::<Value>(&line.text).ok().and_then(|line| line["_aws"]["Timestamp"].as_i64());
        let data = emf::read(&line.text, now).unwrap_or_default();
        data.into_iter().filter_map(move |datum| Some(Point { at: at?, datum }))
    };
    lines.iter().flat_map(of).collect()
}

impl Alarm {
    /// Reads an alarm's properties; nothing, where it is about metrics of others.
    pub(crate) fn read(name: &str, properties: &Value) -> Option<Self> {
        let terms = match properties["Metrics"].as_array() {
            None => vec![Term::read(properties, properties)?],
            Some(metrics) => {
                let (shown, parts): (Vec<&Value>, Vec<&Value>) =
                    metrics.iter().partition(|metric| metric["ReturnData"] == true);
                let added = shown.iter().all(|metric| metric["Expression"] == "SUM(METRICS())");
                let parts =
                    parts.into_iter().map(|part| Term::read(&part["MetricStat"]["Metric"], &part["MetricStat"]));
                added.then(|| parts.collect::<Option<Vec<_>>>()).flatten()?
            }
        };
        let (says, section) = properties["AlarmDescription"].as_str()?.rsplit_once(". OPERATIONS.md, ")?;
        Some(Self {
            name: name.to_owned(),
            says: says.to_owned(),
            section: section.to_owned(),
            wakes: properties["AlarmActions"][0].as_str().is_some_and(|topic| topic.ends_with("-Alarms")),
            terms,
            threshold: number(&properties["Threshold"])?,
            comparison: properties["ComparisonOperator"].as_str()?.to_owned(),
            periods: properties["EvaluationPeriods"].as_i64()?,
            datapoints: usize::try_from(
                properties["DatapointsToAlarm"].as_i64().or_else(|| properties["EvaluationPeriods"].as_i64())?,
            )
            .ok()?,
        })
    }

    /// Whether it rings, at this time in milliseconds. What was not counted does not ring here: the
    /// world may just have begun.
    pub fn rings(&self, points: &[Point], now: i64) -> bool {
        let breaches = |back: &i64| {
            let back = *back;
            let values: Vec<f64> = self.terms.iter().filter_map(|term| term.value(points, now, back)).collect();
            let sum: f64 = values.iter().sum();
            !values.is_empty()
                && match self.comparison.as_str() {
                    "GreaterThanThreshold" => sum > self.threshold,
                    "GreaterThanOrEqualToThreshold" => sum >= self.threshold,
                    "LessThanThreshold" => sum < self.threshold,
                    "LessThanOrEqualToThreshold" => sum <= self.threshold,
                    other => panic!("CloudWatch compares by no {other}"),
                }
        };
        (0..self.periods).filter(breaches).count() >= self.datapoints
    }
}

impl Term {
    fn read(metric: &Value, how: &Value) -> Option<Self> {
        if metric["Namespace"] != STACK {
            return None;
        }
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let dimensions = metric["Dimensions"].as_array().map(Vec::as_slice).unwrap_or_default();
        Some(Self {
            metric: text(&metric["MetricName"])?,
            dimensions: dimensions
                .iter()
                .map(|one| Some((text(&one["Name"])?, text(&one["Value"])?)))
                .collect::<Option<_>>()?,
            statistic: text(&how["Statistic"]).or_else(|| text(&how["Stat"]))?,
            period: how["Period"].as_i64()?.checked_mul(1_000)?,
        })
    }

    fn value(&self, points: &[Point], now: i64, back: i64) -> Option<f64> {
        let until = now - back * self.period;
        let within = (until - self.period + 1)..=until;
        let of = |point: &&Point| {
            point.datum.name == self.metric && point.datum.dimensions == self.dimensions && within.contains(&point.at)
        };
        let values: Vec<u64> = points.iter().filter(of).map(|point| point.datum.value).collect();
        let value = match self.statistic.as_str() {
            "Sum" => (!values.is_empty()).then(|| values.iter().sum()),
            "Maximum" => values.into_iter().max(),
            "Minimum" => values.into_iter().min(),
            other => panic!("no alarm of ours has the statistic {other}"),
        };
        #[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "compared as CloudWatch does")]
        value.map(|value| value as f64)
    }
}

/// A number, also one that a parameter gave.
fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::template::tests::deployed;

    const NOW: i64 = 1_764_000_000_000;

    fn counted(metric: &str, dimension: (&str, &str), value: u64, seconds_ago: i64) -> Point {
        let (name, of) = dimension;
        let at = NOW - seconds_ago * 1_000;
        let mut line = json!({
            "_aws": {"Timestamp": at, "CloudWatchMetrics": [
                {"Namespace": STACK, "Dimensions": [[name]], "Metrics": [{"Name": metric}]},
            ]},
            name: of,
        });
        line[metric] = json!(value);
        let line = Line { function: "any".to_owned(), text: line.to_string() };
        points(&[line], NOW).remove(0)
    }

    fn ringing(points: &[Point]) -> Vec<String> {
        let alarms = deployed().alarms;
        alarms.into_iter().filter(|alarm| alarm.rings(points, NOW)).map(|alarm| alarm.name).collect()
    }

    #[test]
    fn an_alarm_rings_for_what_was_counted_within_its_period() {
        let refused = ("vendor", "bland");
        for (points, expected) in [
            (vec![], None),
            (vec![counted("LockedOut", refused, 1, 10)], Some("BlandLockedOutAlarm")),
            (vec![counted("LockedOut", refused, 0, 10)], None),
            // What is refused in any of the last thirteen stretches of five minutes has not ended.
            (vec![counted("LockedOut", refused, 1, 301)], Some("BlandLockedOutAlarm")),
            (vec![counted("LockedOut", refused, 1, 64 * 60)], Some("BlandLockedOutAlarm")),
            (vec![counted("LockedOut", refused, 1, 66 * 60)], None),
            (vec![counted("LockedOut", ("vendor", "another"), 1, 10)], None),
            (vec![counted("RefundAge", ("function", "refunds"), 3_599, 1)], None),
            (vec![counted("RefundAge", ("function", "refunds"), 3_600, 1)], Some("RefundOverdueAlarm")),
        ] {
            assert_eq!(ringing(&points), Vec::from_iter(expected), "{points:?}");
        }
    }

    #[test]
    fn a_second_vendor_that_refuses_us_rings_while_the_first_one_does() {
        let refuses = |vendor| counted("LockedOut", ("vendor", vendor), 1, 10);
        assert_eq!(ringing(&[refuses("bland")]), ["BlandLockedOutAlarm"]);
        let mut all = ringing(&["bland", "twilio", "facilitator"].map(refuses));
        all.sort();
        assert_eq!(all, ["BlandLockedOutAlarm", "FacilitatorLockedOutAlarm", "TwilioLockedOutAlarm"]);
    }

    #[test]
    fn it_has_to_ring_in_each_of_its_periods() {
        let float = |hours: i64, value| counted("RefundFloat", ("function", "refunds"), value, hours * 3_600 + 60);
        let low = [float(0, 1), float(1, 1), float(2, 1)];
        assert_eq!(ringing(&low), ["RefundFloatAlarm"]);
        assert_eq!(ringing(&low[..2]), Vec::<String>::new());
        assert_eq!(ringing(&[float(0, 1), float(1, 20_000_000), float(2, 1)]), Vec::<String>::new());
    }

    #[test]
    fn what_wakes_is_known_from_its_topic() {
        let of = |name: &str| deployed().alarms.into_iter().find(|alarm| alarm.name == name).unwrap();
        let refused = of("BlandLockedOutAlarm");
        assert_eq!((refused.wakes, refused.section.as_str()), (true, "A vendor refuses us"));
        assert!(!of("RefundOverdueAlarm").wakes);
    }
}
