/** Fills the examples of the description, which become the forms of the API pages, from the stack's data. */
import { parseDocument } from 'yaml';
import { z } from 'zod';
import type { Sample } from '../data/sample.ts';

const pathsShape = z.record(z.string(), z.record(z.string(), z.unknown()));

/**
 * Returns the description with the sample's account, project and target groups in the parameters and bodies
 * of requests. The recorded answers stay as they are.
 */
export function fillExamples(description: string, { tenant, targetGroupIds }: Sample): string {
  const document = parseDocument(description);
  const fillParameter = (name: string, value: unknown) => {
    document.setIn(['components', 'parameters', name, 'example'], value);
  };
  fillParameter('AccountId', tenant.accountId);
  fillParameter('ProjectId', tenant.projectId);
  fillParameter('TargetGroupId', targetGroupIds[0]);
  const body = ['post', 'requestBody', 'content', 'application/json', 'example', 'target_group_ids'];
  const { paths } = z.object({ paths: pathsShape }).parse(document.toJS());
  for (const [path, operations] of Object.entries(paths)) {
    if ('post' in operations) document.setIn(['paths', path, ...body], targetGroupIds);
  }
  return document.toString();
}
