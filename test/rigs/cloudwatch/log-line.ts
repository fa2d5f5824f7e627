/** A line of a function's log, and how Insights names what is in it. */

export type LogLine = Readonly<Record<string, unknown>>;

/** The value of a field, a path with dots, in a line; undefined where the line has none. */
export function valueOf(line: LogLine, field: string): unknown {
  let value: unknown = line;
  for (const part of field.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = new Map<string, unknown>(Object.entries(value)).get(part);
  }
  return value;
}
