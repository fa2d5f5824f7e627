/** Tests the import through a proxy, and at addresses that lead nowhere. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PROJECT } from '../../../tools/kit/project.ts';
import { type Listener, listenOnLoopback } from '../../../tools/kit/loopback.ts';
import { type RunOptions, runProgram } from '../../support/run-program.ts';
import { type Certificate, makeCertificate, serveByTls, startProxy } from '../../support/tls-rig.ts';

const HOST = 'dynamodb.eu-north-1.amazonaws.com';

let folder = '';
let file = '';
let certificate: Certificate;
let table: Listener;
const operations: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'import-networks-'));
  file = join(folder, 'groups.jsonl');
  writeFileSync(file, `{"type":"project","account_id":1,"project_id":"${'P'.repeat(26)}"}\n`);
  certificate = await makeCertificate(folder, [HOST]);
  table = await serveByTls(certificate, ({ headers }) => {
    operations.push(String(headers['x-amz-target']));
    return { status: 200, body: '{}' };
  });
});
afterAll(async () => {
  await table.close();
  rmSync(folder, { recursive: true, force: true });
});

function runImport(
  env: NodeJS.ProcessEnv,
  args: readonly string[] = ['--region', 'eu-north-1'],
  onStart?: RunOptions['onStart'],
) {
  const script = join(PROJECT, 'tools/import/run-import.ts');
  const counting = ['--import', join(PROJECT, 'test/support/count-connections.ts')];
  return runProgram(process.execPath, [...counting, script, '--table', 'Groups', '--file', file, ...args], {
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      AWS_ACCESS_KEY_ID: 'a',
      AWS_SECRET_ACCESS_KEY: 'b',
      NODE_EXTRA_CA_CERTS: certificate.file,
      ...env,
    },
    onStart,
  });
}

test('the import goes through the proxy of HTTPS_PROXY', async () => {
  await using proxy = await startProxy({ port: table.port });
  const { listener, asked } = proxy;
  expect(await runImport({ HTTPS_PROXY: listener.url })).toMatchObject({ code: 0 });
  expect([asked, operations]).toEqual([[`${HOST}:443`], ['DynamoDB_20120810.PutItem']]);
});

test('a host in the domain of NO_PROXY is asked directly', async () => {
  await using proxy = await startProxy({ port: table.port });
  const { listener, asked } = proxy;
  const args = ['--region', 'eu-wset-1'];
  const { stderr } = await runImport({ HTTPS_PROXY: listener.url, NO_PROXY: 'amazonaws.com' }, args);
  expect(stderr).toContain('There is no host of this name: check --region');
  await runImport({ HTTPS_PROXY: listener.url }, ['--endpoint', 'http://127.0.0.1:9']);
  expect(asked).toEqual([]);
});

test.each<[string, NodeJS.ProcessEnv, readonly string[], string]>([
  ['an unknown region', {}, ['--region', 'eu-wset-1'], 'there is no such region, or no network'],
  ['an address that refuses', {}, ['--endpoint', 'http://127.0.0.1:9'], 'Nothing accepts connections there'],
])('%s ends the import at once', async (_, env, args, message) => {
  const { code, stderr } = await runImport(env, args);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
  // Twelve attempts took more than a minute.
  expect(stderr).toContain('connections: 1\n');
});

test('a certificate that is not trusted, and a proxy that refuses, end the import at once', async () => {
  await using proxy = await startProxy({ port: table.port });
  const { listener } = proxy;
  const untrusted = await runImport({ HTTPS_PROXY: listener.url, NODE_EXTRA_CA_CERTS: '' });
  expect(untrusted).toMatchObject({ code: 2, stderr: expect.stringContaining('NODE_EXTRA_CA_CERTS') });
  await using refusing = await startProxy({ status: 403 });
  const refused = await runImport({ HTTPS_PROXY: refusing.listener.url });
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('The proxy answers 403') });
  expect(refusing.asked).toHaveLength(1);
});

test('a proxy that does not answer ends the import, which says so', async () => {
  await using silent = await listenOnLoopback(createServer());
  const { code, stderr } = await runImport({ HTTPS_PROXY: silent.url });
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('The proxy does not answer') });
});

test.each<[string, (url: string) => [NodeJS.ProcessEnv, string[]?]]>([
  ['proxy', (url) => [{ HTTPS_PROXY: url }]],
  ['table', (url) => [{}, ['--endpoint', url]]],
])(
  'an interruption ends the import when the %s does not answer',
  async (_, name) => {
    const server = createServer();
    await using silent = await listenOnLoopback(server);
    let interruptedAt = 0;
    const [env, args] = name(silent.url);
    const { code, stderr } = await runImport(env, args, (child) => {
      server.once('connection', () => {
        interruptedAt = performance.now();
        child.kill('SIGTERM');
      });
    });
    expect([code, stderr]).toEqual([130, expect.stringMatching(/^interrupted/m)]);
    expect(performance.now() - interruptedAt).toBeLessThan(9_000);
  },
  60_000,
);
