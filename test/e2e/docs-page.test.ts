/** The API pages of the running local stack, in a real browser; skipped, saying so, on a machine that has none. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SAMPLE_TENANT } from '../../api/openapi/scenario.ts';
import { readDescription } from '../rigs/conformance/document.ts';
import { mustConform } from '../rigs/conformance/watch.ts';
import { Browser, findBrowser, type Page } from '../support/browser.ts';
import { anId } from '../support/builders.ts';
import { request } from '../support/client.ts';
import { e2eStack } from '../support/e2e.ts';

const stack = e2eStack();
const program = findBrowser();
if (program === undefined) {
  process.stderr.write('no Chromium or Chrome on this machine: the API pages are not tested in a browser\n');
}

/** A request of the page and its answer, without what the browser adds to the request. */
interface Kept {
  readonly method: string;
  readonly url: string;
  readonly sent: [string, string][];
  readonly body?: string;
  readonly status: number;
  readonly headers: [string, string][];
  readonly text: string;
}

/** Runs in the page, which sends by `fetch`. */
const KEEP_EXCHANGES = `{
  const { fetch } = window;
  window.exchanges = [];
  window.fetch = async (input, init) => {
    const request = new Request(input, init);
    const copy = request.clone();
    const response = await fetch(request);
    if (new URL(request.url).pathname.startsWith('/demand/')) {
      const { status, headers } = response;
      const text = await response.clone().text();
      const body = request.method === 'POST' ? await copy.text() : undefined;
      const { method, url } = request;
      window.exchanges.push({ method, url, sent: [...request.headers], body, status, headers: [...headers], text });
    }
    return response;
  };
  undefined;
}`;

test('the description is served as it is kept', async () => {
  const { status, headers, text } = await request('GET', `${stack.url}/docs/openapi.yaml`);
  expect({ status, type: headers.get('content-type') }).toEqual({
    status: 200,
    type: 'application/yaml; charset=utf-8',
  });
  expect(text).toContain('openapi: 3.1');
});

(program === undefined ? describe.skip : describe)('in a browser', () => {
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    browser = await Browser.start(program ?? '');
    page = await browser.open(`${stack.url}/docs`);
    await page.size(1280, 900);
    await page.evaluate(KEEP_EXCHANGES);
    await page.until(`document.querySelector('#token').textContent.includes('account 101')`);
  });

  afterAll(async () => {
    await page.close();
    await browser.close();
  });

  /** The block of an operation, opened. */
  async function open(operationId: string): Promise<string> {
    const block = `document.querySelector('[id$="-${operationId}"]')`;
    await page.until(block);
    await page.evaluate(`${block}.querySelector('.opblock-summary-control').click()`);
    await page.until(`${block}.querySelector('.execute')`);
    return block;
  }

  /** Types into a field, and leaves it: as React sees it. */
  async function type(field: string, value: string): Promise<void> {
    await page.evaluate(`(() => {
      const field = ${field};
      const { set } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), 'value');
      set.call(field, ${JSON.stringify(value)});
      field.dispatchEvent(new Event('input', { bubbles: true }));
      field.dispatchEvent(new FocusEvent('focusout', { bubbles: true }));
    })()`);
  }

  /** Executes the request of an opened block; the status of its answer. */
  async function execute(block: string): Promise<string> {
    await page.evaluate(`${block}.querySelector('.execute').click()`);
    const status = `${block}.querySelector('.live-responses-table tbody .response-col_status')`;
    await page.until(`/^\\d/.test(${status}?.textContent ?? '')`);
    return page.evaluate<string>(`${status}.textContent`);
  }

  test('every operation of the description is there', async () => {
    await page.until(`document.querySelector('.opblock')`);
    const shown = await page.evaluate<string[]>(
      `[...document.querySelectorAll('.opblock')].map((block) => block.id.split('-').at(-1))`,
    );
    const described = Object.values(readDescription().paths).flatMap(({ get, post }) =>
      [get, post].flatMap((operation) => operation?.operationId ?? []),
    );
    expect(shown.sort()).toEqual(described.sort());
    expect(shown).toHaveLength(16);
    await page.picture('api-pages');
  });

  test('a job can be created from it, and read', async () => {
    // Pausing twice is no other than pausing once: the examples may use these target groups at the same time.
    const create = await open('createPauseJob');
    const key = anId('K');
    await type(`${create}.querySelector('tr[data-param-name="Idempotency-Key"] input')`, key);
    expect(await execute(create)).toBe('201');
    const answer = await page.evaluate<string>(
      `${create}.querySelector('.live-responses-table').textContent`,
    );
    const location = /location: (\S+)/.exec(answer)?.[1] ?? '';
    expect(location).toContain(`/projects/${SAMPLE_TENANT.projectId}/batch-jobs/pause/`);

    const read = await open('getPauseJob');
    await type(
      `${read}.querySelector('tr[data-param-name="job_id"] input')`,
      location.split('/').at(-1) ?? '',
    );
    expect(await execute(read)).toBe('200');
    expect(await page.evaluate(`${read}.querySelector('.live-responses-table').textContent`)).toContain(
      'x-job-progress',
    );
    const exchanges = await page.evaluate<Kept[]>('window.exchanges');
    expect(exchanges.map(({ status }) => status)).toEqual([201, 200]);
    expect(exchanges[0]?.sent).toContainEqual(['idempotency-key', key]);
    for (const { method, url, sent, body, status, headers, text } of exchanges) {
      mustConform(stack.url, {
        method,
        path: new URL(url).pathname,
        headers: Object.fromEntries(sent),
        body,
        answer: { status, headers: new Map(headers), text },
      });
    }
    await page.picture('api-pages-tried');
    await page.scheme('dark');
    await page.picture('api-pages-dark');
  });

  test('nothing was asked of any other host, and nothing went wrong', async () => {
    expect(page.requests.length).toBeGreaterThan(6);
    const elsewhere = page.requests.filter(
      (url) => !url.startsWith(`${stack.url}/`) && !url.startsWith('data:'),
    );
    expect(elsewhere).toEqual([]);
    expect(page.complaints).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  });
});
