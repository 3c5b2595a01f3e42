// Who pays, and who signs in.

import { privateKeyToAccount } from 'viem/accounts';
import { DialtoneError } from './errors.js';

type Hex = `0x${string}`;

interface TypedData {
  domain: Record<string, unknown>;
  types: Record<string, unknown>;
  primaryType: string;
  message: Record<string, unknown>;
}

/** What pays on Base: an account of viem is one, and so is anything that signs likewise. */
export interface Wallet {
  readonly address: Hex;
  signTypedData(data: TypedData): Promise<Hex>;
  signMessage(message: { message: string }): Promise<Hex>;
}

/** A wallet client of viem, as a page has it of the browser's wallet. */
export interface WalletClient {
  readonly account?: { readonly address: Hex } | undefined;
  // Each of viem's clients has types of its own for these.
  signTypedData(data: never): Promise<Hex>;
  signMessage(message: never): Promise<Hex>;
}

export function walletOf(given: { privateKey?: string | undefined; wallet?: Wallet | WalletClient | undefined }): Wallet | undefined {
  if (given.wallet) return 'account' in given.wallet ? ofClient(given.wallet) : given.wallet as Wallet;
  if (given.privateKey === undefined) return undefined;
  const key = given.privateKey.trim().replace(/^(0x)?/, '0x');
  // Whatever viem says of a wrong key could repeat it.
  if (!/^0x[0-9a-fA-F]{64}$/.test(key)) throw bad('privateKey: 64 hexadecimal digits, with or without 0x in front.');
  try {
    return privateKeyToAccount(key as Hex) as unknown as Wallet;
  } catch {
    throw bad('privateKey: this is not the key of an account.');
  }
}

function ofClient(client: WalletClient): Wallet {
  const { account } = client;
  if (!account) throw bad('wallet: the wallet client has no account.');
  return {
    address: account.address,
    signTypedData: (data) => client.signTypedData({ account, ...data } as never),
    signMessage: ({ message }) => client.signMessage({ account, message } as never),
  };
}

interface Challenge {
  domain: string;
  uri: string;
  version: string;
  nonce: string;
  issuedAt: string;
  expirationTime?: string;
  statement?: string;
  resources?: string[];
}

/** The value of `SIGN-IN-WITH-X` for a 402 that wants a wallet to sign in at `url`; nothing where it wants something else. */
export async function signIn(wallet: Wallet, url: string, body: Record<string, unknown>): Promise<string | undefined> {
  const wanted = (body['extensions'] as Record<string, unknown> | undefined)?.['sign-in-with-x'] as
    { info: Challenge; supportedChains: { chainId: string; type: string }[] } | undefined;
  const chain = wanted?.supportedChains.find(({ type }) => type === 'eip191');
  if (!wanted || !chain) return undefined;
  const { info } = wanted;
  const { host, origin } = new URL(url);
  // A signature that is good elsewhere is not for this service to ask for.
  if (info.domain !== host || new URL(info.uri).origin !== origin) {
    throw new DialtoneError('cannot_pay', `${host} asks to sign in at ${info.domain}: nothing was signed. Not charged.`, { charged: false });
  }
  const message = eip4361(info, wallet.address, chain.chainId);
  const signature = await wallet.signMessage({ message });
  return btoa(JSON.stringify({ ...info, address: wallet.address, chainId: chain.chainId, type: chain.type, signature }));
}

/** The message as EIP-4361 writes it. */
function eip4361(info: Challenge, address: string, chainId: string): string {
  const lines = [`${info.domain} wants you to sign in with your Ethereum account:`, address, ''];
  if (info.statement !== undefined) lines.push(info.statement);
  lines.push('', `URI: ${info.uri}`, `Version: ${info.version}`, `Chain ID: ${chainId.split(':')[1]}`, `Nonce: ${info.nonce}`);
  lines.push(`Issued At: ${info.issuedAt}`);
  if (info.expirationTime !== undefined) lines.push(`Expiration Time: ${info.expirationTime}`);
  if (info.resources?.length) lines.push('Resources:', ...info.resources.map((resource) => `- ${resource}`));
  return lines.join('\n');
}

function bad(message: string): DialtoneError {
  return new DialtoneError('bad_options', message, { charged: false });
}
