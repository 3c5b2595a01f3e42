//! The commands that only look.

use harness::Stack;
use harness::sim::bland::Script;
use harness::sim::{Answer, Fault};
use serde_json::{Value, json};

use crate::fixture::{BUY, CALL, CALLEE, DAY, Dialtone, MINUTE, functions, sale_of, world};

#[tokio::test]
async fn a_payment_is_found_by_whatever_is_known_of_it() {
    let stack = Stack::start(functions()).await;
    let (wallet, dialtone) = (stack.wallet(), Dialtone::of(&stack));
    let paid = stack.post(BUY).body(&json!({})).pay(&wallet).await;
    let (name, header) = paid.payment.header();
    paid.answer.expect(200);
    let id = sale_of(&stack, BUY);
    let row = stack.dynamo.row(&format!("SALE#{id}"), "SALE").expect("a row");
    let said = dialtone.run(&["payment", &id]).await.ends(0).says(&[
        "paid and delivered",
        "a lease of +1",
        "$5.00",
        &wallet.text(),
        "/phone/numbers/buy",
    ]);
    let tag = said.out.split_whitespace().find(|word| word.starts_with("dt-")).expect("a tag").to_owned();
    let transaction = row["settled"]["transaction"].as_str().expect("a hash");
    let nonce = row["payment"]["nonce"].as_str().expect("a nonce");
    let payer = wallet.text();
    let everywhere = [vec!["payment", &tag], vec!["payment", transaction], vec!["payment", &payer, nonce]];
    for arguments in everywhere {
        let found = dialtone.json(&arguments).await;
        assert_eq!(found["payments"][0]["id"], id, "{arguments:?}");
        assert_eq!(found["payments"].as_array().map(Vec::len), Some(1));
    }
    // Once it is in the books it is found without a search.
    for _ in 0..3 {
        stack.travel(30 * MINUTE);
        stack.sweep().await;
    }
    let searched = || stack.dynamo.faults().count("Scan*");
    let before = searched();
    assert_eq!(dialtone.json(&["payment", &tag]).await["payments"][0]["id"], id);
    assert_eq!(searched(), before);
    let found = dialtone.told(&["payment", "--header", "-", "--json"], &format!("{name}: {header}\n")).await;
    assert_eq!(found.json()["payments"][0]["id"], id);
    assert_eq!(found.json()["payments"][0]["work"]["kind"], "lease");
}

#[tokio::test]
async fn what_is_not_known_is_no_payment_call_number_or_wallet() {
    let stack = Stack::start(functions()).await;
    let dialtone = Dialtone::of(&stack);
    let (hash, stranger) = (format!("0x{}", "ab".repeat(32)), stack.wallet());
    dialtone.run(&["payment", &hash]).await.ends(1).says(&["No sale of this payment"]);
    dialtone.run(&["payment", "dt-00000000000000000000000000"]).await.ends(1);
    dialtone.run(&["payment", &stranger.text(), &hash]).await.ends(1);
    dialtone.run(&["call", "00000000000000000000000000"]).await.ends(1);
    dialtone.run(&["number", "+14155550199"]).await.ends(1).says(&["not in the table", "not ours"]);
    dialtone.run(&["wallet", &stranger.text()]).await.ends(1);
    for nonsense in [["call", "me"], ["number", "911"], ["wallet", "0x12"]] {
        dialtone.run(&nonsense).await.ends(2);
    }
    // What is cut off is not said to have never been paid.
    for cut_off in ["0x34fe", "dt-xx", "dt-00000000000000000000000", "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"] {
        let said = dialtone.run(&["payment", cut_off]).await.ends(2);
        assert!(said.err.contains("Is it cut off?"), "{cut_off}: {}", said.err);
    }
    dialtone.run(&["number", "+1 (415) 555-0199"]).await.ends(1).says(&["not in the table"]);
    let wallet = dialtone.run(&["payment", &stranger.text()]).await.ends(2);
    assert!(wallet.err.contains("name the nonce"), "{}", wallet.err);
    dialtone.run(&["payment"]).await.ends(2);
}

#[tokio::test]
async fn a_settlement_that_is_unknown_is_told_by_its_payment_and_as_stuck() {
    let stack = world().without_rpc().start().await;
    let (wallet, dialtone) = (stack.wallet(), Dialtone::of(&stack));
    stack.sweep().await;
    dialtone.run(&["stuck"]).await.ends(0).says(&["Nothing is stuck."]);
    stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::html(502)));
    stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.refused(503, "payment_pending");
    let id = sale_of(&stack, BUY);
    dialtone.run(&["payment", &id]).await.ends(0).says(&["unknown: it may have been settled"]);
    let told = dialtone.json(&["stuck"]).await;
    assert_eq!(told["stuck"][0]["kind"], "unknown settlement", "{told}");
    let why = |told: &Value| told["stuck"][0]["why"].as_str().expect("a reason").to_owned();
    assert!(!why(&told).contains("is the reaper running?"), "{told}");
    // The reaper does not run.
    stack.travel(10 * MINUTE);
    let told = dialtone.json(&["stuck"]).await;
    assert!(why(&told).contains("is the reaper running?"), "{told}");
    // Without a node it is given up a quarter of an hour after it has expired.
    stack.travel(15 * MINUTE);
    stack.sweep().await;
    dialtone.run(&["payment", &id]).await.ends(0).says(&["not charged"]);
    dialtone.run(&["stuck"]).await.ends(0);
}

#[tokio::test]
async fn a_call_is_told_with_its_payment_and_its_words_only_when_asked() {
    let stack = Stack::start(functions()).await;
    let (wallet, dialtone) = (stack.wallet(), Dialtone::of(&stack));
    let number = stack.buys_in(&wallet, Some("415")).await;
    let call = stack.calls(&wallet, CALLEE).await;
    let id = call["call_id"].as_str().expect("an id");
    dialtone.run(&["call", id]).await.ends(0).says(&["not looked at yet", "paid and delivered", "$0.54"]);
    stack.bland.finish_all();
    stack.travel(10 * MINUTE);
    stack.sweep().await;
    let said = dialtone.run(&["call", id]).await.ends(0).says(&["completed"]);
    assert!(!said.out.contains(&number) && !said.out.contains(CALLEE), "{}", said.out);
    let shown = dialtone.json(&["call", id]).await;
    assert_eq!((&shown["transcript"], &shown["summary"]), (&Value::Null, &Value::Null));
    let shown = dialtone.json(&["call", id, "--transcript", "--full"]).await;
    assert!(shown["transcript"].as_array().is_some_and(|lines| !lines.is_empty()), "{shown}");
    assert_eq!((&shown["from"], &shown["to"]), (&json!(number), &json!(CALLEE)));
}

#[tokio::test]
async fn a_call_that_is_to_be_paid_back_is_told_so_until_it_is() {
    let stack = Stack::start(functions()).await;
    let (wallet, dialtone) = (stack.wallet(), Dialtone::of(&stack));
    stack.buys_in(&wallet, Some("415")).await;
    stack.bland.script_next(Script::PreQueueError);
    let call = stack.calls(&wallet, CALLEE).await;
    let id = call["call_id"].as_str().expect("an id");
    stack.bland.finish_all();
    let path = format!("{CALL}/{id}");
    for _ in 0..2 {
        stack.travel(MINUTE + MINUTE / 6);
        stack.get(&path).send().await.expect(200);
    }
    dialtone.run(&["call", id]).await.ends(0).says(&["to be paid back"]);
    stack.facilitator.faults().always("POST */settle", Fault::Refuse(Answer::html(503)));
    for _ in 0..3 {
        stack.sweep().await;
        stack.travel(15 * MINUTE);
    }
    let sale = sale_of(&stack, CALL);
    dialtone.run(&["payment", &sale]).await.ends(0).says(&["$0.54 goes back (the call ended in an error)"]);
    dialtone.run(&["stuck"]).await.ends(1).says(&["refund owed", "Is the refund wallet filled?"]);
    stack.facilitator.faults().clear();
    stack.travel(15 * MINUTE);
    stack.sweep().await;
    dialtone.run(&["payment", &sale]).await.ends(0).says(&["$0.54 is back"]);
    dialtone.run(&["call", id]).await.ends(0).says(&["paid back by"]);
    dialtone.run(&["stuck"]).await.ends(0);
}

#[tokio::test]
async fn a_number_is_told_as_the_table_the_carrier_and_the_dialler_have_it() {
    let stack = Stack::start(functions()).await;
    let (wallet, dialtone) = (stack.wallet(), Dialtone::of(&stack));
    let number = stack.buys_in(&wallet, Some("415")).await;
    let said = dialtone.run(&["number", &number]).await.ends(0);
    said.says(&["leased", &wallet.text(), "active, ends", "billed to us", "knows it"]);
    stack.bland.forget(&number);
    dialtone.run(&["number", &number]).await.ends(1).says(&["does not know it", "A call imports it again"]);
    stack.bland.import(&number);
    stack.travel(31 * DAY);
    stack.sweep().await;
    dialtone.run(&["number", &number]).await.ends(0).says(&["resting until"]);
    stack.travel(3 * DAY);
    let shown = dialtone.json(&["number", &number]).await;
    assert_eq!((&shown["custody"], &shown["billed"], &shown["imported"]), (&json!("idle"), &json!(true), &json!(true)));
    stack.twilio.hold("+14155550199", "bought by hand");
    dialtone.run(&["number", "+14155550199"]).await.ends(1).says(&["the table does not know"]);
}

#[tokio::test]
async fn a_wallet_is_told_with_its_leases_and_on_request_its_payments() {
    let stack = Stack::start(functions()).await;
    let (wallet, dialtone) = (stack.wallet(), Dialtone::of(&stack));
    let number = stack.buys_in(&wallet, Some("415")).await;
    let said = dialtone.run(&["wallet", &wallet.text()]).await.ends(0).says(&["1 active of 1", "$0.00", "+14…"]);
    assert!(!said.out.contains(&number));
    let shown = dialtone.json(&["wallet", &wallet.text().to_lowercase(), "--payments", "--full"]).await;
    assert_eq!(shown["wallets"][0]["leases"][0]["number"], number);
    assert_eq!(shown["wallets"][0]["payments"][0]["outcome"], "paid and delivered");
}

#[tokio::test]
async fn the_stock_is_counted_by_country_and_priced_by_the_carrier() {
    let stack = Stack::start(functions()).await;
    let (wallet, dialtone) = (stack.wallet(), Dialtone::of(&stack));
    stack.buys_in(&wallet, Some("415")).await;
    stack.travel(31 * DAY);
    stack.sweep().await;
    stack.buys_in(&wallet, Some("415")).await;
    let shown = dialtone.json(&["stock"]).await;
    let us = &shown["countries"][0];
    assert_eq!(us["country"], "US");
    assert_eq!(
        (&us["idle"], &us["resting"], &us["leased"], &us["billed"]),
        (&json!(0), &json!(1), &json!(1), &json!(2))
    );
    assert_eq!((&us["price"]["monthly"], &us["monthly"]), (&json!("1.15"), &json!("2.30")));
    dialtone.run(&["stock"]).await.ends(0).says(&["country", "1.15 USD", "2.30"]);
}

#[tokio::test]
async fn the_table_of_voices_is_written_without_clones_creators_and_unknown_services() {
    let stack = Stack::start(functions()).await;
    let dialtone = Dialtone::of(&stack);
    let table = dialtone.run(&["voices"]).await.ends(1);
    let lines: Vec<&str> = table.out.lines().filter(|line| !line.starts_with('#')).collect();
    let names: Vec<&str> = lines.iter().filter_map(|line| line.split('\t').next()).collect();
    assert_eq!(names, ["derek", "florian", "josh", "june", "Karen", "maya", "nat", "paige", "willow"]);
    let maya = "maya\td4610ec1-933d-44c9-a05f-53df2437808d\ten-US\tYoung American Female";
    assert!(
        lines.contains(&maya) && lines.iter().any(|line| line.ends_with("\ten-US\tSoft American Female")),
        "{lines:?}"
    );
    assert!(lines.iter().any(|line| line.starts_with("florian\t") && line.contains("\tde\t")), "{lines:?}");
    for why in [
        "2 left out: the account's own",
        "1 left out: paid for by the character",
        "1 left out: of a service",
        "1 left out: not curated",
        "1 left out: called like another",
    ] {
        assert!(table.err.contains(why), "{why}: {}", table.err);
    }
    for unsold in ["0b7c1f6e", "the boss", "my voice", "famous", "eleven", "uncurated", "Another of that name"] {
        assert!(!table.out.contains(unsold), "{unsold}");
    }
    let told = dialtone.json(&["voices"]).await;
    assert_eq!((told["voices"].as_array().map(Vec::len), &told["current"]), (Some(9), &json!(false)));
    assert_eq!(told["left_out"]["not curated"], 1);
    stack.bland.faults().always("GET */v1/voices", Fault::Refuse(Answer::html(502)));
    dialtone.run(&["voices"]).await.ends(2);
}

#[tokio::test]
async fn the_table_of_rates_is_written_from_the_carriers_price_list() {
    let stack = Stack::start(functions()).await;
    let dialtone = Dialtone::of(&stack);
    let table = dialtone.run(&["rates"]).await.ends(1);
    let rates: Vec<&str> = table.out.lines().filter(|line| !line.starts_with('#')).collect();
    // The highest of several, wherever it is called from, and nothing twice.
    assert_eq!(rates, ["1\t0.014", "1907\t0.09", "371\t0.45", "44\t0.021", "447\t0.035"]);
    assert!(
        table.out.contains("# source: the carrier's price list") && table.out.contains("# date: 20"),
        "{}",
        table.out
    );
    assert!(table.err.contains("3 countries, 7 prices"), "{}", table.err);
    let told = dialtone.json(&["rates"]).await;
    assert_eq!((&told["rates"]["447"], &told["current"]), (&json!("0.035"), &json!(false)));
    // Half of a list is none.
    stack.twilio.faults().once("GET */v2/Voice/Countries/LV", Fault::Refuse(Answer::html(502)));
    assert_eq!(dialtone.run(&["rates"]).await.ends(2).out, "");

    let numbers = dialtone.run(&["rates", "--numbers", "US,CA"]).await.ends(0);
    let prices: Vec<&str> = numbers.out.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(prices, ["CA\t1.15", "US\t1.15"]);
    let unknown = dialtone.run(&["rates", "--numbers", "US,FR"]).await.ends(2);
    assert!(unknown.err.contains("no price in dollars for FR"), "{}", unknown.err);
}

#[tokio::test]
async fn without_credentials_it_says_what_is_missing() {
    let stack = Stack::start(functions()).await;
    let lost = Dialtone::of(&stack).with("TABLE_NAME", None);
    let said = lost.run(&["stuck"]).await.ends(2);
    assert!(said.err.contains("which deployment? --stack"), "{}", said.err);
    let said = lost.run(&["stuck", "--json"]).await.ends(2);
    assert!(said.json()["error"].as_str().is_some_and(|error| error.contains("which deployment?")));
    Dialtone::of(&stack).with("TABLE_NAME", None).run(&["stuck", "--table", stack.dynamo.table()]).await.ends(0);
}

#[tokio::test]
async fn a_local_world_is_worked_on_by_the_facts_that_it_left_whatever_the_environment_says() {
    let stack = Stack::start(functions()).await;
    let wallet = stack.wallet();
    stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.expect(200);
    let facts = std::env::temp_dir().join(format!("dialtone-{}.json", stack.twilio.account().sid));
    std::fs::write(&facts, json!({"gateway": "", "operator": stack.operator()}).to_string()).expect("a file");
    let option = format!("--local={}", facts.display());
    let elsewhere = Dialtone::bare(&stack)
        .with("AWS_ENDPOINT_URL_DYNAMODB", Some("http://127.0.0.1:1"))
        .with("DIALTONE_STACK", None);
    let sale = sale_of(&stack, BUY);
    elsewhere.run(&[&option, "payment", &sale]).await.ends(0).says(&["paid and delivered"]);
    elsewhere.run(&[&option, "stock"]).await.ends(0);
    elsewhere.run(&[&option, "pause", "--because", "drill", "--yes"]).await.ends(0);
    stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.expect(503);
    std::fs::write(&facts, "{}").expect("a file");
    let said = elsewhere.run(&[&option, "stock"]).await.ends(2);
    assert!(said.err.contains("start one with `cargo local`"), "{}", said.err);
    std::fs::remove_file(&facts).expect("a file");
    let said = elsewhere.run(&[&option, "stock"]).await.ends(2);
    assert!(said.err.contains("there is no local world"), "{}", said.err);
}
