/** Tests the status page in a real browser. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { describeInBrowser, takePicture, type WatchedPage } from '../../../support/browser.ts';
import { aRow, ServedStatus } from './served-status.ts';

const JOB = '4PZRTX185TK4NXJ64MWWSQVWVD';
const OTHER = '7J1A0Q4ZV9XWT2M5K8N3B6C0DE';
const HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>\u202etxt\u0007';

describeInBrowser((openPage) => {
  let watched: WatchedPage;
  let page: Page;
  let served: ServedStatus;

  beforeEach(async () => {
    served = new ServedStatus();
    await served.start();
    for (const name of ['CreateJob', 'GetJob', 'Worker', 'Reconcile']) served.recorder.record(name);
    watched = await openPage();
    ({ page } = watched);
  });

  afterEach(async () => {
    await page.close();
    await served.stop();
  });

  async function open(path = '/_local'): Promise<void> {
    await page.goto(`${served.url}${path}`);
    await waitForText('#feed', 'Live');
  }

  /** Waits until the element contains the text. */
  async function waitForText(selector: string, part: string): Promise<void> {
    await page.locator(selector, { hasText: part }).waitFor();
  }

  /** Waits until the element has exactly `count` children. */
  async function waitForChildren(selector: string, count: number): Promise<void> {
    await page.locator(`${selector} > :nth-child(${count}):last-child`).waitFor();
  }

  const readText = (selector: string) => page.locator(selector).textContent();
  const countElements = (selector: string) => page.locator(selector).count();

  /** Checks the page: no error, no request to another host, no injected script, and no overflow. */
  async function checkPage(): Promise<void> {
    expect(watched.complaints).toEqual([]);
    expect(watched.requests.filter((url) => !url.startsWith(`${served.url}/_local`))).toEqual([]);
    expect(await page.evaluate('window.hacked ?? null')).toBeNull();
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  }

  test('the page shows that the stack starts, and then that it serves without a job', async () => {
    served.recorder.log({ kind: 'notice', text: 'synthesizing the stack' });
    await open();
    await waitForText('#health', 'The stack is starting.');
    served.serve();
    await waitForText('#health', 'All is well.');
    expect(await readText('#no-jobs')).toContain('No jobs yet.');
    expect(await countElements('#functions tr')).toBe(4);
    expect(await readText('#lines')).toContain('synthesizing the stack');
    await checkPage();
    await takePicture(page, 'no-jobs');
    await page.emulateMedia({ colorScheme: 'dark' });
    await takePicture(page, 'no-jobs-dark');
  });

  test('an open job is followed to its end without a reload', async () => {
    served.serve();
    await open();
    served.logLine('CreateJob', 'INFO', 'job.created', {
      job_id: JOB,
      target_groups: 1000,
      trace_id: 'a'.repeat(32),
    });
    const row = aRow({ failed: 3 });
    served.jobs = [row];
    served.queues[0] = { name: 'Chunks', deadLetters: false, visible: 2, inFlight: 1, delayed: 0 };
    const end = served.recorder.record('Worker').begin();
    await waitForText('#jobs', '400 / 1,000');
    await page.evaluate('document.querySelector("#jobs tr").dataset.same = "yes"');
    expect(await page.evaluate('document.querySelector("#jobs progress").value')).toBe(400);
    expect(await readText('#jobs .status')).toBe('Processing');
    expect(await readText('#functions tr:nth-child(3)')).toMatch(/^Worker1100––/);
    await checkPage();
    await takePicture(page, 'under-way');
    end({ ok: true, payload: '' });
    served.jobs = [{ ...row, settled: 1000, status: 'Completed', milliseconds: 2_345 }];
    await waitForText('#jobs .status', 'Completed');
    expect(await readText('#jobs tr')).toContain('1,000 / 1,00032.3 s');
    expect(await page.evaluate('document.querySelector("#jobs tr").dataset.same')).toBe('yes');
  });

  test('failures are shown at the top and where they happened', async () => {
    served.serve();
    for (const [index, name] of ['Worker', 'Worker', 'Reconcile'].entries()) {
      served.recorder.record(name).begin()(
        index === 0
          ? { ok: true, payload: '' }
          : { ok: false, error: { errorType: 'Error', errorMessage: 'no', trace: [] } },
      );
    }
    served.recorder.record('CreateJob').onThrottled();
    served.queues[1] = { name: 'DeadLetters', deadLetters: true, visible: 2, inFlight: 0, delayed: 0 };
    served.jobs = [
      aRow({ jobId: OTHER, lastEvent: 'chunk.handed-back' }),
      aRow({
        status: 'Failed',
        settled: 1000,
        failed: 412,
        milliseconds: 361_000,
        lastEvent: 'job.finished',
      }),
    ];
    served.logLine('Worker', 'WARN', 'chunk.handed-back', { job_id: OTHER, chunk: 3, unfinished: 120 });
    served.logLine('Worker', 'ERROR', 'chunk.failed', {
      chunk: 7,
      error: {
        name: 'ProvisionedThroughputExceededException',
        message: 'The level of configured provisioned throughput for the table was exceeded.',
        stack:
          'Error: x\n    at settle (src/adapters/dynamodb/chunks.ts:190:5)\n    at work (lambdas/worker.ts:60:9)',
      },
    });
    await open();
    await waitForText('#health', '2 dead letters.');
    expect(await readText('#health')).toBe(
      'The last run of Reconcile failed.2 dead letters.1 error in the last minute.',
    );
    expect(await page.locator('#health').getAttribute('class')).toBe('bad');
    expect(await readText('#queues .bad')).toBe('2');
    expect(await countElements('#functions .bad')).toBe(3);
    expect(await page.locator('#lines .call').first().textContent()).toBe(
      'at settle (src/adapters/dynamodb/chunks.ts:190:5)',
    );
    await checkPage();
    await takePicture(page, 'failures');
    await page.emulateMedia({ colorScheme: 'dark' });
    await takePicture(page, 'failures-dark');
    await page.locator('#serious').check();
    served.logLine('Worker', 'INFO', 'chunk.settled', { job_id: OTHER, chunk: 4 });
    await waitForText('#lines', 'chunk.settled');
    expect(await countElements('.line:visible')).toBe(2);
  });

  test('a job can be chosen by keyboard, and then only its lines are shown', async () => {
    served.serve();
    const traceId = 'c'.repeat(32);
    const tenant = { account_id: 101, project_id: 'P' };
    served.logLine('CreateJob', 'INFO', 'job.created', { job_id: JOB, ...tenant, trace_id: traceId });
    served.logLine('CreateJob', 'INFO', 'job.created', {
      job_id: OTHER,
      ...tenant,
      trace_id: 'd'.repeat(32),
    });
    served.logLine('Worker', 'ERROR', 'chunk.failed', { trace_id: traceId, chunk: 1 });
    served.jobs = [aRow({ jobId: OTHER }), aRow()];
    await open();
    await waitForChildren('#lines', 3);
    await page.locator(`#jobs a[data-job="${JOB}"]`).press('Enter');
    await waitForText('#filter', JOB);
    await waitForChildren('#lines', 2);
    expect(await page.evaluate('location.search')).toBe(`?job=${JOB}`);
    expect(await readText('#jobs .current th')).toBe(JOB);
    // Later lines are filtered too, and the focus stays where it was.
    served.logLine('Worker', 'INFO', 'chunk.settled', { job_id: OTHER, chunk: 1 });
    served.logLine('Worker', 'INFO', 'chunk.settled', { job_id: JOB, chunk: 1 });
    await waitForChildren('#lines', 3);
    expect(await readText('#lines')).not.toContain(OTHER);
    expect(await page.evaluate('document.activeElement.dataset.job')).toBe(JOB);
    await takePicture(page, 'one-job');
    await page.goBack();
    await waitForChildren('#lines', 5);
    await checkPage();
  });

  test('the address names the chosen job, for a reload or a bookmark', async () => {
    served.serve();
    served.logLine('Worker', 'INFO', 'chunk.settled', { job_id: OTHER });
    served.logLine('Worker', 'INFO', 'chunk.settled', { job_id: JOB });
    await open(`/_local?job=${JOB}`);
    await waitForChildren('#lines', 1);
    expect(await readText('#lines')).toContain(JOB);
  });

  test('200 jobs with hostile text run no script and fit into the page', async () => {
    served.serve();
    const statuses = ['Completed', 'Processing', 'Failed'] as const;
    served.jobs = Array.from({ length: 200 }, (_, index) =>
      aRow({
        jobId: `${String(index).padStart(4, '0')}${'W'.repeat(22)}`,
        accountId: 2_147_483_647,
        status: statuses[index % 3] ?? 'Completed',
        total: 10_000,
        settled: index * 50,
        failed: index * 40,
        lastEvent: index === 1 ? HOSTILE : 'job.deadline-passed',
        milliseconds: index * 10_000,
      }),
    );
    served.recorder.record(HOSTILE);
    served.queues.push({
      name: HOSTILE.repeat(3),
      deadLetters: false,
      visible: 1e6,
      inFlight: 1e6,
      delayed: 1e6,
    });
    for (let n = 0; n < 100; n++) {
      served.logLine('Worker', 'INFO', HOSTILE, {
        job_id: JOB,
        [HOSTILE]: HOSTILE,
        long: 'x'.repeat(5_000),
        n,
      });
      served.recorder.log({ kind: 'function', functionName: HOSTILE, text: HOSTILE.repeat(100) });
      served.recorder.log({
        kind: 'request',
        method: 'GET',
        path: `/${HOSTILE}`,
        status: 500,
        milliseconds: 1e6,
      });
    }
    await open(`/_local?job=${encodeURIComponent(HOSTILE)}`);
    await waitForChildren('#jobs', 200);
    expect(await readText('#filter')).toContain('<img src=x');
    expect(await countElements('.line')).toBe(0);
    await page.locator('#filter a').click();
    await waitForChildren('#lines', 300);
    expect(await readText('#lines')).toContain('<img src=x onerror="window.hacked=1">');
    expect(await countElements('main img, main script')).toBe(0);
    await checkPage();
    await takePicture(page, 'many');
    await page.setViewportSize({ width: 390, height: 800 });
    await checkPage();
    await takePicture(page, 'many-narrow');
  });

  test('the page shows that the stack is not reachable, and connects to the next one', async () => {
    served.serve();
    served.logLine('Worker', 'INFO', 'of the first run');
    await open();
    await waitForText('#lines', 'of the first run');
    const port = Number(new URL(served.url).port);
    await served.stop();
    await waitForText('#feed', 'Not reachable since');
    await takePicture(page, 'away');
    served = new ServedStatus();
    await served.start(port);
    served.serve();
    served.logLine('Worker', 'INFO', 'of the second run');
    await waitForText('#lines', 'of the second run');
    expect(await readText('#lines')).not.toContain('of the first run');
    expect(await readText('#feed')).toBe('Live');
  });

  test('a pause stops updates of the page', async () => {
    served.serve();
    await open();
    await page.locator('#pause').click();
    await waitForText('#feed', 'Paused');
    const asked = watched.requests.length;
    served.logLine('Worker', 'INFO', 'meanwhile');
    // The page waits for its next read with short timers; two of them end without a request.
    await page.evaluate(`new Promise((resolve) => {
      const real = window.setTimeout;
      let ticks = 0;
      window.setTimeout = (...args) => {
        ticks += 1;
        if (ticks === 2) resolve();
        return real(...args);
      };
    })`);
    expect(watched.requests).toHaveLength(asked);
    await page.locator('#pause').click();
    await waitForText('#lines', 'meanwhile');
  });

  test('tables, headings and regions have names', async () => {
    served.serve();
    served.jobs = [aRow()];
    await open();
    await waitForChildren('#jobs', 1);
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
    expect(await countElements('h1')).toBe(1);
    expect(await page.locator('h2').allTextContents()).toEqual([
      'Health',
      'Jobs',
      'Functions',
      'Queues',
      'Log',
    ]);
    expect(await countElements('table:not(:has(caption)), th:not([scope])')).toBe(0);
    expect(await countElements('.scroll:not([tabindex="0"][aria-labelledby])')).toBe(0);
    expect(await page.locator('progress').getAttribute('aria-label')).toContain(JOB);
  });
});
