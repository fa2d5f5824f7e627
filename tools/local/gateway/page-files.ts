/** Reads the files of a page that the local stack serves, with a policy that lets only those files run. */
import { readFile } from 'node:fs/promises';
import { LocalFile } from './local-routes.ts';

export const CONTENT_TYPES = {
  page: 'text/html; charset=utf-8',
  script: 'text/javascript; charset=utf-8',
  styles: 'text/css; charset=utf-8',
  yaml: 'application/yaml; charset=utf-8',
} as const;

/** File and content type, by the path relative to the page's root. */
export type PageFiles = ReadonlyMap<string, readonly [string, string]>;

/**
 * Allows only the page's own files and calls to this stack: text of a client that became markup cannot run.
 */
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

/** @returns undefined when the page has no such file */
export async function readPageFile(files: PageFiles, path: string): Promise<LocalFile | undefined> {
  const file = files.get(path);
  if (file === undefined) return undefined;
  const headers = { 'content-security-policy': CONTENT_SECURITY_POLICY };
  return new LocalFile(file[1], await readFile(file[0]), headers);
}
