//! Many calls at once, and one that is hung up.

use harness::Stack;
use harness::sim::bland::Script;
use serde_json::{Map, Value, json};

use crate::fixture::{CALLEE, Dialtone, MINUTE, functions};

const OTHER: &str = "+12133610873";

fn ids(told: &Value) -> Vec<&str> {
    let calls = told["calls"].as_array().map(Vec::as_slice).unwrap_or_default();
    calls.iter().filter_map(|call| call["call"].as_str()).collect()
}

#[tokio::test]
async fn calls_are_found_by_wallet_number_and_time_and_by_that_they_run() {
    let stack = Stack::start(functions()).await;
    let dialtone = Dialtone::of(&stack);
    let wallets = [stack.wallet(), stack.wallet()];
    let mut numbers = Vec::new();
    let mut placed = Vec::new();
    for (wallet, to) in wallets.iter().zip([CALLEE, OTHER]) {
        numbers.push(stack.buys_in(wallet, Some("415")).await);
        placed.push(stack.calls(wallet, to).await["call_id"].as_str().expect("an id").to_owned());
        stack.bland.finish_all();
        stack.travel(20 * MINUTE);
        stack.sweep().await;
    }
    let running = stack.calls(&wallets[0], OTHER).await["call_id"].as_str().expect("an id").to_owned();
    let wallet = wallets[0].text();
    for (arguments, expected) in [
        (&["--running"][..], vec![&running]),
        (&["--wallet", &wallet], vec![&running, &placed[0]]),
        (&["--wallet", &wallet, "--to", CALLEE], vec![&placed[0]]),
        (&["--to", OTHER], vec![&running, &placed[1]]),
        (&["--from", &numbers[1]], vec![&placed[1]]),
        (&["--since", "30m"], vec![&running, &placed[1]]),
        (&["--until", "30m"], vec![&placed[0]]),
        (&["--to", OTHER, "--until", "10m"], vec![&placed[1]]),
        (&["--since", "2020-01-01"], vec![&running, &placed[1], &placed[0]]),
        (&["--to", "+12133610874"], vec![]),
    ] {
        let told = dialtone.json(&[&["calls"], arguments].concat()).await;
        assert_eq!(ids(&told), expected, "{arguments:?}");
    }
    let said = dialtone.run(&["calls"]).await.ends(0).says(&["completed", &wallet]);
    assert!(!said.out.contains(CALLEE) && !said.out.contains(&numbers[0]), "{}", said.out);
    dialtone.run(&["calls", "--full"]).await.ends(0).says(&[CALLEE, &numbers[0]]);
    dialtone.run(&["calls", "--to", "+12133610874"]).await.ends(1).says(&["No such call."]);
    dialtone.run(&["calls", "--since", "yesterday"]).await.ends(2);
    stack.bland.finish_all();
    stack.travel(10 * MINUTE);
    stack.sweep().await;
    dialtone.run(&["calls", "--running"]).await.ends(1);
}

/// Copies of the only call, a second earlier each, in its wallet's list and, if it runs, in its
/// queue.
fn copied(stack: &Stack, id: &str, many: i64) {
    let items = stack.dynamo.items();
    let of = |begins: &str| {
        let fits = |item: &&Map<String, Value>| {
            let text = |name: &str| item[name]["S"].as_str().unwrap_or_default().to_owned();
            text("pk").starts_with(begins) && (text("pk") + &text("sk")).contains(id)
        };
        items.iter().find(fits).cloned().unwrap_or_else(|| panic!("no {begins}"))
    };
    let (call, listed) = (of("CALL#"), of("CALLS#"));
    let at: i64 = call["created_at"]["N"].as_str().and_then(|at| at.parse().ok()).expect("a time");
    let copies = (1..=many).flat_map(|nth| {
        let (at, id) = (at - nth, format!("{}{nth:04}", &id[..id.len() - 4]));
        let (mut call, mut listed) = (call.clone(), listed.clone());
        call.insert("pk".to_owned(), json!({"S": format!("CALL#{id}")}));
        call.insert("created_at".to_owned(), json!({"N": at.to_string()}));
        listed.insert("sk".to_owned(), json!({"S": format!("{at:012}#{id}")}));
        [call, listed]
    });
    stack.dynamo.put_all(copies.collect());
}

#[tokio::test]
async fn calls_beyond_a_page_are_told_or_it_is_said_that_there_are_more() {
    let mut stack = Stack::start(functions()).await;
    stack.excuse("", "most of these calls were never dialled");
    let dialtone = Dialtone::of(&stack);
    let wallet = stack.wallet();
    stack.buys_in(&wallet, Some("415")).await;
    let id = stack.calls(&wallet, CALLEE).await["call_id"].as_str().expect("an id").to_owned();
    copied(&stack, &id, 2_100);
    let told =
        async |arguments: &[&str]| dialtone.json(&[&["calls", "--wallet", &wallet.text()], arguments].concat()).await;
    let all = told(&[]).await;
    assert_eq!((ids(&all).len(), &all["is_all"]), (2_101, &json!(true)));
    let dialled = all["calls"][1_500]["dialled_at"].as_str().expect("a time").to_owned();
    assert_eq!(ids(&told(&["--since", &dialled]).await).len(), 1_501);
    assert_eq!(ids(&told(&["--until", &dialled]).await).len(), 600);
    let second = all["calls"][1_000]["dialled_at"].as_str().expect("a time").to_owned();
    assert_eq!(ids(&told(&["--until", &second, "--since", &dialled]).await).len(), 500);
    // They are all in one part of the queue, of which a thousand are read.
    let running = dialtone.run(&["calls", "--running"]).await.ends(0).says(&["There are more"]);
    assert_eq!(running.out.lines().filter(|line| line.contains(&id[..20])).count(), 1_000);
    assert_eq!(dialtone.json(&["calls", "--running"]).await["is_all"], false);
}

#[tokio::test]
async fn who_calls_most_is_told_with_what_that_brought_and_cost() {
    let stack = Stack::start(functions()).await;
    let dialtone = Dialtone::of(&stack);
    let (busy, quiet) = (stack.wallet(), stack.wallet());
    for (wallet, to) in [(&busy, CALLEE), (&busy, OTHER), (&quiet, "+14155550142")] {
        if stack.dynamo.rows().iter().all(|row| row["pk"] != format!("WALLET#{}", wallet.caip10(stack.network()))) {
            stack.buys_in(wallet, Some("415")).await;
        }
        stack.bland.script_next(if to == OTHER { Script::PreQueueError } else { Script::UserHangsUp });
        let call = stack.calls(wallet, to).await;
        stack.bland.finish_all();
        for _ in 0..3 {
            stack.travel(MINUTE + MINUTE / 6);
            stack.poll(&call).await;
            stack.sweep().await;
        }
    }
    let wallets = dialtone.json(&["top", "wallets"]).await;
    assert_eq!(wallets["top"][0]["wallet"], busy.caip10(stack.network()), "{wallets}");
    let counted = |row: &Value| (row["calls"].clone(), row["failed"].clone(), row["kept_micros"].clone());
    assert_eq!(counted(&wallets["top"][0]), (json!(2), json!(1), json!(540_000)), "{wallets}");
    let prefixes = dialtone.json(&["top", "prefixes"]).await;
    assert_eq!((&prefixes["top"][0]["prefix"], &prefixes["top"][1]["prefix"]), (&json!("+1213"), &json!("+1415")));
    let said = dialtone.run(&["top", "destinations", "--since", "24h"]).await.ends(0);
    assert!(!said.out.contains(CALLEE), "{}", said.out);
    dialtone.run(&["top", "destinations", "--full"]).await.ends(0).says(&[CALLEE]);
    dialtone.run(&["top", "wallets", "--until", "2020-01-01"]).await.ends(1);
    // A call that was paid back has kept nothing, so what it has cost is lost.
    let margin = dialtone.json(&["margin"]).await;
    assert_eq!((&margin["all"]["calls"], &margin["all"]["kept_micros"]), (&json!(3), &json!(1_080_000)), "{margin}");
    dialtone.run(&["margin"]).await.ends(0).says(&["3 calls: $1.08 kept"]);
}

#[tokio::test]
async fn a_call_that_runs_is_hung_up_by_an_operator_once() {
    let stack = Stack::start(functions()).await;
    let dialtone = Dialtone::of(&stack);
    let wallet = stack.wallet();
    stack.buys_in(&wallet, Some("415")).await;
    stack.bland.script_next(Script::NeverEnds);
    let call = stack.calls(&wallet, CALLEE).await;
    let id = call["call_id"].as_str().expect("an id");
    let vendors = stack.bland.calls().pop().expect("a call").id;
    for _ in 0..4 {
        stack.bland.advance(&vendors);
    }
    assert!(dialtone.run(&["hangup", id, "--because", "abuse"]).await.ends(2).err.contains("--yes"));
    dialtone.run(&["hangup", id, "--yes"]).await.ends(2);
    dialtone.run(&["hangup", id, "--because", "abuse", "--yes"]).await.ends(0).says(&["It is ending."]);
    for _ in 0..3 {
        stack.travel(MINUTE / 2 + MINUTE / 60);
        stack.poll(&call).await;
    }
    assert_eq!(stack.poll(&call).await["ended_by"], "REQUESTED");
    dialtone.run(&["hangup", id, "--because", "abuse", "--yes"]).await.ends(1).says(&["It had ended."]);
    let nothing = "0".repeat(26);
    dialtone.run(&["hangup", &nothing, "--because", "abuse", "--yes"]).await.ends(1).says(&["no such call"]);
    dialtone.run(&["hangup", "me", "--because", "abuse", "--yes"]).await.ends(2);
    // Its whole id is the right to read it, and the trail is kept for years.
    let rows =
        stack.dynamo.rows().into_iter().filter(|row| row["pk"].as_str().is_some_and(|key| key.starts_with("BOOK#")));
    let deeds: Vec<String> = rows.map(|row| row.to_string()).filter(|row| row.contains("hangup")).collect();
    let cut = format!("hangup {}…", &id[..8]);
    assert!(!deeds.is_empty() && deeds.iter().all(|deed| !deed.contains(id)), "{deeds:#?}");
    assert!(deeds.iter().any(|deed| deed.contains(&cut)), "{deeds:#?}");
}

#[tokio::test]
async fn those_who_are_refused_are_listed_and_those_who_are_not_called_are_counted() {
    let stack = Stack::start(functions()).await;
    let dialtone = Dialtone::of(&stack);
    let wallet = stack.wallet();
    dialtone.run(&["blocked"]).await.ends(0).says(&["0 wallets are refused. 0 numbers are not called"]);
    dialtone.run(&["block", "wallet", &wallet.text(), "--because", "spam", "--yes"]).await.ends(0);
    dialtone.run(&["block", "destination", CALLEE, "--because", "asked", "--yes"]).await.ends(0);
    let said = dialtone.run(&["blocked"]).await.ends(0);
    let said = said.says(&["1 wallets are refused. 1 numbers", &wallet.text().to_lowercase(), "alice: spam"]);
    assert!(!said.out.contains("3610872"), "{}", said.out);
    let told = dialtone.json(&["blocked"]).await;
    assert_eq!(told["destinations"].as_array().map(Vec::len), Some(1));
}
