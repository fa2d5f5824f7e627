/**
 * A small issuer of tokens over HTTP for tests, which adds and withdraws keys and gives any bad answer. Its
 * keys are found by discovery too.
 */
import { type CryptoKey, type JWK, SignJWT, exportJWK, generateKeyPair } from 'jose';
import { type HttpAnswer, makeJsonAnswer } from '../../tools/kit/http-server.ts';
import { StandIn } from './stand-in.ts';

export type MakeAnswer = () => HttpAnswer | Promise<HttpAnswer>;

interface IssuerKey {
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

export class TestIssuer {
  /** Makes the answer in place of the key set, if it is set. */
  answer: MakeAnswer | undefined;
  readonly #server = new StandIn(({ path }) => this.answer?.() ?? makeJsonAnswer(this.#makeDocument(path)));
  readonly #keys = new Map<string, IssuerKey>();

  static async start(): Promise<TestIssuer> {
    const issuer = new TestIssuer();
    await issuer.restart();
    return issuer;
  }

  /** Its name, below which it has a discovery document. */
  get issuer(): string {
    return this.#server.url;
  }

  /** The address of its key set. */
  get url(): string {
    return `${this.#server.url}/jwks.json`;
  }

  /** The number of requests so far. */
  get requestCount(): number {
    return this.#server.requests.length;
  }

  /** Listens, after a stop on the same port as before, and answers with its key set. */
  async restart(): Promise<void> {
    this.answer = undefined;
    await this.#server.listen();
  }

  #makeDocument(path: string): object {
    if (!path.endsWith('/openid-configuration')) return this.makeKeySet();
    return { issuer: this.issuer, jwks_uri: this.url };
  }

  makeKeySet(): { keys: JWK[] } {
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

  /** Removes a key from the key set. */
  withdrawKey(kid: string): void {
    this.#keys.delete(kid);
  }

  /** Returns a token with exactly these claims. */
  async sign(
    kid: string,
    claims: Record<string, unknown>,
    header: { alg: string; kid?: string } = { alg: 'ES256', kid },
  ): Promise<string> {
    const key = this.#keys.get(kid);
    if (key === undefined) throw new Error(`there is no key ${kid}`);
    return new SignJWT(claims).setProtectedHeader(header).sign(key.privateKey);
  }

  /** Ends every connection and frees the port. */
  stop(): Promise<void> {
    return this.#server.close();
  }
}
