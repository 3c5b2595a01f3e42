// The specification's TypeScript sample, word for word but for the line that imports its client, as its readers run it. Its loop
// ends at the first status that is an end, and prints the summary at once.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { privateKeyToAddress } from 'viem/accounts';
import { fund, homeOfItsOwn, newKey } from '../world.mjs';

homeOfItsOwn();

const samples = new URL('../samples/', import.meta.url);
const sample = (name) => readFileSync(new URL(`${name}.txt`, samples), 'utf8');
// It is not part of the repository.
const specification = new URL('../../../../shared/spec.md', import.meta.url);

describe("the specification's sample", () => {
  it('is as the specification has it', { skip: !existsSync(specification) }, () => {
    const text = readFileSync(specification, 'utf8');
    for (const name of ['typescript', 'python']) assert.ok(text.includes(sample(name)), name);
  });

  it('ends with the summary', async () => {
    const client = new URL('sample-client.mjs', import.meta.url).href;
    const published = "import { LLMClient } from '@blockrun/llm';";
    assert.equal(sample('typescript').split(published).length, 2);
    const program = join(process.env.HOME, 'sample.mjs');
    writeFileSync(program, sample('typescript').replace(published, `import { LLMClient } from '${client}';`));
    const key = newKey();
    await fund(privateKeyToAddress(key));
    const { stdout } = await promisify(execFile)(process.execPath, [program], {
      env: { ...process.env, BASE_CHAIN_WALLET_KEY: key }, timeout: 120_000,
    });
    assert.match(stdout, /^Got number: \+1415\d{7}$/m);
    assert.match(stdout, /^Call ended: .*reservation for two at seven.*$/m);
    assert.doesNotMatch(stdout, /null|undefined/);
  });
});
