/** Bounded parallelism: a chunk of hundreds must not become hundreds of requests at once. */

/**
 * Runs `work` over the items, at most `limit` at a time, in order of the items, and waits for all. Stops
 * taking up items when `mayGoOn` says no.
 *
 * @throws what `work` throws; what was under way is waited for first
 */
export async function inParallel<T>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<void>,
  mayGoOn: () => boolean = () => true,
): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < items.length && mayGoOn()) {
      const item = items[next] as T;
      next += 1;
      await work(item);
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, lane));
  const broken = lanes.find((result) => result.status === 'rejected');
  if (broken !== undefined) throw broken.reason;
}
