/** The annotations by which trace segments can be found. */
import type { Subject } from '../ports/journal.ts';
import type { Annotations } from './xray.ts';

/** Makes annotations of the subject of a report, with the same names as in log lines. */
export function makeSubjectAnnotations({ accountId, projectId, action, jobId, chunk }: Subject): Annotations {
  return { account_id: accountId, project_id: projectId, action, job_id: jobId, chunk };
}
