/** What holds for every page that the local stack serves: what it may run, and that it is closed to pages of others. */
import { expect } from '@jest/globals';

/** The page's own files and the stack that serves it, and nothing else. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
];

export async function expectFile(url: string, type: string, part: string): Promise<void> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe(type);
  expect(await response.text()).toContain(part);
}

export async function expectPolicy(url: string): Promise<void> {
  const { headers } = await fetch(url);
  expect(headers.get('content-security-policy')?.split('; ')).toEqual(POLICY);
}

/** No page of another origin can embed, read or frame it. */
export async function expectClosedToOthers(url: string, headers: Record<string, string> = {}): Promise<void> {
  const response = await fetch(url, { headers });
  expect(response.status).toBe(200);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'cache-control': 'no-store',
    'cross-origin-resource-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  });
  expect(response.headers.get('access-control-allow-origin')).toBeNull();
}
