/** Configures AWS clients for an emulator of DynamoDB or SQS on this machine. */

export const REGION = 'us-east-1';

/**
 * Every emulator accepts these credentials. DynamoDB Local requires letters and digits only, and keeps
 * separate data for each access key, so that all clients must use the same one.
 */
export const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

/** Returns the configuration of a client for the emulator at an address. */
export function makeEmulatorConfig(endpoint: string, region = REGION) {
  return { endpoint, region, credentials: CREDENTIALS };
}
