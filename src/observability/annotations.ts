/** The annotations by which trace segments can be found. */
import type { Subject } from '../ports/journal.ts';

/** Undefined ones are left out. X-Ray indexes 50 of a trace; their names are letters, digits and `_`. */
export type Annotations = Readonly<Record<string, string | number | undefined>>;

/** Makes annotations of the subject of a report, with the same names as in log lines. */
export function makeSubjectAnnotations({ accountId, projectId, action, jobId, chunk }: Subject): Annotations {
  return { account_id: accountId, project_id: projectId, action, job_id: jobId, chunk };
}
