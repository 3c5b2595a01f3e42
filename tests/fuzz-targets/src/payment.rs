//! The payment header: what we take is what was signed, and what we pass on is what we took.

use std::sync::LazyLock;

use alloy_primitives::hex;
use futures_util::FutureExt;
use http::{HeaderMap, HeaderName, HeaderValue};
use shared::types::{EvmNetwork, Timestamp, Usdc, Wallet};
use shared::x402::{Checked, Offer, Payload, Presented, Quote, Terms, Verified, question};

use crate::fit;
use crate::functions::{Functions, Paid};
use crate::judge::{Claim, EVERYWHERE, Judgement, Sells, judge};
use crate::signed::{PAYEE, Payment, encode};

/// Nothing listens there, and no neighbour is asked.
static FUNCTIONS: LazyLock<Functions> = LazyLock::new(|| Functions::with_neighbours_at("http://127.0.0.1:9", false));

/// Only what a payment on Solana says is read with the time, and none is sold here for that.
const NOW: Timestamp = Timestamp::UNIX_EPOCH;

/// The first byte chooses the endpoint, the header's name, and whether the rest is the header or
/// the document in it.
pub fn payment_header(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    let function = FUNCTIONS.chosen(choice >> 2, 64);
    let name = HeaderName::from_static(if choice & 1 == 0 { "payment-signature" } else { "x-payment" });
    let value = if choice & 2 == 0 { encode_bytes(rest).into_bytes() } else { rest.to_vec() };
    if let Ok(value) = HeaderValue::from_bytes(&value) {
        presented(function, name, &value);
    }
}

/// What must be true of a request with one payment header.
fn presented(function: &Paid, name: HeaderName, value: &HeaderValue) {
    // The reading knows both chains at once, and no function does.
    let judged = judge(value.as_bytes(), &Sells { chains: &EVERYWHERE, price: function.sells.price });
    let quotes = quotes(function);
    let headers = HeaderMap::from_iter([(name.clone(), value.clone())]);
    let taken = match Presented::read(&headers) {
        // With nothing in it, it is not a header.
        Ok(None) => return assert_eq!(judged, Judgement::Nothing),
        Ok(Some(presented)) => presented.check(&quotes, NOW).map_err(|refused| {
            fit::printable(refused.message.as_bytes(), "a refusal");
            fit::code(refused.reason);
        }),
        Err(malformed) => {
            let message = malformed.to_string();
            let digits = message.split(|c: char| !c.is_ascii_hexdigit()).map(str::len).max();
            assert!(digits.is_none_or(|digits| digits < 16), "part of a payment in {message:?}");
            Err(())
        }
    };
    match (taken, &judged) {
        (Ok(Checked::Authentic(payment)), Judgement::Authentic(claim)) => {
            is(&payment, claim);
            travels(&payment, claim, &quotes);
        }
        (Ok(Checked::Unknown(unproven)), Judgement::Unproven(claim)) => is(unproven.claim(), claim),
        (Ok(Checked::Misfit(misfit)), Judgement::Misfit(claim)) => {
            assert_eq!(misfit.id().as_str(), claim.id());
            let Payload::Evm(taken) = misfit.payload() else { panic!("{misfit:?} is not an authorization") };
            assert_eq!((&taken.signature, misfit.is_proven()), (&claim.signature, claim.signature.len() == 65));
            fit::printable(misfit.why.message.as_bytes(), "a refusal");
            fit::code(misfit.why.reason);
        }
        (Err(()), Judgement::Nothing) => refused(function, name, value),
        // A document that is not a plain one may be refused.
        (Err(()), Judgement::Authentic(claim) | Judgement::Unproven(claim) | Judgement::Misfit(claim))
            if !claim.plain =>
        {
            refused(function, name, value);
        }
        (taken, judged) => panic!("{taken:?} is {judged:?}"),
    }
}

/// What was taken is what the other reading found.
fn is(payment: &Verified, claim: &Claim) {
    let Payload::Evm(taken) = payment.payload() else { panic!("{payment:?} is not an authorization") };
    let (authorization, signed) = (&taken.authorization, &claim.transfer);
    assert_eq!(payment.id().as_str(), claim.id());
    assert_eq!(payment.payer().to_string(), signed.from.to_string());
    assert_eq!(taken.signature, claim.signature);
    let numbers = (authorization.value.atomic(), authorization.valid_after, authorization.valid_before);
    assert_eq!(numbers, (signed.value, signed.valid_after, signed.valid_before));
    assert_eq!((authorization.to, authorization.nonce), (signed.to, signed.nonce));
    assert_eq!(payment.quote().network().caip2(), claim.chain.caip2);
    assert_eq!(String::from_utf8(question(payment)).expect("text"), forwarded(payment.quote(), claim));
}

/// Written and read again it is the same payment, in either version.
fn travels(payment: &Verified, claim: &Claim, quotes: &[Quote]) {
    let signature = claim.signature.as_slice().try_into().expect("65 bytes");
    let written = Payment { chain: claim.chain, transfer: claim.transfer.clone(), signature };
    for document in [written.v1(), written.v2()] {
        let value = HeaderValue::try_from(encode(&document)).expect("base64");
        let headers = HeaderMap::from_iter([(HeaderName::from_static("x-payment"), value)]);
        let again = Presented::read(&headers).expect("a payment").expect("a payment").check(quotes, NOW);
        let Ok(Checked::Authentic(again)) = again else { panic!("{again:?}") };
        assert_eq!((again.id(), again.quote()), (payment.id(), payment.quote()));
        assert!(again.payload() == payment.payload());
    }
}

/// The function refuses it at once: before it would wait for a neighbour.
fn refused(function: &Paid, name: HeaderName, value: &HeaderValue) {
    let answer = function.post(&[(name, value.clone())], function.body.as_bytes()).now_or_never();
    let (status, body) = fit::opened(&answer.expect("an answer without asking a neighbour"));
    assert!(matches!(status, 400 | 402), "{status}");
    assert!(body.text_of("message").is_some_and(|message| message.ends_with("Not charged.")));
}

/// What the facilitator is asked, to the byte.
fn forwarded(quote: &Quote, claim: &Claim) -> String {
    let Claim { chain, transfer, signature, .. } = claim;
    let requirements = format!(
        concat!(
            r#"{{"scheme":"exact","network":"{}","amount":"{}","asset":"{}","payTo":"{}","maxTimeoutSeconds":300,"#,
            r#""extra":{{"name":"{}","version":"2"}}}}"#
        ),
        chain.caip2, transfer.value, chain.usdc, PAYEE, chain.token
    );
    format!(
        concat!(
            r#"{{"x402Version":2,"paymentPayload":{{"x402Version":2,"resource":{{"url":"{}","description":"{}","#,
            r#""mimeType":"application/json"}},"accepted":{requirements},"payload":{{"signature":"{}","#,
            r#""authorization":{{"from":"{}","to":"{}","value":"{}","validAfter":"{}","validBefore":"{}","#,
            r#""nonce":"{:#x}"}}}}}},"paymentRequirements":{requirements}}}"#
        ),
        quote.resource,
        quote.description,
        hex::encode_prefixed(signature),
        transfer.from,
        transfer.to,
        transfer.value,
        transfer.valid_after,
        transfer.valid_before,
        transfer.nonce,
        requirements = requirements
    )
}

fn quotes(function: &Paid) -> Vec<Quote> {
    let terms = Terms {
        public_url: "https://dialtone.example".to_owned(),
        payees: [EvmNetwork::Base, EvmNetwork::BaseSepolia]
            .map(|network| Wallet::Evm { network, address: PAYEE })
            .to_vec(),
    };
    terms.quotes(&Offer { path: "/paid", price: Usdc::micros(function.sells.price), description: "Something" })
}

/// A payment of ours, as a facilitator is asked about it.
pub(crate) fn verified() -> Verified {
    let function = &FUNCTIONS.paid[0];
    let value = HeaderValue::try_from(encode(&crate::signed::ALL[0].v2())).expect("base64");
    let headers = HeaderMap::from_iter([(HeaderName::from_static("payment-signature"), value)]);
    let checked = Presented::read(&headers).expect("a payment").expect("a payment").check(&quotes(function), NOW);
    let Ok(Checked::Authentic(payment)) = checked else { panic!("{checked:?}") };
    payment
}

/// The functions, with no neighbour to ask.
pub(crate) fn alone() -> &'static Functions {
    &FUNCTIONS
}

fn encode_bytes(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
