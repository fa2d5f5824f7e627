/** A request as a command to paste into a shell. */
import type { FuzzRequest } from './requests.ts';
import { wireBytes } from './wire.ts';

/** A shell takes no longer argument; such a request is replayed by its seed. */
const LONGEST = 100_000;

/** With curl when that can send it; its bytes through a pipe when they are no HTTP. */
export function commandOf(url: string, request: FuzzRequest): string {
  const { method, target, headers, body, broken, framing } = request;
  const size = body.length + headers.reduce((sum, [, value]) => sum + value.length, target.length);
  if (size > LONGEST) return `(${size} bytes: replay it by its seed)`;
  if (broken) {
    const { hostname, port } = new URL(url);
    return `base64 -d <<<${wireBytes(request).toString('base64')} | nc -w 5 ${hostname} ${port}`;
  }
  const options = headers.map(
    ([name, value]) => `-H ${quoted(value === '' ? `${name};` : `${name}: ${value}`)}`,
  );
  if (framing === 'chunked') options.push("-H 'transfer-encoding: chunked'");
  const curl = ['curl -i --path-as-is', method === 'HEAD' ? '--head' : `-X ${method}`, ...options];
  curl.push(`--request-target ${quoted(target)}`);
  if (body.length === 0) return [...curl, url].join(' ');
  return `base64 -d <<<${body.toString('base64')} | ${[...curl, '--data-binary @-', url].join(' ')}`;
}

/** One character is one byte. */
function quoted(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return `'${text.replaceAll("'", "'\\''")}'`;
  const escaped = text.replace(
    /[^\x20-\x7e]|['\\]/g,
    (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  return `$'${escaped}'`;
}
