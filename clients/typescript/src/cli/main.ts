#!/usr/bin/env node
// The command `dialtone-phone`: buys, calls and shows, for people and for scripts.

import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { type CallStatus, type Dialtone, DialtoneError } from '../index.js';
import { client, KEY, MAX_PAYMENT, MAX_SESSION, MCP_PATIENCE, PATIENCE, Usage } from './settings.js';
import { plain, Progress } from './show.js';

const HELP = `dialtone-phone: phone numbers and AI calls, paid in USDC on Base

  dialtone-phone buy [--country US] [--area-code 415]      lease a number for 30 days ($5.00)
  dialtone-phone renew NUMBER                              30 days more ($5.00)
  dialtone-phone numbers                                   the wallet's numbers (free)
  dialtone-phone call NUMBER TASK [--from NUMBER] [--voice NAME] [--language en]
                 [--max-duration MINUTES] [--first-sentence TEXT] [--voicemail TEXT] [--no-wait]
                                                           an AI calls and does the task ($0.54)
  dialtone-phone status CALL_ID [--follow]                 how a call stands (free)
  dialtone-phone hangup CALL_ID                            end it (free)
  dialtone-phone mcp                                       an MCP server on standard input and output

  --json                  one JSON document on standard output, and nothing else there
  --url URL               where the service is
  --idempotency-key KEY   the name of a purchase: to ask again for one whose answer was lost

Environment:
  ${KEY}   the wallet's private key. It is never an argument, and never printed
  DIALTONE_URL            where the service is
  DIALTONE_MAX_PAYMENT    dollars that one payment may cost (${MAX_PAYMENT})
  DIALTONE_MAX_SESSION    dollars that one run may cost (${MAX_SESSION})
  DIALTONE_PATIENCE       seconds for which the same request is repeated (${PATIENCE}; mcp: ${MCP_PATIENCE})

Exit codes:
  0  done; of a call: it was talked to the end
  1  refused or failed, and nothing was charged
  2  the command or its settings are wrong
  3  it is not known whether it was paid, or it was paid in vain: standard error says what to do
  4  the call is over without a conversation: ended_by is NO_ANSWER, BUSY, VOICEMAIL or ERROR
`;

const TEXT = { type: 'string' } as const;
const FLAG = { type: 'boolean' } as const;

/** What each command takes, besides what all take. */
const COMMANDS = {
  buy: { takes: [], options: { country: TEXT, 'area-code': TEXT, 'idempotency-key': TEXT } },
  renew: { takes: ['NUMBER'], options: { 'idempotency-key': TEXT } },
  numbers: { takes: [], options: {} },
  call: {
    takes: ['NUMBER', 'TASK'],
    options: {
      from: TEXT, voice: TEXT, language: TEXT, 'max-duration': TEXT, 'first-sentence': TEXT, voicemail: TEXT,
      'no-wait': FLAG, 'idempotency-key': TEXT,
    },
  },
  status: { takes: ['CALL_ID'], options: { follow: FLAG } },
  hangup: { takes: ['CALL_ID'], options: {} },
  mcp: { takes: [], options: {} },
} as const;

type Command = keyof typeof COMMANDS;
type Values = Record<string, string | boolean | undefined>;

interface Run {
  phone: Dialtone;
  values: Values;
  /** The name under which this purchase can be asked for again. */
  key: string;
  /** For a person; with `--json` it is not said. */
  say: (line: string) => void;
  result: (value: object) => void;
}

async function main(argv: string[]): Promise<number> {
  const [name = '', ...rest] = argv;
  if (['', 'help', '--help', '-h'].includes(name) || rest.includes('--help')) {
    process.stdout.write(HELP);
    return name === '' ? 2 : 0;
  }
  if (!Object.hasOwn(COMMANDS, name)) throw new Usage(`${name}: not a command. dialtone-phone --help`);
  const command = name as Command;
  const { takes, options } = COMMANDS[command];
  const { values, positionals } = parsed(rest, options);
  if (positionals.length !== takes.length) throw new Usage(`dialtone-phone ${name} ${takes.join(' ')}: dialtone-phone --help`);
  const phone = client({
    url: values['url'] as string | undefined, mustPay: !['status', 'hangup'].includes(command), patience: command === 'mcp' ? MCP_PATIENCE : PATIENCE,
  });
  if (command === 'mcp') {
    const { serve } = await import('./mcp.js');
    await serve(phone);
    return 0;
  }
  const json = values['json'] === true;
  const key = (values['idempotency-key'] as string | undefined) ?? randomUUID();
  const run: Run = {
    phone, values, key,
    say: (line) => { if (!json) process.stdout.write(`${line}\n`); },
    result: (value) => { if (json) process.stdout.write(`${JSON.stringify(value, null, 2)}\n`); },
  };
  try {
    return await RUNS[command](run, positionals);
  } catch (error) {
    if (error instanceof DialtoneError && error.charged === 'unknown') {
      process.stderr.write(`Ask for it again with --idempotency-key ${key}: it is not paid twice under this name.\n`);
    }
    throw error;
  }
}

const RUNS: Record<Exclude<Command, 'mcp'>, (run: Run, args: string[]) => Promise<number>> = {
  async buy({ phone, values, key, say, result }) {
    const bought = await phone.phoneBuy(
      defined({ country: values['country'], area_code: values['area-code'] }), { idempotencyKey: key },
    );
    result(bought);
    say(`${bought.phone_number} is yours until ${bought.expires_at}. Paid $${phone.spent}.`);
    return 0;
  },
  async renew({ phone, key, say, result }, [number = '']) {
    const renewed = await phone.phoneRenew(number, { idempotencyKey: key });
    result(renewed);
    say(`${renewed.phone_number} is yours until ${renewed.expires_at}. Paid $${phone.spent}.`);
    return 0;
  },
  async numbers({ phone, say, result }) {
    const list = await phone.phoneList();
    result(list);
    say(list.numbers.length === 0 ? `${list.wallet} has no number: dialtone-phone buy` : `numbers of ${list.wallet}`);
    for (const one of list.numbers) say(`${one.phone_number}  ${one.country}  until ${one.expires_at} (${one.days_remaining} days)`);
    return 0;
  },
  async call({ phone, values, key, say, result }, [number = '', task = '']) {
    const placed = await phone.voiceCall({
      phone_number: number, task,
      ...defined({
        from: values['from'], voice: values['voice'], language: values['language'], first_sentence: values['first-sentence'],
        voicemail_message: values['voicemail'],
      }),
      ...minutes(values['max-duration']),
    }, { idempotencyKey: key });
    say(`${placed.from} calls ${placed.to}: ${placed.call_id}. Paid $${phone.spent}.`);
    if (values['no-wait']) {
      result(placed);
      return 0;
    }
    return follow({ phone, say, result }, placed.call_id);
  },
  async status({ phone, values, say, result }, [id = '']) {
    if (values['follow']) return follow({ phone, say, result }, id);
    const call = await phone.voiceCallStatus(id);
    result(call);
    const progress = new Progress(say);
    if (call.ended_by === 'IN_PROGRESS') progress.show(call);
    else progress.end(call);
    return outcome(call);
  },
  async hangup({ phone, say, result }, [id = '']) {
    const answer = await phone.voiceHangUp(id);
    result(answer);
    say(`${answer.call_id} is being ended.`);
    return 0;
  },
};

async function follow({ phone, say, result }: Pick<Run, 'phone' | 'say' | 'result'>, id: string): Promise<number> {
  const progress = new Progress(say);
  process.once('SIGINT', () => {
    process.stderr.write(`\nThe call goes on. dialtone-phone status ${id} --follow, or dialtone-phone hangup ${id}\n`);
    process.exit(130);
  });
  const call = await phone.waitForCall(id, { onUpdate: (seen) => progress.show(seen) });
  progress.end(call);
  result(call);
  return outcome(call);
}

function outcome(call: CallStatus): number {
  return ['NO_ANSWER', 'BUSY', 'VOICEMAIL', 'ERROR'].includes(call.ended_by) ? 4 : 0;
}

function parsed(args: string[], options: Record<string, typeof TEXT | typeof FLAG>): { values: Values; positionals: string[] } {
  try {
    return parseArgs({ args, options: { json: FLAG, url: TEXT, ...options }, allowPositionals: true });
  } catch (cause) {
    throw new Usage((cause as Error).message);
  }
}

function defined(values: Values): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => typeof value === 'string')) as Record<string, string>;
}

function minutes(said: string | boolean | undefined): { max_duration?: number } {
  if (said === undefined) return {};
  if (!/^\d{1,2}$/.test(String(said))) throw new Usage('--max-duration: a number of minutes, at most 30.');
  return { max_duration: Number(said) };
}

function exitCode(error: unknown): number {
  if (error instanceof Usage) return 2;
  if (!(error instanceof DialtoneError)) return 3;
  if (error.code === 'bad_options') return 2;
  return error.charged === false ? 1 : 3;
}

main(process.argv.slice(2)).then(
  (code) => { process.exitCode = code; },
  (error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${error instanceof DialtoneError ? `${error.code}: ` : ''}${plain(message)}\n`);
    process.exitCode = exitCode(error);
  },
);
