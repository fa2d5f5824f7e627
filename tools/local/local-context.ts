/** Makes the context with which the local stack synthesizes the app: the user's, moved to this machine. */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { REGION } from '../kit/emulator.ts';
import { PROJECT } from '../kit/project.ts';
import { ACCOUNT_ID, PARTITION } from './cloud.ts';
import { AUDIENCE, ISSUER } from './issuer.ts';

type Context = Readonly<Record<string, unknown>>;

/**
 * @param url of the gateway, which serves the keys of the local issuer
 * @param given the context that the user gave
 * @param project the folder of config/
 */
export async function makeLocalContext(url: string, given: Context, project = PROJECT): Promise<Context> {
  return {
    audience: AUDIENCE,
    // Another issuer has keys of its own.
    ...(given['issuer'] === undefined && { issuer: ISSUER, jwksUrl: `${url}/_local/jwks.json` }),
    ...given,
    ...(namesPlace(given) && moveHere(await readSettings(given, project))),
  };
}

/**
 * Whether the context may name an account or region. The local stack has its own, and a template with others
 * would grant nothing here; a template without any is left as it would be deployed.
 */
function namesPlace(context: Context): boolean {
  return ['env', 'account', 'region'].some((key) => key in context);
}

/** Returns the account and region of the local stack, and the settings that name a resource, moved there. */
function moveHere(settings: Context): Record<string, string> {
  const moved = Object.entries(settings).flatMap(([key, value]): [string, string][] => {
    const [, service, rest] = /^arn:[^:]*:([^:]*):[^:]*:[^:]*:(.*)$/.exec(String(value)) ?? [];
    if (service === undefined) return [];
    return [[key, `arn:${PARTITION}:${service}:${REGION}:${ACCOUNT_ID}:${rest ?? ''}`]];
  });
  return { ...Object.fromEntries<string>(moved), account: ACCOUNT_ID, region: REGION };
}

/** Reads the context and the environment's file that it names. A bad file is for the synthesis to refuse. */
async function readSettings(context: Context, project: string): Promise<Record<string, unknown>> {
  const file = join(project, 'config', `${basename(String(context['env']))}.json`);
  const text = await readFile(file, 'utf8').catch(() => '{}');
  try {
    const values: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    return { ...z.record(z.string(), z.unknown()).parse(values), ...context };
  } catch {
    return { ...context };
  }
}
