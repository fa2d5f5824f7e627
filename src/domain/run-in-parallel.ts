/** Bounded parallelism: a chunk of hundreds of target groups must not send hundreds of requests at once. */

/**
 * Runs `work` on the items in their order, at most `limit` at a time, and waits until all calls have ended.
 * Starts no further item once `mayGoOn` returns false.
 *
 * @throws the first error of `work`, after the calls in progress have ended
 */
export async function runInParallel<T>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<void>,
  mayGoOn: () => boolean = () => true,
): Promise<void> {
  let next = 0;
  const runLane = async () => {
    while (next < items.length && mayGoOn()) {
      const item = items[next] as T;
      next += 1;
      await work(item);
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, runLane));
  const failedLane = lanes.find((result) => result.status === 'rejected');
  if (failedLane !== undefined) throw failedLane.reason;
}
