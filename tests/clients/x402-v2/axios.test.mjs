// Coinbase's generic client for axios, protocol version 2.

import axios from 'axios';
import { decodePaymentResponseHeader, wrapAxiosWithPayment, x402Client } from '@x402/axios';
import { ExactEvmScheme } from '@x402/evm';
import { privateKeyToAccount, privateKeyToAddress } from 'viem/accounts';
import { fetchBy } from '../axios.mjs';
import { speaksTo } from '../generic.mjs';

speaksTo({
  name: '@x402/axios',
  paymentHeader: 'payment-signature',
  receiptHeader: 'payment-response',
  readReceipt: decodePaymentResponseHeader,
  address: privateKeyToAddress,
  pay: fetchBy(axios, (client, privateKey) =>
    wrapAxiosWithPayment(client, new x402Client().register('eip155:*', new ExactEvmScheme(privateKeyToAccount(privateKey))))),
});
