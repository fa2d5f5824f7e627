/** get-job and get-fielding-runs: what they read, and how often. */
import { expect, test } from '@jest/globals';
import type { JobBody } from '../../api/answers.ts';
import { makeFieldingRunsPath, makeJobPath } from '../../api/paths.ts';
import { storeJobOfSize, refuseForNow } from '../rigs/wiring/jobs.ts';
import type { WiringRig } from '../rigs/wiring/rig.ts';
import { anId } from '../support/builders.ts';
import { aProject } from '../support/e2e.ts';
import { waitUntil } from '../support/wait-until.ts';

export function describeReads(rig: WiringRig): void {
  const { recording } = rig;

  test.concurrent('a job is read four times before that fails', async () => {
    const { job } = await storeJobOfSize(rig, 1, 1);
    const path = makeJobPath(job, 'resume', job.jobId);
    expect(await rig.sendGet(path)).toMatchObject({ status: 200 });
    rig.dynamoDB.interceptAll('GetItem', [job.jobId], refuseForNow);
    const before = recording.listCalls('GetItem', job.jobId).length;
    expect(await rig.sendGet(path)).toMatchObject({ status: 500 });
    expect(recording.listCalls('GetItem', job.jobId)).toHaveLength(before + 4);
  });

  test.concurrent('a target group is read four times before that fails', async () => {
    const { tenant, ids } = await aProject(rig.unobserved, [{}]);
    const [id = ''] = ids;
    const path = makeFieldingRunsPath(tenant, id);
    expect(await rig.sendGet(path)).toMatchObject({ status: 200 });
    rig.dynamoDB.interceptAll('GetItem', [tenant.projectId], refuseForNow);
    const before = recording.listCalls('GetItem', tenant.projectId).length;
    expect(await rig.sendGet(path)).toMatchObject({ status: 500 });
    expect(recording.listCalls('GetItem', tenant.projectId)).toHaveLength(before + 4);
  });

  test.concurrent('a job is not there under another id or another action', async () => {
    const { job } = await storeJobOfSize(rig, 1, 1);
    expect(await rig.sendGet(makeJobPath(job, 'resume', anId('J')))).toMatchObject({ status: 404 });
    expect(await rig.sendGet(makeJobPath(job, 'pause', job.jobId))).toMatchObject({ status: 404 });
  });

  test.concurrent(
    'what was written before is seen: every read of an item or of results is consistent',
    async () => {
      const { tenant, ids } = await aProject(rig.unobserved, [{}]);
      const jobId = await rig.createJob(tenant, ids);
      await waitUntil(async () => {
        const answer = await rig.sendGet(makeJobPath(tenant, 'resume', jobId));
        const { status } = (await answer.json()) as JobBody;
        return status === 'Completed';
      });
      const results = recording.listCalls('Query', jobId, 'begins_with');
      expect(results.length).toBeGreaterThan(0);
      const items = recording.listCalls('GetItem');
      expect(items.length).toBeGreaterThan(0);
      for (const { input } of [...results, ...items]) expect(input.ConsistentRead).toBe(true);
    },
  );
}
