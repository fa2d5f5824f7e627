/** Reads which pages of other origins may call the HTTP API of a template. */
import { z } from 'zod';
import { type References, resolve } from './intrinsics.ts';
import { findResources, type Template } from './template.ts';

const corsShape = z
  .strictObject({
    AllowHeaders: z.array(z.string()),
    AllowMethods: z.array(z.string()),
    // Wildcards are refused by the configuration.
    AllowOrigins: z.array(z.string().regex(/^[^*]+$/, 'an origin without *')),
    ExposeHeaders: z.array(z.string()),
    MaxAge: z.number(),
  })
  .transform(({ AllowHeaders, AllowMethods, AllowOrigins, ExposeHeaders, MaxAge }) => ({
    allowHeaders: AllowHeaders,
    allowMethods: AllowMethods,
    allowOrigins: AllowOrigins,
    exposeHeaders: ExposeHeaders,
    maxAge: MaxAge,
  }));

export type Cors = Readonly<z.output<typeof corsShape>>;

/** @returns undefined when the API answers no pages of other origins */
export function readCors(template: Template, references: References): Cors | undefined {
  const [api] = findResources(template, 'AWS::ApiGatewayV2::Api');
  const given = api?.properties['CorsConfiguration'];
  return given === undefined ? undefined : corsShape.parse(resolve(given, references));
}
