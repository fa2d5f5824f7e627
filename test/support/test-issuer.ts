/** A small issuer of tokens over HTTP, for tests: keys that come and go, and answers as bad as one likes. */
import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import { type CryptoKey, type JWK, SignJWT, exportJWK, generateKeyPair } from 'jose';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

interface IssuerKey {
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

export class TestIssuer {
  /** How often its keys were asked for. */
  asked = 0;
  /** In place of its keys. */
  answer: Answer | undefined;
  #server = createServer();
  #port = 0;
  readonly #keys = new Map<string, IssuerKey>();

  static async start(): Promise<TestIssuer> {
    const issuer = new TestIssuer();
    await issuer.restart();
    return issuer;
  }

  /** The address of its keys. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}/jwks.json`;
  }

  /** Listens, after a stop at the address of before, and answers with its keys. */
  async restart(): Promise<void> {
    this.answer = undefined;
    this.#server = createServer((request, response) => {
      this.asked += 1;
      response.on('error', () => undefined);
      (this.answer ?? this.#answerKeys)(request, response);
    });
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (address === null || typeof address === 'string') {
      throw new Error('the issuer does not listen on a port');
    }
    this.#port = address.port;
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
