/** Creates and follows a job with the types that openapi-typescript makes, and its own client for them. */
import createClient from 'openapi-fetch';
import type { paths } from '../../../../.cache/generated-clients/openapi-typescript.ts';
import { type Report, readSettings } from './settings.ts';

const { url, token, path, ids, key } = readSettings();
const client = createClient<paths>({ baseUrl: url, headers: { authorization: `Bearer ${token}` } });

const CREATE =
  '/demand/accounts/{account_id}/projects/{project_id}/batch-jobs/resume-fielding-runs-by-target-group-id';
const JOB = '/demand/accounts/{account_id}/projects/{project_id}/batch-jobs/resume/{job_id}';
const RUNS =
  '/demand/accounts/{account_id}/projects/{project_id}/target-groups/{target_group_id}/fielding-runs';

const header = { 'Idempotency-Key': key };
const created = await client.POST(CREATE, { params: { path, header }, body: { target_group_ids: ids } });
const job_id = created.response.headers.get('location')?.split('/').at(-1) ?? '';

const follow = () => client.GET(JOB, { params: { path: { ...path, job_id } } });
let answer = await follow();
while (answer.data?.status === 'Processing') {
  await new Promise((resolve) => setTimeout(resolve, 200));
  answer = await follow();
}
const { data: job } = answer;
if (job === undefined) throw new Error(`the job answers ${JSON.stringify(answer.error)}`);

const [target_group_id = ''] = ids;
const runs = await client.GET(RUNS, { params: { path: { ...path, target_group_id } } });
const refused = await client.POST(CREATE, { params: { path, header }, body: { target_group_ids: ['x'] } });
const unknown = await client.GET(JOB, { params: { path: { ...path, job_id: '0'.repeat(26) } } });
const { error } = refused;

const report: Report = {
  created: created.response.status,
  status: job.status,
  updated: job.updated_target_groups.data.map((each) => each.target_group_id),
  failed: job.failed_target_groups.data.map((each) => each.failure_reason.code),
  run: runs.data?.data[0]?.status,
  faults: error && 'invalid_params' in error ? error.invalid_params.map(({ name }) => name) : [],
  unknown: unknown.error && 'object' in unknown.error ? unknown.error.object : undefined,
};
console.log(JSON.stringify(report));
