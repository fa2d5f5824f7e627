/** The responses about a job: its location after its creation, and its status. */
import type { JobBody } from '../../api/answers.ts';
import { IDEMPOTENT_REPLAYED, JOB_PROGRESS } from '../../api/header-names.ts';
import { jobPath } from '../../api/paths.ts';
import type { Action } from '../domain/actions.ts';
import type { Tenant } from '../domain/ids.ts';
import { type Job, settledTargetGroups, statusOf } from '../domain/job.ts';
import type { Outcome } from '../domain/outcome.ts';
import { type ApiResponse, jsonResponse } from './message.ts';

type Listed<List extends 'updated_target_groups' | 'failed_target_groups'> = JobBody[List]['data'][number];

/** @param replayed whether the job existed before this call */
export function createdResponse(
  tenant: Tenant,
  action: Action,
  { jobId, replayed }: { readonly jobId: string; readonly replayed: boolean },
): ApiResponse {
  const location = jobPath(tenant, action, jobId);
  return { statusCode: 201, headers: { location, ...(replayed && { [IDEMPOTENT_REPLAYED]: 'true' }) } };
}

/** @param outcomes of all target groups in the order of their ids; none while the job is open */
export function jobResponse(job: Job, outcomes: readonly Outcome[]): ApiResponse {
  const updated: Listed<'updated_target_groups'>[] = [];
  const failed: Listed<'failed_target_groups'>[] = [];
  for (const { targetGroupId, failure } of outcomes) {
    if (failure === undefined) updated.push({ target_group_id: targetGroupId });
    else failed.push({ target_group_id: targetGroupId, failure_reason: failure });
  }
  const body: JobBody = {
    job_id: job.jobId,
    created_at: job.createdAt,
    created_by: job.createdBy,
    status: statusOf(job),
    updated_target_groups: { data: updated, has_more: false },
    failed_target_groups: { data: failed, has_more: false },
  };
  return jsonResponse(200, body, { [JOB_PROGRESS]: `${settledTargetGroups(job)}/${job.total}` });
}
