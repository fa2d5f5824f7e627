/** A small client of the API for tests: makes tokens, sends requests, and waits until a job has ended. */
import { setTimeout as pause } from 'node:timers/promises';
import type { ErrorBody, JobBody } from '../../api/answers.ts';
import type { CreateBody } from '../../api/create-body.ts';
import { IDEMPOTENCY_KEY } from '../../api/header-names.ts';
import { makeCollectionPath } from '../../api/paths.ts';
import { ALL_SCOPES, Issuer } from '../../tools/local/issuer.ts';
import type { Action } from '../../src/domain/actions.ts';
import type { Tenant } from '../../src/domain/ids.ts';
import { requireConformance } from '../rigs/conformance/check-exchange.ts';
import { anId } from './builders.ts';

export interface TokenOptions {
  readonly accounts?: readonly number[];
  readonly scope?: string;
  readonly subject?: string;
  readonly ttlSeconds?: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export const SUBJECT = '0190a8f0-5b7e-7c3a-9d55-3f1b6a2c4e11';

/** Makes a token of the local issuer, which by default may do everything on account 101. */
export async function aToken(options: TokenOptions = {}): Promise<string> {
  const issuer = await Issuer.load();
  return issuer.sign({
    accounts: options.accounts ?? [101],
    scope: options.scope ?? ALL_SCOPES,
    subject: options.subject ?? SUBJECT,
    ttlSeconds: options.ttlSeconds ?? 3600,
  });
}

/**
 * Sends a request, and returns its answer.
 * @throws OutsideDescriptionError if request and answer do not conform to the description of the API
 */
export async function sendRequest(
  method: string,
  url: string,
  headers: Record<string, string> = {},
  body?: string | Uint8Array<ArrayBuffer>,
): Promise<Answer> {
  const response = await fetch(url, { method, headers, ...(body !== undefined && { body }) });
  const answer = { status: response.status, headers: response.headers, text: await response.text() };
  const { origin, pathname: path } = new URL(url);
  const described = { ...answer, headers: new Map(answer.headers) };
  requireConformance(origin, { method, path, headers, body, answer: described });
  return answer;
}

export class Client {
  readonly url: string;
  readonly token: string;

  constructor(url: string, token: string) {
    this.url = url;
    this.token = token;
  }

  static async signIn(url: string, options: TokenOptions = {}): Promise<Client> {
    return new Client(url, await aToken(options));
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return sendRequest('GET', this.url + path, { authorization: `Bearer ${this.token}`, ...headers });
  }

  post(
    path: string,
    body: string | Uint8Array<ArrayBuffer>,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    return sendRequest(
      'POST',
      this.url + path,
      {
        authorization: `Bearer ${this.token}`,
        'content-type': 'application/json',
        [IDEMPOTENCY_KEY]: anId('K'),
        ...headers,
      },
      body,
    );
  }

  create(
    tenant: Tenant,
    ids: readonly string[],
    headers: Record<string, string> = {},
    action: Action = 'resume',
  ): Promise<Answer> {
    return this.post(
      makeCollectionPath(tenant, action),
      JSON.stringify({ target_group_ids: ids } satisfies CreateBody),
      headers,
    );
  }

  /** Polls a job until it has ended, and returns it. `onPoll` receives every answer. */
  async waitUntilEnded(
    location: string,
    onPoll: (answer: Answer) => void = () => undefined,
  ): Promise<JobBody> {
    for (;;) {
      const answer = await this.get(location);
      if (answer.status !== 200) throw new Error(`the job answers ${answer.status}: ${answer.text}`);
      onPoll(answer);
      const job = JSON.parse(answer.text) as JobBody;
      if (job.status !== 'Processing') return job;
      await pause(150);
    }
  }

  /** Creates a job, waits until it has ended, and returns it. */
  async run(tenant: Tenant, ids: readonly string[], action: Action = 'resume'): Promise<JobBody> {
    return this.waitUntilEnded(readLocation(await this.create(tenant, ids, {}, action)));
  }
}

export function readLocation(answer: Answer): string {
  const location = answer.headers.get('location');
  if (answer.status !== 201 || location === null) {
    throw new Error(`no job was created: ${answer.status} ${answer.text}`);
  }
  return location;
}

export function readError(answer: Answer): ErrorBody {
  return JSON.parse(answer.text) as ErrorBody;
}
