/** The client: creates the jobs for a set of target groups, and follows them until they have ended. */
import type { CreateBody } from '../api/create-body.ts';
import { IDEMPOTENCY_KEY, IDEMPOTENT_REPLAYED, JOB_PROGRESS } from '../api/header-names.ts';
import { runInParallel } from '../src/domain/run-in-parallel.ts';
import { type FailedTargetGroup, type Job, readJob } from './read-answers.ts';
import { InputError, UnexpectedAnswerError } from './client-errors.ts';
import { Exchange } from './exchange.ts';
import { type JobPart, type JobPlan, type JobRequest, planJobs } from './job-plan.ts';
import type { Retry } from './retry-with-jitter.ts';
import { type ClientCredentials, FetchedTokens, makeGivenToken } from './access-tokens.ts';
import { BaseUrl, type JobAddress } from './urls.ts';
import { realDeps, type ClientDeps } from './client-deps.ts';

/** The options of a client. */
export interface FieldingJobsOptions {
  /**
   * The part of the API's URLs before `/demand`, such as `https://api.example.com` or
   * `https://api.example.com/v1`. It must be https, or http on this machine.
   */
  readonly baseUrl: string;
  /** A bearer token, or the credentials to fetch tokens with. */
  readonly token: string | ClientCredentials;
  /**
   * Milliseconds for which a request is repeated after failures that may pass: no connection, no answer
   * within 40 s, 429 or 5xx. Default: 300,000. 0: never repeated.
   */
  readonly retryForMs?: number | undefined;
  /** Called before the pause that precedes each repeat. */
  readonly onRetry?: ((retry: Retry) => void) | undefined;
  /** Clock, randomness and network; tests replace them. */
  readonly deps?: ClientDeps | undefined;
}

/** A job that the API has accepted: it will end. */
export interface AcceptedJob extends JobAddress {
  /** The job's absolute URL. */
  readonly location: string;
  /** The idempotency key of this job alone. */
  readonly key: string;
  /** The number of this job among the jobs of the request, from 1. */
  readonly part: number;
  /** Number of jobs of the request. */
  readonly parts: number;
  /** Number of distinct target groups of this job. */
  readonly count: number;
  /** Whether the job existed before this call. */
  readonly replayed: boolean;
}

/** A job at the time of one read. */
export interface JobState {
  /** The job's absolute URL. */
  readonly location: string;
  /** Number of settled and of all target groups; undefined when the API does not send them. */
  readonly progress: { readonly settled: number; readonly total: number } | undefined;
  readonly job: Job;
}

/** How a job ended. */
export interface EndedJob {
  /** The job's absolute URL. */
  readonly location: string;
  /** `Failed` when a target group could not be processed (`InternalError`), else `Completed`. */
  readonly status: Exclude<Job['status'], 'Processing'>;
  /** Number of target groups that have the status that the action leads to. */
  readonly updated: number;
  /** All other target groups, each with its reason, in id order. */
  readonly failed: readonly FailedTargetGroup[];
}

/** The options of `create`. */
export interface CreateOptions {
  /**
   * Stops the call with the reason of the signal. A request that was sent may still take effect: repeat it
   * with the same key to know.
   */
  readonly signal?: AbortSignal | undefined;
  /** Called before anything is sent. Store `plan.key`, to be able to repeat the request. */
  readonly onPlanned?: ((plan: JobPlan) => void) | undefined;
  /** Called for each job, as soon as the API has accepted it. */
  readonly onAccepted?: ((job: AcceptedJob) => void) | undefined;
}

/** The options of `wait`. */
export interface WaitOptions {
  /** Stops the wait with the reason of the signal; the jobs run on. */
  readonly signal?: AbortSignal | undefined;
  /** Called after every read of a job, the last one included. */
  readonly onProgress?: ((state: JobState) => void) | undefined;
  /** Called once for each job, as soon as it has ended. */
  readonly onEnded?: ((job: EndedJob) => void) | undefined;
}

const RETRY_FOR_MS = 300_000;

/** Maximum number of requests at a time. */
const PARALLELISM = 4;

/** The pauses between two reads grow: a small job ends within a second, a large one takes minutes. */
const FIRST_LOOK_MS = 250;
const LONGEST_LOOK_MS = 5_000;

/** A client of one API. */
export class FieldingJobs {
  readonly #base: BaseUrl;
  readonly #exchange: Exchange;
  readonly #deps: ClientDeps;

  /** @throws InputError for a URL, a token, credentials or a time that cannot be used */
  constructor(options: FieldingJobsOptions) {
    const { baseUrl, token, retryForMs = RETRY_FOR_MS, onRetry, deps = realDeps } = options;
    if (!(retryForMs >= 0)) {
      throw new InputError(`time to retry: found ${retryForMs}, expected milliseconds from 0`);
    }
    const retryOptions = { retryForMs, onRetry };
    this.#base = new BaseUrl(baseUrl);
    this.#deps = deps;
    const tokens =
      typeof token === 'string' ? makeGivenToken(token) : new FetchedTokens(token, deps, retryOptions);
    this.#exchange = new Exchange(this.#base.origin, tokens, deps, retryOptions);
  }

  /**
   * Creates the jobs of a request: several when it has more target groups than `maxPerJob`. A repeat with the
   * same key, ids and `maxPerJob` does nothing twice, even after a crash (ADR 26).
   *
   * The first job must be accepted before the others are sent. If the key was used for other ids, that job is
   * refused, and nothing is created.
   *
   * @returns the jobs in the order of their parts
   * @throws InputError before anything is sent; RefusedError, UnreachableError or UnexpectedAnswerError when
   *   a job is not accepted, after the requests in flight have their answers; the reason of the signal
   */
  async create(
    request: JobRequest,
    { signal, onPlanned, onAccepted }: CreateOptions = {},
  ): Promise<AcceptedJob[]> {
    const plan = planJobs(request);
    onPlanned?.(plan);
    const accepted: AcceptedJob[] = [];
    let failed = false;
    const send = async (part: JobPart) => {
      try {
        const job = await this.#createJob(plan, part, signal);
        accepted.push(job);
        onAccepted?.(job);
      } catch (error) {
        failed = true;
        throw error;
      }
    };
    const [first, ...others] = plan.jobs;
    if (first !== undefined) await send(first);
    await runInParallel(others, PARALLELISM, send, () => !failed);
    return accepted.sort((a, b) => a.part - b.part);
  }

  async #createJob(
    plan: JobPlan,
    { part, parts, key, ids }: JobPart,
    signal?: AbortSignal,
  ): Promise<AcceptedJob> {
    const what = parts === 1 ? 'job' : `job ${part} of ${parts}`;
    const { headers } = await this.#exchange.request({
      what,
      method: 'POST',
      url: this.#base.makeCollectionUrl(plan.account, plan.project, plan.action),
      headers: { 'content-type': 'application/json', [IDEMPOTENCY_KEY]: key },
      body: JSON.stringify({ target_group_ids: ids } satisfies CreateBody),
      expected: 201,
      signal,
    });
    const address = this.#readLocation(what, headers.get('location'));
    return {
      ...address,
      location: this.#base.makeJobUrl(address),
      key,
      part,
      parts,
      count: ids.length,
      replayed: headers.get(IDEMPOTENT_REPLAYED) === 'true',
    };
  }

  #readLocation(what: string, location: string | null): JobAddress {
    try {
      return this.#base.readLocation(location ?? '');
    } catch (cause) {
      if (!(cause instanceof InputError)) throw cause;
      const advice = 'The job is accepted. If that is the address of the API, make it the base URL';
      throw new UnexpectedAnswerError(`${what}: Location: ${cause.message}. ${advice}`, { cause });
    }
  }

  /**
   * Returns the absolute URL of a job, as `create` returns it. Sends nothing.
   * @param job the parts of its address, or any URL or path of the job
   * @throws InputError when it is not the address of a job, or not below the base URL
   */
  locate(job: string | JobAddress): string {
    return this.#base.makeJobUrl(typeof job === 'string' ? this.#base.readJobAddress(job) : job);
  }

  /**
   * Reads a job once.
   * @param job its URL or path
   * @param signal stops the call with its reason
   * @throws InputError as `locate`; RefusedError, such as for a job that does not exist (404);
   *   UnreachableError; UnexpectedAnswerError; the reason of the signal
   */
  async read(job: string, signal?: AbortSignal): Promise<JobState> {
    const url = this.locate(job);
    const what = `job ${url.slice(url.lastIndexOf('/') + 1)}`;
    const { headers, text } = await this.#exchange.request({
      what,
      method: 'GET',
      url,
      expected: 200,
      signal,
    });
    const [, settled, total] = /^(\d+)\/(\d+)$/.exec(headers.get(JOB_PROGRESS) ?? '') ?? [];
    return {
      location: url,
      progress: settled === undefined ? undefined : { settled: Number(settled), total: Number(total) },
      job: readJob(what, text),
    };
  }

  /**
   * Reads jobs until all have ended, with pauses that grow from 250 ms to 5 s.
   * @param jobs their URLs or paths
   * @returns how each job ended, in the order of `jobs`
   * @throws the errors of `read`
   */
  async wait(
    jobs: readonly string[],
    { signal, onProgress, onEnded }: WaitOptions = {},
  ): Promise<EndedJob[]> {
    const urls = jobs.map((job) => this.locate(job));
    const ended = new Map<string, EndedJob>();
    for (let lookMs = FIRST_LOOK_MS; ; lookMs = Math.min(LONGEST_LOOK_MS, lookMs * 1.5)) {
      const open = [...new Set(urls)].filter((url) => !ended.has(url));
      await runInParallel(open, PARALLELISM, async (url) => {
        const state = await this.read(url, signal);
        onProgress?.(state);
        const end = deriveEnd(state);
        if (end === undefined) return;
        ended.set(url, end);
        onEnded?.(end);
      });
      if (open.every((url) => ended.has(url))) return urls.flatMap((url) => ended.get(url) ?? []);
      await this.#deps.pause(lookMs, signal);
    }
  }
}

/** Returns how a job ended, or undefined while it runs. */
export function deriveEnd({ location, job }: JobState): EndedJob | undefined {
  if (job.status === 'Processing') return undefined;
  return {
    location,
    status: job.status,
    updated: job.updated_target_groups.data.length,
    failed: job.failed_target_groups.data,
  };
}
