// A headless Chromium whose pages tell of everything that went wrong in them: errors, violations of their policy, and requests
// that went elsewhere.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import axe from 'axe-core';
import puppeteer from 'puppeteer-core';

const pictures = new URL('../../target/front/', import.meta.url).pathname;
mkdirSync(pictures, { recursive: true });

export const PHONE = { width: 360, height: 740, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };
/** The width of most phones. */
export const NARROW = { width: 390, height: 844, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };
export const DESKTOP = { width: 1280, height: 800 };

export const launch = () => puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  // Containers run as root, where the sandbox does not start. What is looked at is our own.
  args: ['--no-sandbox', '--disable-quic', '--disable-background-networking'],
});

/** A page of this size, and what went wrong in it so far. */
export async function open(browser, viewport = DESKTOP) {
  const page = await browser.newPage();
  await page.setViewport(viewport);
  const wrong = [];
  const requests = [];
  page.on('console', (message) => {
    if (['error', 'warn'].includes(message.type())) wrong.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => wrong.push(`error: ${error.message}`));
  page.on('requestfailed', (request) => wrong.push(`failed: ${request.url()} ${request.failure()?.errorText}`));
  page.on('request', (request) => requests.push(request.url()));
  await page.evaluateOnNewDocument(() => {
    window.violations = [];
    document.addEventListener('securitypolicyviolation', (event) => window.violations.push(`${event.violatedDirective}: ${event.blockedURI}`));
  });
  return { page, wrong, requests };
}

/** Everything that must hold (the pictures in a player's buttons are the browser's own) of any page of ours, at any time. */
export async function isSound({ page, wrong, requests }, origin) {
  assert.deepEqual(wrong, []);
  assert.deepEqual(await page.evaluate(() => window.violations), []);
  assert.deepEqual(requests.filter((url) => !url.startsWith('data:') && new URL(url).origin !== origin), []);
  const { inner, content } = await page.evaluate(() => ({ inner: window.innerWidth, content: document.documentElement.scrollWidth }));
  assert.ok(content <= inner, `${content} px wide in a window of ${inner}`);
}

/** What a checker of accessibility finds, in light and in dark. */
export async function isAccessible(page) {
  for (const value of ['light', 'dark']) {
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }, { name: 'prefers-reduced-motion', value: 'reduce' }]);
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() => window.axe.run());
    const found = violations.map((one) => `${value}: ${one.id}: ${one.help}: ${one.nodes.map((node) => node.html).join(' ')}`);
    assert.deepEqual(found, []);
  }
}

/** A picture to look at, in target/front/. */
export const picture = (page, name) => page.screenshot({ path: `${pictures}${name}.png`, fullPage: true });


