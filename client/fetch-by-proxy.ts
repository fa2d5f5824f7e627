/** `fetch` that goes through the proxy of `HTTPS_PROXY`. */
import { type ProxySettings, readProxySettings } from '../tools/kit/proxy-settings.ts';

/** As long as the client waits for an answer. */
const REQUEST_TIMEOUT_MS = 40_000;

let proxied: { readonly by: string; readonly fetch: Promise<typeof fetch> } | undefined;

/**
 * Fetches through the proxy of the environment, or directly without one. The `fetch` of Node.js reads the
 * variables only from 24 on, and only with `NODE_USE_ENV_PROXY=1`:
 * https://nodejs.org/api/cli.html#node_use_env_proxy1
 * @throws UsageError when the variable is no URL
 */
export const fetchByProxy: typeof fetch = async (...args) => {
  const settings = readProxySettings(process.env);
  if (settings === undefined) return fetch(...args);
  const by = JSON.stringify(settings);
  if (proxied?.by !== by) proxied = { by, fetch: makeProxiedFetch(settings) };
  return (await proxied.fetch)(...args);
};

/** Loads undici, which takes longer to load than the rest of the client, only when there is a proxy. */
async function makeProxiedFetch({
  httpsProxy,
  authorization,
  noProxy,
}: ProxySettings): Promise<typeof fetch> {
  const { EnvHttpProxyAgent, fetch: fetchOfUndici, Pool } = await import('undici');
  const dispatcher = new EnvHttpProxyAgent({
    // An empty text: http does not go through a proxy.
    httpProxy: '',
    httpsProxy,
    noProxy,
    ...(authorization !== undefined && { token: authorization }),
    // A request that is given up does not end its CONNECT, which would keep the process for 5 minutes.
    clientFactory: (origin, options) =>
      new Pool(origin, { ...options, headersTimeout: REQUEST_TIMEOUT_MS, bodyTimeout: REQUEST_TIMEOUT_MS }),
  });
  const fetchWithAgent = (input: string, init: object) => fetchOfUndici(input, { ...init, dispatcher });
  // The types of undici and those of Node.js differ in names alone: Node.js has undici inside.
  return fetchWithAgent as unknown as typeof fetch;
}
