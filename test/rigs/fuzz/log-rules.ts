/** What every line of the functions' logs must be, and that each error left exactly one. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { LEVELS } from '../../../src/observability/events.ts';
import { parseObject } from '../../../tools/kit/json.ts';
import type { Leaks } from './leaks.ts';

export interface LogFindings {
  /** Lines of the functions. */
  readonly lines: number;
  readonly violations: readonly string[];
  /** How many lines tell of an error, by its id. */
  readonly errors: ReadonlyMap<string, number>;
}

/** Whatever a client sent, a line is not longer than this. */
const LONGEST_LINE = 16_000;

/** JSON leaves these as they are, though viewers break lines at them or obey them. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

export async function sizeOf(file: string): Promise<number> {
  return (await stat(file)).size;
}

export interface LogPart {
  readonly file: string;
  /** The place in the file from which on it is looked at. */
  readonly from: number;
  /** Lines of warnings and errors are not the run's own. */
  readonly shared: boolean;
}

export async function readLog({ file, from, shared }: LogPart, leaks: Leaks): Promise<LogFindings> {
  const violations: string[] = [];
  const errors = new Map<string, number>();
  let lines = 0;
  for await (const line of createInterface({ input: createReadStream(file, { start: from }) })) {
    const entry = parseObject(line);
    // The local stack's own lines name the path as it came; there are none of them in AWS.
    if (entry !== undefined && 'kind' in entry && (entry['kind'] === 'request' || entry['kind'] === 'notice'))
      continue;
    lines += 1;
    if (shared && (entry?.['level'] === 'ERROR' || entry?.['level'] === 'WARN')) continue;
    const faults = faultsOf(line, entry, leaks);
    violations.push(...faults.map((fault) => `${fault} in the log line ${line.slice(0, 500)}`));
    const id = entry?.['error_id'];
    if (typeof id === 'string') errors.set(id, (errors.get(id) ?? 0) + 1);
  }
  return { lines, violations, errors };
}

function faultsOf(line: string, entry: Record<string, unknown> | undefined, leaks: Leaks): string[] {
  if (entry === undefined) return ['no JSON object'];
  const faults = leaks.in(line);
  // The metrics of an invocation are a line, too, without an event.
  const known = '_aws' in entry || Object.keys(LEVELS).includes(String(entry['message']));
  if (!known) faults.push('an unknown event');
  if (line.length > LONGEST_LINE) faults.push(`${line.length} characters`);
  if (UNPRINTABLE.test(line)) faults.push('a control character');
  return faults;
}
