//! `POST /api/v1/phone/numbers/list`

use harness::{Stack, binaries};
use serde_json::json;

#[tokio::test]
async fn a_wallet_without_numbers_pays_a_tenth_of_a_cent_for_an_empty_list() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let paid = stack.post("/api/v1/phone/numbers/list").body(&json!({})).pay(&wallet).await;
    println!("{:?}", paid.answer);
    let list = paid.answer.expect(200).json();
    assert_eq!(list["wallet"], wallet.text());
    assert_eq!(list["numbers"], json!([]));
    assert_eq!(stack.earned(), 1_000);
    println!("{}", stack.logs().await);
}
