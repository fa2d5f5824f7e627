/** Records log entries and invocations of the local stack for the status page, in bounded memory. */
import type { Log } from '../logs.ts';
import { FunctionRecord, type FunctionStats } from './function-record.ts';
import { JobList } from './job-list.ts';
import { parseFunctionLine, LogLines, makeLineContent } from './log-lines.ts';
import { RecentCount } from './recent-count.ts';

export class Recorder {
  readonly lines = new LogLines();
  readonly jobs = new JobList();
  readonly #records = new Map<string, FunctionRecord>();
  readonly #errors = new RecentCount();
  readonly #now: () => number;

  /** @param now returns epoch milliseconds */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Records an entry of the stack's log. */
  readonly log: Log = (entry) => {
    const now = this.#now();
    const line = parseFunctionLine(entry);
    if (line !== undefined) this.jobs.add(line, now);
    const shown = makeLineContent(entry, line, now);
    if (shown === undefined) return;
    this.lines.add(shown);
    if (shown.level === 'ERROR') this.#errors.add(now);
  };

  /** Returns the watch that records the invocations of a function, and lists the function from now on. */
  record(functionName: string): FunctionRecord {
    const record = this.#records.get(functionName) ?? new FunctionRecord(functionName, this.#now);
    this.#records.set(functionName, record);
    return record;
  }

  get functions(): FunctionStats[] {
    return [...this.#records.values()].map(({ stats }) => stats);
  }

  /** Number of log lines of the level ERROR in the last minute. */
  get recentErrors(): number {
    return this.#errors.getTotal(this.#now());
  }
}
