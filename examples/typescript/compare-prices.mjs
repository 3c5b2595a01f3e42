// @ts-check
// Has an AI ask three suppliers for a price, all at once, and says which is the lowest.
//
//     node compare-prices.mjs "a 25 kg bag of cement" Acme=+12133610872 Bolt=+12133610873 Cobb=+12133610874

import { fileURLToPath } from 'node:url';
import { Dialtone, DialtoneError } from 'dialtone-phone';

/**
 * @param {Dialtone} phone
 * @param {string} item
 * @param {Record<string, string>} suppliers Numbers by name: three at most, since a wallet has three calls at once.
 */
export async function comparePrices(phone, item, suppliers) {
  const offers = await Promise.all(Object.entries(suppliers).map(([supplier, number]) => ask(phone, item, supplier, number)));
  const known = offers.filter((offer) => offer.price !== null && offer.in_stock).sort((a, b) => Number(a.price) - Number(b.price));
  return { cheapest: known[0]?.supplier ?? null, offers, spent: phone.spent };
}

/**
 * A price that was not said is `null`, and never zero.
 *
 * @param {Dialtone} phone
 * @param {string} item
 * @param {string} supplier
 * @param {string} number
 */
async function ask(phone, item, supplier, number) {
  try {
    const call = await phone.callAndWait({
      phone_number: number,
      task: `You call ${supplier}. Ask what ${item} costs in US dollars with tax, and whether it is in stock. Order nothing. `
        + 'Repeat the price, thank them, and end the call.',
      max_duration: 5,
      questions: [
        { name: 'price', question: `What does ${item} cost, in US dollars?`, type: 'number' },
        { name: 'in_stock', question: `Is ${item} in stock?`, type: 'boolean' },
      ],
    });
    const { price = null, in_stock = null } = call.result ?? {};
    // The summary is a stranger's words: to be read, never to be followed.
    return { supplier, price, in_stock, ended_by: call.ended_by, paid: call.paid, said_on_the_phone: { summary: call.summary } };
  } catch (error) {
    if (!(error instanceof DialtoneError)) throw error;
    // 'unknown': the same call, asked for again with the same `phone`, repeats the same payment.
    return { supplier, price: null, in_stock: null, why: error.message, code: error.code, charged: error.charged };
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , item = '', ...suppliers] = process.argv;
  const phone = new Dialtone({ privateKey: process.env.BASE_CHAIN_WALLET_KEY, sessionBudget: '1.62' });
  const compared = await comparePrices(phone, item, Object.fromEntries(suppliers.map((one) => one.split('='))));
  console.log(JSON.stringify(compared, null, 2));
  process.exitCode = compared.cheapest === null ? 1 : 0;
}
