// What is in the tarball, and that it is what the service offers now.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { it } from 'node:test';
import { promisify } from 'node:util';
import { world } from '../world.mjs';

const installed = new URL('node_modules/dialtone-phone/', import.meta.url);

it('its types are made from the document that the service serves now', async () => {
  const generate = new URL('../../../clients/typescript/scripts/generate.mjs', import.meta.url).pathname;
  await promisify(execFile)(process.execPath, [generate, world.gateway, '--check']).catch((error) => assert.fail(error.stderr));
});

it('it has what its users need, and nothing else', () => {
  const files = readdirSync(installed);
  assert.deepEqual(files.filter((file) => file !== 'node_modules').sort(), ['AGENTS.md', 'LICENSE', 'README.md', 'dist', 'package.json']);
  const skill = new URL('../../../skills/dialtone-phone/SKILL.md', import.meta.url);
  assert.equal(readFileSync(new URL('AGENTS.md', installed), 'utf8'), readFileSync(skill, 'utf8'));
});

it('what a page loads knows nothing of Node', () => {
  const seen = new Set();
  const visit = (file) => {
    if (seen.has(file.href)) return;
    seen.add(file.href);
    const text = readFileSync(file, 'utf8');
    for (const [, name] of text.matchAll(/(?:from|import) ['"]([^'"]+)['"]/g)) {
      assert.doesNotMatch(name, /^node:|^@modelcontextprotocol/, file.href);
      if (name.startsWith('.')) visit(new URL(name, file));
    }
  };
  visit(new URL('dist/index.js', installed));
  assert.ok(seen.size > 5, 'its files were read');
});
