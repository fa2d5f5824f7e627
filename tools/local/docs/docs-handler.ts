/** Serves the API pages: the OpenAPI description, and Swagger UI that sends requests to this stack. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { ControlHandler } from '../gateway/local-routes.ts';
import { LocalFile } from '../gateway/local-routes.ts';
import { CONTENT_TYPES, readPageFile, type PageFiles } from '../gateway/page-files.ts';
import type { Sample } from '../data/sample.ts';
import { fillDescription } from './fill-description.ts';
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

export type TokenOffer = { readonly token: string } | { readonly issuer: string };

/**
 * Handles the routes below `/docs`:
 * - `GET /docs`: the page
 * - `GET /docs/openapi.yaml`: the description
 * - `GET /docs/token`: an example token, or the issuer whose tokens the stack takes instead
 *
 * @param basePath of the API; a page that asks while the stack starts waits for it
 * @param sample what the examples of the description name; undefined for the demo data, which they name
 *   already
 */
export function makeDocsHandler(
  offerToken: () => Promise<TokenOffer>,
  basePath: Promise<string>,
  sample?: Sample,
): ControlHandler {
  return async (method, path) => {
    if (method !== 'GET') return undefined;
    if (path === 'token') return offerToken();
    const file = await readPageFile(FILES, path);
    if (file === undefined || path !== 'openapi.yaml') return file;
    const base = await basePath;
    if (base === '' && sample === undefined) return file;
    const text = fillDescription(file.body.toString(), base, sample);
    return new LocalFile(file.contentType, Buffer.from(text), file.headers);
  };
}
