/** Tests the package of the client after an offline install: its command runs and its types compile. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PROJECT } from '../../tools/kit/project.ts';
import { EXIT } from '../../client/cli/exit-codes.ts';
import { ACTION_NAMES } from '../../src/domain/actions.ts';
import { runProgram } from '../support/run-program.ts';
import { makeCertificate, serveByTls, startProxy } from '../support/tls-rig.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'package-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Returns the Node.js of this machine, which may be older than the one that npm puts first on the PATH. */
function findNodeOfMachine(): string {
  const folders = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((path) => !path.includes('node_modules'));
  return folders.map((path) => join(path, 'node')).find((path) => existsSync(path)) ?? process.execPath;
}

function run(program: string, args: readonly string[], cwd: string): { code: number | null; stdout: string } {
  const { status, stdout } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  return { code: status, stdout };
}

describe('the installed package', () => {
  let installed = '';
  beforeAll(() => {
    const built = join(folder, 'built');
    for (const script of ['build.js', 'types.ts']) {
      execFileSync(process.execPath, [join(PROJECT, 'client', script), '--out', built], { stdio: 'inherit' });
    }
    execFileSync('npm', ['pack', built, '--silent'], { cwd: folder });
    installed = join(folder, 'installed');
    mkdirSync(installed);
    writeFileSync(join(installed, 'package.json'), '{"name":"user","type":"module"}');
    const archive = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
    execFileSync('npm', ['install', '--offline', '--silent', join('..', archive)], { cwd: installed });
  });

  test('has no dependencies', () => {
    const packages = readdirSync(join(installed, 'node_modules')).filter((name) => !name.startsWith('.'));
    expect(packages).toEqual(['fielding-jobs']);
    expect(readdirSync(join(installed, 'node_modules/fielding-jobs'))).toEqual(
      expect.arrayContaining(['LICENSE', 'README.md']),
    );
  });

  test('goes through a proxy on the Node.js of this machine, as command and as library', async () => {
    const certificate = await makeCertificate(folder, ['api.example.test']);
    await using api = await serveByTls(certificate, () => ({ status: 401, body: '{"message":"No."}' }));
    await using proxy = await startProxy({ port: api.port });
    const { listener, asked } = proxy;
    const env = {
      PATH: process.env['PATH'],
      HTTPS_PROXY: listener.url,
      NODE_EXTRA_CA_CERTS: certificate.file,
    };
    const project = 'P'.repeat(26);
    const script = join(installed, 'proxied.js');
    writeFileSync(
      script,
      `import { FieldingJobs } from 'fielding-jobs';
const client = new FieldingJobs({ baseUrl: 'https://api.example.test', token: 'token' });
const request = { action: 'pause', account: 1, project: '${project}', ids: ['${project}'] };
await client.create(request).catch(({ message }) => console.error(message));
`,
    );
    const command = join(installed, 'node_modules/fielding-jobs/cli.js');
    const options = ['--base-url', 'https://api.example.test', '--token', 't', '--account', '1'];
    for (const args of [[command, 'pause', project, ...options, '--project', project], [script]]) {
      const { stderr } = await runProgram(findNodeOfMachine(), args, { env });
      expect(stderr).toContain('job: refused with 401: No.');
    }
    expect(asked).toEqual(['api.example.test:443', 'api.example.test:443']);
  });

  test('runs its command on the Node.js of this machine', () => {
    const command = join(installed, 'node_modules/.bin/fielding-jobs');
    const help = run(findNodeOfMachine(), [command, 'resume', '--help'], installed);
    expect(help).toEqual({ code: 0, stdout: expect.stringContaining('Examples:') });
    expect(run(command, ['--version'], installed)).toEqual({ code: 0, stdout: expect.stringMatching(/^\d/) });
    expect(run(command, ['resume', '--no-such'], installed).code).toBe(EXIT.badInput);
  });

  test('runs as a library, and its types compile without the schema library', () => {
    const script = join(installed, 'user.ts');
    writeFileSync(
      script,
      `import { FieldingJobs, InputError, type Job } from 'fielding-jobs';
const client = new FieldingJobs({ baseUrl: 'https://api.example', token: 'token' });
export const status = (job: Job): 'Processing' | 'Completed' | 'Failed' => job.status;
// @ts-expect-error there is no such field
export const none = (job: Job) => job.nothing;
// @ts-expect-error there is no such action
client.create({ action: 'stop', account: 1, project: 'x', ids: [] }).catch((error: unknown) => {
  if (error instanceof InputError) console.log(error.message);
});
`,
    );
    const tsc = [join(PROJECT, 'node_modules/typescript/bin/tsc'), '--strict', '--module', 'nodenext'];
    const compiled = run(
      process.execPath,
      [...tsc, '--target', 'es2022', '--lib', 'es2022,dom', script],
      installed,
    );
    expect(compiled).toEqual({ code: 0, stdout: '' });
    expect(run(findNodeOfMachine(), ['user.js'], installed)).toEqual({
      code: 0,
      stdout: `action: found "stop", expected ${ACTION_NAMES.join(', ')}\n`,
    });
  });
});
