/** Builds the client package from the present sources, installs it in a folder, and runs it as a process. */
import { type ChildProcess, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { PROJECT } from '../../tools/kit/project.ts';
import { type JsonLine, jsonLine } from '../../client/cli/json-line.ts';
import { type ProgramResult, runProgram } from './run-program.ts';

export interface ClientResult extends ProgramResult {
  readonly lines: JsonLine[];
}

export interface RunOptions {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly onStart?: (child: ChildProcess) => void;
}

export class BuiltClient {
  /** The working folder, in which `npx fielding-jobs` and `fielding-jobs` run the command. */
  readonly folder: string;
  readonly package: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.package = join(folder, 'node_modules', 'fielding-jobs');
  }

  static build(): BuiltClient {
    const client = new BuiltClient(mkdtempSync(join(tmpdir(), 'client-')));
    execFileSync(process.execPath, [join(PROJECT, 'client/build.js'), '--out', client.package], {
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

  run(args: readonly string[], options: RunOptions = {}): Promise<ClientResult> {
    return this.spawn('fielding-jobs', args, options);
  }

  /** Runs any program in the folder, with the command on its PATH. */
  async spawn(
    program: string,
    args: readonly string[],
    { env = {}, ...options }: RunOptions = {},
  ): Promise<ClientResult> {
    const ran = await runProgram(program, args, {
      ...options,
      cwd: this.folder,
      env: {
        ...Object.fromEntries(
          Object.entries(process.env).filter(([name]) => !name.startsWith('FIELDING_JOBS_')),
        ),
        PATH: [this.#bin, process.env['PATH']].join(delimiter),
        ...env,
      },
    });
    const lines = ran.stdout.split('\n').filter((line) => /^\{"event".*\}$/.test(line));
    return { ...ran, lines: lines.map((line) => jsonLine.parse(JSON.parse(line))) };
  }
}
