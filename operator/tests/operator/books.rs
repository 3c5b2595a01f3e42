//! The books, and the trail of what operators do.

use harness::Stack;
use harness::sim::bland::Script;
use harness::sim::{Answer, Fault, sts};
use harness::spec::LIST;
use serde_json::json;

use crate::fixture::{CALLEE, DAY, Dialtone, MINUTE, functions, sale_of};

/// A month in which a number was bought, a list, a call, and one that failed and went back.
async fn sold(stack: &Stack) {
    stack.sweep().await;
    let wallet = stack.wallet();
    stack.buys_in(&wallet, Some("415")).await;
    stack.post(LIST).pay(&wallet).await.answer.expect(200);
    stack.calls(&wallet, CALLEE).await;
    stack.bland.finish_all();
    stack.bland.script_next(Script::PreQueueError);
    let failed = stack.calls(&wallet, "+12133610873").await;
    stack.bland.finish_all();
    for _ in 0..3 {
        stack.travel(MINUTE + MINUTE / 6);
        stack.poll(&failed).await;
        stack.sweep().await;
    }
    for _ in 0..3 {
        stack.travel(30 * MINUTE);
        stack.sweep().await;
    }
}

/// All months that the world has been in, since the last day of one may have been yesterday.
async fn months(stack: &Stack, dialtone: &Dialtone) -> Vec<serde_json::Value> {
    let days =
        stack.dynamo.rows().into_iter().filter_map(|row| Some(row["pk"].as_str()?.strip_prefix("BOOK#")?.to_owned()));
    let mut months: Vec<String> = days.map(|day| day.chars().take(7).collect()).collect();
    months.sort();
    months.dedup();
    let mut told = Vec::new();
    for month in months {
        told.push(dialtone.json(&["books", "--month", &month]).await);
    }
    told
}

/// Micro-dollars, of what is never below zero.
fn sum(months: &[serde_json::Value], kind: &str, of: &str) -> u64 {
    let micros = |month: &serde_json::Value| {
        let (whole, fraction) = month["sold"][kind][of].as_str()?.split_once('.')?;
        Some(whole.parse::<u64>().ok()? * 1_000_000 + format!("{fraction:0<6}").parse::<u64>().ok()?)
    };
    months.iter().filter_map(micros).sum()
}

#[tokio::test]
async fn a_month_is_told_from_the_table_and_from_the_files_alike() {
    let stack = Stack::start(functions()).await;
    let dialtone = Dialtone::of(&stack);
    sold(&stack).await;
    let open = months(&stack, &dialtone).await;
    for (kind, of, amount) in [
        ("lease", "came_in_usd", 5_000_000),
        ("lease", "charged_usd", 1_150_000),
        ("list", "came_in_usd", 1_000),
        ("call", "came_in_usd", 1_080_000),
        ("call", "went_back_usd", 540_000),
    ] {
        assert_eq!(sum(&open, kind, of), amount, "{kind} {of}: {open:?}");
    }
    stack.travel(2 * DAY);
    stack.sweep().await;
    assert!(!stack.s3.names().is_empty());
    let filed = months(&stack, &dialtone).await;
    for kind in ["lease", "list", "call"] {
        for of in ["came_in_usd", "went_back_usd", "charged_usd"] {
            assert_eq!(sum(&open, kind, of), sum(&filed, kind, of), "{kind} {of}: {open:?} {filed:?}");
        }
    }
    dialtone.run(&["books", "--month", "11/2026"]).await.ends(2);
}

#[tokio::test]
async fn a_day_whose_file_is_missing_is_named_and_no_sum_is_told_as_if_it_were_all() {
    let stack = Stack::start(functions()).await;
    let dialtone = Dialtone::of(&stack);
    stack.sweep().await;
    dialtone.run(&["pause", "--yes", "--because", "a test"]).await.ends(0);
    stack.travel(2 * DAY);
    stack.sweep().await;
    let file = stack.s3.names().into_iter().find(|name| name.starts_with("bills/")).expect("a file");
    let day = file.trim_start_matches("bills/").trim_end_matches(".csv").to_owned();
    let month = ["books", "--month", &day[..7]];
    let csv = [&month[..], &["--csv"]].concat();
    let audit = ["audit", "--since", &day, "--until", &day];
    let whole = dialtone.json(&month).await;
    assert_eq!(whole["files_missing"], json!([]), "{whole}");
    let said = dialtone.run(&csv).await.ends(0);
    assert!(!said.err.contains("missing"), "{}", said.err);
    for kind in ["bills", "deeds"] {
        stack.s3.delete(&format!("{kind}/{day}.csv"));
    }
    let said = dialtone.run(&month).await.ends(1).says(&["Files are missing of: ", &day]);
    assert!(said.out.contains("came in"), "what there is is told: {}", said.out);
    assert_eq!(dialtone.json(&month).await["files_missing"], json!([day]));
    let said = dialtone.run(&csv).await.ends(1);
    assert!(said.err.contains("Files are missing") && said.err.contains(&day), "{}", said.err);
    assert!(!said.out.contains("missing of") && said.out.starts_with("book,"), "{}", said.out);
    // What the table still has of it is told.
    let said = dialtone.run(&audit).await.ends(1).says(&["pause new", "a test", "done"]);
    assert!(said.err.contains("Files are missing") && said.err.contains(&day), "{}", said.err);
    assert_eq!(dialtone.json(&audit).await["files_missing"], json!([day]));
    // A file that cannot be had is not one that is missing.
    stack.s3.faults().always("GET *", Fault::Refuse(Answer::html(403)));
    let said = dialtone.run(&month).await.ends(2);
    assert!(said.err.contains("May you read it?"), "{}", said.err);
    stack.s3.faults().clear();
    // Nor is a day "not written yet" because it is not known where its file is.
    let lost = Dialtone::of(&stack).with("BOOKS_BUCKET", None);
    for arguments in [&month[..], &audit] {
        let said = lost.run(arguments).await.ends(2);
        assert!(said.err.contains("BOOKS_BUCKET"), "{}", said.err);
    }
}

#[tokio::test]
async fn what_goes_back_after_it_was_booked_stands_beside_its_sale_and_brings_it_in_no_second_time() {
    let stack = Stack::start(functions()).await;
    let dialtone = Dialtone::of(&stack);
    stack.sweep().await;
    stack.buys_in(&stack.wallet(), Some("415")).await;
    let sale = sale_of(&stack, crate::fixture::BUY);
    for _ in 0..3 {
        stack.travel(30 * MINUTE);
        stack.sweep().await;
    }
    let booked = |stack: &Stack| {
        let rows = stack.dynamo.rows().into_iter();
        rows.filter(|row| row["pk"].as_str().is_some_and(|pk| pk.starts_with("BOOK#"))).collect::<Vec<_>>()
    };
    assert_eq!(booked(&stack).len(), 1);
    dialtone.run(&["refund", &sale, "--because", "no good", "--yes"]).await.ends(0);
    stack.travel(MINUTE);
    stack.sweep().await;
    let rows = booked(&stack);
    let lines = |file: &str| {
        let all = rows.iter().flat_map(|row| row["lines"].as_array().cloned().unwrap_or_default());
        all.filter(|line| line["file"] == file).count()
    };
    assert_eq!((lines("sales"), lines("refunds"), lines("costs")), (1, 1, 1), "{rows:?}");
    // Found by its name in logs through the entry of the sale alone.
    assert_eq!(rows.iter().filter(|row| !row["due_queue"].is_null()).count(), 1, "{rows:?}");
}

#[tokio::test]
async fn every_line_of_a_month_is_had_as_comma_separated_values() {
    let stack = Stack::start(functions()).await;
    let dialtone = Dialtone::of(&stack);
    sold(&stack).await;
    let day =
        stack.dynamo.rows().into_iter().find_map(|row| Some(row["pk"].as_str()?.strip_prefix("BOOK#")?.to_owned()));
    let month: String = day.expect("something was booked").chars().take(7).collect();
    let said = dialtone.run(&["books", "--month", &month, "--csv"]).await.ends(0);
    assert!(said.out.starts_with("book,booked_at,payment,log_name,"), "{}", said.out);
    let columns: Vec<_> = said.out.split_terminator("\r\n").map(|line| line.split(',').count()).collect();
    assert!(columns.len() > 4 && columns.iter().all(|many| *many == columns[0]), "{}", said.out);
    assert!(!said.out.contains("3610872"), "a person's number is in it");
}

#[tokio::test]
async fn what_operators_do_is_told_with_who_when_and_why_for_as_long_as_the_books_are_kept() {
    let stack = Stack::start(functions()).await;
    let dialtone = Dialtone::of(&stack);
    stack.sweep().await;
    let recent = days_ago(9);
    let since = ["audit", "--since", &recent];
    dialtone.run(&since).await.ends(1).says(&["Nothing was done by hand."]);
    let silent = dialtone.run(&["pause", "--yes"]).await.ends(2);
    assert!(silent.err.contains("--because"), "{}", silent.err);
    dialtone.run(&["pause", "--yes", "--because", "Bland, is \"down\""]).await.ends(0);
    dialtone.run(&["resume", "--yes", "--because", "it is up"]).await.ends(0);
    dialtone.run(&["block", "destination", CALLEE, "--yes", "--because", "asked by mail"]).await.ends(0);
    let who = sts::arn("alice");
    let said = dialtone.run(&since).await.ends(0).says(&[&who, "pause new", "resume", "Bland, is \"down\"", "done"]);
    assert!(!said.out.contains("3610872") && !said.out.contains("begun"), "{}", said.out);
    // Also when its day has become a file.
    stack.travel(2 * DAY);
    stack.sweep().await;
    assert!(stack.s3.names().iter().any(|name| name.starts_with("deeds/")));
    let told = dialtone.json(&since).await;
    assert_eq!(told["deeds"].as_array().map(Vec::len), Some(3), "{told}");
    assert_eq!((&told["deeds"][0]["who"], &told["deeds"][0]["outcome"]), (&json!(who), &json!("done")));
}

#[tokio::test]
async fn what_was_begun_and_broke_off_stands_in_the_trail_as_begun() {
    let stack = Stack::start(functions()).await;
    let dialtone = Dialtone::of(&stack);
    stack.buys_in(&stack.wallet(), Some("415")).await;
    let sale = sale_of(&stack, crate::fixture::BUY);
    // The write that owes it does not come through.
    stack.dynamo.faults().always("TransactWriteItems*", Fault::Overload);
    dialtone.run(&["refund", &sale, "--because", "no good", "--yes"]).await.ends(2);
    stack.dynamo.faults().clear();
    let said = dialtone.run(&["audit", "--since", &days_ago(2)]).await.ends(0);
    said.says(&["refund dt-", "no good", "begun"]);
}

#[tokio::test]
async fn nothing_is_done_by_a_person_whom_aws_does_not_know() {
    let stack = Stack::start(functions()).await;
    let dialtone = Dialtone::of(&stack).with("AWS_ENDPOINT_URL_STS", Some("http://127.0.0.1:9"));
    let said = dialtone.run(&["pause", "--yes", "--because", "a test"]).await.ends(2);
    assert!(said.err.contains("sts"), "{}", said.err);
    stack.buys_in(&stack.wallet(), Some("415")).await;
}

/// A day so long ago, as it is typed.
pub(crate) fn days_ago(days: i64) -> String {
    #[expect(clippy::disallowed_methods, reason = "the command reads the machine's clock, so its test does")]
    let now = jiff::Timestamp::now().as_second() - days * 86_400;
    let at = jiff::Timestamp::from_second(now).expect("a time");
    jiff::tz::Offset::UTC.to_datetime(at).date().to_string()
}
