/**
 * Tests with random data that accounts are isolated: each gets the same answers, and causes the same calls of
 * the store, as if it were alone, and changes no data of the others. The accounts share ids on purpose.
 */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createJob } from '../../src/application/create-job.ts';
import { getFieldingRun } from '../../src/application/get-fielding-run.ts';
import { getJob } from '../../src/application/get-job.ts';
import { deriveJobId } from '../../src/domain/digest.ts';
import type { Tenant } from '../../src/domain/ids.ts';
import { FIELDING_RUN_STATUSES } from '../../src/domain/target-group.ts';
import { SCOPES } from '../../api/scopes.ts';
import { authorize } from '../../src/http/auth.ts';
import { makeErrorResponse } from '../../src/http/error-response.ts';
import { makeFieldingRunsResponse } from '../../src/http/fielding-run-view.ts';
import { makeJobResponse } from '../../src/http/job-view.ts';
import type { ApiResponse } from '../../src/http/message.ts';
import { TRACE, aTargetGroup, anId } from '../support/builders.ts';
import { makePropertySettings } from '../support/properties.ts';
import { UseCaseRig } from '../support/use-case-rig.ts';

const ACCOUNTS = [7, 77, 101];
const makePool = (letter: string, count: number) =>
  [...Array(count).keys()].map((i) => letter.padEnd(26, String(i)));
const PROJECTS = makePool('P', 3);
const GROUPS = makePool('T', 5);
const KEYS = ['key-1', 'key-2'];

const account = fc.constantFrom(...ACCOUNTS);
const project = fc.constantFrom(...PROJECTS);
const group = fc.constantFrom(...GROUPS);
const key = fc.constantFrom(...KEYS);
const groups = fc.uniqueArray(group, { minLength: 1 });

/** A request of a client of one account, sometimes with the path or the job id of another account. */
const request = account.chain((caller) => {
  const mostlyCaller = fc.oneof({ arbitrary: fc.constant(caller), weight: 4 }, account);
  const common = { caller: fc.constant(caller), of: mostlyCaller, project };
  return fc.oneof(
    fc.record({ ...common, kind: fc.constant('create' as const), groups, key }),
    fc.record({ ...common, kind: fc.constant('job' as const), owner: mostlyCaller, from: project, key }),
    fc.record({ ...common, kind: fc.constant('run' as const), group }),
    fc.record({ ...common, kind: fc.constant('work' as const) }),
  );
});

type Request = typeof request extends fc.Arbitrary<infer T> ? T : never;
type ClientRequest = Exclude<Request, { kind: 'work' }>;

const OWNED_PROJECTS = ACCOUNTS.flatMap((accountId) =>
  PROJECTS.map((projectId) => ({ account: accountId, project: projectId })),
);

const groupSeed = fc.record({
  account,
  project,
  group,
  status: fc.constantFrom(...FIELDING_RUN_STATUSES),
  version: fc.integer({ min: 1, max: 9 }),
});

const anySpec = fc.record({
  projects: fc.subarray(OWNED_PROJECTS, { minLength: 3 }),
  groups: fc.array(groupSeed, { minLength: 5, maxLength: 30 }),
  requests: fc.array(request, { minLength: 10, maxLength: 30 }),
});

type Spec = typeof anySpec extends fc.Arbitrary<infer T> ? T : never;

interface Call {
  readonly name: string;
  /** The arguments of the call as JSON. */
  readonly given: string;
}

/** Wraps a store, and records its calls. */
function spyOn<T extends object>(store: T, calls: Call[]): T {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...given: unknown[]): unknown => {
        calls.push({ name: String(name), given: JSON.stringify(given) });
        return Reflect.apply(member, target, given);
      };
    },
  });
}

const makeCreator = (accountId: number) => `00000000-0000-4000-8000-${String(accountId).padStart(12, '0')}`;

interface AnsweredRequest {
  readonly request: ClientRequest;
  readonly answer: ApiResponse;
  readonly calls: readonly Call[];
}

/** Carries out the requests of these accounts, and returns the answers and the final state. */
async function carryOut(
  spec: Spec,
  accounts: readonly number[],
): Promise<{ told: AnsweredRequest[]; state: unknown[] }> {
  const rig = new UseCaseRig();
  for (const each of spec.projects) {
    if (accounts.includes(each.account)) {
      rig.groups.addProject({ accountId: each.account, projectId: each.project });
    }
  }
  for (const {
    account: accountId,
    project: projectId,
    group: targetGroupId,
    status,
    version,
  } of spec.groups) {
    if (!accounts.includes(accountId)) continue;
    const fieldingRunId = `R${accountId}`;
    rig.groups.put(aTargetGroup({ accountId, projectId, targetGroupId, fieldingRunId, status, version }));
  }
  const told: AnsweredRequest[] = [];
  for (const each of spec.requests) {
    // The workers work for all accounts.
    if (each.kind === 'work') await rig.drain();
    if (each.kind === 'work' || !accounts.includes(each.caller)) continue;
    const calls: Call[] = [];
    told.push({ request: each, answer: await answerTo(rig, each, calls), calls });
  }
  await rig.drain();
  const state = [];
  for (const accountId of accounts) {
    for (const projectId of PROJECTS) {
      for (const targetGroupId of GROUPS) {
        state.push(await rig.groups.find({ accountId, projectId, targetGroupId }));
      }
      for (const idempotencyKey of KEYS) {
        const jobId = deriveJobId({ accountId, projectId, action: 'resume', idempotencyKey });
        state.push(await rig.jobs.find({ accountId, projectId, jobId }, rig.time));
      }
    }
  }
  return { told, state };
}

/** Answers as the functions do: checks account and scope, runs the use case, and makes the response. */
async function answerTo(rig: UseCaseRig, asked: ClientRequest, calls: Call[]): Promise<ApiResponse> {
  const caller = {
    userId: makeCreator(asked.caller),
    accounts: new Set([asked.caller]),
    scopes: new Set(SCOPES),
    found: '',
  };
  const tenant: Tenant = { accountId: asked.of, projectId: asked.project };
  const jobs = spyOn(rig.jobs, calls);
  const targetGroups = spyOn(rig.groups, calls);
  const { admission, clock, queue, once, journal, settings } = rig;
  try {
    switch (asked.kind) {
      case 'create': {
        authorize(caller, tenant.accountId, 'createJob');
        const created = await createJob(
          {
            jobs,
            groups: targetGroups,
            admission,
            queue,
            once: spyOn(once, calls),
            clock,
            journal,
            settings,
          },
          {
            key: { ...tenant, action: 'resume', idempotencyKey: asked.key },
            targetGroupIds: asked.groups,
            createdBy: caller.userId,
            trace: TRACE,
            owner: anId('O'),
            answerBy: Infinity,
          },
        );
        return { statusCode: 201, body: JSON.stringify(created) };
      }
      case 'job': {
        authorize(caller, tenant.accountId, 'getJob');
        const owner = { accountId: asked.owner, projectId: asked.from };
        const jobId = deriveJobId({ ...owner, action: 'resume', idempotencyKey: asked.key });
        const { job, outcomes } = await getJob({ jobs, chunks: jobs, clock }, tenant, 'resume', jobId);
        return makeJobResponse(job, outcomes);
      }
      case 'run':
        authorize(caller, tenant.accountId, 'getFieldingRuns');
        return makeFieldingRunsResponse(
          await getFieldingRun(targetGroups, { ...tenant, targetGroupId: asked.group }),
        );
    }
  } catch (error) {
    return makeErrorResponse(error, 'the id');
  }
}

test('an account gets the answers as if it were alone, and changes nothing of the others', async () => {
  const seen = new Map<number | undefined, number>();
  await fc.assert(
    fc.asyncProperty(anySpec, async (spec) => {
      const together = await carryOut(spec, ACCOUNTS);
      const alone = await Promise.all(ACCOUNTS.map((each) => carryOut(spec, [each])));
      expect(together.state).toEqual(alone.flatMap(({ state }) => state));
      for (const [i, accountId] of ACCOUNTS.entries()) {
        const told = together.told.filter(({ request: { caller } }) => caller === accountId);
        const listNames = (all: readonly AnsweredRequest[]) =>
          all.map(({ answer, calls }) => ({ answer, calls: calls.map(({ name }) => name) }));
        expect(listNames(told)).toEqual(listNames(alone[i]?.told ?? []));
      }
      for (const { request: asked, answer, calls } of together.told) {
        seen.set(answer.statusCode, (seen.get(answer.statusCode) ?? 0) + 1);
        if (asked.of !== asked.caller) expect([answer.statusCode, calls]).toEqual([403, []]);
        // Every store call names the tenant of the path, and no other.
        for (const { given } of calls) {
          expect(new Set(given.match(/(?<="accountId":)\d+/g))).toEqual(new Set([String(asked.caller)]));
          expect(new Set(given.match(/(?<="projectId":")\w+/g))).toEqual(new Set([asked.project]));
        }
      }
    }),
    makePropertySettings(200),
  );
  // Every status must have been answered often enough to mean something.
  for (const status of [200, 201, 400, 403, 404]) expect(seen.get(status) ?? 0).toBeGreaterThan(10);
});
