/** Tests the API pages of the running local stack in a real browser. */
import { beforeAll, expect, test } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { SAMPLE_TENANT } from '../../api/openapi/scenario.ts';
import { readDescription } from '../rigs/conformance/read-description.ts';
import { requireConformance } from '../rigs/conformance/check-exchange.ts';
import { describeInBrowser, takePicture, type WatchedPage } from '../support/browser.ts';
import { anId } from '../support/builders.ts';
import { sendRequest } from '../support/api-client.ts';
import { readE2eStack } from '../support/e2e.ts';

const stack = readE2eStack();

/** A request of the page, without the headers that the browser adds, and its answer. */
interface RecordedExchange {
  readonly method: string;
  readonly url: string;
  readonly sent: [string, string][];
  readonly body?: string;
  readonly status: number;
  readonly headers: [string, string][];
  readonly text: string;
}

/** A script that runs before those of the page and records each exchange that they start with `fetch`. */
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
}`;

test('the stack serves the description of the API', async () => {
  const { status, headers, text } = await sendRequest('GET', `${stack.url}/docs/openapi.yaml`);
  expect({ status, type: headers.get('content-type') }).toEqual({
    status: 200,
    type: 'application/yaml; charset=utf-8',
  });
  expect(text).toContain('openapi: 3.1');
});

describeInBrowser((openPage) => {
  let page: Page;
  let watched: WatchedPage;

  beforeAll(async () => {
    watched = await openPage();
    ({ page } = watched);
    await page.addInitScript({ content: KEEP_EXCHANGES });
    await page.goto(`${stack.url}/docs`);
    await page.locator('#token', { hasText: 'account 101' }).waitFor();
  });

  /** Opens the block of an operation. */
  async function openOperation(operationId: string): Promise<Locator> {
    const block = page.locator(`.opblock[id$="-${operationId}"]`);
    await block.locator('.opblock-summary-control').click();
    return block;
  }

  /** Types the value of a parameter and leaves its field. */
  async function fillIn(block: Locator, parameter: string, value: string): Promise<void> {
    const field = block.locator(`tr[data-param-name="${parameter}"] input`);
    await field.fill(value);
    await field.blur();
  }

  /** Executes the request of an opened block. Returns the status and the text of the shown answer. */
  async function execute(block: Locator): Promise<{ status: string; answer: string }> {
    await block.locator('.execute').click();
    const table = block.locator('.live-responses-table');
    const status = table.locator('tbody .response-col_status', { hasText: /^\d/ });
    return { status: await status.innerText(), answer: (await table.textContent()) ?? '' };
  }

  test('the page shows every operation of the description', async () => {
    const blocks = page.locator('.opblock');
    await blocks.first().waitFor();
    const ids = await Promise.all((await blocks.all()).map((block) => block.getAttribute('id')));
    const shown = ids.map((id) => id?.split('-').at(-1));
    const described = Object.values(readDescription().paths).flatMap(({ get, post }) =>
      [get, post].flatMap((operation) => operation?.operationId ?? []),
    );
    expect(shown.sort()).toEqual(described.sort());
    expect(shown).toHaveLength(16);
    await takePicture(page, 'api-pages');
  });

  test('a user can create a job on the page and read it', async () => {
    // The job pauses, because the suite of the examples may pause the same target groups at the same time.
    const create = await openOperation('createPauseJob');
    const key = anId('K');
    await fillIn(create, 'Idempotency-Key', key);
    const created = await execute(create);
    expect(created.status).toBe('201');
    const location = /location: (\S+)/.exec(created.answer)?.[1] ?? '';
    expect(location).toContain(`/projects/${SAMPLE_TENANT.projectId}/batch-jobs/pause/`);

    const read = await openOperation('getPauseJob');
    await fillIn(read, 'job_id', location.split('/').at(-1) ?? '');
    const found = await execute(read);
    expect(found.status).toBe('200');
    expect(found.answer).toContain('x-job-progress');
    const exchanges = await page.evaluate<RecordedExchange[]>('window.exchanges');
    expect(exchanges.map(({ status }) => status)).toEqual([201, 200]);
    expect(exchanges[0]?.sent).toContainEqual(['idempotency-key', key]);
    for (const { method, url, sent, body, status, headers, text } of exchanges) {
      requireConformance(stack.url, {
        method,
        path: new URL(url).pathname,
        headers: Object.fromEntries(sent),
        body,
        answer: { status, headers: new Map(headers), text },
      });
    }
    await takePicture(page, 'api-pages-tried');
    await page.emulateMedia({ colorScheme: 'dark' });
    await takePicture(page, 'api-pages-dark');
  });

  test('the page sends no request to another host and reports no error', async () => {
    const { requests, complaints } = watched;
    expect(requests.length).toBeGreaterThan(6);
    expect(requests.filter((url) => !url.startsWith(`${stack.url}/`))).toEqual([]);
    expect(complaints).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  });
});
