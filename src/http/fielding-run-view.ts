/** A fielding run as its route answers it. */
import type { TargetGroup } from '../domain/target-group.ts';
import { type ApiResponse, jsonResponse } from './message.ts';

export function fieldingRunsResponse(group: TargetGroup): ApiResponse {
  const run = {
    id: group.fieldingRunId,
    status: group.status,
    start_fielding_at: group.startFieldingAt,
    end_fielding_at: group.endFieldingAt,
    version: group.version,
    last_changed_at: group.lastChangedAt,
    last_changed_by: group.lastChangedBy,
  };
  return jsonResponse(200, { data: [run], has_more: false });
}
