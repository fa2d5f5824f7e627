/** A copy of the project, in which one file at a time is faulty, and the process that runs its suites. */
import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PROJECT } from '../kit/project.ts';
import type { SuiteDone } from './suite-runner.ts';

const RUNNER = join(import.meta.dirname, 'suite-runner.ts');

export type SuiteResult = 'passed' | 'failed' | 'timed out';

/** The files that git knows and those that it would add, by their paths from the project's root on. */
export function listProjectFiles(...paths: string[]): string[] {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', ...paths];
  const listed = execFileSync('git', args, { cwd: PROJECT, encoding: 'utf8' }).split('\0');
  return [...new Set(listed)].filter((file) => file !== '' && existsSync(join(PROJECT, file))).sort();
}

export class ProjectCopy implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'mutate-'));
  #runner: ChildProcess | undefined;

  constructor() {
    for (const file of listProjectFiles()) {
      mkdirSync(join(this.#folder, dirname(file)), { recursive: true });
      copyFileSync(join(PROJECT, file), join(this.#folder, file));
    }
    symlinkSync(join(PROJECT, 'node_modules'), join(this.#folder, 'node_modules'));
  }

  write(file: string, source: string): void {
    writeFileSync(join(this.#folder, file), source);
  }

  /** Runs a suite for `limitMs` at most. One that ends the process has failed. */
  async runSuite(suite: string, limitMs: number): Promise<SuiteResult> {
    const runner = (this.#runner ??= this.#startRunner());
    runner.send(suite);
    const controller = new AbortController();
    const timer = setTimeout(() => {
      controller.abort();
    }, limitMs);
    try {
      const { signal } = controller;
      const [done] = (await Promise.race([
        once(runner, 'message', { signal }),
        once(runner, 'exit', { signal }).then(() => [undefined]),
      ])) as [SuiteDone | undefined];
      if (done?.full !== false) this.#stopRunner();
      return done?.passed === true ? 'passed' : 'failed';
    } catch {
      this.#stopRunner();
      return 'timed out';
    } finally {
      clearTimeout(timer);
      controller.abort();
    }
  }

  #startRunner(): ChildProcess {
    return fork(RUNNER, [this.#folder], {
      cwd: this.#folder,
      execArgv: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      // A group of its own, that ends with all that the suite started.
      detached: true,
    });
  }

  #stopRunner(): void {
    const pid = this.#runner?.pid;
    this.#runner = undefined;
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }

  [Symbol.dispose](): void {
    this.#stopRunner();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
