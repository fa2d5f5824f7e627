/** Reports to a script: one line of JSON per event. */
import type { AcceptedJob, EndedJob, JobState } from '../fielding-jobs.ts';
import type { JobPlan } from '../plan.ts';
import type { JsonLine } from './lines.ts';
import { reasonsOf } from './reasons.ts';
import type { Failure, Reporter, Summary } from './reporter.ts';

export class JsonReporter implements Reporter {
  readonly #write: (text: string) => void;
  /** The last progress written for each job. A line is written only when the progress changes. */
  readonly #told = new Map<string, string>();

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  planned({ key, action, account, project, count, jobs }: JobPlan, duplicates: number): void {
    this.#line({ event: 'planned', key, action, account, project, jobs: jobs.length, count, duplicates });
  }

  accepted({ location, jobId, key, part, parts, count, replayed }: AcceptedJob): void {
    this.#line({ event: 'accepted', location, job_id: jobId, key, part, parts, count, replayed });
  }

  progress({ location, progress }: JobState): void {
    const { settled, total } = progress ?? { settled: null, total: null };
    const news = `${settled}/${total}`;
    if (this.#told.get(location) === news) return;
    this.#told.set(location, news);
    this.#line({ event: 'progress', location, settled, total });
  }

  running(state: JobState): void {
    this.progress(state);
  }

  ended({ location, status, updated, failed }: EndedJob): void {
    this.#line({
      event: 'ended',
      location,
      status,
      updated,
      failed: failed.length,
      reasons: reasonsOf(failed),
    });
  }

  summary({ jobs, updated, failed, reasons, output }: Summary): void {
    this.#line({ event: 'summary', jobs, updated, failed, reasons: [...reasons], output: output ?? null });
  }

  failure({ error, exitCode, key }: Failure): void {
    const { name, message } = error;
    this.#line({ event: 'error', exit_code: exitCode, error: name, message, key: key ?? null });
  }

  #line(line: JsonLine): void {
    this.#write(`${JSON.stringify(line)}\n`);
  }
}
