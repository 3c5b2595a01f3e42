// Makes src/generated/ from the OpenAPI document of a running service: `node scripts/generate.mjs URL [--check]`.
// With `--check` it writes nothing, and fails where what is there is stale.

import { readFileSync, writeFileSync } from 'node:fs';
import openapiTypescript, { astToString } from 'openapi-typescript';

const [url, check] = process.argv.slice(2);
if (!url) {
  console.error('usage: node scripts/generate.mjs http://127.0.0.1:8402 [--check]');
  process.exit(2);
}

const answer = await fetch(new URL('/openapi.json', url));
if (!answer.ok) throw new Error(`${answer.url}: ${answer.status}`);
const document = simpler(await answer.json());
// Where it was read from says nothing about what is offered there.
delete document.servers;
delete document.info['x-guidance'];

const head = '// Made from /openapi.json by scripts/generate.mjs: do not edit.\n\n';
const files = {
  'openapi.ts': head + astToString(await openapiTypescript(structuredClone(document), { silent: true })) + codes(),
  'requests.ts': `${head}export const requests = ${JSON.stringify(requests(), null, 2)} as const;\n`,
};

let stale = false;
for (const [name, text] of Object.entries(files)) {
  const file = new URL(`../src/generated/${name}`, import.meta.url);
  if (!check) {
    writeFileSync(file, text);
  } else if (readFileSync(file, 'utf8') !== text) {
    stale = true;
    console.error(`src/generated/${name} is stale: npm run generate -- URL`);
  }
}
process.exit(stale ? 1 : 0);

/** Without what only a validator needs: the patterns are enforced by the service, whose message names what is wrong. */
function simpler(value) {
  if (Array.isArray(value)) return value.map(simpler);
  if (value === null || typeof value !== 'object') return value;
  // A field of which blank text and null mean that it was left out.
  const present = value.anyOf?.filter((one) => one.$ref !== '#/components/schemas/Absent');
  if (present?.length === 1 && value.anyOf.length === 2) {
    const { anyOf: _, ...rest } = value;
    return simpler({ ...present[0], ...rest });
  }
  if (typeof value.description === 'string') value = { ...value, description: everywhere(value.description) };
  const kept = Object.entries(value).filter(([key, of]) => !isDropped(key, of) && key !== 'Absent');
  return Object.fromEntries(kept.map(([key, of]) => [key, simpler(of)]));
}

/** Without what one operator sells and another does not. */
function everywhere(description) {
  return description.replace(/ Sold here: [^.]*\./, '');
}

// A field of a body may well be called `pattern`: then it is a schema.
function isDropped(key, of) {
  switch (key) {
    case 'pattern': return typeof of === 'string';
    case 'not': return of.$ref !== undefined;
    // Which area codes a country has.
    case 'allOf': return Array.isArray(of) && of.every((one) => one.if !== undefined);
    case 'if':
    case 'then':
    case 'example':
    case 'examples': return true;
    default: return false;
  }
}

/** Every code that an answer can have. */
function codes() {
  const found = new Set();
  const visit = (value) => {
    if (value === null || typeof value !== 'object') return;
    for (const one of value.properties?.code?.enum ?? []) found.add(one);
    if (value.properties?.code?.const) found.add(value.properties.code.const);
    Object.values(value).forEach(visit);
  };
  visit(document);
  if (found.size < 10) throw new Error(`only these codes: ${[...found]}`);
  const union = [...found].sort().map((code) => `    | ${JSON.stringify(code)}`).join('\n');
  return `/** Every code that an answer of the service can have. */\nexport type ServiceCode =\n${union};\n`;
}

/** What can be sent, and for how much. */
function requests() {
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path)).filter((one) => one?.operationId);
  return Object.fromEntries(operations.map((operation) => {
    const body = operation.requestBody?.content['application/json'].schema;
    const parameters = (operation.parameters ?? []).filter((one) => one.in === 'query' || one.in === 'path');
    const schema = body ?? {
      type: 'object',
      properties: Object.fromEntries(parameters.map(({ name, description, schema: of }) => [name, { description, ...of }])),
      required: parameters.filter((one) => one.required).map((one) => one.name),
    };
    const price = operation['x-payment-info']?.price.amount ?? null;
    return [operation.operationId, { price, description: operation.description ?? '', schema }];
  }));
}
