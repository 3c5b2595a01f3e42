// `node give.mjs URL OWNER MICRO-DOLLARS`: so much USDC is in the owner's token account on this cluster.

const [url, ...params] = process.argv.slice(2);
const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'test_give', params });
const { error } = await (await fetch(url, { method: 'POST', body })).json();
if (error) throw new Error(error.message);
