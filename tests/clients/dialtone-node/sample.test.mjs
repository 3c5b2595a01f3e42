// The specification's TypeScript sample with its import line changed and nothing else: it type-checks, runs, and prints the summary.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync, rmSync } from 'node:fs';
import { after, it } from 'node:test';
import { promisify } from 'node:util';
import { privateKeyToAddress } from 'viem/accounts';
import { fund, newKey, world } from '../world.mjs';

const run = promisify(execFile);
const here = (name) => new URL(name, import.meta.url).pathname;
const published = "import { LLMClient } from '@blockrun/llm';";
const sample = readFileSync(here('../samples/typescript.txt'), 'utf8');
const program = here('sample.mts');
const compiled = here('sample.mjs');

after(() => [program, compiled].forEach((file) => rmSync(file, { force: true })));

it("the specification's sample ends with the summary", async () => {
  assert.equal(sample.split(published).length, 2);
  writeFileSync(program, sample.replace(published, "import { LLMClient } from 'dialtone-phone';"));
  // As strict as a reader's own project may be.
  const tools = here('../../../clients/typescript/node_modules');
  await run(process.execPath, [
    `${tools}/typescript/bin/tsc`, '--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--target', 'es2022', '--module', 'nodenext',
    '--types', 'node', '--typeRoots', `${tools}/@types`, program,
  ]).catch((error) => assert.fail(error.stdout));
  const key = newKey();
  await fund(privateKeyToAddress(key));
  const { stdout } = await run(process.execPath, [compiled], {
    env: { ...process.env, BASE_CHAIN_WALLET_KEY: key, DIALTONE_URL: world.gateway }, timeout: 120_000,
  });
  assert.match(stdout, /^Got number: \+1415\d{7}$/m);
  assert.match(stdout, /^Call ended: .*reservation for two at seven.*$/m);
  assert.doesNotMatch(stdout, /null|undefined/);
});
