//! The alarm that says that the rates are not the carrier's: what it does when traffic changes and
//! the bill comes later, as it always does.

#![expect(clippy::float_arithmetic, reason = "CloudWatch reckons with them")]

use super::{template, text};

/// A dollar.
const DOLLAR: f64 = 1_000_000.0;
/// What the expression says, word by word: what it does is played below.
const EXPRESSION: &str = "IF(MAX([FILL(billed, 0), FILL(reckoned, 0)]) >= 10000000, 100 * ABS(FILL(billed, 0) - FILL(reckoned, 0)) / MAX([FILL(billed, 0), FILL(reckoned, 0)]), 0)";

fn differs(billed: f64, reckoned: f64) -> f64 {
    let most = billed.max(reckoned);
    if most >= 10.0 * DOLLAR { 100.0 * (billed - reckoned).abs() / most } else { 0.0 }
}

/// Whether it rings at any hour, if this many dollars are said an hour, and are billed with this
/// factor, this many hours later.
fn rings(said: &[f64], factor: f64, late: usize) -> bool {
    let alarm = template()["Resources"]["RateAlarm"]["Properties"].clone();
    let number = |name: &str| usize::try_from(alarm[name].as_u64().expect("a number")).expect("small");
    let (days, of) = (number("DatapointsToAlarm"), number("EvaluationPeriods"));
    assert_eq!((text(&alarm["ComparisonOperator"]).as_str(), of), ("GreaterThanThreshold", days));
    let (mut hours, mut threshold) = (0, f64::MAX);
    for metric in alarm["Metrics"].as_sequence().expect("metrics") {
        if metric["Id"] == "difference" {
            assert_eq!(text(&metric["Expression"]), EXPRESSION);
        } else {
            hours = usize::try_from(metric["MetricStat"]["Period"].as_u64().expect("seconds") / 3_600).expect("small");
            threshold = alarm["Threshold"].as_f64().expect("a number");
        }
    }
    assert!(hours * of <= 7 * 24, "CloudWatch looks at seven days at most");
    let sum = |from: usize, to: usize| said.get(from..to).unwrap_or_default().iter().sum::<f64>() * DOLLAR;
    // The window slides from hour to hour.
    (days * hours + late..=said.len()).any(|now| {
        (0..days).all(|day| {
            let (from, to) = (now - (day + 1) * hours, now - day * hours);
            differs(factor * sum(from - late, to - late), sum(from, to)) > threshold
        })
    })
}

/// Ten days, hour by hour.
fn days(dollars: impl Fn(usize) -> f64) -> Vec<f64> {
    (0..240).map(dollars).collect()
}

#[test]
fn the_rates_are_found_wrong_by_what_they_are_and_not_by_traffic_that_grows() {
    let even = |_| 2.0;
    let tenfold = |hour| if hour < 115 { 2.0 } else { 20.0 };
    let ends = |hour| if hour < 115 { 20.0 } else { 2.0 };
    let peak = |hour| if hour == 115 { 60.0 } else { 2.0 };
    let campaign = |hour| if hour % 24 == 9 { 60.0 } else { 2.0 };
    let doubles = |hour: usize| 2.0 * (f64::from(u32::try_from(hour).expect("small")) / 24.0).exp2();
    let begins = |hour| if hour < 115 { 0.0 } else { 20.0 };
    for late in 0..=12 {
        for (said, what) in [
            (days(even), "an even day"),
            (days(tenfold), "ten times as much from one hour to the next"),
            (days(ends), "a tenth of it from one hour to the next"),
            (days(peak), "an hour with thirty times as much"),
            (days(campaign), "the same hour of each day"),
            (days(begins), "a first call"),
        ] {
            assert!(!rings(&said, 1.0, late), "{what}, billed {late} hours later");
        }
        for (said, what) in [(days(even), "even"), (days(tenfold), "tenfold"), (days(campaign), "a campaign")] {
            assert!(rings(&said, 1.15, late), "too low, {what}, billed {late} hours later");
            assert!(rings(&said, 0.85, late), "too high, {what}, billed {late} hours later");
        }
    }
    // Twice as much each day, with a bill that is three hours late.
    assert!(!rings(&days(doubles), 1.0, 3));
    // A few calls, whose minutes are rounded, and some more.
    assert!(!rings(&days(|_| 0.35), 1.15, 1) && rings(&days(|_| 0.45), 1.15, 1));
}
