/** Serves the files of the status page and the JSON that it shows. */
import { join } from 'node:path';
import type { ControlHandler } from '../gateway/local-routes.ts';
import { CONTENT_TYPES, readPageFile, type PageFiles } from '../gateway/page-files.ts';
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
 * Handles the routes of the status page:
 * - `GET /_local`: the page
 * - `GET /_local/status?job=JOB_ID&after=NUMBER`: its data, with the lines of this job after this line number
 */
export function makeStatusHandler(status: Status): ControlHandler {
  return async (method, path, query) => {
    if (method !== 'GET') return undefined;
    if (path === 'status') {
      return status.takeSnapshot({
        jobId: query.get('job') ?? undefined,
        after: parseLineNumber(query.get('after')),
      });
    }
    return readPageFile(FILES, path);
  };
}

/** Parses the number of a line; returns undefined for any other text. */
function parseLineNumber(text: string | null): number | undefined {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
