//! A payment and its record: the one as the other.

use crate::refusal::Fault;
use crate::store::sales::{Record, Signed};
use crate::types::Wallet;
use crate::x402::{Authorization, Payload, Quote, SignedAuthorization, Transfer, Verified, Version};

/// The payment as it was verified when the record was written.
pub fn verified(record: &Record) -> Result<Verified, Fault> {
    let signed = &record.signed;
    let quote = Quote {
        pay_to: signed.to,
        amount: signed.amount,
        resource: signed.resource.clone(),
        description: signed.description.clone().into(),
    };
    let payload = match (signed.payer, signed.to) {
        (Wallet::Evm { network, address }, Wallet::Evm { address: to, .. }) => Payload::Evm(SignedAuthorization {
            network,
            authorization: Authorization {
                from: address,
                to,
                value: signed.amount,
                valid_after: signed.valid_after,
                valid_before: signed.valid_before,
                nonce: signed.nonce,
            },
            signature: signed.signature.clone(),
        }),
        (Wallet::Solana { network, .. }, Wallet::Solana { .. }) => {
            let transfer = Transfer::read(network, signed.signature.clone(), signed.valid_after);
            Payload::Solana(transfer.map_err(|_| Fault::Broken("a recorded transaction that is none"))?)
        }
        (Wallet::Evm { .. }, Wallet::Solana { .. }) | (Wallet::Solana { .. }, Wallet::Evm { .. }) => {
            return Err(Fault::Broken("a payment from one rail to the other"));
        }
    };
    let version = if signed.version == 1 { Version::V1 } else { Version::V2 };
    Ok(Verified::restore(quote, payload, version))
}

/// Whether a record is of this very payment, its signature included.
pub fn is_recorded(record: &Record, payload: &Payload) -> bool {
    let Payload::Evm(SignedAuthorization { network, authorization, signature }) = payload else { return false };
    let Authorization { from, to, value, valid_after, valid_before, nonce } = *authorization;
    let wallet = |address| Wallet::Evm { network: *network, address };
    record.signed.is_the_same_as(&Signed {
        payer: wallet(from),
        to: wallet(to),
        amount: value,
        valid_after,
        valid_before,
        nonce,
        signature: signature.clone(),
        ..record.signed.clone()
    })
}

/// The payment as a record keeps it.
pub fn signed(payment: &Verified) -> Signed {
    let (valid_after, valid_before, nonce, signature) = match payment.payload() {
        Payload::Evm(signed) => {
            let Authorization { valid_after, valid_before, nonce, .. } = signed.authorization;
            (valid_after, valid_before, nonce, signed.signature.clone())
        }
        Payload::Solana(transfer) => {
            let past = transfer.since.saturating_add(Transfer::LIFE);
            (transfer.since, past, transfer.message, transfer.transaction.clone())
        }
    };
    Signed {
        version: payment.version().number(),
        payer: payment.payer(),
        to: payment.quote().pay_to,
        amount: payment.quote().amount,
        valid_after,
        valid_before,
        nonce,
        signature,
        resource: payment.quote().resource.clone(),
        description: payment.quote().description.to_string(),
    }
}
