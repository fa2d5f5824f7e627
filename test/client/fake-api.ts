/** A fake API for tests of the client: it is idempotent like the real one and fails where a test says so. */
import { randomUUID } from 'node:crypto';
import type { ErrorBody, JobBody } from '../../api/answers.ts';
import type { CreateBody } from '../../api/create-body.ts';
import type { ErrorObject } from '../../api/error-objects.ts';
import { IDEMPOTENCY_KEY, IDEMPOTENT_REPLAYED, JOB_PROGRESS } from '../../api/header-names.ts';
import { findActionInPath, makeJobPath } from '../../api/paths.ts';
import { deriveJobId } from '../../src/domain/digest.ts';
import type { Failure } from '../../src/domain/outcome.ts';
import { type HttpAnswer, hangUp } from '../../tools/kit/http-server.ts';
import { type ReceivedRequest, StandIn } from '../support/stand-in.ts';

interface FakeJob {
  readonly location: string;
  readonly ids: readonly string[];
  /** Number of reads that still answer Processing. */
  readsUntilEnd: number;
}

/**
 * Replaces the handling of one request: another answer, or a connection that breaks before the request is
 * handled (`reset`) or after it (`lost`).
 */
export type InjectedFault =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown }
  | 'reset'
  | 'lost';

export class FakeApi {
  readonly jobs = new Map<string, FakeJob>();
  /** Faults of the next requests, in order; undefined for a request without one. */
  readonly nextFaults: (InjectedFault | undefined)[] = [];
  /** Returns the fault of a request that has none in `nextFaults`. */
  faultFor: (seen: ReceivedRequest) => InjectedFault | undefined = () => undefined;
  /** Reasons of the target groups that fail, by their ids. */
  readonly failing = new Map<string, Failure>();
  /** Number of reads of a new job that answer Processing. */
  readsUntilEnd = 0;
  /** What `Location` begins with: the base URL of an API on a custom domain. */
  locationBase = '';
  /** Fields that are added to a job when it is read; they override those of the contract. */
  extraFields: Record<string, unknown> = {};
  mostConcurrentRequests = 0;
  #concurrentRequests = 0;
  readonly #server = new StandIn((seen) => this.#respond(seen));

  static async listen(): Promise<FakeApi> {
    const api = new FakeApi();
    await api.#server.listen();
    return api;
  }

  get url(): string {
    return this.#server.url;
  }

  get requests(): ReceivedRequest[] {
    return this.#server.requests;
  }

  get creations(): ReceivedRequest[] {
    return this.requests.filter(({ method }) => method === 'POST');
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  async #respond(seen: ReceivedRequest): Promise<HttpAnswer> {
    this.#concurrentRequests += 1;
    this.mostConcurrentRequests = Math.max(this.mostConcurrentRequests, this.#concurrentRequests);
    const trouble = this.nextFaults.shift() ?? this.faultFor(seen);
    // Waits one turn of the event loop, so that concurrent requests are counted together.
    await new Promise((resolve) => setImmediate(resolve));
    this.#concurrentRequests -= 1;
    if (trouble === 'reset') return hangUp();
    if (trouble !== undefined && trouble !== 'lost') {
      const { body = {} } = trouble;
      return { ...trouble, body: typeof body === 'string' ? body : JSON.stringify(body) };
    }
    const answer = seen.method === 'POST' ? this.#create(seen) : this.#read(seen.path);
    return trouble === 'lost' ? hangUp() : answer;
  }

  #create({ path, headers, body }: ReceivedRequest): HttpAnswer {
    const [, account = '', projectId = ''] = /\/accounts\/(\d+)\/projects\/(\w+)\//.exec(path) ?? [];
    const tenant = { accountId: Number(account), projectId };
    const action = findActionInPath(path);
    if (action === undefined) return makeRefusal(404, 'not_found_error');
    const key = String(headers[IDEMPOTENCY_KEY]);
    const ids = [...new Set((JSON.parse(body) as CreateBody).target_group_ids)].sort();
    const known = this.jobs.get(key);
    if (known !== undefined && known.ids.join() !== ids.join()) {
      return makeRefusal(400, 'bad_request_error', [{ name: IDEMPOTENCY_KEY, reason: 'expected a new key' }]);
    }
    const location = makeJobPath(tenant, action, deriveJobId({ ...tenant, action, idempotencyKey: key }));
    if (known === undefined) this.jobs.set(key, { location, ids, readsUntilEnd: this.readsUntilEnd });
    return {
      status: 201,
      headers: {
        location: this.locationBase + location,
        ...(known !== undefined && { [IDEMPOTENT_REPLAYED]: 'true' }),
      },
    };
  }

  #read(path: string): HttpAnswer {
    const found = [...this.jobs.values()].find(({ location }) => path.endsWith(location));
    if (found === undefined) return makeRefusal(404, 'not_found_error');
    const ended = found.readsUntilEnd-- <= 0;
    const ids = ended ? found.ids : [];
    const updated = ids.filter((id) => !this.failing.has(id));
    const failed = ids.flatMap((id) => {
      const failure = this.failing.get(id);
      return failure === undefined ? [] : [{ target_group_id: id, failure_reason: failure }];
    });
    const internal = failed.some(({ failure_reason }) => failure_reason.code === 'InternalError');
    const job: JobBody = {
      job_id: found.location.slice(-26),
      created_at: '2026-01-15T12:00:00.000Z',
      created_by: '0190a8f0-5b7e-7c3a-9d55-3f1b6a2c4e11',
      status: ended ? (internal ? 'Failed' : 'Completed') : 'Processing',
      updated_target_groups: {
        data: updated.map((id) => ({ target_group_id: id })),
        has_more: false,
      },
      failed_target_groups: { data: failed, has_more: false },
    };
    return {
      status: 200,
      headers: { [JOB_PROGRESS]: `${ended ? found.ids.length : 0}/${found.ids.length}` },
      body: JSON.stringify({ ...job, ...this.extraFields }),
    };
  }
}

export function makeRefusal(
  status: number,
  object: ErrorObject,
  invalid_params?: ErrorBody['invalid_params'],
): { status: number; body: string } {
  const body: ErrorBody = { id: randomUUID(), object, detail: `Refused as ${object}.`, invalid_params };
  return { status, body: JSON.stringify(body) };
}
