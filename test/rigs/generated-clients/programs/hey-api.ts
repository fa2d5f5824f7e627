/** Creates and follows a job with the client that @hey-api/openapi-ts makes. */
import {
  createResumeJob,
  getFieldingRuns,
  getResumeJob,
} from '../../../../.cache/generated-clients/hey-api/index.ts';
import { client } from '../../../../.cache/generated-clients/hey-api/client.gen.ts';
import { type Report, readSettings } from './settings.ts';

const { url, token, path, ids, key } = readSettings();
client.setConfig({ baseUrl: url, auth: token });

const headers = { 'Idempotency-Key': key };
const created = await createResumeJob({ path, headers, body: { target_group_ids: ids } });
const job_id = created.response?.headers.get('location')?.split('/').at(-1) ?? '';

const follow = () => getResumeJob({ path: { ...path, job_id } });
let answer = await follow();
while (answer.data?.status === 'Processing') {
  await new Promise((resolve) => setTimeout(resolve, 200));
  answer = await follow();
}
const { data: job } = answer;
if (job === undefined) throw new Error(`the job answers ${JSON.stringify(answer.error)}`);

const [target_group_id = ''] = ids;
const runs = await getFieldingRuns({ path: { ...path, target_group_id } });
const refused = await createResumeJob({ path, headers, body: { target_group_ids: ['x'] } });
const unknown = await getResumeJob({ path: { ...path, job_id: '0'.repeat(26) } });
const { error } = refused;

const report: Report = {
  created: created.response?.status,
  status: job.status,
  updated: job.updated_target_groups.data.map((each) => each.target_group_id),
  failed: job.failed_target_groups.data.map((each) => each.failure_reason.code),
  run: runs.data?.data[0]?.status,
  faults: error && 'invalid_params' in error ? error.invalid_params.map(({ name }) => name) : [],
  unknown: unknown.error && 'object' in unknown.error ? unknown.error.object : undefined,
};
console.log(JSON.stringify(report));
