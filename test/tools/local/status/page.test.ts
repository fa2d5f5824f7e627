/** The status page in a real browser; skipped, saying so, on a machine that has none. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Browser, findBrowser, type Page } from '../../../support/browser.ts';
import { aRow, ServedStatus } from './served.ts';

const program = findBrowser();
if (program === undefined) {
  process.stderr.write('no Chromium or Chrome on this machine: the status page is not tested in a browser\n');
}

const JOB = '4PZRTX185TK4NXJ64MWWSQVWVD';
const OTHER = '7J1A0Q4ZV9XWT2M5K8N3B6C0DE';
const HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>\u202etxt\u0007';

const text = (selector: string) => `document.querySelector(${JSON.stringify(selector)})?.textContent ?? ''`;
const count = (selector: string) => `document.querySelectorAll(${JSON.stringify(selector)}).length`;
const shows = (selector: string, part: string) => `(${text(selector)}).includes(${JSON.stringify(part)})`;

(program === undefined ? describe.skip : describe)('in a browser', () => {
  let browser: Browser;
  let page: Page;
  let served: ServedStatus;

  beforeAll(async () => {
    browser = await Browser.start(program ?? '');
  });

  afterAll(async () => {
    await browser.close();
  });

  beforeEach(async () => {
    served = new ServedStatus();
    await served.start();
    for (const name of ['CreateJob', 'GetJob', 'Worker', 'Reconcile']) served.recorder.record(name);
  });

  afterEach(async () => {
    await served.stop();
    await page.close();
  });

  async function open(path = '/_local'): Promise<void> {
    page = await browser.open(`${served.url}${path}`);
    await page.size(1280, 900);
    await page.until(shows('#feed', 'Live'));
  }

  /** Everything that holds whatever is shown. */
  async function holds(): Promise<void> {
    expect(page.complaints).toEqual([]);
    expect(
      page.requests.filter((url) => !url.startsWith(`${served.url}/_local`) && url !== 'data:,'),
    ).toEqual([]);
    expect(await page.evaluate('window.hacked ?? null')).toBeNull();
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  }

  test('a stack that starts, and then serves without a job', async () => {
    served.recorder.log({ kind: 'notice', text: 'synthesizing the stack' });
    await open();
    await page.until(shows('#health', 'The stack is starting.'));
    served.serve();
    await page.until(shows('#health', 'All is well.'));
    expect(await page.evaluate(text('#no-jobs'))).toContain('No jobs yet.');
    expect(await page.evaluate(count('#functions tr'))).toBe(4);
    expect(await page.evaluate(text('#lines'))).toContain('synthesizing the stack');
    await holds();
    await page.picture('no-jobs');
    await page.scheme('dark');
    await page.picture('no-jobs-dark');
  });

  test('a job under way is followed to its end, without a reload', async () => {
    served.serve();
    await open();
    served.line('CreateJob', 'INFO', 'job.created', {
      job_id: JOB,
      target_groups: 1000,
      trace_id: 'a'.repeat(32),
    });
    const row = aRow({ failed: 3 });
    served.jobs = [row];
    served.queues[0] = { name: 'Chunks', deadLetters: false, visible: 2, inFlight: 1, delayed: 0 };
    const end = served.recorder.record('Worker').begin();
    await page.until(shows('#jobs', '400 / 1,000'));
    await page.evaluate('document.querySelector("#jobs tr").dataset.same = "yes"');
    expect(await page.evaluate('document.querySelector("#jobs progress").value')).toBe(400);
    expect(await page.evaluate(text('#jobs .status'))).toBe('Processing');
    expect(await page.evaluate(text('#functions tr:nth-child(3)'))).toMatch(/^Worker1100––/);
    await holds();
    await page.picture('under-way');
    end({ ok: true, payload: '' });
    served.jobs = [{ ...row, settled: 1000, status: 'Completed', milliseconds: 2_345 }];
    await page.until(shows('#jobs .status', 'Completed'));
    expect(await page.evaluate(text('#jobs tr'))).toContain('1,000 / 1,00032.3 s');
    expect(await page.evaluate('document.querySelector("#jobs tr").dataset.same')).toBe('yes');
  });

  test('failures are seen at the top, and where they happened', async () => {
    served.serve();
    for (const [index, name] of ['Worker', 'Worker', 'Reconcile'].entries()) {
      served.recorder.record(name).begin()(
        index === 0
          ? { ok: true, payload: '' }
          : { ok: false, error: { errorType: 'Error', errorMessage: 'no', trace: [] } },
      );
    }
    served.recorder.record('CreateJob').throttled();
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
    served.line('Worker', 'WARN', 'chunk.handed-back', { job_id: OTHER, chunk: 3, unfinished: 120 });
    served.line('Worker', 'ERROR', 'chunk.failed', {
      chunk: 7,
      error: {
        name: 'ProvisionedThroughputExceededException',
        message: 'The level of configured provisioned throughput for the table was exceeded.',
        stack:
          'Error: x\n    at settle (src/adapters/dynamodb/job-store.ts:190:5)\n    at work (lambdas/worker.ts:60:9)',
      },
    });
    await open();
    await page.until(shows('#health', '2 dead letters.'));
    expect(await page.evaluate(text('#health'))).toBe(
      'The last run of Reconcile failed.2 dead letters.1 error in the last minute.',
    );
    expect(await page.evaluate('document.querySelector("#health").className')).toBe('bad');
    expect(await page.evaluate(text('#queues .bad'))).toBe('2');
    expect(await page.evaluate(count('#functions .bad'))).toBe(3);
    expect(await page.evaluate(text('#lines .call'))).toBe(
      'at settle (src/adapters/dynamodb/job-store.ts:190:5)',
    );
    await holds();
    await page.picture('failures');
    await page.scheme('dark');
    await page.picture('failures-dark');
    await page.evaluate('document.querySelector("#serious").click()');
    served.line('Worker', 'INFO', 'chunk.settled', { job_id: OTHER, chunk: 4 });
    await page.until(shows('#lines', 'chunk.settled'));
    const seen = '[...document.querySelectorAll(".line")].filter((line) => line.offsetHeight > 0).length';
    expect(await page.evaluate(seen)).toBe(2);
  });

  test('a job is chosen by keyboard, and its lines are shown alone', async () => {
    served.serve();
    const traceId = 'c'.repeat(32);
    const tenant = { account_id: 101, project_id: 'P' };
    served.line('CreateJob', 'INFO', 'job.created', { job_id: JOB, ...tenant, trace_id: traceId });
    served.line('CreateJob', 'INFO', 'job.created', { job_id: OTHER, ...tenant, trace_id: 'd'.repeat(32) });
    served.line('Worker', 'ERROR', 'chunk.failed', { trace_id: traceId, chunk: 1 });
    served.jobs = [aRow({ jobId: OTHER }), aRow()];
    await open();
    await page.until(`${count('.line')} === 3`);
    await page.evaluate(`document.querySelector('#jobs a[data-job="${JOB}"]').focus()`);
    await page.press('Enter', '\r');
    await page.until(shows('#filter', JOB));
    await page.until(`${count('.line')} === 2`);
    expect(await page.evaluate('location.search')).toBe(`?job=${JOB}`);
    expect(await page.evaluate(text('#jobs .current th'))).toBe(JOB);
    // Lines that come later are filtered, too; the focus stays where it was.
    served.line('Worker', 'INFO', 'chunk.settled', { job_id: OTHER, chunk: 1 });
    served.line('Worker', 'INFO', 'chunk.settled', { job_id: JOB, chunk: 1 });
    await page.until(`${count('.line')} === 3`);
    expect(await page.evaluate(text('#lines'))).not.toContain(OTHER);
    expect(await page.evaluate('document.activeElement.dataset.job')).toBe(JOB);
    await page.picture('one-job');
    await page.evaluate('history.back()');
    await page.until(`${count('.line')} === 5`);
    await holds();
  });

  test('an address names the job, for a reload and a bookmark', async () => {
    served.serve();
    served.line('Worker', 'INFO', 'chunk.settled', { job_id: OTHER });
    served.line('Worker', 'INFO', 'chunk.settled', { job_id: JOB });
    await open(`/_local?job=${JOB}`);
    await page.until(`${count('.line')} === 1`);
    expect(await page.evaluate(text('#lines'))).toContain(JOB);
  });

  test('200 jobs and hostile text: nothing runs, nothing runs over', async () => {
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
      served.line('Worker', 'INFO', HOSTILE, { job_id: JOB, [HOSTILE]: HOSTILE, long: 'x'.repeat(5_000), n });
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
    await page.until(`${count('#jobs tr')} === 200`);
    expect(await page.evaluate(text('#filter'))).toContain('<img src=x');
    expect(await page.evaluate(count('.line'))).toBe(0);
    await page.evaluate('document.querySelector("#filter a").click()');
    await page.until(`${count('.line')} === 300`);
    expect(await page.evaluate(text('#lines'))).toContain('<img src=x onerror="window.hacked=1">');
    expect(await page.evaluate(count('main img, main script'))).toBe(0);
    await holds();
    await page.picture('many');
    await page.size(390, 800);
    await holds();
    await page.picture('many-narrow');
  });

  test('while the stack is away the page says so, and it finds the next one', async () => {
    served.serve();
    served.line('Worker', 'INFO', 'of the first run');
    await open();
    await page.until(shows('#lines', 'of the first run'));
    const port = Number(new URL(served.url).port);
    await served.stop();
    await page.until(shows('#feed', 'Not reachable since'));
    await page.picture('away');
    served = new ServedStatus();
    await served.start(port);
    served.serve();
    served.line('Worker', 'INFO', 'of the second run');
    await page.until(shows('#lines', 'of the second run'));
    expect(await page.evaluate(text('#lines'))).not.toContain('of the first run');
    expect(await page.evaluate(text('#feed'))).toBe('Live');
  });

  test('a pause holds what is shown', async () => {
    served.serve();
    await open();
    await page.evaluate('document.querySelector("#pause").click()');
    await page.until(shows('#feed', 'Paused'));
    const asked = page.requests.length;
    served.line('Worker', 'INFO', 'meanwhile');
    // It waits from one look at the clock to the next; two of them pass without a request.
    await page.evaluate(`new Promise((resolve) => {
      const real = window.setTimeout;
      let ticks = 0;
      window.setTimeout = (...args) => {
        ticks += 1;
        if (ticks === 2) resolve();
        return real(...args);
      };
    })`);
    expect(page.requests).toHaveLength(asked);
    await page.evaluate('document.querySelector("#pause").click()');
    await page.until(shows('#lines', 'meanwhile'));
  });

  test('tables, headings and regions have names', async () => {
    served.serve();
    served.jobs = [aRow()];
    await open();
    await page.until(`${count('#jobs tr')} === 1`);
    expect(await page.evaluate('document.documentElement.lang')).toBe('en');
    expect(await page.evaluate(count('h1'))).toBe(1);
    expect(
      await page.evaluate(`[...document.querySelectorAll('h2')].map((heading) => heading.textContent)`),
    ).toEqual(['Health', 'Jobs', 'Functions', 'Queues', 'Log']);
    expect(await page.evaluate(count('table:not(:has(caption)), th:not([scope])'))).toBe(0);
    expect(await page.evaluate(count('.scroll:not([tabindex="0"][aria-labelledby])'))).toBe(0);
    expect(await page.evaluate('document.querySelector("progress").ariaLabel')).toContain(JOB);
  });
});
