/** Which addresses a token issuer may have: in the configuration, and in what the issuer says of itself. */

/** The host names of this machine, to which a URL may be http. */
const LOOPBACK_HOSTNAMES = ['localhost', '127.0.0.1', '[::1]'];

/** Whether a text is the URL of an issuer or of its keys: https, or http on this machine (a local issuer). */
export function isIssuerAddress(text: string): boolean {
  if (/\s/.test(text) || !URL.canParse(text)) return false;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK_HOSTNAMES.includes(url.hostname));
}
