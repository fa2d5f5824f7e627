/** Reads fields of a log line by the names that Logs Insights gives them. */

export type LogLine = Readonly<Record<string, unknown>>;

/** Returns the value of a field, whose name is a path with dots; undefined if the line has no such field. */
export function readField(line: LogLine, field: string): unknown {
  let value: unknown = line;
  for (const part of field.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = new Map<string, unknown>(Object.entries(value)).get(part);
  }
  return value;
}
