/** Tests the client against a failing API: which requests it repeats, and that it creates no job twice. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { RefusedError, UnexpectedAnswerError, UnreachableError } from '../../client/client-errors.ts';
import { FieldingJobs } from '../../client/fielding-jobs.ts';
import { derivePartKey } from '../../client/keys.ts';
import type { ClientDeps } from '../../client/client-deps.ts';
import { API_VERSION } from '../../api/header-names.ts';
import { makeIds } from '../support/builders.ts';
import { FakeApi, makeRefusal, type InjectedFault } from './fake-api.ts';
import { type FakeDeps, makeFakeDeps } from './fake-deps.ts';

const TOKEN = 'header.payload.signature';

let api: FakeApi;
let deps: FakeDeps;
let client: FieldingJobs;

beforeEach(async () => {
  api = await FakeApi.listen();
  makeClient();
});
afterEach(() => api.close());

function makeClient(overrides: Partial<ClientDeps> = {}, retryForMs = 60_000, basePath = ''): void {
  deps = makeFakeDeps(overrides);
  client = new FieldingJobs({ baseUrl: api.url + basePath, token: TOKEN, deps, retryForMs });
}

const makeRequest = (some: readonly string[] = makeIds(3), maxPerJob = 10_000) => ({
  action: 'resume' as const,
  account: 101,
  project: 'P'.repeat(26),
  ids: some,
  key: 'walk-1',
  maxPerJob,
});

async function catchError(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => error as Error,
  );
}

describe('an API on a custom domain', () => {
  test.each([
    ['/bulk/jobs', '/bulk/jobs'],
    ['/bulk/jobs', '/bulk/jobs/v1'],
    ['', '/v1'],
  ])(
    'with the base path %j answers absolute locations, which are followed below %j',
    async (basePath, prefix) => {
      api.locationBase = api.url + basePath;
      makeClient({}, 60_000, prefix);
      const [job] = await client.create(makeRequest());
      const path = `/demand/accounts/101/projects/${'P'.repeat(26)}/batch-jobs/resume/${job?.jobId ?? ''}`;
      expect(job?.location).toBe(api.url + prefix + path);
      const [ended] = await client.wait([`${api.locationBase}${path}`]);
      expect(ended).toMatchObject({ location: api.url + prefix + path, updated: 3 });
      expect(api.requests.map((request) => request.path)).toEqual([
        `${prefix}/demand/accounts/101/projects/${'P'.repeat(26)}/batch-jobs/resume-fielding-runs-by-target-group-id`,
        prefix + path,
      ]);
    },
  );

  test('of another origin than the base URL gets no token: the error names both', async () => {
    api.locationBase = 'https://other.example/bulk/jobs';
    const error = await catchError(client.create(makeRequest()));
    expect(error).toBeInstanceOf(UnexpectedAnswerError);
    expect(error.message).toContain(
      'job: Location: address of a job: found "https://other.example/bulk/jobs/demand',
    );
    expect(error.message).toContain(
      `expected one of ${api.url}: the token is for that alone. The job is accepted. ` +
        'If that is the address of the API, make it the base URL',
    );
    expect(api.requests).toHaveLength(1);
  });
});

describe('creating a job', () => {
  test('sends a request of the contract and returns the address of the job', async () => {
    const some = makeIds(3);
    const [job] = await client.create(makeRequest(some));
    const [seen] = api.requests;
    expect(seen).toMatchObject({
      method: 'POST',
      path: `/demand/accounts/101/projects/${'P'.repeat(26)}/batch-jobs/resume-fielding-runs-by-target-group-id`,
      headers: {
        authorization: `Bearer ${TOKEN}`,
        'idempotency-key': 'walk-1',
        'cint-api-version': API_VERSION,
      },
    });
    expect(JSON.parse(seen?.body ?? '')).toEqual({ target_group_ids: some });
    const jobId = job?.jobId ?? '';
    expect(job).toEqual({
      location: `${api.url}/demand/accounts/101/projects/${'P'.repeat(26)}/batch-jobs/resume/${jobId}`,
      account: 101,
      project: 'P'.repeat(26),
      action: 'resume',
      jobId,
      key: 'walk-1',
      part: 1,
      parts: 1,
      count: 3,
      replayed: false,
    });
    expect(await client.create(makeRequest(some))).toEqual([{ ...job, replayed: true }]);
  });

  test.each<[string, InjectedFault[]]>([
    ['503', [{ status: 503 }]],
    ['500 twice, then 429', [{ status: 500 }, { status: 500 }, { status: 429 }]],
    ['a connection that breaks', ['reset']],
    ['an answer that is lost after the job is created', ['lost', 'lost']],
  ])('repeats the request with the same key after %s, and one job exists', async (_, faults) => {
    api.nextFaults.push(...faults);
    const [job] = await client.create(makeRequest());
    expect(api.jobs.size).toBe(1);
    expect(api.requests).toHaveLength(faults.length + 1);
    expect(new Set(api.requests.map(({ headers }) => headers['idempotency-key']))).toEqual(
      new Set(['walk-1']),
    );
    expect(job?.replayed).toBe(faults.includes('lost'));
  });

  test('waits a random time between attempts, below a bound that doubles up to 30 s', async () => {
    for (const random of [0, 0.5, 0.999]) {
      makeClient({ random: () => random }, 600_000);
      api.nextFaults.push(...Array.from({ length: 10 }, () => ({ status: 503 })));
      api.jobs.clear();
      await client.create(makeRequest());
      const bounds = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000];
      expect(deps.pauses).toEqual(bounds.map((bound) => bound * random));
    }
  });

  test.each([
    ['7', 7_000],
    ['0', 250],
    ['86400', 60_000],
    ['soon', 250],
  ])('waits as Retry-After: %s asks, but at most 60 s', async (retryAfter, pauseMs) => {
    makeClient({}, 600_000);
    api.nextFaults.push({ status: 429, headers: { 'retry-after': retryAfter } });
    await client.create(makeRequest());
    expect(deps.pauses).toEqual([pauseMs]);
  });

  test('waits until the date that Retry-After names', async () => {
    const date = new Date(Date.now() + 20_000).toUTCString();
    api.nextFaults.push({ status: 503, headers: { 'retry-after': date } });
    await client.create(makeRequest());
    const [pauseMs = 0] = deps.pauses;
    expect(pauseMs).toBeLessThanOrEqual(20_000);
    expect(pauseMs).toBeGreaterThan(250);
  });

  test('fails when the time is over, with the reason and the number of attempts', async () => {
    api.faultFor = () => ({ ...makeRefusal(500, 'unexpected_internal_error'), body: 'Out of order.' });
    const error = await catchError(client.create(makeRequest()));
    expect(error).toBeInstanceOf(UnreachableError);
    expect(error.message).toBe(
      `job: given up after ${api.requests.length} attempts: answered 500: Out of order.`,
    );
    expect(deps.pauses.reduce((sum, ms) => sum + ms, 0)).toBeLessThan(60_000);
    expect(api.requests.length).toBeGreaterThan(5);
  });

  test('is tried once when there is no time to repeat it', async () => {
    makeClient({}, 0);
    api.faultFor = () => 'reset';
    expect(await catchError(client.create(makeRequest()))).toBeInstanceOf(UnreachableError);
    expect(api.requests).toHaveLength(1);
  });

  test('repeats a request that gets no answer in time', async () => {
    let calls = 0;
    makeClient({
      timeout: () => (calls === 0 ? AbortSignal.abort(new Error('too late')) : AbortSignal.timeout(60_000)),
      fetch: (...args) => {
        calls += 1;
        return fetch(...args);
      },
    });
    await client.create(makeRequest());
    expect(calls).toBe(2);
  });

  test('gives up an answer without end when it has read 10 MB of it, and does not ask again', async () => {
    let [calls, sent, cancelled] = [0, 0, false];
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
      // Ends some time, for a client that would read all of it.
      if (++sent === 100) controller.close();
      else controller.enqueue(new Uint8Array(1_048_576));
    };
    makeClient({
      fetch: () => {
        calls += 1;
        const cancel = () => {
          cancelled = true;
        };
        return Promise.resolve(new Response(new ReadableStream({ pull, cancel })));
      },
    });
    const error = await catchError(client.create(makeRequest()));
    expect(error).toMatchObject({ message: expect.stringContaining('the answer is larger than 10485760') });
    expect({ calls, cancelled, isFew: sent < 15 }).toEqual({ calls: 1, cancelled: true, isFew: true });
  });

  test.each([400, 401, 403, 404, 409, 413])(
    'does not repeat a request that was refused with %d',
    async (status) => {
      api.nextFaults.push(
        makeRefusal(status, 'bad_request_error', [{ name: 'body', reason: 'expected more' }]),
      );
      const error = await catchError(client.create(makeRequest()));
      expect(error).toBeInstanceOf(RefusedError);
      expect(error).toMatchObject({ status, invalidParams: [{ name: 'body', reason: 'expected more' }] });
      expect(error.message).toMatch(
        new RegExp(
          `^job: refused with ${status}: Refused as bad_request_error.; body: expected more \\(error [0-9a-f-]{36}\\)$`,
        ),
      );
      expect(api.requests).toHaveLength(1);
      expect(deps.pauses).toEqual([]);
    },
  );

  test('fails with the text of the refusal when a gateway or a proxy refuses', async () => {
    api.nextFaults.push({ status: 413, body: { message: 'Request Entity Too Large' } });
    expect((await catchError(client.create(makeRequest()))).message).toBe(
      'job: refused with 413: Request Entity Too Large',
    );
    api.nextFaults.push({ status: 403, body: '<h1>\u001b[31mProxy</h1>' });
    expect((await catchError(client.create(makeRequest()))).message).toBe(
      'job: refused with 403: <h1> [31mProxy</h1>',
    );
  });

  test.each<[string, InjectedFault]>([
    ['a redirect', { status: 307, headers: { location: 'http://127.0.0.1:1/' } }],
    ['200 instead of 201', { status: 200 }],
    ['201 without an address', { status: 201 }],
    [
      'an address elsewhere',
      {
        status: 201,
        headers: {
          location: `https://evil.example/demand/accounts/101/projects/${'P'.repeat(26)}/batch-jobs/resume/${'J'.repeat(26)}`,
        },
      },
    ],
    ['an address that is no job', { status: 201, headers: { location: '/demand' } }],
  ])('fails on %s, and sends nothing to another address', async (_, fault) => {
    const asked: string[] = [];
    makeClient({
      fetch: (url, init) => {
        asked.push((url as string | URL).toString());
        return fetch(url, init);
      },
    });
    api.nextFaults.push(fault);
    expect(await catchError(client.create(makeRequest()))).toBeInstanceOf(UnexpectedAnswerError);
    expect(asked.map((url) => new URL(url).origin)).toEqual([api.url]);
    expect(api.requests).toHaveLength(1);
  });

  test('stops without another attempt when its signal is aborted', async () => {
    const ending = new AbortController();
    api.faultFor = () => {
      ending.abort(new Error('enough'));
      return 'reset';
    };
    expect((await catchError(client.create(makeRequest(), { signal: ending.signal }))).message).toBe(
      'enough',
    );
    expect(api.requests).toHaveLength(1);
  });
});

describe('a set that takes several jobs', () => {
  test('is created once, however often the command dies and is repeated', async () => {
    const some = makeIds(100);
    // Fails after 0 to 9 answers, once before the next request is handled and once after it.
    for (let alive = 0; alive < 10; alive += 1) {
      for (const death of ['reset', 'lost'] as const) {
        makeClient({}, 0);
        let answers = 0;
        api.faultFor = () => (++answers > alive ? death : undefined);
        await catchError(client.create(makeRequest([...some].reverse(), 10)));
      }
    }
    api.faultFor = () => undefined;
    const jobs = await client.create(makeRequest(some, 10));
    expect(jobs.map(({ part, parts, count }) => [part, parts, count])).toEqual(
      Array.from({ length: 10 }, (_, i) => [i + 1, 10, 10]),
    );
    expect([...api.jobs.keys()].sort()).toEqual(jobs.map(({ key }) => key).sort());
    expect([...api.jobs.values()].flatMap((job) => job.ids).sort()).toEqual([...some].sort());
  });

  test('sends its first job alone, and then up to four at a time', async () => {
    let first = true;
    await client.create(makeRequest(makeIds(200), 10), {
      onAccepted: ({ part }) => {
        if (first) expect({ part, sent: api.requests.length }).toEqual({ part: 1, sent: 1 });
        first = false;
      },
    });
    expect(first).toBe(false);
    expect(api.requests).toHaveLength(20);
    expect(api.mostConcurrentRequests).toBeGreaterThan(1);
    expect(api.mostConcurrentRequests).toBeLessThanOrEqual(4);
  });

  test.each([
    ['one more', 0, 301, 100],
    ['one less', 0, 299, 100],
    ['so many more that it takes another job', 0, 330, 100],
    ['so few that one job is enough', 0, 80, 100],
    ['another limit', 0, 300, 50],
  ])('is refused under a used key before any job is created: %s', async (_, from, to, max) => {
    const all = makeIds(400);
    await client.create(makeRequest(all.slice(0, 300), 100));
    const before = api.requests.length;
    const error = await catchError(client.create(makeRequest(all.slice(from, to), max)));
    expect(error).toMatchObject({ status: 400, invalidParams: [{ name: 'idempotency-key' }] });
    expect(api.requests.length - before).toBe(1);
    expect(api.jobs.size).toBe(3);
  });

  test('is refused under the key of a single job', async () => {
    await client.create(makeRequest(makeIds(5), 100));
    expect(await catchError(client.create(makeRequest(makeIds(300), 100)))).toMatchObject({ status: 400 });
    expect(api.jobs.size).toBe(1);
  });

  test('stops sending when one job is refused, and reports the accepted ones', async () => {
    const refused = derivePartKey('walk-1', 3);
    api.faultFor = ({ headers }) =>
      headers['idempotency-key'] === refused ? makeRefusal(403, 'authorization_error') : undefined;
    const accepted: number[] = [];
    const error = await catchError(
      client.create(makeRequest(makeIds(200), 10), { onAccepted: ({ part }) => accepted.push(part) }),
    );
    expect(error.message).toMatch(/^job 3 of 20: refused with 403/);
    expect(accepted).toHaveLength(api.jobs.size);
    expect(api.requests.length).toBeLessThan(20);
  });
});

describe('following jobs', () => {
  test('reports their progress, and returns the ended jobs in the order of the request', async () => {
    const some = makeIds(30);
    const [bad = ''] = some;
    api.failing.set(bad, { code: 'TargetGroupNotFound', description: 'Not there.' });
    api.readsUntilEnd = 2;
    const jobs = await client.create(makeRequest(some, 10));
    const locations = jobs.map(({ location }) => location).reverse();
    const told: unknown[] = [];
    const ended = await client.wait(locations, {
      onProgress: ({ location, progress }) => told.push([locations.indexOf(location), progress]),
    });
    expect(ended.map(({ location }) => location)).toEqual(locations);
    expect(ended.map(({ updated }) => updated).sort()).toEqual([10, 10, 9]);
    expect(ended.flatMap(({ failed }) => failed)).toEqual([
      { target_group_id: bad, failure_reason: { code: 'TargetGroupNotFound', description: 'Not there.' } },
    ]);
    expect(told).toHaveLength(9);
    expect(told).toContainEqual([0, { settled: 0, total: 10 }]);
    expect(told).toContainEqual([2, { settled: 10, total: 10 }]);
    expect(deps.pauses).toEqual([250, 375]);
  });

  test('goes on after temporary errors', async () => {
    const [job] = await client.create(makeRequest());
    api.nextFaults.push('reset', { status: 503 }, { status: 429, headers: { 'retry-after': '1' } });
    expect(await client.wait([job?.location ?? ''])).toMatchObject([{ status: 'Completed', updated: 3 }]);
  });

  test('accepts a job with additional fields, and fails on a body that is not a job', async () => {
    const [job] = await client.create(makeRequest());
    api.extraFields = { priority: 'high', updated_target_groups: { data: [], has_more: false, total: 0 } };
    expect(await client.wait([job?.location ?? ''])).toMatchObject([{ status: 'Completed' }]);
    api.extraFields = { status: 'Paused' };
    expect((await catchError(client.wait([job?.location ?? '']))).message).toMatch(
      /^job [0-9A-Z]{26}: the answer is not a job: status: /,
    );
    api.nextFaults.push({ status: 200, body: '<html>' });
    expect(await catchError(client.wait([job?.location ?? '']))).toBeInstanceOf(UnexpectedAnswerError);
  });

  test('is refused for an unknown job', async () => {
    const location = `${api.url}/demand/accounts/1/projects/${'P'.repeat(26)}/batch-jobs/pause/${'J'.repeat(26)}`;
    expect(await catchError(client.read(location))).toMatchObject({ status: 404 });
    expect(api.requests).toHaveLength(1);
  });

  test('refuses an address of another origin before any request is sent', async () => {
    const path = `/demand/accounts/1/projects/${'P'.repeat(26)}/batch-jobs/pause/${'J'.repeat(26)}`;
    for (const elsewhere of [
      `https://evil.example${path}`,
      `//evil.example${path}`,
      `http://127.0.0.1:1${path}`,
    ]) {
      expect((await catchError(client.read(elsewhere))).message).toMatch(/the token is for that alone$/);
    }
    expect(api.requests).toEqual([]);
  });
});

describe('the token', () => {
  test('appears in no error', async () => {
    const secret = 'eyJ.secret\nvalue';
    expect(() => new FieldingJobs({ baseUrl: api.url, token: secret })).toThrow(/^token: found/);
    expect(() => new FieldingJobs({ baseUrl: api.url, token: secret })).not.toThrow(/secret/);
    api.faultFor = () => 'reset';
    const error = await catchError(client.create(makeRequest()));
    expect(JSON.stringify([error.message, String(error.cause)])).not.toContain(TOKEN);
  });

  test('may end with a line break, as read from a file', async () => {
    client = new FieldingJobs({ baseUrl: api.url, token: `${TOKEN}\n`, deps });
    await client.create(makeRequest());
    expect(api.requests[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`);
  });
});
