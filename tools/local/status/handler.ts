/** Serves the status page, its parts, and the JSON that it shows. */
import { join } from 'node:path';
import type { ControlHandler } from '../gateway/local-routes.ts';
import { CONTENT_TYPES, pageFile, type PageFiles } from '../gateway/page-files.ts';
import type { Status } from './status.ts';

const FOLDER = join(import.meta.dirname, 'page');

const FILES: PageFiles = new Map([
  ['', [join(FOLDER, 'index.html'), CONTENT_TYPES.page]],
  ['page.css', [join(FOLDER, 'page.css'), CONTENT_TYPES.styles]],
  ['page.js', [join(FOLDER, 'page.js'), CONTENT_TYPES.script]],
  ['tables.js', [join(FOLDER, 'tables.js'), CONTENT_TYPES.script]],
  ['lines.js', [join(FOLDER, 'lines.js'), CONTENT_TYPES.script]],
  ['elements.js', [join(FOLDER, 'elements.js'), CONTENT_TYPES.script]],
]);

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
        after: lineNumber(query.get('after')),
      });
    }
    return pageFile(FILES, path);
  };
}

/** The number of a line; undefined for a text that is none. */
function lineNumber(text: string | null): number | undefined {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
