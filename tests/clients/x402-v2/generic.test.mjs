// Coinbase's generic client, protocol version 2.

import { x402Client, wrapFetchWithPayment, decodePaymentResponseHeader } from '@x402/fetch';
import { ExactEvmScheme } from '@x402/evm';
import { privateKeyToAccount, privateKeyToAddress } from 'viem/accounts';
import { speaksTo } from '../generic.mjs';

speaksTo({
  name: '@x402/fetch',
  paymentHeader: 'payment-signature',
  receiptHeader: 'payment-response',
  readReceipt: decodePaymentResponseHeader,
  address: privateKeyToAddress,
  pay: (fetch, privateKey) => {
    const client = new x402Client()
      .register('eip155:*', new ExactEvmScheme(privateKeyToAccount(privateKey)))
      // As shipped it pays a dollar at most; a client that buys a number has to raise that.
      .setSpendControls({ maxAmountPerPayment: '$5' });
    return wrapFetchWithPayment(fetch, client);
  },
});
