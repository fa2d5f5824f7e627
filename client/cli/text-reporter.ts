/** Reports to a person: the plan, the URL of each job, and at the end what failed and why. */
import { replaceUnprintable } from '../../tools/kit/printable.ts';
import type { AcceptedJob, EndedJob, JobState } from '../fielding-jobs.ts';
import type { JobPlan } from '../job-plan.ts';
import type { Reason } from './reasons.ts';
import type { Reporter, Summary } from './reporter.ts';

export class TextReporter implements Reporter {
  readonly #write: (text: string) => void;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  reportPlan({ key, action, count, jobs }: JobPlan, duplicates: number): void {
    const less = duplicates === 0 ? '' : `, ${formatCount(duplicates, 'duplicate')} left out`;
    this.#writeLine(
      `${action} ${formatCount(count, 'target group')}${less}: ${formatCount(jobs.length, 'job')}, key ${key}`,
    );
  }

  reportAccepted({ location, part, parts, count, replayed }: AcceptedJob): void {
    const there = replayed ? ', there already' : '';
    this.#writeLine(`${location}\n  job ${part} of ${parts}, ${formatCount(count, 'target group')}${there}`);
  }

  reportProgress(): void {
    // The progress bar shows it.
  }

  reportRunning({ location, progress }: JobState): void {
    const far =
      progress === undefined ? '' : `, ${progress.settled} of ${progress.total} target groups settled`;
    this.#writeLine(`${location}\n  runs${far}`);
  }

  reportEnded({ location, status, updated, failed }: EndedJob): void {
    this.#writeLine(`${location}\n  ${status}: ${updated} updated, ${failed.length} failed`);
  }

  reportSummary({ jobs, updated, failed, reasons, output }: Summary): void {
    this.#writeLine(
      `${formatCount(jobs, 'job')} ended: ${formatCount(updated, 'target group')} updated, ${failed} failed`,
    );
    if (reasons.length > 0) this.#writeLine(formatTable(reasons));
    if (output !== undefined) this.#writeLine(`failed target groups are in ${output}`);
  }

  reportFailure(): void {
    // The error is printed on the error output, whichever reporter is used.
  }

  #writeLine(text: string): void {
    this.#write(`${text}\n`);
  }
}

function formatTable(reasons: readonly Reason[]): string {
  const rows = [
    ['failed', 'code', 'description'],
    ...reasons.map(({ count, code, description }) => [
      String(count),
      replaceUnprintable(code),
      replaceUnprintable(description),
    ]),
  ];
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(([count = '', code = '', description = '']) =>
      `  ${count.padStart(widths[0] ?? 0)}  ${code.padEnd(widths[1] ?? 0)}  ${description}`.trimEnd(),
    )
    .join('\n');
}

function formatCount(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}
