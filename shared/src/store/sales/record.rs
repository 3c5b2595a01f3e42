//! A sale's record to and from its row.

use alloy_primitives::{Address, hex};

use super::{KEPT, Record, Settled, Signed};
use crate::store::StoreFault;
use crate::store::keys::{self, Queue};
use crate::store::refunds::Refund;
use crate::store::rows::{PaymentRow, SaleRow};
use crate::store::work::{Work, instant_of};
use crate::types::{AttemptId, Network, PaymentId, Usdc, Wallet};

impl Record {
    pub(in crate::store) fn to_row(&self) -> SaleRow {
        let key = keys::sale(&self.id);
        let signed = &self.signed;
        SaleRow {
            pk: key.pk,
            sk: key.sk,
            state: self.state,
            attempt: self.attempt.as_str().to_owned(),
            busy_until: self.busy_until.as_second(),
            endpoint: self.endpoint.clone(),
            request: self.request.clone(),
            payment: PaymentRow {
                version: signed.version,
                network: signed.payer.network.caip2().to_owned(),
                from: format!("{:#x}", signed.payer.address),
                to: format!("{:#x}", signed.to),
                value: signed.amount.atomic(),
                valid_after: signed.valid_after,
                valid_before: signed.valid_before,
                nonce: format!("{:#x}", signed.nonce),
                signature: hex::encode(&signed.signature),
                resource: signed.resource.clone(),
                description: signed.description.clone(),
            },
            work: self.work.to_row(),
            created_at: self.created_at.as_second(),
            spent: self.spent,
            contested: self.contested,
            settled: self.settled.as_ref().map(Settled::row),
            refund: self.refund.as_ref().map(Refund::to_row),
            due_queue: Some(Queue::of_sale(&self.id).name()),
            due_at: Some(self.busy_until.as_second()),
            ttl: self.created_at.as_second() + KEPT.as_secs().cast_signed(),
        }
    }

    pub(super) fn from_row(id: PaymentId, row: SaleRow) -> Result<Self, StoreFault> {
        let broken = |what| move |_| StoreFault::Row(what);
        let network = Network::from_caip2(&row.payment.network).ok_or(StoreFault::Row("network"))?;
        let address = |text: &str| text.parse::<Address>().map_err(|_| StoreFault::Row("address"));
        let settled = row.settled.map(|settled| {
            Ok::<_, StoreFault>(Settled { transaction: settled.transaction, at: instant_of(settled.settled_at)? })
        });
        Ok(Self {
            id,
            state: row.state,
            attempt: AttemptId::from_row(row.attempt),
            busy_until: instant_of(row.busy_until)?,
            endpoint: row.endpoint,
            request: row.request,
            signed: Signed {
                version: row.payment.version,
                payer: Wallet { network, address: address(&row.payment.from)? },
                to: address(&row.payment.to)?,
                amount: Usdc::micros(row.payment.value),
                valid_after: row.payment.valid_after,
                valid_before: row.payment.valid_before,
                nonce: row.payment.nonce.parse().map_err(|_| StoreFault::Row("nonce"))?,
                signature: hex::decode(&row.payment.signature).map_err(broken("signature"))?,
                resource: row.payment.resource,
                description: row.payment.description,
            },
            work: Work::from_row(&row.work)?,
            created_at: instant_of(row.created_at)?,
            spent: row.spent,
            contested: row.contested,
            settled: settled.transpose()?,
            refund: row.refund.map(Refund::from_row).transpose()?,
        })
    }
}
