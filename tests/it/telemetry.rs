//! What an operator reads: the line of each invocation, and what CloudWatch makes of it. That every
//! line of every test can be read, and that nothing is made up, is held by the audit of each world.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use harness::emf::{self, Datum};
use harness::sim::bland::Script;
use harness::sim::{Answer, Fault};
use harness::spec::{BUY, CALL, LIST, RENEW};
use harness::{Stack, binaries};
use serde_json::{Value, json};
use shared::telemetry::metrics::ALL;

/// Everything that was written, once no function writes any more.
/// What the functions of a stack have written, once they have ended.
pub(crate) struct Log {
    lines: Vec<Value>,
    data: Vec<Datum>,
}

impl Log {
    pub(crate) async fn of(stack: &Stack) -> Self {
        let text = stack.logs().await;
        let now = Self::second() * 1_000;
        let (mut lines, mut data) = (Vec::new(), Vec::new());
        for line in text.lines().filter_map(|line| Some(line.split_once(": ")?.1)) {
            data.extend(emf::read(line, now).expect("metrics"));
            lines.extend(serde_json::from_str::<Value>(line).ok());
        }
        Self { lines, data }
    }

    /// The machine's time, which is that of all metrics and rows.
    #[expect(clippy::disallowed_methods, reason = "a metric's time is the machine's")]
    pub(crate) fn second() -> i64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        i64::try_from(now.as_secs()).expect("a time")
    }

    /// Whether there is a line with this text in its message.
    pub(crate) fn says(&self, text: &str) -> bool {
        self.lines.iter().any(|line| line.to_string().contains(text))
    }

    /// The invocations of a function, in the order in which they ended.
    fn invocations(&self, function: &str) -> Vec<&Value> {
        let own = |line: &&Value| line["function"] == function && !line["duration_ms"].is_null();
        self.lines.iter().filter(own).collect()
    }

    fn sum(&self, name: &str, dimensions: &[(&str, &str)]) -> u64 {
        self.all(name, dimensions).iter().sum()
    }

    fn last(&self, name: &str) -> u64 {
        *self.all(name, &[]).last().expect(name)
    }

    pub(crate) fn all(&self, name: &str, dimensions: &[(&str, &str)]) -> Vec<u64> {
        let meant = |datum: &&Datum| {
            let has = |(key, value): &(&str, &str)| datum.dimensions.get(*key).is_some_and(|it| it == value);
            datum.name == name && dimensions.iter().all(has)
        };
        self.data.iter().filter(meant).map(|datum| datum.value).collect()
    }
}

fn counts(line: &Value, neighbour: &str) -> u64 {
    line["upstream"][neighbour][0].as_u64().unwrap_or_default()
}

#[tokio::test]
async fn a_sale_and_its_repeat_are_a_line_each() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let paid = stack.post(BUY).body(&json!({})).pay(&wallet).await;
    paid.answer.expect(200);
    stack.post(BUY).body(&json!({})).paid_with(&paid.payment).send().await.expect(200);
    let log = Log::of(&stack).await;

    let [demand, sale, repeat] = log.invocations("numbers_buy").try_into().expect("three requests");
    assert_eq!((&demand["outcome"], &demand["status"]), (&json!("unpaid"), &json!(402)));
    assert_eq!((&demand["cold_start"], &sale["cold_start"]), (&json!(true), &Value::Null));
    assert_eq!((&demand["sale"], &demand["wallet"], &demand["upstream"]), (&Value::Null, &Value::Null, &Value::Null));

    assert_eq!((&sale["outcome"], &sale["status"], &sale["replayed"]), (&json!("ok"), &json!(200), &Value::Null));
    let text = wallet.text();
    assert_eq!(sale["wallet"], format!("{}…{}", &text[..6], &text[text.len() - 4..]));
    // An earlier sale and the pool; the claim, the fence, the grant.
    assert!(counts(sale, "dynamodb") >= 5, "{sale}");
    // Verified and settled; searched and bought; imported; the alarm.
    assert_eq!(["facilitator", "twilio", "bland", "scheduler"].map(|who| counts(sale, who)), [2, 2, 1, 1], "{sale}");
    // The node is asked what the payer holds, and whether code speaks for it.
    assert_eq!((counts(sale, "node"), counts(sale, "kms")), (2, 0));
    let caller = sale["caller"].as_str().expect("what stands for the address");
    assert!(caller.len() == 16 && caller == repeat["caller"], "{caller}");
    assert!(!stack.lambda.logs().text().contains("127.0.0.1\""), "and not the address");
    assert!(sale["gateway"].is_string() && sale["duration_ms"].is_u64());

    assert_eq!((&repeat["outcome"], &repeat["replayed"]), (&json!("replayed"), &json!(true)));
    assert_eq!(repeat["sale"], sale["sale"]);
    assert_ne!(repeat["request"], sale["request"]);

    // Requests are counted from the access log.
    assert!(demand["_aws"].is_null(), "{demand}");
    assert_eq!(log.sum("Sales", &[("endpoint", "numbers_buy"), ("result", "granted")]), 1);
    assert_eq!(stack.earned(), 5_000_000, "its price, once");
    assert_eq!(log.sum("UpstreamCost", &[("vendor", "twilio_numbers")]), 1_150_000);
    assert!(log.data.iter().all(|datum| datum.namespace == "dialtone-local"), "kept by the stack's name");
}

#[tokio::test]
async fn a_refusal_says_which_and_whose_limit_it_was() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.expect(200);
    let call = json!({"to": "+12133610872", "task": "Confirm the reservation for two."});
    stack.bland.limit_next("Rate limit exceeded");
    stack.post(CALL).body(&call).pay(&wallet).await.answer.refused(429, "upstream_rate_limited");
    stack.post(CALL).body(&json!({"to": "911"})).send().await.refused(400, "bad_request");
    let log = Log::of(&stack).await;
    let outcomes: Vec<_> = log.invocations("voice_call").iter().map(|line| line["outcome"].clone()).collect();
    assert_eq!(outcomes, ["unpaid", "upstream_rate_limited", "bad_request"]);
    assert_eq!(log.sum("LimitsHit", &[("limit", "Bland")]), 1);
    assert_eq!(log.sum("Sales", &[("endpoint", "voice_call")]), 0);
}

#[tokio::test]
async fn a_settlement_that_is_unknown_is_seen_and_grows_old_until_it_is_known() {
    let stack = Stack::builder(binaries!()).without_rpc().start().await;
    let wallet = stack.wallet();
    stack.sweep().await;
    stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::html(502)));
    let paid = stack.post(LIST).pay(&wallet).await;
    paid.answer.refused(503, "payment_pending");
    // An attempt may still be working on it.
    stack.sweep().await;
    // It has expired, and it cannot be said whether it was settled.
    stack.travel(Duration::from_mins(10));
    stack.sweep().await;
    stack.travel(Duration::from_mins(11));
    stack.sweep().await;
    let log = Log::of(&stack).await;
    let [_, pending] = log.invocations("numbers_list").try_into().expect("two requests");
    assert_eq!((&pending["outcome"], &pending["status"]), (&json!("payment_pending"), &json!(503)));
    assert_eq!(log.all("UnknownSettlements", &[("function", "reaper")]), [0, 0, 1, 0]);
    let [_, _, age, gone] = log.all("UnknownSettlementAge", &[]).try_into().expect("four rounds");
    assert!((600..660).contains(&age) && gone == 0, "{age}, {gone}");
    assert_eq!(log.all("UnfinishedSales", &[]), [0, 0, 1, 0]);
    assert_eq!(log.all("Sales", &[("result", "unknown")]), [1, 1]);
    assert_eq!(log.sum("Sales", &[("result", "lapsed")]), 1);
}

#[tokio::test]
async fn a_round_says_what_it_did_and_how_things_stand() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.expect(200);
    stack.sweep().await;
    // The lease ends, the number rests, and is in the pool.
    stack.travel(Duration::from_hours(24 * 30 + 1));
    stack.sweep().await;
    stack.travel(Duration::from_hours(49));
    stack.sweep().await;
    let log = Log::of(&stack).await;
    let rounds = log.invocations("reaper");
    // One for each shard of the queues, three times.
    let leases = rounds.iter().map(|line| line["report"]["leases"].as_u64().expect("a count"));
    assert_eq!((rounds.len(), leases.sum::<u64>()), (12, 1));
    assert!(rounds.iter().all(|line| line["outcome"] == "ok" && line["status"].is_null()));
    assert_eq!(log.sum("Rounds", &[("function", "reaper")]), 12);
    assert_eq!(log.sum("Rounds", &[("function", "refunds")]), 3);
    assert_eq!(log.all("Pool", &[("country", "US")]), [0, 0, 1]);
    assert_eq!(log.all("Numbers", &[("country", "US")]), [1, 1, 1], "once a day");
    assert_eq!(log.all("NumberRent", &[]), [1_150_000; 3]);
    assert_eq!(log.last("RefundFloat"), 50_000_000);
}

#[tokio::test]
async fn money_that_goes_back_is_counted_and_so_is_what_the_call_cost() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.expect(200);
    let call = json!({"to": "+12133610872", "task": "Confirm the reservation for two."});
    stack.bland.script_next(Script::PreQueueError);
    let calls = || async {
        stack.travel(Duration::from_secs(15));
        let call = stack.post(CALL).body(&call).pay(&wallet).await.answer.expect(200).json();
        stack.bland.finish_all();
        for later in [10, 61] {
            stack.travel(Duration::from_secs(later));
            let path = format!("{CALL}/{}", call["call_id"].as_str().expect("an id"));
            stack.get(&path).send().await.expect(200);
        }
    };
    calls().await;
    stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::html(502)));
    stack.sweep().await;
    stack.travel(Duration::from_mins(2));
    stack.sweep().await;
    calls().await;
    let log = Log::of(&stack).await;
    assert_eq!(log.sum("Refunds", &[("result", "waiting")]), 1);
    assert_eq!(log.sum("Refunds", &[("result", "refunded")]), 1);
    assert_eq!(log.sum("MoneyBack", &[("result", "refunded")]), 540_000);
    assert_eq!(log.last("RefundedToday"), 540_000);
    let [first, second] = log.all("RefundsOwed", &[]).try_into().expect("two rounds");
    assert_eq!((first, second), (1, 0));
    let charged = log.all("UpstreamCost", &[("vendor", "bland")]).into_iter().filter(|cost| *cost > 0).count();
    assert_eq!(charged, 1, "the second call was connected, and Bland charges for that, once");
    let polls = log.invocations("voice_call_status");
    assert!(polls.iter().all(|line| counts(line, "bland") <= 1 && line["sale"].is_null()));
}

#[tokio::test]
async fn it_is_seen_how_much_of_a_days_budget_is_used_up() {
    let stack = Stack::builder(binaries!()).parameter("DailyCallBudget", "2").start().await;
    let wallet = stack.wallet();
    stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.expect(200);
    for to in ["+12133610872", "+12133610873", "+12133610874"] {
        let call = json!({"to": to, "task": "Confirm the reservation for two.", "max_duration": 5});
        stack.post(CALL).body(&call).pay(&wallet).await;
    }
    stack.travel(Duration::from_hours(36));
    let call = json!({"to": "+12133610875", "task": "Confirm the reservation for two.", "max_duration": 5});
    stack.post(CALL).body(&call).pay(&wallet).await;
    let log = Log::of(&stack).await;
    // Five minutes at 14 cents, and the carrier's.
    let used = log.all("CallBudgetUsed", &[("function", "voice_call")]);
    let [second, third] = used.try_into().expect("neither the first of a day nor that of the next is worth telling");
    assert!((35..=50).contains(&second) && third == 2 * second, "{second}, {third}");
    assert_eq!(log.sum("LimitsHit", &[("limit", "call_cost_per_day")]), 1);
}

#[tokio::test]
async fn a_fault_is_counted_and_names_its_cause_beside_the_line() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let payment = wallet.signs(&stack.post(LIST).demand().await);
    stack.dynamo.faults().times("BatchGetItem", 3, Fault::Refuse(Answer::html(500)));
    stack.post(LIST).paid_with(&payment).send().await.refused(500, "internal_error");
    let log = Log::of(&stack).await;
    let [_, failed] = log.invocations("numbers_list").try_into().expect("two requests");
    assert_eq!((&failed["outcome"], &failed["level"]), (&json!("internal_error"), &json!("ERROR")));
    assert_eq!(log.sum("Faults", &[("function", "numbers_list")]), 1);
    let cause = log.lines.iter().find(|line| line["span"]["request"] == failed["request"]).expect("a cause");
    assert!(cause["fault"].as_str().expect("a text").starts_with("DynamoDB"), "{cause}");
}

#[tokio::test]
async fn a_vendor_that_does_not_accept_our_account_is_counted_from_the_first_request_on() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.buys_in(&wallet, Some("415")).await;
    let call = json!({"to": "+12133610872", "task": "Confirm the reservation for two."});
    stack.bland.set_balance(Some(0));
    stack.post(CALL).body(&call).pay(&wallet).await.answer.refused(502, "upstream_error");
    stack.twilio.set_suspended(true);
    stack.post(BUY).body(&json!({"area_code": "213"})).pay(&wallet).await.answer.refused(502, "upstream_error");
    for answer in [Answer::json(401, &json!({"message": "Unauthorized"})), Answer::html(403)] {
        stack.facilitator.faults().once("POST */verify", Fault::Refuse(answer));
        stack.post(CALL).body(&call).pay(&wallet).await.answer.refused(502, "upstream_error");
    }
    let log = Log::of(&stack).await;
    for (vendor, title, times) in [("bland", "Bland", 1), ("twilio", "Twilio", 1), ("facilitator", "facilitator", 2)] {
        assert_eq!(log.sum("LockedOut", &[("vendor", vendor)]), times, "{vendor}");
        let told = log.lines.iter().find(|line| line["vendor"] == title && line["level"] == "ERROR").expect(vendor);
        assert_eq!(told["message"], "a vendor does not accept our account");
        assert!(told["said"].as_str().is_some_and(|said| !said.is_empty()), "{told}");
    }
    // A line that has a member twice is read by each reader in its own way.
    for line in stack.logs().await.lines().filter(|line| line.contains("does not accept our account")) {
        assert_eq!(line.matches("\"message\":").count(), 1, "{line}");
    }
}

#[tokio::test]
async fn a_vendor_that_fails_is_counted_and_one_that_has_no_such_number_is_not() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.buys_in(&wallet, Some("415")).await;
    let call = json!({"to": "+12133610872", "task": "Confirm the reservation for two."});
    stack.twilio.faults().always(
        "GET */AvailablePhoneNumbers/*",
        Fault::Refuse(Answer::json(200, &json!({"available_phone_numbers": []}))),
    );
    stack.post(BUY).body(&json!({})).pay(&stack.wallet()).await.answer.refused(502, "upstream_error");
    stack.twilio.faults().clear();
    stack.twilio.faults().always("GET */AvailablePhoneNumbers/*", Fault::Refuse(Answer::html(503)));
    stack.post(BUY).body(&json!({})).pay(&stack.wallet()).await.answer.refused(502, "upstream_error");
    stack.facilitator.faults().once("POST */verify", Fault::Refuse(Answer::html(503)));
    stack.post(CALL).body(&call).pay(&wallet).await.answer.refused(502, "upstream_error");
    let log = Log::of(&stack).await;
    for (vendor, least) in [("twilio", 1), ("facilitator", 1), ("bland", 0)] {
        let failures = log.all("VendorFailures", &[("vendor", vendor)]);
        assert_eq!(failures.len(), least, "{vendor}: one request was failed");
    }
    assert_eq!(log.sum("LockedOut", &[]), 0, "no vendor has said anything of our account");
}

#[tokio::test]
async fn what_is_counted_is_in_the_list() {
    let stack = Stack::start(binaries!()).await;
    stack.post(BUY).body(&json!({})).pay(&stack.wallet()).await.answer.expect(200);
    stack.sweep().await;
    let log = Log::of(&stack).await;
    assert!(log.data.len() > 10);
    for datum in &log.data {
        let metric = ALL.iter().find(|metric| metric.name == datum.name).expect("a metric of ours");
        let dimensions: Vec<_> = datum.dimensions.keys().map(String::as_str).collect();
        let mut expected = metric.dimensions.to_vec();
        expected.sort_unstable();
        assert_eq!(
            (dimensions, datum.unit.as_str()),
            (expected, metric.unit.told().unwrap_or("None")),
            "{}",
            datum.name
        );
    }
}

/// CloudWatch asks a price for each series in each month, whatever is in it.
#[tokio::test]
async fn a_small_stack_has_at_most_forty_series() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let bought = stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.expect(200).json();
    stack.post(RENEW).body(&json!({"phone_number": bought["phone_number"]})).pay(&wallet).await.answer.expect(200);
    stack.post(LIST).pay(&wallet).await.answer.expect(200);
    let call = |to: &str| json!({"phone_number": to, "task": "Confirm the reservation for two."});
    let placed = stack.post(CALL).body(&call("+12133610872")).pay(&wallet).await.answer.expect(200).json();
    stack.bland.script_next(Script::PreQueueError);
    let failed = stack.post(CALL).body(&call("+12133610873")).pay(&wallet).await.answer.expect(200).json();
    stack.post(CALL).body(&call("911")).send().await.refused(400, "bad_request");
    stack.get("/v1/voice/call/unknown").send().await.refused(404, "unknown_call");
    stack.bland.finish_all();
    for _ in 0..2 {
        stack.travel(Duration::from_secs(61));
        stack.poll(&placed).await;
        stack.poll(&failed).await;
        stack.sweep().await;
    }
    let log = Log::of(&stack).await;
    let ours: BTreeSet<_> =
        log.data.iter().map(|datum| (datum.name.clone(), format!("{:?}", datum.dimensions))).collect();
    // From the access log: 200, 400, 402, 404; and what is counted of lines that wake an operator.
    let counted = ours.len() + 4 + 3;
    assert!((20..=40).contains(&counted), "{counted}: {ours:?}");
}

/// Bytes of the line that a request leaves, by what it was: half of what they once were, 495,
/// 1,060, 1,100 and 527.
#[tokio::test]
async fn a_line_is_short() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    stack.post(LIST).pay(&wallet).await.answer.expect(200);
    let placed = stack.calls(&wallet, "+12133610872").await;
    stack.poll(&placed).await;
    stack.poll(&placed).await;
    stack.post(LIST).send().await.expect(402);
    stack.post(CALL).send().await.expect(402);
    let log = Log::of(&stack).await;
    let longest = |function: &str, outcome: &str| {
        let all = log
            .invocations(function)
            .into_iter()
            .filter(|line| line["outcome"] == outcome && line["cold_start"].is_null());
        all.map(|line| line.to_string().len()).max().unwrap_or_default()
    };
    let lines = [
        ("unpaid", longest("voice_call", "unpaid").max(longest("numbers_list", "unpaid")), 247),
        ("list", longest("numbers_list", "ok"), 530),
        ("call", longest("voice_call", "ok"), 550),
        ("poll", longest("voice_call_status", "ok"), 263),
    ];
    let other: Vec<_> = lines.into_iter().filter(|(_, bytes, most)| !(1..=*most).contains(bytes)).collect();
    assert!(other.is_empty(), "{other:?}");
}
