/** get-job and get-fielding-runs: what they read, and how often. */
import { expect, test } from '@jest/globals';
import { fieldingRunsPath, jobPath } from '../../api/paths.ts';
import { storeJobOf, unavailable } from '../rigs/wiring/jobs.ts';
import type { WiringRig } from '../rigs/wiring/rig.ts';
import { anId } from '../support/builders.ts';
import { aProject } from '../support/e2e.ts';

export function describeReads(rig: WiringRig): void {
  const { recording } = rig;

  test.concurrent('a job is read four times before that fails', async () => {
    const { job } = await storeJobOf(rig, 1, 1);
    const path = jobPath(job, 'resume', job.jobId);
    expect(await rig.get(path)).toMatchObject({ status: 200 });
    rig.dynamoDB.always('GetItem', [job.jobId], unavailable);
    const before = recording.of('GetItem', job.jobId).length;
    expect(await rig.get(path)).toMatchObject({ status: 500 });
    expect(recording.of('GetItem', job.jobId)).toHaveLength(before + 4);
  });

  test.concurrent('a target group is read four times before that fails', async () => {
    const { tenant, ids } = await aProject(rig.behind, [{}]);
    const [id = ''] = ids;
    const path = fieldingRunsPath(tenant, id);
    expect(await rig.get(path)).toMatchObject({ status: 200 });
    rig.dynamoDB.always('GetItem', [tenant.projectId], unavailable);
    const before = recording.of('GetItem', tenant.projectId).length;
    expect(await rig.get(path)).toMatchObject({ status: 500 });
    expect(recording.of('GetItem', tenant.projectId)).toHaveLength(before + 4);
  });

  test.concurrent('a job is not there any more when its retention is over', async () => {
    const { job } = await storeJobOf(rig, 1, 1);
    expect(await rig.get(jobPath(job, 'resume', anId('J')))).toMatchObject({ status: 404 });
    expect(await rig.get(jobPath(job, 'pause', job.jobId))).toMatchObject({ status: 404 });
  });
}
