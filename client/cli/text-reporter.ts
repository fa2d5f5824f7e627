/** Reports to a person: the plan, the URL of each job, and at the end what failed and why. */
import { printable } from '../../tools/kit/printable.ts';
import type { AcceptedJob, EndedJob, JobState } from '../fielding-jobs.ts';
import type { JobPlan } from '../plan.ts';
import type { Reason } from './reasons.ts';
import type { Reporter, Summary } from './reporter.ts';

export class TextReporter implements Reporter {
  readonly #write: (text: string) => void;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  planned({ key, action, count, jobs }: JobPlan, duplicates: number): void {
    const less = duplicates === 0 ? '' : `, ${counted(duplicates, 'duplicate')} left out`;
    this.#line(
      `${action} ${counted(count, 'target group')}${less}: ${counted(jobs.length, 'job')}, key ${key}`,
    );
  }

  accepted({ location, part, parts, count, replayed }: AcceptedJob): void {
    const there = replayed ? ', there already' : '';
    this.#line(`${location}\n  job ${part} of ${parts}, ${counted(count, 'target group')}${there}`);
  }

  progress(): void {
    // The progress bar shows it.
  }

  running({ location, progress }: JobState): void {
    const far =
      progress === undefined ? '' : `, ${progress.settled} of ${progress.total} target groups settled`;
    this.#line(`${location}\n  runs${far}`);
  }

  ended({ location, status, updated, failed }: EndedJob): void {
    this.#line(`${location}\n  ${status}: ${updated} updated, ${failed.length} failed`);
  }

  summary({ jobs, updated, failed, reasons, output }: Summary): void {
    this.#line(
      `${counted(jobs, 'job')} ended: ${counted(updated, 'target group')} updated, ${failed} failed`,
    );
    if (reasons.length > 0) this.#line(tableOf(reasons));
    if (output !== undefined) this.#line(`failed target groups are in ${output}`);
  }

  failure(): void {
    // The error is printed on the error output, whichever reporter is used.
  }

  #line(text: string): void {
    this.#write(`${text}\n`);
  }
}

function tableOf(reasons: readonly Reason[]): string {
  const rows = [
    ['failed', 'code', 'description'],
    ...reasons.map(({ count, code, description }) => [
      String(count),
      printable(code),
      printable(description),
    ]),
  ];
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(([count = '', code = '', description = '']) =>
      `  ${count.padStart(widths[0] ?? 0)}  ${code.padEnd(widths[1] ?? 0)}  ${description}`.trimEnd(),
    )
    .join('\n');
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}
