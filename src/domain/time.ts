/** The one text form of times. */

/** Formats epoch milliseconds as RFC 3339 in UTC, with milliseconds and `Z`. */
export function formatTimestamp(ms: number): string {
  return new Date(ms).toISOString();
}
