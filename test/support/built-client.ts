/** The client as it is installed: built from the sources as they are, in a folder of its own, and run as a process. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type JsonLine, jsonLine } from '../../client/cli/lines.ts';
import { ROOT } from './local-stack.ts';

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly lines: JsonLine[];
}

export interface RunOptions {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly onStart?: (child: ChildProcess) => void;
}

export class BuiltClient {
  /** Work in it: `npx fielding-jobs` and `fielding-jobs` are the command there. */
  readonly folder: string;
  readonly package: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.package = join(folder, 'node_modules', 'fielding-jobs');
  }

  static build(): BuiltClient {
    const client = new BuiltClient(mkdtempSync(join(tmpdir(), 'client-')));
    execFileSync(process.execPath, [join(ROOT, 'client/build.js'), '--out', client.package], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    mkdirSync(client.#bin);
    symlinkSync(join('..', 'fielding-jobs', 'cli.js'), join(client.#bin, 'fielding-jobs'));
    return client;
  }

  get #bin(): string {
    return join(this.folder, 'node_modules', '.bin');
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  run(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    return this.spawn('fielding-jobs', args, options);
  }

  /** Runs any program, with the command on its path. */
  async spawn(
    program: string,
    args: readonly string[],
    { stdin = '', env = {}, onStart }: RunOptions = {},
  ): Promise<Ran> {
    const child = spawn(program, args, {
      cwd: this.folder,
      env: {
        ...Object.fromEntries(
          Object.entries(process.env).filter(([name]) => !name.startsWith('FIELDING_JOBS_')),
        ),
        PATH: [this.#bin, process.env['PATH']].join(delimiter),
        ...env,
      },
    });
    onStart?.(child);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
    // Whoever is killed, or does not want it, does not read it.
    child.stdin.on('error', () => undefined);
    child.stdin.end(stdin);
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject).once('close', resolve);
    });
    const lines = stdout.split('\n').filter((line) => /^\{"event".*\}$/.test(line));
    return { code, stdout, stderr, lines: lines.map((line) => jsonLine.parse(JSON.parse(line))) };
  }
}
