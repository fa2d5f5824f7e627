/** The progress bar: one line of a terminal, rewritten at each update. */
import { drawBar } from '../../tools/kit/bar.ts';
import type { JobState } from '../fielding-jobs.ts';

export class ProgressBar {
  readonly #write: (text: string) => void;
  readonly #jobs = new Map<string, { settled: number; total: number; ended: boolean }>();
  #shown = false;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /**
   * Adds a job to the bar.
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
    this.#write(`\r\u001b[K${this.#formatLine()}`);
    this.#shown = true;
  }

  /** Erases the line. */
  clear(): void {
    if (this.#shown) this.#write('\r\u001b[K');
    this.#shown = false;
  }

  #formatLine(): string {
    const jobs = [...this.#jobs.values()];
    const settled = jobs.reduce((sum, job) => sum + job.settled, 0);
    const total = jobs.reduce((sum, job) => sum + job.total, 0);
    const share = total === 0 ? 0 : settled / total;
    const ended = jobs.filter((job) => job.ended).length;
    return `${drawBar(share)} ${Math.floor(share * 100)} %  ${settled}/${total} target groups  ${ended}/${jobs.length} jobs`;
  }
}
