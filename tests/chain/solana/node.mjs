// A Solana cluster of one: JSON-RPC over the real runtime with the real SPL programs (LiteSVM), and USDC at its own mint.
//
// `node node.mjs <facilitator's key>`, on PORT (any that is free, without), until its standard input ends. What is not LiteSVM's is time: slots come by the clock, and what happened is
// confirmed at once and final after LAG slots. Tests have a few methods more, which begin with `test_`.

import http from 'node:http';
import { FailedTransactionMetadata, LiteSVM } from 'litesvm';
import { AccountState, TOKEN_PROGRAM_ADDRESS, findAssociatedTokenPda, getMintDecoder, getMintEncoder, getTokenDecoder, getTokenEncoder } from '@solana-program/token';
import { address, getBase58Decoder, getBase64Decoder, getBase64Encoder, getCompiledTransactionMessageDecoder, getTransactionDecoder, lamports } from '@solana/kit';

const GENESIS = '5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d';
const USDC = address('EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v');
const TOKEN = TOKEN_PROGRAM_ADDRESS;
const SYSTEM = address('11111111111111111111111111111111');
const SLOT_MS = 400;
const LIFE = 150;
const LAG = Number(process.env.LAG ?? 4);
const TOKEN_ACCOUNT_BYTES = 165;

const base58 = getBase58Decoder();
const base64 = { read: (text) => getBase64Encoder().encode(text), write: (bytes) => getBase64Decoder().decode(bytes) };

// Which blockhash lives is known here: LiteSVM knows the newest only, and a cluster the last hundred and fifty.
const svm = new LiteSVM().withBlockhashCheck(false);
/** What was processed, oldest first. */
const landed = [];
/** Blockhashes, and when they were issued. */
const issued = new Map();
/** The blockhash of each slot that was asked for. */
const bySlot = new Map();

const started = Date.now();
/** So that there is something before the first slot that is final. */
const FIRST = 1_000;
const now = () => FIRST + Math.floor((Date.now() - started) / SLOT_MS);
const slotAt = (commitment = 'finalized') => now() - (commitment === 'finalized' ? LAG : 0);
const timeOf = (slot) => Math.floor((started + (slot - FIRST) * SLOT_MS) / 1000);

class RpcError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

function put(at, data) {
  svm.setAccount({ address: at, data, executable: false, lamports: lamports(3_000_000n), programAddress: TOKEN, space: BigInt(data.length), exists: true });
}

const tokenAccount = async (owner) => (await findAssociatedTokenPda({ owner: address(owner), mint: USDC, tokenProgram: TOKEN }))[0];

async function give(owner, amount) {
  put(await tokenAccount(owner), getTokenEncoder().encode({
    mint: USDC, owner: address(owner), amount: BigInt(amount), delegate: null, state: AccountState.Initialized, isNative: null, delegatedAmount: 0n, closeAuthority: null,
  }));
}

function held(at) {
  const account = svm.getAccount(address(at));
  return account?.exists && account.programAddress === TOKEN && account.data.length === TOKEN_ACCOUNT_BYTES ? getTokenDecoder().decode(account.data) : null;
}

/** Each slot has its own, as on a cluster: else a payment without a memo would be the same as the last one of its price. */
function blockhash(commitment) {
  const slot = slotAt(commitment);
  if (!bySlot.has(slot)) {
    svm.expireBlockhash();
    bySlot.set(slot, svm.latestBlockhash());
    issued.set(svm.latestBlockhash(), { slot, deadFrom: Infinity });
  }
  return { blockhash: bySlot.get(slot), lastValidBlockHeight: slot + LIFE };
}

/** As of a commitment: one that is too new for it is not known to it. */
function isAlive(hash, commitment) {
  const known = issued.get(hash);
  const slot = slotAt(commitment);
  return known !== undefined && known.slot <= slot && slot < known.deadFrom && slot - known.slot <= LIFE;
}

/** LiteSVM's errors, in the shape that a node's JSON has. */
function errorOf(result) {
  const error = result.err();
  if (typeof error === 'number') return { 2: 'AccountNotFound', 6: 'AlreadyProcessed', 7: 'BlockhashNotFound' }[error] ?? `TransactionError ${error}`;
  if (error.constructor.name !== 'TransactionErrorInstructionError') return String(error);
  const inner = error.err();
  const code = typeof inner === 'number' ? ({ 3: 'InvalidAccountData' }[inner] ?? `InstructionError ${inner}`) : typeof inner.code === 'number' ? { Custom: inner.code } : String(inner);
  return { InstructionError: [error.index, code] };
}

function info(at, encoding) {
  const account = svm.getAccount(address(at));
  if (!account?.exists || account.lamports === 0n) return null;
  let data = [base64.write(account.data), 'base64'];
  const token = encoding === 'jsonParsed' && held(at);
  if (token) {
    const { decimals } = getMintDecoder().decode(svm.getAccount(token.mint).data);
    const tokenAmount = { amount: String(token.amount), decimals, uiAmountString: String(Number(token.amount) / 10 ** decimals) };
    data = { program: 'spl-token', space: TOKEN_ACCOUNT_BYTES, parsed: { type: 'account', info: { mint: token.mint, owner: token.owner, state: 'initialized', isNative: false, tokenAmount } } };
  }
  return { lamports: Number(account.lamports), owner: account.programAddress, executable: account.executable, rentEpoch: 0, space: account.data.length, data };
}

const read = (text) => getTransactionDecoder().decode(base64.read(text));
const messageOf = (transaction) => base64.write(transaction.messageBytes);
const blockhashOf = (transaction) => getCompiledTransactionMessageDecoder().decode(transaction.messageBytes).lifetimeToken;
const isDone = (message) => landed.some((one) => one.message === message && !one.error);

function simulate([text, options]) {
  let transaction = read(text);
  const at = { context: { slot: now(), apiVersion: '2.3.0' } };
  const failed = (err) => ({ ...at, value: { err, logs: [], accounts: null, unitsConsumed: 0, returnData: null, innerInstructions: null } });
  // LiteSVM's simulation does not know what was processed; a bank's does.
  if (isDone(messageOf(transaction))) return failed('AlreadyProcessed');
  if (!options?.replaceRecentBlockhash && !isAlive(blockhashOf(transaction), 'processed')) return failed('BlockhashNotFound');
  if (!options?.sigVerify) {
    transaction = { ...transaction, signatures: Object.fromEntries(Object.entries(transaction.signatures).map(([who, signature]) => [who, signature ?? new Uint8Array(64)])) };
  }
  svm.withSigverify(Boolean(options?.sigVerify));
  const result = svm.simulateTransaction(transaction);
  svm.withSigverify(true);
  const meta = result.meta();
  const err = result instanceof FailedTransactionMetadata ? errorOf(result) : null;
  return { ...at, value: { err, logs: meta.logs(), unitsConsumed: Number(meta.computeUnitsConsumed()), accounts: null, returnData: null, innerInstructions: null } };
}

function send([text, options]) {
  const transaction = read(text);
  const signature = base58.decode(Object.values(transaction.signatures)[0]);
  const message = messageOf(transaction);
  if (isDone(message)) {
    if (options?.skipPreflight) return signature;
    throw new RpcError(-32002, 'Transaction simulation failed: This transaction has already been processed');
  }
  if (!isAlive(blockhashOf(transaction), 'processed')) {
    // Without the preflight a node takes it, and no leader does.
    if (options?.skipPreflight) return signature;
    throw new RpcError(-32002, 'Transaction simulation failed: Blockhash not found');
  }
  const result = svm.sendTransaction(transaction);
  const error = result instanceof FailedTransactionMetadata ? errorOf(result) : null;
  if (error && !options?.skipPreflight) throw new RpcError(-32002, `Transaction simulation failed: ${JSON.stringify(error)}`);
  const keys = getCompiledTransactionMessageDecoder().decode(transaction.messageBytes).staticAccounts;
  landed.push({ signature, slot: now(), error, text, message, keys, memo: memoOf((error ? result.meta() : result).logs()) });
  return signature;
}

function memoOf(logs) {
  const line = logs.find((log) => log.includes('Memo (len '));
  const [, length, memo] = line?.match(/Memo \(len (\d+)\): "(.*)"/) ?? [];
  return memo === undefined ? null : `[${length}] ${memo}`;
}

const status = (one) => (one.slot <= slotAt() ? 'finalized' : 'confirmed');
const visible = (one, commitment) => one.slot <= slotAt(commitment);

function signatures([at, { limit = 1_000, before, until, commitment, minContextSlot = 0 } = {}]) {
  if (minContextSlot > slotAt(commitment)) throw new RpcError(-32016, 'Minimum context slot has not been reached');
  const all = landed.filter((one) => one.keys.includes(at) && visible(one, commitment)).reverse();
  const from = before === undefined ? 0 : all.findIndex((one) => one.signature === before) + 1;
  const to = until === undefined ? all.length : all.findIndex((one) => one.signature === until);
  return all.slice(from, to < 0 ? all.length : to).slice(0, limit).map((one) => ({
    signature: one.signature, slot: one.slot, err: one.error, memo: one.memo, blockTime: timeOf(one.slot), confirmationStatus: status(one),
  }));
}

function transaction([signature, { commitment, maxSupportedTransactionVersion } = {}]) {
  const one = landed.find((some) => some.signature === signature && visible(some, commitment));
  if (!one) return null;
  if (maxSupportedTransactionVersion === undefined) throw new RpcError(-32015, 'Transaction version (0) is not supported by the requesting client.');
  return { slot: one.slot, blockTime: timeOf(one.slot), version: 0, meta: { err: one.error, fee: 10_000 }, transaction: [one.text, 'base64'] };
}

const at = (commitment, value) => ({ context: { slot: slotAt(commitment), apiVersion: '2.3.0' }, value });

const methods = {
  getHealth: () => 'ok',
  getVersion: () => ({ 'solana-core': '2.3.0', 'feature-set': 0 }),
  getGenesisHash: () => GENESIS,
  getSlot: ([options] = []) => slotAt(options?.commitment),
  getBlockHeight: ([options] = []) => slotAt(options?.commitment),
  getBlockTime: ([slot]) => timeOf(slot),
  getLatestBlockhash: ([options] = []) => at(options?.commitment, blockhash(options?.commitment)),
  isBlockhashValid: ([hash, options]) => at(options?.commitment, isAlive(hash, options?.commitment)),
  getBalance: ([who]) => at('confirmed', Number(svm.getBalance(address(who)) ?? 0)),
  getAccountInfo: ([who, options]) => at(options?.commitment, info(who, options?.encoding)),
  getMultipleAccounts: ([all, options]) => at(options?.commitment, all.map((who) => info(who, options?.encoding))),
  getTokenAccountBalance: ([who, options]) => at(options?.commitment, info(who, 'jsonParsed').data.parsed.info.tokenAmount),
  getSignatureStatuses: ([all]) => at('confirmed', all.map((signature) => {
    const one = landed.findLast((some) => some.signature === signature);
    return one ? { slot: one.slot, confirmations: null, err: one.error, status: one.error ? { Err: one.error } : { Ok: null }, confirmationStatus: status(one) } : null;
  })),
  getSignaturesForAddress: signatures,
  getTransaction: transaction,
  simulateTransaction: simulate,
  sendTransaction: send,

  /** `[owner, micro-dollars]`: so much is in the owner's token account, which is there from now on. */
  test_give: async ([owner, amount]) => { await give(owner, amount); return null; },
  /** `[owner]` */
  test_held: async ([owner]) => String(held(await tokenAccount(owner))?.amount ?? 0n),
  /** What was processed, oldest first. */
  test_landed: () => landed.map(({ signature, error, text }) => ({ signature, error, transaction: text })),
  /** `[owner]`: the token account is closed. */
  test_close: async ([owner]) => {
    const nothing = { data: new Uint8Array(0), lamports: lamports(0n), space: 0n, programAddress: SYSTEM, executable: false, exists: true };
    svm.setAccount({ address: await tokenAccount(owner), ...nothing });
    return null;
  },
  /** No transaction that was built so far can be processed from now on. */
  test_expire: () => {
    for (const known of issued.values()) known.deadFrom = Math.min(known.deadFrom, now());
    bySlot.clear();
    return null;
  },
};

async function answer(body) {
  const { id, method, params } = JSON.parse(body);
  const reply = { jsonrpc: '2.0', id };
  if (!methods[method]) return { ...reply, error: { code: -32601, message: 'Method not found' } };
  try {
    return { ...reply, result: await methods[method](params) };
  } catch (error) {
    return { ...reply, error: { code: error.code ?? -32602, message: error.message } };
  }
}

const [feePayer] = process.argv.slice(2);
put(USDC, getMintEncoder().encode({ mintAuthority: address(feePayer), supply: 10n ** 15n, decimals: 6, isInitialized: true, freezeAuthority: address(feePayer) }));
svm.airdrop(address(feePayer), lamports(10_000_000_000n));

const server = http.createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  const text = body ? JSON.stringify(await answer(body)) : '';
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
});
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
// Its parent keeps it open: then it ends with the parent, however that ends.
process.stdin.resume().on('end', () => process.exit());
