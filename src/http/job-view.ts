/** A job as its status route answers it. */
import { type Job, settledTargetGroups, statusOf } from '../domain/job.ts';
import type { Outcome } from '../domain/outcome.ts';
import { type ApiResponse, jsonResponse } from './message.ts';

/** @param outcomes of every target group in id order; none while the job runs */
export function jobResponse(job: Job, outcomes: readonly Outcome[]): ApiResponse {
  const updated = [];
  const failed = [];
  for (const { targetGroupId, failure } of outcomes) {
    if (failure === undefined) updated.push({ target_group_id: targetGroupId });
    else failed.push({ target_group_id: targetGroupId, failure_reason: failure });
  }
  const body = {
    job_id: job.jobId,
    created_at: job.createdAt,
    created_by: job.createdBy,
    status: statusOf(job),
    updated_target_groups: { data: updated, has_more: false },
    failed_target_groups: { data: failed, has_more: false },
  };
  return jsonResponse(200, body, { 'x-job-progress': `${settledTargetGroups(job)}/${job.total}` });
}
