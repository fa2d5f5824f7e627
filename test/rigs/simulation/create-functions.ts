/**
 * Simulates the instances of create-job: each works on one call at a time, and lives on with what its
 * admission has read. A call that finds none free starts another one; one whose call dies is gone.
 */
import type { Admission, AdmissionDeps } from '../../../src/application/admission.ts';
import type { Backlog } from '../../../src/ports/backlog.ts';
import type { OpenJob } from '../../../src/ports/open-jobs.ts';
import type { Limits } from './profile.ts';
import type { UseCases } from './shipped-use-cases.ts';

/**
 * For the admission each target group stands for so many. So jobs are counted one by one from four on, and
 * below that by the shipped sample, although a schedule has few target groups.
 */
const STANDS_FOR = 250;

/** Target groups a second that the admission counts on, which only the waits of clients depend on. */
const WORK_RATE = 2_500;

/** The ports of one call. */
type CallPorts = Pick<AdmissionDeps, 'openJobs' | 'backlog' | 'clock' | 'journal'>;

export interface CreateFunction {
  /** The error of its clock, ms. Undefined before its first call. */
  skewMs: number | undefined;
  /** The ports of the call on which it works. */
  ports: CallPorts | undefined;
  readonly admission: Pick<Admission, 'decide' | 'count'>;
}

export class CreateFunctions {
  readonly #free: CreateFunction[] = [];
  readonly #limits: Limits;
  readonly #makeAdmission: UseCases['makeAdmission'];
  readonly #random: () => number;

  /** @param random returns a random number, at least 0 and less than 1 */
  constructor(limits: Limits, { makeAdmission }: UseCases, random: () => number) {
    this.#limits = limits;
    this.#makeAdmission = makeAdmission;
    this.#random = random;
  }

  /** Takes a free instance, any of them, or starts one. */
  take(): CreateFunction {
    const [free] = this.#free.splice(Math.floor(this.#random() * this.#free.length), 1);
    return free ?? this.#start();
  }

  /** Notes that the call of an instance was answered. */
  free(instance: CreateFunction): void {
    this.#free.push(instance);
  }

  #start(): CreateFunction {
    const limits = this.#limits;
    const getPorts = () => {
      if (instance.ports === undefined) throw new Error('the instance works on no call');
      return instance.ports;
    };
    const admission = this.#makeAdmission({
      openJobs: {
        readAccount: async (...args) => enlarge(await getPorts().openJobs.readAccount(...args)),
      },
      backlog: {
        estimate: (now) => getPorts().backlog.estimate(now),
        addAccepted: (targetGroups, at) => getPorts().backlog.addAccepted(targetGroups, at),
      },
      clock: { now: () => getPorts().clock.now(), pause: (ms) => getPorts().clock.pause(ms) },
      journal: {
        note: (...args) => {
          getPorts().journal.note(...args);
        },
      },
      random: this.#random,
      settings: {
        maxOpenJobsPerAccount: limits.jobsPerAccount,
        maxOpenTargetGroupsPerAccount: limits.targetGroupsPerAccount * STANDS_FOR,
        maxOpenTargetGroups: limits.targetGroups * STANDS_FOR,
        workRate: WORK_RATE,
      },
    });
    const instance: CreateFunction = {
      skewMs: undefined,
      ports: undefined,
      admission: {
        decide: (accountId, targetGroups) => admission.decide(accountId, targetGroups * STANDS_FOR),
        count: (targetGroups) => admission.count(targetGroups * STANDS_FOR),
      },
    };
    return instance;
  }
}

function enlarge(jobs: readonly OpenJob[]): OpenJob[] {
  return jobs.map((job) => ({ ...job, total: job.total && job.total * STANDS_FOR }));
}

/** Makes the backlog that reconcile writes, in the target groups of the admission. */
export function makeEnlargedBacklog(backlog: Backlog): Backlog {
  return {
    savePass: (targetGroups, at) => backlog.savePass(targetGroups * STANDS_FOR, at),
    addAccepted: (targetGroups, at) => backlog.addAccepted(targetGroups, at),
    estimate: (now) => backlog.estimate(now),
  };
}
