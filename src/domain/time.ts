/** The one form in which times are stored and answered. */

/** Epoch milliseconds to RFC 3339, UTC, milliseconds, `Z`. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString();
}
