/** Texts of others, made fit for a terminal: on one line, short, and without what would move or turn the text around. */

/** Controls, the separators of lines and paragraphs, and the marks that turn the direction of writing. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/** The text with a space for each character that is not to reach a terminal. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, ' ');
}

/** The text with each such character escaped as in JSON: for logs, in which one wants to see what was there. */
export function escapeUnprintable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const escaped = JSON.stringify(character).slice(1, -1);
    if (escaped !== character) return escaped;
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** The text, or the first `most` characters of it. */
export function shorten(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

/** A text that was found, for a message about it. */
export function excerptOf(text: string): string {
  return shorten(printable(text), 60);
}

/** A value that was found, in quotes where it is a text, for a message about it. */
export function shown(found: unknown): string {
  return found === undefined || found === '' ? 'nothing' : excerptOf(JSON.stringify(found));
}
