/** A small issuer of tokens over HTTP, for tests: keys that come and go, and answers as bad as one likes. */
import { once } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { type CryptoKey, type JWK, SignJWT, exportJWK, generateKeyPair } from 'jose';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

interface IssuerKey {
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

export class TestIssuer {
  readonly url: string;
  /** How often its keys were asked for. */
  asked = 0;
  /** In place of its keys. */
  answer: Answer | undefined;
  readonly #server: Server;
  readonly #keys = new Map<string, IssuerKey>();

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  /** @param port 0 for any that is free; another to come back at an address that is known */
  static async start(port = 0): Promise<TestIssuer> {
    const server = createServer();
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string')
      throw new Error('the issuer does not listen on a port');
    const issuer = new TestIssuer(server, `http://127.0.0.1:${address.port}/jwks.json`);
    server.on('request', (request, response) => {
      issuer.asked += 1;
      response.on('error', () => undefined);
      (issuer.answer ?? issuer.#answerKeys)(request, response);
    });
    return issuer;
  }

  readonly #answerKeys: Answer = (_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(this.keySet()));
  };

  keySet(): { keys: JWK[] } {
    return { keys: [...this.#keys.values()].map(({ jwk }) => jwk) };
  }

  /** Makes a key and publishes it. */
  async addKey(kid: string): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    this.#keys.set(kid, {
      privateKey,
      jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' },
    });
  }

  /** Publishes it no longer. */
  withdrawKey(kid: string): void {
    this.#keys.delete(kid);
  }

  /** Signs claims as they are. */
  async sign(kid: string, claims: Record<string, unknown>): Promise<string> {
    const key = this.#keys.get(kid);
    if (key === undefined) throw new Error(`there is no key ${kid}`);
    return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid }).sign(key.privateKey);
  }

  /** Ends every connection and frees the port. */
  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}
