/** Texts of others, made fit to be shown: on one line, without control characters, short. */

/** Neither a line break nor an escape sequence reaches the terminal. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, ' ');
}

/** What was found, in quotes, for a message about it. */
export function shown(found: unknown): string {
  if (found === undefined || found === '') return 'nothing';
  const text = printable(JSON.stringify(found));
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
