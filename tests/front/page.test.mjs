// A call's page in a real browser: how it looks is for a person to say (pictures are left in target/front/), that it works is held
// here.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { DESKTOP, NARROW, PHONE, isAccessible, isSound, launch, open, picture } from './browser.mjs';
import { call, caller, ended, sweep, travel, until, world } from './world.mjs';

const title = (page) => page.$eval('h1', (heading) => heading.textContent.trim());
const said = (page) => page.$$eval('#said .text', (lines) => lines.map((line) => line.textContent));
const again = (page) => page.$eval('#call', (main) => Number(main.dataset.again));
/** As a person sees it: what is folded away is not. */
const isShown = (element) => element.evaluate((one) => one.checkVisibility());
const becomes = (page, text) => page.waitForFunction((wanted) => document.querySelector('h1').textContent.includes(wanted), { timeout: 45_000 }, text);

/** What a callee might say who knows that it will be shown. */
const HOSTILE = [
  '<script>window.pwned = 1</script>',
  '</span></li></ol></div></section></main><img src=x onerror="window.pwned = 2">',
  '</style><style>* { display: none }</style><svg onload="window.pwned = 3">',
  '"><a href="javascript:window.pwned = 4">press here</a>',
  '{{ 7 * 7 }} {% raw %} &lt;b&gt;not bold&lt;/b&gt;',
  `W${'i'.repeat(3_000)}de`,
  'https://elsewhere.example/track.gif \u202Egnp.exe \u0645\u0631\u062D\u0628\u0627 👩‍👩‍👧‍👦',
  'two\nlines',
];

describe("a call's page", () => {
  let browser;
  let by;
  before(async () => { [browser, by] = await Promise.all([launch(), caller()]); });
  after(() => browser.close());

  for (const [name, viewport] of Object.entries({ phone: PHONE, desktop: DESKTOP })) {
    it(`follows a call to its end by itself, and then rests (${name})`, async () => {
      const url = await call(by, { next: 'talk', says: ["Good evening, this is Luigi's.", 'Yes, a table for two at seven.'], summary: 'The table for two at seven is confirmed.' });
      const tab = await open(browser, viewport);
      const { page, requests } = tab;
      await page.goto(url, { waitUntil: 'networkidle0' });
      await page.evaluate(() => { window.same = true; });
      assert.match(await title(page), /Calling|On the phone/);
      assert.ok(await again(page) >= 1 && await again(page) <= 10, 'when it is worth asking again');
      await isSound(tab, world.gateway);
      await picture(page, `running-${name}`);

      // Once at the pace of a call, once as quickly as it can be seen.
      if (viewport === DESKTOP) await travel(20);
      await becomes(page, 'They hung up');
      assert.equal(await page.evaluate(() => window.same), true, 'it was not loaded anew');
      await page.waitForSelector('#summary p');
      assert.deepEqual(await said(page), ["Good evening, this is Luigi's.", 'Yes, a table for two at seven.']);
      assert.deepEqual(await page.$$eval('.who', (all) => all.map((who) => who.textContent)), ['Person called'], 'once in a row');
      assert.match(await page.title(), /They hung up/);

      await travel(70);
      await page.waitForFunction(() => document.getElementById('call').dataset.again === '0', { timeout: 20_000 });
      await page.waitForSelector('audio[preload=none]');
      await isSound(tab, world.gateway);
      await isAccessible(page);
      await picture(page, `finished-${name}-dark`);
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }]);
      await picture(page, `finished-${name}`);
      if (viewport === PHONE) {
        const looked = requests.length;
        await new Promise((resolve) => { setTimeout(resolve, 6_000); });
        assert.equal(requests.length, looked, 'the page does not look at what will not change');
      }
      await page.close();
    });
  }

  it('keeps what is on the screen when it looks again', async () => {
    const url = await call(by, { next: 'endless' });
    await until(url, (seen) => seen.transcript.length >= 2);
    const tab = await open(browser);
    await tab.page.goto(url, { waitUntil: 'networkidle0' });
    await tab.page.evaluate(() => { window.line = document.querySelector('#said li'); window.head = document.querySelector('h1'); });
    await travel(6);
    const before = tab.requests.length;
    await tab.page.waitForFunction((count) => performance.getEntriesByType('resource').filter((one) => one.initiatorType === 'fetch').length > count, { timeout: 20_000 }, 0);
    assert.ok(tab.requests.length > before);
    assert.equal(await tab.page.evaluate(() => window.line.isConnected && window.head.isConnected), true);
    await isSound(tab, world.gateway);
    await isAccessible(tab.page);
    await tab.page.close();
  });

  it('says nothing of an answer, nor of a failure, where the line was busy', async () => {
    const url = await call(by, { next: 'busy' });
    await until(url, ended);
    const tab = await open(browser, PHONE);
    await tab.page.goto(url, { waitUntil: 'networkidle0' });
    assert.equal(await title(tab.page), 'The line was busy');
    assert.deepEqual(await tab.page.$$eval('dt', (all) => all.map((one) => one.textContent)), ['From', 'To', 'Ended', 'Transaction']);
    const height = await tab.page.$eval('time', (time) => time.getClientRects().length);
    assert.equal(height, 1, 'a time stands on one line');
    await isAccessible(tab.page);
    await picture(tab.page, 'busy-phone');
    await tab.page.close();
  });

  it('says that a failed call was paid back', async () => {
    const url = await call(by, { next: 'error' });
    await until(url, ended);
    await travel(70);
    const tab = await open(browser, PHONE);
    await tab.page.goto(url, { waitUntil: 'networkidle0' });
    assert.equal(await title(tab.page), 'The call failed');
    await isAccessible(tab.page);
    await picture(tab.page, 'refund-due-phone');
    await sweep();
    await tab.page.reload({ waitUntil: 'networkidle0' });
    assert.match(await tab.page.$eval('.money', (text) => text.textContent), /\$0\.54 was paid back/);
    const refund = (await (await fetch(url)).json()).refund;
    assert.equal(await tab.page.$eval('.code', (text) => text.textContent), refund.transaction);
    await isSound(tab, world.gateway);
    await picture(tab.page, 'refunded-phone');
    await tab.page.setViewport(DESKTOP);
    await isSound(tab, world.gateway);
    await picture(tab.page, 'refunded-desktop');
    await tab.page.close();
  });

  it('shows whatever a stranger says, and does none of it', async () => {
    const url = await call(by, { next: 'talk', says: HOSTILE, summary: HOSTILE.join(' ') });
    await until(url, (seen) => seen.transcript.length === HOSTILE.length);
    for (const [name, viewport] of Object.entries({ phone: PHONE, desktop: DESKTOP })) {
      const tab = await open(browser, viewport);
      await tab.page.goto(url, { waitUntil: 'networkidle0' });
      await tab.page.waitForFunction((count) => document.querySelectorAll('#said li').length === count, {}, HOSTILE.length);
      assert.deepEqual(await said(tab.page), HOSTILE);
      assert.equal(await tab.page.evaluate(() => window.pwned), undefined);
      assert.equal(await tab.page.$$eval('img, svg, a:not(.skip), iframe, style', (all) => all.length), 1, 'one style, our own');
      await isSound(tab, world.gateway);
      await picture(tab.page, `hostile-${name}`);
      await tab.page.close();
    }
  });

  it('does not need scripts', async () => {
    const url = await call(by, { next: 'endless' });
    const tab = await open(browser, PHONE);
    await tab.page.setJavaScriptEnabled(false);
    await tab.page.goto(url, { waitUntil: 'domcontentloaded' });
    // The browser itself loads it again.
    await tab.page.waitForNavigation({ timeout: 20_000 });
    assert.ok(tab.requests.filter((one) => one === url).length >= 2);
    await tab.page.setJavaScriptEnabled(true);
    await tab.page.close();
  });

  for (const [name, scripts] of [['with scripts', true], ['without scripts', false]]) {
    it(`has a button that hangs up, which asks first (${name})`, async () => {
      const url = await call(await caller(), { next: 'endless' });
      await until(url, (seen) => seen.transcript.length >= 1);
      const tab = await open(browser, NARROW);
      await tab.page.setJavaScriptEnabled(scripts);
      await tab.page.goto(url, { waitUntil: 'domcontentloaded' });
      const button = await tab.page.$('#hangup button');
      assert.equal(await isShown(button), false, 'it asks first');
      await tab.page.click('#hangup summary');
      assert.equal(await isShown(button), true);
      if (scripts) {
        await isSound(tab, world.gateway);
        for (const value of ['light', 'dark']) {
          await tab.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }]);
          await picture(tab.page, `hangup-asked-${value}`);
        }
        await isAccessible(tab.page);
      }
      assert.equal((await (await fetch(url)).json()).ended_by, 'IN_PROGRESS', 'it has not been pressed');
      await Promise.all([tab.page.waitForNavigation({ waitUntil: 'domcontentloaded' }), button.click()]);
      assert.equal(tab.page.url(), url, 'back at the page of the call');
      assert.match(await title(tab.page), /Hanging up|Hung up on request/);
      assert.equal(await tab.page.$('#hangup button'), null);
      if (scripts) {
        await isSound(tab, world.gateway);
        await picture(tab.page, 'hanging-up-light');
        await travel(40);
        await becomes(tab.page, 'Hung up on request');
        await picture(tab.page, 'hung-up-light');
      }
      assert.equal((await until(url, ended)).ended_by, 'REQUESTED');
      await tab.page.close();
    });
  }

  it('shows lines as they are said, by a request that waits, and is not loaded anew', async () => {
    const url = await call(await caller(), { next: 'talk', says: ['One moment, please.', 'Yes, that is in the book.'] });
    const tab = await open(browser, NARROW);
    await tab.page.goto(url, { waitUntil: 'networkidle0' });
    await tab.page.evaluate(() => { window.same = true; });
    const lines = (count) => tab.page.waitForFunction((least) => document.querySelectorAll('#said li').length >= least, { timeout: 45_000 }, count);
    await lines(1);
    await lines(2);
    assert.equal(await tab.page.evaluate(() => window.same), true);
    assert.ok(tab.requests.some((one) => new URL(one).searchParams.has('wait')), 'it waits');
    assert.equal(tab.requests.filter((one) => one === url).length, 1, 'it is not loaded anew');
    await isSound(tab, world.gateway);
    await tab.page.close();
  });

  it('shows the answers to the questions about it, and a message that was left', async () => {
    const questions = [
      { name: 'confirmed', question: 'Is the table confirmed?', type: 'boolean' },
      { name: 'how_many_people', question: 'For how many?', type: 'number' },
      { name: 'in_their_words', question: 'What was said?', type: 'string' },
    ];
    const asks = await caller();
    const url = await call(asks, { next: 'talk', says: ['Table for two at seven.'] }, { questions });
    await until(url, ended);
    // They are asked once the call has settled, which is when the page would come again.
    await travel(70);
    const tab = await open(browser, NARROW);
    await tab.page.goto(url, { waitUntil: 'networkidle0' });
    await tab.page.waitForFunction(() => document.querySelector('#answers dl'), { timeout: 45_000 });
    assert.deepEqual(await tab.page.$$eval('#answers dt', (all) => all.map((one) => one.textContent)), ['confirmed', 'how many people', 'in their words']);
    assert.deepEqual(await tab.page.$$eval('#answers dd', (all) => all.map((one) => one.textContent)), ['Yes', '7', 'Table for two at seven.']);
    await isSound(tab, world.gateway);
    await isAccessible(tab.page);
    for (const value of ['light', 'dark']) {
      await tab.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }]);
      await picture(tab.page, `answers-${value}`);
    }
    const left = await call(asks, { next: 'voicemail' }, { voicemail_message: 'Vicky here, please call me back.' });
    assert.equal((await until(left, ended)).voicemail_left, true);
    await tab.page.goto(left, { waitUntil: 'networkidle0' });
    assert.match(await tab.page.$eval('#state', (state) => state.textContent), /The AI left the message/);
    await isSound(tab, world.gateway);
    await picture(tab.page, 'voicemail-left-light');
    await tab.page.close();
  });

  it('is the same for every call that is not there', async () => {
    for (const [name, viewport] of Object.entries({ phone: PHONE, desktop: DESKTOP })) {
      const tab = await open(browser, viewport);
      const answer = await tab.page.goto(`${world.gateway}/v1/voice/call/nothing`, { waitUntil: 'networkidle0' });
      assert.equal(answer.status(), 404);
      assert.equal(await title(tab.page), 'There is no such call');
      // The browser itself says so of any page with this status.
      const own = tab.wrong.filter((one) => !/status of 404/.test(one));
      await isSound({ ...tab, wrong: own }, world.gateway);
      await isAccessible(tab.page);
      await picture(tab.page, `unknown-${name}`);
      await tab.page.close();
    }
  });

  it('says so when it cannot be brought up to date, and goes on when it can', async () => {
    const url = await call(by, { next: 'endless' });
    const tab = await open(browser, PHONE);
    await tab.page.goto(url, { waitUntil: 'networkidle0' });
    await tab.page.setOfflineMode(true);
    await tab.page.waitForSelector('#note:not([hidden])', { timeout: 40_000 });
    await picture(tab.page, 'offline-phone');
    await tab.page.setOfflineMode(false);
    await tab.page.waitForSelector('#note', { hidden: true, timeout: 60_000 });
    assert.match(await title(tab.page), /Calling|On the phone/);
    await tab.page.close();
  });
});
