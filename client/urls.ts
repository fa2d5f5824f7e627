/** Checks the base URL, and makes and reads the addresses of jobs. */
import { makeCollectionPath, makeJobPath, readJobPath, ROOT } from '../api/paths.ts';
import type { Action } from '../src/domain/actions.ts';
import { quoteExcerpt } from '../tools/kit/printable.ts';
import { InputError } from './client-errors.ts';

/** The parts of a job's address. */
export interface JobAddress {
  /** A whole number from 1. */
  readonly account: number;
  readonly project: string;
  readonly action: Action;
  readonly jobId: string;
}

/** The host names of this machine, to which a URL may be http. */
const LOOPBACK_HOSTNAMES = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Parses a URL that secrets are sent to: https, or http on this machine.
 * @param field name of the URL, for the error
 * @throws InputError when it is no such URL, or has a user name or password
 */
export function parseSafeUrl(field: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new InputError(
      `${field}: found ${quoteExcerpt(text)}, expected a URL like https://api.example.com`,
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new InputError(`${field}: found a user name or password in the URL, expected none`);
  }
  if (url.protocol === 'http:' && !isLoopback(url)) {
    throw new InputError(
      `${field}: found ${quoteExcerpt(text)}, expected https: a token would go over the network in the clear`,
    );
  }
  return url;
}

export function isLoopback({ hostname }: URL): boolean {
  return LOOPBACK_HOSTNAMES.includes(hostname);
}

/**
 * The base URL of the API: an origin and what stands before `/demand`, such as `/v1`. It has no slash at its
 * end.
 */
export class BaseUrl {
  readonly origin: string;
  readonly #prefix: string;

  /** @throws InputError when it is not the URL of an API */
  constructor(text: string) {
    const url = parseSafeUrl('base URL', text);
    if (url.search !== '' || url.hash !== '') {
      throw new InputError(`base URL: found ${quoteExcerpt(text)}, expected none of ? and #`);
    }
    this.origin = url.origin;
    this.#prefix = url.pathname.replace(/\/+$/, '');
    if (`${this.#prefix}/`.includes(`${ROOT}/`)) {
      throw new InputError(`base URL: found ${quoteExcerpt(text)}, expected what stands before ${ROOT}`);
    }
  }

  toString(): string {
    return this.origin + this.#prefix;
  }

  /** Makes the URL that creates jobs of an action. */
  makeCollectionUrl(account: number, project: string, action: Action): string {
    return this.toString() + makeCollectionPath({ accountId: account, projectId: project }, action);
  }

  makeJobUrl({ account, project, action, jobId }: JobAddress): string {
    return this.toString() + makeJobPath({ accountId: account, projectId: project }, action, jobId);
  }

  /**
   * Reads the address of a job that a user names, a path or a full URL. `/v1` may be in it or not.
   * @throws InputError when it is not the address of a job, of another origin, or of another API of this
   *   origin. The same key makes the same id there, so a job of that name may be here too
   */
  readJobAddress(address: string): JobAddress {
    const url = this.#parse(address);
    const job = this.#readPath(address, url);
    const basePath = removeVersion(url.pathname.slice(0, url.pathname.lastIndexOf(`${ROOT}/`)));
    // Without a custom domain, `Location` has no base path, whatever a proxy puts before it.
    if (basePath !== '' && basePath !== removeVersion(this.#prefix)) {
      throw new InputError(
        `address of a job: found ${quoteExcerpt(address)}, expected one below ${this.toString()}, as the base URL`,
      );
    }
    return job;
  }

  /**
   * Reads the `Location` of a job that was created. Its base path may be another one: the job is in the API
   * that has answered.
   * @throws InputError when it is not the address of a job, or of another origin: the token is for one alone
   */
  readLocation(location: string): JobAddress {
    return this.#readPath(location, this.#parse(location));
  }

  #parse(address: string): URL {
    const url = URL.canParse(address, this.origin) ? new URL(address, this.origin) : undefined;
    if (url === undefined) throw makeAddressError(address);
    if (url.origin === this.origin) return url;
    throw new InputError(
      `address of a job: found ${quoteExcerpt(address)}, expected one of ${this.origin}: the token is for that alone`,
    );
  }

  #readPath(address: string, { pathname }: URL): JobAddress {
    const job = readJobPath(pathname);
    if (job === undefined) throw makeAddressError(address);
    return { account: job.accountId, project: job.projectId, action: job.action, jobId: job.jobId };
  }
}

function removeVersion(prefix: string): string {
  return prefix.replace(/(\/v1)+$/, '');
}

function makeAddressError(found: string): InputError {
  const example = makeJobPath({ accountId: 101, projectId: '01…' }, 'resume', '4P…');
  return new InputError(`address of a job: found ${quoteExcerpt(found)}, expected one like ${example}`);
}
