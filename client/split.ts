/** Cuts a set of target groups into the parts that become one job each. */
import { createHash } from 'node:crypto';

/**
 * The same set gives the same parts, in whatever order and however often its ids are given. The parts are as equal as
 * they can be, and as few as the limit allows.
 *
 * Which id goes to which part depends on the whole set: the ids are ordered by a digest of the set and the id. In the
 * order of the ids themselves, a set that has only grown would share its first parts with the old one, and the API would
 * take its key for the same request, then create jobs for the rest. So each part, the first above all, stands for the
 * whole set: with one id more or less it is another set of ids, and the API refuses it under a key that was used.
 *
 * @param maxPerPart at least 1
 * @returns no parts for no ids; within a part the ids are sorted
 */
export function split(ids: Iterable<string>, maxPerPart: number): string[][] {
  const distinct = [...new Set(ids)].sort();
  const count = Math.ceil(distinct.length / maxPerPart);
  if (count <= 1) return count === 0 ? [] : [distinct];
  const ordered = orderOfSet(distinct);
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

/** @param sorted of one length each, so that joining them is unambiguous */
function orderOfSet(sorted: readonly string[]): string[] {
  const whole = createHash('sha256').update(sorted.join(',')).digest();
  return sorted
    .map((id) => ({ id, rank: createHash('sha256').update(whole).update(id).digest('hex') }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
    .map(({ id }) => id);
}
