/**
 * A folder in which the commands of a document run as they would in a clone of the project. It links to the
 * project's files and takes files of its own, and stand-ins for some programs come first on the PATH.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { PROJECT } from '../../../tools/kit/project.ts';

const STAND_INS = join(import.meta.dirname, 'stand-ins');

export interface ScriptResult {
  readonly code: number | null;
  readonly output: string;
}

export class Workplace {
  readonly folder = mkdtempSync(join(tmpdir(), 'docs-'));
  readonly #calls = join(this.folder, '.calls.jsonl');

  constructor() {
    for (const name of readdirSync(PROJECT)) {
      if (name !== '.git') symlinkSync(join(PROJECT, name), join(this.folder, name));
    }
  }

  write(file: string, text: string): void {
    writeFileSync(join(this.folder, file), text);
  }

  /** Returns the calls that the stand-ins noted and did not carry out, in order. */
  readCalls(): string[] {
    if (!existsSync(this.#calls)) return [];
    const lines = readFileSync(this.#calls, 'utf8').trimEnd().split('\n');
    return lines.map((line) => (JSON.parse(line) as string[]).join(' '));
  }

  /**
   * Runs a script in bash, which stops at the first command that fails.
   * @param variables environment variables besides those of this process
   */
  async run(script: string, variables: Readonly<Record<string, string>>): Promise<ScriptResult> {
    const child = spawn('bash', ['-euo', 'pipefail', '-c', script], {
      cwd: this.folder,
      env: {
        ...process.env,
        ...variables,
        CALLS: this.#calls,
        PATH: [STAND_INS, process.env['PATH']].join(delimiter),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    }
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, output };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Notes a call that a stand-in does not carry out. */
export function noteCall(call: readonly string[]): void {
  const file = process.env['CALLS'];
  if (file === undefined) throw new Error('CALLS is not set: stand-ins run in a workplace only');
  appendFileSync(file, `${JSON.stringify(call)}\n`);
}
