/**
 * Reads which proxy requests go through, from the variables that curl and others read too:
 * https://everything.curl.dev/usingcurl/proxies/env.html
 */
import { UsageError } from './tool-errors.ts';

export interface ProxySettings {
  /** URL of the proxy; requests by https go through it. It may hold a password. */
  readonly httpsProxy: string;
  /** `Proxy-Authorization` for the name and password of the URL; either may be empty. */
  readonly authorization: string | undefined;
  /** The hosts that are asked directly, as a list that both undici and Node.js read alike. */
  readonly noProxy: string;
}

/**
 * Reads `HTTPS_PROXY` and `NO_PROXY`; in lower case they take precedence. `HTTP_PROXY` is not read: what goes
 * by http is for this machine alone, and a proxy would see its token.
 * @returns undefined without a proxy
 * @throws UsageError for a proxy that is no URL; the message does not show it, because it may hold a password
 */
export function readProxySettings(env: NodeJS.ProcessEnv): ProxySettings | undefined {
  const variable = env['https_proxy'] ? 'https_proxy' : 'HTTPS_PROXY';
  const text = env[variable]?.trim() ?? '';
  if (text === '') return undefined;
  const httpsProxy = text.includes('://') ? text : `http://${text}`;
  const url = URL.canParse(httpsProxy) ? new URL(httpsProxy) : undefined;
  const pair = url && decodePair(url);
  // A `/`, `\` or `#` within a password ends the host of the URL, and would send the rest to another one.
  if (
    url === undefined ||
    pair === undefined ||
    url.search + url.hash !== '' ||
    !/^\/?$/.test(url.pathname)
  ) {
    throw new UsageError(
      `${variable}: found something else than the URL of an HTTP proxy, expected one like http://proxy.example.com:3128, ` +
        'or http://NAME:PASSWORD@proxy.example.com:3128 with %25 for % in name and password, %5C for a backslash, and so on',
    );
  }
  const authorization = pair === ':' ? undefined : `Basic ${Buffer.from(pair).toString('base64')}`;
  return { httpsProxy, authorization, noProxy: spellOutHosts(env['no_proxy'] ?? env['NO_PROXY'] ?? '') };
}

/** @returns undefined for a URL that is not of an HTTP proxy, or whose name or password has a bare `%` */
function decodePair({ protocol, username, password }: URL): string | undefined {
  if (protocol !== 'http:' && protocol !== 'https:') return undefined;
  try {
    return `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  } catch {
    return undefined;
  }
}

/**
 * Adds `.example.com` to `example.com`: for curl and undici a name stands for its subdomains too, for Node.js
 * it does not. Puts brackets around an IPv6 address.
 */
function spellOutHosts(list: string): string {
  const entries = list.split(/[\s,]+/).filter((entry) => entry !== '');
  if (entries.includes('*')) return '*';
  return entries.flatMap(spellOut).join(',');
}

function spellOut(entry: string): string[] {
  const [, address, port = ''] = /^\[?([\da-f.]*:[\da-f:.]*:[\da-f:.]*?)(?:\]|\](:\d+))?$/i.exec(entry) ?? [];
  // undici takes the end of a bare IPv6 address for a port, and compares texts.
  if (address !== undefined && URL.canParse(`http://[${address}]`)) {
    return [`${new URL(`http://[${address}]`).hostname}${port}`];
  }
  return /^[.*]/.test(entry) ? [entry] : [entry, `.${entry}`];
}
