/** Reads the custom domain of a template, and puts the address of the local stack in its place. */
import { z } from 'zod';
import { UnsupportedTemplateError } from '../template-errors.ts';
import type { References } from './intrinsics.ts';
import { findResources, readProperties, type Template } from './template.ts';

const domainShape = z.object({ DomainName: z.string() });

const mappingShape = z.object({
  ApiId: z.string(),
  ApiMappingKey: z.string().default(''),
  DomainName: z.string(),
  Stage: z.literal('$default'),
});

export interface Address {
  /** `https://<domain>`; undefined without a custom domain. */
  readonly origin: string | undefined;
  /** What stands before the path of a route: `/jobs`, or nothing. */
  readonly basePath: string;
}

/** @throws UnsupportedTemplateError for several domains, or a domain without a mapping */
export function readAddress(template: Template, references: References): Address {
  const domains = findResources(template, 'AWS::ApiGatewayV2::DomainName').map((resource) =>
    readProperties(resource, references, domainShape, ['DomainNameConfigurations', 'Tags']),
  );
  const mappings = findResources(template, 'AWS::ApiGatewayV2::ApiMapping').map((resource) =>
    readProperties(resource, references, mappingShape),
  );
  const [domain, ...others] = domains;
  const [mapping] = mappings;
  if (others.length > 0 || mappings.length !== domains.length) {
    throw new UnsupportedTemplateError(
      `${domains.length} custom domains with ${mappings.length} mappings: the local stack serves one with one`,
    );
  }
  if (domain === undefined || mapping === undefined) return { origin: undefined, basePath: '' };
  const { ApiMappingKey: key } = mapping;
  return { origin: `https://${domain.DomainName}`, basePath: key === '' ? '' : `/${key}` };
}

/**
 * Replaces the custom domain in values that are the base URL of the API. Nobody serves the domain here, so a
 * client could not follow a `Location` that has it. An issuer may have the same domain, and keeps it.
 * @param url of the local gateway
 */
export function replaceDomain(
  values: Readonly<Record<string, string>>,
  { origin, basePath }: Address,
  url: string,
): Record<string, string> {
  if (origin === undefined) return { ...values };
  const replace = (value: string) => (value === origin + basePath ? url + basePath : value);
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, replace(value)]));
}
