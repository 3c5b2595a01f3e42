// Coinbase's generic client for axios, protocol version 1.

import axios from 'axios';
import { decodeXPaymentResponse, withPaymentInterceptor } from 'x402-axios';
import { createWalletClient, http, publicActions } from 'viem';
import { privateKeyToAccount, privateKeyToAddress } from 'viem/accounts';
import { base, baseSepolia } from 'viem/chains';
import { fetchBy } from '../axios.mjs';
import { speaksTo } from '../generic.mjs';
import { world } from '../world.mjs';

const chain = world.network === 'eip155:8453' ? base : baseSepolia;

speaksTo({
  name: 'x402-axios',
  paymentHeader: 'x-payment',
  receiptHeader: 'x-payment-response',
  readReceipt: decodeXPaymentResponse,
  address: privateKeyToAddress,
  pay: fetchBy(axios, (client, privateKey) => withPaymentInterceptor(client, createWalletClient({
    account: privateKeyToAccount(privateKey), chain, transport: http(world.rpc),
  }).extend(publicActions))),
});
