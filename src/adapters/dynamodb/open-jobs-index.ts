/** Names of the sparse index of open jobs, shared by the table's definition and the code that queries it. */

export const OPEN_JOBS_INDEX = 'open-jobs';

/** Partition key of the index: an attribute that only open jobs have. Its value is its own name. */
export const OPEN = 'open';
