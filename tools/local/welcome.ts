/** What is printed once the stack serves: where, and commands to paste. */
import { randomBytes } from 'node:crypto';
import { deriveJobId } from '../../src/domain/digest.ts';
import { makeCollectionPath, makeJobPath, makeProjectPath } from '../../api/paths.ts';
import type { Sample } from './data/sample.ts';

const ACTION = 'resume';

/**
 * A line that starts with `ready`, the addresses of the pages, and, if there is a sample, commands for a
 * second terminal: one sets a token and an address, one creates a job and one follows it. Between them are
 * blank lines, and no line is longer than 100 columns.
 * @param foreignIssuer the issuer, if the stack refuses tokens of the local one: the user has to set a token
 */
export function formatWelcome(
  { url, apiUrl }: { readonly url: string; readonly apiUrl: string },
  sample: Sample | undefined,
  foreignIssuer?: string,
): string {
  const pages = `ready ${url}\n\nstatus page: ${url}/_local\nAPI pages:   ${url}/docs\n`;
  if (sample === undefined) return `${pages}\n`;
  const { tenant, targetGroupIds } = sample;
  const idempotencyKey = `example-${randomBytes(6).toString('hex')}`;
  const jobId = deriveJobId({ ...tenant, action: ACTION, idempotencyKey });
  const project = makeProjectPath(tenant);
  const inProject = (path: string) => `"$PROJECT${path.slice(project.length)}"`;
  const token =
    foreignIssuer === undefined
      ? `TOKEN=$(npm run --silent token -- --account ${tenant.accountId})`
      : `# with TOKEN set to a token for account ${tenant.accountId}, of the issuer\n# ${foreignIssuer}`;
  return `${pages}
To create a job and to follow it, in a second terminal in this folder:

${token}
PROJECT=${apiUrl}${project}

curl -i -X POST ${inProject(makeCollectionPath(tenant, ACTION))} \\
  -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
  -H 'Idempotency-Key: ${idempotencyKey}' \\
  -d '{"target_group_ids":[
    ${targetGroupIds.map((id) => JSON.stringify(id)).join(',')}]}'

curl -i ${inProject(makeJobPath(tenant, ACTION, jobId))} -H "Authorization: Bearer $TOKEN"

`;
}
