/** Serves the status page, its parts, and the JSON that it shows. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ControlHandler, LocalFile } from '../gateway/local-routes.ts';
import type { Status } from './status.ts';

const FOLDER = join(import.meta.dirname, 'page');

const SCRIPT = 'text/javascript; charset=utf-8';

/** By the path below `/_local/`: file and content type. */
const FILES: ReadonlyMap<string, readonly [string, string]> = new Map([
  ['', ['index.html', 'text/html; charset=utf-8']],
  ['page.css', ['page.css', 'text/css; charset=utf-8']],
  ['page.js', ['page.js', SCRIPT]],
  ['tables.js', ['tables.js', SCRIPT]],
  ['lines.js', ['lines.js', SCRIPT]],
  ['elements.js', ['elements.js', SCRIPT]],
]);

/** Nothing but the page's own files, so that text of a client that slipped through could still do nothing. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * - `GET /_local`: the page
 * - `GET status?job=JOB_ID&after=NUMBER`: what it shows; only lines of this job, only those after this one
 */
export function statusHandler(status: Status): ControlHandler {
  return async (method, path, query) => {
    if (method !== 'GET') return undefined;
    if (path === 'status') {
      return status.snapshot({
        jobId: query.get('job') ?? undefined,
        after: wholeNumber(query.get('after')),
      });
    }
    const file = FILES.get(path);
    if (file === undefined) return undefined;
    const body = await readFile(join(FOLDER, file[0]));
    return new LocalFile(file[1], body, { 'content-security-policy': CONTENT_SECURITY_POLICY });
  };
}

function wholeNumber(text: string | null): number | undefined {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
