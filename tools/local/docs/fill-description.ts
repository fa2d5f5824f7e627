/**
 * Fills the description for the API pages: the servers with the base path, and the examples, which become the
 * forms, from the stack's data.
 */
import { type Document, parseDocument } from 'yaml';
import { z } from 'zod';
import type { Sample } from '../data/sample.ts';

const pathsShape = z.record(z.string(), z.record(z.string(), z.unknown()));

/**
 * Returns the description with the base path before the paths of its servers, and the sample's account,
 * project and target groups in the parameters and bodies of requests. The recorded answers stay as they are.
 */
export function fillDescription(description: string, basePath: string, sample?: Sample): string {
  const document = parseDocument(description);
  const { servers } = z.object({ servers: z.array(z.object({ url: z.string() })) }).parse(document.toJS());
  for (const [index, { url }] of servers.entries()) {
    document.setIn(['servers', index, 'url'], basePath + url.replace(/\/$/, '') || '/');
  }
  if (sample !== undefined) fillExamples(document, sample);
  return document.toString();
}

function fillExamples(document: Document, { tenant, targetGroupIds }: Sample): void {
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
}
