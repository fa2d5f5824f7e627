/** Runs tests of web pages in a headless browser of this machine. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from '@jest/globals';
import { type Browser, chromium, type Page } from 'playwright-core';
import { findBrowser, explainMissingBrowser, IN_A_BROWSER, isInCI } from './find-browser.ts';

const FLAGS = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-quic',
  '--disable-sync',
  '--no-first-run',
];

const VIEWPORT = { width: 1280, height: 900 };

/** Less than Jest's limit, so that a timeout names the element that the test waited for. */
const LIMIT_MILLISECONDS = 120_000;

/** A page with the requests that it sent and the errors that it caused. */
export interface WatchedPage {
  readonly page: Page;
  /** Addresses of its requests; Playwright reports none of the scheme `data:`. */
  readonly requests: readonly string[];
  /** The exceptions, refused resources and console entries of the page. */
  readonly complaints: readonly string[];
}

/**
 * Groups tests that need a browser, and runs one browser for all of them. Without a browser they are skipped,
 * and a reporter lists them when the run ends.
 * @param block defines the tests; its argument opens an empty page
 * @throws Error in CI if there is no browser, so that the suite fails
 */
export function describeInBrowser(block: (openPage: () => Promise<WatchedPage>) => void): void {
  const program = findBrowser();
  if (program === undefined && isInCI()) throw new Error(explainMissingBrowser());
  (program === undefined ? describe.skip : describe)(IN_A_BROWSER, () => {
    let browser: Browser;

    beforeAll(async () => {
      browser = await chromium.launch({
        executablePath: program ?? '',
        args: FLAGS,
        // Chromium has no sandbox for root, the usual user in a container.
        chromiumSandbox: process.getuid?.() !== 0,
      });
    });

    afterAll(async () => {
      await browser.close();
    });

    block(async () => watchPage(await browser.newPage({ viewport: VIEWPORT })));
  });
}

function watchPage(page: Page): WatchedPage {
  page.setDefaultTimeout(LIMIT_MILLISECONDS);
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(String(error)));
  return { page, requests, complaints };
}

/** Saves a picture of the whole page as `<name>.png`, if SCREENSHOTS names a folder. */
export async function takePicture(page: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS'];
  if (folder !== undefined) await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}
