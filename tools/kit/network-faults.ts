/** Recognizes failures of the network that a repeat does not cure, and says what to do about them. */
import { getErrorCode, getErrorMessage, isError } from './tool-errors.ts';

export interface NetworkFault {
  readonly kind: 'certificate' | 'host' | 'refused' | 'tls' | 'port' | 'proxy';
  /** The code of the system or of OpenSSL; of a proxy, the status of its answer, or `no answer`. */
  readonly code: string;
  /**
   * Whether it is final for a server that has answered before too. Otherwise it may be an outage, which
   * passes.
   */
  readonly always: boolean;
}

/** Codes of certificates that are not accepted: https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const CERTIFICATE_CODES =
  /^(CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERROR_IN_C|INVALID_(CA|PURPOSE)$|PATH_LENGTH_|HOSTNAME_MISMATCH$|ERR_TLS_CERT_)/;

/** The message of undici about a proxy that does not open a tunnel. */
const UNDICI_PROXY_MESSAGE = /^Proxy response \((\d+)\)/;

/** @returns undefined when a repeat may help */
export function findNetworkFault(error: unknown): NetworkFault | undefined {
  for (const part of listCauses(error)) {
    const fault = readFault(part);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function readFault(error: Error): NetworkFault | undefined {
  const code = getErrorCode(error) ?? '';
  if (CERTIFICATE_CODES.test(code)) return { kind: 'certificate', code, always: true };
  if (code === 'ENOTFOUND') return { kind: 'host', code, always: false };
  if (code === 'ECONNREFUSED') return { kind: 'refused', code, always: false };
  if (/^ERR_SSL_|^EPROTO$/.test(code)) return { kind: 'tls', code, always: false };
  const status = readProxyStatus(error, code);
  if (status !== undefined) return { kind: 'proxy', code: status, always: status.startsWith('4') };
  // `fetch` sends nothing to the ports of some other protocols: https://fetch.spec.whatwg.org/#port-blocking
  return error.message === 'bad port' ? { kind: 'port', code: error.message, always: true } : undefined;
}

const NO_ANSWER = 'no answer';

/** Returns the status with which a proxy has refused a tunnel, in an error of Node.js or of undici. */
function readProxyStatus(error: Error, code: string): string | undefined {
  if (code === 'ERR_PROXY_TUNNEL' && 'statusCode' in error) return String(error.statusCode);
  if (code === 'ERR_PROXY_TUNNEL' && 'proxyTunnelTimeout' in error) return NO_ANSWER;
  return UNDICI_PROXY_MESSAGE.exec(error.message)?.[1];
}

/** Lists an error, its causes, and what they consist of: one attempt for each address of a host. */
function listCauses(error: unknown): Error[] {
  const causes: Error[] = [];
  // A proxy that refuses is the cause of a DOMException, which has a message too.
  const hasMessage = (at: unknown): at is Error => isError(at) || at instanceof DOMException;
  for (let at = error; hasMessage(at) && causes.length < 10; at = at.cause) {
    causes.push(at, ...('errors' in at && Array.isArray(at.errors) ? at.errors.filter(isError) : []));
  }
  return causes;
}

/** Messages of `fetch` whose cause says more. */
const SAYS_NOTHING = /^(fetch failed|Request was cancelled\.|)$/;

/** Returns the message of the failure beneath `fetch failed`; of several addresses, that of the first. */
export function describeNetworkFailure(error: unknown): string {
  const causes = listCauses(error);
  const said = causes.filter(({ message }) => !SAYS_NOTHING.test(message));
  const [first = causes.at(-1)] = said;
  const message = first === undefined ? getErrorMessage(error) : first.message;
  const code = getErrorCode(first) ?? '';
  return message.includes(code) ? message || 'no connection' : `${message} (${code})`;
}

/**
 * Says in a sentence or two what to check.
 * @param named where the address is named, such as `--region`
 * @param proxied whether requests go through a proxy
 */
export function adviseOnNetwork({ kind, code }: NetworkFault, named: string, proxied: boolean): string {
  const orProxy = proxied ? `${named}, and the proxy in HTTPS_PROXY` : named;
  switch (kind) {
    case 'certificate':
      return adviseOnCertificate(code, named);
    case 'host':
      return `There is no host of this name: check ${orProxy}.${proxied ? '' : ' Behind a proxy, set HTTPS_PROXY.'}`;
    case 'refused':
      return `Nothing accepts connections there: check ${orProxy}.`;
    case 'tls':
      return `The server there does not speak TLS as expected: check ${orProxy}.`;
    case 'port':
      return `Node.js sends no request to this port: check ${named}.`;
    case 'proxy':
      if (code === '407')
        return 'The proxy asks for a name and a password: HTTPS_PROXY=http://NAME:PASSWORD@HOST:PORT.';
      if (code === NO_ANSWER) return 'The proxy does not answer: check HTTPS_PROXY.';
      return `The proxy answers ${code}: check ${named}, and whether HTTPS_PROXY leads there; hosts in NO_PROXY are asked directly.`;
  }
}

function adviseOnCertificate(code: string, named: string): string {
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    return 'The certificate of the server is not valid today: check the clock of this machine, and tell who runs the server.';
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID' || code === 'HOSTNAME_MISMATCH') {
    return `The certificate is for another host: check ${named}.`;
  }
  return 'The certificate of the server is not trusted here. If your own authority or a proxy has signed it, name a file with the certificate of that authority (PEM) in NODE_EXTRA_CA_CERTS.';
}
