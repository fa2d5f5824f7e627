/** Sees to it that every answer that a test gets from the API is within the description, and takes note of each. */
import { appendFileSync } from 'node:fs';
import { Conformance, type Exchange } from './conformance.ts';

/** What a test sent, or what it got, is outside the description. */
export class OutsideDescriptionError extends Error {
  override readonly name = 'OutsideDescriptionError';
  readonly exchange: Exchange;

  constructor(exchange: Exchange, complaints: readonly string[]) {
    const { method, path, answer } = exchange;
    const text = answer.text.slice(0, 500);
    super(
      `${method} ${path} and its ${answer.status} are outside docs/openapi.yaml (written by npm run openapi):\n  ${complaints.join('\n  ')}\n${text}`,
    );
    this.exchange = exchange;
  }
}

let conformance: Conformance | undefined;

/** Names the file that gets a line for each exchange: the origin. All processes of a run write to the one. */
const JUDGED_FILE = 'JUDGED_FILE';

/** @param origin of the stack that answered */
export function complaintsOf(origin: string, exchange: Exchange): string[] {
  // What the local stack serves for itself is no part of the API.
  if (/^\/(_local|docs)(\/|$)/.test(exchange.path)) return [];
  conformance ??= new Conformance();
  const file = process.env[JUDGED_FILE];
  if (file !== undefined) appendFileSync(file, `${origin}\n`);
  return conformance.complaints(exchange);
}

/** @throws OutsideDescriptionError */
export function mustConform(origin: string, exchange: Exchange): void {
  const complaints = complaintsOf(origin, exchange);
  if (complaints.length > 0) throw new OutsideDescriptionError(exchange, complaints);
}
