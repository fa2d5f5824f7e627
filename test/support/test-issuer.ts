/** A small issuer of tokens over HTTP, for tests: keys that come and go, and answers as bad as one likes. */
import { type CryptoKey, type JWK, SignJWT, exportJWK, generateKeyPair } from 'jose';
import { type HttpAnswer, jsonAnswer } from '../../tools/kit/http-server.ts';
import { StandIn } from './stand-in.ts';

export type Answer = () => HttpAnswer | Promise<HttpAnswer>;

interface IssuerKey {
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

export class TestIssuer {
  /** In place of its keys. */
  answer: Answer | undefined;
  readonly #server = new StandIn(() => this.answer?.() ?? jsonAnswer(this.keySet()));
  readonly #keys = new Map<string, IssuerKey>();

  static async start(): Promise<TestIssuer> {
    const issuer = new TestIssuer();
    await issuer.restart();
    return issuer;
  }

  /** The address of its keys. */
  get url(): string {
    return `${this.#server.url}/jwks.json`;
  }

  /** How often its keys were asked for. */
  get asked(): number {
    return this.#server.requests.length;
  }

  /** Listens, after a stop at the address of before, and answers with its keys. */
  async restart(): Promise<void> {
    this.answer = undefined;
    await this.#server.listen();
  }

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
  stop(): Promise<void> {
    return this.#server.close();
  }
}
