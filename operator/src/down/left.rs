//! What a deleted stack leaves: money, records and things that cost, as far as they can be seen
//! before they are all that is left.

use shared::env::Env;
use shared::store::Store;
use shared::store::books::day_of;
use shared::types::{Country, Wallet};

use crate::Desk;
use crate::aws::Aws;
use crate::show::ASK;
use crate::terminal::Trouble;
use crate::words::counted;

/// What a US number costs a month, in cents.
const CENTS: usize = 115;

/// Something that a deleted stack leaves.
pub(super) struct Left {
    pub(super) what: String,
    pub(super) costs: String,
    pub(super) how: String,
}

fn one(what: impl Into<String>, costs: impl Into<String>, how: impl Into<String>) -> Left {
    Left { what: what.into(), costs: costs.into(), how: how.into() }
}

/// What stays, what that costs, and how each of it goes. Money comes first.
pub(super) async fn left_behind(desk: &Desk, aws: &Aws, store: &Store, stack: &str) -> Result<Vec<Left>, Trouble> {
    let mut all = Vec::new();
    for (logical, key) in aws.resources_of(stack, "AWS::KMS::Key").await? {
        if logical != "RefundKey" {
            let how = format!(
                "it goes by itself in 30 days, and what its wallet holds with it: `aws kms cancel-key-deletion --key-id {key}` keeps it"
            );
            all.push(one(format!("the canary's key {key}"), "nothing", how));
            continue;
        }
        all.extend(refund_wallets(desk, &key).await);
        let how = format!("once the refund wallet is empty: aws kms schedule-key-deletion --key-id {key}");
        all.push(one(format!("the refund wallet's key {key}"), "$1.00", how));
    }
    let secrets = aws.resources_of(stack, "AWS::SecretsManager::Secret").await?;
    for (_, secret) in secrets.into_iter().filter(|(logical, _)| logical == "RefundSecret") {
        all.extend(refund_wallet_on_solana(desk).await);
        let how = format!("once that wallet is empty: aws secretsmanager delete-secret --secret-id {secret}");
        all.push(one("the secret of the refund wallet on Solana", "$0.40", how));
    }
    for (_, table) in aws.resources_of(stack, "AWS::DynamoDB::Table").await? {
        all.push(open_books(desk, store, &table).await?);
        let how = format!(
            "once the books are written out: aws dynamodb update-table --table-name {table} --no-deletion-protection-enabled; \
             aws dynamodb delete-table --table-name {table}"
        );
        all.push(one(format!("the table {table}, with who owns what"), "$0.25 a GB", how));
    }
    for (_, bucket) in aws.resources_of(stack, "AWS::S3::Bucket").await? {
        let how = "keep it for as long as the law wants; then empty it of all versions in S3's console, and delete it";
        all.push(one(format!("the bucket {bucket}, with the books"), "$0.023 a GB", how));
    }
    for (_, policy) in aws.resources_of(stack, "AWS::IAM::ManagedPolicy").await? {
        let how = format!(
            "aws iam list-entities-for-policy --policy-arn {policy} says who has it; aws iam detach-role-policy takes it from a role; then \
             aws iam delete-policy --policy-arn {policy}"
        );
        all.push(one(
            format!("the operators' policy {policy}, which still opens the table and the books that stay"),
            "nothing",
            how,
        ));
    }
    for _ in aws.resources_of(stack, "AWS::CertificateManager::Certificate").await? {
        let how = "delete the CNAME that begins with _ beside the API's name, in Route 53";
        all.push(one("the record by which AWS renewed the certificate", "nothing", how));
    }
    all.push(numbers(desk).await);
    let bucket = format!("dialtone-{}-{}", aws.identity().await?.account, aws.region());
    let how = format!("aws s3 rb s3://{bucket} --force, once no other stack of this account is deployed from it");
    all.push(one(format!("the bucket {bucket}, with the releases' zips"), "$0.001 a release", how));
    let how = "close the sub-account in Twilio's Console, which gives its numbers back; delete its handle at Bland";
    all.push(one("the accounts at Twilio and Bland, with what is paid in", "nothing", how));
    Ok(all)
}

/// The wallets of the key, one on each EVM network, with what they hold.
async fn refund_wallets(desk: &Desk, key: &str) -> Vec<Left> {
    let kept = desk.settings.build(Env::refund_key).ok().flatten();
    let address = match kept {
        Some(kept) => kept.address(ASK).await.ok(),
        None => None,
    };
    let Some(address) = address else {
        return vec![one("the refund wallet, whose key cannot be asked", "nothing", emptied(key))];
    };
    let payees = desk.settings.build(Env::payees).unwrap_or_default();
    let mut all = Vec::new();
    for payee in payees {
        if let Wallet::Evm { network, .. } = payee {
            all.push(wallet(desk, Wallet::Evm { network, address }, emptied(key)).await);
        }
    }
    all
}

/// How the wallet of a key is emptied that lets only the refunds sign.
fn emptied(key: &str) -> String {
    format!(
        "before its key goes: take the statement OnlyTheRefundsSign out of the key's policy (aws kms get-key-policy and put-key-policy \
         --policy-name default --key-id {key}), and send what it holds to a wallet of your own (OPERATIONS.md, The refund wallet, has \
         the command)"
    )
}

async fn refund_wallet_on_solana(desk: &Desk) -> Option<Left> {
    let network = desk.settings.build(Env::payees).ok()?.into_iter().find_map(|payee| match payee {
        Wallet::Solana { network, .. } => Some(network),
        Wallet::Evm { .. } => None,
    })?;
    let key = desk.settings.build(Env::refund_solana_key).ok().flatten()?.get(ASK).await.ok()?;
    let how = "any wallet for Solana takes its key, which is in the secret: send what it holds to a wallet of your own";
    Some(wallet(desk, Wallet::Solana { network, address: key.address() }, how.to_owned()).await)
}

async fn wallet(desk: &Desk, wallet: Wallet, how: String) -> Left {
    let nodes = desk.settings.build(Env::nodes).unwrap_or_default();
    let held =
        nodes.balance(&wallet, ASK).await.map_or_else(|| "an unknown amount".to_owned(), |held| held.to_string());
    one(format!("{held} in the refund wallet {wallet}, on {}", wallet.network().caip2()), "nothing", how)
}

/// Days whose files are not written yet: a day waits for the vendors' bills, and there is no
/// function any more that writes it.
async fn open_books(desk: &Desk, store: &Store, table: &str) -> Result<Left, Trouble> {
    let today = day_of(desk.invocation.now);
    let from = store.books_written().await?.map(|written| day_of(written.until));
    let month = from.unwrap_or(today).strftime("%Y-%m");
    let what = match from {
        Some(from) => format!("the books of the days from {from} on, which are in the table alone"),
        None => "the books, which are in the table alone".to_owned(),
    };
    let bucket = desk.settings.get("BOOKS_BUCKET").map(|bucket| format!("BOOKS_BUCKET={bucket} ")).unwrap_or_default();
    let how = format!(
        "{bucket}dialtone --table {table} books --month {month} --csv > {month}.csv, for each month until now; the table forgets a day after \
         90 days"
    );
    Ok(one(what, "nothing", how))
}

async fn numbers(desk: &Desk) -> Left {
    let how = "`dialtone release NUMBER` before this; afterwards in Twilio's Console";
    let unknown = || one("the numbers at Twilio", "$1.15 each", how);
    let Some(twilio) = desk.settings.twilio() else { return unknown() };
    let (mut count, mut page) = (0, None);
    loop {
        let Ok((owned, next)) = twilio.all_owned(page, ASK).await else { return unknown() };
        count += owned.len();
        match next {
            Some(_) => page = next,
            None => break,
        }
    }
    let cents = count * CENTS;
    let costs = format!("${}.{:02} at the price of {}", cents / 100, cents % 100, Country::US);
    one(format!("{} at Twilio", counted(count, "number")), costs, how)
}
