/** The response with the fielding run of a target group. */
import type { FieldingRunsBody } from '../../api/answers.ts';
import type { TargetGroup } from '../domain/target-group.ts';
import { type ApiResponse, makeJsonResponse } from './message.ts';

export function makeFieldingRunsResponse(group: TargetGroup): ApiResponse {
  const run: FieldingRunsBody['data'][number] = {
    id: group.fieldingRunId,
    status: group.status,
    start_fielding_at: group.startFieldingAt,
    end_fielding_at: group.endFieldingAt,
    version: group.version,
    last_changed_at: group.lastChangedAt,
    last_changed_by: group.lastChangedBy,
  };
  const body: FieldingRunsBody = { data: [run], has_more: false };
  return makeJsonResponse(200, body);
}
