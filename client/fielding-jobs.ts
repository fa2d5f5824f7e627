/** The client: creates the jobs that a set of target groups takes, and follows them to their end. */
import type { CreateBody } from '../api/create-body.ts';
import { IDEMPOTENCY_KEY, IDEMPOTENT_REPLAYED, JOB_PROGRESS } from '../api/header-names.ts';
import { inParallel } from '../src/domain/in-parallel.ts';
import { type FailedTargetGroup, type Job, readJob } from './answers.ts';
import { InputError, UnexpectedAnswerError } from './errors.ts';
import { Exchange } from './exchange.ts';
import { type JobPart, type JobPlan, type JobRequest, planOf } from './plan.ts';
import type { Retry } from './retry.ts';
import { type ClientCredentials, FetchedTokens, givenToken } from './tokens.ts';
import { BaseUrl, type JobAddress } from './urls.ts';
import { realWorld, type World } from './world.ts';

export interface FieldingJobsOptions {
  /** As in `https://api.example.com` or `https://api.example.com/v1`: what stands before `/demand`. */
  readonly baseUrl: string;
  /** A bearer token, or credentials to fetch tokens with. */
  readonly token: string | ClientCredentials;
  /** How long a request is repeated that fails in a way that may pass. Default: five minutes; 0: never repeated. */
  readonly retryForMs?: number | undefined;
  /** Before each pause. */
  readonly onRetry?: ((retry: Retry) => void) | undefined;
  /** Time, chance and network; for tests. */
  readonly world?: World | undefined;
}

export interface AcceptedJob extends JobAddress {
  /** The job's URL. */
  readonly location: string;
  /** The idempotency key of this job alone. */
  readonly key: string;
  /** From 1. */
  readonly part: number;
  readonly parts: number;
  /** Its target groups. */
  readonly count: number;
  /** Whether it was there before this call. */
  readonly replayed: boolean;
}

export interface JobState {
  readonly location: string;
  /** Target groups that are settled and that were asked for, while the API tells. */
  readonly progress: { readonly settled: number; readonly total: number } | undefined;
  readonly job: Job;
}

export interface EndedJob {
  readonly location: string;
  readonly status: Exclude<Job['status'], 'Processing'>;
  /** How many target groups are as the action wanted them. */
  readonly updated: number;
  readonly failed: readonly FailedTargetGroup[];
}

export interface CreateOptions {
  /** Ends it; what is sent may or may not be carried out. Repeat the request with its key to know. */
  readonly signal?: AbortSignal | undefined;
  /** Before anything is sent: keep the key. */
  readonly onPlanned?: ((plan: JobPlan) => void) | undefined;
  readonly onAccepted?: ((job: AcceptedJob) => void) | undefined;
}

export interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((state: JobState) => void) | undefined;
  readonly onEnded?: ((job: EndedJob) => void) | undefined;
}

const RETRY_FOR_MS = 300_000;

/** So many requests at a time. */
const PARALLELISM = 4;

/** A small job ends within a second, a large one takes minutes: the pauses between looks grow. */
const FIRST_LOOK_MS = 250;
const LONGEST_LOOK_MS = 5_000;

export class FieldingJobs {
  readonly #base: BaseUrl;
  readonly #exchange: Exchange;
  readonly #world: World;

  /** @throws InputError */
  constructor(options: FieldingJobsOptions) {
    const { baseUrl, token, retryForMs = RETRY_FOR_MS, onRetry, world = realWorld } = options;
    if (!(retryForMs >= 0)) {
      throw new InputError(`time to retry: found ${retryForMs}, expected milliseconds from 0`);
    }
    const patience = { retryForMs, onRetry };
    this.#base = new BaseUrl(baseUrl);
    this.#world = world;
    const tokens = typeof token === 'string' ? givenToken(token) : new FetchedTokens(token, world, patience);
    this.#exchange = new Exchange(this.#base.origin, tokens, world, patience);
  }

  /**
   * Creates the jobs of a request, several when one would be too large. Repeating it with the same key, ids
   * and limit does nothing twice, wherever it was broken off.
   *
   * The first job is accepted before any other is sent. It meets a key that was used for another set, and
   * then nothing is created.
   *
   * @returns the jobs in the order of their parts
   * @throws InputError before anything is sent; RefusedError, UnreachableError or UnexpectedAnswerError for
   *   the first job that was not accepted, when those under way have their answers; the signal's reason
   */
  async create(
    request: JobRequest,
    { signal, onPlanned, onAccepted }: CreateOptions = {},
  ): Promise<AcceptedJob[]> {
    const plan = planOf(request);
    onPlanned?.(plan);
    const accepted: AcceptedJob[] = [];
    let failed = false;
    const send = async (part: JobPart) => {
      try {
        const job = await this.#create(plan, part, signal);
        accepted.push(job);
        onAccepted?.(job);
      } catch (error) {
        failed = true;
        throw error;
      }
    };
    const [first, ...others] = plan.jobs;
    if (first !== undefined) await send(first);
    await inParallel(others, PARALLELISM, send, () => !failed);
    return accepted.sort((a, b) => a.part - b.part);
  }

  async #create(
    plan: JobPlan,
    { part, parts, key, ids }: JobPart,
    signal?: AbortSignal,
  ): Promise<AcceptedJob> {
    const what = parts === 1 ? 'job' : `job ${part} of ${parts}`;
    const { headers } = await this.#exchange.ask({
      what,
      method: 'POST',
      url: this.#base.collection(plan.account, plan.project, plan.action),
      headers: { 'content-type': 'application/json', [IDEMPOTENCY_KEY]: key },
      body: JSON.stringify({ target_group_ids: ids } satisfies CreateBody),
      expected: 201,
      signal,
    });
    const address = this.#readLocation(what, headers.get('location'));
    return {
      ...address,
      location: this.#base.job(address),
      key,
      part,
      parts,
      count: ids.length,
      replayed: headers.get(IDEMPOTENT_REPLAYED) === 'true',
    };
  }

  #readLocation(what: string, location: string | null): JobAddress {
    try {
      return this.#base.read(location ?? '');
    } catch (cause) {
      if (!(cause instanceof InputError)) throw cause;
      throw new UnexpectedAnswerError(`${what}: Location: ${cause.message}`, { cause });
    }
  }

  /**
   * The location of a job, as `create` gives it.
   * @param job the parts of its address, or any URL or path that names it
   * @throws InputError for an address that is none, or of another origin
   */
  locate(job: string | JobAddress): string {
    return this.#base.job(typeof job === 'string' ? this.#base.read(job) : job);
  }

  /**
   * Looks at a job once.
   * @param job its location
   * @throws InputError as `locate`; RefusedError, UnreachableError, UnexpectedAnswerError; the signal's
   *   reason
   */
  async read(job: string, signal?: AbortSignal): Promise<JobState> {
    const url = this.locate(job);
    const what = `job ${url.slice(url.lastIndexOf('/') + 1)}`;
    const { headers, text } = await this.#exchange.ask({ what, method: 'GET', url, expected: 200, signal });
    const [, settled, total] = /^(\d+)\/(\d+)$/.exec(headers.get(JOB_PROGRESS) ?? '') ?? [];
    return {
      location: url,
      progress: settled === undefined ? undefined : { settled: Number(settled), total: Number(total) },
      job: readJob(what, text),
    };
  }

  /**
   * Follows jobs until all have ended.
   * @param jobs locations
   * @returns one for each, in their order
   * @throws as `read`
   */
  async wait(
    jobs: readonly string[],
    { signal, onProgress, onEnded }: WaitOptions = {},
  ): Promise<EndedJob[]> {
    const urls = jobs.map((job) => this.locate(job));
    const ended = new Map<string, EndedJob>();
    for (let lookMs = FIRST_LOOK_MS; ; lookMs = Math.min(LONGEST_LOOK_MS, lookMs * 1.5)) {
      const open = [...new Set(urls)].filter((url) => !ended.has(url));
      await inParallel(open, PARALLELISM, async (url) => {
        const state = await this.read(url, signal);
        onProgress?.(state);
        const end = endOf(state);
        if (end === undefined) return;
        ended.set(url, end);
        onEnded?.(end);
      });
      if (open.every((url) => ended.has(url))) return urls.flatMap((url) => ended.get(url) ?? []);
      await this.#world.pause(lookMs, signal);
    }
  }
}

/** How a job has ended; undefined while it runs. */
export function endOf({ location, job }: JobState): EndedJob | undefined {
  if (job.status === 'Processing') return undefined;
  return {
    location,
    status: job.status,
    updated: job.updated_target_groups.data.length,
    failed: job.failed_target_groups.data,
  };
}
