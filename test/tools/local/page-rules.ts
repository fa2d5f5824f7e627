/** Checks for every page of the local stack: its files, its content policy, and no use by other origins. */
import { expect } from '@jest/globals';

/** Allows a page its own files and calls to the stack that serves it, and nothing else. */
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

/** Checks that no page of another origin can embed, read or frame the address. */
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
