/**
 * Makes texts of clients and files safe for a terminal: one short line, without control or direction marks.
 */

/** Control characters, separators of lines and paragraphs, and marks that change the direction of writing. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/** Replaces each unprintable character by a space. */
export function replaceUnprintable(text: string): string {
  return text.replace(UNPRINTABLE, ' ');
}

/**
 * Escapes each unprintable character as JSON does, so that a log shows which characters the text contained.
 */
export function escapeUnprintable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const escaped = JSON.stringify(character).slice(1, -1);
    if (escaped !== character) return escaped;
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** Cuts a text after its first `most` characters. */
export function shorten(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

/** Returns a short printable form of a text, for an error message. */
export function makeExcerpt(text: string): string {
  return shorten(replaceUnprintable(text), 60);
}

/** Characters that show nothing: https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}]/gu;

/**
 * Returns a value as a short JSON text for an error message, or `nothing` for an absent or empty one.
 * Invisible characters are escaped, because they may be all that is wrong.
 */
export function quoteExcerpt(found: unknown): string {
  if (found === undefined || found === '') return 'nothing';
  const escape = (character: string) =>
    character.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return makeExcerpt(JSON.stringify(found).replace(INVISIBLE, escape));
}
