/** Checks every log line of the functions, and counts the lines of each error. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { LEVELS } from '../../../src/observability/events.ts';
import { parseObject } from '../../../tools/kit/json.ts';
import type { Leaks } from './leaks.ts';

export interface LogFindings {
  /** Number of lines that functions wrote. */
  readonly lines: number;
  readonly violations: readonly string[];
  /** Number of lines of each error, by its id. */
  readonly errors: ReadonlyMap<string, number>;
}

/** The longest allowed line, in characters, whatever a client sent. */
const LONGEST_LINE = 16_000;

/** Characters at which viewers break lines or change direction, and which JSON need not escape. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

export async function readFileSize(file: string): Promise<number> {
  return (await stat(file)).size;
}

export interface LogPart {
  readonly file: string;
  /** Byte offset in the file of the first line to check. */
  readonly from: number;
  /** Whether warnings and errors may come from other suites; they are then not checked. */
  readonly shared: boolean;
}

export async function checkLog({ file, from, shared }: LogPart, leaks: Leaks): Promise<LogFindings> {
  const violations: string[] = [];
  const errors = new Map<string, number>();
  let lines = 0;
  for await (const line of createInterface({ input: createReadStream(file, { start: from }) })) {
    const entry = parseObject(line);
    // The lines of the local stack itself contain the raw path; they do not exist in AWS.
    if (entry !== undefined && 'kind' in entry && (entry['kind'] === 'request' || entry['kind'] === 'notice'))
      continue;
    lines += 1;
    if (shared && (entry?.['level'] === 'ERROR' || entry?.['level'] === 'WARN')) continue;
    const faults = findFaults(line, entry, leaks);
    violations.push(...faults.map((fault) => `${fault} in the log line ${line.slice(0, 500)}`));
    const id = entry?.['error_id'];
    if (typeof id === 'string') errors.set(id, (errors.get(id) ?? 0) + 1);
  }
  return { lines, violations, errors };
}

function findFaults(line: string, entry: Record<string, unknown> | undefined, leaks: Leaks): string[] {
  if (entry === undefined) return ['no JSON object'];
  const faults = leaks.findLeaks(line);
  // A line of metrics has no event.
  const known = '_aws' in entry || Object.keys(LEVELS).includes(String(entry['message']));
  if (!known) faults.push('an unknown event');
  if (line.length > LONGEST_LINE) faults.push(`${line.length} characters`);
  if (UNPRINTABLE.test(line)) faults.push('a control character');
  return faults;
}
