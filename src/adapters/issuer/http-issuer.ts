/** Fetches the key set of a token issuer over HTTP, from its own address or by OIDC discovery. */
import type { IncomingMessage } from 'node:http';
import { request as requestHttps, type RequestOptions } from 'node:https';
import { IssuerUnreachableError } from '../../domain/errors.ts';
import { isIssuerAddress } from '../../domain/issuer-address.ts';
import type { KeySet, KeySource } from '../../domain/key-set.ts';
import type { Issuer } from '../../ports/issuer.ts';

/** Longest fetch, of the discovery document and the keys together. */
const FETCH_TIMEOUT_MS = 3_000;

/** Most bytes that are read of an answer. A key set has some kilobytes. */
const MAX_BYTES = 256 * 1024;

/** https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig */
const DISCOVERY_PATH = '/.well-known/openid-configuration';

export class HttpIssuer implements Issuer {
  readonly #source: KeySource;
  readonly #fetchText: typeof fetchText;

  constructor(source: KeySource, readText = fetchText) {
    this.#source = source;
    this.#fetchText = readText;
  }

  async fetchKeySet(): Promise<KeySet> {
    const fetchedAt = Date.now();
    const signal = AbortSignal.timeout(FETCH_TIMEOUT_MS);
    const url = this.#source.jwksUrl ?? (await this.#discover(signal));
    const json = await this.#fetchText(url, signal);
    if (!isKeySet(parseJson(json, url))) throw makeError('answered no key set', { url });
    return { json, fetchedAt };
  }

  /**
   * Finds the address of the keys. The document must name the configured issuer, character by character:
   * https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfigurationValidation
   */
  async #discover(signal: AbortSignal): Promise<string> {
    const { issuer } = this.#source;
    const url = issuer.replace(/\/$/, '') + DISCOVERY_PATH;
    const document = parseJson(await this.#fetchText(url, signal), url);
    if (!isObject(document) || document['issuer'] !== issuer) {
      throw makeError('is not the discovery document of the configured issuer', {
        url,
        configured: issuer,
        found: isObject(document) ? quote(document['issuer']) : 'no object',
      });
    }
    const found = document['jwks_uri'];
    // http is for an issuer on this machine, and not for one elsewhere that points to this machine.
    if (typeof found === 'string' && isIssuerAddress(found)) {
      if (found.startsWith('https:') || issuer.startsWith('http:')) return found;
    }
    throw makeError('names no https address of its keys', { url, found: quote(found) });
  }
}

/**
 * Fetches a text. A redirect is not followed, because it could lead anywhere.
 *
 * By the modules that the AWS clients have loaded: Node.js would load its `fetch` for this call alone, which
 * takes a quarter of the CPU time of a start.
 */
async function fetchText(url: string, signal: AbortSignal): Promise<string> {
  try {
    const response = await get(url, {
      signal,
      // A connection that is kept may have died, unseen, while Lambda had stopped the instance (ADR 17).
      agent: false,
      headers: { accept: 'application/json', 'accept-encoding': 'identity', connection: 'close' },
    });
    if (response.statusCode !== 200) {
      response.destroy();
      throw makeError(`answered ${response.statusCode}, not 200`, { url });
    }
    return await readBounded(response, url);
  } catch (cause) {
    if (cause instanceof IssuerUnreachableError) throw cause;
    const what = signal.aborted
      ? `timed out: no complete answer within ${FETCH_TIMEOUT_MS} ms`
      : 'could not be asked, or broke off its answer';
    throw makeError(what, { url }, { cause });
  }
}

function get(url: string, options: RequestOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // An import of node:http would load fetch, too (connections.ts).
    const request = url.startsWith('https:') ? requestHttps : process.getBuiltinModule('node:http').request;
    request(url, options, resolve).on('error', reject).end();
  });
}

async function readBounded(body: AsyncIterable<Uint8Array>, url: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop cancels the rest of the answer.
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) {
      throw makeError(`answered more than ${MAX_BYTES} bytes`, { url });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string, url: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw makeError('answered no JSON', { url }, { cause });
  }
}

/** @param what what is wrong, as the end of a sentence about the issuer */
function makeError(
  what: string,
  evidence: Record<string, unknown>,
  options?: ErrorOptions,
): IssuerUnreachableError {
  return new IssuerUnreachableError(`The token issuer ${what}.`, evidence, options);
}

/** Whether a value has the form of a key set. Keys in it that cannot be used do no harm to the others. */
function isKeySet(value: unknown): boolean {
  const keys = isObject(value) ? value['keys'] : undefined;
  return Array.isArray(keys) && keys.every(isObject);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function quote(found: unknown): string {
  return found === undefined ? 'nothing' : JSON.stringify(found).slice(0, 200);
}
