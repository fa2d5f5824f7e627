/** Reads docs/openapi.yaml, and declares the types of the parts that tests use. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { REQUIRED_SCOPE } from '../../../api/openapi/operations.ts';

export const DESCRIPTION_FILE = join(import.meta.dirname, '../../../docs/openapi.yaml');

export interface Reference {
  readonly $ref: string;
}

export type Schema = Readonly<Record<string, unknown>>;

export interface Header {
  readonly required?: boolean;
  readonly schema: Schema;
}

export interface Parameter extends Header {
  readonly name: string;
  readonly in: 'path' | 'header';
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>;

export interface Response {
  readonly headers?: Readonly<Record<string, Header | Reference>>;
  readonly content?: Content;
}

export type Responses = Readonly<Record<string, Response | Reference>>;

export interface Operation {
  readonly operationId: string;
  readonly parameters: readonly (Parameter | Reference)[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Responses;
  readonly [REQUIRED_SCOPE]: string;
}

interface PathItem {
  readonly parameters: readonly (Parameter | Reference)[];
  readonly get?: Operation;
  readonly post?: Operation;
}

export interface Document {
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

export function readDescription(): Document {
  return parse(readFileSync(DESCRIPTION_FILE, 'utf8')) as Document;
}

/** Follows a reference within the document. @throws Error if it leads nowhere */
export function resolve<T extends object>(document: Document, value: T | Reference): T {
  if (!('$ref' in value)) return value;
  let found: unknown = document;
  for (const name of value.$ref.slice(2).split('/')) found = (found as Record<string, unknown>)[name];
  if (found === undefined) throw new Error(`${value.$ref} leads nowhere`);
  return found as T;
}
