/** The sparse index of the jobs that have not ended: what the table's definition and the code that uses it agree on. */

export const OPEN_JOBS_INDEX = 'open-jobs';

/** Partition key of the index: an attribute that only unfinished jobs have. Its value is its own name. */
export const OPEN = 'open';
