/** Makes the AWS client of an import: patient with a table that scales up, and through the proxy. */
import { Agent } from 'node:https';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { makeEmulatorConfig } from '../kit/emulator.ts';
import { readProxySettings } from '../kit/proxy-settings.ts';
import { UsageError } from '../kit/tool-errors.ts';
import type { ImportOptions } from './import-options.ts';

/** A proxy opens a tunnel in far less, or answers that it cannot. */
const TUNNEL_TIMEOUT_MS = 10_000;

/** DynamoDB answers in milliseconds. Without limits, a connection that was cut silently is never given up. */
const ANSWER_TIMEOUTS = {
  connectionTimeout: TUNNEL_TIMEOUT_MS,
  requestTimeout: 20_000,
  throwOnRequestTimeout: true,
};

/** As many connections as writes at once. */
const MAX_SOCKETS = 64;

/** @throws UsageError for a proxy that is no URL, or that this Node.js cannot use */
export function makeImportClient({
  region,
  endpoint,
}: Pick<ImportOptions, 'region' | 'endpoint'>): DynamoDBClient {
  // A table that scales up throttles an import, so that the client needs many attempts.
  const retryOptions = { maxAttempts: 12, retryMode: 'standard' } as const;
  if (endpoint !== undefined) {
    const requestHandler = ANSWER_TIMEOUTS;
    return new DynamoDBClient({ ...retryOptions, ...makeEmulatorConfig(endpoint, region), requestHandler });
  }
  const httpsAgent = makeProxyAgent();
  return new DynamoDBClient({
    ...retryOptions,
    ...(region && { region }),
    requestHandler: { ...ANSWER_TIMEOUTS, ...(httpsAgent && { httpsAgent }) },
  });
}

/** The AWS client reads no variables of proxies; an agent of Node.js can: https://nodejs.org/api/http.html#built-in-proxy-support */
function makeProxyAgent(): Agent | undefined {
  const settings = readProxySettings(process.env);
  if (settings === undefined) return undefined;
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major === 24 && minor < 5) {
    throw new UsageError(`HTTPS_PROXY: found Node.js ${process.versions.node}, expected 24.5 or later`);
  }
  const { httpsProxy: HTTPS_PROXY, noProxy: NO_PROXY } = settings;
  return new Agent({
    keepAlive: true,
    maxSockets: MAX_SOCKETS,
    proxyEnv: { HTTPS_PROXY, NO_PROXY },
    // The time limits of the AWS client begin only with the tunnel.
    timeout: TUNNEL_TIMEOUT_MS,
  });
}
