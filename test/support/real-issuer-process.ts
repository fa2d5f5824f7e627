/**
 * A program that runs an issuer that others have written, for client credentials. It is a process of its own:
 * oauth2-mock-server does not run in Jest's. real-issuer.ts starts it.
 */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { Events, type MutableToken, OAuth2Server } from 'oauth2-mock-server';
import Provider from 'oidc-provider';

import { AUDIENCE, CLIENT, type IssuerName } from './real-issuer.ts';

const ACCOUNTS = [101];
const SCOPES = 'batch-jobs:read batch-jobs:write';

interface Issuer {
  readonly issuer: string;
  /** Signs with a new key from now on. The keys before are still published. */
  rotate(): Promise<void>;
  stop(): Promise<void>;
  /** Listens again on the same port. */
  restart(): Promise<void>;
}

/** Starts `oidc-provider`, which is certified: https://openid.net/certification/ */
async function startOidcProvider(): Promise<Issuer> {
  let keys = [await makeKey('k1')];
  let answer: RequestListener = () => undefined;
  let server = await listen((request, response) => {
    answer(request, response);
  }, 0);
  const { port } = server.address() as AddressInfo;
  const issuer = `http://127.0.0.1:${port}`;
  const start = () => {
    answer = new Provider(issuer, configureProvider(keys)).callback();
  };
  start();
  return {
    issuer,
    rotate: async () => {
      // It signs with the first key that has the algorithm.
      keys = [await makeKey(`k${keys.length + 1}`), ...keys];
      start();
    },
    stop: () => close(server),
    restart: async () => {
      server = await listen((request, response) => {
        answer(request, response);
      }, port);
    },
  };
}

function configureProvider(keys: readonly JWK[]): object {
  const { clientId, clientSecret } = CLIENT;
  return {
    jwks: { keys },
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
    ],
    scopes: SCOPES.split(' '),
    extraTokenClaims: () => ({ account_ids: ACCOUNTS }),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => AUDIENCE,
        getResourceServerInfo: () => ({
          scope: SCOPES,
          audience: AUDIENCE,
          accessTokenFormat: 'jwt',
          accessTokenTTL: 3_600,
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    ttl: { ClientCredentials: 3_600 },
  };
}

async function makeKey(kid: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return { ...(await exportJWK(privateKey)), kid, alg: 'RS256', use: 'sig' };
}

async function listen(answer: RequestListener, port: number): Promise<Server> {
  const server = createServer(answer).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function close(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}

/** Starts `oauth2-mock-server`, which many teams test with. It signs with each of its keys in turn. */
async function startMockServer(): Promise<Issuer> {
  const server = new OAuth2Server();
  await server.issuer.keys.generate('RS256');
  server.service.on(Events.BeforeTokenSigning, (token: MutableToken) => {
    Object.assign(token.payload, { aud: AUDIENCE, sub: CLIENT.clientId, account_ids: ACCOUNTS });
  });
  await server.start(0, '127.0.0.1');
  const { port } = server.address();
  const issuer = `http://127.0.0.1:${port}`;
  server.issuer.url = issuer;
  return {
    issuer,
    rotate: async () => {
      await server.issuer.keys.generate('RS256');
    },
    stop: () => server.stop(),
    restart: async () => {
      await server.start(port, '127.0.0.1');
      server.issuer.url = issuer;
    },
  };
}

const START: Readonly<Record<IssuerName, () => Promise<Issuer>>> = {
  'oidc-provider': startOidcProvider,
  'oauth2-mock-server': startMockServer,
};

const issuer = await START[process.argv[2] as IssuerName]();
process.on('message', (command: 'rotate' | 'stop' | 'restart') => {
  void issuer[command]().then(() => process.send?.('done'));
});
process.on('disconnect', () => process.exit());
process.send?.(issuer.issuer);
