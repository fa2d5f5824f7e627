/** Shows how far the jobs are: one bar on a terminal, elsewhere a line from time to time. */
import { drawBar, formatTimeLeft } from '../../tools/kit/bar.ts';
import type { JobState } from '../fielding-jobs.ts';

/** Without a terminal each line stays, so that there are few. */
const LINE_EVERY_MS = 10_000;

interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export class Progress {
  readonly #output: Output;
  readonly #now: () => number;
  readonly #jobs = new Map<string, { settled: number; total: number; ended: boolean }>();
  /** When the first job was read, and how many target groups were settled then. */
  #start: { readonly at: number; readonly settled: number } | undefined;
  #writtenAt = 0;
  #barShown = false;

  /** @param now milliseconds of a monotonic clock */
  constructor(output: Output, now: () => number) {
    this.#output = output;
    this.#now = now;
  }

  /**
   * Adds a job.
   * @param count number of its target groups; 0 while unknown
   */
  expect(location: string, count = 0): void {
    if (!this.#jobs.has(location)) this.#jobs.set(location, { settled: 0, total: count, ended: false });
  }

  update({ location, progress, job }: JobState): void {
    const ended = job.status !== 'Processing';
    const counted = job.updated_target_groups.data.length + job.failed_target_groups.data.length;
    const known = this.#jobs.get(location);
    const total = progress?.total ?? (ended ? counted : (known?.total ?? 0));
    const settled = ended ? total : (progress?.settled ?? known?.settled ?? 0);
    this.#jobs.set(location, { settled, total, ended });
    this.#show();
  }

  /** Erases the bar. */
  clear(): void {
    if (this.#barShown) this.#output.write('\r\u001b[K');
    this.#barShown = false;
  }

  #show(): void {
    const jobs = [...this.#jobs.values()];
    const settled = jobs.reduce((sum, job) => sum + job.settled, 0);
    const total = jobs.reduce((sum, job) => sum + job.total, 0);
    const now = this.#now();
    if (this.#start === undefined) {
      this.#start = { at: now, settled };
      this.#writtenAt = now;
    }
    const share = total === 0 ? 0 : settled / total;
    const ended = jobs.filter((job) => job.ended).length;
    const left = this.#formatTimeLeft(settled, total);
    const line = `${Math.floor(share * 100)} %  ${settled}/${total} target groups  ${ended}/${jobs.length} jobs${left}`;
    if (this.#output.isTTY === true) {
      this.#output.write(`\r\u001b[K${drawBar(share)} ${line}`);
      this.#barShown = true;
    } else if (now - this.#writtenAt >= LINE_EVERY_MS) {
      this.#writtenAt = now;
      this.#output.write(`${line}\n`);
    }
  }

  /** Says how long the rest takes, at the rate since the first read. */
  #formatTimeLeft(settled: number, total: number): string {
    const { at, settled: before } = this.#start ?? { at: 0, settled: 0 };
    const rate = (settled - before) / (this.#now() - at);
    return settled < total && rate > 0 && Number.isFinite(rate)
      ? `  ${formatTimeLeft((total - settled) / rate)} left`
      : '';
  }
}
