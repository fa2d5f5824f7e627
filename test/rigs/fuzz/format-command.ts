/** Formats a request as a command to paste into a shell. */
import type { FuzzRequest } from './fuzz-requests.ts';
import { encodeRequest } from './wire.ts';

/** The longest argument of a shell, in bytes; a larger request is sent again by its seed. */
const LONGEST = 100_000;

/** Uses curl for valid HTTP; pipes the bytes of a broken request to nc. */
export function formatCommand(url: string, request: FuzzRequest): string {
  const { method, target, headers, body, broken, framing } = request;
  const size = body.length + headers.reduce((sum, [, value]) => sum + value.length, target.length);
  if (size > LONGEST) return `(${size} bytes: send it again by its seed)`;
  if (broken) {
    const { hostname, port } = new URL(url);
    return `base64 -d <<<${encodeRequest(request).toString('base64')} | nc -w 5 ${hostname} ${port}`;
  }
  const options = headers.map(
    ([name, value]) => `-H ${quote(value === '' ? `${name};` : `${name}: ${value}`)}`,
  );
  if (framing === 'chunked') options.push("-H 'transfer-encoding: chunked'");
  const curl = ['curl -i --path-as-is', method === 'HEAD' ? '--head' : `-X ${method}`, ...options];
  curl.push(`--request-target ${quote(target)}`);
  if (body.length === 0) return [...curl, url].join(' ');
  return `base64 -d <<<${body.toString('base64')} | ${[...curl, '--data-binary @-', url].join(' ')}`;
}

/** Quotes a text for the shell; each character is one byte. */
function quote(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return `'${text.replaceAll("'", "'\\''")}'`;
  const escaped = text.replace(
    /[^\x20-\x7e]|['\\]/g,
    (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  return `$'${escaped}'`;
}
