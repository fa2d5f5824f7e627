/** Counts the open jobs and measures the age of the oldest one, which shows a job that does not end. */
import type { Clock } from '../ports/clock.ts';
import type { Journal } from '../ports/journal.ts';
import type { DueJob, OpenJobs } from '../ports/open-jobs.ts';

/** Jobs per page: about what fits into one answer of DynamoDB (1 MB), at some 200 bytes each. */
const PAGE_SIZE = 5_000;
/** Most pages per run: 100,000 jobs at most are counted, so that a huge backlog takes only seconds. */
const MAX_PAGES = 20;

export interface CountOpenJobsDeps {
  readonly openJobs: OpenJobs;
  readonly clock: Clock;
  readonly journal: Journal;
}

/**
 * Reports the number of open jobs and the age of the oldest one to the journal. Never throws, because
 * reconcile does its work without the count too.
 *
 * @param mayGoOn whether there is time for another page
 */
export async function countOpenJobs(
  { openJobs, clock, journal }: CountOpenJobsDeps,
  mayGoOn: () => boolean,
): Promise<void> {
  try {
    const now = clock.now();
    let count = 0;
    let oldest = now;
    let next: DueJob | undefined;
    let pages = 0;
    do {
      const page = await openJobs.count(PAGE_SIZE, next);
      count += page.count;
      if (page.oldestCreatedAt !== undefined) oldest = Math.min(oldest, Date.parse(page.oldestCreatedAt));
      next = page.next;
      pages += 1;
    } while (next !== undefined && pages < MAX_PAGES && mayGoOn());
    journal.note({
      event: 'open-jobs.counted',
      count,
      oldestSeconds: Math.floor((now - oldest) / 1000),
      complete: next === undefined,
    });
  } catch (cause) {
    journal.note({ event: 'open-jobs.not-counted', cause });
  }
}
