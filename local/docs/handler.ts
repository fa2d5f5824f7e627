/** Serves the API pages: the description of the API, and Swagger UI to read it and to try it on this very stack. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type ControlHandler, LocalFile } from '../gateway/local-routes.ts';
import { PROJECT } from '../project.ts';

const PAGE = join(import.meta.dirname, 'page');

const { resolve } = createRequire(import.meta.url);

const SCRIPT = 'text/javascript; charset=utf-8';
const STYLES = 'text/css; charset=utf-8';

/** By the path below `/docs/`: file and content type. */
const FILES: ReadonlyMap<string, readonly [string, string]> = new Map([
  ['', [join(PAGE, 'index.html'), 'text/html; charset=utf-8']],
  ['page.css', [join(PAGE, 'page.css'), STYLES]],
  ['page.js', [join(PAGE, 'page.js'), SCRIPT]],
  ['swagger-ui.css', [resolve('swagger-ui-dist/swagger-ui.css'), STYLES]],
  ['swagger-ui-bundle.js', [resolve('swagger-ui-dist/swagger-ui-bundle.js'), SCRIPT]],
  ['openapi.yaml', [join(PROJECT, 'docs', 'openapi.yaml'), 'application/yaml; charset=utf-8']],
]);

/** The page's own files, and requests to this very stack. */
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
 * - `GET /docs`: the page
 * - `GET /docs/openapi.yaml`: the description
 * - `GET /docs/token`: a token to try it with, `{ token }`
 */
export function docsHandler(token: () => Promise<string>): ControlHandler {
  return async (method, path) => {
    if (method !== 'GET') return undefined;
    if (path === 'token') return { token: await token() };
    const file = FILES.get(path);
    if (file === undefined) return undefined;
    const headers = { 'content-security-policy': CONTENT_SECURITY_POLICY };
    return new LocalFile(file[1], await readFile(file[0]), headers);
  };
}
