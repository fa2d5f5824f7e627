/** Shows how far an import is: one bar on a terminal, elsewhere a line from time to time. */
import { drawBar, formatTimeLeft } from '../kit/bar.ts';
import { makeExcerpt } from '../kit/printable.ts';
import type { Contents, Reporter } from './import-file.ts';

/** Without a terminal each line stays, so that there are few. */
const LINE_EVERY_MS = 10_000;

interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export class ImportProgress implements Reporter {
  readonly #name: string;
  readonly #output: Output;
  readonly #now: () => number;
  #total = 0;
  #doneBefore = 0;
  #startedAt = 0;
  #writtenAt: number;
  #barShown = false;

  /** @param now epoch ms, or any other clock that does not go back */
  constructor(name: string, output: Output, now: () => number = () => performance.now()) {
    this.#name = name;
    this.#output = output;
    this.#now = now;
    this.#writtenAt = now();
  }

  checking(records: number): void {
    this.#show(`${this.#name}: ${records} records checked`);
  }

  start(contents: Contents, done: number): void {
    this.print(`${this.#name}: ${describeContents(contents)}`);
    if (done > 0) this.print(`continuing after record ${done}`);
    this.#total = contents.projects + contents.targetGroups;
    this.#doneBefore = done;
    this.#startedAt = this.#now();
    this.#writtenAt = this.#startedAt;
  }

  progress(done: number): void {
    const share = this.#total === 0 ? 1 : done / this.#total;
    const seconds = (this.#now() - this.#startedAt) / 1_000;
    const rate = (done - this.#doneBefore) / seconds;
    const left = rate > 0 ? `, ${formatTimeLeft((1_000 * (this.#total - done)) / rate)} left` : '';
    this.#show(
      `${drawBar(share)} ${Math.floor(100 * share)} %  ${done}/${this.#total} records, ${Math.round(rate)}/s${left}`,
    );
  }

  /** Prints a line that stays. */
  print(line: string): void {
    this.clear();
    this.#output.write(`${line}\n`);
  }

  /** Erases the bar. */
  clear(): void {
    if (this.#barShown) this.#output.write('\r\u001b[K');
    this.#barShown = false;
  }

  #show(line: string): void {
    if (this.#output.isTTY === true) {
      this.#output.write(`\r\u001b[K${line}`);
      this.#barShown = true;
    } else if (this.#now() - this.#writtenAt >= LINE_EVERY_MS) {
      this.#writtenAt = this.#now();
      this.#output.write(`${line}\n`);
    }
  }
}

/** Says how much a valid file contains, and what of it does not count. */
export function describeContents({ projects, targetGroups, repeated, ignoredColumns }: Contents): string {
  const again = repeated === 0 ? '' : `; ${repeated} of them repeat an earlier record with the same values`;
  const ignored =
    ignoredColumns.length === 0 ? '' : `; ignored columns: ${ignoredColumns.map(makeExcerpt).join(', ')}`;
  return `${projects} projects and ${targetGroups} target groups, all valid${again}${ignored}`;
}
