/** Tests that generators make clients of docs/openapi.yaml that compile strictly, and work with the stack. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { aToken } from '../support/api-client.ts';
import { anId } from '../support/builders.ts';
import { aProject, readE2eStack } from '../support/e2e.ts';
import { DESCRIPTION_FILE } from '../rigs/conformance/read-description.ts';
import { type WatchedStack, watchStack } from '../rigs/conformance/watched-stack.ts';
import {
  compilePrograms,
  generateClients,
  runPerl,
  runTypeScript,
} from '../rigs/generated-clients/generate.ts';
import { lintDescription } from '../rigs/generated-clients/lint.ts';
import type { Report, Settings } from '../rigs/generated-clients/programs/settings.ts';

const stack = readE2eStack();
let watched: WatchedStack;

beforeAll(async () => {
  watched = await watchStack(stack.url);
  await generateClients();
});

afterAll(() => watched.close());

test('the programs that use the clients compile strictly, and the clients with them', async () => {
  expect(await compilePrograms()).toBe('');
});

describe.each<[string, (settings: Settings) => Promise<Report>, readonly string[]]>([
  [
    'openapi-typescript',
    (settings) => runTypeScript('openapi-typescript', settings),
    ['target_group_ids[0]'],
  ],
  ['@hey-api/openapi-ts', (settings) => runTypeScript('hey-api', settings), ['target_group_ids[0]']],
  // The client refuses an id that is none before it asks.
  ['OpenAPI::Client for Perl', runPerl, ['idempotency-key', '/body/target_group_ids/0']],
])('%s', (_name, run, faults) => {
  test('creates a job, follows it to its end, and reads errors', async () => {
    const { tenant, ids } = await aProject(stack, [{}, { status: 'draft' }]);
    const [resumed = ''] = ids;
    const report = await run({
      url: watched.url,
      token: await aToken(),
      path: { account_id: tenant.accountId, project_id: tenant.projectId },
      ids,
      key: anId('K'),
    });
    expect(report).toEqual({
      created: 201,
      status: 'Completed',
      updated: [resumed],
      failed: ['StatusTransitionNotAllowed'],
      run: 'live',
      faults,
      unknown: 'not_found_error',
    });
    expect(watched.report().complaints).toEqual([]);
  });
});

describe("Spectral's rules for OpenAPI", () => {
  const text = readFileSync(DESCRIPTION_FILE, 'utf8');

  test('hold', async () => {
    expect(await lintDescription(text)).toEqual([]);
  });

  test.each([
    ['contact:', 'x-contact:', 'info-contact'],
    ['operationId: createPauseJob', 'operationId: createResumeJob', 'operation-operationId-unique'],
    ['status: Completed', 'status: Done', 'oas3-valid-media-example'],
  ])('are broken if %j becomes %j', async (from, to, rule) => {
    expect(text).toContain(from);
    expect(await lintDescription(text.replace(from, to))).toEqual([expect.stringContaining(rule)]);
  });
});
