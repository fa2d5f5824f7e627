/** Reports to a script: one line of JSON per event. */
import { formatTimestamp } from '../../src/domain/time.ts';
import type { AcceptedJob, EndedJob, JobState } from '../fielding-jobs.ts';
import type { JobPlan } from '../job-plan.ts';
import type { JsonLine } from './json-line.ts';
import { countReasons } from './reasons.ts';
import type { Failure, Reporter, Summary } from './reporter.ts';

/** Each line without its time. The condition makes TypeScript omit it from each kind of line. */
type UntimedLine = JsonLine extends infer Line
  ? Line extends JsonLine
    ? Omit<Line, 'timestamp'>
    : never
  : never;

export class JsonReporter implements Reporter {
  readonly #write: (text: string) => void;
  /** The last progress written for each job. A line is written only when the progress changes. */
  readonly #lastProgress = new Map<string, string>();

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  reportPlan({ key, action, account, project, count, jobs }: JobPlan, duplicates: number): void {
    this.#writeLine({
      event: 'planned',
      key,
      action,
      account,
      project,
      jobs: jobs.length,
      count,
      duplicates,
    });
  }

  reportAccepted({ location, jobId, key, part, parts, count, replayed }: AcceptedJob): void {
    this.#writeLine({ event: 'accepted', location, job_id: jobId, key, part, parts, count, replayed });
  }

  reportProgress({ location, progress }: JobState): void {
    const { settled, total } = progress ?? { settled: null, total: null };
    const news = `${settled}/${total}`;
    if (this.#lastProgress.get(location) === news) return;
    this.#lastProgress.set(location, news);
    this.#writeLine({ event: 'progress', location, settled, total });
  }

  reportRunning(state: JobState): void {
    this.reportProgress(state);
  }

  reportEnded({ location, status, updated, failed }: EndedJob): void {
    this.#writeLine({
      event: 'ended',
      location,
      status,
      updated,
      failed: failed.length,
      reasons: countReasons(failed),
    });
  }

  reportSummary({ jobs, updated, failed, reasons, output }: Summary): void {
    this.#writeLine({
      event: 'summary',
      jobs,
      updated,
      failed,
      reasons: [...reasons],
      output: output ?? null,
    });
  }

  reportFailure({ error, exitCode, key }: Failure): void {
    const { name, message } = error;
    this.#writeLine({ event: 'error', exit_code: exitCode, error: name, message, key: key ?? null });
  }

  #writeLine({ event, ...fields }: UntimedLine): void {
    this.#write(`${JSON.stringify({ event, timestamp: formatTimestamp(Date.now()), ...fields })}\n`);
  }
}
