/** Addresses: the base URL that every request starts with, and the one form in which a job's address is kept. */
import { collectionPath, jobPath, readJobPath, ROOT } from '../api/paths.ts';
import type { Action } from '../src/domain/actions.ts';
import { shown } from '../tools/kit/printable.ts';
import { InputError } from './errors.ts';

/** What a job's address says. */
export interface JobAddress {
  readonly account: number;
  readonly project: string;
  readonly action: Action;
  readonly jobId: string;
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Reads a URL that secrets are sent to: https, or http on this machine.
 * @param field that holds it, for the error
 * @throws InputError
 */
export function safeUrl(field: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new InputError(`${field}: found ${shown(text)}, expected a URL like https://api.example.com`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new InputError(`${field}: found a user name or password in the URL, expected none`);
  }
  if (url.protocol === 'http:' && !isLoopback(url)) {
    throw new InputError(
      `${field}: found ${shown(text)}, expected https: a token would go over the network in the clear`,
    );
  }
  return url;
}

export function isLoopback({ hostname }: URL): boolean {
  return LOOPBACK.includes(hostname);
}

/** Where the API is: an origin and whatever stands before `/demand`, such as `/v1`, without a slash at the end. */
export class BaseUrl {
  readonly origin: string;
  readonly #prefix: string;

  /** @throws InputError */
  constructor(text: string) {
    const url = safeUrl('base URL', text);
    if (url.search !== '' || url.hash !== '') {
      throw new InputError(`base URL: found ${shown(text)}, expected none of ? and #`);
    }
    this.origin = url.origin;
    this.#prefix = url.pathname.replace(/\/+$/, '');
    if (`${this.#prefix}/`.includes(`${ROOT}/`)) {
      throw new InputError(`base URL: found ${shown(text)}, expected what stands before ${ROOT}`);
    }
  }

  toString(): string {
    return this.origin + this.#prefix;
  }

  /** Where jobs of an action are created. */
  collection(account: number, project: string, action: Action): string {
    return this.toString() + collectionPath({ accountId: account, projectId: project }, action);
  }

  job({ account, project, action, jobId }: JobAddress): string {
    return this.toString() + jobPath({ accountId: account, projectId: project }, action, jobId);
  }

  /**
   * Reads the address of a job: a `Location`, or a URL that somebody kept. It may have another prefix than
   * this base, as `Location` never has one; it must not have another origin.
   * @throws InputError
   */
  read(address: string): JobAddress {
    const url = URL.canParse(address, this.origin) ? new URL(address, this.origin) : undefined;
    if (url === undefined) throw notAJob(address);
    if (url.origin !== this.origin) {
      throw new InputError(
        `address of a job: found ${shown(address)}, expected one of ${this.origin}: the token is for that alone`,
      );
    }
    const job = readJobPath(url.pathname);
    if (job === undefined) throw notAJob(address);
    return { account: job.accountId, project: job.projectId, action: job.action, jobId: job.jobId };
  }
}

function notAJob(found: string): InputError {
  const example = jobPath({ accountId: 101, projectId: '01…' }, 'resume', '4P…');
  return new InputError(`address of a job: found ${shown(found)}, expected one like ${example}`);
}
