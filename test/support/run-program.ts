/** Runs a program to its end, and returns its output. */
import { type ChildProcess, spawn } from 'node:child_process';

export interface ProgramResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  /** The whole environment; by default that of this process. */
  readonly env?: NodeJS.ProcessEnv;
  readonly stdin?: string;
  readonly onStart?: ((child: ChildProcess) => void) | undefined;
}

export async function runProgram(
  program: string,
  args: readonly string[],
  { cwd, env, stdin = '', onStart }: RunOptions = {},
): Promise<ProgramResult> {
  const child = spawn(program, args, { cwd, env });
  onStart?.(child);
  const printed = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (printed.stderr += text));
  // A program that is killed, or does not read its input, closes the pipe early.
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  return { code, ...printed };
}
