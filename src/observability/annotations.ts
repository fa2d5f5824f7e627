/** What a trace segment can be found by. */
import type { Subject } from '../ports/journal.ts';
import type { Annotations } from './xray.ts';

/** Whom and what a report is about, under the names that the log lines have. */
export function subjectAnnotations({ accountId, projectId, action, jobId, chunk }: Subject): Annotations {
  return { account_id: accountId, project_id: projectId, action, job_id: jobId, chunk };
}
