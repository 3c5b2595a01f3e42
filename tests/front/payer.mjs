// What the page in pays.test.mjs runs: a published client, bundled as a web site would.

import { paying } from './paying.mjs';

window.ask = async (url, key, body, headers = {}) => {
  const pay = paying((...request) => fetch(...request), key);
  const answer = await pay(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
  return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.json() };
};
