/** Reads a saved query of Logs Insights: the log fields that it names, and the lines that it selects. */
import { z } from 'zod';
import { parseFilter } from './line-filter.ts';
import type { LogLine } from './logged-line.ts';

export interface SavedQuery {
  readonly name: string;
  readonly logGroups: readonly string[];
  /** Fields of the log, without those that Insights adds and those that the query defines. */
  readonly fields: readonly string[];
  /** @param raw the line as it was written */
  readonly selects: (line: LogLine, raw: string) => boolean;
}

const shape = z.object({
  Name: z.string(),
  QueryString: z.string(),
  LogGroupNames: z.array(z.string()).min(1),
});

/** The known commands, each with whether it names fields. */
const COMMANDS: ReadonlyMap<string, boolean> = new Map([
  ['fields', true],
  ['display', true],
  ['filter', true],
  ['stats', true],
  ['sort', true],
  ['parse', true],
  ['dedup', true],
  ['limit', false],
]);

const WORDS = new Set(['and', 'or', 'not', 'in', 'like', 'as', 'by', 'asc', 'desc']);

/** Fields that Insights adds to every line. */
const ADDED = /^@(timestamp|message|log|logStream|ingestionTime)$/;

/**
 * Reads a query.
 *
 * @param properties of an AWS::Logs::QueryDefinition, all references resolved
 * @throws ZodError, or Error for a command that is not known here
 */
export function readQuery(properties: unknown): SavedQuery {
  const { Name, QueryString, LogGroupNames } = shape.parse(properties);
  const filters = splitCommands(QueryString)
    .filter(({ name }) => name === 'filter')
    .map(({ rest }) => parseFilter(rest));
  return {
    name: Name,
    logGroups: LogGroupNames,
    fields: listFields(QueryString),
    selects: (line, raw) => filters.every((filter) => filter(line, raw)),
  };
}

/**
 * Lists the log fields that a query names, each once, in the query's order.
 *
 * @throws Error for a command that is not known here
 */
export function listFields(query: string): string[] {
  const fields: string[] = [];
  const defined = new Set<string>();
  for (const { name, rest } of splitCommands(query)) {
    if (COMMANDS.get(name) !== true) continue;
    const bare = rest.replaceAll(/"[^"]*"|'[^']*'/g, ' ').replaceAll(/\/(?:[^/\\]|\\.)+\/(?=[\s)i]|$)/g, ' ');
    // `as` defines one name; after `parse` it defines a comma-separated list of names.
    for (const [, names = ''] of bare.matchAll(/\bas\s+(@?\w+(?:\s*,\s*@?\w+)*)/g)) {
      for (const given of name === 'parse' ? names.split(',') : [names.split(',')[0] ?? '']) {
        defined.add(given.trim());
      }
    }
    const words = bare.replaceAll(/`([^`]+)`/g, ' $1 ').matchAll(/(?<![\w.])(@?[A-Za-z_][\w.]*)(\s*\()?/g);
    for (const [, word = '', call] of words) {
      if (call === undefined && !WORDS.has(word)) fields.push(word);
    }
  }
  return [...new Set(fields)].filter((field) => !defined.has(field) && !ADDED.test(field));
}

function splitCommands(query: string): { name: string; rest: string }[] {
  // Only a bar at the start of a line separates commands: patterns can contain bars as well.
  return query.split(/\n\s*\|\s*/).map((command) => {
    const [, name = '', rest = ''] = /^(\w+)\s+(.*)$/s.exec(command.trim()) ?? [];
    if (!COMMANDS.has(name)) throw new Error(`the command ${name} is not known here: ${command}`);
    return { name, rest };
  });
}
