/** Tests that a command can end while it waits for a named pipe that nobody writes. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runProgram } from '../../support/run-program.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'open-file-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('an interruption ends the wait for a named pipe, and the process can exit', async () => {
  const pipe = join(folder, 'ids.csv');
  execFileSync('mkfifo', [pipe]);
  const module = join(import.meta.dirname, '../../../tools/kit/open-file.ts');
  const script = `
    const { openFile } = await import(${JSON.stringify(module)});
    const error = await openFile(${JSON.stringify(pipe)}, AbortSignal.timeout(200)).catch((error) => error);
    console.log(error.name);`;
  const ran = await runProgram(process.execPath, ['--input-type=module', '-e', script], {
    onStart: (child) => {
      setTimeout(() => child.kill('SIGKILL'), 20_000).unref();
    },
  });
  expect(ran).toMatchObject({ code: 0, stdout: 'TimeoutError\n' });
});
