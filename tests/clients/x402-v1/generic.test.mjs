// Coinbase's generic client, protocol version 1.

import { decodeXPaymentResponse, wrapFetchWithPayment } from 'x402-fetch';
import { createWalletClient, http, publicActions } from 'viem';
import { privateKeyToAccount, privateKeyToAddress } from 'viem/accounts';
import { base, baseSepolia } from 'viem/chains';
import { speaksTo } from '../generic.mjs';
import { world } from '../world.mjs';

const chain = world.network === 'eip155:8453' ? base : baseSepolia;

speaksTo({
  name: 'x402-fetch',
  paymentHeader: 'x-payment',
  receiptHeader: 'x-payment-response',
  readReceipt: decodeXPaymentResponse,
  address: privateKeyToAddress,
  pay: (fetch, privateKey) => {
    // It signs and never asks the chain.
    const wallet = createWalletClient({ account: privateKeyToAccount(privateKey), chain, transport: http(world.rpc) }).extend(publicActions);
    // As shipped it pays ten cents at most; a client that buys a number has to raise that.
    return wrapFetchWithPayment(fetch, wallet, 5_000_000n);
  },
});
