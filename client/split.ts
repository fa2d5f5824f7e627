/** Splits a set of target groups into parts, one for each job (ADR 26). */
import { createHash } from 'node:crypto';

/**
 * Splits ids into as few parts as the limit allows, of sizes that differ by one at most. The same set gives
 * the same parts, whatever the order and the duplicates of its ids.
 *
 * Which id goes to which part depends on the whole set, because the ids are ordered by a digest of the set
 * and the id. In the order of the ids, a set that has grown could begin with the parts of the old set: the
 * API would answer these as replays and create jobs for the rest. So each part of a changed set is another
 * set of ids, and the API refuses it under a used key.
 *
 * @param maxPerPart maximum number of ids in a part, at least 1
 * @returns no parts for no ids; the ids of a part are sorted
 */
export function splitIds(ids: Iterable<string>, maxPerPart: number): string[][] {
  const distinct = [...new Set(ids)].sort();
  const count = Math.ceil(distinct.length / maxPerPart);
  if (count <= 1) return count === 0 ? [] : [distinct];
  const ordered = orderBySetDigest(distinct);
  const smaller = Math.floor(distinct.length / count);
  const larger = distinct.length % count;
  const parts: string[][] = [];
  let from = 0;
  for (let part = 0; part < count; part += 1) {
    const to = from + smaller + (part < larger ? 1 : 0);
    parts.push(ordered.slice(from, to).sort());
    from = to;
  }
  return parts;
}

/**
 * Orders ids by a digest of the whole set and the id.
 * @param sorted ids of the same length, so that no two sets make the same joined text
 */
function orderBySetDigest(sorted: readonly string[]): string[] {
  const whole = createHash('sha256').update(sorted.join(',')).digest();
  return sorted
    .map((id) => ({ id, rank: createHash('sha256').update(whole).update(id).digest('hex') }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
    .map(({ id }) => id);
}
