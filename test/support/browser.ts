/** Runs tests of pages in a headless browser of this machine. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from '@jest/globals';
import { type Browser, chromium, type Page } from 'playwright-core';
import { findBrowser, howToGetABrowser, IN_A_BROWSER, inCI } from './find-browser.ts';

const FLAGS = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-quic',
  '--disable-sync',
  '--no-first-run',
];

const VIEWPORT = { width: 1280, height: 900 };

/** Less than Jest's own limit, so that what ends by it says which element it waited for. */
const LIMIT_MILLISECONDS = 120_000;

/** A page, and what it did without being asked to by its test. */
export interface WatchedPage {
  readonly page: Page;
  /** Addresses that it asked for, but those of the scheme `data:`. */
  readonly requests: readonly string[];
  /** What went wrong in it: exceptions, refused resources, entries of the console. */
  readonly complaints: readonly string[];
}

/**
 * Groups tests that need a browser, which runs from before the first of them until after the last. Without
 * one they are skipped, and a reporter lists them when the run ends.
 * @param block is given what opens an empty page
 * @throws Error in CI, when there is no browser: the suite fails
 */
export function describeInBrowser(block: (openPage: () => Promise<WatchedPage>) => void): void {
  const program = findBrowser();
  if (program === undefined && inCI()) throw new Error(howToGetABrowser());
  (program === undefined ? describe.skip : describe)(IN_A_BROWSER, () => {
    let browser: Browser;

    beforeAll(async () => {
      browser = await chromium.launch({
        executablePath: program ?? '',
        args: FLAGS,
        // Chromium has no sandbox for root; in a container, everybody is root.
        chromiumSandbox: process.getuid?.() !== 0,
      });
    });

    afterAll(async () => {
      await browser.close();
    });

    block(async () => watch(await browser.newPage({ viewport: VIEWPORT })));
  });
}

function watch(page: Page): WatchedPage {
  page.setDefaultTimeout(LIMIT_MILLISECONDS);
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(String(error)));
  return { page, requests, complaints };
}

/** Takes a picture of the whole page, for people, if SCREENSHOTS names a folder. */
export async function takePicture(page: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS'];
  if (folder !== undefined) await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}
