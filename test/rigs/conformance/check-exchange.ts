/** Checks every answer of the API that a test receives against docs/openapi.yaml, and records each check. */
import { appendFileSync } from 'node:fs';
import { Conformance, type Exchange } from './conformance.ts';

/** Thrown for a request or an answer that contradicts docs/openapi.yaml. */
export class OutsideDescriptionError extends Error {
  override readonly name = 'OutsideDescriptionError';
  readonly exchange: Exchange;

  constructor(exchange: Exchange, complaints: readonly string[]) {
    const { method, path, answer } = exchange;
    const text = answer.text.slice(0, 500);
    super(
      `${method} ${path} and its ${answer.status} contradict docs/openapi.yaml (written by npm run openapi):\n  ${complaints.join('\n  ')}\n${text}`,
    );
    this.exchange = exchange;
  }
}

let conformance: Conformance | undefined;

/** Environment variable with the path of a file: every process appends the origin of each exchange to it. */
const JUDGED_FILE = 'JUDGED_FILE';

/** @param origin of the stack that answered */
export function findComplaints(origin: string, exchange: Exchange): string[] {
  // The routes of the local stack itself are no part of the API.
  if (/^\/(_local|docs)(\/|$)/.test(exchange.path)) return [];
  conformance ??= new Conformance();
  const file = process.env[JUDGED_FILE];
  if (file !== undefined) appendFileSync(file, `${origin}\n`);
  return conformance.findComplaints(exchange);
}

/** @throws OutsideDescriptionError */
export function requireConformance(origin: string, exchange: Exchange): void {
  const complaints = findComplaints(origin, exchange);
  if (complaints.length > 0) throw new OutsideDescriptionError(exchange, complaints);
}
