/** Tests the command in networks as users have them: proxies, authorities of their own, wrong addresses. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EXIT } from '../../client/cli/exit-codes.ts';
import { PROJECT } from '../../tools/kit/project.ts';
import { type Listener, listenOnLoopback } from '../../tools/kit/loopback.ts';
import { makeIds } from '../support/builders.ts';
import { type RunOptions, runProgram } from '../support/run-program.ts';
import {
  type Certificate,
  makeCertificate,
  serveByTls,
  startProxy,
  type Tunnels,
} from '../support/tls-rig.ts';

const HOST = 'api.example.test';
const ID = 'P'.repeat(26);

let folder = '';
let certificate: Certificate;
let api: Listener;
let proxy: Tunnels;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'networks-'));
  certificate = await makeCertificate(folder, [HOST, 'localhost']);
  api = await serveByTls(certificate, () => ({ status: 401, body: '{"message":"Unauthorized"}' }));
  proxy = await startProxy({ port: api.port });
});
afterAll(async () => {
  await proxy.listener.close();
  await api.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Returns an address at which nothing listens any more. */
async function findClosedAddress(): Promise<string> {
  const { listener } = await startProxy({ status: 500 });
  await listener.close();
  return listener.url;
}

/** Runs the command, which the API refuses with 401 as soon as it is reached. */
function resume(baseUrl: string, env: NodeJS.ProcessEnv = {}, onStart?: RunOptions['onStart']) {
  const args = ['resume', ...makeIds(1), '--base-url', baseUrl, '--token', 't', '--account', '1'];
  const script = join(PROJECT, 'client/run-from-source.js');
  return runProgram(process.execPath, [script, ...args, '--project', ID, '--key', 'k', '--retry-for', '10'], {
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      ...env,
    },
    onStart,
  });
}

describe('the command goes through the proxy', () => {
  const trust = () => ({ NODE_EXTRA_CA_CERTS: certificate.file });

  test('of HTTPS_PROXY, with its name and password, and trusts NODE_EXTRA_CA_CERTS', async () => {
    const HTTPS_PROXY = proxy.listener.url.replace('//', '//me:pass%20word@');
    const { code, stderr } = await resume(`https://${HOST}`, { ...trust(), HTTPS_PROXY });
    expect([code, stderr]).toEqual([EXIT.refused, expect.stringContaining('refused with 401: Unauthorized')]);
    expect(proxy.asked.splice(0)).toEqual([`${HOST}:443`]);
    expect(proxy.credentials.splice(0)).toEqual([`Basic ${Buffer.from('me:pass word').toString('base64')}`]);
  });

  test('of HTTPS_PROXY, with a name alone, as some proxies take a token', async () => {
    const HTTPS_PROXY = proxy.listener.url.replace('//', '//token@');
    expect(await resume(`https://${HOST}`, { ...trust(), HTTPS_PROXY })).toMatchObject({
      code: EXIT.refused,
    });
    expect(proxy.asked.splice(0)).toEqual([`${HOST}:443`]);
    expect(proxy.credentials.splice(0)).toEqual([`Basic ${Buffer.from('token:').toString('base64')}`]);
  });

  test.each(['50%off', 'a/b', 'a#b', 'a\\b', 'a?b'])('but not with the password %s', async (password) => {
    const HTTPS_PROXY = proxy.listener.url.replace('//', `//me:${password}@`);
    const { code, stderr } = await resume(`https://${HOST}`, { HTTPS_PROXY });
    expect([code, stderr]).toEqual([EXIT.badInput, expect.stringMatching(/^HTTPS_PROXY: found .*%25 for %/)]);
    expect(stderr).not.toContain(password);
  });

  test('not for a domain and a name with a bare backslash', async () => {
    const HTTPS_PROXY = proxy.listener.url.replace('//', '//CORP\\me:secret@');
    expect(await resume(`https://${HOST}`, { HTTPS_PROXY })).toMatchObject({ code: EXIT.badInput });
    expect(proxy.asked).toEqual([]);
  });

  test.each(['localhost', '*', '.example.org localhost:0'])('not for NO_PROXY=%s', async (hosts) => {
    const NO_PROXY = hosts.replace(':0', `:${api.port}`);
    const { code } = await resume(`https://localhost:${api.port}`, {
      ...trust(),
      NO_PROXY,
      HTTPS_PROXY: proxy.listener.url,
    });
    expect([code, proxy.asked]).toEqual([EXIT.refused, []]);
  });

  test.each(['::1', '[::1]', '[::1]:0', '0:0:0:0:0:0:0:1', 'a.test,::1'])(
    'not to an IPv6 address for NO_PROXY=%s',
    async (hosts) => {
      const NO_PROXY = hosts.replace(']:0', `]:${api.port}`);
      const env = { NO_PROXY, HTTPS_PROXY: proxy.listener.url };
      await resume(`https://[::1]:${api.port}`, env);
      expect(proxy.asked).toEqual([]);
    },
  );

  test('not by http, which is for this machine alone', async () => {
    const { stderr } = await resume(await findClosedAddress(), {
      HTTP_PROXY: proxy.listener.url,
      HTTPS_PROXY: proxy.listener.url,
    });
    expect(stderr).toContain('Nothing accepts connections there');
    expect(proxy.asked).toEqual([]);
  });

  test('and an interruption ends it at once when the proxy does not answer', async () => {
    const server = createServer();
    await using silent = await listenOnLoopback(server);
    let interruptedAt = 0;
    const { code, stderr } = await resume(`https://${HOST}`, { HTTPS_PROXY: silent.url }, (child) => {
      server.once('connection', () => {
        interruptedAt = performance.now();
        child.kill('SIGTERM');
      });
    });
    expect([code, stderr]).toEqual([EXIT.interrupted, expect.stringMatching(/^interrupted/)]);
    expect(performance.now() - interruptedAt).toBeLessThan(10_000);
  });

  test('and says what is wrong with it', async () => {
    const none = await resume(`https://${HOST}`, { HTTPS_PROXY: 'socks5://user:secret@host' });
    expect(none).toMatchObject({
      code: EXIT.badInput,
      stderr: expect.stringContaining('HTTPS_PROXY: found'),
    });
    expect(none.stderr).not.toContain('secret');
    for (const [status, advice] of [
      [407, 'asks for a name and a password'],
      [502, 'The proxy answers 502: check --base-url'],
    ] as const) {
      const refusing = await startProxy({ status });
      const { code, stderr } = await resume(`https://${HOST}`, { HTTPS_PROXY: refusing.listener.url });
      await refusing.listener.close();
      expect([code, stderr]).toEqual([EXIT.unreachable, expect.stringContaining(advice)]);
      expect(refusing.asked).toHaveLength(1);
    }
  });
});

describe('the command ends at once, and says what to do, at', () => {
  test.each<[string, () => string | Promise<string>, string]>([
    [
      'an unknown host',
      () => 'https://no-such-host.invalid',
      'There is no host of this name: check --base-url',
    ],
    ['an address that refuses', findClosedAddress, 'Nothing accepts connections there'],
    [
      'a port that fetch does not use',
      () => 'http://127.0.0.1:6000',
      'Node.js sends no request to this port',
    ],
    [
      'a certificate of an unknown authority',
      () => `https://localhost:${api.port}`,
      'in NODE_EXTRA_CA_CERTS',
    ],
    ['a server without TLS', () => `https://localhost:${proxy.listener.port}`, 'does not speak TLS'],
  ])('%s', async (_, url, advice) => {
    const { code, stderr } = await resume(await url());
    expect([code, stderr]).toEqual([EXIT.unreachable, expect.stringContaining(advice)]);
    expect(stderr).toContain('given up after 1 attempt: ');
    expect(stderr).toContain('Repeat the command with --key k');
  });

  test('a certificate for another host', async () => {
    const { stderr } = await resume(`https://127.0.0.1:${api.port}`, {
      NODE_EXTRA_CA_CERTS: certificate.file,
    });
    expect(stderr).toContain('The certificate is for another host: check --base-url');
  });
});
