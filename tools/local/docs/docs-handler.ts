/** Serves the API pages: the OpenAPI description, and Swagger UI that sends requests to this stack. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { ControlHandler } from '../gateway/local-routes.ts';
import { LocalFile } from '../gateway/local-routes.ts';
import { CONTENT_TYPES, readPageFile, type PageFiles } from '../gateway/page-files.ts';
import type { Sample } from '../data/sample.ts';
import { fillExamples } from './fill-examples.ts';
import { PROJECT } from '../../kit/project.ts';

const PAGE = join(import.meta.dirname, 'page');

const { resolve } = createRequire(import.meta.url);

const FILES: PageFiles = new Map([
  ['', [join(PAGE, 'index.html'), CONTENT_TYPES.page]],
  ['page.css', [join(PAGE, 'page.css'), CONTENT_TYPES.styles]],
  ['page.js', [join(PAGE, 'page.js'), CONTENT_TYPES.script]],
  ['swagger-ui.css', [resolve('swagger-ui-dist/swagger-ui.css'), CONTENT_TYPES.styles]],
  ['swagger-ui-bundle.js', [resolve('swagger-ui-dist/swagger-ui-bundle.js'), CONTENT_TYPES.script]],
  ['openapi.yaml', [join(PROJECT, 'docs', 'openapi.yaml'), CONTENT_TYPES.yaml]],
]);

/**
 * Handles the routes below `/docs`:
 * - `GET /docs`: the page
 * - `GET /docs/openapi.yaml`: the description
 * - `GET /docs/token`: an example token, `{ token }`, or the issuer that a token must come from, `{ issuer }`
 *
 * @param sample what the examples of the description name; undefined for the demo data, which they name
 *   already
 */
export function makeDocsHandler(
  describeToken: () => Promise<{ readonly token: string } | { readonly issuer: string }>,
  sample?: Sample,
): ControlHandler {
  return async (method, path) => {
    if (method !== 'GET') return undefined;
    if (path === 'token') return describeToken();
    const file = await readPageFile(FILES, path);
    if (file === undefined || path !== 'openapi.yaml' || sample === undefined) return file;
    return new LocalFile(
      file.contentType,
      Buffer.from(fillExamples(file.body.toString(), sample)),
      file.headers,
    );
  };
}
