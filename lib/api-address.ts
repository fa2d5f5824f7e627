/**
 * The settings of the API's address, and of the web pages that may call it from another origin (ADR 41): the
 * kinds of their values, and what follows from them.
 */
import { z } from 'zod';
import { ROOT } from '../api/paths.ts';
import { optionalArn } from './arns.ts';
import { parseList } from './setting.ts';

const LABEL = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';
const DOMAIN_NAME = new RegExp(`^(?=.{4,253}$)(${LABEL}\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$`);

/**
 * The segments of a path that no client writes in another way. API Gateway allows some other characters, and
 * 300 in all: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-mappings.html
 */
const BASE_PATH = /^(?=.{2,300}$)(\/(?!\.{1,2}(\/|$))[\w.-]+)+$/;

/**
 * The host in the origin of a page. The host of a URL may have other characters, and a dot at its end: it
 * is then a placeholder that nothing has replaced, two origins in one text, or an address that nobody opens.
 */
const PAGE_HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9_-]+(\.[a-z0-9_-]+)*)$/;

/** The host names of this machine, whose pages may be http. */
const LOOPBACK_HOSTNAMES = ['localhost', '127.0.0.1', '[::1]'];

/** Most origins. API Gateway documents no limit of its own. */
const MAX_ORIGINS = 20;

/** The full name of a domain, or nothing. No wildcard: `Location` names one host. */
export function optionalDomainName(description: string) {
  const error = 'the full name of a domain in lower case, like api.example.com, without https:// or *';
  return z.string({ error }).regex(DOMAIN_NAME, { error }).optional().meta({ expected: error, description });
}

/** The ARN of a certificate of ACM, or nothing. */
export function optionalCertificateArn(description: string) {
  return optionalArn(
    'acm',
    'certificate/[\\w-]{1,64}',
    'the ARN of a certificate of ACM, like arn:aws:acm:eu-west-1:123456789012:certificate/…',
    description,
  );
}

/** A path before that of the contract, or nothing. */
export function optionalBasePath(description: string) {
  const error =
    `a path like /jobs or /jobs/v2, of letters, digits and -_., up to 300 characters, without a slash at its end ` +
    `or a segment ${ROOT.slice(1)}`;
  return z
    .string({ error })
    .regex(BASE_PATH, { error })
    .refine((path) => !`${path}/`.includes(`${ROOT}/`), { error })
    .optional()
    .meta({ expected: error, description });
}

/**
 * A list of origins as browsers send them, or nothing: https://datatracker.ietf.org/doc/html/rfc6454#section-6.2.
 * A value that is only similar would be deployed, and match nobody. With a wildcard, every page could call
 * with a token that it got hold of; `null` is the origin of every file and sandboxed frame.
 */
export function optionalOrigins(description: string) {
  const error =
    `1 to ${MAX_ORIGINS} different origins like https://app.example.com, without a path, a slash at the end, * or ` +
    'null; http:// only for this machine';
  const list = z
    .array(z.string({ error }).refine(isOrigin, { error }), { error })
    .min(1, { error })
    .max(MAX_ORIGINS, { error })
    .refine((origins) => new Set(origins).size === origins.length, { error });
  return z.preprocess(parseList, list).optional().meta({ expected: error, description });
}

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { origin, protocol, hostname } = new URL(text);
  if (origin !== text || !PAGE_HOST.test(hostname)) return false;
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK_HOSTNAMES.includes(hostname));
}

interface CustomAddress {
  readonly domainName?: string | undefined;
  readonly basePath?: string | undefined;
}

/** Returns the base URL of the API on its custom domain, without a slash at its end, if it has one. */
export function getCustomBaseUrl({ domainName, basePath }: CustomAddress): string | undefined {
  return domainName === undefined ? undefined : `https://${domainName}${basePath ?? ''}`;
}

/** Makes the variable by which create-job knows the base URL, if the API has a custom domain. */
export function makeAddressEnvironment(address: CustomAddress): { BASE_URL?: string } {
  const baseUrl = getCustomBaseUrl(address);
  return baseUrl === undefined ? {} : { BASE_URL: baseUrl };
}
