/** The responses about a job: its location after its creation, and its status. */
import type { JobBody } from '../../api/answers.ts';
import { IDEMPOTENT_REPLAYED, JOB_PROGRESS } from '../../api/header-names.ts';
import { makeJobPath } from '../../api/paths.ts';
import type { Action } from '../domain/actions.ts';
import type { Tenant } from '../domain/ids.ts';
import { type Job, countSettledTargetGroups, deriveStatus } from '../domain/job.ts';
import type { Outcome } from '../domain/outcome.ts';
import { type ApiResponse, makeJsonResponse } from './message.ts';

type ListedTargetGroup<List extends 'updated_target_groups' | 'failed_target_groups'> =
  JobBody[List]['data'][number];

/**
 * @param replayed whether the job existed before this call
 * @param baseUrl of the API on its custom domain; without it, `location` is relative. It is not stored with
 *   the job, so that the address is right after a change of the domain, too (ADR 41)
 */
export function makeCreatedResponse(
  tenant: Tenant,
  action: Action,
  { jobId, replayed }: { readonly jobId: string; readonly replayed: boolean },
  baseUrl = '',
): ApiResponse {
  const location = baseUrl + makeJobPath(tenant, action, jobId);
  return { statusCode: 201, headers: { location, ...(replayed && { [IDEMPOTENT_REPLAYED]: 'true' }) } };
}

/** @param outcomes of all target groups in the order of their ids; none while the job is open */
export function makeJobResponse(job: Job, outcomes: readonly Outcome[]): ApiResponse {
  const updated: ListedTargetGroup<'updated_target_groups'>[] = [];
  const failed: ListedTargetGroup<'failed_target_groups'>[] = [];
  for (const { targetGroupId, failure } of outcomes) {
    if (failure === undefined) updated.push({ target_group_id: targetGroupId });
    else failed.push({ target_group_id: targetGroupId, failure_reason: failure });
  }
  const body: JobBody = {
    job_id: job.jobId,
    created_at: job.createdAt,
    created_by: job.createdBy,
    status: deriveStatus(job),
    updated_target_groups: { data: updated, has_more: false },
    failed_target_groups: { data: failed, has_more: false },
  };
  return makeJsonResponse(200, body, { [JOB_PROGRESS]: `${countSettledTargetGroups(job)}/${job.total}` });
}
