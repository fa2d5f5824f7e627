/**
 * Finds misspelt configuration keys in the CDK context. CDK and other apps share the context, so an unknown
 * key is no error by itself. But one that is nearly a key of ours would be a setting without effect.
 */

/** Maximum number of letters (missing, extra or wrong) by which a misspelt key differs from a known one. */
const MAX_SLIPS = 2;

/** A third of a key's letters at most: `dev`, of another app, is no misspelt `env`. */
const MAX_SHARE = 1 / 3;

/** What a key may end with that says only in which form it names something. */
const FORM = /(Arn|Ids?|Url|Name)$/;

/**
 * Finds the keys that are not in `known` but close to one: equal except for case and separators, or up to two
 * letters different, one if the known key has fewer than six. Or they name the same in another form:
 * `kmsKeyId` for `kmsKeyArn`.
 * @returns each such key with the known key that is closest
 */
export function findNearMisses(
  keys: readonly string[],
  known: readonly string[],
): { key: string; meant: string }[] {
  return keys
    .filter((key) => !known.includes(key) && /^[\w.-]+$/.test(key))
    .flatMap((key) => {
      const distances = known.map((meant) => ({
        meant,
        slips: namesTheSame(key, meant) ? 0 : countSlips(normalizeKey(key), normalizeKey(meant)),
      }));
      const closest = distances.reduce((best, next) => (next.slips < best.slips ? next : best));
      return closest.slips <= Math.min(MAX_SLIPS, closest.meant.length * MAX_SHARE)
        ? [{ key, meant: closest.meant }]
        : [];
    });
}

/** Whether two keys differ only in the form. A single word, like `domain`, may be a key of another app. */
function namesTheSame(key: string, meant: string): boolean {
  const named = meant.replace(FORM, '');
  if (!/[a-z][A-Z]/.test(named)) return false;
  const forms = ['', 'arn', 'id', 'ids', 'url', 'name'];
  return forms.some((form) => normalizeKey(key) === normalizeKey(named) + form);
}

function normalizeKey(key: string): string {
  return key.replaceAll(/[^A-Za-z0-9]/g, '').toLowerCase();
}

/** Computes the Levenshtein distance of two words. */
function countSlips(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [i, letter] of Array.from(one).entries()) {
    const next = [i + 1];
    for (const [j, otherLetter] of Array.from(other).entries()) {
      const replaced = getDistance(row, j) + (letter === otherLetter ? 0 : 1);
      next.push(Math.min(replaced, getDistance(row, j + 1) + 1, getDistance(next, j) + 1));
    }
    row = next;
  }
  return getDistance(row, other.length);
}

function getDistance(row: readonly number[], index: number): number {
  return row[index] ?? Infinity;
}
