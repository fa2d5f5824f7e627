/** Prints the log of the local stack: formatted for people, or as lines of JSON. */
import type { Writable } from 'node:stream';
import { styleText } from 'node:util';
import { parseObject } from '../kit/json.ts';
import { escapeUnprintable, shorten } from '../kit/printable.ts';
import type { RequestLine } from './gateway/server.ts';
import type { DeniedCall } from './iam/permissions.ts';

export type LogEntry =
  | { readonly kind: 'function'; readonly functionName: string; readonly text: string }
  | ({ readonly kind: 'request' } & RequestLine)
  | ({ readonly kind: 'denied' } & DeniedCall)
  | { readonly kind: 'notice'; readonly text: string };

export type Log = (entry: LogEntry) => void;

type Style = Parameters<typeof styleText>[0];

const LEVEL_STYLES: ReadonlyMap<string, Style> = new Map([
  ['TRACE', 'gray'],
  ['DEBUG', 'gray'],
  ['INFO', 'green'],
  ['WARN', 'yellow'],
  ['ERROR', 'red'],
  ['CRITICAL', 'red'],
]);

/** Fields that are the same on every line, or that the line already shows. */
const HIDDEN_KEYS = new Set([
  'cold_start',
  'function_arn',
  'function_name',
  'function_request_id',
  'level',
  'message',
  'service',
  'timestamp',
  'xray_trace_id',
]);

/** Characters of a field's name or value. */
const LONGEST_VALUE = 200;

/** Prints nothing. */
export const silentLog: Log = () => undefined;

/** Makes a log that passes each entry to the first log, then to the second. */
export function combineLogs(one: Log, other: Log): Log {
  return (entry) => {
    one(entry);
    other(entry);
  };
}

/** Makes a log that prints one line for each entry, coloured on a terminal. It omits lines of metrics. */
export function makePrettyLog(out: Writable): Log {
  const style = (format: Style, text: string) => styleText(format, text, { stream: out });
  const write = (level: string, source: string, text: string) => {
    const time = style('gray', new Date().toISOString().slice(11, 23));
    const coloured = style(LEVEL_STYLES.get(level) ?? 'green', level.padEnd(5));
    out.write(`${time} ${coloured} ${style('cyan', source.padEnd(15))} ${text}\n`);
  };
  return (entry) => {
    switch (entry.kind) {
      case 'notice':
        write('INFO', 'local stack', escapeUnprintable(entry.text));
        break;
      case 'denied':
        write('ERROR', 'permissions', `denied: ${entry.caller} may not ${entry.action} on ${entry.resource}`);
        break;
      case 'request': {
        const level = entry.status < 500 ? 'INFO' : 'ERROR';
        const milliseconds = style('gray', `${entry.milliseconds.toFixed(0)} ms`);
        const problem = entry.problem === undefined ? '' : ` ${escapeUnprintable(entry.problem)}`;
        write(
          level,
          'gateway',
          `${entry.method} ${escapeUnprintable(entry.path)} ${entry.status} ${milliseconds}${problem}`,
        );
        break;
      }
      case 'function': {
        const line = parseObject(entry.text);
        if (line === undefined) {
          write('INFO', entry.functionName, escapeUnprintable(entry.text));
        } else if (!('_aws' in line)) {
          const keys = style('gray', formatFields(line));
          const text = `${escapeUnprintable(toText(line['message']))} ${keys}`.trimEnd();
          write(toText(line['level']) || 'INFO', entry.functionName, text + formatStack(line, style));
        }
        break;
      }
    }
  };
}

/** Makes a log that prints the functions' lines unchanged, and all other entries as JSON. */
export function makeJsonLog(out: Writable): Log {
  return (entry) => {
    out.write(`${entry.kind === 'function' ? entry.text : JSON.stringify(entry)}\n`);
  };
}

function formatFields(line: Record<string, unknown>): string {
  return listFields(line)
    .map(([key, text]) => `${key}=${text}`)
    .join(' ');
}

/** Returns the informative fields of a line as short texts without control characters. */
export function listFields(line: Record<string, unknown>): [name: string, text: string][] {
  return Object.entries(line)
    .filter(([key]) => !HIDDEN_KEYS.has(key))
    .map(([key, value]) => {
      const text = key === 'error' ? formatError(value) : toText(value);
      return [shortenForLog(key, LONGEST_VALUE), shortenForLog(text, LONGEST_VALUE)];
    });
}

/** Shortens and escapes a text: clients must neither flood the log nor control the terminal. */
export function shortenForLog(text: string, most: number): string {
  return escapeUnprintable(shorten(text, most));
}

function formatError(value: unknown): string {
  if (typeof value !== 'object' || value === null || !('name' in value) || !('message' in value)) {
    return toText(value);
  }
  return JSON.stringify(`${toText(value.name)}: ${toText(value.message)}`);
}

/** Formats the stack of an error, one line for each call. */
function formatStack(line: Record<string, unknown>, style: (format: Style, text: string) => string): string {
  return listCalls(line)
    .map((call) => style('gray', `\n    ${call}`))
    .join('');
}

/** Returns the calls of an error's stack, innermost first. */
export function listCalls({ error }: Record<string, unknown>): string[] {
  if (typeof error !== 'object' || error === null || !('stack' in error)) return [];
  return toText(error.stack)
    .split('\n')
    .filter((call) => /^\s+at /.test(call))
    .map((call) => escapeUnprintable(call.trim()));
}

/** Returns a text unchanged, undefined as an empty text, anything else as JSON. */
export function toText(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
