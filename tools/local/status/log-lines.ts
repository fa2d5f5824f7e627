/** Keeps the latest log lines in bounded memory, each cut to a bounded length. */
import { findJobIdInPath } from '../../../api/paths.ts';
import { isId } from '../../../src/domain/ids.ts';
import { parseObject } from '../../kit/json.ts';
import { listCalls, listFields, shortenForLog, type LogEntry, toText } from '../logs.ts';

const MOST_LINES = 5_000;

/** Characters of all lines together; a line has a few hundred. */
const MOST_CHARACTERS = 4_000_000;

/** Limits for one line; the lengths are in characters. */
const LONGEST_SOURCE = 100;
const LONGEST_MESSAGE = 500;
const MOST_FIELDS = 30;
const MOST_CALLS = 12;
const LONGEST_CALL = 300;

/** The content of a log line as the page shows it. */
export interface LogLineContent {
  /** Time of the line in epoch milliseconds. */
  readonly at: number;
  readonly level: 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';
  /** The function, or the part of the local stack. */
  readonly source: string;
  readonly message: string;
  readonly fields: readonly (readonly [name: string, text: string])[];
  /** The calls of an error's stack, innermost first. */
  readonly calls: readonly string[];
  readonly jobId: string | undefined;
  readonly traceId: string | undefined;
}

export interface LogLine extends LogLineContent {
  /** Consecutive number of the line, from 1. */
  readonly number: number;
}

/** Selects the lines that name the job, and lines of its trace that name no job. */
export interface JobFilter {
  readonly jobId: string;
  readonly traceId: string | undefined;
}

export class LogLines {
  readonly #lines: LogLine[] = [];
  readonly #mostLines: number;
  readonly #mostCharacters: number;
  #characters = 0;
  #count = 0;

  constructor(mostLines = MOST_LINES, mostCharacters = MOST_CHARACTERS) {
    this.#mostLines = mostLines;
    this.#mostCharacters = mostCharacters;
  }

  /** The number of the newest line; 0 before the first. */
  get last(): number {
    return this.#count;
  }

  add(shown: LogLineContent): void {
    this.#count += 1;
    this.#lines.push({ ...shown, number: this.#count });
    this.#characters += measureSize(shown);
    while (this.#lines.length > this.#mostLines || this.#characters > this.#mostCharacters) {
      const oldest = this.#lines.shift();
      if (oldest === undefined) break;
      this.#characters -= measureSize(oldest);
    }
  }

  /**
   * Returns the newest lines, oldest first.
   * @param most the most lines to return
   * @param after returns only lines with a higher number
   */
  readNewest(most: number, after = 0, filter?: JobFilter): LogLine[] {
    const found: LogLine[] = [];
    for (let index = this.#lines.length - 1; index >= 0 && found.length < most; index--) {
      const line = this.#lines[index];
      if (line === undefined || line.number <= after) break;
      if (filter === undefined || isSelected(line, filter)) found.push(line);
    }
    return found.reverse();
  }
}

function isSelected(line: LogLine, { jobId, traceId }: JobFilter): boolean {
  if (line.jobId !== undefined) return line.jobId === jobId;
  return traceId !== undefined && line.traceId === traceId;
}

/**
 * Returns the content of a log entry as the page shows it; undefined for lines of metrics.
 * @param line the parsed line of a function; undefined when it is not JSON
 * @param now epoch milliseconds, for an entry without a time of its own
 */
export function makeLineContent(
  entry: LogEntry,
  line: Record<string, unknown> | undefined,
  now: number,
): LogLineContent | undefined {
  const common = { at: now, fields: [], calls: [], jobId: undefined, traceId: undefined };
  switch (entry.kind) {
    case 'notice':
      return {
        ...common,
        level: 'INFO',
        source: 'local stack',
        message: shortenForLog(entry.text, LONGEST_MESSAGE),
      };
    case 'denied': {
      const { caller, action, resource } = entry;
      const message = shortenForLog(`denied: ${caller} may not ${action} on ${resource}`, LONGEST_MESSAGE);
      return { ...common, level: 'ERROR', source: 'permissions', message };
    }
    case 'request': {
      const { method, path, status, milliseconds, problem } = entry;
      return {
        ...common,
        level: status < 500 ? 'INFO' : 'ERROR',
        source: 'gateway',
        message: shortenForLog(`${method} ${path}`, LONGEST_MESSAGE),
        fields: [
          ['status', String(status)],
          ['ms', milliseconds.toFixed(0)],
          ...(problem === undefined ? [] : [['problem', shortenForLog(problem, LONGEST_MESSAGE)] as const]),
        ],
        // Successful polls are not assigned to the job: they would hide its other lines.
        jobId: status < 400 ? undefined : findJobIdInPath(path),
      };
    }
    case 'function': {
      const source = shortenForLog(entry.functionName, LONGEST_SOURCE);
      if (line === undefined)
        return { ...common, level: 'INFO', source, message: shortenForLog(entry.text, LONGEST_MESSAGE) };
      if ('_aws' in line) return undefined;
      return {
        at: parseTime(line['timestamp']) ?? now,
        level: readLevel(line['level']),
        source,
        message: shortenForLog(toText(line['message']), LONGEST_MESSAGE),
        fields: listFields(line).slice(0, MOST_FIELDS),
        calls: listCalls(line)
          .slice(0, MOST_CALLS)
          .map((call) => shortenForLog(call, LONGEST_CALL)),
        jobId: readJobId(line),
        traceId: readTraceId(line),
      };
    }
  }
}

/** Returns the id of the job that a function's line names. */
export function readJobId(line: Record<string, unknown>): string | undefined {
  const jobId = line['job_id'];
  return isId(jobId) ? jobId : undefined;
}

/** Returns the trace id of a function's line. */
export function readTraceId(line: Record<string, unknown>): string | undefined {
  const traceId = line['trace_id'];
  return typeof traceId === 'string' ? traceId.slice(0, 32) : undefined;
}

/** Parses the line of an entry; returns undefined unless it is a function's line in JSON. */
export function parseFunctionLine(entry: LogEntry): Record<string, unknown> | undefined {
  return entry.kind === 'function' ? parseObject(entry.text) : undefined;
}

function readLevel(level: unknown): LogLineContent['level'] {
  switch (level) {
    case 'WARN':
    case 'ERROR':
      return level;
    case 'CRITICAL':
      return 'ERROR';
    case 'DEBUG':
    case 'TRACE':
      return 'DEBUG';
    default:
      return 'INFO';
  }
}

function parseTime(timestamp: unknown): number | undefined {
  const at = typeof timestamp === 'string' ? Date.parse(timestamp) : NaN;
  return Number.isNaN(at) ? undefined : at;
}

function measureSize({ source, message, fields, calls }: LogLineContent): number {
  const texts = [source, message, ...fields.flat(), ...calls];
  return texts.reduce((sum, text) => sum + text.length, 0);
}
